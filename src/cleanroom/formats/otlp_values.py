"""What do the attributes of a span say? Plain values by name, cleaned and bounded."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from typing import Any

from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue

from cleanroom.core.telemetry.told import LONGEST_NAME

MOST_ATTRIBUTES = 1_000
"""Attributes of one span, event or resource that are looked at."""

LONGEST_RAW = 200_000
"""Characters of one attribute's text that are looked at."""

_DEEPEST = 12
_OURS = ("gen_ai.", "cleanroom.", "feature_flag.", "error.", "exception.", "user.", "enduser.", "service.", "session.", "llm.",
         "event.")  # fmt: skip
_PLAIN = ("string_value", "bool_value", "int_value", "double_value")

Values = Mapping[str, Any]


def values_of(attributes: Iterable[KeyValue]) -> dict[str, Any]:
    """Those attributes that mean something here, by name; of one name the last one counts."""
    found: dict[str, Any] = {}
    for i, pair in enumerate(attributes):
        if i >= MOST_ATTRIBUTES:
            break
        key = pair.key
        if key.startswith(_OURS) or "." not in key:
            found[key] = value_of(pair.value)
    return found


def value_of(value: AnyValue, deep: int = 0) -> Any:
    """The plain value; None for what is nested too deeply."""
    kind = value.WhichOneof("value")
    if kind in _PLAIN:
        found = getattr(value, kind)
        return found[:LONGEST_RAW] if kind == "string_value" else found
    if deep >= _DEEPEST:
        return None
    if kind == "array_value":
        return [value_of(v, deep + 1) for v in value.array_value.values[:MOST_ATTRIBUTES]]
    if kind == "kvlist_value":
        return {pair.key: value_of(pair.value, deep + 1) for pair in value.kvlist_value.values[:MOST_ATTRIBUTES]}
    return None


def name(values: Values, *keys: str) -> str:
    """The first of these that is there, as a name: on one line and not too long; '' where none is."""
    for key in keys:
        value = values.get(key)
        if isinstance(value, str | int | float | bool) and value != "":
            return clean(str(value).lower() if isinstance(value, bool) else str(value))
    return ""


def clean(text: str) -> str:
    """Printable, on one line, up to LONGEST_NAME characters."""
    text = text[: LONGEST_NAME + 20]
    if not text.isprintable():
        text = "".join(c if c.isprintable() else " " for c in text)
    return text.strip()[:LONGEST_NAME]


def count(values: Values, *keys: str) -> int | None:
    """The first of these that is a whole number of something; None where none is."""
    for key in keys:
        value = values.get(key)
        if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 2**53:
            return int(value)
    return None


def number(values: Values, key: str) -> float | None:
    """A finite number; None where there is none."""
    value = values.get(key)
    good = (
        isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) and abs(value) < 1e300
    )
    return float(value) if good and value is not None else None


def texts(values: Values, *keys: str) -> tuple[str, ...]:
    """The first of these that is there, as texts: a list of them, or one."""
    for key in keys:
        value = values.get(key)
        if isinstance(value, str) and value:
            return (value,)
        if isinstance(value, list):
            return tuple(v for v in value if isinstance(v, str))
    return ()


def structure(value: Any) -> Any:
    """A structured value, which an attribute may also hold as JSON text; the text itself where it is no JSON."""
    if isinstance(value, str) and value[:1] in ("[", "{"):
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return value
    return value
