"""Does an alert arrive through apprise, also when what is behind it is down for an hour; and is its address kept secret?"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from tests.projects import START, FixedClock
from typer.testing import CliRunner

from cleanroom.adapters.apprise import AppriseChannel
from cleanroom.adapters.notify import channels
from cleanroom.app import alerts
from cleanroom.app.notify import tell
from cleanroom.app.room import Room
from cleanroom.app.tick import tick
from cleanroom.codec.settings import read_settings
from cleanroom.core.alert import Signal
from cleanroom.core.base import Misuse, NotFound, Outside, instant, micros
from cleanroom.entry.cli.root import app
from cleanroom.ports.outbox import Message
from cleanroom.ports.project import Channel
from cleanroom.wiring import room

MESSAGE = Message("alert/7/0", "ops", "[critical] chat: it fails", "what\nand why \u2014 caf\u00e9", START, START)


@dataclass
class Receiver:
    """A real HTTP server that can be taken down and put up again under the same address."""

    port: int = 0
    seen: list[dict[str, Any]] = field(default_factory=list)
    status: int = 200
    server: ThreadingHTTPServer | None = None

    def up(self) -> None:
        made = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                if made.status == 200:
                    made.seen.append(json.loads(body))
                self.send_response(made.status)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def down(self) -> None:
        if self.server is not None:
            self.server.shutdown()
            self.server.server_close()
            self.server = None


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    made.up()
    yield made
    made.down()


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("CLEANROOM_OPERATOR", "ana@shop.example")


@pytest.fixture
def work(receiver: Receiver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Room:
    text = 'name = "shop"\n[notify.ops]\nkind = "apprise"\nurl_env = "OPS"\n[notify.log]\nkind = "file"\nfile = "log.jsonl"\n'
    (tmp_path / "cleanroom.toml").write_text(text, "utf-8")
    monkeypatch.setenv("OPS", f"json://127.0.0.1:{receiver.port}/s3cr3t")
    return replace(room(tmp_path), clock=FixedClock())


def wrong(about: str, level: Any = "critical") -> Signal:
    return Signal("slo/truth", f"system {about}", level, about, f"{about} is wrong", START, START)


def later(work: Room, minutes: float) -> None:
    clock: Any = work.clock
    clock.at = instant(micros(clock.at) + round(minutes * 60_000_000))


def test_a_message_goes_through_apprise_with_what_it_means(receiver: Receiver, tmp_path: Path) -> None:
    channel = channels([Channel("ops", "apprise", url=f"json://127.0.0.1:{receiver.port}/x")], tmp_path)[0]
    channel.send(MESSAGE)
    channel.send(replace(MESSAGE, title="[warning] x"))
    channel.send(replace(MESSAGE, title="[resolved] x"))
    channel.send(replace(MESSAGE, title="A rollout goes on"))
    assert [(s["title"], s["type"]) for s in receiver.seen] == [
        ("[critical] chat: it fails", "failure"),
        ("[warning] x", "warning"),
        ("[resolved] x", "success"),
        ("A rollout goes on", "info"),
    ]
    assert receiver.seen[0]["message"] == MESSAGE.body


def test_a_notifier_that_is_down_for_an_hour_loses_none(work: Room, receiver: Receiver) -> None:
    receiver.down()
    for minute in range(0, 60, 6):
        alerts.signal(work, wrong(f"a{minute}"))
        tick(work)
        later(work, 6)
    assert receiver.seen == []
    receiver.up()
    for _ in range(14):
        tick(work)
        later(work, 5)
    titles = {s["title"] for s in receiver.seen}
    assert {f"[critical] system a{m}: a{m} is wrong" for m in range(0, 60, 6)} <= titles
    assert alerts.undelivered(work) == ()
    refs = [s["message"].rpartition("ref ")[2] for s in receiver.seen]
    assert len(refs) == len(set(refs)), "each once"


def test_a_service_that_refuses_is_tried_for_a_day_and_then_told_of(
    work: Room, receiver: Receiver, tmp_path: Path
) -> None:
    receiver.status = 403
    alerts.signal(work, wrong("a"))
    for _ in range(32):
        tick(work)
        later(work, 60)
    found = alerts.undelivered(work)
    assert any(m.gave_up and m.channel == "ops" for m in found)
    told = [json.loads(line)["title"] for line in (tmp_path / "log.jsonl").read_text("utf-8").splitlines()]
    assert any("messages for the channel ops were given up on" in title for title in told), "the other channel says so"
    receiver.status = 200
    with pytest.raises(NotFound):
        alerts.again(work, "nope")
    keys = alerts.again(work)
    assert keys == tuple(m.key for m in found if m.gave_up)
    tick(work)
    assert "[critical] system a: a is wrong" in {s["title"] for s in receiver.seen}
    assert not any(m.gave_up for m in alerts.undelivered(work))


@pytest.mark.parametrize(
    "url",
    [
        "json://127.0.0.1:1/s3cr3t",
        "slack://s3cr3t",
        "s3cr3t no address",
        "mailto://user:s3cr3t@127.0.0.1:1",
        "json://user:s3cr3t@127.0.0.1:1/",
        "\u0000s3cr3t://",
    ],
)
def test_an_address_is_in_no_error_and_no_log(
    url: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("os.environ", {"OPS": url})
    caplog.set_level(logging.DEBUG)
    with pytest.raises(Outside) as caught:
        AppriseChannel(Channel("ops", "apprise", url_env="OPS")).send(MESSAGE)
    assert "s3cr3t" not in f"{caught.value.message} {caught.value.hint} {caught.value.__cause__} {caplog.text}"
    assert "ops" in caught.value.message


def test_a_variable_that_is_not_set_can_be_set_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPS", raising=False)
    with pytest.raises(Outside, match="OPS is not set"):
        AppriseChannel(Channel("ops", "apprise", url_env="OPS")).send(MESSAGE)


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ('url = "slack://a/b/c"', "holds secrets"),
        ('url = "json://user:pass@host/"', "holds secrets"),
        ('url = "jsons://host/?token=x"', "holds secrets"),
        ('url = "host"', "must be an address of apprise"),
        ("", "'url' is missing: a channel of kind apprise"),
        ('url_env = "a b"', "not the name of an environment variable"),
        ('url_env = "A"\npeople = "ana"', "'people' must be a list"),
        ('url_env = "A"\npeople = [""]', "'people' must be a list"),
        ('url_env = "A"\nlevels = ["x"]', "unknown key 'levels'"),
    ],
)
def test_mistakes_in_a_channel_are_found(keys: str, said: str) -> None:
    settings, findings = read_settings(f'name = "shop"\n[notify.ops]\nkind = "apprise"\n{keys}\n'.encode())
    assert settings is None
    assert said in findings[0].message


@pytest.mark.parametrize(
    ("policy", "said"),
    [
        ('act_on_critical = "kill-flag"', "must be a list"),
        ('act_on_critical = ["kill"]', "nothing is called 'kill'"),
        ('[policy.act_on_critical]\nchat = "kill-flag"', "must be a list"),
    ],
)
def test_mistakes_in_what_is_done_by_itself_are_found(policy: str, said: str) -> None:
    settings, findings = read_settings(f'name = "shop"\n[policy]\n{policy}\n'.encode())
    assert settings is None
    assert said in findings[0].message


def test_what_is_done_by_itself_can_differ_by_system() -> None:
    text = 'name = "s"\n[policy.act_on_critical]\ndefault = ["kill-flag"]\nchat = []\nads = ["abort-rollout", "kill-flag"]\n'
    settings, _ = read_settings(text.encode())
    assert settings is not None
    from cleanroom.core.alerts.acts import acts_for

    assert [acts_for(settings.acts, s) for s in ("chat", "ads", "other")] == [
        (), ("kill-flag", "abort-rollout"), ("kill-flag",),
    ]  # fmt: skip
    assert acts_for(read_settings(b'name = "s"')[0].acts, "chat") == ()  # type: ignore[union-attr]


def test_channels_can_be_tried(work: Room, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(work.project.root)
    done = CliRunner().invoke(app, ["alert", "send-test", "--json"])
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout) == [{"channel": "ops", "because": ""}, {"channel": "log", "because": ""}]
    assert receiver.seen[0]["title"] == "[test] shop: a test message"
    receiver.status = 500
    done = CliRunner().invoke(app, ["alert", "send-test", "ops"])
    assert done.exit_code == 4
    assert "s3cr3t" not in done.output
    assert CliRunner().invoke(app, ["alert", "send-test", "nope"]).exit_code == 2


def test_the_command_line_sees_alerts_through(work: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(work.project.root)

    def run(*words: str, code: int = 0) -> str:
        done = CliRunner().invoke(app, ["alert", *words])
        assert done.exit_code == code, done.output
        return done.output

    assert "no alerts" in run("list")
    alerts.signal(room(work.project.root), wrong("a"), wrong("b", "business"))
    listed = json.loads(run("list", "--json"))
    id = next(a["id"] for a in listed["alerts"] if a["level"] == "critical")
    assert "a is wrong" in run("list")
    for words in ("a is wrong", "what changed just before", "first step: Open the SLO's page", f"alert ack {id}"):
        assert words in run("show", id)
    assert json.loads(run("ack", id, "--because", "looking", "--json"))["state"] == "acknowledged"
    assert "is on it" in run("ack", id, code=1)
    assert "looking" in run("show", id)
    made = json.loads(run("silence", "--for", "1h", "--system", "system b", "--because", "known", "--json"))
    assert f"silence {made['id']}: system system b" in run("list")
    assert "silenced" in run("list")
    assert "of everything" in run("silence", "--for", "1h", "--because", "x", code=2)
    assert "is over" in run("unsilence", made["id"])
    assert "has ended" in run("unsilence", made["id"], code=1)
    assert "for a reason" in run("resolve", id, code=2)
    assert "is over" in run("resolve", id, "--because", "done")
    assert id not in run("list")
    assert id in run("list", "--all")
    assert "no alert 'nope'" in run("show", "nope", code=2)
    assert "everything arrived" in run("undelivered")
    tell(room(work.project.root), "k", "ops", "t", "b")
    work.outbox.put_off("k@ops", None, "refused for good")
    assert "refused for good" in run("undelivered")
    assert json.loads(run("undelivered", "--retry", "k@ops", "--json")) == {"again": ["k@ops"]}
    assert "was given up on" in run("undelivered", "--retry", "k@ops", code=2)
    assert "0 messages" in run("undelivered", "--retry-all")


def test_general_messages_leave_peoples_own_channels_alone(tmp_path: Path) -> None:
    text = 'name = "s"\n[notify.log]\nkind = "file"\nfile = "a"\n[notify.ana]\nkind = "file"\nfile = "b"\npeople = ["ana"]\n'
    (tmp_path / "cleanroom.toml").write_text(text, "utf-8")
    assert tell(room(tmp_path), "k", None, "t", "b") == ("k@log",)
    with pytest.raises(Misuse, match="no channel 'x'"):
        tell(room(tmp_path), "k", "x", "t", "b")
