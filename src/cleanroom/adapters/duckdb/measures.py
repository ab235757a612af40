"""How are measures answered? Grouped by side and kind, in the fewest passes; what cannot be computed says why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cleanroom.adapters.duckdb import keyed
from cleanroom.adapters.duckdb.connection import Connection
from cleanroom.adapters.duckdb.cube import Counting, counts
from cleanroom.adapters.duckdb.payload import Payloads
from cleanroom.adapters.duckdb.tables import Opened
from cleanroom.core.base import CleanroomError
from cleanroom.core.measure import (
    Breaking,
    Columns,
    Conforms,
    Lookup,
    Measure,
    Orphans,
    Owners,
    Repeats,
    Rows,
    Seen,
    Spread,
    Steps,
    Times,
    Unseen,
)
from cleanroom.core.rules import FullMatch
from cleanroom.core.states import AnyState, Layout

Found = dict[Measure, AnyState | Unseen]


def columns_of(measure: Measure) -> tuple[str, ...]:
    """The columns that a measure reads."""
    match measure:
        case Rows(by=by):
            return tuple(k.name for k in by)
        case Breaking(rule=rule, by=by, scope=scope):
            return (rule.column, *(k.name for k in by), *((scope.column,) if scope else ()))
        case Spread(column=column, by=by, scope=scope):
            return (column, *(k.name for k in by), *((scope.column,) if scope else ()))
        case Repeats(columns=columns):
            return columns
        case Orphans(column=column) | Times(column=column):
            return (column,)
        case Owners(column=column, owner=owner):
            return (column, owner)
        case Steps(who=who, event=event, time=time):
            return (who, event, time)
        case Conforms(payload=payload, event=event):
            return (payload, event)
        case Lookup(key=key, columns=columns):
            return (key, *columns)
        case Columns():
            return ()


@dataclass(frozen=True, slots=True)
class Reader:
    """The open data of a workspace: `sides` by name, `references` by the path that the plan gives them."""

    connection: Connection
    sides: Mapping[str, Opened]
    references: Mapping[str, Opened]
    payloads: Payloads

    def answer(self, measures: Sequence[Measure]) -> Seen[object]:
        """All measures, side by side."""
        found: Found = {}
        for side in dict.fromkeys(m.side for m in measures):
            wanted = [m for m in measures if m.side == side]
            opened = self.sides.get(side)
            if opened is None:
                found.update({m: Unseen(f"there is no {side} data") for m in wanted})
                continue
            lacking = {m: why for m in wanted if (why := self._lacking(m, opened))}
            found.update({m: Unseen(why) for m, why in lacking.items()})
            found.update(self._one_side(opened, [m for m in wanted if m not in lacking]))
        return Seen(found)

    def _lacking(self, measure: Measure, opened: Opened) -> str:
        """Why the measure cannot be computed; '' when it can."""
        missing = [c for c in columns_of(measure) if c not in opened.columns]
        if missing:
            return f"the {opened.name} data has no column {missing[0]!r}"
        if isinstance(measure, Orphans):
            reference = self.references.get(measure.to)
            if reference is None:
                return f"the reference file {measure.to} could not be opened"
            if measure.key not in reference.columns:
                return f"the reference file {measure.to} has no column {measure.key!r}"
        return ""

    def _one_side(self, opened: Opened, measures: Sequence[Measure]) -> Found:
        found: Found = {}
        tables = keyed.KeyTables(self.connection, opened)
        joined = {m.column for m in measures if isinstance(m, Orphans)}
        counting: list[Counting] = []
        for measure in measures:
            if isinstance(measure, Breaking) and _by_value(measure, joined):
                found[measure] = tables.breaking(measure)
            elif isinstance(measure, Rows | Breaking):
                counting.append(measure)
            else:
                found[measure] = self._single(opened, tables, measure)
        tables.forget()
        if counting:
            found.update(counts(self.connection, opened, counting))
        return found

    def _single(self, opened: Opened, tables: keyed.KeyTables, measure: Measure) -> AnyState | Unseen:
        try:
            match measure:
                case Spread():
                    return keyed.spread(self.connection, opened, measure)
                case Repeats():
                    return keyed.repeats(self.connection, opened, measure)
                case Orphans():
                    reference = self.references[measure.to]
                    return tables.orphans(measure, reference.name, reference.columns[measure.key])
                case Owners():
                    return keyed.owners(self.connection, opened, measure)
                case Steps():
                    return keyed.steps(self.connection, opened, measure)
                case Conforms():
                    return self.payloads.conforms(self.connection, opened, measure)
                case Times():
                    return keyed.times(self.connection, opened, measure)
                case Lookup():
                    return keyed.lookup(self.connection, opened, measure)
                case Columns():
                    return Layout(frozenset(opened.columns.items()))
                case _:
                    return Unseen(f"this engine does not know the measure {measure.kind}")
        except CleanroomError as error:
            return Unseen(error.message)


def _by_value(measure: Breaking, joined: set[str]) -> bool:
    """A pattern on an id column that is joined anyway is judged once a value instead of once a row."""
    plain = not measure.by and not measure.scope
    return isinstance(measure.rule, FullMatch) and measure.rule.column in joined and plain
