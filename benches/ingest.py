"""How fast does telemetry come in, and how fast is it shown?

    python benches/ingest.py [--quick] [--peers] [--soak MINUTES] [--json FILE]

Spans of the GenAI conventions, as the OTLP exporter of the Python SDK sends them (protobuf, 512 a request, two connections), go
to `cleanroom serve` with SQLite: when it answers, they are on the disk, redacted and priced. With --peers the same bytes go to
MLflow's tracking server and to Arize Phoenix, each with SQLite and as they come, in environments of their own; the clock runs
until their databases hold every span, since Phoenix answers before that. Then the store alone: calls recorded by one thread, and
the panels of a system with 1,000,000 calls in 30 days. The figures of the JSON:
    ratio_to_peer            our spans a second, as a multiple of those of the faster peer
    spans_per_s, p99_ms      over HTTP; the 99th percentile of an answer to 512 spans
    NAME_per_s               the same of a peer
    record_per_s, record_p99_ms   the store alone, in batches of 512
    panel_typical_ms, panel_worst_ms   of 30 days: by the hour or wider, and of all steps from a minute on
    soak_spans, soak_mib_early, soak_mib_late   with --soak: how many came in, and the server's memory after a fifth of the time
                             and at its end
"""

from __future__ import annotations

import argparse
import os
import re
import resource
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from urllib.request import urlopen

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from benches import environments, frame
from benches.flag_doors import server
from benches.otlp_load import PER_REQUEST, payloads, send

from cleanroom.adapters.sqlstore import open_sqlite
from cleanroom.adapters.sqlstore.calls import SqlCalls
from cleanroom.app import access
from cleanroom.core.base import instant, micros
from cleanroom.core.call import Call
from cleanroom.ports.calls import Part
from cleanroom.wiring import room

REQUESTS, QUICK_REQUESTS, PEER_REQUESTS = 60, 10, 3
CONNECTIONS = 2
CALLS, QUICK_CALLS, PANEL_CALLS, QUICK_PANEL = 50_000, 10_000, 1_000_000, 30_000
MINUTE, HOUR, DAY = 60_000_000, 3_600_000_000, 86_400_000_000
START = 1_795_000_000_000_000 // DAY * DAY
PATIENCE = 600.0
_OPERATOR = "root@shop.example"
_SETTINGS = f'name = "ingest"\n[roles]\nadmin = ["{_OPERATOR}"]\n'

# --- over HTTP -------------------------------------------------------------------------------------------------


@contextmanager
def ours(folder: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """`cleanroom serve` on SQLite: where it takes spans, and the headers to send."""
    (folder / "cleanroom.toml").write_text(_SETTINGS, encoding="utf-8")
    work = room(folder, _OPERATOR)
    expires = instant(micros(work.clock.now()) + 2 * DAY)
    token = access.make_token(work, _OPERATOR, "bench", ["outcomes"], expires)[1]
    with server(sys.executable, "-m", "cleanroom", "serve", "--port", "0", folder=folder) as url:
        yield f"{url}/v1/traces", {"Authorization": f"Bearer {token}"}


def over_http(requests: int) -> dict[str, float]:
    """Our server takes in so many requests, after a few to warm up."""
    with tempfile.TemporaryDirectory() as name, ours(Path(name)) as (url, headers):
        send(url, list(payloads(2, 1)), headers, CONNECTIONS)
        sent = send(url, list(payloads(requests, 2)), headers, CONNECTIONS)
        with open_sqlite(Path(name) / ".cleanroom" / "ledger.db") as store:
            kept = sum(s.n for s in SqlCalls(store, Path(name)).seen())
        assert kept == (requests + 2) * PER_REQUEST, kept
    return {"spans_per_s": requests * PER_REQUEST / sent.seconds, "p99_ms": sent.p99 * 1000}


@dataclass(frozen=True, slots=True)
class Peer:
    """A peer's program in its environment: what to run, where it is ready, and where its spans lie."""

    name: str
    command: tuple[str, ...]
    ready: str
    database: str
    headers: tuple[tuple[str, str], ...] = ()


PEERS = (
    Peer(
        "mlflow",
        (
            "-m",
            "mlflow",
            "server",
            "--host",
            "127.0.0.1",
            "--port",
            "PORT",
            "--backend-store-uri",
            "sqlite:///mlflow.db",
        ),
        "/health",
        "mlflow.db",
        (("x-mlflow-experiment-id", "0"),),
    ),
    Peer("phoenix", ("-m", "phoenix.server.main", "serve"), "/healthz", "phoenix.db"),
)


def rate_of(peer: Peer, requests: int) -> float:
    """Spans a second that the peer takes in, until its database holds all of them."""
    with tempfile.TemporaryDirectory() as name, _running(peer, Path(name)) as url:
        database = Path(name) / peer.database
        send(f"{url}/v1/traces", list(payloads(1, 1, 16)), dict(peer.headers), 1)
        _held(database, 16)
        bodies = list(payloads(requests, 2))
        began = time.perf_counter()
        send(f"{url}/v1/traces", bodies, dict(peer.headers), CONNECTIONS)
        _held(database, requests * PER_REQUEST + 16)
        return requests * PER_REQUEST / (time.perf_counter() - began)


@contextmanager
def _running(peer: Peer, folder: Path) -> Iterator[str]:
    with closing(socket.socket()) as free, closing(socket.socket()) as grpc:
        for one in (free, grpc):
            one.bind(("127.0.0.1", 0))
        port, other = str(free.getsockname()[1]), str(grpc.getsockname()[1])
    phoenix = {
        "HOST": "127.0.0.1",
        "PORT": port,
        "GRPC_PORT": other,
        "WORKING_DIR": str(folder),
        "TELEMETRY_ENABLED": "false",
    }
    env = {
        **os.environ,
        **{f"PHOENIX_{key}": value for key, value in phoenix.items()},
        "MLFLOW_DISABLE_TELEMETRY": "true",
    }
    command = [str(environments.interpreter(peer.name)), *(port if word == "PORT" else word for word in peer.command)]
    with (folder / "said").open("wb") as said:
        process = subprocess.Popen(command, cwd=folder, env=env, stdout=said, stderr=said, start_new_session=True)
    try:
        url = f"http://127.0.0.1:{port}"
        deadline = time.monotonic() + PATIENCE
        while not _answers(url + peer.ready):
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(
                    f"{peer.name} did not start: {(folder / 'said').read_text('utf-8', 'replace')[-500:]}"
                )
            time.sleep(0.5)
        yield url
    finally:
        os.killpg(process.pid, 9)  # its own session: it starts workers
        process.wait()


def _answers(url: str) -> bool:
    try:
        with urlopen(url, timeout=5) as answer:  # noqa: S310 - our own address
            return bool(answer.status == 200)
    except OSError:
        return False


def _held(database: Path, many: int) -> None:
    """Wait until it holds so many spans."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
            found = connection.execute("SELECT count(*) FROM spans").fetchone()[0]
        if found >= many:
            return
        time.sleep(0.05)
    raise RuntimeError(f"{database.name} holds {found} of {many} spans after {PATIENCE:.0f} s")


def soak(minutes: float) -> dict[str, float]:
    """Our server takes in spans for so long: how many, and its memory early and late."""
    with tempfile.TemporaryDirectory() as name, ours(Path(name)) as (url, headers):
        children = {int(pid) for pid in Path(f"/proc/self/task/{os.getpid()}/children").read_text("ascii").split()}
        (pid,) = [p for p in children if "serve" in Path(f"/proc/{p}/cmdline").read_text("utf-8")]
        end = time.monotonic() + minutes * 60
        seen: list[tuple[float, float]] = []
        run = 0
        while (left := end - time.monotonic()) > 0:
            run += 1
            send(url, list(payloads(8, run)), headers, CONNECTIONS)
            seen.append((minutes * 60 - left, _memory(pid)))
        early = [mib for at, mib in seen if minutes * 12 <= at < minutes * 24] or [seen[0][1]]
        late = [mib for at, mib in seen if at >= minutes * 48] or [seen[-1][1]]
    return {"soak_spans": run * 8.0 * PER_REQUEST, "soak_mib_early": median(early), "soak_mib_late": median(late)}


def _memory(pid: int) -> float:
    """What a process has in memory, in MiB."""
    found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text("ascii"))
    return int(found[1]) / 1024 if found else 0.0


# --- the store alone -------------------------------------------------------------------------------------------


def call(number: int, at: int) -> Call:
    """A call with eight metrics and texts."""
    return Call(
        f"{number * 2_654_435_761:032x}-{number:016x}",
        f"{number * 2_654_435_761:032x}",
        "",
        "shop-chat",
        ("search", "returns", "delivery")[number % 3],
        ("old", "new")[number // 3 % 2],
        "chat",
        "",
        "openai",
        ("gpt-4o-mini", "gpt-4o")[number // 6 % 2],
        f"support@{number // 12 % 3}",
        f"conversation-{number // 4}",
        f"{number % 20_000:032x}",
        at,
        1_000_000,
        at + 2_000_000,
        "",
        {
            "error": number % 50 == 0,
            "latency_s": (number * 7_919 % 10_000) / 1_000,
            "first_s": (number * 31 % 1_000) / 1_000,
            "input_tokens": number % 977,
            "output_tokens": number % 577,
            "cost": number % 13 / 1_000,
            "hallucination": number % 70 == 0,
            "score/overlap": number % 101 / 100,
        },
        "Where is my parcel? " * 10,
        "It left our warehouse yesterday. " * 8,
    )


def recording(many: int) -> dict[str, float]:
    """One thread records so many calls, each batch on the disk before the next one."""
    with tempfile.TemporaryDirectory() as name, open_sqlite(Path(name) / "ledger.db") as store:
        calls = SqlCalls(store, Path(name) / "calls")
        batches = [
            [call(i, START + i * 10_000) for i in range(n, n + PER_REQUEST)] for n in range(0, many, PER_REQUEST)
        ]
        calls.record(batches[0])
        took = [_seconds(partial(calls.record, batch)) for batch in batches[1:]]
        p99 = float(np.quantile(took, 0.99)) * 1000
        return {"record_per_s": len(took) * PER_REQUEST / sum(took), "record_p99_ms": p99}


def panels(many: int) -> dict[str, float]:
    """So many calls in 30 days; the slowest panel of metrics by the hour or wider, and of all, each the median of three."""
    with tempfile.TemporaryDirectory() as name, open_sqlite(Path(name) / "ledger.db") as store:
        calls = SqlCalls(store, Path(name) / "calls")
        apart = 30 * DAY // many
        for n in range(0, many, 10_000):
            calls.record([call(i, START + i * apart) for i in range(n, min(n + 10_000, many))])
        by: tuple[Sequence[Part], ...] = ((), ("model",), ("feature", "variant", "model", "prompt"))
        typical = [_panel(calls, metric, step, part, many) for metric in ("error", "latency_s")
                   for step in (HOUR, 6 * HOUR, DAY, 30 * DAY) for part in by]  # fmt: skip
        fine = [_panel(calls, "latency_s", step, (), many) for step in (MINUTE, 5 * MINUTE, 30 * MINUTE)]
        return {"panel_typical_ms": max(typical) * 1000, "panel_worst_ms": max(*typical, *fine) * 1000}


def _panel(calls: SqlCalls, metric: str, step: int, by: Sequence[Part], many: int) -> float:
    def ask() -> None:
        found = calls.cells("shop-chat", metric, START, START + 30 * DAY, step, by)
        assert sum(cell.n for cell in found) == many

    return median(_seconds(ask) for _ in range(3))


def _seconds(what: Callable[[], object]) -> float:
    begin = time.perf_counter()
    what()
    return time.perf_counter() - begin


# --- all of it -------------------------------------------------------------------------------------------------


def against_peers(requests: int) -> dict[str, float]:
    """Spans a second of each peer. Raises environments.Unmade where one cannot be installed."""
    figures = {}
    for peer in PEERS:
        if not environments.ready(peer.name):
            print(f"making the environment of {peer.name} ...")
            environments.make(peer.name)
        figures[f"{peer.name}_per_s"] = rate_of(peer, requests)
    return figures


def _arguments() -> argparse.Namespace:
    parser = frame.options("How fast does telemetry come in, and how fast is it shown?", "a tenth of it, no peers")
    parser.add_argument("--peers", action="store_true", help="also MLflow and Arize Phoenix, installed on first use")
    parser.add_argument(
        "--soak", type=float, default=0.0, metavar="MINUTES", help="send for so long and watch the memory"
    )
    return frame.given(parser)


def main() -> int:
    """Measure, print, and write the JSON."""
    given = _arguments()
    quick = given.quick
    figures = over_http(QUICK_REQUESTS if quick else REQUESTS)
    if given.peers and not quick:
        figures |= against_peers(PEER_REQUESTS)
        figures["ratio_to_peer"] = figures["spans_per_s"] / max(figures[f"{peer.name}_per_s"] for peer in PEERS)
    figures |= recording(QUICK_CALLS if quick else CALLS)
    figures |= panels(QUICK_PANEL if quick else PANEL_CALLS)
    if given.soak:
        figures |= soak(given.soak)
    for name, value in figures.items():
        print(f"{name:18} {value:12,.1f}")
    cpu = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(
        f"(the servers took {cpu.ru_utime + cpu.ru_stime:.0f} s of CPU; load of the machine {os.getloadavg()[0]:.1f})"
    )
    return frame.written(given.json, "ingest", {name: round(value, 2) for name, value in figures.items()})


if __name__ == "__main__":
    frame.run(main)
