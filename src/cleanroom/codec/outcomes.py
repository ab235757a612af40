"""Outcomes as JSON: one object a line of a file, or the data of a request's body."""

from __future__ import annotations

from typing import Any

from cleanroom.codec.json_lines import Limits, each_line
from cleanroom.core.base import Instant, Misuse
from cleanroom.core.mistakes import did_you_mean
from cleanroom.core.outcome import Outcome

MAX_FILE = 64 * 1024 * 1024
"""Bytes of a file of outcomes."""

MAX_LINE = 128 * 1024
"""Bytes of one line."""

MAX_OUTCOMES = 200_000
"""Lines of a file."""

FIELDS = ("id", "flag", "variant", "key", "at", "metrics", "source", "context")
_NEEDED = ("id", "flag", "variant", "key")
_LIKE = '{"id": "order-1", "flag": "checkout", "variant": "new", "key": "user-7", "metrics": {"error": false}}'


def read_outcomes(content: bytes, file: str, now: Instant) -> tuple[Outcome, ...]:
    """The outcomes of a file, one JSON object a line; blank lines are skipped. `now`: for those that do not say when.

    Raises Misuse for the first line that is not as described, with its number.
    """
    limits = Limits(MAX_FILE, MAX_LINE, MAX_OUTCOMES)
    return tuple(each_line(lambda data: outcome_of(data, now), content, file, limits))


def outcome_of(data: Any, now: Instant) -> Outcome:
    """The outcome that plain data says; what is null is as if it were not there.

    Raises Misuse for what has another shape; core.outcome.faults says the rest.
    """
    if not isinstance(data, dict):
        raise Misuse("an outcome is a JSON object", _LIKE)
    for key in data:
        if key not in FIELDS:
            raise Misuse(f"unknown key {key[:80]!r}", did_you_mean(key[:80], FIELDS))
    given = {key: value for key, value in data.items() if value is not None}
    for key in _NEEDED:
        if key not in given:
            raise Misuse(f"{key!r} is missing", _LIKE)
    for key in (*_NEEDED, "at", "source"):
        if not isinstance(given.get(key, ""), str):
            raise Misuse(f"{key!r} must be text", "Put it in quotes.")
    for key in ("metrics", "context"):
        if not isinstance(given.get(key, {}), dict):
            raise Misuse(f"{key!r} must be an object", _LIKE)
    for name, value in given.get("metrics", {}).items():
        if not isinstance(value, bool | int | float):
            raise Misuse(f"the metric {name[:80]!r} must be true, false or a number", "Leave out what is not known.")
    return Outcome(**{"at": now, **given})
