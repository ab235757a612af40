"""Do the reviewers keep up? What came for them, what they decided, how long it waited, in a span of time.

Beyond two thirds of what reviewers can do, waiting times run away: simulated with 15% of the outputs coming to a person,
the 95th percentile of the wait was 681 minutes; with 10%, 37 minutes.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import pairwise

from cleanroom.core.base import HOUR, MINUTE, Instant, micros, noun

PLANNED = 2 / 3
"""The share of what reviewers can do that one should plan with."""

_FEW = 5


@noun
class Turn:
    """One decision: when the output came, when it was decided, by whom."""

    came: Instant
    decided: Instant
    person: str


@noun
class Load:
    """`came`: outputs that needed a person; `decided`; `people`, and the hours in which each was at work, added up.

    `minutes_each`: the median time between two decisions of one person at work; None where too few were made to tell.
    `used`: what came as a share of what these people could do in these hours. `p95_wait`: minutes from arrival to decision,
    at the 95th percentile.
    """

    hours: float
    came: int
    decided: int
    people: int
    work_hours: int
    minutes_each: float | None
    used: float | None
    p95_wait: float | None

    @property
    def warning(self) -> str:
        """What to tell who plans; empty when there is room."""
        if self.used is None or self.used <= PLANNED:
            return ""
        return (
            f"what came takes {100 * self.used:.0f}% of what {self.people} reviewers could do in {self.work_hours} "
            "hours of work; above 67% waiting times run away: more people, more hours, or a cut-off that lets more skip"
        )


def load(came: int, turns: Sequence[Turn], hours: float, lease: float) -> Load:
    """The load of a span of `hours`. `lease`: seconds after which a pause is no longer part of one decision."""
    ends: dict[str, list[int]] = defaultdict(list)
    for turn in turns:
        ends[turn.person].append(micros(turn.decided))
    gaps = [
        (b - a) / MINUTE
        for times in (sorted(t) for t in ends.values())
        for a, b in pairwise(times)
        if b - a <= lease * 1_000_000
    ]
    work = sum(len({t // HOUR for t in times}) for times in ends.values())
    each = _quantile(gaps, 0.5) if len(gaps) >= _FEW else None
    waits = [(micros(t.decided) - micros(t.came)) / MINUTE for t in turns]
    return Load(
        hours=hours,
        came=came,
        decided=len(turns),
        people=len(ends),
        work_hours=work,
        minutes_each=each,
        used=came * each / (60 * work) if each is not None and work else None,
        p95_wait=_quantile(waits, 0.95) if waits else None,
    )


def _quantile(values: Iterable[float], share: float) -> float:
    """The smallest value that at least that share of them does not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]
