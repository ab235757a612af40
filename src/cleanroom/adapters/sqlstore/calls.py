"""The Calls port: a log of calls beside the ledger, the ids that came, rollups by the minute, files by the hour."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from sqlalchemy import Connection, Row, bindparam, select

from cleanroom.adapters.call_sums import check_filters, check_step
from cleanroom.adapters.sqlstore import call_log, judging, packed_calls
from cleanroom.adapters.sqlstore.batches import batches
from cleanroom.adapters.sqlstore.intake import Intake
from cleanroom.adapters.sqlstore.panel import Panel
from cleanroom.adapters.sqlstore.rolling import event_of
from cleanroom.adapters.sqlstore.secret import Secret
from cleanroom.adapters.sqlstore.sessions import METRICS, Conversations
from cleanroom.adapters.sqlstore.store import SqlStore
from cleanroom.adapters.sqlstore.tables import call_events, call_files, call_ids, call_systems, calls
from cleanroom.core.base import HOUR, is_valid
from cleanroom.core.call import Call, Happened, UserEvent
from cleanroom.ports.calls import TEXTS, CallColumns, Cell, Part, SessionsSeen, SystemSeen
from cleanroom.ports.telemetry import Recorded

if TYPE_CHECKING:
    from cleanroom.adapters.sqlstore.files import Files
    from cleanroom.adapters.sqlstore.forgetting import Forgetting
    from cleanroom.adapters.sqlstore.moving import Moving

_WITHIN = (call_files.c.first < bindparam("until"), call_files.c.last >= bindparam("since"))
_FILES = select(call_files.c.name, call_files.c.last).order_by(call_files.c.number).where(*_WITHIN)
_FILES_OF = _FILES.where(call_files.c.system == bindparam("system"))
_SKETCHES = select(call_files).where(call_files.c.system == bindparam("system"), *_WITHIN)
_EVENTS = select(call_events).order_by(call_events.c.at, call_events.c.seq)
_EVENTS = _EVENTS.where(call_events.c.system == bindparam("system"))
_EVENTS = _EVENTS.where(call_events.c.at >= bindparam("since"), call_events.c.at < bindparam("until"))
_PLACES = select(call_ids.c.id, call_ids.c.hour, call_ids.c.seq)
_SEEN = select(*(call_systems.c[name] for name in ("system", "n", "first", "last"))).order_by(call_systems.c.system)

MOST_READ = 300_000
"""Calls of files that are read to count conversations, at most, where a sketch of them does not do."""


class SqlCalls:
    """Calls beside the ledger of `store`; what left the log lies in Parquet files below `folder`."""

    def __init__(self, store: SqlStore, folder: Path) -> None:
        self._store = store
        self._folder = folder
        self._secret = Secret(store)
        self._intake = Intake(store, self._secret, self.calls_of)

    def record(self, calls: Sequence[Call], events: Sequence[UserEvent] = ()) -> Recorded:
        """Keep them, on the disk before this returns; see the port."""
        return self._intake.record(calls, events)

    def cells(
        self, system: str, metric: str, since: int, until: int, step: int, by: Sequence[Part] = ()
    ) -> tuple[Cell, ...]:
        """Rollups by steps from `since` on; see the port."""
        check_step(step)
        with self._store.snapshot() as connection:
            return Panel(connection, system, since, until).cells(metric, step, by)

    def all_cells(
        self, system: str, since: int, until: int, step: int, by: Sequence[Part] = ()
    ) -> Mapping[str, tuple[Cell, ...]]:
        """Rollups of every metric, out of one reading of what is not in the rollups yet."""
        check_step(step)
        with self._store.snapshot() as connection:
            panel = Panel(connection, system, since, until)
            return {metric: panel.cells(metric, step, by) for metric in panel.metrics()}

    def columns(self, system: str, since: int, until: int, metrics: Sequence[str]) -> CallColumns:
        """Calls with since <= at < until, out of files and log."""
        with self._store.snapshot() as connection:
            files = self._names(connection, system, since, until)
            parts = [call_log.columns(connection, system, since, until, metrics)]
            late = judging.later(connection, system, since, until)
        if files:
            from cleanroom.adapters.sqlstore import call_hours

            names = [name for name, _ in files]
            parts.insert(0, call_hours.columns(self._files, names, since, until, metrics))
        return late(_joined(parts, metrics))

    def sessions(self, system: str, since: int, until: int) -> SessionsSeen | None:
        """Conversations of that time: of whole files by their sketches, of the others and the log by what they hold."""
        found = Conversations()
        read: list[str] = []
        left = MOST_READ
        with self._store.snapshot() as connection:
            for row in connection.execute(_SKETCHES, {"system": system, "since": since, "until": until}):
                if row.sessions is not None and since <= row.first and row.last < until:
                    found.add_file(row)
                else:
                    read.append(row.name)
                    left -= row.n
            found.add_columns(call_log.columns(connection, system, since, until, METRICS))
        if read and left >= 0:
            from cleanroom.adapters.sqlstore import call_hours

            found.add_columns(call_hours.columns(self._files, read, since, until, METRICS))
        return found.seen() if left >= 0 else None

    def rows(
        self, system: str, since: int, until: int, where: Mapping[str, str], bad: str = "", limit: int = 50
    ) -> tuple[Call, ...]:
        """The newest calls that are as `where` says; see the port."""
        check_filters(tuple(where))
        if limit < 1 or not is_valid(*where.values()):
            return ()
        with self._store.snapshot() as connection:
            files = self._names(connection, system, since, until)
            found = call_log.newest(connection, system, since, until, where, bad, limit)
        if files:
            from cleanroom.adapters.sqlstore import call_hours

            older = call_hours.newest(self._files, files, since, until, where, bad, limit)
            found = call_hours.newest_of([*found, *older], limit)
        return tuple(found)

    def call(self, id: str) -> Call | None:
        """The call of that id."""
        return self.calls_of([id]).get(id)

    def calls_of(self, ids: Collection[str]) -> dict[str, Call]:
        """The calls of these ids, by id; each row of the log and each hour of files is read once."""
        keyed = {self._secret.of_id("call/" + id): id for id in ids if is_valid(id)}
        rows: dict[int, list[str]] = {}
        hours: dict[int, list[str]] = {}
        found: dict[str, Call] = {}
        with self._store.snapshot() as connection:
            for batch in batches(list(keyed)):
                for place in connection.execute(_PLACES.where(call_ids.c.id.in_(batch))):
                    rows.setdefault(place.seq, []).append(keyed[bytes(place.id)])
                    hours.setdefault(place.hour * HOUR, []).append(keyed[bytes(place.id)])
            for seq, wanted in rows.items():
                found |= {call.id: call for call in call_log.by_ids(connection, seq, wanted)}
            left = {hour: [id for id in wanted if id not in found] for hour, wanted in hours.items()}
            spans = [({"since": hour, "until": hour + HOUR}, wanted) for hour, wanted in left.items() if wanted]
            files = [(connection.execute(_FILES, span).scalars().all(), wanted) for span, wanted in spans]
        for names, wanted in files:
            if names:
                from cleanroom.adapters.sqlstore import call_hours

                found |= {call.id: call for call in call_hours.by_ids(self._files, names, wanted)}
        return found

    def events(self, system: str, since: int, until: int, happened: Happened | None = None) -> tuple[UserEvent, ...]:
        """User events with since <= at < until."""
        wanted = _EVENTS if happened is None else _EVENTS.where(call_events.c.happened == happened)
        with self._store.reading() as connection:
            rows = connection.execute(wanted, {"system": system, "since": since, "until": until})
            return tuple(event_of(row) for row in rows)

    def metrics(self, system: str, since: int, until: int) -> tuple[str, ...]:
        """The names of the metrics with rollups of that time."""
        with self._store.snapshot() as connection:
            return Panel(connection, system, since, until).metrics()

    def seen(self) -> tuple[SystemSeen, ...]:
        """Every system that anything came from."""
        return tuple(SystemSeen(*row) for row in self._store.rows(_SEEN))

    def compact(self, before: int) -> int:
        """Move whole hours that ended before that moment to files; see the port. Rollups are brought up to date."""
        return self._moving.compact(before, self._intake.roll())

    def forget(self, system: str, before: int, *, texts: bool) -> int:
        """Erase what lies before that moment, in the log and in files; see the port."""
        return self._forgetting.forget(system, before, texts, self._intake.roll())

    def _names(self, connection: Connection, system: str, since: int, until: int) -> list[tuple[str, int]]:
        """(name, last moment) of the files of that time."""
        rows = connection.execute(_FILES_OF, {"system": system, "since": since, "until": until})
        return [(row.name, row.last) for row in rows]

    @cached_property
    def _files(self) -> Files:
        from cleanroom.adapters.sqlstore.files import Files

        return Files(self._folder / self._secret.folder(), "calls")

    @cached_property
    def _moving(self) -> Moving:
        from cleanroom.adapters.sqlstore.moving import Moving

        weight = calls.c.n + calls.c.size / 250  # a file of long texts holds fewer calls
        return Moving(self._store, self._files, calls, call_files, "system", weight, self._written)

    @cached_property
    def _forgetting(self) -> Forgetting:
        from cleanroom.adapters.sqlstore.forgetting import Forgetting

        return Forgetting(self._store, self._files)

    def _written(self, system: str, hour: int, rows: Sequence[Row[Any]]) -> dict[str, Any]:
        """Write rows of the log to a file; what is remembered of it."""
        from cleanroom.adapters.sqlstore import call_hours

        found = packed_calls.unpacked(rows)
        at, held = found.heads["at"], Conversations()
        held.add(packed_calls.keys_of(rows)["conversation"], {name: found.column(name) for name in METRICS})
        return {
            "name": call_hours.write(self._files, system, hour, found, rows),
            "system": system,
            "first": int(at.min()),
            "last": int(at.max()),
            "n": len(at),
            "bare": 0,
            **held.of_file(),
        }


def _joined(parts: Sequence[CallColumns], metrics: Sequence[str]) -> CallColumns:
    """The parts in one, by `at`; of one moment in the order of the parts."""
    order = np.argsort(np.concatenate([p.at for p in parts]), kind="stable")

    def column(name: str) -> Any:
        return np.concatenate([getattr(p, name) for p in parts])[order]

    values = {m: np.concatenate([p.metrics[m] for p in parts])[order] for m in metrics}
    return CallColumns(at=column("at"), metrics=values, **{name: column(name) for name in TEXTS})
