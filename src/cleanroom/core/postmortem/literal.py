"""How do people's words go into a page of Markdown? As text: no viewer makes a tag, a link or a picture of them."""

from __future__ import annotations

import re

_SIGNS = {"<": "&lt;", ">": "&gt;", "]": "&#93;", "&": "&amp;"}
_MEANT = {written: sign for sign, written in _SIGNS.items()}
_TO_WRITE = re.compile(r"[<>]|\](?=[(\[])|&(?=#?\w{1,40};)")
_TO_READ = re.compile("|".join(map(re.escape, _MEANT)))


def literal(text: str) -> str:
    """The text with references (`&lt;`) for what a viewer would not show as it stands."""
    return _TO_WRITE.sub(lambda found: _SIGNS[found[0]], text)


def meant(text: str) -> str:
    """What was written so."""
    return _TO_READ.sub(lambda found: _MEANT[found[0]], text)
