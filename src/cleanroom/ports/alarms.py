"""What goes wrong at the moment, and which alert has to be looked at? Signals in, once each and durably; a list of work out.

The ledger says where an alert stands; this decides nothing. It counts what is said again and again, which the ledger never sees.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from cleanroom.core.alert import Signal
from cleanroom.core.alerts.decide import Tally
from cleanroom.core.alerts.grouping import Look, Member, Row, State, Taken
from cleanroom.core.base import Instant

__all__ = ["Alarms", "Look", "Member", "Row", "State", "Taken", "Tally"]


class Alarms(Protocol):
    """Safe to use from several threads and processes. Every method raises Outside when the store fails."""

    def take(self, signals: Sequence[Signal], now: Instant) -> Taken:
        """Keep what is new, count what is said again, note what has ended (core/alerts/grouping.py): all or nothing, on the
        disk before this returns.
        """
        ...

    def due(self, now: Instant, limit: int = 200) -> tuple[Row, ...]:
        """Alerts that have to be looked at, the graver ones first, then the oldest."""
        ...

    def looked(self, looks: Sequence[Look]) -> None:
        """Remember what looks found: `due` only where nothing happened since the row was read, else it stays due. The members
        of what is resolved live no longer.
        """
        ...

    def move(self, id: str, now: Instant) -> int:
        """Give the members that the ledger has not heard of to the open alert of their system, or a new one; how many."""
        ...

    def wake(self, now: Instant) -> None:
        """Have every alert that is not resolved looked at: a silence came or went."""
        ...

    def row(self, id: str) -> Row | None:
        """One alert; None where there is none."""
        ...

    def rows(self, states: Sequence[State], system: str | None = None, limit: int = 100) -> tuple[Row, ...]:
        """Alerts in any of these states, newest first."""
        ...

    def members(self, id: str, *, unheard: bool = False, limit: int = 100_000) -> tuple[Member, ...]:
        """The members of an alert in the order in which they came."""
        ...

    def tally(self, id: str) -> Tally:
        """What the members of an alert do."""
        ...

    def told_since(self, moment: Instant) -> int:
        """How many alerts were told at or after that moment."""
        ...

    def adopt(self, rows: Sequence[Row], members: Sequence[Member]) -> None:
        """Keep alerts that the ledger has and this does not, as after a copy; what is there already stays. The numbers of the
        members are given anew.
        """
        ...

    def forget(self, before: Instant) -> int:
        """Drop the members of alerts that were resolved and that opened before that moment; how many."""
        ...
