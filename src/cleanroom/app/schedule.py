"""Which scheduled jobs are due, and whose turn is it? What is due is run once, by whichever server takes it first.

What was missed while no server was there is made up for by one run, not by one for each moment that went by.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from cleanroom.app.alerts import deadman, signal
from cleanroom.app.incident import actions, issues
from cleanroom.app.room import Room
from cleanroom.app.sensors import run as sensors
from cleanroom.app.signals.settle import WAIT, settle
from cleanroom.app.slo.watch import watch_slos
from cleanroom.codec.cron import last_due, next_due
from cleanroom.core.alert import Signal
from cleanroom.core.base import (
    DAY,
    HOUR,
    CleanroomError,
    Instant,
    Misuse,
    NotFound,
    Refused,
    after,
    instant,
    micros,
    noun,
)
from cleanroom.core.mistakes import did_you_mean
from cleanroom.core.register import Retention
from cleanroom.core.schedule import MISSED, Job, Schedule, start_of, with_own
from cleanroom.ports.jobs import JobRun, Standing, Turn

LEASE = 90.0
"""Seconds after which a job of a process that died is taken over by another; one that lives renews it."""

OVERDUE = 3600
"""Seconds after its beginning was due in which a job is expected to have ended."""

ALERTS_DAYS = 400
"""Days for which the single signals of alerts are kept once those are resolved; the ledger keeps what it said of them."""


@noun
class Planned:
    """A schedule and where it stands: `next` moment, what `runs` now, and the last run; None where there is none."""

    schedule: Schedule
    next: Instant | None
    due: Instant | None
    runs: bool
    last: JobRun | None


def due(room: Room) -> tuple[JobRun, ...]:
    """Run what is due and nobody else runs, one after the other; what came of each. Sensors have a cadence of their own."""
    return (*_due(room), *sensors.run_due(room))


def late(room: Room) -> tuple[str, ...]:
    """The schedules whose run should have ended an hour ago and did not, and sensors that did not look; each is an alert until
    it does.
    """
    found, coming = [], []
    now = room.clock.now()
    for schedule in with_own(room.project.schedules()):
        standing = room.jobs.standing(schedule.name, now)
        if standing.start is not None and now > (expected := after(standing.start, OVERDUE)):
            deadman(room, f"schedule/{schedule.name}", "", expected, standing.done)
            found.append(schedule.name)
        elif standing.start is not None:
            coming.append(schedule)
    return (*found, *(f"sensor/{name}" for name in sensors.overdue(room, coming)))


class CatchingUp:
    """Has what was missed been made up for, so that what has not run by now is late? Where jobs run beside the steps.

    Nobody is there when it starts, nor after MISSED seconds without a step (the machine slept). From then on what was missed
    is made up for until a pass over what is due has ended, or for OVERDUE seconds: a job that hangs must not keep it quiet.
    """

    def __init__(self) -> None:
        self._there = self._seen = self._passed = Instant("")

    def passed(self, began: Instant) -> None:
        """A pass over what is due that began then has ended."""
        self._passed = began

    def done(self, now: Instant) -> bool:
        """Ask at every step."""
        if not self._seen or now > after(self._seen, MISSED):
            self._there = now
        self._seen = now
        return self._passed >= self._there or now > after(self._there, OVERDUE)


def every(room: Room) -> tuple[Planned, ...]:
    """The schedules of cleanroom.toml in its order, then our own, and where they stand."""
    now = room.clock.now()
    found = []
    for schedule in with_own(room.project.schedules()):
        standing = room.jobs.standing(schedule.name, now)
        last = next(iter(room.jobs.runs(schedule.name, 1)), None)
        coming = next_due(schedule.cron, schedule.zone, now)
        found.append(Planned(schedule, coming, standing.start, _is_leased(standing, now), last))
    return tuple(found)


def run(room: Room, name: str) -> JobRun:
    """Run a schedule's job now, whatever its time. Raises NotFound; Refused where it runs already."""
    schedules = {s.name: s for s in with_own(room.project.schedules())}
    if name not in schedules:
        hint = did_you_mean(name, schedules) or f"Add [schedules.{name}] to cleanroom.toml."
        raise NotFound(f"there is no schedule {name!r:.100}", hint)
    now = room.clock.now()
    room.jobs.standing(name, instant(micros(now) - 1))
    room.jobs.plan(name, now, now)
    turn = room.jobs.take(name, now, after(now, LEASE))
    if turn is None:
        raise Refused(f"the schedule {name} runs at this moment", "See it: cleanroom schedule list")
    return _ran(room, schedules[name], turn)


def _due(room: Room) -> Iterator[JobRun]:
    for schedule in with_own(room.project.schedules()):
        turn = _turn(room, schedule)
        if turn is not None:
            yield _ran(room, schedule, turn)


def _turn(room: Room, schedule: Schedule) -> Turn | None:
    now = room.clock.now()
    standing = room.jobs.standing(schedule.name, now)
    slot = last_due(schedule.cron, schedule.zone, now)
    if slot is not None and slot > max(standing.done, standing.slot or standing.done):
        room.jobs.plan(schedule.name, slot, start_of(schedule.name, slot, now))
        standing = room.jobs.standing(schedule.name, now)
    if standing.start is None or standing.start > now or _is_leased(standing, now):
        return None  # a look that writes nothing: there is one every few seconds
    return room.jobs.take(schedule.name, now, after(now, LEASE))


def _is_leased(standing: Standing, now: Instant) -> bool:
    return standing.until is not None and standing.until > now


def _ran(room: Room, schedule: Schedule, turn: Turn) -> JobRun:
    """Run it, write down what came of it, and say so where it failed, or works again."""
    began = room.clock.now()

    def ended(good: bool, said: str) -> JobRun:
        found = JobRun(schedule.name, turn.slot, began, room.clock.now(), good, said[:500])
        if room.jobs.done(turn, found):
            _told(room, schedule, found)
        return found

    with room.jobs.keeping(turn, LEASE):
        try:
            said = RUNS[schedule.run](room, schedule)
        except CleanroomError as error:
            return ended(False, error.message)
        except Exception as error:
            ended(False, f"an error of ours: {type(error).__name__}")
            raise
        return ended(True, said)


def _told(room: Room, schedule: Schedule, run: JobRun) -> None:
    before = room.jobs.runs(schedule.name, 2)[1:]
    now = room.clock.now()
    if not run.good or (before and not before[0].good):
        what = f"the schedule {run.name} ({schedule.run}) failed: {run.said}"
        evidence = (f"for: {run.slot}", f"began: {run.began}", f"ended: {run.ended}")
        name = f"schedule/{run.name}"
        signal(room, Signal(name, "", "warning", "", what, run.began, now, evidence, "schedule", over=run.good))
    if micros(run.ended) - micros(run.slot) > OVERDUE * 1_000_000:
        deadman(room, f"schedule/{run.name}", "", after(now, 1), run.ended)


# --- the jobs ----------------------------------------------------------------------------------------------


def _compact(room: Room, _schedule: Schedule) -> str:
    """Outcomes and calls of hours that are over leave the log."""
    before = (micros(room.clock.now()) - WAIT) // HOUR * HOUR
    outcomes, calls = settle(room), room.calls.compact(before)
    return f"{outcomes:,} outcomes and {calls:,} calls moved to files"


def _retention(room: Room, _schedule: Schedule) -> str:
    """What is older than the register says is erased for good; a system without an entry has what an entry starts with."""
    now = micros(room.clock.now())
    kept = {s.name: s.retention for s in room.project.systems()}
    calls = texts = 0
    for seen in room.calls.seen():
        days = kept.get(seen.system, Retention())
        texts += room.calls.forget(seen.system, now - days.texts_days * DAY, texts=True)
        calls += room.calls.forget(seen.system, now - days.calls_days * DAY, texts=False)
    signals = room.alarms.forget(instant(now - ALERTS_DAYS * DAY))
    return f"erased: {calls:,} calls, the texts of {texts:,}, {signals:,} signals of old alerts"


def _sensors(room: Room, schedule: Schedule) -> str:
    """Those named look, or all; what is wrong with one keeps no other from its turn."""
    found = Counter(r.result.kind for r in sensors.run(room, schedule.only))
    return ", ".join(f"{n} {kind.replace('_', ' ')}" for kind, n in sorted(found.items())) or "no sensors"


def _golden(room: Room, schedule: Schedule) -> str:
    """As `sensors`; all that run golden cases where none is named."""
    names = schedule.only or tuple(s.name for s in room.project.sensors() if s.watch.kind == "golden")
    return _sensors(room, replace(schedule, only=names)) if names else "no golden cases are watched"


def _slos(room: Room, _schedule: Schedule) -> str:
    """Every SLO is judged and watched."""
    found = watch_slos(room)
    firing, failed = sum(bool(w.firing) for w in found), [w for w in found if w.because]
    if failed:
        raise Misuse(f"{failed[0].name}: {failed[0].because}")
    return f"{len(found)} SLOs, {firing} with something that fires"


def _incidents(room: Room, _schedule: Schedule) -> str:
    """What trackers have closed is closed here, and what is late is told."""
    closed, told = issues.sync(room), actions.late(room)
    return f"{len(closed)} actions followed in trackers, {len(told)} told of as late"


RUNS: Mapping[Job, Callable[[Room, Schedule], str]] = {
    "compact": _compact,
    "retention": _retention,
    "sensors": _sensors,
    "golden": _golden,
    "slo": _slos,
    "incidents": _incidents,
}
"""What each job does, and says of it in one line. It raises what is ours where it could not."""
