"""A person answers: acknowledges an alert, resolves it, asks for silence, lifts one."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial

from cleanroom.app.alerts.read import existing, find, silences
from cleanroom.app.alerts.settle import settle
from cleanroom.app.appending import append_after_last, retried
from cleanroom.app.room import Room
from cleanroom.core.alerts.grouping import Look, State
from cleanroom.core.alerts.silence import LONGEST, SUBJECT, Silence, lasts
from cleanroom.core.alerts.state import Acknowledged, Alert, Open, Resolved, base_of, subject_of
from cleanroom.core.alerts.words import short
from cleanroom.core.base import CleanroomError, Misuse, NotFound, Refused, after, digest_of
from cleanroom.core.facts import AlertAcknowledged, AlertResolved, Fact, Silenced, SilenceLifted
from cleanroom.core.facts.alerts import Matching
from cleanroom.core.ledger import Write
from cleanroom.core.mistakes import did_you_mean
from cleanroom.core.reason import reason

_LENGTH = re.compile(r"[^\x00-\x1f\x7f]{0,200}")


def acknowledge(room: Room, id: str, because: str = "") -> Alert:
    """Say that you are on it: it is not escalated any more. Raises NotFound; Refused where somebody else is, or it is over."""
    said = reason(because)

    def fact(now: Alert) -> Fact:
        match now:
            case Acknowledged(by=by, at=at):
                raise Refused(f"{by.person} is on it since {short(at)}", "Talk to them.")
            case Resolved():
                raise Refused(f"the alert {id} is over: {now.because}", f"See it: cleanroom alert show {id}")
            case Open():
                return AlertAcknowledged(id, said, room.by, room.clock.now())

    return _answered(room, id, fact, "acknowledged")


def resolve(room: Room, id: str, because: str) -> Alert:
    """Say that it is over. What still goes on opens a new alert when it is said again. Raises NotFound, Refused, Misuse."""
    said = reason(because, "an alert is resolved for a reason")

    def fact(now: Alert) -> Fact:
        if isinstance(now, Resolved):
            raise Refused(f"the alert {id} is over already: {now.because}", f"See it: cleanroom alert show {id}")
        return AlertResolved(id, said, room.by, room.clock.now())

    return _answered(room, id, fact, "resolved")


def silence(room: Room, matching: Matching, seconds: int, because: str) -> Silence:
    """Have nobody told of signals that match, for so long. Nothing else stops: they are counted, and the policy is acted on.

    Raises Misuse for one that matches everything, lasts too long or has no reason.
    """
    return silence_all(room, (matching,), seconds, because)[0]


def silence_all(room: Room, wanted: Sequence[Matching], seconds: int, because: str) -> tuple[Silence, ...]:
    """Several silences of one length and reason; see `silence`."""
    said = reason(because, "a silence has a reason")
    for matching in wanted:
        _check(matching)
    if not 0 < seconds <= LONGEST:
        raise Misuse(f"a silence lasts from a second to {LONGEST // 86_400} days", "For example --for 2h.")
    now = room.clock.now()
    until = after(now, seconds)

    def once(matching: Matching) -> str:
        version = room.store.version(SUBJECT)
        id = digest_of([version, now, *_patterns(matching)]).removeprefix("sha256:")[:12]
        room.store.append([Write(SUBJECT, version, Silenced(id, matching, until, said, room.by, now))])
        return id

    ids = [retried(partial(once, matching)) for matching in wanted]
    _look(room)
    made = {s.id: s for s in silences(room)}
    return tuple(made[id] for id in ids)


def _check(matching: Matching) -> None:
    """Raises Misuse."""
    if all(not p.strip("*") for p in _patterns(matching)):
        raise Misuse("a silence of everything is refused", "Name a system, a name or what it is about.")
    if not all(_LENGTH.fullmatch(p) for p in _patterns(matching)):
        raise Misuse("a pattern has up to 200 characters on one line", "For example --system shop-chat.")


def _patterns(matching: Matching) -> tuple[str, str, str]:
    return matching.name, matching.system, matching.about


def lift(room: Room, id: str) -> Silence:
    """End a silence before its time: what goes on is told. Raises NotFound; Refused where it has ended."""
    found = {s.id: s for s in silences(room)}
    if id not in found:
        hint = did_you_mean(id, (s.id for s in found.values() if lasts(s, room.clock.now())))
        raise NotFound(f"there is no silence {id!r:.60}", hint or "cleanroom alert list shows those that hold.")
    if not lasts(found[id], room.clock.now()):
        raise Refused(f"the silence {id} has ended", "There is nothing to lift.")
    append_after_last(room.store, SUBJECT, SilenceLifted(id, room.by, room.clock.now()))
    _look(room)
    return next(s for s in silences(room) if s.id == id)


def _answered(room: Room, id: str, make: Callable[[Alert], Fact], state: State) -> Alert:
    def once() -> None:
        now = existing(room, id)
        room.store.append([Write(subject_of(id), base_of(now).version, make(now))])

    retried(once)
    row = room.alarms.row(id)
    if row is not None:  # looked at once more: what came in between belongs to another alert
        room.alarms.looked([Look(row, state, room.clock.now(), row.told, row.tells)])
    with suppress(CleanroomError):
        settle(room)
    found = find(room, id)
    assert found is not None  # noqa: S101 - it was there a moment ago
    return found


def _look(room: Room) -> None:
    """Every alert has to be looked at again; where that fails, the next step of the reconciler does it."""
    room.alarms.wake(room.clock.now())
    with suppress(CleanroomError):
        settle(room)
