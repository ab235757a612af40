"""Does the benchmark of flags measure what it says, on a few keys?"""

from __future__ import annotations

from benches.flags import ALONE, BEHIND, OFF, contexts, measure, peer, table

from cleanroom.core.flags import evaluate, mistakes


def test_every_figure_is_measured() -> None:
    made = measure(300)
    assert made["evaluations"] == 300
    assert all(value > 0 for value in made.values()), made
    assert made["eval_us"] <= made["eval_p99_us"]
    assert "not installed" not in table(made)


def test_its_flags_do_what_their_names_say_and_the_peer_the_same() -> None:
    asked = contexts(2_000)
    assert len({c["targetingKey"] for c in asked}) == 2_000
    assert not any(mistakes(of) for of in (BEHIND, ALONE, OFF))
    assert {evaluate(BEHIND, c).reason for c in asked} == {"SPLIT"}
    assert {evaluate(OFF, c).reason for c in asked} == {"DISABLED"}
    assert peer([BEHIND, ALONE]) is not None
