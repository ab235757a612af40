"""[store], [queue], [oidc] and [notify.NAME] of cleanroom.toml: what stands around the project."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from cleanroom.codec.settings.keys import address, known, length, seconds, texts, variable
from cleanroom.core.mistakes import Mistake, did_you_mean
from cleanroom.core.queue_rules import QueueRules

_STORE = ("url", "url_env")
_OIDC = ("issuer", "client_id", "client_secret_env", "name")
_NOTIFY = ("kind", "url", "url_env", "secret_env", "file")
_KINDS = ("webhook", "file", "apprise")
_PLAIN = ("json", "jsons", "xml", "xmls", "form", "forms", "syslog", "dbus")
"""Kinds of address of apprise that hold no secret, as long as no password is in them."""
_LENGTHS = ("max_wait", "lease", "feedback_high", "feedback_medium", "feedback_low")
_SHARES = ("audit_share",)
_QUEUE = ("capacity", *_LENGTHS, *_SHARES)


def store_mistakes(keys: dict[str, Any]) -> Iterator[Mistake]:
    """What is wrong with [store]."""
    yield from texts(keys, _STORE, "url_env")
    yield from address(keys, "url", "url_env", ("sqlite", "postgresql"))
    yield from variable(keys, "url_env")


def oidc_mistakes(keys: dict[str, Any]) -> Iterator[Mistake]:
    """What is wrong with [oidc]."""
    yield from texts(keys, _OIDC, "client_secret_env")
    yield from address(keys, "issuer", "client_secret_env")
    yield from variable(keys, "client_secret_env")
    for key in ("issuer", "client_id"):
        if keys and not keys.get(key):
            yield Mistake((key,), f"{key!r} is missing: [oidc] needs it", "Your identity provider shows it.")


def notify_mistakes(keys: dict[str, Any]) -> Iterator[Mistake]:
    """What is wrong with one [notify.NAME]."""
    yield from texts({k: v for k, v in keys.items() if k != "people"}, _NOTIFY, "secret_env")
    kind = keys.get("kind", "webhook")
    yield from _apprise(keys) if kind == "apprise" else address(keys, "url", "url_env")
    for key in ("url_env", "secret_env"):
        yield from variable(keys, key)
    people = keys.get("people", [])
    if not isinstance(people, list) or not all(isinstance(p, str) and p.strip() and p.isprintable() for p in people):
        hint = 'For example people = ["ana@shop.example"].'
        yield Mistake(("people",), "'people' must be a list of those whose channel it is", hint)
    if isinstance(kind, str) and kind not in _KINDS:
        yield Mistake(("kind",), f"there is no kind of channel {kind!r}", did_you_mean(kind, _KINDS))
    elif kind in ("webhook", "apprise") and not (keys.get("url") or keys.get("url_env")):
        hint = "Or url_env, where the address is a secret."
        yield Mistake(("url",), f"'url' is missing: a channel of kind {kind} needs it", hint)
    elif kind == "file" and not keys.get("file"):
        yield Mistake(("file",), "'file' is missing: a channel of kind file needs it")


def _apprise(keys: dict[str, Any]) -> Iterator[Mistake]:
    """Most addresses of apprise are made of secrets: only those of a few kinds may stand in a file."""
    text = keys.get("url", "")
    if isinstance(text, str) and text:
        scheme, there, _ = text.partition("://")
        if not there:
            yield Mistake(("url",), "'url' must be an address of apprise", "For example jsons://host/path.")
        elif scheme.lower() not in _PLAIN or "@" in text or "?" in text:
            hint = "Name the environment variable that holds it: url_env = ..."
            yield Mistake(("url",), "'url' of apprise holds secrets, which do not belong into files", hint)


def queue_mistakes(keys: dict[str, Any]) -> Iterator[Mistake]:
    """What is wrong with [queue]."""
    yield from known(keys, _QUEUE)
    for key in _LENGTHS:
        yield from length(keys, key)
    capacity = keys.get("capacity", 1)
    if isinstance(capacity, bool) or not isinstance(capacity, int) or capacity < 1:
        yield Mistake(("capacity",), "'capacity' must be a whole number from 1", "How many outputs may wait at once.")
    for key in _SHARES:
        share = keys.get(key, 0)
        if isinstance(share, bool) or not isinstance(share, int | float) or not 0 <= share <= 1:
            yield Mistake((key,), f"{key!r} must be a share from 0 to 1", "For example 0.02.")


TABLES: tuple[tuple[str, Callable[[dict[str, Any]], Iterator[Mistake]]], ...] = (
    ("store", store_mistakes),
    ("oidc", oidc_mistakes),
    ("queue", queue_mistakes),
)
"""The tables that are there once, with what finds their mistakes."""


def queue(keys: dict[str, Any]) -> QueueRules:
    """The rules of a [queue] without mistakes."""
    return QueueRules(**{k: seconds(v) if k in _LENGTHS else v for k, v in keys.items()})
