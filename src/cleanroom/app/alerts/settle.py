"""One look at every alert that is due: open it, tell it, escalate it, act on it, resolve it.

What is told goes into the outbox first and into the ledger then: whoever dies in between tells it twice under one key, which is
once. Looking twice, or from two processes, does no harm: the ledger takes each step from one of them.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TypeVar

from cleanroom.app.alerts.act import act
from cleanroom.app.alerts.adopt import adopt
from cleanroom.app.alerts.first_steps import first_step
from cleanroom.app.alerts.reach import reach
from cleanroom.app.alerts.read import find, holding, quieted, systems_of
from cleanroom.app.alerts.why import Lately
from cleanroom.app.notify import tell
from cleanroom.app.room import Room
from cleanroom.core.alert import Signal
from cleanroom.core.alerts.acts import Act, Acts, acts_for
from cleanroom.core.alerts.decide import Begin, Decision, Grow, Move, Resolve, Tell, decide
from cleanroom.core.alerts.grouping import Look, Row
from cleanroom.core.alerts.ladder import Rung, ladder, minutes_of
from cleanroom.core.alerts.silence import Silence, silenced
from cleanroom.core.alerts.state import KEPT, Acknowledged, Alert, Open, Resolved, base_of, state_of, subject_of
from cleanroom.core.alerts.words import Note, grew_body, opened_body, resolved_body, summary, title_of
from cleanroom.core.base import Instant, Outside, Refused, after, digest_of, noun
from cleanroom.core.facts import AlertActed, AlertEscalated, AlertGrew, AlertOpened, AlertResolved, Fact
from cleanroom.core.ledger import Conflict, Write
from cleanroom.core.register import System
from cleanroom.ports.project import Channel

MOST = 1_000
"""Alerts that one look takes."""

STORM = 60
"""Seconds in which no more than BUDGET alerts are told one by one, or one message for all that there are."""

BUDGET = 10

LATER = 60
"""Seconds until an alert is tried again that could not be looked at."""

ENDED = "every one of its signals has ended"

T = TypeVar("T")
_LOG = logging.getLogger("cleanroom.alerts")


@noun
class Settled:
    """What one look did: alerts that were opened, those that were told (first or again), and those that ended by themselves.

    `failed`: those that could not be looked at, and are tried again LATER.
    """

    opened: tuple[str, ...] = ()
    told: tuple[str, ...] = ()
    acted: tuple[str, ...] = ()
    resolved: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _View:
    """What a look needs to know of the project, read once."""

    room: Room
    now: Instant
    systems: dict[str, System]
    channels: Sequence[Channel]
    silences: Sequence[Silence]
    acts: Sequence[Acts]
    lately: Lately
    crowd: int
    failed: dict[str, tuple[Row, Exception]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Plan:
    """What is to be done with one alert. `note`: what is told; `heard`: the last member that the ledger knows then."""

    row: Row
    before: Alert | None
    after: Alert | None
    facts: tuple[Fact, ...]
    note: Note | None
    new: str
    due: Instant | None
    heard: int
    moves: bool


def settle(room: Room) -> Settled:
    """Look at what is due. Raises Outside where the store fails; then the next look goes on.

    An alert that cannot be looked at, whatever is wrong with it, keeps no other from its turn.
    """
    adopt(room)
    rows = room.alarms.due(room.clock.now(), MOST)
    if not rows:
        return Settled()
    view = _view(room, sum(row.level == "critical" and row.tells == 0 for row in rows))
    found = [_careful(view, (row,), partial(_planned, view, row)) for row in rows]
    plans = _told(view, [plan for plan in found if plan is not None])
    plans = [plan for plan in plans if plan.row.id not in view.failed]
    written = [plan for plan, done in zip(plans, _written(view, plans), strict=True) if done]
    _put_off(view)
    return Settled(
        tuple(p.row.id for p in written if p.before is None),
        tuple(p.row.id for p in written if p.note is not None),
        tuple(p.row.id for p in written if any(isinstance(f, AlertActed) for f in p.facts)),
        tuple(p.row.id for p in written if isinstance(p.after, Resolved) and not isinstance(p.before, Resolved)),
        tuple(view.failed),
    )


def _careful(view: _View, rows: Sequence[Row], step: Callable[[], T]) -> T | None:
    """Take a step of these alerts; None where it fails, and they are put off."""
    try:
        return step()
    except Conflict:
        raise
    except Exception as error:
        view.failed.update((row.id, (row, error)) for row in rows)
        return None


def _put_off(view: _View) -> None:
    """Have what failed tried again later, and say so once a look."""
    due = after(view.now, LATER)
    view.room.alarms.looked([Look(row, row.state, due, row.told, row.tells) for row, _ in view.failed.values()])
    for row, error in list(view.failed.values())[:1]:
        count = len(view.failed)
        _LOG.error("%d alerts could not be looked at, %s the first; again in a minute", count, row.id, exc_info=error)


def _view(room: Room, crowd: int) -> _View:
    systems = systems_of(room.project)
    return _View(
        room,
        room.clock.now(),
        {s.name: s for s in systems},
        tuple(room.project.channels()),
        holding(room),
        tuple(room.project.acts()),
        Lately(room, systems),
        crowd,
    )


# --- what is to be done ------------------------------------------------------------------------------------


def _planned(view: _View, row: Row) -> _Plan:
    room, now = view.room, view.now
    before, tally = find(room, row.id), room.alarms.tally(row.id)
    system = view.systems.get(row.system)
    rungs = ladder(system, row.level, row.opened)
    quiet = quieted(room, row.id, row.system, view.silences) if before is None or isinstance(before, Open) else None
    until = quiet.until if quiet is not None else None
    decision = decide(before, row, tally, until, len(rungs), minutes_of(system), now)
    draft = _Draft(view, row, before, rungs, minutes_of(system))
    return draft.plan(decision)


class _Draft:
    """The facts and the message of one alert, put together step by step."""

    def __init__(self, view: _View, row: Row, before: Alert | None, rungs: tuple[Rung, ...], minutes: int) -> None:
        self.view, self.row, self.before, self.rungs, self.minutes = view, row, before, rungs, minutes
        self.now: Alert | None = before
        self.facts: list[Fact] = []
        self.note: Note | None = None
        self.new = ""
        self.heard = -1
        self.moves = False

    def plan(self, decision: Decision) -> _Plan:
        for step in decision.steps:
            match step:
                case Begin():
                    self.begin()
                    self.act()
                case Grow(tell=tell):
                    self.grow(tell)
                case Tell(step=at):
                    self.tell(at)
                case Resolve():
                    self.resolve()
                case Move():
                    self.moves = True
        due, facts = decision.due, tuple(self.facts)
        return _Plan(self.row, self.before, self.now, facts, self.note, self.new, due, self.heard, self.moves)

    def begin(self) -> None:
        members = self.view.room.alarms.members(self.row.id, unheard=True)
        signals = tuple(m.signal for m in members[:KEPT])
        since = min((s.since for s in signals), default=self.row.opened)
        causes = self.view.lately.before(self.row.system, since, self.view.now)
        row, now = self.row, self.view.now
        self.facts.append(AlertOpened(row.id, row.system, row.level, signals, len(members), causes, now))
        self.now = Open(row.id, row.system, row.level, signals, len(members), causes, now, 0)
        self.heard = members[-1].seq if members else -1
        self.new = signals[0].what if signals else ""

    def grow(self, tell: bool) -> None:
        members = self.view.room.alarms.members(self.row.id, unheard=True)
        alert = self.now
        if not members or not isinstance(alert, Open):
            return
        signals = tuple(m.signal for m in members[:KEPT])
        self.facts.append(AlertGrew(alert.id, signals, len(members), self.view.now))
        self.heard, self.new = members[-1].seq, f"{len(members):,} more signals"
        if tell:
            body = grew_body(alert, signals, len(members), first_step(signals[0]), self.view.now)
            title = title_of(replace(alert, count=alert.count + len(members)))
            self._note(f"grew/{members[-1].seq}", title, body, self.rungs[min(alert.step, len(self.rungs) - 1)], alert)
        self.now = replace(alert, signals=(*alert.signals, *signals)[:KEPT], count=alert.count + len(members))

    def act(self) -> None:
        """Once for each critical alert, when it is opened: what a person undoes then stays undone."""
        alert, view = self.now, self.view
        if not isinstance(alert, Open) or alert.level != "critical":
            return
        acts: tuple[Act, ...] = tuple(acts_for(view.acts, alert.system))
        if not acts:
            return
        what = alert.signals[0].what if alert.signals else "critical"
        done = act(view.room, acts, alert, view.systems.get(alert.system), what, view.crowd)
        self.facts += done
        self.now = replace(alert, acted=done)

    def tell(self, step: int) -> None:
        alert = self.now
        if not isinstance(alert, Open):
            return
        alert = replace(alert, signals=self._loud_first(alert))
        rung = self.rungs[step]
        following = self.rungs[step + 1] if step + 1 < len(self.rungs) else None
        first = first_step(alert.signals[0]) if alert.signals else ""
        body = opened_body(alert, rung, following, self.minutes, first, self.view.now)
        because = "it was opened" if step == 0 else f"nobody acknowledged it within {self.minutes} minutes"
        self.facts.append(AlertEscalated(alert.id, step, rung.people, because, self.view.now))
        mark = "" if step == 0 else f"{alert.level}, not acknowledged"
        self.now = replace(alert, step=step, told=self.view.now, to=rung.people)
        self.new = self.new or because
        self._note(str(step), title_of(alert, mark), body, rung, alert, step)

    def _loud_first(self, alert: Open) -> tuple[Signal, ...]:
        """Those of its signals first that no silence is over."""
        quiet = {s for s in alert.signals if silenced([s], self.view.silences, self.view.now) is not None}
        return tuple(sorted(alert.signals, key=lambda s: s in quiet))

    def resolve(self) -> None:
        alert = self.now
        if not isinstance(alert, Open | Acknowledged):
            return
        base, seen = base_of(alert), alert.at if isinstance(alert, Acknowledged) else None
        over = Resolved(base, None, ENDED, self.view.now, seen)
        self.facts.append(AlertResolved(base.id, ENDED, None, self.view.now))
        self.now = over
        if base.told is not None:
            self.new = "resolved"
            rung = self.rungs[min(max(base.step, 0), len(self.rungs) - 1)]
            self._note("resolved", title_of(base, "resolved"), resolved_body(over), rung, base)

    def _note(self, key: str, title: str, body: str, rung: Rung, alert: Open, step: int = 0) -> None:
        system = self.view.systems.get(alert.system)
        channels = reach(self.view.channels, system, alert.level, rung, step)
        self.note = Note(f"alert/{alert.id}/{key}", alert.id, title, body, channels)


# --- who hears of it ---------------------------------------------------------------------------------------


def _told(view: _View, plans: Sequence[_Plan]) -> list[_Plan]:
    """Post the messages: one by one, or as one where there are too many. What has no place in this minute waits for the next.

    Critical ones have their place first, and twice as much of it.
    """
    used = view.room.alarms.told_since(after(view.now, -STORM + 1)) if any(p.note for p in plans) else 0
    late: set[str] = set()
    for grave in (True, False):
        wanted = [p for p in plans if p.note is not None and (p.row.level == "critical") is grave]
        left = (BUDGET if grave else BUDGET // 2) - used
        if not wanted or left <= 0:
            late |= {p.row.id for p in wanted}
            continue
        for batch in [[p] for p in wanted] if len(wanted) <= left else [wanted]:
            _careful(view, [p.row for p in batch], partial(_post, view, batch))
        used += len(wanted)
    return [_later(view, p) if p.row.id in late else p for p in plans]


def _post(view: _View, plans: Sequence[_Plan]) -> None:
    """One message for all of them."""
    note = plans[0].note if len(plans) == 1 else None
    note = note or _summed(view, plans)
    for channel in note.channels:
        tell(view.room, note.key, channel, note.title, f"{note.body}\n\nref {note.key}")


def _summed(view: _View, plans: Sequence[_Plan]) -> Note:
    """One message for all."""
    found = [(base_of(p.after), p.new) for p in plans if p.after is not None]
    title, body = summary(found, view.now)
    notes = [p.note for p in plans if p.note is not None]
    key = digest_of(sorted(n.key for n in notes)).removeprefix("sha256:")[:16]
    return Note(f"alerts/{key}", "", title, body, tuple(dict.fromkeys(c for n in notes for c in n.channels)))


def _later(view: _View, plan: _Plan) -> _Plan:
    """Only what the ledger must know at once is done now: that it was opened, and what was done by itself."""
    due = after(view.now, STORM)
    if plan.before is not None or not plan.facts or not isinstance(plan.after, Open):
        return replace(plan, after=plan.before, facts=(), note=None, due=due, heard=-1)
    facts = tuple(f for f in plan.facts if not isinstance(f, AlertEscalated))
    untold = replace(plan.after, step=-1, told=None, to=())
    return replace(plan, after=untold, facts=facts, note=None, due=due)


# --- what is written ---------------------------------------------------------------------------------------


def _written(view: _View, plans: Sequence[_Plan]) -> list[bool]:
    """Append what was planned: in one go, or, where that fails or somebody else was faster with one of them, one by one."""
    room, ready = view.room, [_writes(plan) for plan in plans]
    try:
        room.store.append([write for writes in ready for write in writes])
        done = [True] * len(plans)
    except (Outside, Refused):
        raise  # the ledger takes nothing
    except Exception:
        done = [_appended(view, plan, writes) for plan, writes in zip(plans, ready, strict=True)]
    good = [plan for plan, well in zip(plans, done, strict=True) if well]
    now = room.clock.now()
    room.alarms.looked([_look(plan, now) for plan in good])
    for plan in good:
        if plan.moves:
            room.alarms.move(plan.row.id, now)
    return done


def _writes(plan: _Plan) -> list[Write]:
    version = base_of(plan.before).version if plan.before is not None else 0
    subject = subject_of(plan.row.id)
    return [Write(subject, version + place, fact) for place, fact in enumerate(plan.facts)]


def _appended(view: _View, plan: _Plan, writes: Sequence[Write]) -> bool:
    try:
        return _careful(view, (plan.row,), partial(view.room.store.append, writes)) is not None
    except Conflict:
        return False


def _look(plan: _Plan, now: Instant) -> Look:
    row = plan.row
    told, tells = now if plan.facts else row.told, row.tells + (plan.note is not None)
    return Look(row, state_of(plan.after) if plan.after is not None else "open", plan.due, told, tells, plan.heard)
