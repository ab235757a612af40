"""What do the lines of a JSONL file say? Bounded, and strict: no key twice, no NaN; the first fault with its line."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

from cleanroom.codec.json_text import read_json
from cleanroom.codec.positions import Stop, decode
from cleanroom.core.base import Misuse

T = TypeVar("T")

_FLAT = 24
"""A line with at most as many brackets nests no deeper than anybody's reader can take."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Bytes of a file and of one of its lines, and how many lines it may have."""

    file: int
    line: int
    lines: int


def each_line(read: Callable[[Any], T], content: bytes, file: str, limits: Limits) -> Iterator[T]:
    """What `read` makes of each line; blank lines are skipped.

    Raises Misuse, with file and line, for the first one that is no JSON, and for what `read` raises Misuse for.
    """
    for number, data in _objects(content, file, limits):
        try:
            yield read(data)
        except Misuse as error:
            raise Misuse(f"{file}:{number} {error.message}", error.hint) from error


def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object, for json.loads. Raises ValueError where a key is given twice."""
    made = dict(pairs)
    if len(made) < len(pairs):
        raise ValueError("a key is given twice")
    return made


def no_constant(name: str) -> Any:
    """NaN and infinities, for json.loads. Raises ValueError."""
    raise ValueError(f"{name} is no JSON")


def _objects(content: bytes, file: str, limits: Limits) -> Iterator[tuple[int, Any]]:
    """(line number, data) of each line that is not blank."""
    try:
        decode(content, limits.file)
    except Stop as stop:
        raise Misuse(f"{file}:{stop.place.line} {stop.message}", stop.hint) from stop
    count = 0
    for number, line in enumerate(content.removeprefix(b"\xef\xbb\xbf").split(b"\n"), start=1):
        if line.strip():
            count += 1
            if count > limits.lines:
                raise Misuse(f"{file} holds more than {limits.lines:,} lines", "Split it.")
            yield number, _data(line, file, number, limits)


def _data(line: bytes, file: str, number: int, limits: Limits) -> Any:
    """The JSON of one line. The quick reader does it where nothing is odd; the strict one says what is."""
    if len(line) <= limits.line and line.count(b"{") + line.count(b"[") <= _FLAT:
        try:
            return json.loads(line, object_pairs_hook=unique, parse_constant=no_constant)
        except ValueError:
            pass
    document = read_json(line, file, first_line=number, limit=limits.line)
    if document.findings:
        first = document.findings[0]
        raise Misuse(f"{file}:{first.line}:{first.column} {first.message}", first.hint)
    return document.data
