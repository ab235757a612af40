"""Outcomes of hours that are over leave the log."""

from __future__ import annotations

from cleanroom.app.room import Room
from cleanroom.core.base import HOUR, micros

WAIT = 2 * HOUR
"""Microseconds for which late outcomes still find their hour in the log."""


def settle(room: Room) -> int:
    """Move outcomes of hours that ended two hours ago to files; how many. Doing it twice does no harm.

    The moment goes from hour to hour, so that outcomes that come late are moved together and not one by one.
    """
    return room.telemetry.compact((micros(room.clock.now()) - WAIT) // HOUR * HOUR)
