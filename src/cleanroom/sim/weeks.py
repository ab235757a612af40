"""Weeks of a flag in production on simulated time: what applications report, hour by hour, whatever the flag serves."""

from __future__ import annotations

from collections.abc import Iterator

from cleanroom.app.flags import one
from cleanroom.app.room import Room
from cleanroom.app.signals import record
from cleanroom.core.base import HOUR, Instant, micros
from cleanroom.sim.rollouts import SimulatedClock, Traffic


def hours_of(
    room: Room, clock: SimulatedClock, flag: str, traffic: Traffic, hours: int, step: int = 1
) -> Iterator[Instant]:
    """Let so many hours pass, `step` at a time, each with what applications report in it; the moment after each."""
    begin = micros(clock.at)
    for hour in range(0, hours, step):
        at = begin + hour * HOUR
        made = tuple(traffic.between(one(room, flag).flag, at, at + step * HOUR, begin))
        clock.later(60 * step)
        if made:
            record(room, made)
        yield clock.at
