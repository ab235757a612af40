"""What lint accepts runs in RE2; a schema change that turns a payload away is breaking; a bundle says what its files said."""

from __future__ import annotations

import json
from typing import Any

import duckdb
import jsonschema_rs
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from cleanroom.codec.schema_refs import bundle
from cleanroom.core.patterns import refusal
from cleanroom.core.schema_diff import schema_differences

DB = duckdb.connect()

PIECES = [
    "a",
    "é",
    ".",
    "\\d",
    "\\.",
    "\\x41",
    "[a-z]",
    "[^\\s-]",
    "(",
    "(?:",
    "(?P<n>",
    "(?i)",
    "(?i:",
    "(?s:",
    ")",
    "|",
    "*",
    "+",
]
PIECES += [
    "?",
    "{3}",
    "{2,}",
    "{2,9}",
    "{0,1000}",
    "{10}",
    "^",
    "$",
    "\\b",
    "\\A",
    "\\Z",
    "\\1",
    "(?=",
    "(?<!",
    "]",
    "[",
    "-",
    "\\",
    "{",
]


@given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join) | st.text(max_size=8))
@settings(max_examples=400, deadline=None)
def test_a_pattern_that_is_not_refused_runs_in_re2(pattern: str) -> None:
    assume(refusal(pattern) is None)
    DB.execute("SELECT regexp_full_match('some text', ?)", [pattern]).fetchone()


NAMES = st.sampled_from(["a", "b", "c"])
DOCUMENTS: list[Any] = [None, True, 0, 1, 5, 2.5, "", "a", "abc", [], [1], [1, 1], [1, "a"], {}, {"a": 1}]
DOCUMENTS += [{"a": 1, "b": "a"}, {"c": []}, {"a": {"b": 1}}, {"a": None, "b": 5, "c": "abc"}]
VALUES = st.sampled_from(DOCUMENTS)
TYPES = st.sampled_from(["string", "number", "integer", "object", "array", "null", "boolean"])
SIMPLE: dict[str, st.SearchStrategy[Any]] = {
    "type": TYPES | st.lists(TYPES, min_size=1, max_size=3, unique=True),
    "minimum": st.integers(0, 3),
    "maximum": st.integers(0, 6),
    "maxLength": st.integers(0, 3),
    "pattern": st.sampled_from(["a", "^b"]),
    "enum": st.lists(VALUES, min_size=1, max_size=3),
    "const": VALUES,
    "required": st.lists(NAMES, max_size=2, unique=True),
    "$ref": st.just("#/$defs/x"),
    "minItems": st.integers(0, 2),
    "uniqueItems": st.booleans(),
}
ONE = ("items", "additionalProperties", "not", "if", "then", "propertyNames", "contains", "unevaluatedProperties")
SOME = ("anyOf", "allOf", "oneOf", "prefixItems")


@st.composite
def schemas(draw: st.DrawFn, depth: int) -> Any:
    """A schema of up to three keywords."""
    if draw(st.integers(0, 9)) == 0:
        return draw(st.booleans())
    known = (*SIMPLE, *(("properties", "properties", *ONE, *SOME) if depth else ()))
    out: dict[str, Any] = {}
    for keyword in draw(st.lists(st.sampled_from(known), min_size=1, max_size=3, unique=True)):
        if keyword in SIMPLE:
            out[keyword] = draw(SIMPLE[keyword])
        elif keyword == "properties":
            out[keyword] = {draw(NAMES): draw(schemas(depth - 1)) for _ in range(draw(st.integers(1, 2)))}
        elif keyword in ONE:
            out[keyword] = draw(schemas(depth - 1))
        else:
            out[keyword] = [draw(schemas(depth - 1)) for _ in range(draw(st.integers(1, 2)))]
    return out


def changed_somewhere(draw: st.DrawFn, schema: Any, depth: int) -> Any:
    """The schema with one thing in it replaced, added or removed."""
    if not isinstance(schema, dict) or not schema:
        return draw(schemas(depth))
    keyword = draw(st.sampled_from(sorted(schema)))
    value = schema[keyword]
    deeper = depth > 0 and draw(st.booleans())
    if deeper and keyword in ONE:
        return {**schema, keyword: changed_somewhere(draw, value, depth - 1)}
    if deeper and keyword in SOME:
        return {**schema, keyword: [changed_somewhere(draw, value[0], depth - 1), *value[1:]]}
    if deeper and keyword == "properties":
        name = draw(st.sampled_from(sorted(value)))
        return {**schema, keyword: {**value, name: changed_somewhere(draw, value[name], depth - 1)}}
    other = draw(schemas(depth))
    match draw(st.sampled_from(["drop", "add", "change"])):
        case "drop":
            return {k: v for k, v in schema.items() if k != keyword}
        case "change" if keyword in SIMPLE:
            return {**schema, keyword: draw(SIMPLE[keyword])}
    return {**schema, **other} if isinstance(other, dict) else other


@st.composite
def changed(draw: st.DrawFn) -> tuple[dict[str, Any], dict[str, Any]]:
    """A schema with a definition, and one that differs from it in one thing."""
    old, shared = draw(schemas(2).filter(lambda s: isinstance(s, dict))), draw(schemas(1))
    if draw(st.booleans()):
        return {**old, "$defs": {"x": shared}}, {**old, "$defs": {"x": changed_somewhere(draw, shared, 1)}}
    new = changed_somewhere(draw, old, 2)
    assume(isinstance(new, dict))
    return {**old, "$defs": {"x": shared}}, {**new, "$defs": {"x": shared}}


def accepts(schema: dict[str, Any], value: Any) -> bool:
    return bool(jsonschema_rs.validator_for(schema).is_valid(value))


def has_new_property(old: Any, new: Any) -> bool:
    """An optional new property is called compatible, though payloads may have had one of that name: it says so."""
    return any("where old payloads had one of that name" in d.because for d in schema_differences(old, new, "s"))


@given(changed())
@settings(max_examples=400, deadline=None)
def test_a_change_that_turns_a_payload_away_is_called_breaking(pair: tuple[dict[str, Any], dict[str, Any]]) -> None:
    before, after = (json.dumps(schema) for schema in pair)
    assert schema_differences(before, before, "s") == ()
    assume(not has_new_property(before, after))
    try:
        turned_away = [v for v in DOCUMENTS if accepts(pair[0], v) and not accepts(pair[1], v)]
    except jsonschema_rs.ValidationError:  # a reference that turns in a circle, or leads to nothing
        return
    if turned_away:
        assert any(d.verdict == "breaking" for d in schema_differences(before, after, "s")), (
            before,
            after,
            turned_away,
        )


@given(schemas(2), schemas(1), schemas(1), VALUES)
@settings(max_examples=200, deadline=None)
def test_a_bundle_of_files_says_what_one_file_would_have_said(root: Any, part: Any, shared: Any, value: Any) -> None:
    """The definitions of one file, moved to another one, mean the same. `shared` is referred to from both."""
    whole = {"allOf": [root, {"properties": {"a": {"$ref": "#/$defs/part"}}}], "$defs": {"part": part, "x": shared}}
    files = {
        "home/main.json": json.dumps(whole).replace("#/$defs/", "lib/parts.json#/$defs/"),
        "home/lib/parts.json": json.dumps({"$defs": {"part": part, "x": shared}}),
    }
    text = bundle("home/main.json", lambda path: files[path].encode() if path in files else None).text
    assert text is not None
    try:
        expected = accepts(whole, value)
    except jsonschema_rs.ValidationError:
        return
    assert accepts(json.loads(text), value) == expected
    again = bundle("s", lambda _: text.encode())
    assert again.text == text, "a bundle is its own bundle"
