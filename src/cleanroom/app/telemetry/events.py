"""What users did comes in: tickets, corrections, conversions; placed beside the call they are about, redacted, kept once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import get_args

from cleanroom.app.room import Room
from cleanroom.app.telemetry.names import cleaned, conversation_kept, name_kept, prompt_kept
from cleanroom.app.telemetry.rules import Reading, Rules
from cleanroom.core.base import Instant, Misuse, instant, is_valid, micros, noun
from cleanroom.core.call import Call, Happened, UserEvent
from cleanroom.core.mistakes import did_you_mean
from cleanroom.core.telemetry.metrics import classified, name_of, predicted_of
from cleanroom.core.telemetry.told import LONGEST_NAME, LONGEST_TEXT, judgement_id

HAPPENED: tuple[Happened, ...] = get_args(Happened)

MOST_WARNINGS = 5
"""Warnings of a kind that are spelt out."""

_NAMES = ("id", "system", "call", "conversation", "feature", "variant", "model", "prompt", "key", "label")
_NEEDED = ("id", "system")
_HINT = "docs/telemetry.md says what a user event is; nothing was kept."


@noun
class Reported:
    """As it is sent. `key`: of the user, kept as a keyed hash. `label`: with a correction of a classifier, the right class."""

    id: str
    system: str
    happened: Happened
    at: Instant
    call: str = ""
    conversation: str = ""
    feature: str = ""
    variant: str = ""
    model: str = ""
    prompt: str = ""
    key: str = ""
    value: float | None = None
    words: str = ""
    label: str = ""


@dataclass(frozen=True, slots=True)
class Kept:
    """`new` events were kept, `known` had come before. `events`: as they are kept, for who counts them.

    `warnings`: what they name and nothing has come from so far, a sentence each: it may come later, or be a slip.
    """

    new: int
    known: int
    events: tuple[UserEvent, ...]
    warnings: tuple[str, ...] = ()


def report(room: Room, reported: Sequence[Reported], reading: Reading | None = None) -> Kept:
    """Keep user events, all or none, on the disk before this returns; an id that was kept before changes nothing.

    Raises Misuse for the first that cannot be, before anything is kept; Outside where the store refuses.
    """
    for place, one in enumerate(reported, start=1):
        for fault in faults(one):
            raise Misuse(f"event {place} of {len(reported)} ({one.id!r:.60}): {fault}", _HINT)
    rules = (reading or Reading(room)).rules()
    now = micros(room.clock.now())
    kept = room.calls.calls_of({one.call for one in reported if one.call})
    about = [kept.get(one.call) for one in reported]
    events = [_event(room, one, call, rules, now) for one, call in zip(reported, about, strict=True)]
    labels = [_label(event, one.label, call) for event, one, call in zip(events, reported, about, strict=True) if call]
    judged = [label for label in labels if label is not None]
    if judged:  # first: should the events then be refused, both are sent again, and these are known
        room.calls.record(judged)
    done = room.calls.record((), events)
    lost = dict.fromkeys(one.call for one, call in zip(reported, about, strict=True) if one.call and call is None)
    return Kept(done.new, done.known, tuple(events), (*_strangers(room, rules, reported), *_lost(tuple(lost))))


def _strangers(room: Room, rules: Rules, reported: Sequence[Reported]) -> Iterator[str]:
    """Systems that are not in the register, and that no call has come from."""
    names = [name for name in dict.fromkeys(one.system for one in reported) if name not in rules.systems]
    known = {*rules.systems, *(s.system for s in room.calls.seen() if s.n)} if names else set()
    for name in [name for name in names if name not in known][:MOST_WARNINGS]:
        hint = did_you_mean(name, sorted(known))
        yield f"no call has come from the system {name!r:.90}, and the register has none of that name. {hint}".strip()


def _lost(calls: Sequence[str]) -> Iterator[str]:
    for id in calls[:MOST_WARNINGS]:
        yield f"there is no call {id!r:.100} so far: what is said of it takes neither its feature nor its model"
    if len(calls) > MOST_WARNINGS:
        yield f"and {len(calls) - MOST_WARNINGS:,} more calls that are not there"


def faults(one: Reported) -> Iterator[str]:
    """What is wrong with it, a sentence each."""
    for name in _NAMES:
        text = getattr(one, name)
        if name in _NEEDED and not text:
            yield f"{name} is missing"
        if len(text) > LONGEST_NAME or not (text.isprintable() or not text):
            yield f"{name} is printable text of up to {LONGEST_NAME} characters"
    if one.happened not in HAPPENED:
        yield f"happened is one of {', '.join(HAPPENED)}"
    if one.value is not None and not abs(one.value) <= 1e15:
        yield "value is no amount of money"
    if len(one.words) > LONGEST_TEXT or not is_valid(one.words):
        yield f"words are text of up to {LONGEST_TEXT:,} characters"
    try:
        instant(micros(one.at))
    except (OverflowError, ValueError):
        yield "at is a moment with its time zone, such as 2026-11-21T23:20:00Z"


def _event(room: Room, one: Reported, call: Call | None, rules: Rules, now: int) -> UserEvent:
    """As it is stored: what the call knows and the sender did not say comes from the call."""
    kinds = rules.kinds(one.system)
    words = cleaned(room, one.words, kinds) if rules.keeps_texts(one.system) else ""
    made = UserEvent(
        id=one.id,
        system=one.system,
        happened=one.happened,
        at=min(micros(one.at), now),
        arrived=now,
        call=one.call,
        conversation=conversation_kept(room, one.conversation, kinds),
        feature=name_kept(room, one.feature, kinds),
        variant=name_kept(room, one.variant, kinds),
        model=name_kept(room, one.model, kinds),
        prompt=prompt_kept(room, one.prompt, kinds),
        who=room.telemetry.hashed(one.key) if one.key else "",
        value=one.value,
        words=words,
    )
    if call is None:
        return made
    return replace(
        made,
        conversation=made.conversation or call.conversation,
        feature=made.feature or call.feature,
        variant=made.variant or call.variant,
        model=made.model or call.model,
        prompt=made.prompt or call.prompt,
        who=made.who or call.who,
    )


def _label(event: UserEvent, label: str, call: Call | None) -> Call | None:
    """The right class of what a classifier said, as a judgement of its own: a call that is kept is never changed."""
    predicted = predicted_of(call.metrics) if call is not None else ""
    if call is None or not label or not predicted:
        return None
    return replace(
        call,
        id=judgement_id(call.id, "label"),
        parent=call.id.rpartition("-")[2],
        operation="label",
        at=event.at,
        took=0,
        arrived=event.arrived,
        error="",
        metrics=classified(predicted, name_of(label)),
        input="",
        output="",
        sources=(),
    )
