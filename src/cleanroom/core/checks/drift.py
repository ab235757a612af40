"""Has a distribution moved? What the checks of numbers and of categories share: windows, distances, the outcome.

The hypothesis is 'the distance is at most its limit'. A lower bound above it FAILs (at an error rate shared by all
windows and columns), an upper bound below it PASSes, and between them the width of the band says whether more rows
would help. Rows that come in bunches count for less (stats/dispersion.py). A bare p-value is never reported.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cleanroom.core.check import Check, CheckResult, Outcome, Witness
from cleanroom.core.checks.words import EDGE, Figures, named, result, rows, weighed, worst
from cleanroom.core.stats import distances
from cleanroom.core.stats.correction import bonferroni

Floats = NDArray[np.float64]


class Window(NamedTuple):
    """Counts over the same cells in one stretch of time."""

    label: str
    days: tuple[str, ...]
    baseline: Floats
    candidate: Floats


class Distance(NamedTuple):
    """A distance with bounds: `lower` at the family's error rate, `upper` at the check's own."""

    name: str
    limit: float
    distance: float
    lower: float
    upper: float

    @property
    def outcome(self) -> Outcome:
        """Against its limit."""
        return weighed(self.lower, self.upper, self.limit)

    def __str__(self) -> str:
        return f"{self.name} {self.distance:.3g} ({self.lower:.3g} to {self.upper:.3g})"


Measured = Callable[[Window, float, bool], Sequence[Distance]]
"""The distances of a window at an error rate; the last argument asks for all of them, not just those that may fail."""


class Found(NamedTuple):
    """The distances over everything, and those that fail with their windows."""

    whole: Window
    overall: list[Distance]
    failing: list[tuple[Window, Distance]]

    @property
    def farthest(self) -> tuple[Window, Distance]:
        """The failing window that is farthest beyond its limit, in units of the limit."""
        return max(self.failing, key=lambda f: f[1].lower / f[1].limit if f[1].limit else f[1].lower)

    @property
    def days(self) -> tuple[str, ...]:
        """The single days that fail."""
        return tuple(dict.fromkeys(w.days[0] for w, _ in self.failing if len(w.days) == 1))


def compare(windows: Sequence[Window], measured: Measured, alpha: float, among: int) -> Found:
    """Distances of all windows (the whole is the first), each at its share of alpha (Bonferroni)."""
    each = bonferroni(alpha, among * len(windows))
    failing = []
    for i, window in enumerate(windows):
        if window.baseline.sum() and window.candidate.sum():
            failing += [(window, d) for d in measured(window, each, i == 0) if d.outcome is Outcome.FAIL]
    return Found(windows[0], list(measured(windows[0], each, True)), failing)


def told(
    check: Check,
    column: str,
    found: Found,
    *,
    expected: str,
    detail: Callable[[Window], str],
    figures: Figures,
    witness: Witness | None = None,
) -> CheckResult:
    """The result: the failing window in words, or what all of it together says."""
    sizes = [found.whole.candidate.sum(), found.whole.baseline.sum()]
    outcome = Outcome.FAIL if found.failing else worst(d.outcome for d in found.overall)
    which = next((d for d in found.overall if d.outcome is outcome), found.overall[0])
    lacking = f"about {rows(to_decide(which, min(sizes)), 'more row')} a side"
    return result(
        check,
        outcome,
        seen=f"{'; '.join(map(str, found.overall))}; {rows(sizes[0])} against {rows(sizes[1])}",
        expected=expected,
        because=_because(named(column), found, outcome, which, detail),
        missing=lacking if outcome is Outcome.UNKNOWN else "",
        figures=(*((d.name.lower(), d.distance) for d in found.overall), *figures),
        witness=witness if outcome is Outcome.FAIL else None,
    )


def _because(name: str, found: Found, outcome: Outcome, which: Distance, detail: Callable[[Window], str]) -> str:
    if found.failing:
        window, d = found.farthest
        days = len(found.days)
        also = f" (so it is on {rows(days, 'day')} taken alone)" if days > (len(window.days) == 1) else ""
        return (
            f"{name} is distributed differently from the baseline on {window.label}{also}: {d.name} {d.distance:.3g}, "
            f"at least {d.lower:.3g} where {d.limit:g} is allowed; {detail(window)}."
        )
    if outcome is Outcome.PASS:
        return f"{name} is distributed as in the baseline: {'; '.join(map(str, found.overall[:2]))}."
    if outcome is Outcome.WARN:
        return f"{name} has moved: {which}, {EDGE} ({which.limit:g})."
    return f"Too few rows to tell whether {name} moved: {which} around a limit of {which.limit:g}."


def to_decide(d: Distance, n: float) -> float:
    """More rows a side that would narrow the band to the distance from the limit: bands shrink with the square root."""
    slack = max(abs(d.limit - d.distance), d.limit / 4)
    half = (d.upper - d.lower) / 2
    if not math.isfinite(half):
        return distances.ENOUGH**2
    return max(1.0, n * ((half / slack) ** 2 - 1))


def nothing(check: Check, column: str, sides: Sequence[float], expected: str) -> CheckResult:
    """UNKNOWN: one side (candidate, baseline) has no values."""
    side = "candidate" if sides[0] == 0 else "baseline"
    because = f"The {side} has no values of {named(column)} to compare."
    missing = f"values of {named(column)} in the {side}"
    return result(check, Outcome.UNKNOWN, seen="nothing", expected=expected, because=because, missing=missing)
