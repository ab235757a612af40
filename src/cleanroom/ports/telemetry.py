"""What does production say? Outcomes in, once each and durably; columns of them out, for judging."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from cleanroom.core.outcome import Columns, Kept

ALL = ""
"""Stands for every outcome where counts have a metric's name."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """`new`: how many were kept; `known`: how many had an id that is kept already, and changed nothing."""

    new: int
    known: int


@dataclass(frozen=True, slots=True)
class Count:
    """Outcomes of one flag, arm and minute that share a metric. `minute`: its begin, microseconds since 1970 UTC.

    `n`: those that have the metric; `bad`: those for which it is true (or not 0); `total`: the sum of its values. The
    metric ALL counts every outcome of the arm, whatever it has. Those that do not agree with the flag are of the arm `other`.
    """

    arm: str
    metric: str
    minute: int
    n: int
    bad: int
    total: float


class Telemetry(Protocol):
    """Nothing that was acknowledged is lost; the same outcome sent twice is kept once. Raises Outside where it fails."""

    def hashed(self, key: str) -> str:
        """The keyed hash of a targeting key, the same for good; without this store's own secret nobody can undo it."""
        ...

    def record(self, outcomes: Sequence[Kept]) -> Recorded:
        """Keep them, all or none, on the disk before this returns. Of one id the first one counts, for ever."""
        ...

    def columns(self, flag: str, since: int, until: int, metrics: Sequence[str]) -> Columns:
        """Outcomes with since <= at < until, wherever they lie by now: in the log, or in files by the hour."""
        ...

    def counts(self, flag: str, since: int, until: int) -> tuple[Count, ...]:
        """Minute rollups with since <= minute < until, ordered by (minute, arm, metric), for plots and boards."""
        ...

    def apart(self, flag: str, since: int, until: int) -> int:
        """How many outcomes were left out because they did not agree with the flag."""
        ...

    def read_up_to(self, name: str) -> int | None:
        """The number that was remembered for what `name` calls (a source's file, say); None before the first."""
        ...

    def set_read_up_to(self, name: str, number: int) -> None:
        """Remember it, in place of the one before. It decides nothing: outcomes that are read twice are kept once."""
        ...

    def compact(self, before: int) -> int:
        """Move outcomes of whole hours that ended before that moment, as far as they had arrived by then, from the log to
        files; how many were moved. What comes later of such an hour goes to a file of its own with a later moment.

        Killed at any moment, nothing is lost and nothing counts twice.
        """
        ...
