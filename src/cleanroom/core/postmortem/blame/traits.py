"""Does the sentence say what somebody is like: careless, too slow, without discipline; or judge them by a turn of phrase?"""

from __future__ import annotations

import re
from collections.abc import Iterator

from cleanroom.core.postmortem.blame import words
from cleanroom.core.postmortem.blame.circumstances import Hit, excused
from cleanroom.core.postmortem.blame.clauses import Clauses
from cleanroom.core.postmortem.blame.idioms import IDIOMS
from cleanroom.core.postmortem.blame.lexicon import word_set
from cleanroom.core.postmortem.blame.predicates import Predicate, Who, is_person, is_somebody
from cleanroom.core.postmortem.blame.tokens import Tag, is_role

_LINKING = word_set(
    """
    be get become seem look act feel appear remain prove
    """
)

AGAINST = word_set(
    """
    not n't no never without nor neither nobody no-one avoid avoids prevent prevents prevented preventing reduce
    reduces reducing catch catches against tolerate tolerates guard absorb likely easier easy limits blaming expect
    assume regardless rather instead than
    """
)
"""A denial, or what keeps it from happening."""


def denied(clauses: Clauses, at: int) -> bool:
    """A denial close before: `was not`, `never`, `no`, `without`, `prevents`."""
    near = clauses.words(max(0, at - 7), at)
    if "for" in near and "been" in near:  # had it not been for
        return False
    if "but" in near:
        near = near[near.index("but") + 1 :]
    after = {"likely", "easy", "possible", "harder", "unlikely", "impossible"} & set(clauses.words(at + 1, at + 4))
    return bool(AGAINST & set(near)) or bool(after)


def idioms(clauses: Clauses) -> Iterator[Hit]:
    """Turns of phrase that judge somebody."""
    for found in _IDIOM.finditer(clauses.low):
        first = clauses.low.count(" ", 0, found.start())
        if not denied(clauses, first):
            yield first, first + found.group().count(" ") + 1, "shortcoming"


_IDIOM = re.compile(r"(?<!\S)(?:" + "|".join(re.escape(sign) for sign in IDIOMS) + ")")


def traits(clauses: Clauses) -> Iterator[Hit]:
    """`was negligent`, `got confused`, `was too lazy to`, `was not paying attention`, `was not qualified`"""
    for p in clauses.predicates:
        if p.subject is None or p.subject.nobody or p.modal:
            continue
        tail = clauses.words(p.at + 1, min(p.end, p.at + 6))
        deed = clauses.tokens[p.subject.head].low in {"it", "this", "that"} and p.lemma == "be" and not p.denied
        if deed and words.STRONG_TRAITS & set(tail[:3]) and {"to", "of"} & set(tail):
            yield p.start, p.end, "shortcoming"
        if not is_person(p.subject) and p.subject.who is not Who.OUTSIDE:
            continue
        if (p.lemma == "pay" and p.denied and "attention" in tail) or (
            p.passive and not p.denied and p.agent is None and clauses.tokens[p.at].low in words.TRAITS
        ):
            yield p.subject.start, p.end, "shortcoming"
        elif p.lemma in _LINKING and not p.passive:
            unreal = p.denied and p.opener == "if" and bool(words.TRAITS & set(tail[:3]))
            if unreal or _trait(tail, denied=p.denied):
                yield p.subject.start, p.end, "shortcoming"
        elif _unfit(p) and not excused(clauses, p):
            yield p.subject.start, p.end, "shortcoming"


def _unfit(p: Predicate) -> bool:
    """`was distracted`, `was not qualified`"""
    known = p.passive and p.agent is None and p.lemma in {"confuse", "distract", "mistake", "qualify"}
    return known and p.denied is (p.lemma == "qualify")


_TOO = word_set(
    """
    afraid scared shy nervous lazy quick slow busy eager trusting proud tired junior late hasty confident
    relaxed impatient timid keen
    """
)


def _trait(tail: list[str], *, denied: bool) -> bool:
    near = tail[:4]
    if denied:
        return bool(words.GOOD_TRAITS & set(near)) or near[:2] == ["paying", "attention"]
    if "not" in near:
        return bool(words.GOOD_TRAITS & set(near))
    too = "too" in near and bool(_TOO & set(near))
    asleep = "wheel" in tail
    slow = near[:2] == ["slow", "to"] or near[:3] == ["too", "slow", "to"]
    return too or asleep or slow or bool(words.TRAITS & set(near[:3])) or "out of their depth" in " ".join(tail)


def lacks(clauses: Clauses) -> Iterator[Hit]:
    """`the operator lacked the discipline`, `personnel did not exercise due care`, `showed little care`"""
    for p in clauses.predicates:
        if not is_somebody(p.subject) or p.modal:
            continue
        found = set(clauses.words(p.at + 1, min(p.end, p.at + 7)))
        if (p.lemma == "lack" and found & words.LACKS and not p.denied) or (
            p.lemma in {"exercise", "show", "take", "have", "use", "apply"}
            and found & words.LACKS
            and (p.denied or found & {"no", "little", "insufficient", "poor"})
        ):
            yield p.subject.start, p.end, "shortcoming"


def strong_traits(clauses: Clauses) -> Iterator[Hit]:
    """`a careless mistake`, `sloppy work`, `a distracted engineer`, and work of which it is said"""
    tokens = clauses.tokens
    for i, token in enumerate(tokens):
        if token.low not in _JUDGING:
            continue
        if _said_of_next(clauses, i) and not denied(clauses, i):
            yield i, i + 2, "shortcoming"
        elif token.low in words.STRONG_ADVERBS and token.low != "needlessly" and not denied(clauses, i):
            yield i, i + 1, "shortcoming"
    for p in clauses.predicates:
        works = p.subject is not None and tokens[p.subject.head].low in words.WORK
        said = works and p.lemma in _LINKING and not p.denied and not p.modal
        if said and words.STRONG_TRAITS & set(clauses.words(p.at + 1, p.at + 4)):
            yield p.start, p.end, "shortcoming"


_OF_PEOPLE = word_set(
    """
    click paste typing copy approach practice practices use treatment act acts manner way habits remark job hands
    management operation housekeeping keystroke reading supervision cleanup culture driving style
    """
)
_OF_PEOPLE |= words.MIND | words.WEAK_NOUNS | words.WORK | words.DEEDS
_OF_PEOPLE -= {"default", "code", "prompt", "config", "query", "script", "path"}
"""What people do, make or have."""


_JUDGING = words.TRAITS | words.STRONG_TRAITS | words.STRONG_ADVERBS


def _said_of_next(clauses: Clauses, i: int) -> bool:
    """A trait before what it is said of."""
    low, following = clauses.tokens[i].low, clauses.tokens[i + 1 : i + 2]
    if low in words.STRONG_TRAITS:
        if not following or following[0].tag is not Tag.NOUN:
            return False
        human = following[0].low in _OF_PEOPLE or is_role(following[0].low)
        return human or any(t.tag in {Tag.NAME, Tag.PERSON} or is_role(t.low) for t in clauses.tokens)
    return low in words.TRAITS - {"wrong", "unreliable"} and bool(following) and is_role(following[0].low)
