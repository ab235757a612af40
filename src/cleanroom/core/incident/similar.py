"""Has this happened before? Two incidents are alike by what they are about and by what was seen, not by their words."""

from __future__ import annotations

import re
from collections import defaultdict
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
_STRONG = ("signal", "answer")
_TELLING = (*_STRONG, "category")
"""What may tell one cause from another; of one system, flag and change are many."""
_DIGITS = re.compile(r"[0-9]+")

Item = tuple[str, str]
"""What kind of evidence, and what it says."""

Evidence = frozenset[Item]
Seen = tuple[Detected, Evidence]
"""An incident and what it is known by."""


@noun
class Repeat:
    """An earlier incident that is alike. `similarity`: 0 to 1; `shared`: what both have, in words."""

    id: str
    title: str
    similarity: float
    shared: tuple[str, ...]


def evidence(known: Detected, signals: Sequence[Signal]) -> Evidence:
    """What an incident is known by: category, systems, flag, change, signals (what watches, and which part), and what its
    questions were answered with.
    """
    found: set[Item] = {("system", s) for s in known.systems}
    found |= {("category", known.category)} if known.category else set()
    found |= {("flag", known.opened.flag)} if known.opened.flag else set()
    found |= {("change", known.opened.change)} if known.opened.change else set()
    found |= {("signal", f"{s.name} {s.about}".strip()) for s in signals}
    found |= {("answer", f"{a.question}: {_plain(a.answer)}") for a in known.answers}
    return frozenset(found)


def similarity(a: Evidence, b: Evidence) -> float:
    """The weighted Jaccard index of two sets of evidence, 0 to 1.

    It is 0 where what was seen differs: a signal or an answer must be shared where either has one, else the category and the
    flag or the change. One system, or one category, has many causes.
    """
    both, either = a & b, a | b
    shared, known = {kind for kind, _ in both}, {kind for kind, _ in either}
    told = shared & {*_STRONG} if known & {*_STRONG} else "category" in shared and shared & {"flag", "change"}
    return _weight(both) / _weight(either) if told else 0.0


def repeats(of: Evidence, before: Iterable[Seen]) -> tuple[Repeat, ...]:
    """The earlier incidents that are ALIKE, the most alike first."""
    judged: dict[Evidence, tuple[float, tuple[str, ...]]] = {}
    found = []
    for known, other in before:
        if other not in judged:
            judged[other] = similarity(of, other), tuple(sorted(f"{kind}: {what}" for kind, what in of & other))
        score, shared = judged[other]
        if score >= ALIKE:
            found.append(Repeat(known.id, known.title, round(score, 3), shared))
    return tuple(sorted(found, key=_first))


def repeats_of_all(
    seen: Sequence[Seen], before: Mapping[str, Seen], found: Mapping[str, tuple[Repeat, ...]]
) -> Mapping[str, tuple[Repeat, ...]]:
    """By the id of each of `seen`, which come oldest first: what `repeats` finds among those before it.

    `found`: an earlier answer, and `before` what it was about, by id; only what differs since is compared anew.
    """
    if not before.keys() <= {known.id for known, _ in seen}:
        before = {}
    fresh = {place for place, one in enumerate(seen) if not _same(before.get(one[0].id), one)}
    if not fresh:
        return found if seen else {}
    renewed = {seen[place][0].id for place in fresh}
    of_all, of_fresh = _having(seen, range(len(seen))), _having(seen, fresh)
    made = {}
    for place, (known, own) in enumerate(seen):
        near = _near(own, of_all if place in fresh else of_fresh)
        new = repeats(own, (seen[p] for p in near if p < place))
        kept = () if place in fresh else tuple(r for r in found[known.id] if r.id not in renewed)
        made[known.id] = tuple(sorted((*kept, *new), key=_first)) if kept and new else kept or new
    return made


def _same(before: Seen | None, now: Seen) -> bool:
    return before is not None and (before[0].title, before[1]) == (now[0].title, now[1])


def _having(seen: Sequence[Seen], places: Iterable[int]) -> Mapping[Item, list[int]]:
    """Of what tells one cause from another: at which places it is."""
    made: dict[Item, list[int]] = defaultdict(list)
    for place in places:
        for item in seen[place][1]:
            if item[0] in _TELLING:
                made[item].append(place)
    return made


def _near(own: Evidence, having: Mapping[Item, list[int]]) -> set[int]:
    """The places of all that may be alike: they share a signal or an answer, or the category where nothing else was seen."""
    keys = [item for item in own if item[0] in _STRONG] or [item for item in own if item[0] == "category"]
    return {place for item in keys for place in having.get(item, ())}


def _first(repeat: Repeat) -> tuple[float, str]:
    return -repeat.similarity, repeat.id


def _weight(items: Iterable[tuple[str, str]]) -> float:
    return sum(_WEIGHTS[kind] for kind, _ in items)


def _plain(text: str) -> str:
    """Figures differ from time to time; what they say does not."""
    return _DIGITS.sub("#", text.casefold())[:80]
