"""Is a promise kept? Met, violated, or cannot tell; what is left of the budget, what fires, and how soon one would hear."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from cleanroom.core.base import Instant, noun
from cleanroom.core.facts.slo import SloSays
from cleanroom.core.slo import LabelledShare, Limit, Slo, span_text
from cleanroom.core.stats.burn import Burning, BurnRule
from cleanroom.core.stats.mttd import Mttd, expected_mttd
from cleanroom.core.stats.rate_watch import Watch
from cleanroom.core.stats.strata import Missing, Stratum, estimate, flagged_share, missing
from cleanroom.core.telemetry.histogram import BASE, SCALE, ZERO, value_of

TIMES = (2.0, 4.0, 10.0)
"""How many times the budget's rate a rise is for which the time until it is heard of is told."""

Floats = NDArray[np.float64]


@noun
class Tally:
    """n of something, `bad` of them: `low` to `high` where a histogram hides on which side of a limit some lie."""

    n: float
    bad: float
    low: float
    high: float


@noun
class Expected:
    """A bad rate (a share), and how many hours until it is heard of."""

    rate: float
    mttd: Mttd


@noun
class Labels:
    """What people said of a sample. `waiting`: drawn and not decided; `flagged_rate`: what the detector alone would say.

    missing    labels that are still to come (flagged, unflagged) until 'met', or 'violated', could be said
    met_e, violated_e, anytime    e-values and the answer of the form that may be looked at at any time, on labels in the order
               of their draw, up to the first that is undecided
    """

    flagged: Stratum
    unflagged: Stratum
    flagged_rate: float
    waiting: int
    missing: Missing
    met_e: float
    violated_e: float
    anytime: SloSays


@noun
class Status:
    """Where an SLO stands at `at`, from what lies between `since` and then.

    budget       the share that may be bad; `budget_left`: of that, 1 for all of it, below 0 where it is overspent
    rate         the share that was bad, between `lower` and `upper` (one-sided 95% each where it is estimated); None: unknown
    hourly       calls an hour in the last day
    notes        what the figures do not cover
    """

    name: str
    system: str
    title: str
    promise: str
    says: SloSays
    because: str
    budget: float
    window: int
    since: Instant
    at: Instant
    n: int
    bad: int
    rate: float | None
    lower: float
    upper: float
    budget_left: float | None
    burning: tuple[Burning, ...] = ()
    firing: tuple[str, ...] = ()
    expected: tuple[Expected, ...] = ()
    hourly: float = 0.0
    labels: Labels | None = None
    notes: tuple[str, ...] = ()


@noun
class Judged:
    """What can be said of the share that was bad."""

    says: SloSays
    because: str
    rate: float | None
    lower: float
    upper: float


NOTHING = Tally(0, 0, 0, 0)


def tally_of(n: int, bad: int, histogram: Mapping[int, int], limit: Limit | None) -> Tally:
    """What a rollup says: bad ones are those that are not 0, or, with a limit, those beyond it.

    Booleans have no histogram. Of the bucket that the limit lies in, the part beyond it is estimated on the log scale.
    """
    if limit is None:
        return Tally(n, bad, bad, bad)
    if not histogram:
        wrong = (0 if limit.good(1.0) else bad) + (0 if limit.good(0.0) else n - bad)
        return Tally(n, wrong, wrong, wrong)
    low = high = middle = 0.0
    for bucket, count in histogram.items():
        first, last = _bounds(bucket)
        inside = (limit.good(first), limit.good(last))
        if inside == (True, True):
            continue
        high += count
        if inside == (False, False):
            low += count
            middle += count
        else:
            middle += count * _beyond(first, last, limit)
    return Tally(n, middle, low, high)


def _bounds(bucket: int) -> tuple[float, float]:
    """(lowest, highest) value of a bucket: the bound nearer to zero is not in it, the other one is."""
    if bucket == ZERO:
        return 0.0, 0.0
    outer = 2.0 ** (round(math.log2(abs(value_of(bucket)) * (BASE + 1) / 2) * 2**SCALE) / 2**SCALE)
    inner = math.nextafter(2.0 ** (math.log2(outer) - 2.0**-SCALE), math.inf)
    return (inner, outer) if bucket > 0 else (-outer, -inner)


def _beyond(first: float, last: float, limit: Limit) -> float:
    """Of a bucket that the limit lies in, the share of values that are bad."""
    low, high = sorted((abs(first), abs(last)))
    value = min(max(abs(limit.value), low), high)
    above = math.log(high / value) / math.log(high / low) if low > 0 and value > 0 else 0.5
    farther = limit.op in ("lte", "lt")  # bad ones lie above the limit
    return above if farther == (last > 0) else 1 - above


def counted(tally: Tally, slo: Slo, what: str) -> Judged:
    """Of what was counted completely: the share is what it is, and no more can be said of it."""
    if tally.n <= 0:
        return Judged("cannot tell", f"no {what} in the last {span_text(slo.window)}", None, 0.0, 1.0)
    low, high = tally.low / tally.n, tally.high / tally.n
    says: SloSays = "met" if high <= slo.budget + 1e-12 else "violated" if low > slo.budget + 1e-12 else "cannot tell"
    because = f"{percent(tally.bad / tally.n)} of {tally.n:,.0f} {what} were bad; {percent(slo.budget)} may be"
    if says == "cannot tell":
        because += (
            f"; the limit lies inside a bucket of the rollups, so it is between {percent(low)} and {percent(high)}"
        )
    return Judged(says, because, tally.bad / tally.n, low, high)


def so_far(judged: Judged, slo: Slo, share: float) -> Judged:
    """The same where only the last `share` (0 to 1) of the window is known: it says over which stretch it was read.

    What is bad may use up the budget of the whole window before it counts as violated, as if all of the window had the
    traffic of the known part: a bad first hour of 30 days is no month that was missed.
    """
    if share >= 1 or judged.rate is None:
        return judged
    hours = max(1, round(share * slo.window / 3600))
    known = span_text(hours * 3600 if hours < 48 else round(hours / 24) * 86_400)
    because = f"{judged.because}; known for the last {known} only, of {span_text(slo.window)}"
    if judged.says != "violated" or judged.lower * share > slo.budget:
        return replace(judged, because=because)
    spent = percent(judged.lower * share / slo.budget)
    return replace(judged, says="cannot tell", because=f"{because}: that is {spent} of the window's budget so far")


def estimated(slo: Slo, flagged: Stratum, unflagged: Stratum) -> Judged:
    """Of what people labelled a sample: with one-sided 95% limits (core/stats/strata.py)."""
    found = estimate((flagged, unflagged))
    labels = flagged.labels + unflagged.labels
    if labels == 0:
        return Judged("cannot tell", "nobody has labelled a call yet", None, 0.0, 1.0)
    says = found.says(slo.budget)
    rate = "?" if found.rate is None else percent(found.rate)
    because = (
        f"about {rate} of calls are bad, by {labels:,} labels: at least {percent(found.lower)}, at most "
        f"{percent(found.upper)} (95% each); {percent(slo.budget)} may be"
    )
    return Judged(says, because, found.rate, found.lower, found.upper)


def missing_text(lacking: Missing) -> str:
    """How many labels are still to come, as a sentence; '' where none would help."""
    said = []
    for word, counts in (("met", lacking.met), ("violated", lacking.violated)):
        total = 0 if counts is None else sum(counts)
        if counts is not None and total:
            said.append(f"about {total:,} more labels could show {word} ({counts[0]:,} of flagged calls)")
    return "; ".join(said)


def lacking(slo: Slo, flagged: Stratum, unflagged: Stratum) -> Missing:
    """Labels that are still to come."""
    return missing((flagged, unflagged), slo.budget)


def burning(rule: BurnRule, long: Tally, short: Tally, budget: float) -> Burning:
    """A rule now, from what its two windows hold."""
    rates = [t.bad / t.n / budget if t.n > 0 else None for t in (long, short)]
    fires = all(r is not None and r > rule.factor for r in rates)
    return Burning(rule, rates[0], rates[1], fires)


def rule_name(rule: BurnRule) -> str:
    """What a rule is called among what fires."""
    return f"burn {rule.factor:g}x"


def watched_rate(slo: Slo, strata: tuple[Stratum, Stratum] | None) -> float | None:
    """The rate of bad (or flagged) calls above which the per-request detector looks for a rise; None: not known yet.

    Of a labelled SLO it is the share that would be flagged at exactly the promised rate, which labels of bad and of good
    calls tell.
    """
    if not isinstance(slo.indicator, LabelledShare):
        return slo.budget
    if strata is None:
        return None
    try:
        rate = flagged_share(*strata, slo.budget)
    except ValueError:
        return None
    return rate if 0 < rate < 1 else None


def expected(slo: Slo, hourly: float, rate: float | None, labels: Labels | None) -> tuple[Expected, ...]:
    """How soon one would hear of rises to several times the budget, at that traffic; `rate`: the one before."""
    if hourly <= 0:
        return ()
    watched = watched_rate(slo, None if labels is None else (labels.flagged, labels.unflagged))
    found = []
    for times in TIMES:
        bad = times * slo.budget
        if bad >= 1 or watched is None:
            continue
        watch = Watch(watched)
        if labels is None:
            before = min(rate or 0.0, slo.budget)
            found.append(Expected(bad, expected_mttd(bad, slo.budget, hourly, slo.burn_rules, watch, before)))
        else:
            seen = flagged_share(labels.flagged, labels.unflagged, bad)
            found.append(Expected(bad, expected_mttd(seen, watched, hourly, (), watch)))
    return tuple(found)


def onset(n: Sequence[float] | Floats, bad: Sequence[float] | Floats, rate: float) -> int:
    """The block at which a rise above `rate` began, by the likelihood of a rate that is twice as high: its index.

    The end of the series' lowest point of the log-likelihood ratio, as in the CUSUM (Page 1954, Biometrika 41:100).
    """
    sizes, wrong = np.asarray(n, float), np.asarray(bad, float)
    if not sizes.size:
        return 0
    twice = min(2 * rate, (1 + rate) / 2)
    steps = wrong * math.log(twice / rate) + (sizes - wrong) * math.log((1 - twice) / (1 - rate))
    return int(np.argmin(np.concatenate([[0.0], np.cumsum(steps)[:-1]])))


def risen(n: Sequence[float] | Floats, bad: Sequence[float] | Floats, alpha: float = 0.001) -> int | None:
    """The block from which on, up to the last one, the rate was higher than before; None where that may be chance.

    The likeliest point of one change of a Poisson rate, by the likelihood ratio against none (Hinkley 1970, Biometrika 57:1);
    it counts where the ratio is above blocks / alpha, a union bound over all points (the two rates are fitted: the level is
    approximate). There must be a tenth of all events before it, and twice the rate after it.
    """
    sizes, wrong = np.asarray(n, float), np.asarray(bad, float)
    before, after = np.cumsum(sizes)[:-1], np.cumsum(sizes[::-1])[::-1][1:]
    was, now = np.cumsum(wrong)[:-1], np.cumsum(wrong[::-1])[::-1][1:]
    good = (before >= 0.1 * sizes.sum()) & (after > 0)
    if not good.any() or not wrong.sum():
        return None
    whole = wrong.sum() / sizes.sum()
    with np.errstate(divide="ignore", invalid="ignore"):
        low, high = was / before, now / after
        gain = np.where(was > 0, was * np.log(low / whole), 0) + np.where(now > 0, now * np.log(high / whole), 0)
    gain = np.where(good & (high >= 2 * low), gain, -np.inf)
    best = int(np.argmax(gain))
    return best + 1 if gain[best] > math.log(len(sizes) / alpha) else None


def percent(share: float) -> str:
    """A share for a person: 0.31%."""
    return f"{100 * share:.3g}%" if share < 0.9995 else f"{100 * share:.6g}%"
