"""Family drift: distributions against the baseline, as distances with bounds, overall and lately."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from functools import partial

import numpy as np
import pytest
from tests import battery_samples
from tests.battery_samples import BASELINE, CLEAN, PLAN, START, Row, changed, every, failing, named, planned

from cleanroom.core.check import Outcome, ValueRows
from cleanroom.core.contract import Contract, Field, Tolerances

run = partial(battery_samples.run, only=("drift",))


def late(row: Row) -> bool:
    return bool((row["ts"] - START).days >= 11)


def test_a_clean_set_passes_with_distances_and_bounds() -> None:
    found = named(run(CLEAN), "drift.numbers(price)")
    assert found.outcome is Outcome.PASS
    assert re.match(r"KS 0\.\d+ \(0 to 0\.\d+\); PSI ", found.seen)
    figures = dict(found.figures)
    assert {"ks", "psi", "cramer_von_mises", "wasserstein", "dispersion"} <= set(figures)
    assert sum(v for k, v in figures.items() if k.startswith("candidate/")) == pytest.approx(1)


def test_drifted_prices_are_found_with_their_medians() -> None:
    found = named(run([{**r, "price": r["price"] * 2} for r in CLEAN]), "drift.numbers(price)")
    assert found.outcome is Outcome.FAIL
    assert re.search(
        r"on all 14 days.*: (KS|PSI) [\d.]+, at least [\d.]+ where [\d.]+ is allowed; median", found.because
    )


def test_prices_that_drifted_only_lately_are_found() -> None:
    found = named(run(changed(CLEAN, lambda r: {"price": r["price"] * 6}, late)), "drift.numbers(price)")
    assert found.outcome is Outcome.FAIL
    assert "2026-01-1" in found.because


def test_a_number_that_is_left_out_more_often_is_found() -> None:
    contract = planned(events=())
    rows = changed(CLEAN, lambda _: {"price": None}, every(2))
    found = named(run(rows, contract=contract), "drift.numbers(price)")
    assert found.outcome is Outcome.FAIL
    assert "filled 0.5" in found.because


def test_a_column_without_numbers_is_unknown() -> None:
    rows = [{**r, "price": None} for r in CLEAN]
    found = named(run(rows), "drift.numbers(price)")
    assert (found.outcome, found.missing) == (Outcome.UNKNOWN, "values of price in the candidate")


def test_thin_data_is_unknown_and_says_how_many_rows_are_missing() -> None:
    contract = planned(tolerances=Tolerances(ks=0.05, js=0.02, psi=0.01))
    verdict = run(CLEAN[:300], baseline=BASELINE[:300], contract=contract)
    for check in ("drift.numbers(price)", "drift.categories(country)"):
        found = named(verdict, check)
        assert found.outcome is Outcome.UNKNOWN
        assert re.fullmatch(r"about [\d,]+ more rows a side", found.missing)


def test_a_category_that_moved_is_found_and_named() -> None:
    rows = changed(CLEAN, lambda _: {"country": "JP"}, lambda r: r["country"] == "FR")
    found = named(run(rows), "drift.categories(country)")
    assert found.outcome is Outcome.FAIL
    assert re.search(r"(JP went from 0% to|FR went from) \d+", found.because)
    assert isinstance(found.witness, ValueRows)


def test_a_category_that_moved_only_lately_is_found() -> None:
    rows = changed(CLEAN, lambda _: {"device": "desktop"}, late)
    found = named(run(rows), "drift.categories(device)")
    assert found.outcome is Outcome.FAIL
    assert "desktop went from" in found.because or "mobile went from" in found.because


def test_null_is_a_category() -> None:
    rows = changed(CLEAN, lambda _: {"consent": None}, lambda r: r["consent"] == "denied")
    assert "drift.categories(consent)" in failing(run(rows))


def test_the_plan_says_what_is_compared() -> None:
    columns = (
        Field("price", type="number", drift=False),
        Field("device", vocabulary="devices"),
        Field("user", drift=True),
        Field("country"),
    )
    contract = Contract(replace(PLAN, columns=columns, events=PLAN.events[1:2], consent=None))
    found = {r.check for r in run(CLEAN, contract=contract).results if r.family == "drift"}
    assert found == {"drift.categories(device)", "drift.categories(user)"}


def test_many_rare_values_are_taken_together() -> None:
    chance = np.random.default_rng(3)
    spread = [f"u{n}" for n in chance.integers(0, 5_000, len(CLEAN))]
    rows = [{**r, "user": u} for r, u in zip(CLEAN, spread, strict=True)]
    contract = planned(columns=(Field("user", drift=True),), references=(), stitching=())
    found = named(run(rows, contract=contract, baseline=BASELINE), "drift.categories(user)")
    assert found.outcome is Outcome.FAIL, "from 300 users to 5,000"
    assert len(found.figures) < 40


def test_without_a_common_day_distributions_are_compared_as_wholes_and_by_week() -> None:
    later = [{**r, "ts": r["ts"] + timedelta(days=100)} for r in CLEAN]
    verdict = run(later)
    assert named(verdict, "drift.numbers(price)").outcome is Outcome.PASS
    assert named(verdict, "drift.categories(country)").outcome is Outcome.PASS
    last_week = changed(later, lambda r: {"price": r["price"] * 5, "country": "US"}, lambda r: r["ts"].day > 23)
    assert {"drift.numbers(price)", "drift.categories(country)"} <= failing(run(last_week))


def test_one_day_of_data_is_enough_to_compare() -> None:
    one, other = ([{**r, "ts": START} for r in rows] for rows in (BASELINE, CLEAN))
    verdict = run(other, baseline=one)
    assert named(verdict, "drift.numbers(price)").outcome is Outcome.PASS
    assert named(verdict, "drift.categories(device)").outcome is Outcome.PASS


def test_the_greatest_numbers_do_no_harm() -> None:
    rows = changed(CLEAN, lambda _: {"price": 1.79e308}, every(300))
    found = named(run(rows), "drift.numbers(price)")
    assert all(np.isfinite(v) for _, v in found.figures)
