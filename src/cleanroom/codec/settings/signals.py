"""What is wrong with a [signals.NAME] of cleanroom.toml?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cleanroom.codec.settings.keys import address, texts, variable
from cleanroom.core.mistakes import Mistake, did_you_mean

KINDS = ("prometheus", "sql")
"""Counts that Prometheus has, and outcomes in files that the engine reads."""

_KEYS = {
    "prometheus": ("kind", "url", "url_env", "token_env", "total", "bad"),
    "sql": ("kind", "data", "flag"),
}
_ALL = tuple(dict.fromkeys(key for keys in _KEYS.values() for key in keys))
_EXAMPLE = """For example 'sum(increase(requests_total{variant="$arm"}[$window]))'"""


def mistakes(keys: dict[str, Any]) -> Iterator[Mistake]:
    """What is wrong with one [signals.NAME]."""
    kind = keys.get("kind")
    yield from texts(keys, _KEYS.get(str(kind), _ALL), "token_env")
    match kind:
        case "prometheus":
            yield from _prometheus(keys)
        case "sql":
            for key, what in (
                ("data", "a file or a folder of the project"),
                ("flag", "which flag they are outcomes of"),
            ):
                if not keys.get(key):
                    yield Mistake((key,), f"{key!r} is missing: a source of kind sql needs it", f"It names {what}.")
        case None:
            yield Mistake(("kind",), "'kind' is missing", f"One of {', '.join(KINDS)}.")
        case str():
            yield Mistake(("kind",), f"there is no kind of source {kind!r}", did_you_mean(kind, KINDS))
        case _:
            return  # that it must be text is said already


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
