"""Which runbooks come with the product? One Markdown file for each category, read once."""

from __future__ import annotations

from functools import cache
from importlib import resources

from cleanroom.core.incident.categories import PATHS
from cleanroom.core.incident.runbook import Runbook, parse


@cache
def text_of(name: str) -> str | None:
    """The Markdown of the one of that name; None where none ships."""
    if not any(p.runbook == name for p in PATHS.values()):
        return None
    return resources.files(__package__).joinpath("runbooks", f"{name}.md").read_text("utf-8")


@cache
def runbook_of(name: str) -> Runbook | None:
    """The same, with its steps."""
    text = text_of(name)
    return None if text is None else parse(text, name, f"{name}.md")[0]


def names() -> tuple[str, ...]:
    """Of all that ship."""
    return tuple(p.runbook for p in PATHS.values())
