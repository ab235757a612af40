"""Which AI systems are there, and who is called about them now? The register, and what comes in without being in it."""

from __future__ import annotations

from cleanroom.app.room import Room
from cleanroom.core.base import Instant, NotFound, instant, noun
from cleanroom.core.mistakes import did_you_mean
from cleanroom.core.register import System, in_line


@noun
class Entry:
    """A system. `in_line`: who is called about it now, in this order; `calls`, `last`: what telemetry saw of it."""

    system: System
    in_line: tuple[str, ...]
    calls: int
    last: Instant | None


@noun
class Register:
    """Every entry, by name; and the names of systems that calls come from and nobody has entered."""

    entries: tuple[Entry, ...]
    missing: tuple[str, ...]


def register(room: Room) -> Register:
    """The register. Raises Misuse where systems/ does not lint."""
    now = room.clock.now()
    seen = {s.system: s for s in room.calls.seen()}
    entries = []
    for system in room.project.systems():
        came = seen.pop(system.name, None)
        last = instant(came.last) if came is not None else None
        entries.append(Entry(system, in_line(system, now), came.n if came is not None else 0, last))
    return Register(tuple(entries), tuple(sorted(name for name in seen if name)))


def entry(room: Room, name: str) -> Entry:
    """One system. Raises NotFound, and Misuse where systems/ does not lint."""
    found = register(room)
    entries = {e.system.name: e for e in found.entries}
    if name not in entries:
        unknown = "Calls come from it: write systems/NAME.yaml (docs/register.md)." if name in found.missing else ""
        hint = unknown or did_you_mean(name[:100], entries) or "Write systems/NAME.yaml (docs/register.md)."
        raise NotFound(f"there is no system {name[:100]!r} in the register", hint)
    return entries[name]
