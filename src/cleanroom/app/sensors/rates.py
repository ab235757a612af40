"""What do the windows of a sensor of kind `rate` hold? The same counts for a look now and for a replay of the past."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cleanroom.app.room import Room
from cleanroom.app.sensors.looks import Look, call_line, today
from cleanroom.core.base import DAY, MINUTE, SECOND, Instant, instant, micros
from cleanroom.core.call import EVENT
from cleanroom.core.sensors.rate import Rate, Seen, last_end, value_text
from cleanroom.core.sensors.standing import Standing
from cleanroom.core.slo_status import onset, percent, risen, tally_of
from cleanroom.core.telemetry.metrics import REQUESTS
from cleanroom.ports.calls import PARTS, Cell

Floats = NDArray[np.float64]

_PIECE = 10 * DAY
LOOK = 14 * DAY
"""Microseconds before an incident was found within which its beginning is looked for."""

_WORST, _LARGEST = 6, 4


@dataclass(frozen=True, slots=True)
class Steps:
    """By steps from `start` on: what the events amounted to, and how many there were. `share`: the amounts count events."""

    start: int
    step: int
    amount: Floats
    n: Floats
    share: bool

    @property
    def end(self) -> int:
        """The moment up to which they go."""
        return self.start + len(self.n) * self.step


def steps_of(room: Room, watch: Rate, since: int, until: int, step: int) -> Steps:
    """Calls or outcomes with since <= minute < until, which are whole steps from each other (microseconds)."""
    size = max(0, (until - since) // step)
    amount, n = np.zeros(size), np.zeros(size)
    share = True
    for start, count, value, number in _counted(room, watch, since, since + size * step, step):
        place = (start - since) // step
        n[place] += count
        amount[place] += value
        share = share and not number
    return Steps(since, step, amount, n, share)


def rate(room: Room, watch: Rate, standing: Standing, now: Instant) -> Look:
    """The window that ended just now, without what lies before a new baseline."""
    end = last_end(watch, micros(now))
    begin = end - max(MINUTE, round(watch.window * SECOND) // MINUTE * MINUTE)
    if standing.baseline is not None:
        begin = min(end, max(begin, -(-micros(standing.baseline) // MINUTE) * MINUTE))
    minutes = steps_of(room, watch, begin, end, MINUTE)
    seen = Seen(float(minutes.amount.sum()), float(minutes.n.sum()), minutes.share, instant(begin))
    result = watch.judge(seen)
    if result.kind != "over":
        return Look(today(now), result)
    since = instant(begin + _onset(watch, minutes) * MINUTE)
    lines = (*_parts(room, watch, minutes), *_worst(room, watch, minutes))
    return Look(today(now), watch.judge(Seen(seen.amount, seen.n, seen.share, since, lines)))


def rise(room: Room, watch: Rate, until: Instant) -> tuple[Instant, str] | None:
    """Since when its rate was higher than usual, up to that moment, and what says so; None where nothing on record does.

    Within LOOK before it. Only rates: of what is no share of calls or outcomes it says nothing.
    """
    end = micros(until) // MINUTE * MINUTE
    minutes = steps_of(room, watch, max(0, end - LOOK), end, MINUTE)
    if not minutes.share or not minutes.n.size:
        return None
    at = risen(minutes.n, minutes.amount)
    if at is None:
        return None
    at += int(np.argmax(minutes.amount[at:] > 0))
    was, now = (
        float(minutes.amount[part].sum() / max(1.0, minutes.n[part].sum())) for part in (slice(0, at), slice(at, None))
    )
    of = watch.system or watch.flag
    return instant(minutes.start + at * MINUTE), f"{watch.metric} of {of} rose from {percent(was)} to {percent(now)}"


def _counted(room: Room, watch: Rate, since: int, until: int, step: int) -> Iterator[tuple[int, float, float, bool]]:
    """(Begin, events, what they amount to, are those numbers?) of cells."""
    if watch.flag:
        yield from _of_flag(room, watch, since, until)
        return
    event = watch.metric.startswith(EVENT)
    for cell in _cells(room, watch, watch.metric, since, until, step):
        if event:
            yield cell.start, 0.0, float(cell.n), False
        else:
            yield cell.start, float(cell.n), _amount(watch, cell), watch.limit is None and bool(cell.histogram)
    if event:
        for cell in _cells(room, watch, REQUESTS, since, until, step):
            yield cell.start, float(cell.n), 0.0, False


def _cells(room: Room, watch: Rate, metric: str, since: int, until: int, step: int) -> Iterator[Cell]:
    """Rollups of the calls that are chosen, a piece of time after the other."""
    where, piece = watch.where, max(step, _PIECE // step * step)
    by = tuple(part for part in PARTS if part in where)
    wanted = tuple(where[part] for part in by)
    for begin in range(since, until, piece):
        for cell in room.calls.cells(watch.system, metric, begin, min(begin + piece, until), step, by):
            if cell.parts == wanted:
                yield cell


def _of_flag(room: Room, watch: Rate, since: int, until: int) -> Iterator[tuple[int, float, float, bool]]:
    for begin in range(since, until, _PIECE):
        for count in room.telemetry.counts(watch.flag, begin, min(begin + _PIECE, until)):
            if count.metric == watch.metric and watch.arm in ("", count.arm):
                yield count.minute, float(count.n), count.total, count.total != count.bad


def _onset(watch: Rate, minutes: Steps) -> int:
    """The minute of the window in which the rise began."""
    if minutes.share and 0 < watch.threshold < 1 and bool((minutes.amount <= minutes.n).all()):
        return onset(minutes.n, minutes.amount, watch.threshold)
    return int(np.argmin(np.concatenate([[0.0], np.cumsum(minutes.amount - watch.threshold * minutes.n)[:-1]])))


def _parts(room: Room, watch: Rate, minutes: Steps) -> Iterator[str]:
    """The features, models ... that most of it comes from, where there are several."""
    if watch.flag or watch.metric.startswith(EVENT):
        return
    for part in PARTS:
        if part in watch.where:
            continue
        by = tuple(p for p in PARTS if p in watch.where or p == part)
        cells = room.calls.cells(
            watch.system, watch.metric, minutes.start, minutes.end, minutes.end - minutes.start, by
        )
        found = [(c.parts[by.index(part)], c) for c in cells if _fits(watch, by, c.parts)]
        if len(found) < 2:
            continue
        amounts = sorted(((_amount(watch, c), c.n, name) for name, c in found), reverse=True)[:_LARGEST]
        shares = (
            f"{name or '(none)'} {value_text(a / n, share=minutes.share)} of {n:,}" for a, n, name in amounts if n
        )
        yield f"by {part}: {'; '.join(shares)}"


def _fits(watch: Rate, by: tuple[str, ...], parts: tuple[str, ...]) -> bool:
    return all(watch.where.get(part, value) == value for part, value in zip(by, parts, strict=True))


def _amount(watch: Rate, cell: Cell) -> float:
    return cell.total if watch.limit is None else tally_of(cell.n, cell.bad, cell.histogram, watch.limit).bad


def _worst(room: Room, watch: Rate, minutes: Steps) -> Iterator[str]:
    """The newest calls that are bad, to look at."""
    if watch.flag or watch.limit is not None or watch.metric.startswith(EVENT) or not minutes.share:
        return
    for call in room.calls.rows(watch.system, minutes.start, minutes.end, watch.where, watch.metric, _WORST):
        yield call_line(call)
