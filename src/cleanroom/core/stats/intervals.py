"""How sure can one be of a share, and of the ratio of two counts? Intervals that hold at their stated error rate."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

Floats = NDArray[np.float64]


def share_lower(hits: ArrayLike, trials: ArrayLike, alpha: float) -> Floats:
    """One-sided lower limit of a share: it is below the truth with probability >= 1 - alpha.

    Any shape; `hits` and `trials` may be fractions (effective counts). 0 where nothing was hit or tried.
    Clopper & Pearson 1934, Biometrika 26:404, in the beta form: the alpha quantile of Beta(k, n - k + 1).
    """
    k, n = np.broadcast_arrays(np.asarray(hits, float), np.asarray(trials, float))
    open_ = k > 0
    limit: Floats = special.betaincinv(np.where(open_, k, 1.0), np.where(open_, n - k + 1, 1.0), alpha)
    return np.where(open_, limit, 0.0)


def share_upper(hits: ArrayLike, trials: ArrayLike, alpha: float) -> Floats:
    """One-sided upper limit of a share: the 1 - alpha quantile of Beta(k + 1, n - k); 1 where all (or none tried) hit."""
    k, n = np.broadcast_arrays(np.asarray(hits, float), np.asarray(trials, float))
    open_ = n > k
    limit: Floats = special.betaincinv(np.where(open_, k + 1, 1.0), np.where(open_, n - k, 1.0), 1 - alpha)
    return np.where(open_, limit, 1.0)


def share_interval(hits: ArrayLike, trials: ArrayLike, alpha: float) -> tuple[Floats, Floats]:
    """Two-sided Clopper-Pearson interval of a share with error alpha, alpha/2 on each side."""
    return share_lower(hits, trials, alpha / 2), share_upper(hits, trials, alpha / 2)


def ratio_interval(
    x: ArrayLike, y: ArrayLike, alpha: float, dispersion: ArrayLike = 1.0, exposure: ArrayLike = 1.0
) -> tuple[Floats, Floats]:
    """Two-sided interval of E[x] / (E[y] * exposure) for two independent counts; `inf` where y is 0.

    Given their sum, x is binomial with share r / (1 + r), so that a Clopper-Pearson interval of the share gives one of
    the ratio (Przyborowski & Wilenski 1940, Biometrika 31:313). Counts whose variance is `dispersion` times their mean
    carry the information of counts divided by it (quasi-likelihood: McCullagh & Nelder 1989, section 9.2).
    """
    phi = np.asarray(dispersion, float)
    a, b = np.asarray(x, float) / phi, np.asarray(y, float) / phi
    low, high = share_interval(a, a + b, alpha)
    with np.errstate(divide="ignore"):
        ratios = low / (1 - low), np.where(high < 1, high / np.where(high < 1, 1 - high, 1.0), np.inf)
    each = np.asarray(exposure, float)
    return np.asarray(ratios[0] / each), np.asarray(ratios[1] / each)


def double_ratio_interval(
    of: tuple[float, float], to: tuple[float, float], alpha: float, dispersion: tuple[float, float] = (1.0, 1.0)
) -> tuple[float, float, float]:
    """(estimate, lower, upper) of (of[0] / to[0]) / (of[1] / to[1]), the first of each pair being the candidate's.

    Normal on the log scale with variance sum(dispersion / count); half a count is added to each so that zeros have an
    interval too (Haldane 1956; Woolf 1955, Annals of Human Genetics 19:251).
    """
    (a, b), (c, d) = ((v + 0.5 for v in pair) for pair in (of, to))
    log = math.log(a) - math.log(c) - math.log(b) + math.log(d)
    spread = normal_quantile(1 - alpha / 2) * math.sqrt(
        dispersion[0] * (1 / a + 1 / c) + dispersion[1] * (1 / b + 1 / d)
    )
    return math.exp(log), math.exp(log - spread), math.exp(log + spread)


def normal_quantile(p: float) -> float:
    """The p quantile of the standard normal."""
    return float(special.ndtri(p))


def trials_to_decide(share: float, limit: float, alpha: float, most: float = 1e9) -> float:
    """The fewest trials in which hits at `share` would prove 'share <= limit' (or '> limit') at error alpha.

    Found by bisection on the Clopper-Pearson limit; `most` when even that many would not do (share close to limit).
    """

    def decides(n: float) -> bool:
        bound: Any = share_upper(share * n, n, alpha) <= limit if share <= limit else share_lower(share * n, n, alpha)
        return bool(bound) if share <= limit else float(bound) > limit

    low, high = 0.0, 1.0
    while not decides(high):
        low, high = high, high * 2
        if high > most:
            return most
    while high - low > max(1.0, high * 0.01):
        middle = (low + high) / 2
        low, high = (low, middle) if decides(middle) else (middle, high)
    return math.ceil(high)
