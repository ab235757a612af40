"""Outcomes come from files that somebody else writes: each once, late ones too, and bad rows stop nothing."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
import pytest
from tests.flag_samples import flag
from tests.projects import START, fixed

from cleanroom.app.room import Room
from cleanroom.app.signals import Drawn, draw
from cleanroom.app.tick import tick
from cleanroom.core.base import instant, micros
from cleanroom.core.facts import By, FlagSet
from cleanroom.core.flags import evaluate
from cleanroom.core.ledger import Write

MINUTE, HOUR = 60_000_000, 3_600_000_000
NOW = micros(START)
ALWAYS = (0, 2**60)
MADE = flag(50_000)
Line = tuple[str, str, str, str, object]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project with a source of the flag `checkout` over the folder or file that `data` names."""
    home = tmp_path / "shop"
    (home / "data").mkdir(parents=True)
    settings(home, "data")
    room = fixed(home)
    room.store.append([Write("flag/checkout", 0, FlagSet(MADE, "", By("ana", "session"), instant(NOW - 30 * HOUR)))])
    return home


def settings(home: Path, data: str) -> None:
    source = f'[signals.lake]\nkind = "sql"\ndata = "{data}"\nflag = "checkout"\n'
    (home / "cleanroom.toml").write_text(f'name = "shop"\n{source}', encoding="utf-8")


def line(number: int, minutes: float, error: object = False) -> Line:
    """An outcome so many minutes before now, of the variant that the flag gives its key."""
    key = f"user-{number}"
    variant = evaluate(MADE, {"targetingKey": key}).variant
    return f"o{number}", key, variant, instant(NOW - round(minutes * MINUTE)), error


def write(path: Path, lines: Sequence[Line]) -> None:
    """As CSV, or as Parquet with a true moment and a number beside."""
    if path.suffix == ".csv":
        rows = [",".join(str(v).lower() if isinstance(v, bool) else str(v) for v in one) for one in lines]
        path.write_text("\n".join(["id,key,variant,at,error", *rows, ""]), encoding="utf-8")
        return
    db = duckdb.connect()
    db.execute('CREATE TABLE t (id VARCHAR, key VARCHAR, variant VARCHAR, "at" TIMESTAMPTZ, error BOOLEAN, ms DOUBLE)')
    assert path.suffix == ".parquet"
    db.executemany("INSERT INTO t VALUES (?, ?, ?, ?, ?, 'NaN')", [list(one) for one in lines])
    db.execute(f"COPY t TO '{path}' (FORMAT PARQUET)")


def counted(room: Room) -> tuple[int, int]:
    """Outcomes of both arms, and those of them with an error."""
    found = room.telemetry.columns("checkout", *ALWAYS, ["error"])
    return len(found.who), int((found.metrics["error"] == 1).sum())


def taken(found: Sequence[Drawn]) -> tuple[int, int]:
    return sum(d.new for d in found), sum(d.known for d in found)


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_every_row_counts_once_however_often_one_looks(folder: Path, ending: str) -> None:
    file = folder / "data" / f"day.{ending}"
    lines = [line(n, 200 - n, error=n % 5 == 0) for n in range(100)]
    write(file, lines)
    room = fixed(folder)
    assert taken(draw(room)) == (100, 0)
    assert counted(room) == (100, 20)
    assert draw(room) == (), "the file did not change"
    assert draw(fixed(folder)) == (), "nor for a new process"
    write(file, [*lines, line(100, 3, error=True)])
    again = draw(room)
    assert taken(again)[0] == 1
    assert 0 < taken(again)[1] < 100, "only the hour before is read again"
    assert counted(room) == (101, 21)
    assert [d.apart for d in again] == [0], "who had what follows from the flag"


def test_rows_that_come_late_are_seen_for_an_hour(folder: Path) -> None:
    file = folder / "data" / "day.csv"
    room = fixed(folder)
    write(file, [line(0, 0), line(1, 300)])
    assert taken(draw(room)) == (2, 0)
    write(file, [line(0, 0), line(1, 300), line(2, 59), line(3, 61)])
    assert taken(draw(room)) == (1, 1)
    assert {int(w) for w in room.telemetry.columns("checkout", NOW - 60 * MINUTE, NOW, []).at} == {NOW - 59 * MINUTE}
    write(folder / "data" / "old.csv", [line(4, 800)])
    assert taken(draw(room)) == (1, 0), "a file that comes late is read from its begin"


def test_a_look_takes_a_bounded_number_and_the_next_one_goes_on(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules["cleanroom.app.signals.draw"], "MOST", 10)
    write(folder / "data" / "a.csv", [line(n, 50 - n // 4) for n in range(35)])
    write(folder / "data" / "b.parquet", [line(n, 10) for n in range(100, 130)])
    took = [taken(draw(fixed(folder))) for _ in range(5)]  # a process each
    assert [new for new, _ in took] == [12, 12, 11, 30, 0], "moments are never cut"
    assert counted(fixed(folder))[0] == 65
    settled = [draw(fixed(folder)) for _ in range(5)]
    assert settled[-1] == ()
    write(folder / "data" / "a.csv", [line(n, 50 - n // 4) for n in range(36)])
    new = sum(taken(draw(fixed(folder)))[0] for _ in range(6))
    assert new == 1, "the hour before is looked through in parts, also by processes that come and go"
    assert draw(fixed(folder)) == ()


def test_a_row_that_cannot_be_is_told_and_stops_no_other(folder: Path) -> None:
    good = [line(n, 20 - n) for n in range(5)]
    bad: list[Line] = [
        ("", *line(50, 5)[1:]),
        ("x" * 201, *line(51, 5)[1:]),
        (*line(52, 5)[:3], "soon", False),
        (*line(53, 5)[:1], "", *line(53, 5)[2:]),
    ]
    write(folder / "data" / "day.csv", [*good, *bad, line(60, 5, error=True)])
    room = fixed(folder)
    (found,) = draw(room)
    assert (found.new, found.refused) == (6, 4)
    assert "id is text of 1 to 200 characters" in found.because
    assert "1 rows have no moment in 'at'" in found.because
    assert counted(room) == (6, 1)


def test_what_claims_to_be_of_the_future_hides_nothing(folder: Path) -> None:
    file = folder / "data" / "day.parquet"
    room = fixed(folder)
    write(file, [line(0, 5), line(1, -60 * 24 * 365)])
    assert taken(draw(room)) == (2, 0)
    write(file, [line(0, 5), line(1, -60 * 24 * 365), line(2, 0), line(3, 1)])
    assert taken(draw(room))[0] == 2


def test_what_cannot_be_read_is_told_and_the_rest_is_read(folder: Path) -> None:
    write(folder / "data" / "a.csv", [line(1, 5)])
    (folder / "data" / "b.parquet").write_bytes(b"nonsense")
    (folder / "data" / "c.csv").write_text("id,key,at\n1,2,2026-11-22\n")
    (folder / "data" / "d.csv").write_text("id,key,variant,at\n1,2,old,3\n")
    write(folder / "data" / "e.csv", [line(2, 5)])
    (folder / "data" / "_SUCCESS").touch()
    found = {d.file: d for d in draw(fixed(folder))}
    assert [found[f"data/{n}.csv"].new for n in "ae"] == [1, 1]
    assert "not a readable Parquet file" in found["data/b.parquet"].because
    assert "no column 'variant'" in found["data/c.csv"].because
    assert "not timestamps" in found["data/d.csv"].because
    assert len(found) == 5


@pytest.mark.parametrize(
    ("data", "because"),
    [
        ("nowhere.csv", "does not exist"),
        ("../outside.csv", "outside"),
        ("data", "holds no files"),
        ("cleanroom.toml", "of no kind that can be read"),
    ],
)
def test_a_source_that_is_not_there_is_told_and_raises_nothing(folder: Path, data: str, because: str) -> None:
    (folder.parent / "outside.csv").write_text("id\n1\n")
    settings(folder, data)
    (found,) = draw(fixed(folder))
    assert because in found.because


def test_a_flag_that_comes_later_misses_nothing(folder: Path) -> None:
    text = (folder / "cleanroom.toml").read_text()
    (folder / "cleanroom.toml").write_text(text.replace('"checkout"', '"later"'))
    write(folder / "data" / "a.csv", [line(1, 5)])
    room = fixed(folder)
    assert "'later', which is not there yet" in draw(room)[0].because
    room.store.append([Write("flag/later", 0, FlagSet(flag(key="later"), "", By("ana", "session"), START))])
    assert taken(draw(room)) == (1, 0)


def test_a_table_of_a_database_and_other_columns(folder: Path) -> None:
    path = folder / "lake.duckdb"
    with duckdb.connect(str(path)) as db:
        db.execute(
            "CREATE TABLE seen AS SELECT 7 AS id, 'user-1' AS key, ? AS variant, TIMESTAMP '2026-11-22 08:00:00' AS \"at\", "
            "1.5::DECIMAL(9,2) AS cost, 3::UTINYINT AS n, NULL::BOOLEAN AS error, 'a note' AS note, [1] AS list",
            [line(1, 0)[2]],
        )
    settings(folder, "lake.duckdb::seen")
    room = fixed(folder)
    (found,) = draw(room)
    assert (found.new, found.apart) == (1, 0)
    assert "left out: list, note" in found.because
    seen = room.telemetry.columns("checkout", *ALWAYS, ["cost", "n", "error"])
    assert [seen.metrics["cost"][0], seen.metrics["n"][0]] == [1.5, 3.0]
    assert seen.metrics["error"][0] != seen.metrics["error"][0], "empty is as if it were not there"
    assert int(seen.at[0]) == NOW - HOUR, "a time without a zone is of UTC"


def test_a_step_of_the_reconciler_draws(folder: Path) -> None:
    (folder / "data" / "a.jsonl").write_text(
        "".join(
            json.dumps(dict(zip(("id", "key", "variant", "at", "error"), line(n, n), strict=True))) + "\n"
            for n in range(3)
        )
    )
    done: Any = tick(fixed(folder))
    assert taken(done.drawn) == (3, 0)
    assert tick(fixed(folder)).drawn == ()
