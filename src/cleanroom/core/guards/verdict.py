"""What a guard says of a reply: which answers stand, and what was refused and why."""

from __future__ import annotations

from typing import Literal

from cleanroom.core.base import noun

GuardName = Literal["schema", "names", "reason"]


@noun
class Answer:
    """One mapped name, as the model gave it. `legacy` is the label that it was asked about."""

    legacy: str
    target: str
    reason: str


@noun
class Refusal:
    """A guard refused an answer about `legacy`, or the whole reply (None)."""

    guard: GuardName
    because: str
    legacy: str | None = None


@noun
class Guarded:
    """A reply after a guard: the answers that stand, and the refusals."""

    answers: tuple[Answer, ...]
    refusals: tuple[Refusal, ...] = ()


def shown(text: str, limit: int = 60) -> str:
    """Untrusted text for a message: one line, printable, cut, in quotes."""
    return repr(text if len(text) <= limit else text[: limit - 1] + "…")
