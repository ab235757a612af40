"""The Calls port: a log of calls beside the ledger, the ids that came, rollups by the minute, files by the hour."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from sqlalchemy import Connection, Row, bindparam, select

from cleanroom.adapters.call_sums import check_filters, check_step
from cleanroom.adapters.sqlstore import call_log, packed_calls
from cleanroom.adapters.sqlstore.intake import Intake
from cleanroom.adapters.sqlstore.panel import Panel
from cleanroom.adapters.sqlstore.rolling import event_of
from cleanroom.adapters.sqlstore.secret import Secret
from cleanroom.adapters.sqlstore.store import SqlStore
from cleanroom.adapters.sqlstore.tables import call_events, call_files, call_ids, call_systems, calls
from cleanroom.core.base import HOUR, is_valid
from cleanroom.core.call import Call, Happened, UserEvent
from cleanroom.ports.calls import TEXTS, CallColumns, Cell, Part, SystemSeen
from cleanroom.ports.telemetry import Recorded

if TYPE_CHECKING:
    from cleanroom.adapters.sqlstore.files import Files
    from cleanroom.adapters.sqlstore.forgetting import Forgetting
    from cleanroom.adapters.sqlstore.moving import Moving

_FILES = select(call_files.c.name, call_files.c.last).order_by(call_files.c.number)
_FILES = _FILES.where(call_files.c.first < bindparam("until"), call_files.c.last >= bindparam("since"))
_FILES_OF = _FILES.where(call_files.c.system == bindparam("system"))
_EVENTS = select(call_events).order_by(call_events.c.at, call_events.c.seq)
_EVENTS = _EVENTS.where(call_events.c.system == bindparam("system"))
_EVENTS = _EVENTS.where(call_events.c.at >= bindparam("since"), call_events.c.at < bindparam("until"))
_PLACE = select(call_ids.c.hour, call_ids.c.seq).where(call_ids.c.id == bindparam("id"))
_SEEN = select(*(call_systems.c[name] for name in ("system", "n", "first", "last"))).order_by(call_systems.c.system)


class SqlCalls:
    """Calls beside the ledger of `store`; what left the log lies in Parquet files below `folder`."""

    def __init__(self, store: SqlStore, folder: Path) -> None:
        self._store = store
        self._folder = folder
        self._secret = Secret(store)
        self._intake = Intake(store, self._secret)

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
        if files:
            from cleanroom.adapters.sqlstore import call_hours

            names = [name for name, _ in files]
            parts.insert(0, call_hours.columns(self._files, names, since, until, metrics))
        return _joined(parts, metrics)

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
        if not is_valid(id):
            return None
        with self._store.snapshot() as connection:
            place = connection.execute(_PLACE, {"id": self._secret.of_id("call/" + id)}).first()
            if place is None:
                return None
            hour = place.hour * HOUR
            found = call_log.by_id(connection, place.seq, id)
            files = connection.execute(_FILES, {"since": hour, "until": hour + HOUR}).all()
        if found is None and files:
            from cleanroom.adapters.sqlstore import call_hours

            found = call_hours.by_id(self._files, [file.name for file in files], id)
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
        at = found.heads["at"]
        return {
            "name": call_hours.write(self._files, system, hour, found, rows),
            "system": system,
            "first": int(at.min()),
            "last": int(at.max()),
            "n": len(at),
            "bare": 0,
        }


def _joined(parts: Sequence[CallColumns], metrics: Sequence[str]) -> CallColumns:
    """The parts in one, by `at`; of one moment in the order of the parts."""
    order = np.argsort(np.concatenate([p.at for p in parts]), kind="stable")

    def column(name: str) -> Any:
        return np.concatenate([getattr(p, name) for p in parts])[order]

    values = {m: np.concatenate([p.metrics[m] for p in parts])[order] for m in metrics}
    return CallColumns(at=column("at"), metrics=values, **{name: column(name) for name in TEXTS})
