"""`cleanroom outcome`: a file of outcomes in, counts by arm out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.doors import ANA, MACHINE, Yard, yard
from tests.flag_samples import flag
from typer.testing import CliRunner, Result

from cleanroom.app import access
from cleanroom.app.flags import put
from cleanroom.core.base import after
from cleanroom.core.flags import STEPS
from cleanroom.entry.cli.root import app
from cleanroom.wiring import room


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    yard(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CLEANROOM_OPERATOR", ANA)
    put(room(tmp_path, ANA), flag(STEPS))
    return tmp_path


def run(*arguments: str, given: str | None = None, **env: str) -> Result:
    return CliRunner().invoke(app, ["outcome", *arguments], input=given, env=env)


def line(id: str, **more: Any) -> str:
    return json.dumps({"id": id, "flag": "checkout", "variant": "new", "key": f"user {id}", **more}) + "\n"


def test_a_file_comes_in_once_and_is_shown(project: Path) -> None:
    text = (
        line("1", metrics={"error": True, "latency_ms": 100})
        + "\n"
        + line("2", metrics={"error": False})
        + line("3", variant="old")
    )
    (project / "o.jsonl").write_text(text, "utf-8")
    done = run("add", "o.jsonl")
    assert done.exit_code == 0, done.output
    assert "3 new outcomes, 0 that had come before" in done.stdout
    assert "1 disagree" in done.stdout
    again = json.loads(run("add", "-", "--json", given=text + line("4", metrics=None, at=None)).stdout)
    assert again == {"new": 1, "known": 3, "apart": 1}
    shown = json.loads(run("show", "checkout", "--json").stdout)
    assert (shown["outcomes"], shown["apart"]) == ({"candidate": 3, "other": 1}, 1)
    assert shown["lines"][0] == {"arm": "candidate", "metric": "error", "n": 2, "bad": 1, "mean": 0.5}
    words = run("show", "checkout").stdout
    assert "3 candidate, 1 other" in words
    assert "latency_ms" in words
    assert "1 of the others disagree" in words
    assert run("show", "nobody").exit_code == 2


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"id": 1}', "x.jsonl:2 'flag' is missing"),
        ("[]", "x.jsonl:2 an outcome is a JSON object"),
        (line("b", varient="x"), "x.jsonl:2 unknown key 'varient'"),
        (line("b", key=7), "x.jsonl:2 'key' must be text"),
        (line("b", metrics=[1]), "x.jsonl:2 'metrics' must be an object"),
        (line("b", metrics={"a": "1"}), "the metric 'a' must be true, false or a number"),
        ('{"id": "b", "id": "c"}', "x.jsonl:2:"),
        ('{"id": "b", "metrics": {"a": NaN}}', "x.jsonl:2:"),
        (line("b", at="soon"), "outcome 2 of 2 ('b'): at is a moment"),
        (line("b", metrics={"a": 10**400}), "the metric a is no number"),
        (line("b", flag="chekout"), "there is no flag 'chekout'"),
        ('{"id": ' + "[" * 100_000, "x.jsonl:2:"),
    ],
)
def test_a_bad_line_is_named_and_nothing_is_kept(project: Path, text: str, said: str) -> None:
    (project / "x.jsonl").write_text(line("a") + text, "utf-8")
    done = run("add", "x.jsonl")
    assert done.exit_code == 2, done.output
    assert said in " ".join(done.stderr.split())
    assert "Traceback" not in done.output
    assert room(project, ANA).telemetry.counts("checkout", 0, 2**60) == ()


def test_a_file_that_is_not_there(project: Path) -> None:
    done = run("add", "nowhere.jsonl")
    assert done.exit_code == 2
    assert "nowhere.jsonl cannot be read" in done.stderr


def test_a_token_has_to_open_outcomes(project: Path) -> None:
    home = Yard(room(project, ANA), None)  # type: ignore[arg-type]

    def token(*scopes: str) -> str:
        return access.make_token(home.room, MACHINE, "t", scopes, after(home.room.clock.now(), 600))[1]

    refused = run("add", "-", given=line("1"), CLEANROOM_TOKEN=token("outputs", "flags"))
    assert refused.exit_code == 1
    assert "does not have the scope 'outcomes'" in " ".join(refused.stderr.split())
    assert run("add", "-", given=line("1"), CLEANROOM_TOKEN=token("outcomes")).exit_code == 0
