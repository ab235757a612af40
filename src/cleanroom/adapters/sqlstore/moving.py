"""How do whole hours leave a log for files, so that at every moment each row counts once?

A file is written first; then one transaction remembers it and deletes its rows from the log. Who reads takes both at one moment.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Row, Table, func, insert, select

from cleanroom.adapters.sqlstore.batches import remove, there
from cleanroom.adapters.sqlstore.files import Files
from cleanroom.adapters.sqlstore.store import SqlStore
from cleanroom.core.base import HOUR

FILE = 200_000
"""What a file holds: it has to fit into memory at once."""

Write = Callable[[str, int, Sequence[Row[Any]]], dict[str, Any]]
"""Writes rows of the log, of that owner and hour, to a file; what the store is to remember of it, with its `name` and `n`."""


class Moving:
    """A log (seq, `owner`, hour, arrived, n, ...), the files that its rows go to (number, name, ...), and the table of these.

    `weight`: how much of a FILE a row is.
    """

    def __init__(
        self,
        store: SqlStore,
        files: Files,
        log: Table,
        remembered: Table,
        owner: str,
        weight: ColumnElement[Any],
        write: Write,
    ) -> None:
        self._store = store
        self._files = files
        self._log = log
        self._remembered = remembered
        self._owner = log.c[owner]
        self._weight = weight
        self._write = write

    def compact(self, before: int, last: int = 2**62) -> int:
        """Move hours that ended before that moment, with all of them that had come by then, as far as the log's row number
        `last`; how many (by `n`) were moved.
        """
        log = self._log.c
        due = (log.hour <= before - HOUR, log.arrived < before, log.seq <= last)
        hours = select(self._owner, log.hour).where(*due).distinct().order_by(log.hour, self._owner)
        with self._store.reading() as connection:
            waiting = connection.execute(hours).all()
        if not waiting:
            return 0
        with self._files.alone() as alone:
            if not alone:
                return 0
            with self._store.reading() as connection:
                self._files.set_aside(set(connection.execute(select(self._remembered.c.name)).scalars()))
            return sum(self.moved(owner, hour, before, last) for owner, hour in waiting)

    def moved(self, owner: str, hour: int, before: int, last: int = 2**62) -> int:
        """Move one hour of one owner; how many it was."""
        log = self._log.c
        of_hour = (self._owner == owner, log.hour == hour, log.arrived < before, log.seq <= last)
        with self._store.reading() as connection:
            sizes = connection.execute(select(log.seq, self._weight).where(*of_hour).order_by(log.seq)).all()
        return sum(self._to_file(owner, hour, seqs) for seqs in _slices(sizes))

    def _to_file(self, owner: str, hour: int, seqs: Sequence[int]) -> int:
        log = self._log.c
        wanted = (self._owner == owner, log.hour == hour, log.seq.between(seqs[0], seqs[-1]))
        with self._store.reading() as connection:
            rows = connection.execute(select(self._log).where(*wanted).order_by(log.seq)).all()
        mine = set(seqs)  # between them lie rows that came too late for this file
        rows = [row for row in rows if row.seq in mine]
        if not rows:
            return 0
        file = self._write(owner, hour, rows)
        if self.remember(file, [row.seq for row in rows]):
            return int(file["n"])
        self._files.drop(file["name"])
        return 0

    def remember(self, file: dict[str, Any], seqs: Sequence[int]) -> bool:
        """Have the file count instead of those rows of the log; False, and nothing changed, where they are gone already."""
        key, number = self._log.c.seq, self._remembered.c.number
        with self._store.writing() as connection:
            if len(there(connection, key, seqs)) < len(seqs):
                return False
            remove(connection, key, seqs)
            last = connection.execute(select(func.max(number))).scalar()
            connection.execute(insert(self._remembered), {**file, "number": 0 if last is None else last + 1})
        return True


def _slices(sizes: Sequence[Any]) -> Iterator[list[int]]:
    """Rows that make a file each."""
    part, weight = [], 0
    for seq, size in sizes:
        part.append(seq)
        weight += size
        if weight >= FILE:
            yield part
            part, weight = [], 0
    if part:
        yield part
