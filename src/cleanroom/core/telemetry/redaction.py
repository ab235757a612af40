"""What is taken out of texts before they are kept, and what stands there instead?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from cleanroom.core.base import noun
from cleanroom.core.mistakes import did_you_mean

KINDS = ("email", "phone", "card", "iban", "ip", "id", "secret")
"""E-mail addresses; telephone numbers; payment cards; bank accounts; addresses of machines; national numbers of people (tax,
social insurance, health, identity); passwords, keys and tokens."""

REGION = "phone/"
"""`phone/DE`: telephone numbers as they are written within that country too, beside international and American ones."""

NONE = "none"
"""Alone in System.redact: nothing is taken out."""

GRAVE = frozenset(KINDS) - {"ip"}
"""Kinds that are a leak where they stand in an output."""


@noun
class Found:
    """A piece of text from `start` to `end`, and of which kind it is."""

    start: int
    end: int
    kind: str


def kinds_of(redact: Sequence[str]) -> tuple[str, ...]:
    """The kinds that a system of the register has taken out: all where it says nothing, none where it says `none`."""
    return () if tuple(redact) == (NONE,) else tuple(redact) or KINDS


def faults(redact: Sequence[str]) -> Iterator[str]:
    """What is wrong with System.redact, a sentence each; for the lint of the register."""
    for kind in redact:
        region = kind.removeprefix(REGION)
        if kind in KINDS or (kind == NONE and len(redact) == 1):
            continue
        if kind.startswith(REGION) and len(region) == 2 and region.isascii() and region.isalpha() and region.isupper():
            continue
        yield f"{kind!r:.60} is no kind of personal data; {did_you_mean(kind, (*KINDS, 'phone/DE'))}".rstrip("; ")


def redacted(text: str, found: Iterable[Found]) -> str:
    """The text with `[email]` and the like in the place of what was found; of two that overlap, the earlier and longer one."""
    parts: list[str] = []
    end = 0
    for piece in sorted(found, key=lambda f: (f.start, -f.end)):
        if piece.start < end:
            end = max(end, piece.end)  # the rest of it goes as well
            continue
        parts += (text[end : piece.start], f"[{piece.kind}]")
        end = piece.end
    return "".join((*parts, text[end:])) if parts else text
