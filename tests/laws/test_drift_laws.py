"""Laws of drift by day: quiet worlds are quiet, a shift is found on day one, creep is found, and what is too thin says so."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from benches.drift_worlds import BEFORE, Simulated, World, simulated
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats

from cleanroom.core.stats import day_scores, drift, sketch
from cleanroom.core.stats.correction import benjamini_hochberg
from cleanroom.core.stats.drift import Drift, Judged, Rules, Tolerances, TooFew, Watched
from cleanroom.core.stats.sketch import Sketch

SOAK = os.environ.get("HYPOTHESIS_PROFILE") == "soak"
QUIET_DAYS = 90 if SOAK else 4
SERIES = 40_000 if SOAK else 1000
Floats = NDArray[np.float64]
WORLD = World("laws", 10**6)


def world(seed: int, days: int, of: World = WORLD) -> list[Simulated]:
    rng = np.random.default_rng(seed)
    return [simulated(of, i, BEFORE + days, rng) for i in range(of.columns)]


def judged(columns: Sequence[Simulated], day: int, rules: Rules = drift.RULES) -> tuple[Drift, ...]:
    return drift.drifts(
        day,
        [Watched(str(i), s.scale, s.days[day], tuple(enumerate(s.days[:day]))) for i, s in enumerate(columns)],
        rules,
    )


def one(says: Drift) -> Judged:
    assert isinstance(says, Judged)
    return says


def watched(s: Simulated, today: Sketch, day: int = BEFORE, over: frozenset[int] = frozenset()) -> Watched:
    return Watched("it", s.scale, today, tuple(enumerate(s.days[:day])), over)


def check_quiet(days: int) -> None:
    """No more false alarms than the promised 3 in 4,500, on days on which nothing happened."""
    columns, alarms = world(1, days), 0
    for day in range(BEFORE, BEFORE + days):
        alarms += sum(one(says).over for says in judged(columns, day))
    assert alarms <= stats.poisson.ppf(0.99, 3 / 4500 * days * len(columns))


def check_scores() -> None:
    """Scores are rarely large where weekdays differ; of one that is 2.5 times as wild, a few times more often."""
    rng, days = np.random.default_rng(2), tuple(range(66))
    level, spread = rng.normal(0, 5, 7), np.array([1, 1, 1, 1, 1, 1, 2.5])
    x = level[np.arange(66) % 7][:, None] + spread[np.arange(66) % 7][:, None] * rng.normal(size=(66, SERIES))
    groups = day_scores.compared(days, (True,) * 66, 8)
    z = day_scores.scores(days, x, np.full_like(x, 1e-9), groups, 4)[56:]
    for week in range(7):
        of_week = z[np.arange(56, 66) % 7 == week].ravel()
        for level_, slack in ((0.05, 2.2), (0.001, 6.0)) if week == 6 else ((0.05, 1.0), (0.001, 1.0)):
            limit = stats.binom.ppf(0.999, len(of_week), slack * level_) / len(of_week)
            assert np.mean(2 * stats.norm.sf(np.abs(of_week)) <= level_) <= limit, (week, level_)


def check_even_scores(rows: float = 1.0) -> None:
    """Where weekdays are alike and chance is all there is, 5% of scores are beyond 1.96, also on a last day of fewer rows."""
    rng, days = np.random.default_rng(24), tuple(range(60))
    noise = np.where(np.arange(60) == 59, 1 / rows, 1.0)[:, None] * np.ones((60, SERIES * 4))
    x = np.sqrt(noise) * rng.normal(size=noise.shape)
    groups = day_scores.compared(days, (True,) * 60, 8)
    z = day_scores.scores(days, x, noise if rows < 1 else noise * 1e-9, groups, 4)[-1 if rows < 1 else -4 :]
    assert np.mean(np.abs(z) > 1.96) <= stats.binom.ppf(0.999, z.size, 0.051) / z.size


def check_creep() -> None:
    """An e-detector of mean at most t after t days; past 2,000 at most 5% of the time in 100 days."""
    rng = np.random.default_rng(3)
    runs = SERIES // 4
    found = [day_scores.creep(rng.normal(size=(100, 5))).evidence for _ in range(runs)]
    assert np.mean(found) <= 100
    assert sum(e > 2000 for e in found) <= stats.binom.ppf(0.999, runs, 0.05)


def test_quiet_columns_are_quiet() -> None:
    check_quiet(QUIET_DAYS)


def test_scores_are_rarely_large_whatever_the_weekday() -> None:
    check_scores()


@pytest.mark.parametrize("rows", [1.0, 0.1])
def test_scores_are_as_often_large_as_they_say(rows: float, monkeypatch: pytest.MonkeyPatch) -> None:
    check_even_scores(rows)
    monkeypatch.setattr(day_scores, "PRIOR", 0.0)  # exactly a t-score then, which the prior makes cautious
    check_even_scores(rows)


def test_a_series_that_never_moved_still_moves_by_chance() -> None:
    days = tuple(range(60))
    x = np.append(np.zeros(59), [0.01])[:, None]
    groups = day_scores.compared(days, (True,) * 60, 8)
    z = day_scores.scores(days, x, np.full_like(x, 0.01**2), groups, 4)
    assert 0.8 < z[-1, 0] < 1.0


def test_creep_keeps_its_promise_without_a_change() -> None:
    check_creep()


original = day_scores.compared


def test_the_quiet_check_fails_when_weekdays_are_mixed_up(monkeypatch: pytest.MonkeyPatch) -> None:
    def mixed(days: tuple[int, ...], kept: tuple[bool, ...], weeks: int) -> NDArray[np.bool_]:
        return np.roll(original(days, kept, weeks), 1, axis=0)

    monkeypatch.setattr(day_scores, "compared", mixed)
    with pytest.raises(AssertionError):
        check_quiet(QUIET_DAYS)


def test_the_check_of_scores_fails_without_the_tails_of_t(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(day_scores, "_normal", lambda t, _: t)
    with pytest.raises(AssertionError):
        check_even_scores()


def test_the_check_of_scores_fails_when_a_wild_weekday_is_only_pooled(monkeypatch: pytest.MonkeyPatch) -> None:
    def pooled(squares: Floats, degrees: Floats, own: object) -> tuple[Floats, Floats]:
        return squares.sum(0) / np.maximum(degrees.sum(0), 1), degrees.sum(0)

    monkeypatch.setattr(day_scores, "_spread", pooled)
    with pytest.raises(AssertionError):
        check_scores()


def test_the_check_of_creep_fails_when_bets_are_unfair(monkeypatch: pytest.MonkeyPatch) -> None:
    fair = day_scores.creep
    monkeypatch.setattr(day_scores, "creep", lambda z: fair(z + 0.5))
    with pytest.raises(AssertionError):
        check_creep()


@pytest.mark.parametrize("rows", [10**4, 10**6])
def test_a_fifth_of_sigma_is_found_on_the_first_day(rows: int) -> None:
    columns, rng, found = world(4, 1, WORLD.of(rows=rows)), np.random.default_rng(5), 0
    history = [tuple(enumerate(s.days[:BEFORE])) for s in columns]
    for which in range(0, 50, 13):
        today = [s.again(BEFORE, 0.2 if i == which else 0.0, rng) for i, s in enumerate(columns)]
        asked = [
            Watched(str(i), s.scale, t, h) for i, (s, t, h) in enumerate(zip(columns, today, history, strict=True))
        ]
        says = one(drift.drifts(BEFORE, asked)[which])
        found += says.over
        if says.over:
            assert (says.says, says.since, says.weeks, says.bound) == ("shifted", BEFORE, 8, 0.02)
            assert says.distance - says.band > 0.02
            assert says.p <= says.adjusted <= 0.01
    assert found == 4


def test_a_slow_creep_is_found_and_says_when_it_began() -> None:
    s, rng = world(6, 63)[0], np.random.default_rng(7)
    days = [*s.days[:BEFORE], *(s.again(BEFORE + d, 0.015 * (d + 1) / 7, rng) for d in range(63))]
    for day in range(BEFORE, BEFORE + 63):
        column = Watched("it", s.scale, days[day], tuple(enumerate(days[:day])))
        says = one(drift.drifts(day, [column])[0])
        if says.over:
            break
    assert (says.says, says.evidence > 2000) == ("crept", True)
    assert says.since is not None
    assert BEFORE - 21 <= says.since <= day <= BEFORE + 49


def test_a_shift_below_the_floor_does_not_matter_however_sure() -> None:
    s, rng = world(8, 1)[0], np.random.default_rng(9)
    quiet = replace(s.column, wobble=0.0)
    still = simulated_again(s, quiet)
    says = one(drift.drifts(BEFORE, [watched(still, still.again(BEFORE, 0.03, rng))])[0])
    assert says.adjusted < 0.001
    assert not says.over
    assert one(drift.drifts(BEFORE, [watched(still, still.again(BEFORE, 0.03, rng))], Rules(floor=0.005))[0]).over


def simulated_again(s: Simulated, column: object) -> Simulated:
    """The same column without unrest: each day is its weekday."""
    moved = np.column_stack([s.column.weekday[np.arange(len(s.days)) % 7], np.zeros(len(s.days))])
    still = replace(s, moved=moved, column=column, null_odds=np.zeros(len(s.days)))  # type: ignore[arg-type]
    rng = np.random.default_rng(10)
    return replace(still, days=tuple(still.again(d, 0.0, rng) for d in range(len(s.days))))


def test_a_creep_below_the_floor_does_not_matter_however_sure() -> None:
    s, rng = world(25, 1)[0], np.random.default_rng(26)
    still = simulated_again(s, replace(s.column, wobble=0.0))
    days = [*still.days[:BEFORE], *(still.again(d % 7, 0.003 * (d + 1) / 7, rng) for d in range(56))]
    says = one(drift.drifts(len(days) - 1, [Watched("it", s.scale, days[-1], tuple(enumerate(days[:-1])))])[0])
    assert says.evidence > 2000
    assert not says.over


def test_a_shift_is_one_exactly_when_it_is_rare_and_surely_matters() -> None:
    rng, unsure, usual = np.random.default_rng(27), 0, 0
    few = world(28, 1, WORLD.of(rows=2500, columns=9))
    restless = world(28, 1, WORLD.of(wobble=(0.05, 0.08), columns=9))
    for s, shift in [*((s, shift) for s in few for shift in (0.12, 0.2)), *((s, 0.0) for s in restless)]:
        says = one(drift.drifts(BEFORE, [watched(s, s.again(BEFORE, shift, rng))])[0])
        rare, matters = says.adjusted <= 0.01, says.distance - says.band > 0.02
        assert (says.says == "shifted") == (rare and matters)
        unsure += rare and says.distance > 0.02 and not matters
        usual += matters and not rare
    assert unsure >= 2  # what the band held back
    assert usual >= 2  # what its own past held back


def test_p_is_that_of_all_parts_and_is_adjusted_for_all_columns() -> None:
    columns = [s for s in world(29, 4) if s.column.nulls is None]
    small = 0
    for day in range(BEFORE, BEFORE + 4):
        found = [one(says) for says in judged(columns, day)]
        assert [f.adjusted for f in found] == pytest.approx(benjamini_hochberg([f.p for f in found]).tolist())
        small += sum(f.p <= 0.3 for f in found)
    assert small <= stats.binom.ppf(0.999, 4 * len(columns), 0.3)


def test_nulls_that_appear_are_found_and_a_column_that_is_all_null_too() -> None:
    rng = np.random.default_rng(11)
    s = next(s for s in world(12, 1) if s.column.nulls is None)
    today = s.again(BEFORE, 0.0, rng)
    for share in (0.03, 1.0):
        kept = tuple(int(n * (1 - share)) for n in today.counts)
        says = one(drift.drifts(BEFORE, [watched(s, replace(today, counts=kept, nulls=10**6 - sum(kept)))])[0])
        assert (says.over, says.part) == (True, "nulls")
        assert says.distance == pytest.approx(share, abs=0.001)


def test_too_few_rows_or_weeks_are_no_alarm_and_say_why() -> None:
    s = world(13, 1)[0]
    tiny = Sketch(s.days[0].scale, (0,) * (len(s.scale.shares) - 1) + (60,))
    (few,) = drift.drifts(BEFORE, [watched(s, tiny)])
    assert isinstance(few, TooFew)
    assert few.why == "60 rows with a value today, 100 are needed"
    young = Watched("it", s.scale, s.days[BEFORE], tuple(enumerate(s.days[:BEFORE]))[-21:])
    (said,) = drift.drifts(BEFORE, [young])
    assert isinstance(said, TooFew)
    assert "3 days of this weekday to compare with, 4 are needed" in said.why
    (never,) = drift.drifts(BEFORE, [Watched("it", s.scale, s.days[BEFORE], ())])
    assert isinstance(never, TooFew)


def test_a_day_of_few_rows_after_days_of_a_million_is_not_drift() -> None:
    columns, alarms = world(14, 3), 0
    for day in range(BEFORE, BEFORE + 3):
        asked = []
        for i, many in enumerate(columns):
            drawn = replace(many, rows=400).again(day, 0.0, np.random.default_rng([15, day, i]))
            asked.append(Watched(str(i), many.scale, drawn, tuple(enumerate(many.days[:day]))))
        alarms += sum(isinstance(says, Judged) and says.over for says in drift.drifts(day, asked))
    assert alarms == 0


def test_a_drift_that_nobody_answers_stays_an_alarm_and_keeps_its_first_day() -> None:
    s, rng = world(16, 80)[0], np.random.default_rng(17)
    days = [*s.days[:BEFORE], *(s.again(BEFORE + d, 0.3, rng) for d in range(80))]
    for day in range(BEFORE, BEFORE + 80, 6):
        over = frozenset(range(BEFORE, day))
        says = one(drift.drifts(day, [Watched("it", s.scale, days[day], tuple(enumerate(days[:day])), over)])[0])
        assert (says.over, says.since, says.weeks) == (True, BEFORE, 8)


def test_an_exception_is_compared_with_nothing() -> None:
    s = world(18, 1)[0]
    sale = BEFORE - 7
    odd = replace(s, days=(*s.days[:sale], s.again(sale, 2.0, np.random.default_rng(19)), *s.days[sale + 1 :]))
    without = watched(s, s.days[BEFORE], over=frozenset({sale}))
    says, plain = (
        one(drift.drifts(BEFORE, [column])[0])
        for column in (watched(odd, s.days[BEFORE], over=frozenset({sale})), without)
    )
    assert (says.says, says.distance, says.m, says.weeks) == (plain.says, plain.distance, plain.m, 7)
    assert says.p == pytest.approx(plain.p)


@settings(max_examples=10)
@given(st.randoms(use_true_random=False))
def test_the_order_of_history_and_columns_does_not_matter(chance: object) -> None:
    columns = SMALL
    asked = [Watched(str(i), s.scale, s.days[BEFORE], tuple(enumerate(s.days[:BEFORE]))) for i, s in enumerate(columns)]
    mixed = []
    for column in asked:
        history = list(column.history)
        chance.shuffle(history)  # type: ignore[attr-defined]
        mixed.append(replace(column, history=tuple(history)))
    chance.shuffle(mixed)  # type: ignore[attr-defined]
    assert sorted(drift.drifts(BEFORE, mixed), key=lambda d: d.column) == list(drift.drifts(BEFORE, asked))


SMALL = world(20, 1)[:4]


def test_what_cannot_be_asked_is_refused() -> None:
    s, other = SMALL[0], SMALL[1]
    for broken in (
        Watched("it", s.scale, s.days[1], ((1, s.days[0]),)),
        Watched("it", s.scale, s.days[1], ((0, s.days[0]), (0, s.days[0]))),
        Watched("it", s.scale, s.days[1], ((0, other.days[0]),)),
    ):
        with pytest.raises(ValueError, match=r"history|scale"):
            drift.drifts(1, [broken])
    for rules in ({"fdr": 0.0}, {"floor": 1.0}, {"creep": 0.5}, {"fewest_weeks": 9}, {"fewest_rows": 0}):
        with pytest.raises(ValueError, match=r"fdr|weeks"):
            Rules(**rules)
    assert drift.drifts(1, []) == ()


@pytest.mark.parametrize(
    ("apart", "rows", "says"), [(0.6, 5000, "over"), (0.05, 20_000, "within"), (0.2, 300, "too few to tell")]
)
def test_without_history_a_distance_is_held_against_its_tolerance(apart: float, rows: int, says: str) -> None:
    rng = np.random.default_rng(21)
    base = rng.normal(size=rows)
    scale = sketch.quantiles(base)
    found = drift.against(scale, sketch.of_values(scale, base), sketch.of_values(scale, rng.normal(apart, 1, rows)))
    by = {c.name: c for c in found}
    assert set(by) == {"KS", "PSI", "KL", "nulls"}
    assert by["KS"].says == says
    for one in found:
        assert one.lower <= one.distance <= one.upper, one


def test_without_history_a_distance_of_just_the_tolerance_is_seldom_called_over() -> None:
    rng, runs = np.random.default_rng(22), 3000 if SOAK else 100
    shift = 2 * stats.norm.ppf(0.55)  # the shift whose KS distance is 0.1
    edges = sketch.edges_of(np.sort(np.append(stats.norm.ppf(np.arange(1, 63) / 63), shift / 2)))
    p, q = (np.diff([0.0, *stats.norm.cdf(np.array(edges) - s), 1.0]) for s in (0.0, shift))
    scale, wrong, psi = sketch.from_counts(edges, (p * 10**6).astype(int).tolist()), 0, 0
    truth = float(((q - p) * np.log(q / p)).sum())
    for _ in range(runs):
        b, c = (Sketch(sketch.name(scale), tuple(rng.multinomial(3000, v / v.sum()).tolist())) for v in (p, q))
        ks, index, *_ = drift.against(scale, b, c, Tolerances(ks=0.1, psi=truth))
        wrong += ks.says == "over"
        psi += index.says == "over"
    assert wrong <= stats.binom.ppf(0.999, runs, 0.05 / 4)
    assert psi <= stats.binom.ppf(0.999, runs, 0.05 / 4)


@pytest.mark.parametrize(("shares", "rows"), [((0.0, 0.05), 800), ((0.3, 0.35), 800), ((0.01, 0.01), 200)])
def test_without_history_the_difference_of_two_shares_of_nulls_lies_within_its_bounds(
    shares: tuple[float, float], rows: int
) -> None:
    rng, runs = np.random.default_rng(31), 3000 if SOAK else 200
    scale = sketch.categories({"a": 1})
    missed = 0
    for b, c in zip(*(rng.binomial(rows, p, runs).tolist() for p in shares), strict=True):
        of_b, of_c = (sketch.of_categories(scale, {"a": rows - n}, nulls=n) for n in (b, c))
        *_, nulls = drift.against(scale, of_b, of_c)
        missed += not nulls.lower <= shares[1] - shares[0] <= nulls.upper
    assert missed <= stats.binom.ppf(0.999, runs, 0.05 / 2)


def test_without_history_categories_are_compared_by_jensen_shannon() -> None:
    scale = sketch.categories({"card": 900, "cash": 90, "voucher": 10})
    base = sketch.of_categories(scale, {"card": 9000, "cash": 900, "voucher": 100})
    same, moved = (
        drift.against(scale, base, sketch.of_categories(scale, counts, nulls=nulls))
        for counts, nulls in (({"card": 9010, "cash": 890, "voucher": 100}, 0), ({"card": 5000, "coin": 4000}, 1000))
    )
    assert [(c.name, c.says) for c in same] == [("JS", "within"), ("nulls", "within")]
    assert [(c.name, c.says) for c in moved] == [("JS", "over"), ("nulls", "over")]


def test_categories_drift_by_day_too() -> None:
    rng = np.random.default_rng(23)
    scale = sketch.categories({"a": 700, "b": 200, "c": 100})

    def day(p: list[float]) -> Sketch:
        return sketch.of_categories(scale, dict(zip("abcd", rng.multinomial(50_000, p).tolist(), strict=True)))

    history = tuple((d, day([0.7, 0.2, 0.1, 0.0])) for d in range(BEFORE))
    quiet, new = (
        one(drift.drifts(BEFORE, [Watched("it", scale, day(p), history)])[0])
        for p in ([0.7, 0.2, 0.1, 0.0], [0.65, 0.2, 0.1, 0.05])
    )
    assert not quiet.over
    assert new.over
    assert new.part in ("upper tail", "mean", "spread")
