"""Where do outputs lie while they wait for a person? A view of the ledger with leases on it, and texts that can be erased.

What is decided stands in the ledger; a Desk can be rebuilt from it (`place` in the order of the ledger),
apart from the texts. Leases and skips are operational: they decide who sees what first, nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from cleanroom.core.base import Digest, Instant

Where = Literal["waiting", "held", "accepted", "done"]


@dataclass(frozen=True, slots=True)
class Item:
    """An output's place on the desk. `rank`: lower comes first. `due`: the promised moment of a decision.

    `version` is that of its ledger subject; `person` and `until` are its lease, if any.
    """

    id: str
    system: str
    content: Digest
    where: Where
    rank: int
    came: Instant
    due: Instant
    version: int
    escalated: bool = False
    person: str | None = None
    until: Instant | None = None


class Desk(Protocol):
    """Safe to use from several threads and processes. Every method raises Outside when the store fails."""

    def keep(self, texts: Sequence[bytes]) -> tuple[Digest, ...]:
        """Keep texts by their digest; keeping one twice is the same as once."""
        ...

    def text(self, content: Digest) -> bytes | None:
        """The text of that digest; None where it was erased or never kept."""
        ...

    def erase(self, content: Digest) -> bool:
        """Forget a text for good; False when there is none."""
        ...

    def place(self, items: Sequence[Item]) -> None:
        """Put items on the desk, or move them to what they are now; an item's lease stays as it is.

        An item never goes back to an older version, whoever reads the ledger last. Who held an item when it was
        escalated has skipped it.
        """
        ...

    def item(self, id: str) -> Item | None:
        """The item, wherever it is."""
        ...

    def items(
        self, where: Where, *, system: str | None = None, limit: int | None = None, below: int | None = None
    ) -> tuple[Item, ...]:
        """Items of one kind, escalated first, then by rank, then by when they came; with `below`, of a lower rank only."""
        ...

    def count(self, where: Where, system: str | None = None) -> int:
        """How many there are."""
        ...

    def below(self, where: Where, rank: int) -> tuple[tuple[int, int, Instant], ...]:
        """Of the items of one kind with a lower rank: (rank, how many, when the oldest came), by rank."""
        ...

    def tally(self) -> tuple[tuple[str, Where, int], ...]:
        """How many there are of each system and kind, in that order; what there is none of is left out."""
        ...

    def skipped(self, id: str) -> tuple[str, ...]:
        """Who is not offered the item again, by name."""
        ...

    def claim(self, person: str, now: Instant, until: Instant, system: str | None = None) -> Item | None:
        """Lease the first waiting item that nobody holds and that `person` has not skipped; None when there is none.

        Of several callers at once no two get the same item. A person who holds one gets that again, lease renewed.
        An escalated item goes to somebody else than whoever escalated it.
        """
        ...

    def release(self, id: str, person: str, *, skip: bool) -> bool:
        """Give a lease back; with `skip` the person is not offered the item again. False when they do not hold it."""
        ...

    def read_up_to(self) -> int:
        """Index of the last ledger entry that is on the desk; -1 before the first."""
        ...

    def set_read_up_to(self, index: int) -> None:
        """Remember it; it never goes back."""
        ...
