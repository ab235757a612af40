"""Does every Outbox keep the promises of its port?"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Barrier

import pytest
from tests.stores import DATABASES, address

from cleanroom.adapters.memory.outbox import MemoryOutbox
from cleanroom.adapters.sqlstore import open_store
from cleanroom.adapters.sqlstore.outbox import SqlOutbox
from cleanroom.core.base import Instant, Misuse, instant
from cleanroom.ports.outbox import Message, Outbox


def at(second: int) -> Instant:
    return instant(1_795_000_000_000_000 + second * 1_000_000)


def message(key: str, made: int = 0) -> Message:
    return Message(key, "ops", "a title", "größer\nthan one line", at(made), at(made))


@pytest.fixture(params=["memory", *DATABASES])
def outbox(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Outbox]:
    if request.param == "memory":
        yield MemoryOutbox()
        return
    with open_store(address(request.param, request, tmp_path), Path) as store:
        yield SqlOutbox(store)


def test_a_message_is_posted_once(outbox: Outbox) -> None:
    assert outbox.post(message("k")) is True
    assert outbox.post(replace(message("k"), body="another")) is False
    assert outbox.waiting() == (message("k"),)
    outbox.delivered("k", at(1))
    assert outbox.waiting() == ()
    assert outbox.post(message("k")) is False, "it was delivered"


def test_what_is_due_is_handed_out_once_a_lease(outbox: Outbox) -> None:
    for key, made in (("b", 2), ("a", 3), ("c", 1), ("later", 9)):
        outbox.post(message(key, made))
    first = outbox.due(at(5), at(20), limit=2)
    assert [m.key for m in first] == ["c", "b"]
    assert {m.due for m in first} == {at(20)}
    assert [m.key for m in outbox.due(at(5), at(20))] == ["a"]
    assert outbox.due(at(5), at(20)) == ()
    assert [m.key for m in outbox.due(at(9), at(30))] == ["later"]
    assert [m.key for m in outbox.due(at(20), at(40))] == ["c", "b", "a"], "who had them said nothing: try again"
    assert [m.key for m in outbox.waiting()] == ["c", "b", "a", "later"]


def test_a_failed_message_waits_longer_and_counts_its_tries(outbox: Outbox) -> None:
    outbox.post(message("k"))
    outbox.due(at(0), at(10))
    outbox.put_off("k", at(30), "503 from the receiver")
    assert outbox.waiting() == (replace(message("k"), due=at(30), tries=1, failed="503 from the receiver"),)
    assert outbox.due(at(29), at(60)) == ()
    assert [m.tries for m in outbox.due(at(30), at(60))] == [1]


def test_a_message_that_was_given_up_is_shown_and_not_tried(outbox: Outbox) -> None:
    outbox.post(message("k"))
    outbox.put_off("k", None, "410 gone")
    (left,) = outbox.waiting()
    assert (left.gave_up, left.tries, left.failed) == (True, 1, "410 gone")
    assert outbox.due(at(1000), at(2000)) == ()
    assert outbox.post(message("k")) is False


def test_what_was_delivered_cannot_be_put_off_again(outbox: Outbox) -> None:
    outbox.post(message("k"))
    outbox.delivered("k", at(1))
    outbox.put_off("k", at(2), "a slow second process")
    outbox.delivered("none", at(1))
    outbox.put_off("none", at(2), "")
    assert outbox.waiting() == ()
    assert outbox.due(at(1000), at(2000)) == ()


def test_of_many_who_ask_at_once_each_message_goes_to_one(outbox: Outbox) -> None:
    for i in range(20):
        outbox.post(message(f"k{i:02}", i))
    barrier = Barrier(8)

    def take(_number: int) -> list[str]:
        barrier.wait()
        return [m.key for m in outbox.due(at(100), at(200), limit=3)]

    with ThreadPoolExecutor(8) as threads:
        taken = [key for keys in threads.map(take, range(8)) for key in keys]
    assert sorted(taken) == [f"k{i:02}" for i in range(20)]


def test_of_many_who_post_the_same_one_does(outbox: Outbox) -> None:
    barrier = Barrier(8)

    def post(_number: int) -> bool:
        barrier.wait()
        return outbox.post(message("same"))

    with ThreadPoolExecutor(8) as threads:
        assert sorted(threads.map(post, range(8))) == [False] * 7 + [True]


@pytest.mark.parametrize("text", ["nul \x00", "half \ud800"])
def test_text_that_no_database_keeps_is_refused(outbox: Outbox, text: str) -> None:
    with pytest.raises(Misuse, match="cannot be kept"):
        outbox.post(replace(message("k"), body=text))
    outbox.post(message("k"))
    with pytest.raises(Misuse, match="cannot be kept"):
        outbox.put_off("k", at(1), text)
    outbox.delivered(text, at(1))
    assert outbox.waiting() == (message("k"),)


def test_what_was_given_up_on_can_be_tried_again_as_if_new(outbox: Outbox) -> None:
    outbox.post(message("k"))
    assert outbox.again("k", at(5)) is False, "it waits anyway"
    outbox.put_off("k", None, "410 gone")
    assert outbox.again("k", at(5)) is True
    assert outbox.again("k", at(6)) is False
    assert outbox.waiting() == (replace(message("k"), due=at(5), failed="410 gone"),)
    assert [m.key for m in outbox.due(at(5), at(9))] == ["k"]
    outbox.delivered("k", at(6))
    assert outbox.again("k", at(7)) is False
    assert outbox.again("none", at(7)) is False
    assert outbox.again("nul \x00", at(7)) is False
