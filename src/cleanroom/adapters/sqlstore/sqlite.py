"""How SQLite is opened so that nothing acknowledged is lost, and what its errors mean to a person."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, create_engine, event

from cleanroom.adapters.sqlstore.schema import is_current, migrate
from cleanroom.adapters.sqlstore.store import SqlStore
from cleanroom.core.base import CleanroomError, Misuse, Outside

PATIENCE = 10.0
"""Seconds to wait for another writer."""

_RESTORE = "restore a copy, then run `cleanroom ledger verify`"

_SETTINGS = (
    "PRAGMA foreign_keys = ON",
    "PRAGMA synchronous = FULL",  # a commit is on the disk before it is acknowledged
    "PRAGMA fullfsync = ON",  # macOS: through the drive's cache as well
)


def open_sqlite(path: Path, *, create: bool = True, patience: float = PATIENCE) -> SqlStore:
    """The ledger in the file `path`; its folder and its tables are made when absent, unless `create` is false.

    `patience`: seconds to wait for another process's write. Raises Misuse when `path` is no ledger or one of a
    newer release, Outside when the disk refuses. Close the store when done with it.
    """
    _check_place(path, create)
    store = SqlStore(_engine(path, patience), lambda error: explained(error, _name(path)))
    try:
        with store.explaining():
            current = is_current(store.engine, _name(path), create)
            _log_ahead(store.engine, patience)  # only now: a file that is not ours stays as it is
            if not current:
                migrate(store.engine)
    except BaseException:
        store.close()
        raise
    return store


def _check_place(path: Path, create: bool) -> None:
    name = _name(path)
    try:
        if path.is_dir():
            raise Misuse(f"{name} is a folder, not a ledger", "name the file, such as .cleanroom/ledger.db")
        if not create and not (path.exists() and path.stat().st_size):
            raise Misuse(f"there is no ledger at {name}", "check the path; any command that writes makes a new one")
        if create:
            path.parent.mkdir(exist_ok=True)
    except (FileNotFoundError, FileExistsError, NotADirectoryError) as error:
        raise Misuse(f"there is no folder for {name}", "make it, or name another place") from error
    except (OSError, ValueError) as error:
        raise Outside(f"cannot open {name}: {error}", "check the path and its permissions") from error


def _name(path: Path) -> str:
    """The path in a message: one line, whatever characters it has."""
    return str(path) if str(path).isprintable() else repr(str(path))


def _engine(path: Path, patience: float) -> Engine:
    engine = create_engine(URL.create("sqlite", database=str(path)), connect_args={"timeout": patience})

    @event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None  # transactions begin where we say so, also around DDL
        connection.text_factory = lambda raw: raw.decode("utf-8", "backslashreplace")  # damaged rows can be read
        try:
            for setting in _SETTINGS:
                connection.execute(setting)
        except sqlite3.Error:
            connection.close()  # the pool does not know it yet
            raise

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # A writer takes its place in the queue at once: a lock asked for later could not be waited for.
        writes = connection.get_execution_options().get("writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _log_ahead(engine: Engine, patience: float) -> None:
    """Have readers and the one writer not wait for each other. The file remembers it.

    SQLite does not wait by itself for the lock that the first change needs. Where the file system cannot do it,
    SQLite keeps its rollback journal, which is as safe.
    """
    deadline = time.monotonic() + patience
    with closing(engine.raw_connection()) as connection, closing(connection.cursor()) as cursor:
        while cursor.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
            try:
                cursor.execute("PRAGMA journal_mode = WAL")
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                    raise
                time.sleep(0.01)
            else:
                break


def explained(error: Exception, name: str) -> CleanroomError:
    """One line for what SQLite or SQLAlchemy raised."""
    origin = getattr(error, "orig", None) or error
    if isinstance(origin, UnicodeDecodeError):  # not even SQLite's own message is text
        return Outside(f"{name} is damaged: its schema is not text", _RESTORE)
    match getattr(origin, "sqlite_errorcode", 0) & 0xFF:  # the low byte is the kind, the rest its variety
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return Outside(f"{name} is locked by another process", "wait until it is done, then run this again")
        case sqlite3.SQLITE_FULL:
            return Outside(f"no space left for {name}", "free some space, then run this again; nothing was written")
        case sqlite3.SQLITE_READONLY:
            return Outside(f"{name} is read-only", "check the permissions of the file and its folder")
        case sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_PERM | sqlite3.SQLITE_AUTH:
            return Outside(f"cannot open {name}", "check the permissions of the file and its folder")
        case sqlite3.SQLITE_NOTADB:
            return Misuse(f"{name} is not a ledger: no SQLite database", "name the file that cleanroom made")
        case sqlite3.SQLITE_CORRUPT:
            return Outside(f"{name} is damaged: {origin}", _RESTORE)
        case sqlite3.SQLITE_IOERR:
            return Outside(f"the disk failed on {name}: {origin}", "check the disk; what was acknowledged is kept")
        case _:
            said = " ".join(str(origin).split())
            return Outside(f"the database {name} failed: {said}", "run `cleanroom ledger verify`")
