"""How does a page of Markdown look? Headings, lists, tables and paragraphs; whatever else is in it stays text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import groupby, zip_longest

from markupsafe import Markup, escape

from cleanroom.core.postmortem.literal import meant
from cleanroom.entry.report.view import shown

_MOST_LINES, _LONGEST = 2_000, 4_000
_WORD = 24
_HEADING = re.compile(r" {0,3}(#{1,6})[ \t]+(.*?)[ \t#]*")
_ITEM = re.compile(r" {0,3}(?:[-*+]|\d{1,9}[.)])[ \t]+(.*)")
_RULE = re.compile(r"[\s|:-]*-[\s|:-]*")
_CELL = re.compile(r"(?<!\\)\|")
_STRONG = re.compile(r"\*\*(.{1,500}?)\*\*")


def page(text: str) -> Markup:
    """The page as HTML. Markup in it is shown as text; links stay text, too, so that none leads where it does not say."""
    lines = text[: _MOST_LINES * 100].replace("\r\n", "\n").split("\n")[:_MOST_LINES]
    return Markup("\n").join(_block(kind, list(run)) for kind, run in groupby(lines, key=_kind))


def _kind(line: str) -> str:
    if not line.strip():
        return "gap"
    if _HEADING.fullmatch(line):
        return "heading"
    if _ITEM.fullmatch(line):
        return "list"
    return "table" if line.lstrip().startswith("|") else "text"


def _block(kind: str, lines: Sequence[str]) -> Markup:
    match kind:
        case "gap":
            return Markup("")
        case "heading":
            return Markup("").join(map(_heading, lines))
        case "list":
            items = (m[1] for m in map(_ITEM.fullmatch, lines) if m)
            return Markup("<ul>{}</ul>").format(
                Markup("").join(Markup("<li>{}</li>").format(_inline(i)) for i in items)
            )
        case "table":
            return _table(lines)
        case _:
            return Markup("<p>{}</p>").format(Markup("<br>").join(map(_inline, lines)))


def _heading(line: str) -> Markup:
    found = _HEADING.fullmatch(line)
    level = 2 if found and len(found[1]) <= 2 else 3
    return Markup("<h{0}>{1}</h{0}>").format(level, _inline(found[2] if found else line))


def _table(lines: Sequence[str]) -> Markup:
    """On a narrow screen each row is a block, and each cell says what it is; what is too wide all the same scrolls."""
    rows = [_cells(line) for line in lines if not _RULE.fullmatch(line)]
    head, *body = rows or [[]]
    names = Markup("").join(Markup('<th scope="col">{}</th>').format(_inline(c)) for c in head)
    made = Markup("").join(_row(head, row) for row in body)
    return Markup(
        '<div class="wordy" role="region" aria-label="Table" tabindex="0"><table class="stack said-in-words">'
        "<thead><tr>{}</tr></thead><tbody>{}</tbody></table></div>"
    ).format(names, made)


def _cells(line: str) -> list[str]:
    return [c.strip().replace("\\|", "|") for c in _CELL.split(line.strip().strip("|"))]


def _row(head: Sequence[str], cells: Sequence[str]) -> Markup:
    named = zip_longest(cells, head[: len(cells)], fillvalue="")
    made = Markup("").join(
        Markup('<td data-what="{}"{}>{}</td>').format(
            shown(name, 40), Markup(' class="nowrap"') if _is_short(c) else "", _inline(c)
        )
        for c, name in named
    )
    return Markup("<tr>{}</tr>").format(made)


def _is_short(cell: str) -> bool:
    """A day, a number or an address is not broken."""
    return len(cell) <= _WORD and " " not in cell


def _inline(text: str) -> Markup:
    """What stands between two stars is strong, what stands between backticks is code."""
    parts = enumerate(shown(meant(text.strip()), _LONGEST).split("`"))
    return Markup("").join(Markup("<code>{}</code>").format(p) if n % 2 else _strong(p) for n, p in parts)


def _strong(text: str) -> Markup:
    parts = enumerate(_STRONG.split(text))
    return Markup("").join(Markup("<strong>{}</strong>").format(p) if n % 2 else escape(p) for n, p in parts)
