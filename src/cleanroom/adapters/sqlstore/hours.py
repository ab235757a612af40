"""Outcomes that left the log: Parquet files by flag and hour, which any tool can read.

A file is written under another name, brought to the disk and renamed; it counts once the store remembers its name. One
process at a time writes here. A file that nobody remembers, since its writer died, is set aside as `*.orphan`: nothing is
ever deleted, since a store that was restored from a backup forgot files, too.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import secrets
from collections.abc import Collection, Iterator, Sequence
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
from cleanroom.adapters.duckdb.sql import lit
from cleanroom.adapters.sqlstore.packed import ARMS, Unpacked
from cleanroom.core.base import Outside, instant
from cleanroom.core.outcome import Columns

_FILE = """
SELECT
    h.id, $flag AS flag, h.variant, h.arm, h.agrees, h.who,
    make_timestamptz(h.at) AS happened, make_timestamptz(h.arrived) AS arrived,
    coalesce(m.metrics, map(CAST([] AS VARCHAR[]), CAST([] AS DOUBLE[]))) AS metrics, h.source
FROM heads AS h
LEFT JOIN (
    SELECT place, map(list(text ORDER BY code), list(value ORDER BY code)) AS metrics
    FROM marks JOIN names USING (code) GROUP BY place
) AS m USING (place)
ORDER BY h.at, h.place
"""
"""What a row of a file says. `happened` and `arrived` are moments in UTC."""

_MEMORY = "700MB"


class Hours:
    """The files of one store, below `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
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

    def write(self, flag: str, hour: int, found: Unpacked, texts: Sequence[tuple[str, str, str]]) -> str:
        """Write a file, whole and on the disk; its name. Raises Outside where the disk refuses."""
        stamp = f"{instant(hour)[:13]}-{secrets.token_hex(4)}"
        folder = self.folder / hashlib.sha256(flag.encode()).hexdigest()[:16]
        draft, target = folder / f".{stamp}.draft", folder / f"{stamp}.parquet"
        try:
            folder.mkdir(exist_ok=True)
            with self._duckdb() as db:
                for name, table in _tables(found, texts).items():
                    db.register(name, table)
                with translated(draft):
                    db.sql(_FILE, params={"flag": flag}).write_parquet(str(draft), compression="zstd")
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
        """Undo a `write` that never counted."""
        with suppress(OSError):
            (self.folder / name).unlink()

    def columns(self, names: Sequence[str], since: int, until: int, metrics: Sequence[str]) -> Columns:
        """Outcomes of these files with since <= at < until, in the order of the files. Raises Outside for a missing one."""
        wanted = {
            "at": _micros("happened"),
            "arrived": _micros("arrived"),
            "canary": ColumnExpression("arm") == ConstantExpression(ARMS[0]),
            "who": ColumnExpression("who"),
        }
        for place, name in enumerate(metrics):
            value = FunctionExpression("map_extract_value", ColumnExpression("metrics"), ConstantExpression(name))
            wanted[f"m{place}"] = value
        compared = ColumnExpression("agrees") & ColumnExpression("arm").isin(*map(ConstantExpression, ARMS[:2]))
        found = self._read(names, _within(since, until) & compared, wanted)
        return Columns(
            found["who"].astype(np.str_),
            found["at"],
            found["arrived"],
            found["canary"],
            {name: _floats(found[f"m{place}"]) for place, name in enumerate(metrics)},
        )

    def apart(self, names: Sequence[str], since: int, until: int) -> int:
        """How many outcomes of these files with since <= at < until do not agree with the flag."""
        which = _within(since, until) & ~ColumnExpression("agrees")
        return len(self._read(names, which, {"at": _micros("happened")})["at"])

    def _read(self, names: Sequence[str], which: Any, wanted: dict[str, Any]) -> dict[str, NDArray[Any]]:
        files = [self.folder / name for name in names]
        gone = next((f for f in files if not f.is_file()), None)
        if gone is not None:
            hint = "the store remembers it: bring the folder back, or run this where the folder lies"
            raise Outside(f"outcomes are missing: there is no file {gone}", hint)
        with translated(), self._duckdb() as db:
            rows = db.read_parquet([str(f) for f in files]).filter(which)
            return dict(rows.select(*(e.alias(name) for name, e in wanted.items())).fetchnumpy())

    @contextmanager
    def _duckdb(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection of this thread's own; opening the database itself would take longer than most reads."""
        with self._lock:
            self._db = self._db or _locked(self.folder)
        with self._db.cursor() as db:
            yield db


def _locked(folder: Path) -> duckdb.DuckDBPyConnection:
    """A DuckDB that reaches nothing but `folder`."""
    db = duckdb.connect(":memory:")
    for name, value in (
        ("TimeZone", "'UTC'"),
        ("enable_progress_bar", "false"),
        ("memory_limit", lit(_MEMORY).sql("duckdb")),
        ("temp_directory", lit(str(folder / ".scratch")).sql("duckdb")),
        ("autoinstall_known_extensions", "false"),
        ("autoload_known_extensions", "false"),
        ("allow_community_extensions", "false"),
        ("allowed_directories", f"[{lit(str(folder)).sql('duckdb')}]"),
        ("enable_external_access", "false"),
        ("lock_configuration", "true"),
    ):
        db.execute("SET " + name + " = " + value)
    return db


def _tables(found: Unpacked, texts: Sequence[tuple[str, str, str]]) -> dict[str, dict[str, NDArray[Any]]]:
    """The outcomes as DuckDB takes them in."""
    heads = found.heads
    ids, variants, sources = (np.array(column, object) for column in zip(*texts, strict=True))
    return {
        "heads": {
            "place": np.arange(len(heads)),
            "id": ids,
            "variant": variants,
            "source": sources,
            "arm": np.array(ARMS, object)[heads["arm"]],
            "agrees": heads["agrees"] == 1,
            "who": heads["who"].astype(np.str_).astype(object),
            "at": heads["at"].astype(np.int64),
            "arrived": heads["arrived"].astype(np.int64),
        },
        "marks": {"place": found.of, "code": found.code, "value": found.value},
        "names": {"code": np.arange(len(found.names)), "text": np.array(found.names, object)},
    }


def _micros(column: str) -> Any:
    return FunctionExpression("epoch_us", ColumnExpression(column))


def _within(since: int, until: int) -> Any:
    at = _micros("happened")
    return (at >= ConstantExpression(since)) & (at < ConstantExpression(until))


def _floats(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """NULL is NaN."""
    return np.ma.filled(values, np.nan) if isinstance(values, np.ma.MaskedArray) else values


def _on_disk(path: Path) -> None:
    """Bring a file, or the names in a folder, to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
