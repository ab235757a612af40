"""What is an incident about, when did it begin, and who is closest to it? Found on record, never typed by anybody."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from cleanroom.app.alerts.read import systems_of
from cleanroom.app.rollout.read import flag_of, rollout_in
from cleanroom.app.room import Room
from cleanroom.core.alert import Signal
from cleanroom.core.alerts.causes import HOURS
from cleanroom.core.alerts.state import Acknowledged, Alert
from cleanroom.core.base import DAY, HOUR, Instant, instant, micros, noun
from cleanroom.core.facts.incidents import Since
from cleanroom.core.progress.state import Promoted, RolledBack, Rollout, start_of
from cleanroom.core.register import System, on_call
from cleanroom.ports.telemetry import ALL

MOST_DAYS = 35
"""How far back the first bad outcome of a variant is looked for."""


@noun
class Links:
    """The flag, the change behind it, the variant that was served, and since when it went wrong; '' and None: not found."""

    flag: str = ""
    change: str = ""
    variant: str = ""
    began: Since | None = None


def links(room: Room, systems: Sequence[str], until: Instant, change: str = "", flag: str = "") -> Links:
    """Of the systems' flags the one whose rollout changed last before `until`; or the change or flag that was named."""
    if change and not flag:
        rollout = rollout_in(room.store, change)
        flag = start_of(rollout).flag if rollout is not None else ""
    keys = (flag,) if flag else _flags(room, systems)
    found = [
        (key, r)
        for key in keys
        if (r := _behind(room, key, change)) is not None and (change or _served(room, key, r, until))
    ]
    if not found:
        return Links(flag or next((k for k in keys if flag_of(room, k) is not None), ""), change)
    key, rollout = max(found, key=lambda pair: _moment(pair[1]))
    behind = flag_of(room, key)
    split = behind.flag.split if behind is not None else None
    return Links(key, start_of(rollout).name, split.candidate if split else "", _first_bad(room, key, rollout, until))


def first_signal(alert: str, signals: Iterable[Signal]) -> Since | None:
    """Since when the first of an alert's signals says that it goes on."""
    earliest = min(signals, key=lambda s: micros(s.since), default=None)
    return None if earliest is None else Since(earliest.since, f"{earliest.name} in alert {alert}")


def closest(room: Room, systems: Sequence[str], found: Links, alert: Alert | None, now: Instant) -> tuple[str, str]:
    """Who may know most about it, and why: who began the rollout, who is on the alert, who is on call. ('', '') for nobody."""
    if found.change:
        rollout = rollout_in(room.store, found.change)
        if rollout is not None:
            return start_of(rollout).by.person, f"began the rollout of {found.change}"
    if isinstance(alert, Acknowledged):
        return alert.by.person, "answered the alert"
    system = next((s for s in systems_of(room.project) if s.name in systems), None)
    return (on_call(system, now), f"on call for {system.name}") if system is not None else ("", "")


def systems_of_flag(room: Room, flag: str) -> tuple[str, ...]:
    """The systems that stand behind a flag."""
    return tuple(s.name for s in systems_of(room.project) if flag and flag in {s.name, *s.flags})


def _flags(room: Room, systems: Sequence[str]) -> tuple[str, ...]:
    of = [s for s in systems_of(room.project) if s.name in systems]
    return tuple(dict.fromkeys(key for system in of for key in _ordered(system)))


def _ordered(system: System) -> tuple[str, ...]:
    fallback = (system.fallback.flag,) if system.fallback else ()
    return (*fallback, *system.features, system.name)


def _behind(room: Room, key: str, change: str) -> Rollout | None:
    """The rollout that the flag serves; a change that was named must be the one."""
    flag = flag_of(room, key)
    name = flag.rollout if flag is not None else ""
    return rollout_in(room.store, name) if name and change in ("", name) else None


def _served(room: Room, key: str, rollout: Rollout, until: Instant) -> bool:
    """Did the candidate reach anybody in the last hours? What was taken back long ago is not what goes wrong now."""
    flag, since = flag_of(room, key), micros(until) - HOURS * HOUR
    ended = [rollout.at] if isinstance(rollout, RolledBack) else []
    ended += [flag.killed.at] if flag is not None and flag.killed is not None else []
    return all(micros(at) >= since for at in ended)


def _moment(rollout: Rollout) -> Instant:
    match rollout:
        case Promoted(at=at) | RolledBack(at=at):
            return at
        case _:
            return start_of(rollout).at


def _first_bad(room: Room, key: str, rollout: Rollout, until: Instant) -> Since | None:
    """The first minute in which an outcome of the candidate was bad, by any metric of truth values, judged by it or not."""
    begin, end = micros(start_of(rollout).at), micros(until) + 1
    begin = max(begin, end - MOST_DAYS * DAY)
    counts = [c for c in room.telemetry.counts(key, begin, end) if c.arm == "candidate" and c.metric != ALL]
    numbers = {c.metric for c in counts if c.total != c.bad}  # of truth values the sum is how many were true
    first = min((c.minute for c in counts if c.metric not in numbers and c.bad), default=None)
    what = f"first bad outcome of {start_of(rollout).name} behind {key}"
    return None if first is None else Since(instant(max(first, begin)), what)
