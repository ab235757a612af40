"""Did anything get lost or multiplied? Occurrences of each event by day against the baseline, within a tolerance.

Both sides are recorded at the event's sampling rate, which therefore cancels in their ratio; counts are shown scaled.
Every comparison is an interval of a ratio of two over-dispersed counts (stats/intervals.py): it FAILs only when the
whole interval, after Bonferroni over all events and windows, lies outside the tolerance; it PASSes only when the
interval of all days together lies inside; otherwise it says how much is missing.
"""

from __future__ import annotations

import math
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cleanroom.core.base import noun
from cleanroom.core.check import CellRows, CheckResult, Family, Outcome
from cleanroom.core.checks.days import label, overlap, series, totals, windows
from cleanroom.core.checks.words import EDGE, change, count, most, named, percent, plot, result, rows, with_rows
from cleanroom.core.measure import Column, Day, Measure, Rows, Seen, Side
from cleanroom.core.states import Counts
from cleanroom.core.stats.correction import bonferroni
from cleanroom.core.stats.dispersion import of_ratio
from cleanroom.core.stats.intervals import ratio_interval

Floats = NDArray[np.float64]


@noun
class EventCount:
    """`name_` occurs as often as in the baseline, within `tolerance`, on each day, in each week and overall.

    Days with fewer than `min_count` occurrences on both sides are pooled by week, weeks by all days, where the width
    of the interval says whether even those are too few. Where the sides share no days, the event's share of all rows is
    compared instead. `among`: how many events are compared.
    """

    event: str
    time: str
    name_: str
    tolerance: float
    min_count: int
    alpha: float
    among: int = 1
    sampling: float = 1.0
    kind: Literal["event_count"] = "event_count"

    @property
    def name(self) -> str:
        """Its name in the battery."""
        return f"counts.event({self.name_})"

    @property
    def family(self) -> Family:
        """Its family."""
        return "counts"

    def needs(self) -> tuple[Measure, ...]:
        """Rows by event and day on both sides."""
        return by_day(self.event, self.time, "candidate"), by_day(self.event, self.time, "baseline")

    def judge(self, seen: Seen[object]) -> CheckResult:
        """See the module."""
        candidate, baseline = (seen[by_day(self.event, self.time, s)] for s in ("candidate", "baseline"))
        days = overlap(candidate.along(1), baseline.along(1))
        if not days:
            return self._shares(candidate, baseline)
        x, y = series(candidate, self.name_, days), series(baseline, self.name_, days)
        phi = of_ratio(x, y)
        many = windows(len(days))
        spans = [w for w in many if w is many[0] or max(x[w].sum(), y[w].sum()) >= self.min_count]
        alpha = bonferroni(self.alpha, self.among * len(many))
        sums = np.array([[x[w].sum(), y[w].sum()] for w in spans]).reshape(-1, 2)
        unit = _Sides(x, y, 1.0, phi, f"over {rows(len(days), 'day')}")
        figures = plot(days, y / self.sampling, x / self.sampling)
        outside = self._outside(spans, sums, alpha, phi) if y.sum() else []
        if outside:
            return self._failed(days, outside, unit, figures)
        found = self._whole(unit, alpha, figures)
        suspect = self._outside(spans, sums, self.alpha, phi) if found.outcome is Outcome.PASS and y.sum() else []
        if not suspect:
            return found
        window, low, high, *_ = suspect[0]
        at, name = label(days, window), named(self.name_)
        because = f"{name} seems to have changed by {_band(low, high)} on {at}, which among {len(many)} windows may be chance."
        return self._told(Outcome.WARN, found.seen, because, figures=figures)

    def _outside(self, spans: list[slice], sums: Floats, alpha: float, phi: float) -> list[_Span]:
        """The windows whose whole interval lies outside of the tolerance."""
        low, high = ratio_interval(sums[:, 0], sums[:, 1], alpha, phi)
        found = np.flatnonzero((high < 1 - self.tolerance) | (low > 1 + self.tolerance))
        return [_Span(spans[i], float(low[i]), float(high[i]), float(sums[i, 0]), float(sums[i, 1])) for i in found]

    def _shares(self, candidate: Counts, baseline: Counts) -> CheckResult:
        """No day in common: shares of all rows, with the dispersion of each side's own days."""
        sides, wild = [], [1.0]
        for counts in (candidate, baseline):
            days = tuple(sorted(d for d in counts.along(1) if d is not None))
            mine, all_ = series(counts, self.name_, days), totals(counts, days)
            sides.append((float(mine.sum()), float(all_.sum())))
            wild.append(of_ratio(mine, all_ - mine) if mine.sum() else 1.0)
        (x, nx), (y, ny) = sides
        if nx == 0 or ny == 0:
            return self._told(Outcome.UNKNOWN, "no rows", "One side has no rows with a time.", "rows on both sides")
        unit = _Sides(np.array([x]), np.array([y]), nx / ny, max(wild), "as a share of all rows, no day being shared")
        alpha = bonferroni(self.alpha, self.among)
        return self._whole(unit, alpha, (("share/baseline", y / ny), ("share/candidate", x / nx)))

    def _whole(self, sides: _Sides, alpha: float, figures: tuple[tuple[str, float], ...]) -> CheckResult:
        """All days together: the only place where PASS can come from."""
        x, y = float(sides.x.sum()), float(sides.y.sum())
        name = named(self.name_)
        if x == 0 and y == 0:
            because = f"Neither side has any {name}."
            return self._told(Outcome.PASS, "none on either side", because, figures=figures)
        low, high = sides.interval(alpha)
        if x == 0:
            credible = high < 1 - self.tolerance
            because = f"{name} is missing entirely: the baseline has {rows(y, 'occurrence')} {sides.over}."
            if credible:
                return self._told(Outcome.FAIL, "0", because, figures=figures, day=None)
            lacking = (
                f"about {count(self._to_miss(alpha, sides))} occurrences in the baseline, to tell loss from chance"
            )
            return self._told(Outcome.UNKNOWN, f"0 against {count(y)}", because, lacking, figures)
        if y == 0:
            because = f"{name} is new: the candidate has {rows(x, 'occurrence')}, the baseline none {sides.over}."
            return self._told(Outcome.WARN, f"{count(x)} against 0", because, figures=figures, day=None)
        scale = 1 / self.sampling
        seen = f"{count(x * scale)} against {count(y * scale)}: {change(x / y / sides.exposure)}"
        if low > 1 + self.tolerance or high < 1 - self.tolerance:
            because = f"{name} changed by {_band(low, high)} against the baseline {sides.over}."
            return self._told(Outcome.FAIL, seen, because, figures=figures, day=None)
        return self._decided(sides, seen, figures)

    def _decided(self, sides: _Sides, seen: str, figures: tuple[tuple[str, float], ...]) -> CheckResult:
        """PASS when both one-sided tests at alpha agree (Schuirmann 1987); else UNKNOWN or WARN by the interval's width."""
        low, high = sides.interval(2 * self.alpha)
        name, told = named(self.name_), _band(low, high)
        if 1 - self.tolerance <= low and high <= 1 + self.tolerance:
            because = f"{name} changed by {told} against the baseline {sides.over}."
            return self._told(Outcome.PASS, seen, because, figures=figures)
        half = math.log(high / low) / 2 if math.isfinite(high) and low > 0 else math.inf
        if half <= math.log1p(self.tolerance):
            because = f"{name} changed by {told} against the baseline {sides.over}, {EDGE}."
            return self._told(Outcome.WARN, seen, because, figures=figures)
        n = max(float(sides.x.sum()), float(sides.y.sum()))
        more = n * ((half / math.log1p(self.tolerance)) ** 2 - 1) if math.isfinite(half) else self.min_count
        because = f"{name} occurred {seen} {sides.over}; that few allow anything from {told}, too wide to tell."
        return self._told(Outcome.UNKNOWN, seen, because, f"about {rows(more, 'more occurrence')}", figures)

    def _failed(
        self,
        days: tuple[str, ...],
        worst: list[_Span],
        sides: _Sides,
        figures: tuple[tuple[str, float], ...],
    ) -> CheckResult:
        """Names the widest window that fails, and how many single days do."""
        window, low, high, x, y = worst[0]
        single = [days[w.start] for w, *_ in worst if w.stop - w.start == 1]
        at = label(days, window)
        what = "is missing entirely" if sides.x.sum() == 0 else f"changed by {_band(low, high)}"
        also = (
            f"; so it is on {rows(len(single), 'day')} taken alone, first {single[0]}"
            if len(single) > (at in single)
            else ""
        )
        return self._told(
            Outcome.FAIL,
            f"{count(x / self.sampling)} against {count(y / self.sampling)} ({at})",
            f"{named(self.name_)} {what} against the baseline on {at}{also}.",
            figures=figures,
            day=single[0] if single and len(single) < len(days) else None,
        )

    def _to_miss(self, alpha: float, sides: _Sides) -> float:
        """Occurrences in the baseline that make none in the candidate credible."""
        return math.ceil(sides.phi * math.log(2 / alpha) / math.log1p(1 - self.tolerance))

    def _told(
        self,
        outcome: Outcome,
        seen: str,
        because: str,
        missing: str = "",
        figures: tuple[tuple[str, float], ...] = (),
        day: str | None = "",
    ) -> CheckResult:
        witness = None if day == "" else CellRows(self.event, self.name_, self.time, day)
        sampled = f" (recorded at {percent(self.sampling)})" if self.sampling < 1 else ""
        return result(
            self,
            outcome,
            seen=seen + sampled,
            expected=f"within {percent(self.tolerance)} of the baseline",
            because=because,
            missing=missing,
            figures=figures,
            witness=witness,
        )


class _Span(NamedTuple):
    """A window with the interval of its ratio and its two counts."""

    window: slice
    low: float
    high: float
    x: float
    y: float


class _Sides(NamedTuple):
    """Two counts to compare: by day or in one piece, the ratio of their exposures, and their dispersion."""

    x: Floats
    y: Floats
    exposure: float
    phi: float
    over: str

    def interval(self, alpha: float) -> tuple[float, float]:
        """Of the ratio candidate / baseline."""
        low, high = ratio_interval(self.x.sum(), self.y.sum(), alpha, self.phi, self.exposure)
        return float(low), float(high)


def _band(low: float, high: float) -> str:
    return f"{change(low)} to {change(high)}"


def by_day(event: str, time: str, side: Side) -> Rows:
    """The counts that most checks share: rows by event and UTC day."""
    return Rows((Column(event), Day(time)), side)


@noun
class OtherEvents:
    """Events that the plan does not know: those of the baseline are still there, and none is new."""

    event: str
    time: str
    known: tuple[str, ...]
    alpha: float
    kind: Literal["other_events"] = "other_events"

    @property
    def name(self) -> str:
        """Its name in the battery."""
        return "counts.other_events"

    @property
    def family(self) -> Family:
        """Its family."""
        return "counts"

    def needs(self) -> tuple[Measure, ...]:
        """Rows by event and day on both sides."""
        return by_day(self.event, self.time, "candidate"), by_day(self.event, self.time, "baseline")

    def judge(self, seen: Seen[object]) -> CheckResult:
        """FAIL when one that the baseline has often enough is gone; WARN when there is a new one, or one too rare to tell."""
        candidate, baseline = (seen[by_day(self.event, self.time, s)].along(0) for s in ("candidate", "baseline"))
        strange = {e for e in (*candidate, *baseline) if e not in self.known}
        new = most((e, candidate[e]) for e in strange if e not in baseline)
        gone = most((e, baseline[e]) for e in strange if e not in candidate)
        n, m = sum(candidate.values()), sum(baseline.values())
        alpha = bonferroni(self.alpha, len(strange))
        lost = [(e, k) for e, k in gone if n and m and ratio_interval(0, k, alpha, 2.0, n / m)[1] < 1]
        parts = [f"gone are {with_rows(gone)}"] if gone else []
        parts += [f"new are {with_rows(new)}"] if new else []
        told = " and ".join(parts) if parts else "both sides have the same ones"
        names = tuple(e for e, _ in (lost or new)[:1] if e is not None)
        return result(
            self,
            Outcome.FAIL if lost else Outcome.WARN if gone or new else Outcome.PASS,
            seen=f"{len(gone)} gone, {len(new)} new",
            expected="the same events as in the baseline",
            because=f"Of the events that the plan does not name, {told}.",
            witness=CellRows(self.event, names[0], self.time, None) if names else None,
        )
