"""The server as a process: it binds, tells where it is, lets the first admin in, streams what happens, and stops in peace."""

from __future__ import annotations

import json
import re
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx2
import pytest
from tests.doors import ANA, ROOT, SETTINGS, bearer
from tests.served import Served, serving
from typer.testing import CliRunner

from cleanroom.core.base import Misuse, Outside, after
from cleanroom.core.facts import Admitted, SignedIn
from cleanroom.entry.cli.root import app
from cleanroom.entry.serve import Place, bind
from cleanroom.wiring import room

FRESH = f'name = "shop"\n[roles]\nanalytics = ["{ANA}"]\n'


def token(folder: Path, *scopes: str) -> str:
    """A token, as the command line makes one beside a server that runs."""
    from cleanroom.app import access

    work = room(folder, ROOT)
    return access.make_token(work, ROOT, "t", scopes or ("read",), after(work.clock.now(), 3600))[1]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("served"), SETTINGS) as made:
        yield made


def test_a_fresh_server_lets_the_first_admin_in_once(tmp_path: Path) -> None:
    with serving(tmp_path, FRESH) as served:
        link = served.line(r"(http://\S+/sign-in\?link=\S+)")[1]
        assert served.url.startswith("http://127.0.0.1:")
        with httpx2.Client(base_url=served.url) as browser:
            assert browser.get("/readyz").json() == {"status": "ok"}
            shown = browser.get(link)
            assert "Sign in with this link" in shown.text
            assert not browser.cookies  # a look does not burn the link
            form = {"link": link.partition("link=")[2], "next": "/people"}
            entered = browser.post("/sign-in", data=form)
            assert (entered.status_code, entered.headers["location"]) == (303, "/people")
            assert browser.get("/v1/me").json() == {"person": ROOT, "how": "session", "roles": [], "admin": True}
            assert browser.post("/sign-in", data=form).status_code == 401
            listen_until_it_stops(served, browser)
        assert served.process.wait(15) == 0
        assert not any("Traceback" in line for line in served.lines)
    work = room(tmp_path, ROOT)
    assert type([e.fact for e in work.store.history("people")][-1]) is Admitted
    assert isinstance(work.store.history("access")[0].fact, SignedIn)


def listen_until_it_stops(served: Served, browser: httpx2.Client) -> None:
    """SIGTERM ends the streams at once, so that the server need not wait for them."""
    with browser.stream("GET", "/v1/events", timeout=20) as stream:
        lines = stream.iter_lines()
        assert next(lines) == "retry: 2000"
        served.process.send_signal(signal.SIGTERM)
        started = time.monotonic()
        assert not [line for line in lines if line.startswith("data")]
        assert time.monotonic() - started < 4


def test_what_happens_is_streamed(served: Served) -> None:
    key = bearer(token(served.project))
    with httpx2.stream("GET", f"{served.url}/v1/events", headers=key, timeout=20) as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        token(served.project)
        data = next(line for line in stream.iter_lines() if line.startswith("data: "))
    told = json.loads(data[6:])
    last = {"index": told["size"] - 1, "kind": "token_made", "subject": "people"}
    assert (told["entries"], told["more"]) == ([last], False)


def test_whoever_lost_the_line_gets_what_they_missed(served: Served) -> None:
    token(served.project)
    key = {**bearer(token(served.project)), "Last-Event-ID": "1"}
    answer = httpx2.get(f"{served.url}/v1/events?seconds=1.5", headers=key, timeout=20)
    told = [json.loads(line) for line in re.findall(r"^data: (.*)$", answer.text, re.MULTILINE)]
    assert [e["index"] for data in told for e in data["entries"]] == list(range(1, told[-1]["size"]))
    assert f"id: {told[-1]['size']}\nevent: ledger\n" in answer.text
    assert httpx2.get(f"{served.url}/v1/events").status_code == 401


def test_a_lie_about_the_length_and_a_flood_are_cut_off(served: Served) -> None:
    host, port = served.url.removeprefix("http://").split(":")
    head = f"POST /v1/tokens HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token(served.project)}\r\n"
    huge = head + "Content-Type: application/json\r\nContent-Length: 99999999999\r\n\r\n"
    chunked = head + "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunk = "10000\r\n" + "a" * 0x10000 + "\r\n"
    for request in (huge, chunked + chunk * 20):
        assert b" 413 " in _raw(host, int(port), request.encode())
    for request in ("GARBAGE\r\n\r\n", head + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n"):
        assert re.match(rb"HTTP/1\.1 4\d\d ", _raw(host, int(port), request.encode()))
    for path in ("/static/../../../../etc/passwd", "/../cleanroom.toml", "//etc/passwd", "http://evil.example/v1/me"):
        answer = _raw(host, int(port), f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
        assert re.match(rb"HTTP/1\.1 40[0134] ", answer), answer
    assert httpx2.get(f"{served.url}/healthz").status_code == 200


def _raw(host: str, port: int, request: bytes) -> bytes:
    with socket.create_connection((host, port), 10) as line:
        line.settimeout(10)
        with suppress(OSError):  # it may hang up while we are still sending
            line.sendall(request)
        try:
            return line.recv(4096)
        except OSError:
            return b""


def test_a_taken_port_and_a_foreign_address_are_one_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(Outside, match="is taken"):
        bind("127.0.0.1", taken.getsockname()[1])
    with pytest.raises(Misuse, match="no address of this machine"):
        bind("no such host", 0)


def test_a_public_address_that_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "cleanroom.toml").write_text(SETTINGS, "utf-8")
    monkeypatch.chdir(tmp_path)
    for url in ("ftp://x", "https://", "https://x.example/path", "x"):
        done = CliRunner().invoke(app, ["serve", "--port", "0", "--url", url])
        assert done.exit_code == 2
        assert "no address of a server" in done.stderr


def test_outside_loopback_it_warns_about_tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert Place("::1").loopback
    (tmp_path / "cleanroom.toml").write_text(SETTINGS, "utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("cleanroom.entry.serve.serve", lambda *_: None)
    for options in (["--host", "0.0.0.0"], ["--host", "0.0.0.0", "--url", "http://shop.example"]):  # noqa: S104
        assert "no TLS" in CliRunner().invoke(app, ["serve", *options]).stderr
    for options in ([], ["--host", "0.0.0.0", "--url", "https://shop.example"]):  # noqa: S104
        assert CliRunner().invoke(app, ["serve", *options]).stderr == ""
