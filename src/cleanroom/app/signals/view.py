"""What has come in for a flag: outcomes by arm and metric, and how many were left out."""

from __future__ import annotations

from cleanroom.app.flags import one
from cleanroom.app.room import Room
from cleanroom.core.base import HOUR, MINUTE, Instant, instant, micros, noun
from cleanroom.ports.telemetry import ALL


@noun
class Line:
    """Outcomes of an arm that have the metric, and those of them that were bad. `mean`: of its values; None without any."""

    arm: str
    metric: str
    n: int
    bad: int
    mean: float | None


@noun
class Shown:
    """Outcomes of a flag since a moment, by arm. `outcomes`: all of an arm, whatever metrics they have.

    `apart`: those whose variant was not what the flag served; they are of the arm `other`.
    """

    flag: str
    since: Instant
    until: Instant
    outcomes: dict[str, int]
    lines: tuple[Line, ...]
    apart: int


def shown(room: Room, flag: str, hours: float) -> Shown:
    """What came for a flag in the last hours, by whole minutes. Raises NotFound where there is no such flag."""
    one(room, flag)
    now = micros(room.clock.now())
    since = (now - round(hours * HOUR)) // MINUTE * MINUTE
    until = now // MINUTE * MINUTE + MINUTE
    sums: dict[tuple[str, str], tuple[int, int, float]] = {}
    for count in room.telemetry.counts(flag, since, until):
        n, bad, total = sums.get((count.arm, count.metric), (0, 0, 0.0))
        sums[count.arm, count.metric] = (n + count.n, bad + count.bad, total + count.total)
    lines = tuple(
        Line(arm, metric, n, bad, total / n if n else None)
        for (arm, metric), (n, bad, total) in sorted(sums.items(), key=lambda s: (s[0][1], s[0][0]))
        if metric != ALL
    )
    every = {arm: n for (arm, metric), (n, _, _) in sorted(sums.items()) if metric == ALL}
    return Shown(flag, instant(since), instant(now), every, lines, room.telemetry.apart(flag, since, until))
