"""Does the benchmark of the canary measure what it says, on a small one?"""

from __future__ import annotations

from benches.canary import Size, measured
from benches.canary_worlds import WORLDS


def test_every_figure_is_measured() -> None:
    figures, lines = measured(Size(40, 40, 4, WORLDS[:1], (0.005,), (500, 50), (2.0, 5.0, 10.0)))
    asked = {"false_rollback_max", "wrong_promotion_max", "equal_promoted"}
    asked |= {f"canary_requests_{times}x" for times in (2, 5, 10)}
    assert asked <= set(figures)
    assert figures["canary_requests_10x"] < figures["canary_requests_5x"] < figures["canary_requests_2x"] < 4000
    assert figures["false_rollback_max"] <= 0.2
    assert figures["naive_z_test_min"] >= 0.5
    assert len(lines) > 15
