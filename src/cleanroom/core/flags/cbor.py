"""How does flagd's third generation write a JSON value before it hashes it? As deterministic CBOR (RFC 8949, 4.2.1)."""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping
from typing import Any

DEEPEST = 64
"""How deep a value may nest."""

_UNSIGNED, _NEGATIVE, _TEXT, _ARRAY, _MAP = 0, 1, 3, 4, 5
_WORDS = {None: b"\xf6", True: b"\xf5", False: b"\xf4"}


def cbor(value: Any, depth: int = 0) -> bytes:
    """The shortest encoding of a JSON value: keys sorted by their bytes, whole numbers as integers where 64 bits hold them.

    Raises ValueError for what JSON does not have, for lone surrogates and for values deeper than DEEPEST.
    """
    if depth > DEEPEST:
        raise ValueError(f"the value nests deeper than {DEEPEST} levels")
    match value:
        case str():
            data = value.encode()
            return _head(_TEXT, len(data)) + data
        case None | True | False:
            return _WORDS[value]
        case int() | float():
            return _number(value)
        case list() | tuple():
            return _head(_ARRAY, len(value)) + b"".join(cbor(item, depth + 1) for item in value)
        case Mapping():
            pairs = sorted((cbor(str(k), depth + 1), cbor(v, depth + 1)) for k, v in value.items())
            return _head(_MAP, len(pairs)) + b"".join(k + v for k, v in pairs)
        case _:
            raise ValueError(f"{type(value).__name__} is not a JSON value")


def _head(major: int, number: int) -> bytes:
    top = major << 5
    if number < 24:
        return bytes((top | number,))
    if number < 256:
        return bytes((top | 24, number))
    for extra, size in enumerate((1, 2, 4, 8)):
        if number < 1 << 8 * size:
            return bytes((top | 24 + extra,)) + number.to_bytes(size, "big")
    raise ValueError("the number needs more than 64 bits")


def _number(value: float) -> bytes:
    whole = isinstance(value, int) or value.is_integer()
    if whole and 0 <= value < 1 << 64:
        return _head(_UNSIGNED, int(value))
    if whole and -(1 << 63) <= value < 0:
        return _head(_NEGATIVE, -1 - int(value))
    try:
        return _float(float(value))
    except OverflowError as error:
        raise ValueError("the number is larger than any that can be kept") from error


def _float(value: float) -> bytes:
    """The shortest of the three widths that keeps the value."""
    if math.isnan(value):
        return b"\xf9\x7e\x00"
    for head, form in ((b"\xf9", ">e"), (b"\xfa", ">f")):
        try:
            packed = struct.pack(form, value)
        except OverflowError:
            continue
        if struct.unpack(form, packed)[0] == value:
            return head + packed
    return b"\xfb" + struct.pack(">d", value)
