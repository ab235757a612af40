"""Does the sentence say that a person did the damage, or left out what would have stopped it?"""

from __future__ import annotations

from collections.abc import Iterator

from cleanroom.core.postmortem.blame import verbs, words
from cleanroom.core.postmortem.blame.circumstances import Hit, by_person, excused, hypothetical, span
from cleanroom.core.postmortem.blame.clauses import Clauses
from cleanroom.core.postmortem.blame.harms import TESTS
from cleanroom.core.postmortem.blame.lexicon import word_set
from cleanroom.core.postmortem.blame.omissions import agentless_gerund, left_out, passive
from cleanroom.core.postmortem.blame.outcomes import went_wrong
from cleanroom.core.postmortem.blame.predicates import Predicate, Who


def deeds(clauses: Clauses) -> Iterator[Hit]:
    """Every predicate that blames the one who did it."""
    yield from _because_of(clauses)
    for predicate in clauses.predicates:
        rule = _judged(clauses, predicate)
        if rule:
            yield *span(predicate), rule


def _because_of(clauses: Clauses) -> Iterator[Hit]:
    """`The outage happened because the on-call was watching a film`: a failure, and a person's doing as its reason."""
    tokens = clauses.tokens
    for i, token in enumerate(tokens):
        reason = token.low == "because" or (token.low in {"when", "after"} and _triggered(clauses, i))
        if (
            not reason
            or not (_FAILED & set(clauses.words(0, i)) or went_wrong(" ".join(clauses.words(0, i))))
            or (tokens[i + 1 : i + 2] and tokens[i + 1].low == "of")
        ):
            continue
        p = next((q for q in clauses.predicates if q.start > i), None)
        if (
            p is None
            or p.subject is None
            or p.subject.who is not Who.PERSON
            or p.subject.start > i + 2
            or (p.modal and not (p.modal in {"would", "could"} and p.denied and not p.perfect))
        ):
            continue
        said = next((q for q in clauses.predicates if q.at < i), None)
        mild = p.lemma in {"know", "see", "have", "receive", "get", "lack", "be"} or (p.passive and not p.denied)
        if mild or p.subject.nobody or said is None or said.denied or excused(clauses, p):
            continue
        if said.subject is None or said.subject.who is Who.OTHER or said.lemma in {"lose", "waste", "spend"}:
            yield p.subject.start, max(p.end, p.at + 1), "cause"


def _triggered(clauses: Clauses, at: int) -> bool:
    """`was caused when Tom ...`"""
    before = clauses.predicates and [q for q in clauses.predicates if q.at < at]
    return bool(before) and before[-1].lemma in {"cause", "trigger"} and before[-1].passive


_FAILED = words.FAULTS | word_set(
    """
    happened failed fails crashed broke lost down caused triggered late delayed missed wrong leaked this stopped
    suffered
    """
)


def _judged(clauses: Clauses, p: Predicate) -> str:
    if hypothetical(clauses, p):
        return ""
    if p.passive:
        return passive(clauses, p)
    if p.subject is not None and p.subject.who is Who.OUTSIDE:
        return "omission" if p.lemma in verbs.HUMAN_OMIT and not p.denied else ""
    if not by_person(clauses, p):
        return "omission" if agentless_gerund(clauses, p) else ""
    nobody = p.subject is not None and p.subject.nobody
    if nobody or p.denied:
        return left_out(clauses, p, nobody=nobody)
    if excused(clauses, p) and not p.adverbs & words.STRONG_ADVERBS:
        return ""
    for rule, test in TESTS:
        if test(clauses, p):
            return rule
    return ""
