"""How many requests did an arm have in a block of time, and how many were bad? Said by somebody else's counters."""

from __future__ import annotations

from typing import Protocol

from cleanroom.ports.project import SignalSource


class Counts(Protocol):
    """Counters by the name that cleanroom.toml gives them."""

    def counted(self, source: str, arm: str, begin: int, end: int) -> tuple[int, int]:
        """(requests, bad ones) of `arm` with begin < moment <= end, microseconds since 1970 UTC; 0 where it knows of none.

        `arm`: the variant, candidate or control. Never more bad ones than requests. Raises Outside where there is no
        answer, Misuse for a source that is not there, and for an answer that is no count.
        """
        ...

    def amount(self, source: SignalSource, query: str, begin: int, end: int) -> int:
        """What a query with $window counts of begin < moment <= end; 0 where it knows of none. Raises as `counted`."""
        ...
