"""How did a metric go over time, and what changed meanwhile?"""

from __future__ import annotations

import math
from dataclasses import dataclass

from cleanroom.app.room import Room
from cleanroom.core.base import DAY, HOUR, MINUTE, Misuse
from cleanroom.core.call import EVENT
from cleanroom.ports.calls import Cell

STEPS = (MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, 3 * HOUR, 6 * HOUR, DAY)
"""Lengths of a step that can be drawn, in microseconds."""

_MOST_STEPS = 180


@dataclass(frozen=True, slots=True)
class Point:
    """A metric in the step of time that began at `start` (microseconds): n calls had it, `bad` of them with true or not 0.

    `value`: the share of a boolean, the mean of a number, how many there were of an event; None where nothing had it.
    """

    start: int
    n: int
    bad: int
    value: float | None


@dataclass(frozen=True, slots=True)
class Course:
    """A metric from `since` to `until` by steps of `step` microseconds; `share`: its values are shares of calls."""

    metric: str
    since: int
    until: int
    step: int
    share: bool
    points: tuple[Point, ...]

    @property
    def n(self) -> int:
        """Calls that had it."""
        return sum(p.n for p in self.points)

    def worst(self, most: int = 8) -> tuple[Point, ...]:
        """The steps with the highest values above 0, worst first."""
        there = [p for p in self.points if p.value]
        return tuple(sorted(there, key=lambda p: (-(p.value or 0.0), -p.n, p.start))[:most])


def step_for(since: int, until: int) -> int:
    """The shortest step with which that time fits into a picture."""
    return next((s for s in STEPS if (until - since) / s <= _MOST_STEPS), STEPS[-1])


def course(room: Room, system: str, metric: str, since: int, until: int, step: int = 0) -> Course:
    """The metric of a system with since <= at < until (microseconds), which are widened to whole steps. Raises Misuse."""
    step = step or step_for(since, until)
    if step not in STEPS or not since < until:
        raise Misuse("that is no time that can be drawn", "From an earlier moment to a later one.")
    since, until = since // step * step, math.ceil(until / step) * step
    cells = {c.start: c for c in room.calls.cells(system, metric, since, until, step)}
    share = all(not c.histogram for c in cells.values()) and not metric.startswith(EVENT)
    points = (_point(start, cells.get(start), metric, share=share) for start in range(since, until, step))
    return Course(metric, since, until, step, share, tuple(points))


def _point(start: int, cell: Cell | None, metric: str, *, share: bool) -> Point:
    if cell is None or not cell.n:
        return Point(start, 0, 0, None)
    if metric.startswith(EVENT):
        return Point(start, cell.n, cell.n, float(cell.n))
    if share:
        return Point(start, cell.n, cell.bad, cell.bad / cell.n)
    return Point(start, cell.n, cell.bad, cell.total / cell.n)
