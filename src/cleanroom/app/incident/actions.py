"""What is to be done so that it does not come back: who, until when, what shows that it was, and what is late."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from cleanroom.app.alerts.read import systems_of
from cleanroom.app.incident import issues
from cleanroom.app.incident.read import do, every
from cleanroom.app.notify import tell
from cleanroom.app.room import Room
from cleanroom.core.alert import printable
from cleanroom.core.base import (
    DAY,
    SECOND,
    Instant,
    Misuse,
    after,
    micros,
)
from cleanroom.core.facts import ActionAdded, ActionDone, ActionMoved, Overdue
from cleanroom.core.facts.incidents import Work
from cleanroom.core.incident.categories import due
from cleanroom.core.incident.decide import action_of, ongoing, open_action
from cleanroom.core.incident.state import Detected, Incident, base_of
from cleanroom.core.policy import same
from cleanroom.core.reason import reason
from cleanroom.core.register import in_line
from cleanroom.ports.tracker import Revision

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


def move(
    room: Room, id: str, action: str, owner: str = "", due: Instant | None = None, because: str = ""
) -> tuple[Incident, tuple[str, ...]]:
    """Another owner (who left, who is ill) or another day; the incident then, and what a tracker it is filed in did not take
    of that. The reason stays here: a tracker may be public. Raises NotFound, Misuse without a reason.
    """
    why, owner = reason(because), printable(owner)[:_LONGEST]
    if not why or not (owner or due):
        raise Misuse("say who or until when instead, and why", "--owner PERSON or --due DAY, and --because TEXT")

    def fact(found: Incident) -> ActionMoved:
        now = open_action(found, action)
        return ActionMoved(id, action, owner or now.owner, due or now.due, why, room.by, room.clock.now())

    moved = do(room, id, fact)
    wishes = {"owner": Revision(owner=owner)} if owner else {}
    wishes |= {"due day": Revision(due=due)} if due else {}
    return moved, issues.follow(room, action_of(base_of(moved), action), wishes)


def finish(room: Room, id: str, action: str, evidence: str) -> tuple[Incident, tuple[str, ...]]:
    """It was done, and that is what shows it; the incident then, and which of its issues did not close. Raises Misuse without
    evidence, which stays here: a tracker may be public.
    """
    shown = printable(evidence)[:_LONGEST]
    if not shown:
        raise Misuse("an action is closed with evidence", "--evidence: a change, a file, a digest or an address")
    done = do(room, id, lambda f: ActionDone(id, open_action(f, action).id, shown, room.by, room.clock.now()))
    wish = Revision(state="closed", comment=f"Done, with evidence: action {action} of incident {id}.")
    return done, issues.follow(room, action_of(base_of(done), action), {"state": wish})


def late(room: Room) -> tuple[tuple[str, str], ...]:
    """Tell whose actions and postmortems are overdue, then, each AGAIN, the next in line; (incident, what) for each told."""
    now, told = room.clock.now(), []
    for incident in every(room):
        known = base_of(incident)
        for what, by, owner, line in _lates(known):
            told_of = _told_of(known, what, by)
            step, ever = len(told_of), len(_told_ever(known, what))
            if micros(now) <= micros(after(told_of[-1], AGAIN) if told_of else by) or step >= LAST_STEP:
                continue
            people = _next(room, known, owner, step)
            title = f"incident {known.id}: {line} was due on {by[:10]}"
            body = f"{known.title}\nOwner: {owner or 'nobody'}. Now told: {', '.join(people) or 'everybody'}."
            fact = Overdue(known.id, what, step + 1, people, now)
            # First the message, which goes out once whoever tells it: what is on record as told is not told again for days.
            _tell(room, f"incident/{known.id}/{what}/{by}/{ever}", people, title, body)
            do(room, known.id, partial(_unless_told, fact, by))
            told.append((known.id, what))
    return tuple(told)


def _told_of(known: Detected, what: str, by: Instant) -> list[Instant]:
    """When it was told since that day has passed, to this owner: another day and another owner begin anew."""
    action = known.action(what)
    since = _told_ever(known, what)[action.others if action is not None else 0 :]
    return [o.at for o in since if micros(o.at) > micros(by)]


def _told_ever(known: Detected, what: str) -> list[Overdue]:
    return [o for o in known.overdue if o.what == what]


def _tell(room: Room, key: str, people: tuple[str, ...], title: str, body: str) -> None:
    """Through the channels that all share, and through their own."""
    tell(room, key, None, title, body)
    for channel in room.project.channels():
        if any(same(p, q) for p in channel.people for q in people):
            tell(room, key, channel.name, title, body)


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
