"""Did a person do something, and did it go wrong? `Tom merged it and the shop went dark`, with no gap of a system named."""

from __future__ import annotations

import re

from cleanroom.core.postmortem.blame.circumstances import excused, is_we, planned
from cleanroom.core.postmortem.blame.clauses import Clauses
from cleanroom.core.postmortem.blame.lexicon import word_set
from cleanroom.core.postmortem.blame.predicates import Predicate, Who
from cleanroom.core.postmortem.blame.tokens import Tag

WRONG = word_set(
    """
    failed fail fails failing failure failures crash crashed crashes broke broken breaks stopped died dead collapse
    collapsed melted lost loss losses leak leaked leaking exposed locked hung hang hangs stalled stall froze frozen
    dark blank stale wrong wrongly overflow overflowed flooded flood overload overloaded exhausted doubled double
    duplicate duplicated duplicates overcharged truncated wiped erased vanished disappeared garbage nonsense illegal
    outage incident outages corrupt corrupted corruption damage damaged breach error errors bug bugs late
    unreachable unavailable chaos mess disaster lapsed overran blew rejected stuck starved poisoned polluted null
    nulls angry complaints lawsuits fiasco sideways badly worse worst insulted offended misled unusable useless
    offline read-only exploded imploded burned burnt suffered missed delayed stranded unpaid unbilled unprotected
    awry haywire bust bankrupt
    """
)
"""What says that something went wrong."""

_FELL = re.compile(
    r"\b(?:go|goes|went|gone|fell|fall|came|was|were|is|stayed) (?:\w+ ){0,2}?"
    r"(?:down|over|dark|offline|off|apart|out|read-only|sideways|dead|blank|bad|wrong)\b"
    r"|\bon fire\b|\bhours? (?:of|to)\b|\b(?:whole|all) (?:night|weekend|day)\b|\bcost (?:us|the)\b|\bfor (?:hours|days|weeks)\b"
)

_REMEDY = word_set(
    """
    revert restore restart rollback roll recover fix mend repair detect notice find identify alert escalate report
    join acknowledge page declare open call confirm verify replay drain reroute mitigate resolve rebuild tell inform
    ask say see learn know receive get investigate review discuss write analyse analyze work help spot catch contact
    notify announce document explain meet agree thank volunteer raise publish print measure look search trace read
    be have start begin suspect rule arrive pause resume hold keep wait rotate scale stop switch return reach
    understand take become remove revok revoke invite forward follow configure burn test check rely use trust show
    shout select isolate block quarantine correct replace label sort collect count hear expect think believe want
    need try reproduce compare own track fight handle face avoid prevent reject decline purge clean filter file log
    point hunt chase delete undo give mean feel serve list describe present summarise summarize study plan order
    suggest propose recommend ship add build set up record repeat offer ring phone email reset compensate refund
    apologise apologize call-out exclude exercise rehearse simulate drill inject accept complain retry
    """
)


def went_wrong(low: str) -> bool:
    """Does a text (words with blanks between) tell of something that went wrong?"""
    return not WRONG.isdisjoint(low.split()) or _FELL.search(low) is not None


def outcome(clauses: Clauses, p: Predicate) -> bool:
    """An act of a person in the past, then what went wrong after it: `and the shop went dark`, `, so the queue grew stale`."""
    subject = p.subject
    if subject is None or subject.who is not Who.PERSON or is_we(clauses, subject) or p.passive or p.modal:
        return False
    if (
        p.form != "past"
        or clauses.tokens[p.at].tag is Tag.AUX
        or p.lemma in _REMEDY
        or excused(clauses, p)
        or planned(clauses)
    ):
        return False
    if _TIME.search(clauses.low) or "which" in clauses.words(p.at, len(clauses.tokens)):
        return False
    return any(_follows(clauses, p, q) for q in clauses.predicates if q.start > p.at)


_TIME = re.compile(r"(?<!\S)\d\d?[:.]\d\d(?!\S)|(?<!\S)\d\d?:\d\d")


def _follows(clauses: Clauses, p: Predicate, q: Predicate) -> bool:
    if q.subject is None or q.subject.who is not Who.OTHER or q.denied or q.modal or q.subject.start <= p.at:
        return False
    if q.subject.nobody or clauses.tokens[q.subject.start].low in {"no", "nothing"}:
        return False
    before = clauses.words(max(p.at + 1, q.subject.start - 3), q.subject.start)
    joined = {"and", "so", "then", ";", "until"} & set(before)
    return bool(joined) and went_wrong(" ".join(clauses.words(q.subject.start, max(q.end, q.at + 1))))
