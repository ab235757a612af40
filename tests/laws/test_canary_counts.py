"""Laws of what the canary counts: users once, in any order of arrival, before one watermark, above the control's quantiles."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cleanroom.core.stats.canary import Block
from cleanroom.core.stats.exceedance import thresholds
from cleanroom.core.stats.outcomes import Counted, first_bad, in_time, watermark

Outcome = tuple[str, int, bool, bool]

EDGES = [0, 10, 20, 35, 50]
outcome = st.tuples(st.sampled_from("abcdefgh"), st.integers(-5, 60), st.booleans(), st.booleans())
outcomes = st.lists(outcome, max_size=60)
values = st.lists(st.integers(0, 30), min_size=1, max_size=40)
arms = st.lists(st.tuples(st.integers(0, 50), st.one_of(st.integers(0, 80), st.just(math.inf))), max_size=20)


def counted(found: list[Outcome], edges: list[int], gone: frozenset[str] = frozenset()) -> Counted:
    user, at, bad, canary = ([one[i] for one in found] for i in range(4))
    return first_bad([str(u) for u in user], at, bad, canary, edges, gone)


def plainly(found: list[Outcome], edges: list[int]) -> tuple[list[Block], set[str], int]:
    """The same, user by user and block by block."""
    made, gone, mixed = [], set[str](), 0
    for start, end in itertools.pairwise(edges):
        tally, now = [0, 0, 0, 0], {(u, bad, canary) for u, t, bad, canary in found if start <= t < end}
        for user in {u for u, _, _ in now} - gone:
            in_canary = {canary for u, _, canary in now if u == user}
            mixed += len(in_canary) == 2
            if len(in_canary) == 1:
                place = 0 if in_canary == {True} else 2
                tally[place] += 1
                tally[place + 1] += any(bad for u, bad, _ in now if u == user)
        gone |= {u for u, bad, _ in now if bad}
        made.append(Block(start, *tally))
    return made, gone, mixed


@given(outcomes)
def test_a_user_counts_once_a_block_and_never_after_the_first_bad_outcome(found: list[Outcome]) -> None:
    made = counted(found, EDGES)
    assert (list(made.blocks), set(made.gone), made.mixed) == plainly(found, EDGES)
    assert sum(b.canary_bad + b.control_bad for b in made.blocks) <= len(made.gone)


@given(outcomes, st.randoms(use_true_random=False), st.integers(0, 3))
def test_order_and_repetition_do_not_matter(found: list[Outcome], chance: Any, times: int) -> None:
    again = found + found[: 10 * times]
    chance.shuffle(again)
    assert counted(again, EDGES) == counted(found, EDGES)


@given(outcomes, st.integers(1, 3))
def test_block_by_block_is_the_same_as_all_at_once(found: list[Outcome], cut: int) -> None:
    whole = counted(found, EDGES)
    first = counted(found, EDGES[: cut + 1])
    second = counted(found, EDGES[cut:], first.gone)
    assert first.blocks + second.blocks == whole.blocks
    assert second.gone == whole.gone
    assert first.mixed + second.mixed == whole.mixed


@given(arms, arms, st.integers(0, 60), st.integers(0, 30), st.integers(1, 30))
def test_before_the_watermark_nothing_changes_any_more(
    one: Any, other: Any, now: int, later: int, patience: int
) -> None:
    pairs = [(np.asarray([a for a, _ in arm], float), np.asarray([b for _, b in arm], float)) for arm in (one, other)]
    cut = watermark(pairs, now, patience)
    assert cut <= now
    assert watermark(pairs, now + later, patience) >= cut
    for at, arrived in pairs:
        settled = in_time(at, arrived, patience)[at < cut]
        known_now = in_time(at, np.where(arrived <= now, arrived, math.inf), patience)[at < cut]
        assert (settled == known_now).all()


@given(values, values, st.sampled_from([(0.5,), (0.5, 0.9, 0.99), (0.01, 1.0)]))
def test_thresholds_are_quantiles_of_the_window_and_weights_are_repetitions(
    inside: list[int], outside: list[int], levels: tuple[float, ...]
) -> None:
    at = [100 + i % 20 for i in range(len(inside))] + [99] * len(outside) + [120] * len(outside)
    value = inside + outside + outside
    expected = np.quantile(inside, levels, method="inverted_cdf")
    assert thresholds(at, value, 120, 20, levels) == pytest.approx(expected)
    bins, n = np.unique(inside, return_counts=True)
    assert thresholds([110] * len(bins), bins, 120, 20, levels, n) == pytest.approx(expected)


@given(values)
def test_no_more_of_the_control_exceeds_a_limit_than_its_level_says(control: list[int]) -> None:
    for limit, level in zip(thresholds([0] * len(control), control, 1, 5), (0.5, 0.9, 0.99), strict=True):
        assert sum(v > limit for v in control) <= (1 - level) * len(control) + 1e-9


def test_nothing_exceeds_a_window_without_data() -> None:
    assert thresholds([], [], 10, 5) == (math.inf,) * 3


@pytest.mark.parametrize("edges", [[], [1], [1, 1], [2, 1]])
def test_edges_that_do_not_ascend_are_refused(edges: list[int]) -> None:
    with pytest.raises(ValueError, match="ascend"):
        counted([("a", 1, False, False)], edges)
