"""Does it cost more than it was said it may? A frozen baseline by weekday, an allowance for growth, and what speaks against.

A baseline that follows the spend learns a runaway as normal (a trailing mean of 28 days misses 10% a week for weeks). So
it is frozen: what was normal is a value, made once, stored, and made anew only by a decision with a name. From its end it
may grow by `growth` a week, 2% unless more was decided; what grows faster must speak up sooner or later. Logs of amounts
are compared, since a spend varies in proportion.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cleanroom.core.base import noun
from cleanroom.core.stats.daily_counts import normal, student
from cleanroom.core.stats.weekdays import WEEK, median

Floats = NDArray[np.float64]

BAR = 20_000.0
"""What the e-CUSUM must exceed. Its average time to a false alarm is at least as many days, if spend is what it was said."""

DAY_Z, DAY_RATIO = 4.0, 1.65
"""A single day speaks for itself when it is this many standard deviations and this many times above what is expected."""

FEWEST, LONGEST = 28, 56
"""Days of a baseline: at least four of each weekday, and no more than the last 56 of what is given."""

_BETS = (0.25, 0.5, 1.0, 2.0, 3.0)
"""Shifts, in standard deviations, that the e-CUSUM bets on."""

_CUT = 4.0
"""Standard deviations beyond which a day tells the e-CUSUM nothing more: tails of spend are heavier than a normal's."""

_ZERO = 0.02
"""Added before the log is taken, as a share of the median day, so that days without spend have one."""

_CALMEST = 0.02
"""No spend is calmer, in logs: 2% a day."""

_DOUBT = 0.25
"""Standard errors by which the autocorrelation is taken higher."""

_UNSURE = 0.5
"""Standard errors by which the baseline's level is taken higher in the e-CUSUM: it errs the same way every day."""


@noun
class Baseline:
    """What a day costs, as decided. Made by `frozen`, stored, replaced only by a decision.

    `last`: its last day; `weekdays`: log(amount + shift) of the days with day % 7 = 0 to 6, as on `last`; `scale`: the
    standard deviation of a day around it; `lasting`: how much longer a deviation lasts than a day (a variance ratio, 1 or
    more); `known`: days it was made from; `growth`: a week, as a share.
    """

    last: int
    weekdays: tuple[float, ...]
    scale: float
    lasting: float
    known: int
    shift: float
    growth: float = 0.02

    def __post_init__(self) -> None:
        if len(self.weekdays) != WEEK or not (self.scale > 0 and self.lasting >= 1 and self.shift > 0):
            raise ValueError(
                "a baseline has seven weekdays, a scale and a shift above 0, and deviations that last a day or more"
            )
        if not (self.known >= FEWEST and self.growth >= 0):
            raise ValueError(f"a baseline rests on {FEWEST} days or more, and its growth is not negative")


@noun
class TooFew:
    """Too few to tell; `because`: a sentence."""

    because: str


@noun
class Spend:
    """A day's spend against the baseline. `over`: it is more than was said.

    `seen`; `expected`, its growth allowed for; `high`: what a day must exceed to alarm by itself; `z` of the day;
    `evidence`: the e-CUSUM over all days since the baseline, which alarms above BAR. `why`: the day, or the sum of days;
    `since`: the day from which on it has probably been so, both None where it is not over.
    """

    on: int
    over: bool
    seen: float
    expected: float
    high: float
    z: float
    evidence: float
    why: Literal["day", "days"] | None
    since: int | None

    @property
    def ratio(self) -> float:
        """Seen over expected."""
        return self.seen / self.expected if self.expected > 0 else math.inf


def frozen(days: Sequence[int], spend: ArrayLike, growth: float = 0.02) -> Baseline | TooFew:
    """The baseline that these days make: integers, each once, and an amount (of one currency, not negative) for each.

    A weekday's amount is its median, carried to the last day by the median slope, which is taken between none and what
    `growth` allows: a baseline that was made while spend ran away does not allow it to go on. Raises ValueError for amounts
    that are negative or no numbers, or a day given twice.
    """
    at, amount = _checked(days, spend)
    recent = at > at.max(initial=-(10**9)) - LONGEST
    at, amount = at[recent], amount[recent]
    if len(at) < FEWEST or len(np.unique(at % WEEK)) < WEEK:
        return TooFew(f"{len(at)} days of the last {LONGEST} are known, {FEWEST} are needed, and every weekday")
    shift = _ZERO * float(np.median(amount[amount > 0])) if (amount > 0).any() else 0.0
    if shift == 0:
        return TooFew("nothing was spent")
    value, last = np.log(amount + shift), int(at[-1])
    slope = float(np.clip(_slope(at, value), 0, math.log1p(growth) / WEEK))
    flat = value + slope * (last - at)
    weekdays = np.array([float(np.median(flat[at % WEEK == d])) for d in range(WEEK)])
    left = flat - weekdays[at % WEEK]
    spread = float(median(left**2)) / 0.4549
    cut = np.clip(left, -3 * math.sqrt(spread), 3 * math.sqrt(spread)) if spread > 0 else left
    freedom = len(at) - WEEK - 1
    scale = max(_CALMEST, math.sqrt(float((cut**2).sum()) / freedom))
    return Baseline(last, tuple(weekdays.tolist()), scale, _lasting(at, cut), len(at), shift, growth)


def judge(baseline: Baseline, days: Sequence[int], spend: ArrayLike, on: int) -> Spend | TooFew:
    """Judge the day `on` by all the days after the baseline up to it; others are not looked at. Errors: see `frozen`.

    z is the day's log excess over the baseline's, divided by their joint scale, as the normal score of a t. The e-CUSUM
    (Shin, Ramdas & Rinaldo 2024, New England J. Statistics in Data Science 2:229, arXiv 2203.03532) is the mean over bets
    b of M_b, where M_b = max(M_b, 1) exp(b x - b^2 / 2) each day and x is the day's excess, cut and divided by how long
    deviations last. It is below BAR for BAR days on average as long as x is sub-normal with a mean of at most 0.
    """
    at, amount = _checked(days, spend)
    used = (at > baseline.last) & (at <= on)
    at, amount = at[used], amount[used]
    if not at.size or at[-1] != on:
        return TooFew("the day's spend is not known")
    expected, t, x = _excess(baseline, at, amount)
    z = normal(t, baseline.known - WEEK - 1)
    evidence, since = _cusum(x, at)
    high = expected[-1] * max(DAY_RATIO, math.exp(student(DAY_Z, baseline.known - WEEK - 1) * _reach(baseline)))
    seen = float(amount[-1])
    why: Literal["day", "days"] | None = None
    if _alone(z, amount, expected)[-1]:
        why = "day"
    elif evidence > BAR:
        why = "days"
    first = since if why == "days" else on if why else None
    return Spend(on, why is not None, seen, float(expected[-1]), float(high), float(z[-1]), evidence, why, first)


def alarms(baseline: Baseline, days: Sequence[int], spend: ArrayLike) -> NDArray[np.bool_]:
    """Which of the days after the baseline are over: what `judge` says on each, at once. Ascending; errors: see `frozen`."""
    at, amount = _checked(days, spend)
    at, amount = at[at > baseline.last], amount[at > baseline.last]
    expected, t, x = _excess(baseline, at, amount)
    return np.asarray(_alone(normal(t, baseline.known - WEEK - 1), amount, expected) | (_cusums(x).mean(1) > BAR))


def _alone(z: Floats, amount: Floats, expected: Floats) -> NDArray[np.bool_]:
    """Days that speak for themselves."""
    return np.asarray((z > DAY_Z) & (amount >= DAY_RATIO * expected))


def _checked(days: Sequence[int], spend: ArrayLike) -> tuple[NDArray[np.int64], Floats]:
    at, amount = np.asarray(days, np.int64), np.asarray(spend, float)
    if at.shape != amount.shape or len(np.unique(at)) != len(at):
        raise ValueError("an amount a day, and each day once")
    if not (np.isfinite(amount) & (amount >= 0)).all():
        raise ValueError("amounts are numbers, and none is negative")
    order = np.argsort(at)
    return at[order], amount[order]


def _slope(at: NDArray[np.int64], value: Floats) -> float:
    """Theil-Sen a day, between days of the same weekday; see stats/weekdays.py."""
    i, j = np.triu_indices(len(at), 1)
    same = (at[j] - at[i]) % WEEK == 0
    return float(np.median((value[j] - value[i])[same] / (at[j] - at[i])[same])) if same.any() else 0.0


def _lasting(at: NDArray[np.int64], left: Floats) -> float:
    """The long-run variance of an autoregression of order 1 over its variance, its coefficient taken a little high."""
    next_ = np.flatnonzero(np.diff(at) == 1)
    together, square = float((left[next_] * left[next_ + 1]).sum()), float((left**2).sum())
    r = together / square + _DOUBT / math.sqrt(len(at)) if square else 0.0
    r = min(max(r, 0.0), 0.9)
    return (1 + r) / (1 - r)


def _reach(baseline: Baseline) -> float:
    """Logs a unit of t: a day's own scale, and that of the median of its weekday."""
    return baseline.scale * math.sqrt(1 + math.pi / 2 * WEEK / baseline.known)


def _excess(baseline: Baseline, at: NDArray[np.int64], amount: Floats) -> tuple[Floats, Floats, Floats]:
    """(expected amounts, t of each day, what the e-CUSUM adds up)."""
    weekdays = np.asarray(baseline.weekdays)[at % WEEK] + math.log1p(baseline.growth) / WEEK * (at - baseline.last)
    t = (np.log(amount + baseline.shift) - weekdays) / _reach(baseline)
    unsure = _UNSURE * math.sqrt(math.pi / 2 * baseline.lasting / baseline.known)
    x = (np.clip(t, -_CUT, _CUT) - unsure) / math.sqrt(baseline.lasting)
    return np.maximum(np.exp(weekdays) - baseline.shift, 0.0), t, x


def _cusums(x: Floats) -> Floats:
    """M of each day and bet, shape (days, bets)."""
    bets = np.array(_BETS)
    out, log = np.zeros((len(x), len(bets))), np.zeros(len(bets))
    for i, step in enumerate(bets * x[:, None] - bets**2 / 2):
        log = np.minimum(np.maximum(log, 0) + step, 600)
        out[i] = log
    return np.asarray(np.exp(out))


def _cusum(x: Floats, at: NDArray[np.int64]) -> tuple[float, int]:
    """(the e-CUSUM of the last day, the day after its leading bet was last at its beginning)."""
    each = _cusums(x)
    leading = each[:, int(each[-1].argmax())]
    calm = np.flatnonzero(leading <= 1)
    begin = min(int(calm[-1]) + 1, len(at) - 1) if calm.size else 0
    return float(each[-1].mean()), int(at[begin])
