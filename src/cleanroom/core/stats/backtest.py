"""Would a new alert have fired earlier? Its lead and its false alarms, claimed so that the next incident keeps them.

The rule is of one family: over when the last `window` steps hold at least `least` events, and what they amount to (bad ones,
money) is more than `threshold` for each. Whoever picks the best of many rules on the incident itself claims its luck. So:

- the rule is chosen on history with every incident left out: for each window of a small grid, thresholds go down a ladder that
  does not depend on the data, as long as the upper limit of its false alarms (Poisson, exact, one-sided) is within what is
  allowed, and end at the first one that is not. Tests in a fixed order that end with the first failure need no correction
  (Angelopoulos, Bates, Candes, Jordan & Lei 2021, arXiv 2110.01052, section 2.3); windows are corrected by Bonferroni;
- among the windows the one with the shortest delay for rises laid over that history, not over the incident;
- then the incident is one more draw, and its lead is as good as the next one's on average.

An alarm is counted once a day, or once a window where that is longer: what goes on for three days is three alarms, so that a
threshold below what is usual cannot pass for a single one.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from cleanroom.core.base import noun
from cleanroom.core.stats.burn import trailing

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Ints = NDArray[np.int64]

TOO_FEW, QUIET, OVER = -1, 0, 1
"""What a look says, as a number."""

ALPHA = 0.05

_RUNG = 2.0 ** (1 / 8)
_RISES = (2.0, 4.0, 8.0)
_STARTS = 32


@noun
class Rule:
    """`window` and `every` (from look to look): steps. Raises ValueError for what cannot be."""

    window: int
    threshold: float
    least: float = 1.0
    every: int = 1

    def __post_init__(self) -> None:
        if self.window < 1 or self.every < 1 or self.least < 1 or not self.threshold >= 0:
            raise ValueError("a rule needs a window, a cadence and events of at least 1, and a threshold of at least 0")


@dataclass(frozen=True, slots=True)
class Series:
    """By step, arrays of one length: what the events amounted to, how many there were, does the step belong to an incident?

    day     steps of a day
    share   the amounts are counts of events, so that no step has more than n
    """

    amount: Floats
    n: Floats
    left_out: Flags
    day: int
    share: bool = True

    def __post_init__(self) -> None:
        if not self.amount.shape == self.n.shape == self.left_out.shape or self.amount.ndim != 1 or self.day < 1:
            raise ValueError("a series has one amount, one number and one flag a step")


@noun
class Claimed:
    """False alarms of a rule in the history: how many in how many days on which it could judge; at most `upper` in 30 days."""

    alarms: int
    days: float
    upper: float


@noun
class Chosen:
    """The rule that the history, and nothing else, says; and its false alarms, whose limit holds for all windows together."""

    rule: Rule
    claimed: Claimed


def said(amount: ArrayLike, n: ArrayLike, threshold: float, least: float) -> Ints:
    """TOO_FEW, QUIET or OVER for sums over windows: what a look says, in production and in a replay. Any shape."""
    sums, events = np.asarray(amount, float), np.asarray(n, float)
    over = sums > threshold * events * (1 + 1e-12)
    return np.asarray(np.where(events >= max(least, 1.0), np.where(over, OVER, QUIET), TOO_FEW), np.int64)


def looks(series: Series, rule: Rule) -> tuple[Ints, Ints]:
    """(The step at whose end each look is, what it says). Looks whose window begins before the series are left out."""
    ends = np.arange(rule.every - 1, len(series.n), rule.every)
    ends = ends[ends >= rule.window - 1]
    amount, n = trailing(series.amount, rule.window)[ends], trailing(series.n, rule.window)[ends]
    return ends, said(amount, n, rule.threshold, rule.least)


def trips(states: Ints) -> Ints:
    """The looks at which a sensor goes over its bound: over where it was not before; too few to tell changes nothing."""
    known = np.flatnonzero(states != TOO_FEW)
    over = states[known] == OVER
    return np.asarray(known[over & ~np.concatenate([[False], over[:-1]])])


def poisson_upper(alarms: float, days: float, alpha: float = ALPHA) -> float:
    """The most alarms in 30 days that so many in so many days leave possible: one-sided, exact, infinite for no days.

    Garwood 1936, Biometrika 28:437: the 1 - alpha quantile of a gamma with the shape alarms + 1.
    """
    return 30.0 * float(special.gammaincinv(alarms + 1, 1 - alpha)) / days if days > 0 else math.inf


def claimed(series: Series, rule: Rule, alpha: float = ALPHA) -> Claimed:
    """Its false alarms outside of incidents. Days on which it has too few events to judge prove nothing and are not counted."""
    ends, states = looks(series, rule)
    free = ~_touched(series, rule.window)[ends]
    alarms = _apart(ends[free & (states == OVER)], max(series.day, rule.window))
    days = float((free & (states != TOO_FEW)).sum()) * rule.every / series.day
    return Claimed(alarms, days, poisson_upper(alarms, days, alpha))


def chosen(
    series: Series, windows: Sequence[int], allowed: float, least: float = 1.0, every: int = 1, alpha: float = ALPHA
) -> Chosen | None:
    """The quickest rule of the family with at most `allowed` false alarms in 30 days; None: the history shows that of none."""
    found = [_stepped_down(series, Rule(w, 0.0, least, every), allowed, alpha / len(windows)) for w in windows]
    passed = [one for one in found if one is not None]
    if len(passed) < 2:
        return passed[0] if passed else None
    waits = _waits(series, [one.rule for one in passed])
    return passed[int(np.argmin(waits))]


def lowest(series: Series, rule: Rule, allowed: float, alpha: float = ALPHA) -> Chosen | None:
    """The lowest threshold of that window (whatever the rule's own) with so few false alarms; None: none is shown to have."""
    return _stepped_down(series, rule, allowed, alpha)


def fired(series: Series, rule: Rule, began: int, until: int) -> int | None:
    """The step at whose end the rule trips for the first time, with began <= step < until; None where it does not.

    What was over already when the incident began does not count: that is a false alarm which happens to go on.
    """
    ends, states = looks(series, rule)
    at = ends[trips(states)]
    inside = at[(at >= began) & (at < until)]
    return int(inside[0]) if inside.size else None


def _touched(series: Series, window: int) -> Flags:
    """The steps whose window holds anything of an incident."""
    return np.asarray(trailing(series.left_out.astype(float), window) > 0)


def _apart(at: Ints, distance: int) -> int:
    """How many of these steps, in order, lie at least so far from the one before that was counted."""
    count = place = 0
    while place < len(at):
        count += 1
        place = int(np.searchsorted(at, at[place] + distance))
    return count


def _stepped_down(series: Series, rule: Rule, allowed: float, alpha: float) -> Chosen | None:
    """Down the ladder from where nothing is over, to the last rung that is within what is allowed."""
    ends, states = looks(series, rule)
    free = (~_touched(series, rule.window)[ends]) & (states != TOO_FEW)
    at = ends[free]
    days = float(at.size) * rule.every / series.day
    values = trailing(series.amount, rule.window)[at] / np.maximum(trailing(series.n, rule.window)[at], 1.0)
    # A rule that nothing in the history trips is no lower than one event that is bad.
    floor = 1 / max(float(trailing(series.n, rule.window).max(initial=1.0)), 1.0) if series.share else 1e-12
    highest = max(float(values.max(initial=0.0)), floor)
    rung = math.floor(math.log(highest) / math.log(_RUNG)) + 1
    last: Chosen | None = None
    while (threshold := _RUNG**rung) >= floor / _RUNG:
        alarms = _apart(at[values > threshold * (1 + 1e-12)], max(series.day, rule.window))
        upper = poisson_upper(alarms, days, alpha)
        if upper > allowed:
            break
        last = Chosen(Rule(rule.window, threshold, rule.least, rule.every), Claimed(alarms, days, upper))
        rung -= 1
    return last


def _waits(series: Series, rules: Sequence[Rule]) -> Floats:
    """Steps until each rule is over, on average over rises to some times the usual rate, laid over pieces of the history.

    A rise adds the same share to every event, so that nothing is left to chance. What is not found takes as long as was looked.
    """
    longest = max(r.window for r in rules)
    piece = 3 * longest
    clean = ~series.left_out
    usual = float(series.amount[clean].sum()) / max(float(series.n[clean].sum()), 1.0)
    usual = usual or 1 / max(float(series.n[clean].sum()), 1.0)
    ends = np.flatnonzero(trailing(series.left_out.astype(float), piece) == 0)
    ends = ends[ends >= piece - 1]
    ends = ends[np.linspace(0, ends.size - 1, min(_STARTS, ends.size)).astype(int)] if ends.size else ends
    found = np.zeros(len(rules))
    rows = ends[:, None] + np.arange(1 - piece, 1)
    n, amount = series.n[rows], series.amount[rows]
    late = np.arange(piece) >= longest
    for times in _RISES:
        risen = amount + late * (times - 1) * usual * n
        risen = np.minimum(risen, n) if series.share else risen
        for i, rule in enumerate(rules):
            sums = trailing(risen, rule.window)[:, longest:], trailing(n, rule.window)[:, longest:]
            over = said(*sums, rule.threshold, rule.least) == OVER
            found[i] += np.where(over.any(axis=1), over.argmax(axis=1), over.shape[1]).sum()
    return found
