"""What does a change make of the data? Written beside production, in the order of the source, the same bytes each time."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from sqlglot import exp

from cleanroom.adapters.duckdb.connection import Connection
from cleanroom.adapters.duckdb.sql import attempt, col, files, lit, named, one_of, text_of
from cleanroom.adapters.duckdb.tables import Opened
from cleanroom.core.change import NONE, Mapping
from cleanroom.core.contract import Roles
from cleanroom.core.golden import GoldenCase

LEGACY = "legacy_event"
CASE = "_case"


def mapped(source: str, columns: dict[str, str], event: str, mapping: Mapping, keep: Sequence[str] = ()) -> exp.Select:
    """The rows of `source` whose name is mapped to an event, under their new names, with the old one beside."""
    old = text_of(col(event), columns[event])
    kept = [m for m in mapping.events if m.target != NONE]
    if kept:
        cases = [exp.If(this=exp.EQ(this=old.copy(), expression=lit(m.legacy)), true=lit(m.target)) for m in kept]
        new: exp.Expr = exp.Case(ifs=cases)
    else:
        new = text_of(exp.null(), "")
    picked = [new.as_(event, quoted=True) if c == event else col(c) for c in columns if c != LEGACY]
    query = exp.select(*picked, old.as_(LEGACY, quoted=True), *(col(k) for k in keep)).from_(named(source))
    return query.where(one_of(old.copy(), [m.legacy for m in kept]))


def apply(connection: Connection, source: Opened, roles: Roles, mapping: Mapping, metadata: dict[str, str]) -> Path:
    """Write output.parquet."""
    target = connection.folder / "output.parquet"
    connection.write(mapped(source.name, source.columns, roles.event, mapping), target, metadata)
    return target


def copy(connection: Connection, candidate: Opened, metadata: dict[str, str]) -> Path:
    """Write the candidate's rows as they are."""
    target = connection.folder / "output.parquet"
    connection.write(exp.select("*").from_(named(candidate.name)), target, metadata)
    return target


def replay(connection: Connection, source: Opened, roles: Roles, cases: Sequence[GoldenCase], mapping: Mapping) -> Path:
    """Write the golden inputs under the mapping, keyed by `_case`."""
    lines = []
    for case in cases:
        row = {k: (v if v is None or isinstance(v, str) else json.dumps(v)) for k, v in case.input}
        lines.append(json.dumps({CASE: case.id, **{c: row.get(c) for c in source.columns}}, ensure_ascii=False))
    scratch = connection.folder / ".scratch" / "golden.jsonl"
    scratch.write_text("\n".join(lines) + "\n", encoding="utf-8")
    shape = exp.Struct(
        expressions=[
            exp.PropertyEQ(this=exp.to_identifier(c, quoted=True), expression=lit("VARCHAR"))
            for c in (CASE, *source.columns)
        ]
    )
    read = files("read_json", str(scratch), format=lit("newline_delimited"), columns=shape)
    connection.keep("golden_inputs", exp.select("*").from_(read))
    texts = dict.fromkeys(source.columns, "VARCHAR")
    query = mapped("golden_inputs", texts, roles.event, mapping, keep=(CASE,))
    typed = [
        attempt(col(c), kind).as_(c, quoted=True) if c != roles.event and kind != "VARCHAR" else col(c)
        for c, kind in source.columns.items()
        if c != LEGACY
    ]
    target = connection.folder / "golden.parquet"
    connection.write(exp.select(*typed, col(LEGACY), col(CASE)).from_(query.subquery("replayed")), target)
    return target
