"""Measures what a system did and how much of it went to people, beside what was declared and promised."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from cleanroom.app.queue.desk import promise_of
from cleanroom.app.room import Room
from cleanroom.app.sensors.looks import Look, minutes_around, today, window_of
from cleanroom.codec.ledger import decode
from cleanroom.core.base import HOUR, Instant, NotFound, instant
from cleanroom.core.call import EVENT, Call
from cleanroom.core.facts import Received
from cleanroom.core.sensors.overload import Overload, PassedOn
from cleanroom.core.sensors.scope import Scope, Use, Used, kind_of
from cleanroom.core.telemetry.metrics import REQUESTS
from cleanroom.ports.calls import Cell

K = TypeVar("K")

TOOL = "execute_tool"
ESCALATED = "escalated"
_MOST_CALLS, _MOST_OUTPUTS = 20_000, 2_000
_TAIL = 20_000
_HELD = ("review", "held")


def scope(room: Room, watch: Scope, now: Instant) -> Look:
    """Against what the register declares. Raises NotFound for a system that is not in it."""
    system = next((s for s in room.project.systems() if s.name == watch.system), None)
    if system is None:
        raise NotFound(f"there is no system {watch.system!r} in the register", "It is written as systems/NAME.yaml.")
    used = used_of(room, watch.system, *window_of(now, watch.window))
    return Look(today(now), watch.judge(used, system.capabilities))


def used_of(room: Room, system: str, since: int, until: int) -> Used:
    """Tools that were called and kinds of output that were made with since <= at < until, the newest of them where many."""
    tools = room.calls.rows(system, since, until, {"operation": TOOL}, limit=_MOST_CALLS)
    rows = room.calls.rows(system, since, until, {}, limit=_MOST_OUTPUTS)
    outputs = [c for c in rows if c.output and REQUESTS in c.metrics]
    every = counted(room, system, f"{TOOL}/{REQUESTS}", since, until)
    asked = counted(room, system, REQUESTS, since, until)
    unread = max(0, every - len(tools)) + max(0, asked - len(outputs))
    return Used(
        _by(tools, lambda c: c.tool or "(no name)"), _by(outputs, lambda c: kind_of(c.output)),
        len(tools), len(outputs), unread,
    )  # fmt: skip


def counted(room: Room, system: str, metric: str, since: int, until: int) -> int:
    """How many calls of a system have a metric, whole minutes around since <= at < until."""
    first, last = minutes_around(since, until)
    return sum(c.n for c in room.calls.cells(system, metric, first, last, last - first))


def _by(calls: Iterable[Call], name: Callable[[Call], str]) -> dict[str, Use]:
    """By name: how often, since when, and the first call."""
    found: dict[str, Use] = {}
    for call in sorted(calls, key=lambda c: c.at):
        key = name(call)
        before = found.get(key)
        found[key] = (
            Use(1, instant(call.at), call.id) if before is None else Use(before.n + 1, before.since, before.call)
        )
    return found


def overload(room: Room, watch: Overload, now: Instant) -> Look:
    """Against the sensor's own word, or against what the cut-off in force promises."""
    made = promise_of(room, watch.system)
    promised = None
    if made.cutoff is not None and made.made is not None:
        promised = 1 - made.made.skip / max(1, made.made.cases)
    since, until = window_of(now, watch.window)
    if watch.most:
        found = passed_on(room, watch.system, since, until, watch.most)
    else:  # what a cut-off promises is of outputs that came in for review
        found = _of_queue(room, watch.system, instant(since))
    return Look(today(now), watch.judge(found, promised, now))


def passed_on(room: Room, system: str, since: int, until: int, bound: float = 0.0) -> PassedOn:
    """As calls say, by feature; where none says, by the user events `escalation` among the requests."""
    first, last = minutes_around(since, until)

    def cells(metric: str) -> tuple[Cell, ...]:
        return room.calls.cells(system, metric, first, last, HOUR, ("feature",))

    told = [(c, c.bad, c.n) for c in cells(ESCALATED)]
    if not told:
        told = [(c, c.n, 0) for c in cells(f"{EVENT}escalation")]
        if not told:
            return PassedOn(0, 0, {})  # nobody says anything of it: that is no zero
        told += [(c, 0, c.n) for c in cells(REQUESTS)]
    parts = _summed((c.parts[0], n, of) for c, n, of in told)
    hours = _summed((c.start, n, of) for c, n, of in told)
    begun = next((instant(max(0, h)) for h, (n, of) in sorted(hours.items()) if of and n / of > bound), None)
    return PassedOn(sum(n for n, _ in parts.values()), sum(of for _, of in parts.values()), parts, since=begun)


def _summed(rows: Iterable[tuple[K, int, int]]) -> dict[K, tuple[int, int]]:
    found: dict[K, tuple[int, int]] = {}
    for key, n, of in rows:
        before = found.get(key, (0, 0))
        found[key] = before[0] + n, before[1] + of
    return found


def _of_queue(room: Room, system: str, since: Instant) -> PassedOn:
    """Outputs that came in for review, as far as the ledger's last 20,000 entries reach back."""
    held = of = 0
    for line in room.store.stored(max(-1, room.store.size() - _TAIL - 1)):
        if line.kind != "received":
            continue
        fact = decode(line.body, line.index).fact
        if isinstance(fact, Received) and fact.system == system and fact.at >= since:
            of += 1
            held += fact.route in _HELD
    return PassedOn(held, of, {}, "outputs")
