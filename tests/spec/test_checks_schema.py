"""Family schema: columns and types as planned, payloads that follow their schema."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from tests.battery_samples import CLEAN, CONTRACT, PLAN, Row, changed, every, failing, named, planned, run

from cleanroom.adapters.jsonschema_rs.validator import JsonSchemaRs
from cleanroom.core.check import Outcome, PayloadRows
from cleanroom.core.checks.schema import type_of
from cleanroom.core.contract import Contract, Field, Roles
from cleanroom.core.payload_schema import payload_schema


def test_a_clean_set_passes() -> None:
    verdict = run(CLEAN)
    assert verdict.outcome is Outcome.PASS
    assert named(verdict, "schema.columns").seen == "10 of 10 columns as planned"


def test_an_event_time_of_text_is_a_clear_fail() -> None:
    rows = [{**r, "ts": r["ts"].isoformat()} for r in CLEAN]
    verdict = run(rows, baseline=None)
    found = named(verdict, "schema.columns")
    assert found.outcome is Outcome.FAIL
    assert "event time column ts is text" in found.because.lower().replace("the ", "")
    assert verdict.results[0].check == "schema.columns"


def without(*columns: str) -> list[Row]:
    return [{k: v for k, v in r.items() if k not in columns} for r in CLEAN]


def test_a_required_column_that_is_missing_fails_and_an_optional_one_warns() -> None:
    found = named(run(without("country")), "schema.columns")
    assert (found.outcome, found.because) == (Outcome.FAIL, "Column country is missing.")
    found = named(run(without("price"), contract=planned(events=())), "schema.columns")
    assert (found.outcome, found.because) == (Outcome.WARN, "Column price is missing.")


@pytest.mark.parametrize("role", ["event", "ts"])
def test_without_event_or_time_only_the_columns_can_be_judged(role: str) -> None:
    verdict = run(without(role), baseline=None)
    assert failing(verdict) == {"schema.columns"}
    assert {r.family for r in verdict.results} == {"schema"}


def test_a_wrong_type_is_named_with_what_is_there() -> None:
    rows = [{**r, "price": str(r["price"])} for r in CLEAN]
    found = named(run(rows), "schema.columns")
    assert found.outcome is Outcome.FAIL
    assert found.because == "Column price is text (string) where the plan says number."


def test_a_type_that_changes_between_parts_fails() -> None:
    rows = changed(CLEAN, lambda _: {"device": 7}, every(500))
    assert "changes its type between parts" in named(run(rows), "schema.columns").because


def test_a_required_parameter_without_any_home_fails() -> None:
    contract = planned(roles=replace(PLAN.roles, payload=None))
    found = named(run(without("payload"), contract=contract), "schema.columns")
    assert "required parameter purchase.value is neither a column nor is there a payload" in found.because.lower()


@pytest.mark.parametrize(
    ("stored", "meant"),
    [
        ("VARCHAR", "string"),
        ("DECIMAL(18,3)", "number"),
        ("TIMESTAMP WITH TIME ZONE", "timestamp"),
        ("TIMESTAMP_NS", "timestamp"),
        ("UBIGINT", "integer"),
        ("int64", "integer"),
        ("BOOLEAN", "boolean"),
        ("DATE", "date"),
        ("VARCHAR[]", None),
        ("STRUCT(a INTEGER)", None),
        ("", None),
    ],
)
def test_engines_types_are_understood(stored: str, meant: str | None) -> None:
    assert type_of(stored) == meant


# --- payloads ----------------------------------------------------------------------------------------------


def test_a_payload_without_a_required_key_is_found_and_named() -> None:
    rows = changed(
        CLEAN, lambda _: {"payload": '{"coupon": null}'}, lambda r: r["event"] == "purchase" and r["user"] < "u2"
    )
    found = named(run(rows), "schema.payload(purchase)")
    broken = sum(r["payload"] == '{"coupon": null}' for r in rows)
    assert found.outcome is Outcome.FAIL
    assert found.because.startswith(f"{broken} of 253 payloads of purchase break the schema: required at /value")
    assert isinstance(found.witness, PayloadRows)
    assert found.witness.finding == "required at /value"


def test_malformed_and_empty_payloads_are_found() -> None:
    wanted = iter(["{oops", None, ""])
    rows = changed(CLEAN, lambda r: {"payload": next(wanted, r["payload"])}, lambda r: r["event"] == "purchase")
    found = named(run(rows), "schema.payload(purchase)")
    assert "empty (2 rows) and malformed (1 row)" in found.because


def test_optional_parameters_may_be_absent_altogether() -> None:
    event = replace(PLAN.events[2], parameters=(Field("coupon", pattern="[A-Z]+"),))
    contract = planned(events=(*PLAN.events[:2], event))
    rows = changed(CLEAN, lambda _: {"payload": None}, lambda r: r["event"] == "purchase")
    assert named(run(rows, contract=contract), "schema.payload(purchase)").outcome is Outcome.PASS
    rows = changed(CLEAN, lambda _: {"payload": '{"coupon": "low"}'}, lambda r: r["event"] == "purchase")
    assert named(run(rows, contract=contract), "schema.payload(purchase)").outcome is Outcome.FAIL


def test_an_event_that_did_not_occur_cannot_be_checked_but_stops_nothing() -> None:
    rows = [r for r in CLEAN if r["event"] != "purchase"]
    found = named(run(rows), "schema.payload(purchase)")
    assert (found.outcome, found.counts_as, found.missing) == (
        Outcome.UNKNOWN,
        Outcome.WARN,
        "at least one row of purchase",
    )


def test_the_events_own_schema_and_the_plans_parameters_both_hold() -> None:
    own = json.dumps({"type": "object", "properties": {"order": {"type": "string"}}, "required": ["order"]})
    contract = Contract(CONTRACT.plan, (("purchase", own),))
    assert "schema.payload(purchase)" in failing(run(CLEAN, contract=contract))
    rows = changed(CLEAN, lambda _: {"payload": '{"order": "o", "value": 1}'}, lambda r: r["event"] == "purchase")
    assert named(run(rows, contract=contract), "schema.payload(purchase)").outcome is Outcome.PASS


VALUE = Field("value", type="number", min=0, required=True)
DRAFT_7 = "http://json-schema.org/draft-07/schema#"
SCHEMAS: list[tuple[dict[str, Any], str, str | None]] = [
    ({"type": "object"}, '{"value": 1}', '{"value": -1}'),
    ({"type": "object", "additionalProperties": False}, '{"order": 1}', '{"value": 1}'),
    (
        {"$schema": DRAFT_7, "$ref": "#/definitions/p", "definitions": {"p": {"required": ["o"]}}},
        '{"value": 1, "o": 1}',
        '{"value": 1}',
    ),
    (
        {"$schema": DRAFT_7, "$ref": "#/definitions/p", "definitions": {"p": {"required": ["o"]}}},
        '{"value": 1, "o": 1}',
        '{"o": 1}',
    ),
    ({"type": "object", "properties": {"value": {"maximum": 5}}}, '{"value": 5}', '{"value": 6}'),
    ({"type": "object", "properties": {"value": {"maximum": 5}}}, '{"value": 5}', '{"value": "5"}'),
    ({"allOf": [{"required": ["o"]}]}, '{"value": 1, "o": 1}', '{"value": 1}'),
    ({"patternProperties": {"^v": {"maximum": 5}}}, '{"value": 5}', '{"value": 6}'),
]


@pytest.mark.parametrize(("own", "valid", "broken"), SCHEMAS)
def test_a_combined_schema_means_both(own: dict[str, Any], valid: str, broken: str) -> None:
    text = payload_schema([VALUE], json.dumps(own), lambda _: ())
    assert text is not None
    compiled = JsonSchemaRs().compile(text)
    if own.get("additionalProperties") is not False:
        assert compiled.finding(valid) is None
    assert compiled.finding(broken) is not None


def test_what_the_schema_demands_anyway_is_not_demanded_twice() -> None:
    own = json.dumps(
        {
            "type": "object",
            "properties": {"value": {"type": "integer", "minimum": 1}, "kind": {"enum": ["a"]}},
            "required": ["value", "kind"],
        }
    )
    kind = Field("kind", required=True, values=("a", "b"))
    assert payload_schema([VALUE, kind], own, lambda f: f.values) == own
    assert payload_schema([replace(VALUE, min=2)], own, lambda f: f.values) != own
    assert payload_schema([], own, lambda _: ()) == own
    assert payload_schema([], None, lambda _: ()) is None


def test_the_boolean_schemas() -> None:
    assert payload_schema([VALUE], "false", lambda _: ()) == "false"
    assert payload_schema([VALUE], "true", lambda _: ()) == payload_schema([VALUE], None, lambda _: ())


@pytest.mark.parametrize(
    ("field", "fits", "breaks"),
    [
        (Field("p"), '"x"', "1"),
        (Field("p"), "null", "[]"),
        (Field("p", type="integer", max=3), "3", "4"),
        (Field("p", type="boolean", required=True), "true", "null"),
        (Field("p", type="date"), '"2026-01-31"', '"2026-02-31"'),
        (Field("p", type="timestamp"), '"2026-01-31T10:00:00Z"', '"yesterday"'),
        (Field("p", pattern="a|b"), '"b"', '"ab"'),
        (Field("p", type="integer", values=("1", "2")), "2", '"2"'),
    ],
)
def test_every_kind_of_parameter_becomes_a_schema(field: Field, fits: str, breaks: str) -> None:
    text = payload_schema([field], None, lambda f: f.values)
    assert text is not None
    compiled = JsonSchemaRs().compile(text)
    assert compiled.finding(f'{{"p": {fits}}}') is None
    assert compiled.finding(f'{{"p": {breaks}}}') is not None


def test_roles_may_be_few() -> None:
    contract = planned(roles=Roles("event", "ts"), funnels=(), events=PLAN.events[:2])
    rows = [r for r in CLEAN if r["event"] != "purchase"]
    names = {r.check for r in run(rows, contract=contract).results}
    assert "duplicates.signature" not in names
    assert not any(n.startswith("schema.payload") for n in names)
