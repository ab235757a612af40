"""Attacks on the server, each tried and each refused with a clear error."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from starlette.testclient import TestClient
from tests.doors import ANA, BO, HERE, ROOT, Yard, bearer, yard

from cleanroom.app import access
from cleanroom.entry.api.security import BODY, POLICY

SQL = ("' OR 1=1 --", "'; DROP TABLE tokens; --", '" UNION SELECT secret FROM tokens --', "%27%20OR%201", "\\'; --")
PATHS = (
    "../../../etc/passwd",
    "..%2f..%2fetc%2fpasswd",
    "%2e%2e/%2e%2e/cleanroom.toml",
    "....//x",
    "a/../../b",
    "%5c..%5c",
)


@pytest.fixture
def home(tmp_path: Path) -> Yard:
    return yard(tmp_path / "shop")


def refused(answer: object, *statuses: int) -> str:
    """The one line that a refusal says; never a traceback, a path of this machine or a secret."""
    status, text, headers = answer.status_code, answer.text, answer.headers  # type: ignore[attr-defined]
    assert status in statuses, (status, text)
    assert "Traceback" not in text
    assert "/tmp/" not in text  # noqa: S108
    assert headers["x-content-type-options"] == "nosniff"
    assert "default-src 'none'" in headers["content-security-policy"]
    return str(json.loads(text)["detail"]) if "json" in headers["content-type"] else str(text)


# --- forged requests (CSRF) ---------------------------------------------------------------------------------


WISH = {"name": "t", "scopes": ["read"]}


def test_a_session_writes_only_with_its_own_csrf_token(home: Yard) -> None:
    app = home.app()
    (ana, mine), (_, foreign) = home.signed_in(ANA, app), home.signed_in(BO, app)
    for headers in (
        {},
        {"x-csrf-token": ""},
        {"x-csrf-token": foreign},
        {"x-csrf-token": mine[:-1]},
        {"x-csrf-token": "é"},
    ):
        encoded = [(name.encode(), value.encode()) for name, value in headers.items()]
        assert "CSRF" in refused(ana.post("/v1/tokens", json=WISH, headers=encoded), 403)
    assert home.facts("people") == []
    assert ana.post("/v1/tokens", json=WISH, headers={"x-csrf-token": mine}).status_code == 201


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost.evil.example"},
        {"Origin": "http://localhost:9999"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site", "Origin": HERE},
    ],
)
def test_another_site_cannot_write_even_with_the_right_token(home: Yard, headers: dict[str, str]) -> None:
    client, csrf = home.signed_in(ANA)
    answer = client.post("/v1/tokens", json=WISH, headers={"x-csrf-token": csrf, **headers})
    assert "another site" in refused(answer, 403)
    same = {"x-csrf-token": csrf, "Origin": HERE, "Sec-Fetch-Site": "same-origin"}
    assert client.post("/v1/tokens", json=WISH, headers=same).status_code == 201


def test_a_form_of_another_site_cannot_pass_for_json(home: Yard) -> None:
    client, csrf = home.signed_in(ANA)
    body = json.dumps(WISH)
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
        headers = {"Content-Type": kind, "x-csrf-token": csrf}
        refused(client.post("/v1/tokens", content=body, headers=headers), 400, 403, 422)
    assert home.facts("people") == []


# --- keys ---------------------------------------------------------------------------------------------------


def test_forged_expired_revoked_and_foreign_tokens(home: Yard) -> None:
    client = home.client()
    good, short, gone = home.token(ANA, "read"), home.token(ANA, "read", lasts=10), home.token(ANA, "read")
    narrow = home.token(ANA, "outputs")
    access.revoke_token(home.room, gone.split("_")[1])
    home.later(10)
    swapped = "_".join([*good.split("_")[:2], short.split("_", 2)[2]])
    for text, status, says in (
        (good[:-2], 401, "not known"),
        (swapped, 401, "not known"),
        (good.upper(), 401, "not known"),
        ("", 401, ""),
        ("null", 401, "not known"),
        (short, 401, "expired"),
        (gone, 401, "revoked"),
        (narrow, 403, "scope 'read'"),
    ):
        assert says in refused(client.get("/v1/me", headers=bearer(text)), status)
    assert client.get("/v1/me", headers=bearer(good)).status_code == 200
    noted = str(home.facts("access"))
    assert not any(text.split("_", 2)[-1] in noted for text in (good, short, gone, narrow))


def test_a_wrong_token_is_not_saved_by_a_right_session(home: Yard) -> None:
    client, _ = home.signed_in(ANA)
    refused(client.get("/v1/me", headers=bearer("clr_0123456789ab_forged")), 401)


def test_a_cookie_that_an_attacker_chose_opens_nothing_and_is_never_adopted(home: Yard) -> None:
    app = home.app()
    for value in ("fixed", "x" * 5000, "../../x", "%00", '"'):
        client = home.client(app)
        refused(client.get("/v1/me", headers={"Cookie": f"cleanroom_session={value}"}), 401)
    assert home.room.accounts.session(access.hashed("fixed")) is None


def test_a_session_ends_with_its_time(home: Yard) -> None:
    client, _ = home.signed_in(ANA)
    assert client.get("/v1/me").status_code == 200
    home.later(access.SESSION)
    refused(client.get("/v1/me"), 401)


# --- what goes in -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", SQL)
def test_sql_in_every_place_is_only_text(home: Yard, text: str) -> None:
    client, admin = home.client(), bearer(home.token(ROOT))
    before = len(home.room.accounts.tokens())
    refused(client.get("/v1/me", headers=bearer(f"clr_{text}_x".encode().decode("ascii"))), 401)
    refused(client.get("/v1/me", headers={"Cookie": f"cleanroom_session={quote(text)}"}), 401)
    refused(client.delete(f"/v1/tokens/{quote(text, safe='')[:30]}", headers=admin), 400, 404, 422)
    refused(client.post("/v1/links", json={"person": text}, headers=admin), 404)
    made = client.post("/v1/tokens", json={"name": text, "scopes": ["read"], "person": text}, headers=admin)
    assert made.status_code == 201
    assert client.get("/v1/me", headers=bearer(made.json()["token"])).json()["person"] == text
    assert len(home.room.accounts.tokens()) == before + 1


@pytest.mark.parametrize("path", PATHS)
def test_no_path_leads_out_of_its_folder(home: Yard, path: str) -> None:
    client, admin = home.client(), bearer(home.token(ROOT))
    for start in ("/v1/tokens/", "/v1/changes/", "/v1/runs/", "/static/", "/"):
        answer = client.request("GET", f"{HERE}{start}{path}", headers=admin)
        assert answer.status_code in (303, 400, 404, 405, 422), (start, path, answer.text)
        assert "root:" not in answer.text
        assert "[roles]" not in answer.text


def test_control_characters_in_an_address_are_refused(home: Yard) -> None:
    for path in ("/v1/%00", "/%0d%0aSet-Cookie:%20a=b", "/v1/a%1b", "/%5cevil.example", "/v1/%e2%80%ae"):
        answer = home.client().get(HERE + path)
        refused(answer, 400)
        assert "set-cookie" not in answer.headers
    refused(home.client().get("/" + "a" * 3000), 414)
    refused(home.client().get("/healthz?" + "a" * 9000), 414)


def test_a_header_cannot_be_smuggled_into_an_answer(home: Yard) -> None:
    answer = home.client().get("/door", params={"next": "x\r\nSet-Cookie: a=b"})
    assert "set-cookie" not in answer.headers
    made = home.client().post(
        "/v1/tokens", json={"name": "a\r\nX-Evil: 1", "scopes": ["read"]}, headers=bearer(home.token(ROOT))
    )
    assert "cannot be the name" in refused(made, 400)


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "localhost.evil.example",
        "127.0.0.1.nip.io",
        "",
        "localhost@evil.example",
        "[::1].evil.example",
        "0.0.0.0",  # noqa: S104
    ],
)
def test_a_foreign_name_for_this_server_is_refused(home: Yard, host: str) -> None:
    answer = home.client().get("/v1/me", headers={"Host": host, **bearer(home.token(ROOT))})
    assert "not called that" in refused(answer, 400)


def test_the_names_of_this_machine_are_not(home: Yard) -> None:
    for host in ("localhost:8420", "127.0.0.1:1", "[::1]:8420", "LOCALHOST", "localhost."):
        assert home.client().get("/v1/me", headers={"Host": host, **bearer(home.token(ROOT))}).status_code == 200


def test_a_body_that_is_declared_too_large_is_refused(home: Yard) -> None:
    body = b'{"name": "' + b"a" * BODY + b'", "scopes": ["read"]}'
    assert "larger than 1048576 bytes" in refused(
        home.client().post(
            "/v1/tokens", content=body, headers=bearer(home.token()) | {"Content-Type": "application/json"}
        ),
        413,
    )


def test_a_body_that_grows_too_large_while_it_comes_is_refused(home: Yard) -> None:
    sent = 0

    def endless() -> Iterator[bytes]:
        nonlocal sent
        for _ in range(64):
            sent += 65_536
            yield b"a" * 65_536

    for kind in ("application/json", "application/x-www-form-urlencoded"):
        headers = bearer(home.token()) | {"Content-Type": kind}
        assert "larger than" in refused(home.client().post("/v1/tokens", content=endless(), headers=headers), 413, 422)


def test_a_body_that_is_no_json_is_refused(home: Yard) -> None:
    headers = bearer(home.token()) | {"Content-Type": "application/json"}
    for body in (
        b"{",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"name": "\\ud800", "scopes": ["read"]}',
        b'{"name": NaN}',
        b"null",
    ):
        refused(home.client().post("/v1/tokens", content=body, headers=headers), 400, 422)


# --- what comes out -----------------------------------------------------------------------------------------


def test_every_answer_is_strict(home: Yard) -> None:
    client = home.client()
    for path in ("/healthz", "/nothing", "/v1/nothing", "/v1/me", "/openapi.json"):
        headers = client.get(path).headers
        assert headers["content-security-policy"] == POLICY
        assert headers["cache-control"] == "no-store"
        assert headers["x-frame-options"] == "DENY"
        assert headers["referrer-policy"] == "same-origin"
        assert headers["cross-origin-opener-policy"] == "same-origin"
        assert "server" not in headers
        assert not [name for name in headers if name.startswith("access-control")]


def test_no_other_site_may_read_answers(home: Yard) -> None:
    asked = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    answer = TestClient(home.app(), base_url=HERE).options("/v1/tokens", headers=asked)
    assert answer.status_code == 405
    assert "access-control-allow-origin" not in answer.headers
