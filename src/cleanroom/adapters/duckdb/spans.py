"""Which rows of a file are of a span of time? In its order, a bounded number of them, and never half of one moment."""

from __future__ import annotations

import math
from collections.abc import Sequence

from sqlglot import exp

from cleanroom.adapters.duckdb.connection import Connection
from cleanroom.adapters.duckdb.sql import as_type, attempt, col, count, fn, lit, named, text_of
from cleanroom.adapters.duckdb.tables import Opened, needed
from cleanroom.core.base import Misuse
from cleanroom.ports.engine import Row, Span

_WHOLE = (
    "TINYINT",
    "SMALLINT",
    "INTEGER",
    "BIGINT",
    "HUGEINT",
    "UTINYINT",
    "USMALLINT",
    "UINTEGER",
    "UBIGINT",
    "UHUGEINT",
)
_NUMBERS = (*_WHOLE, "FLOAT", "DOUBLE", "DECIMAL")
_TIMES = ("TIMESTAMP", "DATE")
_CROWD = 200_000
"""Rows that one moment may have, which cannot be cut."""


def span(
    connection: Connection, opened: Opened, texts: Sequence[str], by: str, between: tuple[int, int], limit: int
) -> Span:
    """See ports/engine.py; `between`: (after, until)."""
    needed(opened, *texts, by)
    moment = moment_of(opened, by)
    others = {c: kind for c, kind in opened.columns.items() if c not in (*texts, by)}
    values = {c: _value(c, kind) for c, kind in others.items() if _is_value(kind)}
    inside = exp.and_(
        exp.GT(this=moment.copy(), expression=lit(between[0])), exp.LTE(this=moment.copy(), expression=lit(between[1]))
    )
    source = exp.select(moment.copy().as_("at", quoted=True)).from_(named(opened.name)).where(inside.copy())
    last = connection.rows(source.order_by(col("at")).limit(1).offset(limit - 1))
    edge = int(last[0][0]) if last else between[1]
    wanted = [moment.copy(), *(text_of(col(c), opened.columns[c]) for c in texts), *values.values()]
    query = exp.select(*(w.as_(f"c{i}", quoted=True) for i, w in enumerate(wanted))).from_(named(opened.name))
    query = query.where(inside.copy(), exp.LTE(this=moment.copy(), expression=lit(edge)))
    most = limit + _CROWD
    found = connection.rows(query.order_by(col("c0")).limit(most + 1))
    if len(found) > most:
        hint = "Write down when each happened, not only on which day."
        raise Misuse(f"{opened.table.path} has more than {_CROWD:,} rows of one moment", hint)
    missing = count(exp.Is(this=moment.copy(), expression=exp.null()))
    timeless = connection.one(exp.select(missing).from_(named(opened.name)))[0]
    rows = tuple(_row(r, len(texts), tuple(values)) for r in found)
    return Span(
        rows,
        bool(last) and _later(connection, source, edge, moment),
        int(timeless),
        tuple(sorted(others.keys() - values)),
    )


def _later(connection: Connection, source: exp.Select, edge: int, moment: exp.Expr) -> bool:
    """Are there rows behind the edge?"""
    return bool(connection.rows(source.where(exp.GT(this=moment.copy(), expression=lit(edge))).limit(1)))


def moment_of(opened: Opened, by: str) -> exp.Expr:
    """Microseconds since 1970 UTC; null where a row has no moment. Text is read as a time as far as it is one."""
    kind = opened.columns[by]
    if not kind.startswith((*_TIMES, "VARCHAR")):
        hint = "Store it as a timestamp (Parquet), or write 2026-01-31T09:30:00Z (CSV, JSONL)."
        raise Misuse(f"{opened.table.path}: column {by!r} holds {kind} values, not timestamps", hint)
    time = attempt(col(by), "TIMESTAMPTZ")
    return exp.Case(ifs=[exp.If(this=fn("isfinite", time), true=fn("epoch_us", time.copy()))])


def _is_value(kind: str) -> bool:
    return kind == "BOOLEAN" or (kind.startswith(_NUMBERS) and not kind.endswith("]"))


def _value(column: str, kind: str) -> exp.Expr:
    return col(column) if kind == "BOOLEAN" else as_type(col(column), "DOUBLE")


def _row(row: Sequence[object], texts: int, names: Sequence[str]) -> Row:
    """NaN is how some tools write that there is nothing."""
    values = {
        n: v for n, v in zip(names, row[1 + texts :], strict=True) if isinstance(v, bool | float) and not math.isnan(v)
    }
    said = tuple(None if t is None else str(t) for t in row[1 : 1 + texts])
    return Row(int(str(row[0])), said, values)
