"""Where does a subject of the ledger stand? Folded from what is new since this process last looked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar
from weakref import WeakKeyDictionary

from cleanroom.core.ledger import LedgerEntry
from cleanroom.ports.store import Store

T = TypeVar("T")


_MANY = 1_000
"""New entries beyond which it is quicker to read everything anew."""


def grown(store: Store, before: int, size: int) -> set[str] | None:
    """The subjects of what has come since the ledger had `before` entries, now that it has `size`.

    None where everything is to be read: too much has come, nothing was read before (`before` below 0), or it has shrunk.
    """
    if not 0 <= before <= size or size - before > _MANY:
        return None
    return {e.subject for e in store.entries(before - 1)}


class Folded(Generic[T]):
    """Folds of one kind, by ledger and subject."""

    def __init__(self) -> None:
        self._known: WeakKeyDictionary[Store, dict[str, tuple[LedgerEntry, T]]] = WeakKeyDictionary()

    def of(self, store: Store, subject: str, fold: Callable[[Sequence[LedgerEntry], T | None], T]) -> T:
        """After all entries of the subject. What was read before is not read again, as long as it is there.

        `fold`: what entries, oldest first, make of what was before them, None at the beginning.
        """
        known = self._known.setdefault(store, {})
        last, found = known.get(subject, (None, None))
        new = store.history(subject, last.version - 1 if last else 0)
        if last is not None:
            if new and new[0] == last:
                new = new[1:]
            else:  # a copy of the ledger was put back
                found, new = None, store.history(subject)
        made = fold(new, found)
        if new:
            known[subject] = new[-1], made
        return made

    def read_up_to(self, store: Store, subject: str) -> int:
        """The version of the last entry that was read; 0 before the first."""
        known = self._known.get(store, {}).get(subject)
        return known[0].version if known is not None else 0
