"""Signing in on the pages: by token and by link, out again, and what does not get in."""

from __future__ import annotations

from pathlib import Path

import pytest
from starlette.testclient import TestClient
from tests.doors import ANA, BO, HERE, ROOT, Yard, yard

from cleanroom.app import access
from cleanroom.core.facts import SignedIn, SignInFailed
from cleanroom.entry.api.app import create_app

COOKIE = "cleanroom_session"


@pytest.fixture
def home(tmp_path: Path) -> Yard:
    return yard(tmp_path / "shop")


def test_a_token_opens_a_session_and_signing_out_ends_it(home: Yard) -> None:
    client = home.client()
    assert client.get("/changes").headers["location"] == "/sign-in?next=/changes"
    assert 'name="token"' in client.get("/sign-in?next=/changes").text
    entered = client.post("/sign-in", data={"token": home.token(ANA, "sign-in"), "next": "/changes"})
    assert (entered.status_code, entered.headers["location"]) == (303, "/changes")
    cookie = entered.headers["set-cookie"].lower()
    assert all(word in cookie for word in ("httponly", "samesite=lax", "path=/", "max-age=43200"))
    assert "domain" not in cookie
    assert client.get("/v1/me").json()["person"] == ANA
    csrf = home.room.accounts.session(access.hashed(client.cookies[COOKIE])).csrf  # type: ignore[union-attr]
    secret = client.cookies[COOKIE]
    assert client.post("/sign-out").status_code == 403
    assert client.post("/sign-out", data={"csrf": csrf}).headers["location"] == "/sign-in"
    assert client.get("/v1/me").status_code == 401
    assert access.session_of(home.room, secret) is None
    assert isinstance(home.facts("access")[0], SignedIn)


def test_behind_tls_the_cookie_belongs_to_this_host_alone(home: Yard) -> None:
    url = "https://cleanroom.shop.example"
    client = TestClient(create_app(home.room, url=url), base_url=url, follow_redirects=False)
    cookie = client.post("/sign-in", data={"token": home.token(ANA, "sign-in")}).headers["set-cookie"]
    assert cookie.startswith("__Host-cleanroom_session=")
    assert "secure" in cookie.lower()


def test_a_session_is_never_the_one_that_the_browser_brought(home: Yard) -> None:
    client = home.client()
    client.cookies.set(COOKIE, "chosen-by-an-attacker", domain="localhost.local")
    client.post("/sign-in", data={"token": home.token(ANA, "sign-in")})
    first = client.cookies.get(COOKIE, domain="localhost.local")
    assert home.room.accounts.session(access.hashed("chosen-by-an-attacker")) is None
    client.post("/sign-in", data={"token": home.token(BO, "sign-in")})
    second = client.cookies.get(COOKIE, domain="localhost.local")
    assert len({first, second, "chosen-by-an-attacker"}) == 3
    assert access.session_of(home.room, first or "") is None  # the one before has ended


@pytest.mark.parametrize("token", ["", "hello", "clr_0123456789ab_forged", "a" * 100_000, "clr__" + "é" * 9, "\x00"])
def test_a_wrong_token_is_told_on_the_page_and_written_down(home: Yard, token: str) -> None:
    answer = home.client().post("/sign-in", data={"token": token})
    assert answer.status_code == 401
    assert "this token is not known here" in answer.text
    assert "set-cookie" not in answer.headers
    [failed] = home.facts("access")
    assert isinstance(failed, SignInFailed)
    assert failed.through == "token"


def test_a_token_for_machines_opens_no_page(home: Yard) -> None:
    answer = home.client().post("/sign-in", data={"token": home.token(ANA, "read", "review", "queue")})
    assert answer.status_code == 403
    assert "does not have the scope" in answer.text
    stranger = home.client().post("/sign-in", data={"token": home.token("nobody@shop.example", "sign-in")})
    assert stranger.status_code == 401
    assert "no role here" in stranger.text


def test_after_ten_failures_the_door_stays_shut_for_a_while(home: Yard) -> None:
    client, right = home.client(), home.token(ANA, "sign-in")
    codes = [client.post("/sign-in", data={"token": f"clr_{n:012}_x"}).status_code for n in range(12)]
    assert codes == [401] * 10 + [429] * 2
    shut = client.post("/sign-in", data={"token": right})
    assert shut.status_code == 429
    assert 0 < int(shut.headers["retry-after"]) <= 30
    assert sum(isinstance(f, SignInFailed) for f in home.facts("access")) == 10
    home.later(30)
    assert client.post("/sign-in", data={"token": right}).status_code == 303


def test_one_token_is_guessed_at_from_many_networks(home: Yard) -> None:
    app, target = home.app(), home.token(ANA, "sign-in")
    id, codes = target.split("_")[1], []
    for network in range(40):
        guest = TestClient(app, base_url=HERE, follow_redirects=False, client=(f"10.0.{network}.1", 5))
        codes.append(guest.post("/sign-in", data={"token": f"clr_{id}_guess"}).status_code)
    assert codes == [401] * 30 + [429] * 10


def test_a_link_is_not_burnt_by_looking_and_works_once(home: Yard) -> None:
    client, secret = home.client(), access.make_link(home.room, ANA)
    for _ in range(3):
        page = client.get(f"/sign-in?link={secret}")
        assert secret in page.text
        assert "set-cookie" not in page.headers
        assert page.headers["cache-control"] == "no-store"
        assert page.headers["referrer-policy"] == "same-origin"
    assert client.post("/sign-in", data={"link": secret}).headers["location"] == "/"
    assert client.get("/v1/me").json()["person"] == ANA
    again = home.client().post("/sign-in", data={"link": secret})
    assert again.status_code == 401
    assert "used already" in again.text


def test_another_site_cannot_sign_a_browser_in(home: Yard) -> None:
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        answer = home.client().post("/sign-in", data={"token": home.token(ANA, "sign-in")}, headers=headers)
        assert answer.status_code == 403
        assert "set-cookie" not in answer.headers
    assert home.facts("access") == []


@pytest.mark.parametrize(
    "to", ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)", "/\tx"]
)
def test_nobody_is_led_elsewhere(home: Yard, to: str) -> None:
    client = home.client()
    assert client.post("/sign-in", data={"token": home.token(ROOT), "next": to}).headers["location"] == "/"
    assert "evil" not in client.get("/sign-in", params={"next": to}).text


def test_what_stands_in_the_address_is_shown_as_text(home: Yard) -> None:
    script = '"><script>alert(1)</script>'
    for page in (
        home.client().get("/sign-in", params={"link": script, "next": f"/{script}"}),
        home.client().post("/sign-in", data={"token": script, "next": f"/{script}"}),
    ):
        assert "<script>alert" not in page.text
        assert "script-src 'self'" in page.headers["content-security-policy"]


def test_without_a_provider_there_is_no_way_through_one(home: Yard) -> None:
    assert home.client().get("/sign-in/oidc").status_code == 404
    assert "/sign-in/oidc" not in home.client().get("/sign-in").text
