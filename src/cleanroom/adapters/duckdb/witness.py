"""Which rows show it? The row numbers of all the results' examples are found first; then only those rows are read.

What the measures saw says where to look: repeated signatures, missing values, people who skipped a step. So no join
and no sort of the data is needed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray
from sqlglot import exp

from cleanroom.adapters.duckdb.connection import Connection
from cleanroom.adapters.duckdb.payload import Payloads
from cleanroom.adapters.duckdb.sql import as_type, breaks, col, fn, lit, one_of, scoped, text, text_of
from cleanroom.adapters.duckdb.tables import Opened
from cleanroom.core.check import (
    BreakingRows,
    CellRows,
    OrphanRows,
    PayloadRows,
    RepeatedRows,
    SkippedRows,
    SourceRows,
    TornRows,
    ValueRows,
    Witness,
)
from cleanroom.core.contract import Roles
from cleanroom.core.measure import Orphans, Owners, Repeats, Seen, Steps, Unseen
from cleanroom.core.states import Trail
from cleanroom.ports.engine import Shown

Row = tuple[tuple[str, str | None], ...]


@dataclass(frozen=True, slots=True)
class Witnesses:
    """Finds the rows behind results."""

    connection: Connection
    sides: Mapping[str, Opened]
    roles: Roles
    payloads: Payloads
    seen: Seen[object]

    def rows(self, witnesses: Sequence[Witness], limit: int) -> tuple[Shown, ...]:
        """Up to `limit` rows for each, in the order of the file; () where none can be shown."""
        numbers: dict[int, list[int]] = {}
        for side in ("candidate", "source"):
            places = [i for i, w in enumerate(witnesses) if side_of(w) == side]
            if side in self.sides and places:
                found = self._numbers(self.sides[side], [witnesses[i] for i in places], limit)
                numbers.update(zip(places, found, strict=True))
        shown: dict[str, dict[int, Row]] = {
            side: self._fetch(
                opened, {n for i, found in numbers.items() if side_of(witnesses[i]) == side for n in found}
            )
            for side, opened in self.sides.items()
            if side in ("candidate", "source")
        }
        return tuple(
            tuple(shown[side_of(w)][n] for n in numbers.get(i, ()) if n in shown[side_of(w)])
            for i, w in enumerate(witnesses)
        )

    def _numbers(self, opened: Opened, witnesses: Sequence[Witness], limit: int) -> list[list[int]]:
        """Row numbers, each list ascending: what the payload pass remembered, else a search that stops when it has enough."""
        conditions = [self._condition(opened, w) for w in witnesses]
        return [c[:limit] if isinstance(c, list) else self._search(opened, c, limit) for c in conditions]

    def _search(self, opened: Opened, condition: exp.Expr, limit: int) -> list[int]:
        query = exp.select(col("file_row_number")).from_(opened.scan()).where(condition).limit(limit)
        return sorted(int(n) for (n,) in self.connection.rows(query))

    def _fetch(self, opened: Opened, numbers: set[int]) -> dict[int, Row]:
        if not numbers:
            return {}
        picked = (text(col(c)).as_(c, quoted=True) for c in opened.columns)
        wanted = exp.In(this=col("file_row_number"), expressions=[lit(int(n)) for n in sorted(numbers)])
        found = self.connection.rows(exp.select(col("file_row_number"), *picked).from_(opened.scan()).where(wanted))
        return {int(r[0]): tuple(zip(opened.columns, r[1:], strict=True)) for r in found}

    def _condition(self, opened: Opened, witness: Witness) -> exp.Expr | list[int]:
        kinds = opened.columns
        match witness:
            case BreakingRows() | ValueRows() | CellRows() | SourceRows():
                return on_row(witness, kinds, self.roles)
            case PayloadRows(payload=payload, event=event, finding=finding):
                return sorted(self.payloads.rows.get((payload, event, finding), []))
            case RepeatedRows(columns=columns):
                return _signed(columns, self._repeated(columns))
            case OrphanRows(column=column, to=to, key=key):
                return one_of(text_of(col(column), kinds[column]), self._orphans(column, to, key))
            case TornRows(column=column, owner=owner):
                return _signed((column,), self._torn(column, owner))
            case SkippedRows(who=who, event=event, step=step):
                stepped = one_of(text_of(col(event), kinds[event]), [step])
                return exp.and_(stepped, _signed((who,), self._skippers(witness)))

    def _repeated(self, columns: tuple[str, ...]) -> NDArray[np.uint64]:
        try:
            items = self.seen[Repeats(columns)].items
        except Unseen:
            return np.empty(0, np.uint64)
        return _few(items[1:][items[1:] == items[:-1]])

    def _orphans(self, column: str, to: str, key: str) -> list[str]:
        try:
            found = self.seen[Orphans(column, to, key)].by
        except Unseen:
            return []
        return sorted(str(value[0]) for value in found)[:_FEW]

    def _torn(self, column: str, owner: str) -> NDArray[np.uint64]:
        try:
            spans = self.seen[Owners(column, owner)]
        except Unseen:
            return np.empty(0, np.uint64)
        return _few(spans.key[spans.low != spans.high])

    def _skippers(self, witness: SkippedRows) -> NDArray[np.uint64]:
        for measure in self.seen.measures():
            if isinstance(measure, Steps) and measure.side == "candidate" and measure.who == witness.who:
                steps = measure.steps
                if witness.before in steps and witness.step in steps and self.seen.has(measure):
                    return _lacking(self.seen[measure], steps.index(witness.before), steps.index(witness.step))
        return np.empty(0, np.uint64)


_FEW = 500
"""Enough to come upon ten rows early in a file, few enough for a condition."""


def side_of(witness: Witness) -> str:
    """Where its rows are."""
    return "source" if isinstance(witness, SourceRows) else "candidate"


def on_row(
    witness: BreakingRows | ValueRows | CellRows | SourceRows, kinds: Mapping[str, str], roles: Roles
) -> exp.Expr:
    """The condition that a row meets by itself, whatever the other rows hold; `kinds` are the columns' types."""
    match witness:
        case BreakingRows(rule=rule, scope=scope):
            within = scoped(scope)
            broken = breaks(rule, kinds[rule.column])
            return broken if within is None else exp.and_(within, broken)
        case ValueRows(column=column, values=values):
            present = one_of(text_of(col(column), kinds[column]), [v for v in values if v is not None])
            null = exp.Is(this=col(column), expression=exp.null())
            return exp.or_(present, null) if None in values else present
        case CellRows(event_column=column, event=event, time=time, day=day):
            cell = one_of(text_of(col(column), kinds[column]), [event])
            return cell if day is None else exp.and_(cell, _on(time, day))
        case SourceRows(names=names):
            return one_of(text_of(col(roles.event), kinds[roles.event]), names)


def _signed(columns: tuple[str, ...], signatures: NDArray[np.uint64]) -> exp.Expr:
    signature = fn("hash", *(col(c) for c in columns))
    wanted = [lit(int(s)) for s in signatures.tolist()]
    return exp.In(this=signature, expressions=wanted) if wanted else exp.false()


def _on(time: str, day: str) -> exp.Expr:
    """On that day, as a range, so that row groups of other days are not even read."""
    start = as_type(lit(day), "TIMESTAMP")
    end = as_type(lit(str(date.fromisoformat(day) + timedelta(days=1))), "TIMESTAMP")
    moment = as_type(col(time), "TIMESTAMP")
    return exp.and_(exp.GTE(this=moment, expression=start), exp.LT(this=moment.copy(), expression=end))


def _lacking(trail: Trail, before: int, step: int) -> NDArray[np.uint64]:
    """Some who did `step` without an earlier `before`. The trail is sorted by person and time."""
    first, places = np.unique(trail.who[trail.step == before], return_index=True)
    times = trail.time[trail.step == before][places]
    did, when = trail.who[trail.step == step], trail.time[trail.step == step]
    if not len(first):
        return _few(did)
    place = np.minimum(np.searchsorted(first, did), len(first) - 1)
    fine = (first[place] == did) & (times[place] <= when)
    return _few(did[~fine])


def _few(signatures: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Some different ones."""
    different: NDArray[np.uint64] = np.unique(signatures)
    return different[:_FEW]
