"""A match of the compiled regex proves a document valid; the exact validator never disagrees."""

from __future__ import annotations

import json
import re
from typing import Any

import duckdb
import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cleanroom.core.schema_regex import Shape, _ranges, shape_of, to_regex

ITEM = {
    "$schema": "http://json-schema.org/draft-07/schema#",
    "type": "object",
    "required": ["id", "n", "ctx"],
    "additionalProperties": False,
    "properties": {
        "id": {"type": "string", "pattern": "^SKU-[0-9]+$"},
        "n": {"type": "integer", "minimum": 0, "maximum": 100},
        "price": {"type": "number", "minimum": 0},
        "coupon": {"type": ["string", "null"], "maxLength": 8},
        "ctx": {"$ref": "#/definitions/ctx"},
        "tags": {"type": "array", "items": {"enum": ["a", "b", 1, None]}},
    },
    "definitions": {
        "ctx": {"type": "object", "required": ["ok"], "properties": {"ok": {"type": "boolean"}, "v": {"const": 2}}}
    },
}
GOOD = {"id": "SKU-1", "n": 7, "price": 1.5, "coupon": None, "ctx": {"ok": True, "v": 2}, "tags": ["a", 1]}

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 200),
    st.floats(allow_nan=False, allow_infinity=False, width=32),
    st.sampled_from(["", "a", "b", "SKU-1", "SKU-", "SKU-12x", 'q"q', "back\\slash", "é", "\u2028", "\n", "x" * 9]),
)
values = st.recursive(
    scalars, lambda s: st.lists(s, max_size=3) | st.dictionaries(st.sampled_from("ab"), s), max_leaves=4
)


def compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


@st.composite
def documents(draw: st.DrawFn) -> str:
    """The good document with some keys dropped, replaced, added or put in another order, in some notation."""
    doc: dict[str, Any] = {k: v for k, v in GOOD.items() if draw(st.integers(0, 5))}
    for key in draw(st.lists(st.sampled_from([*GOOD, "extra"]), max_size=2)):
        doc[key] = draw(values)
    if draw(st.booleans()):
        doc["ctx"] = {k: draw(values) for k in draw(st.lists(st.sampled_from(["ok", "v", "w"]), unique=True))}
    text = compact(doc) if draw(st.integers(0, 3)) else json.dumps(doc)
    return text if draw(st.integers(0, 9)) else text[: draw(st.integers(0, len(text)))] + draw(st.text(max_size=2))


@settings(max_examples=600, deadline=None)
@given(documents())
def test_a_match_implies_validity(document: str) -> None:
    shape = shape_of([compact(GOOD)])
    assert shape is not None
    pattern = to_regex(ITEM, shape)
    assert pattern is not None
    if re.fullmatch(pattern, document, re.DOTALL | re.ASCII):
        assert jsonschema_rs.is_valid(ITEM, json.loads(document))


def test_the_engine_reads_the_pattern_as_python_does_and_it_catches_the_common_case() -> None:
    shape = shape_of([compact(GOOD)])
    assert shape is not None
    pattern = to_regex(ITEM, shape)
    without = {k: v for k, v in GOOD.items() if k not in ("price", "coupon", "tags")}
    texts = [compact(GOOD), compact(without), compact({**GOOD, "n": 101}), compact({**GOOD, "id": "SKU-x"}), "{}"]
    got = (
        duckdb.connect()
        .execute("SELECT regexp_full_match(t, ?) FROM (SELECT unnest(?) AS t)", [pattern, texts])
        .fetchall()
    )
    assert [g[0] for g in got] == [True, True, False, False, False]


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "string", "format": "date"},
        {"type": "string", "pattern": "^(?=a)b$"},
        {"type": "string", "pattern": "a.b"},
        {"type": "object", "properties": {"a": {"type": "integer"}}, "minProperties": 1},
        {"anyOf": [{"type": "string"}, {"type": "null"}]},
        {"type": "number", "multipleOf": 0.1},
        {"type": "number", "exclusiveMinimum": 0},
        {"enum": [0.1]},
        {"$ref": "https://example.com/other.json"},
        {"type": "object", "required": ["b"], "properties": {}, "additionalProperties": False},
        True,
        {},
    ],
)
def test_what_is_not_understood_is_left_to_the_validator(schema: object) -> None:
    assert to_regex(schema, Shape((((), ("a", "b")),), ",", ":")) is None


@given(st.integers(0, 1200), st.integers(0, 1200))
def test_integer_ranges_are_exact(a: int, b: int) -> None:
    low, high = min(a, b), max(a, b)
    pattern = re.compile("|".join(_ranges(low, high)))
    assert all((pattern.fullmatch(str(n)) is not None) == (low <= n <= high) for n in range(0, 1300))
