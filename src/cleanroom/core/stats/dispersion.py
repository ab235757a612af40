"""How much wilder than independent rows do these counts vary? The factor by which rows count for less.

Rows of clickstreams come in bunches (people, sessions), so counts vary more than Poisson and shares more than binomial.
The factor is read off the days: the median of squared residuals, so that a change on fewer than half of the days does
not hide itself by looking like noise.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

FEWEST_DAYS = 5
RARE = 10.0
ASSUMED = 2.0
"""Taken where fewer than FEWEST_DAYS can be compared; clickstreams in our simulations lie between 1.2 and 4."""


def _median_chi2(degrees: float) -> float:
    """The median of a chi-square, by Wilson & Hilferty 1931 (within 1% from two degrees on; exact to 4 digits at one)."""
    return 0.4549 if degrees <= 1 else float(degrees * (1 - 2 / (9 * degrees)) ** 3)


def of_ratio(x: ArrayLike, y: ArrayLike) -> float:
    """The dispersion of the ratio of two counts by day, at least 1. Shapes (days,).

    Given a day's sum n, x is binomial with the share of a constant ratio; Pearson residuals around the median share
    (McCullagh & Nelder 1989, section 4.5), with the median of their squares over that of a chi-square.
    """
    a, b = np.asarray(x, float), np.asarray(y, float)
    n = a + b
    a, n = a[n > 0], n[n > 0]
    if len(n) < FEWEST_DAYS:
        return ASSUMED
    share = float(np.clip(np.median(a / n), 1e-9, 1 - 1e-9))
    squared = (a - n * share) ** 2 / (n * share * (1 - share))
    return max(1.0, float(np.median(squared)) / _median_chi2(1) * len(n) / (len(n) - 1))


def _without_rare(a: Floats, b: Floats) -> tuple[Floats, Floats]:
    """The categories of fewer than RARE rows a day as one: their residuals are too skewed for a median."""
    rare = (a + b).mean(0) < RARE if len(a) else np.zeros(a.shape[1], bool)
    if rare.sum() < 2:
        return a, b
    one, other = (np.concatenate([v[:, ~rare], v[:, rare].sum(1, keepdims=True)], axis=1) for v in (a, b))
    return one, other


def of_shares(x: ArrayLike, y: ArrayLike | None = None) -> float:
    """The dispersion of categories' shares by day, at least 1 (a design effect: Rao & Scott 1981, JASA 76:221).

    x, y: counts of shape (days, categories) of two samples on the same days; what both samples share, such as
    weekdays, and what differs every day cancels (so does what sets the people of one sample apart for good). Without y,
    each day of x is compared with all of its days.
    """
    a = np.asarray(x, float)
    b = np.zeros_like(a) if y is None else np.asarray(y, float)
    na, nb = a.sum(1), b.sum(1)
    used = (na > 0) & ((nb > 0) | (y is None))
    kept = (a + b).sum(0) > 0
    a, b, na, nb = a[used][:, kept], b[used][:, kept], na[used], nb[used]
    if a.shape[1] < 2:
        return 1.0
    a, b = _without_rare(a, b)
    if len(na) < FEWEST_DAYS or a.shape[1] < 2:
        return ASSUMED
    if y is None:
        apart, weight = a / na[:, None], 1 / na
    else:
        apart, weight = a / na[:, None] - b / nb[:, None], 1 / na + 1 / nb
    centre = np.median(apart, axis=0)
    share = (a + b).sum(0) / (na.sum() + nb.sum())
    degrees = a.shape[1] - 1
    squared = ((apart - centre) ** 2 / share / weight[:, None]).sum(1)
    return max(1.0, float(np.median(squared)) / _median_chi2(degrees) * len(na) / (len(na) - 1))
