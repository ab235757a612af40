"""Does compare-and-swap hold under sixteen writers? Threads here; as many processes and more turns in the soak."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

from cleanroom.adapters.memory.store import MemoryStore
from cleanroom.adapters.sqlstore import SqlStore, open_store
from cleanroom.app.audit import verify
from cleanroom.core.base import Instant, digest
from cleanroom.core.facts import Proposed, Ran
from cleanroom.core.ledger import Conflict, LedgerEntry, Verified, Write

AT = Instant("2026-11-21T23:20:00.000000Z")
RAN = Ran(digest(b"run"), digest(b"change"), digest(b"plan"), (), (), "größer 🧪", AT)

SOAK = os.environ.get("HYPOTHESIS_PROFILE") == "soak"
WRITERS = 16
PROCESSES = 16 if SOAK else 3
TURNS = 40 if SOAK else 6


def proposed(name: str) -> Proposed:
    return Proposed(digest(b"c"), name, "mapping", digest(b"a"), name, "m", None, AT)


def compete(store: SqlStore, name: str, turns: int) -> tuple[list[LedgerEntry], int]:
    """Append to a subject that all share and to one's own, again and again; what was acknowledged, and the conflicts."""
    made: list[LedgerEntry] = []
    conflicts = 0
    for turn in range(turns):
        shared = f"shared {turn % 2}"
        while True:
            seen = len(store.history(shared))
            writes = [Write(shared, seen, proposed(f"{name} {turn}")), Write(name, turn, RAN)]
            try:
                made.extend(store.append(writes))
                break
            except Conflict:
                conflicts += 1
    return made, conflicts


def holds_all(store: SqlStore, writers: int, turns: int) -> None:
    """Nothing lost, nothing twice, no gap, and every hash the same as when one writer does all of it in that order."""
    entries = list(store.entries())
    assert [e.index for e in entries] == list(range(2 * writers * turns))
    shared = [e.fact.name for e in entries if isinstance(e.fact, Proposed)]
    assert sorted(shared) == sorted(f"writer {w} {t}" for w in range(writers) for t in range(turns))
    assert all(len(store.history(f"writer {w}")) == turns for w in range(writers))
    replay = MemoryStore()
    for entry in entries:
        replay.append([Write(entry.subject, entry.version - 1, entry.fact)])
    assert list(store.stored()) == list(replay.stored())
    assert verify(store) == verify(replay)
    assert isinstance(verify(store), Verified)


def test_sixteen_threads_lose_nothing_and_do_nothing_twice(opened: Callable[[], SqlStore]) -> None:
    stores = [opened() for _ in range(4)]
    barrier = Barrier(WRITERS)

    def work(number: int) -> tuple[list[LedgerEntry], int]:
        barrier.wait()
        return compete(stores[number % 4], f"writer {number}", TURNS)

    with ThreadPoolExecutor(WRITERS) as threads:
        done = list(threads.map(work, range(WRITERS)))
    acknowledged = sorted((e for made, _ in done for e in made), key=lambda e: e.index)
    assert acknowledged == list(stores[0].entries()), "what was acknowledged is what is there"
    assert sum(conflicts for _, conflicts in done) > 0, "they did compete"
    holds_all(stores[0], WRITERS, TURNS)


def test_processes_lose_nothing_and_do_nothing_twice(database: str) -> None:
    """They also race for the first start: nobody has made the tables yet."""
    code = (
        "import sys; from pathlib import Path; from cleanroom.adapters.sqlstore import open_store\n"
        "from tests.laws.test_store_races import compete\n"
        "with open_store(sys.argv[1], Path) as store: compete(store, sys.argv[2], int(sys.argv[3]))"
    )
    root = Path(__file__).parents[2]
    running = [
        subprocess.Popen([sys.executable, "-c", code, database, f"writer {n}", str(TURNS)], cwd=root)
        for n in range(PROCESSES)
    ]
    assert [process.wait(timeout=900) for process in running] == [0] * PROCESSES
    with open_store(database, Path) as store:
        holds_all(store, PROCESSES, TURNS)
