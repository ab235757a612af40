"""Do events come as they used to? One series judged by day, by week and by its silence; thin ones are too few to tell.

The arithmetic is in stats/daily_counts.py, groups of series in stats/count_groups.py. Days are integers (days since
1970-01-01, say). A day that is not given is a day nothing is known about: the source was stale, the sensor did not run, or
an incident that is over is left out on purpose. A day on which nothing came is given, with the count 0.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cleanroom.core.base import noun
from cleanroom.core.stats.daily_counts import SHIFT, WINDOW, Bounds, Scored, drifts, needs_week, scored, student
from cleanroom.core.stats.weekdays import WEEK

Floats = NDArray[np.float64]
Grain = Literal["day", "week", "silence"]

FEWEST = 28
"""Days that must be known before a series is judged: four of each weekday."""

KEPT = 2 * WINDOW + 2 * WEEK
"""Days that are looked at: errors of a window, each with a window before it."""

_SILENT = 12.0
"""Bunches that must have been expected in a silence: the chance of none is exp(-12) of a Poisson number of bunches."""


@noun
class Judged:
    """A count that could be judged. `over`: it is out of line.

    `seen` in the day, or in the seven days up to it; `expected` instead, and `low` to `high` is where it raises no alarm by
    itself (`low` is -1 where not even a 0 would); `z` is how far it is out, negative: too few. `drift`: the CUSUM of days (0
    in a week's). `since`: the day from which on it has probably been so, where it is over. `finds_drop`: the share that must
    go missing in one day (or week) to be found at once; None: not even all of it, so that this grain covers nothing yet.
    """

    grain: Literal["day", "week"]
    over: bool
    seen: float
    expected: float
    low: float
    high: float
    z: float
    drift: float
    since: int | None
    finds_drop: float | None

    @property
    def way(self) -> Literal["drop", "rise"]:
        """Too few or too many."""
        return "drop" if (self.z if abs(self.drift) < abs(self.z) else self.drift) < 0 else "rise"


@noun
class TooFew:
    """Too few to tell, which is quiet. `seen` and `expected` where there is such a number; `because`: a sentence."""

    grain: Literal["day", "week"]
    because: str
    seen: float | None = None
    expected: float | None = None


@noun
class Silence:
    """Nothing has come since `since` (None: something has, today). `expected`: events that usually come in that time.

    `over`: so long a silence cannot be chance. `found_after`: days of silence after which it would be found; None where too
    little is known. This covers a series that is too thin for a week, and keeps saying so when a long outage has become
    what the trend expects.
    """

    over: bool
    since: int | None
    expected: float
    found_after: int | None


@noun
class Counted:
    """A series on the day `on`."""

    name: str
    on: int
    day: Judged | TooFew
    week: Judged | TooFew
    silence: Silence

    @property
    def over(self) -> bool:
        """Over its bound, at any grain."""
        return self.silence.over or any(isinstance(at, Judged) and at.over for at in (self.day, self.week))

    @property
    def grain(self) -> Grain | None:
        """The finest grain at which it would be found if the series vanished; None: at none."""
        for at in (self.day, self.week):
            if isinstance(at, Judged) and at.finds_drop is not None:
                return at.grain
        return "silence" if self.silence.found_after is not None else None

    @property
    def alarm(self) -> Judged | Silence | None:
        """What is over its bound: the day before the week before the silence; None when nothing is."""
        for at in (self.day, self.week):
            if isinstance(at, Judged) and at.over:
                return at
        return self.silence if self.silence.over else None


def judge(name: str, days: Sequence[int], counts: ArrayLike, on: int, bounds: Bounds | None = None) -> Counted:
    """Judge a series on the day `on`, from the counts of the days that are known (days after `on` are not looked at).

    days: integers, each once, in any order; counts: a number of events for each. Raises ValueError for counts that are
    negative or no numbers, for a day given twice, and when there is no day up to `on`.
    """
    return judged((name,), days, np.atleast_2d(np.asarray(counts, float)), on, (bounds or Bounds(),))[0]


def judged(
    names: Sequence[str], days: Sequence[int], counts: Floats, on: int, bounds: Sequence[Bounds]
) -> tuple[Counted, ...]:
    """Several series that are known on the same days, counts of shape (series, days), each with bounds of its own."""
    table = by_day(days, counts, on)
    found = scored(table)
    return tuple(
        _one(name, on, table[i], _row(found, i), limits)
        for i, (name, limits) in enumerate(zip(names, bounds, strict=True))
    )


def by_day(days: Sequence[int], counts: Floats, on: int) -> Floats:
    """Counts of the last KEPT days up to `on`, shape (series, <= KEPT), NaN where a day is not known. Errors: see `judge`."""
    at = np.asarray(days, np.int64)
    if counts.shape[1] != len(at) or len(np.unique(at)) != len(at):
        raise ValueError("a count a day, and each day once")
    if not (np.isfinite(counts) & (counts >= 0)).all():
        raise ValueError("counts are numbers, and none is negative")
    if not (at <= on).any():
        raise ValueError("no day up to the one to judge")
    first = max(int(at.min()), on - KEPT + 1)
    out = np.full((counts.shape[0], on - first + 1), np.nan)
    used = (at >= first) & (at <= on)
    out[:, at[used] - first] = counts[:, used]
    return out


def _row(found: Scored, i: int) -> Scored:
    return Scored(*(part[i : i + 1] for part in vars(found).values()))


def _one(name: str, on: int, counts: Floats, found: Scored, bounds: Bounds) -> Counted:
    known = int((~np.isnan(counts)).sum())
    if known < FEWEST:
        because = f"{known} days are known, {FEWEST} are needed"
        few = TooFew("day", because), TooFew("week", because)
        return Counted(name, on, *few, Silence(False, None, 0.0, None))
    day, week = _day(on, counts, found, bounds), _week(on, found, bounds)
    return Counted(name, on, day, week, _silence(on, counts))


def _day(on: int, counts: Floats, found: Scored, bounds: Bounds) -> Judged | TooFew:
    level, root, z = (float(part[0, -1]) for part in (found.level, found.root, found.z))
    seen = float(counts[-1])
    if math.isnan(seen):
        return TooFew("day", "the day's count is not known")
    if not level >= bounds.enough:
        return TooFew("day", f"about {level:.0f} a day are expected, {bounds.enough:g} are needed", seen, level)
    drift = float(drifts(found.z, bounds)[0, -1])
    over = abs(z) > bounds.day or abs(drift) > bounds.drift
    reach, freedom = float(found.reach[0, -1]), float(found.freedom[0, -1])
    low, high = _between(root, student(bounds.day, freedom) * reach, student(bounds.day, freedom) * reach)
    since = _since(found.z[0], on, drift if abs(drift) > bounds.drift else z) if over else None
    return Judged("day", over, seen, max(0.0, root**2 - SHIFT), low, high, z, drift, since, _finds(low, root))


def _week(on: int, found: Scored, bounds: Bounds) -> Judged | TooFew:
    seen, expected, z = (float(part[0, -1]) for part in (found.week_seen, found.week_expected, found.week_z))
    if math.isnan(z):
        return TooFew("week", "too few days of the last seven, or before them, are known")
    if not expected >= bounds.enough:
        because = f"about {expected:.0f} a week are expected, {bounds.enough:g} are needed"
        return TooFew("week", because, seen, expected)
    reach, freedom = float(found.week_reach[0, -1]), float(found.week_freedom[0, -1])
    root = math.sqrt(expected + SHIFT)
    below, above = (student(bound, freedom) * reach for bound in (bounds.week_drop, bounds.week_rise))
    low, high = _between(root, below, above)
    over = (z < -bounds.week_drop or z > bounds.week_rise) and bool(needs_week(found, bounds)[0, -1])
    since = _since(found.z[0], on, z) if over else None
    return Judged("week", over, seen, expected, low, high, z, 0.0, since, _finds(low, root))


def _between(root: float, below: float, above: float) -> tuple[float, float]:
    """From roots of counts to counts; -1 where not even 0 is low enough."""
    low = (root - below) ** 2 - SHIFT if root > below else -1.0
    return (low if low >= 0 else -1.0), (root + above) ** 2 - SHIFT


def _finds(low: float, root: float) -> float | None:
    return 1 - low / max(root**2 - SHIFT, 1e-9) if low >= 0 else None


def _since(z: Floats, on: int, way: float) -> int:
    """The day from which on the z's sum to the most for their number: the likeliest change to a new mean."""
    back = (np.nan_to_num(z) * math.copysign(1.0, way))[::-1][: 2 * WEEK]
    return on - int(np.argmax(np.cumsum(back) / np.sqrt(np.arange(1, len(back) + 1))))


def _silence(on: int, counts: Floats) -> Silence:
    """Events come in bunches, so that n expected ones are but n / dispersion chances to come (a compound Poisson process).

    The dispersion is that of days or of weeks before the silence, whichever is more.
    """
    known = np.flatnonzero(~np.isnan(counts))
    some = known[counts[known] > 0]
    if not some.size:
        return Silence(False, None, 0.0, None)
    last = int(some[-1])
    before, quiet = counts[known[known <= last]][-WINDOW:], int((known > last).sum())
    since = on - (len(counts) - 1) + last + 1 if quiet else None
    rate = float(before.mean())
    if len(before) < FEWEST:
        return Silence(False, since, rate * quiet, None)
    weeks = before[len(before) % WEEK :].reshape(-1, WEEK).sum(1)
    needed = _SILENT * max(1.0, _dispersion(before), _dispersion(weeks))
    after = math.ceil(needed / rate)
    return Silence(rate * quiet >= needed, since, rate * quiet, after if after <= WINDOW else None)


def _dispersion(counts: Floats) -> float:
    """The variance over the mean, of what is left of a straight line."""
    at = np.arange(len(counts)) - (len(counts) - 1) / 2
    left: Any = counts - counts.mean() - at * (at @ counts) / (at @ at)
    return float((left**2).sum() / (len(counts) - 2) / counts.mean())
