"""/v1/alerts: what Prometheus Alertmanager says comes in, and people answer."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.testclient import TestClient
from tests.doors import ANA, MACHINE, ROOT, SETTINGS, Yard, bearer, yard
from tests.page_shop import serving

from cleanroom.app import access
from cleanroom.core.base import after
from cleanroom.formats.alertmanager import MOST
from cleanroom.wiring import room

ALERTMANAGER = shutil.which("prometheus-alertmanager") or shutil.which("alertmanager")

FIRING: dict[str, Any] = {
    "status": "firing",
    "labels": {"alertname": "HighErrorRate", "service": "chat", "severity": "critical", "instance": "a:80"},
    "annotations": {"summary": "5% of the answers fail", "description": "look at the graph"},
    "startsAt": "2026-11-22T08:50:00.123456789Z",
    "endsAt": "0001-01-01T00:00:00Z",
    "generatorURL": "http://prometheus/graph?x",
    "fingerprint": "c5d1",
}


def payload(*alerts: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"version": "4", "groupKey": "{}", "status": "firing", "receiver": "us", "alerts": list(alerts), **more}


@pytest.fixture
def home(tmp_path: Path) -> Yard:
    return yard(tmp_path / "shop", SETTINGS + '[notify.log]\nkind = "file"\nfile = "told.jsonl"\n')


def client(home: Yard, *scopes: str) -> TestClient:
    made = home.client()
    made.headers.update(bearer(home.token(ANA if "oncall" in scopes else MACHINE, *scopes)))
    return made


def said(answer: Any, status: int = 200) -> Any:
    assert answer.status_code == status, answer.text
    return answer.json()


def test_what_alertmanager_says_is_an_alert_and_its_end_ends_it(home: Yard) -> None:
    machine, person = client(home, "alerts"), client(home, "read", "oncall")
    assert said(machine.post("/v1/alerts/alertmanager", json=payload(FIRING, FIRING))) == {
        "new": 1, "repeated": 1, "ended": 0, "unknown": 0,
    }  # fmt: skip
    (shown,) = said(person.get("/v1/alerts"))
    assert (shown["state"], shown["level"], shown["system"], shown["what"]) == (
        "open", "critical", "chat", "5% of the answers fail",
    )  # fmt: skip
    (signal,) = shown["signals"]
    assert (signal["name"], signal["about"], signal["times"]) == ("prometheus/HighErrorRate", "instance=a:80", 2)
    assert signal["since"] == "2026-11-22T08:50:00.123456Z"
    assert signal["evidence"][:2] == ["description: look at the graph", "rule: http://prometheus/graph?x"]
    over = {**FIRING, "status": "resolved", "endsAt": "2026-11-22T09:00:00Z"}
    assert said(machine.post("/v1/alerts/alertmanager", json=payload(over)))["ended"] == 1
    (shown,) = said(person.get("/v1/alerts"))
    assert shown["going_on"] == 0


def test_a_person_answers(home: Yard) -> None:
    machine, person = client(home, "alerts"), client(home, "read", "oncall")
    machine.post("/v1/alerts/alertmanager", json=payload(FIRING))
    id = said(person.get("/v1/alerts"))[0]["id"]
    assert said(person.post(f"/v1/alerts/{id}/ack", json={"because": "looking"}))["by"] == ANA
    said(person.post(f"/v1/alerts/{id}/ack", json={}), 403)
    assert said(person.get(f"/v1/alerts/{id}"))["state"] == "acknowledged"
    said(person.post(f"/v1/alerts/{id}/resolve", json={}), 400)
    assert said(person.post(f"/v1/alerts/{id}/resolve", json={"because": "done"}))["state"] == "resolved"
    assert said(person.get("/v1/alerts")) == []
    assert [a["id"] for a in said(person.get("/v1/alerts?state=resolved"))] == [id]
    said(person.get("/v1/alerts/nope"), 404)
    for verb in ("ack", "resolve"):
        said(person.post(f"/v1/alerts/nope/{verb}", json={"because": "x"}), 404)


def test_silences(home: Yard) -> None:
    machine, person = client(home, "alerts"), client(home, "read", "oncall")
    wish = {"system": "chat", "lasts": "2h", "because": "the source is being moved"}
    made = said(person.post("/v1/alerts/silences", json=wish), 201)
    assert (made["by"], made["until"], made["holds"]) == (ANA, "2026-11-22T11:00:00.000000Z", True)
    machine.post("/v1/alerts/alertmanager", json=payload(FIRING))
    (shown,) = said(person.get("/v1/alerts"))
    assert (shown["silence"], shown["step"]) == (made["id"], -1)
    assert home.room.outbox.waiting() == ()
    assert said(person.post(f"/v1/alerts/silences/{made['id']}/lift"))["holds"] is False
    assert len(home.room.outbox.waiting()) == 1
    assert said(person.get("/v1/alerts/silences")) == []
    assert len(said(person.get("/v1/alerts/silences?past=true"))) == 1
    said(person.post("/v1/alerts/silences", json={"lasts": "2h", "because": "x"}), 400)
    said(person.post("/v1/alerts/silences", json={**wish, "lasts": "soon"}), 400)
    said(person.post("/v1/alerts/silences/nope/lift"), 404)


def test_each_door_has_its_scope(home: Yard) -> None:
    machine, reader = client(home, "alerts"), client(home, "read")
    for answer in (
        reader.post("/v1/alerts/alertmanager", json=payload(FIRING)),
        reader.post("/v1/alerts/x/ack", json={}),
        reader.post("/v1/alerts/silences", json={"lasts": "1h", "because": "x", "system": "y"}),
        machine.get("/v1/alerts"),
        machine.post("/v1/alerts/x/ack", json={}),
        machine.post("/v1/alerts/undelivered/retry", json={}),
    ):
        said(answer, 403)
    said(home.client().post("/v1/alerts/alertmanager", json=payload(FIRING)), 401)


@pytest.mark.parametrize(
    "odd",
    [
        {},
        {"labels": {"alertname": "x\u0000y\ud800"}},
        {"labels": {"alertname": "x" * 5000}, "startsAt": "soon", "annotations": {"summary": "\u001b[31m" * 900}},
        {"labels": {"alertname": "Zero"}, "startsAt": "0001-01-01T00:00:00Z", "endsAt": "0001-01-01T00:00:00Z"},
        {"labels": [], "annotations": 7, "status": 3, "startsAt": 12, "generatorURL": []},
        {"labels": {"alertname": {"a": 1}, "service": "s" * 900}},
        "no object",
    ],
)
def test_an_odd_alert_is_still_an_alert(home: Yard, odd: Any) -> None:
    body = json.dumps(payload(odd))
    answer = client(home, "alerts").post(
        "/v1/alerts/alertmanager", content=body, headers={"content-type": "application/json"}
    )
    assert said(answer)["new"] == 1
    (shown,) = said(client(home, "read").get("/v1/alerts"))
    assert shown["told"] is not None, "and it is told"


def test_what_is_no_payload_is_refused(home: Yard) -> None:
    machine = client(home, "alerts")
    for wrong in ({}, {"version": "3", "alerts": []}, {"version": "4"}, {"version": "4", "alerts": {}}):
        said(machine.post("/v1/alerts/alertmanager", json=wrong), 400)
    said(machine.post("/v1/alerts/alertmanager", json=[]), 422)
    many = payload(*[{"labels": {"alertname": "x"}}] * (MOST + 1))
    said(machine.post("/v1/alerts/alertmanager", json=many), 400)
    assert said(machine.post("/v1/alerts/alertmanager", json=payload(truncatedAlerts=7)))["new"] == 1


def test_thousands_of_one_request(home: Yard) -> None:
    alerts = [{**FIRING, "labels": {**FIRING["labels"], "instance": f"host-{i}:80"}} for i in range(3_000)]
    machine = client(home, "alerts")
    began = time.process_time()
    assert said(machine.post("/v1/alerts/alertmanager", json=payload(*alerts)))["new"] == 3_000
    assert time.process_time() - began < 20
    assert len(home.room.outbox.waiting()) == 1


def test_what_did_not_arrive_is_shown_and_sent_again(home: Yard) -> None:
    from cleanroom.app.notify import tell

    tell(home.room, "k", "log", "a title", "a secret body")
    home.room.outbox.put_off("k@log", None, "refused")
    person = client(home, "read", "oncall")
    (message,) = said(person.get("/v1/alerts/undelivered"))
    assert (message["key"], message["gave_up"], message["failed"]) == ("k@log", True, "refused")
    assert "body" not in message
    assert said(person.post("/v1/alerts/undelivered/retry", json={"key": "k@log"})) == ["k@log"]
    said(person.post("/v1/alerts/undelivered/retry", json={"key": "k@log"}), 404)
    assert said(person.post("/v1/alerts/undelivered/retry", json={})) == []


# The real one.


def free_port() -> int:
    with socket.socket() as made:
        made.bind(("127.0.0.1", 0))
        return int(made.getsockname()[1])


@pytest.mark.skipif(ALERTMANAGER is None, reason="no prometheus-alertmanager: apt-get install prometheus-alertmanager")
def test_a_real_alertmanager_delivers_its_webhook(tmp_path: Path) -> None:
    shop = tmp_path / "shop"
    shop.mkdir()
    (shop / "cleanroom.toml").write_text(SETTINGS, "utf-8")
    work = room(shop, ROOT)
    with serving(work) as address:
        token = access.make_token(work, MACHINE, "am", ["alerts"], after(work.clock.now(), 600))[1]
        config = {
            "route": {"receiver": "us", "group_by": ["service"], "group_wait": "0s", "group_interval": "1s"},
            "receivers": [
                {
                    "name": "us",
                    "webhook_configs": [
                        {
                            "url": f"{address}/v1/alerts/alertmanager",
                            "send_resolved": True,
                            "http_config": {"authorization": {"credentials": token}},
                        }
                    ],
                }
            ],
        }
        (tmp_path / "am.yml").write_text(json.dumps(config), "utf-8")
        port = free_port()
        command = [str(ALERTMANAGER), f"--config.file={tmp_path / 'am.yml'}", f"--storage.path={tmp_path / 'am'}"]
        command += [f"--web.listen-address=127.0.0.1:{port}", "--cluster.listen-address=", "--log.level=error"]
        environment = {**os.environ, "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}
        with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
            try:
                send(port, endsAt=None)
                (row,) = waited(lambda: work.alarms.rows(("open",)))
                (member,) = work.alarms.members(row.id)
                assert (row.system, row.level) == ("chat", "critical")
                assert member.signal.name == "prometheus/RealOne"
                assert member.signal.what == "said by a real Alertmanager"
                send(port, endsAt=work.clock.now())
                waited(lambda: [m for m in work.alarms.members(row.id) if m.ended is not None])
            finally:
                process.kill()


def send(port: int, endsAt: str | None) -> None:
    """As Prometheus does it."""
    alert = {
        "labels": {"alertname": "RealOne", "service": "chat", "severity": "critical"},
        "annotations": {"summary": "said by a real Alertmanager"},
        **({"endsAt": endsAt} if endsAt else {}),
    }
    end = time.monotonic() + 20
    while True:
        try:
            httpx.post(f"http://127.0.0.1:{port}/api/v2/alerts", json=[alert], trust_env=False).raise_for_status()
            return
        except httpx.HTTPError:
            if time.monotonic() > end:
                raise
            time.sleep(0.05)


def waited(look: Any) -> Any:
    end = time.monotonic() + 30
    while not (found := look()):
        assert time.monotonic() < end
        time.sleep(0.05)
    return found
