"""Measures columns of a table by day and judges their drift; the scales are made once, from the first days."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from cleanroom.app.contract.guess import is_text, type_of
from cleanroom.app.room import Room
from cleanroom.app.sensors import kept
from cleanroom.app.sensors.files import File, files_of
from cleanroom.app.sensors.looks import Look, begin_of, due
from cleanroom.core.base import Instant, Misuse, plain
from cleanroom.core.sensors.columns import Columns, is_thin, watched, weeks
from cleanroom.core.sensors.daily import REST, Asked, Tally, last_whole, merged, named, number
from cleanroom.core.sensors.result import TooFew
from cleanroom.core.sensors.standing import Standing
from cleanroom.core.stats import sketch
from cleanroom.core.stats.sketch import CELLS, Categories, Quantiles, Scale, Sketch

_BACK = 60
"""Days that the first look judges in silence, so that odd days of the past are compared with nothing."""

_FILES = 40
"""Files that a scale is made of, at most."""

_REST = 0.02
"""The share of rows beyond the commonest 63 values from which on a text is a name, and no category."""

_Over = dict[str, list[int]]


def look(room: Room, sensor: str, watch: Columns, standing: Standing, now: Instant) -> Iterator[Look]:
    """The days that are due. Raises Misuse, Outside where the data cannot be read."""
    files, begin = files_of(room, watch.data), begin_of(standing)
    last = last_whole(now, watch.delay)
    scales = _scales(room, sensor, watch, files, standing, last)
    if isinstance(scales, TooFew):
        yield Look(named(last), scales)
        return
    found_days = kept.days(room, sensor, files, asked(watch.time, scales), standing)
    days = {number(d): t for d, t in found_days.items()}
    sketches = {c: {d: sketched(scale, c, t) for d, t in days.items()} for c, scale in scales.items()}
    over: _Over = kept.note(room, sensor, f"over:{begin}") or {}
    wanted = list(due(now, watch.delay, standing))
    first = wanted[0] if over or standing.day else max(min(days, default=wanted[0]), begin, wanted[0] - _BACK)
    thin = is_thin(sketches, last)
    for day in range(first, last + 1):
        seen = {c: weeks(of, day) for c, of in sketches.items()} if thin else sketches
        columns = watched(day, scales, seen, {c: frozenset(d) for c, d in over.items()}, begin + 6 * thin)
        found = watch.judge(day, columns, thin)
        for column in scales:
            others = [d for d in over.get(column, ()) if d != day]
            over[column] = [*others, day] if column in found.over else others
        if day in wanted:
            missing = TooFew(f"{len(scales)} columns", f"rows of {named(day)}")
            yield Look(named(day), found.result if columns else missing)
    kept.set_note(room, sensor, f"over:{begin}", {**over, "": []})


def asked(time: str, scales: Mapping[str, Scale]) -> Asked:
    """What is to be counted on those scales."""
    return Asked(
        time,
        tuple((c, s.names) for c, s in scales.items() if isinstance(s, Categories)),
        tuple((c, s.edges) for c, s in scales.items() if isinstance(s, Quantiles)),
    )


def sketched(scale: Scale, column: str, tally: Tally) -> Sketch:
    """A day of a column on its scale; a column that was not there is a column of nulls."""
    if isinstance(scale, Categories):
        counts = tally.values.get(column, {})
        return sketch.of_categories(scale, counts, tally.rows - sum(counts.values()))
    cells = tally.cells.get(column, (*(0 for _ in scale.shares), tally.rows))
    return sketch.of_cells(scale, dict(enumerate(cells[:-1])), cells[-1])


def _scales(
    room: Room, sensor: str, watch: Columns, files: Sequence[File], standing: Standing, last: int
) -> dict[str, Scale] | TooFew:
    """The scale of each column, made of the first `learn` days; how many days are lacking for that."""
    begin = begin_of(standing)
    key = f"scales:{begin}:{watch.learn}:{','.join(watch.columns)}:{watch.time}"
    noted = kept.note(room, sensor, key)
    if noted is not None:
        return {c: _scale(s) for c, s in noted.items()}
    rows = merged(room.engine.days(f.table, Asked(watch.time)) for f in files)
    kept.needs_moments(room, sensor, files, watch.time, standing, rows)
    there = sorted(number(d) for d in rows if d and begin <= number(d) <= last)
    if not there or last - there[0] + 1 < watch.learn:
        have = last - there[0] + 1 if there else 0
        return TooFew("no column yet", f"{watch.learn} days to learn from; there are {have}")
    made = _made(room, watch, files, there[0], there[0] + watch.learn)
    kept.set_note(room, sensor, key, {c: plain(s) for c, s in made.items()})
    return made


def _made(room: Room, watch: Columns, files: Sequence[File], first: int, until: int) -> dict[str, Scale]:
    """Scales of the days from `first` to before `until`."""
    some = [files[i] for i in sorted({int(i) for i in np.linspace(0, len(files) - 1, _FILES)})]
    types = {c: kind for f in some for c, kind in room.engine.layout(f.table)}
    if lacking := [c for c in watch.columns if c not in types]:
        raise Misuse(f"{watch.data} has no column {lacking[0]!r}", f"It has: {', '.join(sorted(types)[:12])}.")
    columns = [c for c in (watch.columns or types) if c != watch.time]
    numbers = [c for c in columns if type_of(types[c]) in ("number", "integer")]
    texts = [c for c in columns if c not in numbers and (is_text(types[c]) or type_of(types[c]) == "boolean")]
    pools: dict[str, list[float]] = {c: [] for c in numbers}
    for file in some:
        for column, found in room.engine.quantiles(file.table, numbers, watch.time, named(until)).items():
            pools[column] += found
    edges = {
        c: sketch.edges_of(np.quantile(q, np.arange(1, CELLS) / CELLS, method="inverted_cdf"))
        for c, q in pools.items()
        if q
    }
    wanted = Asked(watch.time, tuple((c, ()) for c in texts), tuple((c, e[: CELLS - 1]) for c, e in edges.items()))
    days = merged(room.engine.days(f.table, wanted) for f in some)
    whole = merged([{"": t} for d, t in days.items() if d and first <= number(d) < until]).get("", Tally())
    scales: dict[str, Scale] = {
        c: sketch.from_counts(e, whole.cells[c][:-1]) for c, e in wanted.cells if sum(whole.cells.get(c, (0,))[:-1])
    }
    for column in texts:
        counts = whole.values.get(column, {})
        common = sum(sorted((n for v, n in counts.items() if v != REST), reverse=True)[: CELLS - 1])
        if common and (watch.columns or common >= (1 - _REST) * sum(counts.values())):
            scales[column] = sketch.categories({v: n for v, n in counts.items() if v != REST})
    return scales


def _scale(data: Mapping[str, Any]) -> Scale:
    if "edges" in data:
        return Quantiles(tuple(data["edges"]), tuple(data["shares"]))
    return Categories(tuple(data["names"]), tuple(data["shares"]))
