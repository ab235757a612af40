"""Measures columns of a table by day and judges their drift; the scales are made once, from the first days."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from cleanroom.app.contract.guess import is_text, type_of
from cleanroom.app.room import Room
from cleanroom.app.sensors import kept
from cleanroom.app.sensors.files import File, files_of
from cleanroom.app.sensors.looks import RECENT, Look, begin_of, due, learned_from
from cleanroom.core.base import Instant, Misuse, plain
from cleanroom.core.sensors.columns import Columns, is_thin, watched, weeks
from cleanroom.core.sensors.daily import REST, Asked, Tally, last_whole, merged, named, number
from cleanroom.core.sensors.result import MOST, TooFew
from cleanroom.core.sensors.standing import Standing
from cleanroom.core.stats import sketch
from cleanroom.core.stats.sketch import CELLS, Categories, Quantiles, Scale, Sketch

_FILES = 40
"""Files that a scale is made of, at most."""

_REST = 0.02
"""The share of rows beyond the commonest 63 values from which on a text is a name, and no category."""

_WEEK = 7

_END = "9999-12-32"
"""After every day, as text."""

_Over = dict[str, list[int]]


def look(room: Room, sensor: str, watch: Columns, standing: Standing, now: Instant) -> Iterator[Look]:
    """The days that are due. Raises Misuse, Outside where the data cannot be read."""
    files, begin = files_of(room, watch.data), begin_of(standing)
    last = last_whole(now, watch.delay)
    # Who decided on a new baseline said that the declared one is right no more.
    declared = _declared(room, sensor, watch) if watch.baseline and standing.baseline is None else None
    scales = _scales(room, sensor, watch, files, standing, last) if declared is None else declared.scales
    baselines = {} if declared is None else declared.sketches
    if isinstance(scales, TooFew):
        yield Look(named(last), scales)
        return
    found_days = kept.days(room, sensor, files, asked(watch.time, scales), standing)
    days = {number(d): t for d, t in found_days.items()}
    sketches = {c: {d: sketched(scale, c, t) for d, t in days.items()} for c, scale in scales.items()}
    over: _Over = kept.note(room, sensor, f"over:{begin}") or {}
    wanted = list(due(now, watch.delay, standing))
    first = wanted[0] if over or standing.day else max(min(days, default=wanted[0]), begin, wanted[0] - RECENT)
    thin = is_thin(sketches, last)
    for day in range(first, last + 1):
        seen = {c: weeks(of, day) for c, of in sketches.items()} if thin else sketches
        columns = watched(day, scales, seen, {c: frozenset(d) for c, d in over.items()}, begin + 6 * thin)
        nearest = None if day not in wanted else MOST if day == last else 0
        found = watch.judge(day, columns, thin, baselines, nearest)
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


class _Declared(NamedTuple):
    """A declared baseline: the scales that it makes, and itself on them."""

    scales: dict[str, Scale]
    sketches: dict[str, Sketch]


def _declared(room: Room, sensor: str, watch: Columns) -> _Declared:
    """Read once, and again when its files change."""
    files = files_of(room, watch.baseline)
    stamp = [[f.name, f.stamp] for f in files]
    key = f"baseline:{watch.baseline}:{','.join(watch.columns)}:{watch.time}"
    noted = kept.note(room, sensor, key)
    if noted is None or noted["stamp"] != stamp:
        scales, whole = _made(room, watch, files, None)
        if not scales:
            raise Misuse(f"{watch.baseline} has no column to compare with", "Name them: columns: [a, b].")
        sketches = {c: sketched(s, c, whole) for c, s in scales.items()}
        noted = plain({"stamp": stamp, "scales": scales, "sketches": sketches})
        kept.set_note(room, sensor, key, noted)
    return _Declared(
        {c: _scale(s) for c, s in noted["scales"].items()},
        {c: Sketch(s["scale"], tuple(s["counts"]), s["nulls"]) for c, s in noted["sketches"].items()},
    )


def _scales(
    room: Room, sensor: str, watch: Columns, files: Sequence[File], standing: Standing, last: int
) -> dict[str, Scale] | TooFew:
    """The scale of each column, made of the first `learn` days, and until there are those, of the first week.

    How many days are lacking where not even a week can be compared with a day.
    """
    begin = begin_of(standing)

    def key(learn: int) -> str:
        return f"scales:{begin}:{learn}:{','.join(watch.columns)}:{watch.time}"

    noted = kept.note(room, sensor, key(watch.learn))
    if noted is not None:
        return {c: _scale(s) for c, s in noted.items()}
    rows = merged(room.engine.days(f.table, Asked(watch.time)) for f in files)
    kept.needs_moments(room, sensor, files, watch.time, standing, rows)
    first = learned_from({number(d): t.rows for d, t in rows.items() if d and begin <= number(d) <= last}, watch.learn)
    have = 0 if first is None else last - first + 1
    learn = watch.learn if have >= watch.learn else min(_WEEK, watch.learn)
    if first is None or have <= min(_WEEK, watch.learn - 1):
        need = min(_WEEK + 1, watch.learn)
        return TooFew("no column yet", f"{need} days to compare with one another; there are {have}")
    noted = kept.note(room, sensor, key(learn))
    if noted is not None:
        return {c: _scale(s) for c, s in noted.items()}
    made, _ = _made(room, watch, files, (first, first + learn))
    kept.set_note(room, sensor, key(learn), {c: plain(s) for c, s in made.items()})
    return made


def _made(
    room: Room, watch: Columns, files: Sequence[File], days: tuple[int, int] | None
) -> tuple[dict[str, Scale], Tally]:
    """Scales of the days from the first one to before the second, or of all, and what was counted on them."""
    first, until = days or (-(10**9), 10**9)
    some = [files[i] for i in sorted({int(i) for i in np.linspace(0, len(files) - 1, _FILES)})]
    types = {c: kind for f in some for c, kind in room.engine.layout(f.table)}
    if lacking := [c for c in watch.columns if c not in types]:
        raise Misuse(f"{watch.data} has no column {lacking[0]!r}", f"It has: {', '.join(sorted(types)[:12])}.")
    columns = [c for c in (watch.columns or types) if c != watch.time]
    numbers = [c for c in columns if type_of(types[c]) in ("number", "integer")]
    texts = [c for c in columns if c not in numbers and (is_text(types[c]) or type_of(types[c]) == "boolean")]
    pools: dict[str, list[float]] = {c: [] for c in numbers}
    for file in some:
        before = _END if days is None else named(until)
        for column, found in room.engine.quantiles(file.table, numbers, watch.time, before).items():
            pools[column] += found
    edges = {
        c: sketch.edges_of(np.quantile(q, np.arange(1, CELLS) / CELLS, method="inverted_cdf"))
        for c, q in pools.items()
        if q
    }
    wanted = Asked(watch.time, tuple((c, ()) for c in texts), tuple((c, e[: CELLS - 1]) for c, e in edges.items()))
    counted = merged(room.engine.days(f.table, wanted) for f in some)
    whole = merged([{"": t} for d, t in counted.items() if d and first <= number(d) < until]).get("", Tally())
    scales: dict[str, Scale] = {
        c: sketch.from_counts(e, whole.cells[c][:-1]) for c, e in wanted.cells if sum(whole.cells.get(c, (0,))[:-1])
    }
    for column in texts:
        counts = whole.values.get(column, {})
        common = sum(sorted((n for v, n in counts.items() if v != REST), reverse=True)[: CELLS - 1])
        if common and (watch.columns or common >= (1 - _REST) * sum(counts.values())):
            scales[column] = sketch.categories({v: n for v, n in counts.items() if v != REST})
    return scales, whole


def _scale(data: Mapping[str, Any]) -> Scale:
    if "edges" in data:
        return Quantiles(tuple(data["edges"]), tuple(data["shares"]))
    return Categories(tuple(data["names"]), tuple(data["shares"]))
