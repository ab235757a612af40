"""What the canary's evidence says: harm, safety or wait; of latency, several metrics and an SLO; and of the time to come."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from benches.canary_worlds import BAKE, FLAT, SHARES, counts, judged, rollouts

from cleanroom.core.stats.canary import (
    Block,
    Decision,
    Evidence,
    Rules,
    averaged,
    block_minutes,
    decision,
    grown,
    joint,
    nothing,
    walked,
)
from cleanroom.core.stats.exceedance import thresholds
from cleanroom.core.stats.mismatch import log_mismatch, log_over
from cleanroom.core.stats.outlook import Phase, detectable, needed

RULES = Rules()
PLAN = [Phase(share, BAKE) for share in SHARES]


def after(*blocks: tuple[int, int, int, int], rules: Rules = RULES) -> Decision:
    evidence = nothing(rules)
    for i, block in enumerate(blocks):
        evidence = grown(evidence, Block(i, *block), rules)
    return decision(evidence, rules)


def test_no_evidence_waits_and_never_promotes() -> None:
    assert (after().log_harm, after().log_safe) == pytest.approx((0, 0))
    assert after().says == "wait"
    assert after((0, 0, 0, 0), (0, 0, 900, 40)).says == "wait"
    assert after(*[(500, 0, 4500, 0)] * 50).says == "wait"


def test_a_clear_case_each_way() -> None:
    assert after((100, 10, 4900, 25)).says == "harm"
    assert after(*[(2500, 13, 2500, 12)] * 12).says == "safe"
    assert after((2500, 20, 2500, 12)).says == "wait"


def test_harm_goes_before_safety() -> None:
    assert Decision(4.0, 5.0, 3.0).says == "harm"
    assert not Decision(4.0, 5.0, 3.0).safe


def test_the_numbers_are_those_of_the_formula_on_paper() -> None:
    """One bad outcome, the canary's, at a share of 1/10: E_r = r / (1 + (r - 1)/10)."""
    evidence = grown(nothing(RULES), Block(0, 10, 1, 90, 0), RULES)
    assert evidence.harm == pytest.approx([math.log(r / (1 + 0.1 * (r - 1))) for r in RULES.harm_grid])
    assert evidence.safe == pytest.approx([math.log(r / 2 * 1.1 / (1 + 0.1 * (r - 1))) for r in RULES.safe_grid])


def test_a_block_that_comes_after_the_alarm_is_not_used() -> None:
    blocks = [Block(2, 100, 0, 4900, 60), Block(0, 100, 1, 4900, 25), Block(1, 100, 10, 4900, 25)]
    evidence, verdict, used = walked(nothing(RULES), blocks, RULES)
    assert (verdict.says, used) == ("harm", 2)
    assert walked(evidence, blocks[:1], RULES) == (evidence, verdict, 0)


def test_one_bad_metric_among_five_is_enough_for_harm_and_against_promotion() -> None:
    good = grown(nothing(RULES), Block(0, 30_000, 150, 30_000, 150), RULES)
    bad = grown(nothing(RULES), Block(0, 3000, 60, 30_000, 150), RULES)
    assert joint([good] * 5, RULES).says == "safe"
    assert joint([good] * 4 + [bad], RULES).says == "harm"
    assert joint([good] * 4 + [nothing(RULES)], RULES).says == "wait"
    assert joint([good, bad], RULES, (1.0, 0.0)).log_harm == pytest.approx(decision(good, RULES).log_harm)


def test_blocks_are_a_quarter_of_an_hour_or_more_where_traffic_is_thin() -> None:
    assert [block_minutes(rate) for rate in (5000, 2400, 500, 160, 50, 1, 0)] == [1, 1, 5, 15, 60, 60, 60]


def latency(slower: float, lost: float, rng: np.random.Generator) -> str:
    """A day of latencies that wander with the hour; a share of the canary's is slower, or never came."""
    metrics = [nothing(RULES)] * 3
    past = rng.lognormal(3, 0.6, 3000)
    for hour in range(24):
        busy = 1 + 0.5 * math.sin(hour / 4)
        control = busy * rng.lognormal(3, 0.6, 3000)
        canary = slower * busy * rng.lognormal(3, 0.6, 300)
        canary[rng.random(300) < lost] = math.nan
        limits = thresholds([hour - 0.5] * len(past), past, hour, 1)
        # What never came is above every limit.
        made = [Block(hour, 300, int((~(canary <= one)).sum()), 3000, int((control > one).sum())) for one in limits]
        metrics = [grown(e, b, RULES) for e, b in zip(metrics, made, strict=True)]
        past = control
    # Three thresholds of one metric: their e-values are averaged.
    return Decision(averaged([averaged(e.harm) for e in metrics]), 0.0, RULES.bar).says


def test_a_slower_canary_is_found_and_an_equal_one_is_not() -> None:
    rng = np.random.default_rng(3)
    assert [latency(1.0, 0.0, rng) for _ in range(20)].count("harm") <= 3
    assert [latency(1.2, 0.0, rng) for _ in range(20)].count("harm") >= 18
    assert [latency(1.0, 0.05, rng) for _ in range(20)].count("harm") >= 18


def test_an_slo_is_broken_by_the_canary_whatever_the_control_does() -> None:
    assert log_over(40, 2000, 0.01, RULES.harm_grid) >= RULES.bar
    assert log_over(20, 2000, 0.01, RULES.harm_grid) < RULES.bar
    assert log_over(0, 0, 0.01, RULES.harm_grid) == pytest.approx(0)
    assert after((2000, 40, 2000, 40)).says != "harm"
    with pytest.raises(ValueError, match="promise"):
        log_over(1, 2, 1.0, RULES.harm_grid)


def test_a_share_off_plan_is_found_from_users_and_each_phase_has_its_own_plan() -> None:
    assert log_mismatch((200, 9800), (0.02, 0.98)) < 0
    assert log_mismatch((300, 9700), (0.02, 0.98)) > RULES.bar
    assert log_mismatch((0, 0), (0.5, 0.5)) == pytest.approx(0)
    assert log_mismatch((200, 9800), (0.02, 0.98)) + log_mismatch((5000, 5000), (0.5, 0.5)) < 0
    assert log_mismatch((5200, 14_800), (0.5, 0.5)) > RULES.bar
    with pytest.raises(ValueError, match="planned"):
        log_mismatch((1, 2), (0.5, 0.6))


def halfway(rate: float, bad_rate: float, share: float, runs: int) -> tuple[Evidence, float]:
    """Evidence of an equal canary whose first 10 hours went as expected, and the hours it still takes (simulated median)."""
    rng, bad = np.random.default_rng(4), rate * bad_rate * 10
    evidence = grown(
        nothing(RULES), counts(0, 10 * rate * share, bad * share, 10 * rate * (1 - share), bad * (1 - share)), RULES
    )
    now: Evidence = evidence
    done = np.full(runs, math.inf)
    for hour in range(1, 400):
        n = (round(rate * share), round(rate * (1 - share)))
        block: Any = [rng.binomial(k, bad_rate, runs) for k in n]
        now = grown(now, counts(hour, np.full(runs, n[0]), block[0], np.full(runs, n[1]), block[1]), RULES)
        done = np.where(np.isinf(done) & decision(now, RULES).safe, hour, done)
    return evidence, float(np.median(done))


@pytest.mark.parametrize(("rate", "bad_rate", "share"), [(500, 0.005, 0.1), (50, 0.02, 0.5), (500, 0.002, 0.25)])
def test_the_sample_that_is_still_needed_is_about_what_it_takes(rate: float, bad_rate: float, share: float) -> None:
    evidence, median = halfway(rate, bad_rate, share, 400)
    more = needed(evidence, RULES, rate, bad_rate, share)
    assert more is not None
    assert 0.6 * more.hours <= median <= 1.05 * more.hours
    assert more.requests == pytest.approx(rate * more.hours)
    assert more.canary_requests == pytest.approx(more.requests * share)
    assert more.bad == pytest.approx(more.requests * bad_rate)


def test_nothing_more_is_needed_when_it_is_safe_and_never_enough_when_nothing_goes_wrong() -> None:
    safe = Evidence(nothing(RULES).harm, (5.0,) * 4)
    done = needed(safe, RULES, 100, 0.01, 0.1)
    assert done is not None
    assert (done.hours, done.requests) == (0, 0)
    for rate, bad_rate, share in ((0, 0.1, 0.1), (100, 0, 0.1), (100, 0.1, 0), (100, 0.1, 1)):
        assert needed(nothing(RULES), RULES, rate, bad_rate, share) is None
    hopeless = needed(nothing(Rules(safe_grid=(0.01,))), Rules(safe_grid=(0.01,)), 100, 0.1, 0.9)
    assert hopeless is None


@pytest.mark.parametrize(("rate", "bad_rate"), [(5000, 0.005), (500, 0.02), (50, 0.1)])
def test_what_can_be_detected_is_detected_about_that_often(rate: float, bad_rate: float) -> None:
    ratio = detectable(PLAN, RULES, rate, bad_rate, 0.8)
    assert ratio is not None
    steps = rollouts(FLAT, bad_rate, rate, ratio, 400, np.random.default_rng(5), minutes=60)
    found = judged((step for step in steps if step.ended <= 60), 400).rolled_back.mean()
    assert 0.72 <= found <= 0.95


def test_at_fifty_requests_an_hour_a_doubling_is_beyond_reach() -> None:
    ratio = detectable(PLAN, RULES, 50, 0.005)
    assert ratio is not None
    assert ratio > 4
    assert detectable(PLAN, RULES, 0.2, 0.005) is None
    assert detectable(PLAN, RULES, 0, 0.005) is None
