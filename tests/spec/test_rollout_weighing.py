"""From outcomes to evidence: what counts once, what does not count, and where a look stops."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
from tests.rollout_samples import PLAN

from cleanroom.core.base import MINUTE, Instant, instant, micros
from cleanroom.core.outcome import Columns
from cleanroom.core.rollout.plan import Metric, Plan
from cleanroom.core.rollout.weigh import Memory, harm, recall, weigh
from cleanroom.core.rollout.weighed import Weighed

AT = Instant("2026-11-22T09:00:00.000000Z")
BEGIN = micros(AT)
HOUR = 60 * MINUTE
Row = tuple[str, float, bool, float]
"""User, minutes after the begin, is it of the candidate, value."""


def outcomes(*rows: Row, name: str = "error", late: int = 0) -> Columns:
    """They arrive `late` microseconds after they happened."""
    at = np.array([BEGIN + int(minute * MINUTE) for _, minute, _, _ in rows], np.int64)
    return Columns(
        np.array([who for who, *_ in rows], np.str_),
        at,
        at + late,
        np.array([canary for _, _, canary, _ in rows], np.bool_),
        {name: np.array([value for *_, value in rows], np.float64)},
    )


def bounds(hours: int) -> tuple[int, ...]:
    return tuple(BEGIN + h * HOUR for h in range(hours + 1))


def seen(rows: Columns, hours: int, plan: Plan = PLAN, memory: Memory | None = None) -> tuple[Weighed, Memory]:
    return weigh(Weighed(AT), memory or Memory(), plan, BEGIN, bounds(hours), rows)


def crowd(name: str, count: int, minute: float, bad: int, *, canary: bool) -> tuple[Row, ...]:
    return tuple((f"{name}{n}", minute, canary, float(n < bad)) for n in range(count))


def test_a_look_stops_at_the_first_block_that_shows_harm() -> None:
    """Whoever looks once a day decides what somebody who looks each hour would have decided."""
    harmful = (*crowd("a", 40, 5, 20, canary=True), *crowd("b", 360, 5, 10, canary=False))
    after = tuple(
        row
        for hour in range(1, 6)
        for row in (
            *crowd(f"c{hour}-", 40, 60 * hour + 5, 0, canary=True),
            *crowd(f"d{hour}-", 360, 60 * hour + 5, 90, canary=False),
        )
    )
    found, _ = seen(outcomes(*harmful, *after), 6)
    assert harm(found.series, PLAN).harmful
    assert found.until == instant(BEGIN + HOUR)
    series = found.series[0]
    assert (series.canary_n, series.canary_bad, series.control_n, series.control_bad) == (40, 20, 360, 10)
    later, _ = seen(outcomes(*after), 6)
    assert not harm(later.series, PLAN).harmful, "all of it together would have looked fine"


def test_a_user_who_was_bad_is_not_at_risk_again_also_after_a_restart() -> None:
    first = outcomes(("u", 5, True, 1.0), ("v", 5, False, 0.0))
    second = outcomes(("u", 65, True, 1.0), ("v", 65, False, 1.0), ("w", 70, False, 0.0))
    one, memory = weigh(Weighed(AT), Memory(), PLAN, BEGIN, bounds(2)[:2], first)
    remembered = recall(PLAN, BEGIN, bounds(1), first)
    assert memory == remembered
    two, _ = weigh(one, memory, PLAN, BEGIN, bounds(2)[1:], second)
    series = two.series[0]
    assert (series.canary_n, series.canary_bad) == (1, 1), "u counts once"
    assert (series.control_n, series.control_bad) == (3, 1)
    assert (two.new_canary, two.new_control) == (1, 2), "v came once for the first time"


def test_labels_that_come_too_late_count_in_neither_arm() -> None:
    rows = (*crowd("a", 9, 5, 9, canary=True), *crowd("b", 90, 5, 1, canary=False))
    patient = replace(PLAN, patience=600)
    assert seen(outcomes(*rows, late=600_000_000), 1, patient)[0].series[0].canary_n == 9
    late = seen(outcomes(*rows, late=600_000_001), 1, patient)[0]
    assert (late.series[0].canary_n, late.series[0].control_n) == (0, 0)
    assert late.new_canary == 0


def test_silence_is_left_out_or_good_as_the_kind_says() -> None:
    rows = outcomes(("a", 5, True, float("nan")), ("b", 6, False, 0.0))
    assert seen(rows, 1)[0].series[0].canary_n == 0
    complaint = replace(PLAN, metrics=(Metric("error", "reported"),))
    series = seen(rows, 1, complaint)[0].series[0]
    assert (series.canary_n, series.canary_bad) == (1, 0)


def test_a_number_is_held_against_the_control_of_the_hour_before() -> None:
    slow = replace(PLAN, metrics=(Metric("ms", "above"),))
    before = tuple((f"b{n}", n * 0.5, False, 100.0 + n) for n in range(100))
    now = (("x", 65.0, True, 150.5), ("y", 65.0, True, 90.0), ("z", 66.0, False, 198.0))
    found, _ = seen(outcomes(*before, *now, name="ms"), 2, slow)
    p50, p90, p99 = found.series
    assert (p50.level, p90.level, p99.level) == (0.5, 0.9, 0.99)
    assert (p50.canary_n, p50.canary_bad) == (2, 1)
    assert (p90.canary_bad, p99.canary_bad) == (0, 0)
    assert p50.control_bad == 1
    assert p99.control_bad == 0
    first, _ = seen(outcomes(*before, name="ms"), 1, slow)
    assert [s.control_bad for s in first.series] == [0, 0, 0], "nothing is above what is not known yet"


def test_counts_of_the_phase_are_of_blocks_that_began_in_it() -> None:
    rows = outcomes(*crowd("a", 10, 5, 0, canary=True), *crowd("b", 10, 65, 0, canary=True))
    found, memory = weigh(Weighed(AT), Memory(), PLAN, BEGIN + HOUR, bounds(2), rows)
    assert (found.series[0].canary_n, found.series[0].phase_canary, found.new_canary) == (20, 10, 10)
    assert memory.met == frozenset(f"b{n}" for n in range(10))
    assert all(b - a == HOUR for a, b in pairwise(bounds(2)))
