"""What changed just before an alert began? The end of the ledger, read backwards as far as it may matter."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from cleanroom.app.alerts.read import systems_of
from cleanroom.app.rollout.read import find
from cleanroom.app.room import Room
from cleanroom.core.alerts.causes import HOURS, causes
from cleanroom.core.base import HOUR, Instant, instant, micros
from cleanroom.core.facts.alerts import Cause
from cleanroom.core.ledger import LedgerEntry
from cleanroom.core.progress.state import start_of
from cleanroom.core.register import System

_PAGE, _MOST = 500, 5_000
"""Entries that are read at a time, and at most."""


def changed(room: Room, system: str, since: Instant, until: Instant) -> tuple[Cause, ...]:
    """What the ledger says was changed for a system in that time, newest first."""
    return Lately(room, systems_of(room.project)).between(system, since, until)


class Lately:
    """The end of the ledger as of one look at it, for all the alerts of that look."""

    def __init__(self, room: Room, systems: Sequence[System]) -> None:
        self._room = room
        self._owners = owners_of(systems)
        self._asked: set[str] = set()
        self._entries: list[LedgerEntry] = []
        self._begin = room.store.size()
        self._least = self._begin - _MOST

    def before(self, system: str, since: Instant, until: Instant) -> tuple[Cause, ...]:
        """What may be a cause of what began at `since` and was found at `until`, newest first."""
        return self.between(system, instant(max(0, micros(since) - HOURS * HOUR)), until)

    def between(self, system: str, earliest: Instant, until: Instant) -> tuple[Cause, ...]:
        """What changed for a system with earliest <= at <= until, newest first."""
        while self._begin > 0 and self._begin > self._least and not self._reaches(earliest):
            start = max(self._begin - _PAGE, 0)
            page = list(self._room.store.entries(start - 1, self._begin - start))
            self._entries[:0] = page
            self._begin = start
        return causes(self._entries, system, self._of_changes(), earliest, until)

    def _reaches(self, moment: Instant) -> bool:
        """Are entries from before that moment among those that were read?"""
        first = next((at for e in self._entries if (at := getattr(e.fact, "at", None)) is not None), None)
        return first is not None and first < moment

    def _of_changes(self) -> dict[str, str]:
        """Whose flags and changes they are; a change belongs to the system of the flag that it is rolled out behind."""
        known = self._owners
        names = _changes(self._entries) - self._asked  # each is asked for once a look, however many alerts there are
        self._asked |= names
        for name in names - known.keys():
            rollout = find(self._room, name)
            if rollout is not None and start_of(rollout).flag in known:
                known[name] = known[start_of(rollout).flag]
        return known


def owners_of(systems: Sequence[System]) -> dict[str, str]:
    """To which system a flag belongs. One that several have is nobody's: it may be why for each of them."""
    flags: dict[str, str] = {}
    shared: set[str] = set()
    for system in systems:
        for flag in {system.name, *system.flags}:
            if flags.setdefault(flag, system.name) != system.name:
                shared.add(flag)
    return {flag: name for flag, name in flags.items() if flag not in shared}


def _changes(entries: Iterable[LedgerEntry]) -> set[str]:
    found = (e.subject.partition("/") for e in entries)
    return {name for kind, _, name in found if kind in ("change", "rollout")}
