"""The Store port over SQLAlchemy Core. Nothing here knows which database it is."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import fields
from types import TracebackType
from typing import Any, Self

from sqlalchemy import Connection, Engine, Select, bindparam, func, insert, literal_column, select
from sqlalchemy.exc import SQLAlchemyError

from cleanroom.adapters.sqlstore.proofs import LINE, MOST, read_hashes
from cleanroom.adapters.sqlstore.reads import Reads
from cleanroom.adapters.sqlstore.tables import ledger
from cleanroom.codec.ledger import decode, encode
from cleanroom.core.base import CleanroomError, Refused
from cleanroom.core.ledger import LedgerEntry, StoredLine, Write, can_be_kept, placed, resealed, sealed
from cleanroom.core.merkle import Frontier, Hashes, peak_ends, root
from cleanroom.ports.store import BEGINS, Begins

_PAGE = 1000  # rows a query: a reader never holds a transaction for longer than that takes
_KEYS = 500  # subjects a query: every database takes that many bound values

_COLUMNS = {"index": ledger.c.idx} | {f.name: ledger.c[f.name] for f in fields(StoredLine) if f.name != "index"}
"""Where the fields of a StoredLine lie, in their order."""

_OF_SUBJECT = ledger.c.subject == bindparam("subject")
_HISTORY = select(ledger.c.idx, ledger.c.body).where(_OF_SUBJECT, ledger.c.version > bindparam("after"))
_HISTORY = _HISTORY.order_by(ledger.c.version)
_LATEST = select(ledger.c.idx, ledger.c.body).where(_OF_SUBJECT, ledger.c.idx < bindparam("before"))
_LATEST = _LATEST.order_by(ledger.c.version.desc()).limit(bindparam("most"))
_VERSION = select(func.max(ledger.c.version)).where(_OF_SUBJECT)
_LAST = select(func.max(ledger.c.idx))
_ENTRIES = select(ledger.c.idx, ledger.c.body).order_by(ledger.c.idx).limit(bindparam("most"))
_LINES = select(*_COLUMNS.values()).order_by(ledger.c.idx).limit(bindparam("most"))
_SUBJECTS = {
    # The kind stands there as it does in the index, which is of these kinds alone.
    kind: select(ledger.c.subject)
    .where(ledger.c.kind == literal_column(f"'{kind}'"))
    .distinct()
    .order_by(ledger.c.subject)
    for kind in BEGINS
}
_LATER = {page: page.where(ledger.c.idx > bindparam("after")) for page in (_ENTRIES, _LINES)}


class SqlStore:
    """The ledger in one table. `explain` turns what the driver raises into a line for a person.

    `engine` begins a transaction that writes (execution option `writes`) so that no other one can write meanwhile.
    """

    def __init__(self, engine: Engine, explain: Callable[[Exception], CleanroomError]) -> None:
        self.engine = engine
        self._explain = explain
        self._reads = Reads(engine)
        self._tree = Frontier()  # as of the last append from here; used only while it still is the last

    def append(self, writes: Sequence[Write]) -> tuple[LedgerEntry, ...]:
        """Append all or none, in one transaction that no other writer can enter; see the port."""
        if not writes:
            return ()
        with self.writing() as connection:
            tree = self._head(connection)
            versions = _versions(connection, [w.subject for w in writes])
            entries = placed(writes, tree.size, versions, lambda *at: _taken(connection, *at))
            rows = []
            for entry in entries:
                line, tree = sealed(entry, encode(entry), tree)
                rows.append(_row(line))
            connection.execute(insert(ledger), rows)
        self._tree = tree
        return entries

    def adopt(self, bodies: Sequence[bytes]) -> int:
        """Append entries by their bytes, all or none; see the port."""
        with self.writing() as connection:
            lines, tree = resealed(bodies, self._head(connection), lambda subjects: _versions(connection, subjects))
            if lines:
                connection.execute(insert(ledger), [_row(line) for line in lines])
        self._tree = tree
        return tree.size

    def history(self, subject: str, after: int = 0) -> tuple[LedgerEntry, ...]:
        """The entries of one subject with a version above `after`, oldest first."""
        if not can_be_kept(subject):
            return ()
        return tuple(decode(body, index) for index, body in self.rows(_HISTORY, subject=subject, after=after))

    def latest(self, subject: str, limit: int, before: int | None = None) -> tuple[LedgerEntry, ...]:
        """The last entries of one subject, newest first."""
        if not can_be_kept(subject):
            return ()
        rows = self.rows(_LATEST, subject=subject, most=limit, before=MOST if before is None else before)
        return tuple(decode(body, index) for index, body in rows)

    def version(self, subject: str) -> int:
        """The version of its last entry; 0 when there is none."""
        return (self.rows(_VERSION, subject=subject)[0][0] or 0) if can_be_kept(subject) else 0

    def subjects(self, kind: Begins) -> tuple[str, ...]:
        """The subjects that have an entry of that kind."""
        return tuple(subject for (subject,) in self.rows(_SUBJECTS[kind]))

    def entries(self, after: int = -1, limit: int | None = None) -> Iterator[LedgerEntry]:
        """Entries with an index above `after`, in index order."""
        for index, body in self._rows(_ENTRIES, after, limit):
            yield decode(body, index)

    def stored(self, after: int = -1) -> Iterator[StoredLine]:
        """Lines as they lie there, in index order."""
        for row in self._rows(_LINES, after):
            yield StoredLine(*row)

    def line(self, index: int) -> StoredLine | None:
        """The line with that index as it lies there."""
        rows = self.rows(LINE, index=index) if 0 <= index <= MOST else []
        return StoredLine(*rows[0]) if rows else None

    def hashes(self, indexes: Collection[int]) -> Mapping[int, Hashes]:
        """What is kept with these lines."""
        with self.reading() as connection:
            return read_hashes(connection, indexes)

    def size(self) -> int:
        """How many entries there are."""
        last = self.rows(_LAST)[0][0]
        return 0 if last is None else int(last) + 1

    def close(self) -> None:
        """Let go of the database; the store cannot be used afterwards."""
        self.engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def rows(self, statement: Select[Any], **values: object) -> list[tuple[Any, ...]]:
        """What a small read finds; see Reads. Errors leave as ours."""
        with self.explaining():
            return self._reads.rows(statement, **values)

    @contextmanager
    def explaining(self) -> Iterator[None]:
        """Errors of the driver leave as ours."""
        try:
            yield
        except (SQLAlchemyError, self.engine.dialect.loaded_dbapi.Error, UnicodeDecodeError) as error:
            raise self._explain(error) from error

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection to read by; errors leave as ours."""
        with self.explaining(), self.engine.connect() as connection:
            yield connection

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """A connection whose reads all see the store at one moment; errors leave as ours."""
        with self.explaining(), self.engine.connect().execution_options(snapshot=True) as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that no other writer can enter, of any process; errors leave as ours, and nothing is written."""
        with (
            self.explaining(),
            self.engine.connect().execution_options(writes=True) as connection,
            connection.begin(),
        ):
            yield connection

    def _rows(self, page: Select[Any], after: int, limit: int | None = None) -> Iterator[tuple[Any, ...]]:
        """Rows in index order, page by page; the first column is the index."""
        start = {} if after < 0 else {"after": after}  # a forged negative index shows as well
        while limit is None or limit > 0:
            count = _PAGE if limit is None else min(limit, _PAGE)
            rows = self.rows(_LATER[page] if start else page, most=count, **start)
            yield from rows
            if len(rows) < count:
                return
            limit = None if limit is None else limit - count
            start = {"after": rows[-1][0]}

    def _head(self, connection: Connection) -> Frontier:
        """The tree so far, from the subtree hash of one row for each peak; never more than the last root proves."""
        last = connection.execute(select(ledger.c.idx, ledger.c.root).order_by(ledger.c.idx.desc()).limit(1)).first()
        size = 0 if last is None else last.idx + 1
        tree = self._tree  # once: another thread may be done with its append at any moment
        if tree.size != size:
            ends = peak_ends(size)
            rows = select(ledger.c.peak).where(ledger.c.idx.in_(ends)).order_by(ledger.c.idx)
            tree = Frontier(size, tuple(connection.execute(rows).scalars()))
        if last is not None and root(tree) != last.root:
            raise Refused(
                f"the ledger does not agree with itself near its end (entry {last.idx}): nothing was added",
                "run `cleanroom ledger verify` to find the first bad entry",
            )
        return tree


def _row(line: StoredLine) -> dict[str, Any]:
    return {column.name: getattr(line, name) for name, column in _COLUMNS.items()}


def _versions(connection: Connection, subjects: Sequence[str]) -> dict[str, int]:
    """The latest version of those of the subjects that are there."""
    found: dict[str, int] = {}
    names = sorted(set(subjects))
    for start in range(0, len(names), _KEYS):
        part = ledger.c.subject.in_(names[start : start + _KEYS])
        latest = select(ledger.c.subject, func.max(ledger.c.version)).where(part).group_by(ledger.c.subject)
        found.update((row[0], row[1]) for row in connection.execute(latest))
    return found


def _taken(connection: Connection, subject: str, version: int) -> LedgerEntry | None:
    """The entry that has this version of the subject."""
    wanted = select(ledger.c.idx, ledger.c.body).where(ledger.c.subject == subject, ledger.c.version == version)
    row = connection.execute(wanted).first()
    return None if row is None else decode(row.body, row.idx)
