"""Which calls are drawn for a label? Each draw takes a stratum with a known probability, then any of its calls alike.

Calls are too many to be listed, so a minute (or a longer step of time) is drawn first, with a chance in proportion to an
upper bound of the calls of that stratum in it; then it is looked into, and kept with the probability `actual / bound`
(rejection sampling: von Neumann 1951). What is kept is uniform over all calls of the stratum, whatever the bounds are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

LEAST = 0.05
"""No stratum is drawn from with a smaller probability: a bad output of it would count too much."""

_TRIES = 400
"""Minutes that are looked into for one draw, at most."""


def chances_of(counts: Sequence[int], open_: Sequence[int]) -> tuple[float, ...]:
    """The probability of each stratum, from how many labels of each are wanted; none where nothing can be drawn."""
    wanted = np.asarray(counts, float)
    free = np.asarray(open_) > 0
    share = np.where(free, np.maximum(wanted / max(wanted.sum(), 1.0), LEAST), 0.0)
    total = float(share.sum())
    return tuple(float(s) / total if total > 0 else 0.0 for s in share)


def drawn(
    seed: int,
    count: int,
    chances: Sequence[float],
    bounds: Sequence[NDArray[np.float64]],
    look: Callable[[int, int], Sequence[int]],
    fits: Callable[[int, int], bool] = lambda _minute, _call: True,
) -> Iterator[tuple[int, int, int]]:
    """Up to `count` draws as (stratum, minute, which of its calls), in their order, no call twice.

    bounds: for each stratum, an upper bound of its calls in every minute. look(stratum, minute): which of the minute's calls
    are of the stratum; fits(minute, call): whether that one can be used, asked of those only that came up. Ends early where
    none are left. The same seed draws the same.
    """
    chance = np.random.default_rng(seed)
    taken: set[tuple[int, int]] = set()
    sums = [np.cumsum(np.asarray(b, float)) for b in bounds]
    for _ in range(count):
        stratum = int(np.searchsorted(np.cumsum(chances), chance.random(), side="right"))
        stratum = min(stratum, len(chances) - 1)
        found = _one(chance, stratum, sums[stratum], bounds[stratum], look, fits, taken)
        if found is not None:
            taken.add(found[1:])
            yield found


def _one(
    chance: np.random.Generator,
    stratum: int,
    sums: NDArray[np.float64],
    bounds: NDArray[np.float64],
    look: Callable[[int, int], Sequence[int]],
    fits: Callable[[int, int], bool],
    taken: set[tuple[int, int]],
) -> tuple[int, int, int] | None:
    total = float(sums[-1]) if sums.size else 0.0
    for _ in range(_TRIES if total > 0 else 0):
        minute = min(int(np.searchsorted(sums, chance.random() * total, side="right")), sums.size - 1)
        which = chance.random() * float(bounds[minute])
        there = look(stratum, minute)
        if which >= len(there):
            continue  # fewer than the bound: kept with the probability actual / bound
        found = there[int(which)]
        if (minute, found) not in taken and fits(minute, found):
            return stratum, minute, found
    return None
