"""Which arrays of numbers does a table hold? Embeddings by day or all of them, a bounded number of rows at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from sqlglot import exp

from cleanroom.adapters.duckdb.connection import Connection
from cleanroom.adapters.duckdb.days import day_of
from cleanroom.adapters.duckdb.sql import col, filled, fn, lit, text
from cleanroom.adapters.duckdb.tables import Opened, needed
from cleanroom.core.base import Misuse

_ROW = "file_row_number"


def by_day(
    connection: Connection, opened: Opened, column: str, time: str, days: Sequence[str], most: int
) -> Iterator[tuple[str, NDArray[np.float32]]]:
    """Up to `most` arrays of each of the days, the same ones each time: those whose place hashes lowest."""
    needed(opened, column, time)
    _arrays(opened, column)
    there = {row[0] for row in connection.rows(exp.select(text(day_of(opened, time))).distinct().from_(opened.scan()))}
    for day in days:
        if day not in there:
            yield day, _matrix([], opened, column)
            continue
        today = exp.EQ(this=text(day_of(opened, time)), expression=lit(day))
        query = exp.select(col(column).as_("v", quoted=True)).from_(opened.scan()).where(today, filled(col(column)))
        found = connection.rows(query.order_by(fn("hash", col(_ROW)), col(_ROW)).limit(most))
        yield day, _matrix([row[0] for row in found], opened, column)


def in_batches(
    connection: Connection, opened: Opened, id: str, column: str, batch: int
) -> Iterator[tuple[tuple[str, ...], NDArray[np.float32]]]:
    """All rows in the order of the file."""
    needed(opened, id, column)
    _arrays(opened, column)
    for start in range(0, opened.rows, batch):
        place = col(_ROW)
        inside = (exp.GTE(this=place, expression=lit(start)), exp.LT(this=place.copy(), expression=lit(start + batch)))
        query = exp.select(text(col(id)), col(column)).from_(opened.scan()).where(*inside, filled(col(column)))
        found = connection.rows(query.order_by(col(_ROW)))
        yield tuple(str(row[0]) for row in found), _matrix([row[1] for row in found], opened, column)


def pairs(connection: Connection, opened: Opened, key: str, value: str) -> dict[str, str]:
    """Two columns as text."""
    needed(opened, key, value)
    query = (
        exp.select(text(col(key)), text(col(value))).from_(opened.scan()).where(filled(col(key)), filled(col(value)))
    )
    return {str(k): str(v) for k, v in connection.rows(query.order_by(col(_ROW)))}


def _arrays(opened: Opened, column: str) -> None:
    kind = opened.columns[column]
    if not kind.endswith("]") or not kind.startswith(("FLOAT", "DOUBLE", "DECIMAL", "REAL", "BIGINT", "INTEGER")):
        hint = "Store an array of numbers in each row (Parquet: list<float>)."
        raise Misuse(f"{opened.table.path}: column {column!r} holds {kind} values, not arrays of numbers", hint)


def _matrix(rows: Sequence[Sequence[float]], opened: Opened, column: str) -> NDArray[np.float32]:
    if len({len(row) for row in rows}) > 1:
        hint = "All of them come from one model and have one size."
        raise Misuse(f"{opened.table.path}: the arrays of {column!r} are of several sizes", hint)
    made = np.array(rows, np.float32) if rows else np.empty((0, 0), np.float32)
    if not np.isfinite(made).all():
        raise Misuse(f"{opened.table.path}: an array of {column!r} holds what is no finite number")
    return made
