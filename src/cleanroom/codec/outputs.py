"""Outputs of an AI as JSON: one object a line of a file, or the data of a request's body; labelled cases; corrections."""

from __future__ import annotations

import json
from typing import Any

from cleanroom.codec.json_lines import Limits, each_line, no_constant, unique
from cleanroom.core.base import Misuse, Outside
from cleanroom.core.mistakes import did_you_mean
from cleanroom.core.output import (
    ID,
    MAX_CONTENT,
    MAX_DEPTH,
    MAX_GUARD,
    MAX_NAME,
    RISKS,
    SYSTEM,
    Output,
    content_of,
    too_deep,
)

MAX_FILE = 64 * 1024 * 1024
"""Bytes of a file of outputs, or of labelled cases."""

MAX_LINE = MAX_CONTENT + 64 * 1024
"""Bytes of one line."""

MAX_OUTPUTS = 100_000
"""Lines of a file."""

MAX_SOURCES = 100
"""Sources of one output."""

_LINES = Limits(MAX_FILE, MAX_LINE, MAX_OUTPUTS)

_TEXTS = {"model": MAX_NAME, "prompt": MAX_NAME, "prompt_version": MAX_NAME, "guard": MAX_GUARD}
FIELDS = (
    "id",
    "system",
    "input",
    "output",
    "confidence",
    "model",
    "prompt",
    "prompt_version",
    "guard",
    "risk",
    "sources",
)
_CASE = ("confidence", "correct")


def read_outputs(content: bytes, file: str) -> tuple[Output, ...]:
    """The outputs of a file, one JSON object a line; blank lines are skipped.

    Raises Misuse for the first line that is not as described, with its number: a batch goes in whole or not at all.
    """
    return tuple(each_line(output_of, content, file, _LINES))


def read_cases(content: bytes, file: str) -> tuple[tuple[float, bool], ...]:
    """(confidence, wrong) of each labelled case of a file: {"confidence": 0.97, "correct": true}, one a line.

    Raises Misuse for the first line that is not as described.
    """
    return tuple(each_line(_case, content, file, _LINES))


def output_of(data: Any) -> Output:
    """The output that plain data says. Raises Misuse for the first thing about it that is not as described."""
    if not isinstance(data, dict):
        raise Misuse(
            "an output is a JSON object", '{"system": ..., "input": ..., "output": ..., "confidence": 0.97, ...}'
        )
    _known(data, FIELDS)
    for key in ("system", "input", "output"):
        if key not in data or data[key] is None:
            raise Misuse(f"{key!r} is missing", "An output needs system, input and output.")
    given = {key: value for key, value in data.items() if value is not None}
    system, id = _name(given, "system", SYSTEM), _name(given, "id", ID)
    texts = {key: _text(given, key, most) for key, most in _TEXTS.items()}
    if given.get("risk", "medium") not in RISKS:
        raise Misuse(f"'risk' must be one of {', '.join(RISKS)}")
    sources = given.get("sources", [])
    if not isinstance(sources, list) or len(sources) > MAX_SOURCES:
        raise Misuse(f"'sources' must be a list of at most {MAX_SOURCES}")
    made = Output(
        system=system,
        input=data["input"],
        output=data["output"],
        id=id,
        confidence=_confidence(given["confidence"]) if "confidence" in given else None,
        risk=given.get("risk", "medium"),
        sources=tuple(sources),
        **texts,
    )
    if any(too_deep(v) for v in (made.input, made.output, *made.sources)):
        raise Misuse(f"its values nest deeper than {MAX_DEPTH} levels", "Make it flatter, or send it as text.")
    _fits(made)
    return made


def value_of(text: str, original: Any) -> Any:
    """What a person wrote in place of `original`: text for text, else the JSON value. Raises Misuse for anything else."""
    if isinstance(original, str):
        return text
    try:
        return json.loads(text, object_pairs_hook=unique, parse_constant=no_constant)
    except (ValueError, RecursionError) as error:
        kind = {dict: "an object", list: "a list", bool: "true or false"}.get(type(original), "a number")
        raise Misuse(f"the output is {kind}, and this is no JSON: {error}", "Text stands in double quotes.") from error


def _fits(made: Output) -> None:
    try:
        size = len(content_of(made))
    except (ValueError, RecursionError) as error:
        raise Misuse(f"it holds what cannot be kept: {error}", "Write it as valid text and plain numbers.") from error
    if size > MAX_CONTENT:
        raise Misuse(f"it has {size:,} bytes; {MAX_CONTENT:,} are kept", "Send what a reviewer needs to see.")


def _case(data: Any) -> tuple[float, bool]:
    if not isinstance(data, dict):
        raise Misuse("a labelled case is a JSON object", '{"confidence": 0.97, "correct": true}')
    _known(data, _CASE)
    for key in _CASE:
        if data.get(key) is None:
            raise Misuse(f"{key!r} is missing", '{"confidence": 0.97, "correct": true}')
    if not isinstance(data["correct"], bool):
        raise Misuse("'correct' must be true or false")
    return _confidence(data["confidence"]), not data["correct"]


def _known(data: dict[str, Any], names: tuple[str, ...]) -> None:
    for key in data:
        if key not in names:
            raise Misuse(f"unknown key {key[:80]!r}", did_you_mean(key[:80], names))


def _name(given: dict[str, Any], key: str, pattern: Any) -> str:
    value = given.get(key, "")
    if key in given and not (isinstance(value, str) and pattern.fullmatch(value)):
        raise Misuse(f"{key!r} must be letters, digits, dots, dashes and underscores", f"They fit: {pattern.pattern}")
    return str(value)


def _text(given: dict[str, Any], key: str, most: int) -> str:
    value = given.get(key, "")
    if not isinstance(value, str):
        raise Misuse(f"{key!r} must be text", "Put it in quotes.")
    if len(value) > most or "\x00" in value:
        raise Misuse(f"{key!r} is longer than {most} characters, or holds a NUL")
    return value


def _confidence(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise Misuse("'confidence' must be a number from 0 to 1", "Leave it out where there is none.")
    return float(value)


def kept_output(body: bytes, id: str) -> Output:
    """The output whose `content_of` was kept. Raises Outside where it cannot be read."""
    try:
        data = json.loads(body)
        return Output(**{**data, "sources": tuple(data["sources"])}, id=id)
    except (ValueError, TypeError, KeyError) as error:
        raise Outside(f"the kept text of output {id!r} cannot be read: {error}", "Restore it from a backup.") from error


def kept_value(body: bytes) -> Any:
    """The corrected value that was kept as canonical JSON."""
    return json.loads(body)
