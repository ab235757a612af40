"""Laws of SLOs that are heard to break: budgets add up, rules fire when expected, a watch keeps its promised silence."""

from __future__ import annotations

import math
import os
from typing import Any

import numpy as np
import pytest
from benches import slo_worlds
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from cleanroom.core.base import canonical
from cleanroom.core.stats import burn, rate_watch
from cleanroom.core.stats.burn import MONTH, STANDARD, BurnRule
from cleanroom.core.stats.intervals import share_upper
from cleanroom.core.stats.mttd import expected_mttd
from cleanroom.core.stats.rate_watch import YEAR, Stretch, Watch

SOAK = os.environ.get("HYPOTHESIS_PROFILE") == "soak"
OBJECTIVE = 0.005

# --- burn rates --------------------------------------------------------------------------------------------

minutes = st.lists(
    st.integers(0, 40).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), min_size=1, max_size=90
)


def rate_of(bad: Any, n: Any, t: int, minutes: int, objective: float) -> float:
    """The burn rate of the `minutes` up to t, by adding up."""
    part = slice(max(0, t + 1 - minutes), t + 1)
    return float(bad[part].sum() / n[part].sum() / objective) if n[part].sum() else math.nan


@given(minutes, st.sampled_from([0.05, 0.1, 0.25]), st.floats(0.5, 6), st.integers(1, 40), st.integers(1, 10))
@settings(max_examples=1000 if SOAK else 40)
def test_a_rule_fires_while_both_windows_burn_too_fast(
    found: list[tuple[int, int]], objective: float, factor: float, long: int, short: int
) -> None:
    bad, n = (np.asarray(v) for v in zip(*found, strict=True))
    rule = BurnRule(factor, long, short, pages=True)
    fires = burn.firing(n - bad, bad, objective, rule)
    both = [np.array([rate_of(bad, n, t, m, objective) for t in range(len(n))]) for m in (long, short)]
    close = np.any([np.isclose(b, factor) for b in both], axis=0)
    expected = np.all([np.nan_to_num(b) > factor for b in both], axis=0)
    assert (fires == expected)[~close].all()
    (state,) = burn.now(n - bad, bad, objective, [rule])
    assert state.fires == fires[-1]
    for rate, all_rates in ((state.long_rate, both[0]), (state.short_rate, both[1])):
        assert (rate is None) == bool(np.isnan(all_rates[-1]))
        assert rate is None or rate == pytest.approx(all_rates[-1])


def test_exactly_at_the_factor_is_not_above_it() -> None:
    rule = BurnRule(2.0, 10, 2, pages=True)
    assert not burn.firing([980] * 10, [20] * 10, 0.01, rule).any()
    assert burn.firing([979] * 10, [21] * 10, 0.01, rule).all()
    assert burn.firing(np.full((3, 10), 979), np.full((3, 10), 21), 0.01, rule).shape == (3, 10)


@given(st.integers(1, 120))
def test_rules_scale_with_the_window_and_fire_at_the_same_share_of_the_budget(days: int) -> None:
    rules = burn.rules_for(days * 1440)
    assert [r.factor for r in rules] == [14.4, 6.0, 3.0, 1.0]
    for rule, share in zip(rules, (0.02, 0.05, 0.1, 0.1), strict=True):
        assert 1 <= rule.short < rule.long <= days * 1440
        if days >= 7:
            assert rule.factor * rule.long / (days * 1440) == pytest.approx(share, rel=0.04)
    assert burn.rules_for(MONTH) == STANDARD


@pytest.mark.parametrize("rule", STANDARD)
@pytest.mark.parametrize("times", [2.0, 8.0, 30.0])
def test_a_rule_fires_when_it_was_expected_to(rule: BurnRule, times: float) -> None:
    objective, before, length = 0.01, 0.002, 5000
    bad = np.repeat([before, times * objective], length) * 1000
    fires = np.flatnonzero(burn.firing(1000 - bad, bad, objective, rule)[length:])
    expected = burn.minutes_to_fire(rule, times * objective, objective, before)
    if expected is None:
        assert fires.size == 0
    else:
        assert fires[0] == pytest.approx(math.floor(expected), abs=1)


# --- the watch ---------------------------------------------------------------------------------------------

blocks = st.lists(st.integers(0, 60).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n))), max_size=40)
watches = st.builds(Watch, st.floats(0.001, 0.4), st.sampled_from([1.0, 12.0, 365.0]))


def run(found: list[tuple[int, int]], watch: Watch) -> Stretch:
    made = rate_watch.nothing(watch)
    for n, bad in found:
        made = rate_watch.grown(made, n, bad, watch)
    return made


def same(one: Stretch, other: Stretch) -> bool:
    return all(np.allclose(a, b) for a, b in ((one.gain, other.gain), (one.height, other.height)))


@given(st.integers(0, 80), st.floats(0.001, 0.4), st.just(0.0) | st.floats(1e-9, 1))
def test_a_block_is_a_fair_bet_at_the_watched_rate_and_loses_below_it(n: int, rate: float, times: float) -> None:
    watch, bad = Watch(rate), np.arange(n + 1)
    made = rate_watch.grown(rate_watch.nothing(watch), n, bad, watch)  # type: ignore[arg-type]
    for gain in made.gain:
        assert (stats.binom.pmf(bad, n, rate) * np.exp(gain)).sum() == pytest.approx(1)
        assert (stats.binom.pmf(bad, n, rate * times) * np.exp(gain)).sum() <= 1 + 1e-9


@given(blocks, blocks, blocks, watches)
@settings(max_examples=1000 if SOAK else 30)
def test_stretches_join_in_any_grouping_and_as_block_by_block(a: Any, b: Any, c: Any, watch: Watch) -> None:
    one, two, three = (run(x, watch) for x in (a, b, c))
    whole = run([*a, *b, *c], watch)
    assert same(rate_watch.joined(rate_watch.joined(one, two), three), whole)
    assert same(rate_watch.joined(one, rate_watch.joined(two, three)), whole)
    assert same(rate_watch.joined(rate_watch.nothing(watch), one), one)


@given(blocks, watches, st.integers(0, 40))
def test_what_is_found_does_not_depend_on_how_often_one_looks(found: Any, watch: Watch, cut: int) -> None:
    n, bad = [x for x, _ in found], [x for _, x in found]
    whole, alarms = rate_watch.walked(watch, n, bad)
    half, first = rate_watch.walked(watch, n[:cut], bad[:cut])
    rest, second = rate_watch.walked(watch, n[cut:], bad[cut:], half)
    assert same(rest, whole)
    assert (*first, *(i + min(cut, len(n)) for i in second)) == alarms
    if not alarms:
        assert same(whole, run(found, watch))


def test_the_state_of_a_watch_can_be_written_down() -> None:
    watch = Watch(OBJECTIVE)
    assert canonical(rate_watch.nothing(watch))
    assert canonical(run([(100, 1)], watch))
    assert canonical(watch)


def alarms_kept(promised: float) -> float:
    """Alarms over those that are allowed, at exactly the watched rate; traffic by the minute from none to much."""
    runs, length = (2000, 3000) if SOAK else (400, 1000)
    watch = Watch(0.02, promised)
    worst = 0.0
    for traffic in (slo_worlds.Traffic(30), slo_worlds.Traffic(1200, 0.9)):
        _, alarms = slo_worlds.watched(watch, traffic, lambda _t: 0.02, length, runs, 5)
        worst = max(worst, alarms / (runs * length / YEAR * promised))
    return worst


def test_a_quiet_watch_alarms_no_more_often_than_promised() -> None:
    assert alarms_kept(YEAR / 300) <= 1.05


def test_a_watch_that_forgets_the_good_ones_cries_wolf(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rate_watch, "_won", lambda r, _p, _n, bad: np.asarray(bad, float)[..., None] * np.log(r))
    assert alarms_kept(YEAR / 300) > 2


def test_a_watch_that_keeps_the_sum_of_its_bets_for_their_mean_cries_wolf(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slo_worlds, "evidence", lambda s: rate_watch.evidence(s) + math.log(len(s.height)))
    assert alarms_kept(YEAR / 300) > 1.5


@pytest.mark.parametrize(("rate", "after"), [(0.005, 0.02), (0.035, 0.07)])
@pytest.mark.parametrize("requests", [200, 1000, 20_000])
def test_the_expected_time_is_that_of_simulations_and_on_the_safe_side(
    rate: float, after: float, requests: int
) -> None:
    watch = Watch(rate)
    expected = rate_watch.minutes_to_detect(watch, after, requests)
    assert expected is not None
    runs = 60
    first, _ = slo_worlds.watched(
        watch, slo_worlds.Traffic(requests), lambda _t: after, int(8 * expected) + 60, runs, 6, until_first=True
    )
    noise = 3 * float(first.std()) / math.sqrt(runs)
    assert 0.65 * expected - noise - 1 <= first.mean() <= 1.05 * expected + noise + 1


@given(st.floats(0.001, 0.1), st.floats(1.3, 20), st.floats(10, 100_000))
@settings(max_examples=300 if SOAK else 20)
def test_larger_rises_and_more_traffic_are_found_sooner(rate: float, times: float, requests: float) -> None:
    watch, times = Watch(rate), min(times, 0.6 / rate)
    slow = rate_watch.minutes_to_detect(watch, rate * times, requests)
    more = rate_watch.minutes_to_detect(watch, rate * times, 2 * requests)
    worse = rate_watch.minutes_to_detect(watch, min(0.95, rate * times * 1.5), requests)
    assert slow is not None
    assert more is not None
    assert worse is not None
    assert max(more, worse) <= slow + 1e-6
    needed = rate_watch.requests_for(watch, rate * times, slow)
    assert needed == pytest.approx(requests, rel=0.01)


def test_no_rise_is_never_found() -> None:
    watch = Watch(OBJECTIVE)
    assert rate_watch.minutes_to_detect(watch, OBJECTIVE, 1e6) is None
    assert rate_watch.minutes_to_detect(watch, 0.02, 0) is None
    assert rate_watch.requests_for(watch, OBJECTIVE, 60) is None


def test_two_percent_on_half_a_percent_never_pages_and_is_heard_within_the_hour() -> None:
    heard = expected_mttd(0.02, OBJECTIVE, 1200, before=0.0025)
    assert heard.page is None
    assert heard.ticket == pytest.approx(10.3, abs=0.1)
    assert heard.watch is not None
    assert heard.watch < 1
    assert heard.soonest == heard.watch
    assert heard.traffic == pytest.approx(1062, rel=0.02)
    loud = expected_mttd(0.2, OBJECTIVE, 1200)
    assert loud.page is not None
    assert loud.page < 0.5
    assert expected_mttd(OBJECTIVE / 2, OBJECTIVE, 1200).soonest is None


def test_a_baseline_covers_hours_that_differ() -> None:
    rng, hours = np.random.default_rng(7), np.arange(28 * 24)
    for swing in (0.0, 0.3):
        rate = 0.035 * (1 + swing * np.sin(2 * np.pi * hours / 24))
        n = rng.poisson(3000, hours.size)
        found = rate_watch.baseline(n, rng.binomial(n, rate))
        assert found.rate == pytest.approx(0.035, rel=0.02)
        assert found.spread == pytest.approx(0.035 * swing / math.sqrt(2), abs=0.0006)
        assert rate.max() <= found.upper <= rate.max() * 1.2
    assert rate_watch.baseline([1000], [5]).upper == pytest.approx(float(share_upper(5, 1000, 0.05)))
    with pytest.raises(ValueError, match="no past"):
        rate_watch.baseline([0, 0], [0, 0])


def test_a_baseline_covers_the_true_rate_as_often_as_it_says() -> None:
    rng = np.random.default_rng(8)
    n = np.full((400, 48), 200)
    bad = rng.binomial(n, 0.03)
    kept = np.mean([rate_watch.baseline(a, b).upper >= 0.03 for a, b in zip(n, bad, strict=True)])
    assert kept >= 0.93


def test_more_than_twice_the_baseline_within_the_hour() -> None:
    rng, usual = np.random.default_rng(9), rate_watch.Baseline(0.035, 0.0, 0.036)
    n = np.full((300, 60), 50)

    def says(rate: float) -> float:
        pairs = zip(n, rng.binomial(n, rate), strict=True)
        return float(np.mean([rate_watch.above_for(2.0, usual, a, b) for a, b in pairs]))

    assert says(0.15) >= 0.95
    assert says(0.07) <= 0.01
    assert not rate_watch.above_for(40.0, usual, [10], [10])


def test_hours_may_have_rates_of_their_own() -> None:
    rng, minute = np.random.default_rng(10), np.arange(3 * 1440)
    rate = np.where(minute // 60 % 24 < 8, 0.02, 0.05)
    n = rng.poisson(80, minute.size)
    bad = rng.binomial(n, rate)
    assert rate_watch.walked(Watch(0.02), n, bad)[1]
    assert not rate_watch.walked(Watch(0.02), n, bad, rates=rate)[1]
    assert rate_watch.walked(Watch(0.02), n, rng.binomial(n, 2 * rate), rates=rate)[1]


@pytest.mark.parametrize(
    "wrong", [{"rate": 0.0}, {"rate": 1.0}, {"alarms_a_year": 0.0}, {"ratios": ()}, {"ratios": (1.0,)}]
)
def test_watches_that_cannot_be_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"rate|alarms|ratios"):
        Watch(**{"rate": 0.01} | wrong)


def test_counts_and_objectives_that_cannot_be_are_refused() -> None:
    for n, bad in (([1], [2]), ([1], [-1]), ([1, 2], [1])):
        with pytest.raises(ValueError, match="block"):
            rate_watch.walked(Watch(0.01), n, bad)
    for objective in (0.0, 1.0):
        with pytest.raises(ValueError, match="objective"):
            burn.now([1], [0], objective)
    with pytest.raises(ValueError, match="minute"):
        burn.rules_for(0)
