"""Which alerts are there, and where do they stand? Which silences hold?"""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase

from cleanroom.app.folding import Folded
from cleanroom.app.room import Room
from cleanroom.core.alerts.grouping import Member, Row, State
from cleanroom.core.alerts.silence import SUBJECT, Silence, lasts, silenced, silences_of
from cleanroom.core.alerts.state import Alert, Open, alert_of, base_of, state_of, subject_of
from cleanroom.core.base import CleanroomError, NotFound, noun
from cleanroom.core.ledger import LedgerEntry, can_be_kept
from cleanroom.core.mistakes import did_you_mean
from cleanroom.core.register import System
from cleanroom.ports.project import Project

UNANSWERED: tuple[State, ...] = ("open", "acknowledged")
EVERY: tuple[State, ...] = ("open", "acknowledged", "resolved")

_SILENCES: Folded[tuple[LedgerEntry, ...]] = Folded()


@noun
class Shown:
    """An alert as it stands, what its signals say now (the first of `count`), and the silence that keeps it quiet."""

    alert: Alert
    members: tuple[Member, ...]
    count: int
    going_on: int
    silence: Silence | None


def find(room: Room, id: str) -> Alert | None:
    """The alert as the ledger has it; None where there is none."""
    return alert_of(room.store.history(subject_of(id))) if can_be_kept(subject_of(id)) else None


def existing(room: Room, id: str) -> Alert:
    """The alert of that id. Raises NotFound."""
    found = find(room, id)
    if found is None:
        known = (row.id for row in room.alarms.rows(UNANSWERED))
        raise NotFound(f"there is no alert {id!r:.60}", did_you_mean(id, known) or "cleanroom alert list shows them.")
    return found


def one(room: Room, id: str, limit: int = 100) -> Shown:
    """The alert of that id, with its first `limit` signals. Raises NotFound."""
    return _shown(room, existing(room, id), limit, holding(room))


def every(
    room: Room, states: Sequence[State] = UNANSWERED, system: str | None = None, limit: int = 100
) -> tuple[Shown, ...]:
    """Alerts in any of these states, those that nobody answered first, then the newest; each with its first signals."""
    found = (find(room, row.id) for row in room.alarms.rows(states, system, limit))
    # What was just opened may not be in the ledger yet; what was just answered may not be on the list of work.
    quiet = holding(room)
    shown = [_shown(room, a, 5, quiet) for a in found if a is not None and state_of(a) in states]
    return tuple(sorted(shown, key=lambda s: not isinstance(s.alert, Open)))


def silences(room: Room) -> tuple[Silence, ...]:
    """All silences that were ever made, oldest first."""
    return silences_of(_SILENCES.of(room.store, SUBJECT, lambda new, found: (*(found or ()), *new)))


def holding(room: Room) -> tuple[Silence, ...]:
    """The silences that hold now."""
    now = room.clock.now()
    return tuple(s for s in silences(room) if lasts(s, now))


def systems_of(project: Project) -> tuple[System, ...]:
    """The register; nothing where it cannot be read: an alert goes out also then."""
    try:
        return tuple(project.systems())
    except CleanroomError:
        return ()


def quieted(room: Room, id: str, system: str, silences: Sequence[Silence]) -> Silence | None:
    """The silence that keeps an alert of that system quiet: one or several that match every signal of it which goes on."""
    of_system = [s for s in silences if fnmatchcase(system, s.matching.system)]
    if not of_system:
        return None
    members = room.alarms.members(id)
    going_on = [m.signal for m in members if m.ended is None] or [m.signal for m in members]
    return silenced(going_on, of_system, room.clock.now()) if going_on else None


def _shown(room: Room, alert: Alert, limit: int, silences: Sequence[Silence]) -> Shown:
    base = base_of(alert)
    members, tally = room.alarms.members(base.id, limit=limit), room.alarms.tally(base.id)
    silence = quieted(room, base.id, base.system, silences) if isinstance(alert, Open) else None
    return Shown(alert, members, max(tally.count, base.count), tally.going_on, silence)


def row_of(alert: Alert) -> Row:
    """As the list of work has it, made from the ledger."""
    base, state = base_of(alert), state_of(alert)
    due = None if state == "resolved" else base.opened
    return Row(base.id, base.system, base.level, state, base.opened, due, base.told or base.opened, base.step + 1)
