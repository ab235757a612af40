"""Does every Alarms keep the promises of its port?"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier

import pytest
from sqlalchemy import delete

from cleanroom.adapters.memory.alarms import MemoryAlarms
from cleanroom.adapters.sqlstore import SqlStore, tables
from cleanroom.adapters.sqlstore.alarms import SqlAlarms
from cleanroom.core.alert import Level, Signal
from cleanroom.core.alerts.decide import Tally
from cleanroom.core.alerts.grouping import HOLD, Taken, pace
from cleanroom.core.base import Instant, instant
from cleanroom.ports.alarms import Alarms, Look, Member, Row, State

ALL: tuple[State, ...] = ("open", "acknowledged", "resolved")


def at(second: float) -> Instant:
    return instant(1_795_000_000_000_000 + round(second * 1_000_000))


def said(
    name: str = "slo/a", system: str = "chat", about: str = "", level: Level = "warning", over: bool = False
) -> Signal:
    return Signal(name, system, level, about, f"größer {name}", at(0), at(0), ("rate: 2%", "n: 100"), "slo", over)


@pytest.fixture
def alarms(one_store: SqlStore | None) -> Alarms:
    if one_store is None:
        return MemoryAlarms()
    with one_store.writing() as connection:
        for table in (tables.alerts, tables.alert_signals):
            connection.execute(delete(table))
    return SqlAlarms(one_store)


def looked(alarms: Alarms, row: Row, due: float | None, state: State = "open", told: float = 1) -> None:
    heard = max((m.seq for m in alarms.members(row.id)), default=-1)
    alarms.looked([Look(row, state, None if due is None else at(due), at(told), row.tells + 1, heard)])


def test_the_first_of_a_kind_is_kept_whole_and_is_due_at_once(alarms: Alarms) -> None:
    assert alarms.take([said()], at(1)) == Taken(new=1)
    (row,) = alarms.due(at(1))
    assert (row.system, row.level, row.state, row.opened, row.due, row.told, row.tells) == (
        "chat", "warning", "open", at(1), at(1), None, 0,
    )  # fmt: skip
    (member,) = alarms.members(row.id)
    assert member == Member(member.seq, member.key, said(), at(1), at(1), 1, row.id)
    assert alarms.row(row.id) == row
    assert alarms.row("none") is None
    assert alarms.due(at(0)) == ()


def test_what_is_said_again_is_counted_and_nothing_else(alarms: Alarms) -> None:
    alarms.take([said()], at(1))
    (row,) = alarms.due(at(1))
    looked(alarms, row, None)
    later = replace(said(), what="worse", since=at(-5))
    assert alarms.take([later] * 3, at(9)) == Taken(repeated=3)
    assert alarms.due(at(99)) == ()
    (member,) = alarms.members(row.id)
    assert (member.n, member.first, member.last, member.signal.what) == (4, at(1), at(9), "worse")
    assert member.signal.since == at(-5)
    assert member.heard


def test_signals_are_grouped_by_system_and_level(alarms: Alarms) -> None:
    signals = [said("a"), said("b"), said("a", about="x"), said("c", system="search"), said("d", level="critical")]
    assert alarms.take(signals, at(1)).new == 5
    rows = {(r.system, r.level): r for r in alarms.due(at(1))}
    assert set(rows) == {("chat", "warning"), ("search", "warning"), ("chat", "critical")}
    assert alarms.due(at(1))[0].level == "critical", "the gravest first"
    assert [m.signal.name for m in alarms.members(rows["chat", "warning"].id)] == ["a", "b", "a"]
    assert alarms.due(at(1), limit=1)[0].level == "critical"
    assert {r.system for r in alarms.rows(ALL, "search")} == {"search"}
    assert alarms.rows(["acknowledged"]) == ()


def test_what_joins_a_told_alert_waits_its_pace(alarms: Alarms) -> None:
    alarms.take([said("a")], at(0))
    (row,) = alarms.due(at(0))
    looked(alarms, row, 1000, told=0)
    alarms.take([said("b")], at(10))
    assert alarms.due(at(pace("warning", 1) - 1)) == ()
    (due,) = alarms.due(at(pace("warning", 1)))
    assert due.id == row.id
    assert [m.signal.name for m in alarms.members(row.id, unheard=True)] == ["b"]
    assert alarms.tally(row.id) == Tally(2, 2, 1, None)


def test_a_look_that_missed_something_stays_due(alarms: Alarms) -> None:
    alarms.take([said("a")], at(0))
    (row,) = alarms.due(at(0))
    alarms.take([said("b")], at(0))  # between the look and what it remembers
    alarms.looked([Look(row, "open", at(5000), at(0), 1, 0)])
    assert [r.id for r in alarms.due(at(1))] == [row.id]


def test_an_end_is_looked_at_after_a_while_and_can_be_taken_back(alarms: Alarms) -> None:
    alarms.take([said("a")], at(0))
    (row,) = alarms.due(at(0))
    looked(alarms, row, None)
    assert alarms.take([said("a", over=True), said("other", over=True)], at(10)) == Taken(ended=1, unknown=1)
    assert alarms.take([said("a", over=True)], at(11)) == Taken(unknown=1), "it is over already"
    assert alarms.tally(row.id) == Tally(1, 0, 0, at(10))
    assert [r.id for r in alarms.due(at(10 + HOLD))] == [row.id]
    assert alarms.due(at(9 + HOLD)) == ()
    assert alarms.take([said("a")], at(20)) == Taken(repeated=1)
    assert alarms.tally(row.id) == Tally(1, 1, 0, None)


def test_what_comes_after_the_resolution_is_new(alarms: Alarms) -> None:
    alarms.take([said("a")], at(0))
    (row,) = alarms.due(at(0))
    looked(alarms, row, None, "resolved")
    assert alarms.take([said("a")], at(0)) == Taken(new=1), "at the same moment, even"
    (new,) = alarms.due(at(0))
    assert new.id != row.id
    assert {r.state for r in alarms.rows(ALL)} == {"open", "resolved"}


def test_what_gets_worse_moves_to_the_critical_alert(alarms: Alarms) -> None:
    alarms.take([said("a")], at(0))
    (mild,) = alarms.due(at(0))
    looked(alarms, mild, None)
    assert alarms.take([said("a", level="critical")], at(5)) == Taken(new=1)
    grave = next(r for r in alarms.due(at(5)) if r.level == "critical")
    assert alarms.tally(mild.id) == Tally(1, 0, 0, at(5))
    assert alarms.take([said("a")], at(6)) == Taken(repeated=1), "milder words do not make it milder"
    assert [m.signal.level for m in alarms.members(grave.id)] == ["critical"]
    assert alarms.take([said("a", level="business")], at(6)) == Taken(new=1), "that is for other ears"
    assert alarms.take([said("a", over=True)], at(7)) == Taken(ended=2)


def test_what_came_too_late_for_an_answered_alert_moves_to_another(alarms: Alarms) -> None:
    alarms.take([said("a")], at(0))
    (row,) = alarms.due(at(0))
    alarms.take([said("b")], at(0))
    alarms.looked([Look(row, "acknowledged", None, at(0), 1, alarms.members(row.id)[0].seq)])
    assert alarms.move(row.id, at(1)) == 1
    assert [m.signal.name for m in alarms.members(row.id)] == ["a"]
    other = next(r for r in alarms.due(at(1)) if r.id != row.id)
    assert [m.signal.name for m in alarms.members(other.id)] == ["b"]
    assert alarms.take([said("b")], at(2)) == Taken(repeated=1)
    assert alarms.move(row.id, at(3)) == 0


def test_a_silence_that_comes_or_goes_wakes_what_is_not_over(alarms: Alarms) -> None:
    alarms.take([said("a"), said("b", system="x"), said("c", system="y")], at(0))
    for row, state in zip(alarms.due(at(0)), ALL, strict=True):
        looked(alarms, row, None, state)
    assert alarms.due(at(9)) == ()
    alarms.wake(at(9))
    assert {r.state for r in alarms.due(at(9))} == {"open", "acknowledged"}


def test_how_many_were_told_of_late(alarms: Alarms) -> None:
    alarms.take([said("a"), said("b", system="x"), said("c", system="y")], at(0))
    for second, row in enumerate(alarms.due(at(0))):
        looked(alarms, row, None, told=second)
    assert [alarms.told_since(at(s)) for s in (0, 1, 2, 3)] == [3, 2, 1, 0]


def test_a_copy_is_given_what_the_ledger_knows(alarms: Alarms) -> None:
    alarms.take([said("a")], at(0))
    (mine,) = alarms.due(at(0))
    row = Row("f00", "chat", "critical", "open", at(-9), at(-9), at(-9), 2)
    key = alarms.members(mine.id)[0].key
    member = Member(0, key[::-1], said("z", level="critical"), at(-9), at(-9), 1, "f00", heard=True)
    alarms.adopt([row, replace(mine, system="changed")], [member])
    alarms.adopt([row], [member])
    assert alarms.row("f00") == row
    assert alarms.row(mine.id) == mine
    assert [m.signal for m in alarms.members("f00")] == [member.signal]
    assert alarms.take([said("q", level="critical")], at(1)).new == 1
    assert [m.signal.name for m in alarms.members("f00")] == ["z", "q"]


def test_signals_of_old_alerts_are_forgotten(alarms: Alarms) -> None:
    alarms.take([said("a"), said("b", system="x")], at(0))
    first, second = alarms.due(at(0))
    looked(alarms, first, None, "resolved")
    assert alarms.forget(at(0)) == 0
    assert alarms.forget(at(1)) == 1
    assert alarms.members(first.id) == ()
    assert len(alarms.members(second.id)) == 1
    assert alarms.take([said("n")], at(5)).new == 1


def test_of_many_who_say_the_same_at_once_one_is_the_first(alarms: Alarms) -> None:
    barrier = Barrier(8)

    def say(_number: int) -> Taken:
        barrier.wait()
        return alarms.take([said("a"), said("b", about="x")], at(1))

    with ThreadPoolExecutor(8) as threads:
        taken = list(threads.map(say, range(8)))
    assert (sum(t.new for t in taken), sum(t.repeated for t in taken)) == (2, 14)
    (row,) = alarms.due(at(1))
    assert sum(m.n for m in alarms.members(row.id)) == 16
