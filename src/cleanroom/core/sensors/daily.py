"""What was counted of one UTC day of a table? Tallies, which add up over files, and how days are numbered and named."""

from __future__ import annotations

import bisect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import field
from datetime import date, timedelta
from typing import TypeVar

from cleanroom.core.base import DAY, Instant, instant, micros, noun

T = TypeVar("T")

KEPT = 1024
"""Signatures that are kept of a column's values, the smallest ones: their spacing tells how many there are."""

REST = "\x00rest"
"""Stands for all values that are not counted by name."""

_SPAN = 2.0**52
_EPOCH = date(1970, 1, 1)


@noun
class Asked:
    """What is to be counted by the UTC day of column `time`.

    values    rows by value of a column, those that are named ((): the commonest), and the rest together
    cells     rows of a numeric column by cell: its number is how many of the edges are <= the value
    distinct  columns whose different values are estimated
    keys      columns of JSON objects, whose keys are counted
    """

    time: str
    values: tuple[tuple[str, tuple[str, ...]], ...] = ()
    cells: tuple[tuple[str, tuple[float, ...]], ...] = ()
    distinct: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()


@noun
class Tally:
    """Rows of one day. `cells` has one count more than edges, and the nulls (NaN too) last.

    `values` have REST for what was not counted by name, and no entry for null. `distinct`: the KEPT smallest of 52-bit
    signatures, ascending.
    """

    rows: int = 0
    values: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    cells: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    distinct: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    keys: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

    def merge(self, other: Tally) -> Tally:
        """Both parts of the day together; the order does not matter."""
        return Tally(
            self.rows + other.rows,
            _each(self.values, other.values, _added),
            _each(self.cells, other.cells, _summed),
            _each(self.distinct, other.distinct, _smallest),
            _each(self.keys, other.keys, _added),
        )


def _each(one: Mapping[str, T], other: Mapping[str, T], add: Callable[[T, T], T]) -> dict[str, T]:
    out = dict(one)
    for column, found in other.items():
        out[column] = add(out[column], found) if column in out else found
    return out


def _added(one: Mapping[str, int], other: Mapping[str, int]) -> Mapping[str, int]:
    return {name: one.get(name, 0) + other.get(name, 0) for name in dict.fromkeys((*one, *other))}


def _summed(one: tuple[int, ...], other: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(a + b for a, b in zip(one, other, strict=True))


def _smallest(one: tuple[int, ...], other: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(sorted({*one, *other})[:KEPT])


def different(signatures: tuple[int, ...]) -> float:
    """How many different values a column has: exact below KEPT, else from the KEPT-th smallest signature, about 3% off.

    Bar-Yossef, Jayram, Kumar, Sivakumar & Trevisan 2002 (RANDOM), with the unbiased k - 1 of Beyer et al. 2007 (SIGMOD).
    """
    if len(signatures) < KEPT:
        return float(len(signatures))
    return (KEPT - 1) * _SPAN / max(signatures[-1], 1)


def merged(parts: Iterable[Mapping[str, Tally]]) -> dict[str, Tally]:
    """Days of several files, added up."""
    out: dict[str, Tally] = {}
    for part in parts:
        for day, tally in part.items():
            out[day] = out[day].merge(tally) if day in out else tally
    return out


def number(day: str) -> int:
    """Days since 1970-01-01."""
    return (date.fromisoformat(day) - _EPOCH).days


def named(number: int) -> str:
    """The day as YYYY-MM-DD."""
    return str(_EPOCH + timedelta(days=number))


def begin(number: int) -> Instant:
    """The moment at which the day begins, in UTC."""
    return instant(number * DAY)


def last_whole(now: Instant, delay: float) -> int:
    """The last day that was over `delay` seconds ago or earlier: whoever looks too soon takes half a day for a whole one."""
    return (micros(now) - round(delay * 1_000_000)) // DAY - 1


def cell(edges: tuple[float, ...], value: float) -> int:
    """How many of the edges are <= the value."""
    return bisect.bisect_right(edges, value)
