"""Does every Desk keep the promises of its port?"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import update
from sqlalchemy.event import listen
from tests.stores import DATABASES, address

from cleanroom.adapters.memory.desk import MemoryDesk
from cleanroom.adapters.sqlstore import SqlStore, open_store
from cleanroom.adapters.sqlstore.desk import SqlDesk
from cleanroom.adapters.sqlstore.tables import texts
from cleanroom.core.base import Digest, Instant, Misuse, Outside, digest, instant
from cleanroom.ports.desk import Desk, Item


def at(second: int) -> Instant:
    return instant(1_795_000_000_000_000 + second * 1_000_000)


def waiting(id: str, rank: int = 5, came: int = 0, system: str = "support") -> Item:
    return Item(id, system, digest(id.encode()), "waiting", rank, at(came), at(came + 100), 1)


@pytest.fixture(params=["memory", *DATABASES])
def desk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Desk]:
    if request.param == "memory":
        yield MemoryDesk()
        return
    with open_store(address(request.param, request, tmp_path), Path) as store:
        yield SqlDesk(store)


# Texts.


def test_a_text_is_kept_by_its_digest_until_it_is_erased(desk: Desk) -> None:
    bodies = [b"an answer", b"", "größer 🧪".encode(), bytes(range(256)), b"an answer"]
    assert desk.keep(bodies) == tuple(map(digest, bodies))
    assert desk.keep(bodies[:2]) == (digest(bodies[0]), digest(bodies[1]))
    assert desk.keep([]) == ()
    assert [desk.text(digest(b)) for b in bodies] == bodies
    assert desk.erase(digest(b"an answer")) is True
    assert desk.erase(digest(b"an answer")) is False
    assert desk.text(digest(b"an answer")) is None
    assert desk.text(digest(b"")) == b""
    assert desk.keep([b"an answer"]) == (digest(b"an answer"),)
    assert desk.text(digest(b"an answer")) == b"an answer"


def test_many_texts_at_once(desk: Desk) -> None:
    bodies = [b"%d" % i for i in range(1200)]
    desk.keep(bodies[:700])
    desk.keep(bodies)
    assert [desk.text(d) for d in (digest(bodies[0]), digest(bodies[-1]))] == [b"0", b"1199"]


def test_a_text_that_was_edited_is_not_handed_out(opened_store: SqlStore) -> None:
    desk = SqlDesk(opened_store)
    (name,) = desk.keep([b"refund 10 EUR"])
    with opened_store.writing() as connection:
        connection.execute(update(texts).values(body=b"refund 99 EUR"))
    with pytest.raises(Outside, match="damaged"):
        desk.text(name)


@pytest.fixture
def opened_store(tmp_path: Path) -> Iterator[SqlStore]:
    with open_store("ledger.db", lambda name: tmp_path / name) as store:
        yield store


# Items.


def test_items_come_escalated_first_then_by_rank_then_by_when_they_came(desk: Desk) -> None:
    placed = [
        waiting("d", rank=2, came=1),
        waiting("c", rank=1, came=9),
        waiting("e", rank=2, came=1, system="other"),
        waiting("b", rank=1, came=3),
        replace(waiting("a", rank=9, came=50), escalated=True),
        replace(waiting("z"), where="held"),
    ]
    desk.place(placed)
    assert [i.id for i in desk.items("waiting")] == ["a", "b", "c", "d", "e"]
    assert [i.id for i in desk.items("waiting", limit=2)] == ["a", "b"]
    assert [i.id for i in desk.items("waiting", system="other")] == ["e"]
    assert desk.items("accepted") == ()
    assert (desk.count("waiting"), desk.count("waiting", "other"), desk.count("held"), desk.count("done")) == (
        5,
        1,
        1,
        0,
    )
    assert desk.item("a") == placed[4]
    assert desk.item("no") is None


def test_an_item_moves_and_its_lease_stays(desk: Desk) -> None:
    desk.place([waiting("a")])
    assert desk.claim("ann", at(0), at(10)) is not None
    moved = replace(waiting("a"), where="done", version=2, rank=0)
    desk.place([moved, waiting("b"), waiting("b", rank=1)])
    assert desk.item("a") == replace(moved, person="ann", until=at(10))
    assert [i.rank for i in desk.items("waiting")] == [1], "the last of one item wins"
    desk.place([])


def test_an_item_never_goes_back_to_an_older_version(desk: Desk) -> None:
    desk.place([replace(waiting("a"), where="done", version=3), waiting("a")])
    desk.place([replace(waiting("a"), where="held", version=2, escalated=True), replace(waiting("a"), version=1)])
    assert desk.item("a") == replace(waiting("a"), where="done", version=3)
    desk.place([replace(waiting("a"), where="done", version=3, rank=1)])
    assert desk.item("a") == replace(waiting("a"), where="done", version=3, rank=1)


def test_what_is_of_a_lower_rank_is_found_and_counted(desk: Desk) -> None:
    done = [replace(waiting(f"d{i}", rank=i % 4, came=i), where="done") for i in range(10)]
    desk.place([*done, waiting("w", rank=0), replace(waiting("e", rank=1, came=3), where="done", escalated=True)])
    assert [i.id for i in desk.items("done", below=2)] == ["e", "d0", "d4", "d8", "d1", "d5", "d9"]
    assert [i.id for i in desk.items("done", below=2, limit=2)] == ["e", "d0"]
    assert desk.below("done", 2) == ((0, 3, at(0)), (1, 4, at(1)))
    assert desk.below("done", 0) == desk.below("held", 9) == ()


def test_no_list_of_the_desk_is_sorted_by_the_database(opened_store: SqlStore) -> None:
    asked: list[Any] = []
    listen(opened_store.engine, "before_cursor_execute", lambda *a: asked.append((a[2], a[3])))
    desk = SqlDesk(opened_store)
    desk.items("done", limit=5)
    desk.items("done", below=9)
    desk.tally()
    with opened_store.reading() as connection:
        plans = [connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", with_).all() for sql, with_ in list(asked)]
    told = "\n".join(str(row) for rows in plans for row in rows)
    assert "items_in_order" in told
    assert "items_of_system" in told
    assert "TEMP B-TREE" not in told


def test_the_tally_counts_each_system_and_kind(desk: Desk) -> None:
    assert desk.tally() == ()
    held = [replace(waiting(f"h{i}"), where="held") for i in range(2)]
    desk.place([waiting("a"), waiting("b", system="other"), *held])
    assert desk.tally() == (("other", "waiting", 1), ("support", "held", 2), ("support", "waiting", 1))


def test_a_claim_is_a_lease_that_its_holder_renews(desk: Desk) -> None:
    desk.place([waiting("a", rank=1), waiting("b", rank=2)])
    assert desk.claim("ann", at(0), at(10)) == replace(waiting("a", rank=1), person="ann", until=at(10))
    again = desk.claim("ann", at(5), at(15))
    assert again is not None
    assert (again.id, again.until) == ("a", at(15))
    bobs = desk.claim("bob", at(5), at(15))
    assert bobs is not None
    assert bobs.id == "b"
    assert desk.claim("cat", at(5), at(15)) is None
    assert desk.item("a") == again


def test_a_lease_ends_at_its_moment(desk: Desk) -> None:
    desk.place([waiting("a")])
    desk.claim("ann", at(0), at(10))
    assert desk.claim("bob", at(9), at(20)) is None
    taken = desk.claim("bob", at(10), at(20))
    assert taken is not None
    assert (taken.person, taken.until) == ("bob", at(20))
    assert desk.release("a", "ann", skip=True) is False, "it is hers no more"
    assert desk.release("a", "bob", skip=False) is True


def test_who_skips_an_item_is_not_offered_it_again(desk: Desk) -> None:
    desk.place([waiting("a", rank=1), waiting("b", rank=2)])
    desk.claim("ann", at(0), at(10))
    assert desk.release("a", "ann", skip=True) is True
    assert desk.release("a", "ann", skip=True) is False
    second = desk.claim("ann", at(1), at(10))
    assert second is not None
    assert second.id == "b"
    for_bob = desk.claim("bob", at(1), at(10))
    assert for_bob is not None
    assert for_bob.id == "a"
    assert desk.release("a", "bob", skip=False) is True
    free = desk.item("a")
    assert free is not None
    assert (free.person, free.until) == (None, None)
    desk.release("b", "ann", skip=True)
    assert desk.claim("ann", at(1), at(10)) is None
    assert (desk.skipped("a"), desk.skipped("no")) == (("ann",), ())


def test_an_escalated_item_goes_to_somebody_else(desk: Desk) -> None:
    desk.place([waiting("a")])
    desk.claim("ann", at(0), at(10))
    desk.place([replace(waiting("a"), escalated=True, version=2)])
    assert desk.claim("ann", at(1), at(11)) is None, "not even while her lease runs"
    desk.release("a", "ann", skip=True)
    taken = desk.claim("bob", at(2), at(12))
    assert taken is not None
    assert (taken.id, taken.escalated) == ("a", True)
    again = desk.claim("bob", at(3), at(13))
    assert again is not None, "who was given it escalated keeps it"
    assert desk.claim("ann", at(20), at(30)) is None


def test_only_what_waits_can_be_claimed_and_only_of_the_system_asked_for(desk: Desk) -> None:
    desk.place([replace(waiting(w), where=w) for w in ("held", "accepted", "done")])
    assert desk.claim("ann", at(0), at(10)) is None
    desk.place([waiting("a", system="other")])
    assert desk.claim("ann", at(0), at(10), system="support") is None
    taken = desk.claim("ann", at(0), at(10), system="other")
    assert taken is not None
    assert taken.id == "a"


def test_of_many_who_claim_at_once_no_two_get_the_same(desk: Desk) -> None:
    desk.place([waiting(f"i{n:02}", rank=n) for n in range(12)])
    barrier = Barrier(16)

    def claim(number: int) -> str | None:
        barrier.wait()
        taken = desk.claim(f"person {number}", at(0), at(10))
        return None if taken is None else taken.id

    with ThreadPoolExecutor(16) as threads:
        found = list(threads.map(claim, range(16)))
    assert sorted(f for f in found if f is not None) == [f"i{n:02}" for n in range(12)]


def test_one_person_at_many_screens_holds_one_item(desk: Desk) -> None:
    desk.place([waiting(f"i{n}", rank=n) for n in range(8)])
    barrier = Barrier(8)

    def claim(_number: int) -> str | None:
        barrier.wait()
        taken = desk.claim("ann", at(0), at(10))
        return None if taken is None else taken.id

    with ThreadPoolExecutor(8) as threads:
        assert set(threads.map(claim, range(8))) == {"i0"}


def test_how_far_the_ledger_was_read_never_goes_back(desk: Desk) -> None:
    assert desk.read_up_to() == -1
    for index, after in ((0, 0), (41, 41), (7, 41), (42, 42)):
        desk.set_read_up_to(index)
        assert desk.read_up_to() == after


@pytest.mark.parametrize("text", ["nul \x00", "half \ud800"])
def test_text_that_no_database_keeps_is_refused_and_never_found(desk: Desk, text: str) -> None:
    with pytest.raises(Misuse, match="cannot be kept"):
        desk.place([waiting("a"), replace(waiting("b"), system=text)])
    with pytest.raises(Misuse, match="cannot be kept"):
        desk.claim(text, at(0), at(1))
    assert desk.items("waiting") == ()
    assert desk.item(text) is None
    assert desk.items("waiting", system=text) == ()
    assert desk.count("waiting", text) == 0
    assert desk.claim("ann", at(0), at(1), text) is None
    assert desk.release(text, text, skip=True) is False
    assert desk.skipped(text) == ()
    assert desk.text(Digest(text)) is None
    assert desk.erase(Digest(text)) is False
