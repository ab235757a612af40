"""What did a column look like on one day, in a few hundred bytes? Counts in the 64 quantile cells of its baseline, and nulls.

A `Scale` is made once from the baseline: 63 edges at its quantiles (or its 63 commonest categories), and the baseline's
share of each cell. A `Sketch` is one day, one partition or one window counted on that scale; sketches of one scale add up
(a commutative monoid with `empty`), so days and partitions are counted once and merged. Everything that drift is judged
by is read off sketches: 64 cells lose about 1% of a Kolmogorov-Smirnov distance (.0196 for .0198).
"""

from __future__ import annotations

import functools
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import cast

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from cleanroom.core.base import digest_of, noun
from cleanroom.core.stats import distances
from cleanroom.core.stats.distances import Bounded

Floats = NDArray[np.float64]

CELLS = 64

TAIL = 1 / 16
"""The share of the baseline that makes a tail."""


@noun
class Quantiles:
    """The scale of an ordered column. Cell i holds edges[i-1] <= value < edges[i]; the ends are open.

    `edges`: up to 63, finite and ascending; `shares`: the baseline's share of each of the len(edges) + 1 cells. Raises
    ValueError when they are not.
    """

    edges: tuple[float, ...]
    shares: tuple[float, ...]

    def __post_init__(self) -> None:
        if len(self.edges) >= CELLS or len(self.shares) != len(self.edges) + 1:
            raise ValueError(f"a scale has up to {CELLS - 1} edges, and one share more than edges")
        if not all(map(math.isfinite, self.edges)) or any(
            a >= b for a, b in zip(self.edges, self.edges[1:], strict=False)
        ):
            raise ValueError("edges are finite and ascend")
        _check_shares(self.shares)


@noun
class Categories:
    """The scale of a column of names: up to 63 of them, the commonest first, and a last cell for all others.

    Raises ValueError when a name comes twice or the shares are none.
    """

    names: tuple[str, ...]
    shares: tuple[float, ...]

    def __post_init__(self) -> None:
        if (
            len(self.names) >= CELLS
            or len(self.shares) != len(self.names) + 1
            or len(set(self.names)) < len(self.names)
        ):
            raise ValueError(f"a scale has up to {CELLS - 1} different names, and one share more than names")
        _check_shares(self.shares)


Scale = Quantiles | Categories


def _check_shares(shares: Sequence[float]) -> None:
    if min(shares) < 0 or not math.isclose(sum(shares), 1.0, abs_tol=1e-6):
        raise ValueError("shares of cells are not negative and sum to 1")


@noun
class Sketch:
    """What was counted on the scale called `scale` (see `name`): rows in each cell, and nulls. Raises ValueError below 0."""

    scale: str
    counts: tuple[int, ...]
    nulls: int = 0

    def __post_init__(self) -> None:
        if not 1 <= len(self.counts) <= CELLS or min(self.counts) < 0 or self.nulls < 0:
            raise ValueError(f"a sketch has 1 to {CELLS} counts, and nothing is counted less than 0 times")

    @property
    def filled(self) -> int:
        """Rows that are not null."""
        return sum(self.counts)

    @property
    def rows(self) -> int:
        """All rows."""
        return sum(self.counts) + self.nulls

    def __add__(self, other: Sketch) -> Sketch:
        if self.scale != other.scale or len(self.counts) != len(other.counts):
            raise ValueError("sketches of different scales do not add up")
        added = tuple(a + b for a, b in zip(self.counts, other.counts, strict=True))
        return Sketch(self.scale, added, self.nulls + other.nulls)


@functools.lru_cache(maxsize=4096)
def name(scale: Scale) -> str:
    """The name of a scale, 16 hex digits of its digest: sketches that bear different ones were counted differently."""
    return digest_of(scale).removeprefix("sha256:")[:16]


def empty(scale: Scale) -> Sketch:
    """The sketch of no rows at all."""
    return Sketch(name(scale), (0,) * len(scale.shares))


def merged(sketches: Iterable[Sketch]) -> Sketch:
    """The sum of one or more sketches of the same scale. Raises ValueError for none, or for different scales."""
    rest = iter(sketches)
    first = next(rest, None)
    if first is None:
        raise ValueError("nothing to merge")
    return sum(rest, start=first)


def edges_of(quantiles: ArrayLike) -> tuple[float, ...]:
    """Edges from the baseline's quantiles at i/64 (i = 1 .. 63), in ascending order, from whoever computed them.

    A value that takes two or more of them is common: it gets a cell of its own, up to the next number above it.
    """
    values, times = np.unique(np.asarray(quantiles, float), return_counts=True)
    finite = np.isfinite(values)
    values, times = values[finite], times[finite]
    after = np.nextafter(values[(times > 1) & (values < np.finfo(float).max)], np.inf)
    return tuple(np.unique(np.concatenate([values, after])).tolist())


def quantiles(values: ArrayLike) -> Quantiles:
    """The scale of a baseline's values; NaN counts as null. Raises ValueError when there are no values."""
    filled = _filled(values)
    if not filled.size:
        raise ValueError("a baseline without values has no quantiles")
    edges = edges_of(np.quantile(filled, np.arange(1, CELLS) / CELLS, method="inverted_cdf"))
    return Quantiles(edges, _shares(_cells(edges, filled)))


def from_counts(edges: Sequence[float], counts: Sequence[int]) -> Quantiles:
    """The scale of a baseline that an engine counted by `edges` (see `edges_of`)."""
    return Quantiles(tuple(edges), _shares(np.asarray(counts, float)))


def categories(counts: Mapping[str, int]) -> Categories:
    """The scale of a baseline's categories: the commonest, and the rest together. Raises ValueError when there are none."""
    ranked = sorted(((n, c) for c, n in counts.items() if n > 0), key=lambda pair: (-pair[0], pair[1]))
    top, rest = ranked[: CELLS - 1], ranked[CELLS - 1 :]
    sizes = [n for n, _ in top] + [sum(n for n, _ in rest)]
    return Categories(tuple(c for _, c in top), _shares(np.asarray(sizes, float)))


def of_values(scale: Quantiles, values: ArrayLike, nulls: int = 0) -> Sketch:
    """The sketch of numbers, shape (n,); NaN is null, and `nulls` more are added. Infinities fall into the end cells."""
    filled = _filled(values)
    missing = int(np.size(values)) - filled.size
    return Sketch(name(scale), tuple(map(int, _cells(scale.edges, filled))), nulls + missing)


def of_categories(scale: Categories, counts: Mapping[str, int], nulls: int = 0) -> Sketch:
    """The sketch of categories that were counted; those that the scale does not name go into its last cell."""
    known = Counter({c: n for c, n in counts.items() if c in set(scale.names)})
    other = sum(counts.values()) - known.total()
    return Sketch(name(scale), (*(known[c] for c in scale.names), other), nulls)


def of_cells(scale: Scale, cells: Mapping[int, int], nulls: int = 0) -> Sketch:
    """The sketch of what an engine counted: rows by cell, where a cell's number is how many edges are <= the value.

    Cells without rows may be missing. Raises ValueError for a cell that the scale does not have.
    """
    if any(not 0 <= cell < len(scale.shares) for cell in cells):
        raise ValueError(f"cells are numbered 0 to {len(scale.shares) - 1}")
    return Sketch(name(scale), tuple(int(cells.get(i, 0)) for i in range(len(scale.shares))), nulls)


def _filled(values: ArrayLike) -> Floats:
    found = np.asarray(values, float).ravel()
    return np.asarray(found[~np.isnan(found)])


def _cells(edges: Sequence[float], filled: Floats) -> NDArray[np.int64]:
    place = np.searchsorted(np.asarray(edges, float), filled, side="right")
    return np.asarray(np.bincount(place, minlength=len(edges) + 1), np.int64)


def _shares(counts: ArrayLike) -> tuple[float, ...]:
    n = np.asarray(counts, float)
    if n.sum() <= 0:
        raise ValueError("a baseline without rows has no shares")
    return tuple((n / n.sum()).tolist())


def ks(b: Sketch, c: Sketch, alpha: float = 0.05, dispersion: float = 1.0) -> Bounded:
    """Kolmogorov-Smirnov of the filled rows, and what lies within the DKW band around it; (1, 0, 1) where a side is empty.

    With probability 1 - alpha the distance of the two distributions on these cells lies inside; the distance without cells
    may be larger (by less than a cell's share), never smaller than the lower bound.
    """
    n, m, x, y = _pair(b, c)
    if not (n and m):
        return Bounded(1.0, 0.0, 1.0)
    seen, band = distances.ks(x, y), distances.dkw(n / dispersion, m / dispersion, alpha)
    return Bounded(seen, max(0.0, seen - band), min(1.0, seen + band))


def psi(b: Sketch, c: Sketch, alpha: float = 0.05, dispersion: float = 1.0) -> Bounded:
    """Population stability index over the cells, bounds by a seeded bootstrap (distances.psi_bounds), alpha/2 a side."""
    return _bounded(distances.psi_bounds, b, c, alpha, dispersion)


def kl(b: Sketch, c: Sketch, alpha: float = 0.05, dispersion: float = 1.0) -> Bounded:
    """Kullback-Leibler divergence of c from b over the cells, in nats, with bounds (distances.kl_bounds)."""
    return _bounded(distances.kl_bounds, b, c, alpha, dispersion)


def jensen_shannon(b: Sketch, c: Sketch, alpha: float = 0.05, dispersion: float = 1.0) -> Bounded:
    """Jensen-Shannon distance over the cells, in [0, 1], with bounds (distances.jensen_shannon_bounds)."""
    return _bounded(distances.jensen_shannon_bounds, b, c, alpha, dispersion, 1.0)


def _bounded(
    bounds: distances.Bounds, b: Sketch, c: Sketch, alpha: float, dispersion: float, most: float = math.inf
) -> Bounded:
    n, m, x, y = _pair(b, c)
    return bounds(x, y, (alpha / 2, alpha / 2), dispersion) if n and m else Bounded(most, 0.0, most)


def _pair(b: Sketch, c: Sketch) -> tuple[int, int, Floats, Floats]:
    if b.scale != c.scale:
        raise ValueError("sketches of different scales cannot be compared")
    x, y = np.array(b.counts, float), np.array(c.counts, float)
    used = (x + y) > 0
    return b.filled, c.filled, x[used], y[used]


@functools.lru_cache(maxsize=4096)
def features(scale: Scale) -> Floats:
    """What is averaged over a day's rows, shape (cells, 4): score, its square, is it in the lower tail, in the upper tail.

    A cell's score is the mean of a standard normal between the cell's ends on the baseline's distribution function (van der
    Waerden's normal scores, 1952), so that +0.2 is a shift by 0.2 sigma whatever the column's unit and shape; cells that
    the baseline left empty count as a thousandth. Tails are the cells that hold the outermost sixteenth of the baseline,
    at least one. Categories are ordered from common to rare, so that the upper tail is the rare and the new.
    """
    smooth = np.asarray(scale.shares) + 0.001
    ends = np.concatenate([[0.0], np.cumsum(smooth) / smooth.sum()])
    ends[-1] = 1.0
    height = np.exp(-(special.ndtri(ends) ** 2) / 2) / math.sqrt(2 * math.pi)
    score = (height[:-1] - height[1:]) / np.diff(ends)
    lower, upper = ends[1:] <= TAIL + 0.005, ends[:-1] >= 1 - TAIL - 0.005
    lower[0] = upper[-1] = True
    made = np.column_stack([score, score**2, lower, upper])
    made.flags.writeable = False  # it is shared by all who ask
    return cast(Floats, made)
