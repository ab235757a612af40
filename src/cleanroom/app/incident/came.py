"""Which prompts and models came into use around an incident? Calls say so: a change that nobody wrote down is seen here."""

from __future__ import annotations

from collections.abc import Iterator

from cleanroom.app.room import Room
from cleanroom.core.base import DAY, HOUR, MINUTE, Instant, instant, micros
from cleanroom.core.incident.timeline import NOWHERE, Told
from cleanroom.ports.calls import ALL, OTHER, Part

USUAL = 7 * DAY
"""Microseconds before the look within which a prompt must have been in use not to be new."""

_SYSTEMS, _MOST = 5, 10


def came(room: Room, systems: tuple[str, ...], earliest: Instant, end: Instant) -> Iterator[Told]:
    """What calls named for the first time between the two moments; nothing where there were no calls before."""
    since, until = micros(earliest) // HOUR * HOUR, micros(end) // HOUR * HOUR + HOUR
    for system in systems[:_SYSTEMS]:
        yield from _of(room, system, "prompt", since, until)
        yield from _of(room, system, "model", since, until)


def _of(room: Room, system: str, part: Part, since: int, until: int) -> Iterator[Told]:
    cells = room.calls.cells(system, ALL, max(0, since - USUAL) // HOUR * HOUR, until, HOUR, (part,))
    named = [c for c in cells if c.parts[0] not in ("", OTHER)]
    usual = {c.parts for c in named if c.start < since}
    first: dict[tuple[str, ...], int] = {}
    for cell in named if usual else ():
        if cell.parts not in usual:
            first.setdefault(cell.parts, cell.start)
    for (name,), hour in sorted(first.items(), key=lambda f: (f[1], f[0]))[:_MOST]:
        around = room.calls.cells(system, ALL, hour, hour + 2 * HOUR, MINUTE, (part,))
        minutes = [c for c in around if c.parts == (name,)]
        if not minutes:
            continue  # its calls were forgotten meanwhile
        n = sum(c.n for c in minutes if c.start < minutes[0].start + HOUR)
        what = f"{part} {name} came into use: {n:,} calls of {system} within its first hour"
        yield Told(NOWHERE, f"system/{system}", f"{part}_came", None, instant(minutes[0].start), "", what)
