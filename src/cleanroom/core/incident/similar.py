"""Has this happened before? Two incidents are alike by what they are about and by what was seen, not by their words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from cleanroom.core.alert import Signal
from cleanroom.core.base import noun
from cleanroom.core.incident.state import Detected

ALIKE = 0.5
"""From which similarity on two incidents are said to be repeats of one cause."""

_WEIGHTS: Mapping[str, float] = {
    "category": 2.0,
    "system": 1.0,
    "flag": 1.0,
    "signal": 3.0,
    "answer": 2.0,
    "change": 1.0,
}
_DIGITS = re.compile(r"[0-9]+")


@noun
class Repeat:
    """An earlier incident that is alike. `similarity`: 0 to 1; `shared`: what both have, in words."""

    id: str
    title: str
    similarity: float
    shared: tuple[str, ...]


def evidence(known: Detected, signals: Sequence[Signal]) -> frozenset[tuple[str, str]]:
    """What an incident is known by: category, systems, flag, change, signals (what watches, and which part), and what its
    questions were answered with.
    """
    found: set[tuple[str, str]] = {("system", s) for s in known.systems}
    found |= {("category", known.category)} if known.category else set()
    found |= {("flag", known.opened.flag)} if known.opened.flag else set()
    found |= {("change", known.opened.change)} if known.opened.change else set()
    found |= {("signal", f"{s.name} {s.about}".strip()) for s in signals}
    found |= {("answer", f"{a.question}: {_plain(a.answer)}") for a in known.answers}
    return frozenset(found)


def similarity(a: frozenset[tuple[str, str]], b: frozenset[tuple[str, str]]) -> float:
    """The weighted Jaccard index of two sets of evidence, 0 to 1; 0 where neither says anything but the system."""
    both, either = a & b, a | b
    if not any(kind in ("signal", "answer", "category") for kind, _ in both):
        return 0.0
    return _weight(both) / _weight(either)


def repeats(
    of: frozenset[tuple[str, str]], before: Iterable[tuple[Detected, frozenset[tuple[str, str]]]]
) -> tuple[Repeat, ...]:
    """The earlier incidents that are ALIKE, the most alike first."""
    found = [(known, similarity(of, other), of & other) for known, other in before]
    alike = sorted((f for f in found if f[1] >= ALIKE), key=lambda f: (-f[1], f[0].id))
    return tuple(
        Repeat(known.id, known.title, round(score, 3), tuple(sorted(f"{kind}: {what}" for kind, what in shared)))
        for known, score, shared in alike
    )


def _weight(items: Iterable[tuple[str, str]]) -> float:
    return sum(_WEIGHTS[kind] for kind, _ in items)


def _plain(text: str) -> str:
    """Figures differ from time to time; what they say does not."""
    return _DIGITS.sub("#", text.casefold())[:80]
