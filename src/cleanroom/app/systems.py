"""How does every AI system stand at a glance? Its promises, sensors, alerts, rollouts and traffic, side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

from cleanroom.app import alerts
from cleanroom.app.alerts.read import Shown, systems_of
from cleanroom.app.rollout.read import every as every_rollout
from cleanroom.app.room import Room
from cleanroom.app.sensors.read import Found
from cleanroom.app.sensors.read import every as every_sensor
from cleanroom.app.slo.status import careful
from cleanroom.app.telemetry.course import course
from cleanroom.core.alerts.state import base_of
from cleanroom.core.base import DAY, HOUR, CleanroomError, NotFound, micros
from cleanroom.core.mistakes import did_you_mean
from cleanroom.core.progress.state import Rollout, runs, start_of
from cleanroom.core.register import System, on_call
from cleanroom.core.slo_status import Status
from cleanroom.core.telemetry.metrics import REQUESTS

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Traffic:
    """Requests of the last 24 hours: how many, how many failed, and how many in each whole hour."""

    requests: int
    failed: int
    hourly: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Glance:
    """A system as it stands. `declared`: its entry in the register; None where telemetry comes from what nobody declared.

    `alerts`: those that are not over; `trouble`: what kept a part of this from being known.
    """

    name: str
    declared: System | None
    on_call: str
    promises: tuple[Status, ...]
    sensors: tuple[Found, ...]
    alerts: tuple[Shown, ...]
    rollouts: tuple[Rollout, ...]
    traffic: Traffic
    trouble: tuple[str, ...] = ()

    @property
    def tone(self) -> str:
        """fail: a critical alert or a broken promise. warn: any other alert, a sensor that is over its bound or cannot look, or
        no entry in the register. unknown: a promise of which nobody can tell, or a part that cannot be read. Else pass.
        """
        levels = {base_of(a.alert).level for a in self.alerts}
        if "critical" in levels or any(p.says == "violated" for p in self.promises):
            return "fail"
        if levels or self.declared is None or any(s.standing.state in ("over", "failed") for s in self.sensors):
            return "warn"
        return "unknown" if self.trouble or any(p.says == "cannot tell" for p in self.promises) else "pass"


def every(room: Room) -> tuple[Glance, ...]:
    """Every system of the register and every one that telemetry came from, those in trouble first."""
    parts = _Parts(room)
    names = dict.fromkeys((*parts.declared, *(s.system for s in room.calls.seen())))
    order = ("fail", "warn", "unknown", "pass")
    return tuple(sorted((parts.of(name) for name in names), key=lambda g: (order.index(g.tone), g.name)))


def one(room: Room, name: str) -> Glance:
    """One system. Raises NotFound."""
    check_name(room, name)
    return _Parts(room, name).of(name)


def check_name(room: Room, name: str) -> None:
    """Raises NotFound for what nobody declared and nothing came from."""
    names = {*(s.name for s in systems_of(room.project)), *(s.system for s in room.calls.seen())}
    if name not in names:
        hint = did_you_mean(name, names) or "Declare it: systems/NAME.yaml, or send telemetry that names it."
        raise NotFound(f"there is no system {name!r:.100}", hint)


class _Parts:
    """What is read once for all systems, or for `only` one. What cannot be read is told, and hides nothing else."""

    def __init__(self, room: Room, only: str | None = None) -> None:
        self._room = room
        self._now = room.clock.now()
        self._trouble: list[str] = []
        self.declared = {s.name: s for s in self._read(room.project.systems)}
        wanted = [s for s in self._read(room.project.slos) if only in (None, s.system)]
        self._promises = [careful(room, slo) for slo in wanted]
        self._sensors = self._read(lambda: every_sensor(room))
        self._alerts = self._read(lambda: alerts.every(room, system=only))
        self._rollouts = self._read(lambda: [r for r in every_rollout(room) if runs(r)])

    def of(self, name: str) -> Glance:
        """The system of that name."""
        declared = self.declared.get(name)
        flags = {name, *(declared.flags if declared else ())}
        return Glance(
            name,
            declared,
            on_call(declared, self._now) if declared else "",
            tuple(p for p in self._promises if p.system == name),
            tuple(s for s in self._sensors if s.sensor.system == name),
            tuple(a for a in self._alerts if base_of(a.alert).system == name),
            tuple(r for r in self._rollouts if {start_of(r).flag, start_of(r).name} & flags),
            self._traffic(name),
            tuple(self._trouble),
        )

    def _traffic(self, name: str) -> Traffic:
        now = micros(self._now)
        found = course(self._room, name, REQUESTS, now - DAY, now + 1, HOUR)
        return Traffic(found.n, sum(p.bad for p in found.points), tuple(p.n for p in found.points[:-1]))

    def _read(self, what: Callable[[], Iterable[T]]) -> list[T]:
        try:
            return list(what())
        except CleanroomError as error:
            self._trouble.append(error.message)
            return []
