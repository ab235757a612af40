"""How are many numbers kept in little room, so that any quantile of them can be told? Counts by buckets that grow evenly.

A bucket goes from a bound to BASE times that bound, the upper one included: those of an OpenTelemetry exponential histogram of
scale 3 (BASE is 2 to the power of 1/8). Zero has a bucket of its own, and what is below it the mirror image of what is above.
Histograms add up by adding their counts, in any order. The estimate of a quantile is the middle of its bucket, as in DDSketch
(Masson, Rim, Lee: DDSketch, PVLDB 12, 2019, section 2): it is off by at most ERROR of the true value.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

SCALE = 3
"""Buckets double their bound every 2**SCALE of them."""

BASE = 2.0 ** (2.0**-SCALE)

ERROR = (BASE - 1) / (BASE + 1)
"""How far a quantile may be off, as a share of its true value: 4.3%. Below 2.3e-308 doubles lose digits, and it may be more."""

ZERO = 0
"""The bucket of zero."""

_FIRST = (
    -1074 * 2**SCALE - 1
)  # the smallest positive double lies in the bucket with this exponent, which is given number 1
_MIDDLE = 2 * BASE / (BASE + 1)


def buckets(values: NDArray[np.float64]) -> NDArray[np.int64]:
    """The bucket of each value; they have the order of the values, and fit into 16 bits. The values are finite."""
    sizes = np.abs(values)
    with np.errstate(divide="ignore"):
        exponents = np.ceil(np.log2(sizes) * 2**SCALE) - 1
    places = np.where(sizes > 0, exponents - _FIRST + 1, 0).astype(np.int64)
    return np.where(values < 0, -places, places)


def value_of(bucket: int) -> float:
    """What stands for every number of the bucket."""
    if bucket == ZERO:
        return 0.0
    return math.copysign(2.0 ** ((abs(bucket) - 1 + _FIRST) / 2**SCALE) * _MIDDLE, bucket)


def histogram_of(values: Iterable[float]) -> dict[int, int]:
    """How many of these finite numbers lie in each bucket."""
    found, counts = np.unique(buckets(np.fromiter(values, np.float64)), return_counts=True)
    return dict(zip(found.tolist(), counts.tolist(), strict=True))


def merged(histograms: Iterable[Mapping[int, int]]) -> dict[int, int]:
    """The histogram of all their numbers together."""
    total: dict[int, int] = {}
    for histogram in histograms:
        for bucket, count in histogram.items():
            total[bucket] = total.get(bucket, 0) + count
    return total


def quantile(histogram: Mapping[int, int], q: float) -> float:
    """The number of rank floor(q (n - 1)), counted from 0, of the n numbers by size, within ERROR of it; NaN of none.

    q: 0 for the least, 0.5 for the median, 1 for the greatest. Raises ValueError for another q.
    """
    if not 0 <= q <= 1:
        raise ValueError(f"a quantile lies between 0 and 1, not at {q}")
    rank = math.floor(q * (sum(histogram.values()) - 1))
    for bucket in sorted(histogram):
        if rank < histogram[bucket]:
            return value_of(bucket)
        rank -= histogram[bucket]
    return math.nan
