"""A project with one system and one incident in it, for the tests of its timeline, its messages and its write-up."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from tests.flag_samples import flag
from tests.projects import START, FixedClock

from cleanroom.app import alerts, flags
from cleanroom.app.incident import actions, contain, people, postmortem
from cleanroom.app.incident.open import Report, open_by_hand
from cleanroom.app.incident.read import do
from cleanroom.app.room import Room
from cleanroom.core.alert import Level, Signal
from cleanroom.core.base import DAY, MINUTE, SECOND, Digest, after, instant, micros
from cleanroom.core.facts.incidents import Work
from cleanroom.core.incident import decide
from cleanroom.core.postmortem.gaps import GAP
from cleanroom.wiring import room

ANA, BO, OLGA = "ana@shop.example", "bo@shop.example", "olga@shop.example"
LATE = 9 * DAY // SECOND
SETTINGS = f"""name = "shop"
[roles]
analytics = ["{ANA}", "{BO}"]
[notify.team]
kind = "file"
file = "team.log"
[notify.status-page]
kind = "file"
file = "status.log"
people = ["{OLGA}"]
"""
SYSTEM = f"""name: chat-eu
does: answers customers
tier: limited
owners: [{OLGA}]
oncall:
  rota: [{ANA}]
fallback:
  flag: checkout
  means: people get the old answers
"""
WORK: tuple[tuple[Work, str], ...] = (
    ("case", "add the double order to the golden set"),
    ("fix", "refuse a mapping without the tenant header"),
    ("monitor", "watch orders for each tenant"),
    ("docs", "name the fallback in the runbook"),
)


@dataclass
class Place:
    """A project whose clock the test moves."""

    room: Room
    clock: FixedClock

    def later(self, minutes: float) -> None:
        """So many minutes pass."""
        self.clock.at = after(self.clock.at, minutes * 60)

    def other(self, person: str) -> Room:
        """The same room with somebody else in it."""
        return replace(self.room, operator=person)

    @property
    def page(self) -> Path:
        """The page of the first incident."""
        return self.room.project.root / "postmortems" / "incident-1.md"


def place(folder: Path) -> Place:
    """A project with a system and its flag; nothing has happened."""
    (folder / "systems").mkdir(parents=True)
    (folder / "cleanroom.toml").write_text(SETTINGS, "utf-8")
    (folder / "systems" / "chat-eu.yaml").write_text(SYSTEM, "utf-8")
    clock = FixedClock()
    work = replace(room(folder, ANA), clock=clock)
    flags.put(work, flag(50_000))
    return Place(work, clock)


def happened(folder: Path) -> Place:
    """An incident from its report to its fix, with a note in between and four actions."""
    made = place(folder)
    work = made.room
    made.later(10)
    open_by_hand(work, Report("orders are counted twice", system="chat-eu", because="a customer wrote"))
    made.later(2)
    contain.contain(work, "1")
    made.later(3)
    people.note(work, "1", "the second server was restarted", after(START, 660))
    made.later(60)
    fix = Digest("sha256:" + "a" * 64)
    do(
        work,
        "1",
        lambda now: decide.mitigate(now, "change/orders-2", fix, "the header is kept", work.by, made.clock.at),
    )
    for kind, what in WORK:
        actions.add(work, "1", what, kind, BO, after(made.clock.at, LATE), required=kind != "docs")
    return made


def written(at: Place) -> str:
    """The page that somebody made of the draft: every gap is filled."""
    file = postmortem.draft(at.room, "1")
    text = file.read_text("utf-8")
    gap = GAP
    said = {
        f"{gap}(summary)": "Twelve shops saw orders twice for some minutes.",
        f"{gap}(root cause)": "The deploy did not require an eval pass, so that a mapping without the header got through.",
        f"- {gap}(contributing factors)": "- No alert watched orders for each tenant.",
        f"{gap}(lessons)": "A check that is advisory stops nothing when it matters.",
    }
    lines = []
    for line in text.split("\n"):
        found = next((g for g in said if g in line), None)
        lines.append(line[: line.index(found)] + said[found] if found else line)
    text = "\n".join(lines)
    file.write_text(text, "utf-8")
    return text


POLICY = 'act_on_critical = ["kill-flag", "open-incident"]'


def policed(folder: Path) -> Place:
    """A project whose policy opens an incident for a critical alert."""
    made = place(folder)
    (folder / "cleanroom.toml").write_text(SETTINGS + f"[policy]\n{POLICY}\n", "utf-8")
    return made


def signal(at: Place, system: str = "chat-eu", about: str = "", level: Level = "critical", ago: int = 20) -> Signal:
    """Errors rise since so many minutes."""
    now = at.clock.at
    since = instant(micros(now) - ago * MINUTE)
    return Signal(
        "sensor/errors", system, level, about, f"{system}: errors rise {about}", since, now, ("8 of 100",), "drift"
    )


def settled(at: Place) -> None:
    """A minute later alerts are looked at."""
    at.later(1)
    alerts.settle(at.room)


def facts_of(at: Place, subject: str) -> list[object]:
    """What the ledger has of a subject."""
    return [e.fact for e in at.room.store.history(subject)]
