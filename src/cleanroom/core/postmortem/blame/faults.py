"""Does the sentence name a person as the cause, a shortcoming of theirs, or a trait?"""

from __future__ import annotations

from collections.abc import Iterator

from cleanroom.core.postmortem.blame import words
from cleanroom.core.postmortem.blame.circumstances import Hit
from cleanroom.core.postmortem.blame.clauses import Clauses
from cleanroom.core.postmortem.blame.lexicon import phrases, word_set
from cleanroom.core.postmortem.blame.predicates import Phrase, is_person, is_somebody
from cleanroom.core.postmortem.blame.shortcomings import owned_shortcoming, strong_nouns, weak_nouns
from cleanroom.core.postmortem.blame.tokens import Tag, is_owner
from cleanroom.core.postmortem.blame.traits import denied, idioms, lacks, strong_traits, traits

_LEADS = tuple(
    tuple(lead.split())
    for lead in phrases(
        """
        caused by | due to | because of | owing to | down to | attributable to | attributed to | traced to |
        traced back to | result of | fault of | lies with | lie with | rests with | rests on | falls on | fell on |
        stemmed from | stems from | arose from | blamed on | lies squarely with | goes to | brought about by |
        courtesy of | thanks to
        """
    )
)
"""What leads to the one who is named."""

_HAPPENED = word_set(
    """
    this that it incident outage one failure mess delay bug regression downtime leak breakage problem
    """
)

_OFFICES = word_set(
    """
    response review reviews channel communication page process report reports management budget handling
    """
)


def faults(clauses: Clauses) -> Iterator[Hit]:
    """Every place where a person is the cause, or has a shortcoming."""
    yield from idioms(clauses)
    yield from _led_to(clauses)
    yield from _named(clauses)
    yield from _at_fault(clauses)
    yield from _on_us(clauses)
    yield from strong_nouns(clauses)
    yield from weak_nouns(clauses)
    yield from traits(clauses)
    yield from lacks(clauses)
    yield from strong_traits(clauses)


def _named(clauses: Clauses) -> Iterator[Hit]:
    """`Root cause: Kevin`, `the culprit was the release manager`."""
    for i, low in enumerate(clauses.lows[:-1]):
        if low.removesuffix("s") not in _CAUSES:
            continue
        j = _copula(clauses, i + 1)
        phrase = clauses.phrase_after(j) if j else None
        if phrase is None or denied(clauses, j):
            continue
        if (is_somebody(phrase) and not _more(clauses, phrase.end)) or owned_shortcoming(clauses, phrase):
            yield i, phrase.end, "cause"


_CAUSES = word_set("cause culprit reason problem factor offender trigger issue link root")


def _led_to(clauses: Clauses) -> Iterator[Hit]:
    """`caused by Jonas`, `due to the engineer's oversight`"""
    lows = clauses.lows
    told = [i for i, token in enumerate(clauses.tokens) if token.tag is not Tag.ADVERB]
    for lead in _LEADS:
        length = len(lead)
        if lead[0] not in lows:
            continue
        for k in range(len(told) - length):
            i = told[k]
            if lows[i] != lead[0] or tuple(lows[j] for j in told[k : k + length]) != lead:
                continue
            phrase = clauses.phrase_after(told[k + length])
            if phrase is not None and not denied(clauses, i) and _is_led_to(clauses, phrase, lead[0], lows):
                yield i, phrase.end, "cause"


def _is_led_to(clauses: Clauses, phrase: Phrase, lead: str, lows: list[str]) -> bool:
    """Is it a person, or a shortcoming of one? `thanks to Ana` thanks her, unless something was lost."""
    if owned_shortcoming(clauses, phrase):
        return True
    if not is_somebody(phrase) or is_owner(clauses.tokens, phrase.end - 1):
        return False
    if lead in {"thanks", "courtesy"} and not {"no", "without", "lost", "again", "outage"} & set(lows):
        return False
    return lead != "goes" or "blame" in lows


def _more(clauses: Clauses, at: int) -> bool:
    """After `the reason: the engineers ...` a verb makes it a clause, which is judged as one."""
    if at >= len(clauses.tokens):
        return False
    token = clauses.tokens[at]
    return token.tag is Tag.AUX or (token.tag is Tag.VERB and token.form != "ing")


def _copula(clauses: Clauses, at: int) -> int:
    """After `root cause`: past `of the outage` and `was`, `is` or a colon; 0 where there is none."""
    tokens = clauses.tokens
    for i in range(at, min(len(tokens), at + 8)):
        low = tokens[i].low
        if (
            low in {"turned", "proved", "appears", "seems", "believed", "found", "out", "to"}
            and low != tokens[at].low + "s"
        ):
            continue
        if low in {":", "was", "is", "were", "are", "been", "be", "–", "—", "-"}:
            if i + 1 < len(tokens) and tokens[i + 1].tag in {Tag.NOT, Tag.ADVERB} and tokens[i + 1].low != "not":
                return i + 2
            return i + 1
        if tokens[i].tag not in {Tag.PREP, Tag.DET, Tag.NOUN, Tag.NUMBER, Tag.ADVERB, Tag.OWN}:
            return 0
    return 0


def _at_fault(clauses: Clauses) -> Iterator[Hit]:
    """`is to blame`, `is at fault`, `is the culprit`, `responsible for the loss`, `Tom's fault`, `my bad`."""
    tokens = clauses.tokens
    for p in clauses.predicates:
        if (
            p.lemma not in {"be", "hold", "bear", "have", "take"}
            or p.denied
            or p.modal
            or p.subject is None
            or p.subject.nobody
        ):
            continue
        tail = clauses.words(p.at + 1, min(len(tokens), p.at + 12))
        if is_person(p.subject) and (" ".join(tail).startswith(_AT_FAULT) or _responsible(tail)):
            yield p.subject.start, min(len(tokens), p.at + 1 + len(tail)), "cause"
    for i, token in enumerate(tokens):
        owner = tokens[i - 1].low if i else ""
        if token.low in {"fault", "bad", "doing"} and not denied(clauses, i) and i:
            ours = owner in {"my", "our", "his", "her", "their", "your"} and _ends_here(clauses, i)
            theirs = owner == "'s" and i > 1 and is_somebody(clauses.phrase_before(i - 2)) and token.low != "bad"
            if ours or theirs:
                yield max(0, i - 3 if theirs else i - 1), i + 1, "cause"
        if token.low in {"blame", "blames", "blamed"} and not denied(clauses, i) and token.tag is not Tag.PREP:
            phrase = clauses.phrase_after(i + 1)
            if is_somebody(phrase):
                yield i, phrase.end, "cause"
        if token.low == "responsible" and not denied(clauses, i) and _responsible(clauses.words(i, i + 8)):
            holds = any(q.lemma == "hold" for q in clauses.predicates)
            if holds:
                yield i, i + 1, "cause"


_AT_FAULT = phrases(
    """
    to blame | at fault | the culprit | the reason | the cause | the root cause | the problem | solely to blame |
    clearly to blame | partly to blame | entirely to blame
    """
)


def _ends_here(clauses: Clauses, i: int) -> bool:
    following = clauses.tokens[i + 1 : i + 2]
    return not following or following[0].tag is not Tag.NOUN


def _responsible(tail: list[str]) -> bool:
    if "responsible" not in tail[:3]:
        return False
    rest = tail[tail.index("responsible") + 1 :][:6]
    for i, word in enumerate(rest):
        if i and (word.endswith("ing") or word in {"and", "of", ","}):
            return False
        if word in words.FAULTS:
            following = rest[i + 1 : i + 2]
            return rest[0] == "for" and not (following and following[0] in _OFFICES)
    return False


def _on_us(clauses: Clauses) -> Iterator[Hit]:
    """`This one is on us`, `that is on Fatima`"""
    tokens = clauses.tokens
    for p in clauses.predicates:
        if p.lemma != "be" or p.denied or p.modal or p.subject is None or tokens[p.at].tag is not Tag.AUX:
            continue
        at = p.at + 1
        while at < len(tokens) and tokens[at].tag is Tag.ADVERB:
            at += 1
        if clauses.words(at, at + 1) != ["on"] or tokens[p.subject.head].low not in _HAPPENED:
            continue
        phrase = clauses.phrase_after(at + 1)
        if is_person(phrase) and not is_owner(clauses.tokens, phrase.end - 1):
            yield p.subject.start, phrase.end, "cause"
