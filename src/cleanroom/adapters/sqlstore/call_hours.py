"""Calls that left the log: Parquet files by system and hour; files.py says how they come to the disk."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import duckdb
import numpy as np
from duckdb import CaseExpression, ColumnExpression, ConstantExpression, FunctionExpression, StarExpression
from numpy.typing import NDArray

from cleanroom.adapters.sqlstore import packed_calls
from cleanroom.adapters.sqlstore.files import Files, floats, metric_of, micros_of, within
from cleanroom.adapters.sqlstore.hours import marks_of
from cleanroom.adapters.sqlstore.packed_calls import KEYS, WORDS
from cleanroom.core.call import Call
from cleanroom.ports.calls import TEXTS, CallColumns

_FILE = """
SELECT
    h.id, h.trace, h.parent, $system AS system, h.feature, h.variant, h.operation, h.tool, h.provider, h.model, h.prompt,
    h.conversation, h.who, make_timestamptz(h.at) AS happened, h.took, make_timestamptz(h.arrived) AS arrived, h.error,
    coalesce(m.metrics, map(CAST([] AS VARCHAR[]), CAST([] AS DOUBLE[]))) AS metrics,
    h.input, h.output, coalesce(s.sources, CAST([] AS VARCHAR[])) AS sources
FROM heads AS h
LEFT JOIN (
    SELECT place, map(list(text ORDER BY code), list(value ORDER BY code)) AS metrics
    FROM marks JOIN names USING (code) GROUP BY place
) AS m USING (place)
LEFT JOIN (SELECT place, list(text ORDER BY nr) AS sources FROM sources GROUP BY place) AS s USING (place)
ORDER BY h.at, h.place
"""
"""What a row of a file says: `happened` and `arrived` are moments in UTC, `took` microseconds, booleans among metrics 0 or 1."""

_FIELDS = (
    "id",
    "trace",
    "parent",
    "system",
    *WORDS,
    "conversation",
    "who",
    "took",
    "metrics",
    "input",
    "output",
    "sources",
)
_AT_ONCE = 24  # files that are looked through for the newest calls before the older ones are


def write(files: Files, system: str, hour: int, found: packed_calls.Unpacked, rows: Sequence[Any]) -> str:
    """Write calls of one system and hour, rows of the log and what they hold, to a file; its name."""

    def draw(db: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyRelation:
        for name, table in _tables(found, rows).items():
            db.register(name, table)
        return db.sql(_FILE, params={"system": system})

    return files.write(system, hour, draw)


def rewrite(files: Files, name: str, system: str, hour: int, before: int, texts: bool) -> str:
    """Write what is left of a file once what lies before that moment is forgotten, only its texts or all; the new name."""
    old = micros_of("happened") < ConstantExpression(before)

    def draw(db: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyRelation:
        rows = files.relation(db, [name])
        if not texts:
            return rows.filter(~old)
        none = ConstantExpression([]).cast("VARCHAR[]")
        empty = {"input": ConstantExpression(""), "output": ConstantExpression(""), "sources": none}
        bare = [CaseExpression(old, empty[n]).otherwise(ColumnExpression(n)).alias(n) for n in empty]
        return rows.select(StarExpression(exclude=list(empty)), *bare)

    return files.write(system, hour, draw)


def spoken(files: Files, name: str, before: int, texts: bool) -> int:
    """How many calls of a file lie before that moment; with `texts`, how many of them have any."""
    which = micros_of("happened") < ConstantExpression(before)
    if texts:
        none, some = ConstantExpression(""), FunctionExpression("len", ColumnExpression("sources"))
        said = (ColumnExpression("input") != none) | (ColumnExpression("output") != none)
        which = which & (said | (some > ConstantExpression(0)))
    return len(files.read([name], which, {"took": ColumnExpression("took")})["took"])


def columns(files: Files, names: Sequence[str], since: int, until: int, metrics: Sequence[str]) -> CallColumns:
    """Calls of these files with since <= at < until, in the order of the files."""
    wanted = {"at": micros_of("happened"), **{name: ColumnExpression(name) for name in TEXTS}}
    wanted |= {f"m{place}": metric_of(name) for place, name in enumerate(metrics)}
    found = files.read(names, within(since, until), wanted)
    values = {name: floats(found[f"m{place}"]) for place, name in enumerate(metrics)}
    return CallColumns(at=found["at"], metrics=values, **{name: found[name].astype(np.str_) for name in TEXTS})


def newest(
    files: Files,
    names: Sequence[tuple[str, int]],
    since: int,
    until: int,
    where: Mapping[str, str],
    bad: str,
    limit: int,
) -> list[Call]:
    """The newest calls of files, given with their last moments, that are as `where` says; the newest first."""
    which = within(since, until)
    for field, value in where.items():
        which = which & (ColumnExpression(field) == ConstantExpression(value))
    if bad:
        which = which & (metric_of(bad) != ConstantExpression(0.0))
    found: list[Call] = []
    left = sorted(names, key=lambda file: file[1])
    while left and (len(found) < limit or left[-1][1] >= found[-1].at):
        part = [name for name, _ in left[-_AT_ONCE:]]
        del left[-_AT_ONCE:]
        found = newest_of([*found, *_calls(files, part, which, limit)], limit)
    return found


def newest_of(calls: Iterable[Call], limit: int) -> list[Call]:
    """The newest of them, newest first; of one moment by id, backwards."""
    return sorted(calls, key=lambda call: (call.at, call.id), reverse=True)[:limit]


def by_ids(files: Files, names: Sequence[str], ids: Sequence[str]) -> list[Call]:
    """The calls of these ids in these files."""
    return _calls(files, names, ColumnExpression("id").isin(*map(ConstantExpression, ids)), len(ids))


def _calls(files: Files, names: Sequence[str], which: Any, limit: int) -> list[Call]:
    """The newest calls of these files, as they lie there."""
    moments = [micros_of(name).alias(f"{name}_us") for name in ("happened", "arrived")]
    with files.opened(names) as rows:
        found = rows.filter(which).select(*map(ColumnExpression, _FIELDS), *moments)
        newest_first = found.sort(ColumnExpression("happened_us").desc(), ColumnExpression("id").desc())
        return [_call(row) for row in newest_first.limit(limit).fetchall()]


def _call(row: Sequence[Any]) -> Call:
    given = dict(zip(_FIELDS, row, strict=False))
    given |= {"sources": tuple(given["sources"]), "at": row[-2], "arrived": row[-1]}
    return Call(**given)


def _tables(found: packed_calls.Unpacked, rows: Sequence[Any]) -> dict[str, dict[str, NDArray[Any]]]:
    """Calls of the log as DuckDB takes them in."""
    keys = packed_calls.keys_of(rows)
    texts = list(packed_calls.texts_of(rows))
    sources = [(i, nr, text) for i, of_call in enumerate(texts) for nr, text in enumerate(of_call[2])]
    places, numbers, said = zip(*sources, strict=True) if sources else ((), (), ())
    heads = found.heads
    return {
        "heads": {
            "place": np.arange(len(heads)),
            **{name: heads[name].astype(np.int64) for name in ("at", "took", "arrived")},
            **{name: _objects(keys[name]) for name in KEYS},
            **{name: found.word(name) for name in WORDS},
            "input": _objects([of_call[0] for of_call in texts]),
            "output": _objects([of_call[1] for of_call in texts]),
        },
        "sources": {
            "place": np.array(places, np.int64),
            "nr": np.array(numbers, np.int64),
            "text": _objects(said),
        },
        **marks_of(found),
    }


def _objects(values: Sequence[str]) -> NDArray[Any]:
    made = np.empty(len(values), object)
    made[:] = values
    return made
