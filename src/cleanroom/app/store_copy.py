"""Move a ledger to another store, and prove that it is the same ledger there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice

from cleanroom.core.base import Digest, Outside, Refused, noun
from cleanroom.core.ledger import Checkpoint, StoredLine, Tampered, Verified, judge
from cleanroom.ports.store import Beside, Store, Target

BATCH = 1000
"""Entries in one transaction of the target."""

_KEEP = "Keep it as evidence, and copy from a backup that verifies."


@noun
class Copied:
    """The target holds `size` entries with this root, as the source does; `added` of them are new there."""

    size: int
    root: Digest
    added: int
    beside: Beside


def copy(source: Store, target: Target, beside: Callable[[], Beside], progress: Callable[[int, int], None]) -> Copied:
    """Copy every entry of `source`, byte for byte, into `target`, which is empty or holds the beginning of it.

    `beside` moves what lies beside the ledger; `progress` hears of entries done and entries in all. Every hash of the
    target is taken anew, and in the end both roots are the same. Raises Refused, before anything is
    written, for a source that does not verify and for a target that holds anything else.
    """
    there = target.size()
    found, prefix = _verified(source, there)
    _check_prefix(target, there, found, prefix)
    _fill(source, target, there, found.size, progress)
    arrived = judge(target.stored(), Checkpoint(found.size, found.root))
    if arrived != found:
        raise Outside(
            f"the copy is not the ledger that was copied: {_told(arrived)}",
            "Is somebody else writing to the target? Stop them, empty it, and copy again.",
        )
    return Copied(found.size, found.root, found.size - there, beside())


def _verified(source: Store, there: int) -> tuple[Verified, Digest | None]:
    """Size and root of the source, and its root when it had `there` entries; None when it never had that many."""
    roots: list[bytes] = []

    def watched() -> Iterator[StoredLine]:
        for line in source.stored():
            if line.index == there - 1:
                roots.append(line.root)
            yield line

    found = judge(watched())
    if isinstance(found, Tampered):
        what = f"the source was changed at entry {found.index} ({found.subject}): {found.because}"
        raise Refused(f"{what}; nothing was copied", _KEEP)
    return found, Digest("sha256:" + roots[0].hex()) if roots else None


def _check_prefix(target: Store, there: int, source: Verified, prefix: Digest | None) -> None:
    if there == 0:
        return
    if prefix is None:
        what = f"the target holds {there} entries, the source {source.size}: nothing was copied"
        raise Refused(what, "Copy into an empty store, or name source and target the other way round.")
    held = judge(target.stored(), Checkpoint(there, prefix))
    if isinstance(held, Tampered):
        what = f"the target holds another ledger from entry {held.index} on or before: nothing was copied"
        raise Refused(what, "Copy into an empty store.")


def _fill(source: Store, target: Target, there: int, size: int, progress: Callable[[int, int], None]) -> None:
    lines = source.stored(there - 1)
    progress(there, size)
    while there < size:
        batch = [line.body for line in islice(lines, min(BATCH, size - there))]
        if not batch:
            raise Outside(f"the source ended at entry {there} while it was copied", "Is somebody changing it?")
        there = target.adopt(batch)
        progress(there, size)


def _told(found: Verified | Tampered) -> str:
    if isinstance(found, Tampered):
        return f"entry {found.index}: {found.because}"
    return f"it has {found.size} entries and the root {found.root}"
