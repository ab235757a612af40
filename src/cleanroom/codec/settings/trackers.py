"""What is wrong with a [trackers.NAME] of cleanroom.toml?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from cleanroom.codec.settings.keys import address, texts, variable
from cleanroom.core.mistakes import Mistake, did_you_mean

KINDS = ("github", "gitlab", "jira")

_KEYS = {
    "github": ("kind", "url", "project", "token_env"),
    "gitlab": ("kind", "url", "project", "token_env"),
    "jira": ("kind", "url", "project", "token_env", "email_env", "issue_type"),
}
_NOT_TEXT = ("labels", "people")
_PROJECT = {
    "github": (r"[A-Za-z0-9][A-Za-z0-9-]{0,38}/(?!\.{1,2}\Z)[A-Za-z0-9._-]{1,100}", "owner/repo"),
    "gitlab": (
        r"(?!\.{1,2}(?:/|\Z))[A-Za-z0-9_.][A-Za-z0-9_.-]{0,254}(?:/(?!\.{1,2}(?:/|\Z))[A-Za-z0-9_.][A-Za-z0-9_.-]{0,254}){0,20}",
        "group/project, or the project's number",
    ),
    "jira": (r"[A-Z][A-Z0-9_]{0,99}", "the project's key, such as SHOP"),
}
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_MOST = 250


def mistakes(keys: dict[str, Any]) -> Iterator[Mistake]:
    """What is wrong with one [trackers.NAME]."""
    kind = keys.get("kind")
    yield from texts({k: v for k, v in keys.items() if k not in _NOT_TEXT}, _allowed(kind), "token_env")
    yield from _kind(kind)
    for key in ("token_env", "email_env"):
        yield from variable(keys, key)
    if not keys.get("token_env"):
        yield Mistake(
            ("token_env",), "'token_env' is missing: a tracker needs it", "The variable that holds the token."
        )
    yield from _url(keys)
    yield from _project(keys)
    yield from _labels(keys.get("labels", []))
    yield from _people(keys.get("people", {}))


def _allowed(kind: object) -> tuple[str, ...]:
    return _KEYS.get(str(kind), _KEYS["jira"])


def _kind(kind: object) -> Iterator[Mistake]:
    if kind is None:
        yield Mistake(("kind",), "'kind' is missing", f"One of {', '.join(KINDS)}.")
    elif isinstance(kind, str) and kind not in KINDS:
        yield Mistake(("kind",), f"there is no kind of tracker {kind[:100]!r}", did_you_mean(kind, KINDS))


def _url(keys: dict[str, Any]) -> Iterator[Mistake]:
    """https, since a token goes there; http on this machine alone."""
    url = keys.get("url", "")
    wrong = list(address(keys, "url", "token_env"))
    yield from wrong
    if keys.get("kind") == "jira" and not url:
        yield Mistake(
            ("url",), "'url' is missing: a tracker of kind jira needs it", "For example https://shop.atlassian.net."
        )
    if wrong or not isinstance(url, str) or not url:
        return
    parts = urlsplit(url)
    if parts.scheme != "https" and parts.hostname not in _LOOPBACK:
        yield Mistake(("url",), "'url' must be an https address: a token is sent there", "https://host/...")
    elif parts.query or parts.fragment:
        yield Mistake(("url",), "'url' must end with its path", "https://host/...")


def _project(keys: dict[str, Any]) -> Iterator[Mistake]:
    project, form = keys.get("project", ""), _PROJECT.get(str(keys.get("kind")))
    hint = f"Write {form[1]}." if form else ""
    if not project:
        yield Mistake(("project",), "'project' is missing: a tracker needs it", hint)
    elif isinstance(project, str) and form and not re.fullmatch(form[0], project):
        yield Mistake(("project",), f"{project[:100]!r} is no project of {keys['kind']}", hint)


def _labels(said: object) -> Iterator[Mistake]:
    if not isinstance(said, list) or not all(_word(label) and "," not in label for label in said):
        yield Mistake(
            ("labels",), "'labels' must be a list of texts without commas", 'For example labels = ["ai-incident"].'
        )


def _people(said: object) -> Iterator[Mistake]:
    if not isinstance(said, dict) or not all(_word(one) and _word(other) for one, other in said.items()):
        hint = 'For example people = {"ana@shop.example" = "ana-gh"}.'
        yield Mistake(("people",), "'people' must pair each person with their name in the tracker", hint)


def _word(said: object) -> bool:
    return isinstance(said, str) and 0 < len(said.strip()) <= _MOST and said.isprintable()
