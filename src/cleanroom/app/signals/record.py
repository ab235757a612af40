"""Outcomes come in: each is held against what its flag served that key at that time, and kept once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from cleanroom.app.room import Room
from cleanroom.app.signals.assigned import Assigned, Timeline
from cleanroom.core.base import SECOND, Misuse, micros, noun
from cleanroom.core.flags import Flag, evaluate
from cleanroom.core.flags.evaluate import TARGETING_KEY, Evaluation
from cleanroom.core.mistakes import did_you_mean
from cleanroom.core.outcome import Arm, Kept, Outcome, faults
from cleanroom.core.progress.served import subject_of

BATCH = 1_000
"""Outcomes that are kept all or none; more of them go batch by batch."""

_COMPARED: dict[str, Arm] = {"candidate": "candidate", "control": "control", "holdout": "control"}
"""The arms of an evaluation that are compared. A holdout gets the control's variant at the same time: it is of the control."""

_HELP = "docs/outcomes.md says what an outcome is; nothing was kept."


@noun
class Accepted:
    """`new` were kept, `known` had come before; of the new and the known, `apart` do not agree with their flag."""

    new: int
    known: int
    apart: int


def record(room: Room, outcomes: Sequence[Outcome], assigned: Assigned | None = None) -> Accepted:
    """Keep outcomes, on the disk before this returns. An id that was kept before changes nothing.

    `assigned`: for who records again and again. Raises Misuse for the first outcome that cannot be, and for a flag that is
    not there, before anything is kept; Outside where the store refuses: of up to BATCH outcomes all are kept or none.
    """
    for place, outcome in enumerate(outcomes, start=1):
        for fault in faults(outcome):
            raise Misuse(f"outcome {place} of {len(outcomes)} ({outcome.id!r:.60}): {fault}", _HELP)
    known = assigned or Assigned(room.store)
    timelines = {key: _timeline(room, known, key) for key in dict.fromkeys(o.flag for o in outcomes)}
    now = micros(room.clock.now())
    kept = [_kept(room, outcome, timelines[outcome.flag], now) for outcome in outcomes]
    done = [room.telemetry.record(kept[start : start + BATCH]) for start in range(0, len(kept), BATCH)]
    return Accepted(sum(d.new for d in done), sum(d.known for d in done), sum(not k.agrees for k in kept))


def _timeline(room: Room, assigned: Assigned, key: str) -> Timeline:
    found = assigned.of(key)
    if found is None:
        flags = (s.removeprefix(subject_of("")) for s in room.store.subjects("flag_set"))
        raise Misuse(f"there is no flag {key!r:.100}: nothing was kept", did_you_mean(key, flags) or _HELP)
    return found


def _kept(room: Room, outcome: Outcome, timeline: Timeline, now: int) -> Kept:
    """As it is stored. What claims to be of the future is of now: nothing may wait there for its turn."""
    at = min(micros(outcome.at), now)
    arm, agrees = _side(timeline.at(at), outcome, at)
    return Kept(
        id=outcome.id,
        flag=outcome.flag,
        variant=outcome.variant,
        arm=arm,
        who=room.telemetry.hashed(outcome.key),
        at=at,
        arrived=now,
        metrics=outcome.metrics,
        source=outcome.source,
        agrees=agrees,
    )


def _side(flag: Flag | None, outcome: Outcome, at: int) -> tuple[Arm, bool]:
    """Its arm, and whether its variant is what the flag served that key at that time."""
    if flag is None:
        return "other", False
    if _cannot_be_asked(flag, outcome):
        return _trusted(flag, outcome)
    found = _asked(flag, outcome, at)
    if found.variant != outcome.variant:
        return "other", False
    return _COMPARED.get(found.arm, "other"), True


def _asked(flag: Flag, outcome: Outcome, at: int) -> Evaluation:
    return evaluate(flag, {**outcome.context, TARGETING_KEY: outcome.key}, at // SECOND)


def _cannot_be_asked(flag: Flag, outcome: Outcome) -> bool:
    """Does what it serves depend on attributes that did not come along?"""
    ruled = flag.targeting is not None or flag.audience is not None
    return ruled and not outcome.context and not flag.killed and outcome.key not in flag.overrides


def _trusted(flag: Flag, outcome: Outcome) -> tuple[Arm, bool]:
    """The word of the application, as far as the flag can have served that variant at all.

    Without targeting rules, the key alone says which arm it has in the audience: who has the candidate's place and another
    variant is outside of the audience; the candidate without its place was never served.
    """
    if outcome.variant not in flag.variants:
        return "other", False
    if flag.split is None or outcome.variant not in (flag.split.candidate, flag.rest):
        return "other", True
    claimed: Arm = "candidate" if outcome.variant == flag.split.candidate else "control"
    if flag.targeting is not None:
        return claimed, True
    placed = _COMPARED.get(_asked(replace(flag, audience=None), outcome, 0).arm, "other")
    match claimed, placed:
        case ("candidate", "candidate") | ("control", "control"):
            return claimed, True
        case "candidate", _ if flag.rest != outcome.variant:
            return "other", False
        case _:
            return "other", True
