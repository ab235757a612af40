"""How do outcomes and calls get to another store? All at once, so that none is there twice and none is missing."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import closing
from typing import Any

from sqlalchemy import Connection, Table, delete, func, insert, select

from cleanroom.adapters.sqlstore.store import SqlStore
from cleanroom.adapters.sqlstore.tables import (
    call_days,
    call_erased,
    call_events,
    call_files,
    call_ids,
    call_judgements,
    call_moves,
    call_progress,
    call_sums,
    call_systems,
    calls,
    outcome_files,
    outcome_ids,
    outcome_minutes,
    outcomes,
    secrets,
)
from cleanroom.core.base import Refused

_PAGE = 500
_PAGE_OF_LOG = 20  # its rows hold texts
_OUTCOMES = (outcome_ids, outcomes, outcome_minutes, outcome_files)
_JUDGED = (call_judgements, call_moves)
_CALLS = (call_ids, calls, call_events, call_sums, call_days, call_files, call_erased, call_systems, call_progress)
_TABLES = (secrets, *_OUTCOMES, *_CALLS, *_JUDGED)


def move_telemetry(source: SqlStore, target: SqlStore) -> tuple[int, int]:
    """Have `target` hold what `source` has as it lies there, in one transaction; how many ids of outcomes and of calls (with
    user events) are known there then.

    What an earlier copy brought is replaced: meanwhile it may have left the log for a file. Raises Refused, and changes
    nothing, where the target knows an outcome or a call that the source does not.
    """
    with source.snapshot() as old:
        if old.execute(select(secrets.c.name)).first() is None:
            return 0, 0
        with target.writing() as new:
            for ids, what in ((outcome_ids, "outcomes"), (call_ids, "calls")):
                _must_be_of_it(old, new, ids, what)
            for table in _TABLES:
                new.execute(delete(table))
                for rows in _pages(old, table):
                    new.execute(insert(table), [dict(row._mapping) for row in rows])
            found = [new.execute(select(func.count()).select_from(ids)).scalar_one() for ids in (outcome_ids, call_ids)]
            return found[0], found[1]


def _must_be_of_it(old: Connection, new: Connection, ids: Table, what: str) -> None:
    """Ids are kept under the store's secret: with another one, not one of the target's would be known."""
    with closing(_pages(new, ids)) as pages:
        for rows in pages:
            wanted = [bytes(row.id) for row in rows]
            known = old.execute(select(func.count()).where(ids.c.id.in_(wanted))).scalar_one()
            if known < len(wanted):
                raise Refused(
                    f"the target has {what} of its own: those of the source were not copied",
                    "Copy into an empty store, or name source and target the other way round.",
                )


def _pages(connection: Connection, table: Table) -> Generator[Sequence[Any], None, None]:
    """All rows, page by page; the table does not change meanwhile."""
    most = _PAGE_OF_LOG if table is calls else _PAGE
    with connection.execute(select(table), execution_options={"yield_per": most}) as found:
        yield from found.partitions()
