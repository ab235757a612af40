"""Do events keep their proportion to one another: within the plan's bounds, and as in the baseline?"""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from cleanroom.core.base import noun
from cleanroom.core.check import CellRows, CheckResult, Family, Outcome
from cleanroom.core.checks.counts import by_day
from cleanroom.core.checks.days import label, overlap, series, windows
from cleanroom.core.checks.words import EDGE, change, count, named, number, percent, plot, result, rows
from cleanroom.core.measure import Measure, Seen
from cleanroom.core.states import Counts
from cleanroom.core.stats.correction import bonferroni
from cleanroom.core.stats.dispersion import of_ratio
from cleanroom.core.stats.intervals import double_ratio_interval, ratio_interval

Pair = tuple[NDArray[np.float64], NDArray[np.float64]]


@noun
class RatioBounds:
    """`of` per `to` lies between `low` and `high` (None leaves a side open), both scaled by their sampling rates.

    `tolerance` is how wide an interval may be before it cannot tell.
    """

    event: str
    time: str
    name_: str
    of: str
    to: str
    low: float | None
    high: float | None
    tolerance: float
    alpha: float
    sampling: tuple[float, float] = (1.0, 1.0)
    kind: Literal["ratio_bounds"] = "ratio_bounds"

    @property
    def name(self) -> str:
        """Its name in the battery."""
        return f"counts.bounds({self.name_})"

    @property
    def family(self) -> Family:
        """Its family."""
        return "counts"

    def needs(self) -> tuple[Measure, ...]:
        """Rows by event and day."""
        return (by_day(self.event, self.time, "candidate"),)

    def judge(self, seen: Seen[object]) -> CheckResult:
        """The Clopper-Pearson interval of the ratio against the bounds."""
        counts = seen[by_day(self.event, self.time, "candidate")]
        days = tuple(sorted(d for d in counts.along(1) if d is not None))
        x, y = series(counts, self.of, days), series(counts, self.to, days)
        what = f"{named(self.of)} per {named(self.to)}"
        bounds = (self.low or 0.0, math.inf if self.high is None else self.high)
        expected = f"{what} between {number(bounds[0])} and {number(bounds[1])}"
        if x.sum() + y.sum() == 0:
            because = f"There is neither {named(self.of)} nor {named(self.to)}."
            missing = f"rows of {named(self.to)}"
            return result(self, Outcome.UNKNOWN, seen="nothing", expected=expected, because=because, missing=missing)
        exposure = self.sampling[0] / self.sampling[1]
        low, high = (float(v) for v in ratio_interval(x.sum(), y.sum(), 2 * self.alpha, of_ratio(x, y), exposure))
        told = f"{what} is {number(low)} to {number(high)}"
        outcome, why, missing = Outcome.PASS, f"{told}, within what the plan allows.", ""
        if low > bounds[1] or high < bounds[0]:
            outcome, why = Outcome.FAIL, f"{told}, outside of what the plan allows."
        elif low < bounds[0] or high > bounds[1]:
            outcome, why, missing = _between(told, low, high, self.tolerance, float(min(x.sum(), y.sum())))
        estimate = x.sum() / y.sum() / exposure if y.sum() else math.inf
        return result(
            self,
            outcome,
            seen=f"{number(estimate)} ({count(x.sum())} to {count(y.sum())})",
            expected=expected,
            because=why,
            missing=missing,
            figures=(("lower", low), ("upper", min(high, 1e300))),
            witness=CellRows(self.event, self.of, self.time, None) if outcome is Outcome.FAIL else None,
        )


def _by_day(of: NDArray[np.float64], to: NDArray[np.float64]) -> list[float]:
    return [float(v) for v in np.divide(of, to, out=np.zeros_like(of), where=to > 0)]


def _between(told: str, low: float, high: float, tolerance: float, n: float) -> tuple[Outcome, str, str]:
    """Neither in nor out: WARN when the interval is narrow, else UNKNOWN with the occurrences that would narrow it."""
    half = math.log(high / low) / 2 if low > 0 and math.isfinite(high) else math.inf
    if half <= math.log1p(tolerance):
        return Outcome.WARN, f"{told}, {EDGE}.", ""
    more = max(1.0, n) * ((half / math.log1p(tolerance)) ** 2 - 1) if math.isfinite(half) else 30 / tolerance**2
    return (
        Outcome.UNKNOWN,
        f"{told}, which is too wide to tell.",
        f"about {rows(more, 'more occurrence')} of the rarer one",
    )


@noun
class RatioShift:
    """`of` per `to` is as in the baseline, within `tolerance`, overall, by week and by day; see counts.EventCount."""

    event: str
    time: str
    name_: str
    of: str
    to: str
    tolerance: float
    min_count: int
    alpha: float
    among: int = 1
    kind: Literal["ratio_shift"] = "ratio_shift"

    @property
    def name(self) -> str:
        """Its name in the battery."""
        return f"counts.ratio({self.name_})"

    @property
    def family(self) -> Family:
        """Its family."""
        return "counts"

    def needs(self) -> tuple[Measure, ...]:
        """Rows by event and day on both sides."""
        return by_day(self.event, self.time, "candidate"), by_day(self.event, self.time, "baseline")

    def judge(self, seen: Seen[object]) -> CheckResult:
        """The interval of the ratio of the two ratios."""
        candidate, baseline = (seen[by_day(self.event, self.time, s)] for s in ("candidate", "baseline"))
        days = overlap(candidate.along(1), baseline.along(1))
        mine, other = self._pair(candidate, days), self._pair(baseline, days)
        of, to = (mine[0].sum(), other[0].sum()), (mine[1].sum(), other[1].sum())
        what = f"{named(self.of)} per {named(self.to)}"
        if min(to) == 0 or max(of) == 0:
            lacking = named(self.to if min(to) == 0 else self.of)
            because = f"{what} cannot be compared, because there is no {lacking}."
            return self._told(Outcome.UNKNOWN, "nothing", because, f"rows of {lacking} on both sides")
        rates = of[0] / to[0], of[1] / to[1]
        seen_ = f"{number(rates[0])} against {number(rates[1])}"
        figures = plot(days, _by_day(*other), _by_day(*mine)) if days else ()
        # The noise of a ratio over the days is that of both its counts together, so each carries it.
        phi = max(of_ratio(*mine), of_ratio(*other))
        failing = self._failing(days, mine, other, phi)
        if failing:
            at, low, high = failing[0]
            because = f"{what} changed by {change(low)} to {change(high)} against the baseline {at}."
            return self._told(Outcome.FAIL, seen_, because, figures=figures)
        _, low, high = double_ratio_interval(of, to, 2 * self.alpha, (phi, phi))
        told = f"{what} changed by {change(low)} to {change(high)} against the baseline"
        if 1 - self.tolerance <= low and high <= 1 + self.tolerance:
            return self._told(Outcome.PASS, seen_, f"{told}.", figures=figures)
        outcome, why, missing = _between(told, low, high, self.tolerance, float(min(*of, *to)))
        return self._told(outcome, seen_, why, missing, figures)

    def _failing(self, days: tuple[str, ...], mine: Pair, other: Pair, phi: float) -> list[tuple[str, float, float]]:
        """The windows whose interval lies outside, the widest first: (where, lower, upper)."""
        many = windows(len(days)) if days else [slice(None)]
        alpha = bonferroni(self.alpha, self.among * len(many))
        out = []
        for w in many:
            of, to = (mine[0][w].sum(), other[0][w].sum()), (mine[1][w].sum(), other[1][w].sum())
            if w is not many[0] and min(*of, *to) < self.min_count:
                continue
            _, low, high = double_ratio_interval(of, to, alpha, (phi, phi))
            if low > 1 + self.tolerance or high < 1 - self.tolerance:
                out.append((f"on {label(days, w)}" if days else "as a whole", low, high))
        return out

    def _pair(self, counts: Counts, days: tuple[str, ...]) -> Pair:
        mine = days or tuple(sorted(d for d in counts.along(1) if d is not None))
        return series(counts, self.of, mine), series(counts, self.to, mine)

    def _told(
        self, outcome: Outcome, seen: str, because: str, missing: str = "", figures: tuple[tuple[str, float], ...] = ()
    ) -> CheckResult:
        return result(
            self,
            outcome,
            seen=seen,
            expected=f"within {percent(self.tolerance)} of the baseline",
            because=because,
            missing=missing,
            figures=figures,
            witness=CellRows(self.event, self.of, self.time, None) if outcome is Outcome.FAIL else None,
        )
