"""What does this JSON text say, and where? A strict reader that keeps positions and finds duplicate keys."""

from __future__ import annotations

import json
import math
import re
from typing import Any

from cleanroom.codec.positions import MAX_BYTES, MAX_DEPTH, MAX_VALUES, Document, Place, Stop, decode
from cleanroom.core.mistakes import Path

_SPACE = re.compile(r"[ \t\n\r]*")
_STRING = re.compile(r'"(?:[^"\\\x00-\x1f]|\\.)*"')
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?")
_WORDS = {"true": True, "false": False, "null": None}


def read_json(content: bytes, file: str, *, first_line: int = 1, limit: int = MAX_BYTES) -> Document:
    """Read one JSON document (RFC 8259). Never raises: what is wrong is in the document's findings."""
    document = Document(file)
    try:
        return _Reader(decode(content, limit), document, first_line).read()
    except Stop as stop:
        at = stop.place
        return document.stop(Stop(Place(max(at.line, first_line), at.column), stop.message, stop.hint))


def pointer_path(pointer: str, data: Any) -> Path:
    """The path that a JSON pointer (RFC 6901) names in `data`, as far as `data` has it."""
    path: list[str | int] = []
    for token in pointer.split("/")[1:]:
        key = token.replace("~1", "/").replace("~0", "~")
        if isinstance(data, list) and key.isascii() and key.isdigit() and int(key) < len(data):
            path.append(int(key))
            data = data[int(key)]
        elif isinstance(data, dict) and key in data:
            path.append(key)
            data = data[key]
        else:
            break
    return tuple(path)


class _Reader:
    def __init__(self, text: str, document: Document, first_line: int) -> None:
        self.text = text
        self.document = document
        self.at = 0
        self.line = first_line
        self.line_start = 0
        self.counted = 0
        self.values = 0
        self.unkept = 0

    def read(self) -> Document:
        self._skip()
        self.document.data = self._value((), 0)
        self._skip()
        if self.at < len(self.text):
            raise Stop(self._place(), "text follows the end of the JSON document", "Remove it.")
        return self.document

    def _place(self) -> Place:
        """Where the reader stands; lines are counted once, as it goes."""
        self.line += self.text.count("\n", self.counted, self.at)
        start = self.text.rfind("\n", self.counted, self.at)
        if start >= 0:
            self.line_start = start + 1
        self.counted = self.at
        return Place(self.line, self.at - self.line_start + 1)

    def _skip(self) -> str:
        """Pass over white space; the next character, '' at the end."""
        match = _SPACE.match(self.text, self.at)
        self.at = match.end() if match else self.at
        return self.text[self.at : self.at + 1]

    def _value(self, path: Path, depth: int) -> Any:
        place = self._place()
        if not self.unkept:
            self.document.values[path] = place
        self.values += 1
        if self.values > MAX_VALUES:
            raise Stop(place, f"the file holds more than {MAX_VALUES:,} values", "Split it.")
        if depth > MAX_DEPTH:
            raise Stop(place, f"values nest deeper than {MAX_DEPTH} levels", "Make it flatter.")
        match self.text[self.at : self.at + 1]:
            case "{":
                return self._object(path, depth)
            case "[":
                return self._array(path, depth)
            case '"':
                return self._string()
            case _:
                return self._scalar(place)

    def _object(self, path: Path, depth: int) -> dict[str, Any]:
        out: dict[str, Any] = {}
        self.at += 1
        if self._skip() == "}":
            self.at += 1
            return out
        while True:
            if self._skip() != '"':
                raise Stop(self._place(), "expected a key in double quotes", self._comma_hint())
            place = self._place()
            key = self._string()
            if self._skip() != ":":
                raise Stop(self._place(), "expected ':' after the key")
            self.at += 1
            self._skip()
            self._entry(out, key, place, (*path, key), depth + 1)
            if self._next("}"):
                return out

    def _entry(self, out: dict[str, Any], key: str, place: Place, path: Path, depth: int) -> None:
        """Read the value of `key`. The first one stays; a second one is read, reported and forgotten."""
        if key not in out:
            if not self.unkept:
                self.document.keys[path] = place
            out[key] = self._value(path, depth)
            return
        first = self.document.keys.get(path, place)
        self.document.report(place, f"key {key!r} is given twice (first on line {first.line})", "Keep one of them.")
        self.unkept += 1
        self._value(path, depth)
        self.unkept -= 1

    def _array(self, path: Path, depth: int) -> list[Any]:
        out: list[Any] = []
        self.at += 1
        if self._skip() == "]":
            self.at += 1
            return out
        while True:
            self._skip()
            out.append(self._value((*path, len(out)), depth + 1))
            if self._next("]"):
                return out

    def _next(self, end: str) -> bool:
        """Pass over ',' (more follows: False) or `end` (True)."""
        found = self._skip()
        if found not in (",", end) or not found:
            raise Stop(self._place(), f"expected ',' or {end!r}")
        self.at += 1
        return found == end

    def _comma_hint(self) -> str:
        return "Remove the comma before it." if self.text[: self.at].rstrip().endswith(",") else ""

    def _string(self) -> str:
        place = self._place()
        match = _STRING.match(self.text, self.at)
        if match is None:
            raise Stop(place, "the text in quotes does not end, or holds a raw line break or control character")
        try:
            value = json.loads(match.group())
        except ValueError as error:
            raise Stop(place, "the text in quotes holds an escape that JSON does not have") from error
        self.at = match.end()
        return self.document.text(str(value), place)

    def _scalar(self, place: Place) -> Any:
        for word, value in _WORDS.items():
            if self.text.startswith(word, self.at):
                self.at += len(word)
                return value
        match = _NUMBER.match(self.text, self.at)
        if match is None:
            found = self.text[self.at : self.at + 1]
            raise Stop(
                place, f"expected a JSON value, found {found!r}" if found else "the JSON document ends too early"
            )
        self.at = match.end()
        literal = match.group()
        if len(literal) > 400:
            raise Stop(place, "a number has more than 400 digits")
        if literal.lstrip("-").isdigit():
            return int(literal)
        number = float(literal)
        if not math.isfinite(number):
            self.document.report(place, f"{literal} is larger than any number that can be kept")
        return number
