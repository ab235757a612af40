"""What lies beside the ledger and moves with it: texts, tokens, what is still to be told to the outside, what sensors
measured, outcomes and calls.

Of outcomes and calls everything that lies in the store moves: the log, the ids that came, counts, the secret, and the
names of the files. The files themselves lie in the project's folder and stay there.

Sessions and links do not move: people sign in again. Leases, skips and the desk itself do not either: the desk is
built again from the ledger.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Column, Connection, Row, Table, insert, select, update

from cleanroom.adapters.sqlstore.move_telemetry import move_telemetry
from cleanroom.adapters.sqlstore.past import move_pieces
from cleanroom.adapters.sqlstore.store import SqlStore
from cleanroom.adapters.sqlstore.tables import outbox, texts, tokens
from cleanroom.core.base import Outside, digest
from cleanroom.ports.store import Beside

_PAGE = 200  # rows in a transaction; texts may be large


def move_beside(source: SqlStore, target: SqlStore) -> Beside:
    """Copy the rows that `target` does not have yet. A token that was revoked meanwhile is revoked there too.

    Raises Outside for a text that is no longer what was kept, Refused for a target that has outcomes or calls of its own.
    """
    kept, valid, told = (
        sum(_keep(target, table, key, rows) for rows in _pages(source, key))
        for table, key in ((texts, texts.c.digest), (tokens, tokens.c.id), (outbox, outbox.c.key))
    )
    move_pieces(source, target)
    return Beside(kept, valid, told, *move_telemetry(source, target))


def _pages(store: SqlStore, key: Column[Any]) -> Iterator[Sequence[Row[Any]]]:
    """The rows of the key's table in the order of the key, page by page."""
    page = select(key.table).order_by(key).limit(_PAGE)
    wanted = page
    while True:
        with store.reading() as connection:
            rows = connection.execute(wanted).all()
        if not rows:
            return
        yield rows
        wanted = page.where(key > rows[-1]._mapping[key])


def _keep(target: SqlStore, table: Table, key: Column[Any], rows: Sequence[Row[Any]]) -> int:
    """Add those of the rows that are not there; how many rows are there then."""
    keys = [row._mapping[key] for row in rows]
    with target.writing() as connection:
        there = set(connection.execute(select(key).where(key.in_(keys))).scalars())
        new = [dict(row._mapping) for row in rows if row._mapping[key] not in there]
        if table is texts:
            _check_texts(new)
        if table is tokens:
            _revoke(connection, rows)
        if new:
            connection.execute(insert(table), new)
    return len(rows)


def _check_texts(rows: Sequence[dict[str, Any]]) -> None:
    for row in rows:
        if digest(row["body"]) != row["digest"]:
            raise Outside(f"the text {row['digest']} is damaged in the source", "erase it, or restore it from a backup")


def _revoke(connection: Connection, rows: Sequence[Row[Any]]) -> None:
    for row in rows:
        if row.revoked is not None:
            valid = update(tokens).where(tokens.c.id == row.id, tokens.c.revoked.is_(None))
            connection.execute(valid.values(revoked=row.revoked))
