"""POST /v1/outcomes: taken in once, or refused with nothing half kept."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, event
from starlette.testclient import TestClient
from tests.doors import ANA, HERE, MACHINE, Yard, bearer, yard
from tests.flag_samples import flag, keys

from cleanroom.adapters.sqlstore import open_sqlite
from cleanroom.adapters.sqlstore.telemetry import SqlTelemetry
from cleanroom.app.flags import put
from cleanroom.core.flags import evaluate
from cleanroom.entry.api.app import create_app

MADE = flag(50_000)
ALWAYS = (0, 2**60)


def key_of(arm: str) -> str:
    return next(k for k in keys(500) if k.isascii() and evaluate(MADE, {"targetingKey": k}).arm == arm)


ONE = {"id": "a", "flag": "checkout", "variant": "new", "key": key_of("candidate"), "metrics": {"error": True}}
TWO = {**ONE, "id": "b", "variant": "old", "key": key_of("control"), "at": "2026-11-22T10:00:00+01:00"}


@pytest.fixture
def home(tmp_path: Path) -> Yard:
    found = yard(tmp_path / "shop")
    put(found.room, MADE)
    found.later(60)
    return found


def client(home: Yard, *scopes: str) -> TestClient:
    made = home.client()
    made.headers.update(bearer(home.token(MACHINE, *(scopes or ("outcomes", "read")))))
    return made


def said(answer: Any, status: int) -> Any:
    assert answer.status_code == status, answer.text
    return answer.json() if answer.content else None


def kept(home: Yard) -> int:
    return len(home.room.telemetry.columns("checkout", *ALWAYS, []).at)


def test_an_outcome_or_a_list_comes_in_once(home: Yard) -> None:
    web = client(home)
    assert said(web.post("/v1/outcomes", json=ONE), 200) == {"new": 1, "known": 0, "apart": 0}
    assert said(web.post("/v1/outcomes", json=ONE), 200) == {"new": 0, "known": 1, "apart": 0}
    wrong = {**TWO, "id": "c", "variant": "new"}
    assert said(web.post("/v1/outcomes", json=[ONE, TWO, wrong]), 200) == {"new": 2, "known": 1, "apart": 1}
    found = home.room.telemetry.columns("checkout", *ALWAYS, ["error"])
    assert (found.canary.tolist(), found.metrics["error"].tolist()) == ([False, True], [1.0, 1.0])
    shown = said(web.get("/v1/outcomes/checkout?hours=24"), 200)
    assert (shown["outcomes"], shown["apart"]) == ({"candidate": 1, "control": 1, "other": 1}, 1)
    assert [(line["arm"], line["n"], line["bad"]) for line in shown["lines"]] == [
        ("candidate", 1, 1),
        ("control", 1, 1),
        ("other", 1, 1),
    ]
    said(web.get("/v1/outcomes/nobody"), 404)


def test_a_thousand_come_in_at_once_and_no_more(home: Yard) -> None:
    web = client(home)
    many = [{**ONE, "id": f"{i}"} for i in range(1_001)]
    said(web.post("/v1/outcomes", json=many), 422)
    assert said(web.post("/v1/outcomes", json=many[:1_000]), 200)["new"] == 1_000
    assert kept(home) == 1_000


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"variant": None}, 422),
        ({"extra": 1}, 422),
        ({"id": ""}, 422),
        ({"id": "x" * 201}, 422),
        ({"id": "\x00"}, 400),
        ({"key": "nul \x00"}, 400),
        ({"at": "yesterday"}, 400),
        ({"at": "2026-11-22T08:00:00"}, 400),
        ({"at": 5}, 422),
        ({"flag": "chekout"}, 400),
        ({"metrics": {"ms": "1"}}, 422),
        ({"metrics": {"ms": None}}, 422),
        ({"metrics": {"ms": 10**400}}, 422),
        ({"metrics": {"ms": 1.7e308}}, 400),
        ({"metrics": {"a\nb": 1}}, 400),
        ({"metrics": {f"m{i}": 1 for i in range(51)}}, 422),
        ({"context": [1]}, 422),
    ],
)
def test_what_does_not_fit_is_refused_whole(home: Yard, change: dict[str, Any], status: int) -> None:
    web = client(home)
    told = said(web.post("/v1/outcomes", json=[ONE, {**TWO, **change}]), status)
    assert told["detail"]
    assert told["hint"]
    assert kept(home) == 0


def test_odd_json_is_no_error_of_ours(home: Yard) -> None:
    web, kind = client(home), {"content-type": "application/json"}
    deep = '{"x": ' + "[" * 50_000 + "]" * 50_000 + "}"
    for metrics, context in (('{"ms": NaN}', "{}"), ('{"\\ud800": 1}', "{}"), ("{}", deep), ("[]", "{}")):
        text = '{"id": "a", "flag": "checkout", "variant": "new", "key": "u", "metrics": %s, "context": %s}'
        assert web.post("/v1/outcomes", content=text % (metrics, context), headers=kind).status_code in (400, 422)
    for text in ("", "null", "[]", "3", '"x"', "{}"):
        assert web.post("/v1/outcomes", content=text, headers=kind).status_code == 422
    assert web.post("/v1/outcomes", content=b"x" * 5_000_000, headers=kind).status_code == 413
    assert kept(home) == 0


def test_only_who_may_report_reports(home: Yard) -> None:
    for scopes in (("read",), ("outputs",), ("flags", "queue", "review")):
        said(client(home, *scopes).post("/v1/outcomes", json=ONE), 403)
    said(home.client().post("/v1/outcomes", json=ONE), 401)
    said(client(home, "outcomes").get("/v1/outcomes/checkout"), 403)
    said(client(home, "outcomes").post("/v1/outcomes", json=ONE), 200)
    web, csrf = home.signed_in(ANA)
    said(web.post("/v1/outcomes", json=TWO), 403)
    said(web.post("/v1/outcomes", json=TWO, headers={"x-csrf-token": csrf}), 200)
    assert kept(home) == 2


def test_a_locked_store_says_try_again_and_keeps_nothing(home: Yard, tmp_path: Path) -> None:
    path = tmp_path / "shop" / ".cleanroom" / "ledger.db"
    token = home.token(MACHINE, "outcomes")
    with open_sqlite(path, patience=0.05) as store, closing(sqlite3.connect(path, isolation_level=None)) as other:
        hasty = replace(home.room, telemetry=SqlTelemetry(store, tmp_path / "outcomes"))
        web = TestClient(create_app(hasty), base_url=HERE, headers=bearer(token))
        said(web.post("/v1/outcomes", json=TWO), 200)
        other.execute("BEGIN IMMEDIATE")
        locked = web.post("/v1/outcomes", json=[ONE, TWO])
        assert "locked by another process" in said(locked, 503)["detail"]
        assert int(locked.headers["retry-after"]) > 0
        other.execute("ROLLBACK")
        assert kept(home) == 1
        assert said(web.post("/v1/outcomes", json=[ONE, TWO]), 200) == {"new": 1, "known": 1, "apart": 0}


def test_a_full_disk_says_try_again_and_keeps_nothing(home: Yard, tmp_path: Path) -> None:
    path = tmp_path / "shop" / ".cleanroom" / "ledger.db"
    token = home.token(MACHINE, "outcomes")
    full = True

    def restrict(connection: Connection) -> None:
        connection.exec_driver_sql("PRAGMA max_page_count = 1" if full else "PRAGMA max_page_count = 1000000")

    with open_sqlite(path) as store:
        telemetry = SqlTelemetry(store, tmp_path / "outcomes")
        telemetry.hashed("the secret is there")
        event.listen(store.engine, "begin", restrict)
        web = TestClient(create_app(replace(home.room, telemetry=telemetry)), base_url=HERE, headers=bearer(token))
        many = [{**ONE, "id": f"{i}", "source": "s" * 200} for i in range(900)]
        answer = web.post("/v1/outcomes", json=many)
        assert "no space left" in said(answer, 503)["detail"]
        assert int(answer.headers["retry-after"]) > 0
        assert kept(home) == 0
        assert home.room.telemetry.counts("checkout", *ALWAYS) == ()
        full = False
        assert said(web.post("/v1/outcomes", json=many), 200)["new"] == 900
    assert kept(home) == 900
