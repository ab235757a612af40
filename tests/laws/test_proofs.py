"""Are the proofs that come from kept hashes those of the tree, does each hold, and does none survive a touched ledger?"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from cleanroom.adapters.memory.store import MemoryStore
from cleanroom.adapters.sqlstore import SqlStore, open_sqlite
from cleanroom.app import audit
from cleanroom.core.base import Instant, Refused, digest
from cleanroom.core.facts import Proposed
from cleanroom.core.ledger import Checkpoint, Tampered, Verified, Write
from cleanroom.core.merkle import (
    Frontier,
    Hashes,
    consistency_holds,
    consistency_proof,
    grown,
    inclusion_holds,
    inclusion_proof,
    kept_subtrees,
    leaf_hash,
    root_of,
    subtree_leaves,
    subtrees,
)
from cleanroom.ports.store import Store

AT = Instant("2026-11-21T23:20:00.000000Z")
SIZE = 77
LARGEST = 300


def fact(i: int) -> Proposed:
    return Proposed(digest(b"%d" % i), f"names {i}", "mapping", digest(b"a"), "ann", "model", None, AT)


def filled(store: Store, size: int) -> None:
    store.append([Write(f"subject {i % 4}", i // 4, fact(i)) for i in range(size)])


def raw(name: str) -> bytes:
    return bytes.fromhex(name.removeprefix("sha256:"))


LEAVES = [leaf_hash(b"%d" % i) for i in range(LARGEST)]


def kept() -> dict[int, Hashes]:
    tree, made = Frontier(), {}
    for i, leaf in enumerate(LEAVES):
        tree = grown(tree, leaf)
        made[i] = Hashes(leaf, tree.peaks[-1])
    return made


KEPT = kept()


@dataclass
class Asked:
    """What a proof read: every leaf at which a hash was looked up."""

    leaves: set[int]

    def subtree(self, lo: int, hi: int) -> bytes:
        self.leaves.update(subtree_leaves(lo, hi))
        return kept_subtrees({i: KEPT[i] for i in subtree_leaves(lo, hi)})(lo, hi)


@given(st.integers(1, LARGEST).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n - 1))))
def test_an_inclusion_proof_from_kept_hashes_is_that_of_all_leaves(case: tuple[int, int]) -> None:
    size, index = case
    asked = Asked(set())
    made = inclusion_proof(index, size, asked.subtree)
    assert made == inclusion_proof(index, size, subtrees(LEAVES[:size]))
    assert inclusion_holds(index, size, LEAVES[index], made, root_of(LEAVES[:size]))
    assert max(asked.leaves, default=0) < size, "nothing beyond the tree is read"
    depth = size.bit_length()
    assert len(asked.leaves) <= depth * (depth + 1) // 2


@given(st.integers(0, LARGEST).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n))))
def test_a_consistency_proof_from_kept_hashes_is_that_of_all_leaves(case: tuple[int, int]) -> None:
    new, old = case
    made = consistency_proof(old, new, Asked(set()).subtree)
    assert made == consistency_proof(old, new, subtrees(LEAVES[:new]))
    assert consistency_holds(old, new, root_of(LEAVES[:old]), root_of(LEAVES[:new]), made)


@given(st.integers(0, 9), st.integers(0, 20), st.integers(1, 512))
def test_every_node_of_every_tree_is_had_from_few_kept_hashes(level: int, place: int, width: int) -> None:
    count = min(width, 1 << level)
    lo, hi = place << level, (place << level) + count
    assume(hi <= LARGEST)
    assert kept_subtrees(KEPT)(lo, hi) == root_of(LEAVES[lo:hi])
    assert len(subtree_leaves(lo, hi)) <= count.bit_length() + 1


@pytest.mark.parametrize(("lo", "hi"), [(1, 3), (2, 5), (0, 0), (3, 2), (-2, 0), (-4, -2), (4, 9)])
def test_what_is_no_node_is_refused(lo: int, hi: int) -> None:
    with pytest.raises(ValueError, match="no node of a tree"):
        subtree_leaves(lo, hi)


@pytest.fixture(scope="module", params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    if request.param == "memory":
        memory = MemoryStore()
        filled(memory, SIZE)
        yield memory
        return
    with open_sqlite(tmp_path_factory.mktemp("proofs") / "ledger.db") as kept_in_sql:
        filled(kept_in_sql, SIZE)
        yield kept_in_sql


@settings(max_examples=60, deadline=None)
@given(st.integers(0, SIZE))
def test_verifying_since_a_checkpoint_finds_the_same_as_verifying_all(store: Store, seen: int) -> None:
    lines = list(store.stored())[:seen]
    trusted = Checkpoint(seen, audit.as_digest(root_of([line.leaf for line in lines])))
    assert audit.verify_since(store, trusted) == audit.verify(store)
    other = Checkpoint(seen, digest(b"another root"))
    assert isinstance(audit.verify_since(store, other), Tampered)


# A forger at the file, past all our code.


@dataclass
class Desk:
    store: SqlStore
    raw: sqlite3.Connection


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    path = tmp_path_factory.mktemp("forged") / "ledger.db"
    with open_sqlite(path) as opened, closing(sqlite3.connect(path, isolation_level=None)) as forger:
        filled(opened, SIZE)
        forger.execute("PRAGMA synchronous = OFF")
        forger.execute("CREATE TABLE kept AS SELECT * FROM ledger")
        yield Desk(opened, forger)


def put_back(desk: Desk) -> None:
    desk.raw.execute("DELETE FROM ledger")
    desk.raw.execute("INSERT INTO ledger SELECT * FROM kept")


COLUMNS = {
    "body": "UPDATE ledger SET body = ? WHERE idx = ?",
    "leaf": "UPDATE ledger SET leaf = ? WHERE idx = ?",
    "peak": "UPDATE ledger SET peak = ? WHERE idx = ?",
    "root": "UPDATE ledger SET root = ? WHERE idx = ?",
}


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(sorted(COLUMNS)),
    st.integers(0, SIZE - 1),
    st.binary(max_size=40),
    st.integers(1, SIZE).flatmap(lambda n: st.tuples(st.integers(0, n - 1), st.integers(0, n), st.just(n))),
)
def test_no_proof_that_is_handed_out_is_wrong(
    desk: Desk, column: str, row: int, forged: bytes, sizes: tuple[int, int, int]
) -> None:
    """Whatever is edited, a proof is either refused or it is the true one of what was written."""
    index, old, size = sizes
    true = [audit.inclusion(desk.store, index, size), audit.consistency(desk.store, old, size)]
    try:
        desk.raw.execute(COLUMNS[column], (forged, row))
        for ask, right in (
            (lambda: audit.inclusion(desk.store, index, size), true[0]),
            (lambda: audit.consistency(desk.store, old, size), true[1]),
        ):
            try:
                made = ask()
            except Refused:
                continue
            assert made == right
    finally:
        put_back(desk)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, SIZE - 1), st.integers(0, SIZE - 1))
def test_a_deleted_entry_is_never_proven(desk: Desk, gone: int, index: int) -> None:
    try:
        desk.raw.execute("DELETE FROM ledger WHERE idx = ?", (gone,))
        size = desk.store.size()
        if index < size:
            try:
                made = audit.inclusion(desk.store, index)
            except Refused:
                return
            assert index != gone
            assert made.size == size
    finally:
        put_back(desk)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, SIZE - 1), st.integers(0, SIZE), st.binary(max_size=8))
def test_an_edit_after_the_checkpoint_is_found_and_one_before_cannot_change_its_root(
    desk: Desk, row: int, seen: int, forged: bytes
) -> None:
    whole = audit.verify(desk.store)
    assert isinstance(whole, Verified)
    leaves = [line.leaf for line in list(desk.store.stored())[:seen]]
    trusted = Checkpoint(seen, audit.as_digest(root_of(leaves)))
    try:
        desk.raw.execute(COLUMNS["body"], (forged, row))
        found = audit.verify_since(desk.store, trusted)
        if row >= seen:
            assert isinstance(found, Tampered)
            assert found.index == row
        else:
            assert found == whole
    finally:
        put_back(desk)
