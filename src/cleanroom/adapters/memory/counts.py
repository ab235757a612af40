"""Counters that know what they were told, and are silent when they are told to be."""

from __future__ import annotations

from collections.abc import Iterable

from cleanroom.core.base import Misuse, Outside
from cleanroom.ports.project import SignalSource


class MemoryCounts:
    """The Counts port over lists of requests. `silent`: why there is no answer for blocks that end after `behind`; '' for one."""

    def __init__(self, *sources: str) -> None:
        self.silent, self.behind = "", 0
        self._sources = sources
        self._seen: dict[tuple[str, str], list[tuple[int, bool]]] = {}
        self._asked: dict[str, list[int]] = {}

    def saw(self, source: str, arm: str, requests: Iterable[tuple[int, bool]]) -> None:
        """Count requests: when, and whether it was bad."""
        self._seen.setdefault((source, arm), []).extend(requests)

    def counted(self, source: str, arm: str, begin: int, end: int) -> tuple[int, int]:
        """See ports/counts.py."""
        if self.silent and end > self.behind:
            raise Outside(self.silent)
        if source not in self._sources:
            raise Misuse(f"there is no source of counts {source!r}")
        inside = [bad for at, bad in self._seen.get((source, arm), []) if begin < at <= end]
        return len(inside), sum(inside)

    def happened(self, query: str, moments: Iterable[int]) -> None:
        """Count what a query asks for."""
        self._asked.setdefault(query, []).extend(moments)

    def amount(self, source: SignalSource, query: str, begin: int, end: int) -> int:
        """See ports/counts.py."""
        if self.silent and end > self.behind:
            raise Outside(self.silent)
        if source.name not in self._sources:
            raise Misuse(f"there is no source of counts {source.name!r}")
        return sum(begin < at <= end for at in self._asked.get(query, []))
