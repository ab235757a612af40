"""Does the benchmark of telemetry measure what it says, on a little of it?"""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import pytest
from benches.ingest import panels, recording
from benches.otlp_load import payloads, send

from cleanroom.formats.otlp import read_traces


def test_the_store_alone_is_measured() -> None:
    made = recording(1_100) | panels(300)
    assert set(made) == {"record_per_s", "record_p99_ms", "panel_typical_ms", "panel_worst_ms"}
    assert all(value > 0 for value in made.values()), made
    assert made["panel_worst_ms"] >= made["panel_typical_ms"]


def test_the_bytes_are_those_of_calls_with_texts() -> None:
    one, other = payloads(2, 1, per_request=3)
    told = [t for body in (one, other) for t in read_traces(body, as_json=False).told]
    assert len({t.id for t in told}) == 6
    assert {t.model for t in told} == {"gpt-4o-mini-2024-07-18"}
    assert all("parcel" in t.input and "warehouse" in t.output for t in told)


class Door(BaseHTTPRequestHandler):
    """Refuses every second request until it is sent again."""

    protocol_version = "HTTP/1.1"
    seen: ClassVar[list[bytes]] = []

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.seen.append(body)
        self.send_response(500 if body == b"bad" else 200 if len(self.seen) % 2 else 503)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_given: object) -> None:
        """Say nothing."""


def test_what_was_refused_is_sent_again_and_other_answers_are_an_end() -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), Door) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/v1/traces"
        sent = send(url, [b"1", b"2", b"3"], {}, 1)
        assert Door.seen == [b"1", b"2", b"2", b"3", b"3"]
        assert (len(sent.took), sent.again) == (3, 2)
        assert sent.p99 <= sent.seconds
        with pytest.raises(RuntimeError, match="answered 500"):
            send(url, [b"bad"], {}, 1)
        server.shutdown()
