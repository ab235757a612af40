"""Rollouts have three ways in, the command line, the API and the pages, and all leave the same facts behind."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient
from tests.doors import HERE, bearer
from tests.page_shop import ANA, BEN, NAME, sign, token, write
from typer.testing import CliRunner

from cleanroom.app import access
from cleanroom.core.base import after, plain
from cleanroom.entry.api.app import create_app
from cleanroom.entry.cli.root import app
from cleanroom.wiring import room

VERBS = ("start", "hold", "resume", "abort")


@pytest.fixture(scope="module")
def signed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shop, with everybody's sign-off on the change."""
    folder = tmp_path_factory.mktemp("rollout_ways") / "shop"
    folder.mkdir()
    write(folder)
    sign(folder)
    return folder


def secret(folder: Path, *scopes: Any) -> str:
    work = room(folder, ANA)
    return access.make_token(work, BEN, "test", scopes, after(work.clock.now(), 3600))[1]


def by_command(folder: Path) -> None:
    text = secret(folder, "review")
    for verb in VERBS:
        words = {"start": ["--metric", "error", "--phases", "5,50,100"], "resume": []}.get(verb, ["--because", "why"])
        command = ["rollout", verb, NAME, *words, "--project", str(folder)]
        done = CliRunner().invoke(app, command, env={"CLEANROOM_TOKEN": text})
        assert done.exit_code == 0, done.output


def by_api(folder: Path) -> None:
    client = TestClient(create_app(room(folder, ANA)), base_url=HERE, headers=bearer(secret(folder, "review", "read")))
    assert client.get("/v1/rollouts").json() == []
    assert client.get(f"/v1/rollouts/{NAME}").status_code == 404
    for verb in VERBS:
        if verb == "start":
            body = {"change": NAME, "metrics": ["error"], "phases": [5, 50, 100]}
            answer = client.post("/v1/rollouts", json=body)
            assert answer.status_code == 201, answer.text
            assert answer.json()["share"] == 0.05
        else:
            sent: dict[str, Any] = {} if verb == "resume" else {"json": {"because": "why"}}
            answer = client.post(f"/v1/rollouts/{NAME}/{verb}", **sent)
            assert answer.status_code == 200, answer.text
    assert [r["state"] for r in client.get("/v1/rollouts").json()] == ["RolledBack"]


def by_page(folder: Path) -> None:
    work = room(folder, ANA)
    browser = TestClient(create_app(work), base_url=HERE)
    assert browser.post("/sign-in", data={"token": token(work, BEN)}).status_code == 200
    for verb in VERBS:
        where = "/rollouts" if verb == "start" else f"/rollouts/{NAME}/{verb}"
        found = re.search(r'name="csrf" value="([^"]+)"', browser.get("/rollouts").text)
        assert found
        form = {"csrf": found[1], "because": "why", "change": NAME, "metrics": "error", "phases": "5,50,100"}
        form |= {"bake": "12h", "limit": "72h"}
        answer = browser.post(where, data=form)
        assert answer.status_code == 200, answer.text
        assert 'role="alert"' not in answer.text


def left(folder: Path, way: Callable[[Path], None]) -> list[Any]:
    """What the ledger has afterwards, times and proofs aside."""
    way(folder)
    store = room(folder, ANA).store
    entries = [*store.history(f"rollout/{NAME}"), *store.history(f"flag/{NAME}")]
    return [_timeless(plain(e.fact)) for e in entries]


def _timeless(value: Any) -> Any:
    match value:
        case {"person": person, "how": how}:
            assert how in ("token", "session"), "nobody was only claimed"
            return person
        case dict():
            return {k: _timeless(v) for k, v in value.items() if k not in ("at", "until")}
        case list():
            return [_timeless(v) for v in value]
        case _:
            return value


def test_three_ways_leave_the_same_facts(signed: Path, tmp_path: Path) -> None:
    facts = []
    for way in (by_command, by_api, by_page):
        folder = tmp_path / way.__name__
        shutil.copytree(signed, folder)
        facts.append(left(folder, way))
    assert [f["kind"] for f in facts[0]] == [
        "rollout_started",
        "rollout_held",
        "rollout_resumed",
        "rollout_rolled_back",
        "flag_set",
    ]
    assert facts[0] == facts[1] == facts[2]


def test_who_may_only_read_steers_nothing(signed: Path, tmp_path: Path) -> None:
    folder = tmp_path / "shop"
    shutil.copytree(signed, folder)
    client = TestClient(create_app(room(folder, ANA)), base_url=HERE, headers=bearer(secret(folder, "read")))
    assert client.post("/v1/rollouts", json={"change": NAME, "metrics": ["error"]}).status_code == 403
    for verb in ("hold", "abort"):
        assert client.post(f"/v1/rollouts/{NAME}/{verb}", json={"because": "x"}).status_code == 403
    assert room(folder, ANA).store.history(f"rollout/{NAME}") == ()
