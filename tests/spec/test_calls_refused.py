"""What becomes of calls when the disk is full, or somebody else holds the store? Refused as a whole; nothing kept is lost."""

from __future__ import annotations

import resource
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from cleanroom.adapters.sqlstore import SqlStore, open_sqlite
from cleanroom.adapters.sqlstore.calls import SqlCalls
from cleanroom.adapters.sqlstore.postgresql import open_postgresql
from cleanroom.core.base import Outside
from cleanroom.core.call import Call
from cleanroom.ports.calls import ALL

HOUR = 3_600_000_000
ALWAYS = (0, 2**60)
SIZE = 12 * 1024 * 1024
BATCH = 50


def batch(number: int) -> list[Call]:
    """Calls of one hour, with a text each that takes room."""
    return [
        Call(
            f"{i}", "", "", "shop", "f", "", "chat", "", "", "m", "", "", "", i, 1, i, "", {"ms": 1.0}, "text " * 2_000
        )
        for i in range(number * BATCH, (number + 1) * BATCH)
    ]


Grow = Callable[[], None]


@contextmanager
def small_disk(folder: Path) -> Iterator[Grow]:
    """A file system of SIZE bytes, which can be made larger; where we may not mount one, files may grow no larger than that."""
    folder.mkdir()
    if (
        shutil.which("mount")
        and not subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", folder], capture_output=True, check=False
        ).returncode
    ):
        larger = ["mount", "-o", f"remount,size={SIZE * 20}", str(folder)]

        def grow() -> None:
            subprocess.run(larger, check=True)

        try:
            yield grow
        finally:
            subprocess.run(["umount", "--lazy", folder], check=True)
        return
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (SIZE, before[1]))
    try:
        yield lambda: resource.setrlimit(resource.RLIMIT_FSIZE, before)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def whole(calls: SqlCalls, kept: int) -> None:
    """Exactly the first `kept` batches are there, in the log, in files and in rollups."""
    wanted = [f"{i}" for i in range(kept * BATCH)]
    assert calls.columns("shop", *ALWAYS, []).id.tolist() == wanted
    assert sum(c.n for c in calls.cells("shop", ALL, *ALWAYS, HOUR)) == len(wanted)


def filled(calls: SqlCalls) -> tuple[int, Outside]:
    """How many batches there is room for, and what is said of the next one."""
    for kept in range(100):
        try:
            calls.record(batch(kept))
        except Outside as error:
            return kept, error
    raise AssertionError("the disk is not full")


def test_a_full_disk_keeps_a_batch_as_a_whole_or_not_at_all(tmp_path: Path) -> None:
    folder = tmp_path / "disk"
    with small_disk(folder) as grow, open_sqlite(folder / "ledger.db") as store:
        calls = SqlCalls(store, folder / "calls")
        kept, told = filled(calls)
        assert "no space left" in told.message or "the disk failed" in told.message
        assert told.hint
        for _ in range(3):
            with pytest.raises(Outside):
                calls.record(batch(kept))
        whole(calls, kept)
        with suppress(Outside):  # nor do files find room, or their rows can be deleted
            calls.compact(HOUR)
        whole(calls, kept)
        grow()
        assert calls.record(batch(kept)).new == BATCH, "what was refused left no trace of its ids"
        calls.compact(HOUR)
        whole(calls, kept + 1)
    with suppress(FileNotFoundError):
        shutil.rmtree(folder)


@pytest.fixture(params=["sqlite", "postgresql"])
def hasty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], SqlStore]]:
    """Opens a store that does not wait long for others."""
    opened: list[SqlStore] = []
    url = request.getfixturevalue("postgres_url") if request.param == "postgresql" else ""

    def make() -> SqlStore:
        path = tmp_path / "ledger.db"
        opened.append(open_postgresql(url, patience=0.2) if url else open_sqlite(path, patience=0.2))
        return opened[-1]

    yield make
    for store in opened:
        store.close()


def test_a_store_that_somebody_else_holds_refuses_and_takes_it_later(
    hasty: Callable[[], SqlStore], tmp_path: Path
) -> None:
    calls, other = SqlCalls(hasty(), tmp_path / "calls"), hasty()
    calls.record(batch(0))
    with other.writing():
        with pytest.raises(Outside, match="locked"):
            calls.record(batch(1))
        whole(calls, 1)
    assert calls.record(batch(1)).new == BATCH
    whole(calls, 2)
