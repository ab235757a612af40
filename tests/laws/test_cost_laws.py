"""Laws of the watch on cost: the baseline stays as decided, quiet years stay quiet, a doubling and a creep are found."""

from __future__ import annotations

import dataclasses
import math
import os

import numpy as np
import pytest
from benches.cost import LEARNT, WORLDS, calm, days_until, growing_2, noisy, ours, raised, sticky, trailing, trial
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from cleanroom.core.base import canonical
from cleanroom.core.stats import spend as module
from cleanroom.core.stats.spend import DAY_RATIO, Baseline, Spend, TooFew, alarms, frozen, judge

SOAK = os.environ.get("HYPOTHESIS_PROFILE") == "soak"
RUNS = 300 if SOAK else 12
FEW = settings(max_examples=2000 if SOAK else 10)
Floats = NDArray[np.float64]

seeds = st.integers(0, 2**32)


def year(seed: int, days: int = 120) -> Floats:
    return noisy(np.random.default_rng(seed), days)


def base(spend: Floats, growth: float = 0.02) -> Baseline:
    made = frozen(range(LEARNT), spend[:LEARNT], growth)
    assert isinstance(made, Baseline)
    return made


def on(made: Baseline, spend: Floats, day: int) -> Spend:
    seen = judge(made, range(len(spend)), spend, day)
    assert isinstance(seen, Spend)
    return seen


def test_quiet_years_stay_quiet_and_troubles_are_found() -> None:
    got = np.array([[trial(w, np.random.default_rng([7, i, k])) for k in range(RUNS)] for i, w in enumerate(WORLDS)])
    false, theirs, doubling, creep, theirs_creep = np.moveaxis(got, -1, 0)
    assert false.mean() <= 0.15
    assert np.quantile(doubling[[0, 3]], 0.9, method="higher") <= 2
    assert np.quantile(doubling, 0.9, method="higher") <= 5
    assert np.median(creep) <= 28
    assert np.isfinite(creep).all()
    assert np.isfinite(theirs_creep).mean() < 0.8
    assert theirs.mean() > false.mean()


def test_the_growth_that_is_allowed_raises_no_alarm_and_more_does() -> None:
    years = [growing_2(np.random.default_rng([8, i]), LEARNT + 182) for i in range(2 * RUNS)]
    assert np.mean([ours(spend).any() for spend in years]) <= 0.2
    none = [alarms(base(spend, growth=0.0), range(len(spend)), spend) for spend in years]
    assert all(flags.any() for flags in none)


def test_deviations_that_last_do_not_add_up_to_an_alarm() -> None:
    years = [sticky(np.random.default_rng([9, i]), LEARNT + 364) for i in range(RUNS)]
    assert np.mean([raised(ours(spend)) for spend in years]) <= 0.15


@FEW
@given(seeds, st.integers(LEARNT, 119))
def test_what_comes_later_changes_nothing_and_all_at_once_says_the_same(seed: int, day: int) -> None:
    spend = year(seed)
    spend[90:] *= 1.6
    made = base(spend)
    later = np.concatenate([spend[: day + 1], 9 * spend[day + 1 :]])
    assert on(made, spend, day) == on(made, later, day)
    assert on(made, spend, day).over == bool(alarms(made, range(120), spend)[day - LEARNT])


@FEW
@given(seeds, st.sampled_from([0.01, 0.5, 1e6]))
def test_the_currency_does_not_matter(seed: int, rate: float) -> None:
    spend = year(seed)
    spend[80:] *= 1.4
    one, other = on(base(spend), spend, 119), on(base(rate * spend), rate * spend, 119)
    assert (one.over, one.why, one.since) == (other.over, other.why, other.since)
    assert other.z == pytest.approx(one.z, rel=1e-6)
    assert other.expected == pytest.approx(rate * one.expected, rel=1e-6)


@FEW
@given(seeds, st.floats(1.0, 4.0))
def test_spending_more_is_never_less_suspect(seed: int, times: float) -> None:
    spend = year(seed)
    made = base(spend)
    less, more = on(made, spend, 119), on(made, np.concatenate([spend[:100], times * spend[100:]]), 119)
    assert more.z >= less.z - 1e-9
    assert more.evidence >= less.evidence * (1 - 1e-9)
    assert more.over or not less.over


def test_a_day_alarms_by_itself_just_above_its_bound() -> None:
    spend = calm(np.random.default_rng(3), 70)
    made = base(spend)
    high = on(made, spend, 60).high
    below, above = (on(made, np.append(spend[:60], x), 60) for x in (0.999 * high, 1.001 * high))
    assert (below.why, above.why, above.since) == (None, "day", 60)
    assert above.ratio >= DAY_RATIO


def test_a_runaway_does_not_become_the_baseline() -> None:
    spend = calm(np.random.default_rng(5), 240)
    spend[70:] *= 1.1 ** (np.arange(170) / 7)
    made = base(spend)
    assert all(on(made, spend, day).over for day in range(110, 240, 10))
    assert abs((on(made, spend, 110).since or 0) - 70) <= 21
    running = frozen(range(70, 126), spend[70:126])
    assert isinstance(running, Baseline)
    assert on(running, spend, 200).over


def test_a_saving_is_no_alarm_and_gives_no_credit() -> None:
    spend = calm(np.random.default_rng(6), 200)
    spend[60:120] *= 0.2
    spend[120:] *= 2
    assert not ours(spend[:120]).any()
    assert days_until(ours(spend), 120 - LEARNT) <= 4


def test_days_without_spend_and_days_that_are_not_known() -> None:
    spend = year(11)
    spend[np.arange(120) % 7 >= 5] = 0
    made = base(spend)
    assert not alarms(made, range(120), spend).any()
    known = [d for d in range(120) if d not in range(70, 80)]
    assert isinstance(judge(made, known, spend[known], 75), TooFew)
    assert isinstance(judge(made, known, spend[known], 119), Spend)
    weekend = spend.copy()
    weekend[-1 - (119 - 5) % 7] = 100.0
    assert alarms(made, range(120), weekend).any()


@pytest.mark.parametrize(
    ("days", "spend", "why"),
    [(27, 1.0, "27 days of the last 56 are known"), (40, 0.0, "nothing was spent"), (0, 1.0, "0 days")],
)
def test_too_few_to_tell_is_an_answer_of_its_own(days: int, spend: float, why: str) -> None:
    made = frozen(range(days), np.full(days, spend))
    assert isinstance(made, TooFew)
    assert why in made.because


def test_a_baseline_is_a_value_that_can_be_stored() -> None:
    made = base(year(12))
    assert b'"weekdays":[' in canonical(made)
    assert base(year(12)) == made
    with pytest.raises(ValueError, match="seven weekdays"):
        dataclasses.replace(made, weekdays=(1.0,))
    with pytest.raises(ValueError, match="growth"):
        dataclasses.replace(made, growth=-0.1)
    for days, amounts in (([1, 1], [1.0, 2.0]), ([1, 2], [1.0, -1.0]), ([1], [math.nan])):
        with pytest.raises(ValueError, match="amount"):
            frozen(days, amounts)


def test_the_e_cusum_by_hand_and_that_it_is_rare_where_its_promise_holds() -> None:
    each = module._cusums(np.array([1.0, -2.0, 1.5]))
    for column, bet in enumerate(module._BETS):
        m = 1.0
        for step in (1.0, -2.0, 1.5):
            m = max(m, 1) * math.exp(bet * step - bet**2 / 2)
        assert each[-1, column] == pytest.approx(m)
    runs, days, bar = 500 if SOAK else 100, 200, 1000.0
    rng = np.random.default_rng(13)
    crossed = [bool((module._cusums(rng.normal(size=days)).mean(1) > bar).any()) for _ in range(runs)]
    assert np.mean(crossed) <= days / bar
    shifted = [bool((module._cusums(rng.normal(0.5, size=days)).mean(1) > bar).any()) for _ in range(20)]
    assert np.mean(shifted) > 0.9


def test_the_usual_rule_follows_the_creep() -> None:
    spend = calm(np.random.default_rng(14), 150) * 1.1 ** (np.arange(150) / 7)
    assert not trailing(spend).any()
