"""What a look found: a result for each day that was judged, and over which days a sensor goes."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from cleanroom.core.base import DAY, MINUTE, SECOND, Instant, instant, micros
from cleanroom.core.call import Call
from cleanroom.core.sensors.daily import last_whole, number
from cleanroom.core.sensors.result import Result
from cleanroom.core.sensors.standing import Standing

RECENT = 60
"""Days of the past that a first look goes over, beside those that it learns from."""

AHEAD = 300_000_000
"""Microseconds by which a moment may be later than now, for clocks differ; what is later than that is no moment of data."""

MOST_DAYS = 31
"""Days that one look catches up on, at most."""


@dataclass(frozen=True, slots=True)
class Look:
    """`day`: the last one that was judged, YYYY-MM-DD."""

    day: str
    result: Result


def due(now: Instant, delay: float, standing: Standing) -> Iterator[int]:
    """The days to judge, oldest first: those since the last one, which is judged again, for what may have come late."""
    last = last_whole(now, delay)
    first = number(standing.day) if standing.day else last
    yield from range(max(min(first, last), last - MOST_DAYS + 1), last + 1)


def window_of(now: Instant, seconds: float) -> tuple[int, int]:
    """The last so many seconds, as since <= at < until (microseconds), with what is of now."""
    until = micros(now) + 1
    return until - round(seconds * SECOND), until


def minutes_around(since: int, until: int) -> tuple[int, int]:
    """The whole minutes that hold since <= at < until: rollups know no others."""
    return since // MINUTE * MINUTE, -(-until // MINUTE) * MINUTE


def call_line(call: Call) -> str:
    """Which call it was, as evidence; never its text."""
    return f"call {call.id} of {call.feature or call.system} at {instant(call.at)[:19]}Z"


def begin_of(standing: Standing) -> int:
    """The first day that counts: the one after the moment of the last new baseline, as far as it was a whole day."""
    return -(10**9) if standing.baseline is None else -(-micros(standing.baseline) // DAY)


def learned_from(rows: Mapping[int, int], learn: int) -> int | None:
    """The day from which on `learn` days are learned from, by the rows of each day; None without any.

    Of the recent past only, and not of stray rows that lie before it: a day counts as its beginning from a tenth of the rows
    on that a usual day has.
    """
    if not rows:
        return None
    recent = {d: n for d, n in rows.items() if d > max(rows) - RECENT - learn}
    usual = statistics.median(recent.values())
    return min(d for d, n in recent.items() if 10 * n >= usual)


def today(now: Instant) -> str:
    """The UTC day of a moment."""
    return now[:10]
