"""Family fields: filled, in range, in the vocabulary, matching, consented, few enough, fresh."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest
from tests import battery_samples
from tests.battery_samples import CLEAN, PLAN, Row, changed, every, named, planned

from cleanroom.core.base import Instant
from cleanroom.core.check import BreakingRows, Outcome, ValueRows
from cleanroom.core.contract import Cardinality, Field
from cleanroom.core.rules import OneOf, Scope

run = partial(battery_samples.run, only=("fields",))


def test_a_lower_cased_country_is_found_and_named() -> None:
    rows = changed(CLEAN, lambda r: {"country": r["country"].lower()}, lambda r: r["country"] == "FR")
    found = named(run(rows), "fields.values(country)")
    broken = sum(r["country"] == "fr" for r in rows)
    assert found.outcome is Outcome.FAIL
    assert (
        found.because == f"{broken} of 1,687 rows break the rule that country is one of 249 values: fr ({broken} rows)."
    )
    assert isinstance(found.witness, BreakingRows)
    assert isinstance(found.witness.rule, OneOf)


@pytest.mark.parametrize(
    ("check", "change", "told"),
    [
        ("fields.filled(device)", {"device": None}, "device is filled"),
        ("fields.filled(device)", {"device": " "}, "device is filled"),
        ("fields.range(price)", {"price": -0.5}, "at least 0"),
        ("fields.range(price)", {"price": 10_000.5}, "at most 10,000"),
        ("fields.pattern(user)", {"user": "u1x"}, "matches u[0-9]+"),
        ("fields.values(event)", {"event": "add_to_basket"}, "add_to_basket (1 row)"),
        ("fields.filled(event)", {"event": None}, "event is filled"),
        ("fields.filled(ts)", {"ts": None}, "ts is filled"),
    ],
)
def test_one_broken_row_is_enough(check: str, change: Row, told: str) -> None:
    found = named(run(changed(CLEAN, lambda _: change, every(1_000))), check)
    assert found.outcome is Outcome.FAIL
    assert found.because.startswith("1 of 1,687 rows break")
    assert told in found.because


def test_a_parameter_is_judged_on_the_rows_of_its_event_only() -> None:
    check = "fields.filled(view_item.price)"
    elsewhere = changed(CLEAN, lambda _: {"price": None}, lambda r: r["event"] == "purchase")
    assert named(run(elsewhere), check).outcome is Outcome.PASS
    there = changed(CLEAN, lambda _: {"price": None}, lambda r: r["event"] == "view_item" and r["user"] == "u7")
    found = named(run(there), check)
    assert found.outcome is Outcome.FAIL
    assert isinstance(found.witness, BreakingRows)
    assert found.witness.scope == Scope("event", ("view_item",))


def test_a_parameter_that_several_events_have_is_one_check() -> None:
    price = (Field("price", type="number", required=True),)
    contract = planned(events=tuple(replace(e, parameters=price) for e in PLAN.events))
    assert (
        named(run(CLEAN, contract=contract), "fields.filled(view_item,add_to_cart,purchase.price)").outcome
        is Outcome.PASS
    )


def test_whole_numbers_may_be_stored_as_numbers_if_they_are_whole() -> None:
    contract = planned(columns=(*PLAN.columns, Field("quantity", type="integer")))
    whole = [{**r, "quantity": 2.0} for r in CLEAN]
    assert named(run(whole, contract=contract, baseline=None), "fields.type(quantity)").outcome is Outcome.PASS
    broken = changed(whole, lambda _: {"quantity": 2.5}, every(400))
    found = named(run(broken, contract=contract, baseline=None), "fields.type(quantity)")
    assert (found.outcome, found.seen) == (Outcome.FAIL, "4 of 1,687 rows (0.24%) break it")


@pytest.mark.parametrize("consent", ["denied", None, ""])
def test_an_event_recorded_without_consent_is_found(consent: str | None) -> None:
    rows = changed(CLEAN, lambda _: {"consent": consent}, lambda r: r["event"] == "purchase" and r["user"] < "u12")
    found = named(run(rows), "fields.consent")
    assert found.outcome is Outcome.FAIL
    assert "recorded without consent: purchase with" in found.because
    assert isinstance(found.witness, BreakingRows)
    assert found.witness.rule.kind == ("filled" if consent is None else "one_of")


def test_events_that_need_no_consent_may_lack_it() -> None:
    assert any(r["consent"] == "denied" for r in CLEAN if r["event"] == "view_item")
    assert named(run(CLEAN), "fields.consent").outcome is Outcome.PASS


def test_too_many_values_are_counted_and_the_rarest_named() -> None:
    contract = planned(cardinality=(Cardinality("country", 2),))
    found = named(run(CLEAN, contract=contract), "fields.cardinality(country)")
    assert found.outcome is Outcome.FAIL
    assert found.because.startswith("country has 3 different values; the rarest are US")
    assert found.witness == ValueRows("country", ("US",))


def test_too_few_values_fail_too() -> None:
    contract = planned(cardinality=(Cardinality("country", 9, 4),))
    assert named(run(CLEAN, contract=contract), "fields.cardinality(country)").outcome is Outcome.FAIL


@pytest.mark.parametrize(
    ("now", "outcome"),
    [
        ("2026-01-19T04:59:00.000000Z", Outcome.PASS),
        ("2026-01-19T05:01:00.000000Z", Outcome.FAIL),
        ("2026-01-18T16:00:00.000000Z", Outcome.WARN),
        (None, Outcome.UNKNOWN),
    ],
)
def test_data_grows_stale(now: str | None, outcome: Outcome) -> None:
    found = named(run(CLEAN, now=Instant(now) if now else None), "fields.freshness")
    assert found.outcome is outcome
    assert "2026-01-18 23:00" in found.because or outcome is Outcome.UNKNOWN


def test_a_broken_clock_is_met_calmly() -> None:
    rows = [*CLEAN, {**CLEAN[0], "id": "late", "ts": CLEAN[0]["ts"] + timedelta(days=365 * 7_900)}]
    assert named(run(rows), "fields.freshness").outcome is Outcome.WARN


def test_names_of_the_data_stand_harmlessly_in_a_sentence() -> None:
    nasty = 'o\'brien "quoted"\n\x1b[31mDROP TABLE source; --' + "x" * 500
    rows = changed(CLEAN, lambda _: {"event": nasty}, every(800))
    found = named(run(rows), "fields.values(event)")
    assert "\n" not in found.because
    assert "\x1b" not in found.because
    assert len(found.because) < 300


def test_a_set_without_rows_is_never_a_pass() -> None:
    verdict = run([], baseline=None)
    assert verdict.outcome.rank >= Outcome.UNKNOWN.rank
    few = planned(freshness=None)
    assert run([], columns=frozenset(CLEAN[0]), contract=few).outcome is Outcome.UNKNOWN
    gone = battery_samples.run([], columns=frozenset(CLEAN[0]))
    assert gone.outcome is Outcome.FAIL
    assert named(gone, "fields.filled(device)").outcome is Outcome.UNKNOWN
