"""Which rollouts are there, and where do they stand?"""

from __future__ import annotations

from collections.abc import Iterator

from cleanroom.app.folding import Folded
from cleanroom.app.room import Room
from cleanroom.core.base import NotFound
from cleanroom.core.progress import served
from cleanroom.core.progress.state import Baking, Held, Promoted, RolledBack, Rollout, rollout_of, start_of, subject_of
from cleanroom.ports.store import Store

_FOLDED: Folded[Rollout | None] = Folded()


def find(room: Room, name: str) -> Rollout | None:
    """The last rollout of that change; None where there was none."""
    return rollout_in(room.store, name)


def rollout_in(store: Store, name: str) -> Rollout | None:
    """The last rollout of that change in a ledger. What was folded before is not read again, as long as it is there."""
    return _FOLDED.of(store, subject_of(name), rollout_of)


def existing(room: Room, name: str) -> Rollout:
    """The last rollout of that change. Raises NotFound."""
    found = find(room, name)
    if found is None:
        hint = f"`cleanroom rollout start {name}` begins one, once the change is approved."
        raise NotFound(f"{name!r:.100} has no rollout", hint)
    return found


def every(room: Room) -> tuple[Rollout, ...]:
    """The last rollout of every change that had one, those that run first, then the latest."""
    found = sorted(_last(room), key=lambda r: start_of(r).at, reverse=True)
    return tuple(sorted(found, key=lambda r: not isinstance(r, Baking | Held)))


def unfinished(room: Room) -> Iterator[Baking | Held | Promoted]:
    """The rollouts that run, and the promoted ones, whose artifact has to be published."""
    return (r for r in _last(room) if not isinstance(r, RolledBack))


def _last(room: Room) -> Iterator[Rollout]:
    prefix = subject_of("")
    found = (find(room, s.removeprefix(prefix)) for s in room.store.subjects("rollout_started"))
    return (r for r in found if r is not None)


def flag_of(room: Room, key: str) -> served.Standing | None:
    """The flag as it was set; None where it never was."""
    return served.standing(room.store.history(served.subject_of(key)))
