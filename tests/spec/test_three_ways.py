"""One verb, one function, three ways in: the command line, the API and the pages leave the same facts behind."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient
from tests.doors import HERE, bearer
from typer.testing import CliRunner

from cleanroom.app import access
from cleanroom.app.propose.by_hand import propose_by_hand
from cleanroom.app.review.standing import standing
from cleanroom.app.room import Room
from cleanroom.app.validate import check
from cleanroom.core.base import Instant, after, plain
from cleanroom.entry.api.app import create_app
from cleanroom.entry.cli.root import app
from cleanroom.entry.report.files import report_files
from cleanroom.sim.shop import LEGACY, REFERENCE, TRUTH, write_project, write_shop
from cleanroom.wiring import room, table

CY = "cy@shop.example"
MAKER = "maker@shop.example"

Way = Callable[[Path, list[tuple[str, dict[str, str]]]], None]

STEPS = [
    ("look", {"legacy": "basket"}),
    ("approve", {"role": "finance", "comment": "prices match"}),
    ("flag", {"legacy": "basket", "reason": "is that the cart?"}),
    ("clear", {"legacy": "basket", "reason": "it is"}),
    ("correct", {"legacy": "basket", "target": "none", "reason": "nobody uses it"}),
    ("reject", {"reason": "baskets are lost"}),
]


@pytest.fixture(scope="module")
def checked_shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A shop with one mapping by hand that a run looked at."""
    folder = tmp_path_factory.mktemp("ways") / "shop"
    write_project(folder)
    write_shop(folder)
    work = room(folder, MAKER)
    propose_by_hand(work, TRUTH, LEGACY, "m")
    check(work, "m", table(str(folder / REFERENCE)), report_files)
    return folder


def by_command(folder: Path, steps: list[tuple[str, dict[str, str]]]) -> None:
    """As cy, with a personal token; `look` is not a command, so that it goes through the API."""
    for verb, given in steps:
        match verb:
            case "look":
                by_api(folder, [(verb, given)])
                continue
            case "approve":
                command = ["review", "approve", "m", "--role", given["role"], "--comment", given["comment"]]
            case "reject":
                command = ["review", "reject", "m", "--reason", given["reason"]]
            case "correct":
                command = ["correct", "m", f"{given['legacy']}={given['target']}", "--reason", given["reason"]]
            case other:
                command = ["correct", "m", f"--{other}", given["legacy"], "--reason", given["reason"]]
        done = CliRunner().invoke(app, [*command, "--project", str(folder)], env={"CLEANROOM_TOKEN": token(folder)})
        assert done.exit_code == 0, done.output


def by_api(folder: Path, steps: list[tuple[str, dict[str, str]]]) -> None:
    """As cy, with a token."""
    client = TestClient(create_app(room(folder, MAKER)), base_url=HERE, headers=bearer(token(folder)))
    places = {"look": "looks", "approve": "approvals", "reject": "rejections", "flag": "flags", "clear": "clearings"}
    for verb, given in steps:
        body: dict[str, Any] = given
        if verb == "correct":
            body = {"targets": {given["legacy"]: given["target"]}, "reason": given["reason"]}
        answer = client.post(f"/v1/changes/m/{places.get(verb, 'corrections')}", json=body)
        assert answer.status_code == 201, answer.text


def by_page(folder: Path, steps: list[tuple[str, dict[str, str]]]) -> None:
    """As cy, signed in with a link, through the pages' own forms."""
    work = room(folder, MAKER)
    secret = access.make_link(work, CY).partition("link=")[2] or access.make_link(work, CY)
    client = TestClient(create_app(work), base_url=HERE, follow_redirects=False)
    assert client.post("/sign-in", data={"link": secret}).status_code == 303
    for verb, given in steps:
        shown = client.get("/changes/m")
        assert shown.status_code == 200, shown.text
        csrf = re.search(r'name="csrf" value="([^"]+)"', shown.text)
        assert csrf
        answer = client.post(f"/changes/m/{verb}", data={**given, "csrf": csrf[1]}, headers={"origin": HERE})
        assert answer.status_code == 303, answer.text


def token(folder: Path) -> str:
    work = room(folder, MAKER)
    return access.make_token(work, CY, "t", ["sign-in", "read", "review"], after(work.clock.now(), 600))[1]


def left_behind(work: Room) -> list[dict[str, Any]]:
    """The facts of the change, without what depends on the time and on how the person proved who they are."""
    facts = []
    for entry in work.store.history("change/m")[2:]:
        fact = plain(entry.fact)
        assert fact.pop("at")
        fact.pop("expires", None)
        for name in ("change", "corrects"):
            fact.pop(name, None)  # the digest of a new version holds its time
        if "by" in fact:
            assert fact["by"].pop("how") in ("token", "session")
        facts.append(fact)
    return facts


def test_each_way_in_leaves_the_same_facts(checked_shop: Path, tmp_path: Path) -> None:
    ways: dict[str, Way] = {"command": by_command, "api": by_api, "page": by_page}
    found: dict[str, list[dict[str, Any]]] = {}
    notes: dict[str, list[dict[str, Any]]] = {}
    for name, way in ways.items():
        folder = Path(shutil.copytree(checked_shop, tmp_path / name))
        way(folder, STEPS)
        work = room(folder, MAKER)
        found[name] = left_behind(work)
        change, mapping, _ = work.project.change_as_it_lies("m")
        assert mapping is not None
        assert mapping.target("basket") == "none"
        notes[name] = [plain(replace(c, at=Instant(""))) for c in change.provenance.corrections]
    kinds = ["looked", "approved", "proposed", "proposed", "proposed", "rejected"]
    assert [f["kind"] for f in found["page"]] == kinds
    assert found["command"] == found["api"] == found["page"]
    assert notes["command"] == notes["api"] == notes["page"]
    assert [n["what"] for n in notes["page"]] == ["flagged", "cleared", "corrected"]
    assert {n["by"] for n in notes["page"]} == {CY}


def test_nobody_signs_what_they_have_not_seen(checked_shop: Path, tmp_path: Path) -> None:
    """The page was loaded, then somebody ran check again: the button on it must not sign the new run."""
    folder = Path(shutil.copytree(checked_shop, tmp_path / "shop"))
    seen = standing(room(folder, MAKER), "m").review
    assert seen.checked is not None
    check(room(folder, MAKER), "m", table(str(folder / REFERENCE)), report_files)
    client = TestClient(create_app(room(folder, MAKER)), base_url=HERE, headers=bearer(token(folder)))
    late = client.post("/v1/changes/m/approvals", json={"role": "finance", "seen": seen.checked.run})
    assert late.status_code == 403
    assert "no longer what you looked at" in late.json()["detail"]
    assert client.post("/v1/changes/m/approvals", json={"role": "finance"}).status_code == 201
