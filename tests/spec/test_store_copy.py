"""A ledger moves to another store: every entry, byte for byte, with proof, and nothing but the ledger of that store."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import delete, update
from typer.testing import CliRunner, Result

from cleanroom.adapters.memory.store import MemoryStore
from cleanroom.adapters.sqlstore import SqlStore, open_sqlite, open_store
from cleanroom.adapters.sqlstore.accounts import SqlAccounts
from cleanroom.adapters.sqlstore.calls import SqlCalls
from cleanroom.adapters.sqlstore.desk import SqlDesk
from cleanroom.adapters.sqlstore.outbox import SqlOutbox
from cleanroom.adapters.sqlstore.tables import ledger, texts
from cleanroom.adapters.sqlstore.telemetry import SqlTelemetry
from cleanroom.app import store_copy
from cleanroom.app.audit import verify
from cleanroom.core.base import Instant, Outside, digest
from cleanroom.core.call import Call, UserEvent
from cleanroom.core.facts import Ran
from cleanroom.core.ledger import StoredLine, Verified, Write
from cleanroom.core.merkle import leaf_hash
from cleanroom.core.outcome import Kept
from cleanroom.entry.cli.root import app
from cleanroom.ports.accounts import Link, Session, Token
from cleanroom.ports.desk import Item
from cleanroom.ports.outbox import Message
from cleanroom.ports.store import Beside

AT = Instant("2026-11-21T23:20:00.000000Z")
LATER = Instant("2027-11-21T23:20:00.000000Z")
COUNT = 1500
HOUR = 3_600_000_000
DAY = 24 * HOUR
TOKEN = Token("tk_1", b"s" * 32, "ann", "laptop", ("read",), AT, LATER)


def fact(i: int) -> Ran:
    return Ran(digest(b"%d" % i), digest(b"change"), digest(b"plan"), (), (), "größer", AT)


def fill(store: SqlStore, start: int, stop: int) -> None:
    store.append([Write(f"subject {i % 7}", i // 7, fact(i)) for i in range(start, stop)])


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A ledger of 1500 entries, with something of everything beside it."""
    path = tmp_path / "old.db"
    with open_sqlite(path) as store:
        fill(store, 0, COUNT)
        desk, accounts, outbox = SqlDesk(store), SqlAccounts(store), SqlOutbox(store)
        (name,) = desk.keep([b"an answer"])
        desk.keep([b"%d" % i for i in range(450)])
        desk.place([Item("a", "support", name, "waiting", 1, AT, LATER, 1)])
        desk.claim("ann", AT, LATER)
        desk.set_read_up_to(COUNT - 1)
        accounts.add_token(TOKEN)
        accounts.add_session(Session(b"c" * 32, "ann", "link", "form", AT, LATER))
        accounts.add_link(Link(b"l" * 32, "ann", True, LATER))
        outbox.post(Message("sent", "ops", "t", "b", AT, AT))
        outbox.delivered("sent", AT)
        outbox.post(Message("unsent", "ops", "t", "b", AT, AT))
        SqlTelemetry(store, tmp_path / "outcomes").record([outcome(f"{i}", i * HOUR) for i in range(5)])
        ticket = UserEvent("e", "shop", "ticket", HOUR, HOUR)
        SqlCalls(store, tmp_path / "calls").record([call(f"{i}", i * HOUR) for i in range(3)], [ticket])
    return path


def outcome(id: str, at: int) -> Kept:
    return Kept(id, "f", "new", "candidate", f"w{id}", at, at + 1, {"error": id == "3"}, "application", True)


def call(id: str, at: int) -> Call:
    return Call(id, "", "", "shop", "f", "", "chat", "", "", "m", "", "", "", at, 1, at, "", {"ms": 2.5}, "in", "out")


def who(address: object, folder: Path) -> list[str]:
    with open_store(str(address), Path) as store:
        found = SqlTelemetry(store, folder).columns("f", 0, 2**60, ["error"])
    return [f"{w}!" if bad else w for w, bad in zip(found.who.tolist(), found.metrics["error"] == 1, strict=True)]


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["store", "copy", *map(str, arguments)])


def lines(address: object) -> list[StoredLine]:
    with open_store(str(address), Path, create=False) as store:
        return list(store.stored())


def test_a_ledger_moves_to_any_database_and_back(source: Path, database: str, tmp_path: Path) -> None:
    for a, b in ((source, database), (database, tmp_path / "back.db")):
        done = run(a, b, "--json")
        assert done.exit_code == 0, done.output
        with open_sqlite(source) as old:
            found = verify(old)
        assert isinstance(found, Verified)
        assert json.loads(done.stdout) == {
            "size": COUNT,
            "root": found.root,
            "added": COUNT,
            "beside": {"texts": 451, "tokens": 1, "messages": 2, "outcomes": 5, "calls": 4},
        }
        assert lines(b) == lines(source)


def test_texts_tokens_and_messages_move_and_what_is_only_of_the_moment_stays(source: Path, database: str) -> None:
    assert run(source, database).exit_code == 0
    with open_store(database, Path) as store:
        desk, accounts, outbox = SqlDesk(store), SqlAccounts(store), SqlOutbox(store)
        assert desk.text(digest(b"an answer")) == b"an answer"
        assert accounts.tokens() == (TOKEN,)
        assert [m.key for m in outbox.waiting()] == ["unsent"]
        assert outbox.post(Message("sent", "ops", "t", "b", AT, AT)) is False, "what was delivered is not sent again"
        assert accounts.session(b"c" * 32) is None
        assert accounts.use_link(b"l" * 32) is None
        assert desk.item("a") is None
        assert desk.read_up_to() == -1, "the desk is built again from the ledger"


def test_a_copy_goes_on_where_it_was_and_a_finished_one_is_confirmed(source: Path, database: str) -> None:
    with open_store(database, Path) as store:
        store.adopt([line.body for line in lines(source)][:777])
    assert json.loads(run(source, database, "--json").stdout)["added"] == COUNT - 777
    again = run(source, database)
    assert again.exit_code == 0
    assert f"copied 0 of {COUNT} entries; both roots are sha256:" in again.stdout
    assert lines(database) == lines(source)
    with open_sqlite(source) as store:
        fill(store, COUNT, COUNT + 5)
        SqlAccounts(store).revoke("tk_1", LATER)
    assert json.loads(run(source, database, "--json").stdout)["added"] == 5
    with open_store(database, Path) as store:
        token = SqlAccounts(store).token("tk_1")
        assert token is not None
        assert token.revoked == LATER, "a token that was revoked between two copies does not come back to life"


def test_outcomes_move_with_their_secret_and_none_is_there_twice(source: Path, database: str, tmp_path: Path) -> None:
    """The files stay where they are: both stores are of the same project."""
    folder, all_of_them = tmp_path / "outcomes", ["w0", "w1", "w2", "w3!", "w4"]
    assert run(source, database).exit_code == 0
    assert who(database, folder) == all_of_them
    with open_sqlite(source) as store:
        old = SqlTelemetry(store, folder)
        assert old.compact(3 * HOUR) == 3, "what the first copy took from the log now lies in files"
        hashed = old.hashed("ana")
    assert json.loads(run(source, database, "--json").stdout)["beside"]["outcomes"] == 5
    assert who(database, folder) == all_of_them
    with open_store(database, Path) as store:
        new = SqlTelemetry(store, folder)
        assert new.hashed("ana") == hashed
        assert sum(c.n for c in new.counts("f", 0, 2**60) if c.metric == "") == 5
        assert (new.record([outcome("2", 0), outcome("new", 9 * HOUR)]).new, new.compact(5 * HOUR)) == (1, 2)
        assert new.compact(20 * HOUR) == 1
    assert who(database, folder) == [*all_of_them, "wnew"]
    refused = run(source, database)
    assert refused.exit_code == 1
    assert "the target has outcomes of its own" in refused.stderr
    assert who(database, folder) == [*all_of_them, "wnew"]


def test_calls_move_with_their_rollups_and_none_is_there_twice(source: Path, database: str, tmp_path: Path) -> None:
    folder = tmp_path / "calls"
    with open_sqlite(source) as store:
        old = SqlCalls(store, folder)
        assert (old.compact(HOUR), old.forget("shop", HOUR, texts=True)) == (1, 1)
        rows, cells = old.rows("shop", 0, DAY, {}), old.cells("shop", "ms", 0, DAY, HOUR)
    for _ in range(2):
        assert json.loads(run(source, database, "--json").stdout)["beside"]["calls"] == 4
        with open_store(database, Path) as store:
            new = SqlCalls(store, folder)
            assert new.rows("shop", 0, DAY, {}) == rows
            assert [row.output for row in rows] == ["out", "out", ""]
            assert new.cells("shop", "ms", 0, DAY, HOUR) == cells
            assert len(new.events("shop", 0, DAY)) == 1
            assert new.record([call("1", 0)]).known == 1
    with open_store(database, Path) as store:
        assert SqlCalls(store, folder).record([call("new", 5)]).new == 1
    refused = run(source, database)
    assert refused.exit_code == 1
    assert "the target has calls of its own" in refused.stderr


def test_an_empty_store_of_outcomes_takes_nothing_away(tmp_path: Path, database: str) -> None:
    open_sqlite(tmp_path / "empty.db").close()
    with open_store(database, Path) as store:
        SqlTelemetry(store, tmp_path / "o").record([outcome("1", 0)])
    assert run(tmp_path / "empty.db", database).exit_code == 0
    assert who(database, tmp_path / "o") == ["w1"]


def edit(path: Path, how: Callable[[SqlStore], None]) -> None:
    with open_sqlite(path) as store:
        how(store)


def reseal(store: SqlStore) -> None:
    """Edit bytes and their leaf: only the root tells."""
    with store.writing() as connection:
        body = b'{"fact":{"kind":"ran"},"index":1234,"subject":"subject 2","version":177}'
        connection.execute(update(ledger).where(ledger.c.idx == 1234).values(body=body, leaf=leaf_hash(body)))


def cut(store: SqlStore) -> None:
    with store.writing() as connection:
        connection.execute(delete(ledger).where(ledger.c.idx == 1234))


@pytest.mark.parametrize("damage", [reseal, cut])
def test_a_source_that_was_tampered_with_is_refused_and_the_entry_named(
    source: Path, database: str, damage: Callable[[SqlStore], None]
) -> None:
    edit(source, damage)
    done = run(source, database)
    assert done.exit_code == 1
    assert "entry 1234" in done.stderr
    assert "nothing was copied" in done.stderr
    with open_store(database, Path) as store:
        assert store.size() == 0
        assert SqlAccounts(store).tokens() == ()


def test_a_target_with_another_ledger_is_refused(source: Path, database: str) -> None:
    with open_store(database, Path) as store:
        store.append([Write("other", 0, fact(1))])
    done = run(source, database)
    assert done.exit_code == 1
    assert "holds another ledger" in done.stderr
    assert len(lines(database)) == 1


def test_a_target_that_is_further_on_is_refused(source: Path, database: str) -> None:
    assert run(source, database).exit_code == 0
    with open_store(database, Path) as store:
        fill(store, COUNT, COUNT + 1)
    done = run(source, database)
    assert done.exit_code == 1
    assert f"the target holds {COUNT + 1} entries, the source {COUNT}" in done.stderr


def test_a_target_that_was_tampered_with_is_refused(source: Path, database: str) -> None:
    assert run(source, database).exit_code == 0
    with open_store(database, Path) as store, store.writing() as connection:
        connection.execute(update(ledger).where(ledger.c.idx == 3).values(kind="judged"))
    assert run(source, database).exit_code == 1


def test_a_text_that_was_edited_in_the_source_does_not_move(source: Path, database: str) -> None:
    with open_sqlite(source) as store, store.writing() as connection:
        connection.execute(update(texts).where(texts.c.digest == digest(b"7")).values(body=b"8"))
    done = run(source, database)
    assert done.exit_code == 4
    assert digest(b"7") in done.stderr


def test_an_entry_of_a_kind_that_only_a_later_release_knows_moves_as_well(tmp_path: Path, database: str) -> None:
    path = tmp_path / "newer.db"
    body = b'{"fact":{"kind":"from the future"},"index":0,"subject":"s","version":1}'
    with open_sqlite(path) as store:
        store.adopt([body])
    assert run(path, database).exit_code == 0
    assert [line.body for line in lines(database)] == [body]


def test_who_meddles_while_it_is_copied_is_found_out(source: Path, tmp_path: Path) -> None:
    """Somebody writes to the target behind our back, after the last batch and before the proof."""
    with open_sqlite(source) as old, open_sqlite(tmp_path / "new.db") as new:

        def meddle(done: int, size: int) -> None:
            if done == size:
                with new.writing() as connection:
                    connection.execute(update(ledger).where(ledger.c.idx == 9).values(subject="other"))

        with pytest.raises(Outside, match="is not the ledger that was copied: entry 9"):
            store_copy.copy(old, new, lambda: Beside(0, 0, 0), meddle)


def test_the_target_is_never_told_a_hash(source: Path) -> None:
    """A source that agrees with itself and a target that computes for itself: both end at the same root."""
    target = MemoryStore()
    heard: list[tuple[int, int]] = []
    with open_sqlite(source) as old:
        done = store_copy.copy(old, target, lambda: Beside(0, 0, 0), lambda *at: heard.append(at))
        assert list(target.stored()) == list(old.stored())
    assert (done.size, done.added) == (COUNT, COUNT)
    assert heard == [(0, COUNT), (1000, COUNT), (COUNT, COUNT)]


def test_an_empty_ledger_moves_too(tmp_path: Path, database: str) -> None:
    open_sqlite(tmp_path / "empty.db").close()
    done = run(tmp_path / "empty.db", database)
    assert done.exit_code == 0
    assert "copied 0 of 0 entries" in done.stdout


@pytest.mark.parametrize(
    ("source_address", "code", "said"),
    [
        ("nowhere.db", 2, "there is no ledger at nowhere.db"),
        ("mysql://x:hunter2@h/db", 2, "cannot begin with 'mysql://'"),
        ("postgresql://x:hunter2@127.0.0.1:1/db", 4, "cannot open the database db at 127.0.0.1:1"),
    ],
)
def test_a_source_that_cannot_be_opened_is_named_and_no_target_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source_address: str, code: int, said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    done = run(source_address, "new.db")
    assert done.exit_code == code
    assert said in " ".join(done.stderr.split())
    assert "hunter2" not in done.output
    assert not (tmp_path / "new.db").exists()
