"""Can it come back silently? The case is red on the bad version and green on the fix, the new monitor would have fired earlier,
and what was required is done: then it may be closed, and the case is in the golden set. Else it stays mitigated.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import TypeVar

from cleanroom.app.alerts import read as alerts
from cleanroom.app.alerts.answer import resolve
from cleanroom.app.incident.case import case_of, into_golden, try_case
from cleanroom.app.incident.kept import Version, checked
from cleanroom.app.incident.read import do, every, existing
from cleanroom.app.incident.versions import current
from cleanroom.app.room import Room
from cleanroom.app.sensors.rates import rise
from cleanroom.app.sensors.replay import would_have_fired
from cleanroom.core.alerts.state import base_of as alert_base
from cleanroom.core.base import DAY, CleanroomError, Instant, Misuse, NotFound, Refused, digest_of
from cleanroom.core.facts import MonitorNamed
from cleanroom.core.facts.incidents import Since
from cleanroom.core.facts.proofs import Earlier
from cleanroom.core.incident import decide
from cleanroom.core.incident.state import Detected, Incident, base_of
from cleanroom.core.mistakes import did_you_mean
from cleanroom.core.reason import reason
from cleanroom.core.sensors import Sensor
from cleanroom.core.sensors.replayed import Backtest

T = TypeVar("T")
ELSEWHERE = "other"
"""A fix that is nothing we can run: an index that was rebuilt, a supplier's patch. Only a waiver closes such an incident."""


def mitigate(room: Room, id: str, fix: str, because: str) -> Incident:
    """A fix is in place: `change/NAME` that was checked and did not fail, `prompt/NAME`, `model/NAME`, or `other/WORDS`.

    Raises Refused as long as nothing is contained, and for a change that no battery passed; Misuse without a reason.
    """
    why = reason(because, "say what the fix does")
    known = decide.ongoing(existing(room, id))
    kind, _, words = fix.partition("/")
    if kind == ELSEWHERE and words.strip():
        name = reason(fix)
        version = Version(name, digest_of([name]))
    else:
        version = current(room, fix)
        _passed(room, version)
    if known.case is not None and version.digest == known.case.bad_digest:
        raise Refused(
            f"{version.name} at {version.digest} is what did the harm", "Correct it, or propose another change."
        )
    at = room.clock.now()
    return do(room, id, lambda now: decide.mitigate(now, version.name, version.digest, why, room.by, at))


def monitor(room: Room, id: str, name: str) -> Incident:
    """Name the sensor that is to see it earlier the next time; what it watches also says since when it went wrong.

    Raises NotFound; Misuse for one that cannot be replayed.
    """
    sensor = _sensor(room, name)
    if sensor.watch.kind != "rate":
        hint = "A sensor of kind rate can: docs/sensors.md."
        raise Misuse(f"the sensor {name} (kind {sensor.watch.kind}) cannot be replayed over recorded telemetry", hint)
    known = decide.ongoing(existing(room, id))
    _new(room, known, name)
    found = rise(room, sensor.watch, known.opened.detected)
    began, at = Since(*found) if found is not None else None, room.clock.now()
    return do(room, id, lambda now: MonitorNamed(decide.ongoing(now).id, name, digest_of(sensor), room.by, at, began))


def _new(room: Room, known: Detected, name: str) -> None:
    """What raised the alert is no new monitor."""
    for id in known.joined:
        alert = alerts.find(room, id)
        if alert is not None and any(s.name == f"sensor/{name}" for s in alert_base(alert).signals):
            hint = "Write another one in sensors/, which would have seen it earlier."
            raise Refused(f"the sensor {name} raised alert {id}: it is no new monitor", hint)


def prove(room: Room, id: str, progress: Callable[[str], object] = lambda _: None) -> Incident:
    """Try all of it, and put the case into the golden set. Raises Refused with everything that is missing or does not hold."""
    found = existing(room, id)
    known, lacks = decide.ongoing(found), decide.missing(found)
    if lacks or known.case is None or known.fix is None:
        raise Refused(f"incident {id} cannot be proven yet: {'; '.join(lacks)}", f"cleanroom incident show {id}")
    case, faults = case_of(room, known), list[CleanroomError]()
    bad, fix = Version(known.case.bad, known.case.bad_digest), Version(known.fix.fix, known.fix.digest)
    beside = known.case.beside
    progress("replaying the new monitor over recorded telemetry")
    earlier = _tried(lambda: _earlier(room, known), faults)
    progress(f"running the case {case.id} on {bad.name}, as it was")
    red = _tried(lambda: try_case(room, case, bad, beside), faults)
    progress(f"running the case {case.id} on the fix {fix.name}")
    green = _tried(lambda: try_case(room, case, fix), faults)
    if red is None or green is None or earlier is None:
        raise _together(id, faults, decide.failures(red, green))
    at = room.clock.now()
    decide.prove(existing(room, id), red, green, earlier, room.by, at)
    into_golden(room, id, case)
    return do(room, id, lambda now: decide.prove(now, red, green, earlier, room.by, at))


def _tried(deed: Callable[[], T], faults: list[CleanroomError]) -> T | None:
    """One leg of the proof; what it was refused for is kept, so that all of it can be said at once."""
    try:
        return deed()
    except CleanroomError as error:
        faults.append(error)
        return None


def _together(id: str, faults: list[CleanroomError], failures: Sequence[str]) -> CleanroomError:
    """All that does not hold; a single fault as it is."""
    if len(faults) == 1 and not failures:
        return faults[0]
    said = "; ".join((*(f.message for f in faults), *failures))
    return Refused(f"incident {id} is not proven: {said}", faults[0].hint)


def close(room: Room, id: str) -> Incident:
    """It is over, and so are its alerts. Raises Refused with what is missing."""
    done = do(room, id, lambda now: decide.close(now, room.by, room.clock.now()))
    for alert in base_of(done).joined:
        with suppress(CleanroomError):  # it is over already, or its signals are forgotten
            resolve(room, alert, f"incident {id} is closed")
    return done


def ask_waiver(room: Room, id: str, because: str) -> Incident:
    """The lead asks to close it without proof. Raises Refused."""
    why = reason(because)
    return do(room, id, lambda now: decide.ask_waiver(now, why, room.by, room.clock.now()))


def agree(room: Room, id: str) -> Incident:
    """A second person agrees to that. Raises Refused."""
    return do(room, id, lambda now: decide.agree(now, room.by, room.clock.now()))


def reopen(room: Room, id: str, because: str) -> Incident:
    """It was not over. Raises Refused, Misuse without a reason."""
    why = reason(because, "an incident is opened again for a reason")
    return do(room, id, lambda now: decide.reopen(now, why, room.by, room.clock.now()))


def backtest(room: Room, known: Detected) -> Backtest:
    """What the monitor would have done. Raises Refused where nothing says when it began, or the monitor was edited since."""
    if known.monitor is None:
        raise Refused(f"incident {known.id} has no new monitor", f"cleanroom incident monitor {known.id} SENSOR")
    sensor = _sensor(room, known.monitor.sensor)
    if digest_of(sensor) != known.monitor.monitor:
        raise Refused(
            f"the sensor {sensor.name} was edited since it was named",
            f"cleanroom incident monitor {known.id} {sensor.name}",
        )
    if known.began is None:
        hint = "An alert or an outcome that is linked to it would. The lead and a second person can waive the proof."
        raise Refused(f"nothing on record says when incident {known.id} began", hint)
    others = tuple(_windows(room, known))
    ended = known.fix.at if known.fix else None
    detected = max(known.began.at, known.opened.detected)
    return would_have_fired(room, sensor, known.began.at, detected, ended=ended, others=others)


def _earlier(room: Room, known: Detected) -> Earlier:
    found = backtest(room, known)
    if not found.earlier or found.fired is None or found.own is None or found.upper is None or known.monitor is None:
        raise Refused(
            f"the monitor {found.sensor} does not prove it: {found.because}", "Change the sensor, then name it again."
        )
    return Earlier(
        found.sensor,
        known.monitor.monitor,
        found.fired,
        found.own,
        max(0, found.lead or 0),
        int(found.days * DAY),
        found.alarms,
        found.upper,
    )


def _windows(room: Room, known: Detected) -> Iterator[tuple[Instant, Instant]]:
    """When other incidents went on: what fires then is no false alarm."""
    now = room.clock.now()
    for other in map(base_of, every(room)):
        if other.id != known.id:
            begin = other.began.at if other.began else other.opened.detected
            end = other.fix.at if other.fix else now  # one that was opened again goes on
            yield begin, max(begin, end)


def _passed(room: Room, version: Version) -> None:
    """A change that nobody checked, or that failed, is no fix."""
    if version.kind != "change":
        return
    name, run = version.name.partition("/")[2], checked(room, version)
    if run is None:
        raise Refused(f"{version.name} was not checked as it lies there", f"cleanroom check {name}")
    if run.outcome == "FAIL":
        raise Refused(f"the battery fails on {version.name}", f"Correct it, then: cleanroom check {name}")


def _sensor(room: Room, name: str) -> Sensor:
    sensors = {s.name: s for s in room.project.sensors()}
    if name not in sensors:
        hint = did_you_mean(name, sensors) or f"sensors/{name}.yaml makes one."
        raise NotFound(f"there is no sensor {name!r:.80}", hint)
    return sensors[name]
