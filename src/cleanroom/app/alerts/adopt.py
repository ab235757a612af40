"""Is the list of work there? A copy of a store has the ledger alone: the list is made again from that."""

from __future__ import annotations

from weakref import WeakSet

from cleanroom.app.alerts.read import find, row_of
from cleanroom.app.room import Room
from cleanroom.core.alert import identity
from cleanroom.core.alerts.grouping import Member
from cleanroom.core.alerts.state import Open, Resolved, base_of, subject_of
from cleanroom.ports.alarms import Alarms

_FILLED: WeakSet[Alarms] = WeakSet()
"""Lists of work that are not empty: they are no copies, and are not asked again."""


def adopt(room: Room) -> None:
    """A store whose list of work is empty, and whose ledger has alerts, is a copy: the list is made again from the ledger."""
    if room.alarms in _FILLED:
        return
    if room.alarms.rows(("open", "acknowledged", "resolved"), limit=1):
        _FILLED.add(room.alarms)
        return
    prefix = subject_of("")
    found = [find(room, s.removeprefix(prefix)) for s in room.store.subjects("alert_opened")]
    alerts = [a for a in found if a is not None]
    if alerts:
        members = [m for a in alerts if not isinstance(a, Resolved) for m in _members(base_of(a))]
        room.alarms.adopt([row_of(a) for a in alerts], members)


def _members(alert: Open) -> list[Member]:
    """Those that the ledger has in words. What else it counted is said again by whoever watches."""
    at = alert.opened
    keys = [identity(s.name, s.system, s.about) for s in alert.signals]
    return [
        Member(0, key, signal, at, at, 1, alert.id, heard=True) for key, signal in zip(keys, alert.signals, strict=True)
    ]
