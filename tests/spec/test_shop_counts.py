"""A thin real shop: learnt on five weeks, its next three raise no alarm, and every loss of 60% of a week is found in it."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Callable
from datetime import date

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.shop_mappings import ABSENT, EVENTS

from cleanroom.core.stats.count_groups import Group, judge_group
from cleanroom.core.stats.event_counts import Judged, TooFew

FIRST, LEARNT, DAYS = date(2024, 1, 4), 35, 56
COLUMNS = ("event", "platform", "acquisition_channel")

Rows = dict[str, NDArray[np.str_]]
Kept = NDArray[np.bool_]
Loss = Callable[[NDArray[np.int64], Rows, int, float, int], Kept]


@pytest.fixture(scope="module")
def rows() -> Rows:
    if not EVENTS.is_file():
        pytest.skip(ABSENT)
    with gzip.open(EVENTS, "rt", encoding="utf-8") as file:
        table = list(csv.DictReader(file))
    return {name: np.array([row[name] for row in table]) for name in table[0]}


@pytest.fixture(scope="module")
def day(rows: Rows) -> NDArray[np.int64]:
    return np.array([(date.fromisoformat(at[:10]) - FIRST).days for at in rows["timestamp"]])


def table(rows: Rows, day: NDArray[np.int64], column: str, kept: Kept | None = None) -> dict[str, NDArray[np.int64]]:
    """Counts by day of each value, of the rows that are kept."""
    used = np.ones(len(day), bool) if kept is None else kept
    return {v: np.bincount(day[used & (rows[column] == v)], minlength=DAYS) for v in np.unique(rows[column]).tolist()}


def judged(rows: Rows, day: NDArray[np.int64], column: str, on: int, kept: Kept | None = None) -> Group:
    counts = {name: values[: on + 1] for name, values in table(rows, day, column, kept).items()}
    return judge_group(counts, range(on + 1), on)


def some_rows(day: NDArray[np.int64], rows: Rows, begin: int, share: float, seed: int) -> Kept:
    """Rows go missing at random."""
    week = np.flatnonzero((day >= begin) & (day < begin + 7))
    kept = np.ones(len(day), bool)
    kept[np.random.default_rng(seed).permutation(week)[: int(np.ceil(share * len(week)))]] = False
    return kept


def whole_sessions(day: NDArray[np.int64], rows: Rows, begin: int, share: float, seed: int) -> Kept:
    """Sessions go missing, until the share of rows is reached."""
    week, kept = (day >= begin) & (day < begin + 7), np.ones(len(day), bool)
    for session in np.random.default_rng(seed).permutation(np.unique(rows["session_id"][week])):
        if (week & ~kept).sum() < share * week.sum():
            kept &= ~(week & (rows["session_id"] == session))
    return kept


def last_days(day: NDArray[np.int64], rows: Rows, begin: int, share: float, seed: int) -> Kept:
    """Nothing comes in the last days of the week, so many that the share is reached."""
    week, kept = (day >= begin) & (day < begin + 7), np.ones(len(day), bool)
    for late in range(begin + 6, begin - 1, -1):
        if (week & ~kept).sum() < share * week.sum():
            kept &= day != late
    return kept


@pytest.mark.parametrize("column", COLUMNS)
def test_the_last_three_weeks_raise_no_alarm(rows: Rows, day: NDArray[np.int64], column: str) -> None:
    for on in range(LEARNT, DAYS):
        assert judged(rows, day, column, on).over == (), on


@pytest.mark.parametrize("loss", [some_rows, whole_sessions, last_days])
@pytest.mark.parametrize("share", [0.6, 0.8])
@pytest.mark.parametrize("begin", [35, 39, 42, 46, 49])
def test_every_loss_of_60_percent_of_a_week_is_found_in_that_week(
    rows: Rows, day: NDArray[np.int64], begin: int, share: float, loss: Loss
) -> None:
    for seed in range(2):
        kept = loss(day, rows, begin, share, seed)
        assert (~kept).sum() >= share * ((day >= begin) & (day < begin + 7)).sum()
        assert any(judged(rows, day, "platform", on, kept).total.over for on in range(begin, begin + 7)), seed


def test_it_holds_too_when_nothing_after_the_five_weeks_is_learnt(rows: Rows, day: NDArray[np.int64]) -> None:
    counts = table(rows, day, "platform")
    for begin in (35, 42, 49):
        known = [*range(LEARNT), *range(begin, begin + 7)]
        for share in (0.0, 0.6):
            left = {name: values.copy() for name, values in counts.items()}
            for values in left.values():
                values[begin : begin + 7] = np.floor(values[begin : begin + 7] * (1 - share))
            now = {name: values[known] for name, values in left.items()}
            assert any(judge_group(now, known, on).total.over for on in range(begin, begin + 7)) == (share > 0)


def test_a_platform_that_is_missing_and_an_event_that_vanished_are_named(rows: Rows, day: NDArray[np.int64]) -> None:
    for column, value, days in (("platform", "desktop", 7), ("platform", "mobile", 7), ("event", "search", 7)):
        kept = ~((rows[column] == value) & (day >= 49))
        over = {one.name for on in range(49, 49 + days) for one in judged(rows, day, column, on, kept).over}
        assert value in over, value


def test_half_of_all_events_sent_twice_is_seen_as_too_many(rows: Rows, day: NDArray[np.int64]) -> None:
    counts = {name: values.copy() for name, values in table(rows, day, "platform").items()}
    for values in counts.values():
        values[49:] *= 3
    found = [judge_group({n: v[: on + 1] for n, v in counts.items()}, range(on + 1), on).total for on in range(49, 56)]
    alarms = [one.alarm for one in found if one.over]
    assert alarms
    assert all(isinstance(alarm, Judged) and alarm.way == "rise" for alarm in alarms)


def test_what_is_covered_is_said(rows: Rows, day: NDArray[np.int64]) -> None:
    group = judged(rows, day, "event", DAYS - 1)
    told = group.coverage
    assert {"catalog", "product_view"} <= {*told.by_day, *told.by_week}
    assert {"home", "search", "filter_results"} <= set(told.by_week)
    assert {"purchase", "support_chat", "error_page", "compare"} <= {*told.by_silence, *told.in_sums}
    assert (round(told.share_of_series, 2), round(told.share_of_events, 2)) == (0.94, 0.99)
    assert told.nowhere == ()
    assert str(told).startswith(
        "Of 17 series 0 by day, 9 by week, 7 by their silence: 94% of the series and 99% of the events"
    )
    purchase = next(part for part in group.parts if part.name == "purchase")
    assert isinstance(purchase.day, TooFew)
    assert isinstance(purchase.week, TooFew)
    assert "a week are expected, 20 are needed" in purchase.week.because
    total = group.total.week
    assert isinstance(total, Judged)
    assert total.finds_drop is not None
    assert total.finds_drop < 0.6
