"""Bounds hold at the error rate that they state, and distances are what their names say."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from cleanroom.core.stats import correction, dispersion, distances, intervals

Floats = NDArray[np.float64]

ALPHA = 0.05
DRAWS = 4_000


def slack(draws: int, alpha: float = ALPHA) -> float:
    """Four standard errors: a simulation of a valid bound stays below alpha + slack all but once in 30,000."""
    return float(4 * np.sqrt(alpha * (1 - alpha) / draws))


def over_dispersed(chance: np.random.Generator, mean: float, phi: float, size: Any) -> NDArray[np.int64]:
    """Counts with variance phi * mean."""
    drawn = chance.poisson(mean, size) if phi == 1 else chance.negative_binomial(mean / (phi - 1), 1 / phi, size)
    return np.asarray(drawn, np.int64)


# --- intervals ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("n", [5, 40, 1_000])
@pytest.mark.parametrize("share", [0.001, 0.05, 0.5, 0.97])
def test_clopper_pearson_covers_on_each_side(n: int, share: float) -> None:
    hits = np.random.default_rng([n, int(share * 1000)]).binomial(n, share, DRAWS)
    low, high = intervals.share_interval(hits, n, 2 * ALPHA)
    assert (low > share).mean() <= ALPHA + slack(DRAWS)
    assert (high < share).mean() <= ALPHA + slack(DRAWS)


@pytest.mark.parametrize("phi", [1.0, 3.0])
@pytest.mark.parametrize(("mean", "ratio"), [(5, 1.0), (100, 0.7), (100, 2.0), (5_000, 1.25)])
def test_the_ratio_of_two_counts_is_covered_over_dispersed_or_not(phi: float, mean: float, ratio: float) -> None:
    chance = np.random.default_rng([int(phi), int(mean), int(100 * ratio)])
    x, y = (over_dispersed(chance, m, phi, DRAWS) for m in (mean * ratio, mean))
    low, high = intervals.ratio_interval(x, y, 2 * ALPHA, phi)
    assert (low > ratio).mean() <= ALPHA + slack(DRAWS)
    assert (high < ratio).mean() <= ALPHA + slack(DRAWS)
    if mean >= 5_000:
        assert (low > ratio).mean() >= ALPHA / 2, "large counts: it is not wider than it need be"


def test_exposures_scale_and_zeros_leave_a_side_open() -> None:
    low, high = intervals.ratio_interval(200, 100, 0.1, exposure=2.0)
    assert low < 1 < high
    assert intervals.ratio_interval(0, 10, 0.1)[0] == 0
    assert intervals.ratio_interval(10, 0, 0.1)[1] == np.inf
    assert [float(v) for v in intervals.share_interval(0, 0, 0.1)] == [0, 1]


def test_the_ratio_of_two_ratios_is_covered() -> None:
    chance = np.random.default_rng(5)
    counts = [over_dispersed(chance, m, 2.0, 2_000) for m in (120, 100, 1_000, 1_000)]
    found = [
        intervals.double_ratio_interval((a, b), (c, d), 2 * ALPHA, (2.0, 2.0))
        for a, b, c, d in zip(*counts, strict=True)
    ]
    assert np.mean([low > 1.2 for _, low, _ in found]) <= ALPHA + slack(2_000)
    assert np.mean([high < 1.2 for _, _, high in found]) <= ALPHA + slack(2_000)


@settings(max_examples=50, deadline=None)
@given(st.floats(0, 0.9), st.floats(0.01, 0.9))
def test_the_missing_trials_do_decide(share: float, limit: float) -> None:
    n = intervals.trials_to_decide(share, limit, 0.01, 1e7)
    if n < 1e7:
        proves = intervals.share_upper(share * n, n, 0.01) <= limit
        assert proves if share <= limit else intervals.share_lower(share * n, n, 0.01) > limit


def test_the_rule_of_three_comes_out() -> None:
    assert intervals.trials_to_decide(0.0, 0.01, 0.05) == pytest.approx(299, abs=4)


# --- distances ---------------------------------------------------------------------------------------------

STEPS = np.arange(1, 41)


def shapes(cells: int, shift: float) -> tuple[Floats, Floats]:
    """A distribution that falls off, and one with mass moved from its first half to its second."""
    p = np.linspace(2, 1, cells)
    p /= p.sum()
    q = p.copy()
    q[: cells // 2] *= 1 - shift
    return p, q / q.sum()


@pytest.mark.parametrize(("n", "m"), [(150, 150), (2_000, 400)])
@pytest.mark.parametrize("shift", [0.0, 0.3, 0.9])
def test_the_dkw_band_holds_the_true_distance(n: int, m: int, shift: float) -> None:
    p, q = shapes(400, shift)
    chance = np.random.default_rng([n, m, int(10 * shift)])
    b, c = chance.multinomial(n, p, DRAWS), chance.multinomial(m, q, DRAWS)
    found = np.abs(np.cumsum(b, 1) / n - np.cumsum(c, 1) / m).max(1)
    assert found[0] == distances.ks(b[0], c[0])
    truth = float(np.abs(np.cumsum(p - q)).max())
    assert (np.abs(found - truth) > distances.dkw(n, m, ALPHA)).mean() <= ALPHA + slack(DRAWS)


Bound = Callable[..., distances.Bounded]


def true_psi(p: Floats, q: Floats) -> float:
    return float(((q - p) * np.log(q / p)).sum())


def true_js(p: Floats, q: Floats) -> float:
    return distances.jensen_shannon(p, q)


@pytest.mark.parametrize(
    ("bounds", "truth"), [(distances.psi_bounds, true_psi), (distances.jensen_shannon_bounds, true_js)]
)
@pytest.mark.parametrize(
    ("cells", "shift", "n", "m"), [(10, 0.0, 800, 800), (10, 0.4, 800, 3_000), (30, 0.2, 4_000, 900)]
)
def test_the_bounds_of_divergences_hold(
    bounds: Bound, truth: Callable[[Floats, Floats], float], cells: int, shift: float, n: int, m: int
) -> None:
    p, q = shapes(cells, shift)
    chance, draws, right = np.random.default_rng([cells, n, m]), 500, truth(p, q)
    found = [
        bounds(b, c, (ALPHA, ALPHA))
        for b, c in zip(chance.multinomial(n, p, draws), chance.multinomial(m, q, draws), strict=True)
    ]
    assert np.mean([f.lower > right + 1e-12 for f in found]) <= ALPHA + slack(draws)
    assert np.mean([f.upper < right for f in found]) <= ALPHA + slack(draws)
    assert all(f.lower <= f.upper for f in found)


@pytest.mark.parametrize("bounds", [distances.psi_bounds, distances.jensen_shannon_bounds])
@pytest.mark.parametrize(("n", "m"), [(2, 2), (20, 20), (300, 20), (2_000, 300)])
def test_rare_cells_and_few_rows_prove_nothing(bounds: Bound, n: int, m: int) -> None:
    p = 1 / np.arange(1, 41) ** 1.5
    p /= p.sum()
    chance, draws = np.random.default_rng([n, m]), 400
    pairs = zip(chance.multinomial(n, p, draws), chance.multinomial(m, p, draws), strict=True)
    assert np.mean([bounds(b, c, (ALPHA, ALPHA)).lower > 1e-9 for b, c in pairs]) <= ALPHA + slack(draws)


def test_the_same_counts_give_the_same_bounds_and_bunches_wider_ones() -> None:
    b, c = np.array([400, 300, 200, 100]), np.array([350, 320, 210, 140])
    once, twice = (distances.psi_bounds(b, c, (0.01, 0.01)) for _ in range(2))
    assert once == twice
    wider = distances.psi_bounds(b, c, (0.01, 0.01), dispersion=4.0)
    assert wider.lower <= once.lower
    assert wider.upper > once.upper


counts = st.lists(st.integers(0, 1_000), min_size=2, max_size=30).filter(lambda n: sum(n) > 0)


@settings(deadline=None)
@given(st.data(), counts)
def test_distances_are_zero_on_equals_symmetric_and_bounded(data: st.DataObject, first: list[int]) -> None:
    second = data.draw(
        st.lists(st.integers(0, 1_000), min_size=len(first), max_size=len(first)).filter(lambda n: sum(n) > 0)
    )
    b, c = np.array(first), np.array(second)
    for distance, most in ((distances.ks, 1.0), (distances.cramer_von_mises, 1 / 3), (distances.jensen_shannon, 1.0)):
        assert distance(b, b) == pytest.approx(0, abs=1e-7)
        assert distance(b, c) == pytest.approx(distance(c, b), abs=1e-9)
        assert 0 <= distance(b, c) <= most + 1e-9
    assert distances.psi(b, c) == pytest.approx(distances.psi(c, b))
    assert distances.cramer_von_mises(b, c) <= distances.ks(b, c) ** 2 + 1e-12
    statistic, degrees, effect = distances.chi_square(b, c)
    assert statistic >= -1e-9
    assert degrees <= len(b) - 1
    assert 0 <= effect <= 1 + 1e-9


def test_wasserstein_is_the_shift_of_a_shifted_distribution() -> None:
    values = np.arange(6.0)
    b, c = np.array([1, 2, 3, 0, 0, 0]), np.array([0, 0, 1, 2, 3, 0])
    assert distances.wasserstein(values, b, c) == pytest.approx(2.0)


def test_the_greatest_distances() -> None:
    b, c = np.array([10, 0]), np.array([0, 10])
    assert distances.ks(b, c) == 1
    assert distances.jensen_shannon(b, c) == pytest.approx(1)
    assert distances.chi_square(b, c)[2] == pytest.approx(1)


@given(counts)
def test_tenths_are_ascending_and_as_even_as_the_cells_allow(n: list[int]) -> None:
    place = distances.deciles(np.array(n))
    assert (np.diff(place) >= 0).all()
    assert place[0] == 0
    assert len(np.unique(place)) == place.max() + 1 <= 10


def test_sparse_histograms_are_aligned() -> None:
    cells, b, c = distances.aligned((np.array([1, 5]), np.array([2, 3])), (np.array([5, 9]), np.array([4, 1])))
    assert (cells.tolist(), b.tolist(), c.tolist()) == ([1, 5, 9], [2, 3, 0], [0, 4, 1])


# --- dispersion and correction -----------------------------------------------------------------------------


@pytest.mark.parametrize("phi", [1.0, 1.5, 4.0])
def test_the_dispersion_of_a_ratio_is_found(phi: float) -> None:
    chance = np.random.default_rng(int(10 * phi))
    found = [
        dispersion.of_ratio(over_dispersed(chance, 300, phi, 60), over_dispersed(chance, 330, phi, 60))
        for _ in range(200)
    ]
    assert np.median(found) == pytest.approx(phi, rel=0.2)
    assert min(found) >= 1


def test_a_change_on_a_few_days_does_not_hide_as_dispersion() -> None:
    chance = np.random.default_rng(7)
    x, y = chance.poisson(1_000, 28), chance.poisson(1_000, 28)
    x[-5:] //= 2
    assert dispersion.of_ratio(x, y) < 3


@pytest.mark.parametrize("phi", [1, 5])
def test_the_dispersion_of_shares_is_found_though_weekdays_move_them(phi: int) -> None:
    chance = np.random.default_rng(phi)
    days = np.arange(42)
    share = np.array([[0.5 - 0.1 * (d % 7 > 4), 0.3 + 0.1 * (d % 7 > 4), 0.2] for d in days])
    found = []
    for _ in range(60):
        x, y = (np.array([chance.multinomial(600, s) for s in share]) * phi for _ in range(2))
        found.append(dispersion.of_shares(x, y))
    assert np.median(found) == pytest.approx(phi, rel=0.2)


def test_too_few_days_are_assumed_to_be_wild() -> None:
    few = np.array([5, 6, 7])
    assert dispersion.of_ratio(few, few) == dispersion.ASSUMED
    assert dispersion.of_shares(np.ones((3, 4)), np.ones((3, 4))) == dispersion.ASSUMED
    assert dispersion.of_shares(np.ones((3, 1))) == 1.0


p_values = st.lists(st.floats(0, 1), min_size=1, max_size=20)


@given(p_values)
def test_a_correction_keeps_the_order_and_bonferroni_is_the_strictest(p: list[float]) -> None:
    adjusted = correction.benjamini_hochberg(p)
    assert (np.diff(adjusted[np.argsort(p, kind="stable")]) >= 0).all()
    assert (adjusted >= np.array(p) - 1e-12).all()
    assert (adjusted <= np.minimum(1, len(p) * np.array(p)) + 1e-12).all()


def test_known_corrections() -> None:
    assert correction.benjamini_hochberg([0.01, 0.04, 0.03]).tolist() == pytest.approx([0.03, 0.04, 0.04])
    assert correction.bonferroni(0.05, 10) == pytest.approx(0.005)
    assert correction.bonferroni(0.05, 0) == 0.05
