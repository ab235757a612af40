"""How long until alerts about a system were found, and until they were over? MTTD and MTTR, read off the ledger's alerts."""

from __future__ import annotations

from dataclasses import dataclass
from weakref import WeakKeyDictionary

from cleanroom.app.room import Room
from cleanroom.core.alerts.state import Alert, Resolved, alert_of, base_of
from cleanroom.core.base import HOUR, micros
from cleanroom.core.slo import Delay, Slo
from cleanroom.core.slo_status import Tally
from cleanroom.ports.store import Store

_OVER: WeakKeyDictionary[Store, dict[str, Alert]] = WeakKeyDictionary()
"""Alerts that are over do not change any more."""


@dataclass(frozen=True, slots=True)
class Delays:
    """`tally`: alerts whose delay can be told, and those that took too long; `mean`: of their hours, None without any."""

    tally: Tally
    mean: float | None
    undecided: int


def delays(room: Room, slo: Slo, indicator: Delay, since: int, until: int) -> Delays:
    """Of the alerts about the system that were opened in that time.

    Found: from when the first of its signals says that it began, until it was opened. Over: from when it was opened until it
    was resolved; one that lasts longer than promised counts as bad already, one that does not is left out until it is over.
    """
    hours: list[float] = []
    undecided = 0
    for alert in _alerts(room):
        base = base_of(alert)
        opened = micros(base.opened)
        if base.system != slo.system or not since <= opened <= until:
            continue
        if indicator.what == "detect":
            hours.append((opened - min((micros(s.since) for s in base.signals), default=opened)) / HOUR)
        elif isinstance(alert, Resolved):
            hours.append((micros(alert.at) - opened) / HOUR)
        elif until - opened > indicator.hours * HOUR:
            hours.append((until - opened) / HOUR)
        else:
            undecided += 1
    late = float(sum(h > indicator.hours for h in hours))
    mean = sum(hours) / len(hours) if hours else None
    return Delays(Tally(len(hours), late, late, late), mean, undecided)


def _alerts(room: Room) -> list[Alert]:
    known = _OVER.setdefault(room.store, {})
    found = []
    for subject in room.store.subjects("alert_opened"):
        alert = known.get(subject) or alert_of(room.store.history(subject))
        if alert is None:
            continue
        if isinstance(alert, Resolved):
            known[subject] = alert
        found.append(alert)
    return found
