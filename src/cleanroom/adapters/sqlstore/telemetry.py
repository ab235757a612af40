"""The Telemetry port: a log of outcomes beside the ledger, the ids that came, counts by the minute, files by the hour."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Insert, Row, bindparam, delete, func, insert, select

from cleanroom.adapters.minutes import rollups
from cleanroom.adapters.sqlstore import packed
from cleanroom.adapters.sqlstore.batches import batches, or_else, there
from cleanroom.adapters.sqlstore.secret import Secret
from cleanroom.adapters.sqlstore.store import SqlStore
from cleanroom.adapters.sqlstore.tables import outcome_files, outcome_ids, outcome_minutes, outcomes, views
from cleanroom.adapters.valid_text import check_text
from cleanroom.core.base import HOUR
from cleanroom.core.outcome import Columns, Kept
from cleanroom.ports.telemetry import Count, Recorded

if TYPE_CHECKING:
    from cleanroom.adapters.sqlstore.files import Files
    from cleanroom.adapters.sqlstore.moving import Moving

_ROW = 1_000  # outcomes in a row of the log

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
_READ_UP_TO = select(views.c.read_up_to).where(views.c.name == bindparam("name"))
_VIEW = "signals/"


class SqlTelemetry:
    """Outcomes beside the ledger of `store`; what left the log lies in Parquet files below `folder`."""

    def __init__(self, store: SqlStore, folder: Path) -> None:
        self._store = store
        self._folder = folder
        self._secret = Secret(store)

    def hashed(self, key: str) -> str:
        """The keyed hash of a targeting key: HMAC-SHA256, 32 hex digits of it."""
        return self._secret.of_key(key)

    def record(self, outcomes: Sequence[Kept]) -> Recorded:
        """Keep them; see the port. One transaction: log, ids and counts agree at every moment."""
        check_text(*{o.flag for o in outcomes}, *{name for o in outcomes for name in o.metrics})
        ids = [self._secret.of_id(o.id) for o in outcomes]
        if not outcomes:
            return Recorded(0, 0)
        with self._store.writing() as connection:
            known = there(connection, outcome_ids.c.id, ids)
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
            from cleanroom.adapters.sqlstore import hours

            parts.insert(0, hours.columns(self._files, [f.name for f in files], since, until, metrics))
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
        if cut:
            from cleanroom.adapters.sqlstore import hours

            found += hours.apart(self._files, cut, since, until)
        return found

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
        return self._moving.compact(before)

    @cached_property
    def _files(self) -> Files:
        from cleanroom.adapters.sqlstore.files import Files

        return Files(self._folder / self._secret.folder(), "outcomes")

    @cached_property
    def _moving(self) -> Moving:
        from cleanroom.adapters.sqlstore.moving import Moving

        weight = outcomes.c.n
        return Moving(self._store, self._files, outcomes, outcome_files, "flag", weight, self._written)

    def _written(self, flag: str, hour: int, rows: Sequence[Row[Any]]) -> dict[str, Any]:
        """Write rows of the log to a file; what is remembered of it."""
        from cleanroom.adapters.sqlstore import hours

        found = packed.unpacked((row.heads, row.marks, row.names) for row in rows)
        texts = [tuple(t) for row in rows for t in json.loads(row.texts)]
        at = found.heads["at"]
        return {
            "name": hours.write(self._files, flag, hour, found, texts),
            "flag": flag,
            "first": int(at.min()),
            "last": int(at.max()),
            "n": len(texts),
            "apart": int((found.heads["agrees"] == 0).sum()),
            "seq": rows[-1].seq,
        }


def _log(connection: Connection, fresh: Sequence[Kept]) -> None:
    """Add rows to the log: one a flag and hour."""
    groups: dict[tuple[str, int], list[Kept]] = {}
    for o in fresh:
        groups.setdefault((o.flag, o.at // HOUR * HOUR), []).append(o)
    seq = 1 + max(connection.execute(select(func.max(c))).scalar() or 0 for c in (outcomes.c.seq, outcome_files.c.seq))
    rows: list[dict[str, Any]] = []
    for (flag, hour), all_of_it in groups.items():
        for part in batches(all_of_it, _ROW):
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
    return or_else(
        connection, outcome_minutes, lambda new, old: {name: old[name] + new[name] for name in ("n", "bad", "total")}
    )
