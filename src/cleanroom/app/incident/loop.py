"""Do failures make it stronger? Repeats of one cause, and what each incident left behind: cases, monitors, docs, lead."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import takewhile
from weakref import WeakKeyDictionary

from cleanroom.app.alerts.read import find as find_alert
from cleanroom.app.folding import grown
from cleanroom.app.incident.read import every, existing
from cleanroom.app.room import Room
from cleanroom.core.alert import Signal
from cleanroom.core.alerts.state import base_of as alert_base
from cleanroom.core.alerts.state import subject_of as subject_of_alert
from cleanroom.core.base import Instant, noun
from cleanroom.core.facts.incidents import Category
from cleanroom.core.incident.clocks import Clocks, clocks
from cleanroom.core.incident.similar import Evidence, Repeat, Seen, evidence, repeats, repeats_of_all
from cleanroom.core.incident.state import Closed, Detected, Incident, base_of, state_of
from cleanroom.ports.store import Store

_ALERTS = 10
_KNOWN: WeakKeyDictionary[Store, tuple[int, Mapping[str, Seen]]] = WeakKeyDictionary()
"""How many entries were read, and each incident with what it is known by."""

_FOUND: WeakKeyDictionary[Store, tuple[Mapping[str, Seen], Mapping[str, tuple[Repeat, ...]]]] = WeakKeyDictionary()
"""What was compared last, and the repeats of each."""


@noun
class Added:
    """What an incident left behind. `lead`: microseconds by which the next one like it would be found earlier; 0: not proven."""

    cases: int = 0
    monitors: int = 0
    fixes: int = 0
    docs: int = 0
    lead: int = 0


@noun
class Turn:
    """One incident in the loop: how it stands, how long it took, what it added, and which earlier ones it repeats."""

    id: str
    title: str
    state: str
    category: Category | None
    opened: Instant
    clocks: Clocks
    added: Added
    repeats: tuple[Repeat, ...]


@noun
class Loop:
    """All turns, newest first, and what they add up to. `recurring`: how many of them repeat an earlier one."""

    turns: tuple[Turn, ...]
    added: Added
    recurring: int
    unproven: int


def loop(room: Room) -> Loop:
    """Every incident, and what all of them together left behind."""
    incidents = every(room)
    again = _repeats(room, _seen(room, incidents))
    found = tuple(_turn(i, again[base_of(i).id]) for i in incidents)
    total = [t.added for t in found]
    summed = Added(
        sum(a.cases for a in total),
        sum(a.monitors for a in total),
        sum(a.fixes for a in total),
        sum(a.docs for a in total),
        sum(a.lead for a in total),
    )
    waived = sum(isinstance(i, Closed) and i.closed.how == "waived" for i in incidents)
    return Loop(found, summed, sum(bool(t.repeats) for t in found), waived)


def repeats_of(room: Room, id: str) -> tuple[Repeat, ...]:
    """The earlier incidents of the same cause, the most alike first."""
    known = base_of(existing(room, id))
    seen = _seen(room, every(room))
    return repeats(seen[known.id][1], takewhile(lambda other: other[0].id != known.id, seen.values()))


def times(found: tuple[Repeat, ...]) -> str:
    """Said plainly: '' for the first time."""
    if not found:
        return ""
    ordinal = {1: "second", 2: "third", 3: "fourth", 4: "fifth"}.get(len(found), f"{len(found) + 1}th")
    first = min(found, key=lambda r: (len(r.id), r.id))
    return f"this is the {ordinal} time since incident {first.id}: {first.title}"


def added(known: Detected) -> Added:
    """What this one left behind: only what was shown counts."""
    done = [a.added.work for a in known.actions if a.done is not None]
    proof = known.proof
    return Added(
        int(proof is not None) + max(0, done.count("case") - 1),
        int(proof is not None) + max(0, done.count("monitor") - 1),
        int(proof is not None),
        done.count("docs"),
        proof.earlier.lead if proof is not None else 0,
    )


def _turn(incident: Incident, again: tuple[Repeat, ...]) -> Turn:
    known = base_of(incident)
    return Turn(
        known.id, known.title, state_of(incident), known.category, known.opened.at, clocks(incident), added(known), again,
    )  # fmt: skip


def _seen(room: Room, incidents: Collection[Incident]) -> dict[str, Seen]:
    """Each by its id, oldest first, with what it is known by. `incidents`: newest first."""
    size = room.store.size()  # asked first: what comes while we read is read again the next time
    before, known = _KNOWN.get(room.store, (-1, {}))
    new = grown(room.store, before, size)
    now = {k.id: (k, _evidence(room, k, known.get(k.id), new)) for k in reversed([base_of(i) for i in incidents])}
    _KNOWN[room.store] = size, now
    return now


def _repeats(room: Room, seen: dict[str, Seen]) -> Mapping[str, tuple[Repeat, ...]]:
    """The repeats of each, by its id. Only what differs since the last look is compared."""
    found = repeats_of_all(tuple(seen.values()), *_FOUND.get(room.store, ({}, {})))
    _FOUND[room.store] = seen, found
    return found


def _evidence(room: Room, known: Detected, before: Seen | None, new: Collection[str] | None) -> Evidence:
    """What it is known by: as before, unless something came of it, or of its alerts."""
    alerts = known.alerts[:_ALERTS]
    if new is None or before is None or before[0].version != known.version:
        return evidence(known, tuple(_signals(room, alerts)))
    grew = any(subject_of_alert(id) in new for id in alerts)
    return evidence(known, tuple(_signals(room, alerts))) if grew else before[1]


def _signals(room: Room, alerts: Iterable[str]) -> Iterator[Signal]:
    for id in alerts:
        alert = find_alert(room, id)
        if alert is not None:
            yield from alert_base(alert).signals
