"""Row counts and rule breaks: one cube of low-cardinality keys per side, from which every count is projected.

The keys of all the counts together make one GROUP BY; rules on other columns ride along as filtered counts; rules on
key columns are judged on the groups, not on the rows. A key that has too many values for that (found on a sample) is
grouped by on its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlglot import exp

from cleanroom.adapters.duckdb.connection import Connection
from cleanroom.adapters.duckdb.sql import breaks, col, count, fn, key, named, one_of, scoped, text, text_of
from cleanroom.adapters.duckdb.tables import Opened
from cleanroom.core.measure import Breaking, Column, Key, Measure, Rows
from cleanroom.core.states import Counts, Group

_SAMPLE = 40_000
_MANY = 1_000
MAX_GROUPS = 1_000_000

Counting = Rows | Breaking


@dataclass(frozen=True, slots=True)
class _Cells:
    """The cube as a table: its keys (columns k0, k1 ...) with their types, and which breaking counts ride along."""

    table: str
    keys: list[Key]
    types: list[str]
    riding: dict[Breaking, str]

    def place(self, column: str) -> int | None:
        """Which key a column is, if it is one."""
        return self.keys.index(Column(column)) if Column(column) in self.keys else None


def counts(connection: Connection, opened: Opened, measures: Sequence[Counting]) -> dict[Measure, Counts]:
    """The counts of all the measures, whose columns must exist in `opened`."""
    cube, alone = _plan(connection, opened, measures)
    out: dict[Measure, Counts] = {}
    if cube:
        cells = _build(connection, opened, cube)
        for measure in cube:
            out[measure] = _project(connection, cells, measure)
        connection.drop(cells.table)
    for measure in alone:
        out[measure] = _direct(connection, opened, measure)
    return out


def _type(opened: Opened, k: Key) -> str:
    return opened.columns[k.name]


def _plan(
    connection: Connection, opened: Opened, measures: Sequence[Counting]
) -> tuple[list[Counting], list[Counting]]:
    """Which measures share the cube, and which are grouped by on their own."""
    keys = list(dict.fromkeys(k for m in measures for k in m.by))
    crowded = _crowded(connection, opened, keys)
    cube = [m for m in measures if not crowded & set(m.by)]
    return cube, [m for m in measures if crowded & set(m.by)]


def _crowded(connection: Connection, opened: Opened, keys: list[Key]) -> set[Key]:
    """The keys to leave out of the cube: each alone with many values, then the widest until groups are few."""
    if not keys:
        return set()
    picked = exp.select(*(key(k, _type(opened, k)).as_(f"k{i}", quoted=True) for i, k in enumerate(keys)))
    sampled = opened.sampled(picked.from_(named(opened.name)), _SAMPLE)
    connection.keep("probe", sampled)
    values = [exp.Count(this=exp.Distinct(expressions=[col(f"k{i}")]), big_int=True) for i in range(len(keys))]
    n, *distinct = connection.one(exp.select(count(), *values).from_(named("probe")))
    crowded = {k for k, d in zip(keys, distinct, strict=True) if d > _MANY and d > 0.05 * n}
    order = sorted((k for k in keys if k not in crowded), key=lambda k: distinct[keys.index(k)])
    while len(order) > 1 and _groups(connection, [keys.index(k) for k in order]) > max(_MANY, 0.6 * n):
        crowded.add(order.pop())
    connection.drop("probe")
    return crowded


def _groups(connection: Connection, places: list[int]) -> int:
    distinct = exp.select(*(col(f"k{i}") for i in places)).from_(named("probe")).distinct()
    return int(connection.one(exp.select(count()).from_(distinct.subquery("groups")))[0])


def _build(connection: Connection, opened: Opened, cube: Sequence[Counting]) -> _Cells:
    """Make the table of cells."""
    keys = list(dict.fromkeys(k for m in cube for k in m.by))
    cells = _Cells(f"cells_{opened.name}", keys, [_type(opened, k) for k in keys], {})
    columns = [key(k, _type(opened, k)) for k in keys]
    riding: list[exp.Expr] = []
    for measure in cube:
        if isinstance(measure, Breaking) and cells.place(measure.rule.column) is None:
            condition = breaks(measure.rule, opened.columns[measure.rule.column])
            scope = scoped(measure.scope)
            if scope is not None and measure.scope and cells.place(measure.scope.column) is None:
                condition = exp.and_(scope, condition)
            cells.riding[measure] = f"b{len(riding)}"
            riding.append(count(condition).as_(cells.riding[measure], quoted=True))
    picked = (c.as_(f"k{i}", quoted=True) for i, c in enumerate(columns))
    query = exp.select(*picked, count().as_("n", quoted=True), *riding).from_(named(opened.name))
    if columns:
        query = query.group_by(*(c.copy() for c in columns))
    connection.keep(cells.table, query)
    return cells


def _project(connection: Connection, cells: _Cells, measure: Counting) -> Counts:
    where: list[exp.Expr] = []
    value = "n"
    if isinstance(measure, Breaking):
        place = cells.place(measure.rule.column)
        if place is None:
            value = cells.riding[measure]
        else:
            where.append(breaks(replace(measure.rule, column=f"k{place}"), cells.types[place]))
        within = cells.place(measure.scope.column) if measure.scope else None
        if measure.scope and within is not None:
            where.append(one_of(text_of(col(f"k{within}"), cells.types[within]), measure.scope.values))
    groups = [text_of(col(f"k{cells.keys.index(k)}"), cells.types[cells.keys.index(k)]) for k in measure.by]
    query = exp.select().from_(named(cells.table))
    return _grouped(connection, query.where(*where) if where else query, groups, fn("sum", col(value)))


def _direct(connection: Connection, opened: Opened, measure: Counting) -> Counts:
    query = exp.select().from_(named(opened.name))
    if isinstance(measure, Breaking):
        conditions = [breaks(measure.rule, opened.columns[measure.rule.column])]
        scope = scoped(measure.scope)
        query = query.where(*(conditions if scope is None else [scope, *conditions]))
    groups = [text(key(k, _type(opened, k))) for k in measure.by]
    return _grouped(connection, query, groups, count())


def _grouped(connection: Connection, query: exp.Select, groups: list[exp.Expr], value: exp.Expr) -> Counts:
    query = query.select(*(g.as_(f"g{i}", quoted=True) for i, g in enumerate(groups)), value.as_("n", quoted=True))
    if groups:
        query = query.group_by(*(g.copy() for g in groups))
    found: dict[Group, int] = {}
    for row in connection.rows(query.limit(MAX_GROUPS + 1)):
        found[tuple(row[:-1])] = found.get(tuple(row[:-1]), 0) + int(row[-1] or 0)
    return Counts(found)
