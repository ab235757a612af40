"""The states that answer measures: commutative monoids of counts, bins, signatures and times.

`merge` is associative and commutative, and merging with the state of no rows changes nothing, so that any split of
the rows into parts gives the same result, passes over the data fuse, and days can be added up.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

from cleanroom.core.base import noun

Group = tuple[str | None, ...]


class State(Protocol):
    """A commutative monoid: merge(zero, x) == x, and the order of merging does not matter."""

    def merge(self, other: Self) -> Self:
        """The state of both parts of the rows together."""
        ...


class Counts:
    """Row counts by group: {(key, ...): n}. The empty group () is the total of a measure without keys."""

    __slots__ = ("by",)

    def __init__(self, by: Mapping[Group, int] | None = None) -> None:
        self.by: dict[Group, int] = {k: n for k, n in (by or {}).items() if n}

    def merge(self, other: Counts) -> Counts:
        """Add group by group."""
        total = dict(self.by)
        for key, n in other.by.items():
            total[key] = total.get(key, 0) + n
        return Counts(total)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Counts) and self.by == other.by

    def __hash__(self) -> int:
        return hash(frozenset(self.by.items()))

    def __repr__(self) -> str:
        return f"Counts({self.by!r})"

    @property
    def total(self) -> int:
        """All rows counted."""
        return sum(self.by.values())

    def along(self, position: int) -> dict[str | None, int]:
        """Sums along one key: {key: n}."""
        out: dict[str | None, int] = {}
        for key, n in self.by.items():
            out[key[position]] = out.get(key[position], 0) + n
        return out


class Histogram:
    """Numbers in logarithmic bins (see `bin_of`), by group: {group: (bins int64 ascending, counts int64)}."""

    __slots__ = ("by",)

    def __init__(self, by: Mapping[Group, tuple[NDArray[np.int64], NDArray[np.int64]]] | None = None) -> None:
        self.by = dict(by or {})

    def merge(self, other: Histogram) -> Histogram:
        """Add bin by bin."""
        total = dict(self.by)
        for key, (bins, n) in other.by.items():
            total[key] = _added(*total[key], bins, n) if key in total else (bins, n)
        return Histogram(total)

    def pooled(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """All groups together."""
        bins, n = np.empty(0, np.int64), np.empty(0, np.int64)
        for other, m in self.by.values():
            bins, n = _added(bins, n, other, m)
        return bins, n

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Histogram)
            and self.by.keys() == other.by.keys()
            and all(
                np.array_equal(a, other.by[k][0]) and np.array_equal(n, other.by[k][1]) for k, (a, n) in self.by.items()
            )
        )

    __hash__ = None  # type: ignore[assignment]


def _added(
    a: NDArray[np.int64], n: NDArray[np.int64], b: NDArray[np.int64], m: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    bins, place = np.unique(np.concatenate([a, b]), return_inverse=True)
    counts = np.zeros(len(bins), np.int64)
    np.add.at(counts, place, np.concatenate([n, m]))
    return bins, counts


class Bag:
    """A multiset of 64-bit signatures: a sorted uint64 array with repetitions."""

    __slots__ = ("items",)

    def __init__(self, items: NDArray[np.uint64] | None = None) -> None:
        self.items = np.sort(items) if items is not None else np.empty(0, np.uint64)

    def merge(self, other: Bag) -> Bag:
        """Both multisets together."""
        return Bag(np.concatenate([self.items, other.items]))

    @property
    def repeated(self) -> int:
        """Rows beyond the first of their signature."""
        return int((self.items[1:] == self.items[:-1]).sum()) if len(self.items) > 1 else 0

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Bag) and np.array_equal(self.items, other.items)

    __hash__ = None  # type: ignore[assignment]


class Spans:
    """For each signature of a key, the least and greatest signature of its owner: (key, low, high), keys ascending.

    A key has one owner exactly where low == high.
    """

    __slots__ = ("high", "key", "low")

    def __init__(self, key: NDArray[np.uint64], low: NDArray[np.uint64], high: NDArray[np.uint64]) -> None:
        order = np.argsort(key, kind="stable")
        self.key, first = np.unique(key[order], return_index=True)
        self.low = np.minimum.reduceat(low[order], first) if len(key) else low
        self.high = np.maximum.reduceat(high[order], first) if len(key) else high

    @classmethod
    def zero(cls) -> Spans:
        """No rows."""
        none = np.empty(0, np.uint64)
        return cls(none, none, none)

    def merge(self, other: Spans) -> Spans:
        """Widen key by key."""
        join = np.concatenate
        return Spans(join([self.key, other.key]), join([self.low, other.low]), join([self.high, other.high]))

    @property
    def torn(self) -> int:
        """Keys with more than one owner."""
        return int((self.low != self.high).sum())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Spans) and all(
            np.array_equal(a, b) for a, b in ((self.key, other.key), (self.low, other.low), (self.high, other.high))
        )

    __hash__ = None  # type: ignore[assignment]


class Trail:
    """Who did which step when: rows of (signature uint64, step uint8, time int64 microseconds), sorted."""

    __slots__ = ("step", "time", "who")

    def __init__(self, who: NDArray[np.uint64], step: NDArray[np.uint8], time: NDArray[np.int64]) -> None:
        order = np.lexsort((step, time, who))
        self.who, self.step, self.time = who[order], step[order], time[order]

    @classmethod
    def zero(cls) -> Trail:
        """No rows."""
        return cls(np.empty(0, np.uint64), np.empty(0, np.uint8), np.empty(0, np.int64))

    def merge(self, other: Trail) -> Trail:
        """All rows of both."""
        join = np.concatenate
        return Trail(join([self.who, other.who]), join([self.step, other.step]), join([self.time, other.time]))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Trail) and all(
            np.array_equal(a, b) for a, b in ((self.who, other.who), (self.step, other.step), (self.time, other.time))
        )

    __hash__ = None  # type: ignore[assignment]


@noun
class Extent:
    """The earliest and latest time seen, in microseconds since 1970; None where no row had one."""

    first: int | None = None
    last: int | None = None

    def merge(self, other: Extent) -> Extent:
        """The extent of both."""
        firsts = [t for t in (self.first, other.first) if t is not None]
        lasts = [t for t in (self.last, other.last) if t is not None]
        return Extent(min(firsts, default=None), max(lasts, default=None))


@noun
class Layout:
    """The columns and their types; parts that disagree show as two types of one name."""

    columns: frozenset[tuple[str, str]] = frozenset()

    def merge(self, other: Layout) -> Layout:
        """Union."""
        return Layout(self.columns | other.columns)

    def types(self, column: str) -> tuple[str, ...]:
        """The types seen of `column`; empty when there is no such column."""
        return tuple(sorted(t for name, t in self.columns if name == column))


@noun
class Records:
    """Rows found by their key, as text: {(key, ((column, value), ...)): n}, kept as a sorted tuple."""

    rows: tuple[tuple[str, tuple[tuple[str, str | None], ...]], ...] = ()

    def merge(self, other: Records) -> Records:
        """All rows of both."""
        return Records(tuple(sorted(self.rows + other.rows, key=repr)))


AnyState = Counts | Histogram | Bag | Spans | Trail | Extent | Layout | Records

BINS_PER_E = 1024
BIN_OFFSET = 1 << 20


def bin_of(x: NDArray[np.float64]) -> NDArray[np.int64]:
    """The logarithmic bin of each number: width 1/1,024 relative, monotone, 0 in bin 0; data-independent, so bins merge.

    sign(x) * (floor(ln|x| * 1024) + 2^20); finite numbers only. Engines use the same formula.
    """
    with np.errstate(divide="ignore"):
        scaled = np.floor(np.log(np.abs(x)) * BINS_PER_E) + BIN_OFFSET
    return np.where(x == 0, 0, np.sign(x) * np.where(x == 0, 0, scaled)).astype(np.int64)


def bin_value(bins: NDArray[np.int64]) -> NDArray[np.float64]:
    """The middle of each bin, in the column's unit."""
    with np.errstate(over="ignore"):
        magnitude = np.minimum(np.exp((np.abs(bins) - BIN_OFFSET + 0.5) / BINS_PER_E), np.finfo(np.float64).max)
    return np.where(bins == 0, 0.0, np.sign(bins) * magnitude)
