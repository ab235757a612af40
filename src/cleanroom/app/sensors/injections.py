"""Looks for attacks in what a system read, and for marks of its prompts in what it said."""

from __future__ import annotations

from collections import Counter

from cleanroom.app.injection import weights
from cleanroom.app.injection.canaries import mark
from cleanroom.app.room import Room
from cleanroom.app.sensors.looks import Look, call_line, today, window_of
from cleanroom.app.sensors.scope import counted
from cleanroom.core.base import Instant, instant
from cleanroom.core.call import Call
from cleanroom.core.injection import Injection as Found
from cleanroom.core.injection import judge, leaked
from cleanroom.core.sensors.injection import Attempts, Injection
from cleanroom.core.telemetry.metrics import REQUESTS

MOST_CALLS = 1_000
"""The newest calls of a window that are read."""

_LONGEST = 20_000
_SOURCE = "source {}"


def injection(room: Room, watch: Injection, now: Instant) -> Look:
    """The newest calls of the window."""
    since, until = window_of(now, watch.window)
    rows = room.calls.rows(watch.system, since, until, {}, limit=MOST_CALLS)
    read = [c for c in rows if c.input or c.sources or c.output]
    marks = {mark(room, name): name for name in watch.canaries}
    attacks = 0
    leaks: Counter[str] = Counter()
    lines: list[tuple[bool, str]] = []
    begun: list[int] = []
    for call in sorted(read, key=lambda c: c.at):
        out = [marks[m] for m in leaked(call.output, marks)]
        attack = attack_in(call)
        attacks += attack is not None
        leaks.update(out)
        if out or attack is not None:
            begun.append(call.at)
            lines.append((not out, _line(call, out, attack)))
    every = counted(room, watch.system, REQUESTS, since, until)
    found = Attempts(
        attacks, len(read), leaks, tuple(line for _, line in sorted(lines, key=lambda pair: pair[0])),
        instant(min(begun)) if begun else None, max(0, every - len(read)),
    )  # fmt: skip
    return Look(today(now), watch.judge(found, now))


def attack_in(call: Call) -> tuple[str, Found] | None:
    """Where in what a call read an attack stands ('input', 'source 2'), and the attack: the worst one."""
    parts = {"input": call.input} | {_SOURCE.format(i): text for i, text in enumerate(call.sources, 1)}
    found = ((where, judge(text[:_LONGEST], weights())) for where, text in parts.items() if text)
    there = [(where, attack) for where, attack in found if attack is not None]
    return max(there, key=lambda pair: pair[1].score - pair[1].threshold, default=None)


def _line(call: Call, out: list[str], attack: tuple[str, Found] | None) -> str:
    said = [f"canary {name} in the output" for name in out]
    if attack is not None:
        where, found = attack
        hidden = f", hidden by {found.how}" if found.how else ""
        said.append(f"{where}, signs {found.start} to {found.end}{hidden}: {', '.join(found.evidence) or 'its words'}")
    return f"{call_line(call)}: {'; '.join(said)}"
