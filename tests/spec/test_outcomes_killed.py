"""What becomes of outcomes when the process that takes them in, or moves them, is killed?"""

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

from cleanroom.adapters.sqlstore import open_sqlite
from cleanroom.adapters.sqlstore.tables import outcome_files
from cleanroom.adapters.sqlstore.telemetry import SqlTelemetry
from cleanroom.ports.telemetry import ALL

KILLS = 200 if os.environ.get("HYPOTHESIS_PROFILE") == "soak" else 10
BATCH = 7
A_FOLDER = 10

NURSERY = """
import os, sys
from pathlib import Path
import duckdb
from cleanroom.adapters.sqlstore import hours, moving, open_sqlite
from cleanroom.adapters.sqlstore.telemetry import SqlTelemetry
from cleanroom.core.base import HOUR
from cleanroom.core.outcome import Kept

def kept(i):
    # Seven in each hour, so that there is always an hour to move; every fourth one comes a second time later on.
    at = i // 7 * HOUR + i
    return Kept(f"id {i}", "f", "new", "candidate", f"{i}", at, at, {"error": i % 2 == 0}, "t", True)

def work_for_ever(folder):
    with open_sqlite(folder / "ledger.db") as store:
        telemetry = SqlTelemetry(store, folder / "outcomes")
        seen = sum(c.n for c in telemetry.counts("f", 0, 2**60) if c.metric == "")
        while True:
            batch = [kept(i) for i in range(seen, seen + 7)]
            telemetry.record([*(kept(i) for i in range(max(seen - 9, 0), seen, 4)), *batch])
            seen += 7
            print(seen, "kept", flush=True)  # the acknowledgement
            if seen % 2 == 0:
                telemetry.compact(2**60)

for line in sys.stdin:  # each line asks for a writer in that folder
    writer = os.fork()
    if writer == 0:
        print(os.getpid(), flush=True)
        work_for_ever(Path(line[:-1]))
    os.waitpid(writer, 0)
    print("\\ndead", flush=True)
"""


@pytest.fixture
def nursery() -> Iterator[subprocess.Popen[str]]:
    """A process that starts writers quickly, since it has imported everything before."""
    with started(NURSERY) as process:
        yield process


def test_nothing_acknowledged_is_lost_or_doubled_by_a_kill(nursery: subprocess.Popen[str], tmp_path: Path) -> None:
    chance = np.random.default_rng(20261122)
    least = moved = 0
    for kill in range(KILLS):
        folder = tmp_path / f"{kill // A_FOLDER}"  # a new one before its files become too many to be read each time
        if kill % A_FOLDER == 0:
            folder.mkdir()
            least = 0
        count = int(chance.integers(1, 7)) if kill % A_FOLDER else 0
        least = max(least, *acknowledged(nursery, folder, count, float(chance.uniform(0, 0.1))), 0)
        with open_sqlite(folder / "ledger.db") as store:
            telemetry = SqlTelemetry(store, folder / "outcomes")
            found = telemetry.columns("f", 0, 2**60, ["error"])
            counts = telemetry.counts("f", 0, 2**60)
            who = list(map(int, found.who))
            assert who == list(range(len(who))), "each once, in the order of time, and none missing in between"
            assert len(who) >= least
            assert len(who) % BATCH == 0, "a batch is there as a whole or not at all"
            assert found.metrics["error"].tolist() == [float(i % 2 == 0) for i in who]
            assert sum(c.n for c in counts if c.metric == ALL) == len(who)
            assert sum(c.bad for c in counts if c.metric == "error") == (len(who) + 1) // 2
            with store.reading() as connection:
                moved += connection.execute(query(func.count()).select_from(outcome_files)).scalar_one() > 0
            if kill % A_FOLDER == A_FOLDER - 1:
                telemetry.compact(2**60)
                assert len(telemetry.columns("f", 0, 2**60, []).at) == len(who)
        least = len(who)
    assert least > 5 * BATCH
    assert moved > KILLS / 2, "hours were moved meanwhile"
