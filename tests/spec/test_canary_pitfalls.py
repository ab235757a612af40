"""Each way in which a canary's counts mislead: the naive way is wrong far more often than promised, and ours is not."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from benches.canary_pitfalls import (
    PITFALLS,
    Pair,
    blocks_too_short,
    counts_added_over_steps,
    history_as_control,
    labels_of_one_arm_faster,
    share_off_plan,
    share_off_unnoticed,
    shares_tested_each_hour,
    silence_as_success,
    users_in_bunches,
    users_start_afresh,
)
from benches.canary_worlds import RULES
from scipy import stats

RUNS = 60
ALLOWED = float(stats.binom.ppf(0.9999, RUNS, RULES.alpha)) / RUNS

NAIVE: dict[Callable[[int, int], Pair], float] = {
    share_off_plan: 0.25,
    history_as_control: 0.9,
    counts_added_over_steps: 0.9,
    silence_as_success: 0.9,
    labels_of_one_arm_faster: 0.4,
    shares_tested_each_hour: 0.4,
    users_in_bunches: 0.06,
    users_start_afresh: 0.15,
}


@pytest.mark.parametrize("pitfall", NAIVE, ids=lambda f: f.__name__)
def test_counted_naively_it_goes_wrong_and_counted_soundly_it_does_not(pitfall: Callable[[int, int], Pair]) -> None:
    found = pitfall(RUNS, 7)
    assert found.ours <= ALLOWED
    assert found.naive >= max(NAIVE[pitfall], found.ours + 0.05)


def test_in_blocks_too_short_for_the_traffic_harm_is_missed() -> None:
    missed = blocks_too_short(300, 7)
    assert missed.ours <= 0.2
    assert missed.naive >= 0.5


def test_a_share_of_users_that_is_off_by_a_tenth_is_an_alert() -> None:
    assert share_off_unnoticed(RUNS, 7) == 0


def test_no_pitfall_goes_untested() -> None:
    assert set(PITFALLS) == {*NAIVE, blocks_too_short}
