"""Did the arms get the share of users that was planned, and does the canary keep an absolute promise? Both at any time.

Logs of e-values (stats/canary.py says what that is): evidence at alpha once they reach log(1/alpha), however often one looks.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from cleanroom.core.stats.canary import averaged

CONCENTRATION = 1000.0
"""How close to the plan the shares are expected to lie when they are off: as if 1,000 users had been seen."""


def log_mismatch(counts: ArrayLike, planned: ArrayLike, concentration: float = CONCENTRATION) -> Any:
    """Evidence that users are not assigned in the planned shares: the log of a Bayes factor that is an e-process.

    counts: new users by arm, shape (..., arms), of one phase; planned: their shares, shape (arms,), all positive, summing
    to 1. Shape (...). Several phases: add the logs, never the counts, since the plan changes with each.

    The likelihood under shares drawn from Dirichlet(concentration * planned), over that under the planned ones (Lindon &
    Malek 2022, NeurIPS 35, arXiv 2011.03567). Count each user once, when first assigned: a user's requests go to the same
    arm, so that requests come in bunches and a fair assignment looks unfair.
    """
    n, share = np.asarray(counts, float), np.asarray(planned, float)
    if np.any(share <= 0) or not np.isclose(share.sum(), 1.0):
        raise ValueError("planned shares are positive and sum to 1")
    prior = concentration * share
    each = special.gammaln(prior + n) - special.gammaln(prior) - n * np.log(share)
    total = n.sum(-1)
    return special.gammaln(concentration) - special.gammaln(concentration + total) + each.sum(-1)


def log_over(bad: int, n: int, promise: float, grid: tuple[float, ...]) -> float:
    """Evidence that the canary's own bad rate exceeds `promise` (0 to 1), whatever the control does.

    Bad outcomes among n, from the beginning on (here counts do add up: the promise is the same in every phase). A mean over
    the `grid` of ratios r > 1 of likelihood ratios of rate r * promise to rate promise, for those below 1: each is a fair
    bet at `promise`, and loses below it even when the rate wanders (Robbins 1970, Annals of Mathematical Statistics
    41:1397; as betting: Waudby-Smith & Ramdas 2024, JRSS B 86:1). Outcomes must be independent given the rate: give it
    users, not the requests of a few. Raises ValueError when no ratio of the grid leaves a rate below 1.
    """
    ratios = [r for r in grid if r > 1 and r * promise < 1]
    if not 0 < promise < 1 or not ratios:
        raise ValueError("the promise is a rate between 0 and 1, and a ratio of the grid must leave it below 1")
    good = n - bad
    return averaged([bad * np.log(r) + good * np.log((1 - r * promise) / (1 - promise)) for r in ratios])


def log_under(bad: int, n: int, promise: float, grid: tuple[float, ...]) -> float:
    """Evidence that the canary's own bad rate lies below `promise` (0 to 1): `log_over` turned round.

    A mean over the ratios r < 1 of the `grid` of likelihood ratios of rate r * promise to rate promise: each is a fair bet
    at `promise`, and loses above it. Raises ValueError when no ratio lies below 1.
    """
    ratios = [r for r in grid if 0 < r < 1]
    if not 0 < promise < 1 or not ratios:
        raise ValueError("the promise is a rate between 0 and 1, and a ratio of the grid must lie below 1")
    good = n - bad
    return averaged([bad * np.log(r) + good * np.log((1 - r * promise) / (1 - promise)) for r in ratios])
