"""benches/hitl.py measures what it says: its truth is known, and it can tell a kept promise from a broken one."""

from __future__ import annotations

from benches.hitl import ALPHA, WORLDS, audit, contest, truth


def test_the_oracle_is_the_last_cut_off_that_keeps_the_promise() -> None:
    real = truth(WORLDS[1])
    cutoff = float(real.confidence[int(real.oracle * len(real.confidence)) - 1])
    share, error = real.at(cutoff)
    assert abs(share - real.oracle) < 1e-5
    assert ALPHA - 1e-4 < error <= ALPHA
    assert real.at(None) == (0.0, 0.0)


def test_it_tells_a_kept_promise_from_a_broken_one() -> None:
    got = contest(WORLDS[0], 25)
    assert got["ours"][0] <= 0.2
    assert got["ours"][1] > 0.7
    assert got["fixed_08"] == (1.0, got["fixed_08"][1])
    assert got["conformal"][0] > 0.9
    assert all(n is not None and n < 400 for n in audit(5.0, 5))
