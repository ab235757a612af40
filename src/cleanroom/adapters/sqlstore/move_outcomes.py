"""How do outcomes get to another store? All at once, so that none is there twice and none is missing."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import closing
from typing import Any

from sqlalchemy import Connection, Table, delete, func, insert, select

from cleanroom.adapters.sqlstore.store import SqlStore
from cleanroom.adapters.sqlstore.tables import outcome_files, outcome_ids, outcome_minutes, outcomes, secrets
from cleanroom.core.base import Refused

_PAGE = 500
_TABLES = (secrets, outcome_ids, outcomes, outcome_minutes, outcome_files)


def move_outcomes(source: SqlStore, target: SqlStore) -> int:
    """Have `target` hold the outcomes of `source` as they lie there, in one transaction; how many ids are known there then.

    What an earlier copy brought is replaced: meanwhile it may have left the log for a file. Raises Refused, and changes
    nothing, where the target knows an outcome that the source does not.
    """
    with source.snapshot() as old:
        if old.execute(select(secrets.c.name)).first() is None:
            return 0
        with target.writing() as new:
            _must_be_of_it(old, new)
            for table in _TABLES:
                new.execute(delete(table))
                for rows in _pages(old, table):
                    new.execute(insert(table), [dict(row._mapping) for row in rows])
            return new.execute(select(func.count()).select_from(outcome_ids)).scalar_one()


def _must_be_of_it(old: Connection, new: Connection) -> None:
    """Ids are kept under the store's secret: with another one, not one of the target's would be known."""
    with closing(_pages(new, outcome_ids)) as pages:
        for rows in pages:
            ids = [bytes(row.id) for row in rows]
            known = old.execute(select(func.count()).where(outcome_ids.c.id.in_(ids))).scalar_one()
            if known < len(ids):
                raise Refused(
                    "the target has outcomes of its own: those of the source were not copied",
                    "Copy into an empty store, or name source and target the other way round.",
                )


def _pages(connection: Connection, table: Table) -> Generator[Sequence[Any], None, None]:
    """All rows, page by page; the table does not change meanwhile."""
    with connection.execute(select(table), execution_options={"yield_per": _PAGE}) as found:
        yield from found.partitions()
