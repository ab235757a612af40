"""Does the benchmark of outcomes measure what it says, on a few of them?"""

from __future__ import annotations

from benches.outcomes import measure, table


def test_every_figure_is_measured() -> None:
    made = measure(2_000)
    assert all(value > 0 for value in made.values()), made
    assert made["file_bytes"] < made["log_bytes"]
    assert table(made).count("\n") == len(made) - 1
