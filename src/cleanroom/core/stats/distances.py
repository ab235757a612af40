"""How far apart are two distributions, and between which bounds? Distances of counts over the same cells.

Throughout, `b` and `c` are counts (baseline, candidate) over the same cells, in ascending order of the cells' values
where order matters. `dispersion` divides the sample sizes (stats/dispersion.py). A bound `lower` (`upper`) is below
(above) the true distance with probability >= 1 - alpha.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import special

Floats = NDArray[np.float64]
Counts = NDArray[np.int64] | NDArray[np.float64]

RESAMPLES = 200
ENOUGH = 10.0
"""Rows to be expected in a cell before a divergence's bounds are trusted."""


class Bounded(NamedTuple):
    """A distance with its bounds."""

    distance: float
    lower: float
    upper: float


Bounds = Callable[[Counts, Counts, tuple[float, float], float], Bounded]
"""A divergence with bounds: counts of b and of c, errors (lower's, upper's), dispersion."""


def aligned(b: tuple[Counts, Counts], c: tuple[Counts, Counts]) -> tuple[NDArray[np.int64], Floats, Floats]:
    """Two sparse histograms (cells, counts) over their common cells: (cells, counts of b, counts of c)."""
    cells = np.union1d(b[0], c[0]).astype(np.int64)
    out = []
    for place, n in (b, c):
        dense = np.zeros(len(cells))
        dense[np.searchsorted(cells, place)] = n
        out.append(dense)
    return cells, out[0], out[1]


def _steps(b: Counts, c: Counts) -> Floats:
    """The difference of the two distribution functions at the upper end of each cell."""
    return np.asarray(np.cumsum(b) / np.sum(b) - np.cumsum(c) / np.sum(c), float)


def ks(b: Counts, c: Counts) -> float:
    """Kolmogorov-Smirnov: the greatest difference of the distribution functions. In [0, 1]; exact up to the cells' width."""
    return float(np.abs(_steps(b, c)).max())


def dkw(n: float, m: float, alpha: float) -> float:
    """How far a KS distance of samples of n and m rows may be from the truth, either way, with probability >= 1 - alpha.

    sqrt(ln(2/alpha) / 2 * (1/n + 1/m)): Massart's constant (1990, Annals of Probability 18:1269) in the two-sample form of
    Wei & Dudley (2012, Statistics & Probability Letters 82:636), who show it for equal distributions. For different ones
    it holds in the limit: the errors' Gaussian limit under equality is that under difference plus independent noise,
    which can only widen it (Anderson 1955, Proceedings of the AMS 6:170).
    """
    return min(1.0, math.sqrt(math.log(2 / alpha) / 2 * (1 / n + 1 / m))) if n > 0 and m > 0 else 1.0


def cramer_von_mises(b: Counts, c: Counts) -> float:
    """The mean squared difference of the distribution functions over the pooled sample; in [0, 1/3].

    Anderson 1962, Annals of Mathematical Statistics 33:1148, without its factor nm/(n+m) so that it is a distance;
    rows of one cell are ties and take the middle of the step (mid-distribution function, Parzen 2004).
    """
    n, m = np.sum(b), np.sum(c)
    ends = _steps(b, c)
    middle = ends - (b / n - c / m) / 2
    return float(np.sum(middle**2 * (np.asarray(b) + c)) / (n + m))


def wasserstein(values: Floats, b: Counts, c: Counts) -> float:
    """Wasserstein-1: the mean distance that mass must move, in the unit of `values` (Vallender 1974)."""
    return float(np.sum(np.abs(_steps(b, c))[:-1] * np.diff(values)))


def psi(b: Counts, c: Counts) -> float:
    """Population stability index over cells: sum (q - p) ln(q / p), symmetric and >= 0; half a row is added to each cell.

    It is Jeffreys' divergence (1946); for equal distributions its mean is about (k - 1)(1/n + 1/m) (Yurdakul 2018).
    """
    p, q = _smoothed(b), _smoothed(c)
    return float(((q - p) * np.log(q / p)).sum(-1))


def _smoothed(n: Counts) -> Floats:
    n = np.asarray(n, float) + 0.5
    return np.asarray(n / n.sum(-1, keepdims=True))


def jensen_shannon(b: Counts, c: Counts) -> float:
    """Jensen-Shannon distance with base 2: the square root of the divergence; a metric in [0, 1].

    Lin 1991, IEEE Trans. Information Theory 37:145; Endres & Schindelin 2003, ibid. 49:1858.
    """
    return float(np.sqrt(_divergence(np.asarray(b, float), np.asarray(c, float))))


def _divergence(b: Floats, c: Floats) -> Floats:
    p, q = b / b.sum(-1, keepdims=True), c / c.sum(-1, keepdims=True)
    middle = (p + q) / 2
    halves = special.rel_entr(p, middle).sum(-1) + special.rel_entr(q, middle).sum(-1)
    return np.clip(np.asarray(halves) / (2 * math.log(2)), 0.0, 1.0)


def chi_square(b: Counts, c: Counts) -> tuple[float, int, float]:
    """(statistic, degrees of freedom, Cramer's V) of homogeneity of two samples over k cells; V in [0, 1].

    Pearson 1900; V = sqrt(chi2 / (n + m)) for two samples (Cramer 1946, section 21.9).
    """
    table = np.vstack([np.asarray(b, float), np.asarray(c, float)])
    table = table[:, table.sum(0) > 0]
    expected = table.sum(1, keepdims=True) * table.sum(0) / table.sum()
    statistic = float(((table - expected) ** 2 / expected).sum())
    return statistic, table.shape[1] - 1, math.sqrt(statistic / float(table.sum()))


def deciles(b: Counts, cells: int = 10) -> NDArray[np.int64]:
    """For each cell of `b`, which tenth of the baseline it falls into, 0 to cells - 1; some tenths stay empty on ties."""
    below = (np.cumsum(b) - np.asarray(b) / 2) / np.sum(b)
    _, place = np.unique(np.minimum((below * cells).astype(np.int64), cells - 1), return_inverse=True)
    return np.asarray(place, np.int64)


def seed_of(*arrays: Counts) -> int:
    """A seed that is the data's own: the same counts give the same bounds."""
    whole = hashlib.sha256(b"".join(np.ascontiguousarray(a, float).tobytes() for a in arrays))
    return int.from_bytes(whole.digest()[:8], "big")


def psi_bounds(b: Counts, c: Counts, alpha: tuple[float, float], dispersion: float = 1.0) -> Bounded:
    """The PSI with its noise taken off, and bounds at errors alpha = (lower's, upper's). See `_bootstrap`."""
    return _bootstrap(lambda p, q: ((_smoothed(q) - _smoothed(p)) * _log_ratio(p, q)).sum(-1), b, c, alpha, dispersion)


def kl(b: Counts, c: Counts) -> float:
    """Kullback-Leibler divergence of the candidate from the baseline, in nats; half a row is added to each cell.

    sum q ln(q / p), q the candidate's shares and p the baseline's (Kullback & Leibler 1951, Annals of Mathematical
    Statistics 22:79): what it costs to take the candidate for the baseline.
    """
    return float(_relative(np.asarray(b, float), np.asarray(c, float)))


def _relative(b: Floats, c: Floats) -> Floats:
    return np.asarray((_smoothed(c) * _log_ratio(b, c)).sum(-1))


def kl_bounds(b: Counts, c: Counts, alpha: tuple[float, float], dispersion: float = 1.0) -> Bounded:
    """The Kullback-Leibler divergence with its noise taken off, and bounds. See `_bootstrap`."""
    return _bootstrap(_relative, b, c, alpha, dispersion)


def _log_ratio(p: Floats, q: Floats) -> Floats:
    return np.asarray(np.log(_smoothed(q) / _smoothed(p)))


def jensen_shannon_bounds(b: Counts, c: Counts, alpha: tuple[float, float], dispersion: float = 1.0) -> Bounded:
    """The Jensen-Shannon distance with its noise taken off, and bounds. See `_bootstrap`."""
    squared = _bootstrap(_divergence, b, c, alpha, dispersion)
    return Bounded(*(min(1.0, math.sqrt(v)) for v in squared))


def _bootstrap(
    divergence: Callable[[Floats, Floats], Floats],
    b: Counts,
    c: Counts,
    alpha: tuple[float, float],
    dispersion: float,
) -> Bounded:
    """Bounds of a divergence of two multinomial samples by a parametric bootstrap, seeded by the counts.

    A divergence is close to s times a non-central chi-square of k degrees whose non-centrality is the truth / s (for
    the PSI: Yurdakul 2018; Potgieter et al. 2023). Both samples are drawn again RESAMPLES times at their effective
    sizes; the bias (s k) and variance (2 s^2 k + 4 s * seen) of these divergences give s and k, and the bounds are the
    truths under which what was seen lies in a tail of size alpha. That needs ENOUGH rows a cell (Cochran 1954), so
    rarer cells are taken together, which can only make a divergence smaller; with fewer than two cells nothing is known.
    """
    n, m = max(2.0, np.sum(b) / dispersion), max(2.0, np.sum(c) / dispersion)
    cell = _merged((b + c) / np.sum(b + c) * min(n, m))
    p, q = (np.bincount(cell, v / np.sum(v)) for v in (b, c))
    if len(p) < 2:
        return Bounded(float(divergence(n * b / np.sum(b), m * c / np.sum(c))), 0.0, math.inf)
    chance = np.random.default_rng(seed_of(b, c))
    drawn = divergence(
        chance.multinomial(round(n), p, RESAMPLES).astype(np.float64),
        chance.multinomial(round(m), q, RESAMPLES).astype(np.float64),
    )
    seen = float(divergence(p * n, q * m))
    bias = max(float(drawn.mean()) - seen, 1e-12)
    scale = max(float(drawn.var(ddof=1)), 1e-24) / (2 * bias + 4 * seen)
    degrees = bias / scale
    low = _non_centrality(seen / scale, degrees, 1 - alpha[0]) * scale
    high = _non_centrality(seen / scale, degrees, alpha[1]) * scale
    # Samples that are alike beyond chance (they share rows) still prove no more than what was seen.
    return Bounded(max(0.0, seen - bias), low, max(high, seen))


def _merged(expected: Floats) -> NDArray[np.int64]:
    """A number for each cell, shared by as many of the rarest as it takes to expect ENOUGH rows together."""
    out = np.zeros(len(expected), np.int64)
    number, held = 0, 0.0
    for i in np.argsort(expected, kind="stable"):
        if held >= ENOUGH:
            number, held = number + 1, 0.0
        out[i] = number
        held += expected[i]
    if held < ENOUGH and number:
        out[out == number] = number - 1
    return out


def _non_centrality(x: float, degrees: float, p: float) -> float:
    """The non-centrality under which a chi-square is below x with probability p; 0 when even that is too much.

    Far out, where scipy's series would be long, the square root's normal approximation (Patnaik 1949, Biometrika 36:202).
    """
    if special.chndtr(x, degrees, 0.0) <= p:
        return 0.0
    if x > 5_000:
        root = math.sqrt(max(0.0, x - degrees)) - float(special.ndtri(p)) * math.sqrt(1 + degrees / (2 * x))
        return max(0.0, root) ** 2
    return float(special.chndtrinc(x, degrees, p))
