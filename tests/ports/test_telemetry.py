"""Does every Telemetry keep the promises of its port?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from threading import Barrier
from typing import Any

import duckdb
import numpy as np
import pytest
from tests.stores import DATABASES, address

from cleanroom.adapters.memory.telemetry import MemoryTelemetry
from cleanroom.adapters.sqlstore import open_store
from cleanroom.adapters.sqlstore.moving import Moving
from cleanroom.adapters.sqlstore.telemetry import SqlTelemetry
from cleanroom.core.base import Misuse, Outside
from cleanroom.core.outcome import Kept
from cleanroom.ports.telemetry import ALL, Count, Telemetry

SECOND, MINUTE, HOUR = 1_000_000, 60_000_000, 3_600_000_000
START = 1_795_000_000_000_000 // HOUR * HOUR
ALWAYS = (0, 2**60)


def kept(id: str, at: int = 0, arm: str = "control", metrics: Mapping[str, Any] | None = None, **more: Any) -> Kept:
    """An outcome so many microseconds after START."""
    given: dict[str, Any] = {
        "id": id,
        "flag": "f",
        "variant": "new" if arm == "candidate" else "old",
        "arm": arm,
        "who": f"w-{id}",
        "at": START + at,
        "arrived": START + at + SECOND,
        "metrics": {"error": False} if metrics is None else metrics,
        "source": "application",
        "agrees": True,
    }
    return Kept(**{**given, **more})


@pytest.fixture(params=["memory", *DATABASES])
def telemetry(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Telemetry]:
    if request.param == "memory":
        yield MemoryTelemetry()
        return
    with open_store(address(request.param, request, tmp_path), Path) as store:
        yield SqlTelemetry(store, tmp_path / "outcomes")


def rows(telemetry: Telemetry, *metrics: str, span: tuple[int, int] = ALWAYS, flag: str = "f") -> list[tuple[Any, ...]]:
    """(who, at after START, canary, metrics ...) of what `columns` gives; NaN as None."""
    found = telemetry.columns(flag, *span, metrics)
    values = [[None if np.isnan(v) else float(v) for v in found.metrics[name]] for name in metrics]
    assert len(found.arrived) == len(found.who)
    assert [part.dtype.kind for part in (found.at, found.arrived, found.canary, found.who)] == ["i", "i", "b", "U"]
    return list(zip(found.who.tolist(), (found.at - START).tolist(), found.canary.tolist(), *values, strict=True))


def test_an_outcome_counts_once_however_often_it_comes(telemetry: Telemetry) -> None:
    batch = [kept("a", 1), kept("b", 2)]
    first = telemetry.record(batch)
    assert (first.new, first.known) == (2, 0)
    again = telemetry.record([*batch, kept("c", 3)])
    assert (again.new, again.known) == (1, 2)
    twice = telemetry.record([kept("d", 4), kept("d", 5), kept("a", 6, metrics={"error": True})])
    assert (twice.new, twice.known) == (1, 2)
    same = kept("e", 9)
    assert telemetry.record([same, same]).new == 1
    assert rows(telemetry, "error") == [
        (f"w-{i}", at, False, 0.0) for i, at in zip("abcde", (1, 2, 3, 4, 9), strict=True)
    ]
    assert telemetry.record([]).new == 0


def test_outcomes_come_in_any_order_and_are_read_by_time(telemetry: Telemetry) -> None:
    telemetry.record([kept("late", 5 * HOUR), kept("x", 7), kept("b", 3)])
    telemetry.record([kept("a", 3), kept("early", -2 * HOUR)])
    telemetry.record([kept("z", 3)])
    assert [r[0] for r in rows(telemetry)] == ["w-early", "w-b", "w-a", "w-z", "w-x", "w-late"]
    assert [r[0] for r in rows(telemetry, span=(START + 3, START + 7))] == ["w-b", "w-a", "w-z"]
    assert rows(telemetry, flag="other") == []
    found = telemetry.columns("f", START, START + HOUR, [])
    assert (found.arrived - found.at).tolist() == [SECOND] * 4


def test_metrics_are_numbers_and_what_was_not_said_is_nan(telemetry: Telemetry) -> None:
    telemetry.record([kept("a", 1, metrics={"error": True, "ms": 12.5}), kept("b", 2, metrics={})])
    telemetry.record([kept("c", 3, "candidate", {"ms": 7, "größe 'x'": -0.0, "error": False})])
    assert rows(telemetry, "ms", "error", "größe 'x'", "nobody") == [
        ("w-a", 1, False, 12.5, 1.0, None, None),
        ("w-b", 2, False, None, None, None, None),
        ("w-c", 3, True, 7.0, 0.0, 0.0, None),
    ]
    assert set(telemetry.columns("f", *ALWAYS, ["ms"]).metrics) == {"ms"}


def test_only_what_agrees_and_has_an_arm_is_compared(telemetry: Telemetry) -> None:
    telemetry.record(
        [
            kept("a", 1),
            kept("b", 2, "other"),
            kept("c", 3, "other", agrees=False),
            kept("d", HOUR + 4, "other", agrees=False),
            kept("e", 5, "candidate"),
            kept("x", 3, "other", agrees=False, flag="g"),
        ]
    )
    for _ in range(2):
        assert [r[0] for r in rows(telemetry)] == ["w-a", "w-e"]
        assert telemetry.apart("f", *ALWAYS) == 2
        assert telemetry.apart("f", START, START + HOUR) == 1
        assert telemetry.apart("f", START + 3, START + 4) == 1
        assert telemetry.apart("f", START + 4, START + 5) == 0
        assert telemetry.apart("h", *ALWAYS) == 0
        telemetry.compact(START + 3 * HOUR)


def test_counts_by_the_minute(telemetry: Telemetry) -> None:
    telemetry.record([kept("a", 1, metrics={"error": True, "ms": 2}), kept("b", MINUTE - 1, metrics={"ms": 3.5})])
    telemetry.record([kept("c", MINUTE, "candidate", {"error": False}), kept("a", 1, metrics={"error": True})])
    telemetry.record([kept("d", 59 * SECOND, metrics={"error": False, "ms": 0}), kept("e", 2, flag="g")])
    expected = (
        Count("control", ALL, START, 3, 0, 0.0),
        Count("control", "error", START, 2, 1, 1.0),
        Count("control", "ms", START, 3, 2, 5.5),
        Count("candidate", ALL, START + MINUTE, 1, 0, 0.0),
        Count("candidate", "error", START + MINUTE, 1, 0, 0.0),
    )
    for moved in (5, 0):
        assert telemetry.counts("f", *ALWAYS) == expected
        assert telemetry.counts("f", START + MINUTE, START + 2 * MINUTE) == expected[3:]
        assert telemetry.counts("f", START + 1, START + MINUTE) == ()
        assert telemetry.compact(START + 10 * HOUR) == moved


def test_hours_that_ended_move_and_nothing_else_changes(telemetry: Telemetry) -> None:
    batch = [kept(f"{i}", i * HOUR // 4, "candidate" if i % 3 else "control", {"ms": i, "x": True}) for i in range(12)]
    telemetry.record(batch[::-1])
    telemetry.record([kept("edge", HOUR, arrived=START + 5 * HOUR), kept("g", 5, flag="g")])
    before = rows(telemetry, "ms", "x", "y")
    assert telemetry.compact(START) == 0
    assert telemetry.compact(START + HOUR - 1) == 0, "the hour has not ended"
    assert telemetry.compact(START + HOUR) == 5
    assert rows(telemetry, "ms", "x", "y") == before
    assert telemetry.compact(START + 2 * HOUR + 1) == 4, "one had not arrived by then"
    assert telemetry.compact(START + 2 * HOUR + 1) == 0
    assert rows(telemetry, "ms", "x", "y") == before
    assert telemetry.compact(START + 6 * HOUR) == 5
    assert rows(telemetry, "ms", "x", "y") == before
    for since in (START - 1, START, START + HOUR - 1, START + HOUR, START + HOUR + 1):
        inside = [r for r in before if since - START <= r[1] < since - START + HOUR]
        assert rows(telemetry, "ms", "x", "y", span=(since, since + HOUR)) == inside


def test_what_comes_late_joins_its_hour_and_an_id_is_known_for_ever(telemetry: Telemetry) -> None:
    telemetry.record([kept("a", 3), kept("b", 3)])
    assert telemetry.compact(START + 2 * HOUR) == 2
    late = [kept("c", 3, arrived=START + 3 * HOUR), kept("0", 2, arrived=START + 3 * HOUR), kept("a", 7)]
    found = telemetry.record(late)
    assert (found.new, found.known) == (2, 1)
    for _ in range(2):
        assert [r[0] for r in rows(telemetry)] == ["w-0", "w-a", "w-b", "w-c"]
        telemetry.compact(START + 4 * HOUR)
    assert telemetry.record([kept("a"), kept("b"), kept("c"), kept("0")]).new == 0


def test_a_large_batch_of_many_flags_and_hours(telemetry: Telemetry) -> None:
    batch = [kept(f"{i}", i * 20 * SECOND, metrics={f"m{i % 7}": i}, flag=f"f{i % 3}") for i in range(2500)]
    assert telemetry.record(batch).new == 2500
    assert telemetry.record(batch).known == 2500
    expected = [(f"w-{i}", i * 20 * SECOND, False, i if i % 7 == 4 else None) for i in range(1, 2500, 3)]
    assert rows(telemetry, "m4", flag="f1") == expected
    telemetry.compact(START + 20 * HOUR)
    assert rows(telemetry, "m4", flag="f1") == expected


def test_of_many_writers_who_send_the_same_one_counts(telemetry: Telemetry) -> None:
    barrier = Barrier(8)

    def send(number: int) -> int:
        barrier.wait()
        own = [kept(f"own {number} {i}", i) for i in range(5)]
        return telemetry.record([*(kept(f"{i}", i) for i in range(40)), *own]).new

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(send, range(8))) == 40 + 8 * 5
    assert len(rows(telemetry)) == 80
    assert sum(c.n for c in telemetry.counts("f", *ALWAYS) if c.metric == ALL) == 80


def test_a_key_is_hashed_with_a_secret_and_always_alike(telemetry: Telemetry) -> None:
    found = telemetry.hashed("ana@shop.example")
    assert found == telemetry.hashed("ana@shop.example") != telemetry.hashed("bo@shop.example")
    assert len(found) == 32
    assert set(found) <= set("0123456789abcdef")
    assert len(telemetry.hashed("\ud800")) == 32


def test_a_place_is_remembered_by_name(telemetry: Telemetry) -> None:
    assert telemetry.read_up_to("lake/a.csv") is None
    for number in (-(2**62), 2**62, 7):
        telemetry.set_read_up_to("lake/a.csv", number)
        telemetry.set_read_up_to("lake/b.csv", 5)
        assert telemetry.read_up_to("lake/a.csv") == number
    assert telemetry.read_up_to("lake") is None


@pytest.mark.parametrize("text", ["nul \x00", "half \ud800"])
def test_text_that_no_database_keeps_is_refused(telemetry: Telemetry, text: str) -> None:
    for bad in (kept("x", flag=text), kept("x", metrics={text: 1}), kept(text)):
        with pytest.raises(Misuse, match="cannot be kept"):
            telemetry.record([kept("good"), bad])
    assert rows(telemetry) == []


# What only a store on disk has.


@pytest.fixture
def opens(database: str, tmp_path: Path) -> Iterator[Any]:
    """Opens the same store again and again; each is as good as a process of its own."""
    with ExitStack() as stack:
        yield lambda: SqlTelemetry(stack.enter_context(open_store(database, Path)), tmp_path / "outcomes")


def files(tmp_path: Path, suffix: str = "parquet") -> list[Path]:
    return sorted((tmp_path / "outcomes").rglob(f"*.{suffix}"))


def test_two_processes_that_start_at_once_have_one_secret(opens: Any) -> None:
    stores, barrier = [opens() for _ in range(6)], Barrier(6)

    def ask(telemetry: SqlTelemetry) -> str:
        barrier.wait()
        return telemetry.hashed("ana")

    with ThreadPoolExecutor(6) as threads:
        assert len(set(threads.map(ask, stores))) == 1
    assert opens().hashed("ana") == stores[0].hashed("ana")


class Died(BaseException):
    """The process ends here."""


def died(*_given: object) -> bool:
    raise Died


def test_a_file_that_was_written_and_not_remembered_does_not_count(
    opens: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = opens()
    writer.record([kept(f"{i}", i) for i in range(9)])
    before = rows(writer, "error")
    with monkeypatch.context() as patch:
        patch.setattr(Moving, "remember", died)
        with pytest.raises(Died):
            writer.compact(START + HOUR)
    (orphan,) = files(tmp_path)
    (orphan.parent / ".half.draft").write_bytes(b"PAR1")
    assert rows(opens(), "error") == before
    assert opens().compact(START + HOUR) == 9
    assert rows(opens(), "error") == before
    assert len(files(tmp_path)) == len(files(tmp_path, "orphan")) == 1
    assert files(tmp_path, "draft") == []
    assert files(tmp_path)[0] != orphan


def test_what_was_moved_meanwhile_is_not_moved_twice(
    opens: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = opens(), opens()
    one.record([kept(f"{i}", i) for i in range(9)])
    before = rows(one, "error")
    remembered = Moving.remember

    def slow(self: Moving, file: dict[str, Any], seqs: list[int]) -> bool:
        """Between its file and its transaction somebody else, whom no lock holds back, does the same; then one more comes."""
        monkeypatch.setattr(Moving, "remember", remembered)
        assert other._moving.moved("f", START, START + HOUR) == 9
        other.record([kept("new", 5)])
        return remembered(self, file, seqs) or remembered(self, file, seqs)

    monkeypatch.setattr(Moving, "remember", slow)
    assert one.compact(START + HOUR) == 0
    assert [r for r in rows(opens(), "error") if r[0] != "w-new"] == before
    assert len(rows(opens())) == 10
    assert len(files(tmp_path)) == 1


def test_one_at_a_time_writes_files(opens: Any) -> None:
    one, other = opens(), opens()
    one.record([kept("a")])
    with one._files.alone() as alone:
        assert alone
        assert other.compact(START + HOUR) == 0
    assert other.compact(START + HOUR) == 1


def test_a_reader_sees_each_outcome_once_while_hours_move(opens: Any) -> None:
    writer, reader = opens(), opens()
    for hour in range(12):
        writer.record([kept(f"{hour} {i}", hour * HOUR + i) for i in range(50)])
    seen = []
    with ThreadPoolExecutor(1) as threads:
        moving = threads.submit(lambda: [writer.compact(START + (h + 1) * HOUR) for h in range(12)])
        while not moving.done():
            seen.append(len(rows(reader)))
        assert moving.result() == [50] * 12
    assert set(seen) == {600}


def test_files_are_for_anybody_to_read(opens: Any, tmp_path: Path) -> None:
    telemetry = opens()
    telemetry.record(
        [kept("ü", 1, "candidate", {"ms": 1.5, "error": True}, who="w"), kept("b", 2, "other", {}, agrees=False)]
    )
    telemetry.compact(START + HOUR)
    (file,) = files(tmp_path)
    with duckdb.connect() as db:
        found = db.read_parquet(str(file))
        names = ["id", "flag", "variant", "arm", "agrees", "who", "happened", "arrived", "metrics", "source"]
        assert found.columns == names
        types = dict(zip(found.columns, map(str, found.types), strict=True))
        first, second = db.sql("SELECT * REPLACE (epoch_us(happened) AS happened, '' AS arrived) FROM found").fetchall()
    assert first[:6] == ("ü", "f", "new", "candidate", True, "w")
    assert first[8] == {"ms": 1.5, "error": 1.0}
    assert (second[3], second[4], second[8], second[9]) == ("other", False, {}, "application")
    assert (first[6], second[6]) == (START + 1, START + 2)
    assert types["happened"] == types["arrived"] == "TIMESTAMP WITH TIME ZONE"


def test_a_file_that_is_gone_is_said_and_not_taken_for_no_outcomes(opens: Any, tmp_path: Path) -> None:
    telemetry = opens()
    telemetry.record([kept("a")])
    telemetry.compact(START + HOUR)
    files(tmp_path)[0].unlink()
    with pytest.raises(Outside, match="outcomes are missing: there is no file"):
        telemetry.columns("f", *ALWAYS, [])


def test_no_folder_is_made_before_there_is_something_to_keep(opens: Any, tmp_path: Path) -> None:
    telemetry = opens()
    assert telemetry.compact(START) == 0
    assert rows(telemetry) == []
    assert telemetry.apart("f", *ALWAYS) == 0
    assert telemetry.counts("f", *ALWAYS) == ()
    assert not (tmp_path / "outcomes").exists()
