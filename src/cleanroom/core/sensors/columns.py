"""Has a column of the data drifted, by day, against its own past or, without one, a baseline? By cells, or by names."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Literal, NamedTuple

from cleanroom.core.base import noun
from cleanroom.core.sensors.apart import Apart, measured, told
from cleanroom.core.sensors.daily import begin, named
from cleanroom.core.sensors.result import MOST, Over, Quiet, Result, TooFew, covered, few
from cleanroom.core.stats import drift
from cleanroom.core.stats.drift import Judged, Tolerances, Watched
from cleanroom.core.stats.sketch import Scale, Sketch

HOURS = 3600.0


@noun
class Columns:
    """The distributions of columns of a table, each day against the same weekday of the weeks before.

    `columns`: () for every number, and every text that has few different values. The first `learn` days make the scale.
    A day is judged `delay` seconds after its end; where days are thin, the seven days up to it against weeks before.
    What has too little of a past is held against `tolerances`: beside `baseline`, data of which is said that it is right, or
    else beside the weekday of the few weeks that there are.
    """

    data: str
    time: str
    columns: tuple[str, ...] = ()
    learn: int = 28
    floor: float = 0.02
    delay: float = 6 * HOURS
    baseline: str = ""
    tolerances: Tolerances = Tolerances()
    kind: Literal["columns"] = "columns"

    def judge(
        self,
        day: int,
        columns: Sequence[Watched],
        weekly: bool = False,
        baselines: Mapping[str, Sketch] = MappingProxyType({}),
        nearest: int | None = MOST,
    ) -> Drifted:
        """One day of all the columns together; `weekly`: their sketches are of the seven days up to each.

        `baselines`: declared ones by column. `nearest`: so many columns with a past have their distances told as well;
        None: no distance at all, so that only what has a past is judged.
        """
        if not columns:
            return Drifted(TooFew("no column", f"{self.learn} days to learn from"), frozenset())
        rules = drift.Rules(floor=self.floor)
        found = drift.drifts(day, columns, rules)
        fresh = {d.column for d in found if not isinstance(d, Judged) and d.weeks < rules.fewest_weeks}
        apart = {} if nearest is None else measured(day, columns, baselines, fresh, nearest, self.tolerances, rules)
        seen = _Seen(
            tuple(d for d in found if isinstance(d, Judged)),
            tuple(a for c, a in apart.items() if c in fresh and a.says != "too few to tell"),
            tuple(d for d in found if isinstance(d, drift.TooFew)),
            apart,
            weekly,
        )
        return Drifted(_result(self, seen, day), frozenset(seen.over))


class Drifted(NamedTuple):
    """The result of a day, and the columns that were over their bound on it."""

    result: Result
    over: frozenset[str]


class _Seen(NamedTuple):
    """Columns that were judged by their past; those without one, by tolerances; what the past is too short for; distances."""

    judged: tuple[Judged, ...]
    fresh: tuple[Apart, ...]
    thin: tuple[drift.TooFew, ...]
    apart: Mapping[str, Apart]
    weekly: bool

    @property
    def drifted(self) -> list[Judged]:
        return sorted((d for d in self.judged if d.over), key=lambda d: d.band - d.distance)

    @property
    def too_far(self) -> list[Apart]:
        return [a for a in self.fresh if a.says == "over"]

    @property
    def over(self) -> list[str]:
        return [*(d.column for d in self.drifted), *(a.column for a in self.too_far)]

    @property
    def covers(self) -> str:
        """How many columns were judged, and how; and why others were not."""
        by_past, by_tolerance = {d.column for d in self.judged}, {a.column for a in self.fresh}
        lacking = [d for d in self.thin if d.column not in by_tolerance]
        why = "; ".join(f"{d.column} ({self.lacks(d)})" for d in lacking[:3])
        said = covered(len(by_past | by_tolerance), len(self.judged) + len(self.thin), "columns", why)
        how = f", {len(by_tolerance)} of them without a past, by tolerances" if by_tolerance else ""
        return said + how + (", by week, for days are thin" if self.weekly else "")

    def lacks(self, thin: drift.TooFew) -> str:
        """What a column lacks to be judged."""
        why = thin.why.replace("days of this weekday", "weeks") if self.weekly else thin.why
        apart = self.apart.get(thin.column)
        return f"{why}; {apart.lacks or told(apart.worst)}" if apart is not None else why

    def lines(self, columns: Sequence[str]) -> list[str]:
        """The distances of these columns first, then those that have come farthest."""
        rest = sorted(self.apart, key=lambda c: -self.apart[c].worst.distance)
        return [str(self.apart[c]) for c in dict.fromkeys((*columns, *rest)) if c in self.apart]


def _result(watch: Columns, seen: _Seen, day: int) -> Result:
    lines = tuple(seen.lines(seen.over)[:MOST])
    if seen.over:
        return _over(watch, seen, day, lines)
    if not seen.judged and not seen.fresh:
        return TooFew(seen.covers, seen.lacks(seen.thin[0]), lines)
    if not seen.judged:
        nearest = max(seen.fresh, key=lambda a: a.worst.distance / max(a.worst.tolerance, 1e-9))
        return Quiet(seen.covers, f"{nearest.column}: {told(nearest.worst)}", _tolerated(watch), lines)
    judged = max(seen.judged, key=lambda d: d.distance - d.band)
    sees = max(d.sees for d in seen.judged)
    return Quiet(
        f"{seen.covers}; a distance of {sees:.3g} or more would be found",
        f"{judged.column}: {judged.distance:.3g} (known to {judged.band:.2g})",
        _bound(watch),
        lines,
    )


def _over(watch: Columns, seen: _Seen, day: int, lines: tuple[str, ...]) -> Over:
    also = f"; also {few(seen.over[1:])}" if seen.over[1:] else ""
    drifted = tuple(map(_line, seen.drifted[: MOST // 2]))
    evidence = (*drifted, *lines)[:MOST]
    if seen.drifted:
        worst = seen.drifted[0]
        what = (
            f"{worst.column} has {worst.says} ({worst.part}) by {worst.distance:.3g}, at least "
            f"{worst.distance - worst.band:.3g}, where {watch.floor:g} is what does not matter{also}"
        )
        since = min(d.since if d.since is not None else d.day for d in seen.drifted)
        bound, figure = _bound(watch), f"{worst.distance:.3g}"
    else:
        first = max(seen.too_far, key=lambda a: a.worst.lower / max(a.worst.tolerance, 1e-9))
        far = first.worst
        what = (
            f"{first.column} is too far from {first.beside}: {far.name} {far.distance:.3g}, at least {far.lower:.3g}, "
            f"where {far.tolerance:g} is tolerated{also}"
        )
        bound, figure, since = _tolerated(watch), told(far), day
    return Over(what, bound, figure, begin(since), seen.covers, evidence, tuple(seen.over))


def _bound(watch: Columns) -> str:
    return f"a distance of {watch.floor:g} with certainty, and rarer than 1% among the columns of the day"


def _tolerated(watch: Columns) -> str:
    t = watch.tolerances
    return f"KS {t.ks:g}, PSI {t.psi:g}, KL {t.kl:g}, Jensen-Shannon {t.js:g}, nulls {t.nulls:g}, with certainty"


def _line(d: Judged) -> str:
    since = f" since {named(d.since)}" if d.since is not None else ""
    return (
        f"{d.column}: {d.says}{since}, {d.part}, distance {d.distance:.3g} +- {d.band:.2g}, adjusted p {d.adjusted:.2g}, "
        f"{d.n:,} rows against {d.m:,} on {d.weeks} days"
    )


def is_thin(sketches: Mapping[str, Mapping[int, Sketch]], day: int) -> bool:
    """Are the days up to `day` too thin to be judged one by one?"""
    sizes = [s.filled for by in sketches.values() for d, s in by.items() if day - 28 < d <= day]
    return bool(sizes) and statistics.median(sizes) < 2 * drift.RULES.fewest_rows


def weeks(sketches: Mapping[int, Sketch], day: int) -> dict[int, Sketch]:
    """The seven days up to `day`, and of each week before it that has days, by its last day."""
    out: dict[int, Sketch] = {}
    for d, one in sketches.items():
        end = d + (day - d) % 7
        out[end] = out[end] + one if end in out else one
    return out


def watched(
    day: int,
    scales: Mapping[str, Scale],
    sketches: Mapping[str, Mapping[int, Sketch]],
    over: Mapping[str, frozenset[int]],
    since: int,
) -> list[Watched]:
    """What `judge` wants, for the columns that have rows that day. `since`: the first day of the history that counts."""
    return [
        Watched(
            column,
            scale,
            sketches[column][day],
            tuple((d, s) for d, s in sorted(sketches[column].items()) if since <= d < day),
            over.get(column, frozenset()),
        )
        for column, scale in scales.items()
        if day in sketches.get(column, {})
    ]
