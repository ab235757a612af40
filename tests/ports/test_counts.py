"""Does every Counts keep the promises of its port? Memory, and a real Prometheus that scrapes a small server of ours."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import threading
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from cleanroom.adapters.memory.counts import MemoryCounts
from cleanroom.adapters.prometheus import PrometheusCounts
from cleanroom.core.base import CleanroomError, Misuse, Outside
from cleanroom.ports.counts import Counts
from cleanroom.ports.project import SignalSource

SECOND = 1_000_000
TOTAL = 'sum(increase(requests_total{variant="$arm"}[$window]))'
BAD = 'sum(increase(requests_total{variant="$arm", code="500"}[$window]))'
WHOLE = 'sum(increase(requests_total{variant="candidate"}[$window]))'
SECRET = "tok-3f9a"
Answer = Callable[[BaseHTTPRequestHandler], None]


@contextmanager
def served(answer: Answer, bodies: list[str] | None = None) -> Iterator[str]:
    """An HTTP server that answers everything as it is told; its address. `bodies`: what was posted to it."""
    asked = [] if bodies is None else bodies

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer(self)

        def do_POST(self) -> None:
            # Unread, it would make of the answer's end a broken connection.
            asked.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
            answer(self)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def said(status: int, body: bytes, **headers: str) -> Answer:
    def answer(to: BaseHTTPRequestHandler) -> None:
        to.send_response(status)
        for name, value in headers.items():
            to.send_header(name, value)
        to.send_header("Content-Length", str(len(body)))
        to.end_headers()
        to.wfile.write(body)

    return answer


def vector(*values: str) -> Answer:
    result = [{"metric": {}, "value": [1.5, v]} for v in values]
    return said(200, json.dumps({"status": "success", "data": {"resultType": "vector", "result": result}}).encode())


def counts(url: str, **more: str) -> PrometheusCounts:
    keys: dict[str, Any] = {"url": url, "total": TOTAL, "bad": BAD, **more}
    return PrometheusCounts(lambda: [SignalSource("prom", "prometheus", **keys)])


# --- the port


class Shop:
    """Requests that are counted: 10 a second with the control, 2 with the candidate, of which every other one is bad."""

    def __init__(self) -> None:
        self.began = time.monotonic()

    def answer(self, to: BaseHTTPRequestHandler) -> None:
        seconds = time.monotonic() - self.began
        lines = [
            f'requests_total{{variant="control",code="200"}} {10 * seconds:.3f}',
            'requests_total{variant="control",code="500"} 0',
            f'requests_total{{variant="candidate",code="200"}} {seconds:.3f}',
            f'requests_total{{variant="candidate",code="500"}} {seconds:.3f}',
        ]
        body = "\n".join(["# TYPE requests_total counter", *lines, ""]).encode()
        said(200, body, **{"Content-Type": "text/plain; version=0.0.4"})(to)


@contextmanager
def prometheus(folder: Path, target: str) -> Iterator[str]:
    """A Prometheus that scrapes `target` each second; its address."""
    program = shutil.which("prometheus")
    if program is None:
        pytest.skip("prometheus is not installed")
    config = {
        "global": {"scrape_interval": "1s"},
        "scrape_configs": [{"job_name": "shop", "static_configs": [{"targets": [target]}]}],
    }
    (folder / "prometheus.yml").write_text(json.dumps(config))  # JSON is YAML
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        program,
        f"--config.file={folder}/prometheus.yml",
        f"--storage.tsdb.path={folder}/data",
        f"--web.listen-address=127.0.0.1:{port}",
        "--log.level=error",
    ]
    with (folder / "log").open("wb") as log, subprocess.Popen(command, stdout=log, stderr=log, cwd=folder) as process:
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


def until(asked: Callable[[], bool], seconds: float) -> None:
    end = time.monotonic() + seconds
    while not asked():
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.1)


@pytest.fixture(params=["memory", "prometheus"])
def counted(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Counts, int, int]]:
    """Counters, and a block of five seconds in which the shop was counted."""
    if request.param == "memory":
        made = MemoryCounts("prom")
        made.saw("prom", "control", [(n * SECOND // 10 + 1, False) for n in range(100)])
        made.saw("prom", "candidate", [(n * SECOND // 2 + 1, n % 2 == 0) for n in range(20)])
        made.happened(WHOLE, [n * SECOND // 2 + 1 for n in range(20)])
        yield made, 2 * SECOND, 7 * SECOND
        return
    shop = Shop()
    with served(shop.answer) as target, prometheus(tmp_path, target.removeprefix("http://")) as url:
        asks = counts(url)

        def ready() -> bool:
            try:
                now = round(time.time() * SECOND)
                return asks.counted("prom", "control", now - 3 * SECOND, now)[0] > 0
            except CleanroomError:
                return False

        until(ready, 20)  # it looks for targets every five seconds
        begin = round(time.time() * SECOND)
        end = begin + 5 * SECOND
        time.sleep(5.1)
        yield asks, begin, end


def test_a_block_is_counted_by_arm(counted: tuple[Counts, int, int]) -> None:
    asked, begin, end = counted
    control, candidate = (asked.counted("prom", arm, begin, end) for arm in ("control", "candidate"))
    assert control[0] == pytest.approx(50, abs=4)
    assert control[1] == 0
    assert candidate[0] == pytest.approx(10, abs=2)
    assert candidate[1] == pytest.approx(5, abs=1)
    assert asked.counted("prom", "nobody", begin, end) == (0, 0)
    assert asked.counted("prom", "control", begin - 10**13, end - 10**13) == (0, 0), "long before anything was counted"
    with pytest.raises(Misuse, match="no source of counts 'other'"):
        asked.counted("other", "control", begin, end)
    source = SignalSource("prom", "prometheus", url="http://127.0.0.1:9")
    if isinstance(asked, PrometheusCounts):
        source = asked._sources()[0]
    assert asked.amount(source, WHOLE, begin, end) == pytest.approx(10, abs=2), "a query of an SLO's own"
    assert asked.amount(source, WHOLE, begin - 10**13, end - 10**13) == 0
    if isinstance(asked, PrometheusCounts):
        url = asked._sources()[0].url
        with pytest.raises(Misuse, match="refuses the query"):
            counts(url, bad='sum(requests_total{variant="$arm"}[$window]').counted("prom", "control", begin, end)
        with pytest.raises(Misuse, match="2 series for one arm"):
            counts(url, total=TOTAL[4:-1]).counted("prom", "control", begin, end)
        assert counts(url, total="0 / 0", bad="0").counted("prom", "x", begin, end) == (0, 0)
        assert counts(url, total="scalar(vector(7))", bad="9").counted("prom", "x", begin, end) == (7, 7)
        query = f"{url}/api/v1/query?query=prometheus_tsdb_head_series"
        assert urllib.request.urlopen(query).status == 200  # noqa: S310 - our own


# --- what only an answer over HTTP can be


@pytest.mark.parametrize(("value", "count"), [("12.4", 12), ("12.5000001", 13), ("-0.2", 0), ("NaN", 0), ("0", 0)])
def test_what_was_extrapolated_is_rounded(value: str, count: int) -> None:
    with served(vector(value)) as url:
        assert counts(url).counted("prom", "control", 0, 60 * SECOND) == (count, count)


def test_an_arm_and_a_window_are_put_into_the_query() -> None:
    bodies: list[str] = []
    heads: list[str] = []

    def answer(to: BaseHTTPRequestHandler) -> None:
        heads.append(f"{to.path} {to.headers['authorization']}")
        vector("3")(to)

    with served(answer, bodies) as url, pytest.MonkeyPatch.context() as patch:
        patch.setenv("PROM_TOKEN", SECRET)
        counts(f"{url}/prom/", token_env="PROM_TOKEN").counted("prom", "candidate", 0, 900 * SECOND)
    assert heads == [f"/prom/api/v1/query Bearer {SECRET}"] * 2
    for body, query in zip(bodies, (TOTAL, BAD), strict=True):
        asked = urllib.parse.parse_qs(body)
        assert asked["query"] == [query.replace("$arm", "candidate").replace("$window", "900s")]
        assert asked["time"] == ["900.000"]


@pytest.mark.parametrize(
    ("answer", "kind", "because"),
    [
        (said(200, b"<html>"), Outside, "without JSON"),
        (said(200, b"[" * 100_000), Outside, "without JSON"),
        (said(503, b'{"status": "error", "errorType": "timeout"}'), Outside, "it answers 503 (timeout)"),
        (said(401, b"{}"), Outside, "it answers 401"),
        (said(302, b"{}", Location="http://127.0.0.1:1/"), Misuse, "a redirect"),
        (said(400, b'{"status": "error", "errorType": "bad_data", "error": "a\\nb"}'), Misuse, "the query: a b"),
        (said(200, b'{"status": "success", "data": {"resultType": "matrix"}}'), Misuse, "no count"),
        (said(200, b'{"status": "success", "data": 3}'), Misuse, "no count"),
        (said(200, b'{"status": "success", "warnings": ["part"]}'), Outside, "may be missing"),
        (said(200, b" " * 1_100_000), Misuse, "too long"),
        (vector("1", "2"), Misuse, "2 series"),
        (vector("Inf"), Misuse, "inf is no count"),
        (vector("soon"), Misuse, "no count"),
    ],
)
def test_what_is_no_count_is_told_in_a_line(answer: Answer, kind: type[CleanroomError], because: str) -> None:
    with served(answer) as url, pytest.raises(kind) as told:
        counts(url).counted("prom", "control", 0, SECOND)
    assert because in told.value.message
    assert told.value.message.startswith("source prom: ")
    assert "\n" not in told.value.message
    assert url not in told.value.message


def test_a_source_without_queries_serves_slos_only() -> None:
    with served(vector("7")) as url:
        asked = counts(url, total="", bad="")
        with pytest.raises(Misuse, match="does not say what to count of an arm"):
            asked.counted("prom", "control", 0, SECOND)
        assert asked.amount(SignalSource("x", "prometheus", url=url), "up[$window]", 0, SECOND) == 7


def test_who_does_not_answer_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cleanroom.adapters.prometheus._SECONDS", 0.2)
    monkeypatch.setattr("cleanroom.adapters.prometheus._TOGETHER", 0.5)

    def slowly(to: BaseHTTPRequestHandler) -> None:
        to.send_response(200)
        to.end_headers()
        for _ in range(20):
            try:
                to.wfile.write(b" ")
            except OSError:
                return
            time.sleep(0.1)

    began = time.monotonic()
    for answer, because in ((lambda _: time.sleep(0.6), "no answer within"), (slowly, "no whole answer")):
        with served(answer) as url, pytest.raises(Outside, match=because):
            counts(url).counted("prom", "control", 0, SECOND)
    assert time.monotonic() - began < 5
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        with pytest.raises(Outside, match="no connection"):
            counts(f"http://127.0.0.1:{held.getsockname()[1]}").counted("prom", "control", 0, SECOND)
    with pytest.raises(Outside, match="PROM_URL is not set"):
        counts("", url_env="PROM_URL").counted("prom", "control", 0, SECOND)
    with pytest.raises(Outside, match="no http or https address"):
        counts("ftp://x").counted("prom", "control", 0, SECOND)
