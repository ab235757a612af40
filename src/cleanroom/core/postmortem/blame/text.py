"""Where are the sentences of a Markdown page? What is not prose (code, addresses, quotes) is masked, length for length."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cleanroom.core.postmortem.blame.lexicon import word_set
from cleanroom.core.postmortem.blame.tokens import MASK

LONGEST = 1200
"""Characters of a sentence; what is longer is read in pieces."""

_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_PREFIX = re.compile(r"(?:[ \t]*>)*[ \t]*(?:(?:[-*+•]|\d{1,9}[.)])[ \t]+(?:\[[ xX]\][ \t]+)?|#{1,6}[ \t]+)?")
_STARTS_BLOCK = re.compile(r"(?:[ \t]*>)*[ \t]*(?:[-*+•][ \t]|\d{1,9}[.)][ \t]|#{1,6}[ \t])")
_RULING = frozenset("-*_=:| \t")
_MASKED = (
    re.compile(r"(?P<tick>`{1,3})[^`\n]{1,400}(?P=tick)"),
    re.compile(r"(?:https?|ftp)://[^\s<>)\]]+|\bwww\.[^\s<>)\]]+"),
    re.compile(r"(?<=\])\([^()\s]{1,400}\)"),
    re.compile(r'"[^"]{1,400}"'),
    re.compile(r"“[^“”]{1,400}”|«[^«»]{1,400}»|„[^„“”]{1,400}[“”]"),
    re.compile(r"(?<![\w'])'[^'\n]{1,200}'(?!\w)|‘[^‘’]{1,200}’(?!\w)"),
)
_BLANKED = re.compile(r"\*{1,3}|(?<!\w)_{1,2}|_{1,2}(?!\w)|~~|<!--|-->|</?[a-zA-Z][^<>\n]{0,200}>|[\[\]\\]")
_END = re.compile(r"[.!?…]{1,8}[\"'”’)*_]{0,8}(?=\s)")
_ABBREVIATIONS = word_set(
    """
    e.g i.e eg ie etc vs cf approx ca no fig sec min max mr mrs ms dr prof st jr sr inc ltd co corp dept est resp incl
    excl a.m p.m u.s u.k al vol ed viz nr jan feb mar apr jun jul aug sep sept oct nov dec mon tue wed thu fri
    """
)


def masked(text: str) -> str:
    """The text with code, addresses and quotes as masks and marks as blanks; every offset stays."""
    for pattern in _MASKED:
        text = pattern.sub(_mask, text)
    return _BLANKED.sub(lambda m: " " * len(m.group()), text)


def _mask(found: re.Match[str]) -> str:
    return MASK * len(found.group())


def sentences(text: str) -> Iterator[tuple[int, int, str]]:
    """(start, end, what to read): the sentences of a Markdown page, at their offsets in it."""
    for start, block in _blocks(_uncommented(text)):
        for first, last, shown in pieces(block):
            yield start + first, start + last, shown


def pieces(block: str) -> Iterator[tuple[int, int, str]]:
    """(start, end, what to read): the sentences of a piece of prose."""
    shown = masked(block)
    for first, last in _split(shown):
        while first and block[first - 1] in "*_~[" and shown[first - 1] == " ":
            first -= 1  # noqa: PLW2901 -- a mark that opens belongs to the sentence
        yield first, last, shown[first:last]


def _uncommented(text: str) -> str:
    """Comments as blanks, their line ends kept."""
    parts, at = [], 0
    while (start := text.find("<!--", at)) >= 0 and (end := text.find("-->", start)) >= 0:
        parts += [text[at:start], "".join(c if c in "\r\n" else " " for c in text[start : end + 3])]
        at = end + 3
    return "".join([*parts, text[at:]])


def _is_rule(bare: str) -> bool:
    """A line across, or the line under a table's head."""
    marks = bare.strip(" \t>")
    return len(marks) > 2 and _RULING.issuperset(marks)


def _blocks(text: str) -> Iterator[tuple[int, str]]:
    """Paragraphs, headings, items and cells; markers at their start are blank, code and rules are left out."""
    fence, at, held, pieces = "", 0, 0, list[str]()
    for number, line in enumerate(text.splitlines(keepends=True)):
        bare = line.rstrip("\r\n")
        mark = _FENCE.match(line)
        if number == 0 and bare == "---":
            fence = "---"
        elif fence:
            closes = bare.startswith(fence) if fence == "---" else mark is not None and mark.group(1).startswith(fence)
            fence = "" if closes else fence
        elif mark or not bare.strip(" \t>") or _is_rule(bare) or _is_code(bare, pieces):
            fence = mark.group(1) if mark else ""
        elif "|" in bare and bare.lstrip(" \t>").startswith("|"):
            yield from _flush(held, pieces)
            yield from _cells(at, bare)
        else:
            if _STARTS_BLOCK.match(bare):
                yield from _flush(held, pieces)
            held = held if pieces else at
            pieces.append(_prefix_blank(bare, line))
            if bare.lstrip().startswith("#"):
                yield from _flush(held, pieces)
            at += len(line)
            continue
        yield from _flush(held, pieces)
        at += len(line)
    yield from _flush(held, pieces)


def _is_code(bare: str, pieces: list[str]) -> bool:
    """Indented code: four blanks after an empty line, and no list item."""
    return not pieces and bare.startswith(("    ", "\t")) and not _STARTS_BLOCK.match(bare)


def _prefix_blank(bare: str, line: str) -> str:
    found = _PREFIX.match(bare)
    width = found.end() if found else 0
    return " " * width + line[width:]


def _flush(start: int, pieces: list[str]) -> Iterator[tuple[int, str]]:
    if pieces:
        yield start, "".join(pieces)
        pieces.clear()


def _cells(at: int, line: str) -> Iterator[tuple[int, str]]:
    for cell in line.split("|"):
        if cell.strip():
            yield at, cell
        at += len(cell) + 1


def _split(block: str) -> Iterator[tuple[int, int]]:
    """The sentences of a block: a full stop ends one, unless it ends an abbreviation, an initial or a number of a list."""
    start = 0
    for found in _END.finditer(block):
        if block[found.start()] == "." and not _ends(block, start, found.start()):
            continue
        yield from _trimmed(block, start, found.end())
        start = found.end()
    yield from _trimmed(block, start, len(block))


def _ends(block: str, start: int, dot: int) -> bool:
    word = block[max(start, dot - 12) : dot].rpartition(" ")[2].rpartition("(")[2]
    return not (word.lower() in _ABBREVIATIONS or (len(word) == 1 and word.isupper() and word != "I"))


def _trimmed(block: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Without the blanks around, and in pieces where it is too long."""
    while start < end and block[start].isspace():
        start += 1
    while end > start and block[end - 1].isspace():
        end -= 1
    while end - start > LONGEST:
        cut = block.rfind(" ", start, start + LONGEST)
        cut = cut if cut > start else start + LONGEST
        yield start, cut
        start = cut
    if any(c.isalpha() for c in block[start:end]):
        yield start, end
