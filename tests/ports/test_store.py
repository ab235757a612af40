"""Does every Store keep the promises of its port? One suite for all adapters, memory first."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from threading import Barrier

import pytest
from tests.stores import DATABASES, address

from cleanroom.adapters.memory.store import MemoryStore
from cleanroom.adapters.sqlstore import open_store
from cleanroom.app.audit import verify
from cleanroom.core.base import CleanroomError, Instant, Misuse, Refused, digest
from cleanroom.core.facts import By, Finding, FlagKilled, FlagSet, InputSeen, Judged, Proposed, Ran
from cleanroom.core.flags import Flag
from cleanroom.core.ledger import Conflict, Verified, Write
from cleanroom.ports.store import Store, Target

AT = Instant("2026-11-21T23:20:00.000000Z")


def proposed(name: str = "legacy names", author: str = "ann") -> Proposed:
    return Proposed(digest(b"change"), name, "mapping", digest(b"artifact"), author, "small-model", None, AT)


RAN = Ran(
    digest(b"run"),
    digest(b"change"),
    digest(b"plan"),
    (InputSeen("events", "data/événements.parquet", digest(b"in"), 7),),
    (),
    "bob",
    AT,
)
JUDGED = Judged(
    digest(b"run"),
    digest(b"change"),
    "FAIL",
    (Finding("ranges", "fields", "FAIL", True, '"-1"\n', "0 to 9"),),
    AT,
)


@dataclass
class Kept:
    """A ledger that can be opened again; `again` gives the same lines every time."""

    again: Callable[[], Target]


@pytest.fixture(params=["memory", *DATABASES])
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Kept]:
    if request.param == "memory":
        store = MemoryStore()
        yield Kept(lambda: store)
        return
    where = address(request.param, request, tmp_path)
    with ExitStack() as opened:
        yield Kept(lambda: opened.enter_context(open_store(where, Path)))


@pytest.fixture
def store(kept: Kept) -> Target:
    return kept.again()


def told(error: CleanroomError) -> str:
    """The line a person sees, which is one line, and comes with what to do next."""
    assert "\n" not in error.message
    assert error.hint
    assert "\n" not in error.hint
    return error.message


# What every store does.


def test_an_empty_ledger_has_nothing_and_verifies(store: Store) -> None:
    assert store.size() == 0
    assert store.history("anything") == ()
    assert list(store.entries()) == []
    assert list(store.stored()) == []
    assert isinstance(verify(store), Verified)
    assert store.append([]) == ()


def test_what_was_appended_is_read_back_the_same(store: Store) -> None:
    made = [
        *store.append([Write("change", 0, proposed())]),
        *store.append([Write("run", 0, RAN), Write("change", 1, JUDGED)]),
    ]
    assert [(e.index, e.subject, e.version, e.fact) for e in made] == [
        (0, "change", 1, proposed()),
        (1, "run", 1, RAN),
        (2, "change", 2, JUDGED),
    ]
    assert list(store.entries()) == made
    assert store.history("change") == (made[0], made[2])
    assert store.history("run") == (made[1],)
    assert store.size() == 3


def test_the_last_entries_of_a_subject_come_newest_first(store: Store) -> None:
    made = store.append([Write("change" if i % 2 else "run", i // 2, RAN) for i in range(12)])
    of = [e for e in reversed(made) if e.subject == "change"]
    assert store.latest("change", 100) == tuple(of)
    assert store.latest("change", 2) == tuple(of[:2])
    assert store.latest("change", 2, of[1].index) == tuple(of[2:4])
    assert store.latest("change", 2, of[-1].index) == store.latest("nothing", 2) == store.latest("no \x00", 2) == ()


def test_what_is_new_of_a_subject_is_read_alone(store: Store) -> None:
    made = store.append([Write("change" if i % 2 else "run", i // 2, RAN) for i in range(8)])
    of = tuple(e for e in made if e.subject == "change")
    assert [store.history("change", after) for after in range(5)] == [of[after:] for after in range(5)]
    assert store.history("change", 99) == store.history("nothing", 1) == ()


def test_flags_and_rollouts_are_found_by_what_began_them(store: Store) -> None:
    by = By("ann", "claimed")
    flag = FlagSet(Flag("b", {"off": False, "on": True}, "off"), "", by, AT)
    assert store.subjects("flag_set") == ()
    store.append([Write("flag/b", 0, flag), Write("flag/b", 1, flag), Write("flag/a", 0, flag), Write("run", 0, RAN)])
    store.append([Write("flag/b", 2, FlagKilled("b", "it hurts", by, AT))])
    assert store.subjects("flag_set") == ("flag/a", "flag/b")
    assert store.subjects("rollout_started") == ()


def test_who_comes_second_is_told_who_was_first(store: Store) -> None:
    store.append([Write("change", 0, proposed(author="ann"))])
    with pytest.raises(Conflict) as caught:
        store.append([Write("change", 0, proposed(author="bob"))])
    assert caught.value.code == 4
    assert caught.value.first == store.history("change")[0]
    assert told(caught.value) == (
        "'change' has changed meanwhile: 'ann' wrote its version 1 first "
        f"(entry 0, proposed, {AT}); nothing was written"
    )
    assert store.size() == 1


def test_nobody_writes_after_a_version_that_is_not_there(store: Store) -> None:
    store.append([Write("change", 0, proposed())])
    for version in (7, -1, 10**30):
        with pytest.raises(Conflict) as caught:
            store.append([Write("change", version, proposed())])
        assert caught.value.first is None
        assert told(caught.value) == f"'change' is at version 1, not {version}: nothing was written"
    assert store.size() == 1


@pytest.mark.parametrize(
    "second", [Write("b", 3, proposed()), Write("b", 0, proposed("a lone surrogate \udcff has no UTF-8"))]
)
def test_one_write_that_cannot_be_takes_all_others_with_it(store: Store, second: Write) -> None:
    store.append([Write("before", 0, proposed())])
    with pytest.raises(CleanroomError) as caught:
        store.append([Write("a", 0, proposed()), second, Write("c", 0, proposed())])
    assert told(caught.value)
    assert store.size() == 1
    assert store.history("a") == store.history("c") == ()
    store.append([Write("a", 0, proposed())])
    assert verify(store).size == 2  # type: ignore[union-attr]


@pytest.mark.parametrize("subject", ["", "b" * 501, "b\x00", "b\ud800"])
def test_a_subject_that_no_database_keeps_is_refused(store: Store, subject: str) -> None:
    with pytest.raises(Misuse, match="cannot keep the subject") as caught:
        Write(subject, 0, proposed())
    assert told(caught.value).isascii()
    assert store.history(subject) == ()


def test_one_append_may_take_a_subject_several_versions_on(store: Store) -> None:
    made = store.append([Write("x", 0, proposed()), Write("x", 1, RAN), Write("x", 2, JUDGED)])
    assert [e.version for e in made] == [1, 2, 3]
    with pytest.raises(Conflict):
        store.append([Write("x", 3, RAN), Write("x", 3, RAN)])
    assert store.size() == 3


def test_any_text_can_be_a_subject(store: Store) -> None:
    subjects = ["'; DROP TABLE ledger; --", 'two\nlines "quoted"', "naïve 🧪", " ", "x" * 500]
    store.append([Write(s, 0, proposed(s)) for s in subjects])
    assert [store.history(s)[0].fact for s in subjects] == [proposed(s) for s in subjects]
    with pytest.raises(Conflict) as caught:
        store.append([Write(subjects[1], 0, proposed())])
    assert told(caught.value)


def test_indexes_have_no_gaps_and_entries_come_page_by_page(store: Store) -> None:
    count = 2100
    store.append([Write(f"subject {i % 700}", i // 700, proposed(str(i))) for i in range(count)])
    assert [e.index for e in store.entries()] == list(range(count))
    assert [line.index for line in store.stored()] == list(range(count))
    assert [e.index for e in store.entries(after=998, limit=1003)] == list(range(999, 2002))
    assert [e.index for e in store.entries(after=count - 3)] == [count - 2, count - 1]
    assert list(store.entries(limit=0)) == list(store.entries(after=count)) == []
    assert [line.index for line in store.stored(after=1999)] == list(range(2000, count))
    assert isinstance(verify(store), Verified)


def test_a_ledger_opened_again_goes_on_where_it_was(kept: Kept) -> None:
    for i in range(13):
        assert kept.again().append([Write("x", i, proposed(str(i)))])[0].index == i
    store = kept.again()
    assert [e.fact for e in store.history("x")] == [proposed(str(i)) for i in range(13)]
    assert verify(store).size == 13  # type: ignore[union-attr]


def test_every_store_keeps_the_same_bytes_and_hashes(kept: Kept) -> None:
    model = MemoryStore()
    for store in (model, kept.again()):
        for i in range(20):
            store.append([Write("x", i, proposed(str(i))), Write(f"y{i}", 0, JUDGED)])
    assert list(kept.again().stored()) == list(model.stored())


def bodies(count: int) -> list[bytes]:
    model = MemoryStore()
    for i in range(count):
        model.append([Write(f"x{i % 3}", i // 3, proposed(str(i)))])
    return [line.body for line in model.stored()]


def test_entries_of_another_ledger_are_adopted_byte_for_byte_with_hashes_of_its_own(store: Target) -> None:
    model = MemoryStore()
    model.adopt(bodies(1100))
    assert store.adopt([]) == 0
    assert store.adopt(bodies(1100)[:7]) == 7
    assert store.adopt(bodies(1100)[7:]) == 1100
    assert list(store.stored()) == list(model.stored())
    assert isinstance(verify(store), Verified)
    assert store.append([Write("x0", store.version("x0"), RAN)])[0].index == 1100


@pytest.mark.parametrize(
    "spoil",
    [
        lambda b: b[1:],
        lambda b: [b[1], b[0], *b[2:]],
        lambda b: [*b[:4], b"not JSON", *b[5:]],
        lambda b: [*b[:4], b[4].replace(b'"version":2', b'"version":3'), *b[5:]],
        lambda b: [*b[:4], b[4].replace(b'"subject":"x1"', b'"subject":"\\u0000"'), *b[5:]],
        lambda b: [*b[:4], b[4].replace(b'"subject":"x1"', b'"subject":["x1"]'), *b[5:]],
        lambda b: [*b[:4], b[4].replace(b'"index":4', b'"index":true'), *b[5:]],
        lambda b: [*b[:1], b[1].replace(b'"index":1', b'"index":true'), *b[2:]],
        lambda b: [*b, b[-1]],
    ],
)
def test_entries_that_do_not_follow_are_not_adopted(store: Target, spoil: Callable[[list[bytes]], list[bytes]]) -> None:
    whole = bodies(9)
    assert spoil(whole) != whole
    with pytest.raises(Refused, match="do not follow as entry") as caught:
        store.adopt(spoil(whole))
    assert told(caught.value)
    assert store.size() == 0
    assert store.adopt(whole) == 9


@pytest.fixture
def restless() -> Iterator[None]:
    """Threads take turns a thousand times as often, so that a missing lock shows."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(usual / 1000)
    yield
    sys.setswitchinterval(usual)


@pytest.mark.usefixtures("restless")
def test_of_many_threads_that_saw_the_same_version_one_wins(store: Store) -> None:
    barrier = Barrier(8)

    def attempt(number: int) -> bool:
        barrier.wait()
        try:
            store.append([Write(f"own {number}", 0, RAN), Write("shared", 0, proposed(str(number)))])
        except Conflict as conflict:
            return conflict.first is None
        return True

    with ThreadPoolExecutor(8) as threads:
        won = list(threads.map(attempt, range(8)))
    assert sum(won) == 1
    assert store.history("shared")[0].fact == proposed(str(won.index(True)))
    assert store.size() == 2


@pytest.mark.usefixtures("restless")
def test_threads_that_try_again_lose_nothing(kept: Kept) -> None:
    stores = [kept.again(), kept.again()]

    def work(number: int) -> list[int]:
        mine = stores[number % 2]
        done: list[int] = []
        while len(done) < 10:
            try:
                seen = len(mine.history("shared"))
                made = mine.append([Write("shared", seen, proposed(f"{number}")), Write(f"{number}", len(done), RAN)])
            except Conflict:
                continue
            assert made[1].index == made[0].index + 1
            done.append(made[0].version)
        return done

    with ThreadPoolExecutor(4) as threads:
        versions = [v for done in threads.map(work, range(4)) for v in done]
    assert sorted(versions) == list(range(1, 41))
    assert [e.index for e in stores[0].entries()] == list(range(80))
    assert isinstance(verify(stores[1]), Verified)


# Processes, which only a file or a server can bring together.

WRITER = """
import sys
from pathlib import Path
from cleanroom.adapters.sqlstore import open_store
from cleanroom.core.base import Instant, digest
from cleanroom.core.facts import Proposed
from cleanroom.core.ledger import Conflict, Write

where, name, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
at = Instant("2026-11-21T23:20:00.000000Z")
fact = Proposed(digest(b"c"), name, "mapping", digest(b"a"), name, "m", None, at)
with open_store(where, Path) as store:
    done = 0
    while done < count:
        try:
            seen = len(store.history("shared"))
            store.append([Write("shared", seen, fact), Write(name, done, fact)])
            done += 1
        except Conflict:
            pass
"""


def test_processes_that_race_for_a_new_ledger_lose_nothing(database: str) -> None:
    names = ["ann", "bob"]
    running = [subprocess.Popen([sys.executable, "-c", WRITER, database, name, "15"]) for name in names]
    assert [process.wait(timeout=120) for process in running] == [0, 0]
    with open_store(database, Path) as store:
        assert [e.index for e in store.entries()] == list(range(60))
        assert [e.version for e in store.history("shared")] == list(range(1, 31))
        assert [len(store.history(name)) for name in names] == [15, 15]
        assert isinstance(verify(store), Verified)
