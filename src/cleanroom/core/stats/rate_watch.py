"""Has the bad rate risen above what is allowed or usual? A watch over every request, with a promised number of false alarms.

Burn rates are slow on small rises: four times a 0.5% budget never pages. Here every block of counts (a minute) multiplies
running bets on odds that are r times those of the rate p0, for a grid of ratios r > 1, and starts one new bet of 1:

    M_r := L_r (M_r + 1),   L_r = r^bad / (1 + p0 (r - 1))^n,   M = mean_r M_r,   alarm at M >= bar, then M := 0

the Shiryaev-Roberts procedure in its e-detector form (Shin, Ramdas & Rinaldo 2024, New England J. Statistics in Data Science
2:229, arXiv 2203.03532). Why it keeps its promise: while every request is bad with probability at most p0, given all before
it, the mean of L_r is at most 1, so that M + (bar for each alarm so far) - (blocks so far) falls on average; hence the
expected number of alarms in n blocks is at most n / bar, for every n. Empty blocks are passed over. It holds at any traffic
and pattern, not when bad outcomes come in bunches: count a user's first one only (stats/outcomes.py), and let `baseline`
look for hours that differ. A block must be complete when it is counted.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import optimize

from cleanroom.core.base import noun
from cleanroom.core.stats.canary import averaged
from cleanroom.core.stats.intervals import normal_quantile, share_upper

YEAR = 365 * 24 * 60
"""Minutes of a year."""

_NONE = -1e9
"""The log of an M of 0: a number, so that it can be written down."""

_LONGEST = math.log(100 * YEAR)
"""A rise that takes longer to find than this (log minutes) is not found."""


@noun
class Watch:
    """`rate`: p0, the largest bad rate that is fine; `alarms_a_year`: the false alarms one accepts, with blocks of a minute.

    `ratios`: the odds of a bad outcome that are bet on, in units of those at p0; each > 1. Raises ValueError when a
    number cannot be.
    """

    rate: float
    alarms_a_year: float = 1.0
    ratios: tuple[float, ...] = (1.25, 1.5, 2.0, 3.0, 5.0, 10.0, 20.0)

    def __post_init__(self) -> None:
        if not 0 < self.rate < 1:
            raise ValueError("the watched rate must lie between 0 and 1")
        if not 0 < self.alarms_a_year <= YEAR:
            raise ValueError("false alarms a year: more than none")
        if not self.ratios or not all(1 < r < math.inf for r in self.ratios):
            raise ValueError("the watch needs ratios above 1")

    @property
    def bar(self) -> float:
        """The log of what M must reach: the minutes a year over the false alarms a year."""
        return math.log(YEAR / self.alarms_a_year)


@noun
class Stretch:
    """Blocks in a row: `gain` logs of the product of L, `height` logs of M after them when M was 0 before; one a ratio.

    M in front of a stretch turns into gain * M + height behind it, so that stretches join (`joined`).
    """

    gain: tuple[float, ...]
    height: tuple[float, ...]


@noun
class Baseline:
    """What is usual: the pooled `rate`, how much hours differ beyond chance (`spread`, a standard deviation), and `upper`."""

    rate: float
    spread: float
    upper: float


def nothing(watch: Watch) -> Stretch:
    """No blocks, or: right after an alarm."""
    return Stretch((0.0,) * len(watch.ratios), (_NONE,) * len(watch.ratios))


def grown(stretch: Stretch, n: int, bad: int, watch: Watch) -> Stretch:
    """A stretch and one more block of `n` outcomes, `bad` of them bad; nothing happens where n is 0.

    Counts of the same minute from several servers are added up first. n and bad may be arrays of one shape.
    """
    won = [_plain(x) for x in np.moveaxis(_won(watch.ratios, watch.rate, n, bad), -1, 0)]
    empty = np.asarray(n) == 0
    height = tuple(
        _plain(np.where(empty, h, np.logaddexp(h, 0.0) + x)) for h, x in zip(stretch.height, won, strict=True)
    )
    return Stretch(tuple(_plain(g + x) for g, x in zip(stretch.gain, won, strict=True)), height)


def joined(first: Stretch, second: Stretch) -> Stretch:
    """One stretch of two that follow each other."""
    return Stretch(
        tuple(_plain(a + b) for a, b in zip(first.gain, second.gain, strict=True)),
        tuple(_plain(np.logaddexp(h + g, k)) for h, g, k in zip(first.height, second.gain, second.height, strict=True)),
    )


def evidence(stretch: Stretch) -> float:
    """The log of M: an alarm once it reaches `watch.bar`."""
    return averaged(stretch.height)


def walked(
    watch: Watch, n: ArrayLike, bad: ArrayLike, start: Stretch | None = None, rates: ArrayLike | None = None
) -> tuple[Stretch, tuple[int, ...]]:
    """One series of blocks in the order of time: (where it stands, at which blocks there was an alarm).

    `rates`: instead of watch.rate one for each block, where it is usual that hours differ. After each alarm the watch starts
    afresh: as long as a rise goes on, it alarms again each time it has the evidence. What is found does not depend on how
    often one looks.
    """
    totals, wrongs = np.asarray(n, float), np.asarray(bad, float)
    if totals.shape != wrongs.shape or np.any((wrongs < 0) | (wrongs > totals)):
        raise ValueError("a block cannot have fewer bad outcomes than none, or more than outcomes")
    usual = np.broadcast_to(np.asarray(watch.rate if rates is None else rates, float), totals.shape)
    won = _won(watch.ratios, usual, totals, wrongs)
    stretch, alarms = start or nothing(watch), []
    gains, heights = list(stretch.gain), list(stretch.height)
    for i in np.flatnonzero(totals > 0).tolist():
        logs = won[i].tolist()
        gains = [g + x for g, x in zip(gains, logs, strict=True)]
        heights = [_plus_one(h) + x for h, x in zip(heights, logs, strict=True)]
        if max(heights) >= watch.bar and averaged(heights) >= watch.bar:
            alarms.append(i)
            gains, heights = [0.0] * len(gains), [_NONE] * len(heights)
    return Stretch(tuple(gains), tuple(heights)), tuple(alarms)


def above_for(times: float, usual: Baseline, n: ArrayLike, bad: ArrayLike, alarms_a_year: float = 1.0) -> bool:
    """Is the bad rate of these last blocks more than `times` the usual one, beyond luck? For 'twice within an hour': 60 minutes.

    A watch at `times` the baseline's upper bound that knows only bets which began in these blocks: asked each minute, it is
    false at most `alarms_a_year` times a year (a yes and others within the hour after it are one). A rate of exactly
    `times` the usual one is not above it.
    """
    rate = times * usual.upper
    return rate < 1 and bool(walked(Watch(rate, alarms_a_year), n, bad)[1])


def baseline(n: ArrayLike, bad: ArrayLike, alpha: float = 0.05) -> Baseline:
    """The usual bad rate of past hours (one number an hour; enough of them to hold the weekly pattern), and a bound for it.

    A detector's own false positives are in it: it may read 3.5% where .5% is bad, and 3.5% is what a rise must be held
    against. `upper` is the Clopper-Pearson limit of the mean, widened by the over-dispersion, plus the 1 - alpha quantile
    of how far an hour's own rate lies above the mean (variance between hours: DerSimonian & Laird 1986, Controlled Clinical
    Trials 7:177). Raises ValueError without outcomes.
    """
    sizes, wrong = np.asarray(n, float), np.asarray(bad, float)
    used = sizes > 0
    sizes, wrong = sizes[used], wrong[used]
    if not sizes.size:
        raise ValueError("there is no past to learn a baseline from")
    total, hits, hours = float(sizes.sum()), float(wrong.sum()), sizes.size
    variance = (hits + 0.5) / (total + 1) * (1 - hits / (total + 1))
    excess = float(((wrong - sizes * hits / total) ** 2 / sizes).sum()) / variance - (hours - 1)
    spread2 = max(0.0, excess * variance / (total - float((sizes**2).sum()) / total)) if hours > 1 else 0.0
    phi = max(1.0, 1 + excess / max(1, hours - 1))
    upper = float(share_upper(hits / phi, total / phi, alpha)) + normal_quantile(1 - alpha) * math.sqrt(spread2)
    return Baseline(hits / total, math.sqrt(spread2), min(upper, 1.0))


def minutes_to_detect(watch: Watch, rate_bad: float, requests_an_hour: float) -> float | None:
    """About how many minutes after a rise to `rate_bad` the alarm comes, on average; None: the watch would not grow.

    Where the mean path of log M crosses the bar, plus the minute that has to end. The mean of simulations lies between .8
    and 1.05 of it (benches/slo.py), at any traffic: it is on the safe side, since luck helps. Evidence from before the rise
    (none here) helps a little more.
    """
    if not (requests_an_hour > 0 and 0 < rate_bad <= 1):
        return None
    drift = _won(watch.ratios, watch.rate, 1.0, rate_bad) * requests_an_hour / 60
    if drift.max() <= 0:
        return None
    busy = -math.expm1(-requests_an_hour / 60)

    def short(log_minutes: float) -> float:
        return _mean_path(drift, math.exp(log_minutes), busy) - watch.bar

    high = 0.0
    while short(high) < 0:
        high += 2.0
        if high > _LONGEST:
            return None
    return math.exp(optimize.brentq(short, -80.0, high, xtol=1e-6)) + 1


def requests_for(watch: Watch, rate_bad: float, minutes: float) -> float | None:
    """From how many requests an hour on a rise to `rate_bad` is expected to be found within `minutes`; None: at no traffic."""
    if minutes <= 1 or minutes_to_detect(watch, rate_bad, 1e9) is None:
        return None

    def late(log_requests: float) -> float:
        found = minutes_to_detect(watch, rate_bad, math.exp(log_requests))
        return math.log(found / minutes) if found is not None else 1.0

    low, high = math.log(1e-3), math.log(1e15)
    return math.exp(optimize.brentq(late, low, high, xtol=1e-4)) if late(low) > 0 > late(high) else None


def _won(ratios: tuple[float, ...], rate: ArrayLike, n: ArrayLike, bad: ArrayLike) -> NDArray[np.float64]:
    """log L of blocks: shape (..., ratios)."""
    r, p0 = np.asarray(ratios), np.asarray(rate, float)[..., None]
    lost = -np.log1p(p0 * (r - 1))
    wrong = np.asarray(bad, float)[..., None]
    return np.asarray(wrong * np.log(r) + np.asarray(n, float)[..., None] * lost)


def _mean_path(drift: NDArray[np.float64], minutes: float, busy: float) -> float:
    """log mean_r of sum_{j <= blocks} exp(e j), e the drift a block: M when every block brings its mean.

    busy: the share of minutes that hold a request at all, and so are blocks. The sum is expm1(e blocks) / -expm1(-e).
    """
    each = np.where(np.abs(drift) < 1e-12, 1e-12, drift) / busy
    return averaged(list(_log_expm1(each * minutes * busy) - _log_expm1(-each)))


def _log_expm1(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """log |exp(x) - 1|, of large x too."""
    return np.asarray(np.maximum(x, 0.0) + np.log(-np.expm1(-np.abs(x))))


def _plus_one(log: float) -> float:
    """log(exp(log) + 1)."""
    return log + math.log1p(math.exp(-log)) if log > 0 else math.log1p(math.exp(log))


def _plain(x: Any) -> Any:
    """A number as Python's own; an array as it is."""
    return float(x) if np.ndim(x) == 0 else x
