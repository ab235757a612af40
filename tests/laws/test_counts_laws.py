"""Laws of event counts: the past alone decides, quiet series stay quiet, what goes missing is found, coverage is honest."""

from __future__ import annotations

import os

import numpy as np
import pytest
from benches.counts import FIVE, LEARNT, WORLDS, bunched, drawn, fixed, found, in_alarm, steady, wandering, weekdays
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from cleanroom.core.stats.count_groups import judge_group
from cleanroom.core.stats.daily_counts import BEGIN, Bounds, drifts, normal, scored, student
from cleanroom.core.stats.event_counts import KEPT, Counted, Judged, TooFew, judge
from cleanroom.core.stats.weekdays import forecasts, median

SOAK = os.environ.get("HYPOTHESIS_PROFILE") == "soak"
SERIES = 200 if SOAK else 12
FEW = settings(max_examples=2000 if SOAK else 10)
Floats = NDArray[np.float64]

seeds = st.integers(0, 2**32)


def history(seed: int, days: int = 80, level: float = 60.0) -> Floats:
    return bunched(np.random.default_rng(seed), np.full((1, days), level))


def on(counts: Floats, day: int) -> Counted:
    return judge("x", range(len(counts)), counts, day)


@FEW
@given(seeds, st.integers(35, 70))
def test_what_comes_later_changes_nothing(seed: int, day: int) -> None:
    counts = history(seed)[0]
    assert on(counts, day) == on(np.concatenate([counts[: day + 1], 7 * counts[day + 1 :]]), day)


@FEW
@given(seeds, st.randoms(use_true_random=False))
def test_the_order_of_the_days_and_their_numbers_do_not_matter(seed: int, chance: object) -> None:
    counts = history(seed)[0]
    days = list(range(len(counts)))
    chance.shuffle(days)  # type: ignore[attr-defined]
    mixed = judge("x", [d + 20_000 for d in days], counts[days], 20_079)
    plain = on(counts, 79)
    assert (mixed.over, mixed.grain) == (plain.over, plain.grain)
    assert isinstance(mixed.day, Judged)
    assert isinstance(plain.day, Judged)
    assert (mixed.day.z, mixed.day.low, mixed.day.seen) == (plain.day.z, plain.day.low, plain.day.seen)


@FEW
@given(seeds)
def test_fewer_events_never_look_like_more(seed: int) -> None:
    counts = history(seed)[0]
    z = []
    for share in (0.0, 0.3, 0.6, 1.0, 1.7, 3.0):
        counts_then = counts.copy()
        counts_then[-1] = round(share * counts[-1])
        day = on(counts_then, 79).day
        assert isinstance(day, Judged)
        z.append(day.z)
    assert z == sorted(z)


@FEW
@given(seeds, st.sampled_from([25.0, 60.0, 400.0]))
def test_the_bounds_are_where_the_alarm_begins(seed: int, level: float) -> None:
    counts = history(seed, level=level)[0]
    at = on(counts, 79).day
    if not isinstance(at, Judged):
        return
    for seen, z in ((at.low - 1, -1), (at.high + 1, 1)):
        if seen >= 0:
            day = on(np.append(counts[:-1], np.floor(seen) if z < 0 else np.ceil(seen)), 79).day
            assert isinstance(day, Judged)
            assert day.over
            assert day.z * z > Bounds().day
    assert at.finds_drop is None or on(np.append(counts[:-1], 0), 79).over


def test_an_exact_pattern_is_forecast_exactly_and_a_week_of_nonsense_moves_it_little() -> None:
    t = np.arange(84)
    values = (0.03 * t + np.array([0, 0, 1, 1, 2, -3, -3.0])[t % 7])[None]
    assert np.allclose(forecasts(values)[0, 56:-7, 0], values[0, 56:-6], atol=1e-6)
    spoilt = values.copy()
    spoilt[0, 63:70] = 0.0
    assert np.abs(forecasts(spoilt)[0, 77] - values[0, 77:]).max() < 0.2


def test_a_median_is_numpy_s_without_the_days_that_are_not_known() -> None:
    values = np.random.default_rng(1).normal(size=(5, 9, 12))
    values[values < -0.5] = np.nan
    values[0, 0] = np.nan
    assert np.isnan(median(values)[0, 0])
    assert np.allclose(median(values)[1:], np.nanmedian(values[1:], axis=-1))


@given(st.floats(-5, 5), st.integers(10, 60))
def test_a_bound_is_turned_round_exactly(z: float, freedom: int) -> None:
    assert normal(np.array([student(z, freedom)]), freedom)[0] == pytest.approx(z, abs=1e-4)


def test_a_cusum_by_hand() -> None:
    z = np.array([[2.0, 3.0, np.nan, 3.0, 9.0, 0.0, -9.0, -4.0, -4.0]])
    assert drifts(z, Bounds())[0].tolist() == [1, 3, 3, 5, 8, 5, -3, -6, -9]


@pytest.mark.parametrize("world", WORLDS)
def test_quiet_series_stay_quiet(world: object) -> None:
    levels = (20, 200, 1000)
    false = [in_alarm(drawn(world, level, SERIES)[0])[:, FIVE:].mean() for level in levels]  # type: ignore[arg-type]
    assert float(np.mean(false)) < (0.0025 if SOAK else 0.005)


def test_quiet_series_stay_quiet_over_all_worlds_and_a_fixed_rule_does_not() -> None:
    quiet = [drawn(world, level, SERIES)[0] for world in WORLDS for level in (50, 200)]
    assert float(np.mean([in_alarm(counts)[:, LEARNT:].mean() for counts in quiet])) <= 0.0025
    assert float(np.mean([fixed(counts)[:, LEARNT:].mean() for counts in quiet])) > 0.2


@pytest.mark.parametrize("begin", [FIVE, LEARNT])
def test_half_of_all_events_gone_is_found_within_a_week(begin: int) -> None:
    shares = [found(*_cut(drawn(world, 200, SERIES), begin)) for world in WORLDS if world is not bunched]
    assert float(np.mean(shares)) >= 0.95
    assert found(*_cut(drawn(bunched, 1000, SERIES), begin)) >= 0.95


def _cut(drawn_: tuple[Floats, np.random.Generator], begin: int) -> tuple[Floats, int, np.random.Generator]:
    return drawn_[0], begin, drawn_[1]


def test_z_is_standard_where_its_model_holds() -> None:
    z = scored(drawn(weekdays, 400, 80)[0]).z[:, 70:]
    assert abs(float(z.mean())) < 0.05
    assert 0.9 < float(z.std()) < 1.08
    assert float((np.abs(z) > 3).mean()) < 0.004


def test_a_series_that_wanders_is_not_called_a_drift() -> None:
    counts, _ = drawn(wandering, 1000, 60)
    assert (np.abs(drifts(scored(counts).z, Bounds())) > 6)[:, 70:].mean() < 0.01


def test_an_outage_of_days_that_are_not_known_is_no_loss() -> None:
    counts, _ = drawn(weekdays, 300, 20)
    counts[:, 120:134] = np.nan
    assert in_alarm(counts)[:, 120:].mean() < 0.005
    counts[:, 120:134] = 0
    assert in_alarm(counts)[:, 120:127].all()


def test_an_incident_leaves_no_echo_and_a_new_level_is_learnt() -> None:
    counts, _ = drawn(weekdays, 300, 20)
    spoilt = counts.copy()
    spoilt[:, 120:125] *= 0.3
    alarms = in_alarm(np.round(spoilt))
    assert alarms[:, 120:125].mean() > 0.95
    assert alarms[:, 127:].mean() < 0.02
    doubled = counts.copy()
    doubled[:, 120:] *= 2
    alarms = in_alarm(doubled)
    assert alarms[:, 120:127].mean() > 0.95
    assert alarms[:, 150:].mean() < 0.02


def test_too_few_to_tell_is_an_answer_of_its_own() -> None:
    thin = steady(np.random.default_rng(3), np.full((1, 80), 1.0))[0]
    seen = on(thin, 79)
    assert isinstance(seen.day, TooFew)
    assert isinstance(seen.week, TooFew)
    assert not seen.over
    assert seen.grain == "silence"
    short = on(history(1)[0, :27], 26)
    assert isinstance(short.day, TooFew)
    assert "27 days are known, 28 are needed" in short.day.because
    assert short.grain is None
    unknown = judge("x", range(70), history(1)[0, :70], 70)
    assert isinstance(unknown.day, TooFew)
    assert isinstance(unknown.week, Judged)


def test_a_silence_speaks_when_it_said_it_would_and_goes_on_speaking() -> None:
    thin = steady(np.random.default_rng(4), np.full((1, 160), 1.0))[0]
    after = on(thin, 79).silence.found_after
    assert after is not None
    assert 8 <= after < 30
    gone = np.concatenate([thin[:80], np.zeros(80)])
    gone[79] = 1
    said = on(gone, 79).silence.found_after
    assert said is not None
    assert not on(gone, 79 + said - 1).over
    assert all(on(gone, day).over for day in (79 + said, 79 + said + 20))
    assert on(gone, 79 + said).silence.since == 80


def test_quiet_bunches_are_no_silence() -> None:
    quiet = [bunched(np.random.default_rng([5, i]), np.full((1, 150), 3.0))[0] for i in range(SERIES)]
    assert not any(on(counts, day).silence.over for counts in quiet for day in range(60, 150, 15))


@FEW
@given(seeds, st.lists(st.sampled_from([0.05, 0.5, 4.0, 30.0, 500.0]), min_size=1, max_size=6))
def test_what_is_said_to_be_covered_is_found_when_it_vanishes(seed: int, levels: list[float]) -> None:
    rng = np.random.default_rng(seed)
    counts = {f"e{i}": steady(rng, np.full((1, 90), level))[0] for i, level in enumerate(levels)}
    group = judge_group(counts, range(90), 79)
    told = group.coverage
    named = (*told.by_day, *told.by_week, *told.by_silence, *told.in_sums, *told.nowhere)
    assert sorted(named) == sorted(counts)
    assert 0 <= told.share_of_events <= 1
    for names, days in ((told.by_day, 1), (told.by_week, 7)):
        for name in names:
            gone = {**counts, name: np.append(counts[name][:80], np.zeros(10))}
            last = judge_group(gone, range(90), 79 + days)
            assert name in {one.name for one in last.over}, (name, days)


def test_the_since_is_about_the_day_it_began() -> None:
    counts = drawn(weekdays, 100, 30)[0]
    counts[:, 120:] = np.round(counts[:, 120:] * 0.55)
    began = [alarm.since for row in counts if isinstance(alarm := on(row, 124).alarm, Judged)]
    assert len(began) >= 25
    assert np.mean([abs((day or 0) - 120) <= 1 for day in began]) > 0.8


def test_only_the_days_that_are_kept_matter() -> None:
    counts = history(9, days=KEPT + 40)[0]
    assert on(counts, len(counts) - 1) == on(np.concatenate([np.zeros(40), counts[40:]]), len(counts) - 1)
    assert np.isnan(scored(counts[None]).z[0, :BEGIN]).all()


@pytest.mark.parametrize(
    ("days", "counts", "day"),
    [([1, 1], [2, 3], 1), ([1, 2], [2, -3], 2), ([1, 2], [2, np.nan], 2), ([1, 2], [2], 2), ([5, 6], [2, 2], 4)],
)
def test_what_is_no_history_is_refused(days: list[int], counts: list[float], day: int) -> None:
    with pytest.raises(ValueError, match=r"day|negative"):
        judge("x", days, counts, day)
    with pytest.raises(ValueError, match="bounds"):
        Bounds(day=0)
