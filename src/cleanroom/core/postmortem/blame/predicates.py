"""Which runs of words of a sentence are its predicates? What a predicate and a noun phrase are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import TypeGuard

from cleanroom.core.postmortem.blame import words
from cleanroom.core.postmortem.blame.tokens import Tag, Token
from cleanroom.core.postmortem.blame.verbs import SAME_PAST


class Who(Enum):
    """What a noun phrase stands for."""

    PERSON = "person"
    MAYBE = "perhaps a person: a name by its shape only"
    OUTSIDE = "an organisation, a customer"
    OTHER = "anything else"


PEOPLE = frozenset({Who.PERSON, Who.MAYBE})


@dataclass(frozen=True, slots=True)
class Phrase:
    """A noun phrase: its tokens, its head, what it stands for; `nobody` where it denies the doer."""

    start: int
    end: int
    head: int
    who: Who
    nobody: bool = False


def is_person(phrase: Phrase | None) -> TypeGuard[Phrase]:
    """Does it stand for a person, or perhaps for one? `nobody` is a person too."""
    return phrase is not None and phrase.who in PEOPLE


def is_somebody(phrase: Phrase | None) -> TypeGuard[Phrase]:
    """Does it stand for a person, or perhaps for one, and not for nobody?"""
    return is_person(phrase) and not phrase.nobody


@dataclass(slots=True)
class Predicate:
    """A verb with its auxiliaries: tokens start..at; where its object and its clause end."""

    start: int
    at: int
    lemma: str
    form: str
    subject: Phrase | None = None
    agent: Phrase | None = None
    object_end: int = 0
    end: int = 0
    denied: bool = False
    modal: str = ""
    perfect: bool = False
    passive: bool = False
    governor: str = ""
    auxiliaries: frozenset[str] = frozenset()
    adverbs: frozenset[str] = frozenset()
    opener: str = ""


def groups(tokens: list[Token]) -> Iterator[Predicate]:
    """Runs of auxiliaries, denials and adverbs that end in a verb, or in an auxiliary that stands for one."""
    i = 0
    while i < len(tokens):
        if tokens[i].tag not in {Tag.AUX, Tag.VERB} and not (tokens[i].tag is Tag.NOT and i + 1 < len(tokens)):
            i += 1
            continue
        j, main = i, -1
        while j < len(tokens) and tokens[j].tag in {Tag.AUX, Tag.NOT, Tag.ADVERB}:
            main = j if tokens[j].tag is Tag.AUX else main
            j += 1
        if j < len(tokens) and tokens[j].tag is Tag.VERB:
            main = j
        if main >= 0:
            yield _predicate(tokens, i, main)
        i = max(j, main + 1, i + 1)


def _predicate(tokens: list[Token], start: int, at: int) -> Predicate:
    verb = tokens[at]
    before = tokens[start:at]
    k = start - 1
    while k >= 0 and tokens[k].tag in {Tag.ADVERB, Tag.NOT}:
        before = [tokens[k], *before]
        k -= 1
    lows = frozenset(token.low for token in before)
    if verb.tag is Tag.AUX:
        kind = ("be", words.BE), ("have", words.HAVE), ("do", words.DO)
        lemma = next((name for name, known in kind if verb.low in known), verb.low)
        form = "past" if verb.low in {"was", "were", "had", "did", "been", "done"} else "s"
    else:
        lemma, form = verb.lemma, verb.form
    after = [t.low for t in tokens[at + 1 : at + 3] if t.tag is Tag.NOT]
    return Predicate(
        start=k + 1,
        at=at,
        lemma=lemma,
        form=form,
        denied=any(t.tag is Tag.NOT for t in before) or bool(after and verb.tag is Tag.AUX),
        modal=next((t.low for t in before if t.low in words.MODALS), verb.low if verb.low in words.MODALS else ""),
        perfect=bool(lows & words.HAVE) and (verb.tag is not Tag.AUX or verb.low in {"been", "done", "had"}),
        passive=bool(lows & words.BE) and (form == "past" or verb.lemma in SAME_PAST) and verb.tag is Tag.VERB,
        auxiliaries=lows & (words.BE | words.HAVE | words.DO | words.MODALS),
        adverbs=frozenset(t.low for t in before if t.tag is Tag.ADVERB),
    )
