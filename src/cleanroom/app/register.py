"""Which AI systems are there, and who is called about them now? The register, and what comes in without being in it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, suppress

from cleanroom.app.flags import FLAG
from cleanroom.app.room import Room
from cleanroom.core.base import CleanroomError, Instant, NotFound, instant, noun
from cleanroom.core.contract import LintFinding
from cleanroom.core.mistakes import did_you_mean
from cleanroom.core.register import System, in_line
from cleanroom.ports.project import Project
from cleanroom.ports.store import Store


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


def lint(project: Project, store: Callable[[], AbstractContextManager[Store]]) -> tuple[LintFinding, ...]:
    """Every mistake of the register and its SLOs, also flags that the ledger does not have.

    Where nothing is in the ledger, or it cannot be read, flags are not looked for.
    """
    known = None
    with suppress(CleanroomError):
        if any(s.fallback is not None or any(x.flag for x in s.sources) for s in project.systems()):
            with store() as there:
                known = [s.removeprefix(FLAG) for s in there.subjects("flag_set")] if there.size() else None
    return project.lint_register(known)


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
