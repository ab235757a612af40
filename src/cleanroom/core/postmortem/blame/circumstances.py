"""Was it said to have happened, by a person, and with no gap of a system as its reason? What the rules on deeds share."""

from __future__ import annotations

from cleanroom.core.postmortem.blame import verbs, words
from cleanroom.core.postmortem.blame.clauses import Clauses
from cleanroom.core.postmortem.blame.lexicon import word_set
from cleanroom.core.postmortem.blame.predicates import Phrase, Predicate, Who, is_person
from cleanroom.core.postmortem.blame.tokens import Tag

Hit = tuple[int, int, str]
"""First token, the token after the last, the rule's name."""

_THINGS_BREAK = word_set(
    """
    break drop crash fail lose leak tank derail hurt panic stop start corrupt overload flood
    """
)


def span(predicate: Predicate) -> tuple[int, int]:
    """From the subject to the end of the clause."""
    subject = predicate.subject
    first = min(subject.start, predicate.start) if subject else predicate.start
    if predicate.agent:
        return first, max(predicate.agent.end, predicate.at + 1)
    return first, max(predicate.end, predicate.at + 1)


def by_person(clauses: Clauses, predicate: Predicate) -> bool:
    """Is the doer of an active verb a person?"""
    subject = predicate.subject
    if subject is None:
        return predicate.start == 0 and predicate.lemma in {"forget", "screw", "mess"} and predicate.form == "past"
    if (
        subject.who is Who.MAYBE
        and predicate.form != "past"
        and not predicate.denied
        and predicate.lemma not in verbs.SAME_PAST
    ):
        return False
    if subject.who is Who.MAYBE and predicate.lemma in _THINGS_BREAK:
        return any(t.tag is Tag.NOUN for t in clauses.tokens[predicate.at + 1 : predicate.object_end])
    return is_person(subject)


def hypothetical(clauses: Clauses, p: Predicate) -> bool:
    """Not said to have happened: `can delete`, `to delete`, `if somebody deletes`, an order."""
    if p.modal:
        incredulous = p.modal == "could" and not p.perfect and "how" in clauses.words(max(0, p.start - 8), p.start)
        return not incredulous
    if p.form == "base" and not p.denied and p.subject and clauses.tokens[p.subject.head].low in {"i", "we", "you"}:
        return not p.governor and p.lemma not in verbs.SAME_PAST
    if p.form == "base" and p.lemma not in verbs.SAME_PAST:
        before = clauses.tokens[p.start - 1].tag if p.start else None
        if before is Tag.TO:
            return p.governor not in verbs.CHOOSING
        return before is None or not (p.denied or before in {Tag.PERSON, Tag.NAME, Tag.MAYBE, Tag.NOUN, Tag.THAT})
    if p.opener in {"if", "unless", "whenever", "whether", "lest", "until"}:
        return True
    return p.form == "s" and clauses.low.startswith(("if ", "whenever ", "when "))


_SOMEBODY = frozenset({"him", "her", "them", "me", "us"})


def excused(clauses: Clauses, p: Predicate) -> bool:
    """Does the sentence say which gap of a system let it happen? `because the console shows both under one name`."""
    tokens = clauses.tokens
    for i in range(p.at + 1, min(len(tokens), p.at + 40)):
        because = tokens[i].low in {"because", "since", "as"} and tokens[i].tag is Tag.SUB
        if because or (tokens[i].low in {":", ";"} and i + 2 < len(tokens)):
            after = [q for q in clauses.predicates if q.start > i]
            if tokens[i].low == "as" and not (after and after[0].subject and after[0].subject.start == i + 1):
                continue  # `dismissed it as noise`
            reason = clauses.phrase_after(i + 1) if because else None
            if reason is not None and reason.who is Who.OTHER:
                whim = bool(after) and bool(_SOMEBODY & set(clauses.words(after[0].at, after[0].end)))
                return (
                    tokens[reason.head].low not in {"it", "they"} or not after or (after[0].lemma != "be" and not whim)
                )
            if because and (not after or after[0].start > i + 14):
                return False
            return bool(after) and not _is_personal(after[0]) and "as planned" not in clauses.low
    return False


def _is_personal(p: Predicate) -> bool:
    """Is the reason a person's? What they were not told, shown or given is a system's."""
    if not is_person(p.subject):
        return False
    lacking = p.denied and p.lemma in {"know", "see", "have", "receive", "get", "be", "tell"}
    return not (lacking or (p.passive and p.denied) or "could" in p.modal or p.lemma == "lack")


def object_words(clauses: Clauses, p: Predicate) -> list[str]:
    """The words of the object, up to its first preposition."""
    return clauses.words(p.at + 1, p.object_end)


def tail_words(clauses: Clauses, p: Predicate) -> list[str]:
    """The words after the verb, to the end of its clause."""
    return clauses.words(p.at + 1, p.end)


def subject_words(clauses: Clauses, p: Predicate) -> set[str]:
    """The words of the subject."""
    return set(clauses.words(p.subject.start, p.subject.end)) if p.subject else set()


def planned(clauses: Clauses) -> bool:
    """Was it meant, and right?"""
    return any(sign in clauses.low for sign in words.PLANNED)


def is_we(clauses: Clauses, subject: Phrase | None) -> bool:
    """Do those speak of themselves?"""
    return subject is not None and clauses.tokens[subject.head].low in {"we", "i"}
