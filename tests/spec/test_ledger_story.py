"""What becomes of the ledger when the machine dies, and what is a person told when its file is not as it should be?"""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from threading import Timer

import numpy as np
import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, event
from tests.nursery import acknowledged, started

from cleanroom.adapters.sqlstore import open_sqlite
from cleanroom.adapters.sqlstore.tables import REVISIONS, metadata
from cleanroom.app.audit import verify
from cleanroom.core.base import CleanroomError, Digest, Instant, Misuse, Outside, Refused, digest
from cleanroom.core.facts import Finding, Judged, Ran
from cleanroom.core.ledger import Checkpoint, Verified, Write
from cleanroom.core.merkle import EMPTY

AT = Instant("2026-11-21T23:20:00.000000Z")
RAN = Ran(digest(b"run"), digest(b"change"), digest(b"plan"), (), (), "bob", AT)
FINDING = Finding("ranges", "fields", "FAIL", True, "-1", "0 to 9")
JUDGED = Judged(digest(b"run"), digest(b"change"), "FAIL", (FINDING,), AT)

KILLS = 10

NURSERY = """
import os, sys
from pathlib import Path
from cleanroom.adapters.sqlstore import open_sqlite
from cleanroom.core.base import Instant, digest
from cleanroom.core.facts import Proposed
from cleanroom.core.ledger import Write

at = Instant("2026-11-21T23:20:00.000000Z")

def append_for_ever(path):
    with open_sqlite(path) as store:
        seen = len(store.history("left"))
        while True:
            fact = Proposed(digest(b"%d" % seen), "n" * (seen % 50), "mapping", digest(b"a"), "ann", "m", None, at)
            made = store.append([Write("left", seen, fact), Write("right", seen, fact)])
            print(made[-1].index, "kept", flush=True)  # the acknowledgement
            seen += 1

for line in sys.stdin:  # each line asks for a writer to that file
    writer = os.fork()
    if writer == 0:
        print(os.getpid(), flush=True)
        append_for_ever(Path(line[:-1]))
    os.waitpid(writer, 0)
    print("\\ndead", flush=True)  # on a line of its own: the writer may have died in the middle of one
"""


@pytest.fixture
def nursery() -> Iterator[subprocess.Popen[str]]:
    """A process that starts writers quickly, since it has imported everything before."""
    with started(NURSERY) as process:
        yield process


def test_nothing_acknowledged_is_lost_when_the_writer_is_killed(nursery: subprocess.Popen[str], tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    chance = np.random.default_rng(20261121)
    checkpoint = Checkpoint(0, Digest("sha256:" + EMPTY.hex()))
    for kill in range(KILLS):
        # The first three die while they open the ledger or make it; the others between and within their appends.
        early = kill < 3
        count = 0 if early else int(chance.integers(1, 40))
        pause = float(chance.uniform(0, 0.5 if early else 0.02))
        indexes = acknowledged(nursery, path, count, pause)
        with open_sqlite(path) as store:
            size = store.size()
            assert all(index < size for index in indexes)
            assert size % 2 == 0, "an append of two is there as a whole or not at all"
            left, right = store.history("left"), store.history("right")
            assert [e.version for e in left] == [e.version for e in right] == list(range(1, size // 2 + 1))
            found = verify(store, checkpoint)
        assert isinstance(found, Verified)
        assert found.size == size >= checkpoint.size + 2 * count
        checkpoint = Checkpoint(found.size, found.root)
    assert checkpoint.size > 2 * KILLS


# A file that is not as it should be.


def told(error: CleanroomError) -> str:
    """The line a person sees, which is one line, and comes with what to do next."""
    assert "\n" not in error.message
    assert error.hint
    return error.message


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A ledger of three entries, closed."""
    path = tmp_path / "ledger.db"
    with open_sqlite(path) as store:
        store.append([Write("x", 0, RAN), Write("y", 0, RAN), Write("x", 1, JUDGED)])
    return path


def refusal(path: Path, create: bool = True) -> CleanroomError:
    before = path.read_bytes() if path.is_file() else None
    with pytest.raises(CleanroomError) as caught:
        open_sqlite(path, create=create, patience=0.05)
    assert (path.read_bytes() if path.is_file() else None) == before
    assert told(caught.value)
    return caught.value


def test_a_ledger_needs_one_folder_at_most(tmp_path: Path) -> None:
    with open_sqlite(tmp_path / ".cleanroom" / "ledger.db") as store:
        assert store.size() == 0
    deep = refusal(tmp_path / "no" / "such" / "ledger.db")
    assert isinstance(deep, Misuse)
    assert "there is no folder" in deep.message
    (tmp_path / "file").write_text("")
    assert "there is no folder" in refusal(tmp_path / "file" / "ledger.db").message
    assert "is a folder" in refusal(tmp_path).message


def test_who_only_reads_makes_no_ledger(tmp_path: Path, path: Path) -> None:
    absent = refusal(tmp_path / "typo.db", create=False)
    assert isinstance(absent, Misuse)
    assert "there is no ledger" in absent.message
    assert not (tmp_path / "typo.db").exists()
    empty = tmp_path / "empty.db"
    empty.write_bytes(b"")
    assert "there is no ledger" in refusal(empty, create=False).message
    with closing(sqlite3.connect(empty)) as raw:
        raw.execute("PRAGMA journal_mode = WAL")
    assert "holds no ledger" in refusal(empty, create=False).message
    with open_sqlite(path, create=False) as store:
        assert store.size() == 3


@pytest.mark.parametrize("name", ["100% ü?.db", "a'b\"; DROP TABLE x.db", "two\nlines.db", "file:x?mode=ro"])
def test_any_file_name_will_do(tmp_path: Path, name: str) -> None:
    with open_sqlite(tmp_path / name) as store:
        store.append([Write("x", 0, RAN)])
    assert (tmp_path / name).stat().st_size > 0
    with open_sqlite(tmp_path / name) as store:
        assert store.size() == 1
    (tmp_path / name).write_bytes(b"not a database, but long enough to be taken for one" * 50)
    assert "no SQLite database" in refusal(tmp_path / name).message


def test_somebody_elses_database_is_left_alone(tmp_path: Path) -> None:
    other = tmp_path / "shop.db"
    with closing(sqlite3.connect(other)) as raw:
        raw.execute("CREATE TABLE customers (name TEXT)")
    error = refusal(other)
    assert isinstance(error, Misuse)
    assert "no ledger" in error.message


def test_a_newer_release_wrote_it(path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as raw:
        raw.execute("UPDATE alembic_version SET version_num = '0999'")
    error = refusal(path)
    assert isinstance(error, Misuse)
    assert "'0999', which this release does not know" in error.message
    assert "upgrade" in error.hint


def test_another_process_holds_it(path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as other, open_sqlite(path, patience=0.05) as store:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Outside, match="locked by another process") as caught:
            store.append([Write("z", 0, RAN)])
        assert told(caught.value)
        assert store.size() == 3, "readers do not wait"
        other.execute("ROLLBACK")
        assert store.append([Write("z", 0, RAN)])[0].index == 3


def test_a_new_ledger_waits_for_who_holds_its_file(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    with closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as other:
        other.execute("CREATE TABLE alembic_version (version_num TEXT)")
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Outside, match="locked by another process"):
            open_sqlite(path, patience=0.05)
        release = Timer(0.2, other.execute, ["ROLLBACK"])
        release.start()
        with open_sqlite(path, patience=30) as store:
            assert store.append([Write("x", 0, RAN)])[0].index == 0
        release.join()


@pytest.mark.parametrize(
    ("limit", "line"),
    [("PRAGMA max_page_count = 1", "no space left"), ("PRAGMA query_only = ON", "is read-only")],
)
def test_a_disk_that_takes_no_more(path: Path, limit: str, line: str) -> None:
    with open_sqlite(path) as store:
        lines = list(store.stored())

        def restrict(connection: Connection) -> None:
            connection.exec_driver_sql(limit)

        event.listen(store.engine, "begin", restrict)
        big = replace(JUDGED, findings=JUDGED.findings * 200)
        with pytest.raises(Outside, match=line) as caught:
            store.append([Write("z", 0, RAN), Write("big", 0, big)])
        assert told(caught.value)
        assert list(store.stored()) == lines
    with open_sqlite(path) as store:
        assert verify(store).size == 3  # type: ignore[union-attr]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write to everything")
def test_a_file_that_may_not_be_written(path: Path) -> None:
    path.chmod(0o400)
    with open_sqlite(path) as store, pytest.raises(Outside, match="read-only"):
        store.append([Write("z", 0, RAN)])


def test_a_damaged_file_is_called_damaged(path: Path) -> None:
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.truncate(size - 4096)
    error = refusal(path)
    assert isinstance(error, Outside)
    assert "is damaged" in error.message


def test_nothing_is_added_to_a_ledger_whose_end_was_edited(path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as raw:
        raw.execute("UPDATE ledger SET root = zeroblob(32) WHERE idx = 2")
    with open_sqlite(path) as store:
        with pytest.raises(Refused, match="does not agree with itself") as caught:
            store.append([Write("z", 0, RAN)])
        assert told(caught.value)
        assert store.size() == 3


def test_a_commit_is_on_the_disk_before_it_is_acknowledged(path: Path) -> None:
    with open_sqlite(path) as store, store.engine.connect() as connection:
        said = [
            connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "fullfsync", "foreign_keys")
        ]
    assert said == ["wal", 2, 1, 1]


def test_opening_a_ledger_that_is_up_to_date_does_not_load_the_migrations(path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from cleanroom.adapters.sqlstore import open_sqlite\n"
        "with open_sqlite(Path(sys.argv[1])) as store: print(store.size(), 'alembic' in sys.modules)"
    )
    ran = subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True, check=True)
    assert ran.stdout.split() == ["3", "False"]


def test_the_migrations_lead_to_the_tables(path: Path) -> None:
    with open_sqlite(path) as store, store.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
        made = connection.exec_driver_sql("SELECT sql FROM sqlite_master WHERE name = 'ledger'").scalar()
    assert isinstance(made, str)
    for part in ("STRICT", "ledger_subject_version UNIQUE", "CHECK (idx >= 0)", "CHECK (version >= 1)"):
        assert part in made
    config = Config()
    config.set_main_option("script_location", "cleanroom.adapters.sqlstore:migrations")
    config.set_main_option("path_separator", "os")
    chain = [script.revision for script in ScriptDirectory.from_config(config).walk_revisions()]
    assert tuple(reversed(chain)) == REVISIONS


def test_a_migration_that_is_cut_short_leaves_nothing(tmp_path: Path) -> None:
    def cut(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.startswith("INSERT INTO alembic_version"):
            raise KeyboardInterrupt

    path = tmp_path / "ledger.db"
    event.listen(Engine, "before_cursor_execute", cut)
    try:
        with pytest.raises(KeyboardInterrupt):
            open_sqlite(path)
    finally:
        event.remove(Engine, "before_cursor_execute", cut)
    with closing(sqlite3.connect(path)) as raw:
        assert raw.execute("SELECT name FROM sqlite_master").fetchall() == []
    with open_sqlite(path) as store:
        assert store.size() == 0
