"""Files of outputs and of labelled cases: read strictly, each mistake with its line."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cleanroom.codec.outputs import kept_output, output_of, read_cases, read_outputs, value_of
from cleanroom.core.base import Misuse
from cleanroom.core.output import MAX_CONTENT, content_of, too_deep

GOOD = {"system": "bot", "input": {"q": "x"}, "output": ["y"], "confidence": 1, "sources": [{"url": "u"}]}


def line(**changes: Any) -> bytes:
    return json.dumps({k: v for k, v in {**GOOD, **changes}.items() if v != "drop"}).encode()


def test_a_file_is_read_line_by_line() -> None:
    found = read_outputs(b"\xef\xbb\xbf" + line(id="a") + b"\r\n\n" + line(id="b", model=None) + b"\n", "f")
    assert [o.id for o in found] == ["a", "b"]
    assert (found[0].confidence, found[0].risk, found[1].model) == (1.0, "medium", "")
    assert kept_output(content_of(found[0]), "a") == found[0]


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (b"{", "f:2:2 "),
        (b"[]", "f:2 an output is a JSON object"),
        (b'{"system": "bot", "system": "bot", "input": 1, "output": 2}', "f:2:19 key 'system' is given twice"),
        (b'{"input": NaN}', "f:2:11 expected a JSON value"),
        (line(confidense=1), "f:2 unknown key 'confidense'"),
        (line(system="drop"), "f:2 'system' is missing"),
        (line(output=None), "f:2 'output' is missing"),
        (line(id="../x"), "f:2 'id' must be letters"),
        (line(id="x" * 121), "f:2 'id' must be"),
        (line(system="a b"), "f:2 'system' must be"),
        (line(confidence=1.01), "f:2 'confidence' must be a number from 0 to 1"),
        (line(confidence=True), "f:2 'confidence' must be"),
        (line(confidence="0.9"), "f:2 'confidence' must be"),
        (line(risk="huge"), "f:2 'risk' must be one of high, medium, low"),
        (line(model=4), "f:2 'model' must be text"),
        (line(guard="x" * 501), "f:2 'guard' is longer"),
        (line(sources="x"), "f:2 'sources' must be a list"),
        (line(input="\ud800"), "f:2"),
        (line(input=2**70 + 1), "f:2 it holds what cannot be kept"),
        (line(input="x" * MAX_CONTENT), "f:2 it has"),
        (b'{"a": ' + b"[" * 5000 + b"]" * 5000 + b"}", "f:2:.* nest deeper"),
        (b"\xff", "f:2 the file is not UTF-8"),
    ],
)
def test_each_mistake_is_told_with_its_line(bad: bytes, message: str) -> None:
    with pytest.raises(Misuse, match=message.replace("[", r"\[")):
        read_outputs(line(id="a") + b"\n" + bad + b"\n" + line(id="b"), "f")


def test_what_comes_parsed_nests_no_deeper_either() -> None:
    deep: Any = "x"
    for _ in range(40):
        deep = [deep]
    assert too_deep(deep)
    assert not too_deep(deep[0][0][0][0][0][0][0][0])
    with pytest.raises(Misuse, match="nest deeper"):
        output_of({**GOOD, "input": deep})


def test_labelled_cases() -> None:
    assert read_cases(b'{"confidence": 0.9, "correct": true}\n{"confidence": 0, "correct": false}', "f") == (
        (0.9, False),
        (0.0, True),
    )
    for bad, message in (
        (b'{"confidence": 0.9}', "f:1 'correct' is missing"),
        (b'{"confidence": 0.9, "correct": 1}', "f:1 'correct' must be true or false"),
        (b'{"confidence": 0.9, "correct": true, "x": 1}', "f:1 unknown key 'x'"),
        (b"0.9", "f:1 a labelled case is a JSON object"),
    ):
        with pytest.raises(Misuse, match=message):
            read_cases(bad, "f")


def test_a_correction_is_text_for_text_and_json_for_json() -> None:
    assert value_of("42", "billing") == "42"
    assert value_of('{"label": "x"}', {"label": "y"}) == {"label": "x"}
    with pytest.raises(Misuse, match="the output is an object, and this is no JSON"):
        value_of("refunds", {"label": "y"})
