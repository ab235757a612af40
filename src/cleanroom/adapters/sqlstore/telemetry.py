"""The Telemetry port: a log of outcomes beside the ledger, the ids that came, counts by the minute, files by the hour."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets as chance
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import islice
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Insert, bindparam, delete, func, insert, select
from sqlalchemy.dialects import postgresql, sqlite

from cleanroom.adapters.minutes import rollups
from cleanroom.adapters.sqlstore import packed
from cleanroom.adapters.sqlstore.store import SqlStore
from cleanroom.adapters.sqlstore.tables import outcome_files, outcome_ids, outcome_minutes, outcomes, secrets, views
from cleanroom.adapters.valid_text import check_text
from cleanroom.core.base import Misuse
from cleanroom.core.outcome import Columns, Kept
from cleanroom.ports.telemetry import Count, Recorded

if TYPE_CHECKING:
    from cleanroom.adapters.sqlstore.hours import Hours

HOUR = 3_600_000_000
_ROW = 1_000  # outcomes in a row of the log
_KEYS = 500  # ids a query: every database takes that many bound values
_FILE = 200_000  # outcomes in a file: what has to fit into memory at once

_OF_FLAG = outcomes.c.flag == bindparam("flag")
_LOG = select(outcomes.c.heads, outcomes.c.marks, outcomes.c.names).order_by(outcomes.c.seq)
_LOG = _LOG.where(_OF_FLAG, outcomes.c.hour > bindparam("after"), outcomes.c.hour < bindparam("until"))
_FILES = select(outcome_files).order_by(outcome_files.c.number)
_FILES = _FILES.where(
    outcome_files.c.flag == bindparam("flag"),
    outcome_files.c.first < bindparam("until"),
    outcome_files.c.last >= bindparam("since"),
)
_MINUTES = (
    select(*(outcome_minutes.c[name] for name in ("arm", "metric", "minute", "n", "bad", "total")))
    .where(outcome_minutes.c.flag == bindparam("flag"))
    .where(outcome_minutes.c.minute >= bindparam("since"), outcome_minutes.c.minute < bindparam("until"))
    .order_by(outcome_minutes.c.minute)
)
_SECRET = select(secrets.c.value).where(secrets.c.name == "telemetry")
_READ_UP_TO = select(views.c.read_up_to).where(views.c.name == bindparam("name"))
_VIEW = "signals/"
_DUE = (outcomes.c.hour <= bindparam("last_hour"), outcomes.c.arrived < bindparam("before"))


class SqlTelemetry:
    """Outcomes beside the ledger of `store`; what left the log lies in Parquet files below `folder`."""

    def __init__(self, store: SqlStore, folder: Path) -> None:
        self._store = store
        self._folder = folder
        self._known: bytes | None = None
        self._lock = Lock()

    def hashed(self, key: str) -> str:
        """The keyed hash of a targeting key: HMAC-SHA256, 32 hex digits of it."""
        return hmac.digest(self._secret(), key.encode("utf-8", "surrogatepass"), "sha256").hex()[:32]

    def record(self, outcomes: Sequence[Kept]) -> Recorded:
        """Keep them; see the port. One transaction: log, ids and counts agree at every moment."""
        check_text(*{o.flag for o in outcomes}, *{name for o in outcomes for name in o.metrics})
        ids = [self._id(o.id) for o in outcomes]
        if not outcomes:
            return Recorded(0, 0)
        with self._store.writing() as connection:
            known = _known(connection, ids)
            first: dict[bytes, Kept] = {}
            for id, outcome in zip(ids, outcomes, strict=True):
                if id not in known:
                    first.setdefault(id, outcome)
            fresh = list(first.values())
            if fresh:
                connection.execute(insert(outcome_ids), [{"id": id} for id in first])
                _log(connection, fresh)
                connection.execute(_added(connection), _minutes(fresh))
        return Recorded(len(fresh), len(outcomes) - len(fresh))

    def columns(self, flag: str, since: int, until: int, metrics: Sequence[str]) -> Columns:
        """Outcomes with since <= at < until, out of files and log; see the port."""
        with self._store.snapshot() as connection:
            files = connection.execute(_FILES, {"flag": flag, "since": since, "until": until}).all()
            rows = connection.execute(_LOG, {"flag": flag, "after": since - HOUR, "until": until}).all()
        parts = [packed.columns(packed.unpacked(rows), since, until, metrics)]
        if files:
            parts.insert(0, self._hours.columns([f.name for f in files], since, until, metrics))
        return packed.joined(parts, metrics)

    def counts(self, flag: str, since: int, until: int) -> tuple[Count, ...]:
        """Minute rollups with since <= minute < until."""
        with self._store.reading() as connection:
            rows = connection.execute(_MINUTES, {"flag": flag, "since": since, "until": until}).all()
        return tuple(sorted((Count(*row) for row in rows), key=lambda c: (c.minute, c.arm, c.metric)))

    def apart(self, flag: str, since: int, until: int) -> int:
        """How many outcomes with since <= at < until do not agree with the flag."""
        with self._store.snapshot() as connection:
            files = connection.execute(_FILES, {"flag": flag, "since": since, "until": until}).all()
            rows = connection.execute(_LOG, {"flag": flag, "after": since - HOUR, "until": until}).all()
        heads = packed.unpacked(rows).heads
        found = int(((heads["at"] >= since) & (heads["at"] < until) & (heads["agrees"] == 0)).sum())
        found += sum(int(f.apart) for f in files if since <= f.first and f.last < until)
        cut = [f.name for f in files if f.apart and not (since <= f.first and f.last < until)]
        return found + (self._hours.apart(cut, since, until) if cut else 0)

    def read_up_to(self, name: str) -> int | None:
        """The number that was remembered for what `name` calls."""
        rows = self._store.rows(_READ_UP_TO, name=_VIEW + name)
        return int(rows[0][0]) if rows else None

    def set_read_up_to(self, name: str, number: int) -> None:
        """Remember it."""
        with self._store.writing() as connection:
            connection.execute(delete(views).where(views.c.name == _VIEW + name))
            connection.execute(insert(views), {"name": _VIEW + name, "read_up_to": number})

    def compact(self, before: int) -> int:
        """Move whole hours that ended before that moment to files, with all of them that had come by then; see the port."""
        due = {"last_hour": before - HOUR, "before": before}
        groups = select(outcomes.c.flag, outcomes.c.hour).where(*_DUE).distinct().order_by(outcomes.c.hour)
        with self._store.reading() as connection:
            waiting = connection.execute(groups, due).all()
        if not waiting:
            return 0
        with self._hours.alone() as alone:
            if not alone:
                return 0
            with self._store.reading() as connection:
                self._hours.set_aside(set(connection.execute(select(outcome_files.c.name)).scalars()))
            return sum(self._moved(flag, hour, before) for flag, hour in waiting)

    def _moved(self, flag: str, hour: int, before: int) -> int:
        """Move one hour of one flag; how many outcomes it was."""
        of_hour = (outcomes.c.flag == flag, outcomes.c.hour == hour, outcomes.c.arrived < before)
        with self._store.reading() as connection:
            rows = select(outcomes.c.seq, outcomes.c.n).where(*of_hour).order_by(outcomes.c.seq)
            sizes = connection.execute(rows).all()
        return sum(self._to_file(flag, hour, seqs) for seqs in _slices(sizes))

    def _to_file(self, flag: str, hour: int, seqs: Sequence[int]) -> int:
        wanted = (outcomes.c.flag == flag, outcomes.c.hour == hour, outcomes.c.seq.between(seqs[0], seqs[-1]))
        with self._store.reading() as connection:
            rows = connection.execute(select(outcomes).where(*wanted).order_by(outcomes.c.seq)).all()
        mine = set(seqs)  # between them lie rows that came too late for this file
        rows = [row for row in rows if row.seq in mine]
        found = packed.unpacked((row.heads, row.marks, row.names) for row in rows)
        texts = [tuple(t) for row in rows for t in json.loads(row.texts)]
        if not texts:
            return 0
        name = self._hours.write(flag, hour, found, texts)
        at = found.heads["at"]
        file = {
            "name": name,
            "flag": flag,
            "first": int(at.min()),
            "last": int(at.max()),
            "n": len(texts),
            "apart": int((found.heads["agrees"] == 0).sum()),
            "seq": seqs[-1],
        }
        if self._remembered(file, [row.seq for row in rows]):
            return len(texts)
        self._hours.drop(name)
        return 0

    def _remembered(self, file: dict[str, Any], seqs: Sequence[int]) -> bool:
        """Have the file count instead of those rows of the log; False, and nothing changed, where they are gone already."""
        with self._store.writing() as connection:
            there = _there(connection, seqs)
            if len(there) < len(seqs):
                return False
            for part in _parts(seqs, _KEYS):
                connection.execute(delete(outcomes).where(outcomes.c.seq.in_(part)))
            last = connection.execute(select(func.max(outcome_files.c.number))).scalar()
            connection.execute(insert(outcome_files), {**file, "number": 0 if last is None else last + 1})
        return True

    @cached_property
    def _hours(self) -> Hours:
        """The files of this store: of another one that uses the same folder, this one knows nothing."""
        from cleanroom.adapters.sqlstore.hours import Hours

        return Hours(self._folder / hmac.digest(self._secret(), b"\x00folder", "sha256").hex()[:8])

    def _id(self, id: str) -> bytes:
        """What is kept of an outcome's id for good; it tells nobody what the id was."""
        try:
            text = id.encode()
        except UnicodeEncodeError:
            text = b"\x00"
        if b"\x00" in text:
            raise Misuse("the id of an outcome holds a NUL or half a character: it cannot be kept", "send valid text")
        return hmac.digest(self._secret(), b"\x00id" + text, "sha256")[:16]

    def _secret(self) -> bytes:
        """This store's secret, made once: whoever comes second finds the first one's."""
        if self._known is None:
            with self._lock:
                found = self._store.rows(_SECRET)
                self._known = bytes(found[0][0]) if found else self._made()
        return self._known

    def _made(self) -> bytes:
        with self._store.writing() as connection:
            found = connection.execute(_SECRET).scalar()
            if found is None:
                found = chance.token_bytes(hashlib.sha256().digest_size)
                connection.execute(insert(secrets), {"name": "telemetry", "value": found})
        return bytes(found)


def _known(connection: Connection, ids: Sequence[bytes]) -> set[bytes]:
    """Those of the ids that came before."""
    found: set[bytes] = set()
    for part in _parts(ids, _KEYS):
        wanted = select(outcome_ids.c.id).where(outcome_ids.c.id.in_(part))
        found.update(bytes(id) for id in connection.execute(wanted).scalars())
    return found


def _log(connection: Connection, fresh: Sequence[Kept]) -> None:
    """Add rows to the log: one a flag and hour."""
    groups: dict[tuple[str, int], list[Kept]] = {}
    for o in fresh:
        groups.setdefault((o.flag, o.at // HOUR * HOUR), []).append(o)
    seq = 1 + max(connection.execute(select(func.max(c))).scalar() or 0 for c in (outcomes.c.seq, outcome_files.c.seq))
    rows: list[dict[str, Any]] = []
    for (flag, hour), all_of_it in groups.items():
        for part in _parts(all_of_it, _ROW):
            row = packed.packed(part)
            rows.append(
                {
                    "seq": seq + len(rows),
                    "flag": flag,
                    "hour": hour,
                    "arrived": max(o.arrived for o in part),
                    "n": len(part),
                    "heads": row.heads,
                    "marks": row.marks,
                    "names": row.names,
                    "texts": row.texts,
                }
            )
    connection.execute(insert(outcomes), rows)


def _minutes(fresh: Sequence[Kept]) -> list[dict[str, Any]]:
    """What they add to the counts."""
    return [
        {"flag": flag, "arm": c.arm, "metric": c.metric, "minute": c.minute, "n": c.n, "bad": c.bad, "total": c.total}
        for flag, c in rollups(fresh)
    ]


def _added(connection: Connection) -> Insert:
    """Both databases have the same words for it, and SQLAlchemy two."""
    of_dialect = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    made: Any = of_dialect(outcome_minutes)
    new = made.excluded
    grown = {name: outcome_minutes.c[name] + new[name] for name in ("n", "bad", "total")}
    added: Insert = made.on_conflict_do_update(index_elements=list(outcome_minutes.primary_key), set_=grown)
    return added


def _there(connection: Connection, seqs: Sequence[int]) -> set[int]:
    found: set[int] = set()
    for part in _parts(seqs, _KEYS):
        found.update(connection.execute(select(outcomes.c.seq).where(outcomes.c.seq.in_(part))).scalars())
    return found


def _slices(sizes: Sequence[Any]) -> Iterator[list[int]]:
    """Rows that make a file each."""
    part, n = [], 0
    for seq, size in sizes:
        part.append(seq)
        n += size
        if n >= _FILE:
            yield part
            part, n = [], 0
    if part:
        yield part


def _parts(items: Sequence[Any], most: int) -> Iterator[list[Any]]:
    rest = iter(items)
    while part := list(islice(rest, most)):
        yield part
