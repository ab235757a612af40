"""What do outcomes add to the counts by the minute?"""

from __future__ import annotations

from collections.abc import Iterable

from cleanroom.core.base import MINUTE
from cleanroom.core.outcome import Kept
from cleanroom.ports.telemetry import ALL, Count


def rollups(outcomes: Iterable[Kept]) -> list[tuple[str, Count]]:
    """(flag, count) of each flag, arm, metric and minute that they have, in that order."""
    sums: dict[tuple[str, str, str, int], list[float]] = {}
    for o in outcomes:
        minute = o.at // MINUTE * MINUTE
        for metric, value in ((ALL, 0.0), *o.metrics.items()):
            found = sums.setdefault((o.flag, o.arm, metric, minute), [0, 0, 0.0])
            found[0] += 1
            found[1] += value != 0
            found[2] += value
    return [
        (flag, Count(arm, metric, minute, int(n), int(bad), float(total)))
        for (flag, arm, metric, minute), (n, bad, total) in sorted(sums.items())
    ]
