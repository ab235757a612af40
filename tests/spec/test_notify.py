"""Does what is told arrive, also when the receiver fails, the process dies, or nobody can be reached for a day?"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from tests.projects import FixedClock
from typer.testing import CliRunner

from cleanroom.adapters.memory.notifier import MemoryNotifier
from cleanroom.adapters.notify import channels, payload, signed
from cleanroom.app.notify import LEASE, LONGEST_DELAY, delay, deliver, tell
from cleanroom.app.room import Room
from cleanroom.app.tick import tick
from cleanroom.core.base import CleanroomError, Instant, Misuse, Outside, instant, micros
from cleanroom.core.facts import Received
from cleanroom.core.ledger import Write
from cleanroom.entry.cli.root import app
from cleanroom.ports.accounts import Session
from cleanroom.ports.desk import Item
from cleanroom.ports.notifier import Notifier
from cleanroom.ports.outbox import Message
from cleanroom.ports.project import Channel
from cleanroom.wiring import room

START = Instant("2026-11-22T09:00:00.000000Z")
MESSAGE = Message("queue/7", "ops", "An output waits", "caf\u00e9 \u2014 \u201cyes\u201d\n", START, START)
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def later(at: Instant, seconds: float) -> Instant:
    return instant(micros(at) + int(seconds * 1_000_000))


# A receiver.


@dataclass
class Receiver:
    """A real HTTP server that answers with `statuses`, one a request, then with the last of them."""

    statuses: list[int]
    seen: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    url: str = ""
    hold: Event = field(default_factory=Event)
    arrived: Event = field(default_factory=Event)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver([204])
    made.hold.set()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            made.seen.append(({k.lower(): v for k, v in self.headers.items()}, body))
            made.arrived.set()
            made.hold.wait(30)
            status = made.statuses.pop(0) if len(made.statuses) > 1 else made.statuses[0]
            self.send_response(status)
            if status in (301, 302, 307, 308):
                self.send_header("location", f"{made.url}/elsewhere")
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    made.url = f"http://127.0.0.1:{server.server_address[1]}/hook"
    Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield made
    made.hold.set()
    server.shutdown()
    server.server_close()


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("CLEANROOM_OPERATOR", "ana@shop.example")


def hook(url: str, root: Path, secret_env: str = "") -> Notifier:
    return channels([Channel("ops", "webhook", url=url, secret_env=secret_env)], root, FixedClock(START))[0]


# Channels.


def test_the_signature_is_that_of_the_published_example() -> None:
    made = signed("msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}', SECRET)
    assert made == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    with pytest.raises(Outside, match="whsec_ and base64") as caught:
        signed("a", 1, b"", "whsec_not base64")
    assert "not base64" not in caught.value.message.replace("not whsec_ and base64", "")


def test_a_webhook_carries_the_message_and_a_signature_that_the_receiver_can_check(
    receiver: Receiver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOOK_SECRET", SECRET)
    channel = hook(receiver.url, tmp_path, secret_env="HOOK_SECRET")
    channel.send(MESSAGE)
    channel.send(MESSAGE)
    (headers, body), (again, _) = receiver.seen
    assert json.loads(body) == {"key": "queue/7", "title": MESSAGE.title, "body": MESSAGE.body, "made": START}
    assert body == payload(MESSAGE)
    assert headers["content-type"] == "application/json"
    assert headers["webhook-timestamp"] == str(micros(START) // 1_000_000)
    assert headers["webhook-id"] == again["webhook-id"], "a repeat can be told by its id"
    assert "." not in headers["webhook-id"]
    said = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    key = base64.b64decode(SECRET.removeprefix("whsec_"))
    assert headers["webhook-signature"] == "v1," + base64.b64encode(hmac.digest(key, said, hashlib.sha256)).decode()
    hook(receiver.url, tmp_path).send(MESSAGE)
    assert "webhook-signature" not in receiver.seen[2][0]


@pytest.mark.parametrize(
    ("status", "kind"),
    [(s, None) for s in (200, 202, 204)]
    + [(s, Misuse) for s in (301, 307, 400, 401, 404, 410, 422)]
    + [(s, Outside) for s in (408, 425, 429, 500, 502, 503, 504)],
)
def test_what_an_answer_means(
    receiver: Receiver, tmp_path: Path, status: int, kind: type[CleanroomError] | None
) -> None:
    receiver.statuses = [status]
    if kind is None:
        hook(receiver.url, tmp_path).send(MESSAGE)
    else:
        with pytest.raises(kind, match=str(status)):
            hook(receiver.url, tmp_path).send(MESSAGE)
    assert len(receiver.seen) == 1, "a redirect is not followed"


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:1/s3cr3t", "https://s3cr3t.invalid/", "no address s3cr3t", "ftp://s3cr3t/"]
)
def test_an_address_that_is_a_secret_is_in_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("HOOK", url)
    channel = channels([Channel("ops", url_env="HOOK")], tmp_path)[0]
    with pytest.raises(Outside) as caught:
        channel.send(MESSAGE)
    assert "s3cr3t" not in caught.value.message + caught.value.hint
    assert "ops" in caught.value.message
    monkeypatch.delenv("HOOK")
    with pytest.raises(Outside, match="HOOK is not set"):
        channel.send(MESSAGE)


def test_a_receiver_that_does_not_answer_is_not_waited_for_long(
    receiver: Receiver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cleanroom.adapters.notify._SECONDS", 0.2)
    receiver.hold.clear()
    with pytest.raises(Outside, match="no answer"):
        hook(receiver.url, tmp_path).send(MESSAGE)


def test_a_file_is_appended_to_inside_the_project(tmp_path: Path) -> None:
    channel = channels([Channel("log", "file", file="told/log.jsonl")], tmp_path)[0]
    channel.send(MESSAGE)
    with (tmp_path / "told" / "log.jsonl").open("ab") as file:
        file.write(b'{"half a li')  # somebody died here
    channel.send(replace(MESSAGE, key="queue/8"))
    lines = (tmp_path / "told" / "log.jsonl").read_text("utf-8").splitlines()
    assert [json.loads(lines[i])["key"] for i in (0, 2)] == ["queue/7", "queue/8"]
    (tmp_path / "link").symlink_to("/")
    for outside in ("../log.jsonl", "/log.jsonl", "link/log.jsonl"):
        with pytest.raises(Misuse, match="outside the project"):
            channels([Channel("log", "file", file=outside)], tmp_path)[0].send(MESSAGE)


# The outbox.


@pytest.fixture
def work(tmp_path: Path) -> Room:
    (tmp_path / "cleanroom.toml").write_text(
        'name = "shop"\n[notify.ops]\nurl = "http://127.0.0.1:9/"\n[notify.log]\nkind = "file"\nfile = "log.jsonl"\n'
    )
    return replace(room(tmp_path), clock=FixedClock(START))


def at(work: Room, moment: Instant) -> Room:
    return replace(work, clock=FixedClock(moment))


def through(work: Room, *notifiers: Notifier) -> Room:
    return replace(work, notifiers=lambda: notifiers)


def test_telling_is_to_one_channel_or_to_all_and_twice_is_once(work: Room) -> None:
    assert tell(work, "k", "ops", "t", "b") == ("k@ops",)
    assert tell(work, "k", None, "t", "b") == ("k@log",)
    assert tell(work, "k", None, "t", "b") == ()
    with pytest.raises(Misuse, match="no channel 'opps'"):
        tell(work, "k", "opps", "t", "b")
    ops, log = MemoryNotifier("ops"), MemoryNotifier("log")
    assert sorted(deliver(through(work, ops, log)).arrived) == ["k@log", "k@ops"]
    assert tell(work, "k", None, "t", "b") == (), "what arrived is not told again"
    assert deliver(through(work, ops, log)).arrived == ()
    assert [len(ops.sent), len(log.sent)] == [1, 1]


def test_what_fails_is_tried_again_later_and_later(work: Room) -> None:
    tell(work, "k", "ops", "t", "b")
    ops = MemoryNotifier("ops", [Outside("no luck")] * 12)
    now, waits = START, []
    for tries in range(1, 13):
        (late,) = deliver(through(at(work, now), ops)).put_off
        assert late.again is not None
        assert (late.tries, late.because) == (tries, "no luck")
        waits.append((micros(late.again) - micros(now)) / 1e6)
        assert deliver(through(at(work, later(late.again, -0.001)), ops)).put_off == (), "not before it is due"
        now = late.again
    assert all(min(10 * 2**i, 3600) / 2 <= wait <= min(10 * 2**i, 3600) for i, wait in enumerate(waits))
    assert max(waits) <= LONGEST_DELAY
    assert deliver(through(at(work, now), ops)).arrived == ("k@ops",)


def test_the_delay_is_the_same_for_the_same_try_and_differs_between_messages() -> None:
    assert delay("a", 5) == delay("a", 5)
    spread = {delay(f"message {i}", 9) for i in range(200)}
    assert len(spread) > 190
    assert max(spread) <= LONGEST_DELAY * 1_000_000
    assert delay("a", 10**6) <= LONGEST_DELAY * 1_000_000


def test_a_day_without_an_answer_is_enough(work: Room) -> None:
    tell(work, "k", "ops", "t", "b")
    now, tries = START, 0
    while True:
        tries += 1
        done = deliver(through(at(work, now), MemoryNotifier("ops", [Outside("no luck")])))
        if done.gave_up:
            break
        assert done.put_off[0].again is not None
        now = done.put_off[0].again
    assert done.gave_up[0].tries == tries >= 20
    assert 24 <= (micros(now) - micros(START)) / 3.6e9 < 25
    (kept,) = work.outbox.waiting()
    assert (kept.gave_up, kept.failed) == (True, "no luck")
    assert deliver(through(at(work, later(now, 10**6)), MemoryNotifier("ops"))).arrived == ()


def test_what_is_refused_for_good_is_given_up_at_once(work: Room) -> None:
    tell(work, "k", "ops", "t", "b")
    (lost,) = deliver(through(work, MemoryNotifier("ops", [Misuse("it refuses the message (404)")]))).gave_up
    assert (lost.tries, lost.again) == (1, None)
    tell(work, "other", "ops", "t", "b")
    (gone,) = deliver(through(work)).gave_up
    assert "no channel 'ops'" in gone.because


def test_a_channel_that_does_not_answer_is_tried_once_and_does_not_hold_up_the_others(work: Room) -> None:
    for i in range(5):
        tell(work, f"k{i}", None, "t", "b")
    ops, log = MemoryNotifier("ops", [Outside("no luck")] * 5), MemoryNotifier("log")
    done = deliver(through(work, ops, log))
    assert len(done.arrived) == len(log.sent) == 5
    assert len(done.put_off) == 1
    assert len(ops.sent) == 0
    done = deliver(through(at(work, later(START, LEASE + 1)), MemoryNotifier("ops")))
    assert len(done.arrived) == 5, "what was not tried has lost nothing"


def test_a_step_delivers_and_forgets_what_expired(work: Room) -> None:
    tell(work, "k", "log", "t", "b")
    for name, ends in (("old", -1.0), ("new", 1.0)):
        secret = hashlib.sha256(name.encode()).digest()
        work.accounts.add_session(Session(secret, "ana", "link", "csrf", START, later(START, ends)))
    done = tick(work)
    assert (done.at, done.forgotten, done.delivered.arrived) == (START, 1, ("k@log",))
    assert tick(work).forgotten == 0


def test_messages_go_out_also_when_the_queue_cannot_move_on(work: Room) -> None:
    tell(work, "k", "log", "t", "b")

    class Broken:
        def __getattr__(self, name: str) -> object:
            raise Outside("the desk is gone")

    with pytest.raises(Outside, match="the desk is gone"):
        tick(replace(work, desk=Broken()))  # type: ignore[arg-type]
    assert work.outbox.waiting() == ()


def test_an_output_that_waited_too_long_is_escalated_and_told_in_one_step(work: Room, tmp_path: Path) -> None:
    item = Item("7", "chat", work.desk.keep([b"text"])[0], "waiting", 1, START, later(START, 60), 1)
    received = Received(
        "7", item.content, "chat", "m", "1", "low", 0.1, None, "review", "low confidence", work.by, START
    )
    work.store.append([Write("output/7", 0, received)])
    work.desk.place([item])
    assert tick(work).queue.escalated == ()
    done = tick(at(work, later(START, 10**6)))
    assert done.queue.escalated == ("7",)
    assert any("waited for a person" in line for line in (tmp_path / "log.jsonl").read_text("utf-8").splitlines())


# The same through a real server, in processes that die.


@pytest.fixture
def hooked(receiver: Receiver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "cleanroom.toml").write_text('name = "shop"\n[notify.ops]\nurl_env = "HOOK"\n')
    monkeypatch.setenv("HOOK", receiver.url)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def ticked(moment: Instant) -> dict[str, Any]:
    done = CliRunner().invoke(app, ["tick", "--at", moment, "--json"])
    assert done.exit_code == 0, done.output
    return dict(json.loads(done.stdout)["delivered"])


def test_a_receiver_that_fails_first_and_then_accepts_gets_the_message_once(receiver: Receiver, hooked: Path) -> None:
    receiver.statuses = [503, 429, 200]
    work = replace(room(hooked), clock=FixedClock(START))
    tell(work, "k", "ops", "t", "b")
    now = START
    for _ in range(2):
        (late,) = ticked(now)["put_off"]
        now = late["again"]
    assert ticked(now)["arrived"] == ["k@ops"]
    assert ticked(later(now, 10**5)) == {"arrived": [], "put_off": [], "gave_up": []}
    assert len({h["webhook-id"] for h, _ in receiver.seen}) == 1
    assert len(receiver.seen) == 3


def test_nothing_is_lost_when_the_process_dies_while_it_sends(receiver: Receiver, hooked: Path) -> None:
    tell(replace(room(hooked), clock=FixedClock(START)), "k", "ops", "t", "b")
    receiver.hold.clear()
    command = [sys.executable, "-m", "cleanroom", "tick", "--at", START]
    child = subprocess.Popen(command, cwd=hooked, env={**os.environ}, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert receiver.arrived.wait(60)
    child.send_signal(signal.SIGKILL)
    child.communicate(timeout=30)
    receiver.hold.set()
    assert ticked(later(START, LEASE - 1))["arrived"] == [], "it still belongs to the one who died"
    assert ticked(later(START, LEASE))["arrived"] == ["k@ops"]
    first, second = receiver.seen
    assert first[0]["webhook-id"] == second[0]["webhook-id"], "the receiver can tell that it is the same one"
    assert first[1] == second[1]


@pytest.mark.parametrize("moment", ["soon", "2026-11-22T09:00:00", "99999-01-01T00:00:00Z", ""])
def test_a_moment_that_is_none_is_refused(hooked: Path, moment: str) -> None:
    done = CliRunner().invoke(app, ["tick", "--at", moment])
    assert done.exit_code == 2
    assert "no moment with a time zone" in done.stderr


def test_a_person_is_told_what_did_not_arrive(receiver: Receiver, hooked: Path) -> None:
    receiver.statuses = [500, 404]
    tell(replace(room(hooked), clock=FixedClock(START)), "k", "ops", "t", "b")
    done = CliRunner().invoke(app, ["tick", "--at", START])
    assert "not delivered: k@ops: channel ops: it answers 500; try 1, again at 2026-11-22 09:00" in done.stderr
    done = CliRunner().invoke(app, ["tick", "--at", later(START, 60)])
    assert "given up after 2 tries: k@ops: channel ops: it refuses the message (404)" in done.stderr
    assert receiver.url not in done.output
