"""Which incidents are there, and where do they stand?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from weakref import WeakKeyDictionary

from cleanroom.app.appending import retried
from cleanroom.app.folding import Folded, grown
from cleanroom.app.room import Room
from cleanroom.core.base import NotFound
from cleanroom.core.facts import Fact
from cleanroom.core.incident.state import PREFIX, Closed, Incident, base_of, incident_of, subject_of
from cleanroom.core.ledger import LedgerEntry, Write, can_be_kept
from cleanroom.core.mistakes import did_you_mean
from cleanroom.ports.store import Store

_KNOWN: Folded[Incident | None] = Folded()
_EVERY: WeakKeyDictionary[Store, tuple[int, tuple[Incident, ...]]] = WeakKeyDictionary()


def find(room: Room, id: str) -> Incident | None:
    """The incident as the ledger has it; None where there is none."""
    subject = subject_of(id)
    return _KNOWN.of(room.store, subject, _fold) if can_be_kept(subject) else None


def existing(room: Room, id: str) -> Incident:
    """The incident of that id. Raises NotFound."""
    found = find(room, id)
    if found is None:
        raise NotFound(
            f"there is no incident {id!r:.60}", did_you_mean(id, ids(room)) or "cleanroom incident list shows them."
        )
    return found


def ids(room: Room) -> tuple[str, ...]:
    """Of all incidents, in the order in which they were opened."""
    return tuple(sorted((s.removeprefix(PREFIX) for s in room.store.subjects("incident_opened")), key=_number))


def every(room: Room) -> tuple[Incident, ...]:
    """All incidents, the newest first. Only what has come since the last look is read."""
    size = room.store.size()  # asked first: what comes while we read is read again the next time
    before, known = _EVERY.get(room.store, (-1, ()))
    new = grown(room.store, before, size)
    if new is None:
        known = tuple(existing(room, id) for id in reversed(ids(room)))
    elif wanted := {s.removeprefix(PREFIX) for s in new if s.startswith(PREFIX)}:
        found = {base_of(i).id: i for i in known}
        fresh = {id: i for id in wanted if (i := find(room, id)) is not None}
        opened = bool(fresh.keys() - found.keys())
        found |= fresh
        known = tuple(found[id] for id in (sorted(found, key=_number, reverse=True) if opened else found))
    _EVERY[room.store] = size, known
    return known


def going_on(room: Room) -> tuple[Incident, ...]:
    """Those that are not closed, the newest first."""
    return tuple(i for i in every(room) if not isinstance(i, Closed))


def of_system(room: Room, system: str) -> tuple[Incident, ...]:
    """Those of a system that are not closed, the newest first."""
    return tuple(i for i in going_on(room) if system in base_of(i).systems)


def do(room: Room, id: str, deed: Callable[[Incident], Fact | Sequence[Fact]]) -> Incident:
    """Append what `deed` makes of the incident as it stands, anew where somebody else was faster; how it stands then.

    Raises NotFound, what `deed` raises, Conflict after many lost races.
    """

    def once() -> None:
        now = existing(room, id)
        made = deed(now)
        facts = (made,) if not isinstance(made, Sequence) else tuple(made)
        version = base_of(now).version
        room.store.append([Write(subject_of(id), version + place, fact) for place, fact in enumerate(facts)])

    retried(once)
    return existing(room, id)


def folder_of(room: Room, id: str) -> Path:
    """Where what belongs to an incident and is no fact is kept: its case, its page, its messages, by digest."""
    return room.project.root / ".cleanroom" / "incidents" / id


def _fold(new: Sequence[LedgerEntry], found: Incident | None) -> Incident | None:
    return incident_of(new, found)


def _number(id: str) -> tuple[int, str]:
    return (int(id), id) if id.isdecimal() else (0, id)
