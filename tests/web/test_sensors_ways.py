"""Sensors on the command line and through the API: the same words, the same decisions, and who may make them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from starlette.testclient import TestClient
from tests.doors import ANA, BO, SETTINGS, Yard, bearer, yard
from tests.sensor_samples import FIRST, write
from typer.testing import CliRunner, Result

from cleanroom.app.sensors.run import run
from cleanroom.core.sensors.daily import named
from cleanroom.entry.cli.root import app

STALE = "kind: freshness\ndata: rows.parquet\ntime: at\nmax_age: 6h\nblocks: [m]\n"
SCHEMA = "kind: schema\ndata: rows.parquet\n"
AT = f"{named(FIRST + 3)}T00:00:00Z"


@pytest.fixture
def home(tmp_path: Path) -> Yard:
    found = yard(tmp_path / "shop", SETTINGS + f'owner = ["{ANA}"]\n')
    root = tmp_path / "shop"
    (root / "sensors").mkdir()
    (root / "sensors/fresh.yaml").write_text(STALE)
    (root / "sensors/shape.yaml").write_text(SCHEMA)
    write(root / "rows.parquet", [FIRST], lambda _: {"x": [1, 2, 3]})
    return found


def cli(home: Yard, *words: str) -> Result:
    return CliRunner().invoke(app, ["sensor", *words, "--project", str(home.room.project.root)])


def client(home: Yard, person: str, *scopes: str) -> TestClient:
    made = home.client()
    made.headers.update(bearer(home.token(person, *(scopes or ("read", "review")))))
    return made


def test_the_command_line_looks_shows_and_says_by_its_exit_code_what_it_found(home: Yard) -> None:
    assert json.loads(cli(home, "list", "--json").output)[0]["state"] == "new"
    assert cli(home, "run", "shape", "--at", AT).exit_code == 3
    assert cli(home, "run", "shape", "--at", AT).exit_code == 0
    found = cli(home, "run", "fresh", "--at", AT)
    assert found.exit_code == 1
    assert "over its bound  fresh" in found.output
    assert "6 hours are allowed" in found.output
    data = json.loads(cli(home, "show", "fresh", "--json").output)
    assert (data["state"], data["kind"], data["blocks"]) == ("over", "freshness", ["m"])
    assert data["blocked"].startswith("sensor fresh went over its bound")
    for words in (("list",), ("show", "fresh")):
        shown = cli(home, *words)
        assert shown.exit_code == 0
        assert "over its bound" in shown.output
    assert cli(home, "show", "frehs").exit_code == 2
    assert cli(home, "run", "fresh", "--at", "noon").exit_code == 2
    (home.room.project.root / "rows.parquet").unlink()
    gone = cli(home, "run", "shape", "--at", AT)
    assert gone.exit_code == 3
    assert "not there any more" in gone.output


def test_a_decision_needs_the_role_and_a_proof(home: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
    cli(home, "run", "fresh", "--at", AT)
    refused = cli(home, "unblock", "fresh", "--because", "late", "--as", BO)
    assert refused.exit_code == 1
    assert "only owner may" in refused.output
    claimed = cli(home, "unblock", "fresh", "--because", "late", "--as", ANA)
    assert claimed.exit_code == 1
    assert "only claimed" in claimed.output
    monkeypatch.setenv("CLEANROOM_TOKEN", home.token(ANA, "review", lasts=300 * 86_400))
    done = cli(home, "unblock", "fresh", "--because", "late", "--json")
    assert json.loads(done.output)["blocked"] == ""
    again = cli(home, "rebase", "fresh", "--because", "weekly now", "--since", AT)
    assert "it holds up nothing" in again.output


def test_the_api_shows_and_decides(home: Yard) -> None:
    run(home.room, ("fresh",))
    owner, other = client(home, ANA), client(home, BO)
    listed = other.get("/v1/sensors").json()
    assert [s["name"] for s in listed] == ["fresh", "shape"]
    assert other.get("/v1/sensors/fresh").json() == listed[0]
    assert other.get("/v1/sensors/absent").status_code == 404
    assert home.client().get("/v1/sensors").status_code == 401
    assert client(home, ANA, "read").post("/v1/sensors/fresh/unblock", json={"because": "x"}).status_code == 403
    refused = other.post("/v1/sensors/fresh/unblock", json={"because": "late"})
    assert (refused.status_code, "only owner may" in refused.text) == (403, True)
    assert owner.post("/v1/sensors/fresh/unblock", json={"because": "late", "more": 1}).status_code == 422
    done = owner.post("/v1/sensors/fresh/unblock", json={"because": "late"})
    assert (done.status_code, done.json()["blocked"]) == (200, "")
    rebased = owner.post("/v1/sensors/fresh/rebase", json={"because": "weekly", "since": "2026-11-01T00:00:00Z"})
    assert rebased.json()["baseline"] == "2026-11-01T00:00:00.000000Z"
    assert owner.post("/v1/sensors/fresh/rebase", json={"because": "weekly", "since": "noon"}).status_code == 400
    kinds = [f.kind for f in home.facts("sensor/fresh")]
    assert kinds == ["sensor_tripped", "sensor_unblocked", "sensor_rebased"]
