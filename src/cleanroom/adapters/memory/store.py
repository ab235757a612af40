"""A ledger that lives as long as the process."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import islice
from threading import Lock

from cleanroom.codec.ledger import decode, encode
from cleanroom.core.ledger import LedgerEntry, StoredLine, Write, placed, resealed, sealed
from cleanroom.core.merkle import Frontier, Hashes
from cleanroom.ports.store import Begins


class MemoryStore:
    """The Store port over a list of lines. It keeps bytes, as every store does, so that it reads what it wrote."""

    def __init__(self) -> None:
        self._lines: list[StoredLine] = []
        self._subjects: dict[str, list[int]] = {}
        self._tree = Frontier()
        self._lock = Lock()

    def append(self, writes: Sequence[Write]) -> tuple[LedgerEntry, ...]:
        """Append all or none; see the port."""
        with self._lock:
            versions = self._versions([w.subject for w in writes])
            entries = placed(writes, len(self._lines), versions, self._taken)
            lines, tree = [], self._tree
            for entry in entries:
                line, tree = sealed(entry, encode(entry), tree)
                lines.append(line)
            for line in lines:  # nothing above has changed the store; nothing below can fail
                self._subjects.setdefault(line.subject, []).append(line.index)
                self._lines.append(line)
            self._tree = tree
        return entries

    def adopt(self, bodies: Sequence[bytes]) -> int:
        """Append entries by their bytes; see the port."""
        with self._lock:
            lines, self._tree = resealed(bodies, self._tree, self._versions)
            for line in lines:
                self._subjects.setdefault(line.subject, []).append(line.index)
                self._lines.append(line)
            return len(self._lines)

    def history(self, subject: str, after: int = 0) -> tuple[LedgerEntry, ...]:
        """The entries of one subject with a version above `after`, oldest first."""
        with self._lock:
            lines = [self._lines[i] for i in self._subjects.get(subject, ())[after:]]
        return tuple(decode(line.body, line.index) for line in lines)

    def latest(self, subject: str, limit: int, before: int | None = None) -> tuple[LedgerEntry, ...]:
        """The last entries of one subject, newest first."""
        with self._lock:
            places = self._subjects.get(subject, ())
            end = len(places) if before is None else bisect_left(places, before)
            lines = [self._lines[i] for i in places[max(0, end - limit) : end]]
        return tuple(decode(line.body, line.index) for line in reversed(lines))

    def version(self, subject: str) -> int:
        """The version of its last entry; 0 when there is none."""
        with self._lock:
            return len(self._subjects.get(subject, ()))

    def subjects(self, kind: Begins) -> tuple[str, ...]:
        """The subjects that have an entry of that kind."""
        with self._lock:
            return tuple(sorted({line.subject for line in self._lines if line.kind == kind}))

    def entries(self, after: int = -1, limit: int | None = None) -> Iterator[LedgerEntry]:
        """Entries with an index above `after`."""
        for line in islice(self.stored(after), limit):
            yield decode(line.body, line.index)

    def stored(self, after: int = -1) -> Iterator[StoredLine]:
        """Lines as they are."""
        index = max(after, -1) + 1
        while index < len(self._lines):
            yield self._lines[index]
            index += 1

    def line(self, index: int) -> StoredLine | None:
        """The line as it is."""
        return self._lines[index] if 0 <= index < len(self._lines) else None

    def hashes(self, indexes: Collection[int]) -> Mapping[int, Hashes]:
        """What is kept with these lines."""
        found = {i: self.line(i) for i in indexes}
        return {i: Hashes(line.leaf, line.peak) for i, line in found.items() if line is not None}

    def size(self) -> int:
        """How many entries there are."""
        return len(self._lines)

    def _versions(self, subjects: Sequence[str]) -> dict[str, int]:
        return {subject: len(self._subjects.get(subject, ())) for subject in subjects}

    def _taken(self, subject: str, version: int) -> LedgerEntry | None:
        places = self._subjects.get(subject, ())
        return decode(self._lines[places[version - 1]].body) if 0 < version <= len(places) else None
