"""How long will the canary take, what can it find, what can it not? Expectations before and while a rollout runs.

They rest on the mean growth of the log e-values of stats/canary.py and, for chances, a normal approximation; the bench and
the tests hold them against simulated rollouts. They are forecasts for people: nothing is decided by them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

from cleanroom.core.base import noun
from cleanroom.core.stats.canary import Evidence, Rules, averaged

LARGEST = 100.0
"""The largest ratio that `detectable` looks at."""


@noun
class Phase:
    """A step of the ramp: the canary's share of traffic (between 0 and 1), and for how many hours."""

    share: float
    hours: float


@noun
class Needed:
    """What is still to come: bad outcomes over both arms, requests over both arms, those of the canary, hours."""

    bad: float
    requests: float
    canary_requests: float
    hours: float


def needed(evidence: Evidence, rules: Rules, rate: float, bad_rate: float, share: float) -> Needed | None:
    """The sample that promotion would still take, if the canary is as good as the control and all stays as it is today.

    rate: requests an hour over both arms; bad_rate: bad outcomes a request (0 to 1); share: the canary's, 0 to 1. A bad
    outcome is the canary's with probability w = share, so that log D_r grows by w log(r/m) - log((1 + w(r-1)) / (1 + w(m-1)))
    a bad outcome on average; the answer is how many bad outcomes take the log of the mean of D to log(1/alpha). At that
    point half of all rollouts have the evidence; it is on the safe side, since most of them had it for a while (the median
    is reached after 0.65 to 0.9 of it in our simulations). All zero when D is there already. None when it would never
    come: no bad outcomes, no traffic, one arm only, or a grid whose ratios are all too far from 1.
    """
    if not (rate > 0 and bad_rate > 0 and 0 < share < 1):
        return None
    growth = _growth(rules, share)
    bad = _crossing(lambda b: averaged([log + b * g for log, g in zip(evidence.safe, growth, strict=True)]) - rules.bar)
    if bad is None:
        return None
    requests = bad / bad_rate
    return Needed(bad, requests, requests * share, requests / rate)


def detectable(plan: Sequence[Phase], rules: Rules, rate: float, bad_rate: float, power: float = 0.8) -> float | None:
    """The smallest ratio of bad rates, canary to control, that the plan rolls back with probability about `power`.

    rate and bad_rate as in `needed`, bad_rate of the control. None: nothing up to LARGEST (or up to a canary that always
    fails). For a true ratio, log E_r at the end of the plan has a mean and a variance over Poisson counts; the answer is
    where the mean over r of exp(mean - z sd), z the normal quantile of `power`, reaches 1/alpha. Looks before the end
    only help, so that the chance is a little larger.
    """
    if not (rate > 0 and 0 < bad_rate < 1 and 0 < power < 1):
        return None
    most = min(LARGEST, 1 / bad_rate)

    def short(ratio: float) -> float:
        return rules.bar - _likely(plan, rules, rate * bad_rate, ratio, power)

    if short(most) > 0:
        return None
    low, high = 1.0, most
    for _ in range(60):
        middle = math.sqrt(low * high)
        low, high = (middle, high) if short(middle) > 0 else (low, middle)
    return high


def _growth(rules: Rules, w: float) -> list[float]:
    """Mean growth of each log D_r a bad outcome, at share w, when the arms are equal."""
    m = rules.margin
    return [w * math.log(r / m) - math.log((1 + w * (r - 1)) / (1 + w * (m - 1))) for r in rules.safe_grid]


def _crossing(above: Callable[[float], float]) -> float | None:
    """The smallest b >= 0 from which on `above`, which is convex, is not negative; None when that is never."""
    if above(0.0) >= 0:
        return 0.0
    high = 1.0
    while above(high) < 0:
        high *= 2
        if high > 1e15:
            return None
    low = 0.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if above(middle) < 0 else (low, middle)
    return high


def _likely(plan: Sequence[Phase], rules: Rules, bad_an_hour: float, ratio: float, power: float) -> float:
    """The log of mean E at the end of the plan that is exceeded with probability about `power`."""
    r: NDArray[np.float64] = np.asarray(rules.harm_grid)
    mean: Any = 0.0
    variance: Any = 0.0
    for phase in plan:
        w, bad = phase.share, bad_an_hour * phase.hours
        canary, control = bad * w * ratio, bad * (1 - w)
        loss = np.log1p(w * (r - 1))
        mean = mean + canary * (np.log(r) - loss) - control * loss
        variance = variance + canary * (np.log(r) - loss) ** 2 + control * loss**2
    return averaged(list(mean - special.ndtri(power) * np.sqrt(variance)))
