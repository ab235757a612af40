"""Which rollouts are there, and where do they stand?"""

from __future__ import annotations

from collections.abc import Iterator

from cleanroom.app.room import Room
from cleanroom.core.base import NotFound
from cleanroom.core.facts import RolloutRolledBack
from cleanroom.core.progress import served
from cleanroom.core.progress.state import Baking, Held, Promoted, Rollout, rollout_of, start_of, subject_of


def find(room: Room, name: str) -> Rollout | None:
    """The last rollout of that change; None where there was none."""
    return rollout_of(room.store.history(subject_of(name)))


def existing(room: Room, name: str) -> Rollout:
    """The last rollout of that change. Raises NotFound."""
    found = find(room, name)
    if found is None:
        hint = f"`cleanroom rollout start {name}` begins one, once the change is approved."
        raise NotFound(f"{name!r:.100} has no rollout", hint)
    return found


def every(room: Room) -> tuple[Rollout, ...]:
    """The last rollout of every change that had one, those that run first, then the latest."""
    found = [
        r for r in (rollout_of(room.store.history(s)) for s in room.store.subjects("rollout_started")) if r is not None
    ]
    found.sort(key=lambda r: start_of(r).at, reverse=True)
    return tuple(sorted(found, key=lambda r: not isinstance(r, Baking | Held)))


def unfinished(room: Room) -> Iterator[Baking | Held | Promoted]:
    """The rollouts that run, and the promoted ones, whose artifact has to be published; the others are not read."""
    for subject in room.store.subjects("rollout_started"):
        if not isinstance(room.store.latest(subject, 1)[0].fact, RolloutRolledBack):
            found = rollout_of(room.store.history(subject))
            if isinstance(found, Baking | Held | Promoted):
                yield found


def flag_of(room: Room, key: str) -> served.Standing | None:
    """The flag as it was set; None where it never was."""
    return served.standing(room.store.history(served.subject_of(key)))
