"""`cleanroom queue` as a person meets it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.queue_samples import ANN, BOB, office
from typer.testing import CliRunner, Result

from cleanroom.entry.cli.root import app


def run(*arguments: str, stdin: str | None = None) -> Result:
    return CliRunner().invoke(app, ["queue", *arguments], input=stdin)


def read(*arguments: str, code: int = 0) -> Any:
    done = run(*arguments, "--json")
    assert done.exit_code == code, done.output
    return json.loads(done.stdout)


def jsonl(*rows: dict[str, Any]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


def row(id: str, **changes: Any) -> dict[str, Any]:
    made = {"id": id, "system": "bot", "input": "hello", "output": "billing", "confidence": 0.97}
    return {**made, "model": "m", "prompt_version": "1", **changes}


CASES = jsonl(*({"confidence": 0.9 + i / 20_000, "correct": i % 200 > 0} for i in range(1000)))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    home = office(tmp_path / "shop")
    monkeypatch.chdir(home.room.project.root)
    monkeypatch.setenv("CLEANROOM_OPERATOR", ANN)
    return home.room.project.root


def test_from_the_file_to_the_export(folder: Path) -> None:
    Path("out.jsonl").write_text(jsonl(row("a"), row("b", risk="high"), row("c")), "utf-8")
    assert "3 wait for a person" in run("add", "out.jsonl", "--as", "bot").stdout
    assert "3 known already" in run("add", "out.jsonl").stdout
    assert [line["id"] for line in read("list")["lines"]] == ["b", "a", "c"]
    assert read("next")["output"]["text"]["output"] == "billing"
    shown = run("next", "--as", BOB).stdout
    assert "hello" in shown
    assert "cleanroom queue approve|correct|reject|skip|escalate a" in shown
    assert "refunds" not in run("correct", "b", "--value", "refunds", "--reason", "wrong_label").stdout
    assert read("approve", "a", "--as", BOB)["fact"]["by"] == {"person": BOB, "how": "claimed"}
    assert read("show", "b")["corrected"] == "refunds"
    late = run("approve", "b", "--as", BOB)
    assert late.exit_code == 1
    assert f"was decided by {ANN}" in late.stderr
    assert run("next").exit_code == 0
    assert read("skip", "c") == {"id": "c", "escalated": False}
    assert read("next")["output"] is None
    assert "nothing waits for you" in run("next").stdout
    assert run("next", "--as", BOB).exit_code == 0
    assert "given back" in run("release", "c", "--as", BOB).stdout
    assert "escalated" in run("escalate", "c", "--reason", "needs billing", "--as", BOB).stdout
    assert "1 corrections of high risk to export" in run("status").stdout
    done = read("export", "--out", "e.jsonl", "--golden", "g.jsonl")
    assert (done["corrections"], done["golden"]) == (1, 1)
    assert json.loads(Path("e.jsonl").read_text("utf-8"))["corrected"] == "refunds"
    assert "nothing to export" in run("export", "--out", "e2.jsonl").stdout
    assert read("erase", "b") == {"id": "b", "erased": True}
    assert "was erased" in run("show", "b").stdout


def test_a_calibration_says_its_promise_and_its_limits(folder: Path) -> None:
    Path("cases.jsonl").write_text(CASES, "utf-8")
    dry = run("calibrate", "cases.jsonl", "--system", "bot", "--alpha", "0.02", "--dry-run")
    assert "of the answers that skip review at most 2% are wrong, with 95% confidence; 100% skip" in dry.stdout
    assert "nothing was put in force" in dry.stdout
    assert read("status")["systems"] == []
    assert run("calibrate", "cases.jsonl", "--system", "bot", "--alpha", "0.02").exit_code == 0
    assert run("add", "-", stdin=jsonl(row("a"), row("b", confidence=0.1))).exit_code == 0
    status = read("status")
    assert "at most 2% are wrong" in status["systems"][0]["says"]
    assert "at most 2% are wrong" in run("status").stdout
    few = run("calibrate", "cases.jsonl", "--system", "bot", "--alpha", "0.001")
    assert few.exit_code == 3
    assert "more labelled cases" in few.stdout or "more cases would not help" in few.stdout
    assert read("calibrate", "cases.jsonl", "--system", "bot", "--alpha", "0.001", code=3)["fact"]["cutoff"] is None
    assert run("add", "-", stdin=jsonl(row("c", confidence=1.0))).stdout.startswith("1 wait for a person")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("add", "nowhere.jsonl"), "nowhere.jsonl cannot be read"),
        (("add", "."), "cannot be read"),
        (("calibrate", "--system", "bot"), "no labelled cases were named"),
        (("calibrate", "c", "--from-reviews", "--system", "bot"), "two ways at once"),
        (("calibrate", "--from-reviews", "--system", "bot"), "no reviewed output of 'bot'"),
        (("approve", "zzz"), "there is no output 'zzz'"),
        (("show", "../../etc/passwd"), "there is no output"),
        (("skip", "a\x00b"), "there is no output"),
        (("reject", "a", "--reason", "bad"), "is no reason"),
    ],
)
def test_bad_input_is_one_line_and_exit_2(folder: Path, arguments: tuple[str, ...], message: str) -> None:
    done = run(*arguments)
    assert done.exit_code == 2, done.output
    assert message in done.stderr
    assert len([line for line in done.stderr.splitlines() if line.startswith("error: ")]) == 1


def test_a_bad_line_is_named_and_nothing_goes_in(folder: Path) -> None:
    done = run("add", "-", stdin=jsonl(row("a"), row("b", confidence=7)))
    assert done.exit_code == 2
    assert "standard input:2 'confidence' must be a number from 0 to 1" in done.stderr
    assert read("list")["lines"] == []


def test_what_an_ai_wrote_cannot_reach_the_terminal(folder: Path) -> None:
    evil = "\x1b[2J[bold]x[/bold]\u202e"
    run("add", "-", stdin=jsonl(row("a", output=evil, input={"k": evil}, guard=evil, sources=[evil], model=evil)))
    for done in (run("next"), run("show", "a"), run("list")):
        assert done.exit_code == 0
        assert "\x1b[2J" not in done.stdout
        assert "\u202e" not in done.stdout
    assert "[bold]x[/bold]" in run("show", "a").stdout
