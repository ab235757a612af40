"""Laws of the confidence cut-off: what it promises, that equal confidences stay together, that the audit is honest."""

from __future__ import annotations

import os

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import special, stats

from cleanroom.core.stats.cutoff import (
    audit_alarms,
    audit_evidence,
    calibrate,
    first_alarm,
    first_count,
    more_needed,
)

SOAK = os.environ.get("HYPOTHESIS_PROFILE") == "soak"
RUNS = 5000 if SOAK else 400
ALPHA = DELTA = 0.05

levels = st.sampled_from([0.01, 0.02, 0.05, 0.1, 0.3])
confidences = st.sampled_from([i / 20 for i in range(21)])


@st.composite
def labelled(draw: st.DrawFn) -> list[tuple[float, bool]]:
    """Cases of an AI that knows a little: drawn from a seed, since shrinking 600 single cases says no more."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    n, steps = draw(st.integers(0, 600)), draw(st.sampled_from([2, 10, 100, 10_000]))
    sure = np.round(rng.random(n) * steps) / steps
    wrong = rng.random(n) < draw(st.sampled_from([0.02, 0.1, 0.4, 1.0])) * (1 - 0.9 * sure)
    return list(zip(sure.tolist(), wrong.tolist(), strict=True))


cases = labelled()


def allowed(rate: float) -> float:
    """What a share of at most `rate` stays under in RUNS runs, but for one time in a thousand."""
    return float(stats.binom.ppf(0.999, RUNS, rate)) / RUNS


@given(cases, levels, levels)
def test_the_cut_off_is_one_that_passes_and_is_reached_only_over_passing_ones(
    found: list[tuple[float, bool]], alpha: float, delta: float
) -> None:
    confidence, wrong = [c for c, _ in found], [w for _, w in found]
    made = calibrate(confidence, wrong, alpha, delta)
    start, walked = first_count(alpha, delta), None
    for value in sorted(set(confidence), reverse=True):
        kept = [w for c, w in found if c >= value]
        if len(kept) < start:
            continue
        if stats.binom.cdf(sum(kept), len(kept), alpha) > delta:
            break
        walked = (value, len(kept), sum(kept))
    assert (made.cutoff, made.skip, made.wrong) == (walked or (None, 0, 0))
    assert made.cases == len(found)


@given(cases, levels, st.randoms(use_true_random=False))
def test_the_order_of_the_cases_does_not_matter(found: list[tuple[float, bool]], alpha: float, chance: object) -> None:
    mixed = list(found)
    chance.shuffle(mixed)  # type: ignore[attr-defined]
    one, other = (calibrate([c for c, _ in f], [w for _, w in f], alpha, DELTA) for f in (found, mixed))
    assert one == other


@given(cases, levels, confidences)
def test_nothing_below_the_floor_is_chosen(found: list[tuple[float, bool]], alpha: float, floor: float) -> None:
    made = calibrate([c for c, _ in found], [w for _, w in found], alpha, DELTA, floor)
    assert made.cutoff is None or made.cutoff >= floor


@given(levels, levels)
def test_the_walk_starts_where_a_third_of_alpha_passes(alpha: float, delta: float) -> None:
    k = first_count(alpha, delta)
    assert stats.binom.cdf(np.ceil(alpha * k / 3), k, alpha) <= delta
    assert k >= np.log(delta) / np.log(1 - alpha)


def continuous(rng: np.random.Generator, n: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    odds = rng.normal(2.5, 1.8, n)
    return special.expit(1.7 * odds + 0.5), special.expit(-odds)


def in_steps(rng: np.random.Generator, n: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    confidence, chance = continuous(rng, n)
    return np.round(confidence, 1), chance


def not_in_order(rng: np.random.Generator, n: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Errors do not fall with confidence: the surest answers are a little worse than those below them."""
    confidence = rng.random(n)
    return confidence, np.where(confidence > 0.8, 0.06, np.where(confidence > 0.4, 0.03, 0.3))


@pytest.mark.parametrize("world", [continuous, in_steps, not_in_order])
def test_the_promise_is_kept_with_the_probability_it_states(world: object) -> None:
    confidence, chance = world(np.random.default_rng(1), 1_000_000)  # type: ignore[operator]
    order = np.argsort(-confidence)
    ranked, error = confidence[order], np.cumsum(chance[order]) / np.arange(1, 1_000_001)
    rng, broken, kept = np.random.default_rng(2), 0, 0
    for _ in range(RUNS):
        stated, chances = world(rng, 2000)  # type: ignore[operator]
        made = calibrate(stated, rng.random(2000) < chances, ALPHA, DELTA)
        if made.cutoff is not None:
            kept += 1
            broken += error[np.searchsorted(-ranked, -made.cutoff, side="right") - 1] > ALPHA
    assert broken / RUNS <= allowed(DELTA)
    assert world is not continuous or kept >= 0.98 * RUNS


def test_a_useful_share_may_skip() -> None:
    confidence, chance = continuous(np.random.default_rng(1), 1_000_000)
    error = np.cumsum(chance[np.argsort(-confidence)]) / np.arange(1, 1_000_001)
    oracle = (np.flatnonzero(error <= ALPHA)[-1] + 1) / 1_000_000
    rng, shares = np.random.default_rng(3), []
    for _ in range(200):
        stated, chances = continuous(rng, 2000)
        shares.append(calibrate(stated, rng.random(2000) < chances, ALPHA, DELTA).share)
    assert np.mean(shares) / oracle >= 0.85


@given(st.integers(0, 60), st.integers(0, 400), levels)
def test_the_evidence_is_the_mixture_of_bets_that_it_says(wrong: int, right: int, alpha: float) -> None:
    """Held against the sum over a fine grid of bets."""
    p = alpha + (1 - alpha) * (np.arange(200_000) + 0.5) / 200_000
    stake = (1 / alpha - 2) * np.log1p(-p)
    bets = wrong * np.log(p / alpha) + right * np.log((1 - p) / (1 - alpha))
    expected = special.logsumexp(bets + stake) - special.logsumexp(stake)
    assert audit_evidence(wrong, wrong + right, alpha) == pytest.approx(expected, abs=2e-3, rel=2e-3)


@given(st.integers(0, 30), st.integers(0, 300), levels)
def test_one_more_look_is_a_fair_game_at_the_promised_rate(wrong: int, right: int, alpha: float) -> None:
    """E is a martingale at exactly alpha: nothing can be won by looking once more."""
    n = wrong + right
    now = np.exp(audit_evidence(wrong, n, alpha))
    then = alpha * np.exp(audit_evidence(wrong + 1, n + 1, alpha)) + (1 - alpha) * np.exp(
        audit_evidence(wrong, n + 1, alpha)
    )
    assert then == pytest.approx(now, rel=1e-6, abs=1e-12)


def test_the_audit_seldom_cries_wolf_and_finds_what_doubles() -> None:
    rng = np.random.default_rng(4)
    quiet = [first_alarm((rng.random(1500) < 0.02).tolist(), 0.02, DELTA) is not None for _ in range(RUNS)]
    loud = [first_alarm((rng.random(2500) < 0.06).tolist(), 0.02, DELTA) for _ in range(50)]
    assert np.mean(quiet) <= allowed(DELTA)
    assert np.median([2500 if n is None else n for n in loud]) <= 200
    assert not audit_alarms(0, 10_000, 0.02, DELTA)


def test_how_many_more_cases_it_takes() -> None:
    rng = np.random.default_rng(5)
    stated, chances = continuous(rng, 300)
    wrong = rng.random(300) < chances
    more = more_needed(stated, wrong, 0.02, DELTA)
    assert more is not None
    assert more > first_count(0.02, DELTA) - 300
    assert more_needed([], [], 0.02, DELTA) == first_count(0.02, DELTA)
    assert more_needed(rng.random(2000), rng.random(2000) < 0.5, 0.02, DELTA) is None


@pytest.mark.parametrize("alpha", [0.0, 1.0, -1.0])
def test_a_level_that_is_none_is_refused(alpha: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        calibrate([0.5], [False], alpha, DELTA)
