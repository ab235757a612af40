"""What does PostgreSQL keep through a crash of its own, and what is a person told when it cannot?"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text
from tests.postgres import Server

from cleanroom import wiring
from cleanroom.adapters.sqlstore.postgresql import open_postgresql
from cleanroom.adapters.sqlstore.store import SqlStore
from cleanroom.app.audit import verify
from cleanroom.core.base import CleanroomError, Instant, Misuse, Outside, digest
from cleanroom.core.facts import Ran
from cleanroom.core.ledger import Verified, Write

AT = Instant("2026-11-21T23:20:00.000000Z")
RAN = Ran(digest(b"run"), digest(b"change"), digest(b"plan"), (), (), "bob", AT)
SECRET = "hunter2"


def told(error: CleanroomError) -> str:
    """The line a person sees: one line, with what to do next, and no password."""
    assert "\n" not in error.message
    assert error.hint
    assert SECRET not in error.message + error.hint
    return error.message


@pytest.fixture
def store(postgres_url: str) -> Iterator[SqlStore]:
    with open_postgresql(postgres_url) as store:
        yield store


@pytest.fixture
def raw(postgres_url: str) -> Iterator[psycopg.Connection]:
    """Past all our code."""
    with closing(psycopg.connect(postgres_url, autocommit=True)) as connection:
        yield connection


def refusal(url: str) -> CleanroomError:
    with pytest.raises(CleanroomError) as caught:
        open_postgresql(url, patience=0.05)
    assert told(caught.value)
    return caught.value


def test_what_was_acknowledged_survives_a_crash_of_the_server(store: SqlStore, postgres_server: Server) -> None:
    for i in range(20):
        store.append([Write("x", i, RAN)])
    before = verify(store)
    postgres_server.restart()
    assert verify(store) == before, "the next question opens a new connection"
    assert isinstance(before, Verified)
    assert store.append([Write("x", 20, RAN)])[0].index == 20


def test_a_write_that_the_crash_cut_off_is_there_as_a_whole_or_not_at_all(
    store: SqlStore, postgres_server: Server
) -> None:
    store.append([Write("x", 0, RAN)])

    def cut_off() -> None:
        with store.writing() as connection:
            connection.execute(text("DELETE FROM ledger"))
            postgres_server.restart()
            connection.execute(text("SELECT 1"))

    with pytest.raises(Outside, match="was lost") as caught:
        cut_off()
    assert told(caught.value)
    assert store.size() == 1
    assert isinstance(verify(store), Verified)


def test_a_server_that_is_gone_is_named_and_found_again(store: SqlStore, postgres_server: Server) -> None:
    postgres_server.stop()
    try:
        for attempt in (store.size, lambda: store.append([Write("x", 0, RAN)])):
            with pytest.raises(Outside, match="cannot open the database") as caught:
                attempt()
            assert told(caught.value)
    finally:
        postgres_server.start()
    assert store.append([Write("x", 0, RAN)])[0].index == 0


@pytest.mark.parametrize(
    ("setting", "then"),
    [("synchronous_commit = off", "on"), ("synchronous_commit = remote_apply", "remote_apply")],
)
def test_a_commit_is_on_the_disk_before_it_is_acknowledged(
    postgres_url: str, raw: psycopg.Connection, setting: str, then: str
) -> None:
    raw.execute(f"ALTER ROLE tester SET {setting}")
    try:
        with open_postgresql(postgres_url) as store, store.writing() as connection:
            assert connection.execute(text("SHOW synchronous_commit")).scalar() == then
    finally:
        raw.execute("ALTER ROLE tester RESET synchronous_commit")


@pytest.mark.parametrize("level", ["serializable", "repeatable read"])
def test_the_server_s_own_isolation_changes_nothing(postgres_url: str, raw: psycopg.Connection, level: str) -> None:
    raw.execute(f"ALTER ROLE tester SET default_transaction_isolation = '{level}'")
    try:
        with open_postgresql(postgres_url) as store, store.writing() as connection:
            assert connection.execute(text("SHOW transaction_isolation")).scalar() == "read committed"
    finally:
        raw.execute("ALTER ROLE tester RESET default_transaction_isolation")


def test_another_writer_is_waited_for_and_then_named(postgres_url: str, store: SqlStore) -> None:
    store.append([Write("x", 0, RAN)])
    with open_postgresql(postgres_url, patience=0.05) as hasty, store.writing():
        with pytest.raises(Outside, match="locked by another process") as caught:
            hasty.append([Write("x", 1, RAN)])
        assert told(caught.value)
        assert hasty.size() == 1, "readers do not wait"
    assert store.append([Write("x", 1, RAN)])[0].index == 1


def test_more_who_ask_at_once_than_there_are_connections(store: SqlStore) -> None:
    store.engine.pool._timeout = 0.05  # type: ignore[attr-defined]
    with ExitStack() as held:
        for _ in range(20):
            held.enter_context(store.engine.connect())
        with pytest.raises(Outside, match="no connection came free") as caught:
            store.size()
        assert told(caught.value)
    assert store.size() == 0


def test_a_database_that_may_only_be_read(postgres_url: str, store: SqlStore, raw: psycopg.Connection) -> None:
    store.append([Write("x", 0, RAN)])
    raw.execute("ALTER ROLE tester SET default_transaction_read_only = on")
    try:
        with open_postgresql(postgres_url) as reader:
            assert reader.size() == 1
            with pytest.raises(Outside, match="is read-only") as caught:
                reader.append([Write("x", 1, RAN)])
            assert told(caught.value)
    finally:
        raw.execute("SET default_transaction_read_only = off; ALTER ROLE tester RESET default_transaction_read_only")


def test_a_user_without_rights_is_told_so(postgres_url: str, store: SqlStore, raw: psycopg.Connection) -> None:
    store.append([Write("x", 0, RAN)])
    raw.execute("CREATE ROLE guest LOGIN; GRANT SELECT ON ALL TABLES IN SCHEMA public TO guest")
    try:
        with open_postgresql(postgres_url.replace("tester", "guest")) as guest:
            assert guest.size() == 1
            with pytest.raises(Outside, match="does not let this user") as caught:
                guest.append([Write("x", 1, RAN)])
            assert told(caught.value)
    finally:
        raw.execute("DROP OWNED BY guest; DROP ROLE guest")


def test_a_role_that_cannot_edit_the_ledger_is_enough_to_write_to_it(
    postgres_url: str, store: SqlStore, raw: psycopg.Connection
) -> None:
    raw.execute(
        "CREATE ROLE clerk LOGIN; GRANT SELECT, INSERT ON ledger TO clerk; GRANT SELECT ON alembic_version TO clerk"
    )
    try:
        with open_postgresql(postgres_url.replace("tester", "clerk")) as clerk:
            assert clerk.append([Write("x", 0, RAN), Write("x", 1, RAN)])[1].index == 1
            with pytest.raises(Outside, match="does not let this user"), clerk.writing() as connection:
                connection.execute(text("DELETE FROM ledger"))
        assert verify(store).size == 2  # type: ignore[union-attr]
    finally:
        raw.execute("DROP OWNED BY clerk; DROP ROLE clerk")


def test_somebody_elses_database_is_left_alone(postgres_url: str, raw: psycopg.Connection) -> None:
    raw.execute("CREATE TABLE customers (name text)")
    error = refusal(postgres_url)
    assert isinstance(error, Misuse)
    assert "no ledger" in error.message
    assert raw.execute("SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public'").fetchone() == (
        1,
    )


def test_a_schema_of_its_own_keeps_it_apart_from_other_tables(postgres_url: str, raw: psycopg.Connection) -> None:
    raw.execute("CREATE TABLE customers (name text); CREATE SCHEMA cleanroom")
    with open_postgresql(postgres_url + "&options=-csearch_path%3Dcleanroom") as store:
        store.append([Write("x", 0, RAN)])
    assert raw.execute("SELECT count(*) FROM cleanroom.ledger").fetchone() == (1,)


def test_who_only_reads_makes_no_ledger(postgres_url: str) -> None:
    with pytest.raises(Misuse, match="holds no ledger"):
        open_postgresql(postgres_url, create=False)
    with open_postgresql(postgres_url) as store:
        assert store.size() == 0


def test_a_newer_release_wrote_it(postgres_url: str, store: SqlStore, raw: psycopg.Connection) -> None:
    raw.execute("UPDATE alembic_version SET version_num = '0999'")
    assert "'0999', which this release does not know" in refusal(postgres_url).message


def test_a_database_that_cannot_keep_all_text_is_refused(postgres_url: str, raw: psycopg.Connection) -> None:
    raw.execute("CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0")
    try:
        head, _, tail = postgres_url.partition("?")
        error = refusal(head.rpartition("/")[0] + "/latin?" + tail)
        assert isinstance(error, Misuse)
        assert "encoding LATIN1" in error.message
    finally:
        raw.execute("DROP DATABASE latin WITH (FORCE)")


@pytest.mark.parametrize(
    ("address", "said"),
    [
        (
            "postgresql://bob:hunter2@127.0.0.1:1/shop",
            "cannot open the database shop at 127.0.0.1:1: Connection refused",
        ),
        ("postgresql://bob:x@hunter2@127.0.0.1:1/shop", "cannot be read"),
        ("postgresql://bob:hunter2/more@127.0.0.1:1/shop", "127.0.0.1:1"),
        ("postgresql://bob@127.0.0.1:hunter2/shop", "cannot be read"),
        ("postgresql://bob:hunter2@/shop?port=hunter2", "cannot be read"),
        ("postgresql://bob@127.0.0.1:1/shop?password=hunter2", "127.0.0.1:1"),
        ("postgresql://bob@127.0.0.1:1/shop?hunter2=1", "an option that PostgreSQL does not know"),
        ("postgresql:hunter2", "cannot be read"),
        ("postgresql://two\nlines:hunter2@127.0.0.1:1/sh\nop", "127.0.0.1:1"),
    ],
)
def test_no_message_shows_a_password(address: str, said: str) -> None:
    assert said in refusal(address).message


def test_a_database_or_user_that_is_not_there_is_named(postgres_url: str) -> None:
    head, _, tail = postgres_url.partition("?")
    gone = refusal(f"{head}x?{tail}&password={SECRET}")
    assert "does not exist" in gone.message
    nobody = refusal(postgres_url.replace("tester@", f"nobody:{SECRET}@"))
    assert 'role "nobody" does not exist' in nobody.message


# cleanroom.toml.


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "cleanroom.toml").write_text('name = "shop"\n')
    return tmp_path


def test_a_project_names_the_variable_that_holds_the_address(
    project: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "cleanroom.toml").write_text('name = "shop"\n[store]\nurl_env = "SHOP_STORE"\n')
    with pytest.raises(Misuse, match="SHOP_STORE is not set"):
        wiring.room(project)
    monkeypatch.setenv("SHOP_STORE", postgres_url)
    room = wiring.room(project)
    assert isinstance(room.store, SqlStore)
    room.store.append([Write("x", 0, RAN)])
    room.desk.set_read_up_to(0)
    room.store.close()
    with open_postgresql(postgres_url, create=False) as store:
        assert store.size() == 1
    assert not (project / ".cleanroom" / "ledger.db").exists()


def test_a_project_may_name_another_file_inside_it_and_none_outside(project: Path) -> None:
    toml = project / "cleanroom.toml"
    toml.write_text('name = "shop"\n[store]\nurl = "sqlite:///data.db"\n')
    store = wiring.room(project).store
    assert isinstance(store, SqlStore)
    store.close()
    assert (project / "data.db").is_file()
    for outside in ("sqlite:///../x.db", "sqlite:////tmp/x.db"):
        toml.write_text(f'name = "shop"\n[store]\nurl = "{outside}"\n')
        with pytest.raises(Misuse, match="outside the project"):
            wiring.room(project)
    toml.write_text('name = "shop"\n[store]\nurl = "sqlite:x.db"\n')
    with pytest.raises(Misuse, match="cannot begin with 'sqlite:'"):
        wiring.room(project)


def test_without_the_driver_a_person_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(Misuse, match="driver") as caught:
        open_postgresql("postgresql://127.0.0.1/shop")
    assert caught.value.hint == "pip install 'ai-cleanroom[postgresql]'"
