"""How is a file read? Parquet as it is; CSV, JSONL and DuckDB tables are first brought into Parquet in the run's folder."""

from __future__ import annotations

import gzip
import zlib
from dataclasses import dataclass
from pathlib import Path

from sqlglot import exp

from cleanroom.adapters.duckdb.connection import Connection
from cleanroom.adapters.duckdb.faults import translated
from cleanroom.adapters.duckdb.sql import count, files, lit, named
from cleanroom.core.base import Misuse
from cleanroom.ports.engine import Table

PARQUET = (".parquet", ".pq")
CSV = (".csv", ".csv.gz", ".tsv", ".tsv.gz")
JSON = (".jsonl", ".jsonl.gz", ".ndjson", ".ndjson.gz")
DATABASE = (".duckdb", ".ddb", ".db")
LONGEST_ROW = 16_000_000
"""Bytes of a line of text, at most."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A table that can be scanned: under which view, of which file, from which Parquet, with which columns."""

    name: str
    table: Table
    parquet: Path
    columns: dict[str, str]
    rows: int

    def scan(self) -> exp.Table:
        """The Parquet file itself, whose virtual column file_row_number names its rows."""
        return files("read_parquet", str(self.parquet))

    def sampled(self, query: exp.Select, rows: int) -> exp.Select:
        """The query, which reads this table, over about `rows` of its rows, spread over it, the same ones each time."""
        if self.rows > rows:
            share = exp.TableSample(percent=lit(100.0 * rows / self.rows), method=exp.var("SYSTEM"), seed=lit(7))
            query.args["from_"].this.set("sample", share)
        return query


def kind_of(table: Table) -> str:
    """'parquet', 'csv', 'json' or 'database'. Raises Misuse for anything else, with what can be read."""
    path = table.path
    name = path.name.lower()
    if table.table is not None or name.endswith(DATABASE):
        kind = "database"
    else:
        known = {"parquet": PARQUET, "csv": CSV, "json": JSON}
        kind = next((k for k, endings in known.items() if name.endswith(endings)), "")
    if not path.exists():
        raise Misuse(f"{path} does not exist", "Check the path; it is taken from the folder you are in.")
    if path.is_dir():
        raise Misuse(f"{path} is a directory, not a file of rows", "Name one Parquet, CSV or JSONL file.")
    if not kind:
        raise Misuse(f"{path} is of no kind that can be read", "Parquet, CSV, JSONL (also .gz) or FILE.duckdb::TABLE.")
    if path.stat().st_size == 0:
        raise Misuse(f"{path} is empty", "A file of rows has at least one row.")
    if kind == "database" and not table.table:
        raise Misuse(f"{path} is a database, but no table of it is named", f"Write {path}::TABLE.")
    return kind


def open_table(
    connection: Connection, name: str, table: Table, database: int | None = None, *, may_be_empty: bool = False
) -> Opened:
    """Make `table` known as view `name`. Raises Misuse when it cannot be read or, unless it may, holds no rows."""
    kind = kind_of(table)
    path = table.path.resolve()
    source: exp.Table
    if kind == "parquet":
        source = files("read_parquet", str(path))
    elif kind == "csv":
        _start_of(table.path)
        source = files("read_csv", str(path), max_line_size=lit(LONGEST_ROW))
    elif kind == "json":
        source = files("read_json", str(path), format=lit("newline_delimited"), maximum_object_size=lit(LONGEST_ROW))
    else:
        source = exp.Table(
            this=exp.to_identifier(table.table, quoted=True),
            db=exp.to_identifier("main"),
            catalog=exp.to_identifier(f"db{database}"),
        )
    with translated(table.path):
        try:
            if kind != "parquet":
                path = connection.folder / ".scratch" / f"{name}.parquet"
                connection.write(exp.select("*").from_(source), path)
                source = files("read_parquet", str(path))
            connection.keep(name, exp.select("*").from_(source), view=True)
            described = connection.run(exp.select("*").from_(named(name)).limit(0)).description or []
            rows = int(connection.one(exp.select(count()).from_(named(name)))[0])
        except Misuse as fault:
            raise Misuse(fault.message.replace("A file of the run", str(table.path)), fault.hint) from fault
    if rows == 0 and not may_be_empty:
        raise Misuse(f"{table.path} holds no rows", "A file of rows has at least one row.")
    return Opened(name, table, path, {str(d[0]): str(d[1]) for d in described}, rows)


def _start_of(path: Path) -> None:
    """Refuse a file with an endless line near its start at once: guessing its dialect would read it all, several times."""
    try:
        with gzip.open(path) if path.name.lower().endswith(".gz") else path.open("rb") as file:
            start = file.read(2 * LONGEST_ROW)
    except (OSError, EOFError, zlib.error):
        return  # what else is wrong with the file is for the engine to say
    lines = start.splitlines()
    endless = next((i for i, line in enumerate(lines, 1) if len(line) > LONGEST_ROW), None)
    if endless is not None:
        raise Misuse(
            f"{path} has a line that is too long to be a row (line {endless})",
            f"Rows may take up to {LONGEST_ROW // 1_000_000} MB; check the line endings and quoting of the file.",
        )


def needed(opened: Opened, *columns: str) -> None:
    """Raises Misuse for the first column that is not there."""
    for column in columns:
        if column not in opened.columns:
            there = ", ".join(sorted(opened.columns)[:12])
            raise Misuse(f"{opened.table.path} has no column {column!r}", f"It has: {there}.")


def require_roles(opened: Opened, event: str, time: str) -> None:
    """The event and time columns exist and the time is a time. Raises Misuse naming what is there instead."""
    for part, column in (("event", event), ("time", time)):
        if column not in opened.columns:
            there = ", ".join(sorted(opened.columns)[:12])
            raise Misuse(
                f"{opened.table.path} has no column {column!r}, which contracts/plan.yaml names as the {part} column",
                f"It has: {there}. Set roles.{part} in contracts/plan.yaml.",
            )
    kind = opened.columns[time]
    if not kind.upper().startswith(("TIMESTAMP", "DATETIME", "DATE")):
        raise Misuse(
            f"{opened.table.path}: column {time!r} holds {kind} values, not timestamps",
            "Store it as a timestamp column (Parquet), or write ISO 8601 times such as 2026-01-31T09:30:00 (CSV, JSONL).",
        )
