"""Do the parts of a whole come as they used to, and how much of it is watched at all? Many series and their total.

A part that is too thin by itself is watched through the sum of all such parts, and through the total: there a loss of it
shows only as far as it is a loss of these. What is covered, and at which grain, is part of the answer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from cleanroom.core.base import noun
from cleanroom.core.stats.daily_counts import WINDOW, Bounds
from cleanroom.core.stats.event_counts import Counted, Grain, judged

TOTAL, REST = "(total)", "(all thin ones)"
"""Names of the sums; judged like any other series."""

PART_DROP, TOTAL_DROP = 3.5, 2.5
"""z of a week, by which a drop of a part and of the total is found: there are many parts, and one total that watches for
all of them that are thin, and so it may speak up sooner."""


@noun
class Coverage:
    """What would be noticed if it vanished. Names by the finest grain at which each would be; each name once.

    `in_sums`: only through the sum of the thin ones or the total, and only as far as that shows it; `nowhere`: not even there.
    `share_of_series`, `share_of_events`: how much is watched by itself, by day, by week or by its silence (0 to 1; events
    of the last 56 days).
    """

    by_day: tuple[str, ...]
    by_week: tuple[str, ...]
    by_silence: tuple[str, ...]
    in_sums: tuple[str, ...]
    nowhere: tuple[str, ...]
    share_of_series: float
    share_of_events: float

    def __str__(self) -> str:
        """In one sentence."""
        many = sum(map(len, (self.by_day, self.by_week, self.by_silence, self.in_sums, self.nowhere)))
        own = f"{len(self.by_day)} by day, {len(self.by_week)} by week, {len(self.by_silence)} by their silence"
        return (
            f"Of {many} series {own}: {self.share_of_series:.0%} of the series and {self.share_of_events:.0%} of the events; "
            f"{len(self.in_sums)} only within a sum, {len(self.nowhere)} not at all."
        )


@noun
class Group:
    """All parts, their total, and the sum of the thin ones (None: fewer than two of them)."""

    parts: tuple[Counted, ...]
    total: Counted
    rest: Counted | None
    coverage: Coverage

    @property
    def over(self) -> tuple[Counted, ...]:
        """All that is over its bound: the total first, then the sum of the thin ones, then the parts by name."""
        sums = (self.total,) if self.rest is None else (self.total, self.rest)
        return tuple(one for one in (*sums, *self.parts) if one.over)


def judge_group(counts: Mapping[str, ArrayLike], days: Sequence[int], on: int, bounds: Bounds | None = None) -> Group:
    """Judge parts and their total on the day `on`; see `event_counts.judge` for days, counts and errors.

    counts: for each part a number for each of `days`, 0 where none came: the days are those of the source, and a part that
    is missing on one of them was not there. Bounds are those of `bounds`, but for drops in a week: PART_DROP and TOTAL_DROP.
    """
    if not counts:
        raise ValueError("a group has parts")
    names = sorted(counts)
    table = np.array([np.asarray(counts[name], float) for name in names])
    limits = bounds or Bounds()
    part, whole = replace(limits, week_drop=PART_DROP), replace(limits, week_drop=TOTAL_DROP)
    *parts, total = judged((*names, TOTAL), days, np.vstack([table, table.sum(0)]), on, [part] * len(names) + [whole])
    thin = [i for i, one in enumerate(parts) if one.grain not in ("day", "week")]
    rest = judged((REST,), days, table[thin].sum(0)[None], on, (part,))[0] if len(thin) > 1 else None
    at = np.asarray(days)
    recent = (at <= on) & (at > on - WINDOW)
    volume = dict(zip(names, table[:, recent].sum(1).tolist(), strict=True))
    return Group(tuple(parts), total, rest, _coverage(parts, volume, total, rest))


def _coverage(parts: Sequence[Counted], volume: Mapping[str, float], total: Counted, rest: Counted | None) -> Coverage:
    at: dict[Grain | None, tuple[str, ...]] = {
        grain: tuple(one.name for one in parts if one.grain == grain) for grain in ("day", "week", "silence", None)
    }
    watched = total.grain is not None or (rest is not None and rest.grain is not None)
    own = [name for grain, names in at.items() if grain is not None for name in names]
    everything = sum(volume.values())
    return Coverage(
        at["day"],
        at["week"],
        at["silence"],
        at[None] if watched else (),
        () if watched else at[None],
        len(own) / len(parts),
        sum(volume[name] for name in own) / everything if everything else 0.0,
    )
