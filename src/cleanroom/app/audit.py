"""Is the ledger as it was written, and how is that shown to somebody who does not have it? Verification, proofs, export."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from cleanroom.core.base import Digest, NotFound, Refused, noun
from cleanroom.core.ledger import Checkpoint, StoredLine, Tampered, Verified, judge
from cleanroom.core.merkle import (
    EMPTY,
    Frontier,
    Subtree,
    consistency_holds,
    consistency_proof,
    inclusion_holds,
    inclusion_proof,
    kept_subtrees,
    leaf_hash,
    peak_ends,
    root,
    subtree_leaves,
)
from cleanroom.ports.store import Store

_VERIFY = "Run `cleanroom ledger verify` to find the first bad entry."


@noun
class Inclusion:
    """Entry `index` is in the tree of the first `size` entries, whose root is `root`.

    `body`: its stored bytes, as text. `leaf`: SHA-256(0x00 || body). `proof`: the path from the leaf to the root, lowest
    sibling first, as in RFC 6962 section 2.1.1.
    """

    index: int
    size: int
    body: str
    leaf: Digest
    root: Digest
    proof: tuple[Digest, ...]


@noun
class Consistency:
    """The first `old` of `new` entries are unchanged: what leads from one root to the other (RFC 6962 section 2.1.2)."""

    old: int
    new: int
    old_root: Digest
    new_root: Digest
    proof: tuple[Digest, ...]


def verify(store: Store, expected: Checkpoint | None = None) -> Verified | Tampered:
    """Recompute every hash of the ledger from its stored bytes; name the first bad entry, or say size and root.

    `expected` is what was remembered elsewhere: it also finds entries cut off the end and a ledger rewritten
    with all its hashes. Raises Outside when the store cannot be read.
    """
    return judge(store.stored(), expected)


def verify_since(store: Store, trusted: Checkpoint) -> Verified | Tampered:
    """As `verify`, for the entries after a checkpoint that is trusted; those before it are not read again.

    Their hashes must give its root, so that what is found is a tree that begins with the trusted one.
    """
    tree = _tree(store, trusted.size)
    if isinstance(tree, Tampered):
        return tree
    if as_digest(root(tree)) != trusted.root:
        because = f"the hashes of the first {trusted.size} entries do not give the root of the checkpoint"
        return Tampered(max(trusted.size - 1, 0), "", "checkpoint", because)
    return judge(store.stored(trusted.size - 1), start=tree)


def inclusion(store: Store, index: int, size: int | None = None) -> Inclusion:
    """The proof that entry `index` is among the first `size` entries (default: all), checked before it is handed out.

    Reads about a hundred hashes in a ledger of a million. Raises NotFound when there is no such entry, Refused when
    what is stored does not give the proof.
    """
    has = store.size()
    size = has if size is None else size
    if not 0 <= size <= has:
        raise NotFound(f"the ledger has {has} entries, not {size}", "Ask for a size up to that.")
    if not 0 <= index < size:
        raise NotFound(f"there is no entry {index} among the first {size}", "Entries count from 0.")
    line = _line(store, index)
    leaf, whole = leaf_hash(line.body), _root(store, size)
    proof = _proof(store, lambda subtree: inclusion_proof(index, size, subtree))
    if not inclusion_holds(index, size, leaf, proof, whole):
        raise Refused(f"the ledger gives no proof of entry {index}: its hashes do not lead to the root", _VERIFY)
    body = line.body.decode("utf-8", "backslashreplace")
    return Inclusion(index, size, body, as_digest(leaf), as_digest(whole), tuple(map(as_digest, proof)))


def consistency(store: Store, old: int, new: int) -> Consistency:
    """The proof that the first `old` of the first `new` entries are unchanged, checked before it is handed out.

    Raises NotFound when there are no such sizes, Refused when what is stored does not give the proof.
    """
    has = store.size()
    if not 0 <= old <= new <= has:
        hint = f"Ask for 0 <= old <= new <= {has}, which is how many entries there are."
        raise NotFound(f"there is no proof from size {old} to size {new}", hint)
    before, after = _root(store, old), _root(store, new)
    proof = _proof(store, lambda subtree: consistency_proof(old, new, subtree))
    if not consistency_holds(old, new, before, after, proof):
        raise Refused(f"the ledger gives no proof that the first {old} of {new} entries are unchanged", _VERIFY)
    return Consistency(old, new, as_digest(before), as_digest(after), tuple(map(as_digest, proof)))


def export(store: Store, write: Callable[[bytes], object]) -> Verified:
    """Write the stored bytes of every entry, one a line, and verify them on the way.

    Raises Refused at the first entry that is not as it was written; what came before it has been written by then.
    """

    def passing() -> Iterator[StoredLine]:
        for line in store.stored():
            write(line.body + b"\n")
            yield line

    found = judge(passing())
    if isinstance(found, Tampered):
        raise refused(found)
    return found


def refused(found: Tampered) -> Refused:
    """What a person is told about a ledger that was touched."""
    where = f"entry {found.index}" + (f" ({found.subject})" if found.subject else "")
    return Refused(
        f"the ledger was changed at {where}: {found.because}",
        "Keep this file as evidence and restore the ledger from a backup.",
    )


def _proof(store: Store, make: Callable[[Subtree], tuple[bytes, ...]]) -> tuple[bytes, ...]:
    """What `make` asks of the tree, read at once: it is run twice, first only to see what it asks for."""
    asked: set[int] = set()

    def note(lo: int, hi: int) -> bytes:
        asked.update(subtree_leaves(lo, hi))
        return EMPTY

    make(note)
    kept = store.hashes(asked)
    lost = min(asked - kept.keys(), default=None)
    if lost is not None:
        raise Refused(f"entry {lost} is missing from the ledger", _VERIFY)
    return make(kept_subtrees(kept))


def _tree(store: Store, size: int) -> Frontier | Tampered:
    """The tree of the first `size` entries, from the hashes that are kept with them."""
    ends = peak_ends(size)
    kept = store.hashes(ends)
    lost = next((end for end in ends if end not in kept), None)
    if lost is not None:
        return Tampered(lost, "", "missing", f"entry {lost} is missing")
    return Frontier(size, tuple(kept[end].peak for end in ends))


def _root(store: Store, size: int) -> bytes:
    """The root of the first `size` entries, which two columns have to agree on."""
    tree = _tree(store, size)
    if isinstance(tree, Tampered):
        raise Refused(f"{tree.because} from the ledger", _VERIFY)
    if size and _line(store, size - 1).root != root(tree):
        raise Refused(f"the ledger does not agree with itself about its first {size} entries", _VERIFY)
    return root(tree)


def _line(store: Store, index: int) -> StoredLine:
    line = store.line(index)
    if line is None:
        raise Refused(f"entry {index} is missing from the ledger", _VERIFY)
    return line


def as_digest(raw: bytes) -> Digest:
    """A hash as it is written."""
    return Digest("sha256:" + raw.hex())
