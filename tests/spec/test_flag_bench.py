"""Does the benchmark of flags measure what it says, on a few keys?"""

from __future__ import annotations

from pathlib import Path

import pytest
from benches.flag_doors import killing, rated
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


def test_an_evaluation_over_http_is_measured_beside_an_echo(tmp_path: Path) -> None:
    made = rated(tmp_path, 0.5, rate=60)
    assert all(value > 0 for value in made.values())
    assert made["http_p99_ratio_to_echo"] == pytest.approx(made["http_p99_ms"] / made["echo_p99_ms"])


def test_a_kill_from_the_command_line_reaches_every_client(tmp_path: Path) -> None:
    """50 clients, the command in a process of its own; a kill that took as long as this allows would be a fault."""
    made = killing(tmp_path / "kill", 50, 1, stream=True)
    assert 0 < made["p50_s"] <= made["p99_s"] <= made["last_s"] < 10
