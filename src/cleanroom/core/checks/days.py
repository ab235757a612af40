"""Which days can be compared, and in which windows? Days are text, YYYY-MM-DD, so that text order is time order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from cleanroom.core.states import Counts

WEEK = 7


def overlap(a: Iterable[str | None], b: Iterable[str | None]) -> tuple[str, ...]:
    """The days from the later first day to the earlier last one that either side has; ascending.

    A day inside that only one side has is a gap of the other side, and is compared as zero.
    """
    mine, other = ({d for d in days if d is not None} for days in (a, b))
    if not mine or not other:
        return ()
    first, last = max(min(mine), min(other)), min(max(mine), max(other))
    return tuple(sorted(d for d in mine | other if first <= d <= last))


def windows(days: int) -> list[slice]:
    """All days, the last 2, 4, 8 ..., each seven days counted from the end, and each day.

    What changed lately shows in the last days, however few rows each of them has.
    """
    whole = [slice(0, days)]
    last, size = [], 2
    while size < days:
        last.append(slice(days - size, days))
        size *= 2
    weeks = [slice(max(0, end - WEEK), end) for end in range(days, 0, -WEEK)] if days > WEEK else []
    single = [slice(i, i + 1) for i in range(days)] if days > 1 else []
    return whole + last + weeks + single


def label(days: Sequence[str], window: slice) -> str:
    """The window in words."""
    inside = days[window]
    if len(inside) == 1:
        return inside[0]
    return f"all {len(days)} days" if len(inside) == len(days) else f"{inside[0]} to {inside[-1]}"


def series(counts: Counts, value: str | None, days: Sequence[str]) -> NDArray[np.float64]:
    """Rows of one value on each of the days, from counts by (value, day). Shape (days,)."""
    by = counts.by
    return np.array([by.get((value, day), 0) for day in days], float)


def totals(counts: Counts, days: Sequence[str]) -> NDArray[np.float64]:
    """All rows on each of the days, from counts by (value, day). Shape (days,)."""
    by = counts.along(1)
    return np.array([by.get(day, 0) for day in days], float)


def matrix(counts: Counts, values: Sequence[str | None], days: Sequence[str]) -> NDArray[np.float64]:
    """Counts by (value, day) as an array of shape (days, values)."""
    column, row = {v: i for i, v in enumerate(values)}, {d: i for i, d in enumerate(days)}
    out = np.zeros((len(days), len(values)))
    for (value, day), n in counts.by.items():
        at = row.get(day) if day is not None else None
        if at is not None and value in column:
            out[at, column[value]] += n
    return out
