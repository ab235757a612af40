"""What does each day of a table hold? Rows, values, cells of numbers, different values and keys, each in one pass."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from sqlglot import exp

from cleanroom.adapters.duckdb.connection import Connection
from cleanroom.adapters.duckdb.spans import moment_of
from cleanroom.adapters.duckdb.sql import as_type, attempt, col, count, filled, fn, lit, named, one_of, text, text_of
from cleanroom.adapters.duckdb.tables import Opened, needed
from cleanroom.core.base import Misuse
from cleanroom.core.sensors.daily import KEPT, REST, Asked, Tally, cell
from cleanroom.ports.engine import Newest

_COMMONEST = 200
"""Values that are counted by name where none are named."""

_YEAR_1 = -62_135_596_800_000_000
_MOST_DAYS = 20_000
_MOST_GROUPS = 2_000_000
_SIGNATURE = 1 << 12  # 64 bits of a hash less these make 52, which every JSON reader keeps


def tallies(connection: Connection, opened: Opened, asked: Asked) -> dict[str, Tally]:
    """Tallies by day, YYYY-MM-DD; rows without a moment are under ''. Columns that are not there are left out.

    Raises Misuse where the column of time is missing.
    """
    needed(opened, asked.time)
    asked = _there(opened, asked)
    rows, cells = _cells(connection, opened, asked)
    if len(rows) > _MOST_DAYS:
        raise Misuse(f"{opened.table.path} spans more than {_MOST_DAYS:,} days", f"Is {asked.time!r} the right column?")
    values = {c: _values(connection, opened, asked.time, c, names) for c, names in asked.values}
    distinct = {c: _distinct(connection, opened, asked.time, c) for c in asked.distinct}
    keys = {c: _keys(connection, opened, asked.time, c) for c in asked.keys}
    return {
        day: Tally(
            n,
            {c: found.get(day, {}) for c, found in values.items()},
            {c: found[day] for c, found in cells.items()},
            {c: found.get(day, ()) for c, found in distinct.items()},
            {c: found.get(day, {}) for c, found in keys.items()},
        )
        for day, n in rows.items()
    }


def quantiles(
    connection: Connection, opened: Opened, columns: Sequence[str], time: str, until: str
) -> dict[str, list[float]]:
    """The 1/64 .. 63/64 quantiles of numeric columns over days before `until`, on about 200,000 rows; [] without values."""
    needed(opened, time, *columns)
    wanted = [
        fn("quantile_disc", _number(opened, c), exp.array(*(lit(i / 64) for i in range(1, 64)))).as_(
            f"q{i}", quoted=True
        )
        for i, c in enumerate(columns)
    ]
    if not wanted:
        return {}
    inside = exp.select(*(col(c) for c in dict.fromkeys((*columns, time)))).from_(named(opened.name))
    before = exp.LT(this=text(day_of(opened, time)), expression=lit(until))
    found = connection.one(exp.select(*wanted).from_(opened.sampled(inside, 200_000).where(before).subquery("s")))
    return {c: [float(q) for q in (row or ())] for c, row in zip(columns, found, strict=True)}


def newest(connection: Connection, opened: Opened, by: str, until: int) -> Newest:
    """The last moment in a column up to `until`, and how many rows are later."""
    needed(opened, by)
    moment = moment_of(opened, by)
    known = exp.and_(
        exp.GTE(this=moment.copy(), expression=lit(_YEAR_1)), exp.LTE(this=moment.copy(), expression=lit(until))
    )
    last = fn("max", exp.Case(ifs=[exp.If(this=known, true=moment.copy())]))
    later = count(exp.GT(this=moment.copy(), expression=lit(until)))
    found = connection.one(exp.select(last, later).from_(named(opened.name)))
    return Newest(None if found[0] is None else int(found[0]), int(found[1]))


def _there(opened: Opened, asked: Asked) -> Asked:
    there = opened.columns
    return Asked(
        asked.time,
        tuple((c, names) for c, names in asked.values if c in there),
        tuple((c, edges) for c, edges in asked.cells if c in there),
        tuple(c for c in asked.distinct if c in there),
        tuple(c for c in asked.keys if c in there),
    )


def day_of(opened: Opened, time: str) -> exp.Expr:
    """The UTC day, null outside of the years 1 to 9999; a date is its own, text is read as a moment as far as it is one."""
    day = _any_day_of(opened, time)
    first, last = (as_type(lit(d), "DATE") for d in ("0001-01-01", "9999-12-31"))
    known = exp.and_(exp.GTE(this=day.copy(), expression=first), exp.LTE(this=day.copy(), expression=last))
    return exp.Case(ifs=[exp.If(this=known, true=day.copy())])


def _any_day_of(opened: Opened, time: str) -> exp.Expr:
    if opened.columns[time] == "DATE":
        return col(time)
    if opened.columns[time].startswith("TIMESTAMP"):
        return as_type(exp.Case(ifs=[exp.If(this=fn("isfinite", col(time)), true=col(time))]), "DATE")
    moment_of(opened, time)  # says what is wrong with other types
    return as_type(attempt(col(time), "TIMESTAMPTZ"), "DATE")


def _number(opened: Opened, column: str) -> exp.Expr:
    """As a double; null where it is none, NaN too."""
    kind = opened.columns[column]
    number = as_type(col(column), "DOUBLE") if kind not in ("VARCHAR", "JSON") else attempt(col(column), "DOUBLE")
    if kind not in ("DOUBLE", "FLOAT", "VARCHAR", "JSON"):
        return number
    return exp.Case(ifs=[exp.If(this=exp.not_(fn("isnan", number)), true=number.copy())])


def _cells(
    connection: Connection, opened: Opened, asked: Asked
) -> tuple[dict[str, int], dict[str, dict[str, tuple[int, ...]]]]:
    """Rows by day, and by column and day the counts of its cells with the nulls last: one GROUP BY."""
    query = exp.select(day_of(opened, asked.time).as_("d", quoted=True), count().as_("n", quoted=True))
    for i, (column, edges) in enumerate(asked.cells):
        number = _number(opened, column)
        # The engine's bins end at their edge, cells end before it: the next double below makes them the same.
        ends = exp.array(*(lit(float(np.nextafter(e, -np.inf))) for e in edges)) if edges else exp.array(lit(0.0))
        query = query.select(fn("histogram", number, ends).as_(f"h{i}", quoted=True))
    query = query.from_(named(opened.name)).group_by(lit(1))
    rows: dict[str, int] = {}
    cells: dict[str, dict[str, tuple[int, ...]]] = {c: {} for c, _ in asked.cells}
    for day, n, *histograms in connection.rows(query):
        name = "" if day is None else str(day)
        rows[name] = int(n)
        for (column, edges), histogram in zip(asked.cells, histograms, strict=True):
            counts = [0] * (len(edges) + 2)
            for end, m in (histogram or {}).items():
                counts[cell(edges, float(end)) if edges else 0] += int(m)
            counts[-1] = int(n) - sum(counts)
            cells[column][name] = tuple(counts)
    return rows, cells


def _values(
    connection: Connection, opened: Opened, time: str, column: str, names: tuple[str, ...]
) -> dict[str, dict[str, int]]:
    value = text_of(col(column), opened.columns[column])
    present = filled(col(column))
    if not names:
        top = exp.select(value.as_("v", quoted=True), count().as_("n", quoted=True)).from_(named(opened.name))
        top = top.where(present).group_by(lit(1))
        ranked = top.order_by(exp.Ordered(this=col("n"), desc=True), col("v")).limit(_COMMONEST)
        names = tuple(str(v) for v, _ in connection.rows(ranked))
    known = exp.Case(ifs=[exp.If(this=one_of(value.copy(), names), true=value.copy())], default=lit(REST))
    query = exp.select(day_of(opened, time).as_("d", quoted=True), known.as_("v", quoted=True), count())
    query = query.from_(named(opened.name)).where(present.copy()).group_by(lit(1), lit(2))
    return _by_day(connection, query)


def _by_day(connection: Connection, query: exp.Select) -> dict[str, dict[str, int]]:
    out: dict[str, dict[str, int]] = {}
    for day, value, n in connection.rows(query.limit(_MOST_GROUPS)):
        out.setdefault("" if day is None else str(day), {})[str(value)] = int(n)
    return out


def _distinct(connection: Connection, opened: Opened, time: str, column: str) -> dict[str, tuple[int, ...]]:
    """The KEPT smallest signatures of each day."""
    signature = exp.IntDiv(this=fn("hash", col(column)), expression=lit(_SIGNATURE))
    different = exp.select(day_of(opened, time).as_("d", quoted=True), signature.as_("h", quoted=True))
    present = filled(col(column))
    different = different.from_(named(opened.name)).where(present).distinct()
    place = exp.Window(this=exp.RowNumber(), partition_by=[col("d")], order=exp.Order(expressions=[col("h")]))
    ranked = exp.select(col("d"), col("h"), place.as_("place", quoted=True)).from_(different.subquery("v"))
    kept = exp.select(col("d"), col("h")).from_(ranked.subquery("r"))
    kept = kept.where(exp.LTE(this=col("place"), expression=lit(KEPT))).order_by(col("d"), col("h"))
    out: dict[str, list[int]] = {}
    for day, h in connection.rows(kept):
        out.setdefault("" if day is None else str(day), []).append(int(h))
    return {day: tuple(found) for day, found in out.items()}


def _keys(connection: Connection, opened: Opened, time: str, column: str) -> dict[str, dict[str, int]]:
    """How many rows of each day have a key in their object."""
    document = text_of(col(column), opened.columns[column])
    sound = exp.Case(ifs=[exp.If(this=fn("json_valid", document), true=document.copy())])
    inner = exp.select(
        day_of(opened, time).as_("d", quoted=True), fn("unnest", fn("json_keys", sound)).as_("k", quoted=True)
    )
    query = exp.select(col("d"), col("k"), count()).from_(inner.from_(named(opened.name)).subquery("v"))
    return _by_day(connection, query.group_by(lit(1), lit(2)))
