"""How is DuckDB opened? In memory, external access off but for the named files, configuration locked.

Reading is allowed from exactly the input files, reading and writing below the run's folder. DuckDB alone would let a
COPY write to an allowed input path, so a second gate sees every statement: only SELECT and CREATE TEMP TABLE/VIEW
run here; files are written by `write` alone, which checks that the target lies in the run's folder.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
from sqlglot import exp

from cleanroom.adapters.duckdb.faults import translated
from cleanroom.adapters.duckdb.sql import checked, lit
from cleanroom.core.base import Outside

_READING = {duckdb.StatementType.SELECT, duckdb.StatementType.CREATE, duckdb.StatementType.EXPLAIN}


class Connection:
    """A locked-down DuckDB on one folder."""

    def __init__(
        self, folder: Path, inputs: Sequence[Path], databases: Sequence[Path] = (), memory: str = "700MB"
    ) -> None:
        self.folder = folder.resolve()
        scratch = self.folder / ".scratch"
        scratch.mkdir(parents=True, exist_ok=True)
        self._db = duckdb.connect(":memory:")
        for i, database in enumerate(databases):
            with translated(database):
                self._db.execute("ATTACH " + lit(str(database)).sql("duckdb") + f" AS db{i:d} (READ_ONLY)")
        # File-system writes go through a temporary name next to the target: off, so that only named paths are touched.
        for name, value in (
            ("TimeZone", lit("UTC")),
            ("threads", lit(os.cpu_count() or 1)),
            ("memory_limit", lit(memory)),
            ("temp_directory", lit(str(scratch))),
            ("enable_progress_bar", exp.false()),
            ("autoinstall_known_extensions", exp.false()),
            ("autoload_known_extensions", exp.false()),
            ("allow_community_extensions", exp.false()),
            ("allowed_directories", exp.array(lit(str(self.folder)))),
            ("allowed_paths", exp.array(*(lit(str(p)) for p in inputs))),
            ("enable_external_access", exp.false()),
            ("lock_configuration", exp.true()),
        ):
            self._db.execute("SET " + name + " = " + value.sql("duckdb"))

    def run(self, statement: exp.Expr) -> duckdb.DuckDBPyConnection:
        """Run one reading statement. Raises Misuse or Outside with one line."""
        return self._execute(checked(statement), _READING)

    def rows(self, statement: exp.Expr) -> list[tuple[Any, ...]]:
        """All rows of one reading statement."""
        with translated():
            return self.run(statement).fetchall()

    def one(self, statement: exp.Expr) -> tuple[Any, ...]:
        """The only row."""
        return self.rows(statement)[0]

    def arrays(self, statement: exp.Expr) -> dict[str, Any]:
        """The columns as numpy arrays."""
        with translated():
            return dict(self.run(statement).fetchnumpy())

    def keep(self, name: str, query: exp.Select, *, view: bool = False) -> None:
        """A temporary table or view out of a query."""
        properties = exp.Properties(expressions=[exp.TemporaryProperty()])
        target = exp.Table(this=exp.to_identifier(name, quoted=True))
        self.run(exp.Create(this=target, kind="VIEW" if view else "TABLE", expression=query, properties=properties))

    def drop(self, name: str) -> None:
        """Forget a temporary table."""
        target = exp.Table(this=exp.to_identifier(name, quoted=True))
        self._execute(exp.Drop(tables=[target], kind="TABLE").sql("duckdb"), {duckdb.StatementType.DROP})

    def write(self, query: exp.Query, target: Path, metadata: dict[str, str] | None = None) -> None:
        """Write a query's rows to a Parquet file below the folder, in the order of the source, the same bytes each time."""
        if not target.resolve().is_relative_to(self.folder):
            raise Outside(f"refused to write {target}: it lies outside the run's folder")
        options: list[tuple[str, exp.Expr]] = [
            ("FORMAT", exp.var("PARQUET")),
            ("COMPRESSION", exp.var("ZSTD")),
            ("ROW_GROUP_SIZE", lit(122_880)),
            ("USE_TMP_FILE", exp.false()),
            # Without this the engine may swap row groups between threads, whatever its session setting says.
            ("PRESERVE_ORDER", exp.true()),
        ]
        if metadata:
            pairs = [
                exp.PropertyEQ(this=exp.to_identifier(k, quoted=True), expression=lit(v)) for k, v in metadata.items()
            ]
            options.append(("KV_METADATA", exp.Struct(expressions=pairs)))
        statement = exp.Copy(
            this=exp.Subquery(this=query),
            kind=False,
            files=[lit(str(target.resolve()))],
            params=[exp.CopyParameter(this=exp.var(k), expression=v) for k, v in options],
        )
        self._execute(checked(statement), {duckdb.StatementType.COPY})

    def _execute(self, sql: str, allowed: set[duckdb.StatementType]) -> duckdb.DuckDBPyConnection:
        with translated():
            statements = self._db.extract_statements(sql)
            if len(statements) != 1 or statements[0].type not in allowed:
                raise Outside("the engine refused a statement that is not one of its own kinds")
            return self._db.execute(statements[0])

    def close(self) -> None:
        """Release files and memory."""
        self._db.close()
