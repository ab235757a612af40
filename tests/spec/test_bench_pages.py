"""Does the bench of the pages count right? Its arithmetic, and what its people click."""

from __future__ import annotations

from itertools import islice

from benches.pages import KINDS, figures, table, walk


def test_the_ratio_is_that_of_the_95th_percentiles() -> None:
    echo = [("echo", 0.001 * i) for i in range(1, 101)]
    ours = [(KINDS[i % len(KINDS)], 0.003 * i) for i in range(1, 101)]
    made = figures(ours, echo)
    assert made["p95_ratio_to_echo"] == 3.0
    assert (made["echo_p50_ms"], round(made["p50_ms"], 1)) == (50.5, 151.5)
    assert table(ours, echo)[2].split()[-1] == "3.00"


def test_everybody_clicks_every_kind_of_page_as_often_as_any_other() -> None:
    clicks = list(islice(walk(3, 40), 5 * len(KINDS)))
    assert [sum(kind == k for kind, _ in clicks) for k in KINDS] == [5] * len(KINDS)
    assert all(path.startswith("/") for _, path in clicks)
