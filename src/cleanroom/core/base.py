"""What every noun is made of: digests, instants, the @noun decorator, canonical bytes, errors."""

from __future__ import annotations

import dataclasses
import hashlib
import math
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from json.encoder import encode_basestring  # escapes as RFC 8785 does, and is written in C
from typing import Any, NewType, TypeVar, dataclass_transform

T = TypeVar("T")

Digest = NewType("Digest", str)
"""`sha256:<64 hex digits>`: the name of content."""

Instant = NewType("Instant", str)
"""A moment in UTC, `2026-11-21T23:20:00.000000Z`: fixed width, so that text order is time order."""

SECOND = 1_000_000
MINUTE, HOUR, DAY = 60 * SECOND, 3_600 * SECOND, 86_400 * SECOND
"""Microseconds, as moments are counted."""

_MAX_SAFE_INTEGER = 2**53 - 1
_MAX_FLOAT = int(sys.float_info.max)


class CleanroomError(Exception):
    """What a person is told: one line that says what happened, and a hint at what to do next.

    `code` is the exit code of the command line (see docs/cli.md).
    """

    code = 4

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class Misuse(CleanroomError):
    """Wrong usage, or a fault in the user's files (exit 2)."""

    code = 2


class NotFound(Misuse):
    """What was named is not there (exit 2)."""


class Refused(CleanroomError):
    """A refusal by policy, findings of a lint, a ledger that does not verify (exit 1)."""

    code = 1


class Outside(CleanroomError):
    """Disk, network, model or an error of ours (exit 4)."""

    code = 4


@dataclass_transform(frozen_default=True)
def noun(cls: type[T]) -> type[T]:
    """Make `cls` a value: frozen, slotted, compared by content; codec refuses fields it does not have."""
    made = dataclass(frozen=True, slots=True)(cls)
    made.__pydantic_config__ = {"extra": "forbid", "strict": False}  # type: ignore[attr-defined]
    return made


def instant(micros: int) -> Instant:
    """The instant `micros` microseconds after 1970-01-01T00:00:00Z."""
    seconds, rest = divmod(micros, 1_000_000)
    whole = datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None)
    return Instant(f"{whole.isoformat(timespec='seconds')}.{rest:06d}Z")


def micros(at: Instant) -> int:
    """Microseconds since 1970-01-01T00:00:00Z. Raises ValueError when `at` is not an instant."""
    moment = datetime.fromisoformat(at)
    if moment.tzinfo is None:
        raise ValueError(f"{at!r} has no time zone")
    whole = int(moment.replace(microsecond=0).timestamp())
    return whole * 1_000_000 + moment.microsecond


def is_valid(*texts: str | None) -> bool:
    """Has each of the texts a UTF-8 form, and no NUL, so that every database can keep it?"""
    whole = "".join(text for text in texts if text)
    try:
        whole.encode()
    except UnicodeEncodeError:
        return False
    return "\x00" not in whole


def after(at: Instant, seconds: float) -> Instant:
    """So many seconds later."""
    return instant(micros(at) + round(seconds * SECOND))


def digest(data: bytes) -> Digest:
    """The SHA-256 of `data`, written as a Digest."""
    return Digest("sha256:" + hashlib.sha256(data).hexdigest())


def digest_of(value: object) -> Digest:
    """The digest of a noun or of plain JSON data: of its canonical bytes."""
    return digest(canonical(value))


def plain(value: object) -> Any:
    """A noun as plain JSON data: dicts, lists, strings, numbers, booleans and None."""
    if value is None or isinstance(value, str | bool | int | float):
        return value.value if isinstance(value, Enum) else value
    if isinstance(value, Enum):
        return value.value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [plain(v) for v in value]
    if isinstance(value, frozenset | set):
        return sorted(plain(v) for v in value)
    raise TypeError(f"no canonical form for {type(value).__name__}")


def canonical(value: object) -> bytes:
    """Canonical JSON bytes of a noun or of plain data, as in RFC 8785 (JCS).

    Raises ValueError for NaN, infinities, integers that no double holds exactly, and lone surrogates.
    """
    parts: list[str] = []
    _write(plain(value), parts)
    try:
        return "".join(parts).encode()
    except UnicodeEncodeError as error:
        raise ValueError("text with a lone surrogate has no canonical form") from error


def _write(value: Any, out: list[str]) -> None:
    if value is None:
        out.append("null")
    elif value is True or value is False:
        out.append("true" if value else "false")
    elif isinstance(value, str):
        out.append(encode_basestring(value))
    elif isinstance(value, int):
        out.append(_integer(value))
    elif isinstance(value, float):
        out.append(_number(value))
    elif isinstance(value, dict):
        out.append("{")
        for i, key in enumerate(sorted(value, key=lambda k: k.encode("utf-16-be", "surrogatepass"))):
            out.append(("," if i else "") + encode_basestring(key) + ":")
            _write(value[key], out)
        out.append("}")
    else:
        out.append("[")
        for i, item in enumerate(value):
            if i:
                out.append(",")
            _write(item, out)
        out.append("]")


def _integer(value: int) -> str:
    if abs(value) <= _MAX_SAFE_INTEGER:
        return str(value)
    if abs(value) < _MAX_FLOAT and int(float(value)) == value:
        return _number(float(value))
    raise ValueError(f"{value} is beyond the integers that every JSON reader keeps")


def _number(x: float) -> str:
    """The shortest form that ECMAScript prints (RFC 8785 section 3.2.2.3)."""
    if not math.isfinite(x):
        raise ValueError("NaN and infinities have no canonical form")
    if x == 0:
        return "0"
    sign = "-" if x < 0 else ""
    mantissa, _, exponent = repr(abs(x)).partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + ("" if fraction == "0" else fraction)).lstrip("0")
    point = len(whole) + int(exponent or 0)
    if whole == "0":
        point -= len(fraction) - len(fraction.lstrip("0")) + 1
    stripped = digits.rstrip("0") or "0"
    n, k = point, len(stripped)
    if k <= n <= 21:
        return sign + stripped + "0" * (n - k)
    if 0 < n <= 21:
        return sign + stripped[:n] + "." + stripped[n:]
    if -6 < n <= 0:
        return sign + "0." + "0" * -n + stripped
    e = f"e{'+' if n > 0 else '-'}{abs(n - 1)}"
    return sign + stripped[0] + ("." + stripped[1:] if k > 1 else "") + e
