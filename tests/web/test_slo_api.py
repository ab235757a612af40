"""/v1/slos and /v1/systems: what the command line says, for programs; sampling asks for the scope `queue`."""

from __future__ import annotations

from pathlib import Path

from tests.doors import ANA, Yard, bearer, yard
from tests.slo_samples import ERRORS, HOUR, REGISTER, SYSTEM, TRUE, call

from cleanroom.core.base import micros

SETTINGS = f'name = "shop"\n[roles]\nadmin = ["root@shop.example"]\nreviewer = ["{ANA}"]\n'


def home(folder: Path) -> Yard:
    folder.mkdir(exist_ok=True)
    for name, text in (("systems/a.yaml", REGISTER), ("slos/e.yaml", ERRORS), ("slos/t.yaml", TRUE)):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    made = yard(folder, SETTINGS)
    now = micros(made.clock.at)
    made.room.calls.record(
        [call(f"c{i}", now - HOUR - i, {"error": i < 2, "hallucination": i % 20 == 0}) for i in range(200)]
    )
    return made


def test_slos_and_systems_are_told(tmp_path: Path) -> None:
    office = home(tmp_path / "p")
    client = office.client()
    reader = bearer(office.token(ANA, "read"))
    assert client.get("/v1/slos").status_code == 401
    listed = client.get("/v1/slos", headers=reader)
    assert listed.status_code == 200, listed.text
    assert [(s["name"], s["says"]) for s in listed.json()] == [
        ("answers-true", "cannot tell"),
        ("no-errors", "violated"),
    ]
    one = client.get("/v1/slos/no-errors", headers=reader).json()
    assert (one["n"], one["bad"], one["rate"], one["budget"]) == (200, 2, 0.01, 0.005)
    assert [b["name"] for b in one["burning"]] == ["burn 14.4x", "burn 6x", "burn 3x", "burn 1x"]
    assert client.get("/v1/slos/no", headers=reader).status_code == 404
    systems = client.get("/v1/systems", headers=reader).json()
    assert [s["name"] for s in systems["systems"]] == [SYSTEM]
    assert systems["missing"] == []
    system = client.get(f"/v1/systems/{SYSTEM}", headers=reader).json()
    assert system["calls"] == 200
    assert len(system["on_call"]) == 2
    assert client.get("/v1/systems/x", headers=reader).status_code == 404


def test_a_sample_is_drawn_by_who_may_work_on_the_queue(tmp_path: Path) -> None:
    office = home(tmp_path / "p")
    client = office.client()
    path = "/v1/slos/answers-true/samples"
    assert client.post(path, json={"n": 5}, headers=bearer(office.token(ANA, "read"))).status_code == 403
    worker = bearer(office.token(ANA, "queue", "read"))
    done = client.post(path, json={"n": 5}, headers=worker)
    assert done.status_code == 201, done.text
    assert len(done.json()["outputs"]) == 5
    assert done.json()["sizes"] == [10, 190]
    shown = client.get("/v1/slos/answers-true", headers=worker).json()
    assert shown["labels"]["waiting"] == 5
    assert client.post(path, json={"n": 0}, headers=worker).status_code == 422
    assert client.post("/v1/slos/no-errors/samples", json={"n": 5}, headers=worker).status_code == 400
    assert client.post("/v1/slos/none/samples", json={"n": 5}, headers=worker).status_code == 404
