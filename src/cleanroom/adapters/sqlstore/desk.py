"""The Desk port over the tables texts, items, skips and views."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    and_,
    bindparam,
    case,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    update,
)

from cleanroom.adapters.sqlstore.store import SqlStore
from cleanroom.adapters.sqlstore.tables import items, skips, texts, views
from cleanroom.adapters.valid_text import check_text
from cleanroom.core.base import Digest, Instant, Outside, digest, is_valid
from cleanroom.ports.desk import Item, Where

_VIEW = "desk"
_KEYS = 500  # values bound in one query

_ORDER = (items.c.escalated.desc(), items.c.rank, items.c.came, items.c.id)
_TEXT = select(texts.c.body).where(texts.c.digest == bindparam("content"))
_ITEM = select(items).where(items.c.id == bindparam("id"))
_READ_UP_TO = select(views.c.read_up_to).where(views.c.name == _VIEW)


class SqlDesk:
    """The desk beside the ledger of `store`."""

    def __init__(self, store: SqlStore) -> None:
        self._store = store

    def keep(self, bodies: Sequence[bytes]) -> tuple[Digest, ...]:
        """Keep texts by their digest."""
        found = {digest(body): body for body in bodies}
        with self._store.writing() as connection:
            there = {row.digest for row in _rows(connection, (texts.c.digest,), texts.c.digest, list(found))}
            new = [{"digest": name, "body": body} for name, body in found.items() if name not in there]
            if new:
                connection.execute(insert(texts), new)
        return tuple(map(digest, bodies))

    def text(self, content: Digest) -> bytes | None:
        """The text of that digest. Raises Outside where it is no longer what was kept."""
        if not is_valid(content):
            return None
        rows = self._store.rows(_TEXT, content=content)
        body = bytes(rows[0][0]) if rows else None
        if body is not None and digest(body) != content:
            raise Outside(f"the text {content} is damaged in the store", "restore it from a backup, or erase it")
        return body

    def erase(self, content: Digest) -> bool:
        """Forget a text for good; False when there is none."""
        if not is_valid(content):
            return False
        with self._store.writing() as connection:
            return connection.execute(delete(texts).where(texts.c.digest == content)).rowcount > 0

    def place(self, placed: Sequence[Item]) -> None:
        """Put items on the desk, or move them; see the port. Who held an item when it was escalated has skipped it."""
        latest = {item.id: item for item in sorted(placed, key=lambda item: item.version)}
        for item in latest.values():
            check_text(item.id, item.system)
        with self._store.writing() as connection:
            columns = (items.c.id, items.c.version, items.c.escalated, items.c.person)
            there = {row.id: row for row in _rows(connection, columns, items.c.id, list(latest))}
            new = [{**_values(item), "id": item.id} for item in latest.values() if item.id not in there]
            later = {row.id for row in there.values() if latest[row.id].version >= row.version}
            moved = [{**_values(latest[id]), "_id": id} for id in later]
            if new:
                connection.execute(insert(items), new)
            if moved:
                connection.execute(update(items).where(items.c.id == bindparam("_id")), moved)
            for row in (there[id] for id in later):
                if latest[row.id].escalated and not row.escalated and row.person is not None:
                    _skip(connection, row.id, row.person)

    def item(self, id: str) -> Item | None:
        """The item, wherever it is."""
        if not is_valid(id):
            return None
        rows = self._store.rows(_ITEM, id=id)
        return _item(rows[0]) if rows else None

    def items(
        self, where: Where, *, system: str | None = None, limit: int | None = None, below: int | None = None
    ) -> tuple[Item, ...]:
        """Items of one kind, escalated first, then by rank, then by when they came."""
        if not is_valid(system):
            return ()
        wanted = _among(where, system) if below is None else and_(_among(where, system), _below(below))
        with self._store.reading() as connection:
            rows = connection.execute(select(items).where(wanted).order_by(*_ORDER).limit(limit))
            return tuple(map(_item, rows))

    def count(self, where: Where, system: str | None = None) -> int:
        """How many there are."""
        if not is_valid(system):
            return 0
        with self._store.reading() as connection:
            return connection.execute(select(func.count()).select_from(items).where(_among(where, system))).scalar_one()

    def below(self, where: Where, rank: int) -> tuple[tuple[int, int, Instant], ...]:
        """How many there are of each lower rank, and when the oldest of it came."""
        counted = select(items.c.rank, func.count(), func.min(items.c.came)).where(items.c.place == where, _below(rank))
        with self._store.reading() as connection:
            rows = connection.execute(counted.group_by(items.c.rank).order_by(items.c.rank))
            return tuple((row[0], row[1], row[2]) for row in rows)

    def tally(self) -> tuple[tuple[str, Where, int], ...]:
        """How many there are of each system and kind."""
        counted = select(items.c.system, items.c.place, func.count()).group_by(items.c.system, items.c.place)
        with self._store.reading() as connection:
            return tuple(sorted((row[0], row[1], row[2]) for row in connection.execute(counted)))

    def skipped(self, id: str) -> tuple[str, ...]:
        """Who is not offered the item again, by name."""
        if not is_valid(id):
            return ()
        with self._store.reading() as connection:
            return tuple(sorted(connection.execute(select(skips.c.person).where(skips.c.item == id)).scalars()))

    def claim(self, person: str, now: Instant, until: Instant, system: str | None = None) -> Item | None:
        """Lease the first waiting item that `person` may have; see the port. One UPDATE, alone among the writers."""
        check_text(person)
        if not is_valid(system):
            return None
        mine = and_(items.c.person == person, items.c.until > now)
        free = or_(items.c.person.is_(None), items.c.until <= now)
        skipped = exists().where(skips.c.item == items.c.id, skips.c.person == person)
        first = select(items.c.id).where(_among("waiting", system), or_(mine, free), ~skipped)
        first = first.order_by(case((mine, 0), else_=1), *_ORDER).limit(1)
        leased = update(items).where(items.c.id == first.scalar_subquery(), or_(mine, free))
        with self._store.writing() as connection:
            row = connection.execute(leased.values(person=person, until=until).returning(*items.c)).first()
        return None if row is None else _item(row)

    def release(self, id: str, person: str, *, skip: bool) -> bool:
        """Give a lease back; see the port."""
        if not is_valid(id, person):
            return False
        freed = update(items).where(items.c.id == id, items.c.person == person).values(person=None, until=None)
        with self._store.writing() as connection:
            held = connection.execute(freed).rowcount == 1
            if held and skip:
                _skip(connection, id, person)
        return held

    def read_up_to(self) -> int:
        """Index of the last ledger entry that is on the desk; -1 before the first."""
        rows = self._store.rows(_READ_UP_TO)
        return int(rows[0][0]) if rows else -1

    def set_read_up_to(self, index: int) -> None:
        """Remember it; it never goes back."""
        with self._store.writing() as connection:
            found = connection.execute(_READ_UP_TO).scalar()
            if found is None:
                connection.execute(insert(views).values(name=_VIEW, read_up_to=index))
            elif found < index:
                connection.execute(update(views).where(views.c.name == _VIEW).values(read_up_to=index))


def _among(where: Where, system: str | None) -> ColumnElement[bool]:
    here = items.c.place == where
    return here if system is None else and_(here, items.c.system == system)


def _below(rank: int) -> ColumnElement[bool]:
    """Of a lower rank. Both kinds of escalation are named, so that a database can enter the index at the right rank."""
    return and_(items.c.escalated.in_([False, True]), items.c.rank < rank)


def _rows(connection: Connection, columns: Sequence[Any], key: Any, names: Sequence[str]) -> list[Row[Any]]:
    """The rows with those keys, a part of the keys at a time."""
    parts = (names[start : start + _KEYS] for start in range(0, len(names), _KEYS))
    return [row for part in parts for row in connection.execute(select(*columns).where(key.in_(part)))]


def _skip(connection: Connection, item: str, person: str) -> None:
    there = select(skips.c.item).where(skips.c.item == item, skips.c.person == person)
    if connection.execute(there).first() is None:
        connection.execute(insert(skips).values(item=item, person=person))


def _values(item: Item) -> dict[str, Any]:
    """What `place` writes: everything but the id and the lease."""
    values = asdict(item)
    values["place"] = values.pop("where")
    for name in ("id", "person", "until"):
        del values[name]
    return values


def _item(row: Sequence[Any]) -> Item:
    values: dict[str, Any] = dict(zip(items.c.keys(), row, strict=True))
    return Item(where=values.pop("place"), **values)
