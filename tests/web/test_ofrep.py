"""OFREP as the protocol has it: answers, tags, errors, who may ask, and what a server says that cannot read its ledger."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient
from tests.doors import ANA, ROOT, Yard, bearer, yard
from tests.flag_samples import CONTEXT, NEW_APP, REGION, flag, json_values

from cleanroom.app import access, flags
from cleanroom.core.base import Outside
from cleanroom.core.flags import Flag, Split, evaluate
from cleanroom.core.flags.reasons import ERROR_CODES
from cleanroom.entry.api import flag_cache, ofrep
from cleanroom.entry.api.flag_cache import FlagCache, etag_of, matches

ONE, ALL, STREAM = "/ofrep/v1/evaluate/flags/checkout", "/ofrep/v1/evaluate/flags", "/ofrep/v1/events"
RULED = flag(50_000, key="a/ruled flag", audience={"and": [REGION, NEW_APP]})
FLOATS = Flag("floats", {"few": 10.0, "off": 0.0}, "off", control="few", metadata={"n": 1.5, "on": True, "t": "x"})


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Yard:
    monkeypatch.setattr(flag_cache, "_FRESH", 0.0)  # each request of a test client has an event loop of its own
    made = yard(tmp_path / "shop")
    for each in (flag(50_000), RULED, FLOATS):
        flags.put(made.room, each)
    return made


def client(home: Yard, *scopes: str) -> TestClient:
    made = home.client()
    made.headers.update(bearer(home.token(ROOT, *(scopes or ("flags",)))))
    return made


def said(answer: Any, status: int = 200) -> Any:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/json"
    return answer.json()


def test_one_flag_is_told_with_its_variant_and_metadata(home: Yard) -> None:
    web = client(home)
    ours = evaluate(flag(50_000), CONTEXT)
    assert said(web.post(ONE, json={"context": CONTEXT})) == {
        "key": "checkout",
        "value": ours.value,
        "reason": "SPLIT",
        "variant": ours.variant,
        "metadata": {"arm": ours.arm, "hash": "flagd-2"},
    }
    assert '"value":10.0' in web.post(f"{ALL}/floats", json={"context": CONTEXT}).text
    assert said(web.post(f"{ALL}/floats", json={}))["metadata"] == {
        "n": 1.5,
        "on": True,
        "t": "x",
        "arm": "none",
        "hash": "flagd-2",
    }
    for path in (f"{ALL}/a%2Fruled%20flag", f"{ALL}/a/ruled flag"):
        assert said(web.post(path, json={"context": CONTEXT}))["key"] == "a/ruled flag"


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"{}", 400, "TARGETING_KEY_MISSING"),
        (b"", 400, "TARGETING_KEY_MISSING"),
        (b'{"context": null}', 400, "TARGETING_KEY_MISSING"),
        (b'{"context": {"targetingKey": ""}}', 400, "TARGETING_KEY_MISSING"),
        (b'{"context": {"targetingKey": 5}}', 400, "INVALID_CONTEXT"),
        (b'{"context": {"targetingKey": "\\ud800"}}', 400, "INVALID_CONTEXT"),
        (b'{"context": []}', 400, "INVALID_CONTEXT"),
        (b"[]", 400, "INVALID_CONTEXT"),
        (b"{", 400, "PARSE_ERROR"),
        (b"\xff", 400, "PARSE_ERROR"),
        (b"[" * 100_000, 400, "PARSE_ERROR"),
        (b'{"context": {"targetingKey": "u", "x": ' + b"9" * 5000 + b"}}", 400, "PARSE_ERROR"),
    ],
)
def test_every_error_has_a_standard_code_and_details(home: Yard, body: bytes, status: int, code: str) -> None:
    web = client(home)
    found = said(web.post(ONE, content=body), status)
    assert (found["key"], found["errorCode"]) == ("checkout", code)
    assert found["errorDetails"]
    assert found["errorCode"] in ERROR_CODES
    assert "value" not in found, "the caller's own default is the safe variant"
    missing = said(web.post(f"{ALL}/none", content=b"{}"), 404)
    assert (missing["key"], missing["errorCode"]) == ("none", "FLAG_NOT_FOUND")


def test_a_body_that_is_too_large_is_refused(home: Yard) -> None:
    assert client(home).post(ONE, content=b" " * 1_100_000).status_code == 413


def test_all_flags_are_told_at_once_and_the_tag_is_of_the_answers(home: Yard) -> None:
    web = client(home)
    first = web.post(ALL, json={"context": CONTEXT})
    found, tag = said(first), first.headers["etag"]
    assert [f["key"] for f in found["flags"]] == ["a/ruled flag", "checkout", "floats"]
    again = web.post(ALL, json={"context": CONTEXT}, headers={"If-None-Match": f'"x", W/{tag}'})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    nobody = said(web.post(ALL, json={}))
    assert [f.get("errorCode") for f in nobody["flags"]] == [None, "TARGETING_KEY_MISSING", None]
    assert said(web.post(ALL, content=b"{"), 400)["errorCode"] == "PARSE_ERROR"
    away = {"targetingKey": "u", "region": "asia"}
    outside = web.post(ALL, json={"context": away}).headers["etag"]
    flags.put(home.room, replace(RULED, split=Split("new", 100_000)))
    assert web.post(ALL, json={"context": away}, headers={"If-None-Match": outside}).status_code == 304
    home.token()
    assert web.post(ALL, json={"context": away}, headers={"If-None-Match": outside}).status_code == 304
    flags.kill(home.room, "checkout", "now")
    changed = web.post(ALL, json={"context": CONTEXT}, headers={"If-None-Match": tag})
    assert (changed.status_code, changed.json()["flags"][1]["reason"]) == (200, "DISABLED")
    flags.restore(home.room, "checkout")
    flags.put(home.room, RULED)
    back = web.post(ALL, json={"context": CONTEXT}, headers={"If-None-Match": tag})
    assert back.status_code == 304, "what is as it was has the tag that it had"


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(st.text(max_size=8), json_values, max_size=4))
def test_any_context_is_answered_and_the_tag_changes_with_the_answers_only(home: Yard, context: dict[str, Any]) -> None:
    if not hasattr(home, "kept"):
        home.kept = (client(home), {})  # type: ignore[attr-defined]
    web, seen = home.kept  # type: ignore[attr-defined]
    try:
        body = json.dumps({"context": context}).encode()
    except UnicodeEncodeError:
        return
    answer = web.post(ALL, content=body)
    assert answer.status_code in (200, 400)
    if answer.status_code == 200:
        text = json.dumps(answer.json()["flags"], sort_keys=True)
        assert seen.setdefault(text, answer.headers["etag"]) == answer.headers["etag"]
        assert sum(tag == answer.headers["etag"] for tag in seen.values()) == 1


def test_tags_are_compared_as_http_has_it() -> None:
    tag = etag_of(b"x")
    assert all(matches(header, tag) for header in (tag, f"W/{tag}", f'"a", {tag}', f" {tag} "))
    assert not any(matches(header, tag) for header in ("", "*", '"a"', tag.strip('"'), tag.upper()))


def test_who_may_ask(home: Yard) -> None:
    token, context = home.token(ROOT, "flags"), {"context": CONTEXT}
    plain = home.client()
    for headers in (
        {"X-API-Key": token},
        bearer(token),
        {"authorization": f"BEARER {token}"},
        bearer(home.token(ROOT, "sign-in")),
    ):
        said(plain.post(ONE, json=context, headers=headers))
        said(plain.post(ALL, json=context, headers=headers))
        assert plain.get("/v1/flags", headers={} if "X-API-Key" in headers else headers).status_code in (200, 401)
    narrow = said(client(home, "read", "review").post(ONE, json=context), 403)
    assert (narrow["key"], narrow["errorCode"]) == ("checkout", "GENERAL")
    assert "'flags'" in narrow["errorDetails"]
    for headers in ({}, {"X-API-Key": "x"}, bearer("clr_0_0"), {"authorization": f"Basic {token}"}):
        refused = plain.post(ONE, json=context, headers=headers)
        assert said(refused, 401)["errorDetails"]
        assert refused.headers["www-authenticate"].startswith("Bearer")
    browser, csrf = home.signed_in(ANA)
    said(browser.post(ONE, json=context, headers={"x-csrf-token": csrf}))
    said(browser.post(ONE, json=context), 403)


def test_nobody_is_ever_told_to_wait(home: Yard) -> None:
    """A client that hears 429 pauses, and would miss a kill."""
    web = home.client()
    for _ in range(45):
        assert web.post(ONE, json={}, headers=bearer("clr_0_0")).status_code == 401
    said(web.post(ONE, json={"context": CONTEXT}, headers=bearer(home.token(ROOT, "flags"))))


def test_a_revoked_token_is_shut_out_at_once_and_an_expired_one(home: Yard) -> None:
    text = home.token(ROOT, "flags", lasts=100)
    web = home.client()
    web.headers.update(bearer(text))
    said(web.post(ONE, json={"context": CONTEXT}))
    stream = web.post(ALL, json={}).json()["eventStreams"][0]["endpoint"]["requestUri"]
    home.later(99)
    said(web.post(ONE, json={"context": CONTEXT}))
    home.later(2)
    said(web.post(ONE, json={"context": CONTEXT}), 401)
    said(web.get(stream), 401)
    text = home.token(ROOT, "flags")
    web.headers.update(bearer(text))
    said(web.post(ONE, json={"context": CONTEXT}))
    access.revoke_token(home.room, text.split("_")[1])
    said(web.post(ONE, json={"context": CONTEXT}), 401)


def test_a_stream_is_opened_by_its_ticket_and_says_what_it_must(home: Yard) -> None:
    web = client(home)
    uri = web.post(ALL, json={}).json()["eventStreams"][0]["endpoint"]["requestUri"]
    assert web.post(ALL, json={}).json()["eventStreams"][0]["endpoint"]["requestUri"] == uri
    browser = home.client()
    first = browser.get(f"{uri}&seconds=0")
    assert first.headers["content-type"].startswith("text/event-stream")
    lines = dict(line.split(": ", 1) for line in first.text.split("\n") if ": " in line)
    assert lines["event"] == "message"
    assert json.loads(lines["data"]) == {"type": "refetchEvaluation", "etag": lines["id"]}
    known = browser.get(f"{uri}&seconds=0", headers={"Last-Event-ID": lines["id"]})
    assert "refetchEvaluation" not in known.text, "who has heard it is not told again"
    flags.kill(home.room, "checkout", "now")
    missed = browser.get(f"{uri}&seconds=0", headers={"Last-Event-ID": lines["id"]})
    assert "refetchEvaluation" in missed.text
    assert json.loads(missed.text.split("data: ")[1].split("\n")[0])["etag"] != lines["id"]
    id, _, proof = uri.split("ticket=")[1].partition(".")
    for wrong in (f"{id}.{proof[:-1]}0" if proof[-1] != "0" else f"{id}.{proof[:-1]}1", f"x.{proof}", "é.1", "a" * 150):
        assert browser.get(STREAM, params={"ticket": wrong, "seconds": 0}).status_code == 401
    assert browser.get(STREAM, params={"seconds": 0}).status_code == 401
    assert browser.post(ONE, json={}, headers={"X-API-Key": proof}).status_code == 401, "the ticket opens nothing else"
    signed_in, _ = home.signed_in(ANA)
    assert "refetchEvaluation" in signed_in.get(STREAM, params={"seconds": 0}).text


class Silent:
    """A ledger that does not answer while it is `away`."""

    def __init__(self, store: Any) -> None:
        self.store, self.away = store, False

    def __getattr__(self, name: str) -> Any:
        if self.away:
            raise Outside("the ledger does not answer", "Wait.")
        return getattr(self.store, name)


def test_a_server_without_its_ledger_says_what_it_knows_then_what_is_safe(
    home: Yard, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Silent(home.room.store)
    home.room = replace(home.room, store=store)
    web = client(home)
    store.away = True
    assert said(web.post(ONE, json={"context": CONTEXT}), 503)["errorCode"] == "GENERAL", "it never knew anything"
    store.away = False
    known = said(web.post(ONE, json={"context": CONTEXT}))
    assert web.get("/v1/flags").status_code == 200
    store.away = True
    assert said(web.post(ONE, json={"context": CONTEXT})) == known
    monkeypatch.setattr(flag_cache, "_CONFIRMED", 0.0)
    assert web.get("/v1/flags").status_code == 503, "a copy must not be taken for fresh"
    monkeypatch.setattr(flag_cache, "LONGEST", 0.0)
    stale = said(web.post(ONE, json={"context": CONTEXT}))
    assert (stale["variant"], stale["value"], stale["reason"]) == ("legacy", "map-0", "STALE")
    store.away = False
    monkeypatch.setattr(flag_cache, "LONGEST", 300.0)
    assert said(web.post(ONE, json={"context": CONTEXT})) == known


def test_a_tag_that_another_server_named_is_looked_for(home: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two servers over one ledger: the event came from the one that has looked, the question goes to the other."""
    web = client(home)
    said(web.post(ALL, json={"context": CONTEXT}))
    monkeypatch.setattr(flag_cache, "_FRESH", 3600.0)
    before = said(web.post(ALL, json={"context": CONTEXT}))
    flags.kill(home.room, "checkout", "now")
    assert said(web.post(ALL, json={"context": CONTEXT})) == before, "it has not looked"
    after = said(web.post(ALL, params={"flagConfigEtag": '"another"'}, json={"context": CONTEXT}))
    assert after["flags"][1]["reason"] == "DISABLED"


def test_the_sdk_is_told_whole_flags_and_the_kill_switch_works(home: Yard) -> None:
    web = client(home, "flags", "review")
    first = web.get("/v1/flags")
    assert [f["flag"]["key"] for f in first.json()["flags"]] == ["a/ruled flag", "checkout", "floats"]
    assert web.get("/v1/flags", headers={"If-None-Match": first.headers["etag"]}).status_code == 304
    killed = web.post("/v1/flags/a/ruled flag/kill", json={"because": "it hurts"})
    assert (killed.status_code, killed.json()["killed"], killed.json()["by"]) == (200, True, ROOT)
    assert web.get("/v1/flags", headers={"If-None-Match": first.headers["etag"]}).status_code == 200
    assert web.post("/v1/flags/a%2Fruled%20flag/restore").json()["killed"] is False
    assert web.post("/v1/flags/none/kill", json={"because": "x"}).status_code == 404
    assert web.post("/v1/flags/checkout/kill", json={}).status_code == 422
    assert web.post("/v1/flags/checkout/restore").status_code == 403
    assert client(home, "flags").post("/v1/flags/checkout/kill", json={"because": "x"}).status_code == 403
    assert client(home, "read").get("/v1/flags").status_code == 403
    for name in ("sha256:" + "0" * 64, "sha256:x", "..", "sha256:" + "A" * 64):
        assert web.get(f"/v1/mappings/{name}").status_code in (400, 404)


def test_an_evaluation_asks_the_ledger_nothing(home: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once it is warm: no thread, no read, only what is in memory."""
    monkeypatch.setattr(flag_cache, "_FRESH", 3600.0)
    web = client(home)
    said(web.post(ONE, json={"context": CONTEXT}))
    hops: list[Any] = []

    async def counted(call: Any, *arguments: Any) -> Any:
        hops.append(call)
        return call(*arguments)

    monkeypatch.setattr(flag_cache, "run_in_threadpool", counted)
    monkeypatch.setattr(ofrep, "run_in_threadpool", counted)
    for _ in range(20):
        said(web.post(ONE, json={"context": CONTEXT}))
        said(web.post(ALL, json={"context": CONTEXT}))
    assert not hops
    assert isinstance(web.app.state.flag_cache, FlagCache)  # type: ignore[attr-defined]
