"""Was something left undone, or done to a thing, by a person or by nobody who is named?"""

from __future__ import annotations

from cleanroom.core.postmortem.blame import verbs, words
from cleanroom.core.postmortem.blame.circumstances import (
    excused,
    is_we,
    object_words,
    planned,
    subject_words,
    tail_words,
)
from cleanroom.core.postmortem.blame.clauses import Clauses
from cleanroom.core.postmortem.blame.harms import ACCIDENTS, STRAIGHT, by_accident, without_care
from cleanroom.core.postmortem.blame.lexicon import word_set
from cleanroom.core.postmortem.blame.predicates import Predicate, is_person
from cleanroom.core.postmortem.blame.tokens import Tag
from cleanroom.core.postmortem.blame.verbs_of_fault import UNWISE


def left_out(clauses: Clauses, p: Predicate, *, nobody: bool) -> str:
    """`did not check`, `never ran`, `nobody asked`; `did not miss` and `nobody ignored` are no blame."""
    if nobody and p.denied:
        return ""
    if p.lemma == "do" and not nobody and tail_words(clauses, p)[:1] != ["anything"]:
        return "omission" if {"job", "part", "homework", "duty"} & set(tail_words(clauses, p)) else ""
    if p.lemma == "do" and "wrong" in tail_words(clauses, p)[:3]:
        return ""
    if p.lemma in {"bother", "care"} or (p.lemma == "do" and tail_words(clauses, p)[:1] == ["anything"]):
        return "omission"
    if p.denied and not nobody and _carelessly(clauses, p):
        return "" if excused(clauses, p) else "omission"
    if p.lemma == "understand" and not nobody and p.auxiliaries & words.DO and not excused(clauses, p):
        return "" if is_we(clauses, p.subject) else "shortcoming"
    if p.lemma == "take" and {
        "seriously",
        "ownership",
        "responsibility",
        "action",
        "care",
        "notice",
        "heed",
        "charge",
    } & set(tail_words(clauses, p)):
        return "omission"
    if p.governor in verbs.DECIDING and p.lemma in verbs.DUTY:
        return "" if excused(clauses, p) or lacking(clauses, p) else "omission"
    general = p.form == "s" or (p.subject is not None and clauses.tokens[p.subject.head].low == "you")
    if p.lemma not in verbs.DUTY or p.form == "ing" or (general and not p.denied) or "yet" in tail_words(clauses, p):
        return ""
    if p.auxiliaries & {"do", "does"} and is_we(clauses, p.subject):
        return ""
    if p.lemma in {"know", "see", "hear", "understand", "get"} or excused(clauses, p) or lacking(clauses, p):
        return ""
    if p.auxiliaries & words.DO or nobody or "never" in clauses.words(p.start, p.at):
        return "omission"
    return "omission" if p.perfect and p.denied else ""


def _carelessly(clauses: Clauses, p: Predicate) -> bool:
    """`has not worked carefully`, `did not respect the instruction`: whatever the verb is."""
    careful = {
        "properly",
        "carefully",
        "thoroughly",
        "adequately",
        "diligently",
        "seriously",
        "conscientiously",
        "attentively",
    }
    if p.modal or p.lemma in {"have", "know", "see", "receive", "get", "find", "change"}:
        return False
    obeyed = p.lemma in {"respect", "observe", "obey", "follow", "heed", "adhere", "comply", "keep", "stick"}
    return bool(careful & (p.adverbs | set(tail_words(clauses, p)))) or (
        obeyed and bool(words.RULEBOOKS & set(tail_words(clauses, p)))
    )


def lacking(clauses: Clauses, p: Predicate) -> bool:
    """`did not roll back until 14:40`, `did not report a problem`: what was done, or seen, and not a duty left."""
    tail = tail_words(clauses, p)
    handed_on = any(q.lemma == "escalate" and not q.denied and q.subject is not p.subject for q in clauses.predicates)
    if handed_on or (
        "until" in clauses.words(p.at, len(clauses.tokens))
        and p.lemma in {"roll", "turn", "start", "restart", "restore"}
    ):
        return True
    if p.lemma in {"report", "flag", "raise", "detect", "find"} and {"any", "a", "problems", "errors"} & set(tail[:1]):
        return True
    return p.lemma in {"take", "catch", "speak", "get", "add", "use", "be"} and not words.ATTENTION & set(tail)


def agentless_gerund(clauses: Clauses, p: Predicate) -> bool:
    """`caused by ignoring the warnings`"""
    before = clauses.tokens[p.start - 1].low if p.start else ""
    if p.form != "ing":
        return False
    if p.start == 0 and clauses.tokens[0].tag is Tag.NOT:
        return p.lemma in _HEEDED
    if p.start == 0 and p.lemma in {"forget", "neglect", "ignore", "disregard", "skip"}:
        return bool({"is", "was", "led", "cost", "caused", "meant"} & set(clauses.lows)) and not any(
            q.modal or q.denied for q in clauses.predicates
        )
    if before not in {"by", "of", "from"} or p.subject is None:
        return False
    if p.lemma in {"forget", "neglect", "disregard"}:
        return True
    return p.lemma in {"ignore", "skip", "overlook", "dismiss"} and bool(
        words.ATTENTION & set(object_words(clauses, p))
    )


_HEEDED = word_set("check read test review verify ask follow escalate heed look notice tell consult")


def passive(clauses: Clauses, p: Predicate) -> str:
    """The wrong flag was flipped by the on-call; the warnings were ignored."""
    if p.denied:
        return "omission" if _not_followed(clauses, p) else ""
    tail, subject = tail_words(clauses, p), subject_words(clauses, p)
    if is_person(p.agent):
        return "" if p.agent.nobody or planned(clauses) else _done_by(clauses, p, subject)
    past = p.auxiliaries & {"was", "were", "been", "being"}
    if p.agent is not None or is_person(p.subject) or not past or excused(clauses, p):
        return ""
    return _agentless(p, subject, tail)


def _done_by(clauses: Clauses, p: Predicate, subject: set[str]) -> str:
    if p.lemma in verbs.OMIT:
        return "omission"
    if p.lemma == "make" and subject & _SLIPS:
        return "shortcoming"
    if (p.adverbs | set(tail_words(clauses, p))) & {"poorly", "badly"}:
        return "shortcoming"
    if "wrong" in tail_words(clauses, p) and p.lemma not in verbs.PERCEIVE | verbs.TALKED:
        return "harm"
    if p.lemma in verbs.HARM | UNWISE or (
        p.lemma in {"cause", "introduce", "make", "trigger"} and subject & (words.BAD_NOUNS | words.BAD)
    ):
        return "harm"
    if p.lemma in {"bring", "knock", "take", "shut"} and {"down", "offline"} & set(tail_words(clauses, p)[:2]):
        return "harm"
    if p.lemma in verbs.DESTROY and subject & (words.HOT | words.GUARDS) and not subject & words.REMEDIED:
        return "harm"
    text = " ".join(tail_words(clauses, p))
    if p.lemma in verbs.INTRODUCE and (any(sign in text for sign in STRAIGHT) or text.startswith(("through", "past"))):
        return "harm"
    if p.lemma in verbs.INTRODUCE | {"take"} and (
        subject & words.BAD or (p.lemma == "take" and "down" in tail_words(clauses, p))
    ):
        return "harm"
    return "shortcoming" if by_accident(clauses, p) else ("omission" if without_care(clauses, p) else "")


def _agentless(p: Predicate, subject: set[str], tail: list[str]) -> str:
    if p.lemma == "make" and subject & _SLIPS:
        return "shortcoming"
    if p.lemma in _RUN_BY_PEOPLE and (p.adverbs | set(tail[:1])) & {"poorly", "badly"}:
        return "shortcoming"
    if p.lemma in {"forget", "overlook", "neglect", "disregard", "rubber-stamp"}:
        return "omission"
    if p.lemma in {"ignore", "dismiss", "skip", "miss", "bypass", "violate", "brush", "sweep", "shrug", "wave", "omit"}:
        return "omission" if subject & words.ATTENTION else ""
    if p.lemma == "cut" and "corners" in subject:
        return "omission"
    if (
        p.lemma
        in {"approve", "sign", "merge", "fill", "tick", "complete", "close", "accept", "publish", "ship", "release"}
        and "without" in tail
        and {"read", "reading", "looking", "being"} & set(tail)
    ):
        return "omission"
    careless = (p.adverbs | set(tail)) & words.STRONG_ADVERBS
    slipped = (p.adverbs | set(tail[:4])) & {
        "mistakenly",
        "accidentally",
        "inadvertently",
        "hastily",
        "prematurely",
        "blindly",
    }
    mistake = any(sign in " ".join(tail) for sign in ACCIDENTS)
    if careless or ((slipped or mistake) and p.lemma in verbs.INTRODUCE | verbs.DESTROY):
        return "shortcoming"
    return ""


_SLIPS = frozenset({"mistake", "mistakes", "error", "errors", "blunder", "blunders"})
_RUN_BY_PEOPLE = frozenset({"handle", "manage", "execute", "supervise", "communicate", "coordinate", "prepare", "lead"})


def _not_followed(clauses: Clauses, p: Predicate) -> bool:
    """`the checklist was not followed`, `the change was not properly tested`, with nobody named."""
    if (p.agent is not None and not is_person(p.agent)) or is_person(p.subject) or excused(clauses, p):
        return False
    if p.agent is not None:
        return p.lemma in verbs.DUTY | {"adhere", "comply", "respect", "obey"}
    careful = {"properly", "carefully", "thoroughly", "adequately", "correctly", "diligently", "seriously"}
    found = p.adverbs | set(tail_words(clauses, p)[:2])
    if p.lemma in {"follow", "observe", "respect", "heed", "adhere", "take", "obey"}:
        return bool(subject_words(clauses, p) & (words.RULEBOOKS | words.ATTENTION))
    return (
        p.lemma in verbs.DUTY
        and bool(careful & found)
        and p.lemma not in {"handle", "set", "record", "report", "update"}
    )
