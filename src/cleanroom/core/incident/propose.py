"""Which of the categories do the signals speak for? Rules with weights, so that a person can follow each step; no guess.

A signal of a detector that looks for one thing (an injection, a leak, the bill) weighs DIRECT; of one that looks at what follows
from it, INDIRECT; a hint weighs HINT. What says the same thing again adds nothing. A change that came just before can only
support what a signal speaks for: by itself it says that something was changed, not that something is wrong.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from cleanroom.core.alert import Signal
from cleanroom.core.base import noun
from cleanroom.core.facts.alerts import Cause
from cleanroom.core.facts.incidents import Category
from cleanroom.core.incident.categories import DIRECT, HINT, INDIRECT, METRICS

MOST = 12
"""Lines of evidence, at most."""

_HARM: tuple[Category, ...] = ("privacy", "injection", "hallucination", "scope", "cost", "overload", "drift")
"""Which is proposed of several that are as strong: the one that harms most if it is true."""

_KINDS: Mapping[str, tuple[tuple[Category, int], ...]] = {
    "hallucination": (("hallucination", DIRECT),),
    "injection": (("injection", DIRECT),),
    "privacy": (("privacy", DIRECT),),
    "cost": (("cost", DIRECT),),
    "overload": (("overload", DIRECT),),
    "scope": (("scope", DIRECT),),
    "drift": (("drift", INDIRECT),),
    "meaning": (("drift", DIRECT),),
    "columns": (("drift", DIRECT),),
    "schema": (("drift", INDIRECT),),
    "cardinality": (("drift", INDIRECT),),
    "counts": (("drift", HINT), ("cost", HINT)),
    "golden": (("drift", INDIRECT),),
    "retrieval": (("hallucination", INDIRECT), ("drift", HINT)),
    "freshness": (("hallucination", HINT), ("drift", HINT)),
}
"""What a kind of sensor, or a category of runbook, speaks for."""

_CAUSES: tuple[tuple[re.Pattern[str], Category], ...] = (
    (re.compile(r"cut-off above which outputs"), "overload"),
    (re.compile(r"\b(prompt|model)\b"), "drift"),
)
_QUIET = ("missing", "undelivered", "schedule")
"""Categories of runbook that tell of what does not look, which is no sign of anything it would have seen."""


@noun
class Proposal:
    """The category that signals speak for. `strength`: of the strongest of them; `tied`: others that are as strong.

    `evidence`: one line a signal that speaks for it, with its name; the last one says where it was close.
    """

    category: Category
    strength: int
    evidence: tuple[str, ...]
    tied: tuple[Category, ...] = ()


@noun
class _Voice:
    """One signal, or cause, that speaks for a category, and why it does."""

    category: Category
    weight: int
    line: str


def propose(
    signals: Iterable[Signal], causes: Sequence[Cause] = (), kinds: Mapping[str, str] | None = None
) -> Proposal | None:
    """The category with the strongest voice, then with the most weight; None where nothing, or nothing but hints, speaks for any.

    `kinds`: of `sensor/NAME` its kind, of `slo/NAME` its metric, where the caller knows them; else by what the signal says.
    """
    heard: dict[tuple[Category, str], _Voice] = {}
    for signal in signals:
        for voice in _of_signal(signal, kinds or {}):
            before = heard.get((voice.category, signal.name))  # one that watches counts once, however often it speaks
            if before is None or voice.weight > before.weight:
                heard[voice.category, signal.name] = voice
    spoken = {c for c, _ in heard}
    voices = [*heard.values(), *(v for v in _of_causes(causes) if v.category in spoken)]
    if not voices:
        return None
    ranked = sorted(spoken, key=lambda c: (*(-s for s in _score(voices, c)), _HARM.index(c)))
    first = ranked[0]
    if _score(voices, first)[0] == HINT:
        return None
    tied = tuple(c for c in ranked[1:] if _score(voices, c) == _score(voices, first))
    lines = [v.line for v in sorted(voices, key=lambda v: -v.weight) if v.category == first]
    return Proposal(first, _score(voices, first)[0], (*lines[: MOST - 1], *_close(voices, ranked, tied)), tied)


def _score(voices: Sequence[_Voice], category: Category) -> tuple[int, int]:
    """The strongest voice for it, and all of them together."""
    weights = [v.weight for v in voices if v.category == category]
    return max(weights), sum(weights)


def _close(voices: Sequence[_Voice], ranked: Sequence[Category], tied: Sequence[Category]) -> tuple[str, ...]:
    if tied:
        others = " and ".join(tied)
        return (f"as much speaks for {others}: {ranked[0]} is proposed because it harms most; a person is to say",)
    others = ", ".join(f"{c} ({_score(voices, c)[1]})" for c in ranked[1:])
    return (f"less speaks for {others}",) if others else ()


def _of_signal(signal: Signal, kinds: Mapping[str, str]) -> Iterator[_Voice]:
    """What one signal speaks for. One that has ended, or whose sender could not look, speaks for nothing."""
    if signal.over or signal.runbook in _QUIET or (signal.name.startswith("sensor") and signal.about == "failed"):
        return
    known = kinds.get(signal.name, "")
    found: dict[Category, tuple[int, str]] = {}
    for kind, how in ((known, f"is of kind {known}"), (signal.runbook, f"has the runbook {signal.runbook}")):
        for category, weight in _KINDS.get(kind, ()):
            _keep(found, category, weight, how)
    if not found:
        text = f"{known} {signal.about} {signal.name} {signal.what}".casefold()
        for pattern, category, weight in METRICS:
            if (word := pattern.search(text)) is not None:
                _keep(found, category, weight, f"says {word[0].strip()!r}")
    for category, (weight, how) in found.items():
        yield _Voice(category, weight, f"{signal.name} {how} (weight {weight}): {signal.what}")


def _keep(found: dict[Category, tuple[int, str]], category: Category, weight: int, how: str) -> None:
    if weight > found.get(category, (0, ""))[0]:
        found[category] = weight, how


def _of_causes(causes: Sequence[Cause]) -> Iterator[_Voice]:
    seen: set[Category] = set()
    for cause in causes:
        for pattern, category in _CAUSES:
            if category not in seen and pattern.search(cause.what):
                seen.add(category)
                yield _Voice(category, HINT, f"entry {cause.index} of the ledger (weight {HINT}): {cause.what}")
