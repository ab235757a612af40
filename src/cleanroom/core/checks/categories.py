"""Are the shares of a column's values those of the baseline?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from cleanroom.core.base import noun
from cleanroom.core.check import CheckResult, Family, ValueRows
from cleanroom.core.checks.days import label, matrix, overlap, windows
from cleanroom.core.checks.drift import Distance, Window, compare, nothing, told
from cleanroom.core.checks.words import named, percent, plot
from cleanroom.core.measure import Column, Day, Measure, Rows, Seen, Side
from cleanroom.core.states import Counts
from cleanroom.core.stats import distances
from cleanroom.core.stats.dispersion import of_shares

Floats = NDArray[np.float64]

_MANY = 50
_RARE = 0.001
_OTHER = "(all other values)"


@noun
class Categories:
    """The shares of a column's values are those of the baseline: Jensen-Shannon distance at most `js`, PSI at most `psi`.

    Null is a value of its own; beyond the 50 most frequent ones, values of less than 0.1% of the rows are taken
    together. `among`: how many columns are compared.
    """

    column: str
    time: str
    js: float
    psi: float
    alpha: float
    among: int = 1
    kind: Literal["categories"] = "categories"

    @property
    def name(self) -> str:
        """Its name in the battery."""
        return f"drift.categories({self.column})"

    @property
    def family(self) -> Family:
        """Its family."""
        return "drift"

    def needs(self) -> tuple[Measure, ...]:
        """Rows by value and day on both sides."""
        return self._rows("candidate"), self._rows("baseline")

    def _rows(self, side: Side) -> Rows:
        return Rows((Column(self.column), Day(self.time)), side)

    def judge(self, seen: Seen[object]) -> CheckResult:
        """See drift.py."""
        expected = f"JS distance at most {self.js:g} and PSI at most {self.psi:g}, overall, by week, by day and lately"
        candidate, baseline = seen[self._rows("candidate")], seen[self._rows("baseline")]
        if not candidate.total or not baseline.total:
            return nothing(self, self.column, (candidate.total, baseline.total), expected)
        table = _Table(baseline, candidate)
        many = table.windows()
        b, c = many[0].baseline, many[0].candidate
        if not b.sum() or not c.sum():
            return nothing(self, self.column, (c.sum(), b.sum()), expected)

        def measured(window: Window, alpha: float, thorough: bool) -> Sequence[Distance]:
            return self._distances(window, table.phi, alpha, thorough)

        found = compare(many, measured, self.alpha, self.among)
        statistic, degrees, effect = distances.chi_square(b, c)
        more = (("chi2", statistic), ("chi2_degrees", float(degrees)), ("cramers_v", effect), ("dispersion", table.phi))
        top = np.argsort(-(b + c), kind="stable")[:12]
        shown = plot([named(table.values[i]) for i in top], b[top] / b.sum(), c[top] / c.sum())
        moved = table.values[table.moved(found.farthest[0] if found.failing else many[0])[0]]
        witness = ValueRows(self.column, (moved,)) if moved != _OTHER else None
        return told(
            self, self.column, found, expected=expected, detail=table.detail, figures=(*more, *shown), witness=witness
        )

    def _distances(self, window: Window, phi: float, alpha: float, thorough: bool) -> list[Distance]:
        """Both distances of one window; bounds are drawn only where they can matter."""
        b, c, out = window.baseline, window.candidate, []
        rates = (alpha, self.alpha)
        if thorough or distances.jensen_shannon(b, c) > self.js:
            out.append(Distance("JS", self.js, *distances.jensen_shannon_bounds(b, c, rates, phi)))
        if thorough or distances.psi(b, c) > self.psi:
            out.append(Distance("PSI", self.psi, *distances.psi_bounds(b, c, rates, phi)))
        return out


class _Table:
    """Both sides' counts by day over the same values, sliced into windows."""

    def __init__(self, baseline: Counts, candidate: Counts) -> None:
        self.days = overlap(baseline.along(1), candidate.along(1))
        sides = [(n, self.days or tuple(sorted(d for d in n.along(1) if d is not None))) for n in (baseline, candidate)]
        values = sorted({k[0] for n, _ in sides for k in n.by}, key=lambda v: (v is None, v or ""))
        b, c = (matrix(n, values, days) for n, days in sides)
        self._mine = sides[1][1]
        self.values, (self._b, self._c) = _lumped(values, b, c)
        self.phi = of_shares(self._c, self._b) if self.days else max(of_shares(self._b), of_shares(self._c))

    def windows(self) -> list[Window]:
        """The whole first. Without common days, each seven days of the candidate against the whole baseline."""
        out = []
        for w in windows(len(self._mine)):
            if self.days:
                out.append(Window(label(self.days, w), self.days[w], self._b[w].sum(0), self._c[w].sum(0)))
            elif len(self._mine[w]) > 1 or len(self._mine) == 1:
                out.append(Window(label(self._mine, w), self._mine[w], self._b.sum(0), self._c[w].sum(0)))
        return out or [Window("the whole", (), self._b.sum(0), self._c.sum(0))]

    def moved(self, window: Window) -> list[int]:
        """The values by how much their share changed, most first."""
        apart = window.candidate / window.candidate.sum() - window.baseline / window.baseline.sum()
        return [int(i) for i in np.argsort(-np.abs(apart), kind="stable")]

    def detail(self, window: Window) -> str:
        """The value that moved most, in words."""
        i = self.moved(window)[0]
        after, before = window.candidate[i] / window.candidate.sum(), window.baseline[i] / window.baseline.sum()
        return f"{named(self.values[i])} went from {percent(before)} to {percent(after)} of the rows"


def _lumped(values: list[str | None], b: Floats, c: Floats) -> tuple[list[str | None], tuple[Floats, Floats]]:
    """Rare values beyond the most frequent ones as one."""
    share = (b.sum(0) + c.sum(0)) / max(1.0, b.sum() + c.sum())
    order = np.argsort(-share, kind="stable")
    kept = np.sort(np.concatenate([order[:_MANY], [i for i in order[_MANY:] if share[i] >= _RARE]]).astype(int))
    rest = np.setdiff1d(np.arange(len(values)), kept)
    if not len(rest):
        return values, (b, c)
    sides = tuple(np.concatenate([n[:, kept], n[:, rest].sum(1, keepdims=True)], axis=1) for n in (b, c))
    return [*(values[i] for i in kept), _OTHER], (sides[0], sides[1])
