"""What belongs to a key: references, patterns of ids, owners, duplicates, funnels, distributions, golden rows."""

from __future__ import annotations

from typing import Any

import numpy as np
from sqlglot import exp

from cleanroom.adapters.duckdb.connection import Connection
from cleanroom.adapters.duckdb.cube import MAX_GROUPS
from cleanroom.adapters.duckdb.sql import (
    as_type,
    attempt,
    bin_number,
    breaks,
    col,
    count,
    filled,
    fn,
    key,
    lit,
    named,
    one_of,
    scoped,
    text_of,
)
from cleanroom.adapters.duckdb.tables import Opened
from cleanroom.core.measure import Breaking, Lookup, Orphans, Owners, Repeats, Spread, Steps, Times
from cleanroom.core.states import Bag, Counts, Extent, Group, Histogram, Records, Spans, Trail


def spread(connection: Connection, opened: Opened, measure: Spread) -> Histogram:
    """One GROUP BY over (keys, bin)."""
    column = col(measure.column)
    number = attempt(column, "DOUBLE") if opened.columns[measure.column] == "VARCHAR" else as_type(column, "DOUBLE")
    keys = [text_of(key(k, opened.columns[k.name]), "") for k in measure.by]
    groups = [*keys, bin_number(col("x"))]
    inner = exp.select(
        number.as_("x", quoted=True),
        *(key(k, opened.columns[k.name]).as_(f"k{i}", quoted=True) for i, k in enumerate(measure.by)),
    ).from_(named(opened.name))
    scope = scoped(measure.scope)
    if scope is not None:
        inner = inner.where(scope)
    places = [col(f"k{i}") for i in range(len(keys))]
    binned = bin_number(col("x"))
    outer = (
        exp.select(
            *(p.as_(f"g{i}", quoted=True) for i, p in enumerate(places)),
            binned.as_("bin", quoted=True),
            count().as_("n", quoted=True),
        )
        .from_(inner.subquery("v"))
        .where(fn("isfinite", col("x")))
        .group_by(*(p.copy() for p in places), groups[-1].copy())
    )
    return _histogram(connection, outer, len(keys))


def _histogram(connection: Connection, query: exp.Select, keys: int) -> Histogram:
    ordered = exp.select(
        *(text_of(col(f"g{i}"), "").as_(f"g{i}", quoted=True) for i in range(keys)), col("bin"), col("n")
    ).from_(query.subquery("h"))
    ordered = ordered.order_by(*(col(f"g{i}") for i in range(keys)), col("bin"))
    found = connection.arrays(ordered)
    bins, n = np.asarray(found["bin"], np.int64), np.asarray(found["n"], np.int64)
    if not keys or not len(bins):
        return Histogram({(): (bins, n)} if len(bins) else {})
    names = [_texts(found[f"g{i}"]) for i in range(keys)]
    starts = np.flatnonzero(np.r_[True, np.logical_or.reduce([a[1:] != a[:-1] for a in names])])
    ends = np.r_[starts[1:], len(bins)]
    out: dict[Group, tuple[Any, Any]] = {}
    for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
        group: Group = tuple(None if a[start] == "\x00" else str(a[start]) for a in names)
        out[group] = (bins[start:end], n[start:end])
    return Histogram(out)


def _texts(column: Any) -> Any:
    """Object array of text; null as a NUL character, which no text of ours holds."""
    return np.ma.filled(column, "\x00") if np.ma.isMaskedArray(column) else np.asarray(column, dtype=object)


def repeats(connection: Connection, opened: Opened, measure: Repeats) -> Bag:
    """One 64-bit hash a row in which all the columns are filled: a key that is not there repeats nothing."""
    signature = fn("hash", *(col(c) for c in measure.columns)).as_("h", quoted=True)
    present = (filled(col(c)) for c in measure.columns)
    found = connection.arrays(exp.select(signature).from_(named(opened.name)).where(*present))
    return Bag(np.asarray(found["h"], np.uint64))


def owners(connection: Connection, opened: Opened, measure: Owners) -> Spans:
    """Least and greatest owner signature by key signature."""
    owner = fn("hash", col(measure.owner))
    query = (
        exp.select(
            fn("hash", col(measure.column)).as_("k", quoted=True),
            fn("min", owner).as_("low", quoted=True),
            fn("max", owner.copy()).as_("high", quoted=True),
        )
        .from_(named(opened.name))
        .where(filled(col(measure.column)), filled(col(measure.owner)))
        .group_by(lit(1))
    )
    found = connection.arrays(query)
    return Spans(*(np.asarray(found[c], np.uint64) for c in ("k", "low", "high")))


def steps(connection: Connection, opened: Opened, measure: Steps) -> Trail:
    """The rows of the funnel's events only."""
    event = text_of(col(measure.event), opened.columns[measure.event])
    places = [
        exp.If(this=exp.EQ(this=event.copy(), expression=lit(s)), true=lit(i)) for i, s in enumerate(measure.steps)
    ]
    time = col(measure.time) if opened.columns[measure.time] != "DATE" else as_type(col(measure.time), "TIMESTAMP")
    query = (
        exp.select(
            fn("hash", col(measure.who)).as_("who", quoted=True),
            as_type(exp.Case(ifs=places, default=lit(255)), "UTINYINT").as_("step", quoted=True),
            fn("epoch_us", time).as_("time", quoted=True),
        )
        .from_(named(opened.name))
        .where(one_of(event, measure.steps), filled(col(measure.who)), filled(col(measure.time)))
    )
    found = connection.arrays(query)
    return Trail(
        np.asarray(found["who"], np.uint64), np.asarray(found["step"], np.uint8), np.asarray(found["time"], np.int64)
    )


def times(connection: Connection, opened: Opened, measure: Times) -> Extent:
    """First and last."""
    time = as_type(col(measure.column), "TIMESTAMP")
    first, last = connection.one(
        exp.select(fn("epoch_us", fn("min", time)), fn("epoch_us", fn("max", time.copy()))).from_(named(opened.name))
    )
    return Extent(first, last)


class KeyTables:
    """`SELECT column, count(*) GROUP BY column`, made once a column and asked by several measures."""

    def __init__(self, connection: Connection, opened: Opened) -> None:
        self._connection, self._opened = connection, opened
        self._made: dict[str, str] = {}

    def of(self, column: str) -> str:
        """The table (v, n) of a column's values."""
        if column not in self._made:
            name = f"keys_{self._opened.name}_{len(self._made)}"
            query = exp.select(col(column).as_("v", quoted=True), count().as_("n", quoted=True))
            self._connection.keep(name, query.from_(named(self._opened.name)).group_by(col(column)))
            self._made[column] = name
        return self._made[column]

    def orphans(self, measure: Orphans, reference: str, key_type: str) -> Counts:
        """Values without a partner in the view `reference`."""
        mine = text_of(col("v", "keys"), self._opened.columns[measure.column])
        theirs = text_of(col(measure.key, "known"), key_type)
        query = (
            exp.select(mine, col("n", "keys"))
            .from_(named(self.of(measure.column)).as_("keys", quoted=True))
            .join(
                named(reference).as_("known", quoted=True),
                on=exp.EQ(this=mine.copy(), expression=theirs),
                join_type="anti",
            )
            .where(filled(col("v", "keys")))
            .limit(MAX_GROUPS)
        )
        return Counts({(str(v),): int(n) for v, n in self._connection.rows(query)})

    def breaking(self, measure: Breaking) -> Counts:
        """Rows that break a rule on this column, judged once a value."""
        kind = self._opened.columns[measure.rule.column]
        rule = type(measure.rule)(**{**_fields(measure.rule), "column": "v"})
        table = self.of(measure.rule.column)
        (n,) = self._connection.one(exp.select(fn("sum", col("n"))).from_(named(table)).where(breaks(rule, kind)))
        return Counts({(): int(n or 0)})

    def forget(self) -> None:
        """Drop the tables."""
        for name in self._made.values():
            self._connection.drop(name)
        self._made.clear()


def _fields(rule: object) -> dict[str, Any]:
    return {name: getattr(rule, name) for name in type(rule).__slots__}  # type: ignore[attr-defined]


def lookup(connection: Connection, opened: Opened, measure: Lookup) -> Records:
    """The rows of the golden keys: found by the key column alone, then only those rows are read."""
    key_text = text_of(col(measure.key), opened.columns[measure.key])
    where = exp.select(col("file_row_number")).from_(opened.scan()).where(one_of(key_text, measure.keys))
    numbers = [lit(int(n)) for (n,) in connection.rows(where)]
    if not numbers:
        return Records()
    wanted = [text_of(col(c), opened.columns[c]).as_(f"c{i}", quoted=True) for i, c in enumerate(measure.columns)]
    query = exp.select(key_text.copy().as_("k", quoted=True), *wanted).from_(opened.scan())
    rows = connection.rows(query.where(exp.In(this=col("file_row_number"), expressions=numbers)))
    found = ((str(r[0]), tuple(zip(measure.columns, r[1:], strict=True))) for r in rows)
    return Records(tuple(sorted(found, key=repr)))
