"""Is a number distributed as in the baseline?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from cleanroom.core.base import noun
from cleanroom.core.check import CheckResult, Family
from cleanroom.core.checks.counts import by_day
from cleanroom.core.checks.days import label, overlap, totals, windows
from cleanroom.core.checks.drift import Distance, Window, compare, nothing, told
from cleanroom.core.checks.words import Figures, number, plot
from cleanroom.core.measure import Day, Measure, Seen, Side, Spread
from cleanroom.core.states import Counts, Histogram, bin_value
from cleanroom.core.stats import distances
from cleanroom.core.stats.dispersion import of_shares

Floats = NDArray[np.float64]
_VAST = 1e300

Sparse = tuple[NDArray[np.int64], NDArray[np.int64]]


@noun
class Numbers:
    """The distribution of a number is that of the baseline: KS distance at most `ks`, PSI over tenths at most `psi`.

    The share of rows that have a number is held to `ks` too. `among`: how many columns are compared.
    """

    column: str
    event: str
    time: str
    ks: float
    psi: float
    alpha: float
    among: int = 1
    kind: Literal["numbers"] = "numbers"

    @property
    def name(self) -> str:
        """Its name in the battery."""
        return f"drift.numbers({self.column})"

    @property
    def family(self) -> Family:
        """Its family."""
        return "drift"

    def needs(self) -> tuple[Measure, ...]:
        """Histograms by day, and all rows by day, on both sides."""
        sides: tuple[Side, Side] = ("candidate", "baseline")
        return (*(self._spread(s) for s in sides), *(by_day(self.event, self.time, s) for s in sides))

    def _spread(self, side: Side) -> Spread:
        return Spread(self.column, (Day(self.time),), side=side)

    def judge(self, seen: Seen[object]) -> CheckResult:
        """See drift.py."""
        expected = f"KS at most {self.ks:g} and PSI at most {self.psi:g}, overall, by week, by day and lately"
        candidate, baseline = seen[self._spread("candidate")], seen[self._spread("baseline")]
        if not candidate.by or not baseline.by:
            return nothing(self, self.column, (len(candidate.by), len(baseline.by)), expected)
        table = _Table(baseline, candidate)
        many = table.windows()
        if not many[0].candidate.sum() or not many[0].baseline.sum():
            return nothing(self, self.column, (many[0].candidate.sum(), many[0].baseline.sum()), expected)
        rows = [seen[by_day(self.event, self.time, s)] for s in ("baseline", "candidate")]
        filled = table.filled(rows[0], rows[1])

        def measured(window: Window, alpha: float, thorough: bool) -> Sequence[Distance]:
            found = self._distances(window, table, alpha, thorough)
            return [*found, self._filled(filled, alpha)] if thorough else found

        b, c = many[0].baseline, many[0].candidate
        figures: Figures = (
            ("cramer_von_mises", distances.cramer_von_mises(b, c)),
            ("wasserstein", distances.wasserstein(table.values, b, c)),
            ("dispersion", table.phi),
            *table.shape(many[0]),
        )
        found = compare(many, measured, self.alpha, self.among)
        return told(self, self.column, found, expected=expected, detail=table.medians, figures=figures)

    def _distances(self, window: Window, table: _Table, alpha: float, thorough: bool) -> list[Distance]:
        """KS and PSI of one window; the PSI's bounds are drawn only where they can matter."""
        b, c = window.baseline, window.candidate
        n, m = b.sum() / table.phi, c.sum() / table.phi
        d = distances.ks(b, c)
        lower, upper = d - distances.dkw(n, m, alpha), d + distances.dkw(n, m, self.alpha)
        out = [Distance("KS", self.ks, d, max(0.0, lower), min(1.0, upper))]
        tenths = table.tenths(b), table.tenths(c)
        if thorough or distances.psi(*tenths) > self.psi:
            out.append(Distance("PSI", self.psi, *distances.psi_bounds(*tenths, (alpha, self.alpha), table.phi)))
        return out

    def _filled(self, sides: tuple[Floats, Floats], alpha: float) -> Distance:
        """The KS distance of 'has a number', which is the difference of the shares; arrays (days, [empty, filled])."""
        b, c = (s.sum(0) for s in sides)
        if not b.sum() or not c.sum():
            return Distance("filled", self.ks, 0.0, 0.0, 0.0)
        phi = of_shares(sides[1], sides[0]) if len(sides[0]) == len(sides[1]) else max(map(of_shares, sides))
        d = distances.ks(b, c)
        bands = [distances.dkw(b.sum() / phi, c.sum() / phi, a) for a in (alpha, self.alpha)]
        return Distance("filled", self.ks, d, max(0.0, d - bands[0]), min(1.0, d + bands[1]))


class _Table:
    """Both sides' histograms over common bins, sliced into windows."""

    def __init__(self, baseline: Histogram, candidate: Histogram) -> None:
        self._b, self._c = ({k[0]: v for k, v in h.by.items() if k[0] is not None} for h in (baseline, candidate))
        self.cells = np.unique(np.concatenate([v[0] for v in (*baseline.by.values(), *candidate.by.values())]))
        with np.errstate(over="ignore"):  # the bin of the greatest doubles has its middle beyond them
            self.values = np.clip(bin_value(self.cells), -_VAST, _VAST)
        self._whole = self._dense(list(baseline.by.values())), self._dense(list(candidate.by.values()))
        self._tenth = distances.deciles(self._whole[0])
        self.days = overlap(self._b, self._c)
        self.phi = self._dispersion()

    def _dense(self, parts: Sequence[Sparse]) -> Floats:
        out = np.zeros(len(self.cells))
        for bins, n in parts:
            out[np.searchsorted(self.cells, bins)] += n
        return out

    def _during(self, side: dict[str, Sparse], days: Sequence[str]) -> Floats:
        return self._dense([side[d] for d in days if d in side])

    def tenths(self, n: Floats) -> Floats:
        """Counts by tenth of the baseline."""
        return np.asarray(np.bincount(self._tenth, n))

    def medians(self, window: Window) -> str:
        """The middle values of both sides, in words."""
        middle = [
            float(self.values[np.searchsorted(np.cumsum(n), n.sum() / 2)]) for n in (window.candidate, window.baseline)
        ]
        return f"median {number(middle[0])} against {number(middle[1])}"

    def filled(self, baseline: Counts, candidate: Counts) -> tuple[Floats, Floats]:
        """Rows without and with a number on the days that are compared: (baseline, candidate), each (days, 2)."""
        out = []
        for side, counts in ((self._b, baseline), (self._c, candidate)):
            days = self.days or tuple(sorted(d for d in counts.along(1) if d is not None))
            having = np.array([side[d][1].sum() if d in side else 0 for d in days], float)
            out.append(np.stack([np.maximum(0.0, totals(counts, days) - having), having], axis=1))
        return out[0], out[1]

    def _dispersion(self) -> float:
        b, c = (
            np.array([self.tenths(self._during(side, (d,))) for d in self.days or sorted(side)])
            for side in (self._b, self._c)
        )
        return of_shares(c, b) if self.days else max((of_shares(v) for v in (b, c) if len(v)), default=1.0)

    def windows(self) -> list[Window]:
        """The whole first. Without common days, each seven days of the candidate against the whole baseline."""
        if self.days:
            shared = [(label(self.days, w), self.days[w]) for w in windows(len(self.days))]
            return [Window(at, d, self._during(self._b, d), self._during(self._c, d)) for at, d in shared]
        mine = tuple(sorted(self._c))
        weeks = [w for w in windows(len(mine)) if 1 < len(mine[w]) < len(mine)]
        later = [Window(label(mine, w), mine[w], self._whole[0], self._during(self._c, mine[w])) for w in weeks]
        return [Window("the whole", mine, *self._whole), *later]

    def shape(self, window: Window) -> Figures:
        """Shares of both sides in some twenty steps of the baseline's values, for a plot."""
        place = distances.deciles(self._whole[0], 20)
        b, c = np.bincount(place, window.baseline), np.bincount(place, window.candidate)
        last = np.flatnonzero(np.r_[place[1:] != place[:-1], True])
        labels = [f"up to {number(v)}" for v in self.values[last]]
        return plot(labels, b / max(1.0, b.sum()), c / max(1.0, c.sum()))
