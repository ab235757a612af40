"""Which query finds those rows again? Plain SQL over files, for a person in the DuckDB shell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlglot import exp

from cleanroom.adapters.duckdb.sql import col, count, filled, lit, one_of, text_of
from cleanroom.adapters.duckdb.tables import Opened
from cleanroom.adapters.duckdb.witness import on_row, side_of
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


@dataclass(frozen=True, slots=True)
class Queries:
    """Writes queries; `names` says how a side's or reference's file is called from the run's folder."""

    sides: Mapping[str, Opened]
    references: Mapping[str, Opened]
    names: Mapping[str, str]
    roles: Roles

    def text(self, witness: Witness) -> str:
        """The query, laid out."""
        query = self._select(witness).order_by(col(self.roles.time, "r")).limit(10)
        note = ""
        if isinstance(witness, PayloadRows):
            note = "-- of these, those whose payload has the finding: " + " ".join(witness.finding.split()) + "\n"
        return note + query.sql(dialect="duckdb", identify=True, pretty=True)

    def _file(self, name: str, alias: str) -> exp.Table:
        path = exp.to_identifier(self.names.get(name, name), quoted=True)
        return exp.Table(this=path, alias=exp.TableAlias(this=exp.to_identifier(alias, quoted=True)))

    def _select(self, witness: Witness) -> exp.Select:
        side = side_of(witness)
        kinds = self.sides[side].columns
        query = exp.select(exp.Column(this=exp.Star(), table=exp.to_identifier("r", quoted=True)))
        query = query.from_(self._file(side, "r"))
        match witness:
            case BreakingRows() | ValueRows() | CellRows() | SourceRows():
                return query.where(on_row(witness, kinds, self.roles))
            case PayloadRows(event_column=column, event=event):
                return query.where(one_of(text_of(col(column, "r"), kinds[column]), [event]))
            case RepeatedRows(columns=columns):
                keys = [col(c) for c in columns]
                groups = exp.select(*keys).from_(self._file(side, "g")).group_by(*(k.copy() for k in keys))
                several = groups.having(exp.GT(this=count(), expression=lit(1)))
                return query.join(several.subquery("again"), on=_same(columns, "again"), join_type="semi")
            case OrphanRows() | TornRows() | SkippedRows():
                return self._joined(query, kinds, witness)

    def _joined(
        self, query: exp.Select, kinds: Mapping[str, str], witness: OrphanRows | TornRows | SkippedRows
    ) -> exp.Select:
        match witness:
            case OrphanRows(column=column, to=to, key=key):
                known = self._file(to, "known")
                same = exp.EQ(
                    this=text_of(col(column, "r"), kinds[column]),
                    expression=text_of(col(key, "known"), self.references[to].columns[key]),
                )
                present = filled(col(column, "r"))
                return query.join(known, on=same, join_type="anti").where(present)
            case TornRows(column=column, owner=owner):
                owners = exp.Count(this=exp.Distinct(expressions=[col(owner)]), big_int=True)
                groups = exp.select(col(column)).from_(self._file("candidate", "g")).group_by(col(column))
                torn = groups.having(exp.GT(this=owners, expression=lit(1)))
                return query.join(torn.subquery("torn"), on=_same((column,), "torn"), join_type="semi")
            case SkippedRows(who=who, event=event, time=time, before=before, step=step):
                earlier = exp.and_(
                    exp.EQ(this=col(who, "p"), expression=col(who, "r")),
                    exp.LTE(this=col(time, "p"), expression=col(time, "r")),
                    one_of(text_of(col(event, "p"), kinds[event]), [before]),
                )
                joined = query.join(self._file("candidate", "p"), on=earlier, join_type="anti")
                return joined.where(one_of(text_of(col(event, "r"), kinds[event]), [step]))


def _same(columns: tuple[str, ...], table: str) -> exp.Expr:
    return exp.and_(*(exp.NullSafeEQ(this=col(c, "r"), expression=col(c, table)) for c in columns))
