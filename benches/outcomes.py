"""How fast do outcomes come in, and out again for judging: `python benches/outcomes.py [--quick] [--json FILE]`.

One writer sends 360,000 outcomes of three metrics, two hours of 50 a second, in batches of 500 to an SQLite store; each batch
is on the disk before the next one begins. Then all of them are read as columns, out of the log and out of the files that
they moved to: the median of five. A tenth of it with --quick. The figures of the JSON:
    record_per_s            outcomes a second, in batches of 500; single_per_s one by one
    columns_log_s           seconds for all of them out of the log; columns_files_s out of the files
    log_bytes, file_bytes   bytes of an outcome in the store (log, id and counts) and in the files
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from benches import frame

from cleanroom.adapters.sqlstore import open_sqlite
from cleanroom.adapters.sqlstore.telemetry import SqlTelemetry
from cleanroom.core.outcome import Arm, Kept

HOUR = 3_600_000_000
START = 1_795_000_000_000_000 // HOUR * HOUR
METRICS = ("error", "latency_ms", "cost")
BATCH = 500


def outcome(number: int, apart: int) -> Kept:
    """The outcome of that number; they lie `apart` microseconds apart."""
    at, canary = START + number * apart, number % 20 == 0
    metrics = {"error": number % 50 == 0, "latency_ms": (number * 7919 % 10_000) / 10, "cost": number % 13 / 100}
    arm: Arm = "candidate" if canary else "control"
    who = f"{number * 2_654_435_761 % 50_000:032x}"
    return Kept(
        f"request-{number:x}",
        "checkout",
        "new" if canary else "old",
        arm,
        who,
        at,
        at + 900_000,
        metrics,
        "application",
        True,
    )


def measure(many: int) -> dict[str, float]:
    """All figures, of `many` outcomes."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        apart = 2 * HOUR // many
        batches = [[outcome(i, apart) for i in range(n, min(n + BATCH, many))] for n in range(0, many, BATCH)]
        with open_sqlite(folder / "ledger.db") as store:
            made = {"record_per_s": many / _recording(SqlTelemetry(store, folder / "outcomes"), batches)}
        made["log_bytes"] = (folder / "ledger.db").stat().st_size / many
        with open_sqlite(folder / "ledger.db") as store:
            telemetry = SqlTelemetry(store, folder / "outcomes")
            made["columns_log_s"] = _reading(telemetry, many)
            assert telemetry.compact(START + 10 * HOUR) == many
            made["columns_files_s"] = _reading(telemetry, many)
            made["file_bytes"] = sum(f.stat().st_size for f in folder.rglob("*.parquet")) / many
            singles = [[outcome(many + i, apart)] for i in range(min(1_000, many))]
            made["single_per_s"] = len(singles) / _recording(telemetry, singles)
    return made


def _recording(telemetry: SqlTelemetry, batches: Sequence[Sequence[Kept]]) -> float:
    telemetry.hashed("the secret is made")
    return _seconds(lambda: [telemetry.record(batch) for batch in batches])


def _reading(telemetry: SqlTelemetry, many: int) -> float:
    def read() -> None:
        found = telemetry.columns("checkout", START, START + 2 * HOUR + 1, METRICS)
        assert len(found.at) == many

    return median(_seconds(read) for _ in range(5))


def _seconds(what: Callable[[], object]) -> float:
    start = time.perf_counter()
    what()
    return time.perf_counter() - start


def table(figures: dict[str, float]) -> str:
    """The figures, a line each."""
    return "\n".join(f"{name:16} {value:12,.3f}" for name, value in figures.items())


def main() -> int:
    """Measure, print, and write the JSON."""
    given = frame.given(frame.options("How fast do outcomes come in, and out again for judging?", "a tenth of them"))
    figures = measure(36_000 if given.quick else 360_000)
    print(table(figures))
    return frame.written(given.json, "outcomes", figures)


if __name__ == "__main__":
    frame.run(main)
