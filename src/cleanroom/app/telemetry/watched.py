"""How did freshness, the drift of embeddings and the validity of retrieval go over time? As sensors wrote it into the ledger.

A sensor looks at a system as a whole: it does not know feature, variant or model, so that there are no parts to tell apart.
What it measured is in the ledger once a day, and whenever that is news.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from cleanroom.app.folding import Folded
from cleanroom.app.room import Room
from cleanroom.app.telemetry.course import Course, Point
from cleanroom.core.base import DAY, HOUR, micros
from cleanroom.core.facts import SensorCleared, SensorRan, SensorTripped
from cleanroom.core.ledger import LedgerEntry
from cleanroom.core.sensors import Sensor
from cleanroom.core.sensors.freshness import Freshness
from cleanroom.core.sensors.meaning import Meaning
from cleanroom.core.sensors.retrieval import Retrieval
from cleanroom.core.sensors.standing import subject_of
from cleanroom.core.span import seconds_of

SENSOR = "sensor/"
"""Begins the name of a metric that a sensor measured."""

_READ: Folded[tuple[LedgerEntry, ...]] = Folded()

_DISTANCE = re.compile(r"(?:mean|distribution)(?: at most)? ([\d.]+(?:e[+-]?\d+)?)")
_SHARE = re.compile(r"(\d+) of (\d+) probes|(\d+)% of probes")


@dataclass(frozen=True, slots=True)
class Measured:
    """What a sensor saw at that moment (microseconds since 1970 UTC), and its bound then; None where it says no figure."""

    at: int
    value: float
    bound: float | None
    over: bool


@dataclass(frozen=True, slots=True)
class Watched:
    """A sensor's figures over time, oldest first. `of`: freshness, embeddings or retrieval; `unit`: hours, distance or share."""

    sensor: str
    of: str
    unit: str
    looks: tuple[Measured, ...]

    @property
    def metric(self) -> str:
        """Its name among the metrics."""
        return SENSOR + self.sensor

    @property
    def title(self) -> str:
        """As a person calls it."""
        return {"freshness": "Age of the data", "embeddings": "Drift of embeddings", "retrieval": "Probes kept"}[
            self.of
        ] + f" ({self.sensor}, {self.unit})"

    @property
    def bound(self) -> float | None:
        """The last one that was said."""
        return next((m.bound for m in reversed(self.looks) if m.bound is not None), None)


def watched(room: Room, system: str, since: int, until: int) -> tuple[Watched, ...]:
    """The sensors of a system that measured freshness, embeddings or retrieval with since <= at < until, by name.

    Raises Misuse for files of sensors with mistakes.
    """
    found = []
    for sensor in sorted(room.project.sensors(), key=lambda s: s.name):
        of = _kind(sensor)
        if of and system in (sensor.system, getattr(sensor.watch, "system", "")):
            looks = tuple(m for m in _looks(room, sensor.name, of) if since <= m.at < until)
            if looks:
                unit = {"freshness": "hours", "embeddings": "distance", "retrieval": "share"}[of]
                found.append(Watched(sensor.name, of, unit, looks))
    return tuple(found)


def drawn_of(found: Watched, since: int, until: int) -> Course:
    """By the day, or of a day by the hour: the last look of each."""
    step = HOUR if until - since <= 2 * DAY else DAY
    since, until = since // step * step, math.ceil(until / step) * step
    points = {start: Point(start, 0, 0, None) for start in range(since, until, step)}
    for one in found.looks:
        point = points[one.at // step * step]
        points[point.start] = replace(point, n=point.n + 1, bad=point.bad + one.over, value=one.value)
    return Course(found.metric, since, until, step, False, tuple(points.values()))


def _kind(sensor: Sensor) -> str:
    match sensor.watch:
        case Freshness():
            return "freshness"
        case Meaning():
            return "embeddings"
        case Retrieval():
            return "retrieval"
        case _:
            return ""


def _looks(room: Room, name: str, of: str) -> Iterator[Measured]:
    bound: float | None = None
    for entry in _READ.of(room.store, subject_of(name), lambda new, found: (*(found or ()), *new)):
        match entry.fact:
            case SensorRan(seen=seen, at=at, state=state):
                over = state == "over"
            case SensorTripped(seen=seen, at=at):
                over = True
            case SensorCleared(seen=seen, at=at):
                over = False
            case _:
                continue
        bound = _figure(of, getattr(entry.fact, "bound", "")) or bound
        value = _figure(of, seen)
        if value is not None:
            yield Measured(micros(at), value, bound, over)


def _figure(of: str, text: str) -> float | None:
    """The figure of what a fact says in words: hours of '2.5 days old', 0.03 of 'mean 0.03', 0.9 of '90 of 100 probes ...'."""
    if of == "freshness":
        age = seconds_of(text)
        return age / 3600 if age is not None else None
    if of == "embeddings":
        found = _DISTANCE.search(text)
        return float(found[1]) if found else None
    found = _SHARE.search(text)
    if found is None:
        return None
    return int(found[3]) / 100 if found[3] else int(found[1]) / max(1, int(found[2]))
