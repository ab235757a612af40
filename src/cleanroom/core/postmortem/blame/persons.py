"""Whom does a noun stand for: a person, somebody outside, or a thing that is called like one?"""

from __future__ import annotations

from cleanroom.core.postmortem.blame import words
from cleanroom.core.postmortem.blame.lexicon import word_set
from cleanroom.core.postmortem.blame.predicates import Who
from cleanroom.core.postmortem.blame.tokens import Tag, Token, is_role

_MODIFIERS = word_set(
    """
    our their my your data platform customer software product site network infra security release machine learning ml
    backend frontend field cloud database business second first line level central corporate regional
    """
)
"""What may stand before a department that acts: `data engineering`, `our marketing`."""

_HUMAN_AGENTS = words.POSSESSIVES | word_set(
    """
    support human customer call sales desk travel ticket shop lab executive dental pharmacy teaching office service booking 's
    """
)
"""Before `agent` and `assistant`: a person's trade, not a program."""

_HUMAN_WORKERS = word_set("temp agency shift night field case social line office health care bank key co")
"""Before `worker`, likewise."""

_TECHNICAL = word_set("process processes heartbeat daemon pod container containers node thread kernel cluster")
"""Where these stand before it, a supervisor is a program."""

_SPANS = word_set("seconds minutes hours days weeks months years times us")


def stands_for(tokens: list[Token], start: int, head: int) -> Who:
    """What the noun at token `head` of a phrase from `start` on stands for."""
    token, low = tokens[head], tokens[head].low
    if low in {"none", "neither"} or on_the_part(tokens, head):
        return Who.OTHER
    if token.tag is Tag.PERSON:
        return they(tokens, head) if low in {"they", "them", "themselves"} else Who.PERSON
    if token.tag in {Tag.NAME, Tag.MAYBE}:
        return Who.PERSON if token.tag is Tag.NAME else Who.MAYBE
    if _is_person(tokens, start, head):
        return Who.PERSON
    outside = low in words.ORGANISATIONS or low.removesuffix("s") in words.ORGANISATIONS
    return Who.OUTSIDE if outside else Who.OTHER


def on_the_part(tokens: list[Token], head: int) -> bool:
    """`part` of `on the part of the lead`, which is no quantity."""
    return tokens[head].low == "part" and head > 0 and tokens[head - 1].low in {"on", "the"}


def _is_person(tokens: list[Token], start: int, head: int) -> bool:
    low = tokens[head].low
    singular, before = low.removesuffix("s"), {token.low for token in tokens[start:head]}
    if singular in {"agent", "assistant"}:
        return bool(_HUMAN_AGENTS & before)
    if singular == "worker":
        return bool(_HUMAN_WORKERS & before)
    if low == "supervisor" and _TECHNICAL & {token.low for token in tokens[max(0, start - 12) : start]}:
        return False
    if is_role(low) or is_role(low.rpartition("/")[2]):
        return True
    by_design = low == "design" and start > 0 and tokens[start - 1].low == "by"
    return low in words.DEPARTMENTS and before <= _MODIFIERS and not by_design


def they(tokens: list[Token], at: int) -> Who:
    """`they` are persons, unless only things stand before it."""
    things = False
    for token in tokens[max(0, at - 60) : at]:
        if token.tag in {Tag.NAME, Tag.MAYBE, Tag.PERSON} or is_role(token.low) or token.low in words.DEPARTMENTS:
            return Who.PERSON
        things = things or (token.tag is Tag.NOUN and token.low.endswith("s") and token.low not in _SPANS)
    return Who.OTHER if things else Who.PERSON
