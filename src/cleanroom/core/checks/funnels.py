"""Do people take the steps of a funnel in order, and does no step have more people than the one before?"""

from __future__ import annotations

from typing import Literal

import numpy as np

from cleanroom.core.base import noun
from cleanroom.core.check import CellRows, CheckResult, Family, Outcome, SkippedRows
from cleanroom.core.checks.paths import Days, Paths, by_day, paths
from cleanroom.core.checks.words import EDGE, Figures, count, named, percent, plot, result, rows, worst
from cleanroom.core.measure import Measure, Seen, Side, Steps
from cleanroom.core.stats.correction import bonferroni
from cleanroom.core.stats.intervals import ratio_interval, share_lower, share_upper, trials_to_decide

RISE = 0.01
"""Skips credibly more frequent than the baseline's by more than one point are worth a WARN, though the plan allows them."""


@noun
class FunnelOrder:
    """At most `max_skips` of the people at a step come without the step before, earlier or at the same moment.

    Steps recorded at a sampling rate below 1 are missing for others without fault: max_skips is widened by it.
    """

    name_: str
    who: str
    event: str
    time: str
    steps: tuple[str, ...]
    max_skips: float
    alpha: float
    has_baseline: bool
    among: int = 1
    sampling: tuple[float, ...] = ()
    kind: Literal["funnel_order"] = "funnel_order"

    @property
    def name(self) -> str:
        """Its name in the battery."""
        return f"funnels.order({self.name_})"

    @property
    def family(self) -> Family:
        """Its family."""
        return "funnels"

    def needs(self) -> tuple[Measure, ...]:
        """The trail of each side."""
        return tuple(self._steps(s) for s in self._sides)

    @property
    def _sides(self) -> tuple[Side, ...]:
        return ("candidate", "baseline") if self.has_baseline else ("candidate",)

    def _steps(self, side: Side) -> Steps:
        return Steps(self.who, self.event, self.time, self.steps, side)

    def judge(self, seen: Seen[object]) -> CheckResult:
        """The worst of its steps; see `_step`."""
        found = [paths(seen[self._steps(s)], len(self.steps)) for s in self._sides]
        mine, other = found[0], found[1] if self.has_baseline else None
        judged = [self._step(i, mine, other) for i in range(1, len(self.steps))]
        outcome = worst(o for o, *_ in judged)
        at, (_, because, missing) = next((i, j) for i, j in enumerate(judged) if j[0] is outcome)
        people = [f"{named(s)} {count(n)}" for s, n in zip(self.steps, mine.reached, strict=True)]
        witness = SkippedRows(self.who, self.event, self.time, self.steps[at], self.steps[at + 1])
        return result(
            self,
            outcome,
            seen=f"in order: {', '.join(people)}",
            expected=f"at most {percent(self.max_skips)} at each step without the step before",
            because=because,
            missing=missing,
            figures=self._figures(mine, other),
            witness=witness if outcome in (Outcome.FAIL, Outcome.WARN) and mine.skipped[at + 1] else None,
        )

    def _step(self, i: int, mine: Paths, other: Paths | None) -> tuple[Outcome, str, str]:
        """(outcome, why, missing) of one step: Clopper-Pearson bounds of the share who skipped against what is allowed."""
        n, k = int(mine.people[i]), int(mine.skipped[i])
        here, before = named(self.steps[i]), named(self.steps[i - 1])
        allowed = 1 - (1 - self.max_skips) * (self.sampling[i - 1] if self.sampling else 1.0)
        enough = trials_to_decide(0.0, allowed, self.alpha)
        low = float(share_lower(k, n, bonferroni(self.alpha, self.among * (len(self.steps) - 1))))
        high = float(share_upper(k, n, self.alpha))
        told = f"{count(k)} of {rows(n, 'people').removesuffix('s')} ({percent(k / max(1, n))}) at {here} lack {before} before"
        rose, also = self._against(i, low, other)
        if low > allowed:
            return Outcome.FAIL, f"{told}, where {percent(allowed)} is allowed{also}.", ""
        if n < enough:
            because = f"{told}, which is too few people to tell."
            return Outcome.UNKNOWN, because, f"{count(enough - n)} more people at {here}"
        if high > allowed:
            return Outcome.WARN, f"{told}, {EDGE} ({percent(allowed)}){also}.", ""
        return (Outcome.WARN if rose else Outcome.PASS), f"{told}{also}.", ""

    def _against(self, i: int, low: float, other: Paths | None) -> tuple[bool, str]:
        """Is it credibly above the baseline's own share, and that share in words."""
        if other is None or not other.people[i]:
            return False, ""
        n, k = int(other.people[i]), int(other.skipped[i])
        rose = low > float(share_upper(k, n, self.alpha)) + RISE
        return rose, f"; in the baseline {percent(k / n)}"

    def _figures(self, mine: Paths, other: Paths | None) -> Figures:
        skipped = tuple(
            (f"skipped/{s}", float(k)) for s, k in zip(self.steps[1:], mine.skipped[1:].tolist(), strict=True)
        )
        if other is not None:
            return (*plot(self.steps, other.reached.tolist(), mine.reached.tolist()), *skipped)
        return (*((f"candidate/{s}", float(k)) for s, k in zip(self.steps, mine.reached, strict=True)), *skipped)


@noun
class FunnelShape:
    """On each day no step has more people than the step before: a funnel never grows.

    Compared are those who did only one of the two steps that day, given their sum (McNemar 1947, exact); steps recorded
    at different sampling rates are compared as two counts instead.
    """

    name_: str
    who: str
    event: str
    time: str
    steps: tuple[str, ...]
    alpha: float
    among: int = 1
    sampling: tuple[float, ...] = ()
    kind: Literal["funnel_shape"] = "funnel_shape"

    @property
    def name(self) -> str:
        """Its name in the battery."""
        return f"funnels.shape({self.name_})"

    @property
    def family(self) -> Family:
        """Its family."""
        return "funnels"

    def needs(self) -> tuple[Measure, ...]:
        """The trail."""
        return (Steps(self.who, self.event, self.time, self.steps),)

    def judge(self, seen: Seen[object]) -> CheckResult:
        """FAIL where a step is credibly larger than the one before, on a day or over all days (Bonferroni)."""
        found = by_day(seen[Steps(self.who, self.event, self.time, self.steps)], len(self.steps))
        expected = "each day no more people at a step than at the step before"
        total = int(found.people.sum())
        if total == 0:
            because, missing = "Nobody took any of the steps.", "people at any of the steps"
            return result(self, Outcome.UNKNOWN, seen="nothing", expected=expected, because=because, missing=missing)
        lower = self._lower(found)
        if (lower > 1).any():
            return self._grew(found, lower, expected)
        scaled = found.people / self._rates
        grown, days = int((scaled[:, 1:] > scaled[:, :-1]).any(axis=1).sum()), len(found.day)
        sums = scaled.sum(0)
        whole = np.flatnonzero(sums[1:] > sums[:-1]) + 1
        if len(whole):
            i = int(whole[0])
            sizes = f"{count(sums[i])} to {count(sums[i - 1])}"
            because = f"{named(self.steps[i])} has more people than {named(self.steps[i - 1])} ({sizes}), {EDGE}."
        else:
            chance = f"; the {rows(grown, 'other day')} may be chance" if grown else ""
            because = (
                f"On {count(days - grown)} of {rows(days, 'day')} no step has more people than the one before{chance}."
            )
        return result(
            self,
            Outcome.WARN if len(whole) else Outcome.PASS,
            seen=f"{rows(grown, 'day')} of {days} with a step that grows",
            expected=expected,
            because=because,
            figures=(("days", float(days)), ("growing_days", float(grown))),
        )

    @property
    def _rates(self) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        return np.array(self.sampling or (1.0,) * len(self.steps))

    def _lower(self, found: Days) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
        """Lower limits of people here / people before, shape (1 + days, steps - 1); the first row is all days together."""
        pooled = [np.vstack([a.sum(0, keepdims=True), a])[:, 1:] for a in (found.only, found.left)]
        alpha = 2 * bonferroni(self.alpha, self.among * pooled[0].size)
        rates = self._rates
        if (rates == rates[0]).all():
            return np.asarray(ratio_interval(pooled[0], pooled[1], alpha)[0])
        people = np.vstack([found.people.sum(0, keepdims=True), found.people])
        return np.asarray(ratio_interval(people[:, 1:], people[:, :-1], alpha, exposure=rates[1:] / rates[:-1])[0])

    def _grew(
        self, found: Days, lower: np.ndarray[tuple[int, int], np.dtype[np.float64]], expected: str
    ) -> CheckResult:
        """Names the worst step and day."""
        row, place = np.unravel_index(int(np.argmax(lower)), lower.shape)
        step = int(place) + 1
        days = np.flatnonzero((lower[1:] > 1).any(axis=1))
        day = str(np.datetime64(int(found.day[row - 1]), "D")) if row else None
        people = found.people.sum(0) if row == 0 else found.people[row - 1]
        here, before = named(self.steps[step]), named(self.steps[step - 1])
        also = len(days) > (day is not None)
        alone = f"; so it is on {rows(len(days), 'day')} taken alone" if also else ""
        at = f"on {day}" if day else f"over all {rows(len(found.day), 'day')}"
        because = (
            f"{here} has {count(people[step])} people, {before} before it only {count(people[step - 1])}, {at}{alone}."
        )
        return result(
            self,
            Outcome.FAIL,
            seen=f"{rows(len(days), 'day')} of {len(found.day)} on which a step credibly grows",
            expected=expected,
            because=because,
            figures=(("days", float(len(found.day))), ("growing_days", float(len(days)))),
            witness=CellRows(self.event, self.steps[step], self.time, day),
        )
