"""How do JSON values compare and convert in a rule? As JsonLogic has it from JavaScript."""

from __future__ import annotations

import math
import re
from typing import Any

from cleanroom.core.base import canonical
from cleanroom.core.flags.reasons import Fault

DEEPEST = 64
CONTAINERS = (dict, list)
LONGEST = 65_536
"""The longest text that a rule may make, in characters."""

_NUMBER = re.compile(r"[+-]?(?:Infinity|(?:[0-9]++(?:\.[0-9]*+)?|\.[0-9]++)(?:[eE][+-]?[0-9]++)?)")
_BASES = {"0x": 16, "0o": 8, "0b": 2}
_SPACE = " \t\n\v\f\r\u00a0\ufeff\u2028\u2029"


def truthy(value: Any) -> bool:
    """JsonLogic's truth: as JavaScript's, but an empty array is false. "0" and {} are true."""
    if isinstance(value, float):
        return value != 0 and not math.isnan(value)
    return bool(value) or isinstance(value, dict)


def is_number(value: Any) -> bool:
    """A number, and not a boolean."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def text(value: Any, depth: int = 0) -> str:
    """The text of a value: 1.0 is 1, null in an array is empty. Raises Fault for what is too long or too deep."""
    match value:
        case str():
            return value
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int() | float():
            return _digits(value)
        case list():
            if depth > DEEPEST:
                raise Fault("INVALID_CONTEXT", f"a value nests deeper than {DEEPEST} levels")
            return join((",".join("" if v is None else text(v, depth + 1) for v in value),))
        case _:
            return "[object Object]"


def join(parts: tuple[str, ...]) -> str:
    """The parts in one text. Raises Fault beyond LONGEST."""
    if sum(map(len, parts)) > LONGEST:
        raise Fault("GENERAL", f"a rule makes a text of more than {LONGEST:,} characters")
    return "".join(parts)


def _digits(value: float) -> str:
    try:
        value = float(value)
    except OverflowError:
        return "Infinity" if value > 0 else "-Infinity"
    if math.isfinite(value):
        return canonical(value).decode()
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def number(value: Any) -> float:
    """The number that JavaScript's Number() makes: null and "" are 0, text that is no number is NaN."""
    match value:
        case None:
            return 0.0
        case int() | float():
            return _double(value)
        case str():
            return _parsed(value.strip(_SPACE))
        case list():
            return _parsed(text(value).strip(_SPACE))
        case _:
            return math.nan


def _double(value: float) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def _parsed(value: str) -> float:
    if not value:
        return 0.0
    if _NUMBER.fullmatch(value):
        return float(value)
    base = _BASES.get(value[:2].lower())
    digits = value[2:66]
    if base and len(value) <= 66 and digits.isascii() and digits.isalnum():
        try:
            return float(int(digits, base))
        except ValueError:
            return math.nan
    return math.nan


def leading_number(value: Any) -> float:
    """The number that a text begins with, as JavaScript's parseFloat(), which JsonLogic's + and * use; else NaN."""
    if is_number(value):
        return _double(value)
    found = _NUMBER.match(text(value).lstrip(_SPACE))
    return float(found[0]) if found else math.nan


def tidy(value: float) -> float:
    """A result as JSON would write it: a whole number as an integer."""
    return int(value) if value.is_integer() and abs(value) < 2**53 else value


def same(one: Any, other: Any) -> bool:
    """`===`: same type and value. Arrays and objects are the same only when they are the very same one."""
    if isinstance(one, CONTAINERS):
        return one is other
    return bool(one == other) and (type(one) is type(other) or (is_number(one) and is_number(other)))


def equal(one: Any, other: Any) -> bool:
    """`==`, with JavaScript's coercion."""
    if one is None or other is None or (type(one) is str and type(other) is str):
        return bool(one == other)
    if isinstance(one, CONTAINERS) and isinstance(other, CONTAINERS):
        return one is other
    one, other = (text(v) if isinstance(v, CONTAINERS) else v for v in (one, other))
    if isinstance(one, str) and isinstance(other, str):
        return one == other
    return number(one) == number(other)


def less(one: Any, other: Any, *, or_equal: bool = False) -> bool:
    """`<` or `<=`: texts by their characters, all else as numbers; never true of NaN."""
    one, other = (text(v) if isinstance(v, CONTAINERS) else v for v in (one, other))
    if isinstance(one, str) and isinstance(other, str):
        return one <= other if or_equal else one < other
    left, right = number(one), number(other)
    return left <= right if or_equal else left < right
