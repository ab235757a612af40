"""Spans as an OpenTelemetry SDK sends them, and a client that sends them on several connections. Run by benches/ingest.py.

`payloads` are the bytes that the OTLP exporter of the Python SDK makes of real spans: a chat with messages of the GenAI
conventions, 512 spans a request, which is what its batches hold at most.
"""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import numpy as np
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import SpanContext, SpanKind, TraceFlags

PER_REQUEST = 512
PATIENCE = 600.0

_QUESTION = (
    "Where is my parcel? I ordered the blue kettle last week and the page still says that it is being packed. " * 3
)
_ANSWER = "Your parcel left our warehouse yesterday and should be with you on Friday; its page shows where it is. " * 2
_SCOPE = InstrumentationScope("opentelemetry.instrumentation.openai", "2.0")


def payloads(requests: int, run: int, per_request: int = PER_REQUEST) -> Iterator[bytes]:
    """The bodies of so many requests, whose spans begin now; those of one `run` are the same but for their times."""
    chance = np.random.default_rng([20261122, run])
    resource = Resource(
        {"service.name": "shop-chat", "service.version": "1.4.2", "deployment.environment.name": "production"}
    )
    for _ in range(requests):
        spans = [_span(chance, resource) for _ in range(per_request)]
        yield encode_spans(spans).SerializeToString()


def _span(chance: np.random.Generator, resource: Resource) -> ReadableSpan:
    trace, span = int(chance.integers(1, 2**63)) << 64 | int(chance.integers(1, 2**63)), int(chance.integers(1, 2**63))
    begin, took = time.time_ns() - int(chance.integers(10**9)), int(chance.lognormal(20.5, 0.6))
    tokens = int(chance.integers(60, 900))
    attributes: dict[str, Any] = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "gpt-4o-mini",
        "gen_ai.response.model": "gpt-4o-mini-2024-07-18",
        "gen_ai.response.finish_reasons": ["stop"],
        "gen_ai.usage.input_tokens": tokens,
        "gen_ai.usage.output_tokens": tokens // 3,
        "gen_ai.conversation.id": f"conversation-{int(chance.integers(10_000))}",
        "gen_ai.prompt.name": "support",
        "gen_ai.prompt.version": str(int(chance.integers(1, 4))),
        "cleanroom.feature": ("search", "returns", "delivery")[int(chance.integers(3))],
        "gen_ai.input.messages": _message("user", _QUESTION),
        "gen_ai.output.messages": _message("assistant", _ANSWER),
    }
    return ReadableSpan(
        "chat gpt-4o-mini",
        context=SpanContext(trace, span, is_remote=False, trace_flags=TraceFlags(1)),
        resource=resource,
        attributes=attributes,
        kind=SpanKind.CLIENT,
        start_time=begin - took,
        end_time=begin,
        instrumentation_scope=_SCOPE,
    )


def _message(role: str, text: str) -> str:
    return json.dumps([{"role": role, "parts": [{"type": "text", "content": text}]}])


@dataclass
class Sent:
    """What became of requests: seconds of each that was answered with 200, in all, and how often one had to be sent again."""

    took: list[float] = field(default_factory=list)
    seconds: float = 0.0
    again: int = 0

    @property
    def p99(self) -> float:
        """The 99th percentile of an answer, in seconds."""
        return float(np.quantile(self.took, 0.99))


def send(url: str, bodies: Sequence[bytes], headers: Mapping[str, str], connections: int) -> Sent:
    """Send each of the bodies once, as quickly as `connections` of them at a time are answered; a 503 is sent again."""
    sent, rest, lock = Sent(), iter(bodies), threading.Lock()
    failed: list[str] = []
    place = urlsplit(url)

    def work() -> None:
        wire = http.client.HTTPConnection(place.hostname or "", place.port, timeout=PATIENCE)
        while not failed:
            with lock:
                body = next(rest, None)
            if body is None:
                break
            began = time.perf_counter()
            try:
                while (status := _answer(wire, place.path, body, headers)) in (429, 503):
                    with lock:
                        sent.again += 1
                    time.sleep(0.05)
            except OSError as error:
                status = f"{type(error).__name__}: {error}"
            if status != 200:
                failed.append(f"{url} answered {status}")
            with lock:
                sent.took.append(time.perf_counter() - began)
        wire.close()

    threads = [threading.Thread(target=work) for _ in range(connections)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sent.seconds = time.perf_counter() - began
    if failed:
        raise RuntimeError(failed[0])
    return sent


def _answer(wire: http.client.HTTPConnection, path: str, body: bytes, headers: Mapping[str, str]) -> int | str:
    wire.request("POST", path, body, {"Content-Type": "application/x-protobuf", **headers})
    answer = wire.getresponse()
    answer.read()
    return answer.status
