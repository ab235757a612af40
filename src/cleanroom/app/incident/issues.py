"""Where else is an action followed? Its issues in GitHub, GitLab or Jira: made once, kept in step, asked whether it is done."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import partial

from cleanroom.app.claiming import alone
from cleanroom.app.incident.read import do, every, existing
from cleanroom.app.room import Room
from cleanroom.core.base import CleanroomError, Misuse, Outside, Refused, digest_of
from cleanroom.core.facts import ActionDone, ActionFiled
from cleanroom.core.incident.decide import action_of, open_action
from cleanroom.core.incident.state import Action, Detected, Incident, base_of
from cleanroom.ports.tracker import Filed, Filing, Revision, Tracker


def file(room: Room, id: str, action: str, tracker: str = "") -> Filed:
    """Make an issue of it in a tracker of cleanroom.toml; twice is the same as once. What the tracker left out is said.

    Raises Misuse, NotFound, Outside, Refused while somebody else files it there.
    """
    place = _tracker(room, tracker)
    action_of(base_of(existing(room, id)), action)
    # A tracker finds an issue by its key only once it is there: two who look at the same moment would make two.
    with alone(room, f"file/incident/{id}/{action}/{place.name}", f"{action} is being filed in {place.name}"):
        known = base_of(existing(room, id))
        found = action_of(known, action)
        body = f"From incident {id}: {known.title}\n\nIt is done when there is evidence for it: {found.added.work}."
        made = place.file(Filing(digest_of(found.added), found.added.what, body, found.owner, found.due))
        fact = ActionFiled(id, action, place.name, made.ref, made.url, room.clock.now())
        do(room, id, partial(_unless_filed, fact))
    return made


def sync(room: Room) -> tuple[tuple[str, str, str], ...]:
    """Close what a tracker says is closed; (incident, action, what came of it). One that does not answer keeps no other."""
    done = []
    places = {t.name: t for t in room.trackers()}
    for known, action, filed in _filed(room):
        try:
            state = _place(places, filed).state(filed.ref)
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


def follow(room: Room, action: Action, wishes: Mapping[str, Revision]) -> tuple[str, ...]:
    """Have its issues follow, each wish by what it changes; what came of it where one did not, a line each.

    An owner whom a tracker does not know keeps no day from following, and no tracker keeps another one.
    """
    said = []
    try:
        places = {t.name: t for t in room.trackers()} if action.filed else {}
    except CleanroomError as error:  # of cleanroom.toml: what was done here stands
        return (error.message,)
    for filed in action.filed:
        for what, wish in wishes.items():
            try:
                _place(places, filed).update(filed.ref, wish)
            except CleanroomError as error:
                said.append(f"{filed.url} keeps its {what}: {error.message}")
                if isinstance(error, Outside):
                    break  # it would not answer the next one either
    return tuple(said)


def _place(places: Mapping[str, Tracker], filed: ActionFiled) -> Tracker:
    """The tracker that it is filed in. Raises Outside where cleanroom.toml does not have it any more."""
    if filed.tracker not in places:
        raise Outside(f"there is no tracker {filed.tracker!r} in cleanroom.toml any more")
    return places[filed.tracker]


def _unless_done(fact: ActionDone, incident: Incident) -> ActionDone:
    open_action(incident, fact.action)
    return fact


def _unless_filed(fact: ActionFiled, incident: Incident) -> tuple[ActionFiled, ...]:
    filed = action_of(base_of(incident), fact.action).filed
    return () if any((f.tracker, f.ref) == (fact.tracker, fact.ref) for f in filed) else (fact,)


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
