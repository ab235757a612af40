"""Does anything fire? One step over every SLO: burn rates, the per-request detector, sources, and the promise itself.

Written into the ledger when it changes, and told as signals: before it is written, so that a crash in between tells twice and
never not at all.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from weakref import WeakKeyDictionary

from cleanroom.app.alerts import signal
from cleanroom.app.room import Room
from cleanroom.app.slo.ages import Age, age_of, aged
from cleanroom.app.slo.firing import Fire, fires_of_calls, fires_of_prometheus
from cleanroom.app.slo.read import SloFact, definition_of, last_judged, read_up_to, subject_of
from cleanroom.app.slo.status import status_of
from cleanroom.app.slo.unread import Unread, say
from cleanroom.core.alert import Signal
from cleanroom.core.alerts.words import short
from cleanroom.core.base import HOUR, MINUTE, CleanroomError, Instant, Outside, instant, micros, noun
from cleanroom.core.facts import SloJudged, SourceAged
from cleanroom.core.ledger import Conflict, Write
from cleanroom.core.slo import CallShare, LabelledShare, PromShare, Slo, SourceAge
from cleanroom.core.slo_status import Status
from cleanroom.ports.store import Store

_LOG = logging.getLogger("cleanroom.slo")
_MINUTES: WeakKeyDictionary[Store, int] = WeakKeyDictionary()
_LOOKED: WeakKeyDictionary[Store, dict[str, int]] = WeakKeyDictionary()
"""The hour in which this process last judged each SLO as a whole: that reads the whole window."""

_ALL = "slos/"

VIOLATED = "objective"
"""What the signal is about that a promise is not kept."""


@noun
class WatchedSlo:
    """What a step found of one SLO. `changed`: it was written into the ledger. `because`: why it could not be asked; '' else.

    `turned`: that its source became fresh or too old, as far as that was written; '' else.
    """

    name: str
    says: str
    firing: tuple[str, ...]
    changed: bool
    because: str = ""
    turned: str = ""


def watch_due(room: Room) -> tuple[WatchedSlo, ...]:
    """One step, unless this process made one within this minute: a reconciler comes by every few seconds."""
    minute = micros(room.clock.now()) // MINUTE
    if _MINUTES.get(room.store) == minute:
        return ()
    _MINUTES[room.store] = minute
    return watch_slos(room)


def watch_slos(room: Room) -> tuple[WatchedSlo, ...]:
    """One step. What is wrong with one SLO keeps no other from its turn; what cannot be asked is an alert (app/slo/unread.py)."""
    try:
        slos = room.project.slos()
    except CleanroomError as error:
        say(room, [Unread(_ALL, "", error.message, passing=False)], {})
        return (WatchedSlo(_ALL, "cannot tell", (), False, error.message),)
    found, failed = [], []
    for slo in slos:
        try:
            found.append(_step(room, slo))
        except Exception as error:
            because = _because(slo, error)
            _LOOKED.get(room.store, {}).pop(slo.name, None)  # not judged: so it is tried again at the next step
            found.append(WatchedSlo(slo.name, "cannot tell", (), False, because))
            failed.append(Unread(slo.name, slo.system, because, passing=isinstance(error, Outside | Conflict)))
    say(room, failed, {_ALL: "", **{s.name: s.system for s in slos if s.name not in {f.name for f in failed}}})
    return tuple(found)


def _because(slo: Slo, error: Exception) -> str:
    if isinstance(error, CleanroomError):
        return error.message
    _LOG.error("the SLO %s: an error of ours", slo.name, exc_info=error)
    return f"an error of ours: {type(error).__name__}"


def _step(room: Room, slo: Slo) -> WatchedSlo:
    last, version = last_judged(room, slo.name), read_up_to(room, slo.name)
    now = room.clock.now()
    fires, turn = _fires(room, slo, last, now)
    firing = tuple(sorted(f.name for f in fires))
    before = last.firing if last is not None else ()
    old = last.says if last is not None else "cannot tell"
    writes: list[SloFact] = [] if turn is None else [turn]
    whole, says = _due(room, slo, now), old
    if whole or firing != before:
        status = status_of(room, slo)
        says = status.says
        if last is not None and firing == before and _same_hour(last.at, now) and last.definition == definition_of(slo):
            says = old  # what goes up and down at its limit is written once an hour
        _tell(room, slo, status, fires, last, now)
        if firing != before or says != old:
            writes.append(_fact(slo, replace(status, says=says), firing, now))
    with suppress(Conflict):  # another server saw the same, and has written it
        room.store.append([Write(subject_of(slo.name), version + n, fact) for n, fact in enumerate(writes)])
    changed = any(isinstance(f, SloJudged) for f in writes)
    return WatchedSlo(slo.name, says, firing, changed, turned="" if turn is None else _turned(turn))


def _turned(turn: SourceAged) -> str:
    if turn.newest is None:
        return f"{turn.source} holds nothing"
    return f"{turn.source} is {'too old' if turn.stale else 'as fresh as promised'} since {short(turn.since)}"


def _fires(room: Room, slo: Slo, last: SloJudged | None, now: Instant) -> tuple[tuple[Fire, ...], SourceAged | None]:
    """What fires now, and the turn that a source took."""
    kept = last.firing if last is not None and last.definition == definition_of(slo) else ()
    match slo.indicator:
        case CallShare() | LabelledShare():
            return tuple(fires_of_calls(room, slo, micros(now), kept)), None
        case PromShare():
            return tuple(fires_of_prometheus(room, slo, micros(now))), None
        case SourceAge() as indicator:
            age = age_of(room, slo, indicator)
            return tuple(_stale(indicator, age, micros(now))), aged(room, slo, indicator, age)
        case _:
            return (), None


def _stale(indicator: SourceAge, age: Age, now: int) -> Iterator[Fire]:
    """A source that is too old."""
    if not age.stale:
        return
    hours = None if age.newest is None else (now - age.newest) / HOUR
    old = "holds nothing" if hours is None else f"is {hours:.1f} h old"
    since = now if age.newest is None else min(now, age.newest + int(indicator.limit.value * HOUR))
    what = f"{indicator.source} {old}; {indicator.limit.says} h was promised"
    newest = "never" if age.newest is None else instant(age.newest)
    yield Fire("stale", "warning", indicator.source, what, since, (f"newest data: {newest}{age.says}",), "freshness")


def _tell(room: Room, slo: Slo, status: Status, fires: Sequence[Fire], last: SloJudged | None, now: Instant) -> None:
    """Say what fires, what has ended, and whether the promise is broken."""
    signals = [_signal(slo, fire, now) for fire in fires]
    here = {f.name for f in fires}
    before = last.firing if last is not None else ()
    for name in before:
        if name not in here:
            about = slo.indicator.source if isinstance(slo.indicator, SourceAge) else name
            over = Fire(name, "warning", about, f"{slo.name}, {name} has ended", micros(now), (), "slo")
            signals.append(replace(_signal(slo, over, now), over=True))
    broken, was = status.says == "violated", last is not None and last.says == "violated"
    if broken or was:
        what = f"{slo.says} is not kept: {status.because}"
        fire = Fire(VIOLATED, "business", VIOLATED, what, micros(last.at if was and last else now), (), "business")
        signals.append(replace(_signal(slo, fire, now), over=not broken))
    if signals:
        signal(room, *signals)


def _signal(slo: Slo, fire: Fire, now: Instant) -> Signal:
    since = instant(min(fire.since, micros(now)))
    return Signal(
        name=f"slo/{slo.name}",
        system=slo.system,
        level=fire.level,
        about=fire.about,
        what=fire.what,
        since=since,
        seen=now,
        evidence=(f"promised: {slo.says}", *fire.evidence),
        runbook=fire.runbook,
    )


def _fact(slo: Slo, status: Status, firing: tuple[str, ...], now: Instant) -> SloJudged:
    return SloJudged(
        slo=slo.name,
        system=slo.system,
        definition=definition_of(slo),
        says=status.says,
        firing=firing,
        n=status.n,
        bad=status.bad,
        rate=status.rate,
        lower=status.lower,
        upper=status.upper,
        budget_left=status.budget_left,
        because=status.because,
        at=now,
    )


def _due(room: Room, slo: Slo, now: Instant) -> bool:
    """Is it time to judge the whole window again? Once an hour in each process."""
    looked = _LOOKED.setdefault(room.store, {})
    hour = micros(now) // HOUR
    if looked.get(slo.name) == hour:
        return False
    looked[slo.name] = hour
    return True


def _same_hour(one: Instant, other: Instant) -> bool:
    return micros(one) // HOUR == micros(other) // HOUR
