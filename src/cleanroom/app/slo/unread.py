"""Which SLOs cannot be asked, and who hears of it? A promise that nobody can look at is no promise that is kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

from cleanroom.app.alerts import signals_in
from cleanroom.app.room import Room
from cleanroom.core.alert import Signal
from cleanroom.core.base import HOUR, Instant, instant, micros, noun
from cleanroom.ports.store import Store

PATIENCE = HOUR
"""Microseconds for which what may pass by itself, such as a Prometheus that does not answer, is waited for."""

UNREADABLE = "unreadable"
"""What the signal is about."""


@noun
class Unread:
    """An SLO, or all of `slos/`, that could not be asked. `passing`: it may be over by itself."""

    name: str
    system: str
    because: str
    passing: bool


@dataclass(slots=True)
class _Known:
    """What this process knows: since when each cannot be asked, of which it has said so, and which it knows to be well."""

    since: dict[str, int] = field(default_factory=dict)
    told: dict[str, Unread] = field(default_factory=dict)
    well: set[str] = field(default_factory=set)


_KNOWN: WeakKeyDictionary[Store, _Known] = WeakKeyDictionary()


def say(room: Room, failed: Sequence[Unread], asked: Mapping[str, str]) -> None:
    """Signal what cannot be asked: at once, or after PATIENCE in this process where that may pass. `asked`: the systems of those
    that could be, by name: it is over for them; and for what is in neither, unless all of them failed.
    """
    now, known = room.clock.now(), _KNOWN.setdefault(room.store, _Known())
    signals: list[Signal] = []
    told = dict(known.told)
    for found in failed:
        since = known.since.setdefault(found.name, micros(now))
        known.well.discard(found.name)
        if not found.passing or micros(now) - since >= PATIENCE:
            signals.append(_signal(found, instant(since), now))
            told[found.name] = found
    names = {f.name for f in failed}
    gone = {n: u.system for n, u in told.items() if asked and n not in asked and n not in names}
    fresh = {n: s for n, s in asked.items() if n not in known.well}  # also what a process before this one said
    signals += [_signal(Unread(n, s, "", False), now, now, over=True) for n, s in {**fresh, **gone}.items()]
    if signals:
        signals_in(room, signals)
    over = {*asked, *gone}
    known.since = {n: at for n, at in known.since.items() if n not in over}
    known.told = {n: u for n, u in told.items() if n not in over}
    known.well |= set(asked)


def _signal(found: Unread, since: Instant, now: Instant, *, over: bool = False) -> Signal:
    what = f"{found.name} cannot be asked: {found.because}; whether it is kept, nobody sees"
    name = f"slo/{found.name}"
    return Signal(name, found.system, "warning", UNREADABLE, what, since, now, (found.because,), "missing", over)
