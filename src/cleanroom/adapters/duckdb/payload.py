"""Do payloads follow their schemas? A regex compiled from the schema proves most rows valid; the rest are validated exactly.

A match of the regex implies validity (core/schema_regex.py); a miss proves nothing and goes to the exact validator, so
that the answer is always the validator's. The order of keys that the regex expects is learnt from a sample.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from sqlglot import exp

from cleanroom.adapters.duckdb.connection import Connection
from cleanroom.adapters.duckdb.faults import translated
from cleanroom.adapters.duckdb.sql import col, count, fn, lit, named, one_of, text_of
from cleanroom.adapters.duckdb.tables import Opened
from cleanroom.core.base import CleanroomError
from cleanroom.core.measure import Conforms
from cleanroom.core.schema_regex import shape_of, to_regex
from cleanroom.core.states import Counts, Group
from cleanroom.ports.validator import Validates, Validator

_CHUNK = 20_000
_LEARN = 20_000
_EACH = 200
_EXAMPLES = 20


class Payloads:
    """Validates payload columns; compiled schemas are kept."""

    def __init__(self, validator: Validator) -> None:
        self._validator = validator
        self._compiled: dict[str, Validates] = {}
        self.rows: dict[tuple[str, str, str], list[int]] = {}
        """Row numbers by (payload column, event, finding), a few of each: what the pass over the misses saw."""

    def compiled(self, schema: str) -> Validates:
        """The compiled schema."""
        if schema not in self._compiled:
            self._compiled[schema] = self._validator.compile(schema)
        return self._compiled[schema]

    def conforms(self, connection: Connection, opened: Opened, measure: Conforms) -> Counts:
        """Counts by (event, finding)."""
        by_schema: dict[str, list[str]] = {}
        for name, schema in measure.schemas:
            by_schema.setdefault(schema, []).append(name)
        proven = self._proven(connection, opened, measure, by_schema)
        events = [e for e, _ in measure.schemas]
        event = text_of(col(measure.event), opened.columns[measure.event])
        where = one_of(event, events)
        totals = exp.select(event, count()).from_(named(opened.name)).where(where).group_by(event.copy())
        found: dict[Group, int] = {(str(e), "ok"): int(n) for e, n in connection.rows(totals)}
        validators = {e: self.compiled(s) for e, s in measure.schemas}
        for number, name, text in self._unproven(connection, opened, measure, proven, where):
            finding = "empty" if text is None else validators[name].finding(text)
            if finding is not None:
                found[(name, "ok")] -= 1
                found[(name, finding)] = found.get((name, finding), 0) + 1
                self._remember((measure.payload, name, finding), number)
        return Counts(found)

    def _remember(self, key: tuple[str, str, str], number: int) -> None:
        seen = self.rows.setdefault(key, [])
        seen.append(number)
        if len(seen) > 10 * _EXAMPLES:
            self.rows[key] = sorted(seen)[:_EXAMPLES]

    def _proven(
        self, connection: Connection, opened: Opened, measure: Conforms, by_schema: dict[str, list[str]]
    ) -> exp.Expr:
        """A condition that is true only for valid payloads."""
        event, payload = _columns(opened, measure)
        samples = _samples(connection, opened, measure)
        cases: dict[str, list[str]] = {}
        for schema, events in by_schema.items():
            shape = shape_of([text for e in events for text in samples.get(e, ())])
            pattern = to_regex(json.loads(schema), shape) if shape else None
            if pattern is not None:
                cases.setdefault(f"^{pattern}$", []).extend(events)
        ifs = [
            exp.If(this=one_of(event.copy(), names), true=fn("regexp_matches", payload.copy(), lit(pattern)))
            for pattern, names in cases.items()
        ]
        proven = fn("coalesce", exp.Case(ifs=ifs, default=exp.false()), exp.false())
        return proven if ifs and _runs(connection, list(cases)) else exp.false()

    def _unproven(
        self, connection: Connection, opened: Opened, measure: Conforms, proven: exp.Expr, where: exp.Expr
    ) -> Iterator[tuple[int, str, str | None]]:
        event, payload = _columns(opened, measure)
        query = exp.select(col("file_row_number"), event, payload).from_(opened.scan())
        query = query.where(where.copy(), exp.not_(proven))
        with translated(opened.table.path):
            cursor = connection.run(query)
            while rows := cursor.fetchmany(_CHUNK):
                yield from rows


def _columns(opened: Opened, measure: Conforms) -> tuple[exp.Expr, exp.Expr]:
    """Event and payload as text."""
    return tuple(text_of(col(c), opened.columns[c]) for c in (measure.event, measure.payload))  # type: ignore[return-value]


def _samples(connection: Connection, opened: Opened, measure: Conforms) -> dict[str, list[str]]:
    """Some payloads of each event; rare events may have none, and then go to the exact validator."""
    query = opened.sampled(exp.select(*_columns(opened, measure)).from_(named(opened.name)), _LEARN)
    found: dict[str, list[str]] = {}
    for event, payload in connection.rows(query):
        if payload is not None and len(kept := found.setdefault(str(event), [])) < _EACH:
            kept.append(str(payload))
    return found


def _runs(connection: Connection, patterns: list[str]) -> bool:
    """Does the engine take these patterns? One that is too large for it only costs speed."""
    try:
        connection.rows(exp.select(*(fn("regexp_matches", lit(""), lit(p)) for p in patterns)))
    except CleanroomError:
        return False
    return True
