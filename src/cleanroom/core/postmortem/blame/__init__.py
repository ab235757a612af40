"""Which sentences of a page make a person the cause, and how can each be turned towards the system?

Nothing is learned from data: a sentence is read into tokens (tokens.py) and clauses (clauses.py: who does what, denied or
not), and rules decide by agent and predicate: prefaces.py, deeds.py, hindsight.py, tone.py, faults.py; at last, turns of
phrase (turns.py) are looked for in a sentence with every person as one word (shape.py). What is quoted, or is code, is
not judged.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from cleanroom.core.base import noun
from cleanroom.core.postmortem.blame import words
from cleanroom.core.postmortem.blame.circumstances import Hit
from cleanroom.core.postmortem.blame.clauses import Clauses, parse
from cleanroom.core.postmortem.blame.deeds import deeds
from cleanroom.core.postmortem.blame.faults import faults
from cleanroom.core.postmortem.blame.hindsight import hindsight
from cleanroom.core.postmortem.blame.prefaces import prefaced
from cleanroom.core.postmortem.blame.reword import reword
from cleanroom.core.postmortem.blame.text import pieces, sentences
from cleanroom.core.postmortem.blame.tokens import is_word
from cleanroom.core.postmortem.blame.tone import tone
from cleanroom.core.postmortem.blame.turns import turns


@noun
class Blame:
    """What blames in a text: its offsets, the rule, and a way to say it of the system.

    The rules: harm, omission, cause, shortcoming, hindsight, knew, sarcasm, demand.
    """

    start: int
    end: int
    rule: str
    reword: str


@noun
class Found:
    """A sentence that blames: its offsets in the page, its line (from 1), its text; the blame is at the page's offsets."""

    start: int
    end: int
    line: int
    sentence: str
    blame: Blame


def judge(sentence: str, people: Collection[str] = ()) -> Blame | None:
    """The blame in one sentence of plain text or Markdown; None where there is none.

    `people` are names, addresses or handles that are known, such as the owners in the register.
    """
    names = known(people)
    for start, _, shown in pieces(sentence):
        blame = _judge(shown, names)
        if blame is not None:
            return _moved(blame, start)
    return None


def lint(text: str, people: Collection[str] = ()) -> tuple[Found, ...]:
    """Every sentence of a Markdown page that blames somebody, in order, once each."""
    names, found = known(people), []
    line, counted = 1, 0
    for start, end, shown in sentences(text):
        line, counted = line + text.count("\n", counted, start), start
        blame = _judge(shown, names)
        if blame is not None:
            found.append(Found(start, end, line, text[start:end], _moved(blame, start)))
    return tuple(found)


def _moved(blame: Blame, by: int) -> Blame:
    return Blame(by + blame.start, by + blame.end, blame.rule, blame.reword)


def known(people: Collection[str]) -> frozenset[str]:
    """The words by which a text may call these people: whole handles, and the parts of names and addresses."""
    names: set[str] = set()
    for person in people:
        handle = person.strip().lstrip("@").partition("@")[0].lower()
        parts = handle.replace(".", " ").replace("_", " ").replace("+", " ").split()
        names |= {part for part in (handle, *parts) if len(part) > 1 and not _is_common(part)}
    return frozenset(names)


def _is_common(part: str) -> bool:
    return is_word(part) or is_word(part.rpartition("-")[2])


def _judge(shown: str, people: frozenset[str]) -> Blame | None:
    clauses = parse(shown, people)
    for first, last, rule in _hits(clauses):
        start = clauses.tokens[max(0, first)].start
        end = clauses.tokens[min(len(clauses.tokens), max(last, first + 1)) - 1].end
        return Blame(start, end, rule, reword(rule, clauses.lows))
    return None


def _hits(clauses: Clauses) -> Iterator[Hit]:
    if not clauses.tokens:
        return
    yield from prefaced(clauses)
    denied = any(sign in clauses.low for sign in words.UNBLAMING) and not {"but", ";"} & set(clauses.low.split())
    if denied:
        return
    yield from deeds(clauses)
    yield from hindsight(clauses)
    yield from tone(clauses)
    spoken = " word with " in clauses.low or " words with " in clauses.low
    if spoken or words.TALK.isdisjoint(clauses.lows):
        yield from faults(clauses)
        yield from turns(clauses)
