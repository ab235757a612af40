"""Has a column of the data drifted, by day and against its own past? Numbers by quantile cells, texts by their names."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

from cleanroom.core.base import noun
from cleanroom.core.sensors.daily import begin, named
from cleanroom.core.sensors.result import MOST, Over, Quiet, Result, TooFew, covered, few
from cleanroom.core.stats import drift
from cleanroom.core.stats.drift import Drift, Judged, Watched
from cleanroom.core.stats.sketch import Scale, Sketch

HOURS = 3600.0


@noun
class Columns:
    """The distributions of columns of a table, each day against the same weekday of the weeks before.

    `columns`: () for every number, and every text that has few different values. The first `learn` days make the scale.
    A day is judged `delay` seconds after its end; where days are thin, the seven days up to it against weeks before.
    """

    data: str
    time: str
    columns: tuple[str, ...] = ()
    learn: int = 28
    floor: float = 0.02
    delay: float = 6 * HOURS
    kind: Literal["columns"] = "columns"

    def judge(self, day: int, columns: Sequence[Watched], weekly: bool = False) -> Drifted:
        """One day of all the columns together; `weekly`: their sketches are of the seven days up to each."""
        if not columns:
            return Drifted(TooFew("no column", f"{self.learn} days to learn from"), frozenset())
        found = drift.drifts(day, columns, drift.Rules(floor=self.floor))
        over = [d for d in found if isinstance(d, Judged) and d.over]
        return Drifted(_result(self, found, over, weekly), frozenset(d.column for d in over))


class Drifted(NamedTuple):
    """The result of a day, and the columns that were over their bound on it."""

    result: Result
    over: frozenset[str]


def _result(watch: Columns, found: Sequence[Drift], over: Sequence[Judged], weekly: bool) -> Result:
    judged = [d for d in found if isinstance(d, Judged)]
    thin = [d for d in found if not isinstance(d, Judged)]
    why = "; ".join(f"{d.column} ({d.why})" for d in thin[:3])
    why = why.replace("days of this weekday", "weeks") if weekly else why
    covers = covered(len(judged), len(found), "columns", why) + (", by week, for days are thin" if weekly else "")
    if not judged:
        return TooFew(covers, thin[0].why.replace("days of this weekday", "weeks") if weekly else thin[0].why)
    if not over:
        nearest = max(judged, key=lambda d: d.distance - d.band)
        sees = max(d.sees for d in judged)
        return Quiet(
            f"{covers}; a distance of {sees:.3g} or more would be found",
            f"{nearest.column}: {nearest.distance:.3g} (known to {nearest.band:.2g})",
            _bound(watch),
        )
    worst = max(over, key=lambda d: d.distance - d.band)
    others = [d.column for d in over if d is not worst]
    also = f"; also {few(others)}" if others else ""
    return Over(
        f"{worst.column} has {worst.says} ({worst.part}) by {worst.distance:.3g}, at least {worst.distance - worst.band:.3g}, "
        f"where {watch.floor:g} is what does not matter{also}",
        _bound(watch),
        f"{worst.distance:.3g}",
        begin(min(d.since if d.since is not None else d.day for d in over)),
        covers,
        tuple(_line(d) for d in sorted(over, key=lambda d: d.band - d.distance)[:MOST]),
        tuple(d.column for d in over),
    )


def _bound(watch: Columns) -> str:
    return f"a distance of {watch.floor:g} with certainty, and rarer than 1% among the columns of the day"


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
