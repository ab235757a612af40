"""The server's frame: who gets in, what every answer carries, how errors are told, what the people's API does."""

from __future__ import annotations

from pathlib import Path

import pytest
from fastapi import APIRouter, FastAPI, Request
from starlette.testclient import TestClient
from tests.doors import ANA, BO, HERE, MACHINE, ROOT, Yard, bearer, yard

from cleanroom.core.base import Misuse, NotFound, Outside, Refused
from cleanroom.core.facts import Admitted, SignInFailed
from cleanroom.core.ledger import Conflict, Write
from cleanroom.entry.api.doors import Administering, Queueing, Reading, Reviewing, Sending, Visit
from cleanroom.entry.api.problems import local
from cleanroom.entry.web.routes import PageRoute


@pytest.fixture
def home(tmp_path: Path) -> Yard:
    return yard(tmp_path / "shop")


def with_doors(home: Yard) -> FastAPI:
    """The server with one endpoint behind each door; each says who is at work and how that is known."""
    app = home.app()

    def said(room: Reading) -> list[str]:
        return [room.operator, room.proof]

    def reviewing(room: Reviewing) -> list[str]:
        return said(room)

    def queueing(room: Queueing) -> list[str]:
        return said(room)

    def sending(room: Sending) -> list[str]:
        return said(room)

    def administering(room: Administering) -> list[str]:
        return said(room)

    def page(request: Request, page: Visit) -> list[str]:
        return [page.person, *page.roles]

    doors = {"read": said, "review": reviewing, "queue": queueing, "outputs": sending, "admin": administering}
    for name, door in doors.items():
        app.add_api_route(f"/v1/door/{name}", door, methods=["GET", "POST"])
    pages = APIRouter(route_class=PageRoute)
    pages.add_api_route("/door", page, methods=["GET", "POST"])
    app.include_router(pages)
    return app


def test_alive_and_ready_and_described(home: Yard) -> None:
    client = home.client()
    assert client.get("/healthz").json()["status"] == "ok"
    assert client.get("/readyz").json() == {"status": "ok"}
    assert client.get("/openapi.json").json()["openapi"].startswith("3.1")
    assert client.get("/docs").status_code == 404  # nothing that loads a script from elsewhere
    assert client.get("/redoc").status_code == 404


@pytest.mark.parametrize("scope", ["read", "review", "queue", "outputs", "admin"])
def test_a_token_opens_its_own_door_only(home: Yard, scope: str) -> None:
    client, key = home.client(with_doors(home)), bearer(home.token(ROOT, scope))
    for door in ("read", "review", "queue", "outputs", "admin"):
        answer = client.get(f"/v1/door/{door}", headers=key)
        assert answer.status_code == (200 if door == scope else 403), door
        if door == scope:
            assert answer.json() == [ROOT, "token"]
    assert client.get("/door", headers=key).status_code == 303  # pages are for people who signed in


def test_a_session_opens_all_doors_but_those_of_admins(home: Yard) -> None:
    app = with_doors(home)
    client, csrf = home.signed_in(ANA, app)
    for door in ("read", "review", "queue", "outputs"):
        assert client.get(f"/v1/door/{door}").json() == [ANA, "session"]
        assert client.post(f"/v1/door/{door}", headers={"x-csrf-token": csrf}).status_code == 200
    assert client.get("/v1/door/admin").status_code == 403
    assert home.signed_in(ROOT, app)[0].get("/v1/door/admin").status_code == 200
    assert client.get("/door").json() == [ANA, "analytics"]
    assert client.post("/door", data={"csrf": csrf}).status_code == 200


def test_nobody_gets_in_without_anything(home: Yard) -> None:
    client = home.client(with_doors(home))
    answer = client.post("/v1/door/read")
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert answer.headers["content-type"] == "application/problem+json"
    assert client.get("/door?a=1&b=2").headers["location"] == "/sign-in?next=/door%3Fa%3D1%26b%3D2"
    assert client.post("/door").headers["location"] == "/sign-in"
    assert client.get("/v1/door/read", headers={"Authorization": "Basic eDp5"}).status_code == 401


def test_a_scope_admin_is_worth_nothing_once_the_role_is_gone(home: Yard) -> None:
    client, key = home.client(with_doors(home)), bearer(home.token(ROOT, "admin"))
    assert client.get("/v1/door/admin", headers=key).status_code == 200
    settings = home.room.project.root / "cleanroom.toml"
    settings.write_text(settings.read_text("utf-8").replace(ROOT, "new@shop.example"), "utf-8")
    assert client.get("/v1/door/admin", headers=key).status_code == 403


def test_wrong_tokens_are_counted_and_right_ones_always_work(home: Yard) -> None:
    client, key = home.client(), bearer(home.token(ANA, "read"))
    codes = [client.get("/v1/me", headers=bearer("clr_0123456789ab_guess")).status_code for _ in range(15)]
    assert codes == [401] * 10 + [429] * 5
    failed = [f for f in home.facts("access") if isinstance(f, SignInFailed)]
    assert len(failed) == 10  # the ledger is not flooded
    refused = client.get("/v1/me", headers=bearer("clr_0123456789ab_guess"))
    assert 0 < int(refused.headers["retry-after"]) <= 30
    assert client.get("/v1/me", headers=key).status_code == 200
    home.later(30)
    assert client.get("/v1/me", headers=bearer("clr_0123456789ab_guess")).status_code == 401
    assert client.get("/v1/me", headers=bearer("clr_0123456789ab_guess")).status_code == 429


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (Misuse("m", "h"), 400),
        (Refused("m", "h"), 403),
        (NotFound("m", "h"), 404),
        (Conflict(Write("people", 0, Admitted("x", "2026-11-22T09:00:00.000000Z")), 1, None), 409),  # type: ignore[arg-type]
        (Outside("m", "h"), 503),
        (KeyError("a secret"), 500),
    ],
)
def test_every_error_is_one_problem(home: Yard, error: Exception, status: int) -> None:
    app = home.app()

    def fail() -> None:
        raise error

    app.add_api_route("/v1/fail", fail)
    app.add_api_route("/fail", fail)
    answer = home.client(app).get("/v1/fail")
    assert answer.status_code == answer.json()["status"] == status
    assert set(answer.json()) == {"type", "title", "status", "detail", "hint", "errors"}
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "secret" not in answer.text
    assert "Traceback" not in answer.text
    page = home.client(app).get("/fail")
    assert page.status_code == status
    assert page.headers["content-type"].startswith("text/html")
    assert "secret" not in page.text
    if status == 503:
        assert int(answer.headers["retry-after"]) > 0


def test_a_request_that_does_not_fit_says_where(home: Yard) -> None:
    answer = home.client().post("/v1/tokens", json={"name": "", "scopes": ["x"]}, headers=bearer(home.token()))
    assert answer.status_code == 422
    assert {"body.name", "body.scopes.0"} <= {e["where"] for e in answer.json()["errors"]}
    assert home.client().put("/v1/me").status_code == 405
    assert home.client().get("/v1/nothing-here").json()["status"] == 404


def test_people_me_tokens_and_links(home: Yard) -> None:
    client, admin = home.client(), bearer(home.token(ROOT))
    people = client.get("/v1/people", headers=admin).json()
    assert people["smallest_team"] == 7
    assert {"role": "finance", "people": [BO], "areas": ["billing"], "signed": True} in people["roles"]
    assert client.get("/v1/me", headers=admin).json() == {
        "person": ROOT,
        "how": "token",
        "roles": ["admin"],
        "admin": True,
    }
    made = client.post(
        "/v1/tokens", json={"name": "t", "scopes": ["outputs"], "person": MACHINE, "days": 5}, headers=admin
    )
    assert made.status_code == 201
    assert client.get("/v1/me", headers=bearer(made.json()["token"])).status_code == 403
    listed = client.get("/v1/tokens", headers=admin).json()
    assert {t["person"] for t in listed} == {ROOT, MACHINE}
    assert all("token" not in t and "secret" not in t for t in listed)
    assert client.delete(f"/v1/tokens/{made.json()['id']}", headers=admin).status_code == 204
    assert client.delete(f"/v1/tokens/{made.json()['id']}", headers=admin).status_code == 404
    link = client.post("/v1/links", json={"person": ANA}, headers=admin)
    assert link.status_code == 201
    assert link.json()["link"].startswith("/sign-in?link=")
    assert client.post("/v1/links", json={"person": "nobody"}, headers=admin).status_code == 404


def test_a_person_deals_with_their_own_tokens_only(home: Yard) -> None:
    app = home.app()
    (client, csrf), other = home.signed_in(ANA, app), home.token(BO, "read")
    mark = {"x-csrf-token": csrf}
    made = client.post("/v1/tokens", json={"name": "mine", "scopes": ["read"]}, headers=mark)
    assert (made.status_code, made.json()["person"]) == (201, ANA)
    assert [t["person"] for t in client.get("/v1/tokens").json()] == [ANA]
    theirs = client.post("/v1/tokens", json={"name": "x", "scopes": ["read"], "person": BO}, headers=mark)
    assert theirs.status_code == 403
    assert client.delete(f"/v1/tokens/{other.split('_')[1]}", headers=mark).status_code == 403
    assert client.delete(f"/v1/tokens/{made.json()['id']}", headers=mark).status_code == 204
    assert client.post("/v1/links", json={"person": BO}, headers=mark).status_code == 403


@pytest.mark.parametrize(
    ("wanted", "led"),
    [
        ("/changes/x?a=1#b", "/changes/x?a=1#b"),
        ("https://evil.example", "/"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("/a\\b", "/"),
        ("javascript:alert(1)", "/"),
        ("/a\r\nSet-Cookie: x=y", "/"),
        ("/\t/evil.example", "/"),
        ("", "/"),
        ("/ä", "/"),
    ],
)
def test_signing_in_leads_to_a_page_of_this_server_only(wanted: str, led: str) -> None:
    assert local(wanted) == led


def test_the_first_admin_sees_the_role_on_pages(tmp_path: Path) -> None:
    home = yard(tmp_path / "fresh", f'name = "x"\n[roles]\nanalytics = ["{ANA}"]\n')
    home.room.store.append([Write("people", 0, Admitted(ROOT, home.clock.now()))])
    client, _ = home.signed_in(ROOT, with_doors(home))
    assert client.get("/door").json() == [ROOT, "admin"]


def test_behind_tls_the_cookie_is_bound_to_the_host(home: Yard) -> None:
    from cleanroom.entry.api.app import create_app

    app = create_app(home.room, url="https://cleanroom.shop.example")
    answer = TestClient(app, base_url="https://cleanroom.shop.example").get("/healthz")
    assert "max-age" in answer.headers["strict-transport-security"]
    assert app.state.serving.cookie == "__Host-cleanroom_session"
    assert "strict-transport-security" not in TestClient(home.app(), base_url=HERE).get("/healthz").headers
