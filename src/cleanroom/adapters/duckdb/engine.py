"""The Engine port on DuckDB."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb
import numpy as np
from numpy.typing import NDArray

from cleanroom.adapters.duckdb import days as daily
from cleanroom.adapters.duckdb import diff as differ
from cleanroom.adapters.duckdb import profile as profiler
from cleanroom.adapters.duckdb import shadow, spans
from cleanroom.adapters.duckdb import vectors as arrays
from cleanroom.adapters.duckdb.connection import Connection
from cleanroom.adapters.duckdb.measures import Reader
from cleanroom.adapters.duckdb.payload import Payloads
from cleanroom.adapters.duckdb.reproduce import Queries
from cleanroom.adapters.duckdb.tables import Opened, kind_of, open_table, require_roles
from cleanroom.adapters.duckdb.witness import Witnesses
from cleanroom.core import change
from cleanroom.core.base import CleanroomError, Misuse
from cleanroom.core.check import Witness
from cleanroom.core.contract import Roles
from cleanroom.core.golden import GoldenCase
from cleanroom.core.measure import Measure, Seen
from cleanroom.core.run import Diff
from cleanroom.core.sensors.daily import Asked, Tally
from cleanroom.ports.engine import Newest, Profile, Shown, Span, Table, Workspace
from cleanroom.ports.validator import Validator

_MEMORY = "700MB"


class DuckDBWorkspace:
    """See ports/engine.py."""

    def __init__(self, connection: Connection, roles: Roles, validator: Validator) -> None:
        self._connection, self._roles = connection, roles
        self._sides: dict[str, Opened] = {}
        self._references: dict[str, Opened] = {}
        self._payloads = Payloads(validator)
        self._seen: Seen[object] = Seen({})

    def add(self, side: str, table: Table, database: int | None = None) -> None:
        """Open a file as a side of the run."""
        opened = open_table(self._connection, side, table, database)
        require_roles(opened, self._roles.event, self._roles.time)
        self._sides[side] = opened

    def refer(self, name: str, path: Path) -> None:
        """Open a reference file under the path that the plan gives it. One that cannot be read is left out."""
        try:
            self._references[name] = open_table(self._connection, f"reference_{len(self._references)}", Table(path))
        except CleanroomError:
            return

    def apply(self, mapping: change.Mapping, metadata: dict[str, str]) -> Path:
        """See ports/engine.py."""
        path = shadow.apply(self._connection, self._sides["source"], self._roles, mapping, metadata)
        return self._output(path)

    def copy(self, metadata: dict[str, str]) -> Path:
        """See ports/engine.py."""
        return self._output(shadow.copy(self._connection, self._sides["given"], metadata))

    def _output(self, path: Path) -> Path:
        if "candidate" not in self._sides:
            self._sides["candidate"] = open_table(self._connection, "candidate", Table(path), may_be_empty=True)
        return path

    def replay(self, cases: Sequence[GoldenCase], mapping: change.Mapping) -> None:
        """See ports/engine.py."""
        path = shadow.replay(self._connection, self._sides["source"], self._roles, cases, mapping)
        self._sides["golden"] = open_table(self._connection, "golden", Table(path), may_be_empty=True)

    def measure(self, measures: Sequence[Measure]) -> Seen[object]:
        """See ports/engine.py."""
        self._seen = Reader(self._connection, self._sides, self._references, self._payloads).answer(measures)
        return self._seen

    def diff(self, mapping: change.Mapping | None, sample: int = 20) -> Diff:
        """See ports/engine.py."""
        output = self._sides["candidate"]
        if mapping is not None:
            return differ.of_mapping(self._connection, self._sides["source"], output, self._roles, mapping, sample)
        return differ.of_dataset(self._connection, self._sides.get("baseline"), output, self._roles, sample)

    def witness(self, witnesses: Sequence[Witness], limit: int = 10) -> tuple[Shown, ...]:
        """See ports/engine.py."""
        found = Witnesses(self._connection, self._sides, self._roles, self._payloads, self._seen)
        return found.rows(witnesses, limit)

    def query(self, witness: Witness, names: dict[str, str]) -> str:
        """See ports/engine.py."""
        return Queries(self._sides, self._references, names, self._roles).text(witness)


class DuckDBEngine:
    """See ports/engine.py. `memory` bounds what DuckDB itself holds; the rest spills into the run's folder."""

    def __init__(self, validator: Validator, memory: str = "") -> None:
        self._validator = validator
        self._memory = memory or os.environ.get("CLEANROOM_MEMORY", _MEMORY)

    @property
    def name(self) -> str:
        """Name and version."""
        return f"duckdb {duckdb.__version__}"

    @contextmanager
    def open(
        self,
        folder: Path,
        roles: Roles,
        *,
        source: Table | None = None,
        candidate: Table | None = None,
        baseline: Table | None = None,
        references: Sequence[tuple[str, Path]] = (),
    ) -> Iterator[Workspace]:
        """See ports/engine.py."""
        sides = {"source": source, "given": candidate, "baseline": baseline}
        named = {side: table for side, table in sides.items() if table is not None}
        connection, databases = self._connect(folder, list(named.values()), [p for _, p in references])
        try:
            workspace = DuckDBWorkspace(connection, roles, self._validator)
            for side, table in named.items():
                workspace.add(side, table, databases.get(table.path.resolve()))
            for name, path in references:
                workspace.refer(name, path)
            yield workspace
        finally:
            connection.close()

    def _connect(
        self, folder: Path, tables: Sequence[Table], references: Sequence[Path] = ()
    ) -> tuple[Connection, dict[Path, int]]:
        kinds = [kind_of(t) for t in tables]
        databases = list(dict.fromkeys(t.path.resolve() for t, k in zip(tables, kinds, strict=True) if k == "database"))
        inputs = [p.resolve() for p in (*(t.path for t in tables), *references)]
        connection = Connection(folder, inputs, databases, self._memory)
        return connection, {p: i for i, p in enumerate(databases)}

    @contextmanager
    def _look(self, table: Table) -> Iterator[tuple[Connection, Opened]]:
        """A table on its own, with a folder that vanishes."""
        with tempfile.TemporaryDirectory(prefix="cleanroom-") as folder:
            connection, databases = self._connect(Path(folder), [table])
            try:
                yield connection, open_table(connection, "data", table, databases.get(table.path.resolve()))
            finally:
                connection.close()

    def profile(self, table: Table, top: int = 50) -> tuple[Profile, ...]:
        """See ports/engine.py."""
        with self._look(table) as (connection, opened):
            return profiler.profile(connection, opened, top)

    def samples(
        self, table: Table, column: str, values: Sequence[str], limit: int
    ) -> tuple[tuple[dict[str, str | None], ...], ...]:
        """See ports/engine.py."""
        with self._look(table) as (connection, opened):
            if column not in opened.columns:
                raise Misuse(f"{table.path} has no column {column!r}", f"It has: {', '.join(sorted(opened.columns))}.")
            return tuple(profiler.sample(connection, opened, column, value, limit) for value in values)

    def span(self, table: Table, texts: Sequence[str], by: str, after: int, until: int, limit: int) -> Span:
        """See ports/engine.py."""
        with self._look(table) as (connection, opened):
            return spans.span(connection, opened, texts, by, (after, until), limit)

    def layout(self, table: Table) -> tuple[tuple[str, str], ...]:
        """See ports/engine.py."""
        with self._look(table) as (_, opened):
            return tuple(opened.columns.items())

    def newest(self, table: Table, by: str, until: int) -> Newest:
        """See ports/engine.py."""
        with self._look(table) as (connection, opened):
            return daily.newest(connection, opened, by, until)

    def days(self, table: Table, asked: Asked) -> Mapping[str, Tally]:
        """See ports/engine.py."""
        with self._look(table) as (connection, opened):
            return daily.tallies(connection, opened, asked)

    def quantiles(self, table: Table, columns: Sequence[str], time: str, until: str) -> Mapping[str, Sequence[float]]:
        """See ports/engine.py."""
        with self._look(table) as (connection, opened):
            return daily.quantiles(connection, opened, columns, time, until)

    def vectors(
        self, table: Table, column: str, time: str, days: Sequence[str], most: int
    ) -> Iterator[tuple[str, NDArray[np.float32]]]:
        """See ports/engine.py."""
        with self._look(table) as (connection, opened):
            yield from arrays.by_day(connection, opened, column, time, days, most)

    def embedded(
        self, table: Table, id: str, column: str, batch: int
    ) -> Iterator[tuple[tuple[str, ...], NDArray[np.float32]]]:
        """See ports/engine.py."""
        with self._look(table) as (connection, opened):
            yield from arrays.in_batches(connection, opened, id, column, batch)

    def pairs(self, table: Table, key: str, value: str) -> Mapping[str, str]:
        """See ports/engine.py."""
        with self._look(table) as (connection, opened):
            return arrays.pairs(connection, opened, key, value)
