"""How does a text look in Jira? Atlassian Document Format (version 1) in Cloud, wiki markup in Data Center."""

from __future__ import annotations

import re
from typing import Any

_PARAGRAPHS = re.compile(r"\n[ \t]*(?:\n[ \t]*)+")


def document(text: str) -> dict[str, Any]:
    """The text as it stands: paragraphs, and breaks between their lines. Nothing in it is markup."""
    paragraphs = [p for p in _PARAGRAPHS.split(text.replace("\r\n", "\n").strip("\n")) if p.strip()]
    return {"type": "doc", "version": 1, "content": [_paragraph(p) for p in paragraphs]}


def _paragraph(text: str) -> dict[str, Any]:
    content: list[dict[str, Any]] = []
    for number, line in enumerate(text.split("\n")):
        if number:
            content.append({"type": "hardBreak"})
        if line:  # a text node must not be empty
            content.append({"type": "text", "text": line})
    return {"type": "paragraph", "content": content}


def wiki(text: str) -> str:
    """The text with what wiki markup would take for links, people and macros made plain."""
    return re.sub(r"([\[\]{}])", r"\\\1", text)
