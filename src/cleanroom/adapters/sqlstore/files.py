"""Parquet files that hold what left a log, which any tool can read: written whole, read with DuckDB.

A file is written under another name, brought to the disk and renamed; it counts once the store remembers its name. One
process at a time writes here. A file that nobody remembers, since its writer died, is set aside as `*.orphan`: it is not
deleted, since a store that was restored from a backup forgot files, too.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import secrets
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock
from typing import Any

import duckdb
import numpy as np
from duckdb import ColumnExpression, ConstantExpression, FunctionExpression
from numpy.typing import NDArray

from cleanroom.adapters.artifacts import told
from cleanroom.adapters.duckdb.faults import translated
from cleanroom.core.base import HOUR, Outside, instant

_MEMORY = "700MB"

Draw = Callable[[duckdb.DuckDBPyConnection], duckdb.DuckDBPyRelation]
"""What a file is to hold, made with that connection."""


class Files:
    """The files of one store, below `folder`. `what` they hold, for messages."""

    def __init__(self, folder: Path, what: str) -> None:
        self.folder = folder.resolve()
        self._what = what
        self._lock = Lock()
        self._db: duckdb.DuckDBPyConnection | None = None

    @contextmanager
    def alone(self) -> Iterator[bool]:
        """Is nobody else writing files here? Whoever holds this dies with it."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            lock = os.open(self.folder / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise told(error, self.folder) from error
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield True
        except BlockingIOError:
            yield False
        finally:
            os.close(lock)

    def set_aside(self, remembered: Collection[str]) -> None:
        """Rename what a writer left that died before its file counted. Only for who is `alone`."""
        for file in self.folder.glob("*/*.parquet"):
            if f"{file.parent.name}/{file.name}" not in remembered:
                with suppress(OSError):
                    file.rename(file.with_suffix(".orphan"))
        for draft in self.folder.glob("*/.*.draft"):
            with suppress(OSError):
                draft.unlink()

    def orphans(self, owner: str, before: int) -> list[str]:
        """The names of what was set aside of `owner`, of hours that ended before that moment."""
        ended = instant(before - HOUR)[:13]
        found = (self.folder / _folder_of(owner)).glob("*.orphan")
        return sorted(f"{f.parent.name}/{f.name}" for f in found if f.name[:13] <= ended)

    def write(self, owner: str, hour: int, draw: Draw) -> str:
        """Write a file, whole and on the disk; its name. Raises Outside where the disk refuses."""
        stamp = f"{instant(hour)[:13]}-{secrets.token_hex(4)}"
        folder = self.folder / _folder_of(owner)
        draft, target = folder / f".{stamp}.draft", folder / f"{stamp}.parquet"
        try:
            folder.mkdir(exist_ok=True)
            with self._duckdb() as db, translated(draft):
                draw(db).write_parquet(str(draft), compression="zstd")
            _on_disk(draft)
            draft.rename(target)
            _on_disk(folder)
        except OSError as error:
            raise told(error, target) from error
        finally:
            with suppress(OSError):
                draft.unlink(missing_ok=True)
        return f"{folder.name}/{target.name}"

    def drop(self, name: str) -> None:
        """Delete a file that does not count. Raises Outside where that cannot be done."""
        try:
            (self.folder / name).unlink(missing_ok=True)
            _on_disk((self.folder / name).parent)
        except FileNotFoundError:
            return  # its folder is gone as well
        except OSError as error:
            raise told(error, self.folder / name) from error

    @contextmanager
    def opened(self, names: Sequence[str]) -> Iterator[duckdb.DuckDBPyRelation]:
        """All rows of these files, in their order. Raises Outside for a missing one, and for what reading them meets."""
        with translated(), self._duckdb() as db:
            yield self.relation(db, names)

    def relation(self, db: duckdb.DuckDBPyConnection, names: Sequence[str]) -> duckdb.DuckDBPyRelation:
        """All rows of these files. Raises Outside for a missing one."""
        files = [self.folder / name for name in names]
        gone = next((f for f in files if not f.is_file()), None)
        if gone is not None:
            hint = "the store remembers it: bring the folder back, or run this where the folder lies"
            raise Outside(f"{self._what} are missing: there is no file {gone}", hint)
        return db.read_parquet([str(f) for f in files])

    def read(self, names: Sequence[str], which: Any, wanted: dict[str, Any]) -> dict[str, NDArray[Any]]:
        """Expressions of the rows that `which` holds for, as arrays by name."""
        with self.opened(names) as rows:
            return dict(rows.filter(which).select(*(e.alias(name) for name, e in wanted.items())).fetchnumpy())

    @contextmanager
    def _duckdb(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection of this thread's own; opening the database itself would take longer than most reads."""
        with self._lock:
            self._db = self._db or _locked(self.folder)
        with self._db.cursor() as db:
            yield db


def micros_of(column: str) -> Any:
    """A moment of a row in microseconds since 1970 UTC."""
    return FunctionExpression("epoch_us", ColumnExpression(column))


def within(since: int, until: int) -> Any:
    """since <= happened < until."""
    at = micros_of("happened")
    return (at >= ConstantExpression(since)) & (at < ConstantExpression(until))


def metric_of(name: str) -> Any:
    """A metric of a row; NULL where it has none."""
    return FunctionExpression("map_extract_value", ColumnExpression("metrics"), ConstantExpression(name))


def floats(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """NULL is NaN."""
    return np.ma.filled(values, np.nan) if isinstance(values, np.ma.MaskedArray) else values


def _folder_of(owner: str) -> str:
    return hashlib.sha256(owner.encode()).hexdigest()[:16]


def _locked(folder: Path) -> duckdb.DuckDBPyConnection:
    """A DuckDB that reaches nothing but `folder`."""
    settings: dict[str, Any] = {
        "memory_limit": _MEMORY,
        "temp_directory": str(folder / ".scratch"),
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "allow_community_extensions": False,
    }
    db = duckdb.connect(":memory:", config=settings)
    db.execute("SET TimeZone = 'UTC'")
    db.execute("SET enable_progress_bar = false")
    db.execute("SET VARIABLE folder = [?]", [str(folder)])  # a setting takes no bound value
    db.execute("SET allowed_directories = getvariable('folder')")
    db.execute("SET enable_external_access = false")
    db.execute("SET lock_configuration = true")
    return db


def _on_disk(path: Path) -> None:
    """Bring a file, or the names in a folder, to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
