"""Where in the file does this value stand? Text as plain data with the line and column of every key and value."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

from cleanroom.core.contract import LintFinding
from cleanroom.core.mistakes import Mistake, Path

MAX_BYTES = 2 * 1024 * 1024
"""A file of the user's that is larger is refused before it is parsed."""

MAX_DEPTH = 32
"""How deep mappings and lists may nest."""

MAX_VALUES = 100_000
"""How many values a file may hold, aliases written out."""

_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A place in a text. Lines and columns count from 1."""

    line: int = 1
    column: int = 1


class Stop(Exception):
    """Reading ends here: what follows cannot be understood."""

    def __init__(self, place: Place, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.place = place
        self.message = message
        self.hint = hint


@dataclass(slots=True)
class Document:
    """What a file holds: plain data, the place of each key and value by its path, and what was wrong with the text.

    `broken`: the text could not be read to its end, and `data` is None.
    """

    file: str
    data: Any = None
    keys: dict[Path, Place] = field(default_factory=dict)
    values: dict[Path, Place] = field(default_factory=dict)
    findings: list[LintFinding] = field(default_factory=list)
    broken: bool = False

    def place(self, path: Path, at: Literal["key", "value"] = "value") -> Place:
        """The place of what `path` names, or of the nearest thing around it that is in the file."""
        for end in range(len(path), -1, -1):
            here = path[:end]
            places = (self.keys, self.values) if at == "key" or end < len(path) else (self.values, self.keys)
            for known in places:
                if here in known:
                    return known[here]
        return Place()

    def report(self, place: Place, message: str, hint: str = "") -> None:
        """Note that something is wrong at `place`."""
        self.findings.append(LintFinding(self.file, place.line, place.column, message, hint))

    def locate(self, mistake: Mistake) -> LintFinding:
        """The mistake with its line and column."""
        place = self.place(mistake.path, mistake.at)
        return LintFinding(self.file, place.line, place.column, mistake.message, mistake.hint, mistake.severity)

    def stop(self, stop: Stop) -> Document:
        """This document, given up at `stop`."""
        self.report(stop.place, stop.message, stop.hint)
        self.data, self.broken = None, True
        return self

    def text(self, value: str, place: Place) -> str:
        """The value, with lone surrogates (which no encoding can write) reported and replaced."""
        if value.isascii() or not _SURROGATE.search(value):
            return value
        self.report(
            place, "text holds half of a surrogate pair, which is not a character", "Write the character itself."
        )
        return _SURROGATE.sub("\ufffd", value)


def decode(content: bytes, limit: int = MAX_BYTES) -> str:
    """The text of a file. Raises Stop when it is too large or not UTF-8. A byte order mark is dropped."""
    if len(content) > limit:
        raise Stop(Place(), f"the file is larger than the {limit:,} bytes that are read", "Split it, or cut it down.")
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise Stop(Place(), "the file is UTF-16, not UTF-8", "Save it as UTF-8.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start]
        line = before.count(b"\n") + 1
        column = len(before[before.rfind(b"\n") + 1 :].decode("utf-8", "replace")) + 1
        byte = content[error.start]
        message = f"the file is not UTF-8: byte 0x{byte:02x} does not belong here"
        raise Stop(Place(line, column), message, "Save it as UTF-8; it may be Latin-1 or Windows-1252.") from error


def ordered(findings: Iterable[LintFinding]) -> tuple[LintFinding, ...]:
    """The findings by file, line and column, each once."""
    return tuple(sorted(dict.fromkeys(findings), key=lambda f: (f.file, f.line, f.column, f.message)))
