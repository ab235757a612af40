"""Turns at jobs that live as long as the process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from threading import Lock

from cleanroom.core.base import Instant
from cleanroom.ports.jobs import JobRun, Standing, Turn


class MemoryJobs:
    """The Jobs port over dicts."""

    def __init__(self) -> None:
        self._standings: dict[str, Standing] = {}
        self._numbers: dict[str, int] = {}
        self._runs: list[JobRun] = []
        self._lock = Lock()

    def standing(self, name: str, since: Instant) -> Standing:
        """Where it stands; one that is new is done up to `since`."""
        with self._lock:
            return self._standings.setdefault(name, Standing(name, since))

    def plan(self, name: str, slot: Instant, start: Instant) -> bool:
        """Have it run for `slot`, unless it is planned or done for that moment."""
        with self._lock:
            now = self._standings[name]
            if slot <= now.done or (now.slot is not None and slot <= now.slot) or now.until is not None:
                return False
            self._standings[name] = replace(now, slot=slot, start=min(now.start or start, start))
            return True

    def take(self, name: str, now: Instant, until: Instant) -> Turn | None:
        """The turn to run what is planned and may begin."""
        with self._lock:
            found = self._standings[name]
            if found.slot is None or found.start is None or found.start > now:
                return None
            if found.until is not None and found.until > now:
                return None
            self._numbers[name] = self._numbers.get(name, 0) + 1
            self._standings[name] = replace(found, until=until)
            return Turn(name, found.slot, self._numbers[name])

    @contextmanager
    def keeping(self, turn: Turn, seconds: float) -> Iterator[None]:  # noqa: ARG002
        """Nobody else is there who could take it."""
        yield

    def done(self, turn: Turn, run: JobRun) -> bool:
        """It was run: write that down, and let go of the lease."""
        with self._lock:
            if self._numbers.get(turn.name) != turn.number or self._standings[turn.name].until is None:
                return False
            self._standings[turn.name] = Standing(turn.name, turn.slot)
            self._runs.append(run)
            return True

    def runs(self, name: str | None = None, limit: int = 20) -> tuple[JobRun, ...]:
        """The last runs, newest first."""
        with self._lock:
            return tuple([r for r in reversed(self._runs) if name in (None, r.name)][:limit])
