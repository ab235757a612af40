"""Who does it, where several processes may do the same thing outside at once? One of them, by a lease; the others are told."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from cleanroom.app.room import Room
from cleanroom.core.base import Refused, after, instant, micros
from cleanroom.ports.jobs import JobRun

LEASE = 90.0
"""Seconds after which what a process that died was at may be done by another; one that lives renews it."""


@contextmanager
def alone(room: Room, name: str, doing: str) -> Iterator[None]:
    """While it is open, nobody else does `name`. Raises Refused, with `doing` in it, where somebody does."""
    now = room.clock.now()
    done = room.jobs.standing(name, instant(micros(now) - 1)).done
    slot = max(now, instant(micros(done) + 1))  # also where the clock has not moved since the last time
    room.jobs.plan(name, slot, now)
    turn = room.jobs.take(name, now, after(now, LEASE))
    if turn is None:
        raise Refused(f"somebody else is at it: {doing}", "Look again in a minute.")
    said, good = "it broke off", False
    try:
        with room.jobs.keeping(turn, LEASE):
            yield
            said, good = "done", True
    finally:
        room.jobs.done(turn, JobRun(name, turn.slot, now, max(now, room.clock.now()), good, said))
