"""Do prompts still answer their cases, and does every mistake in a case have its line?"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cleanroom.adapters.llamacpp import available
from cleanroom.adapters.replay import request_digest
from cleanroom.core.prompt import fill
from cleanroom.core.prompt_case import PromptCase, schema_of
from cleanroom.entry.cli.root import app
from cleanroom.ports.model import Ask
from cleanroom.wiring import project as opened

PROMPT = "name: answers\nversion: '2'\nsystem: You answer in one word.\nuser: 'Is {{what}} a colour? yes or no'\n"
RED, TREE = '{"answer": "Yes."}', '{"answer": "Yes, it is."}'
CASES = (
    '{"id": "red", "prompt": "answers", "model": "recorded", "input": {"what": "red"}, "contains": ["yes"]}\n'
    '{"id": "tree", "prompt": "answers", "model": "recorded", "input": {"what": "a tree"}, "lacks": ["yes"]}\n'
)


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "cleanroom.toml").write_text(
        'name = "shop"\n[models.recorded]\nkind = "replay"\nfile = "said.jsonl"\n', "utf-8"
    )
    (tmp_path / "prompts").mkdir()
    (tmp_path / "prompts" / "answers.yaml").write_text(PROMPT, "utf-8")
    (tmp_path / "golden" / "prompts").mkdir(parents=True)
    (tmp_path / "golden" / "prompts" / "colours.jsonl").write_text(CASES, "utf-8")
    said(tmp_path, {"red": RED, "a tree": TREE})
    monkeypatch.chdir(tmp_path)
    return tmp_path


def said(folder: Path, replies: dict[str, str]) -> None:
    lines = []
    for what, reply in replies.items():
        user = fill("Is {{what}} a colour? yes or no", {"what": what})
        ask = Ask("You answer in one word.", user, schema_of(PromptCase("x", "answers", "recorded")), 0.0, 0, 800)
        lines.append(json.dumps({"request": request_digest(ask), "reply": reply, "model": "m", "version": "1"}))
    (folder / "said.jsonl").write_text("\n".join(lines) + "\n", "utf-8")


def run(*words: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["test", *words])
    return done.exit_code, " ".join(done.output.split())


def test_what_failed_once_fails_until_it_is_mended(shop: Path) -> None:
    code, out = run()
    assert code == 1
    assert "FAIL tree answers 2 recorded it says 'yes'" in out
    assert "2 cases: 1 FAIL, 1 PASS" in out
    said(shop, {"red": RED, "a tree": '{"answer": "No."}'})
    assert run()[0] == 0
    assert run("answers")[0] == 0
    code, out = run("--json")
    assert json.loads(out) == {
        "outcome": "PASS",
        "cases": [
            {"case": c, "prompt": "answers", "version": "2", "model": "recorded", "outcome": "PASS",
             "because": "the reply is as it must be"}
            for c in ("red", "tree")
        ],
    }  # fmt: skip


def test_what_cannot_be_asked_is_unknown_and_the_others_go_on(shop: Path) -> None:
    said(shop, {"red": RED})
    code, out = run()
    assert code == 3
    assert "PASS red" in out
    assert "UNKNOWN tree" in out
    assert "no reply to this request" in out
    (shop / "golden" / "prompts" / "colours.jsonl").unlink()
    code, out = run()
    assert (code, "no cases of prompts yet" in out) == (3, True)


def test_a_slip_in_a_case_is_found_at_its_line(shop: Path) -> None:
    good = CASES.splitlines()[0]
    other = good.replace('"id": "red"', '"id": "other"')
    slips = {
        other.replace('"answers"', '"answer"'): "asks a prompt 'answer' that is not there",
        other.replace('"recorded"', '"recorder"'): "asks a model 'recorder' that is not there",
        other.replace('"what"', '"waht"'): "does not fill the slot 'what'",
        other.replace('"contains"', '"contain"'): "contain",
        good: "is there twice",
        '{"id": 1': "expected",
    }
    for slip, message in slips.items():
        (shop / "golden" / "prompts" / "colours.jsonl").write_text(f"{good}\n\n{slip}\n", "utf-8")
        (finding, *_) = [f for f in opened(shop).lint() if f.file.endswith("colours.jsonl")]
        assert finding.line == 3
        assert message in finding.message
        code, out = run()
        if finding.severity == "warning":
            assert (code, "UNKNOWN other" in out, "PASS red" in out) == (3, True, True), (
                "it keeps no other from being asked"
            )
        else:
            assert (code, "colours.jsonl:3" in out) == (2, True)


def test_a_mistake_in_the_settings_is_no_mistake_of_each_case(shop: Path) -> None:
    (shop / "cleanroom.toml").write_text('nmae = "shop"\n', "utf-8")
    assert "golden/prompts/colours.jsonl" not in {f.file for f in opened(shop).lint()}


def test_a_reply_that_is_no_answer_fails_and_takes_nothing_down(shop: Path) -> None:
    said(shop, {"red": RED, "a tree": "[" * 3000})
    code, out = run()
    assert code == 1
    assert "the reply is no JSON object" in out
    lines = (shop / "said.jsonl").read_text("utf-8").splitlines()
    for odd in ('"tokens_out": "9"', '"tokens_out": null', '"version": NaN'):
        (shop / "said.jsonl").write_text(f"{lines[0]}\n{lines[1][:-1]}, {odd}}}\n", "utf-8")
        code, out = run()
        assert code == 3
        assert "said.jsonl:2 is no recorded reply" in out


def test_bad_input_is_one_line(shop: Path) -> None:
    assert run("answer")[1].startswith("error: there is no case of a prompt 'answer'")
    assert "there is no model 'large'" in run("--model", "large")[1]
    assert run("--case", "absent.jsonl")[0] == 2
    (shop / "one.jsonl").write_text("[]\n", "utf-8")
    assert "one.jsonl:1" in run("--case", "one.jsonl")[1]


@pytest.mark.skipif(bool(available()), reason=f"the embedded model is not here: {available()}")
def test_replies_of_a_real_model_are_recorded_and_replayed(shop: Path) -> None:
    code, out = run("--model", "local", "--record", "said.jsonl", "--json")
    live = json.loads(out)
    assert code in (0, 1), "the small model may be wrong, but it answers"
    assert {c["model"] for c in live["cases"]} == {"local"}
    assert {json.loads(line)["model"] for line in (shop / "said.jsonl").read_text("utf-8").splitlines()[2:]} != {"m"}
    again = json.loads(run("--json")[1])
    assert [c["outcome"] for c in again["cases"]] == [c["outcome"] for c in live["cases"]]
