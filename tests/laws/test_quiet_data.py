"""Quiet data stays quiet: two draws of the same shop, with weekdays and people who come in bunches, do not FAIL.

And what did change is found: the same draws with one thing changed in the candidate.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from cleanroom.core.check import CheckResult, Outcome, judged
from cleanroom.core.checks import AnyCheck
from cleanroom.core.checks.categories import Categories
from cleanroom.core.checks.counts import EventCount
from cleanroom.core.checks.numbers import Numbers
from cleanroom.core.checks.ratios import RatioShift
from cleanroom.core.measure import Column, Day, Measure, Rows, Seen, Side, Spread
from cleanroom.core.states import AnyState, Counts, Histogram, bin_of

EVENTS = ("view", "cart", "buy")
COUNTRIES = ("DE", "FR", "US", "JP")
DAYS = tuple(f"2026-01-{d:02d}" for d in range(1, 29))
WEEKDAY = np.array([1.0, 1.0, 1.05, 1.1, 1.3, 1.6, 1.5])
DRAWS = 120

Draw = dict[str, NDArray[np.float64]]
Change = Callable[[Draw], Draw]

CHECKS: tuple[AnyCheck, ...] = (
    *(EventCount("event", "ts", e, 0.25, 200, 0.01, len(EVENTS)) for e in EVENTS),
    RatioShift("event", "ts", "conversion", "buy", "view", 0.25, 200, 0.01),
    Categories("country", "ts", 0.1, 0.1, 0.01, 2),
    Numbers("price", "event", "ts", 0.05, 0.1, 0.01, 2),
)


def draw(chance: np.random.Generator, visits: int = 4_000) -> Draw:
    """Rows of one side: visits of people with a country and a taste for prices of their own, several rows a visit."""
    people = 1_200
    eagerness = chance.gamma(1.5, size=people)
    country = chance.choice(4, people, p=[0.4, 0.3, 0.2, 0.1])
    taste = chance.normal(0, 0.4, people)
    who = chance.choice(people, visits, p=eagerness / eagerness.sum())
    weight = np.array([WEEKDAY[d % 7] for d in range(len(DAYS))])
    day = chance.choice(len(DAYS), visits, p=weight / weight.sum())
    length = 1 + chance.poisson(2.5, visits)
    visit = np.repeat(np.arange(visits), length)
    event = chance.choice(3, len(visit), p=[0.75, 0.18, 0.07])
    # Weekends bring other countries: both sides have them on the same days.
    abroad = (day[visit] % 7 > 4) & (chance.random(visits)[visit] < 0.15)
    return {
        "event": event.astype(float),
        "day": day[visit].astype(float),
        "country": np.where(abroad, 3, country[who[visit]]).astype(float),
        "price": np.exp(3 + taste[who[visit]] + chance.normal(0, 0.6, len(visit))),
    }


def states(side: Side, rows: Draw) -> dict[Measure, AnyState]:
    """What an engine would have measured."""
    day = rows["day"].astype(int)

    def cells(values: NDArray[np.float64], names: tuple[str, ...]) -> Counts:
        table = np.bincount(values.astype(int) * len(DAYS) + day, minlength=len(names) * len(DAYS))
        return Counts({(names[i // len(DAYS)], DAYS[i % len(DAYS)]): int(n) for i, n in enumerate(table)})

    bins = bin_of(rows["price"])
    found = {(DAYS[d],): np.unique(bins[day == d], return_counts=True) for d in range(len(DAYS))}
    return {
        Rows((Column("event"), Day("ts")), side): cells(rows["event"], EVENTS),
        Rows((Column("country"), Day("ts")), side): cells(rows["country"], COUNTRIES),
        Spread("price", (Day("ts"),), side=side): Histogram(
            {k: (b, n.astype(np.int64)) for k, (b, n) in found.items()}
        ),
    }


def results(seed: int, change: Change = lambda rows: rows, baseline: Change = lambda rows: rows) -> list[CheckResult]:
    chance = np.random.default_rng([11, seed])
    one, other = baseline(draw(chance)), change(draw(chance))
    seen: Seen[object] = Seen({**states("baseline", one), **states("candidate", other)})
    return [judged(check, seen) for check in CHECKS]


def test_quiet_data_fails_in_less_than_one_draw_of_a_hundred_and_mostly_passes() -> None:
    found = [r for seed in range(DRAWS) for r in results(seed)]
    failed = [r.because for r in found if r.outcome is Outcome.FAIL]
    assert len(failed) <= DRAWS * 0.01, failed
    passed = [r for r in found if r.outcome is Outcome.PASS]
    assert len(passed) >= 0.75 * len(found)


def test_without_a_common_day_quiet_data_does_not_fail_either() -> None:
    failed = 0
    for seed in range(40):
        chance = np.random.default_rng([12, seed])
        one, other = draw(chance), draw(chance)
        first, second = (
            {k: v[keep] for k, v in rows.items()}
            for rows, keep in ((one, one["day"] < 14), (other, other["day"] >= 14))
        )
        seen: Seen[object] = Seen({**states("baseline", first), **states("candidate", second)})
        failed += any(judged(c, seen).outcome is Outcome.FAIL for c in CHECKS)
    assert failed <= 1


def kept(rows: Draw, keep: NDArray[np.bool_]) -> Draw:
    return {k: v[keep] for k, v in rows.items()}


def late(rows: Draw) -> NDArray[np.bool_]:
    return rows["day"] >= len(DAYS) - 5


CHANGES: dict[str, tuple[str, Change]] = {
    "two thirds of the carts are lost": (
        "counts.event(cart)",
        lambda r: kept(r, (r["event"] != 1) | (np.arange(len(r["event"])) % 3 == 0)),
    ),
    "three quarters of the views are lost on the last five days": (
        "counts.event(view)",
        lambda r: kept(r, ~((r["event"] == 0) & late(r) & (np.arange(len(r["event"])) % 4 > 0))),
    ),
    "carts become buys": (
        "counts.ratio(conversion)",
        lambda r: {**r, "event": np.where(r["event"] == 1, 2.0, r["event"])},
    ),
    "a country vanishes on the last five days": (
        "drift.categories(country)",
        lambda r: {**r, "country": np.where((r["country"] == 0) & late(r), 2.0, r["country"])},
    ),
    "prices rise by half": ("drift.numbers(price)", lambda r: {**r, "price": r["price"] * 1.5}),
    "prices are in cents on the last five days": (
        "drift.numbers(price)",
        lambda r: {**r, "price": np.where(late(r), r["price"] * 100, r["price"])},
    ),
}


@pytest.mark.parametrize("what", CHANGES)
def test_what_did_change_is_found_in_nearly_every_draw(what: str) -> None:
    name, change = CHANGES[what]
    found = [{r.check: r.outcome for r in results(seed, change)}[name] for seed in range(20)]
    assert found.count(Outcome.FAIL) >= 19, found
