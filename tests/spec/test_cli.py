"""The command line as a person meets it: exit codes, one clear line for bad input, Ctrl-C, --json."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner, Result

from cleanroom.entry.cli.root import app
from cleanroom.sim.shop import LEGACY


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def one_line(done: Result) -> str:
    errors = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    assert len(errors) == 1, done.output
    assert "Traceback" not in done.output
    return errors[0]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cli")
    assert run("init", str(folder), "--as", "ana").exit_code == 0
    return folder


@pytest.fixture
def project(made: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(made)
    monkeypatch.setenv("CLEANROOM_OPERATOR", "ana@shop.example")
    return made


def test_wrong_usage_is_exit_2(project: Path) -> None:
    assert run("no-such-command").exit_code == 2
    assert run("check").exit_code == 2
    assert run("check", "by-hand", "--no-such-option").exit_code == 2
    assert run("correct", "by-hand").exit_code == 2
    assert run("correct", "by-hand", "srch", "--reason", "x").exit_code == 2
    assert "needs a reason" in one_line(run("correct", "by-hand", "srch=search"))


def test_outside_a_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    done = run("check", "anything")
    assert done.exit_code == 2
    assert "cleanroom.toml" in one_line(done)


def test_a_check_as_json_is_one_document(project: Path) -> None:
    done = run("check", "by-hand", "--baseline", "data/reference.parquet", "--json")
    report = json.loads(done.stdout)
    assert report["outcome"] in ("PASS", "WARN", "UNKNOWN")
    assert done.exit_code == {"PASS": 0, "WARN": 0, "UNKNOWN": 3}[report["outcome"]]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("check", "no-such-change"), "no-such-change"),
        (("check", "../by-hand"), "by-hand"),
        (("check", "by-hand", "--baseline", "no.parquet"), "does not exist"),
        (("check", "by-hand", "--baseline", "data"), "directory"),
        (("check", "by-hand", "--baseline", "cleanroom.toml"), "kind"),
        (("propose", "mapping", "--source", LEGACY, "--model", "nobody"), "no model"),
        (("propose", "mapping", "--source", "no.csv", "--model", "recorded"), "does not exist"),
        (("propose", "dataset", "no.csv", "--tool", "t", "--name", "x"), "does not exist"),
        (("correct", "by-hand", "srch=no_such_event", "--reason", "x"), "no_such_event"),
        (("correct", "by-hand", "nothing=search", "--reason", "x"), "nothing"),
        (("contract", "infer", "no.parquet"), "does not exist"),
        (("ledger", "verify", "--expect", "three"), "SIZE:ROOT"),
    ],
)
def test_bad_input_is_one_clear_line_and_exit_2(project: Path, arguments: tuple[str, ...], says: str) -> None:
    before = sorted(p for p in project.rglob("*") if ".cleanroom" not in p.parts)
    done = run(*arguments)
    assert done.exit_code == 2, done.output
    assert says in one_line(done)
    assert sorted(p for p in project.rglob("*") if ".cleanroom" not in p.parts) == before


def test_names_with_quotes_newlines_and_sql_go_through(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nasty = "x'); DROP TABLE t;--\n\"<script>alert(1)</script>"
    (tmp_path / "contracts").mkdir()
    (tmp_path / "cleanroom.toml").write_text('name = "nasty"\n')
    plan = "version: 1\nname: nasty\nroles: {event: event, time: ts}\nevents:\n  view: {owner: a, description: b}\n"
    (tmp_path / "contracts" / "plan.yaml").write_text(plan + "advisory: [counts, drift]\n")
    db = duckdb.connect()
    db.execute(
        "CREATE TABLE t AS SELECT ?::VARCHAR AS event, TIMESTAMP '2026-01-01' + to_hours(i) AS ts FROM range(50) r(i)",
        [nasty],
    )
    db.execute(f"COPY t TO '{tmp_path}/d.parquet' (FORMAT PARQUET)")
    monkeypatch.chdir(tmp_path)
    from cleanroom.app.propose.by_hand import propose_by_hand
    from cleanroom.core.change import MappedName, Mapping
    from cleanroom.wiring import room

    propose_by_hand(room(tmp_path, "ana"), Mapping((MappedName(nasty, "view"),)), "d.parquet", "nasty")
    done = run("check", "nasty", "--report", "out")
    assert done.exit_code in (0, 3), done.output
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page


def test_a_touched_ledger_is_exit_1_and_named(project: Path, tmp_path: Path) -> None:
    import shutil
    import sqlite3

    copy = tmp_path / "copy"
    shutil.copytree(project, copy)
    db = sqlite3.connect(copy / ".cleanroom" / "ledger.db")
    db.execute(
        "UPDATE ledger SET body = CAST(replace(CAST(body AS TEXT), 'ana', 'eve') AS BLOB) WHERE rowid = 1 OR rowid = 0"
    )
    db.commit()
    db.close()
    done = run("ledger", "verify", "--project", str(copy))
    assert done.exit_code == 1
    assert "entry 0" in one_line(done)


def test_ctrl_c_in_the_middle_leaves_nothing_half_written(project: Path) -> None:
    runs = project / ".cleanroom" / "runs"
    before = set(runs.glob("*")) if runs.exists() else set()
    # A shell starts what runs in the background with Ctrl-C ignored, and so would the command.
    script = (
        "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler);"
        "sys.argv = ['cleanroom', 'check', 'by-hand', '--baseline', 'data/reference.parquet'];"
        "from cleanroom.entry.cli import main; main()"
    )
    command = [sys.executable, "-c", script]
    child = subprocess.Popen(command, cwd=project, stderr=subprocess.PIPE, stdout=subprocess.PIPE, env={**os.environ})
    for _ in range(2_000):
        time.sleep(0.01)
        if child.poll() is not None or list(runs.glob(".draft-*")):
            break
    child.send_signal(signal.SIGINT)
    _, errors = child.communicate(timeout=60)
    assert child.returncode == 130, errors
    assert b"Traceback" not in errors
    assert set(runs.glob("*")) == before
    assert run("ledger", "verify").exit_code == 0


def test_a_full_disk_is_one_line_and_leaves_nothing(project: Path) -> None:
    """RLIMIT_FSIZE stands in for a full disk: writes beyond it fail as they do there."""
    script = (
        "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000));"
        "sys.argv = ['cleanroom', 'check', 'by-hand']; from cleanroom.entry.cli import main; main()"
    )
    runs = project / ".cleanroom" / "runs"
    before = set(runs.glob("*")) if runs.exists() else set()
    done = subprocess.run([sys.executable, "-c", script], cwd=project, capture_output=True, text=True, check=False)
    assert done.returncode == 4, done.stderr
    assert "Traceback" not in done.stderr
    assert (set(runs.glob("*")) if runs.exists() else set()) == before
