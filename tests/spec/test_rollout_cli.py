"""`cleanroom rollout` as a person types it: what it says, what it refuses, and how it exits."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from cleanroom.app.propose.by_hand import propose_by_hand
from cleanroom.entry.cli.root import app
from cleanroom.sim.shop import LEGACY, TRUTH, write_project, write_shop
from cleanroom.wiring import room


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("rollout_cli") / "shop"
    write_shop(folder, scale=0.02)
    write_project(folder)
    propose_by_hand(room(folder, "ana@shop.example"), TRUTH, LEGACY, "names")
    return folder


def run(shop: Path, *words: str) -> Result:
    place = () if words[0] == "simulate" else ("--project", str(shop))
    return CliRunner().invoke(app, ["rollout", *words, *place])


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("start", "names"), 2, "a rollout needs something to be judged by"),
        (("start", "names", "--metric", "error"), 1, "names cannot be rolled out"),
        (("start", "absent", "--metric", "error"), 2, "there is no change 'absent'"),
        (("start", "names", "--metric", "error:worse"), 2, "'worse' is no kind of metric"),
        (("start", "names", "--metric", "error", "--phases", "2,x"), 2, "is no list of percents"),
        (("start", "names", "--metric", "error", "--phases", "2,50"), 2, "the last phase is 100%"),
        (("start", "names", "--metric", "error", "--bake", "soon"), 2, "'soon' is no time"),
        (("start", "names", "--metric", "error", "--holdout", "101"), 2, "is no share of traffic"),
        (("start", "names", "--metric", "error", "--audience", "{"), 2, "--audience is no JSON"),
        (("status", "names"), 2, "'names' has no rollout"),
        (("hold", "names", "--because", "x"), 2, "'names' has no rollout"),
        (("resume", "names"), 2, "'names' has no rollout"),
        (("abort", "names", "--because", "x"), 2, "'names' has no rollout"),
        (("abort", "names"), 1, "aborted for a reason"),
        (("observe", "names", "data.parquet"), 2, "'names' has no rollout"),
        (("simulate", "--traffic", "0", "--bad", "1"), 2, "traffic is 1 to"),
    ],
)
def test_what_cannot_be_is_one_line(shop: Path, words: tuple[str, ...], code: int, said: str) -> None:
    done = run(shop, *words)
    assert done.exit_code == code, done.output
    assert said in done.output
    assert "next:" in done.output
    assert "Traceback" not in done.output


def test_without_rollouts_it_says_how_to_begin_one(shop: Path) -> None:
    assert "no rollouts yet" in run(shop, "status").output
    assert json.loads(run(shop, "status", "--json").stdout) == []


def test_simulate_says_what_can_be_found(shop: Path) -> None:
    words = ("simulate", "--traffic", "2000", "--bad", "5", "--phases", "10,50,100", "--bake", "6h", "--runs", "10")
    done = run(shop, *words)
    assert done.exit_code == 0, done.output
    assert "as good" in done.output
    assert "3 times as bad" in done.output
    found = json.loads(run(shop, *words, "--json").stdout)
    assert [row["times"] for row in found["rows"]] == [1, 1.5, 2, 3, 5, 10]
    assert found["rows"][3]["rolled_back"] >= 0.9
