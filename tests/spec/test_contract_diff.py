"""A new version of a contract is told apart: what it breaks and why, and what it only adds."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from cleanroom.codec.plan import read_plan
from cleanroom.core.contract import (
    Cardinality,
    Consent,
    Contract,
    Field,
    Freshness,
    Plan,
    PlanDifference,
    Stitch,
    Tolerances,
    Unique,
    Vocabulary,
)
from cleanroom.core.plan_diff import diff
from cleanroom.core.schema_diff import schema_differences

_READ = read_plan(b"""\
name: shop
roles: {event: event, time: ts, user: user_id, session: session_id, payload: payload}
columns:
  country: {vocabulary: iso-3166-1-alpha-2, required: true}
  device: {vocabulary: devices}
  sku: {pattern: "[A-Z]{3}"}
  price: {type: number, min: 0, max: 100}
events:
  view: {owner: a@b.example, description: Seen., sampling: 0.5}
  buy:
    owner: a@b.example
    description: Paid.
    consent: true
    parameters: {value: {type: integer, required: true}, coupon: {}}
vocabularies: {devices: [mobile, desktop]}
consent: {column: consent, granted: [yes, full]}
ratios: {conversion: {of: buy, to: view, min: 0.1, tolerance: 0.1}}
funnels: {path: {steps: [view, buy]}}
keys: [{columns: [id]}]
freshness: {max_age: 6h}
cardinality: {device: {max: 5}}
advisory: [drift]
""")
assert _READ.value is not None
PLAN: Plan = _READ.value
Change = Callable[[Plan], Plan]


def column(name: str, **changes: Any) -> Change:
    return lambda p: replace(p, columns=tuple(replace(c, **changes) if c.name == name else c for c in p.columns))


def event(name: str, **changes: Any) -> Change:
    return lambda p: replace(p, events=tuple(replace(e, **changes) if e.name == name else e for e in p.events))


def whole(**changes: Any) -> Change:
    return lambda p: replace(p, **changes)


BUY = PLAN.events[1].parameters


@pytest.mark.parametrize(
    ("change", "where", "verdict", "because"),
    [
        (whole(name="store"), "name", "compatible", "renamed"),
        (whole(roles=replace(PLAN.roles, user="uid")), "roles.user", "breaking", "moved from 'user_id' to 'uid'"),
        (whole(roles=replace(PLAN.roles, segment="device")), "roles.segment", "breaking", "from nothing to 'device'"),
        (whole(events=PLAN.events[:1]), "events.buy", "breaking", "the event was removed"),
        (whole(events=(*PLAN.events, replace(PLAN.events[0], name="new"))), "events.new", "compatible", "a new event"),
        (event("view", owner="c@d.example"), "events.view.owner", "compatible", "owner"),
        (event("view", sampling=1.0), "events.view.sampling", "breaking", "went from 0.5 to 1"),
        (event("view", consent=True), "events.view.consent", "breaking", "now needs consent"),
        (event("buy", consent=False), "events.buy.consent", "compatible", "no longer needs consent"),
        (event("buy", touches=("billing",)), "events.buy.touches", "compatible", "have to approve"),
        (event("buy", parameters=BUY[:1]), "events.buy.parameters.coupon", "breaking", "the parameter was removed"),
        (event("buy", parameters=(*BUY, Field("tax"))), "events.buy.parameters.tax", "compatible", "a new parameter"),
        (event("buy", parameters=(*BUY, Field("tax", required=True))), "events.buy.parameters.tax", "breaking", "required"),
        (event("buy", parameters=(replace(BUY[0], type="number"), BUY[1])), "events.buy.parameters.value.type",
         "compatible", "integer to number"),
        (column("price", type="integer"), "columns.price.type", "breaking", "number to integer"),
        (column("price", required=True), "columns.price.required", "breaking", "required now"),
        (column("country", required=False), "columns.country.required", "compatible", "optional now"),
        (column("price", min=1.0), "columns.price.min", "breaking", "narrower: min went from 0 to 1"),
        (column("price", min=None), "columns.price.min", "compatible", "wider"),
        (column("price", max=50.0), "columns.price.max", "breaking", "narrower"),
        (column("price", max=500.0), "columns.price.max", "compatible", "wider"),
        (column("price", max=None), "columns.price.max", "compatible", "wider: max went from 100 to nothing"),
        (column("price", drift=True), "columns.price.drift", "breaking", "may be judged"),
        (column("sku", pattern="[A-Z]{4}"), "columns.sku.pattern", "breaking", "not understood"),
        (column("sku", pattern=None), "columns.sku.pattern", "compatible", "any text"),
        (column("country", pattern="[A-Z]+"), "columns.country.pattern", "breaking", "has to match"),
        (column("device", vocabulary=None), "columns.device.vocabulary", "compatible", "any value"),
        (column("sku", values=("a",), pattern="[A-Z]{3}"), "columns.sku.values", "breaking", "only 1 values"),
        (column("device", vocabulary=None, values=("mobile",)), "columns.device.values", "breaking", "'desktop'"),
        (whole(columns=PLAN.columns[1:]), "columns.country", "breaking", "the column was removed"),
        (whole(columns=(*PLAN.columns, Field("x", required=True))), "columns.x", "breaking", "it is required"),
        (whole(columns=(*PLAN.columns, Field("x"))), "columns.x", "compatible", "a new column"),
        (whole(vocabularies=(Vocabulary("devices", ("mobile",)),)), "vocabularies.devices", "breaking", "'desktop'"),
        (whole(vocabularies=(Vocabulary("devices", ("mobile", "desktop", "tv")),)), "vocabularies.devices",
         "compatible", "'tv'"),
        (whole(vocabularies=(*PLAN.vocabularies, Vocabulary("x", ("y",)))), "vocabularies.x", "compatible", "new"),
        (whole(consent=None), "consent", "compatible", "removed"),
        (whole(consent=Consent("consent", ("full",))), "consent.granted", "breaking", "'yes'"),
        (whole(consent=Consent("ok", ("yes", "full"))), "consent.column", "breaking", "moved"),
        (whole(ratios=()), "ratios.conversion", "compatible", "no longer checked"),
        (whole(ratios=(replace(PLAN.ratios[0], max=0.5),)), "ratios.conversion.max", "breaking", "narrower"),
        (whole(ratios=(replace(PLAN.ratios[0], of="view"),)), "ratios.conversion", "breaking", "something else"),
        (whole(ratios=(replace(PLAN.ratios[0], tolerance=0.2),)), "ratios.conversion.tolerance", "compatible", "looser"),
        (whole(ratios=(replace(PLAN.ratios[0], tolerance=None),)), "ratios.conversion.tolerance", "breaking", "may be"),
        (whole(funnels=(replace(PLAN.funnels[0], steps=("buy", "view")),)), "funnels.path", "breaking", "buy > view"),
        (whole(funnels=(replace(PLAN.funnels[0], max_skips=0.01),)), "funnels.path.max_skips", "breaking", "stricter"),
        (whole(keys=(Unique(("id",), 0.1),)), "keys.id.max_share", "compatible", "looser"),
        (whole(stitching=(Stitch("session_id", "user_id"),)), "stitching.session_id, user_id", "breaking", "checked now"),
        (whole(freshness=None), "freshness", "compatible", "no longer checked"),
        (whole(freshness=Freshness(60.0)), "freshness.max_age", "breaking", "stricter"),
        (whole(cardinality=(Cardinality("device", 4),)), "cardinality.device.max", "breaking", "narrower"),
        (whole(tolerances=Tolerances(psi=0.2)), "tolerances.psi", "compatible", "looser"),
        (whole(tolerances=Tolerances(coverage=0.9)), "tolerances.coverage", "compatible", "looser"),
        (whole(tolerances=Tolerances(min_count=10)), "tolerances.min_count", "breaking", "other cells"),
        (whole(advisory=()), "advisory.drift", "breaking", "may stop a change now"),
        (whole(advisory=("drift", "counts")), "advisory.counts", "compatible", "can no longer stop"),
    ],
)  # fmt: skip
def test_each_difference_is_told_with_its_reason(change: Change, where: str, verdict: str, because: str) -> None:
    differences = diff(Contract(PLAN), Contract(change(PLAN)))
    meant = [d for d in differences if d.where == where and d.verdict == verdict]
    assert meant, differences
    assert because in meant[0].because


def test_a_vocabulary_that_shrinks_breaks_the_columns_that_use_it() -> None:
    smaller = replace(PLAN, vocabularies=(Vocabulary("devices", ("mobile",)),))
    found = {(d.where, d.verdict) for d in diff(Contract(PLAN), Contract(smaller))}
    assert found == {("columns.device.vocabulary", "breaking"), ("vocabularies.devices", "breaking")}


def test_the_same_contract_has_no_differences_and_breaking_ones_come_first() -> None:
    assert diff(Contract(PLAN), Contract(PLAN)) == ()
    other = replace(PLAN, name="x", events=PLAN.events[:1])
    assert [d.verdict for d in diff(Contract(PLAN), Contract(other))][:1] == ["breaking"]


def test_the_way_back_of_what_narrows_is_wider() -> None:
    narrow = column("price", max=50.0)(PLAN)
    assert [d.verdict for d in diff(Contract(narrow), Contract(PLAN))] == ["compatible"]


# --- JSON Schemas -------------------------------------------------------------------------------------------

OLD: dict[str, Any] = {
    "type": "object",
    "required": ["value"],
    "properties": {
        "value": {"type": "number", "minimum": 0},
        "currency": {"enum": ["EUR", "USD"]},
        "items": {"type": "array", "items": {"$ref": "#/$defs/item"}, "maxItems": 10},
    },
    "$defs": {"item": {"type": "object", "properties": {"sku": {"type": "string"}}}, "unused": {"type": "string"}},
}


def changed(path: str, value: Any) -> dict[str, Any]:
    """OLD with something else at a path; None removes it."""
    out: dict[str, Any] = json.loads(json.dumps(OLD))
    here = out
    *way, last = path.split("/")
    for part in way:
        here = here[part]
    if value is None:
        del here[last]
    else:
        here[last] = value
    return out


@pytest.mark.parametrize(
    ("path", "value", "where", "verdict"),
    [
        ("required", ["value", "currency"], "#/required", "breaking"),
        ("required", [], "#/required", "compatible"),
        ("properties/value/type", "integer", "#/properties/value/type", "breaking"),
        ("properties/value/type", ["number", "null"], "#/properties/value/type", "compatible"),
        ("properties/value/minimum", 1, "#/properties/value/minimum", "breaking"),
        ("properties/value/minimum", -1, "#/properties/value/minimum", "compatible"),
        ("properties/value/minimum", None, "#/properties/value/minimum", "compatible"),
        ("properties/value/multipleOf", 2, "#/properties/value/multipleOf", "breaking"),
        ("properties/currency/enum", ["EUR"], "#/properties/currency/enum", "breaking"),
        ("properties/currency/enum", ["EUR", "USD", "NOK"], "#/properties/currency/enum", "compatible"),
        ("properties/currency", None, "#/properties/currency", "breaking"),
        ("properties/tax", {"type": "number"}, "#/properties/tax", "compatible"),
        ("properties/items/maxItems", 5, "#/properties/items/maxItems", "breaking"),
        ("properties/items/items", {"$ref": "#/$defs/unused"}, "#/properties/items/items/$ref", "breaking"),
        ("additionalProperties", False, "#/additionalProperties", "breaking"),
        ("$defs/item/properties/sku/type", "integer", "#/$defs/item/properties/sku/type", "breaking"),
        ("$defs/item/properties/sku/pattern", "^a", "#/$defs/item/properties/sku/pattern", "breaking"),
        ("not", {"required": ["x"]}, "#/not", "breaking"),
        ("x-unknown", 5, "#/x-unknown", "breaking"),
        ("description", "words", "#/description", "compatible"),
    ],
)
def test_each_difference_of_a_schema_is_told(path: str, value: Any, where: str, verdict: str) -> None:
    differences = schema_differences(json.dumps(OLD), json.dumps(changed(path, value)), "s")
    assert (f"s{where}", verdict) in [(d.where, d.verdict) for d in differences]


def test_a_definition_that_nothing_refers_to_decides_nothing() -> None:
    assert schema_differences(json.dumps(OLD), json.dumps(changed("$defs/unused/type", "number")), "s") == ()


def test_one_is_not_true() -> None:
    """In Python 1 == True; in JSON they are different values."""
    [difference, _] = schema_differences('{"enum": [1]}', '{"enum": [true]}', "s")
    assert difference == PlanDifference("s#/enum", "breaking", "no longer allowed: 1")


def test_allowing_more_below_a_not_is_never_silently_compatible() -> None:
    old = {"not": {"$ref": "#/$defs/a"}, "$defs": {"a": {"maximum": 5}}}
    new = {"not": {"$ref": "#/$defs/a"}, "$defs": {"a": {"maximum": 9}}}
    differences = schema_differences(json.dumps(old), json.dumps(new), "s")
    assert {d.verdict for d in differences} == {"compatible", "breaking"}
    assert "not understood" in differences[-1].because


def test_what_other_keywords_depend_on_is_never_silently_compatible() -> None:
    """`additionalProperties: true` says nothing by itself, but it is what `unevaluatedProperties` looks at."""
    old = {"unevaluatedProperties": False, "additionalProperties": True}
    [difference] = schema_differences(json.dumps(old), '{"unevaluatedProperties": false}', "s")
    assert difference.verdict == "breaking"


def test_schemas_that_come_or_go_are_told() -> None:
    bare, with_schema = Contract(PLAN), Contract(PLAN, (("buy", json.dumps(OLD)),))
    [came] = diff(bare, with_schema)
    assert (came.where, came.verdict) == ("events.buy.schema", "breaking")
    [went] = diff(with_schema, bare)
    assert (went.where, went.verdict) == ("events.buy.schema", "compatible")
    [narrower] = diff(with_schema, Contract(PLAN, (("buy", json.dumps(changed("properties/value/minimum", 3))),)))
    assert narrower.where == "events.buy.schema#/properties/value/minimum"
