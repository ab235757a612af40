"""What becomes of calls when the process that takes them in, moves them or forgets their texts is killed?"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import func
from sqlalchemy import select as query
from tests.nursery import acknowledged, started

from cleanroom.adapters.sqlstore import open_store
from cleanroom.adapters.sqlstore.calls import SqlCalls
from cleanroom.adapters.sqlstore.tables import call_files
from cleanroom.ports.calls import ALL

KILLS = 50 if os.environ.get("HYPOTHESIS_PROFILE") == "soak" else 4  # of each database
A_FOLDER = 5
HOUR = 3_600_000_000
ALWAYS = (0, 2**60)

NURSERY = """
import os, sys, threading, traceback
from pathlib import Path
import duckdb
from cleanroom.adapters.sqlstore import call_hours, forgetting, intake, moving, open_store
from cleanroom.adapters.sqlstore.calls import SqlCalls
from cleanroom.core.call import Call, UserEvent
if "postgresql" in sys.argv:
    import psycopg

HOUR = 3_600_000_000
intake.ROLL = 40  # so that rollups are written by every few records

def call(thread, i):
    # Each thread has its system, 21 calls in each hour; every fourth one comes a second time later on.
    at = i // 21 * HOUR + i
    return Call(f"{thread} {i}", "", "", f"s{thread}", "f", "", "chat", "", "", f"m{i % 2}", "", "", "", at, 1, at, "",
                {"error": i % 2 == 0, "ms": float(i)}, f"in {i}")

def work(*given):
    try:
        work_for_ever(*given)
    except BaseException:
        traceback.print_exc()
        os._exit(1)

def work_for_ever(calls, thread, lock):
    seen = sum(c.n for c in calls.cells(f"s{thread}", "", 0, 2**60, HOUR))
    while True:
        batch = [call(thread, i) for i in range(seen, seen + 7)]
        events = [UserEvent(f"{thread} {i}", f"s{thread}", "ticket", i // 21 * HOUR, i) for i in range(seen, seen + 7, 7)]
        calls.record([*(call(thread, i) for i in range(max(seen - 9, 0), seen, 4)), *batch], events)
        seen += 7
        with lock:
            print(seen * 2 + thread, "kept", flush=True)  # the acknowledgement
        if seen % 3 == thread:
            calls.compact(seen // 21 * HOUR)
        if seen % 5 == thread:
            calls.forget(f"s{thread}", seen // 42 * HOUR, texts=True)

for line in sys.stdin:  # each line asks for a writer on that store
    writer = os.fork()
    if writer == 0:
        print(os.getpid(), flush=True)
        address, folder = line[:-1].split("\\t")
        with open_store(address, Path) as store:
            calls, lock = SqlCalls(store, Path(folder)), threading.Lock()
            threads = [threading.Thread(target=work, args=(calls, thread, lock)) for thread in range(2)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
    os.waitpid(writer, 0)
    print("\\ndead", flush=True)
"""


@pytest.fixture(scope="module")
def nursery() -> Iterator[subprocess.Popen[str]]:
    """A process that starts writers quickly, since it has imported everything before."""
    with started(NURSERY) as process:
        yield process


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_nothing_acknowledged_is_lost_or_doubled_by_a_kill(
    nursery: subprocess.Popen[str], kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    chance = np.random.default_rng(20261122)
    least, moved = [0, 0], 0
    server = request.getfixturevalue("postgres_server") if kind == "postgresql" else None
    for kill in range(KILLS):
        folder = tmp_path / f"{kill // A_FOLDER}"  # a new one before its files become too many to be read each time
        if kill % A_FOLDER == 0:
            folder.mkdir()
            address = server.fresh() if server is not None else str(folder / "ledger.db")
            open_store(address, Path).close()
            least = [0, 0]
        count = int(chance.integers(1, 20)) if kill % A_FOLDER else 20
        for number in acknowledged(nursery, f"{address}\t{folder / 'calls'}", count, float(chance.uniform(0, 0.1))):
            least[number % 2] = max(least[number % 2], number // 2)
        with open_store(address, Path) as store:
            calls = SqlCalls(store, folder / "calls")
            for thread in range(2):
                least[thread] = _whole(calls, thread, least[thread])
            with store.reading() as connection:
                moved += connection.execute(query(func.count()).select_from(call_files)).scalar_one() > 0
            if kill % A_FOLDER == A_FOLDER - 1:
                calls.compact(2**60)
                assert [_whole(calls, thread, least[thread]) for thread in range(2)] == least
        if server is not None and kill % A_FOLDER == A_FOLDER - 1:
            server.drop(address)
    assert max(least) > 7
    assert moved > KILLS / 5, "hours were moved meanwhile"


def _whole(calls: SqlCalls, thread: int, least: int) -> int:
    """Is all of a thread's there, once, and do the rollups agree? How many there are."""
    system = f"s{thread}"
    found = calls.columns(system, *ALWAYS, ["ms"])
    there = [int(id.split()[1]) for id in found.id.tolist()]
    assert there == list(range(len(there))), "each once, in the order of time, and none missing in between"
    assert len(there) >= least
    assert len(there) % 7 == 0, "a batch is there as a whole or not at all"
    assert found.metrics["ms"].tolist() == there
    for metric, bad in ((ALL, 0), ("error", (len(there) + 1) // 2)):
        cells = calls.cells(system, metric, *ALWAYS, HOUR, ["model"])
        assert [sum(c.n for c in cells), sum(c.bad for c in cells)] == [len(there), bad]
    assert len(calls.events(system, *ALWAYS)) * 7 == len(there)
    for row in calls.rows(system, *ALWAYS, {}, limit=10_000):
        assert row.input in ("", f"in {row.id.split()[1]}")
    return len(there)


def test_a_killed_forgetting_is_finished_by_the_next_one(nursery: subprocess.Popen[str], tmp_path: Path) -> None:
    """What was to be forgotten is nowhere on the disk, whatever was killed before."""
    address, folder = str(tmp_path / "ledger.db"), tmp_path / "calls"
    open_store(address, Path).close()
    for kill in range(3):
        acknowledged(nursery, f"{address}\t{folder}", 12, 0.02 * kill)
    with open_store(address, Path) as store:
        calls = SqlCalls(store, folder)
        calls.compact(2**60)
        for thread in range(2):
            calls.forget(f"s{thread}", 2**50, texts=True)
            assert not any(row.input for row in calls.rows(f"s{thread}", *ALWAYS, {}, limit=10_000))
        with store.reading() as connection:
            names = {name.split("/")[1] for name in connection.execute(query(call_files.c.name)).scalars()}
    left = {file.name for file in folder.rglob("*") if file.is_file() and file.name != ".lock"}
    assert left == names
