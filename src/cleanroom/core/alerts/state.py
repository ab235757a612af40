"""Where does an alert stand? One of three states, folded from what the ledger has under `alert/<id>`.

That nobody is told because of a silence is no state: it depends on the hour, and ends by itself (core/alerts/silence.py).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from cleanroom.core.alert import Level, Signal
from cleanroom.core.alerts.grouping import State
from cleanroom.core.base import Instant, noun
from cleanroom.core.facts import (
    AlertAcknowledged,
    AlertActed,
    AlertEscalated,
    AlertGrew,
    AlertOpened,
    AlertResolved,
    By,
)
from cleanroom.core.facts.alerts import Cause
from cleanroom.core.ledger import LedgerEntry

KEPT = 20
"""Signals that an entry of the ledger holds in words; it counts the others."""

UNTOLD = -1
"""The step of an alert that nobody was told of yet: it is silenced, or waits for its turn in a storm."""


@noun
class Open:
    """Nobody is on it yet. `step`: how far it was escalated; `told`: when; `to`: whom last. `version`: of its last entry.

    `signals`: the first of `count`. `acted`: what was done by itself.
    """

    id: str
    system: str
    level: Level
    signals: tuple[Signal, ...]
    count: int
    causes: tuple[Cause, ...]
    opened: Instant
    version: int
    step: int = UNTOLD
    told: Instant | None = None
    to: tuple[str, ...] = ()
    acted: tuple[AlertActed, ...] = ()


@noun
class Acknowledged:
    """Somebody is on it. `because`: what they said."""

    alert: Open
    by: By
    because: str
    at: Instant


@noun
class Resolved:
    """It is over. `by`: None where its signals had ended; `acknowledged`: when somebody was on it, None where nobody was."""

    alert: Open
    by: By | None
    because: str
    at: Instant
    acknowledged: Instant | None = None


Alert = Open | Acknowledged | Resolved

STATES: dict[type, State] = {Open: "open", Acknowledged: "acknowledged", Resolved: "resolved"}
"""The names of the states, as they are written everywhere."""


def subject_of(id: str) -> str:
    """The ledger's subject of an alert."""
    return f"alert/{id}"


def base_of(alert: Alert) -> Open:
    """What it was opened as and what became of it, whatever its state."""
    return alert if isinstance(alert, Open) else alert.alert


def state_of(alert: Alert) -> State:
    """The name of its state."""
    return STATES[type(alert)]


def alert_of(entries: Iterable[LedgerEntry]) -> Alert | None:
    """The alert after the entries of its subject, oldest first; None where there is none."""
    found: Alert | None = None
    for entry in entries:
        found = _next(found, entry)
    return found


def _next(now: Alert | None, entry: LedgerEntry) -> Alert | None:
    """A fact that does not fit where the alert stands changes nothing but the version."""
    match now, entry.fact:
        case None, AlertOpened() as opened:
            return _opened(opened, entry.version)
        case None, _:
            return None
        case Resolved() as over, _:
            return replace(over, alert=replace(over.alert, version=entry.version))
        case Acknowledged() as seen, _:
            return _acknowledged(replace(seen, alert=replace(seen.alert, version=entry.version)), entry)
        case Open() as opened, _:
            return _open(replace(opened, version=entry.version), entry)
    return now


def _opened(fact: AlertOpened, version: int) -> Open:
    return Open(fact.alert, fact.system, fact.level, fact.signals, fact.count, fact.causes, fact.at, version)


def _open(now: Open, entry: LedgerEntry) -> Alert:
    match entry.fact:
        case AlertGrew(signals=signals, count=count):
            return replace(now, signals=(*now.signals, *signals)[:KEPT], count=now.count + count)
        case AlertEscalated(step=step, to=to, at=at) if step == now.step + 1:
            return replace(now, step=step, to=to, told=at)
        case AlertActed() as acted:
            return replace(now, acted=(*now.acted, acted))
        case AlertAcknowledged(by=by, because=because, at=at):
            return Acknowledged(now, by, because, at)
        case AlertResolved(by=who, because=because, at=at):
            return Resolved(now, who, because, at)
        case _:
            return now


def _acknowledged(now: Acknowledged, entry: LedgerEntry) -> Alert:
    match entry.fact:
        case AlertActed() as acted:
            return replace(now, alert=replace(now.alert, acted=(*now.alert.acted, acted)))
        case AlertResolved(by=who, because=because, at=at):
            return Resolved(now.alert, who, because, at, acknowledged=now.at)
        case _:
            return now
