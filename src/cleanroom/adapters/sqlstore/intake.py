"""How do calls come in? Durably, once each, and together with what others send in the same moment.

Threads that record at once share a transaction: one of them writes what all of them brought, since the disk takes as long for
many calls as for one.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from threading import Lock
from typing import Any

from sqlalchemy import Connection, case, func, insert, select

from cleanroom.adapters.call_sums import check
from cleanroom.adapters.judgements import judged_by
from cleanroom.adapters.sqlstore import judging, packed_calls
from cleanroom.adapters.sqlstore.batches import batches, or_else, there
from cleanroom.adapters.sqlstore.rolling import roll, rolled_up_to
from cleanroom.adapters.sqlstore.secret import Secret
from cleanroom.adapters.sqlstore.store import SqlStore
from cleanroom.adapters.sqlstore.tables import call_events, call_ids, call_moves, call_systems, calls
from cleanroom.core.base import HOUR, CleanroomError
from cleanroom.core.call import Call, UserEvent
from cleanroom.ports.telemetry import Recorded

ROLL = 8_000
"""So many calls may wait in the log until they are brought into the rollups; a panel adds up those that wait by itself."""

_TOGETHER = 20_000  # calls in a transaction, at most, where each record brings fewer
_ROW_BYTES = 4_000_000  # texts in a row of the log: a row is read as a whole


@dataclass(slots=True)
class _Brought:
    """What one thread brought, and what became of it. `judged`: calls that it speaks of, and that had come before."""

    calls: dict[bytes, Call]
    events: dict[bytes, UserEvent]
    many: int
    judged: Mapping[str, Call]
    done: Recorded | None = None
    failed: BaseException | None = field(default=None)


class Intake:
    """Takes in calls and user events for `store`."""

    def __init__(self, store: SqlStore, secret: Secret, known: Callable[[Collection[str]], Mapping[str, Call]]) -> None:
        self._store = store
        self._secret = secret
        self._known = known
        self._waiting: list[_Brought] = []
        self._queue = Lock()
        self._turn = Lock()
        self._unrolled: int | None = (
            None  # about so many calls wait to be rolled; others may have rolled them meanwhile
        )

    def record(self, calls: Sequence[Call], events: Sequence[UserEvent]) -> Recorded:
        """Keep them, on the disk before this returns; see the port."""
        check(calls, events)
        if not calls and not events:
            return Recorded(0, 0)
        all_of_it: list[Call | UserEvent] = [*calls, *events]
        judged = {of for one in all_of_it if (of := judged_by(one))}
        mine = _Brought(
            _first(self._secret, "call/", calls),
            _first(self._secret, "event/", events),
            len(all_of_it),
            self._known(judged) if judged else {},  # a call that is kept never changes, so that nobody waits for this
        )
        with self._queue:
            self._waiting.append(mine)
        with self._turn:
            if mine.done is None and mine.failed is None:
                self._write(self._taken(mine))
        if mine.failed is not None:
            raise mine.failed
        assert mine.done is not None  # noqa: S101 - whoever wrote it said so
        return mine.done

    def roll(self) -> int:
        """Bring all that waits into the rollups; the last number of the log that is in them then."""
        with self._store.writing() as connection:
            last = _last(connection)
            if last > rolled_up_to(connection):
                roll(connection, last)
        self._unrolled = None
        return last

    def _taken(self, mine: _Brought) -> list[_Brought]:
        """Mine, and as many of the others that wait as one transaction takes."""
        with self._queue:
            taken, size = [mine], mine.many
            for other in self._waiting:
                if other is not mine and size + other.many <= _TOGETHER:
                    taken.append(other)
                    size += other.many
            self._waiting = [b for b in self._waiting if not any(b is t for t in taken)]
        return taken

    def _write(self, brought: Sequence[_Brought]) -> None:
        """Keep what several threads brought: all of it, or nothing. Each learns what became of its own."""
        try:
            with self._store.writing() as connection:
                done = self._kept(connection, brought)
        except BaseException as error:
            self._unrolled = None
            for one in brought:
                one.failed = _again(error)
            return
        for one, recorded in zip(brought, done, strict=True):
            one.done = recorded

    def _kept(self, connection: Connection, brought: Sequence[_Brought]) -> list[Recorded]:
        known: set[bytes] = {
            bytes(id) for id in there(connection, call_ids.c.id, [id for b in brought for id in (*b.calls, *b.events)])
        }
        calls: dict[bytes, Call] = {}
        events: dict[bytes, UserEvent] = {}
        done = []
        for one in brought:
            before = len(calls) + len(events)
            calls = {**{id: call for id, call in one.calls.items() if id not in known}, **calls}
            events = {**{id: event for id, event in one.events.items() if id not in known}, **events}
            new = len(calls) + len(events) - before
            done.append(Recorded(new, one.many - new))
        if calls or events:
            self._add(connection, calls, events, {id: call for one in brought for id, call in one.judged.items()})
        return done

    def _add(
        self,
        connection: Connection,
        fresh: dict[bytes, Call],
        events: dict[bytes, UserEvent],
        judged: Mapping[str, Call],
    ) -> None:
        """Add to ids, log, systems, and, where enough wait, to the rollups."""
        seq = _last(connection) + 1
        rows, ids = _rows(fresh, seq)
        of_events, of_moves = seq + len(rows), seq + len(rows) + 1
        ids += [{"id": id, "hour": event.at // HOUR, "seq": of_events} for id, event in events.items()]
        moves = judging.settle(connection, self._secret, fresh, events, judged)
        judging.keep(connection, moves, of_moves)
        connection.execute(insert(call_ids), ids)
        if rows:
            connection.execute(insert(calls), rows)
        if events:
            of_each = ({**asdict(e), "seq": of_events, "judges": int(bool(judged_by(e)))} for e in events.values())
            connection.execute(insert(call_events), [*of_each])
        connection.execute(or_else(connection, call_systems, _wider), [*_systems([*fresh.values(), *events.values()])])
        if self._unrolled is None:
            self._unrolled = _waits(connection)
        self._unrolled += len(fresh) + len(events)
        if self._unrolled >= ROLL:
            roll(connection, of_moves)
            self._unrolled = 0


def _first(secret: Secret, kind: str, given: Sequence[Any]) -> dict[bytes, Any]:
    """By what is kept of their ids; of one id the first."""
    found: dict[bytes, Any] = {}
    for one in given:
        found.setdefault(secret.of_id(kind + one.id), one)
    return found


def _rows(fresh: dict[bytes, Call], seq: int) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Rows of the log: one a system and hour, or several where it would be too large; and rows of ids that say where each is."""
    groups: dict[tuple[str, int, bool], list[tuple[bytes, Call]]] = {}
    for id, call in fresh.items():
        groups.setdefault((call.system, call.at // HOUR, bool(judged_by(call))), []).append((id, call))
    rows: list[dict[str, Any]] = []
    ids: list[dict[str, Any]] = []
    for (system, hour, judges), all_of_it in groups.items():
        for part in _parts(all_of_it):
            arrived = max(call.arrived for _, call in part)
            key = {
                "seq": seq + len(rows),
                "system": system,
                "hour": hour * HOUR,
                "arrived": arrived,
                "judges": int(judges),
            }
            ids += [{"id": id, "hour": hour, "seq": key["seq"]} for id, _ in part]
            rows.append({**key, **packed_calls.packed([call for _, call in part])})
    return rows, ids


def _parts(given: Sequence[tuple[bytes, Call]]) -> Iterable[list[tuple[bytes, Call]]]:
    for part in batches(given, packed_calls.ROW):
        taken: list[tuple[bytes, Call]] = []
        size = 0
        for id, call in part:
            long = len(call.input) + len(call.output) + sum(map(len, call.sources))
            if taken and size + long > _ROW_BYTES:
                yield taken
                taken, size = [], 0
            taken.append((id, call))
            size += long
        yield taken


def _systems(fresh: Sequence[Call | UserEvent]) -> Iterable[dict[str, Any]]:
    """What is new of each system."""
    found: dict[str, dict[str, Any]] = {}
    for one in fresh:
        of = found.setdefault(one.system, {"system": one.system, "n": 0, "first": one.at, "last": one.at})
        of["n"] += isinstance(one, Call) and not judged_by(one)
        of["first"] = min(of["first"], one.at)
        of["last"] = max(of["last"], one.at)
    return found.values()


def _wider(new: Any, old: Any) -> dict[str, Any]:
    return {
        "n": old.n + new.n,
        "first": case((new.first < old.first, new.first), else_=old.first),
        "last": case((new.last > old.last, new.last), else_=old.last),
    }


def _last(connection: Connection) -> int:
    """The last number that was given. What left the log and the events is in the rollups: that number remains."""
    logs = (calls, call_events, call_moves)
    given = [connection.execute(select(func.max(table.c.seq))).scalar() or 0 for table in logs]
    return max(*given, rolled_up_to(connection))


def _waits(connection: Connection) -> int:
    """How many calls and events wait to be brought into the rollups."""
    after = rolled_up_to(connection)
    waiting = connection.execute(select(func.sum(calls.c.n)).where(calls.c.seq > after)).scalar() or 0
    events = select(func.count()).select_from(call_events).where(call_events.c.seq > after)
    return int(waiting) + int(connection.execute(events).scalar_one())


def _again(error: BaseException) -> BaseException:
    """The error for one more thread: each raises its own."""
    return type(error)(error.message, error.hint) if isinstance(error, CleanroomError) else error
