"""What is written into an issue, by what is it found again, and who is who there?"""

from __future__ import annotations

import hashlib
import re
from typing import Any
from urllib.parse import urlsplit

from cleanroom.core.base import Instant, Misuse, Outside, instant, micros
from cleanroom.core.policy import same
from cleanroom.ports.project import TrackerSettings
from cleanroom.ports.tracker import Filing

MOST_TITLE = 250
"""Characters: GitHub takes 256, GitLab and Jira 255."""

MOST_BODY = 30_000
"""Characters: Jira takes 32,767, the others more."""

_AT = re.compile(r"(?<![\w`])@(?=\w)")
_COMMAND = re.compile(r"(?m)^([ \t]*)/(?=[a-zA-Z])")
_WEB = ("http", "https")


def marker(key: str) -> str:
    """One word that every search of a tracker finds whole."""
    return "cleanroom" + hashlib.sha256(key.encode()).hexdigest()[:32]


def title(filing: Filing) -> str:
    """On one line, and no longer than every tracker takes."""
    return line(filing.title, MOST_TITLE)


def body(filing: Filing) -> str:
    """The text, and a last line with the marker."""
    text = filing.body.replace("\x00", "")
    if len(text) > MOST_BODY:
        text = text[:MOST_BODY].rstrip() + "\n\n(Cut here: it was longer.)"
    return f"{text}\n\nFiled by AI Cleanroom, which finds it by this word: {marker(filing.key)}"


def calm(text: str) -> str:
    """Markdown that calls nobody and commands nothing: no @name, no line that begins as GitLab's quick actions do."""
    return _COMMAND.sub(r"\1\\/", _AT.sub("@\u200b", text))


def line(text: object, most: int = 300) -> str:
    """What the outside said, on one line and not too long."""
    words = " ".join("".join(c if c.isprintable() else " " for c in str(text)[: 4 * most]).split())
    return words if len(words) <= most else words[: most - 1] + "\u2026"


def theirs(settings: TrackerSettings, person: str) -> str | None:
    """What the tracker calls that person; None where `people` does not say."""
    return next((there for ours, there in settings.people if same(ours, person)), None)


def named(settings: TrackerSettings, person: str) -> str:
    """As `theirs`. Raises Misuse where `people` does not say."""
    found = theirs(settings, person)
    if found is None:
        hint = f"Add them to people in [trackers.{settings.name}] of cleanroom.toml."
        raise Misuse(f"tracker {settings.name}: nobody there is known to be {person!r:.200}", hint)
    return found


def ours(settings: TrackerSettings, there: str, shown: str = "") -> str:
    """What we call who is called that there; else `shown`, or the tracker's name for them."""
    known = next((ours for ours, name in settings.people if name.casefold() == there.casefold()), None)
    return known if known is not None else line(shown or there, 200)


def web(said: Any, who: str) -> str:
    """The address of an issue's page. Raises Outside where it is none that a browser may be sent to."""
    text = said if isinstance(said, str) and len(said) <= 1000 and said.isprintable() else ""
    try:
        parts = urlsplit(text)
        good = parts.scheme in _WEB and bool(parts.hostname) and not parts.username
    except ValueError:
        good = False
    if not good:
        raise Outside(f"tracker {who}: the address of the issue cannot be read")
    return text


def moment(said: Any) -> Instant | None:
    """A moment in any form of ISO 8601 with a time zone; None for anything else."""
    if not isinstance(said, str) or len(said) > 40:
        return None
    try:
        return instant(micros(Instant(said)))
    except (ValueError, OverflowError):
        return None


def is_day(said: Any) -> bool:
    """Is it a day such as 2026-12-01?"""
    return isinstance(said, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", said) is not None
