"""Which event does a legacy name look most like? A second opinion that no model had a part in.

Names are cut into words, old and new words for the same thing are made one, and two names are alike as far as they
share words (rare ones count more) or, for misspelt and joined words, character trigrams. Descriptions and parameter
names add to that. The score is Dice's coefficient (Dice 1945) over weighted words; weights are inverse document
frequencies (Spärck Jones 1972) over the plan's own names.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence

from cleanroom.core.base import noun
from cleanroom.core.change import NONE

LIKELY = 0.45
"""A best score below this says nothing."""

CLEARLY = 0.15
"""How much better than the chosen target another must score before the cross-check speaks up."""

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[^\W\d_A-Za-z]+")

_SAME = {
    "add": "added insert put",
    "begin": "start started init initiate initiated began begun",
    "cart": "basket bag trolley",
    "checkout": "chk chkout",
    "exception": "error err errors fail failed failure crash",
    "info": "detail details data entered",
    "item": "prod product products items sku article pdp goods",
    "itemlist": "catalog catalogue category categories cat plp listing collection",
    "lead": "leads",
    "list": "lists grid",
    "login": "signin logon logged signedin",
    "page": "home homepage landing screen",
    "payment": "pay billing",
    "promotion": "promo banner campaign promotions offer",
    "purchase": "order orders buy bought sale purchased transaction",
    "refund": "refunded return returned",
    "remove": "rm del delete deleted removed rem",
    "result": "results",
    "search": "srch query find searched searches",
    "select": "click clicked clk tap tapped selected choose",
    "share": "shared",
    "shipping": "ship delivery address shipment",
    "signup": "register registered registration",
    "view": "viewed show shown see seen open opened display displayed impression hit visit looked look",
    "wishlist": "wish favourite favorite fav favourites favorites",
}
_CANON = {old: new for new, olds in _SAME.items() for old in olds.split()}
_PAIRS = {
    ("sign", "in"): "login",
    ("log", "in"): "login",
    ("signed", "in"): "login",
    ("logged", "in"): "login",
    ("sign", "up"): "signup",
    ("signed", "up"): "signup",
    ("wish", "list"): "wishlist",
    ("check", "out"): "checkout",
}
_PARTS = {"itemlist": ("item", "list")}
_DULL = "a an and as at by event evt for from in into is it its of on or the this to was were with"
_FILLER = frozenset(_DULL.split())
_ACTIONS = frozenset(("view", "add", "select", "page", "list", "info", "result"))
"""Words that many events share: two names that have only these in common are hardly alike."""


@noun
class Known:
    """An event of the plan, as far as its likeness goes."""

    name: str
    description: str = ""
    parameters: tuple[str, ...] = ()


@noun
class Likeness:
    """A target and how alike it is, from 0 to 1."""

    target: str
    score: float


def words(text: str) -> tuple[str, ...]:
    """The words of a name or sentence, lower case, each by the one word used here for its meaning."""
    raw = [w.lower() for w in _WORD.findall(text[:2000])]
    out: list[str] = []
    at = 0
    while at < len(raw):
        pair = _PAIRS.get((raw[at], raw[at + 1])) if at + 1 < len(raw) else None
        word = pair or _CANON.get(raw[at], raw[at])
        at += 2 if pair else 1
        if word not in _FILLER:
            out.extend(_PARTS.get(word, (word,)))
    return tuple(dict.fromkeys(out))


def ranked(legacy: str, parameters: Sequence[str], events: Sequence[Known]) -> tuple[Likeness, ...]:
    """All events by their likeness to the legacy name, the most alike first; ties in the plan's order."""
    weights = _weights(words(e.name) for e in events)
    scores = [Likeness(e.name, round(_score(legacy, parameters, e, weights), 4)) for e in events]
    return tuple(sorted(scores, key=lambda s: -s.score))


def best(legacy: str, parameters: Sequence[str], events: Sequence[Known]) -> Likeness:
    """The event most like the legacy name; `none` with the best score there was, where that is below LIKELY."""
    first = next(iter(ranked(legacy, parameters, events)), Likeness(NONE, 0.0))
    return first if first.score >= LIKELY else Likeness(NONE, first.score)


def objection(chosen: str, legacy: str, parameters: Sequence[str], events: Sequence[Known]) -> Likeness | None:
    """What this cross-check would rather have chosen; None where it agrees, or has nothing to say.

    It speaks when another event is likely and clearly more alike than the chosen one. `none` and invented names
    have no likeness.
    """
    scores = {s.target: s.score for s in ranked(legacy, parameters, events)}
    found = best(legacy, parameters, events)
    if found.target in (NONE, chosen) or found.score < scores.get(chosen, 0.0) + CLEARLY:
        return None
    return found


def _weights(names: Iterable[tuple[str, ...]]) -> dict[str, float]:
    seen = [set(n) for n in names]
    counts: dict[str, int] = {}
    for name in seen:
        for word in name:
            counts[word] = counts.get(word, 0) + 1
    return {w: math.log(1 + len(seen) / n) * (0.5 if w in _ACTIONS else 1.0) for w, n in counts.items()}


def _score(legacy: str, parameters: Sequence[str], event: Known, weights: Mapping[str, float]) -> float:
    mine, theirs = words(legacy), words(event.name)
    name = max(_dice(mine, theirs, weights), 0.9 * _trigrams(legacy, event.name))
    told = words(event.description)
    total = sum(_weight(w, weights) for w in mine)
    description = sum(_weight(w, weights) for w in mine if w in told) / total if total else 0.0
    shared = _jaccard(parameters, event.parameters)
    return min(1.0, 0.75 * name + 0.25 * description + 0.1 * shared)


def _weight(word: str, weights: Mapping[str, float]) -> float:
    return weights.get(word, math.log(1 + len(weights)) * 0.5)


def _dice(mine: Sequence[str], theirs: Sequence[str], weights: Mapping[str, float]) -> float:
    whole = sum(_weight(w, weights) for w in (*mine, *theirs))
    return 2 * sum(_weight(w, weights) for w in mine if w in theirs) / whole if whole else 0.0


def _trigrams(a: str, b: str) -> float:
    one, two = (_grams("".join(words(x)) or x.lower()[:200]) for x in (a, b))
    return 2 * len(one & two) / (len(one) + len(two)) if one and two else 0.0


def _grams(text: str) -> frozenset[str]:
    padded = f"^{text}$"
    return frozenset(padded[i : i + 3] for i in range(len(padded) - 2))


def _jaccard(mine: Iterable[str], theirs: Iterable[str]) -> float:
    one, two = set(mine), set(theirs)
    return len(one & two) / len(one | two) if one and two else 0.0
