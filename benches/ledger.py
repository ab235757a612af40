"""What the ledger costs: `python benches/ledger.py [--quick] [--entries N] [--json FILE]`.

A ledger of a million entries on SQLite is written by appends of a thousand, verified from its first to its last byte,
and asked for proofs of entries and sizes drawn with a fixed seed. Then single entries are appended, each waiting for the
disk. The figures of the JSON, lower is better:
    verify_1m_s            wall seconds to verify 1,000,000 entries (with --quick scaled up from fewer)
    verify_cpu_s           CPU seconds of the same, scaled the same way
    append_one_p50_ms, append_one_p99_ms       one entry, durable
    append_1000_ms_an_entry                    an entry of an append of a thousand
    inclusion_p50_ms, inclusion_p99_ms         a proof that an entry is there, made and checked
    consistency_p50_ms, consistency_p99_ms     a proof that the ledger only grew, made and checked
    verify_since_ms                            the single entries, from a checkpoint before them on
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from benches import frame

from cleanroom.adapters.sqlstore import SqlStore, open_sqlite
from cleanroom.app import audit
from cleanroom.core.base import Instant, digest
from cleanroom.core.facts import Fact, Finding, Judged, Proposed, Ran
from cleanroom.core.ledger import Checkpoint, Verified, Write

FULL, QUICK = 1_000_000, 50_000
BATCH = 1000
SEED = 20261122
_AT = Instant("2026-11-22T09:00:00.000000Z")
_CHANGE, _PLAN = digest(b"change"), digest(b"plan")
_FOUND = tuple(Finding(f"check {i}", "fields", "PASS", True, "0.998", "at least 0.99") for i in range(3))


def fact(number: int) -> Fact:
    """One of three kinds in turn, of 350 to 700 bytes."""
    run = digest(b"%d" % number)
    match number % 3:
        case 0:
            return Proposed(run, f"names {number}", "mapping", _CHANGE, "ana@shop.example", "small-model", None, _AT)
        case 1:
            return Ran(run, _CHANGE, _PLAN, (), (), "bo@shop.example", _AT)
        case _:
            return Judged(run, _CHANGE, "PASS", _FOUND, _AT)


def writes(start: int, count: int) -> list[Write]:
    """Twenty versions a subject, which is what a change has that is corrected a few times."""
    return [Write(f"change/{n // 20}", n % 20, fact(n)) for n in range(start, start + count)]


def fill(store: SqlStore, entries: int) -> float:
    """Write the ledger; wall seconds."""
    begin = time.perf_counter()
    for start in range(0, entries, BATCH):
        store.append(writes(start, min(BATCH, entries - start)))
        if sys.stderr.isatty():
            print(f"\rwriting {start + BATCH:,} entries", end="", file=sys.stderr)
    return time.perf_counter() - begin


def verify(store: SqlStore) -> tuple[Verified, float, float]:
    """What was found; wall and CPU seconds."""
    wall, cpu = time.perf_counter(), time.process_time()
    found = audit.verify(store)
    assert isinstance(found, Verified), found
    return found, time.perf_counter() - wall, time.process_time() - cpu


def milliseconds(ask: Callable[[], object], times: int) -> tuple[float, float]:
    """Median and 99th percentile of the wall time of one call."""
    seen = []
    for _ in range(times):
        begin = time.perf_counter()
        ask()
        seen.append((time.perf_counter() - begin) * 1000)
    p50, p99 = np.percentile(seen, [50, 99])
    return float(p50), float(p99)


def measure(folder: Path, entries: int, asked: int) -> dict[str, float]:
    """All figures by name."""
    made: dict[str, float] = {"entries": entries}
    chance = np.random.default_rng(SEED)
    with open_sqlite(folder / "ledger.db") as store:
        made["append_1000_ms_an_entry"] = fill(store, entries) * 1000 / entries
        made["file_mib"] = (folder / "ledger.db").stat().st_size / 2**20
        found, wall, cpu = verify(store)
        made["verify_1m_s"], made["verify_cpu_s"] = (s * FULL / entries for s in (wall, cpu))
        drawn: Iterator[int] = iter(chance.integers(0, entries, 2 * asked).tolist())
        made["inclusion_p50_ms"], made["inclusion_p99_ms"] = milliseconds(
            lambda: audit.inclusion(store, next(drawn)), asked
        )
        made["consistency_p50_ms"], made["consistency_p99_ms"] = milliseconds(
            lambda: audit.consistency(store, next(drawn), entries), asked
        )
        numbers: Iterator[int] = iter(range(entries, entries + asked))
        made["append_one_p50_ms"], made["append_one_p99_ms"] = milliseconds(
            lambda: store.append([Write(f"single/{next(numbers)}", 0, fact(0))]), asked
        )
        since = Checkpoint(found.size, found.root)
        made["verify_since_ms"] = milliseconds(lambda: audit.verify_since(store, since), 1)[0]
    return {name: round(value, 4) for name, value in made.items()}


def table(made: dict[str, float], asked: int) -> str:
    """The figures as a person reads them."""
    entries = f"{int(made['entries']):,}"
    lines = [
        (f"verify {entries} entries, a million", f"{made['verify_1m_s']:.1f} s", f"{made['verify_cpu_s']:.1f} s CPU"),
        (f"verify the {asked} entries after a checkpoint", f"{made['verify_since_ms']:.1f} ms", ""),
        ("append one entry", f"{made['append_one_p50_ms']:.2f} ms", f"p99 {made['append_one_p99_ms']:.2f} ms"),
        ("append 1,000 entries, each", f"{made['append_1000_ms_an_entry']:.3f} ms", ""),
        ("proof of inclusion", f"{made['inclusion_p50_ms']:.2f} ms", f"p99 {made['inclusion_p99_ms']:.2f} ms"),
        ("proof of consistency", f"{made['consistency_p50_ms']:.2f} ms", f"p99 {made['consistency_p99_ms']:.2f} ms"),
        ("size of the file", f"{made['file_mib']:.0f} MiB", ""),
    ]
    return "\n".join(f"{what:<48}{value:>12}  {more}".rstrip() for what, value, more in lines)


def _arguments() -> argparse.Namespace:
    parser = frame.options("What the ledger costs.", f"{QUICK:,} entries only")
    parser.add_argument("--entries", type=int, metavar="N", help=f"size of the ledger ({FULL:,})")
    given = frame.given(parser)
    if given.quick and given.entries:
        parser.error("--quick has its own number of entries; give --quick or --entries")
    given.entries = given.entries or (QUICK if given.quick else FULL)
    if given.entries < BATCH:
        parser.error(f"--entries {given.entries}: give at least {BATCH}")
    return given


def main() -> int:
    """Measure, print the table, write the figures."""
    given = _arguments()
    asked = 200 if given.quick else 1000
    with tempfile.TemporaryDirectory(prefix="cleanroom-bench-") as folder:
        made = measure(Path(folder), given.entries, asked)
    if sys.stderr.isatty():
        print(file=sys.stderr)
    print(table(made, asked))
    return frame.written(given.json, "ledger", made)


if __name__ == "__main__":
    frame.run(main)
