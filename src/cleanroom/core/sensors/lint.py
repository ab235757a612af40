"""Does a sensor say all that it needs, and nothing that cannot be?"""

from __future__ import annotations

import math
from collections.abc import Iterator

from cleanroom.core.mistakes import Mistake
from cleanroom.core.sensors import Sensor
from cleanroom.core.sensors.columns import Columns
from cleanroom.core.sensors.counts import Cardinality, Counts
from cleanroom.core.sensors.freshness import Freshness
from cleanroom.core.sensors.injection import Injection
from cleanroom.core.sensors.privacy import Privacy
from cleanroom.core.sensors.rate import Rate
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
    if isinstance(watch, Rate):
        yield from _rate(sensor, watch)
    for key in _SHARES:
        value = getattr(watch, key, 0.0)
        if isinstance(value, float) and not 0 <= value < 1:
            yield Mistake((key,), f"{key!r} must be a share from 0 to below 1", f"For example {key}: 0.02")
    if isinstance(watch, Counts | Cardinality) and watch.least < 1:
        yield Mistake(("least",), "'least' must be at least 1")
    if isinstance(watch, Injection) and not all(name.strip() for name in watch.canaries):
        yield Mistake(("canaries",), "a canary needs a name", "For example canaries: [support-prompt]")
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
        case Columns():
            yield from _tolerances(watch)
        case Schema() if watch.keys and not watch.time:
            yield Mistake(("time",), "'time' is missing: keys are counted by the day of that column")
        case Retrieval() if not 0 < watch.least <= 1 or not 0 < watch.overlap <= 1:
            yield Mistake(("least",), "'least' and 'overlap' must be shares above 0, up to 1", "For example least: 0.9")
        case Cardinality() if not watch.columns:
            yield Mistake(("columns",), "'columns' is missing: whose different values are counted?")
        case _:
            return


def _tolerances(watch: Columns) -> Iterator[Mistake]:
    for key, most in (("ks", 1.0), ("js", 1.0), ("nulls", 1.0), ("psi", 100.0), ("kl", 100.0)):
        if not 0 < getattr(watch.tolerances, key) < most:
            what = f"{key!r} must lie above 0 and below {most:g}: it is the distance that is tolerated"
            yield Mistake(("tolerances", key), what, f"For example {key}: 0.1")


def _rate(sensor: Sensor, watch: Rate) -> Iterator[Mistake]:
    if bool(watch.flag) == bool(watch.system):
        yield Mistake(("system",), "one of 'system' and 'flag' is needed", "system: calls; flag: outcomes")
    if watch.above is not None and watch.below is not None:
        yield Mistake(("below",), "'above' and 'below' cannot stand together", "Write two sensors.")
    if watch.flag:
        for key in ("feature", "variant", "model", "prompt", "above", "below"):
            if getattr(watch, key) not in ("", None):
                yield Mistake((key,), f"{key!r} is of calls: outcomes of a flag have an 'arm'", "arm: candidate")
    elif watch.arm:
        yield Mistake(
            ("arm",), "'arm' is of outcomes: 'flag' is missing", "Calls have feature, variant, model, prompt."
        )
    if not 0 <= watch.threshold < math.inf:
        yield Mistake(("threshold",), "'threshold' must be a number from 0 up", "For example threshold: 0.02")
    if not 1 <= watch.least < math.inf:
        yield Mistake(("least",), "'least' must be at least 1")
    if watch.window < 60 or watch.window % 60:
        yield Mistake(("window",), "'window' must be whole minutes", "For example window: 30m")
    if sensor.every > watch.window:
        what = "'every' is longer than 'window': what happens in between would never be looked at"
        yield Mistake(("every",), what, "For example every: 5m")


def _one_of(data: str, system: str) -> Iterator[Mistake]:
    if bool(data) == bool(system):
        yield Mistake(
            ("data",), "one of 'data' and 'system' is needed, not both", "data: a file or folder; system: calls"
        )
