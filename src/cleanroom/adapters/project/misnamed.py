"""What do a project's files name that is not there? Data, columns, systems, changes, metrics, sensors: a slip would be silent."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from cleanroom.adapters.project.files import inside
from cleanroom.adapters.project.outside import Outside
from cleanroom.codec.plan import Reading
from cleanroom.core.base import CleanroomError, Misuse
from cleanroom.core.contract import LintFinding
from cleanroom.core.mistakes import Mistake, closest, did_you_mean
from cleanroom.core.mistakes import Path as Keys
from cleanroom.core.register import System
from cleanroom.core.schedule import Schedule
from cleanroom.core.sensors import Sensor
from cleanroom.core.slo import Slo, TableShare, metric_of
from cleanroom.core.telemetry.metrics import NAMED
from cleanroom.formats.openslo import Placed
from cleanroom.ports.project import SignalSource

_MOST_NAMES = 5_000
_COLUMNS = {
    "columns": ("time", "columns"),
    "cardinality": ("time", "columns"),
    "counts": ("time", "event"),
    "freshness": ("time",),
    "meaning": ("time", "embedding"),
    "privacy": ("time", "columns"),
    "retrieval": ("id", "embedding"),
    "schema": ("time", "keys"),
}
"""By kind of sensor, the keys that name columns of its data."""


@dataclass(frozen=True, slots=True)
class Names:
    """What the project has: its folder, its systems, the names of its changes and sensors, and where counts come from."""

    root: Path
    systems: Sequence[System]
    changes: Sequence[str]
    sensors: Sequence[str]
    signals: Sequence[SignalSource] = ()
    outside: Outside | None = None


def in_system(reading: Reading[System], names: Names) -> Iterator[LintFinding]:
    """Sources whose data, or whose column, is not there."""
    for place, source in enumerate(reading.draft.sources if reading.draft else ()):
        at: Keys = ("sources", place)
        for mistake in _data(names, (*at, "data"), source.data, [((*at, "at"), source.at)]):
            yield reading.document.locate(mistake)


def in_slo(place: Placed, names: Names) -> Iterator[LintFinding]:
    """A table or a column that is not there, and metrics that are nearly one of ours."""
    for mistake in _of_slo(place.slo, names):
        message = f"{place.slo.name}: {mistake.message}"
        yield LintFinding(place.file, place.line, 1, message, mistake.hint, mistake.severity)


def in_sensor(reading: Reading[Sensor], names: Names) -> Iterator[LintFinding]:
    """What a sensor looks at, whose it is, and what it holds up."""
    if reading.draft is not None:
        yield from (reading.document.locate(m) for m in _of_sensor(reading.draft, names))


def in_schedule(schedule: Schedule, sensors: Sequence[str]) -> Iterator[Mistake]:
    """Sensors that a schedule of cleanroom.toml names, and that are not there."""
    for name in schedule.only:
        if name not in sensors:
            hint = did_you_mean(name, sensors) or f"Write sensors/{name[:60]}.yaml, or leave it out."
            yield Mistake(("schedules", schedule.name, "only"), f"there is no sensor {name!r:.90}", hint)


def in_signals(source: SignalSource, names: Names) -> Iterator[Mistake]:
    """The files that a source of outcomes or of calls names, and their columns."""
    at = ("signals", source.name)
    columns: list[tuple[Keys, str]] = [((*at, "columns", field), column) for field, column in source.columns]
    columns += [((*at, "scores"), column) for column in source.scores]
    yield from _data(names, (*at, "data"), source.data, columns)


def _of_slo(slo: Slo, names: Names) -> Iterator[Mistake]:
    if isinstance(slo.indicator, TableShare):
        table = slo.indicator
        yield from _data(names, (), table.data, [((), table.column), ((), table.at)])
    yield from _metric((), metric_of(slo))


def _of_sensor(sensor: Sensor, names: Names) -> Iterator[Mistake]:
    watch = sensor.watch
    keys = _COLUMNS.get(watch.kind, ())
    yield from _data(names, ("data",), getattr(watch, "data", ""), _columns(watch, keys))
    if watch.kind == "retrieval":
        yield from _data(names, ("probes",), watch.probes, _columns(watch, (*keys, "expected")))
    if watch.kind == "golden" and watch.change not in names.changes:
        hint = did_you_mean(watch.change, names.changes) or "`cleanroom propose mapping` makes one."
        yield Mistake(("change",), f"there is no change {watch.change!r:.90}", hint)
    if watch.kind in ("cost", "rate"):
        yield from _metric(("metric",), watch.metric)
    yield from _system(sensor, names)
    yield from _blocked(sensor, names)
    if names.outside is not None and sensor.runbook and sensor.runbook not in names.outside.runbooks():
        what = f"there is no category of runbook {sensor.runbook!r:.90}: the message says the general first step"
        yield Mistake(("runbook",), what, did_you_mean(sensor.runbook, names.outside.runbooks()), "warning")


def _columns(watch: object, keys: Iterable[str]) -> list[tuple[Keys, str]]:
    """The columns that those keys name, each with its place in the file."""
    found: list[tuple[Keys, str]] = []
    for key in keys:
        value = getattr(watch, key)
        if isinstance(value, str):
            found.append(((key,), value))
        else:
            found += [((key, place), column) for place, column in enumerate(value)]
    return found


def _system(sensor: Sensor, names: Names) -> Iterator[Mistake]:
    """The system whose calls it looks at, or whose people hear of it; and the source of that."""
    name = getattr(sensor.watch, "system", "") or sensor.system
    known = {s.name: s for s in names.systems}
    if name and name not in known:
        yield Mistake(
            ("system",), f"there is no system {name!r:.90} in the register", did_you_mean(name, known), "warning"
        )
    source = getattr(sensor.watch, "source", "")
    if source and name in known:
        sources = [s.name for s in known[name].sources]
        if source not in sources:
            yield Mistake(("source",), f"{name} has no source {source!r:.90}", did_you_mean(source, sources))


def _blocked(sensor: Sensor, names: Names) -> Iterator[Mistake]:
    """What it holds up. Flags live in the ledger: one that no file names may be there all the same."""
    flags = {f for s in names.systems for f in s.flags} | {s.flag for s in names.signals if s.flag}
    known = sorted({*(s.name for s in names.systems), *flags, *names.changes})
    for place, name in enumerate(sensor.blocks):
        if name != "*" and name not in known:
            what = f"'blocks' names {name!r:.90}, which is no change, system or feature in the files"
            hint = did_you_mean(name, known) or "It holds up nothing, unless a flag is called so."
            yield Mistake(("blocks", place), what, hint, "warning")


def _metric(at: Keys, name: str) -> Iterator[Mistake]:
    """Telemetry may bring metrics of any name, so that only what is nearly one of ours is told."""
    near = None if not name or name in NAMED or "/" in name else closest(name, NAMED)
    if near is not None:
        what = f"the metric {name!r:.90} is none of ours: it is there only where telemetry sends cleanroom.metric.{name:.60}"
        yield Mistake(at, what, f"Did you mean {near!r}?", "warning")


def _data(names: Names, at: Keys, data: str, columns: Sequence[tuple[Keys, str]]) -> Iterator[Mistake]:
    """Data that is not there (yet: it need not be in git), and columns that it does not have."""
    named, _, table = data.partition("::")
    if not named:
        return
    try:
        path = inside(names.root, named)
    except Misuse as error:
        yield Mistake(at, error.message.replace(str(names.root), "").rstrip(), error.hint)
        return
    file = _newest(path)
    if file is None:
        yield Mistake(at, f"there is no data at {named!r:.200} yet", _near(names.root, path), "warning")
        return
    wanted = [(where, column) for where, column in columns if column]
    if not wanted or names.outside is None:
        return
    try:
        there = names.outside.columns(file, table or None)
    except CleanroomError as error:
        yield Mistake(at, error.message.replace(f"{names.root}/", ""), error.hint)
        return
    folded = {c.casefold() for c in there}
    for where, column in wanted:
        if column.casefold() not in folded:
            yield Mistake(where, f"{data[:200]} has no column {column!r:.90}", did_you_mean(column, there))


def _newest(path: Path) -> Path | None:
    """The file itself, or the last of a folder by name; None where there is none. What begins with . or _ is no data."""
    if not path.is_dir():
        return path if path.is_file() else None
    inner = (p for p in path.rglob("*") if not any(x.startswith((".", "_")) for x in p.relative_to(path).parts))
    return max((p for p in inner if p.is_file()), default=None)


def _near(root: Path, path: Path) -> str:
    """The name in the same folder that was probably meant."""
    folder = path.parent
    if not folder.is_dir():
        return f"There is no folder {folder.relative_to(root).as_posix()}/ either." if folder != root else ""
    there = [p.name for _, p in zip(range(_MOST_NAMES), folder.iterdir(), strict=False) if not p.name.startswith(".")]
    near = closest(path.name, there)
    return "" if near is None else f"Did you mean {(folder / near).relative_to(root).as_posix()!r}?"
