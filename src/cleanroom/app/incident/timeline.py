"""What happened around an incident? The ledger from six hours before it began, what calls say, and people in between."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from cleanroom.app.alerts.read import systems_of
from cleanroom.app.alerts.why import owners_of
from cleanroom.app.incident.came import came
from cleanroom.app.incident.read import existing
from cleanroom.app.rollout.read import find
from cleanroom.app.room import Room
from cleanroom.core.alerts.causes import HOURS
from cleanroom.core.alerts.state import subject_of as alert_subject
from cleanroom.core.base import HOUR, CleanroomError, Instant, instant, micros
from cleanroom.core.facts import IncidentClosed, IncidentContained
from cleanroom.core.incident.state import Closed, Detected, base_of, subject_of
from cleanroom.core.incident.telling import of_alert, of_incident, of_others
from cleanroom.core.incident.timeline import MOST, Moment, Told, assemble
from cleanroom.core.ledger import LedgerEntry
from cleanroom.core.progress.state import start_of

SHOWN_ALERTS = 10
"""Alerts that are told one by one; the others are counted where they joined."""

BEFORE, AFTER = 20_000, 20_000
"""Entries of the ledger that are looked through for what happened around it: at most before its opening, at most after it."""

_PAGE = 500


def timeline(room: Room, id: str, most: int | None = MOST) -> tuple[Moment, ...]:
    """The most important moments in order, and one that counts the others; with None all of them. Raises NotFound."""
    incident = existing(room, id)
    known, now = base_of(incident), room.clock.now()
    own = room.store.history(subject_of(id))
    alerts = [room.store.history(alert_subject(a)) for a in known.alerts[:SHOWN_ALERTS]]
    acts = {(e.fact.act, e.fact.target, e.fact.at) for e in own if isinstance(e.fact, IncidentContained)}
    told: list[Told] = [*of_incident(own, known)]
    for entries in alerts:
        told += of_alert(entries, acts)
    closed = [e for e in own if isinstance(e.fact, IncidentClosed)] if isinstance(incident, Closed) else []
    end = closed[-1].index if closed else room.store.size() - 1
    opened = own[0].index
    around = [*_before(room, opened, _earliest(known)), *room.store.entries(opened, max(0, min(AFTER, end - opened)))]
    seen = {e.index for entries in (own, *alerts) for e in entries}
    told += of_others(around, known.systems, _owners(room, around), seen)
    told += came(room, known.systems, _earliest(known), closed[-1].fact.at if closed else now)
    found = assemble(told, now, len(told) if most is None else most)
    return found if end - opened <= AFTER else (*found, _cut(found[-1], opened + AFTER, end))


def _cut(last: Moment, index: int, end: int) -> Moment:
    """The line that says where the look at the ledger ended: nobody should take what is missing for what did not happen."""
    what = f"the ledger was looked through up to entry {index:,}; {end - index:,} further left out"
    return replace(last, index=index, who="", what=what, kind="more", subject="", skewed="", count=end - index, step="")


def _earliest(known: Detected) -> Instant:
    """From when on what changed may be why."""
    begin = min(micros(s) for s in (known.opened.detected, *((known.began.at,) if known.began else ())))
    return instant(max(0, begin - HOURS * HOUR))


def _before(room: Room, opened: int, earliest: Instant) -> list[LedgerEntry]:
    found: list[LedgerEntry] = []
    begin = opened
    while begin > 0 and opened - begin < BEFORE and not (found and found[0].fact.at < earliest):
        start = max(begin - _PAGE, 0)
        found[:0] = room.store.entries(start - 1, begin - start)
        begin = start
    return [e for e in found if e.fact.at >= earliest]


def _owners(room: Room, entries: Iterable[LedgerEntry]) -> dict[str, str]:
    """To which system a flag, a change or a sensor belongs, as far as that is known."""
    known = owners_of(systems_of(room.project))
    for kind, _, name in {e.subject.partition("/") for e in entries}:
        rollout = find(room, name) if kind in ("change", "rollout") and name not in known else None
        if rollout is not None and start_of(rollout).flag in known:
            known[name] = known[start_of(rollout).flag]
    try:
        sensors = room.project.sensors()
    except CleanroomError:  # what cannot be read keeps no timeline from being read
        sensors = ()
    return {**known, **{f"sensor/{s.name}": s.system for s in sensors if s.system}}
