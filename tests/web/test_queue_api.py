"""The queue through the server: outputs come in, people decide, and every refusal has its status."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient
from tests.doors import Yard, bearer
from tests.queue_samples import ANN, BOB, BOT, office, trusted

ONE = {"id": "a", "system": BOT, "input": "hello", "output": "billing", "confidence": 0.97}
WHOLE = {**ONE, "model": "m", "prompt_version": "1"}


@pytest.fixture
def home(tmp_path: Path) -> Yard:
    return office(tmp_path / "shop", capacity=3)


def client(home: Yard, person: str = ANN, *scopes: str) -> TestClient:
    made = home.client()
    made.headers.update(bearer(home.token(person, *(scopes or ("read", "queue", "outputs")))))
    return made


def said(answer: Any, status: int) -> Any:
    assert answer.status_code == status, answer.text
    return answer.json() if answer.content else None


def test_an_output_comes_in_once(home: Yard) -> None:
    web = client(home)
    first = said(web.post("/v1/outputs", json=ONE), 201)
    assert first["outputs"][0]["route"] == "review"
    assert said(web.post("/v1/outputs", json=ONE), 200)["outputs"][0]["known"]
    other = said(web.post("/v1/outputs", json={**ONE, "output": "refunds"}), 409)
    assert "came before with other content" in other["detail"]
    batch = [{**WHOLE, "id": f"b{i}"} for i in range(4)]
    mixed = said(web.post("/v1/outputs", json={"outputs": [ONE, *batch]}), 201)
    assert [t["route"] for t in mixed["outputs"]] == ["review", "review", "review", "held", "held"]
    assert "are held" in mixed["warnings"][0]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({**ONE, "confidense": 1}, 422),
        ({**ONE, "confidence": 2}, 422),
        ({**ONE, "id": "../a"}, 422),
        ({**ONE, "output": None}, 400),
        ({"outputs": []}, 422),
        ({**ONE, "input": "\x00"}, 201),
        ({**ONE, "input": [[[[]]]] * 3}, 201),
        ({**ONE, "input": 2**70 + 1}, 400),
        ({**ONE, "input": "x" * 300_000}, 400),
        ("text", 422),
        ({**ONE, "input": "x" * 17_000_000}, 413),
    ],
)
def test_what_does_not_fit_is_refused(home: Yard, body: Any, status: int) -> None:
    said(client(home).post("/v1/outputs", json=body), status)


def test_deep_json_and_nan_are_no_error_of_ours(home: Yard) -> None:
    web, kind = client(home), {"content-type": "application/json"}
    for inside in ("[" * 60 + "]" * 60, "[" * 100_000 + "]" * 100_000, "NaN", '"\\ud800"'):
        text = '{"system": "bot", "output": 1, "input": ' + inside + "}"
        assert web.post("/v1/outputs", content=text, headers=kind).status_code in (400, 422)
    assert home.room.store.size() == 1, "the token, and no output"


def test_people_take_decide_and_pass_on(home: Yard) -> None:
    ann, bob = client(home, ANN), client(home, BOB)
    said(client(home, BOT).post("/v1/outputs", json={"outputs": [{**WHOLE, "id": i} for i in ("a", "b", "c")]}), 201)
    mine = said(ann.post("/v1/queue/claim", json={}), 200)
    assert (mine["id"], mine["person"], mine["text"]["output"]) == ("a", ANN, "billing")
    assert said(bob.post("/v1/queue/claim", json={"system": BOT}), 200)["id"] == "b"
    said(bob.post("/v1/queue/a/decision", json={"verdict": "right"}), 403)
    fixed = {"verdict": "corrected", "value": "refunds", "reason": "wrong_label"}
    assert said(ann.post("/v1/queue/a/decision", json=fixed), 201)["decision"]["by"] == {"person": ANN, "how": "token"}
    assert f"decided by {ANN}" in said(bob.post("/v1/queue/a/decision", json={"verdict": "right"}), 409)["detail"]
    said(bob.post("/v1/queue/b/escalate", json={"reason": "not mine"}), 200)
    assert said(bob.post("/v1/queue/claim", json={}), 200)["id"] == "c"
    said(bob.post("/v1/queue/c/release"), 204)
    said(bob.post("/v1/queue/c/release"), 400)
    assert said(ann.post("/v1/queue/claim", json={}), 200)["id"] == "b"
    assert said(ann.post("/v1/queue/b/skip"), 200) == {"id": "b", "escalated": False}
    said(ann.post("/v1/queue/zzz/skip"), 404)
    said(ann.post("/v1/queue/c/decision", json={"verdict": "rejected"}), 400)
    said(ann.post("/v1/queue/c/decision", json={"verdict": "rejected", "reason": "bad"}), 422)
    said(ann.post("/v1/queue/c/decision", json={"verdict": "right", "value": 1}), 400)
    said(ann.post("/v1/queue/claim", json={"system": "nobody"}), 204)


def test_what_waits_and_what_is_promised_can_be_read(home: Yard) -> None:
    web = client(home)
    trusted(home.room)
    said(client(home, BOT).post("/v1/outputs", json={"outputs": [WHOLE, {**WHOLE, "id": "b", "confidence": 0.1}]}), 201)
    assert [line["id"] for line in said(web.get("/v1/queue"), 200)["lines"]] == ["b"]
    status = said(web.get("/v1/queue/status"), 200)
    assert (status["waiting"], status["systems"][0]["accepted"], status["systems"][0]["cutoff"]) == (1, 1, 0.9)
    assert "at most 5% are wrong" in status["systems"][0]["says"]
    assert said(web.get("/v1/outputs/a"), 200)["where"] == "accepted"
    said(web.get("/v1/outputs/zzz"), 404)
    said(web.post("/v1/queue/b/decision", json={"verdict": "rejected", "reason": "unsafe"}), 201)
    assert [c["id"] for c in said(web.get("/v1/queue/corrections"), 200)] == ["b"]
    shown = said(web.get("/v1/outputs/b"), 200)
    assert (shown["decision"]["verdict"], shown["corrected"], len(shown["entries"])) == ("rejected", None, 2)


def test_each_door_wants_its_own_scope(home: Yard) -> None:
    sender, reader = client(home, ANN, "outputs"), client(home, ANN, "read")
    said(sender.post("/v1/outputs", json=ONE), 201)
    said(sender.get("/v1/queue"), 403)
    said(sender.post("/v1/queue/claim", json={}), 403)
    said(reader.post("/v1/outputs", json=ONE), 403)
    said(reader.post("/v1/queue/a/decision", json={"verdict": "right"}), 403)
    for path in ("/v1/queue", "/v1/queue/status", "/v1/queue/corrections", "/v1/outputs/a"):
        said(home.client().get(path), 401)
        said(reader.get(path), 200)
