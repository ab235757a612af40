"""What does a file look like? Types, ranges and frequent values of each column, and rows by value."""

from __future__ import annotations

from sqlglot import exp

from cleanroom.adapters.duckdb.connection import Connection
from cleanroom.adapters.duckdb.sql import col, count, filled, fn, lit, named, one_of, text, text_of
from cleanroom.adapters.duckdb.tables import Opened
from cleanroom.ports.engine import Profile


def profile(connection: Connection, opened: Opened, top: int) -> tuple[Profile, ...]:
    """One Profile a column."""
    wanted: list[exp.Expr] = []
    for c in opened.columns:
        wanted += [
            count(exp.Is(this=col(c), expression=exp.null())),
            fn("approx_count_distinct", col(c)),
            text(fn("min", col(c))),
            text(fn("max", col(c))),
        ]
    seen = connection.one(exp.select(*wanted).from_(named(opened.name)))
    out = []
    for i, (c, kind) in enumerate(opened.columns.items()):
        nulls, distinct, low, high = seen[4 * i : 4 * i + 4]
        values = _top(connection, opened, c, top)
        exact = len(values) if len(values) < top else max(int(distinct), top)
        out.append(Profile(c, kind, opened.rows, int(nulls), exact, low, high, values))
    return tuple(out)


def _top(connection: Connection, opened: Opened, column: str, top: int) -> tuple[tuple[str, int], ...]:
    query = exp.select(text(col(column)).as_("v", quoted=True), count().as_("n", quoted=True)).from_(named(opened.name))
    query = query.where(filled(col(column))).group_by(lit(1))
    ordered = query.order_by(exp.Ordered(this=col("n"), desc=True), col("v")).limit(top)
    return tuple((str(v), int(n)) for v, n in connection.rows(ordered))


def sample(
    connection: Connection, opened: Opened, column: str, value: str, limit: int
) -> tuple[dict[str, str | None], ...]:
    """Rows in which `column` has `value`, in the order of the file."""
    query = exp.select(*(text(col(c)).as_(c, quoted=True) for c in opened.columns)).from_(named(opened.name))
    found = connection.rows(query.where(one_of(text_of(col(column), opened.columns[column]), [value])).limit(limit))
    return tuple(dict(zip(opened.columns, row, strict=True)) for row in found)
