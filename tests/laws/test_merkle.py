"""Is the Merkle arithmetic that of RFC 6962, and does a proof hold for nothing but what it proves?"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cleanroom.core.merkle import (
    EMPTY,
    Frontier,
    consistency_holds,
    consistency_proof,
    grown,
    inclusion_holds,
    inclusion_proof,
    leaf_hash,
    node_hash,
    peak_ends,
    root,
    root_of,
    subtrees,
)

# The reference tree of the Certificate Transparency project: eight entries, and the roots of the first n of them.
ENTRIES = [
    bytes.fromhex(entry)
    for entry in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
D1 = "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7"
D4 = "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"
D6 = "b08693ec2e721597130641e8211e7eedccb4c26413963eee6c1e2ed16ffb1a5f"
D2_3 = "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e"
D4_5 = "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a"
D6_7 = "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0"
D4_7 = "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"

LEAVES = [leaf_hash(entry) for entry in ENTRIES]


def by_definition(leaves: list[bytes]) -> bytes:
    """The Merkle tree hash, word for word as section 2.1 of RFC 6962 defines it."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = max(2**i for i in range(len(leaves).bit_length()) if 2**i < len(leaves))
    return sha256(b"\x01" + by_definition(leaves[:k]) + by_definition(leaves[k:])).digest()


def some_leaves(size: int) -> list[bytes]:
    return [leaf_hash(str(i).encode()) for i in range(size)]


@pytest.mark.parametrize("size", range(9))
def test_roots_of_the_reference_tree(size: int) -> None:
    assert root_of(LEAVES[:size]).hex() == ROOTS[size]


def test_the_empty_tree_and_both_hashes_are_those_of_the_rfc() -> None:
    assert root(Frontier()) == EMPTY == sha256(b"").digest()
    assert leaf_hash(b"abc") == sha256(b"\x00abc").digest()
    assert node_hash(b"l" * 32, b"r" * 32) == sha256(b"\x01" + b"l" * 32 + b"r" * 32).digest()


@pytest.mark.parametrize(
    ("index", "size", "proof"),
    [
        (0, 1, []),
        (0, 8, [D1, D2_3, D4_7]),
        (5, 8, [D4, D6_7, ROOTS[4]]),
        (2, 3, [ROOTS[2]]),
        (1, 5, [ROOTS[1], D2_3, D4]),
    ],
)
def test_inclusion_proofs_of_the_reference_tree(index: int, size: int, proof: list[str]) -> None:
    made = inclusion_proof(index, size, subtrees(LEAVES))
    assert [node.hex() for node in made] == proof
    assert inclusion_holds(index, size, LEAVES[index], made, bytes.fromhex(ROOTS[size]))


@pytest.mark.parametrize(
    ("old", "new", "proof"),
    [
        (1, 1, []),
        (1, 8, [D1, D2_3, D4_7]),
        (6, 8, [D4_5, D6_7, ROOTS[4]]),
        (2, 5, [D2_3, D4]),
        (6, 7, [D4_5, D6, ROOTS[4]]),
    ],
)
def test_consistency_proofs_of_the_reference_tree(old: int, new: int, proof: list[str]) -> None:
    made = consistency_proof(old, new, subtrees(LEAVES))
    assert [node.hex() for node in made] == proof
    assert consistency_holds(old, new, bytes.fromhex(ROOTS[old]), bytes.fromhex(ROOTS[new]), made)


@pytest.mark.parametrize("size", range(70))
def test_appending_gives_the_root_of_the_definition(size: int) -> None:
    assert root_of(some_leaves(size)) == by_definition(some_leaves(size))


@pytest.mark.parametrize("size", range(1, 40))
def test_each_leaf_and_each_prefix_of_each_small_tree_is_proven(size: int) -> None:
    leaves = some_leaves(size)
    whole = by_definition(leaves)
    for at in range(size):
        path = inclusion_proof(at, size, subtrees(leaves))
        assert inclusion_holds(at, size, leaves[at], path, whole)
        assert len(path) <= (size - 1).bit_length()
    for old in range(size + 1):
        path = consistency_proof(old, size, subtrees(leaves))
        assert consistency_holds(old, size, by_definition(leaves[:old]), whole, path)
        assert len(path) <= (size - 1).bit_length() + 1


@given(st.integers(0, 300))
def test_the_last_peak_of_each_tree_is_all_that_appending_needs(size: int) -> None:
    tree, peaks = Frontier(), []
    for leaf in some_leaves(size):
        tree = grown(tree, leaf)
        peaks.append(tree.peaks[-1])
    assert Frontier(size, tuple(peaks[end] for end in peak_ends(size))) == tree
    assert len(tree.peaks) == size.bit_count()


@dataclass
class Tree:
    leaves: list[bytes]
    root: bytes


@st.composite
def trees(draw: st.DrawFn) -> Tree:
    leaves = some_leaves(draw(st.integers(1, 200)))
    return Tree(leaves, root_of(leaves))


def edited(data: st.DataObject, hashes: list[bytes]) -> list[bytes]:
    """The same hashes but for one byte."""
    which = data.draw(st.integers(0, len(hashes) - 1))
    at, mask = data.draw(st.integers(0, 31)), data.draw(st.integers(1, 255))
    raw = bytearray(hashes[which])
    raw[at] ^= mask
    return [*hashes[:which], bytes(raw), *hashes[which + 1 :]]


@given(trees(), st.data())
def test_an_inclusion_proof_fails_on_any_changed_byte(tree: Tree, data: st.DataObject) -> None:
    size = len(tree.leaves)
    index = data.draw(st.integers(0, size - 1))
    proof = inclusion_proof(index, size, subtrees(tree.leaves))
    assert inclusion_holds(index, size, tree.leaves[index], proof, tree.root)
    leaf, whole, *path = edited(data, [tree.leaves[index], tree.root, *proof])
    assert not inclusion_holds(index, size, leaf, path, whole)


@given(trees(), st.data())
def test_an_inclusion_proof_holds_for_no_other_place_and_no_other_length(tree: Tree, data: st.DataObject) -> None:
    size = len(tree.leaves)
    index = data.draw(st.integers(0, size - 1))
    proof = inclusion_proof(index, size, subtrees(tree.leaves))
    other = data.draw(st.integers(-1, size).filter(lambda i: i != index))
    assert not inclusion_holds(other, size, tree.leaves[index], proof, tree.root)
    assert not inclusion_holds(index, size, tree.leaves[index], (*proof, tree.root), tree.root)
    if proof:
        assert not inclusion_holds(index, size, tree.leaves[index], proof[:-1], tree.root)
        assert not inclusion_holds(index, size, tree.leaves[index], proof[1:], tree.root)


@given(trees(), st.data())
def test_a_consistency_proof_fails_on_any_changed_byte(tree: Tree, data: st.DataObject) -> None:
    new = len(tree.leaves)
    old = data.draw(st.integers(1, new))
    before = root_of(tree.leaves[:old])
    proof = consistency_proof(old, new, subtrees(tree.leaves))
    assert consistency_holds(old, new, before, tree.root, proof)
    first, last, *path = edited(data, [before, tree.root, *proof])
    assert not consistency_holds(old, new, first, last, path)
    assert not consistency_holds(old, new, before, tree.root, (*proof, before))
    if proof:
        assert not consistency_holds(old, new, before, tree.root, proof[:-1])


@given(trees(), st.data())
def test_a_rewritten_prefix_is_not_consistent(tree: Tree, data: st.DataObject) -> None:
    new = len(tree.leaves)
    old = data.draw(st.integers(1, new))
    forged = edited(data, tree.leaves[:old]) + tree.leaves[old:]
    proof = consistency_proof(old, new, subtrees(forged))
    assert not consistency_holds(old, new, root_of(tree.leaves[:old]), root_of(forged), proof)


def test_what_is_no_tree_or_no_prefix_is_said() -> None:
    nothing = subtrees([])
    with pytest.raises(ValueError, match="no leaf 3 in a tree of 3"):
        inclusion_proof(3, 3, nothing)
    with pytest.raises(ValueError, match="no leaf -1"):
        inclusion_proof(-1, 3, nothing)
    with pytest.raises(ValueError, match="a tree of 4 leaves is no prefix of one of 3"):
        consistency_proof(4, 3, nothing)
    assert not inclusion_holds(0, 0, EMPTY, (), EMPTY)
    assert not inclusion_holds(0, 2, LEAVES[0], (), LEAVES[0]), "a path that ends below the root"
    one_to_two = consistency_proof(1, 2, subtrees(LEAVES))
    assert consistency_holds(1, 2, LEAVES[0], root_of(LEAVES[:2]), one_to_two)
    assert not consistency_holds(1, 3, LEAVES[0], root_of(LEAVES[:2]), one_to_two), "the same"
    assert not consistency_holds(4, 3, EMPTY, EMPTY, (EMPTY,))
    assert not consistency_holds(0, 3, LEAVES[0], LEAVES[0], ())
    assert consistency_holds(0, 3, EMPTY, root_of(LEAVES[:3]), ())
