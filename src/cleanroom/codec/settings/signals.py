"""What is wrong with a [signals.NAME] of cleanroom.toml?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cleanroom.codec.settings.keys import address, known, texts, variable
from cleanroom.core.mistakes import Mistake, did_you_mean

KINDS = ("prometheus", "sql", "calls")
"""Counts that Prometheus has; outcomes, and calls of a system, in files that the engine reads."""

_KEYS = {
    "prometheus": ("kind", "url", "url_env", "token_env", "total", "bad"),
    "sql": ("kind", "data", "flag"),
    "calls": ("kind", "data", "system", "columns", "scores"),
}
FIELDS = ("id", "at", "trace", "parent", "operation", "feature", "variant", "prompt", "tool", "provider", "model",
          "conversation", "key", "error", "finished", "predicted", "label", "input", "output", "latency_s", "first_s",
          "input_tokens", "output_tokens", "cached_tokens")  # fmt: skip
"""Fields of a call that a column of a table may be."""

_NEEDED = {
    "data": "a file or a folder of the project",
    "flag": "which flag they are outcomes of",
    "system": "the system, as systems/NAME.yaml has it, that the calls are of",
}
_MANY = ("columns", "scores")
_ALL = tuple(dict.fromkeys(key for keys in _KEYS.values() for key in keys))
_EXAMPLE = """For example 'sum(increase(requests_total{variant="$arm"}[$window]))'"""


def mistakes(keys: dict[str, Any]) -> Iterator[Mistake]:
    """What is wrong with one [signals.NAME]."""
    kind = keys.get("kind")
    names = _KEYS.get(str(kind), _ALL)
    yield from known(keys, names, "token_env")
    yield from texts({k: v for k, v in keys.items() if k in names and k not in _MANY}, names)
    match kind:
        case "prometheus":
            yield from _prometheus(keys)
        case "sql":
            yield from _missing(keys, kind, "data", "flag")
        case "calls":
            yield from _missing(keys, kind, "data", "system")
            yield from _columns(keys)
        case None:
            yield Mistake(("kind",), "'kind' is missing", f"One of {', '.join(KINDS)}.")
        case str():
            yield Mistake(("kind",), f"there is no kind of source {kind!r}", did_you_mean(kind, KINDS))
        case _:
            return  # that it must be text is said already


def _missing(keys: dict[str, Any], kind: str, *needed: str) -> Iterator[Mistake]:
    for key in needed:
        if not keys.get(key):
            yield Mistake((key,), f"{key!r} is missing: a source of kind {kind} needs it", f"It names {_NEEDED[key]}.")


def _columns(keys: dict[str, Any]) -> Iterator[Mistake]:
    columns, scores = keys.get("columns", {}), keys.get("scores", [])
    if not isinstance(columns, dict) or not all(isinstance(c, str) and c for c in columns.values()):
        yield Mistake(("columns",), "'columns' must say which column each field is", 'For example at = "created_at".')
    else:
        for field in columns:
            if field not in FIELDS:
                hint = did_you_mean(field, FIELDS)
                yield Mistake(("columns", field), f"a call has no field {field!r:.60}", hint, at="key")
    if not isinstance(scores, list) or not all(isinstance(c, str) and c for c in scores):
        yield Mistake(("scores",), "'scores' must be a list of columns", 'For example ["groundedness"].')


def _prometheus(keys: dict[str, Any]) -> Iterator[Mistake]:
    if not (keys.get("url") or keys.get("url_env")):
        hint = "For example http://prometheus:9090, or url_env, where the address is a secret."
        yield Mistake(("url",), "'url' is missing: a source of kind prometheus needs it", hint)
    yield from address(keys, "url", "url_env")
    for key in ("url_env", "token_env"):
        yield from variable(keys, key)
    for key, other in (("total", "bad"), ("bad", "total")):
        query = keys.get(key, "")
        if not query and keys.get(other):  # without both it serves SLOs, which bring queries of their own
            yield Mistake((key,), f"{key!r} is missing: a source of kind prometheus needs it", _EXAMPLE)
        for mark in ("$arm", "$window"):
            if isinstance(query, str) and query and mark not in query:
                yield Mistake((key,), f"{key!r} does not say {mark}", _EXAMPLE)
