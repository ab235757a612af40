"""Does a sensor say all that it needs, and nothing that cannot be?"""

from __future__ import annotations

from collections.abc import Iterator

from cleanroom.core.mistakes import Mistake
from cleanroom.core.sensors import Sensor
from cleanroom.core.sensors.counts import Cardinality, Counts
from cleanroom.core.sensors.freshness import Freshness
from cleanroom.core.sensors.privacy import Privacy
from cleanroom.core.sensors.retrieval import Retrieval
from cleanroom.core.sensors.schema import Schema

_SHARES = ("floor", "fall", "most")
_NUMBERS = ("learn", "k")


def faults(sensor: Sensor) -> Iterator[Mistake]:
    """Mistakes, with paths as the file has them."""
    if sensor.every < 60:
        yield Mistake(("every",), "'every' must be at least a minute", "For example every: 1d")
    yield from _kind(sensor)
    watch = sensor.watch
    for key in _SHARES:
        value = getattr(watch, key, 0.0)
        if isinstance(value, float) and not 0 <= value < 1:
            yield Mistake((key,), f"{key!r} must be a share from 0 to below 1", f"For example {key}: 0.02")
    if isinstance(watch, Counts | Cardinality) and watch.least < 1:
        yield Mistake(("least",), "'least' must be at least 1")
    for key in _NUMBERS:
        if getattr(watch, key, 1) < 1:
            yield Mistake((key,), f"{key!r} must be at least 1")


def _kind(sensor: Sensor) -> Iterator[Mistake]:
    watch = sensor.watch
    match watch:
        case Counts() | Privacy():
            yield from _one_of(watch.data, watch.system)
            if isinstance(watch, Counts) and watch.data and not watch.time:
                yield Mistake(("time",), "'time' is missing: rows are counted by the day of that column")
            if isinstance(watch, Privacy) and watch.data and not watch.time:
                yield Mistake(("time",), "'time' is missing: which column says when an output was made?")
            if isinstance(watch, Privacy) and watch.data and not watch.columns:
                yield Mistake(("columns",), "'columns' is missing: which columns hold outputs?")
        case Freshness():
            yield from _one_of(watch.data, watch.system)
            if watch.source and not watch.system:
                yield Mistake(("source",), "'source' is one of a system's: 'system' is missing")
            if not watch.source and watch.max_age <= 0:
                yield Mistake(("max_age",), "'max_age' is missing", "For example max_age: 6h")
        case Schema() if watch.keys and not watch.time:
            yield Mistake(("time",), "'time' is missing: keys are counted by the day of that column")
        case Retrieval() if not 0 < watch.least <= 1 or not 0 < watch.overlap <= 1:
            yield Mistake(("least",), "'least' and 'overlap' must be shares above 0, up to 1", "For example least: 0.9")
        case Cardinality() if not watch.columns:
            yield Mistake(("columns",), "'columns' is missing: whose different values are counted?")
        case _:
            return


def _one_of(data: str, system: str) -> Iterator[Mistake]:
    if bool(data) == bool(system):
        yield Mistake(
            ("data",), "one of 'data' and 'system' is needed, not both", "data: a file or folder; system: calls"
        )
