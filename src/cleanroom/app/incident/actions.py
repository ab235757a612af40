"""What is to be done so that it does not come back: who, until when, what shows that it was, and what is late."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from functools import partial

from cleanroom.app.alerts.read import systems_of
from cleanroom.app.incident.read import do, every, existing
from cleanroom.app.notify import tell
from cleanroom.app.room import Room
from cleanroom.core.alert import printable
from cleanroom.core.base import (
    DAY,
    SECOND,
    CleanroomError,
    Instant,
    Misuse,
    NotFound,
    Refused,
    after,
    digest_of,
    micros,
)
from cleanroom.core.facts import ActionAdded, ActionDone, ActionFiled, ActionMoved, Overdue
from cleanroom.core.facts.incidents import Work
from cleanroom.core.incident.categories import due
from cleanroom.core.incident.decide import ongoing
from cleanroom.core.incident.state import Action, Detected, Incident, base_of
from cleanroom.core.mistakes import did_you_mean
from cleanroom.core.reason import reason
from cleanroom.core.register import in_line
from cleanroom.ports.tracker import Filed, Filing, Tracker

AGAIN = 2 * DAY // SECOND
"""Seconds until the next in line hears of what is late."""

LAST_STEP = 5
"""How often it is told at most; then it stays on the page."""

_LONGEST = 500


def add(
    room: Room, id: str, what: str, work: Work, owner: str, due: Instant, *, required: bool
) -> tuple[Incident, str]:
    """Another action; the incident then, and the action's id. Raises Misuse for one without an owner, or due in the past."""
    what, owner = printable(what)[:_LONGEST], printable(owner)[:_LONGEST]
    now = room.clock.now()
    if not what or not owner:
        raise Misuse(
            "an action needs what is to be done, and an owner", '"..." --owner ana@shop.example --due 2026-12-01'
        )
    if micros(due) <= micros(now):
        raise Misuse(f"{due[:10]} has passed: nobody can do it by then", "--due DAY")
    named = ""

    def fact(found: Incident) -> ActionAdded:
        nonlocal named
        named = f"a{len(ongoing(found).actions) + 1}"
        return ActionAdded(id, named, what, work, owner, due, required, room.by, now)

    return do(room, id, fact), named


def move(room: Room, id: str, action: str, owner: str = "", due: Instant | None = None, because: str = "") -> Incident:
    """Another owner (who left, who is ill) or another day. Raises NotFound, Misuse without a reason."""
    why, owner = reason(because), printable(owner)[:_LONGEST]
    if not why or not (owner or due):
        raise Misuse("say who or until when instead, and why", "--owner PERSON or --due DAY, and --because TEXT")

    def fact(found: Incident) -> ActionMoved:
        now = _open(found, action)
        return ActionMoved(id, action, owner or now.owner, due or now.due, why, room.by, room.clock.now())

    return do(room, id, fact)


def finish(room: Room, id: str, action: str, evidence: str) -> Incident:
    """It was done, and that is what shows it. Raises Misuse without evidence."""
    shown = printable(evidence)[:_LONGEST]
    if not shown:
        raise Misuse("an action is closed with evidence", "--evidence: a change, a file, a digest or an address")
    return do(room, id, lambda f: ActionDone(id, _open(f, action).id, shown, room.by, room.clock.now()))


def file(room: Room, id: str, action: str, tracker: str = "") -> Filed:
    """Make an issue of it in a tracker of cleanroom.toml; twice is the same as once. What the tracker left out is said.

    Raises Misuse, NotFound, Outside.
    """
    place = _tracker(room, tracker)
    known = base_of(existing(room, id))
    found = _named(known, action)
    body = f"From incident {id}: {known.title}\n\nIt is done when there is evidence for it: {found.added.work}."
    filing = Filing(digest_of(found.added), found.added.what, body, found.owner, found.due)
    made = place.file(filing)
    fact = ActionFiled(id, action, place.name, made.ref, made.url, room.clock.now())
    do(room, id, partial(_unless_filed, fact))
    return made


def sync(room: Room) -> tuple[tuple[str, str, str], ...]:
    """Close what a tracker says is closed; (incident, action, what came of it). One that does not answer keeps no other."""
    done = []
    places = {t.name: t for t in room.trackers()}
    for known, action, filed in _filed(room):
        try:
            place = places.get(filed.tracker)
            if place is None:
                raise Misuse(f"there is no tracker {filed.tracker!r} in cleanroom.toml any more")
            state = place.state(filed.ref)
        except CleanroomError as error:
            done.append((known.id, action.id, error.message))
            continue
        if state.dropped:
            done.append((known.id, action.id, f"dropped in {filed.tracker}, and so not done: {filed.url}"))
        elif state.state == "closed":
            shown = f"closed in {filed.tracker}: {filed.url}"
            fact = ActionDone(known.id, action.id, shown, None, room.clock.now())
            with suppress(Refused):  # somebody closed it here meanwhile
                do(room, known.id, partial(_unless_done, fact))
                done.append((known.id, action.id, shown))
    return tuple(done)


def late(room: Room) -> tuple[tuple[str, str], ...]:
    """Tell whose actions and postmortems are overdue, then, each AGAIN, the next in line; (incident, what) for each told."""
    now, told = room.clock.now(), []
    for incident in every(room):
        known = base_of(incident)
        for what, by, owner, line in _lates(known):
            told_of = _told_of(known, what, by)
            step = len(told_of)
            if micros(now) <= micros(after(told_of[-1], AGAIN) if told_of else by) or step >= LAST_STEP:
                continue
            people = _next(room, known, owner, step)
            title = f"incident {known.id}: {line} was due on {by[:10]}"
            body = f"{known.title}\nOwner: {owner or 'nobody'}. Now told: {', '.join(people) or 'everybody'}."
            fact = Overdue(known.id, what, step + 1, people, now)
            # First the message, which goes out once whoever tells it: what is on record as told is not told again for days.
            tell(room, f"incident/{known.id}/{what}/{by}/{step}", None, title, body)
            do(room, known.id, partial(_unless_told, fact, by))
            told.append((known.id, what))
    return tuple(told)


def _unless_done(fact: ActionDone, incident: Incident) -> ActionDone:
    _open(incident, fact.action)
    return fact


def _unless_filed(fact: ActionFiled, incident: Incident) -> tuple[ActionFiled, ...]:
    filed = _named(base_of(incident), fact.action).filed
    return () if any((f.tracker, f.ref) == (fact.tracker, fact.ref) for f in filed) else (fact,)


def _told_of(known: Detected, what: str, by: Instant) -> list[Instant]:
    """When it was told since that day has passed: another day begins anew."""
    return [o.at for o in known.overdue if o.what == what and micros(o.at) > micros(by)]


def _unless_told(fact: Overdue, by: Instant, incident: Incident) -> tuple[Overdue, ...]:
    """Another process may have told it at the same moment."""
    return (fact,) if len(_told_of(base_of(incident), fact.what, by)) < fact.step else ()


def _lates(known: Detected) -> Iterator[tuple[str, Instant, str, str]]:
    for action in known.open_actions:
        yield action.id, action.due, action.owner, f"'{action.added.what[:80]}'"
    if known.postmortem is None:
        yield "postmortem", postmortem_due(known), known.lead.person if known.lead else "", "its postmortem"


def postmortem_due(known: Detected) -> Instant:
    """By when the write-up is promised, from the detection on."""
    return due(known.category, known.opened.detected)


def _next(room: Room, known: Detected, owner: str, step: int) -> tuple[str, ...]:
    """The owner first, then whoever is in line for the system; everybody at last."""
    line = [owner] if owner else []
    for system in systems_of(room.project):
        if system.name in known.systems:
            line += [p for p in (*system.owners, *in_line(system, room.clock.now())) if p not in line]
    return (line[step],) if step < len(line) else ()


def _filed(room: Room) -> Iterator[tuple[Detected, Action, ActionFiled]]:
    for incident in every(room):
        known = base_of(incident)
        for action in known.open_actions:
            for filed in action.filed:
                yield known, action, filed


def _tracker(room: Room, name: str) -> Tracker:
    found = room.trackers()
    fit = [t for t in found if name in ("", t.name)]
    if fit:
        return fit[0]
    known = ", ".join(t.name for t in found) or "none yet"
    raise Misuse(f"there is no tracker {name!r}" if name else "there is no tracker", f"cleanroom.toml has: {known}.")


def _open(incident: Incident, action: str) -> Action:
    found = _named(base_of(incident), action)
    if found.done is not None:
        raise Refused(f"action {action} is done since {found.done.at}: {found.done.evidence}")
    return found


def _named(known: Detected, action: str) -> Action:
    found = known.action(action)
    if found is None:
        hint = did_you_mean(action, [a.id for a in known.actions])
        raise NotFound(
            f"incident {known.id} has no action {action!r:.40}", hint or "cleanroom incident show lists them."
        )
    return found
