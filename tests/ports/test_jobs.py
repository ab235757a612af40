"""Does every Jobs keep the promises of its port?"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from sqlalchemy import delete

from cleanroom.adapters.memory.jobs import MemoryJobs
from cleanroom.adapters.sqlstore import SqlStore, open_store, tables
from cleanroom.adapters.sqlstore.jobs import MOST_RUNS, SqlJobs
from cleanroom.core.base import Instant, instant
from cleanroom.ports.jobs import JobRun, Jobs, Standing, Turn


def at(second: float) -> Instant:
    return instant(1_795_000_000_000_000 + round(second * 1_000_000))


def run_of(turn: Turn, second: float = 9, good: bool = True) -> JobRun:
    return JobRun(turn.name, turn.slot, at(second - 1), at(second), good, "done")


@pytest.fixture
def jobs(one_store: SqlStore | None) -> Jobs:
    if one_store is None:
        return MemoryJobs()
    with one_store.writing() as connection:
        for table in (tables.jobs, tables.job_runs):
            connection.execute(delete(table))
    return SqlJobs(one_store)


def test_what_was_due_before_a_job_was_there_is_not_made_up_for(jobs: Jobs) -> None:
    assert jobs.standing("a", at(5)) == Standing("a", at(5))
    assert jobs.standing("a", at(9)) == Standing("a", at(5)), "it was there at 5"
    assert jobs.plan("a", at(4), at(9)) is False
    assert jobs.plan("a", at(5), at(9)) is False
    assert jobs.take("a", at(99), at(199)) is None


def test_a_turn_is_taken_once_and_done_once(jobs: Jobs) -> None:
    jobs.standing("a", at(0))
    assert jobs.plan("a", at(10), at(12)) is True
    assert jobs.plan("a", at(10), at(12)) is False
    assert jobs.take("a", at(11), at(99)) is None, "not yet"
    turn = jobs.take("a", at(12), at(99))
    assert turn is not None
    assert (turn.name, turn.slot) == ("a", at(10))
    assert jobs.take("a", at(13), at(99)) is None
    assert jobs.plan("a", at(20), at(20)) is False, "while it runs, the next one waits"
    assert jobs.standing("a", at(0)).until == at(99)
    assert jobs.done(turn, run_of(turn)) is True
    assert jobs.done(turn, run_of(turn)) is False
    assert jobs.standing("a", at(0)) == Standing("a", at(10))
    assert jobs.plan("a", at(10), at(12)) is False, "it was done for that moment"
    assert jobs.runs("a") == (run_of(turn),)


def test_missed_runs_are_made_up_for_by_one(jobs: Jobs) -> None:
    jobs.standing("a", at(0))
    assert [jobs.plan("a", at(s), at(s + 5)) for s in (10, 20, 30)] == [True] * 3
    assert jobs.standing("a", at(0)) == Standing("a", at(0), at(30), at(15))
    turn = jobs.take("a", at(15), at(99))
    assert turn is not None
    assert turn.slot == at(30)
    assert jobs.done(turn, run_of(turn))
    assert jobs.take("a", at(98), at(99)) is None
    jobs.plan("a", at(40), at(60))
    jobs.plan("a", at(41), at(41))
    assert jobs.standing("a", at(0)).start == at(41), "a person who runs it now need not wait"


def test_whoever_lost_the_lease_has_done_nothing(jobs: Jobs) -> None:
    jobs.standing("a", at(0))
    jobs.plan("a", at(10), at(10))
    first = jobs.take("a", at(10), at(20))
    assert first is not None
    assert jobs.take("a", at(19), at(40)) is None
    second = jobs.take("a", at(20), at(40))
    assert second is not None
    assert jobs.done(first, run_of(first)) is False
    assert jobs.runs() == ()
    assert jobs.done(second, run_of(second, good=False)) is True
    assert [r.good for r in jobs.runs()] == [False]


def test_runs_come_newest_first(jobs: Jobs) -> None:
    for second in range(1, 8):
        for name in ("a", "b"):
            jobs.standing(name, at(0))
            jobs.plan(name, at(second), at(second))
            turn = jobs.take(name, at(second), at(99))
            assert turn is not None
            jobs.done(turn, run_of(turn))
    assert [r.slot for r in jobs.runs("a", 3)] == [at(7), at(6), at(5)]
    assert {r.name for r in jobs.runs()} == {"a", "b"}
    assert jobs.runs("none") == ()


def test_of_many_who_ask_at_once_one_gets_the_turn(jobs: Jobs) -> None:
    jobs.standing("a", at(0))
    barrier = Barrier(8)

    def take(_number: int) -> Turn | None:
        barrier.wait()
        jobs.plan("a", at(10), at(10))
        return jobs.take("a", at(10), at(99))

    with ThreadPoolExecutor(8) as threads:
        assert sum(t is not None for t in threads.map(take, range(8))) == 1


def test_a_lease_is_renewed_as_long_as_the_process_lives(tmp_path: Path) -> None:
    with open_store(str(tmp_path / "ledger.db"), Path) as store:
        jobs = SqlJobs(store)
        jobs.standing("a", at(0))
        jobs.plan("a", at(10), at(10))
        turn = jobs.take("a", at(10), at(10.3))
        assert turn is not None
        with jobs.keeping(turn, 0.3):
            time.sleep(0.75)
        until = jobs.standing("a", at(0)).until
        assert until is not None
        assert at(10.75) <= until, "as much longer as time went by"
        assert jobs.done(turn, run_of(turn))
        with jobs.keeping(turn, 0.03):
            time.sleep(0.1)
        assert jobs.standing("a", at(0)).until is None, "what was let go of is not leased again"


def test_old_runs_are_forgotten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cleanroom.adapters.sqlstore.jobs.MOST_RUNS", 3)
    assert MOST_RUNS > 100
    with open_store(str(tmp_path / "ledger.db"), Path) as store:
        jobs = SqlJobs(store)
        jobs.standing("a", at(0))
        for second in range(1, 6):
            jobs.plan("a", at(second), at(second))
            turn = jobs.take("a", at(second), at(99))
            assert turn is not None
            jobs.done(turn, run_of(turn))
        assert [r.slot for r in jobs.runs()] == [at(5), at(4), at(3)]
