"""Production's own decisions, many times over: what is as good rarely goes back, what is at the margin is rarely promoted."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest
from scipy import stats

from cleanroom.core.base import Misuse
from cleanroom.core.rollout.plan import HOUR, Metric, Plan
from cleanroom.sim.forecast import forecast

RUNS = 2000 if os.environ.get("HYPOTHESIS_PROFILE") == "soak" else 80
RAMP = (2_000, 5_000, 10_000, 25_000, 50_000, 100_000)
PLAN = Plan(RAMP, (Metric("error"),))
QUICK = replace(PLAN, phases=(5_000, 50_000, 100_000), bake=8 * HOUR, limit=24 * HOUR, block=60)


def most(rate: float) -> float:
    """The largest share of RUNS that a true rate explains, but for one time in a thousand."""
    return float(stats.binom.ppf(0.999, RUNS, rate)) / RUNS


@pytest.mark.parametrize("bad", [0.005, 0.05])
def test_the_chances_that_were_promised(bad: float) -> None:
    equal, margin, worse = forecast(QUICK, 20_000, bad, RUNS, (1.0, 2.0, 5.0)).rows
    assert equal.rolled_back <= most(0.05)
    assert margin.promoted <= most(0.05)
    assert equal.promoted >= 0.9
    assert worse.rolled_back >= 0.98
    assert worse.hours is not None
    assert equal.hours is not None
    assert worse.hours < equal.hours


def test_too_little_traffic_is_held_and_said_so() -> None:
    found = forecast(replace(PLAN, block=60), 50, 0.005, 10, (1.0, 2.0))
    equal, double = found.rows
    assert equal.promoted == 0
    assert equal.held == 1
    assert double.promoted == 0
    assert equal.hours is None
    assert "too little traffic" in found.says
    assert "Take more time, a larger margin, or more traffic" in found.says


def test_what_cannot_be_simulated_is_refused() -> None:
    for traffic, bad in ((0.0, 0.1), (float("inf"), 0.1), (float("nan"), 0.1), (10.0, 0.0), (10.0, 1.0)):
        with pytest.raises(Misuse, match="traffic is 1 to"):
            forecast(PLAN, traffic, bad, 10)
    with pytest.raises(Misuse, match="the last phase is 100%"):
        forecast(replace(PLAN, phases=(2_000,)), 10, 0.1, 10)


def test_the_same_question_has_the_same_answer() -> None:
    assert forecast(QUICK, 500, 0.05, 10, (1.0,)) == forecast(QUICK, 500, 0.05, 10, (1.0,))
