"""Which sensors are there, where do they stand, and what do they hold up?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from cleanroom.app.folding import Folded
from cleanroom.app.room import Room
from cleanroom.app.sensors import kept
from cleanroom.core.base import CleanroomError, Instant, NotFound, instant, micros
from cleanroom.core.mistakes import did_you_mean
from cleanroom.core.progress.state import Rollout, runs, start_of
from cleanroom.core.sensors import Sensor
from cleanroom.core.sensors.standing import Standing, standing_of, subject_of

EVERYTHING = "*"
RAN = "ran"
LATE = 2.0
"""Cadences without a look after which that is an alert of its own."""

_GRACE = 900

_FOLDED: Folded[Standing] = Folded()


@dataclass(frozen=True, slots=True)
class Found:
    """A sensor and where it stands. `ran`: its last look, whatever came of it; None before the first."""

    sensor: Sensor
    standing: Standing
    ran: Instant | None

    @property
    def expected(self) -> Instant | None:
        """By when it should have looked again at the latest; None before the first look."""
        if self.ran is None:
            return None
        return instant(micros(self.ran) + round((LATE * self.sensor.every + _GRACE) * 1_000_000))

    def overdue(self, now: Instant) -> bool:
        """Is that moment past?"""
        return self.expected is not None and now > self.expected


def every(room: Room) -> tuple[Found, ...]:
    """All of them, by name. Raises Misuse for files with mistakes."""
    return tuple(found_of(room, s) for s in sorted(room.project.sensors(), key=lambda s: s.name))


def one(room: Room, name: str) -> Found:
    """The sensor of that name. Raises NotFound."""
    return found_of(room, sensor_of(room, name))


def sensor_of(room: Room, name: str) -> Sensor:
    """Its definition. Raises NotFound."""
    sensors = {s.name: s for s in room.project.sensors()}
    if name not in sensors:
        raise NotFound(
            f"there is no sensor {name!r:.100}", did_you_mean(name, sensors) or "Write one: sensors/NAME.yaml."
        )
    return sensors[name]


def standing(room: Room, name: str) -> Standing:
    """Where it stands by the ledger. What was folded before is not read again, as long as it is there."""
    return _FOLDED.of(room.store, subject_of(name), partial(standing_of, name))


def blocked(room: Room, change: str, flag: str) -> str:
    """Why a rollout of `change` behind `flag` has to wait for sensors; '' when it need not.

    A file of sensors that cannot be read holds up everything: nobody can tell what it would say.
    """
    try:
        sensors = [s for s in room.project.sensors() if s.blocks]
        names = {EVERYTHING, change, flag, *(_systems(room, change, flag) if sensors else ())}
    except CleanroomError as error:
        return f"sensors cannot be read: {error.message}"
    reasons = (standing(room, s.name).blocks for s in sensors if names & set(s.blocks))
    return "; ".join(r for r in reasons if r)


def holds_up(room: Room, rollout: Rollout) -> str:
    """Why a rollout has to wait for sensors; '' when it need not, or is over."""
    start = start_of(rollout)
    return blocked(room, start.name, start.flag) if runs(rollout) else ""


def _systems(room: Room, change: str, flag: str) -> Iterator[str]:
    """The systems of the register that a rollout is one of: by the flag of their fallback, or by a feature."""
    for system in room.project.systems():
        if {system.name, *system.flags} & {change, flag}:
            yield system.name


def found_of(room: Room, sensor: Sensor) -> Found:
    """A sensor and where it stands."""
    return Found(sensor, standing(room, sensor.name), kept.note(room, sensor.name, RAN))
