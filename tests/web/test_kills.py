"""kill -9 at random moments under load: what was acknowledged is there afterwards, and the ledger verifies."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx2
import numpy as np
import pytest
from tests.doors import ANA, BO, ROOT, SETTINGS, bearer
from tests.nursery import started
from tests.stores import DATABASES, address
from tests.telemetry_samples import AT, TRACE, span, traces

from cleanroom.adapters.sqlstore import SqlStore
from cleanroom.app import access, audit
from cleanroom.core.base import HOUR, after
from cleanroom.core.facts import Received, Reviewed
from cleanroom.core.ledger import Verified
from cleanroom.ports.telemetry import ALL
from cleanroom.wiring import room

NURSERY = """
import os, sys
import psycopg, uvicorn
from cleanroom.entry.api import app
from cleanroom.entry.cli.commands import commands
from cleanroom.adapters.sqlstore import store

serve = commands("serve")
for line in sys.stdin:  # each line asks for a server of the project in that folder
    server = os.fork()
    if server == 0:
        print(os.getpid(), flush=True)
        os.chdir(line.rstrip())
        serve(["serve", "--port", "0"])
        os._exit(0)
    os.waitpid(server, 0)
    print("dead", flush=True)
"""

SOAK = os.environ.get("HYPOTHESIS_PROFILE") == "soak"
KILLS = 200 if SOAK else 6
SENDERS, SPANS = 3, 5


@dataclass
class Acknowledged:
    """What the server said it had done: outputs and spans that came in, and decisions by output."""

    outputs: set[str] = field(default_factory=set)
    spans: list[int] = field(default_factory=list)
    decisions: dict[str, str] = field(default_factory=dict)


def send(url: str, key: dict[str, str], kept: Acknowledged, name: str, stop: threading.Event) -> None:
    """Send outputs, one request after the other, until the server is gone."""
    with suppress(httpx2.HTTPError), httpx2.Client(base_url=url, headers=key, timeout=10) as client:
        for n in range(10_000):
            if stop.is_set():
                return
            body = {"system": "support", "input": "where is it?", "output": f"on its way {n}", "id": f"{name}-{n}"}
            if client.post("/v1/outputs", json=body).status_code == 201:
                kept.outputs.add(f"{name}-{n}")


def trace(url: str, key: dict[str, str], kept: Acknowledged, round: int, stop: threading.Event) -> None:
    """Send spans, the last ones that were acknowledged first once more, as a client does that heard no answer."""
    headers = {**key, "content-type": "application/json"}
    with suppress(httpx2.HTTPError), httpx2.Client(base_url=url, headers=headers, timeout=10) as client:
        numbers = kept.spans[-SPANS:] or [1]
        for n in range(10_000):
            if stop.is_set():
                return
            answer = client.post("/v1/traces", content=traces([span(number=i) for i in numbers]))
            if answer.status_code == 200 and answer.json() == {}:
                kept.spans += numbers
            first = (round + 1) * 10_000_000 + n * SPANS
            numbers = list(range(first, first + SPANS))


def review(url: str, key: dict[str, str], kept: Acknowledged, stop: threading.Event) -> None:
    """Claim and decide, until the server is gone."""
    with suppress(httpx2.HTTPError), httpx2.Client(base_url=url, headers=key, timeout=10) as client:
        while not stop.is_set():
            claimed = client.post("/v1/queue/claim", json={})
            if claimed.status_code != 200:
                time.sleep(0.01)
                continue
            id = claimed.json()["id"]
            wish = {"verdict": "corrected", "value": "tomorrow", "reason": "wrong_fact"}
            if client.post(f"/v1/queue/{id}/decision", json=wish).status_code == 201:
                kept.decisions[id] = "corrected"


def load_and_kill(
    nursery: subprocess.Popen[str],
    folder: Path,
    keys: dict[str, dict[str, str]],
    kept: Acknowledged,
    round: int,
    after: float,
) -> None:
    """Three senders and two reviewers at work, and no warning."""
    assert nursery.stdin is not None
    assert nursery.stdout is not None
    nursery.stdin.write(f"{folder}\n")
    nursery.stdin.flush()
    server, url = int(nursery.stdout.readline()), ""
    while not url:
        line = nursery.stdout.readline()
        assert line not in ("", "dead\n"), "the server ended by itself"
        url = next((word for word in line.split() if word.startswith("http://127")), "")
    stop = threading.Event()
    people = [
        threading.Thread(target=send, args=(url, keys[ROOT], kept, f"r{round}s{n}", stop)) for n in range(SENDERS)
    ]
    people += [threading.Thread(target=review, args=(url, keys[who], kept, stop)) for who in (ANA, BO)]
    people.append(threading.Thread(target=trace, args=(url, keys[ROOT], kept, round, stop)))
    for each in people:
        each.start()
    before, patience = len(kept.outputs), time.monotonic() + 30
    while len(kept.outputs) == before and time.monotonic() < patience:
        time.sleep(0.005)  # it takes a moment until the first request is through
    time.sleep(after)
    os.kill(server, signal.SIGKILL)
    while (line := nursery.stdout.readline()) != "dead\n":
        assert line, "the nursery ended"
    stop.set()
    for each in people:
        each.join(30)


@pytest.mark.parametrize("kind", DATABASES)
def test_what_was_acknowledged_survives_a_kill(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLEANROOM_OPERATOR", ROOT)
    monkeypatch.delenv("CLEANROOM_TOKEN", raising=False)
    settings = SETTINGS
    if kind == "postgresql":
        settings += f'[store]\nurl = "{address(kind, request, tmp_path)}"\n'
    (tmp_path / "cleanroom.toml").write_text(settings)
    work = room(tmp_path, ROOT)
    assert isinstance(work.store, SqlStore)
    request.addfinalizer(work.store.close)
    expires = after(work.clock.now(), 7200)
    keys = {
        who: bearer(access.make_token(work, who, "t", ["outputs", "outcomes", "queue", "read"], expires)[1])
        for who in (ANA, BO, ROOT)
    }
    chance, kept, size = np.random.default_rng(20261122), Acknowledged(), 0
    with started(NURSERY) as nursery:
        for kill in range(KILLS if kind == "sqlite" or SOAK else KILLS // 2):
            load_and_kill(nursery, tmp_path, keys, kept, kill, float(chance.uniform(0, 0.5)))
            found = audit.verify(work.store)
            assert isinstance(found, Verified), found
            assert found.size >= size
            size = found.size
    facts = [e.fact for e in work.store.entries()]
    outputs = {f.output for f in facts if isinstance(f, Received)}
    decided = [(f.output, f.verdict) for f in facts if isinstance(f, Reviewed)]
    assert kept.outputs <= outputs
    assert kept.decisions.items() <= dict(decided).items()
    assert len(decided) == len(dict(decided)), "nothing was decided twice"
    assert len(kept.outputs) > KILLS, "there was load"
    assert kept.decisions
    stored = work.calls.columns("shop-chat", AT - HOUR, AT + HOUR, ()).id.tolist()
    assert len(stored) == len(set(stored)), "every span is there once"
    assert {f"{TRACE}-{n:016x}" for n in kept.spans} <= set(stored)
    counted = work.calls.cells("shop-chat", ALL, (AT - HOUR) // HOUR * HOUR, AT + HOUR, HOUR)
    assert sum(c.n for c in counted) == len(stored), "and counted once"
    assert len(set(kept.spans)) > KILLS
