"""What has happened, and may this be added? The ledger, as the inside needs it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Literal, Protocol, get_args

from cleanroom.core.base import noun
from cleanroom.core.ledger import Checkpoint, Conflict, LedgerEntry, StoredLine, Write
from cleanroom.core.merkle import Hashes

__all__ = [
    "BEGINS",
    "Begins",
    "Beside",
    "Checkpoint",
    "Conflict",
    "LedgerEntry",
    "Store",
    "StoredLine",
    "Target",
    "Write",
]


Begins = Literal["flag_set", "rollout_started", "alert_opened", "incident_opened"]
"""Kinds of fact by which a subject can be found."""
BEGINS: tuple[Begins, ...] = get_args(Begins)


class Store(Protocol):
    """An append-only ledger. Safe to use from several threads; every method raises Outside when it cannot tell."""

    def append(self, writes: Sequence[Write]) -> tuple[LedgerEntry, ...]:
        """Append all of `writes`, in their order, or none; when it returns, they survive a crash.

        A subject may occur more than once, each time after its previous version. Raises Conflict when a subject
        is not at its `after_version`, Misuse for a fact that has no canonical form, and Refused when
        the ledger's own hashes do not agree, since nothing can be added to such a ledger.
        """
        ...

    def history(self, subject: str, after: int = 0) -> tuple[LedgerEntry, ...]:
        """All entries of one subject with a version above `after`, oldest first; empty when there are none."""
        ...

    def latest(self, subject: str, limit: int, before: int | None = None) -> tuple[LedgerEntry, ...]:
        """Its last entries, newest first, at most `limit` of them; only those with an index below `before`, if given."""
        ...

    def version(self, subject: str) -> int:
        """The version of its last entry; 0 when there is none."""
        ...

    def subjects(self, kind: Begins) -> tuple[str, ...]:
        """The subjects that have an entry of that kind, in text order; quick however large the ledger is."""
        ...

    def entries(self, after: int = -1, limit: int | None = None) -> Iterator[LedgerEntry]:
        """Entries with an index above `after`, in index order, at most `limit` of them."""
        ...

    def stored(self, after: int = -1) -> Iterator[StoredLine]:
        """Lines as they lie there, unchecked, in index order; every line there is when `after` is negative."""
        ...

    def line(self, index: int) -> StoredLine | None:
        """The line with that index as it lies there, unchecked; None when there is none."""
        ...

    def hashes(self, indexes: Collection[int]) -> Mapping[int, Hashes]:
        """What is kept with these lines, unchecked; a line that is not there is left out."""
        ...

    def size(self) -> int:
        """How many entries there are: the index of the next one."""
        ...


@noun
class Beside:
    """How many rows lie beside the ledger and moved with it: erasable texts, tokens, messages of the outbox, outcomes, calls."""

    texts: int
    tokens: int
    messages: int
    outcomes: int = 0
    calls: int = 0


class Target(Store, Protocol):
    """A store that a ledger can be copied into."""

    def adopt(self, bodies: Sequence[bytes]) -> int:
        """Append entries by the bytes they have in another ledger, all or none; how many entries there are then.

        Every hash is taken anew. Raises Refused when one of them does not follow what stands before it.
        """
        ...
