"""What would change in the data: counted by event, by day and by segment, and sampled."""

from __future__ import annotations

from collections.abc import Mapping as Map

from sqlglot import exp

from cleanroom.adapters.duckdb.connection import Connection
from cleanroom.adapters.duckdb.shadow import LEGACY
from cleanroom.adapters.duckdb.sql import as_type, col, count, lit, named, one_of, text, text_of
from cleanroom.adapters.duckdb.tables import Opened
from cleanroom.core.change import NONE, Mapping
from cleanroom.core.contract import Roles
from cleanroom.core.run import Diff, DiffCell, EventFlow

_CELLS = 20_000


def of_mapping(
    connection: Connection, source: Opened, output: Opened, roles: Roles, mapping: Mapping, sample: int
) -> Diff:
    """Source against output: where each legacy name goes."""
    event = text_of(col(roles.event), source.columns[roles.event])
    wanted = [event.as_("e", quoted=True), count().as_("n", quoted=True)]
    if roles.user in source.columns:
        wanted.append(
            exp.Count(this=exp.Distinct(expressions=[col(str(roles.user))]), big_int=True).as_("u", quoted=True)
        )
    rows = connection.rows(exp.select(*wanted).from_(named(source.name)).group_by(lit(1)))
    flows = []
    for name, n, *people in rows:
        target = mapping.target(name) if name is not None else None
        flows.append(EventFlow(name, target, int(n), int(people[0]) if people else None))
    flows.sort(key=lambda f: (-f.rows, f.legacy or ""))
    renamed = [m.legacy for m in mapping.events if m.target not in (NONE, m.legacy)]
    sampled = _sample(connection, output, roles, renamed, sample)
    by_day = _by_day(connection, source, output, roles)
    segments = _by_segment(connection, source, output, roles)
    return Diff(source.rows, output.rows, tuple(flows), by_day, segments, sampled)


def of_dataset(connection: Connection, before: Opened | None, output: Opened, roles: Roles, sample: int) -> Diff:
    """Baseline against candidate."""
    event = text_of(col(roles.event), output.columns[roles.event])
    rows = connection.rows(exp.select(event, count()).from_(named(output.name)).group_by(lit(1)))
    flows = tuple(EventFlow(e, e, int(n)) for e, n in sorted(rows, key=lambda r: (-r[1], str(r[0]))))
    cells: tuple[DiffCell, ...] = ()
    segments: tuple[DiffCell, ...] = ()
    if before is not None:
        cells = _by_day(connection, before, output, roles)
        segments = _by_segment(connection, before, output, roles)
    return Diff(
        before.rows if before else 0,
        output.rows,
        flows,
        cells,
        segments,
        _sample(connection, output, roles, None, sample),
    )


def _by_day(connection: Connection, before: Opened, after: Opened, roles: Roles) -> tuple[DiffCell, ...]:
    day = as_type(col(roles.time), "DATE")
    return _cells(connection, before, after, roles, day)


def _by_segment(connection: Connection, before: Opened, after: Opened, roles: Roles) -> tuple[DiffCell, ...]:
    if roles.segment is None or roles.segment not in before.columns or roles.segment not in after.columns:
        return ()
    return _cells(connection, before, after, roles, col(roles.segment))


def _cells(
    connection: Connection, before: Opened, after: Opened, roles: Roles, where: exp.Expr
) -> tuple[DiffCell, ...]:
    def counted(opened: Opened) -> Map[tuple[str, str], int]:
        event = text_of(col(roles.event), opened.columns[roles.event])
        query = exp.select(event, text(where.copy()), count()).from_(named(opened.name)).group_by(lit(1), lit(2))
        return {(str(e), str(w)): int(n) for e, w, n in connection.rows(query.limit(_CELLS))}

    old, new = counted(before), counted(after)
    return tuple(DiffCell(e, w, old.get((e, w), 0), new.get((e, w), 0)) for e, w in sorted(old.keys() | new.keys()))


def _sample(
    connection: Connection, output: Opened, roles: Roles, renamed: list[str] | None, limit: int
) -> tuple[tuple[tuple[str, str | None], ...], ...]:
    """Rows spread over the changed names: the first by time of each, in turn."""
    query = exp.select(*(text(col(c)).as_(c, quoted=True) for c in output.columns)).from_(named(output.name))
    if renamed is None:
        found = connection.rows(query.order_by(col(roles.time)).limit(limit))
        return tuple(tuple(zip(output.columns, row, strict=True)) for row in found)
    rows: list[tuple[tuple[str, str | None], ...]] = []
    each = max(1, -(-limit // max(1, len(renamed))))
    for name in renamed:
        named_rows = query.copy().where(one_of(col(LEGACY), [name])).order_by(col(roles.time)).limit(each)
        rows += [tuple(zip(output.columns, row, strict=True)) for row in connection.rows(named_rows)]
        if len(rows) >= limit:
            break
    return tuple(rows[:limit])
