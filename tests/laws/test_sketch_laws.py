"""Laws of the daily sketch: it adds up, fits its bytes, and distances read off it are those of the rows, nearly."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from cleanroom.core.stats import distances, sketch
from cleanroom.core.stats.distances import Bounded
from cleanroom.core.stats.sketch import Categories, Quantiles, Sketch

SOAK = os.environ.get("HYPOTHESIS_PROFILE") == "soak"
RUNS = 2000 if SOAK else 80

numbers = st.lists(
    st.one_of(st.floats(allow_infinity=True, allow_nan=True), st.integers(-3, 3).map(float)), min_size=1, max_size=80
)
baselines = numbers.filter(lambda values: not np.isnan(values).all())


@given(baselines, numbers, numbers, numbers)
def test_sketches_of_parts_add_up_to_the_sketch_of_all(
    base: list[float], a: list[float], b: list[float], c: list[float]
) -> None:
    scale = sketch.quantiles(base)
    whole = sketch.of_values(scale, a + b + c)
    x, y, z = (sketch.of_values(scale, part) for part in (a, b, c))
    assert (x + y) + z == x + (y + z) == (z + y) + x == sketch.merged([y, z, x]) == whole
    assert whole + sketch.empty(scale) == whole
    assert (whole.rows, whole.filled) == (len(a + b + c), int((~np.isnan(a + b + c)).sum()))


@given(baselines, numbers)
def test_an_engine_counts_the_same_cells(base: list[float], values: list[float]) -> None:
    scale = sketch.quantiles(base)
    cells: dict[int, int] = {}
    for value in values:
        if not np.isnan(value):
            cell = sum(edge <= value for edge in scale.edges)
            cells[cell] = cells.get(cell, 0) + 1
    assert sketch.of_cells(scale, cells, int(np.isnan(values).sum())) == sketch.of_values(scale, values)
    own = sketch.of_values(scale, base)
    assert sketch.from_counts(scale.edges, own.counts) == scale


def test_a_common_value_has_a_cell_of_its_own() -> None:
    rng = np.random.default_rng(2)
    values = np.where(rng.random(4000) < 0.3, 7.0, rng.normal(size=4000) * 20)
    scale = sketch.quantiles(values)
    counted = sketch.of_values(scale, values).counts
    assert (values == 7.0).sum() in counted
    assert len(scale.edges) <= 63


def test_sketches_of_different_scales_do_not_meet() -> None:
    one, other = sketch.quantiles([1.0, 2.0, 3.0]), sketch.quantiles([1.0, 2.0, 4.0])
    a, b = sketch.of_values(one, [1.0]), sketch.of_values(other, [1.0])
    for what in (lambda: a + b, lambda: sketch.ks(a, b), lambda: sketch.psi(a, b), lambda: sketch.merged([])):
        with pytest.raises(ValueError, match=r"scale|merge"):
            what()


@pytest.mark.parametrize(
    "broken",
    [
        lambda: Quantiles((1.0, 1.0), (0.5, 0.25, 0.25)),
        lambda: Quantiles((float("inf"),), (0.5, 0.5)),
        lambda: Quantiles((1.0,), (0.5, 0.2)),
        lambda: Quantiles((1.0,), (1.0,)),
        lambda: Categories(("a", "a"), (0.5, 0.5, 0.0)),
        lambda: Sketch("x", (1, -1)),
        lambda: sketch.quantiles([float("nan")]),
        lambda: sketch.categories({}),
        lambda: sketch.of_cells(sketch.quantiles([1.0]), {64: 1}),
    ],
)
def test_what_cannot_be_a_scale_or_a_sketch_is_refused(broken: Callable[[], object]) -> None:
    with pytest.raises(ValueError, match=r"scale|edges|share|counted|values|cells"):
        broken()


def exactly(a: list[float], b: list[float]) -> float:
    """The KS distance of the rows themselves; NaN does not count."""
    x, y = (np.sort([v for v in values if not np.isnan(v)]) for values in (a, b))
    ends = np.union1d(x, y)
    below = (np.searchsorted(v, ends, side="right") / len(v) for v in (x, y))
    return float(np.abs(next(below) - next(below)).max())


@given(baselines, numbers, numbers)
def test_ks_from_cells_is_never_more_than_exact_and_at_most_a_cell_less(
    base: list[float], a: list[float], b: list[float]
) -> None:
    scale = sketch.quantiles(base)
    x, y = sketch.of_values(scale, a), sketch.of_values(scale, b)
    if not (x.filled and y.filled):
        assert sketch.ks(x, y) == (1.0, 0.0, 1.0)
        return
    exact = exactly(a, b)
    seen = sketch.ks(x, y)
    widest = max(max(n / s.filled for n in s.counts) for s in (x, y))
    assert seen.distance <= exact + 1e-9
    assert exact <= seen.distance + widest + 1e-9
    assert seen.lower <= seen.distance <= seen.upper


def test_ks_from_64_cells_loses_a_hundredth() -> None:
    rng = np.random.default_rng(3)
    a, b = rng.normal(size=200_000), rng.normal(0.05, 1, 200_000)
    scale = sketch.quantiles(a)
    exact = float(stats.ks_2samp(a, b, method="asymp").statistic)
    seen = sketch.ks(sketch.of_values(scale, a), sketch.of_values(scale, b)).distance
    assert 0.97 * exact < seen <= exact


@pytest.mark.parametrize(
    ("measure", "plain"),
    [(sketch.psi, distances.psi), (sketch.kl, distances.kl), (sketch.jensen_shannon, distances.jensen_shannon)],
)
@pytest.mark.parametrize("apart", [0.0, 0.3])
def test_the_true_divergence_lies_inside_its_bounds_as_often_as_promised(
    measure: Callable[..., Bounded], plain: Callable[..., float], apart: float
) -> None:
    chance = np.random.default_rng(4)
    edges = np.array(sketch.edges_of(stats.norm.ppf(np.arange(1, 64) / 64)))
    p, q = (np.diff([0.0, *stats.norm.cdf(edges - shift), 1.0]) for shift in (0.0, apart))
    scale = Quantiles(tuple(edges.tolist()), tuple((p / p.sum()).tolist()))
    truth = plain(p * 1e12, q * 1e12)
    missed = 0
    for _ in range(RUNS):
        b, c = (Sketch(sketch.name(scale), tuple(chance.multinomial(5000, v / v.sum()).tolist())) for v in (p, q))
        found = measure(b, c, 0.1)
        missed += not found.lower <= truth + 1e-9 or not truth - 1e-9 <= found.upper
    assert missed <= stats.binom.ppf(0.999, RUNS, 0.1)


def test_kl_is_asymmetric_and_without_rows_nothing_is_known() -> None:
    b, c = np.array([900.0, 100.0]), np.array([500.0, 500.0])
    p, q = np.array([0.9, 0.1]), np.array([0.5, 0.5])
    assert distances.kl(b * 1000, c * 1000) == pytest.approx(float(stats.entropy(q, p)), rel=1e-3)
    assert distances.kl(b, c) != pytest.approx(distances.kl(c, b), rel=0.05)
    scale = sketch.categories({"a": 9, "b": 1})
    none, some = sketch.empty(scale), sketch.of_categories(scale, {"a": 5})
    assert sketch.kl(none, some) == (float("inf"), 0.0, float("inf"))
    assert sketch.jensen_shannon(none, some) == (1.0, 0.0, 1.0)


def test_categories_go_from_common_to_rare_and_new_ones_into_the_last_cell() -> None:
    scale = sketch.categories({f"c{i}": 1000 - i for i in range(80)} | {"never": 0})
    assert scale.names[:2] == ("c0", "c1")
    assert len(scale.names) == 63
    seen = sketch.of_categories(scale, {"c0": 5, "c79": 3, "new": 2}, nulls=4)
    assert (seen.counts[0], seen.counts[-1], seen.nulls, seen.rows) == (5, 5, 4, 14)


@pytest.mark.parametrize("change", [lambda x: x, np.exp, lambda x: 1e6 * x**3])
def test_a_shift_by_a_fifth_of_sigma_reads_a_fifth_whatever_the_unit_and_the_shape(
    change: Callable[[np.ndarray], np.ndarray],
) -> None:
    normal = stats.norm.ppf((np.arange(50_000) + 0.5) / 50_000)
    scale = sketch.quantiles(change(normal))
    read = sketch.features(scale)
    means = [np.array(sketch.of_values(scale, change(x)).counts) @ read / 50_000 for x in (normal, normal + 0.2)]
    assert means[0][:2] == pytest.approx([0.0, 1.0], abs=0.03)
    assert means[1][0] - means[0][0] == pytest.approx(0.2, abs=0.01)
    assert means[0][2:] == pytest.approx([1 / 16, 1 / 16], abs=0.002)


def test_every_scale_has_tails_and_finite_scores() -> None:
    for base in ([1.0], [0.0, 1.0], [0.0] * 50 + [1.0], list(range(1000))):
        read = sketch.features(sketch.quantiles(base))
        assert np.isfinite(read).all()
        assert (np.diff(read[:, 0]) >= 0).all()
        assert (read[0, 2], read[-1, 3]) == (1, 1)
    assert all(a <= b for a, b in itertools.pairwise(sketch.edges_of([3.0, 1.0, 2.0, 2.0])))
