"""A desk that lives as long as the process."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from threading import Lock

from cleanroom.adapters.valid_text import check_text
from cleanroom.core.base import Digest, Instant, digest
from cleanroom.ports.desk import Item, Where


class MemoryDesk:
    """The Desk port over dicts."""

    def __init__(self) -> None:
        self._texts: dict[Digest, bytes] = {}
        self._items: dict[str, Item] = {}
        self._skips: set[tuple[str, str]] = set()
        self._read_up_to = -1
        self._lock = Lock()

    def keep(self, bodies: Sequence[bytes]) -> tuple[Digest, ...]:
        """Keep texts by their digest."""
        with self._lock:
            self._texts.update((digest(body), body) for body in bodies)
        return tuple(map(digest, bodies))

    def text(self, content: Digest) -> bytes | None:
        """The text of that digest."""
        return self._texts.get(content)

    def erase(self, content: Digest) -> bool:
        """Forget a text for good; False when there is none."""
        with self._lock:
            return self._texts.pop(content, None) is not None

    def place(self, placed: Sequence[Item]) -> None:
        """Put items on the desk, or move them; see the port. Who held an item when it was escalated has skipped it."""
        for item in placed:
            check_text(item.id, item.system)
        with self._lock:
            for item in placed:
                before = self._items.get(item.id)
                if before is not None and before.version > item.version:
                    continue
                person, until = (before.person, before.until) if before else (None, None)
                if before is not None and person is not None and item.escalated and not before.escalated:
                    self._skips.add((item.id, person))
                self._items[item.id] = replace(item, person=person, until=until)

    def item(self, id: str) -> Item | None:
        """The item, wherever it is."""
        return self._items.get(id)

    def items(
        self, where: Where, *, system: str | None = None, limit: int | None = None, below: int | None = None
    ) -> tuple[Item, ...]:
        """Items of one kind, escalated first, then by rank, then by when they came."""
        with self._lock:
            return tuple(i for i in self._among(where, system) if below is None or i.rank < below)[:limit]

    def count(self, where: Where, system: str | None = None) -> int:
        """How many there are."""
        return len(self.items(where, system=system))

    def below(self, where: Where, rank: int) -> tuple[tuple[int, int, Instant], ...]:
        """How many there are of each lower rank, and when the oldest of it came."""
        came: dict[int, list[Instant]] = {}
        for item in self.items(where, below=rank):
            came.setdefault(item.rank, []).append(item.came)
        return tuple((rank, len(of), min(of)) for rank, of in sorted(came.items()))

    def tally(self) -> tuple[tuple[str, Where, int], ...]:
        """How many there are of each system and kind."""
        with self._lock:
            counted = Counter((item.system, item.where) for item in self._items.values())
        return tuple(sorted((system, where, n) for (system, where), n in counted.items()))

    def skipped(self, id: str) -> tuple[str, ...]:
        """Who is not offered the item again, by name."""
        with self._lock:
            return tuple(sorted(person for item, person in self._skips if item == id))

    def claim(self, person: str, now: Instant, until: Instant, system: str | None = None) -> Item | None:
        """Lease the first waiting item that `person` may have; see the port."""
        check_text(person)
        with self._lock:
            waiting = [i for i in self._among("waiting", system) if (i.id, person) not in self._skips]
            held = [i for i in waiting if i.person is not None and i.until is not None and i.until > now]
            mine = [i for i in held if i.person == person]
            free = [i for i in waiting if i not in held]
            for item in (*mine, *free):
                self._items[item.id] = leased = replace(item, person=person, until=until)
                return leased
        return None

    def release(self, id: str, person: str, *, skip: bool) -> bool:
        """Give a lease back; see the port."""
        with self._lock:
            item = self._items.get(id)
            if item is None or item.person != person:
                return False
            self._items[id] = replace(item, person=None, until=None)
            if skip:
                self._skips.add((id, person))
        return True

    def read_up_to(self) -> int:
        """Index of the last ledger entry that is on the desk; -1 before the first."""
        return self._read_up_to

    def set_read_up_to(self, index: int) -> None:
        """Remember it; it never goes back."""
        with self._lock:
            self._read_up_to = max(self._read_up_to, index)

    def _among(self, where: Where, system: str | None) -> tuple[Item, ...]:
        found = [i for i in self._items.values() if i.where == where and system in (None, i.system)]
        return tuple(sorted(found, key=lambda i: (not i.escalated, i.rank, i.came, i.id)))
