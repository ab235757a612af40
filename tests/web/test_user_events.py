"""POST /v1/events/user and GET /metrics: what users did, and what a Prometheus sees of it all."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient
from tests.doors import MACHINE, Yard, bearer, yard
from tests.page_shop import serving
from tests.telemetry_samples import CALL, CHAT, span, traces

from cleanroom.core.base import micros
from cleanroom.entry.api import counted

JSON = {"content-type": "application/json"}
ALWAYS = (0, 2**60)
ONE: dict[str, Any] = {"id": "t1", "system": "shop-chat", "happened": "ticket", "words": "I am bo@example.org"}


@pytest.fixture
def home(tmp_path: Path) -> Yard:
    return yard(tmp_path / "shop")


def client(home: Yard, *scopes: str) -> TestClient:
    made = home.client()
    made.headers.update(bearer(home.token(MACHINE, *(scopes or ("outcomes", "read")))))
    return made


def said(answer: Any, status: int = 200) -> Any:
    assert answer.status_code == status, answer.text
    return answer.json()


def send(web: TestClient, *spans: Any) -> None:
    assert web.post("/v1/traces", content=traces(spans), headers=JSON).status_code == 200


def test_an_event_comes_in_once_and_its_words_are_redacted(home: Yard) -> None:
    web = client(home)
    kept = said(web.post("/v1/events/user", json={**ONE, "key": "user-7"}))
    assert (kept["new"], kept["known"]) == (1, 0)
    send(web, span(CHAT))
    sold = {"id": "o1", "system": "shop-chat", "happened": "conversion", "value": 59.9, "at": "2026-11-22T08:00:00Z"}
    assert said(web.post("/v1/events/user", json=[ONE, sold])) == {"new": 1, "known": 1}
    ticket, sale = sorted(home.room.calls.events("shop-chat", *ALWAYS), key=lambda e: e.id, reverse=True)
    assert ticket.words == "I am [email]"
    assert (ticket.who, ticket.at) == (home.room.telemetry.hashed("user-7"), micros(home.clock.now()))
    assert (sale.value, sale.at) == (59.9, micros(home.clock.now()) - 3_600_000_000)


def test_an_event_about_a_call_is_of_its_parts(home: Yard) -> None:
    web = client(home)
    send(web, span({**CHAT, "cleanroom.feature": "reply", "cleanroom.variant": "new", "gen_ai.conversation.id": "c1"}))
    said(web.post("/v1/events/user", json={**ONE, "call": CALL, "variant": "told"}))
    (event,) = home.room.calls.events("shop-chat", *ALWAYS)
    assert (event.feature, event.variant, event.model, event.conversation) == (
        "reply",
        "told",
        "gpt-4o-mini-2024-07-18",
        "c1",
    )


def test_a_label_that_comes_with_a_correction_tells_of_precision_and_recall(home: Yard) -> None:
    web = client(home)
    send(web, span({**CHAT, "cleanroom.predicted": "Spam"}))
    wrong = {**ONE, "happened": "correction", "call": CALL, "label": "ham"}
    assert said(web.post("/v1/events/user", json=wrong)) == {"new": 1, "known": 0}
    assert said(web.post("/v1/events/user", json=wrong)) == {"new": 0, "known": 1}
    label = home.room.calls.call(f"{CALL}~label")
    assert label is not None
    assert label.metrics == {"misclassified": 1, "false_discovery/spam": 1, "missed/ham": 1}


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"happened": "weather"}, 422),
        ({"id": ""}, 422),
        ({"id": "x" * 201}, 422),
        ({"id": "a\nb"}, 400),
        ({"system": "\ud800"}, 422),
        ({"extra": 1}, 422),
        ({"at": "yesterday"}, 400),
        ({"at": "2026-11-22T08:00:00"}, 400),
        ({"value": "5"}, 200),
        ({"value": 1e300}, 400),
        ({"words": "x" * 20_001}, 422),
        ({"words": "a\x00b"}, 400),
        ({"call": "c" * 201}, 422),
    ],
)
def test_what_does_not_fit_is_refused_whole(home: Yard, change: dict[str, Any], status: int) -> None:
    body = json.dumps([{**ONE, "id": "t0"}, {**ONE, **change}])
    answer = client(home).post("/v1/events/user", content=body, headers=JSON)
    assert answer.status_code == status, answer.text
    assert len(home.room.calls.events("shop-chat", *ALWAYS)) == (2 if status == 200 else 0)


def test_names_that_nothing_came_from_are_kept_and_told(home: Yard) -> None:
    web = client(home)
    send(web, span(CHAT))
    strange = [{**ONE, "system": "shop-chta"}, {**ONE, "id": "t2", "call": "4bf9-00f0"}]
    assert said(web.post("/v1/events/user", json=strange)) == {
        "new": 2,
        "known": 0,
        "warnings": [
            "no call has come from the system 'shop-chta', and the register has none of that name. Did you mean 'shop-chat'?",
            "there is no call '4bf9-00f0' so far: what is said of it takes neither its feature nor its model",
        ],
    }
    assert said(web.post("/v1/events/user", json={**ONE, "id": "t3", "call": CALL})) == {"new": 1, "known": 0}


def test_a_fault_in_a_list_is_told_with_its_place_and_field(home: Yard) -> None:
    web = client(home)
    wrong = said(web.post("/v1/events/user", json=[ONE, {**ONE, "happened": "weather", "extra": 1}]), 422)
    assert [e["where"] for e in wrong["errors"]] == ["body.1.happened", "body.1.extra"]
    assert [e["where"] for e in said(web.post("/v1/outcomes", json=[{"id": "a"}]), 422)["errors"]][:1] == [
        "body.0.flag"
    ]
    assert "Wish" not in json.dumps(wrong)


def test_only_who_may_report_reports(home: Yard) -> None:
    said(client(home, "read").post("/v1/events/user", json=ONE), 403)
    said(home.client().post("/v1/events/user", json=ONE), 401)
    said(client(home, "outcomes").get("/metrics"), 403)
    said(home.client().get("/metrics"), 401)


# --- Prometheus


def line(text: str, start: str) -> float:
    (found,) = [row for row in text.splitlines() if row.startswith(start)]
    return float(found.rpartition(" ")[2])


def test_metrics_count_what_came_in_once(home: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counted, "MOST_SERIES", 3)
    web = client(home)
    failed = span(CHAT, 2, status={"code": 2})
    for _ in range(2):
        send(web, span(CHAT, 1), failed, span({"gen_ai.operation.name": "execute_tool"}, 3), span({"x": "y"}, 4))
    for n in range(5):
        named = {"gen_ai.response.model": "other", "cleanroom.prompt": f"reply@{n}"}
        send(web, span({**CHAT, **named}, 10 + n))
    said(web.post("/v1/events/user", json=ONE))
    text = web.get("/metrics").text
    here = '{feature="",model="gpt-4o-mini-2024-07-18",prompt="",system="shop-chat",variant=""'
    assert line(text, f"cleanroom_requests_total{here}}}") == 2
    assert line(text, f"cleanroom_errors_total{here}}}") == 1
    assert line(text, f'cleanroom_tokens_total{{direction="input",{here[1:]}}}') == 2000
    assert line(text, f"cleanroom_cost_total{here}}}") == pytest.approx(0.00042)
    assert line(text, f"cleanroom_latency_seconds_count{here}}}") == 2
    assert line(text, 'cleanroom_spans_total{became="kept"}') == 8
    assert line(text, 'cleanroom_spans_total{became="known"}') == 3
    assert line(text, 'cleanroom_spans_total{became="left_out"}') == 2
    reply = '{feature="",model="other",prompt="reply@0",system="shop-chat",variant=""}'
    assert line(text, f"cleanroom_requests_total{reply}") == 1
    other = '{feature="(other)",model="(other)",prompt="(other)",system="(other)",variant="(other)"}'
    assert line(text, f"cleanroom_requests_total{other}") == 4  # more than the bound, in one series
    assert line(text, "cleanroom_user_events_total{") == 1


def test_made_up_operations_share_one_series(home: Yard) -> None:
    web = client(home)
    send(web, *(span({"gen_ai.operation.name": f"made-up-{n}"}, n + 1) for n in range(30)))
    send(web, span({"gen_ai.operation.name": "execute_tool"}, 99))
    rows = [row for row in web.get("/metrics").text.splitlines() if row.startswith("cleanroom_operations_total{")]
    assert [float(row.rpartition(" ")[2]) for row in sorted(rows)] == [30, 1]
    assert 'operation="(other)"' in min(rows)


@contextmanager
def prometheus(folder: Path, target: str, token: str) -> Iterator[str]:
    program = shutil.which("prometheus")
    if program is None:
        pytest.skip("prometheus is not installed")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    job = {"job_name": "cleanroom", "static_configs": [{"targets": [target]}], "authorization": {"credentials": token}}
    (folder / "prometheus.yml").write_text(json.dumps({"global": {"scrape_interval": "1s"}, "scrape_configs": [job]}))
    command = [program, f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data",
               f"--web.listen-address=127.0.0.1:{port}", "--log.level=error"]  # fmt: skip
    with (folder / "log").open("wb") as log, subprocess.Popen(command, stdout=log, stderr=log, cwd=folder) as process:
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


def asked(address: str, query: str) -> list[Any]:
    try:
        with urllib.request.urlopen(f"{address}/api/v1/query?query={urllib.parse.quote(query)}") as answer:  # noqa: S310
            found: list[Any] = json.load(answer)["data"]["result"]
            return found
    except OSError:
        return []


def test_a_real_prometheus_scrapes_it(home: Yard, tmp_path: Path) -> None:
    send(client(home), span())
    with (
        serving(home.room) as address,
        prometheus(tmp_path, address.removeprefix("http://"), home.token(MACHINE, "read", "outcomes")) as url,
    ):
        request = urllib.request.Request(  # noqa: S310
            f"{address}/v1/traces", traces([span(number=5)]), JSON | bearer(home.token(MACHINE, "outcomes"))
        )
        with urllib.request.urlopen(request) as answer:  # noqa: S310
            assert answer.status == 200
        end = time.monotonic() + 20
        while not (found := asked(url, "cleanroom_requests_total")):
            assert time.monotonic() < end, (tmp_path / "log").read_text()
            time.sleep(0.2)
        assert found[0]["metric"]["system"] == "shop-chat"
        assert found[0]["value"][1] == "1"  # the other one was taken in by another server
