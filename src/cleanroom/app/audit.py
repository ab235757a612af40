"""Is the ledger as it was written?"""

from __future__ import annotations

from cleanroom.core.ledger import Checkpoint, Tampered, Verified, judge
from cleanroom.ports.store import Store


def verify(store: Store, expected: Checkpoint | None = None) -> Verified | Tampered:
    """Recompute every hash of the ledger from its stored bytes; name the first bad entry, or say size and root.

    `expected` is what was remembered elsewhere: it also finds entries cut off the end and a ledger rewritten
    with all its hashes. Raises Outside when the store cannot be read.
    """
    return judge(store.stored(), expected)
