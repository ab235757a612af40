"""Measures what tables hold: how often by day, how many different values, which columns and keys."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from cleanroom.app.room import Room
from cleanroom.app.sensors import kept
from cleanroom.app.sensors.files import files_of
from cleanroom.app.sensors.looks import Look, begin_of, due, today
from cleanroom.core.base import DAY, Instant, micros, plain
from cleanroom.core.sensors.cost import Cost, first_baseline, moved
from cleanroom.core.sensors.counts import Cardinality, Counts, judge
from cleanroom.core.sensors.daily import REST, Asked, Tally, different, last_whole, merged, named, number
from cleanroom.core.sensors.schema import Layout, Schema
from cleanroom.core.sensors.standing import Standing
from cleanroom.core.stats.spend import Baseline, TooFew
from cleanroom.core.telemetry.metrics import REQUESTS

_MOST = 400
"""Days that are looked back on."""

_ALL = "all"

_WEEK = 7


def counts(room: Room, sensor: str, watch: Counts | Cardinality, standing: Standing, now: Instant) -> Iterator[Look]:
    """The days that are due."""
    first, found = _series(room, sensor, watch, standing, now)
    for day in due(now, watch.delay, standing):
        yield Look(named(day), judge(found, first, day, watch.least, grouped=isinstance(watch, Counts)))


def _series(
    room: Room, sensor: str, watch: Counts | Cardinality, standing: Standing, now: Instant
) -> tuple[int, dict[str, NDArray[np.float64]]]:
    """The first day, and by name the counts of each day from it to the last whole one; a day without rows counts 0."""
    last = last_whole(now, watch.delay)
    match watch:
        case Counts(system=system) if system:
            found = _calls(room, system, last)
        case _:
            found = _rows(room, sensor, watch, standing)
    found = {n: {d: c for d, c in by.items() if begin_of(standing) <= d <= last} for n, by in found.items()}
    days = sorted({d for by in found.values() for d in by})
    first = max(days[0], last - _MOST + 1) if days else last
    width = last - first + 1
    out = {name: np.zeros(width) for name in found}
    for name, by in found.items():
        for day, n in by.items():
            if day >= first:
                out[name][day - first] = n
    return first, out


def _calls(room: Room, system: str, last: int) -> dict[str, dict[int, float]]:
    """Requests to a model by day and feature."""
    since, until = (last - _MOST + 1) * DAY, (last + 1) * DAY
    out: dict[str, dict[int, float]] = {}
    for cell in room.calls.cells(system, REQUESTS, since, until, DAY, ("feature",)):
        out.setdefault(cell.parts[0] or _ALL, {})[cell.start // DAY] = cell.n
    return out


def _rows(room: Room, sensor: str, watch: Counts | Cardinality, standing: Standing) -> dict[str, dict[int, float]]:
    files = files_of(room, watch.data)
    if isinstance(watch, Cardinality):
        days = kept.days(room, sensor, files, Asked(watch.time, distinct=watch.columns), standing)
        return {c: {number(d): different(t.distinct.get(c, ())) for d, t in days.items()} for c in watch.columns}
    wanted = Asked(watch.time, ((watch.event, ()),) if watch.event else ())
    days = kept.days(room, sensor, files, wanted, standing)
    if not watch.event:
        return {_ALL: {number(d): float(t.rows) for d, t in days.items()}}
    out: dict[str, dict[int, float]] = {}
    for day, tally in days.items():
        for name, n in tally.values.get(watch.event, {}).items():
            out.setdefault("(all others)" if name == REST else name, {})[number(day)] = float(n)
    return out


def schema(room: Room, sensor: str, watch: Schema, standing: Standing, now: Instant) -> Look:
    """The newest file's columns, and the keys of the last week against those of the four weeks before it."""
    files = files_of(room, watch.data)
    newest = max(files, key=lambda f: (f.written, f.name))
    columns = dict(room.engine.layout(newest.table))
    key = f"layout:{begin_of(standing)}"
    noted = kept.note(room, sensor, key)
    if noted is None:
        kept.set_note(room, sensor, key, columns)
    if not watch.keys:
        before = None if noted is None else Layout(noted, {})
        return Look(today(now), watch.judge(before, Layout(columns, {}), now))
    days = kept.days(room, sensor, files, Asked(watch.time, keys=watch.keys), standing)
    last = micros(now) // DAY
    recent = _keys(days, watch, last - _WEEK + 1, last)
    past = _keys(days, watch, max(begin_of(standing), last - 5 * _WEEK + 1), last - _WEEK)
    before = None if noted is None and not past[1] else Layout(noted or columns, *past)
    return Look(today(now), watch.judge(before, Layout(columns, *recent), now))


def _keys(days: Mapping[str, Tally], watch: Schema, first: int, last: int) -> tuple[dict[str, dict[str, int]], int]:
    whole = merged({"": t} for d, t in days.items() if first <= number(d) <= last).get("", Tally())
    return {c: dict(whole.keys.get(c, {})) for c in watch.keys}, whole.rows


def cost(room: Room, sensor: str, watch: Cost, standing: Standing, now: Instant) -> Iterator[Look]:
    """The days that are due, against a baseline that is made once and anew only by a decision."""
    last = last_whole(now, watch.delay)
    cells = room.calls.cells(watch.system, watch.metric, (last - _MOST + 1) * DAY, (last + 1) * DAY, DAY)
    found = {c.start // DAY: max(0.0, c.total) for c in cells}
    days = {d: found.get(d, 0.0) for d in range(min(found), last + 1)} if found else {}
    baseline = _baseline(room, sensor, watch, days, (begin_of(standing), last))
    for day in due(now, watch.delay, standing):
        yield Look(named(day), watch.judge(baseline, days, day))


def _baseline(
    room: Room, sensor: str, watch: Cost, days: Mapping[int, float], between: tuple[int, int]
) -> Baseline | TooFew:
    """The one that was made, as long as the decisions and the allowance it rests on are the same."""
    begin, last = between
    noted = kept.note(room, sensor, "baseline")
    before = None if noted is None else Baseline(**{**noted["made"], "weekdays": tuple(noted["made"]["weekdays"])})
    if before is not None and (noted["begin"], before.growth) == (begin, watch.growth):
        return before
    recent = {d: amount for d, amount in days.items() if begin <= d < last}
    made = first_baseline(recent, watch.growth) if before is None else moved(before, recent, watch.growth)
    if isinstance(made, Baseline):
        kept.set_note(room, sensor, "baseline", {"begin": begin, "made": plain(made)})
    return made
