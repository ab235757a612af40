"""What do the register and the price table say of telemetry that comes in? As new as a few seconds ago."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cleanroom.app.room import Room
from cleanroom.core.base import Misuse, micros
from cleanroom.core.register import Detector, System
from cleanroom.core.telemetry.prices import Prices, over
from cleanroom.core.telemetry.redaction import KINDS, kinds_of

FRESH = 5_000_000
"""Microseconds for which what was read is good enough."""


@dataclass(frozen=True, slots=True)
class Rules:
    """`prices`: the table in force. `sound`: false where the register has mistakes, and is not to be relied upon."""

    systems: Mapping[str, System]
    prices: Prices
    sound: bool = True

    def kinds(self, system: str) -> tuple[str, ...]:
        """What is taken out of that system's texts."""
        entry = self.systems.get(system)
        return KINDS if entry is None else kinds_of(entry.redact)

    def threshold(self, system: str) -> float:
        """From which score on a detector says hallucination of it."""
        entry = self.systems.get(system)
        return Detector().threshold if entry is None else entry.detector.threshold

    def keeps_texts(self, system: str) -> bool:
        """Are its texts kept? Not while nobody can tell what the register says."""
        entry = self.systems.get(system)
        return self.sound if entry is None else entry.keep_texts


class Reading:
    """Reads the files of the project at most every few seconds; for one process, safe to use from several threads."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._rules: Rules | None = None
        self._read = 0

    def rules(self) -> Rules:
        """What is in force. A file with mistakes loses no telemetry: what was read before goes on, else no text is kept."""
        now = micros(self._room.clock.now())
        if self._rules is None or not self._read <= now < self._read + FRESH:
            self._rules, self._read = self._look(self._rules), now
        return self._rules

    def _look(self, before: Rules | None) -> Rules:
        project = self._room.project
        try:
            systems: Mapping[str, System] = {s.name: s for s in project.systems()}
            sound = True
        except Misuse:
            systems, sound = (before.systems, before.sound) if before else ({}, False)
        try:
            prices = over(project.prices())
        except Misuse:
            prices = before.prices if before else over(None)
        return Rules(systems, prices, sound)
