"""Which turns of phrase lay something on a person, whoever it is, whatever the tense? How they are written, and looked for."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from cleanroom.core.postmortem.blame.circumstances import Hit
from cleanroom.core.postmortem.blame.clauses import Clauses
from cleanroom.core.postmortem.blame.lexicon import word_set
from cleanroom.core.postmortem.blame.shape import HEADS, Shape, lemma, shape
from cleanroom.core.postmortem.blame.traits import AGAINST
from cleanroom.core.postmortem.blame.turn_words import CLASSES
from cleanroom.core.postmortem.blame.turns_of_deed import DONE, LEFT
from cleanroom.core.postmortem.blame.turns_of_fault import CAUSE, SHORTCOMING
from cleanroom.core.postmortem.blame.turns_of_voice import DEMAND, HINDSIGHT, SARCASM

_SLOTS = {
    "P": r"(?:(?:[a-z-]+~ ){0,3}[PO] (?:and P )?(?:(?:on|in|at|from|of) (?:[^ ,;]+ ){1,3}?)?(?:who )?(?:have )?(?:be )?)",
    "N": r"(?:(?:[a-z-]+~ ){0,3}P )",
    "OWN": r"(?:(?:[a-z-]+~ )?[PO] 's |his |her |their |my |our |your )",
    "HIS": r"(?:his |her |their |my |our |your |its )",
    "SELF": r"(?:itself |himself |herself |themselves |myself |ourselves |yourself )",
    "*": r"(?:[^ ]+ ){0,4}?",
    "**": r"(?:[^ ]+ ){0,9}?",
    "_": r"(?:[^ ]+ )",
    "QM": r"(?:\? )",
    "^": r"(?:(?<=^ )|(?<=[:;.,!?-] ))",
    "$": r"(?:$|(?=[.,;:!?] ))",
}
"""How a turn is written: words, `a/b` for one of them, `?a` for one that may be missing, and in capitals classes of words
(turn_words.py) and these. P is a person or an organisation, N a person, OWN what is theirs, HIS a possessive, SELF a
reflexive, * up to four words, ** up to nine, _ one word, QM a question mark, ^ and $ where a run of words between two marks
begins and ends. `good~` is a word that was kept before a person.
"""

_ANYBODY = word_set("anyone anybody everyone everybody someone somebody people person whoever me us him them i we you")
"""These read as a person in a shape."""

_UNREAL = word_set("if unless whether whenever lest can could may might should would to will must wo ca avoid prevent")
"""Close before a deed, these say that it is not told as done."""

_CHOSEN = frozenset({"chose", "decided", "opted", "preferred", "managed"})
"""`chose to` was done."""

_NONE = frozenset({"nobody", "no", "none", "without"})


@dataclass(frozen=True, slots=True)
class Turn:
    """A turn of phrase as it is written, the rule it falls under, and what a sentence must hold: a word of each of `fixed`.

    `told` where it counts only as something that happened.
    """

    rule: str
    written: str
    fixed: tuple[frozenset[str], ...]
    told: bool


def _options(part: str) -> list[str]:
    """What may stand for a part: its words, those of its classes, its slots."""
    names = part.split("/") if len(part) > 1 else [part]
    return ["N" if word in _ANYBODY else word for name in names for word in CLASSES.get(name, (name,))]


def _fixed(written: str) -> tuple[frozenset[str], ...]:
    """The words of each part that is neither optional nor a person, the longest part first."""
    parts = [[] if part.startswith("?") else _options(part) for part in written.split()]
    found = [
        frozenset(word if word in HEADS else lemma(word).rstrip("~") for word in options)
        for options in parts
        if options and _SLOTS.keys().isdisjoint(options)
    ]
    if not found:
        raise ValueError(written)
    return tuple(sorted(found, key=lambda words: -min(map(len, words))))


@cache
def _pattern(written: str) -> re.Pattern[str]:
    """The turn as a pattern for a shape; made when it is first looked for, since a page needs few of them."""
    parts = [r"(?<= )"]
    for part in written.split():
        options = _options(part.removeprefix("?"))
        found = [_SLOTS[word] for word in options if word in _SLOTS]
        found += [rf"(?:[a-z-]+~ ){{0,3}}{word}~ P " for word in sorted(HEADS.intersection(options))]
        fixed = {lemma(word) for word in options if word not in _SLOTS and word not in HEADS}
        found += [re.escape(word) + " " for word in sorted(fixed)]
        parts.append(f"(?:{'|'.join(found)})" + ("?" if part.startswith("?") else ""))
        parts.append("(?:[PO] )?" if "and" in fixed else "")
    return re.compile("".join(parts))


@cache
def _table() -> Mapping[str, tuple[Turn, ...]]:
    """Word -> the turns that are looked for where it stands."""
    table: dict[str, list[Turn]] = {}
    for rule, turns, told in _KNOWN:
        for turn in dict.fromkeys(turns):
            fixed = _fixed(turn)
            for anchor in fixed[0]:
                table.setdefault(anchor, []).append(Turn(rule, turn, fixed, told))
    return {anchor: tuple(turns) for anchor, turns in table.items()}


_KNOWN = (
    ("cause", CAUSE, False),
    ("shortcoming", SHORTCOMING, False),
    ("hindsight", HINDSIGHT, False),
    ("demand", DEMAND, False),
    ("sarcasm", SARCASM, False),
    ("harm", DONE, True),
    ("omission", LEFT, True),
)


def turns(clauses: Clauses) -> Iterator[Hit]:
    """Every turn of phrase that lays something on somebody."""
    table = _table()
    here = {lemma(token.low) for token in clauses.tokens}
    if here & _NONE:
        here.add("nobody")
    likely = [turn for word in sorted(here & table.keys()) for turn in table[word] if _may(turn, here)]
    if not likely:
        return
    form = shape(clauses)
    for turn in dict.fromkeys(likely):
        found = _pattern(turn.written).search(form.text)
        if found is not None and _said(clauses, form, found.start(), turn):
            first = form.at[_word_at(form, found.start())]
            yield first, form.at[_word_at(form, found.end() - 2)] + 1, turn.rule


def _may(turn: Turn, here: set[str]) -> bool:
    """Is there a word of every part that is fixed?"""
    return not any(words.isdisjoint(here) for words in turn.fixed)


def _word_at(here: Shape, place: int) -> int:
    return min(here.text.count(" ", 1, max(place, 1)), len(here.at) - 1)


def _denied(clauses: Clauses, at: int) -> bool:
    """A denial before it, in the same run of words between two marks."""
    near = clauses.words(max(0, at - 7), at)
    marks = [i for i, word in enumerate(near) if word in {",", ";", ":", "–", "—", "."}]
    near = near[marks[-1] + 1 :] if marks else near
    return bool((AGAINST - {"without"}) & set(near)) or "without" in near[-2:]


def _said(clauses: Clauses, here: Shape, place: int, turn: Turn) -> bool:
    """Neither denied nor, where it is a deed, only thought of."""
    index = _word_at(here, place)
    at = here.at[index]
    if turn.rule == "demand" and _NONE & set(here.text.split(" ")[max(1, index - 2) : index + 1]):
        return False
    if _denied(clauses, at):
        return turn.rule in {"demand", "sarcasm", "hindsight"}
    near = set(clauses.words(max(0, at - 3), at))
    return not turn.told or not _UNREAL & near or bool(_CHOSEN & near)
