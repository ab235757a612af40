"""How does a sentence read when every person in it is one word, every verb its lemma, and adverbs are left out?

`Priya from the night crew never quite got round to it` reads `P never get round to it`: so one turn of phrase
(turns.py) fits whoever it is said of, and in whatever tense.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from cleanroom.core.postmortem.blame import words
from cleanroom.core.postmortem.blame.clauses import Clauses
from cleanroom.core.postmortem.blame.lexicon import word_set
from cleanroom.core.postmortem.blame.predicates import Phrase, Predicate, Who
from cleanroom.core.postmortem.blame.tokens import Tag, Token
from cleanroom.core.postmortem.blame.verbs import FORMS

_KEPT = word_set(
    """
    too so again anyway alone straight else back well here there instead later first only always right please together
    badly twice away aside apart elsewhere
    """
)
"""Adverbs that turns of phrase are made of."""
_LEFT_OUT = words.ADVERBS - _KEPT
_PERSONS = {Who.PERSON: "P", Who.MAYBE: "P", Who.OUTSIDE: "O"}
_OPENS = frozenset({Tag.NOUN, Tag.NAME, Tag.MAYBE, Tag.PERSON, Tag.DET, Tag.OWN, Tag.NUMBER})
_JUDGED = word_set(
    """
    good old fearless dear beloved esteemed glorious resident competent proper decent serious sane reasonable
    experienced senior junior careful diligent attentive half-awake self-respecting seasoned prudent sensible
    professional responsible real grown half-competent more better less first-year classic typical vintage clueless
    so-called self-appointed self-proclaimed self-styled particular single only some same
    """
)
"""Said of a person, these are kept before the `P`, with a tilde: `good~ old~ P`."""
HEADS = word_set(
    """
    amateur amateurs beginner newbie rookie kid kids child trainee intern junior novice student monkey monkeys fool
    fools idiot idiots moron morons clown clowns cowboy cowboys genius geniuses hero expert experts einstein
    einsteins mastermind masterminds wizard wizards legend champion guru rockstar rockstars offender offenders adult
    adults grown-up grown-ups boss
    """
)
"""Persons that are kept in the same way, since it matters what they are called."""
_JOINS = frozenset({"and", "but", "or", ",", ";", "yet", "then", "&"})
_ASKED = frozenset({"who", "whom", "himself", "herself", "themselves", "myself", "ourselves", "yourself"})


@dataclass(frozen=True, slots=True)
class Shape:
    """The words with a blank before and after each, and the token that each word begins at."""

    text: str
    at: tuple[int, ...]


@lru_cache(maxsize=4096)
def lemma(low: str) -> str:
    """The form under which a word is looked for: `was` as `be`, `sat` as `sit`, `n't` as `not`."""
    if low in words.BE and low != "'s":
        return "be"
    if low in words.HAVE:
        return "have"
    if low in words.DO:
        return "do"
    if low in {"no-one", "noone"}:
        return "nobody"
    if low in FORMS:
        return FORMS[low][0]
    if len(low) > 4 and low.endswith("ed"):
        return low.removesuffix("ed")
    return "not" if low == "n't" else low


def shape(clauses: Clauses) -> Shape:
    """Persons as `P` (`O` for an organisation), verbs as lemmas."""
    found: list[str] = []
    at: list[int] = []
    i, tokens = 0, clauses.tokens
    again = {p.start: _sharer(p) for p in clauses.predicates}
    while i < len(tokens):
        if again.get(i) and found and found[-1] in _JOINS:
            found.append(again[i])
            at.append(i)
        word, end = _person(clauses, i) if tokens[i].tag in _OPENS else ("", i + 1)
        if word:
            judged = [f"{low}~" for low in clauses.words(i, end) if low in _JUDGED or low in HEADS]
            found += [*judged, word]
            at += [i] * (len(judged) + 1)
        else:
            told = [k for k in range(i, end) if not _left_out(tokens, k)]
            found += [_word(tokens[k]) for k in told]
            at += told
        i = end
    return Shape(" " + " ".join(found) + " ", tuple(at))


def _left_out(tokens: list[Token], i: int) -> bool:
    """Is it an adverb that says little? `Naturally, our expert` sets the tone of what comes after it, and stays."""
    token = tokens[i]
    if token.tag is not Tag.ADVERB or not (
        token.low in _LEFT_OUT or (token.low.endswith("ly") and token.low not in _KEPT)
    ):
        return False
    return not (token.low in _TONES and (i == 0 or tokens[i - 1].tag is Tag.PUNCT))


_TONES = word_set(
    """
    apparently evidently naturally obviously predictably inevitably unsurprisingly brilliantly cleverly wisely
    ingeniously heroically bravely helpfully conveniently magically miraculously astonishingly incredibly amazingly
    seriously honestly
    """
)


def _sharer(p: Predicate) -> str:
    """The person of `flipped the flag and vanished` again before the second verb; no word where there is none."""
    shared = p.subject is not None and not p.subject.nobody and p.subject.end < p.start and p.form != "ing"
    return _PERSONS.get(p.subject.who, "") if shared and p.subject is not None else ""


def _word(token: Token) -> str:
    if token.low == "'s" and token.tag is Tag.AUX:
        return "be"
    return lemma(token.low)


def _person(clauses: Clauses, i: int) -> tuple[str, int]:
    """The word for the person that begins at token i, and where it ends; no word, and the end of the phrase, where none does."""
    tokens = clauses.tokens
    if tokens[i].low in _ASKED or (tokens[i].tag is Tag.OWN and tokens[i].low == "'s"):
        return "", i + 1
    phrase = clauses.phrase_after(i)
    if phrase is None:
        return "", i + 1
    if phrase.who in _PERSONS:
        return ("nobody" if phrase.nobody else _PERSONS[phrase.who]), phrase.end
    return _owner(clauses, phrase)


def _owner(clauses: Clauses, phrase: Phrase) -> tuple[str, int]:
    """`the engineer` of `the engineer's commit`"""
    for k in range(phrase.start + 1, phrase.end):
        if clauses.tokens[k].low == "'s":
            who = clauses.plain(k - 1).who
            return (_PERSONS[who], k) if who in _PERSONS else ("", k + 1)
    return "", phrase.end
