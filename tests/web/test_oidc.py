"""Signing in through the organisation's identity provider: a real one in its own process, and liars of all kinds."""

from __future__ import annotations

import base64
import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey
from starlette.testclient import TestClient
from tests.doors import ANA, HERE, Yard, yard

from cleanroom.adapters.oidc import OidcProvider
from cleanroom.core.base import Misuse, Outside, Refused
from cleanroom.core.facts import SignedIn, SignInFailed
from cleanroom.entry.api.app import create_app
from cleanroom.ports.project import Oidc

USERS: dict[str, dict[str, object]] = {
    "ana": {"email": ANA.upper(), "email_verified": True},
    "unverified": {"email": ANA, "email_verified": False},
    "silent": {"email": ANA},
    "stranger": {"email": "stranger@shop.example", "email_verified": True},
}


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    """A provider with four users, in its own process."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    users = [part for sub, claims in USERS.items() for part in ("--user-claims", json.dumps({"sub": sub, **claims}))]
    command = [sys.executable, "-m", "oidc_provider_mock", "--port", str(port), "--require-nonce", "true", *users]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    address = f"http://localhost:{port}"
    try:
        for _ in range(600):
            try:
                httpx2.get(f"{address}/.well-known/openid-configuration")
                break
            except httpx2.TransportError:
                assert process.poll() is None
                time.sleep(0.05)
        yield address
    finally:
        process.kill()
        process.wait()


@pytest.fixture
def home(tmp_path: Path) -> Yard:
    return yard(tmp_path / "shop")


def browser(home: Yard, issuer: str, name: str = "Shop ID") -> TestClient:
    """A browser before the server, which asks that issuer."""
    identity = OidcProvider(Oidc(issuer, "cleanroom", "", name), "s3cret")
    return TestClient(create_app(home.room, identity=identity), base_url=HERE, follow_redirects=False)


def sent(client: TestClient, back: str = "/changes") -> str:
    """Where the sign-in page sends the browser."""
    return str(client.get("/sign-in/oidc", params={"next": back}).headers["location"])


def consent(where: str, **form: str) -> str:
    """What a person does at the provider; the way back, below our server's address."""
    answer = httpx2.post(where, data=form)
    assert answer.status_code == 302, answer.text
    return str(answer.headers["location"]).removeprefix(HERE)


def test_somebody_with_a_role_comes_in(home: Yard, issuer: str) -> None:
    client = browser(home, issuer)
    assert "Shop ID" in client.get("/sign-in").text
    where = sent(client)
    asked = parse_qs(urlsplit(where).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert len(asked["code_challenge"][0]) == 43
    assert asked["redirect_uri"] == [f"{HERE}/sign-in/oidc/back"]
    assert {len(asked["state"][0]), len(asked["nonce"][0])} == {43}
    entered = client.get(consent(where, sub="ana"))
    assert (entered.status_code, entered.headers["location"]) == (303, "/changes")
    assert client.get("/v1/me").json()["person"] == ANA  # as the policy spells it
    assert next(f for f in home.facts("access") if isinstance(f, SignedIn)).through == "oidc"
    assert "cleanroom_errand" not in client.cookies


def test_a_provider_that_does_not_vouch_lets_nobody_in(home: Yard, issuer: str) -> None:
    for sub in ("unverified", "silent"):
        client = browser(home, issuer)
        answer = client.get(consent(sent(client), sub=sub))
        assert answer.status_code == 403
        assert "does not vouch" in answer.text
        assert client.get("/v1/me").status_code == 401
    assert len([f for f in home.facts("access") if isinstance(f, SignInFailed) and f.through == "oidc"]) == 2


def test_somebody_without_a_role_stays_outside(home: Yard, issuer: str) -> None:
    client = browser(home, issuer)
    answer = client.get(consent(sent(client), sub="stranger"))
    assert answer.status_code == 401
    assert "no role here" in answer.text
    [failed] = home.facts("access")
    assert isinstance(failed, SignInFailed)
    assert "stranger@shop.example has no role" in failed.because


def test_an_answer_belongs_to_the_browser_that_asked_and_works_once(home: Yard, issuer: str) -> None:
    client, other = browser(home, issuer), browser(home, issuer)
    back = consent(sent(client), sub="ana")
    stolen = other.get(back)  # another browser has no errand
    assert stolen.status_code == 403
    assert "no sign-in of this browser" in stolen.text
    sent(other)
    assert other.get(back).status_code == 403  # nor that errand
    assert client.get(back).status_code == 303
    assert client.get(back).status_code == 403
    tampered = browser(home, issuer)
    where = sent(tampered)
    kept = json.loads(base64.urlsafe_b64decode(tampered.cookies["cleanroom_errand"].strip('"')))
    kept[1] = "another nonce"
    del tampered.cookies["cleanroom_errand"]
    cookie = base64.urlsafe_b64encode(json.dumps(kept).encode()).decode()
    answer = tampered.get(consent(where, sub="ana"), headers={"Cookie": f"cleanroom_errand={cookie}"})
    assert answer.status_code == 403
    assert "proves nothing" in answer.text


@pytest.mark.parametrize("cookie", ["", "x", "bm90IGpzb24", base64.urlsafe_b64encode(b'["a",1,2,3]').decode(), "W10="])
def test_a_broken_errand_is_none(home: Yard, issuer: str, cookie: str) -> None:
    answer = browser(home, issuer).get(
        "/sign-in/oidc/back?code=x&state=a", headers={"Cookie": f"cleanroom_errand={cookie}"}
    )
    assert answer.status_code == 403


def test_a_refusal_a_wrong_code_and_a_foreign_issuer(home: Yard, issuer: str) -> None:
    client = browser(home, issuer)
    assert "did not sign you in" in client.get(consent(sent(client), action="deny") + _state(client)).text
    client = browser(home, issuer)
    state = parse_qs(urlsplit(sent(client)).query)["state"][0]
    assert "proves nothing" in client.get(f"/sign-in/oidc/back?code=wrong&state={state}").text
    client = browser(home, issuer)
    back = consent(sent(client), sub="ana")
    assert "another identity provider" in client.get(back + "&iss=https://evil.example").text


def _state(client: TestClient) -> str:
    """The provider leaves the state out of its refusals; a real browser would bring it along."""
    kept = json.loads(base64.urlsafe_b64decode(client.cookies["cleanroom_errand"].strip('"')))
    return f"&state={kept[0]}"


def test_a_provider_that_is_down_is_one_line(home: Yard) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    answer = browser(home, f"http://127.0.0.1:{port}").get("/sign-in/oidc")
    assert answer.status_code == 503
    assert "cannot be asked" in answer.text
    assert int(answer.headers["retry-after"]) > 0


def test_a_provider_that_hangs_does_not_hold_up_everybody() -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        provider = OidcProvider(Oidc(f"http://127.0.0.1:{mute.getsockname()[1]}", "c"), patience=0.3)
        started = time.monotonic()
        for _ in range(20):
            with pytest.raises(Outside):
                provider.start(HERE)
        assert time.monotonic() - started < 3


def test_a_provider_by_another_name(issuer: str) -> None:
    with pytest.raises(Misuse, match="calls itself"):
        OidcProvider(Oidc(issuer.replace("localhost", "127.0.0.1") + "/", "c")).start(HERE)


# --- a provider that lies ------------------------------------------------------------------------------------

KEY, OTHER = RSAKey.generate_key(2048, {"kid": "k"}), RSAKey.generate_key(2048, {"kid": "k"})


class Liar:
    """A provider whose every answer the test chooses."""

    def __init__(self) -> None:
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        self.discovery: dict[str, Any] = {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/keys",
        }
        self.id_token = ""
        self.token: Any = None
        self.userinfo: dict[str, Any] = {}

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        liar = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                keys = {"keys": [KEY.as_dict(private=False)]}
                self._say({"/keys": keys, "/me": liar.userinfo}.get(self.path, liar.discovery))

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["content-length"]))
                said = {"access_token": "a", "token_type": "Bearer", "id_token": liar.id_token}
                self._say(said if liar.token is None else liar.token)

            def _say(self, said: object) -> None:
                body = json.dumps(said).encode()
                self.send_response(200)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        return Handler


@pytest.fixture
def liar() -> Iterator[Liar]:
    made = Liar()
    thread = threading.Thread(target=made.server.serve_forever, args=(0.01,))
    thread.start()
    yield made
    made.server.shutdown()
    thread.join()
    made.server.server_close()


def _signed(claims: dict[str, Any], key: Any = KEY, alg: str = "RS256") -> str:
    return jwt.encode({"alg": alg, "kid": "k"}, claims, key, algorithms=[alg])


def _unsigned(claims: dict[str, Any]) -> str:
    head, body = (
        base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()
        for part in ({"alg": "none", "kid": "k"}, claims)
    )
    return f"{head}.{body}."


def _by_public_key(claims: dict[str, Any]) -> str:
    public = KEY.as_pem(private=False)
    return _signed(claims, OctKey.import_key(base64.urlsafe_b64encode(public).decode()), "HS256")


LIES: dict[str, Callable[[dict[str, Any]], str]] = {
    "unsigned": _unsigned,
    "another key": lambda c: _signed(c, OTHER),
    "the public key as a secret": _by_public_key,
    "expired": lambda c: _signed(c | {"exp": int(time.time()) - 3600}),
    "from tomorrow": lambda c: _signed(c | {"iat": int(time.time()) + 86_400, "nbf": int(time.time()) + 86_400}),
    "another issuer": lambda c: _signed(c | {"iss": "https://evil.example"}),
    "another audience": lambda c: _signed(c | {"aud": "another client"}),
    "another party": lambda c: _signed(c | {"aud": ["cleanroom", "other"], "azp": "other"}),
    "another nonce": lambda c: _signed(c | {"nonce": "replayed"}),
    "no nonce": lambda c: _signed({k: v for k, v in c.items() if k != "nonce"}),
    "no expiry": lambda c: _signed({k: v for k, v in c.items() if k != "exp"}),
    "another access token": lambda c: _signed(c | {"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"}),
    "verified in words": lambda c: _signed(c | {"email_verified": "true"}),
    "a list of emails": lambda c: _signed(c | {"email": [ANA]}),
    "no token": lambda _: "",
    "no such thing": lambda _: "a.b.c",
}


def _claims(liar: Liar, nonce: str) -> dict[str, Any]:
    now = int(time.time())
    return {
        "iss": liar.url, "aud": "cleanroom", "sub": "1", "exp": now + 600, "iat": now, "nonce": nonce,
        "email": ANA, "email_verified": True,
    }  # fmt: skip


def test_the_truth_is_believed(liar: Liar) -> None:
    provider = OidcProvider(Oidc(liar.url, "cleanroom"))
    errand = provider.start(HERE)
    liar.id_token = _signed(_claims(liar, errand.nonce))
    assert provider.finish(HERE, errand, "code") == ANA


def test_an_email_may_come_from_the_userinfo_of_the_same_person_only(liar: Liar) -> None:
    liar.discovery["userinfo_endpoint"] = f"{liar.url}/me"
    provider = OidcProvider(Oidc(liar.url, "cleanroom"))
    errand = provider.start(HERE)
    claims = {k: v for k, v in _claims(liar, errand.nonce).items() if not k.startswith("email")}
    liar.id_token = _signed(claims)
    liar.userinfo = {"sub": "1", "email": ANA, "email_verified": True}
    assert provider.finish(HERE, errand, "code") == ANA
    liar.userinfo["sub"] = "2"
    with pytest.raises(Refused, match="two different people"):
        provider.finish(HERE, errand, "code")


@pytest.mark.parametrize("lie", LIES)
def test_no_lie_is_believed(liar: Liar, lie: str) -> None:
    provider = OidcProvider(Oidc(liar.url, "cleanroom"))
    errand = provider.start(HERE)
    liar.id_token = LIES[lie](_claims(liar, errand.nonce))
    with pytest.raises((Refused, Outside)) as refusal:
        provider.finish(HERE, errand, "code")
    assert liar.id_token not in str(refusal.value) or not liar.id_token


@pytest.mark.parametrize("answer", [[], "x", 1, {}, {"error": "invalid_grant", "error_description": "<script>"}])
def test_an_answer_that_is_no_token_is_one_line(liar: Liar, answer: object) -> None:
    provider = OidcProvider(Oidc(liar.url, "cleanroom"))
    errand, liar.token = provider.start(HERE), answer
    with pytest.raises((Refused, Outside)) as refusal:
        provider.finish(HERE, errand, "code")
    assert "<script>" not in refusal.value.message


@pytest.mark.parametrize("key", ["authorization_endpoint", "token_endpoint", "jwks_uri"])
def test_an_endpoint_without_tls_is_refused(liar: Liar, key: str) -> None:
    liar.discovery[key] = "http://evil.example/x"
    with pytest.raises(Outside, match="no safe"):
        OidcProvider(Oidc(liar.url, "cleanroom")).start(HERE)
