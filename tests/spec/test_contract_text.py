"""The traps of YAML and JSON: what a text says is read as it is written, and what cannot be read is one clear line."""

from __future__ import annotations

import time
from typing import Any

import pytest
import yaml

from cleanroom.codec import yaml_text as reader
from cleanroom.codec.json_text import pointer_path, read_json
from cleanroom.codec.plan import read_plan
from cleanroom.codec.positions import MAX_BYTES, Document, Place
from cleanroom.codec.yaml_text import read_yaml
from cleanroom.codec.yaml_writer import yaml_text


def data(text: str) -> Any:
    document = read_yaml(text.encode(), "a.yaml")
    assert document.findings == []
    return document.data


def only(document: Document) -> tuple[int, int, str]:
    """The one finding of a document."""
    [finding] = document.findings
    return finding.line, finding.column, finding.message


@pytest.fixture(params=["CSafeLoader", "SafeLoader"])
def either_parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """PyYAML comes with libyaml or without: both have to say the same."""
    name = str(request.param)
    if not hasattr(yaml, name):
        pytest.skip("PyYAML was built without libyaml")
    monkeypatch.setattr(reader, "_Loader", getattr(yaml, name))
    return name


def test_norway_is_a_country(either_parser: str) -> None:
    assert data("[SE, NO, no, on, off, Yes, y]") == ["SE", "NO", "no", "on", "off", "Yes", "y"]
    assert data("no: on") == {"no": "on"}


def test_scalars_are_those_of_yaml_1_2(either_parser: str) -> None:
    assert data("[true, False, null, ~, 12, -3, 0o17, 0x1F, 1.5, 1e3, .5, 1_000, 0b11, 12:30:00]") == [
        True, False, None, None, 12, -3, 15, 31, 1.5, 1000.0, 0.5, "1_000", "0b11", "12:30:00",
    ]  # fmt: skip
    assert data("[\"12\", '1.5', 'true']") == ["12", "1.5", "true"]
    assert data("a: |\n  12\n") == {"a": "12\n"}


def test_dates_stay_text(either_parser: str) -> None:
    assert data("[2024-01-01, 2024-01-01 10:00:00, 2001-12-14t21:59:43.10-05:00]") == [
        "2024-01-01",
        "2024-01-01 10:00:00",
        "2001-12-14t21:59:43.10-05:00",
    ]


def test_every_key_and_value_has_its_place(either_parser: str) -> None:
    document = read_yaml("a:\n  - x\n  - {é: 1, c: [2]}\n".encode(), "a.yaml")
    assert document.keys["a", 1, "c"] == Place(3, 12)
    assert document.values["a", 0] == Place(2, 5)
    assert document.values["a", 1, "c", 0] == Place(3, 16)
    assert document.place(("a", 1, "d"), "key") == Place(3, 5), "what is missing is told where it belongs"


def test_aliases_are_values(either_parser: str) -> None:
    document = read_yaml(b"a: &x [1, 2]\nb: *x\n", "a.yaml")
    assert document.data == {"a": [1, 2], "b": [1, 2]}
    document.data["a"].append(3)
    assert document.data["b"] == [1, 2], "a copy, not the same list"


def test_an_alias_bomb_is_refused_in_one_line_at_once(either_parser: str) -> None:
    """Nine lines that stand for 9**9 values."""
    lines = ["a: &a [lol, lol, lol, lol, lol, lol, lol, lol, lol]"]
    lines += [f"{c}: &{c} [{', '.join(['*' + b] * 9)}]" for b, c in zip("abcdefgh", "bcdefghi", strict=True)]
    start = time.process_time()
    document = read_yaml("\n".join(lines).encode(), "plan.yaml")
    assert time.process_time() - start < 5
    assert document.broken
    assert document.data is None
    line, _, message = only(document)
    assert line == 6
    assert message == "aliases or entries expand to more than 100,000 values"
    assert "alias bomb is refused" in document.findings[0].hint
    assert [f.line for f in read_plan("\n".join(lines).encode()).findings] == [6]


def test_an_alias_bomb_of_depth_is_refused(either_parser: str) -> None:
    lines = ["a0: &a0 [x]"] + [f"a{i}: &a{i} [*a{i - 1}]" for i in range(1, 200)]
    assert "deeper than 32 levels" in only(read_yaml("\n".join(lines).encode(), "a.yaml"))[2]


@pytest.mark.parametrize(
    ("text", "line", "column", "message"),
    [
        (b"a: [1, *b]", 1, 8, "alias *b names nothing above it"),
        (b"a: &b [1, *b]", 1, 11, "alias *b stands inside the value that it names"),
        (b"a: 1\n\nb: 2\na: 3", 4, 1, "key 'a' is given twice (first on line 1)"),
        (b"a:\n  5: x", 2, 3, "key 5 is not text"),
        (b"null: x", 1, 1, "key null is not text"),
        (b"? [a]\n: b", 1, 3, "a key must be text, not a list or a mapping"),
        (b"a: &x {b: 1}\nc:\n  <<: *x", 3, 3, "merge keys (<<) are not part of YAML 1.2"),
        (b"a: !!python/object/apply:os.system [ls]", 1, 4, "is refused: a plan holds plain data only"),
        (b"a: !secret x", 1, 4, "tag '!secret' is refused"),
        (b"a: !!str 5", 1, 4, "is refused"),
        (b"a:\n\t- b", 2, 1, "a tab is used where YAML wants spaces"),
        (b"a: b: c", 1, 5, "not valid YAML: mapping values are not allowed"),
        (b"a: 1\n---\nb: 2", 2, 1, "a second document begins here"),
        (b"a: \x00", 1, 4, "character U+0000 is not allowed in YAML"),
        (b"name: caf\xe9", 1, 10, "the file is not UTF-8: byte 0xe9 does not belong here"),
        ("a: é\nb: ".encode() + b"x\xfc", 2, 5, "the file is not UTF-8: byte 0xfc"),
        ("a: 1".encode("utf-16"), 1, 1, "the file is UTF-16, not UTF-8"),
        (b"[" * 100_000, 1, 34, "values nest deeper than 32 levels"),
        (b"#" * (MAX_BYTES + 1), 1, 1, "the file is larger than the 2,097,152 bytes that are read"),
    ],
)
def test_what_cannot_be_read_is_told_at_its_place(
    text: bytes, line: int, column: int, message: str, either_parser: str
) -> None:
    found = only(read_yaml(text, "a.yaml"))
    assert found[:2] == (line, column), found
    assert message in found[2]


def test_a_byte_order_mark_and_windows_line_ends_do_no_harm() -> None:
    document = read_yaml(b"\xef\xbb\xbfa: 1\r\nb: 2\r\n", "a.yaml")
    assert (document.data, document.keys[("b",)]) == ({"a": 1, "b": 2}, Place(2, 1))


def test_latin_1_in_a_plan_is_one_line_with_advice() -> None:
    reading = read_plan("version: 1\nname: Caféhaus\n".encode("latin-1"))
    assert reading.value is None
    [finding] = reading.findings
    assert (finding.line, finding.column) == (2, 10)
    assert finding.hint == "Save it as UTF-8; it may be Latin-1 or Windows-1252."


def test_an_empty_plan_says_how_one_begins() -> None:
    for text in (b"", b"# nothing\n", b"- a\n", b"just text"):
        [finding] = read_plan(text).findings
        assert "version: 1" in finding.hint


def test_text_that_looks_like_something_else_is_written_in_quotes() -> None:
    values = [
        "no",
        "2024-01-01",
        "0o17",
        "1e5",
        "null",
        "",
        " x ",
        "a: b",
        "#",
        "12:30",
        "=",
        "<<",
        "é",
        "a\nb",
        "\x07",
        "- a",
    ]
    written = yaml_text({"values": values, "keys": dict.fromkeys(values, 1)})
    assert data(written) == {"values": values, "keys": dict.fromkeys(values, 1)}
    assert yaml.safe_load(written) == {"values": values, "keys": dict.fromkeys(values, 1)}, (
        "also for readers of YAML 1.1"
    )


# --- JSON ---------------------------------------------------------------------------------------------------


def test_json_is_read_with_places() -> None:
    document = read_json(b'{"a": [1, {"b": null}],\n "c": "\\u00e9\\n"}', "a.json", first_line=10)
    assert document.findings == []
    assert document.data == {"a": [1, {"b": None}], "c": "é\n"}
    assert document.keys["a", 1, "b"] == Place(10, 12)
    assert document.values[("c",)] == Place(11, 7)


@pytest.mark.parametrize(
    ("text", "line", "column", "message"),
    [
        (b'{"a": 1,\n "a": {"b": 2}}', 2, 2, "key 'a' is given twice (first on line 1)"),
        (b'{"a": NaN}', 1, 7, "expected a JSON value, found 'N'"),
        (b'{"a": 1,}', 1, 9, "expected a key in double quotes"),
        (b"{'a': 1}", 1, 2, "expected a key in double quotes"),
        (b'{"a" 1}', 1, 6, "expected ':'"),
        (b"[1 2]", 1, 4, "expected ',' or ']'"),
        (b"[1", 1, 3, "expected ',' or ']'"),
        (b"", 1, 1, "ends too early"),
        (b"1 2", 1, 3, "text follows"),
        (b'"\\x"', 1, 1, "escape that JSON does not have"),
        (b'"a\nb"', 1, 1, "does not end, or holds a raw line break"),
        (b'["\\ud800"]', 1, 2, "half of a surrogate pair"),
        (b"[1e999]", 1, 2, "larger than any number"),
        (b"9" * 500, 1, 1, "more than 400 digits"),
        (b"[" * 100_000, 1, 34, "nest deeper than 32 levels"),
        (b"[" + b"1," * 100_001 + b"1]", 1, 200_000, "more than 100,000 values"),
        (b"[\xff]", 1, 2, "not UTF-8"),
    ],
)
def test_json_that_cannot_be_read_is_told_at_its_place(text: bytes, line: int, column: int, message: str) -> None:
    found = only(read_json(text, "a.json"))
    assert found[:2] == (line, column), found
    assert message in found[2]


def test_a_json_pointer_names_what_lies_there() -> None:
    tree = {"a/b": [{"~": 1}]}
    assert pointer_path("/a~1b/0/~0", tree) == ("a/b", 0, "~")
    assert pointer_path("/a~1b/7/x", tree) == ("a/b",), "as far as it goes"
    assert pointer_path("", tree) == ()
