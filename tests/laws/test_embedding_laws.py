"""Laws of embeddings by day: sums add up, quiet days alarm as seldom as promised, a search that broke is noticed."""

from __future__ import annotations

import os

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats

from cleanroom.core.sensors.retrieval import nearest
from cleanroom.core.stats import embedding, neighbours
from cleanroom.core.stats.embedding import EmbeddingDay, Limits, Meant, Space, TooFewMeant

SOAK = os.environ.get("HYPOTHESIS_PROFILE") == "soak"
RUNS = 3000 if SOAK else 80
SIZE, DAYS, EACH = 24, 20, 150
Floats = NDArray[np.float64]


class Crowd:
    """Six topics and a seventh that is new; days draw rows of them, with weights that wobble."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        centres = self.rng.normal(size=SIZE) + 1.3 * self.rng.normal(size=(7, SIZE))
        self.rows = np.repeat(centres, EACH, axis=0) + 1.2 * self.rng.normal(size=(7 * EACH, SIZE))
        self.space = Space(SIZE, embedding.width_of(self.rows[:-EACH]), seed=5)
        unit = embedding.unit(self.rows)
        self.both = np.concatenate([unit, embedding.features(self.space, unit)], axis=1)

    def day(self, n: int, new: float = 0.0, unrest: float = 0.1) -> EmbeddingDay:
        weight = np.exp(self.rng.normal(0, unrest, 6))
        topic = self.rng.choice(7, n, p=[*(weight / weight.sum() * (1 - new)), new])
        total = self.both[topic * EACH + self.rng.integers(EACH, size=n)].sum(0)
        return EmbeddingDay(n, tuple(total[:SIZE].tolist()), tuple(total[SIZE:].tolist()))


@settings(max_examples=20)
@given(st.integers(0, 2**32), st.integers(1, 30), st.integers(1, 30))
def test_days_add_up(seed: int, n: int, m: int) -> None:
    rows = np.random.default_rng(seed).normal(size=(n + m, SIZE))
    space = Space(SIZE, 1.0)
    parts = embedding.of_embeddings(space, rows[:n]) + embedding.of_embeddings(space, rows[n:])
    whole = embedding.of_embeddings(space, rows, at_once=7)
    assert parts.n == whole.n == n + m
    assert parts.total == pytest.approx(whole.total, abs=1e-9)
    assert parts.waves == pytest.approx(whole.waves, abs=1e-9)


def test_the_distance_of_features_is_the_mmd_of_the_gaussian_kernel() -> None:
    rng = np.random.default_rng(1)
    x = embedding.unit(rng.normal(size=(300, SIZE)))
    y = embedding.unit(rng.normal(size=(300, SIZE)) + 0.5)
    width = embedding.width_of(x)
    space = Space(SIZE, width, seed=2)
    a, b = (np.array(embedding.of_embeddings(space, rows).waves) / 300 for rows in (x, y))

    def kernel(u: Floats, v: Floats) -> float:
        return float(np.exp(-(2 - 2 * u @ v.T) / (2 * width**2)).mean())

    exact = kernel(x, x) + kernel(y, y) - 2 * kernel(x, y)
    assert float(((a - b) ** 2).sum()) == pytest.approx(exact, rel=0.15)


def alarms(new: float, sizes: tuple[int, ...], runs: int, today: tuple[int, ...]) -> list[Meant]:
    """Days of the given sizes, in turn, each against 20 past days."""
    crowd, out = Crowd(3), []
    for run in range(runs):
        past = tuple((d, crowd.day(sizes[d % len(sizes)])) for d in range(DAYS))
        says = embedding.meant(DAYS, crowd.day(today[run % len(today)], new), past)
        assert isinstance(says, Meant)
        out.append(says)
    return out


def check_quiet(sizes: tuple[int, ...], today: tuple[int, ...]) -> None:
    """At most 1% of quiet days alarm (2% for the t-score's error in the tail), and p says 10% at most as often."""
    found = alarms(0.0, sizes, RUNS, today)
    assert sum(m.over for m in found) <= stats.binom.ppf(0.999, RUNS, 0.02)
    assert sum(m.p <= 0.1 for m in found) <= stats.binom.ppf(0.999, RUNS, 0.11)


@pytest.mark.parametrize(("sizes", "today"), [((20,), (20,)), ((150,), (150,)), ((150, 300), (30, 150))])
def test_quiet_days_are_quiet_with_few_rows_and_with_many_and_with_fewer_than_usual(
    sizes: tuple[int, ...], today: tuple[int, ...]
) -> None:
    check_quiet(sizes, today)


def test_that_check_fails_when_a_day_of_fewer_rows_is_not_allowed_more(monkeypatch: pytest.MonkeyPatch) -> None:
    def forgetful(one: Floats, n: Floats, other: Floats, m: Floats) -> embedding._Apart:
        squared = ((one / n[:, None] - other / m[:, None]) ** 2).sum(1)
        return embedding._Apart(squared, np.zeros(len(squared)))

    monkeypatch.setattr(embedding, "_apart", forgetful)
    with pytest.raises(AssertionError):
        check_quiet((150, 300), (30, 150))


def test_a_new_topic_is_found_that_the_fixed_rule_misses() -> None:
    found = alarms(0.2, (400,), 20, (400,))
    assert sum(m.over for m in found) >= 19
    assert not any(m.fixed_over for m in found)
    assert all(m.since == DAYS and m.mean.distance > 0 for m in found if m.over)
    few = alarms(0.0, (12,), 60, (12,))
    assert sum(m.fixed_over for m in few) > 5 * max(1, sum(m.over for m in few))


def test_a_day_is_over_exactly_when_a_distance_is_beyond_its_bound() -> None:
    for m in alarms(0.1, (150,), 30, (150,)):
        beyond = m.mean.distance >= m.mean.bound or m.mmd.distance >= m.mmd.bound
        assert m.over == beyond
        assert m.p == min(1.0, 2 * min(m.mean.p, m.mmd.p))


def test_too_few_rows_or_days_are_said_and_days_left_out_are_compared_with_nothing() -> None:
    crowd = Crowd(4)
    past = tuple((d, crowd.day(50)) for d in range(DAYS))
    few = embedding.meant(DAYS, crowd.day(5), past)
    assert isinstance(few, TooFewMeant)
    assert "5 embeddings today, 10 are needed" in few.why
    young = embedding.meant(DAYS, crowd.day(50), past, over=frozenset(range(10)))
    assert isinstance(young, TooFewMeant)
    assert "10 past days" in young.why
    bad = (*past[:-2], (DAYS - 2, crowd.day(50, 0.9)), (DAYS - 1, crowd.day(50, 0.9)))
    says = embedding.meant(DAYS, crowd.day(50, 0.9), bad, over=frozenset({DAYS - 2, DAYS - 1}))
    assert isinstance(says, Meant)
    assert (says.over, says.since, says.days) == (True, DAYS - 2, DAYS - 2)
    assert (
        says == embedding.meant(DAYS, crowd.day(50, 0.9), bad[::-1], over=frozenset({DAYS - 2, DAYS - 1})) or says.over
    )
    with pytest.raises(ValueError, match="before the day"):
        embedding.meant(3, crowd.day(50), past)


def test_embeddings_that_are_all_the_same_say_nothing_and_break_nothing() -> None:
    space = Space(3, embedding.width_of(np.ones((5, 3))))
    same = embedding.of_embeddings(space, np.ones((40, 3)))
    says = embedding.meant(15, same, tuple((d, same) for d in range(15)), limits=Limits())
    assert isinstance(says, Meant)
    assert not says.over
    other = embedding.of_embeddings(space, np.tile([1.0, -1.0, 0.0], (40, 1)))
    moved = embedding.meant(15, other, tuple((d, same) for d in range(15)))
    assert isinstance(moved, Meant)
    assert moved.over
    assert moved.fixed_over


@pytest.mark.parametrize("rows", [[[1.0, float("nan"), 0.0]], [[1.0, 2.0]], [1.0, 2.0, 3.0]])
def test_what_is_no_embedding_is_refused(rows: object) -> None:
    with pytest.raises(ValueError, match="embeddings"):
        embedding.of_embeddings(Space(3, 1.0), rows)  # type: ignore[arg-type]


def places(probes: np.ndarray, corpus: np.ndarray) -> np.ndarray:
    """The five rows of the corpus nearest to each probe, as the retrieval sensor finds them, batch by batch."""
    batches = (([str(n) for n in range(at, at + 70)], corpus[at : at + 70]) for at in range(0, len(corpus), 70))
    found, rows = nearest(probes, ((ids[: len(part)], part) for ids, part in batches), 5)
    assert rows == len(corpus)
    return np.array(found, dtype=int)


def test_neighbours_are_the_nearest_by_cosine() -> None:
    rng = np.random.default_rng(6)
    probes, corpus = rng.normal(size=(40, 8)), rng.normal(size=(300, 8))
    for probe, row in zip(probes, places(probes, corpus), strict=True):
        cosine = corpus @ probe / np.linalg.norm(corpus, axis=1)
        assert list(row) == list(np.argsort(-cosine)[:5])


def test_a_search_that_broke_is_over_and_one_that_only_trembles_is_not() -> None:
    rng = np.random.default_rng(7)
    corpus = rng.normal(size=(400, 16))
    home = np.arange(0, 400, 2)
    probes = corpus[home] + 0.1 * rng.normal(size=(200, 16))
    then = places(probes, corpus)
    same = neighbours.validity(then, then, home)
    assert (same.kept.share, same.kept.says, same.over) == (1.0, "within", False)
    trembles = neighbours.validity(then, places(probes + 1e-3 * rng.normal(size=probes.shape), corpus), home)
    assert not trembles.over
    turned = probes @ np.linalg.qr(rng.normal(size=(16, 16)))[0]  # another model: each embedding is as good, none fits
    broken = neighbours.validity(then, places(turned, corpus), home)
    assert broken.over
    assert broken.kept.upper < 0.1
    assert broken.found is not None
    assert broken.found.says == "over"
    few = neighbours.validity(then[:6], then[:6], home[:6])
    assert (few.kept.says, few.over) == ("too few to tell", False)


@given(st.integers(0, 50), st.integers(1, 8))
def test_kept_counts_probes_whose_overlap_is_enough(shift: int, k: int) -> None:
    then = np.arange(20)[:, None] * 100 + np.arange(k)
    now = then + shift
    held = max(0, k - shift)
    found = neighbours.validity(then, now, overlap=0.6)
    assert found.kept.hits == (20 if held >= 0.6 * k - 1e-9 else 0)
    assert found.kept.lower <= found.kept.share <= found.kept.upper
