"""Do events, calls or different values come as often as they did? By day where there are enough, else by week or in total."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from cleanroom.core.base import noun
from cleanroom.core.sensors.daily import begin, named
from cleanroom.core.sensors.result import MOST, Over, Quiet, Result, TooFew, few
from cleanroom.core.stats.count_groups import judge_group
from cleanroom.core.stats.daily_counts import Bounds
from cleanroom.core.stats.event_counts import Counted, Judged, judged

HOURS = 3600.0
Floats = NDArray[np.float64]


@noun
class Counts:
    """Rows of a table by day and by value of column `event` ('': all rows), or calls of `system` by day.

    `least`: a series that comes less often a day is judged by the week, or only as part of the total.
    """

    data: str = ""
    time: str = ""
    event: str = ""
    system: str = ""
    least: float = 20.0
    delay: float = 6 * HOURS
    kind: Literal["counts"] = "counts"


@noun
class Cardinality:
    """How many different values columns of a table have by day."""

    data: str
    time: str
    columns: tuple[str, ...]
    least: float = 20.0
    delay: float = 6 * HOURS
    kind: Literal["cardinality"] = "cardinality"


def judge(parts: Mapping[str, Floats], first: int, day: int, least: float, *, grouped: bool) -> Result:
    """One day of all series together: by name the counts of the days from `first` on; those after `day` are not looked at.

    `grouped`: they are parts of a whole, which is judged as well.
    """
    if not parts or day < first:
        return TooFew("nothing yet", "rows with a moment")
    days = range(first, first + len(next(iter(parts.values()))))
    bounds = Bounds(enough=least)
    if grouped:
        found = judge_group(parts, days, day, bounds)
        sums = [found.total, *([found.rest] if found.rest is not None else [])] if len(parts) > 1 else []
        every, covers = [*sums, *found.parts], str(found.coverage)
    else:
        table = np.array(list(parts.values()))
        every = list(judged(list(parts), days, table, day, [bounds] * len(parts)))
        covers = _covers(every)
    bound = f"|z| of a day {bounds.day:g}, of a drift {bounds.drift:g}; of a week -2.5 to -3.5 and {bounds.week_rise:g}; silence"
    if all(one.grain is None and not one.over for one in every):
        return TooFew(covers, _missing(every))
    over = [one for one in every if one.over]
    if not over:
        return Quiet(covers, _nearest(every), bound)
    others = [one.name for one in over[1:]]
    return Over(
        _line(over[0]) + (f"; also {few(others)}" if others else ""),
        bound,
        f"{len(over)} of {len(every)} series out of line",
        begin(min(_since(one) for one in over)),
        covers,
        tuple(_line(one) for one in over[:MOST]),
        tuple(one.name for one in over),
    )


def _covers(every: Sequence[Counted]) -> str:
    grains = [one.grain for one in every]
    parts = [f"{grains.count(g)} by {g}" for g in ("day", "week", "silence") if g in grains]
    blind = [one.name for one in every if one.grain is None]
    return f"Of {len(every)} series {', '.join(parts) or 'none'}" + (f"; not at all: {few(blind)}" if blind else "")


def _missing(every: Sequence[Counted]) -> str:
    day = every[0].day
    return "more days" if isinstance(day, Judged) else day.because


def _nearest(every: Sequence[Counted]) -> str:
    z = [(abs(at.z), one.name, at) for one in every for at in (one.day, one.week) if isinstance(at, Judged)]
    if not z:
        return ""
    _, name, at = max(z, key=lambda found: found[0])
    return f"{name}: {at.seen:,.0f} in the {at.grain}, {at.expected:,.0f} expected (z {at.z:+.1f})"


def _since(one: Counted) -> int:
    since = one.alarm.since if one.alarm is not None else None
    return one.on if since is None else since


def _line(one: Counted) -> str:
    """What is said of a series that is over its bound."""
    alarm, since = one.alarm, named(_since(one))
    if isinstance(alarm, Judged):
        within = "on the day" if alarm.grain == "day" else "in seven days"
        drift = f", drift {alarm.drift:+.1f}" if alarm.drift else ""
        return (
            f"{one.name}: {alarm.seen:,.0f} {within}, {alarm.expected:,.0f} expected ({max(alarm.low, 0):,.0f} to "
            f"{alarm.high:,.0f}; z {alarm.z:+.1f}{drift}), probably since {since}"
        )
    expected = alarm.expected if alarm is not None else 0.0
    return f"{one.name}: nothing since {since}, where {expected:,.0f} usually come"
