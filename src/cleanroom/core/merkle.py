"""Is this line in the log, and is the old log a prefix of the new one? The Merkle arithmetic of RFC 6962.

    leaf  = SHA-256(0x00 || bytes)          node = SHA-256(0x01 || left || right)
    empty = SHA-256("")

The root of n > 1 leaves is the node over the first k and the last n - k of them, where k is the largest power
of two below n. All hashes are 32 raw bytes; all positions count from 0. Verification follows RFC 9162,
sections 2.1.3.2 and 2.1.4.2, which spell out what RFC 6962 leaves to the reader; the trees are the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from hashlib import sha256

from cleanroom.core.base import noun

EMPTY = sha256(b"").digest()
"""The root of no leaves."""

Subtree = Callable[[int, int], bytes]
"""`subtree(lo, hi)`: the root of the leaves lo to hi - 1. Where it is read from is the caller's affair."""


def leaf_hash(data: bytes) -> bytes:
    """The hash of one leaf."""
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of an inner node."""
    return sha256(b"\x01" + left + right).digest()


@noun
class Frontier:
    """A tree of `size` leaves, as far as appending needs it: its complete subtrees, largest first.

    There is one peak for each 1 bit of `size`, so a tree of a million leaves is at most twenty hashes.
    """

    size: int = 0
    peaks: tuple[bytes, ...] = ()


def grown(tree: Frontier, leaf: bytes) -> Frontier:
    """The tree with one more leaf hash. One node hash on average, log2(size) at worst."""
    peaks, end, carry, node = tree.peaks, len(tree.peaks), tree.size, leaf
    while carry & 1:  # as in binary addition: two subtrees of one size become one of the next
        end -= 1
        node = sha256(b"\x01" + peaks[end] + node).digest()
        carry >>= 1
    return Frontier(tree.size + 1, (*peaks[:end], node))


def root(tree: Frontier) -> bytes:
    """The root of the tree. One node hash for each peak but one."""
    if not tree.peaks:
        return EMPTY
    node = tree.peaks[-1]
    for left in tree.peaks[-2::-1]:
        node = sha256(b"\x01" + left + node).digest()
    return node


def peak_ends(size: int) -> tuple[int, ...]:
    """The last leaf of each peak of a tree of `size` leaves, in the order of Frontier.peaks."""
    ends, covered = [], 0
    for bit in reversed(range(size.bit_length())):
        if size >> bit & 1:
            covered += 1 << bit
            ends.append(covered - 1)
    return tuple(ends)


def root_of(leaves: Iterable[bytes]) -> bytes:
    """The root over these leaf hashes."""
    tree = Frontier()
    for leaf in leaves:
        tree = grown(tree, leaf)
    return root(tree)


def subtrees(leaves: Sequence[bytes]) -> Subtree:
    """Subtrees computed from all the leaf hashes at hand."""
    return lambda lo, hi: root_of(leaves[lo:hi])


@noun
class Hashes:
    """What is kept with a leaf: its own hash, and that of the largest complete subtree that ends in it (`peak`)."""

    leaf: bytes
    peak: bytes


def subtree_leaves(lo: int, hi: int) -> tuple[int, ...]:
    """The leaves whose kept hashes give the root of the leaves lo to hi - 1, left to right: at most log2(hi - lo) + 1.

    A complete subtree that is a left child is the peak of its last leaf. One that is a right child is nobody's peak: it
    is the left halves on the way down to its last leaf, and that leaf. Raises ValueError unless the range is a node
    of a tree (lo is a multiple of the power of two that holds hi - lo leaves), which is all that proofs ask for.
    """
    count = hi - lo
    if lo < 0 or count < 1 or lo % (1 << (count - 1).bit_length()):
        raise ValueError(f"leaves {lo} to {hi - 1} are no node of a tree")
    if _is_right_child(lo, hi):
        return (*(lo + end for end in peak_ends(count - 1)), hi - 1)
    return tuple(lo + end for end in peak_ends(count))


def kept_subtrees(kept: Mapping[int, Hashes]) -> Subtree:
    """Subtrees computed from the hashes that are kept with `subtree_leaves`. They raise KeyError for one that is missing."""

    def subtree(lo: int, hi: int) -> bytes:
        *left, last = subtree_leaves(lo, hi)
        node = kept[last].leaf if _is_right_child(lo, hi) else kept[last].peak
        for end in reversed(left):
            node = node_hash(kept[end].peak, node)
        return node

    return subtree


def inclusion_proof(index: int, size: int, subtree: Subtree) -> tuple[bytes, ...]:
    """The path from leaf `index` to the root of the first `size` leaves, lowest sibling first.

    Asks `subtree` for at most log2(size) + 1 hashes. Raises ValueError unless 0 <= index < size.
    """
    if not 0 <= index < size:
        raise ValueError(f"no leaf {index} in a tree of {size}")
    lo, hi, path = 0, size, []
    while hi - lo > 1:
        split = lo + _split(hi - lo)
        if index < split:
            path.append(subtree(split, hi))
            hi = split
        else:
            path.append(subtree(lo, split))
            lo = split
    return tuple(reversed(path))


def inclusion_holds(index: int, size: int, leaf: bytes, proof: Sequence[bytes], root: bytes) -> bool:
    """Does `proof` show that the tree of `size` leaves with this root has `leaf` at `index`?"""
    if not 0 <= index < size:
        return False
    at, last, node = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False
        if at & 1 or at == last:
            node = node_hash(sibling, node)
            at, last = _climb(at, last)
        else:
            node = node_hash(node, sibling)
        at, last = at >> 1, last >> 1
    return last == 0 and node == root


def consistency_proof(old: int, new: int, subtree: Subtree) -> tuple[bytes, ...]:
    """The nodes that show that the first `old` of `new` leaves are unchanged, lowest first.

    Empty when there is nothing to show (old is 0 or new). Raises ValueError unless 0 <= old <= new.
    """
    if not 0 <= old <= new:
        raise ValueError(f"a tree of {old} leaves is no prefix of one of {new}")
    if old == 0:
        return ()
    lo, hi, path = 0, new, []
    while old < hi:
        split = lo + _split(hi - lo)
        if old <= split:
            path.append(subtree(split, hi))
            hi = split
        else:
            path.append(subtree(lo, split))
            lo = split
    if lo:  # the old tree's last peak; when the old tree is one peak, the verifier knows it already
        path.append(subtree(lo, hi))
    return tuple(reversed(path))


def consistency_holds(old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]) -> bool:
    """Does `proof` show that the tree of `old` leaves is a prefix of the tree of `new` leaves?"""
    if old == 0:
        return new >= 0 and not proof and old_root == EMPTY
    if old == new:
        return not proof and old_root == new_root
    if not 0 < old < new or not proof:
        return False
    rest = list(proof) if old & (old - 1) else [old_root, *proof]
    at, last = old - 1, new - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    before = after = rest[0]
    for node in rest[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            before, after = node_hash(node, before), node_hash(node, after)
            at, last = _climb(at, last)
        else:
            after = node_hash(after, node)
        at, last = at >> 1, last >> 1
    return last == 0 and before == old_root and after == new_root


def _split(count: int) -> int:
    """The largest power of two below `count` (count > 1)."""
    return 1 << (count - 1).bit_length() - 1


def _is_right_child(lo: int, hi: int) -> bool:
    """Is it a complete subtree on the right of another one of its size?"""
    count = hi - lo
    return not count & (count - 1) and bool(lo & count)


def _climb(at: int, last: int) -> tuple[int, int]:
    """Past the levels at which a node on the right edge has no sibling and stands for itself."""
    while at and not at & 1:
        at, last = at >> 1, last >> 1
    return at, last
