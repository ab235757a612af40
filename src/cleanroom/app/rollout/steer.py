"""A person at the wheel: hold, resume, abort."""

from __future__ import annotations

from collections.abc import Callable

from cleanroom.app.appending import retried
from cleanroom.app.rollout.read import existing
from cleanroom.app.room import Room
from cleanroom.core.base import Refused
from cleanroom.core.facts import Fact, RolloutHeld, RolloutResumed, RolloutRolledBack
from cleanroom.core.ledger import Write
from cleanroom.core.progress.state import Baking, Held, Rollout, baking_of, subject_of, version_of
from cleanroom.core.reason import reason


def hold(room: Room, name: str, because: str) -> Rollout:
    """Keep it at its share until somebody says how to go on; harm is still looked for. Raises Refused, NotFound."""
    why = _reason(because, "held")

    def fact(now: Baking | Held) -> Fact:
        if isinstance(now, Held):
            raise Refused(f"{name} is held already: {now.because}", f"To go on: cleanroom rollout resume {name}")
        return RolloutHeld(now.weighed, why, room.by, room.clock.now())

    return _steered(room, name, fact)


def resume(room: Room, name: str) -> Rollout:
    """Let a held rollout go on, with its whole time limit once more. Raises Refused, NotFound."""

    def fact(now: Baking | Held) -> Fact:
        if isinstance(now, Baking):
            raise Refused(f"{name} is not held", f"See it: cleanroom rollout status {name}")
        return RolloutResumed(room.by, room.clock.now())

    return _steered(room, name, fact)


def abort(room: Room, name: str, because: str) -> Rollout:
    """Roll it back: from this entry on everybody gets the control. Raises Refused, NotFound."""
    why = _reason(because, "aborted")

    def fact(now: Baking | Held) -> Fact:
        return RolloutRolledBack(baking_of(now).weighed, why, room.by, room.clock.now())

    return _steered(room, name, fact)


def _reason(because: str, what: str) -> str:
    why = reason(because)
    if not why:
        raise Refused(f"a rollout is {what} for a reason", "Say why: --because TEXT")
    return why


def _steered(room: Room, name: str, make: Callable[[Baking | Held], Fact]) -> Rollout:
    """Append what `make` says of where it stands; the reconciler's own entries in between are no obstacle."""

    def once() -> None:
        now = existing(room, name)
        if not isinstance(now, Baking | Held):
            hint = f"A new one: cleanroom rollout start {name}"
            raise Refused(f"the rollout of {name} is over: {now.because}", hint)
        room.store.append([Write(subject_of(name), version_of(now), make(now))])

    retried(once)
    return existing(room, name)
