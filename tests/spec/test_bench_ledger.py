"""Does the benchmark of the ledger measure what it says, on a small one?"""

from __future__ import annotations

from pathlib import Path

from benches.ledger import BATCH, fact, measure, table, writes

from cleanroom.codec.ledger import encode
from cleanroom.core.ledger import LedgerEntry


def test_every_figure_is_measured(tmp_path: Path) -> None:
    made = measure(tmp_path, 2 * BATCH, 20)
    assert made["entries"] == 2 * BATCH
    assert all(value > 0 for value in made.values()), made
    assert made["inclusion_p50_ms"] <= made["inclusion_p99_ms"]
    assert len(table(made, 20).splitlines()) == 7


def test_its_entries_are_as_long_as_it_says_and_each_a_new_version() -> None:
    sizes = [len(encode(LedgerEntry(n, "change/1", 1, fact(n)))) for n in range(30)]
    assert min(sizes) >= 350
    assert max(sizes) <= 700
    assert len({(w.subject, w.after_version) for w in writes(0, 100)}) == 100
