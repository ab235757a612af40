"""Whose turn is it to run a job? Servers on one store share the work by leases, and none runs it twice."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from cleanroom.core.base import Instant


@dataclass(frozen=True, slots=True)
class Turn:
    """The right to run `name` for its moment `slot`, while the lease lasts. `number`: grows with every lease of that job."""

    name: str
    slot: Instant
    number: int


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a job stands. `done`: the last moment that it ran for, or that it was there for first; `slot`, `start`: what is
    planned and from when it may begin; None where nothing is. `until`: the end of the lease of whoever runs it.
    """

    name: str
    done: Instant
    slot: Instant | None = None
    start: Instant | None = None
    until: Instant | None = None


@dataclass(frozen=True, slots=True)
class JobRun:
    """A run that ended. `slot`: the moment it was for; `said`: what came of it, in one line; `good`: whether it did its work."""

    name: str
    slot: Instant
    began: Instant
    ended: Instant
    good: bool
    said: str


class Jobs(Protocol):
    """Safe to use from several threads and processes. Every method raises Outside when the store fails."""

    def standing(self, name: str, since: Instant) -> Standing:
        """Where it stands. One that is new is done up to `since`: what was due before it was there is not made up for."""
        ...

    def plan(self, name: str, slot: Instant, start: Instant) -> bool:
        """Have it run for `slot`, from `start` on, unless it is planned or done for that moment; whether this planned it.

        One that waits is for the later slot then, and begins at the earlier of both starts: runs that were missed are made up
        for by one.
        """
        ...

    def take(self, name: str, now: Instant, until: Instant) -> Turn | None:
        """The turn to run what is planned and may begin, leased until then: of several callers at once exactly one gets it.

        None where nothing is to be run, or somebody else's lease still lasts.
        """
        ...

    def keeping(self, turn: Turn, seconds: float) -> AbstractContextManager[None]:
        """While it is open, the lease is renewed before those `seconds`, which it was taken for, are over: it runs out only
        when the process dies or stands still.
        """
        ...

    def done(self, turn: Turn, run: JobRun) -> bool:
        """It was run: write that down, and let go of the lease. False, with nothing written, where the lease was lost: somebody
        else has that turn.
        """
        ...

    def runs(self, name: str | None = None, limit: int = 20) -> tuple[JobRun, ...]:
        """The last runs, newest first."""
        ...
