"""What stands on the page of a postmortem, and where? Seven sections; Markdown as people write it is read tolerantly.

# Postmortem of incident 7: orders are counted twice
## Summary              two or three sentences
## Timeline             a list: `- 2026-11-22 09:20 UTC: detected by ...`
## Root cause           the gap that enabled it
## Contributing factors
## What worked
## Actions              a table: Id, Action, Kind, Owner, Due
## Lessons
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Literal, get_args

from cleanroom.core.base import Instant, micros, noun
from cleanroom.core.facts.incidents import Work
from cleanroom.core.mistakes import one_of
from cleanroom.core.postmortem.literal import meant

Name = Literal["Summary", "Timeline", "Root cause", "Contributing factors", "What worked", "Actions", "Lessons"]
NAMES: tuple[Name, ...] = get_args(Name)
"""The sections, in order."""

KINDS: Mapping[Work, str] = {
    "case": "regression case",
    "fix": "prompt, guard or capability",
    "monitor": "monitoring",
    "docs": "docs or runbook",
    "other": "other",
}
"""What an action adds, as the page says it."""


def work_of(word: str) -> Work:
    """The kind of work of that name. Raises Misuse."""
    return one_of(word, tuple(KINDS), "kind of work")


MOST_CHARACTERS = 65_536
"""Of a page; what is longer is not read to its end."""

_WORDS: Sequence[tuple[Work, re.Pattern[str]]] = (
    ("case", re.compile(r"regression|golden|\bcases?\b")),
    ("monitor", re.compile(r"monitor|sensor|\bslo\b|alert")),
    ("docs", re.compile(r"\bdocs?\b|document|runbook")),
    ("fix", re.compile(r"prompt|guard|capabilit|\bfix")),
    ("other", re.compile(r"other")),
)
_HEADING = re.compile(r" {0,3}(#{1,6})[ \t]+(.*)")
_UNDERLINE = re.compile(r" {0,3}(-{3,}|={3,})[ \t]*")
_FENCE = re.compile(r" {0,3}(```|~~~)")
_NUMBER = re.compile(r"^(?:\d{1,2}|[ivx]{1,4})[.)]\s+", re.IGNORECASE)
_ITEM = re.compile(r" {0,3}(?:[-*+•]|\d{1,9}[.)])[ \t]+(?:\[[ xX]\][ \t]+)?")
_WHEN = re.compile(
    r"[\s*_`(\[]*(?P<day>\d{4}-\d{1,2}-\d{1,2})?[T ,]*(?P<time>\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?)?"
    r"[ ]*(?P<zone>UTC|GMT|Z\b|[+-]\d{2}:?\d{2}\b)?[\s*_`)\]]*[:|,–—-]*\s*"
)
_RULE = re.compile(r"[\s|:=-]*")
_CELL = re.compile(r"(?<!\\)\|")
_ID = re.compile(r"\ba\d{1,6}\b")
_DAY = re.compile(r"\b\d{4}-\d{2}-\d{2}\b")
_MAIL = re.compile(r"[^\s<>()|,;:]{1,100}@[^\s<>()|,;:]{1,200}[^\s<>()|,;:.]")
_OWNER = re.compile(r"\bowner\b\s*[:=]\s*([^,;()|]{1,200})", re.IGNORECASE)
_KIND = re.compile(r"\b(?:kind|type|work)\b\s*[:=]\s*([^;()|]{1,60})", re.IGNORECASE)


@noun
class Section:
    """`name`: the one of NAMES that it is, '' for another heading, which reads `title`. `line`: of the heading, from 1.

    `lines`: what follows, with its line numbers.
    """

    name: Name | Literal[""]
    title: str
    line: int
    lines: tuple[tuple[int, str], ...]

    @property
    def text(self) -> str:
        """What stands in it."""
        return "\n".join(line for _, line in self.lines)


@noun
class Row:
    """A line of the timeline. `at`: microseconds; None where no moment can be read in `said`."""

    line: int
    at: int | None
    said: str
    text: str


@noun
class Task:
    """An action of the page. What it does not say is ''. `work`: None where no kind can be read in `kind`."""

    line: int
    id: str
    what: str
    work: Work | None
    kind: str
    owner: str
    due: str


@noun
class Page:
    """`sections`: in their order, also those that are none of NAMES. `open_fence`: the line of a code block that never ends."""

    title: str
    sections: tuple[Section, ...]
    lines: int
    open_fence: int | None

    def section(self, name: Name) -> Section | None:
        """The first section of that name."""
        return next((s for s in self.sections if s.name == name), None)


def parse(text: str) -> Page:
    """The page. Never raises: what is no section is text of the one before."""
    lines = text[:MOST_CHARACTERS].replace("\r\n", "\n").replace("\r", "\n").split("\n")
    title, fence = "", 0
    heads: list[tuple[int, str]] = []
    bodies: list[list[tuple[int, str]]] = [[]]
    for number, line in enumerate(lines, start=1):
        if _FENCE.match(line):
            fence = 0 if fence else number
        head = None if fence else _heading(line, lines[number] if number < len(lines) else "")
        if head is not None and head[0] == 2:
            heads.append((number, head[1]))
            bodies.append([])
        elif head is not None and head[0] == 1 and not title:
            title = head[1]
        else:
            bodies[-1].append((number, line))
    made = (
        Section(_named(said), said, number, tuple(body)) for (number, said), body in zip(heads, bodies[1:], strict=True)
    )
    return Page(title, tuple(made), len(lines), fence or None)


def _heading(line: str, following: str) -> tuple[int, str] | None:
    found = _HEADING.fullmatch(line)
    if found is not None:
        return len(found[1]), found[2].rstrip(" \t#").strip()
    under = _UNDERLINE.fullmatch(following)
    if under is not None and line.strip() and _named(line.strip()):  # only for what is meant to be a section
        return 2, line.strip()
    return None


def _named(title: str) -> Name | Literal[""]:
    plain = _NUMBER.sub("", title.strip(" *_`:")).replace("-", " ").strip(" *_`:").casefold()
    return next((n for n in NAMES if n.casefold() == " ".join(plain.split())), "")


def rows(section: Section) -> tuple[Row, ...]:
    """The lines of a timeline: items of a list, or rows of a table. One that says only a time of day is of the day before it."""
    found: list[Row] = []
    day = ""
    for number, text in _items(section):
        when = _WHEN.match(text)
        said = when.group().strip(" \t*_`()[]:|,–—-") if when else ""
        if when is not None and when["day"]:
            day = when["day"]
        at = _moment(day, when["time"], when["zone"]) if when is not None and day else None
        found.append(Row(number, at, said, text[when.end() :].strip() if when else text))
    return tuple(found)


def tasks(section: Section) -> tuple[Task, ...]:
    """The actions: rows of a table whose head names its columns, or items of a list."""
    columns: dict[str, int] = {}
    found: list[Task] = []
    for number, line in section.lines:
        if "|" in line and line.lstrip().startswith("|"):
            cells = [meant(c.replace("\\|", "|")).strip(" *`") for c in _CELL.split(line.strip().strip("|"))]
            if _RULE.fullmatch(line):
                continue
            if not columns:
                columns = _columns(cells)
                if columns:
                    continue
            found.append(_row(number, cells, columns))
        elif item := _ITEM.match(line):
            found.append(_free(number, line[item.end() :]))
    return tuple(found)


def _items(section: Section) -> Iterator[tuple[int, str]]:
    for number, line in section.lines:
        if item := _ITEM.match(line):
            yield number, line[item.end() :]
        elif line.lstrip().startswith("|") and not _RULE.fullmatch(line) and any(c.isdigit() for c in line):
            yield number, line.strip().strip("|").strip()


def _moment(day: str, time: str | None, zone: str | None) -> int | None:
    if time is None:
        return None
    year, month, date = day.split("-")
    hour, _, rest = time.partition(":")
    offset = "Z" if zone in (None, "UTC", "GMT", "Z") else zone
    try:
        return micros(Instant(f"{year}-{month:0>2}-{date:0>2}T{hour:0>2}:{rest.replace(',', '.')}{offset}"))
    except (ValueError, OverflowError, OSError):
        return None


_HEADS = (
    ("id", ("id", "#", "no", "nr")),
    ("what", ("action", "what", "task", "description")),
    ("kind", ("kind", "type", "work", "category")),
    ("owner", ("owner", "who", "assignee")),
    ("due", ("due", "date", "until", "by when", "deadline", "day")),
)


def _columns(cells: Sequence[str]) -> dict[str, int]:
    plain = [c.casefold() for c in cells]
    found = {name: plain.index(head) for name, heads in _HEADS for head in heads[::-1] if head in plain}
    return found if {"owner", "due"} & found.keys() else {}


def _row(number: int, cells: Sequence[str], columns: Mapping[str, int]) -> Task:
    if not columns:
        return _free(number, " | ".join(cells))
    cell = {name: cells[place] if place < len(cells) else "" for name, place in columns.items()}
    day = _DAY.search(cell.get("due", ""))
    kind = cell.get("kind", "")
    due = day.group() if day else cell.get("due", "")
    return Task(number, cell.get("id", ""), cell.get("what", ""), _work(kind), kind, cell.get("owner", ""), due)


def _free(number: int, text: str) -> Task:
    """An action in words: its id anywhere, `owner: ...` or an address, a day, `kind: ...`."""
    id, day, kind = _ID.search(text), _DAY.search(text), _KIND.search(text)
    owner = _OWNER.search(text) or _MAIL.search(text)
    said = kind[1].strip() if kind else ""
    who = (owner[1] if owner.re is _OWNER else owner[0]).strip() if owner else ""
    return Task(number, id[0] if id else "", text.strip(), _work(said), said, who, day[0] if day else "")


def _work(kind: str) -> Work | None:
    plain = " ".join(kind.casefold().split())
    exact = next((w for w, said in KINDS.items() if plain in (w, said)), None)
    return exact or next((w for w, pattern in _WORDS if pattern.search(plain)), None)
