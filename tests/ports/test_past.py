"""Does every Past keep the promises of its port?"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.stores import DATABASES, address

from cleanroom.adapters.memory.past import MemoryPast
from cleanroom.adapters.sqlstore import open_store
from cleanroom.adapters.sqlstore.move import move_beside
from cleanroom.adapters.sqlstore.past import SqlPast
from cleanroom.core.base import Misuse
from cleanroom.ports.past import Past, Piece


@pytest.fixture(params=["memory", *DATABASES])
def past(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Past]:
    if request.param == "memory":
        yield MemoryPast()
        return
    with open_store(address(request.param, request, tmp_path), Path) as store:
        yield SqlPast(store)


def test_pieces_are_replaced_and_dropped_by_name(past: Past) -> None:
    assert past.pieces("a") == {}
    past.keep("a", {"größer/1": Piece("s1", b"\x00\xff"), "2": Piece("s1", b"")})
    past.keep("b", {"2": Piece("s", b"b's own")})
    past.keep("a", {"2": Piece("s2", b"new"), "never there": None})
    assert past.pieces("a") == {"größer/1": Piece("s1", b"\x00\xff"), "2": Piece("s2", b"new")}
    assert past.piece("a", "2") == Piece("s2", b"new")
    past.keep("a", {"2": None})
    assert past.piece("a", "2") is past.piece("never", "2") is None
    assert set(past.pieces("a")) == {"größer/1"}
    assert past.pieces("b") == {"2": Piece("s", b"b's own")}
    past.keep("a", {})


def test_a_name_that_no_database_keeps_is_refused(past: Past) -> None:
    with pytest.raises(Misuse, match="cannot be kept"):
        past.keep("a", {"x\x00": Piece("", b""), "y": Piece("", b"")})
    assert past.pieces("a") == {}


def test_pieces_move_to_another_store_and_replace_none_there(tmp_path: Path) -> None:
    with open_store(str(tmp_path / "a.db"), Path) as old, open_store(str(tmp_path / "b.db"), Path) as new:
        SqlPast(old).keep("s", {"1": Piece("x", b"old"), "2": Piece("y", b"frozen")})
        SqlPast(new).keep("s", {"1": Piece("z", b"its own")})
        move_beside(old, new)
        move_beside(old, new)
        assert SqlPast(new).pieces("s") == {"1": Piece("z", b"its own"), "2": Piece("y", b"frozen")}
