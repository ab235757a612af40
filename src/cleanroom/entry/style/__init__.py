"""Which colours, types and small parts do the report and the web pages share?"""

from __future__ import annotations

from functools import cache
from importlib.resources import files


@cache
def css() -> str:
    """The shared style sheets, tokens first; whoever uses them adds its own after."""
    folder = files("cleanroom.entry.style")
    return "".join((folder / name).read_text("utf-8") for name in ("tokens.css", "parts.css"))
