"""When does a regular expression prove that a JSON text follows its JSON Schema?

`to_regex` compiles a schema, for documents written in one learnt shape (order of keys, spaces after ':' and ','), into
an RE2 pattern whose full match implies validity. The reverse does not hold: a miss must go to an exact validator.
Keywords outside the small set handled here make it give up (None) rather than guess.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from cleanroom.core.base import noun

# No escapes, no control characters: such strings mean what they show, so lengths and patterns can be read off them.
_CHAR = r'[^"\\\x00-\x1f]'
_DIGITS = r"(?:0|[1-9][0-9]{0,14})"
_FRACTION = r"(?:\.[0-9]{1,17})?"
_QUIET = frozenset({"$schema", "title", "description", "examples", "default", "$comment", "$defs", "definitions"})
_SAFE_PATTERN = re.compile(
    r"\^((?:[A-Za-z0-9_ :/@%,#=-]|\\[.\-/+]|\[(?:[A-Za-z0-9_]|[A-Za-z0-9]-[A-Za-z0-9])+\]|\\d|[+*?]|\{\d{1,3}(?:,\d{0,3})?\})*)\$"
)
_MAX_DEPTH = 8
_MAX_LENGTH = 20_000

Path = tuple[str, ...]


@noun
class Shape:
    """How the documents at hand are written: keys in order by object path, and the separators."""

    order: tuple[tuple[Path, tuple[str, ...]], ...]
    comma: str
    colon: str

    def keys(self, path: Path) -> tuple[str, ...] | None:
        """The order of keys of the object at `path`."""
        return next((k for p, k in self.order if p == path), None)


def shape_of(documents: Sequence[str]) -> Shape | None:
    """Learn the shape of some JSON texts; None when they have no common one."""
    order: dict[Path, list[str]] = {}
    comma, colon = ",", ":"
    for text in documents:
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            continue
        if ":" in text and text == json.dumps(value, ensure_ascii=False):
            comma, colon = ", ", ": "
        _learn(value, (), order)
    return Shape(tuple((p, tuple(k)) for p, k in order.items()), comma, colon) if order else None


def _learn(value: Any, path: Path, order: dict[Path, list[str]]) -> None:
    if isinstance(value, dict) and len(path) < _MAX_DEPTH:
        known = order.setdefault(path, [])
        last = -1
        for key in value:
            if key in known:
                last = known.index(key)
            elif len(known) < 200:
                last += 1
                known.insert(last, key)
        for key, inner in value.items():
            _learn(inner, (*path, key), order)
    elif isinstance(value, list):
        for inner in value[:3]:
            _learn(inner, (*path, "*"), order)


def to_regex(schema: Any, shape: Shape) -> str | None:
    """An RE2 pattern whose full match implies that the text is valid JSON that follows `schema`; None: cannot tell."""
    try:
        named = {k: v for k, v in schema.items() if k != "$id"} if isinstance(schema, dict) else schema
        pattern = _Compiler(schema, shape).value(named, (), 0)
    except _GiveUp:
        return None
    return pattern if len(pattern) <= _MAX_LENGTH else None


class _GiveUp(Exception):
    """The schema says something that this compiler does not know."""


class _Compiler:
    def __init__(self, root: Any, shape: Shape) -> None:
        self.root, self.shape = root, shape

    def value(self, schema: Any, path: Path, depth: int) -> str:
        """The pattern of one value."""
        if depth > _MAX_DEPTH or not isinstance(schema, dict):
            raise _GiveUp
        if "$ref" in schema:
            return self._ref(schema, path, depth)
        if "allOf" in schema and not set(schema) - _QUIET - {"allOf"} and len(schema["allOf"]) == 1:
            return self.value(schema["allOf"][0], path, depth + 1)
        said = set(schema) - _QUIET
        if "const" in schema and said <= {"const", "type"}:
            return self._constants([schema["const"]], schema.get("type"))
        if "enum" in schema and said <= {"enum", "type"}:
            return self._constants(schema["enum"], schema.get("type"))
        kinds = schema.get("type")
        kinds = kinds if isinstance(kinds, list) else [kinds]
        return "(?:" + "|".join(self._typed(kind, schema, said - {"type"}, path, depth) for kind in kinds) + ")"

    def _ref(self, schema: dict[str, Any], path: Path, depth: int) -> str:
        if set(schema) - _QUIET - {"$ref"} or not str(schema["$ref"]).startswith("#/"):
            raise _GiveUp
        target = self.root
        for part in str(schema["$ref"])[2:].split("/"):
            name = part.replace("~1", "/").replace("~0", "~")
            if not isinstance(target, dict) or name not in target or "%" in name:
                raise _GiveUp
            target = target[name]
        return self.value(target, path, depth + 1)

    def _typed(self, kind: Any, schema: dict[str, Any], said: set[str], path: Path, depth: int) -> str:
        if kind == "object":
            return self._object(schema, said, path, depth)
        if kind == "array":
            return self._array(schema, said, path, depth)
        # Keywords of other types say nothing about this one, but numbers and strings must be told apart.
        if kind == "string" and said <= {"minLength", "maxLength", "pattern"}:
            return self._string(schema)
        if kind == "integer" and said <= {"minimum", "maximum"}:
            return _integers(schema.get("minimum"), schema.get("maximum"))
        if kind == "number" and said <= {"minimum", "maximum"}:
            return _numbers(schema.get("minimum"), schema.get("maximum"))
        simple = {"boolean": "(?:true|false)", "null": "null"}
        if kind in simple and said <= {"minLength", "maxLength", "pattern", "minimum", "maximum"}:
            return simple[kind]
        raise _GiveUp

    def _constants(self, values: Any, kind: Any) -> str:
        out = []
        for value in values:
            if kind is not None and not _is(value, kind):
                raise _GiveUp
            if not isinstance(value, str | bool | int | None) or (isinstance(value, str) and _odd(value)):
                raise _GiveUp
            out.append(re2_escape(json.dumps(value, ensure_ascii=False)))
        if not out:
            raise _GiveUp
        return "(?:" + "|".join(out) + ")"

    def _string(self, schema: dict[str, Any]) -> str:
        if "pattern" in schema:
            safe = _SAFE_PATTERN.fullmatch(str(schema["pattern"]))
            if safe is None or "minLength" in schema or "maxLength" in schema:
                raise _GiveUp
            return '"' + safe[1] + '"'
        low, high = schema.get("minLength", 0), schema.get("maxLength")
        if not isinstance(low, int) or (high is not None and not isinstance(high, int)):
            raise _GiveUp
        if low > 500 or (high is not None and (high > 500 or high < low)):
            raise _GiveUp
        if low == 0 and high is None:
            return f'"{_CHAR}*"'
        return f'"{_CHAR}{{{low},{"" if high is None else high}}}"'

    def _object(self, schema: dict[str, Any], said: set[str], path: Path, depth: int) -> str:
        if said - {"properties", "required", "additionalProperties"}:
            raise _GiveUp
        properties, required = schema.get("properties", {}), schema.get("required", [])
        closed = schema.get("additionalProperties", True)
        keys = self.shape.keys(path) or ()
        if closed not in (True, False) or not set(required) <= set(keys):
            raise _GiveUp
        parts = []
        for key in keys:
            if key not in properties and closed is False and key not in required:
                continue
            if key not in properties or _odd(key):
                raise _GiveUp
            pair = re2_escape(json.dumps(key, ensure_ascii=False)) + self.shape.colon
            parts.append((pair + self.value(properties[key], (*path, key), depth + 1), key in required))
        return r"\{" + self._sequence(parts) + r"\}"

    def _sequence(self, parts: list[tuple[str, bool]]) -> str:
        """Pairs in order with commas between; optional ones may be absent. The first must be required, or all lone."""
        if not parts:
            return ""
        if not parts[0][1]:
            raise _GiveUp
        rest = (f"{self.shape.comma}{pair}" if must else f"(?:{self.shape.comma}{pair})?" for pair, must in parts[1:])
        return parts[0][0] + "".join(rest)

    def _array(self, schema: dict[str, Any], said: set[str], path: Path, depth: int) -> str:
        if said - {"items"} or "items" not in schema:
            raise _GiveUp
        item = self.value(schema["items"], (*path, "*"), depth + 1)
        return rf"\[(?:{item}(?:{self.shape.comma}{item})*)?\]"


def re2_escape(text: str) -> str:
    """`text` as a literal in RE2."""
    return "".join("\\" + c if c in r"\.+*?()|[]{}^$" else c for c in text)


def _odd(text: str) -> bool:
    """Would json.dumps write this string with an escape?"""
    return json.dumps(text, ensure_ascii=False) != f'"{text}"'


def _is(value: Any, kind: Any) -> bool:
    names = {str: "string", bool: "boolean", int: "integer", type(None): "null"}
    return bool(names.get(type(value)) == kind)


def _whole(value: Any) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or int(value) != value:
        raise _GiveUp
    return int(value)


def _integers(low: Any, high: Any) -> str:
    """Integers in [low, high], written plainly."""
    least, most = _whole(low), _whole(high)
    if least is None and most is None:
        return "-?" + _DIGITS
    if least == 0 and most is None:
        return _DIGITS
    if least is None or least < 0 or most is None or most < least or most > 999_999:
        raise _GiveUp
    return "(?:" + "|".join(_ranges(least, most)) + ")"


def _numbers(low: Any, high: Any) -> str:
    """Decimals in [low, high] without an exponent."""
    least, most = _whole(low), _whole(high)
    if least is None and most is None:
        return "-?" + _DIGITS + _FRACTION
    if least == 0 and most is None:
        return _DIGITS + _FRACTION
    if least is None or least < 0 or most is None or most < least or most > 999_999:
        raise _GiveUp
    below = [f"(?:{'|'.join(_ranges(least, most - 1))}){_FRACTION}"] if most > least else []
    return "(?:" + "|".join([*below, rf"{most}(?:\.0{{1,17}})?"]) + ")"


def _ranges(low: int, high: int) -> list[str]:
    """Patterns that together match exactly the decimal integers low..high (0 <= low <= high)."""
    out: list[str] = []
    while low <= high:
        digits = len(str(low))
        end = min(high, 10**digits - 1)
        out.extend(_same_length(str(low), str(end)))
        low = end + 1
    return out


def _same_length(low: str, high: str) -> list[str]:
    if low == high:
        return [low]
    if len(low) == 1:
        return [f"[{low}-{high}]"]
    if set(low[1:]) <= {"0"} and set(high[1:]) <= {"9"}:
        first = low[0] if low[0] == high[0] else f"[{low[0]}-{high[0]}]"
        return [first + "[0-9]" * (len(low) - 1)]
    if low[0] == high[0]:
        return [low[0] + rest for rest in _same_length(low[1:], high[1:])]
    tail, top = "9" * (len(low) - 1), "0" * (len(low) - 1)
    middle = []
    if int(high[0]) - int(low[0]) > 1:
        a, b = str(int(low[0]) + 1), str(int(high[0]) - 1)
        middle = _same_length(a + top, b + tail)
    return [*_same_length(low, low[0] + tail), *middle, *_same_length(high[0] + top, high)]
