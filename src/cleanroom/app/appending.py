"""Appends to a subject that several people write to, where the order among them does not matter."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TypeVar

from cleanroom.core.facts import Fact
from cleanroom.core.ledger import Conflict, LedgerEntry, Write
from cleanroom.ports.store import Store

T = TypeVar("T")

_TRIES = 20


def retried(deed: Callable[[], T]) -> T:
    """Do what looks and then appends, anew whenever somebody else appended in between. Raises Conflict after 20 lost races."""
    for _ in range(_TRIES - 1):
        with suppress(Conflict):
            return deed()
    return deed()


def append_after_last(store: Store, subject: str, fact: Fact, also: Sequence[Write] = ()) -> tuple[LedgerEntry, ...]:
    """Append `also`, then `fact` to `subject` after whatever is there by then; all or nothing.

    Only for facts that are true whatever else happened meanwhile. Raises Conflict after 20 lost races.
    """
    for _ in range(_TRIES - 1):
        try:
            return store.append([*also, Write(subject, store.version(subject), fact)])
        except Conflict as lost:
            if lost.subject != subject:
                raise
    return store.append([*also, Write(subject, store.version(subject), fact)])
