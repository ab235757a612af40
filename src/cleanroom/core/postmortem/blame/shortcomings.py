"""Does the sentence hold a noun for a shortcoming that only people have, or one that a person owns?"""

from __future__ import annotations

from collections.abc import Iterator

from cleanroom.core.postmortem.blame import verbs, words
from cleanroom.core.postmortem.blame.circumstances import Hit
from cleanroom.core.postmortem.blame.clauses import Clauses
from cleanroom.core.postmortem.blame.lexicon import word_set
from cleanroom.core.postmortem.blame.persons import they
from cleanroom.core.postmortem.blame.predicates import Phrase, Who, is_person, is_somebody
from cleanroom.core.postmortem.blame.tokens import Tag, is_role
from cleanroom.core.postmortem.blame.traits import denied


def strong_nouns(clauses: Clauses) -> Iterator[Hit]:
    """`human error`, `operator error`, `negligence`, `lack of attention`; not `user error rate`, and not what prevents it."""
    lows = clauses.lows
    for i, low in enumerate(lows):
        if low not in _STRONG or (i and lows[i - 1] in words.TALK) or _measured(lows, i) or denied(clauses, i):
            continue
        near = set(lows[i + 1 : i + 5])
        if low in words.STRONG_NOUNS | words.PEJORATIVES or (low == "beginner" and "would" in lows):
            yield i, i + 1, "shortcoming"
        elif low in words.ERROR_WORDS and i and lows[i - 1].rpartition("-")[2] in words.ERROR_OWNERS:
            if not (lows[i - 1] in {"user", "driver"} and low == "errors"):
                yield i - 1, i + 1, "shortcoming"
        elif low in _LACK and lows[i + 1 : i + 2] == ["of"] and words.LACKS & near and not {"system", "tool"} & near:
            yield i, min(len(lows), i + 4), "shortcoming"
        elif low in _TOO_LITTLE and set(lows[i + 1 : i + 3]) & _HEED:
            yield i, min(len(lows), i + 3), "shortcoming"


_HEED = frozenset({"diligence", "discipline", "care", "attention", "thought", "effort", "consideration", "vigilance"})
_LACK = frozenset({"lack", "absence", "want"})
_TOO_LITTLE = frozenset({"insufficient", "inadequate", "poor", "bad"})
_STRONG = words.STRONG_NOUNS | words.PEJORATIVES | words.ERROR_WORDS | _LACK | _TOO_LITTLE | {"beginner"}


def _measured(lows: list[str], i: int) -> bool:
    """`error rate`, `mistake budget`: a measure's name."""
    return i + 1 < len(lows) and lows[i + 1] in words.MEASURES


def weak_nouns(clauses: Clauses) -> Iterator[Hit]:
    """`the engineer's oversight`, `a lapse of the reviewer`, `a typo by Andrei`, `Tom made a mistake`, `Ana's commit broke`."""
    lows = clauses.lows
    for i, token in enumerate(clauses.tokens):
        if token.low not in _WEAK and not token.low.endswith("ing"):
            continue
        if token.tag in {Tag.PREP, Tag.AUX} or _measured(lows, i) or denied(clauses, i):
            continue
        hit = _weak(clauses, i)
        if hit is not None:
            yield hit


def _weak(clauses: Clauses, i: int) -> Hit | None:
    """What the word i says of somebody who owns it, or did it."""
    low, start, end = clauses.tokens[i].low, clauses.chunk(i), len(clauses.tokens)
    owned = _owner(clauses, start, i)
    if low in words.WEAK_NOUNS and (owned or _blamed_after(clauses, i + 1)):
        return start, i + 1, "shortcoming"
    if low in _DONE and i and clauses.tokens[i - 1].low in _POOR and clauses.agent_after(i + 1):
        return i - 1, i + 1, "shortcoming"
    if low in words.MIND and i and _then_harm(clauses, i) and (owned or clauses.agent_after(i + 1)):
        return start, i + 1, "shortcoming"
    if low in _UNDONE and _left_undone(clauses, i):
        return i, min(i + 4, end), "omission"
    if low in _UNFAIR and clauses.words(i + 1, i + 2) != ["loading"]:
        return i, i + 1, "shortcoming"
    if low in _SAID and i + 1 < end and owned:
        return start, i + 2, "shortcoming"
    if low.endswith("ing") and owned and _left_or_broken(low):
        return start, i + 1, "omission"
    if low in words.DEEDS and i >= 2 and _one_owner(clauses, start, i) and _then_harm(clauses, i):
        return start, i + 1, "harm"
    return None


_DONE = words.MIND | words.DEEDS | words.WORK | {"call"}
_POOR = words.BAD | words.LAZY_WORK | words.TRAITS
_SAID = words.LAZY_WORK | words.TRAITS
_UNFAIR = word_set(
    """
    ridiculous inexcusable disgrace disgraceful shameful pathetic idiotic ludicrous stupid foolish moronic amateurish
    clueless blatant flagrant egregious arrogant arrogance hubris laughable appalling
    """
)
"""Words that judge, whomever."""
_UNDONE = frozenset({"failure", "failures", "refusal", "reluctance", "unwillingness", "inability"})
_WEAK = words.WEAK_NOUNS | _DONE | _SAID | _UNDONE | _UNFAIR


def owned_shortcoming(clauses: Clauses, phrase: Phrase) -> bool:
    """`Dmitri's decision`, `the lead's reluctance`: what a person decided or did, as a cause."""
    low = clauses.tokens[phrase.head].low
    if low in words.DEEDS:
        return _one_owner(clauses, phrase.start, phrase.head)
    return low in words.MIND | words.WEAK_NOUNS and _owner(clauses, phrase.start, phrase.head)


def _left_or_broken(gerund: str) -> bool:
    """`Tom's skipping of the test`"""
    return verbs.FORMS.get(gerund, ("", ""))[0] in verbs.OMIT | verbs.HARM


def _owner(clauses: Clauses, start: int, head: int) -> bool:
    tokens = clauses.tokens
    for i in range(start, head):
        if tokens[i].low == "'s" and i and is_somebody(clauses.plain(i - 1)):
            return True
    if tokens[start].low == "their":
        return they(clauses.tokens, start) is Who.PERSON
    return tokens[start].low in {"his", "her", "my", "our"}


def _one_owner(clauses: Clauses, start: int, head: int) -> bool:
    """Is the owner one person, by name or role, and no team?"""
    for i in range(start + 1, head):
        before = clauses.tokens[i - 1]
        if clauses.tokens[i].low == "'s":
            return before.tag in {Tag.NAME, Tag.MAYBE} or (is_role(before.low) and before.low not in words.GROUPS)
    return False


def _blamed_after(clauses: Clauses, at: int) -> bool:
    """`by Andrei`, `of the DBA`, `Aiko made`"""
    if clauses.agent_after(at):
        return True
    phrase = (
        clauses.phrase_after(at)
        if at < len(clauses.tokens) and clauses.tokens[at].tag in {Tag.NAME, Tag.PERSON}
        else None
    )
    return is_person(phrase) and clauses.words(phrase.end, phrase.end + 1) == ["made"]


def _left_undone(clauses: Clauses, at: int) -> bool:
    """`failure to follow the runbook`, of nobody, but no program reads a runbook; `the job's failure to start` is a program's."""
    rest = clauses.words(at + 1, at + 4)
    phrase = clauses.phrase_before(at)
    owned = phrase is not None and any(t.low == "'s" for t in clauses.tokens[phrase.start : at])
    return rest[:1] == ["to"] and bool(_HUMAN_DUTY & set(rest[1:3])) and not owned


_HUMAN_DUTY = word_set(
    """
    follow check verify escalate communicate heed read consult ask think review test document question inform tell
    notice act coordinate pay adhere listen understand
    """
)


def _then_harm(clauses: Clauses, at: int) -> bool:
    """Does what a named person made break something?"""
    for p in clauses.predicates:
        if p.subject is not None and p.subject.head == at and not p.denied and not p.modal:
            down = bool({"down", "offline"} & set(clauses.words(p.at + 1, p.at + 7)))
            if p.lemma == "make" and "worse" in clauses.words(p.at + 1, p.at + 5):
                return True
            return p.lemma in verbs.HARM | {"cause", "cost", "lead", "result", "trigger", "delay"} or (
                p.lemma in {"take", "bring", "knock"} and down
            )
    return False
