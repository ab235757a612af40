"""What has happened, and may this be added? The ledger, as the inside needs it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from cleanroom.core.ledger import Checkpoint, Conflict, LedgerEntry, StoredLine, Write

__all__ = ["Checkpoint", "Conflict", "LedgerEntry", "Store", "StoredLine", "Write"]


class Store(Protocol):
    """An append-only ledger. Safe to use from several threads; every method raises Outside when it cannot tell."""

    def append(self, writes: Sequence[Write]) -> tuple[LedgerEntry, ...]:
        """Append all of `writes`, in their order, or none; when it returns, they survive a crash.

        A subject may occur more than once, each time after its previous version. Raises Conflict when a subject
        is not at its `after_version`, Misuse for a fact that has no canonical form, and Refused when
        the ledger's own hashes do not agree, since nothing can be added to such a ledger.
        """
        ...

    def history(self, subject: str) -> tuple[LedgerEntry, ...]:
        """All entries of one subject, oldest first; empty when there are none."""
        ...

    def entries(self, after: int = -1, limit: int | None = None) -> Iterator[LedgerEntry]:
        """Entries with an index above `after`, in index order, at most `limit` of them."""
        ...

    def stored(self, after: int = -1) -> Iterator[StoredLine]:
        """Lines as they lie there, unchecked, in index order; every line there is when `after` is negative."""
        ...

    def size(self) -> int:
        """How many entries there are: the index of the next one."""
        ...
