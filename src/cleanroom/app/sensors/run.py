"""Has a sensor look, writes down what that means, and has people told; and tells on those that did not look."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields, replace
from typing import Any

from cleanroom.app.alerts import deadman, signal
from cleanroom.app.room import Room
from cleanroom.app.sensors import columns, embeddings, injections, kept, others, rates, scope, tables
from cleanroom.app.sensors.files import relative
from cleanroom.app.sensors.looks import Look, today
from cleanroom.app.sensors.read import RAN, every, found_of, sensor_of, standing
from cleanroom.core.alert import Signal
from cleanroom.core.base import SECOND, CleanroomError, Instant, digest_of, instant, micros, noun
from cleanroom.core.facts import SensorRan
from cleanroom.core.incident.categories import runbook_for
from cleanroom.core.ledger import Conflict, Write
from cleanroom.core.schedule import Schedule
from cleanroom.core.sensors import Sensor
from cleanroom.core.sensors.columns import Columns
from cleanroom.core.sensors.cost import Cost
from cleanroom.core.sensors.counts import Cardinality, Counts
from cleanroom.core.sensors.freshness import Freshness
from cleanroom.core.sensors.golden import Golden
from cleanroom.core.sensors.injection import Injection
from cleanroom.core.sensors.meaning import Meaning
from cleanroom.core.sensors.overload import Overload
from cleanroom.core.sensors.privacy import Privacy
from cleanroom.core.sensors.rate import Rate
from cleanroom.core.sensors.result import Failed, Over, Quiet, Result
from cleanroom.core.sensors.retrieval import Retrieval
from cleanroom.core.sensors.schema import Schema
from cleanroom.core.sensors.scope import Scope
from cleanroom.core.sensors.standing import Standing, facts_of, subject_of
from cleanroom.ports.jobs import JobRun

LEASE = 90
"""Seconds for which a look belongs to one server; it is renewed while it lasts."""

_LOG = logging.getLogger(__name__)
_TOLD, _LATE = "told", "late"


@noun
class Ran:
    """A look: the result of each day that was judged, the last one last; how the sensor stands after it."""

    sensor: str
    day: str
    results: tuple[Result, ...]
    standing: Standing

    @property
    def result(self) -> Result:
        """The last one."""
        return self.results[-1]


def run(room: Room, only: Sequence[str] = ()) -> tuple[Ran, ...]:
    """Have sensors look now: those named, or all. Raises NotFound for a name that is not there, Misuse for faulty files.

    What is wrong with one keeps no other from its turn: it has then failed, which is a result of its own.
    """
    sensors = [sensor_of(room, n) for n in only] or [f.sensor for f in every(room)]
    return tuple(_ran(room, s) for s in sensors)


def run_due(room: Room) -> tuple[JobRun, ...]:
    """Have those look whose time has come, unless a schedule has them look; several servers share the work.

    Doing it twice does no harm. Files that cannot be read are an alert.
    """
    return tuple(_due(room, _readable(room)))


def overdue(room: Room, coming: Sequence[Schedule] = ()) -> tuple[str, ...]:
    """Tell on the sensors that have not looked for twice their cadence, unless a schedule of `coming` is about to have them
    look; their names.
    """
    late: list[str] = []
    now = room.clock.now()
    for found in (found_of(room, sensor) for sensor in _readable(room)):
        name, expected = found.sensor.name, found.expected
        if expected is None or _scheduled(coming, found.sensor):
            continue
        if now > expected:
            late.append(name)
            if not kept.note(room, name, _LATE):
                kept.set_note(room, name, _LATE, True)
            deadman(room, f"sensor/{name}", found.sensor.system, expected, found.ran, level=found.sensor.level)
        elif kept.note(room, name, _LATE):
            deadman(room, f"sensor/{name}", found.sensor.system, expected, found.ran, level=found.sensor.level)
            kept.set_note(room, name, _LATE, None)
    return tuple(late)


def _readable(room: Room) -> tuple[Sensor, ...]:
    """The sensors, by name. Where their files cannot be read, people are told: nothing is watched until they are mended."""
    now, about = room.clock.now(), "cannot be read"
    sensors: tuple[Sensor, ...] = ()
    try:
        sensors, why = tuple(sorted(room.project.sensors(), key=lambda s: s.name)), ""
    except CleanroomError as error:
        why = relative(room, error.message)
    if why or kept.note(room, "", about):
        what = f"no sensor looks: {why}" if why else "sensors can be read again"
        signal(room, Signal("sensors", "", "warning", about, what, now, now, (why,) if why else (), over=not why))
        kept.set_note(room, "", about, True if why else None)
    return sensors


def _due(room: Room, sensors: Sequence[Sensor]) -> Iterator[JobRun]:
    schedules = room.project.schedules() if sensors else ()
    for sensor in sensors:
        if _scheduled(schedules, sensor):
            continue
        now = micros(room.clock.now())
        width, offset = round(sensor.every * SECOND), round(getattr(sensor.watch, "delay", 0.0) * SECOND)
        slot = (now - offset) // width * width + offset
        job = f"sensor/{sensor.name}"
        if room.jobs.standing(job, instant(slot - width)).done >= instant(slot):
            continue
        room.jobs.plan(job, instant(slot), instant(slot))
        turn = room.jobs.take(job, instant(now), instant(now + LEASE * SECOND))
        if turn is None:
            continue
        with room.jobs.keeping(turn, LEASE):
            ran = _ran(room, sensor)
        said = f"{ran.result.kind} ({ran.day})"
        done = JobRun(job, turn.slot, instant(now), room.clock.now(), not isinstance(ran.result, Failed), said)
        room.jobs.done(turn, done)
        yield done


def _scheduled(schedules: Sequence[Schedule], sensor: Sensor) -> bool:
    """Does a schedule of cleanroom.toml have it look?"""
    for schedule in schedules:
        named = sensor.name in schedule.only
        if schedule.run == "sensors" and (named or not schedule.only):
            return True
        if schedule.run == "golden" and (named or (not schedule.only and sensor.watch.kind == "golden")):
            return True
    return False


def _ran(room: Room, sensor: Sensor) -> Ran:
    now, before = room.clock.now(), standing(room, sensor.name)
    looks: list[Look] = []
    try:
        looks += (replace(found, result=_local(room, found.result)) for found in _looks(room, sensor, before, now))
    except CleanroomError as error:
        why = f"{error.message}; {error.hint}" if error.hint else error.message
        looks.append(Look(today(now), Failed(relative(room, why))))
    except Exception as error:
        _LOG.exception("sensor %s could not look", sensor.name)
        looks.append(Look(today(now), Failed(f"an error of ours: {type(error).__name__}; the log says where")))
    if not looks:
        looks.append(Look(today(now), Failed("it had nothing to look at")))
    for look in looks[:-1]:
        _written(room, sensor, look, now, news_only=True)
    after = _written(room, sensor, looks[-1], now)
    if isinstance(looks[-1].result, Quiet | Over):
        kept.set_judged(room, sensor.name, before)
    _tell(room, sensor, after, looks[-1].result, now)
    kept.set_note(room, sensor.name, RAN, now)
    return Ran(sensor.name, looks[-1].day, tuple(look.result for look in looks), after)


def _local(room: Room, result: Result) -> Result:
    """The same without a word on where the project lies: it is written into the ledger, and told."""
    told: dict[str, Any] = {}
    for name, said in ((f.name, getattr(result, f.name)) for f in fields(result)):
        if isinstance(said, str):
            told[name] = relative(room, said)
        elif isinstance(said, tuple):
            told[name] = tuple(relative(room, line) for line in said)
    return replace(result, **told)


def _looks(room: Room, sensor: Sensor, standing: Standing, now: Instant) -> Iterable[Look]:
    """What each kind measures and judges."""
    name, watch = sensor.name, sensor.watch
    match watch:
        case Columns():
            return columns.look(room, name, watch, standing, now)
        case Meaning():
            return embeddings.meaning(room, name, watch, standing, now)
        case Counts() | Cardinality():
            return tables.counts(room, name, watch, standing, now)
        case Cost():
            return tables.cost(room, name, watch, standing, now)
        case Freshness():
            return (others.freshness(room, name, watch, standing, now),)
        case Schema():
            return (tables.schema(room, name, watch, standing, now),)
        case Golden():
            return (others.golden(room, name, watch, standing, now),)
        case Retrieval():
            return (embeddings.retrieval(room, name, watch, standing, now),)
        case Privacy():
            return (others.privacy(room, watch, now),)
        case Scope() | Overload() | Injection():
            return (_of_calls(room, watch, now),)
        case Rate():
            return (rates.rate(room, watch, standing, now),)


def _of_calls(room: Room, watch: Scope | Overload | Injection, now: Instant) -> Look:
    match watch:
        case Scope():
            return scope.scope(room, watch, now)
        case Overload():
            return scope.overload(room, watch, now)
        case Injection():
            return injections.injection(room, watch, now)


def _written(room: Room, sensor: Sensor, look: Look, now: Instant, *, news_only: bool = False) -> Standing:
    """Append what the look means; another server that looked at the same time has written the same."""
    for _ in range(3):
        before = standing(room, sensor.name)
        facts = facts_of(before, digest_of(sensor), look.result, look.day, now)
        if news_only:
            facts = tuple(f for f in facts if not (isinstance(f, SensorRan) and f.state == before.state))
        subject = subject_of(sensor.name)
        try:
            if facts:
                room.store.append([Write(subject, before.version + i, f) for i, f in enumerate(facts)])
            break
        except Conflict:
            continue
    return standing(room, sensor.name)


def _tell(room: Room, sensor: Sensor, after: Standing, result: Result, now: Instant) -> None:
    """Say what is wrong, while it is; and that it has ended, once. Whoever dies in between says it again."""
    told = kept.note(room, sensor.name, _TOLD) or {}
    wrong = after.state if after.state in ("over", "failed") else ""
    for about in ("over", "failed"):
        if wrong == about:
            kept.set_note(room, sensor.name, _TOLD, {**told, about: True})
            signal(room, _said(sensor, after, result, now))
        elif told.get(about) and not (about == "over" and wrong == "failed"):
            signal(room, _ended(sensor, about, now))
            told = {k: v for k, v in told.items() if k != about}
            kept.set_note(room, sensor.name, _TOLD, told)


def _said(sensor: Sensor, after: Standing, result: Result, now: Instant) -> Signal:
    what = result.what if isinstance(result, Over) else after.what
    evidence = result.evidence if isinstance(result, Over) else after.evidence
    lines = (f"bound: {after.bound}", f"seen: {after.seen}", f"covers: {after.covers}") if after.state == "over" else ()
    what = what.removeprefix(f"{sensor.system} ") if sensor.system else what  # whose it is stands before every alert
    failed = f"it could not look: {what}"
    return Signal(
        name=f"sensor/{sensor.name}",
        system=sensor.system,
        level=sensor.level,
        about="" if after.state == "over" else "failed",
        what=f"sensor {sensor.name}: {what if after.state == 'over' else failed}",
        since=after.since or now,
        seen=now,
        evidence=(*lines, *evidence),
        runbook=_runbook(sensor),
    )


def _ended(sensor: Sensor, about: str, now: Instant) -> Signal:
    return Signal(
        name=f"sensor/{sensor.name}",
        system=sensor.system,
        level=sensor.level,
        about="" if about == "over" else about,
        what=f"sensor {sensor.name} is quiet again",
        since=now,
        seen=now,
        runbook=_runbook(sensor),
        over=True,
    )


def _runbook(sensor: Sensor) -> str:
    return sensor.runbook or runbook_for(sensor.watch.kind, getattr(sensor.watch, "metric", ""))
