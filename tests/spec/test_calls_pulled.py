"""Calls come from tables that somebody else writes: each once, as if they had been sent."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import duckdb
import pytest
from tests.projects import START, fixed
from typer.testing import CliRunner

from cleanroom.app.signals import draw, pull
from cleanroom.app.telemetry.panels import panel
from cleanroom.app.tick import tick
from cleanroom.codec.settings import read_settings
from cleanroom.core.base import NotFound, instant, micros
from cleanroom.entry.cli.root import app

MINUTE = 60_000_000
NOW = micros(START)
SOURCE = """
[signals.lake]
kind = "calls"
data = "data"
system = "shop-chat"
scores = ["groundedness"]

[signals.lake.columns]
id = "request_id"
at = "created_at"
model = "llm"
"""
Row = tuple[str, str, str, float, int, int, bool, float | None, str]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project with a source of calls over the folder data/."""
    home = tmp_path / "shop"
    (home / "data").mkdir(parents=True)
    (home / "cleanroom.toml").write_text('name = "shop"\n' + SOURCE, "utf-8")
    return home


def row(n: int, minutes: float, model: str = "gpt-4o-mini") -> Row:
    """A call so many minutes ago, of which every fourth failed and every other is grounded."""
    at = instant(NOW - round(minutes * MINUTE))
    return f"r{n}", at, model, 1.5, 1000, 100, n % 4 == 0, None if n % 3 == 0 else n % 2, f"c{n // 10}"


def write(path: Path, rows: Sequence[Row]) -> None:
    with duckdb.connect() as db:
        db.execute(
            "CREATE TABLE t (request_id VARCHAR, created_at TIMESTAMPTZ, llm VARCHAR, latency_s DOUBLE, input_tokens BIGINT, "
            "output_tokens BIGINT, error BOOLEAN, groundedness DOUBLE, conversation VARCHAR)"
        )
        if rows:
            db.executemany("INSERT INTO t VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", [list(r) for r in rows])
        db.execute(f"COPY t TO '{path}' (FORMAT PARQUET)")


def test_rows_of_a_table_are_calls_once_each(folder: Path) -> None:
    file = folder / "data" / "day.parquet"
    rows = [row(n, 200 - n) for n in range(100)]
    write(file, rows)
    room = fixed(folder)
    (done,) = tick(room).drawn
    assert (done.source, done.kind, done.new, done.refused, done.because) == ("lake", "calls", 100, 0, "")
    assert draw(room) == pull(fixed(folder)) == (), "the file did not change"
    found = panel(room, "shop-chat", NOW - 300 * MINUTE, NOW, ["model"])
    total = found.total
    assert (total.requests, total.rates["error"].bad, total.means["latency_s"]) == (100, 25, (1.5, 100))
    assert total.money == pytest.approx(100 * (1000 * 0.15 + 100 * 0.6) / 1e6)
    assert (total.rates["hallucination"].n, total.rates["hallucination"].bad) == (66, 33)
    assert [line.parts for line in found.lines] == [("gpt-4o-mini",)]
    assert found.sessions is not None
    assert found.sessions.conversations == 10
    late, new = row(100, 150), row(101, 1, "other")
    write(file, [*rows, late, new])
    (again,) = pull(room)
    assert again.new == 2, "a late one, too, and none twice"
    assert panel(room, "shop-chat", NOW - 300 * MINUTE, NOW).total.requests == 102


def test_what_is_wrong_with_a_row_or_a_file_stops_no_other(folder: Path) -> None:
    write(folder / "data" / "a.parquet", [row(1, 5), ("", *row(2, 5)[1:]), ("x~y", *row(3, 5)[1:])])
    (folder / "data" / "b.csv").write_text("when,what\n1,2\n", "utf-8")
    write(folder / "data" / "c.parquet", [row(4, 5)])
    room = fixed(folder)
    first, second, third = pull(room, "lake")
    assert (first.new, first.refused) == (1, 2)
    assert "id is printable text" in first.because
    assert "no column 'request_id' for id" in second.because
    assert third.new == 1
    with pytest.raises(NotFound, match="lakee"):
        pull(room, "lakee")


def test_the_command_line_pulls(folder: Path) -> None:
    write(folder / "data" / "a.parquet", [row(1, 5)])
    asked = ["telemetry", "pull", "--project", str(folder)]
    got = CliRunner().invoke(app, [*asked, "lake", "--json"])
    assert got.exit_code == 0, got.output
    assert [(d["source"], d["new"]) for d in json.loads(got.output)] == [("lake", 1)]
    assert "nothing is new" in CliRunner().invoke(app, asked).output


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (('system = "shop-chat"\n', ""), "'system' is missing"),
        (('model = "llm"', 'modle = "llm"'), "no field 'modle'"),
        (('model = "llm"', "model = 3"), "which column each field is"),
        (('["groundedness"]', '"groundedness"'), "must be a list"),
        (('kind = "calls"', 'kind = "cals"'), "no kind of source 'cals'"),
    ],
)
def test_what_is_wrong_with_a_source_of_calls_is_said_at_its_line(change: tuple[str, str], says: str) -> None:
    settings, findings = read_settings(('name = "shop"\n' + SOURCE.replace(*change)).encode())
    assert settings is None
    assert any(says in f.message and f.line > 1 for f in findings), findings
