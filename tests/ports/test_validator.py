"""Does the Validator keep the promises of its port? Drafts, the first violation, strict JSON, and nothing fetched."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.request import urlopen

import pytest

from cleanroom.adapters.jsonschema_rs.validator import JsonSchemaRs
from cleanroom.core.base import Misuse
from cleanroom.ports.validator import InvalidSchema, Validator

DRAFT_7 = "http://json-schema.org/draft-07/schema#"
DRAFT_2019 = "https://json-schema.org/draft/2019-09/schema"
DRAFT_2020 = "https://json-schema.org/draft/2020-12/schema"

PURCHASE: dict[str, Any] = {
    "type": "object",
    "required": ["value", "currency"],
    "properties": {
        "value": {"type": "number", "minimum": 0},
        "currency": {"type": "string", "pattern": "^[A-Z]{3}$"},
        "day": {"type": "string", "format": "date"},
        "items": {"type": "array", "items": {"type": "object", "required": ["sku"]}},
        "a/b~c": {"type": "null"},
    },
    "additionalProperties": False,
}


@pytest.fixture(params=[JsonSchemaRs])
def validator(request: pytest.FixtureRequest) -> Validator:
    made: Validator = request.param()
    return made


@pytest.mark.parametrize(
    ("document", "finding"),
    [
        ('{"value": 1, "currency": "EUR"}', None),
        ('{"value": 1, "currency": "EUR", "items": [{"sku": 1}]}', None),
        ("", "empty"),
        (" \n\t", "empty"),
        ("{", "malformed"),
        ("{'value': 1}", "malformed"),
        ('{"value": NaN, "currency": "EUR"}', "malformed"),
        ('{"value": -Infinity, "currency": "EUR"}', "malformed"),
        ('{"value": 1} {"value": 1}', "malformed"),
        ("[" * 100_000, "malformed"),
        ("9" * 6_000, "malformed"),
        ('{"value": 1, "currency": "\\ud800"}', "malformed"),
        ("[]", "type at (root)"),
        ("{}", "required at /value"),
        ('{"value": 1}', "required at /currency"),
        ('{"value": -1, "currency": "EUR"}', "minimum at /value"),
        ('{"value": 1, "currency": "eur"}', "pattern at /currency"),
        ('{"value": "1", "currency": "eur"}', "type at /value"),
        ('{"currency": "eur", "value": "1"}', "pattern at /currency"),
        ('{"value": 1, "currency": "EUR", "items": [{"sku": 1}, {}]}', "required at /items/1/sku"),
        ('{"value": 1, "currency": "EUR", "x": 1, "a/b~c": 2}', "additionalProperties at /x"),
        ('{"value": 1, "currency": "EUR", "a/b~c": 2}', "type at /a~1b~0c"),
        ('{"value": 1, "currency": "EUR", "day": "2024-02-30"}', "format at /day"),
        ('{"value": 7, "value": -1, "currency": "EUR"}', "minimum at /value"),
    ],
)
@pytest.mark.parametrize("draft", [DRAFT_7, DRAFT_2019, DRAFT_2020, None])
def test_the_first_violation_of_a_document_is_named(
    validator: Validator, draft: str | None, document: str, finding: str | None
) -> None:
    schema = PURCHASE if draft is None else {"$schema": draft, **PURCHASE}
    assert validator.compile(json.dumps(schema)).finding(document) == finding


def test_a_finding_is_cut_short_because_keys_of_the_data_stand_in_it(validator: Validator) -> None:
    found = validator.compile(json.dumps(PURCHASE)).finding(json.dumps({"value": 1, "currency": "EUR", "k" * 9_999: 1}))
    assert found is not None
    assert found.startswith("additionalProperties at /kkk")
    assert len(found) == 200


def test_drafts_differ_where_they_do(validator: Validator) -> None:
    """`dependentRequired` came with 2019-09, `prefixItems` with 2020-12; draft 7 has `$ref` hide its neighbours."""
    dependent = {"dependentRequired": {"a": ["b"]}}
    prefix = {"prefixItems": [{"type": "string"}]}
    neighbours = {"$ref": "#/definitions/any", "type": "string", "definitions": {"any": {}}}
    outcome = {
        draft: tuple(
            validator.compile(json.dumps({"$schema": draft, **schema})).finding(document)
            for schema, document in ((dependent, '{"a": 1}'), (prefix, "[1]"), (neighbours, "5"))
        )
        for draft in (DRAFT_7, DRAFT_2019, DRAFT_2020)
    }
    assert outcome == {
        DRAFT_7: (None, None, None),
        DRAFT_2019: ("required at /b", None, "type at (root)"),
        DRAFT_2020: ("required at /b", "type at /0", "type at (root)"),
    }


def test_references_lead_to_the_resources_given(validator: Validator) -> None:
    amount = {"$ref": "parts/number.json", "minimum": 0}
    resources = {
        "money.json": json.dumps({"$defs": {"amount": amount, "small": {"maximum": 100}}}),
        "parts/number.json": json.dumps({"type": "number", "$ref": "../money.json#/$defs/small"}),
    }
    compiled = validator.compile(json.dumps({"properties": {"v": {"$ref": "money.json#/$defs/amount"}}}), resources)
    found = [compiled.finding(json.dumps({"v": v})) for v in (5, -5, 500, "5")]
    assert found == [None, "minimum at /v", "maximum at /v", "type at /v"]


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ("http://shop.example/money.json", "refers outside the project: 'http://shop.example/money.json'"),
        ("https://shop.example/money.json#/a", "refers outside the project"),
        ("file:///etc/passwd", "refers outside the project: 'file:///etc/passwd'"),
        ("//shop.example/money.json", "refers outside the project"),
        ("/etc/passwd", "refers outside the project"),
        ("urn:shop:money", "refers outside the project"),
        ("../../etc/passwd", "leaves the project"),
        ("%2e%2e/secret.json", "leaves the project"),
        ("..\\secret.json", "leaves the project"),
        ("missing.json", "refers to 'missing.json', which does not exist"),
        ("#/$defs/nothing", "there is no '/$defs/nothing'"),
        ("#nothing", "there is no 'nothing'"),
    ],
)
def test_what_leads_outside_is_refused_by_line(validator: Validator, reference: str, message: str) -> None:
    with pytest.raises(Misuse, match="line 2: ") as refused:
        validator.compile('{"properties":\n{"a": ' + json.dumps({"$ref": reference}) + "}}")
    assert message in refused.value.message
    assert "\n" not in refused.value.message


@pytest.fixture
def server() -> Iterator[tuple[str, list[str]]]:
    """A real server that would answer, and what it was asked for."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"true")

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as web:
        thread = Thread(target=web.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{web.server_port}", asked
        web.shutdown()
        thread.join()


def test_nothing_is_ever_fetched(validator: Validator, server: tuple[str, list[str]]) -> None:
    home, asked = server
    assert urlopen(f"{home}/it-works").read() == b"true"  # noqa: S310 - our own server
    for schema in (
        {"$ref": f"{home}/a.json"},
        {"$id": f"{home}/own.json", "$ref": "other.json"},
        {"x-hidden": {"a": {"$ref": f"{home}/b.json"}}, "$ref": "#/x-hidden/a"},
        {"$id": f"{home}/own.json", "$defs": {"a": {"$id": "part.json", "$ref": "c.json"}}, "$ref": "part.json"},
        {"$schema": f"{home}/draft.json", "type": "object"},
        {"$schema": DRAFT_2020, "$dynamicRef": f"{home}/d.json"},
        {"$schema": DRAFT_2019, "$recursiveRef": f"{home}/e.json"},
    ):
        with pytest.raises(Misuse):
            validator.compile(json.dumps(schema)).finding("{}")
    assert asked == ["/it-works"]


def test_metaschemas_are_built_in(validator: Validator) -> None:
    compiled = validator.compile(json.dumps({"$ref": DRAFT_2020}))
    assert compiled.finding('{"type": "object"}') is None
    assert compiled.finding('{"type": 5}') == "anyOf at /type"


def test_every_mistake_of_a_schema_is_told_with_its_pointer(validator: Validator) -> None:
    with pytest.raises(InvalidSchema) as refused:
        validator.compile(json.dumps({"type": "strin", "properties": {"a": {"minimum": "x"}}, "pattern": "("}))
    assert {pointer for pointer, _ in refused.value.mistakes} == {"/type", "/properties/a/minimum", "/pattern"}
    assert "\n" not in refused.value.message


@pytest.mark.parametrize(
    "schema",
    ["", "{", "5", "[]", '"text"', '{"a": 1, "a": 2}', '{"$schema": "http://json-schema.org/draft-04/schema#"}'],
)
def test_what_is_no_schema_is_misuse(validator: Validator, schema: str) -> None:
    with pytest.raises(Misuse):
        validator.compile(schema)


def test_true_and_false_are_schemas(validator: Validator) -> None:
    assert validator.compile("true").finding("1") is None
    assert validator.compile("false").finding("1") == "falseSchema at (root)"
