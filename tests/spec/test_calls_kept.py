"""What does the store of calls promise beyond its port? Files for anybody, one transaction for many, deaths at bad moments."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import duckdb
import pytest
from sqlalchemy import func, select

from cleanroom.adapters.sqlstore import open_store
from cleanroom.adapters.sqlstore.calls import SqlCalls
from cleanroom.adapters.sqlstore.forgetting import Forgetting
from cleanroom.adapters.sqlstore.intake import ROLL, Intake
from cleanroom.adapters.sqlstore.tables import call_erased, call_files, calls
from cleanroom.core.base import Outside
from cleanroom.core.call import Call
from cleanroom.ports.calls import ALL

HOUR = 3_600_000_000
DAY = 24 * HOUR
START = 1_795_000_000_000_000 // DAY * DAY
ALWAYS = (0, 2**60)
Opens = Callable[[], SqlCalls]


def call(id: str, at: int = 0, **more: Any) -> Call:
    given: dict[str, Any] = {"operation": "chat", "model": "m", "metrics": {"ms": 1.5, "error": True}, "output": "said"}
    blank = dict.fromkeys(("trace", "parent", "feature", "variant", "tool", "provider", "prompt"), "")
    rest = {"conversation": "", "who": "", "at": START + at, "took": 7, "arrived": START + at, "error": ""}
    return Call(**{"id": id, "system": "shop", **blank, **rest, **given, **more})


@pytest.fixture
def opens(database: str, tmp_path: Path) -> Iterator[Opens]:
    """Opens the same store again and again; each is as good as a process of its own."""
    with ExitStack() as stack:
        yield lambda: SqlCalls(stack.enter_context(open_store(database, Path)), tmp_path / "calls")


def files(tmp_path: Path, suffix: str = "parquet") -> list[Path]:
    return sorted((tmp_path / "calls").rglob(f"*.{suffix}"))


def ids(kept: SqlCalls) -> list[str]:
    return [str(id) for id in kept.columns("shop", *ALWAYS, []).id]


def outputs(kept: SqlCalls) -> list[str]:
    return [c.output for c in kept.rows("shop", *ALWAYS, {})]


class Died(BaseException):
    """The process ends here."""


def died(*_given: object) -> int:
    raise Died


def test_files_are_for_anybody_to_read(opens: Opens, tmp_path: Path) -> None:
    kept = opens()
    kept.record([call("ü", 1, sources=("a", "'b'"), tool="search", who="w"), call("b", 2, metrics={}, output="")])
    kept.compact(START + HOUR)
    (file,) = files(tmp_path)
    with duckdb.connect() as db:
        found = db.read_parquet(str(file))
        types = dict(zip(found.columns, map(str, found.types), strict=True))
        moments = "epoch_us(happened) AS happened, epoch_us(arrived) AS arrived"
        first, second = (
            dict(zip(found.columns, row, strict=True))
            for row in db.sql("SELECT * REPLACE (" + moments + ") FROM found").fetchall()
        )
    assert first == {
        **dict.fromkeys(("trace", "parent", "feature", "variant", "provider", "prompt", "conversation", "error"), ""),
        **dict.fromkeys(("input",), ""),
        **{"id": "ü", "system": "shop", "operation": "chat", "model": "m", "tool": "search", "who": "w"},
        **{"happened": START + 1, "arrived": START + 1, "took": 7, "metrics": {"ms": 1.5, "error": 1.0}},
        **{"output": "said", "sources": ["a", "'b'"]},
    }
    assert (second["metrics"], second["sources"], second["output"]) == ({}, [], "")
    assert types["happened"] == types["arrived"] == "TIMESTAMP WITH TIME ZONE"
    assert (types["metrics"], types["sources"], types["took"]) == ("MAP(VARCHAR, DOUBLE)", "VARCHAR[]", "BIGINT")


def test_a_missing_file_is_said_and_not_taken_for_no_calls(opens: Opens, tmp_path: Path) -> None:
    kept = opens()
    kept.record([call("a")])
    kept.compact(START + HOUR)
    files(tmp_path)[0].unlink()
    asked: list[Callable[[], object]] = [lambda: ids(kept), lambda: outputs(kept), lambda: kept.call("a")]
    for ask in asked:
        with pytest.raises(Outside, match="calls are missing: there is no file"):
            ask()


def test_no_folder_is_made_before_there_is_something_to_keep(opens: Opens, tmp_path: Path) -> None:
    kept = opens()
    assert kept.compact(START) == kept.forget("shop", START, texts=True) == 0
    assert (ids(kept), kept.call("a"), kept.metrics("shop", *ALWAYS)) == ([], None, ())
    assert not (tmp_path / "calls").exists()


def test_threads_that_record_at_once_share_transactions(opens: Opens, monkeypatch: pytest.MonkeyPatch) -> None:
    kept, other = opens(), opens()
    written: list[int] = []
    write = Intake._write

    def counted(self: Intake, brought: Any) -> None:
        written.append(len(brought))
        write(self, brought)

    monkeypatch.setattr(Intake, "_write", counted)
    kept.record([call("before")])
    written.clear()

    def wait(done: Callable[[], bool]) -> None:
        for _ in range(5_000):
            if done():
                return
            threading.Event().wait(0.001)
        raise AssertionError("nobody came")

    with ThreadPoolExecutor(9) as threads:
        with other._store.writing():  # the first one has to wait here; the others gather
            first = threads.submit(kept.record, [call("first")])
            wait(lambda: bool(written))
            rest = [threads.submit(kept.record, [call(f"{i}"), call(f"{i % 4} shared")]) for i in range(8)]
            wait(lambda: len(kept._intake._waiting) == 8)
        assert first.result().new == 1
        assert sum(r.result().new for r in rest) == 8 + 4
        assert sum(r.result().known for r in rest) == 4
    assert written == [1, 8]


def test_what_fails_for_one_fails_for_all_that_came_with_it(opens: Opens, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = opens()
    with monkeypatch.context() as patch:
        patch.setattr("cleanroom.adapters.sqlstore.intake._rows", died)
        with pytest.raises(Died):
            kept.record([call("a")])
    assert ids(kept) == []
    assert kept.record([call("a")]).new == 1


def test_rollups_follow_the_log_by_themselves_and_count_what_waits_once(opens: Opens) -> None:
    kept, other = opens(), opens()
    many = ROLL + 30
    kept.record([call(f"{i}", i) for i in range(ROLL - 1)])
    other.record([call(f"{i}", i) for i in range(ROLL - 1, ROLL + 10)])
    kept.record([call(f"{i}", i) for i in range(ROLL, many)])
    for one in (kept, other, opens()):
        (cell,) = one.cells("shop", "ms", START, START + DAY, DAY)
        assert (cell.n, cell.total) == (many, many * 1.5)


def test_what_came_after_the_rollups_stays_in_the_log(opens: Opens, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between bringing the log into the rollups and moving hours, or forgetting, somebody else may record."""
    kept, other = opens(), opens()
    kept.record([call("a", 1), call("b", 2)])
    roll = Intake.roll

    def late(self: Intake) -> int:
        found = roll(self)
        if self is kept._intake:
            other.record([call(f"late {found}", 3)])
        return found

    monkeypatch.setattr(Intake, "roll", late)
    assert kept.compact(START + HOUR) == 2
    assert kept.forget("shop", START + HOUR, texts=False) == 3
    assert len(ids(kept)) == 1
    assert sum(c.n for c in kept.cells("shop", ALL, START, START + DAY, DAY)) == 4


@pytest.mark.parametrize("texts", [True, False])
def test_a_forgetting_that_dies_is_finished_by_the_next_one(
    opens: Opens, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, texts: bool
) -> None:
    kept = opens()
    kept.record([call(f"{i}", i) for i in range(9)])
    kept.compact(START + HOUR)
    (whole,) = files(tmp_path)
    deletes: list[Callable[[], object]] = [lambda: None, died]  # the first one finishes what was left before

    def delete(_self: Forgetting) -> object:
        return deletes.pop(0)()

    before_it_counts: Any = ("cleanroom.adapters.sqlstore.forgetting.insert", died)
    before_the_old_one_goes: Any = (Forgetting, "_delete", delete)
    for moment in (before_it_counts, before_the_old_one_goes):
        with monkeypatch.context() as patch:
            patch.setattr(*moment)
            with pytest.raises(Died):
                opens().forget("shop", START + 5, texts=texts)
        assert whole.exists()
    with kept._store.reading() as connection:
        assert connection.execute(select(func.count()).select_from(call_erased)).scalar_one() == 1
    assert outputs(opens()) == ["said"] * 4 + [""] * 5 * texts
    again = opens()
    assert again.forget("shop", START + 5, texts=texts) == 0
    assert again.forget("shop", START + HOUR, texts=texts) == 4
    with kept._store.reading() as connection:
        names = [name.split("/")[1] for name in connection.execute(select(call_files.c.name)).scalars()]
    assert [file.name for file in files(tmp_path)] == names
    assert len(names) == texts
    assert files(tmp_path, "orphan") == files(tmp_path, "draft") == []


def test_one_at_a_time_moves_and_forgets(opens: Opens) -> None:
    one, other = opens(), opens()
    one.record([call("a")])
    with one._files.alone() as alone:
        assert alone
        assert other.compact(START + HOUR) == other.forget("shop", START + HOUR, texts=True) == 0
    assert other.forget("shop", START + HOUR, texts=True) == 1
    assert other.compact(START + HOUR) == 1


def test_a_reader_sees_each_call_once_while_hours_move(opens: Opens) -> None:
    writer, reader = opens(), opens()
    for hour in range(6):
        writer.record([call(f"{hour} {i}", hour * HOUR + i) for i in range(50)])
    seen = []
    with ThreadPoolExecutor(1) as threads:
        moving = threads.submit(lambda: [writer.compact(START + (h + 1) * HOUR) for h in range(6)])
        while not moving.done():
            seen.append((len(ids(reader)), len(outputs(reader))))
        assert moving.result() == [50] * 6
    assert set(seen) == {(300, 50)}


def test_rows_of_the_log_hold_many_calls(opens: Opens) -> None:
    kept = opens()
    kept.record([call(f"{i}", i) for i in range(1_200)])
    with kept._store.reading() as connection:
        assert connection.execute(select(func.count()).select_from(calls)).scalar_one() == 3
