"""How are many rows asked for, removed or added to at once? In words and batches that every database takes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from sqlalchemy import Column, Connection, Insert, Table, delete, select
from sqlalchemy.dialects import postgresql, sqlite

KEYS = 500
"""Keys a query: every database takes that many bound values."""


def batches(items: Sequence[Any], most: int = KEYS) -> Iterator[list[Any]]:
    """The items in their order, at most so many at a time."""
    rest = iter(items)
    while batch := list(islice(rest, most)):
        yield batch


def there(connection: Connection, key: Column[Any], wanted: Sequence[Any]) -> set[Any]:
    """Those of the keys that the key's table has."""
    found: set[Any] = set()
    for batch in batches(wanted):
        found.update(connection.execute(select(key).where(key.in_(batch))).scalars())
    return found


def remove(connection: Connection, key: Column[Any], gone: Sequence[Any]) -> None:
    """Delete the rows with these keys."""
    for batch in batches(gone):
        connection.execute(delete(key.table).where(key.in_(batch)))


def or_else(connection: Connection, table: Table, change: Callable[[Any, Any], Mapping[str, Any]]) -> Insert:
    """Insert rows; where the key is there already, change that row instead: `change(new, old)` says what of it.

    Both databases have the same words for it, and SQLAlchemy two.
    """
    of_dialect = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    made: Any = of_dialect(table)
    changed: Insert = made.on_conflict_do_update(
        index_elements=list(table.primary_key), set_=dict(change(made.excluded, table.c))
    )
    return changed
