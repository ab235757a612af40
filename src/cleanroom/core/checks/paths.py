"""Who reached which step of a funnel, and in which order? From a Trail, with arrays only: 10 million rows in a second."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cleanroom.core.base import DAY
from cleanroom.core.states import Trail

Ints = NDArray[np.int64]

_NEVER = np.iinfo(np.int64).max
_LONG_AGO = np.iinfo(np.int64).min
_CHUNK = 1 << 17
"""Rows worked on at a time: their arrays stay in the processor's cache, which is four times as fast."""
_LONGEST = 1_000_000


class Paths(NamedTuple):
    """People by step. All arrays have shape (steps,).

    people: who did the step at all; reached: who did it after all the steps before it, in order; skipped: who did it
    first without having done the step before (earlier, or at the same moment); 0 for the first step.
    """

    people: Ints
    reached: Ints
    skipped: Ints


class Days(NamedTuple):
    """People by day and step. `day`: days since 1970, ascending; the other arrays have shape (days, steps).

    people: who did the step that day; only: who did the step that day but not the one before; left: who did the step
    before but not this one. `only` and `left` of the first step are 0.
    """

    day: Ints
    people: Ints
    only: Ints
    left: Ints


def _firsts(*columns: NDArray[np.generic]) -> NDArray[np.bool_]:
    """The first row of each run of equal rows."""
    out = np.ones(len(columns[0]), bool)
    if len(out):
        out[1:] = np.logical_or.reduce([c[1:] != c[:-1] for c in columns])
    return out


def _whole_people(who: NDArray[np.uint64]) -> Iterator[slice]:
    """Slices of about _CHUNK rows that cut no person in two."""
    start = 0
    while start < len(who):
        end = start + _CHUNK
        end = len(who) if end >= len(who) else int(np.searchsorted(who, who[end - 1], side="right"))
        yield slice(start, end)
        start = end


def paths(trail: Trail, steps: int) -> Paths:
    """People, reached and skipped by step. O(rows x steps)."""
    total = np.zeros((3, steps), np.int64)
    for part in _whole_people(trail.who):
        total += _paths(trail.who[part], trail.step[part], trail.time[part], steps)
    return Paths(*total)


def _paths(who: NDArray[np.uint64], step: NDArray[np.uint8], time: Ints, steps: int) -> Ints:
    out = np.zeros((3, steps), np.int64)
    person = np.cumsum(_firsts(who), dtype=np.int32) - 1
    everybody = int(person[-1]) + 1
    before = arrived = np.full(everybody, _LONG_AGO)
    for i in range(steps):
        rows = np.flatnonzero(step == i)
        mine, when = person[rows], time[rows]
        first = _first_times(mine, when, everybody)
        done = first != _NEVER
        in_order = when >= arrived[mine]
        arrived = _first_times(mine[in_order], when[in_order], everybody)
        out[:, i] = done.sum(), (arrived != _NEVER).sum(), (done & (before > first)).sum() if i else 0
        before = first
    return out


def _first_times(who: NDArray[np.int32], when: Ints, everybody: int) -> Ints:
    """Each person's first time; `who` ascending, times ascending within a person."""
    out = np.full(everybody, _NEVER)
    first = _firsts(who)
    out[who[first]] = when[first]
    return out


def by_day(trail: Trail, steps: int) -> Days:
    """People, only and left by UTC day and step. O(rows x steps)."""
    day = np.empty(len(trail.time), np.int64)
    for start in range(0, len(day), _CHUNK):
        day[start : start + _CHUNK] = trail.time[start : start + _CHUNK] // DAY
    days, place = _ranked(day)
    total = np.zeros((3, len(days), steps), np.int64)
    for part in _whole_people(trail.who):
        total += _by_day(trail.who[part], trail.step[part], place[day[part]], len(days), steps)
    return Days(days, *total)


def _ranked(day: Ints) -> tuple[Ints, Ints]:
    """The different days ascending, and for each day from the first on its place among them; makes `day` count from 0."""
    if not len(day):
        return day, day
    first, last = int(day.min()), int(day.max())
    if last - first > _LONGEST:  # broken clocks: times so far apart would need too large a table
        days, ranks = np.unique(day, return_inverse=True)
        day[:] = ranks
        return days, np.arange(len(days))
    day -= first
    present = np.zeros(last - first + 1, bool)
    present[day] = True
    return np.flatnonzero(present) + first, np.cumsum(present) - 1


def _by_day(who: NDArray[np.uint64], step: NDArray[np.uint8], day: Ints, days: int, steps: int) -> Ints:
    """Shape (3, days, steps): people, only, left. A cell is a person's day, so cells are runs of equal (who, day)."""
    out = np.zeros((3, days, steps), np.int64)
    starts = _firsts(who, day)
    cell, place = np.cumsum(starts, dtype=np.int32) - 1, 4 * day[np.flatnonzero(starts)]
    before = np.zeros(len(place), np.uint8)
    for i in range(steps):
        here = np.zeros(len(place), np.uint8)
        here[cell[np.flatnonzero(step == i)]] = 1
        # One count tells all four cases: neither step, only this one, only the one before, both.
        cases = np.bincount(place + (here + 2 * before), minlength=4 * days).reshape(days, 4)
        out[0, :, i] = cases[:, 1] + cases[:, 3]
        if i:
            out[1, :, i], out[2, :, i] = cases[:, 1], cases[:, 2]
        before = here
    return out
