"""What the demo learns from harm: the defect goes past the canary on purpose, and cannot do it twice.

Weeks are simulated, people and their errors are drawn; the sensor, the alert, the incident, the proof and the battery are those
of production, on simulated time.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from rich.text import Text

from cleanroom.core.base import Instant, after, micros
from cleanroom.core.postmortem.gaps import GAP

if TYPE_CHECKING:
    from rich.console import Console

    from cleanroom.app.room import Room
    from cleanroom.app.validate import Checked
    from cleanroom.core.change import Mapping
    from cleanroom.core.facts.incidents import Work
    from cleanroom.core.incident.state import Incident
    from cleanroom.sim.rollouts import SimulatedClock, Traffic

FLAG, NAME, FIXED, AGAIN = "second-try", "third-try", "fourth-try", "fifth-try"
LEAD, FIXER, SECOND = "gus@shop.example", "ben@shop.example", "ana@shop.example"
DAYS = 37
"""Of quiet production before it: a lead may be claimed only over a long history."""

_HOURLY = 40
_MONITOR = "sensors/orders-hours.yaml"
_MOST_HOURS = 48

_OLD_APP = (
    '{"id": "old-app-order", "input": {"event_id": "e90000077", "ts": "2026-09-14 18:02:11", "event": "order_done", '
    '"user_id": "u000042", "session_id": "s00000017", "device": "mobile", "country": "DE", "currency": "EUR", '
    '"consent": "granted", "price": null, "value": 59.9, "payload": "{}"}, "expect": {"event": "purchase"}, '
    '"because": "The old app ends an order with another name."}\n'
)

_FILLED = {
    "summary": "Orders of the old app went missing for nearly three days, one order in twelve.",
    "root cause": "The data that the battery ran on held no event of the old app, and no rule asks a rollout to judge errors.",
    "contributing factors": "The only watch on errors looked at a whole day at once.",
    "lessons": "A rollout that does not judge errors needs a monitor that does.",
}
"""What only a person knows, by the gap in the draft."""


@dataclass(slots=True)
class _Scene:
    """The room on simulated time, and where it is told."""

    room: Room
    clock: SimulatedClock
    console: Console

    def as_(self, person: str) -> Room:
        return replace(self.room, operator=person)

    def say(self, text: str) -> None:
        self.console.print(Text(f"  {text}"), soft_wrap=True)

    def run(self, command: str) -> None:
        self.console.print(Text.assemble("\n  ", (f"$ cleanroom {command}", "bold")), soft_wrap=True)


def incident(
    work: Room,
    begin: Instant,
    sign: Callable[[Room, str], object],
    check: Callable[[Room, str], Checked],
    step: Callable[[str, str], object],
    console: Console,
) -> None:
    """The whole loop, from `begin` on. `sign`: everybody signs again; `check`: runs the battery without a word."""
    from cleanroom.sim.rollouts import SimulatedClock

    clock = SimulatedClock(after(begin, 3600))
    scene = _Scene(replace(work, clock=clock), clock, console)
    step(
        "It goes past the canary, on purpose",
        "Weeks later the same mapping comes under another name, and its rollout is asked about latency alone.",
    )
    _watch_files(scene)
    _weeks(scene)
    _same_again(scene, NAME, check)
    sign(scene.room, NAME)
    _promoted(scene)
    id = _detected(scene)
    step("Contained first, in one command", "No diagnosis: whatever the cause is, the safe variant is safe.")
    _contained(scene, id)
    step("Fixed, written up, proven", "Closed is what was shown not to come back silently; nothing else.")
    _fixed(scene, id, check)
    _written_up(scene, id)
    _proven(scene, id)
    _again(scene, check)


def _watch_files(scene: _Scene) -> None:
    """Who answers for the mapping, what watches it, and that a critical alert opens an incident."""
    from cleanroom.sim.shop import watch_files

    root = scene.room.project.root
    for name, text in watch_files().items():
        if name == _MONITOR:
            continue  # nobody has thought of it yet
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, "utf-8")
    settings = root / "cleanroom.toml"
    text = settings.read_text("utf-8")
    settings.write_text(text.replace("[policy]\n", '[policy]\nact_on_critical = ["open-incident"]\n', 1), "utf-8")


def traffic() -> Traffic:
    """With the candidate, orders of the old app go missing: 8% of uses are bad, where it was 4 in a thousand."""
    from cleanroom.sim.rollouts import Traffic

    return Traffic(_HOURLY, 20_000, {"control": {"error": 0.004}, "candidate": {"error": 0.08}}, seed=7)


def _weeks(scene: _Scene) -> None:
    from cleanroom.sim.weeks import hours_of

    for _ in hours_of(scene.room, scene.clock, FLAG, traffic(), DAYS * 24, step=6):
        pass
    scene.say(f"{DAYS} simulated days of production go by, {DAYS * 24 * _HOURLY:,} uses, and nothing happens.")


def _promoted(scene: _Scene) -> None:
    from cleanroom.app.rollout.read import existing
    from cleanroom.app.rollout.start import start
    from cleanroom.core.rollout.plan import HOUR, Plan
    from cleanroom.entry.rollout_plan import metrics_of, shares_of
    from cleanroom.sim.rollouts import minutes_of

    said = f"rollout start {NAME} --flag {FLAG} --phases 50,100 --bake 1h --metric latency_ms:above"
    scene.run(said)
    plan = Plan(shares_of("50,100"), metrics_of(["latency_ms:above"]), bake=HOUR, patience=15 * 60 + 60)
    begun = start(scene.room, NAME, plan, flag=FLAG)
    for _ in minutes_of(scene.room, scene.clock, NAME, traffic(), 60, _MOST_HOURS * 60):
        _looked(scene)
    hours = (micros(scene.clock.at) - micros(begun.start.at)) / 3.6e9
    ended = type(existing(scene.room, NAME)).__name__
    scene.say(f"{ended} after {hours:.0f} hours: it is as fast as before, and that is all that was asked.")


def _detected(scene: _Scene) -> str:
    from cleanroom.app.incident.read import going_on
    from cleanroom.core.incident.state import base_of
    from cleanroom.entry.cli.incident_shown import show_one
    from cleanroom.sim.weeks import hours_of

    for _ in hours_of(scene.room, scene.clock, FLAG, traffic(), _MOST_HOURS):
        _looked(scene)
        if going_on(scene.room):
            break
    (found,) = going_on(scene.room)
    scene.say("A sensor that looks at whole days says so at last; its critical alert opened an incident by itself.\n")
    show_one(found, (), "", scene.clock.at, scene.console)
    return base_of(found).id


def _looked(scene: _Scene) -> None:
    """What a tick does: sensors whose time has come look, and what is over its bound is an alert."""
    from cleanroom.app import alerts
    from cleanroom.app.sensors.run import run_due

    run_due(scene.room)
    alerts.settle(scene.room)


def _contained(scene: _Scene, id: str) -> None:
    from cleanroom.app import flags
    from cleanroom.app.incident.contain import contain
    from cleanroom.app.incident.people import lead
    from cleanroom.core.incident.state import base_of
    from cleanroom.entry.cli.incident_shown import clock_line

    scene.clock.later(6)
    scene.run(f"incident contain {id}")
    done = contain(scene.as_(LEAD), id)
    act = base_of(done).contained[-1]
    killed = flags.one(scene.room, FLAG).flag
    scene.say(f"contained: {act.act} {act.target}: {act.because} ({killed.safe!r})")
    scene.say(clock_line(done))
    lead(scene.as_(LEAD), id, LEAD, "was on call")


def _fixed(scene: _Scene, id: str, check: Callable[[Room, str], Checked]) -> None:
    from cleanroom.app.incident.case import name_case, read_case
    from cleanroom.app.incident.proof import mitigate, monitor
    from cleanroom.app.propose.by_hand import propose_by_hand
    from cleanroom.core.base import Refused
    from cleanroom.sim.shop import LEGACY, watch_files

    before = _mapping(scene)
    scene.clock.later(60 * 3)
    late = replace(before.events[0], legacy="order_done", target="purchase", reason="the old app's orders", votes=())
    propose_by_hand(scene.as_(FIXER), replace(before, events=(*before.events, late)), LEGACY, FIXED)
    done = check(scene.as_(FIXER), FIXED)
    scene.say(
        f"{FIXED}: the name of the old app's order is in the mapping; the battery says {done.report.outcome.value}."
    )
    mitigate(scene.as_(LEAD), id, f"change/{FIXED}", "orders of the old app have their name")
    name_case(scene.as_(FIXER), id, read_case(_OLD_APP.encode(), "case.jsonl"))
    (scene.room.project.root / _MONITOR).write_text(watch_files()[_MONITOR], "utf-8")
    monitor(scene.as_(FIXER), id, "orders-hours")
    _actions(scene, id)
    try:
        _close(scene, id)
    except Refused as refused:
        scene.run(f"incident close {id}")
        scene.console.print(Text.assemble("  ", ("refused", "red"), f"  {refused.message}"), soft_wrap=True)


def _close(scene: _Scene, id: str) -> Incident:
    from cleanroom.app.incident.proof import close

    return close(scene.as_(LEAD), id)


def _actions(scene: _Scene, id: str) -> None:
    from cleanroom.app.incident.actions import add, finish

    due = after(scene.clock.at, 5 * 86_400)
    todo: tuple[tuple[str, Work, str, str], ...] = (
        ("Add the old app's order to the golden set", "case", FIXER, "golden/incident-1.jsonl"),
        ("Map the old app's order", "fix", FIXER, f"change/{FIXED}"),
        ("Watch errors over hours, not days", "monitor", LEAD, _MONITOR),
        ("Say in the rollout guide that errors are always judged", "docs", SECOND, "docs/rollout-guide.md"),
    )
    for what, work, owner, evidence in todo:
        _, action = add(scene.as_(LEAD), id, what, work, owner, due, required=True)
        finish(scene.as_(owner), id, action, evidence)


def _written_up(scene: _Scene, id: str) -> None:
    from cleanroom.app.incident import postmortem

    scene.run(f"postmortem draft {id}")
    page = postmortem.draft(scene.as_(LEAD), id)
    found = postmortem.check(scene.as_(LEAD), id)
    scene.say(
        f"{scene.room.project.relative(page)}: one page from the facts; the lint says what only a person can fill in:"
    )
    for finding in found[:3]:
        scene.say(f"  line {finding.line}: {finding.message}")
    page.write_text(filled(page.read_text("utf-8")), "utf-8")
    left = postmortem.check(scene.as_(LEAD), id)
    postmortem.publish(scene.as_(LEAD), id)
    scene.say(f"filled in: {len(left)} findings; published, blameless, on one page.")


def filled(text: str) -> str:
    """The draft with its gaps filled, as a person would."""
    return re.sub(
        rf"{GAP}\(([^)]*)\):[^\n]*", lambda gap: _FILLED.get(gap[1], "The old app was not in the data."), text
    )


def _proven(scene: _Scene, id: str) -> None:
    from cleanroom.app.incident.proof import prove
    from cleanroom.core.incident.state import base_of
    from cleanroom.entry.cli.incident_shown import clock_line, show_proof

    scene.run(f"prove {id}")
    found = prove(scene.as_(LEAD), id)
    show_proof(found, scene.console)
    closed = _close(scene, id)
    scene.run(f"incident close {id}")
    scene.say(
        f"closed, proven. {clock_line(closed)} (simulated). The case is in golden/incident-{base_of(closed).id}.jsonl."
    )


def _again(scene: _Scene, check: Callable[[Room, str], Checked]) -> None:
    """Somebody makes the same mistake: the battery stops it now."""
    done = _same_again(scene, AGAIN, check)
    failing = [e.result for e in done.report.evidence if e.result.outcome.value == "FAIL"]
    scene.say("\n  The same defect a second time, under another name:")
    scene.run(f"check {AGAIN}")
    for result in failing[:2]:
        scene.console.print(
            Text.assemble("  ", ("✕ FAIL", "red"), f"  {result.check}: {result.because}"), soft_wrap=True
        )


def _same_again(scene: _Scene, name: str, check: Callable[[Room, str], Checked]) -> Checked:
    """The mapping with the defect, proposed under another name, and checked."""
    from cleanroom.app.propose.by_hand import propose_by_hand
    from cleanroom.sim.shop import LEGACY

    propose_by_hand(scene.as_(SECOND), _mapping(scene), LEGACY, name)
    return check(scene.as_(SECOND), name)


def _mapping(scene: _Scene) -> Mapping:
    """The mapping with the defect."""
    found = scene.room.project.change(FLAG)[1]
    assert found is not None  # noqa: S101 - it is no dataset
    return found
