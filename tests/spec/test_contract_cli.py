"""`cleanroom contract` on the command line: what is printed where, and the exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pytest
import yaml
from typer.testing import CliRunner, Result

from cleanroom.entry.cli.root import app

PLAN = """\
version: 1
name: shop
roles: {event: event, time: ts}
columns: {price: {type: number, max: 100}}
events:
  purchase: {owner: a@b.example, description: Paid.}
"""


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["contract", *map(str, arguments)])


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "contracts").mkdir()
    (tmp_path / "cleanroom.toml").write_text('name = "shop"\n', encoding="utf-8")
    (tmp_path / "contracts" / "plan.yaml").write_text(PLAN, encoding="utf-8")
    return tmp_path


@pytest.fixture
def data(tmp_path: Path) -> Path:
    file = tmp_path / "events.parquet"
    duckdb.connect().sql(
        "SELECT 'a' || (i % 2) AS event, TIMESTAMP '2024-01-01' AS ts FROM range(50) t(i)"
    ).write_parquet(str(file))
    return file


def test_a_sound_plan_exits_with_0(root: Path) -> None:
    done = run("lint", root)
    assert (done.exit_code, done.stdout.strip()) == (0, "no mistakes found")
    assert not (root / ".cleanroom").exists(), "looking at a plan leaves nothing behind"


def test_mistakes_exit_with_1_and_stand_at_their_line(root: Path) -> None:
    plan = root / "contracts" / "plan.yaml"
    plan.write_text(PLAN.replace("owner: a@b.example", "owner: unassigned").replace("type: number", "type: strin"))
    done = run("lint", root)
    assert done.exit_code == 1
    assert "contracts/plan.yaml:4:25: error: 'strin' is not one of: string" in done.stdout
    assert "Did you mean 'string'?" in done.stdout
    assert "contracts/plan.yaml:6:21: warning: event 'purchase' has no owner yet" in done.stdout
    as_json = run("lint", plan, "--json")
    assert as_json.exit_code == 1
    found = json.loads(as_json.stdout)
    assert (found["errors"], found["warnings"]) == (2, 1)
    assert found["findings"][0]["line"] == 4


def test_warnings_alone_exit_with_0(root: Path) -> None:
    (root / "contracts" / "plan.yaml").write_text(PLAN.replace("a@b.example", "unassigned"), encoding="utf-8")
    done = run("lint", root)
    assert done.exit_code == 0
    assert "0 errors, 1 warning" in done.stdout


def test_what_a_file_holds_cannot_steer_the_terminal(root: Path) -> None:
    (root / "contracts" / "plan.yaml").write_text(PLAN + '"\\e[31m[bold]x": 1\n', encoding="utf-8")
    done = run("lint", root)
    assert done.exit_code == 1
    assert "\x1b[31m" not in done.stdout
    assert "[bold]x" in done.stdout


def test_no_project_is_misuse(tmp_path: Path) -> None:
    done = run("lint", tmp_path)
    assert done.exit_code == 2
    assert "there is no cleanroom.toml" in done.stderr
    assert "next: Run `cleanroom init` here" in done.stderr
    assert run("lint", tmp_path / "nothing").exit_code == 2


def test_a_difference_that_breaks_exits_with_1(root: Path, tmp_path: Path) -> None:
    narrower, wider = tmp_path / "narrower.yaml", tmp_path / "wider.yaml"
    narrower.write_text(PLAN.replace("max: 100", "max: 50"), encoding="utf-8")
    wider.write_text(PLAN.replace("max: 100", "max: 500"), encoding="utf-8")
    done = run("diff", root, narrower)
    assert done.exit_code == 1
    assert "breaking    columns.price.max: the range is narrower: max went from 100 to 50" in done.stdout
    done = run("diff", root, wider)
    assert done.exit_code == 0
    assert "compatible  columns.price.max: the range is wider" in done.stdout
    done = run("diff", root, root, "--json")
    assert (done.exit_code, json.loads(done.stdout)) == (0, {"breaking": 0, "compatible": 0, "differences": []})
    narrower.write_text("{", encoding="utf-8")
    done = run("diff", root, narrower)
    assert done.exit_code == 2
    assert "narrower.yaml:" in done.stderr


def test_a_draft_is_printed_or_written_and_nothing_is_overwritten(data: Path, tmp_path: Path) -> None:
    done = run("infer", data)
    assert done.exit_code == 0
    assert yaml.safe_load(done.stdout)["name"] == "events"
    out = tmp_path / "new" / "plan.yaml"
    done = run("infer", data, "--out", out, "--name", "shop")
    assert (done.exit_code, done.stdout) == (0, "")
    assert f"cleanroom contract lint {out}" in done.stderr.replace("\n", "")
    written = out.read_text(encoding="utf-8")
    assert yaml.safe_load(written)["name"] == "shop"
    assert run("lint", out).exit_code == 0, "warnings only: owners are missing"
    done = run("infer", data, "--out", out)
    assert done.exit_code == 2
    assert "is there already" in done.stderr
    assert out.read_text(encoding="utf-8") == written
    as_json = run("infer", data, "--json")
    assert set(json.loads(as_json.stdout)["events"]) == {"a0", "a1"}


def test_data_that_cannot_be_read_is_misuse_and_writes_nothing(tmp_path: Path, data: Path) -> None:
    out = tmp_path / "plan.yaml"
    (tmp_path / "broken.parquet").write_bytes(b"PAR1 not really")
    (tmp_path / "empty.csv").write_bytes(b"")
    for source in (tmp_path / "missing.parquet", tmp_path / "broken.parquet", tmp_path / "empty.csv", tmp_path):
        done = run("infer", source, "--out", out)
        assert done.exit_code == 2, (source, done.stderr)
        assert done.stderr.startswith("error: ")
        assert not out.exists()
    assert run("infer", data, "--event", "nothing").exit_code == 2
