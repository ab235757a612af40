"""Does verification find any edit of a stored ledger, and the right line? Do entries survive their bytes?"""

from __future__ import annotations

import collections.abc
import json
import sqlite3
import types
import typing
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, fields, is_dataclass, replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, get_args, get_origin, get_type_hints

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from cleanroom.adapters.memory.store import MemoryStore
from cleanroom.adapters.sqlstore import SqlStore, open_sqlite
from cleanroom.app.audit import verify
from cleanroom.codec.ledger import decode, encode
from cleanroom.core.base import CleanroomError, Digest, Instant, Misuse, Outside, digest
from cleanroom.core.facts import Fact, Finding, InputSeen, Judged, Proposed, Ran
from cleanroom.core.ledger import (
    Checkpoint,
    LedgerEntry,
    StoredLine,
    Tampered,
    Verified,
    Write,
    judge,
    sealed,
)
from cleanroom.core.merkle import EMPTY, Frontier, leaf_hash

AT = Instant("2026-11-21T23:20:00.000000Z")
SIZE = 21


def fact(i: int) -> Fact:
    change, run = digest(b"change"), digest(b"%d" % i)
    match i % 3:
        case 0:
            return Proposed(run, f"names {i}", "mapping", digest(b"a"), "ann", "model", None, AT)
        case 1:
            return Ran(run, change, digest(b"plan"), (InputSeen("events", "e.csv", digest(b"e"), i),), (), "bob", AT)
        case _:
            return Judged(run, change, "PASS", (Finding("k", "keys", "PASS", True, "0", "0"),), AT)


@cache
def honest() -> tuple[StoredLine, ...]:
    store = MemoryStore()
    for i in range(SIZE):
        store.append([Write(f"subject {i % 4}", i // 4, fact(i))])
    return tuple(store.stored())


def remembered(lines: tuple[StoredLine, ...]) -> Checkpoint:
    found = judge(lines)
    assert isinstance(found, Verified)
    return Checkpoint(found.size, found.root)


@dataclass
class Desk:
    """A forger's desk: an honest ledger that is put back after each forgery. `raw` reaches past all our code."""

    store: SqlStore
    raw: sqlite3.Connection

    @contextmanager
    def forging(self) -> Iterator[sqlite3.Connection]:
        try:
            yield self.raw
        finally:
            self.raw.execute("DELETE FROM ledger")
            self.raw.execute("INSERT INTO ledger SELECT * FROM kept")


def write_honest(path: Path) -> None:
    with open_sqlite(path) as store:
        for i in range(SIZE):
            store.append([Write(f"subject {i % 4}", i // 4, fact(i))])


@contextmanager
def desk_over(path: Path, strict: bool) -> Iterator[Desk]:
    write_honest(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as raw, open_sqlite(path, create=False) as store:
        raw.execute("PRAGMA synchronous = OFF")
        raw.execute("CREATE TABLE kept AS SELECT * FROM ledger")
        if not strict:  # a table that takes anything, as a forger would build one
            raw.execute("DROP TABLE ledger")
            raw.execute(
                "CREATE TABLE ledger (idx INTEGER, subject TEXT, version INTEGER, kind TEXT,"
                " body BLOB, leaf BLOB, peak BLOB, root BLOB)"
            )
            raw.execute("INSERT INTO ledger SELECT * FROM kept")
        yield Desk(store, raw)


@pytest.fixture(scope="module", params=[True, False], ids=["our table", "a table that takes anything"])
def desk(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with desk_over(tmp_path_factory.mktemp("desk") / "ledger.db", request.param) as desk:
        yield desk


SET = {
    "idx": "UPDATE ledger SET idx = ? WHERE idx = ?",
    "subject": "UPDATE ledger SET subject = ? WHERE idx = ?",
    "version": "UPDATE ledger SET version = ? WHERE idx = ?",
    "kind": "UPDATE ledger SET kind = ? WHERE idx = ?",
    "body": "UPDATE ledger SET body = ? WHERE idx = ?",
    "leaf": "UPDATE ledger SET leaf = ? WHERE idx = ?",
    "peak": "UPDATE ledger SET peak = ? WHERE idx = ?",
    "root": "UPDATE ledger SET root = ? WHERE idx = ?",
}
ALL = "SELECT rowid, idx, subject, version, kind, body, leaf, peak, root FROM ledger ORDER BY rowid"

anything: st.SearchStrategy[object] = st.one_of(
    st.integers(-(2**63), 2**63 - 1),
    st.text(max_size=40),
    st.binary(max_size=40),
    st.floats(),
    st.none(),
)


@st.composite
def values(draw: st.DrawFn, column: str, row: int) -> object:
    """What a forger may put there: one byte changed, another row's value, a likely number, or anything."""
    name = "index" if column == "idx" else column
    has = getattr(honest()[row], name)
    other = getattr(honest()[draw(st.integers(0, SIZE - 1))], name)
    match draw(st.sampled_from(["near", "other", "any"])), has:
        case "near", bytes():
            at, mask = draw(st.integers(0, len(has) - 1)), draw(st.integers(1, 255))
            return has[:at] + bytes([has[at] ^ mask]) + has[at + 1 :]
        case "near", int():
            return has + draw(st.sampled_from([-1, 1, SIZE]))
        case "near", _:
            return f"{has} "
        case "other", _:
            return other
        case _:
            return draw(anything)


@settings(max_examples=300, deadline=None)
@given(data=st.data(), column=st.sampled_from(sorted(SET)), row=st.integers(0, SIZE - 1))
def test_an_edit_of_any_column_of_any_row_is_found(desk: Desk, data: st.DataObject, column: str, row: int) -> None:
    value = data.draw(values(column, row))
    with desk.forging() as raw:
        before = raw.execute(ALL).fetchall()
        try:
            raw.execute(SET[column], (value, row))
        except sqlite3.IntegrityError:
            assume(False)  # the table itself refused it
        changed = raw.execute(ALL).fetchall() != before
        assume(changed)
        found = verify(desk.store)
    assert isinstance(found, Tampered)
    assert found.index <= row
    if column != "idx":
        assert found.index == row
        assert (
            found.fault
            in {
                "subject": {"columns"},
                "version": {"columns"},
                "kind": {"columns"},
                "body": {"bytes"},
                "leaf": {"leaf"},
                "peak": {"peak"},
                "root": {"root"},
            }[column]
        )


@settings(max_examples=60, deadline=None)
@given(rows=st.sets(st.integers(0, SIZE - 1), min_size=1, max_size=SIZE))
def test_deleted_rows_are_found_where_the_first_one_was(desk: Desk, rows: set[int]) -> None:
    with desk.forging() as raw:
        raw.executemany("DELETE FROM ledger WHERE idx = ?", [(row,) for row in rows])
        found, known = verify(desk.store), verify(desk.store, remembered(honest()))
    first = min(rows)
    assert isinstance(known, Tampered)
    assert (known.index, known.fault) == (first, "missing")
    if len(rows) == SIZE - first:  # cut off the end: what is left agrees with itself
        assert found == judge(honest()[:first])
        assert isinstance(found, Verified)
    else:
        assert isinstance(found, Tampered)
        assert (found.index, found.fault) == (first, "missing")


@settings(max_examples=60, deadline=None)
@given(rows=st.sets(st.integers(0, SIZE - 2), min_size=1))
def test_deleting_rows_and_closing_the_gap_is_found(desk: Desk, rows: set[int]) -> None:
    with desk.forging() as raw:
        raw.executemany("DELETE FROM ledger WHERE idx = ?", [(row,) for row in rows])
        left = [row for row in range(SIZE) if row not in rows]
        raw.executemany("UPDATE ledger SET idx = ? WHERE idx = ?", list(enumerate(left)))
        found = verify(desk.store)
    assert isinstance(found, Tampered)
    assert (found.index, found.fault) == (min(rows), "order")


@settings(max_examples=60, deadline=None)
@given(order=st.permutations(range(SIZE)))
def test_moved_rows_are_found_at_the_first_that_moved(desk: Desk, order: list[int]) -> None:
    assume(order != sorted(order))
    with desk.forging() as raw:
        raw.execute("UPDATE ledger SET idx = idx + 1000")
        raw.executemany("UPDATE ledger SET idx = ? WHERE idx = ?", [(to, 1000 + row) for to, row in enumerate(order)])
        found = verify(desk.store)
    assert isinstance(found, Tampered)
    assert found.index == next(to for to, row in enumerate(order) if to != row)
    assert found.fault == "order"


@settings(max_examples=40, deadline=None)
@given(index=st.one_of(st.integers(-(2**63), -1), st.integers(0, 2**63 - 1)), copied=st.integers(0, SIZE - 1))
def test_a_row_slipped_in_is_found(desk: Desk, index: int, copied: int) -> None:
    row = "INSERT INTO ledger SELECT ?, subject, ?, kind, body, leaf, peak, root FROM kept WHERE idx = ?"
    with desk.forging() as raw:
        raw.execute("PRAGMA ignore_check_constraints = ON")
        try:
            raw.execute(row, (index, SIZE, copied))
        except sqlite3.IntegrityError:
            assume(False)  # in our table an index is there once
        found = verify(desk.store)
    assert isinstance(found, Tampered)
    assert found.index <= max(0, min(index + 1, SIZE))


@settings(max_examples=60)
@given(st.integers(0, SIZE - 1), st.data())
def test_a_ledger_rewritten_with_all_its_hashes_is_found_by_what_was_remembered(row: int, data: st.DataObject) -> None:
    forged, tree = [], Frontier()
    for line in honest():
        entry = decode(line.body)
        if entry.index == row:
            entry = replace(entry, fact=fact(row + 3))
        made, tree = sealed(entry, encode(entry), tree)
        forged.append(made)
    assert isinstance(judge(forged), Verified)
    seen = data.draw(st.integers(0, SIZE))
    found = judge(forged, remembered(honest()[:seen]))
    if seen <= row:
        assert isinstance(found, Verified)
    else:
        assert isinstance(found, Tampered)
        assert (found.index, found.fault) == (seen - 1, "checkpoint")


@given(st.integers(0, SIZE - 1), st.binary(max_size=60) | st.integers(3, 60))
def test_bytes_rewritten_together_with_their_leaf_are_found(row: int, forged: bytes | int) -> None:
    lines = list(honest())
    old = decode(lines[row].body)
    body = forged if isinstance(forged, bytes) else encode(replace(old, fact=fact(row + forged * 3)))
    lines[row] = replace(lines[row], body=body, leaf=leaf_hash(body))
    found = judge(lines)
    assert isinstance(found, Tampered)
    assert (found.index, found.fault) == (row, "rewritten")


def test_a_column_that_is_not_even_text_is_found(desk: Desk) -> None:
    with desk.forging() as raw:
        raw.execute("UPDATE ledger SET subject = CAST(x'ff00' AS TEXT) WHERE idx = 5")
        found = verify(desk.store)
    assert isinstance(found, Tampered)
    assert (found.index, found.fault) == (5, "columns")


@pytest.mark.parametrize("seen", range(SIZE + 1))
def test_an_older_checkpoint_of_an_honest_ledger_still_holds(seen: int) -> None:
    assert judge(honest(), remembered(honest()[:seen])) == judge(honest())


def test_a_version_that_skips_is_found_though_every_hash_fits() -> None:
    tree, lines = Frontier(), []
    for index, version in enumerate([1, 2, 4]):
        entry = LedgerEntry(index, "x", version, fact(index))
        line, tree = sealed(entry, encode(entry), tree)
        lines.append(line)
    assert judge(lines) == Tampered(2, "x", "version", "version 4 of 'x' follows version 2")


def test_an_empty_ledger_has_the_root_of_nothing() -> None:
    nothing = Checkpoint(0, Digest("sha256:" + EMPTY.hex()))
    assert judge([], nothing) == Verified(0, nothing.root)
    assert isinstance(judge([], replace(nothing, root=Digest("sha256:00"))), Tampered)
    assert judge([], remembered(honest())) == Tampered(
        0, "", "missing", f"entries 0 to {SIZE - 1} are missing: the checkpoint counts {SIZE}"
    )


@cache
def honest_file() -> bytes:
    with TemporaryDirectory() as folder:
        write_honest(Path(folder) / "ledger.db")
        return (Path(folder) / "ledger.db").read_bytes()


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_no_flipped_byte_of_the_file_changes_an_entry_unseen(data: st.DataObject) -> None:
    raw = bytearray(honest_file())
    raw[data.draw(st.integers(0, len(raw) - 1))] ^= data.draw(st.integers(1, 255))
    with TemporaryDirectory() as folder:
        path = Path(folder) / "ledger.db"
        path.write_bytes(raw)
        try:
            with open_sqlite(path, create=False, patience=0.01) as store:
                found = verify(store)
                lines = tuple(store.stored())
        except CleanroomError:
            return  # said that the file is damaged
    assert isinstance(found, Tampered) or lines == honest()


# Entries and their bytes.

words = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
counts = st.integers(0, 2**53 - 1)


def drawn(kind: Any) -> st.SearchStrategy[Any]:
    """Any value of the type of a fact's field. Raises TypeError for a type that facts did not have so far."""
    special = {
        Digest: st.binary(max_size=8).map(digest),
        Instant: st.just(AT),
        str: words,
        int: counts,
        bool: st.booleans(),
        float: st.floats(allow_nan=False, allow_infinity=False),
        type(None): st.none(),
        Any: st.recursive(
            st.none() | st.booleans() | counts | words,
            lambda part: st.lists(part, max_size=3) | st.dictionaries(words, part, max_size=3),
            max_leaves=6,
        ),
    }
    if kind in special:
        return special[kind]
    match get_origin(kind):
        case typing.Literal:
            return st.sampled_from(get_args(kind))
        case types.UnionType | typing.Union:
            return st.one_of([drawn(part) for part in get_args(kind)])
        case collections.abc.Mapping:
            return st.dictionaries(words, drawn(get_args(kind)[1]), max_size=3)
        case builtin if builtin is tuple and get_args(kind)[1:] == (...,):
            return st.lists(drawn(get_args(kind)[0]), max_size=3).map(tuple)
        case builtin if builtin is tuple:
            return st.tuples(*map(drawn, get_args(kind)))
    if not is_dataclass(kind):
        raise TypeError(f"no facts had {kind} so far")
    hints = get_type_hints(kind)
    make: Any = kind
    return st.builds(make, **{f.name: drawn(hints[f.name]) for f in fields(kind)})


def entries_of(kind: Any) -> st.SearchStrategy[LedgerEntry]:
    return st.builds(LedgerEntry, counts, words, st.integers(1, 2**53 - 1), drawn(kind))


@pytest.mark.parametrize("kind", get_args(Fact), ids=lambda kind: kind.__name__)
@settings(max_examples=settings.default.max_examples // 4)  # type: ignore[union-attr]
@given(data=st.data())
def test_an_entry_survives_its_bytes(kind: type[Fact], data: st.DataObject) -> None:
    entry = data.draw(entries_of(kind))
    assert isinstance(entry.fact, kind)
    assert decode(encode(entry)) == entry
    assert encode(decode(encode(entry))) == encode(entry)


@pytest.mark.parametrize(
    ("edit", "line"),
    [
        (lambda e: e["fact"].update(kind="dreamt"), "ledger entry 7 is of kind 'dreamt', which this release"),
        (lambda e: e["fact"].update(mood="good"), "has the field 'fact.proposed.mood', which this release"),
        (lambda e: e.update(extra=1), "has the field 'extra', which this release"),
        (lambda e: e["fact"].pop("kind"), "cannot be read: "),
        (lambda e: e["fact"].pop("author"), "cannot be read: 'fact.proposed.author"),
        (lambda e: e.update(index="7"), "cannot be read: 'index: "),
        (lambda e: e.update(version=0), "cannot be read: 'version: "),
        (lambda e: e["fact"].update(kind="new\nline" * 99), "is of kind 'new\\nline"),
    ],
)
def test_a_line_that_this_release_cannot_read_is_refused(edit: Callable[[dict[str, Any]], None], line: str) -> None:
    raw = json.loads(encode(LedgerEntry(7, "x", 1, fact(0))))
    edit(raw)
    with pytest.raises(Outside) as caught:
        decode(json.dumps(raw).encode(), 7)
    assert line in caught.value.message
    assert "\n" not in caught.value.message
    assert caught.value.hint


@given(st.binary(max_size=50) | st.just(b"[" * 10_000) | st.just(b'{"index":' * 10_000))
def test_bytes_that_are_no_entry_are_refused_in_one_line(body: bytes) -> None:
    with pytest.raises(Outside, match="a ledger entry cannot be read") as caught:
        decode(body)
    assert "\n" not in caught.value.message
    assert len(caught.value.message) < 300


def test_what_has_no_canonical_form_is_not_written() -> None:
    broken = Ran(digest(b"r"), digest(b"c"), digest(b"p"), (), (), "\udcff", AT)
    with pytest.raises(Misuse, match="cannot be written: text with a lone surrogate"):
        encode(LedgerEntry(0, "x", 1, broken))
