"""The Alarms port over the tables alerts and alert_signals."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Row,
    Text,
    bindparam,
    case,
    delete,
    func,
    insert,
    select,
    update,
)

from cleanroom.adapters.sqlstore.batches import batches
from cleanroom.adapters.sqlstore.store import SqlStore
from cleanroom.adapters.sqlstore.tables import alert_signals, alerts
from cleanroom.core.alert import Signal
from cleanroom.core.alerts.decide import Tally
from cleanroom.core.alerts.grouping import Grouped, Look, Member, State, Taken, grouped, keys_of, regrouped
from cleanroom.core.alerts.grouping import Row as Alert
from cleanroom.core.base import Instant, is_valid

_DUE = select(alerts).where(alerts.c.due <= bindparam("now"))
_ROW = select(alerts).where(alerts.c.id == bindparam("id"))
_TOLD = select(func.count()).select_from(alerts).where(alerts.c.told >= bindparam("since"), alerts.c.tells > 0)
_DUE = _DUE.order_by((alerts.c.level != "critical"), alerts.c.opened, alerts.c.id).limit(bindparam("most"))

_UNMOVED = alerts.c.stamp == bindparam("_stamp", type_=BigInteger)
_LOOKED = update(alerts).where(alerts.c.id == bindparam("_id"))
_LOOKED = _LOOKED.values(
    state=bindparam("_state"),
    due=case((_UNMOVED, bindparam("_due", type_=Text)), else_=alerts.c.due),
    told=bindparam("_told"),
    tells=bindparam("_tells"),
)
_MINE = alert_signals.c.alert == bindparam("_id")
_HEARD = update(alert_signals).where(
    _MINE, alert_signals.c.heard.is_(False), alert_signals.c.seq <= bindparam("_heard")
)
_HEARD = _HEARD.values(heard=True)
_OVER = update(alert_signals).where(_MINE, alert_signals.c.live).values(live=False)


class SqlAlarms:
    """The alarms beside the ledger of `store`."""

    def __init__(self, store: SqlStore) -> None:
        self._store = store

    def take(self, signals: Sequence[Signal], now: Instant) -> Taken:
        """Keep what is new, count what is said again, note what has ended: in one transaction."""
        if not signals:
            return Taken()
        systems = list(dict.fromkeys(s.system for s in signals))
        with self._store.writing() as connection:
            living = _members(connection, alert_signals.c.key, keys_of(signals), alert_signals.c.live)
            rows = _alerts(connection, alerts.c.system, systems, alerts.c.state == "open")
            rows |= _alerts(connection, alerts.c.id, list({m.alert for m in living} - rows.keys()))
            done = grouped(signals, living, rows.values(), _next_seq(connection), now)
            _keep(connection, done, {m.seq for m in living}, rows.keys())
        return done.taken

    def due(self, now: Instant, limit: int = 200) -> tuple[Alert, ...]:
        """Alerts that have to be looked at, the graver ones first, then the oldest."""
        return tuple(Alert(*row) for row in self._store.rows(_DUE, now=now, most=limit))

    def looked(self, looks: Sequence[Look]) -> None:
        """Remember what looks found."""
        if not looks:
            return
        values = [
            {
                "_id": x.row.id,
                "_stamp": x.row.stamp,
                "_due": x.due,
                "_state": x.state,
                "_told": x.told,
                "_tells": x.tells,
            }
            for x in looks
        ]
        heard = [{"_id": x.row.id, "_heard": x.heard} for x in looks if x.heard >= 0]
        over = [{"_id": x.row.id} for x in looks if x.state == "resolved"]
        with self._store.writing() as connection:
            connection.execute(_LOOKED, values)
            for statement, rows in ((_HEARD, heard), (_OVER, over)):
                if rows:
                    connection.execute(statement, rows)

    def move(self, id: str, now: Instant) -> int:
        """Give the members that the ledger has not heard of to the open alert of their system, or a new one."""
        late = (alert_signals.c.alert == id, alert_signals.c.heard.is_(False))
        with self._store.writing() as connection:
            rows = connection.execute(select(alert_signals).where(*late).order_by(alert_signals.c.seq))
            members = [_member(row) for row in rows]
            systems = list({m.signal.system for m in members})
            there = _alerts(connection, alerts.c.system, systems, alerts.c.state == "open")
            there.pop(id, None)
            done = regrouped(members, there.values(), now)
            _keep(connection, done, {m.seq for m in members}, there.keys())
        return done.taken.new

    def wake(self, now: Instant) -> None:
        """Have every alert that is not resolved looked at."""
        with self._store.writing() as connection:
            waiting = update(alerts).where(alerts.c.state != "resolved")
            connection.execute(waiting.values(due=now, stamp=alerts.c.stamp + 1))

    def row(self, id: str) -> Alert | None:
        """One alert; None where there is none."""
        if not is_valid(id):
            return None
        rows = self._store.rows(_ROW, id=id)
        return Alert(*rows[0]) if rows else None

    def rows(self, states: Sequence[State], system: str | None = None, limit: int = 100) -> tuple[Alert, ...]:
        """Alerts in any of these states, newest first."""
        if not is_valid(system):
            return ()
        wanted = select(alerts).where(alerts.c.state.in_(states)).order_by(alerts.c.opened.desc(), alerts.c.id.desc())
        wanted = wanted if system is None else wanted.where(alerts.c.system == system)
        with self._store.reading() as connection:
            return tuple(Alert(*row) for row in connection.execute(wanted.limit(limit)))

    def members(self, id: str, *, unheard: bool = False, limit: int = 100_000) -> tuple[Member, ...]:
        """The members of an alert in the order in which they came."""
        if not is_valid(id):
            return ()
        wanted = select(alert_signals).where(alert_signals.c.alert == id).order_by(alert_signals.c.seq).limit(limit)
        wanted = wanted.where(alert_signals.c.heard.is_(False)) if unheard else wanted
        with self._store.reading() as connection:
            return tuple(_member(row) for row in connection.execute(wanted))

    def tally(self, id: str) -> Tally:
        """What the members of an alert do."""
        of = alert_signals.c
        counts = (
            func.count(),
            func.count().filter(of.ended.is_(None)),
            func.count().filter(of.heard.is_(False)),
            func.max(of.ended),
        )
        with self._store.reading() as connection:
            return Tally(*connection.execute(select(*counts).where(of.alert == id)).one())

    def told_since(self, moment: Instant) -> int:
        """How many alerts were told at or after that moment."""
        return int(self._store.rows(_TOLD, since=moment)[0][0])

    def adopt(self, rows: Sequence[Alert], members: Sequence[Member]) -> None:
        """Keep alerts that the ledger has and this does not."""
        with self._store.writing() as connection:
            there = _alerts(connection, alerts.c.id, [row.id for row in rows])
            new = [row for row in rows if row.id not in there]
            first, ids = _next_seq(connection), {row.id for row in new}
            mine = [m for m in members if m.alert in ids]
            if new:
                connection.execute(insert(alerts), [_alert_values(row) for row in new])
            if mine:
                values = [_values(m) | {"seq": seq} for seq, m in enumerate(mine, start=first)]
                connection.execute(insert(alert_signals), values)

    def forget(self, before: Instant) -> int:
        """Drop the members of alerts that were resolved and that opened before that moment."""
        old = select(alerts.c.id).where(alerts.c.state == "resolved", alerts.c.opened < before)
        with self._store.writing() as connection:
            return connection.execute(delete(alert_signals).where(alert_signals.c.alert.in_(old))).rowcount


def _keep(connection: Connection, done: Grouped, members: Iterable[int], rows: Iterable[str]) -> None:
    """Insert what is new, change what was there."""
    there, known = set(members), set(rows)
    new = [_values(m) for m in done.members if m.seq not in there]
    changed = [_values(m) | {"_seq": m.seq} for m in done.members if m.seq in there]
    if fresh := [_alert_values(r) for r in done.rows if r.id not in known]:
        connection.execute(insert(alerts), fresh)
    if moved := [_alert_values(r) | {"_id": r.id} for r in done.rows if r.id in known]:
        connection.execute(update(alerts).where(alerts.c.id == bindparam("_id")), moved)
    if new:
        connection.execute(insert(alert_signals), new)
    if changed:
        connection.execute(update(alert_signals).where(alert_signals.c.seq == bindparam("_seq")), changed)


def _next_seq(connection: Connection) -> int:
    return int(connection.execute(select(func.coalesce(func.max(alert_signals.c.seq), -1))).scalar_one()) + 1


def _members(
    connection: Connection, column: ColumnElement[Any], values: Sequence[str], *more: ColumnElement[bool]
) -> list[Member]:
    wanted = select(alert_signals).where(*more)
    return [_member(row) for part in batches(values) for row in connection.execute(wanted.where(column.in_(part)))]


def _alerts(
    connection: Connection, column: ColumnElement[Any], values: Sequence[str], *more: ColumnElement[bool]
) -> dict[str, Alert]:
    wanted = select(alerts).where(*more)
    found = (Alert(*row) for part in batches(values) for row in connection.execute(wanted.where(column.in_(part))))
    return {alert.id: alert for alert in found}


def _alert_values(row: Alert) -> dict[str, Any]:
    return {name: getattr(row, name) for name in alerts.c.keys()}  # noqa: SIM118 - columns, no dict


def _values(member: Member) -> dict[str, Any]:
    said = member.signal
    return {
        "seq": member.seq,
        "key": member.key,
        "name": said.name,
        "system": said.system,
        "level": said.level,
        "about": said.about,
        "what": said.what,
        "since": said.since,
        "seen": said.seen,
        "evidence": json.dumps(said.evidence, ensure_ascii=False),
        "runbook": said.runbook,
        "first": member.first,
        "last": member.last,
        "n": member.n,
        "alert": member.alert,
        "ended": member.ended,
        "heard": member.heard,
        "live": member.live,
    }


def _member(row: Row[Any]) -> Member:
    evidence = tuple(map(str, json.loads(row.evidence)))
    said = Signal(row.name, row.system, row.level, row.about, row.what, row.since, row.seen, evidence, row.runbook)
    return Member(row.seq, row.key, said, row.first, row.last, row.n, row.alert, row.ended, row.heard, row.live)
