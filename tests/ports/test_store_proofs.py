"""Does every Store give lines and hashes alone, and from them the proofs of every entry and every size?"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.stores import DATABASES, address

from cleanroom.adapters.memory.store import MemoryStore
from cleanroom.adapters.sqlstore import open_store
from cleanroom.app import audit
from cleanroom.core.base import Instant, NotFound, digest
from cleanroom.core.facts import Proposed
from cleanroom.core.ledger import Write
from cleanroom.core.merkle import Hashes, consistency_holds, inclusion_holds, leaf_hash
from cleanroom.ports.store import Store

AT = Instant("2026-11-21T23:20:00.000000Z")
SIZE = 77


def fact(i: int) -> Proposed:
    return Proposed(digest(b"%d" % i), f"names {i}", "mapping", digest(b"a"), "ann", "model", None, AT)


def raw(name: str) -> bytes:
    return bytes.fromhex(name.removeprefix("sha256:"))


@pytest.fixture(params=["memory", *DATABASES])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    writes = [Write(f"subject {i % 4}", i // 4, fact(i)) for i in range(SIZE)]
    if request.param == "memory":
        memory = MemoryStore()
        memory.append(writes)
        yield memory
        return
    with open_store(address(request.param, request, tmp_path), Path) as opened:
        opened.append(writes)
        yield opened


def test_a_line_and_its_hashes_are_read_alone(store: Store) -> None:
    lines = list(store.stored())
    assert [store.line(i) for i in range(SIZE)] == lines
    assert [store.line(i) for i in (-1, SIZE, 2**63, 10**30)] == [None] * 4
    found = store.hashes([*range(SIZE), -1, SIZE, 10**30])
    assert dict(found) == {line.index: Hashes(line.leaf, line.peak) for line in lines}
    assert dict(store.hashes([])) == {}


def test_every_entry_is_proven_in_every_size(store: Store) -> None:
    lines = list(store.stored())
    for size in (1, 2, 3, 64, 65, SIZE):
        for index in range(0, size, 5):
            made = audit.inclusion(store, index, size)
            assert made.body.encode() == lines[index].body
            assert raw(made.leaf) == leaf_hash(lines[index].body)
            assert raw(made.root) == lines[size - 1].root
            assert inclusion_holds(index, size, raw(made.leaf), [raw(p) for p in made.proof], raw(made.root))
    assert audit.inclusion(store, 5) == audit.inclusion(store, 5, SIZE)


def test_every_size_begins_with_every_smaller_one(store: Store) -> None:
    for new in (0, 1, 2, 33, 64, SIZE):
        for old in range(0, new + 1, 3):
            made = audit.consistency(store, old, new)
            proof = [raw(p) for p in made.proof]
            assert consistency_holds(old, new, raw(made.old_root), raw(made.new_root), proof)


def test_what_is_not_there_cannot_be_proven(store: Store) -> None:
    for index, size in ((SIZE, None), (-1, None), (5, 5), (0, SIZE + 1), (0, 0), (0, -1), (10**30, 10**31)):
        with pytest.raises(NotFound):
            audit.inclusion(store, index, size)
    for old, new in ((3, 2), (0, SIZE + 1), (-1, 3), (10**30, 10**30)):
        with pytest.raises(NotFound):
            audit.consistency(store, old, new)
