"""What do both databases owe the ledger? An older one is brought up to date, and any damage is found and located."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import ColumnElement, Connection, delete, func, insert, inspect, literal_column, select, text, update

from cleanroom.adapters.sqlstore import SqlStore
from cleanroom.adapters.sqlstore.accounts import SqlAccounts
from cleanroom.adapters.sqlstore.schema import upgrade
from cleanroom.adapters.sqlstore.tables import REVISIONS, ledger, metadata
from cleanroom.app.audit import verify
from cleanroom.core.base import Digest, Instant, digest
from cleanroom.core.facts import Finding, Judged, Ran
from cleanroom.core.ledger import Checkpoint, Tampered, Verified, Write

AT = Instant("2026-11-21T23:20:00.000000Z")
RAN = Ran(digest(b"run"), digest(b"change"), digest(b"plan"), (), (), "größer 🧪", AT)
JUDGED = Judged(digest(b"run"), digest(b"change"), "FAIL", (Finding("r", "fields", "FAIL", True, '"-1"', "0"),), AT)

Open = Callable[[], SqlStore]

# An older database.


def as_of(connection: Connection, revision: str) -> None:
    """Have nothing but what that release made."""
    metadata.drop_all(connection)
    connection.execute(text("DROP TABLE alembic_version"))
    upgrade(connection, revision)


@pytest.mark.parametrize("revision", REVISIONS[:-1])
def test_a_database_of_a_previous_version_is_brought_up_to_date(opened: Open, revision: str) -> None:
    old = opened()
    with old.writing() as connection:
        as_of(connection, revision)
        assert {"ledger", "alembic_version"} <= set(inspect(connection).get_table_names())
    old.append([Write("x", 0, RAN), Write("y", 0, RAN), Write("x", 1, JUDGED)])
    before, lines = verify(old), list(old.stored())
    old.close()
    barrier = Barrier(4)

    def start(_number: int) -> int:
        barrier.wait()
        return opened().size()

    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(start, range(4))) == [3] * 4
    new = opened()
    assert list(new.stored()) == lines
    assert verify(new) == before
    assert isinstance(before, Verified)
    assert SqlAccounts(new).tokens() == ()
    assert new.append([Write("x", 2, RAN)])[0].index == 3
    assert verify(new, Checkpoint(3, before.root)).size == 4  # type: ignore[union-attr]


def test_what_is_made_new_is_what_the_migrations_lead_to(opened: Open) -> None:
    with opened().writing() as connection:
        new = schema(connection)
        assert {"as it was written", "alembic_version", *metadata.tables} == new.keys()
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalars().all() == [REVISIONS[-1]]
        as_of(connection, REVISIONS[-1])
        assert schema(connection) == new


def schema(connection: Connection) -> dict[str, object]:
    """All that the database says of each table: columns in order, keys, indexes, checks."""
    seen = inspect(connection)
    lite = connection.dialect.name == "sqlite"
    made = {r.name: r.sql for r in connection.execute(text("SELECT name, sql FROM sqlite_master"))} if lite else {}
    return {"as it was written": {name: " ".join((sql or "").split()) for name, sql in made.items()}} | {
        name: (
            [(c["name"], str(c["type"]), c["nullable"], c["default"]) for c in seen.get_columns(name)],
            seen.get_pk_constraint(name),
            sorted(said(seen.get_indexes(name))),
            sorted(said(seen.get_unique_constraints(name))),
            sorted(said(seen.get_check_constraints(name))),
            sorted(said(seen.get_foreign_keys(name))),
        )
        for name in seen.get_table_names()
    }


def said(things: Iterable[object]) -> Iterator[str]:
    return (json.dumps(thing, default=str, sort_keys=True) for thing in things)


def test_the_migrations_lead_to_the_same_tables_everywhere(opened: Open) -> None:
    with opened().writing() as connection:
        as_of(connection, REVISIONS[-1])
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
        checks = {c["name"] for c in inspect(connection).get_check_constraints("ledger")}
        unique = {c["name"] for c in inspect(connection).get_unique_constraints("ledger")}
    assert checks == {"ledger_idx_from_zero", "ledger_version_from_one"}
    assert unique == {"ledger_subject_version"}


# Damage.

SIZE = 21


def filled(store: SqlStore) -> Checkpoint:
    for i in range(SIZE):
        store.append([Write(f"subject {i % 4}", i // 4, JUDGED if i % 3 else RAN)])
    found = verify(store)
    assert isinstance(found, Verified)
    return Checkpoint(found.size, found.root)


def edit_a_byte(connection: Connection) -> None:
    body = connection.execute(select(ledger.c.body).where(ledger.c.idx == 7)).scalar_one()
    edited = body.replace(b'"FAIL"', b'"PASS"', 1)
    assert edited != body
    connection.execute(update(ledger).where(ledger.c.idx == 7).values(body=edited))


def delete_a_line(connection: Connection) -> None:
    connection.execute(delete(ledger).where(ledger.c.idx == 7))


def delete_and_close_the_gap(connection: Connection) -> None:
    connection.execute(delete(ledger).where(ledger.c.idx == 7))
    for index in range(8, SIZE):
        connection.execute(update(ledger).where(ledger.c.idx == index).values(idx=index - 1))


def swap_two_lines(connection: Connection) -> None:
    for old, new in ((7, 100), (8, 7), (100, 8)):
        connection.execute(update(ledger).where(ledger.c.idx == old).values(idx=new))


def edit_a_column(connection: Connection) -> None:
    connection.execute(update(ledger).where(ledger.c.idx == 7).values(kind="ran"))


def edit_a_root(connection: Connection) -> None:
    connection.execute(update(ledger).where(ledger.c.idx == 7).values(root=bytes(32)))


def add_a_line_of_their_own(connection: Connection) -> None:
    own: dict[str, ColumnElement[Any]] = {
        "idx": literal_column(str(SIZE)).label("idx"),
        "subject": literal_column("'forged'").label("subject"),
    }
    forged = select(*(own.get(c.name, c) for c in ledger.c)).where(ledger.c.idx == 7)
    connection.execute(insert(ledger).from_select([c.name for c in forged.selected_columns], forged))


@pytest.mark.parametrize(
    ("damage", "index", "fault"),
    [
        (edit_a_byte, 7, "bytes"),
        (delete_a_line, 7, "missing"),
        (delete_and_close_the_gap, 7, "order"),
        (swap_two_lines, 7, "order"),
        (edit_a_column, 7, "columns"),
        (edit_a_root, 7, "root"),
        (add_a_line_of_their_own, SIZE, "order"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_damage_is_found_and_located(
    opened: Open, damage: Callable[[Connection], None], index: int, fault: str
) -> None:
    store = opened()
    filled(store)
    with store.writing() as connection:
        damage(connection)
    found = verify(opened())
    assert isinstance(found, Tampered)
    assert (found.index, found.fault) == (index, fault), found.because


def test_a_tail_that_was_cut_off_is_found_by_what_is_remembered(opened: Open) -> None:
    store = opened()
    remembered = filled(store)
    with store.writing() as connection:
        connection.execute(delete(ledger).where(ledger.c.idx >= 18))
        assert connection.execute(select(func.count()).select_from(ledger)).scalar() == 18
    assert verify(opened()).size == 18, "what is left agrees with itself"  # type: ignore[union-attr]
    found = verify(opened(), remembered)
    assert isinstance(found, Tampered)
    assert (found.index, found.fault) == (18, "missing")


def test_a_ledger_rewritten_with_all_its_hashes_is_found_by_what_is_remembered(opened: Open) -> None:
    store = opened()
    remembered = filled(store)
    with store.writing() as connection:
        connection.execute(delete(ledger))
    for i in range(SIZE):
        store.append([Write(f"subject {i % 4}", i // 4, RAN)])
    assert isinstance(verify(opened()), Verified)
    found = verify(opened(), remembered)
    assert isinstance(found, Tampered)
    assert found.fault == "checkpoint"
    assert Digest(remembered.root) != verify(opened()).root  # type: ignore[union-attr]
