"""What does the server remember between two clicks? Views of the ledger and the files, each until either changes."""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Lock, RLock
from typing import TypeVar

from fastapi import Request

from cleanroom.app.contract.digest import contract_digest
from cleanroom.app.incident.read import going_on
from cleanroom.app.review.standing import Standing, Unreadable, waiting
from cleanroom.app.room import Room
from cleanroom.core.base import Digest, Instant, Misuse
from cleanroom.core.ledger import Verified
from cleanroom.core.policy import Policy, same
from cleanroom.core.review import Waiting
from cleanroom.entry.api.doors import Visit, kept

T = TypeVar("T")

_ABSENT = object()
_MANY, _FEW = 512, 24
_WATCHED = ("cleanroom.toml", "contracts", "golden", "changes")


@dataclass(frozen=True, slots=True)
class Now:
    """How things stand with a ledger of `size` entries and these files. `until`: when the first approval expires."""

    size: int
    files: int
    until: Instant | None
    project: str
    policy: Policy
    changes: tuple[Standing | Unreadable, ...]
    waiting: int
    held: int

    @property
    def key(self) -> tuple[int, int, Instant | None]:
        """What everything that is made of this depends on."""
        return self.size, self.files, self.until

    def change(self, name: str) -> Standing | Unreadable | None:
        """The change of that name."""
        return next((c for c in self.changes if c.name == name), None)


class Seen:
    """The memory of one server: bounded, safe to use from several threads. What it lost is read again."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._now: Now | None = None
        self._small: OrderedDict[object, object] = OrderedDict()
        self._large: OrderedDict[object, object] = OrderedDict()
        self._keeping = Lock()
        self._making = RLock()
        self.moves = 0
        self.verified: tuple[Verified, Instant, str] | None = None

    def now(self, room: Room) -> Now:
        """How things stand. One request computes it anew; those that came meanwhile wait for that."""
        size, files = room.store.size(), _print(room.project.root)
        found = self._now
        if found is None or not _fresh(found, size, files, room):
            with self._lock:
                found = self._now
                if found is None or not _fresh(found, size, files, room):
                    found = self._now = _look(room, size, files, self.plan(room, files))
        return found

    def plan(self, room: Room, files: int) -> Digest | None:
        """The digest of the contract as these files have it; None where it has mistakes, which others tell."""

        def read() -> Digest | None:
            try:
                return contract_digest(room.project.contract(), room.project.golden())
            except Misuse:
                return None

        return self.kept(("plan digest", files), read)

    def tasks(self, now: Now, visit: Visit) -> int:
        """How many changes this person could sign."""
        each = (s for s in now.changes if isinstance(s, Standing))
        return self.kept(("tasks", visit.person, now.key), lambda: sum(bool(mine(s, visit.person)) for s in each))

    def incidents(self, now: Now, visit: Visit) -> int:
        """How many incidents are not closed."""
        return self.kept(("open incidents", now.size), lambda: len(going_on(visit.room)))

    def kept(self, key: object, make: Callable[[], T], *, few: bool = False) -> T:
        """What `make` made for this key, which names all that it depends on.

        `few`: it is large or slow, so only some are kept, and those who want the same wait for whoever makes it.
        """
        shelf = self._large if few else self._small
        if (found := shelf.get(key, _ABSENT)) is not _ABSENT:
            return found  # type: ignore[return-value]
        if not few:
            return self._put(shelf, _MANY, key, make())
        with self._making:
            found = shelf.get(key, _ABSENT)
            return self._put(shelf, _FEW, key, make()) if found is _ABSENT else found  # type: ignore[return-value]

    def _put(self, shelf: OrderedDict[object, object], most: int, key: object, made: T) -> T:
        """The oldest go first: what is made anew for each size of the ledger outlives it soon anyway."""
        with self._keeping:
            shelf[key] = made
            while len(shelf) > most:
                shelf.popitem(last=False)
        return made


def state(request: Request) -> Seen:
    """The memory of the server that the request came to."""
    return kept(request, "seen", Seen)


def now_of(request: Request, room: Room) -> Now:
    """How things stand, asked once a request."""
    found: Now | None = getattr(request.state, "now", None)
    if found is None:
        found = request.state.now = state(request).now(room)
    return found


def mine(found: Standing, person: str) -> tuple[str, ...]:
    """The missing roles that this person could sign as."""
    missing = found.review.state.missing if isinstance(found.review.state, Waiting) else ()
    return tuple(m.need.role for m in missing if any(same(person, who) for who in m.who))


def _fresh(found: Now, size: int, files: int, room: Room) -> bool:
    if (found.size, found.files) != (size, files):
        return False
    return found.until is None or room.clock.now() < found.until


def _look(room: Room, size: int, files: int, plan: Digest | None) -> Now:
    changes = waiting(room, plan)
    votes = (v for s in changes if isinstance(s, Standing) for v in s.review.counting)
    until = min((v.approval.expires for v in votes), default=None)
    counts = room.desk.count("waiting"), room.desk.count("held")
    return Now(size, files, until, room.project.name(), room.project.policy(), changes, *counts)


def _print(root: Path) -> int:
    """A number that changes when a file of the project does: names, sizes and times of change."""
    return hash(tuple(_stats(os.fspath(root))))


def _stats(root: str) -> Iterator[tuple[str, int, int]]:
    with suppress(OSError):  # what goes while we look is gone the next time
        with os.scandir(root) as entries:
            watched = [entry for entry in entries if entry.name in _WATCHED]
        for entry in watched:
            yield from _under(entry)


def _under(place: os.DirEntry[str]) -> Iterator[tuple[str, int, int]]:
    with suppress(OSError):
        if place.is_dir():
            with os.scandir(place) as entries:
                for entry in entries:
                    yield from _under(entry)
        else:
            about = place.stat()
            yield place.path, about.st_mtime_ns, about.st_size
