"""How is erased what may be kept no longer? Texts only, or whole calls: in the log, in events and in files, for good.

A file is written anew without them; one transaction has the new one count instead of the old one and remembers that the old
one is to be deleted, which is done then, and again by whoever comes next where the process died before. What nobody remembers,
since its writer died before the file counted, is deleted as well once its hour is that old.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from cleanroom.adapters.sqlstore import call_hours, judging, packed_calls
from cleanroom.adapters.sqlstore.batches import remove
from cleanroom.adapters.sqlstore.files import Files
from cleanroom.adapters.sqlstore.store import SqlStore
from cleanroom.adapters.sqlstore.tables import call_erased, call_events, call_files, calls
from cleanroom.core.base import HOUR

_PAGE = 50  # rows of the log in a transaction: nobody waits long for it


class Forgetting:
    """Erases calls of `store` and of its `files`."""

    def __init__(self, store: SqlStore, files: Files) -> None:
        self._store = store
        self._files = files

    def forget(self, system: str, before: int, texts: bool, last: int) -> int:
        """Erase what lies before that moment, as far as the number `last` of the log; how many calls and events.

        0 while somebody else writes files here.
        """
        if not self._concerned(system, before):
            return 0
        with self._files.alone() as alone:
            if not alone:
                return 0
            with self._store.reading() as connection:
                self._files.set_aside(set(connection.execute(select(call_files.c.name)).scalars()) | self._erased())
            self._delete()
            found = self._in_log(system, before, texts, last) + self._in_files(system, before, texts)
            found += self._in_events(system, before, texts, last)
            if not texts:
                with self._store.writing() as connection:
                    judging.forget(connection, system, before)
            self._delete()
            for orphan in self._files.orphans(system, before):
                self._files.drop(orphan)
        return found

    def _concerned(self, system: str, before: int) -> bool:
        """Is there anything of that time? No folder is made for nothing."""
        wanted = (
            select(calls.c.seq).where(calls.c.hour < before, calls.c.system == system),
            select(call_files.c.number).where(call_files.c.system == system, call_files.c.first < before),
            select(call_events.c.seq).where(call_events.c.system == system, call_events.c.at < before),
            select(call_erased.c.name),
        )
        with self._store.reading() as connection:
            there = any(connection.execute(query.limit(1)).first() is not None for query in wanted)
        return there or bool(self._files.orphans(system, before))

    def _in_log(self, system: str, before: int, texts: bool, last: int) -> int:
        found, after = 0, -1
        due = (calls.c.hour < before, calls.c.system == system, calls.c.seq <= last)
        page = select(calls).where(*due).order_by(calls.c.seq).limit(_PAGE)
        while True:
            with self._store.writing() as connection:
                rows = connection.execute(page.where(calls.c.seq > after)).all()
                found += sum(_forgotten(connection, row, before, texts) for row in rows)
            if len(rows) < _PAGE:
                return found
            after = rows[-1].seq

    def _in_files(self, system: str, before: int, texts: bool) -> int:
        due = [call_files.c.system == system, call_files.c.first < before]
        if texts:
            due.append(call_files.c.bare < before)
            due.append(call_files.c.bare <= call_files.c.last)
        with self._store.reading() as connection:
            files = connection.execute(select(call_files).where(*due).order_by(call_files.c.number)).all()
        return sum(self._in_file(file, before, texts) for file in files)

    def _in_file(self, file: Row[Any], before: int, texts: bool) -> int:
        """Have a file without them count instead of this one, or none where nothing is left of it."""
        found = call_hours.spoken(self._files, file.name, before, texts)
        with_it = file.n if texts else file.n - found
        if found == 0 and not texts:
            return 0
        name = file.name
        if found and with_it:
            hour = file.first // HOUR * HOUR
            name = call_hours.rewrite(self._files, file.name, file.system, hour, before, texts)
        key = call_files.c.number == file.number
        with self._store.writing() as connection:
            if with_it == 0:
                connection.execute(delete(call_files).where(key))
            else:
                now: dict[str, Any] = {"bare": before}
                if not texts:
                    now = {"n": with_it, "first": max(file.first, before), "sessions": None}
                connection.execute(update(call_files).where(key).values(name=name, **now))
            if found:
                connection.execute(insert(call_erased), {"name": file.name})
        return found

    def _in_events(self, system: str, before: int, texts: bool, last: int) -> int:
        of_time = (call_events.c.system == system, call_events.c.at < before, call_events.c.seq <= last)
        change = (
            update(call_events).where(*of_time, call_events.c.words != "").values(words="")
            if texts
            else delete(call_events).where(*of_time)
        )
        with self._store.writing() as connection:
            changed: int = connection.execute(change).rowcount
            return changed

    def _erased(self) -> set[str]:
        with self._store.reading() as connection:
            return set(connection.execute(select(call_erased.c.name)).scalars())

    def _delete(self) -> None:
        """Delete files that do not count any more."""
        names = sorted(self._erased())
        for name in names:
            self._files.drop(name)
        if names:
            with self._store.writing() as connection:
                remove(connection, call_erased.c.name, names)


def _forgotten(connection: Connection, row: Row[Any], before: int, texts: bool) -> int:
    """Forget what lies before that moment in a row of the log; how many calls."""
    at = packed_calls.unpacked([row]).heads["at"]
    old = (at < before).tolist()
    if not any(old):
        return 0
    of_row = calls.c.seq == row.seq
    if texts:
        said = list(packed_calls.texts_of([row]))
        found = sum(1 for gone, text in zip(old, said, strict=True) if gone and any(text))
        if found:
            left = [["", "", []] if gone else text for gone, text in zip(old, said, strict=True)]
            connection.execute(update(calls).where(of_row).values(texts=packed_calls.texts_packed(left)))
        return found
    kept = packed_calls.calls_of([row], [place for place, gone in enumerate(old) if not gone])
    if not kept:
        connection.execute(delete(calls).where(of_row))
    else:
        connection.execute(update(calls).where(of_row).values(packed_calls.packed(kept)))
    return int((at < before).sum())
