"""Laws of the canary's evidence: a block is a fair bet, bets multiply, how often one looks is all the same, promises hold."""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from benches import canary_worlds
from benches.canary_worlds import WORLDS, counts, judged, rollouts
from hypothesis import assume, given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import special, stats

from cleanroom.core.base import canonical
from cleanroom.core.stats.canary import (
    Block,
    Evidence,
    Rules,
    averaged,
    decision,
    grown,
    highest,
    joint,
    nothing,
    walked,
)
from cleanroom.core.stats.mismatch import log_mismatch, log_over

SOAK = os.environ.get("HYPOTHESIS_PROFILE") == "soak"
RUNS = 10_000 if SOAK else 1000
RULES = Rules()
FLAT, _, TREND, INCIDENT = WORLDS

rates = st.floats(0.001, 0.45)
up_to_one = st.just(0.0) | st.floats(1e-6, 1)
sizes = st.tuples(st.integers(0, 15), st.integers(0, 60))
blocks = st.builds(
    lambda start, a, x, b, y: Block(start, a + x, x, b + y, y),
    st.integers(0, 10**6),
    *[st.integers(0, 200), st.integers(0, 30)] * 2,
)
several = st.lists(blocks, max_size=8, unique_by=lambda block: block.start)
logs = st.lists(st.floats(-5000, 5000), min_size=1, max_size=8)


def allowed(rate: float, runs: int = RUNS) -> float:
    """What a share of at most `rate` stays under in that many runs, but for one time in ten thousand."""
    return float(stats.binom.ppf(0.9999, runs, rate)) / runs


def mean_of_one_block(
    n: tuple[int, int], canary: float, control: float, rules: Rules
) -> tuple[list[float], list[float]]:
    """The exact mean of each e-value of a block, over all outcomes of independent requests: (those of E, those of D)."""
    x, y = np.meshgrid(np.arange(n[0] + 1), np.arange(n[1] + 1), indexing="ij")
    chance = stats.binom.pmf(x, n[0], canary) * stats.binom.pmf(y, n[1], control)
    made = grown(nothing(rules), counts(0, np.full(x.shape, n[0]), x, np.full(x.shape, n[1]), y), rules)
    return tuple([float((chance * np.exp(log)).sum()) for log in part] for part in (made.harm, made.safe))  # type: ignore[return-value]


@given(sizes, rates, up_to_one)
def test_a_block_is_no_better_than_fair_while_the_canary_is_no_worse(
    n: tuple[int, int], rate: float, times: float
) -> None:
    assert max(mean_of_one_block(n, rate * times, rate, RULES)[0]) <= 1 + 1e-9


@given(sizes, rates, st.floats(1, 2.2), st.floats(1.1, 2.2))
def test_a_block_is_no_better_than_fair_while_the_canary_is_at_the_margin(
    n: tuple[int, int], rate: float, times: float, margin: float
) -> None:
    rules = Rules(margin=margin, safe_grid=(0.5, 1.0))
    rate = min(rate, 1 / (margin * times))
    assert max(mean_of_one_block(n, min(1.0, rate * margin * times), rate, rules)[1]) <= 1 + 1e-9


@given(sizes, st.integers(0, 75))
def test_a_block_is_no_better_than_fair_when_users_are_drawn_from_a_hat(n: tuple[int, int], unlucky: int) -> None:
    """The same people turn bad whatever the variant; only who is in the canary is chance."""
    assume(sum(n) > 0)
    bad = min(unlucky, sum(n))
    x = np.arange(max(0, bad - n[1]), min(bad, n[0]) + 1)
    made = grown(nothing(RULES), counts(0, np.full(len(x), n[0]), x, np.full(len(x), n[1]), bad - x), RULES)
    chance = stats.hypergeom.pmf(x, sum(n), n[0], bad)
    assert all((chance * np.exp(log)).sum() <= 1 + 1e-9 for log in made.harm)


@given(blocks)
def test_the_evidence_is_the_likelihood_ratio_of_where_bad_outcomes_fall(block: Block) -> None:
    made, w = grown(nothing(RULES), block, RULES), block.share
    bad = block.canary_bad + block.control_bad

    def likelihood(r: float) -> float:
        return float(stats.binom.logpmf(block.canary_bad, bad, w * r / (1 + w * (r - 1))))

    if not 0 < w < 1:
        assert made.harm == pytest.approx([0.0] * 7, abs=1e-9)
        return
    assert made.harm == pytest.approx([likelihood(r) - likelihood(1) for r in RULES.harm_grid], abs=1e-6)
    assert made.safe == pytest.approx([likelihood(r) - likelihood(RULES.margin) for r in RULES.safe_grid], abs=1e-6)


@given(several, st.randoms(use_true_random=False))
def test_e_values_multiply_in_any_order(found: list[Block], chance: Any) -> None:
    mixed, one, other = list(found), nothing(RULES), nothing(RULES)
    chance.shuffle(mixed)
    for block, moved in zip(found, mixed, strict=True):
        one, other = grown(one, block, RULES), grown(other, moved, RULES)
    alone = [grown(nothing(RULES), block, RULES) for block in found]
    assert one.harm + one.safe == pytest.approx(other.harm + other.safe, abs=1e-7)
    assert one.harm == pytest.approx([sum(e.harm[i] for e in alone) for i in range(7)], abs=1e-7)


@given(st.lists(blocks, min_size=1, max_size=8))
def test_many_rollouts_at_once_are_each_one_alone(found: list[Block]) -> None:
    columns = [np.asarray([getattr(b, name) for b in found]) for name in Block.__slots__[1:]]  # type: ignore[attr-defined]
    whole = grown(nothing(RULES), counts(0, *columns), RULES)
    judged_at_once = decision(whole, RULES)
    for i, block in enumerate(found):
        alone = grown(nothing(RULES), block, RULES)
        verdict = decision(alone, RULES)
        assert [log[i] for log in whole.harm] == pytest.approx(list(alone.harm), abs=1e-9)  # type: ignore[index]
        assert bool(judged_at_once.harmful[i]) == verdict.harmful  # type: ignore[index]
        assert bool(judged_at_once.safe[i]) == verdict.safe  # type: ignore[index]
        assert canonical(alone)
        assert canonical(verdict)


@given(several, st.lists(st.integers(0, 8), max_size=4))
def test_how_often_one_looks_changes_nothing(found: list[Block], ticks: list[int]) -> None:
    queue = sorted(found, key=lambda block: block.start)
    evidence, verdict, used = walked(nothing(RULES), found, RULES)
    stepwise, seen, done = nothing(RULES), decision(nothing(RULES), RULES), 0
    for until in [*sorted(ticks), len(queue)]:
        stepwise, seen, more = walked(stepwise, queue[done : max(until, done)], RULES)
        done += more
    assert (stepwise, seen, done) == (evidence, verdict, used)


@given(logs)
def test_means_of_e_values_do_not_overflow_and_beat_the_corrected_highest(found: list[float]) -> None:
    expected = special.logsumexp(found) - math.log(len(found))
    assert averaged(found) == pytest.approx(expected, rel=1e-9, abs=1e-9)
    assert highest(found) <= averaged(found) + 1e-9
    assert averaged(found) <= max(found) + 1e-9


@given(st.lists(blocks, min_size=1, max_size=4))
def test_harm_is_shared_among_metrics_and_safety_is_asked_of_each(found: list[Block]) -> None:
    metrics = [grown(nothing(RULES), block, RULES) for block in found]
    alone = [decision(one, RULES) for one in metrics]
    together = joint(metrics, RULES)
    assert together.log_harm == pytest.approx(averaged([one.log_harm for one in alone]))
    assert together.log_safe == min(one.log_safe for one in alone)


def broken_promises(runs: int) -> dict[str, float]:
    """False rollbacks, and safety ever reached at exactly the margin, in a few worlds; 1.1 times the planned share comes."""
    worst = {"false_rollback": 0.0, "wrong_promotion": 0.0}
    for world, base in ((FLAT, 0.005), (TREND, 0.02), (INCIDENT, 0.1)):
        for times, what in ((1.0, "false_rollback"), (RULES.margin, "wrong_promotion")):
            chance = np.random.default_rng([int(1000 * base), int(times)])
            steps = rollouts(world, base, 3000, times, runs, chance, minutes=30, realised=1.1)
            ends = judged(steps, runs)
            share = ends.rolled_back.mean() if times == 1.0 else ends.safe_ever.mean()
            worst[what] = max(worst[what], float(share))
    return worst


def test_both_promises_are_kept_in_every_world() -> None:
    seen = broken_promises(RUNS)
    assert seen["false_rollback"] <= allowed(RULES.alpha)
    assert seen["wrong_promotion"] <= allowed(RULES.alpha)


def no_normaliser(evidence: Evidence, block: Block, rules: Rules) -> Evidence:
    """Bad outcomes of the canary count for harm, and nothing counts against it."""
    harm = tuple(log + block.canary_bad * math.log(r) for log, r in zip(evidence.harm, rules.harm_grid, strict=True))
    return Evidence(harm, grown(evidence, block, rules).safe)


def planned_share(evidence: Evidence, block: Block, rules: Rules) -> Evidence:
    """The share that was planned, as if it were the one that came."""
    share = canary_worlds.share_at(block.start / 3.6e9)
    moved = counts(0, 1e6 * share, block.canary_bad, 1e6 * (1 - share), block.control_bad)
    return grown(evidence, moved, rules)


def half_a_normaliser(evidence: Evidence, block: Block, rules: Rules) -> Evidence:
    """Safety with the margin's half of the normaliser, and without that of the ratio it bets on."""
    gain = (block.canary_bad + block.control_bad) * np.log1p(block.share * (rules.margin - 1))
    safe = tuple(
        log + block.canary_bad * np.log(r / rules.margin) + gain
        for log, r in zip(evidence.safe, rules.safe_grid, strict=True)
    )
    return Evidence(grown(evidence, block, rules).harm, safe)


def added_up() -> Callable[[Evidence, Block, Rules], Evidence]:
    """The evidence of all counts since the beginning, put into one block."""
    total: list[Any] = [0, 0, 0, 0]

    def grow(evidence: Evidence, block: Block, rules: Rules) -> Evidence:
        if block.start == 0:
            total[:] = [0, 0, 0, 0]
        for i, n in enumerate((block.canary_n, block.canary_bad, block.control_n, block.control_bad)):
            total[i] = total[i] + n
        return grown(nothing(rules), counts(0, *total), rules)

    return grow


@pytest.mark.parametrize(
    ("mutant", "broken"),
    [
        (no_normaliser, "false_rollback"),
        (planned_share, "false_rollback"),
        (added_up(), "false_rollback"),
        (half_a_normaliser, "wrong_promotion"),
    ],
)
def test_a_broken_e_process_breaks_its_promise(mutant: Any, broken: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(canary_worlds, "grown", mutant)
    assert broken_promises(200)[broken] > allowed(RULES.alpha, 200)


def test_harm_is_found_and_an_equal_canary_is_promoted() -> None:
    def ends(times: float) -> Any:
        return judged(rollouts(FLAT, 0.005, 5000, times, 400, np.random.default_rng(8), minutes=5), 400)

    assert ends(1.0).promoted.mean() >= 0.93
    for times, most in ((2.0, 2300), (5.0, 240), (10.0, 85)):
        found = ends(times)
        assert found.rolled_back.mean() >= 0.99
        assert np.median(found.canary_n) <= most


@given(st.integers(1, 60), st.floats(0.001, 0.6), up_to_one)
def test_the_absolute_promise_is_a_fair_bet_at_and_below_it(n: int, promise: float, times: float) -> None:
    bad = np.arange(n + 1)
    log: NDArray[np.float64] = np.asarray([log_over(int(x), n, promise, RULES.harm_grid) for x in bad])
    assert (stats.binom.pmf(bad, n, promise * times) * np.exp(log)).sum() <= 1 + 1e-9
    assert (stats.binom.pmf(bad, n, promise) * np.exp(log)).sum() == pytest.approx(1)


@given(st.integers(0, 200), st.floats(0.005, 0.995), st.floats(1, 5000))
def test_the_mismatch_is_a_fair_bet_under_the_plan(n: int, share: float, concentration: float) -> None:
    first = np.arange(n + 1)
    log = log_mismatch(np.stack([first, n - first], axis=-1), (share, 1 - share), concentration)
    assert special.logsumexp(stats.binom.logpmf(first, n, share) + log) == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize(
    "wrong",
    [
        {"alpha": 0.0},
        {"alpha": 1.0},
        {"margin": 1.0},
        {"margin": math.nan},
        {"harm_grid": ()},
        {"harm_grid": (1.0, 2.0)},
        {"safe_grid": ()},
        {"safe_grid": (0.5, 2.0)},
        {"safe_grid": (0.0,)},
    ],
)
def test_rules_that_cannot_be_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"alpha|margin|grid"):
        Rules(**wrong)


def test_counts_that_cannot_be_are_refused() -> None:
    for found in ((1, 2, 5, 0), (5, 0, 1, 2), (5, -1, 5, 0)):
        with pytest.raises(ValueError, match="block"):
            Block(0, *found)
    with pytest.raises(ValueError, match="counts once"):
        walked(nothing(RULES), [Block(0, 1, 0, 1, 0), Block(0, 2, 0, 2, 0)], RULES)
    with pytest.raises(ValueError, match="weights"):
        averaged([0.0, 1.0], [0.5, 0.6])
