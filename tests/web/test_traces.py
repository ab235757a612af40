"""OTLP over HTTP: what real OpenTelemetry clients send comes in once, redacted and priced, answered as the protocol says."""

from __future__ import annotations

import asyncio
import gzip
import re
import sqlite3
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import SpanKind
from sqlalchemy import Connection
from sqlalchemy.event import listen
from starlette.testclient import TestClient
from tests.doors import ANA, HERE, MACHINE, Yard, bearer, yard
from tests.page_shop import serving
from tests.telemetry_samples import AT, CALL, CHAT, evaluation, logs, span, traces

from cleanroom.adapters import llamacpp
from cleanroom.adapters.memory.calls import MemoryCalls
from cleanroom.adapters.sqlstore import open_sqlite
from cleanroom.adapters.sqlstore.calls import SqlCalls
from cleanroom.codec.prices import read_prices
from cleanroom.core.call import Call
from cleanroom.entry.api import traces as door
from cleanroom.entry.api.app import create_app

JSON, PROTOBUF = {"content-type": "application/json"}, {"content-type": "application/x-protobuf"}
GZIP = {"content-encoding": "gzip"}
ALWAYS = (0, 2**60)


@pytest.fixture
def home(tmp_path: Path) -> Yard:
    return yard(tmp_path / "shop")


def client(home: Yard, *scopes: str) -> TestClient:
    made = home.client()
    made.headers.update(bearer(home.token(MACHINE, *(scopes or ("outcomes", "read")))))
    return made


def sent(web: TestClient, body: bytes, path: str = "/v1/traces", status: int = 200, more: Any = None) -> Any:
    answer = web.post(path, content=body, headers=JSON | (more or {}))
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/json"
    return answer.json()


def kept(home: Yard, system: str = "shop-chat") -> tuple[Call, ...]:
    return home.room.calls.rows(system, *ALWAYS, {}, limit=10_000)


# --- real clients


@pytest.fixture
def served(home: Yard) -> Iterator[str]:
    with serving(home.room) as address:
        yield address


def provider(home: Yard, address: str, **more: Any) -> TracerProvider:
    """What an application sets up to send its spans here."""
    made = TracerProvider(resource=Resource({"service.name": "shop-chat", "cleanroom.feature": "reply"}))
    token = bearer(home.token(MACHINE, "outcomes"))
    made.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(f"{address}/v1/traces", headers=token, **more)))
    return made


def test_the_sdk_and_its_exporter_are_clients(home: Yard, served: str) -> None:
    from opentelemetry.exporter.otlp.proto.http import Compression

    sends = provider(home, served, compression=Compression.Gzip)
    tracer = sends.get_tracer("test")
    with tracer.start_as_current_span("GET /help"):
        for n in range(700):
            with tracer.start_as_current_span(
                "chat", kind=SpanKind.CLIENT, attributes={**CHAT, "user.id": f"user-{n % 3}"}
            ):
                pass
    assert sends.force_flush()
    sends.shutdown()
    found = kept(home)
    assert len(found) == 700
    assert {c.feature for c in found} == {"reply"}
    assert len({c.who for c in found}) == 3
    assert not any("user" in c.who for c in found)
    assert all(c.metrics["cost"] == pytest.approx(0.00021) and c.metrics["error"] == 0 for c in found)
    assert {c.parent for c in found} != {""}


@pytest.mark.skipif(bool(llamacpp.available()), reason=llamacpp.available() or "ready")
def test_the_instrumentation_of_the_openai_client_is_one(
    home: Yard, served: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import openai
    from opentelemetry.instrumentation.genai.openai import OpenAIInstrumentor

    monkeypatch.setenv("OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT", "span_only")
    sends = provider(home, served)
    instrumentor: Any = OpenAIInstrumentor()
    instrumentor.instrument(tracer_provider=sends)
    model = llamacpp.LlamaCpp("local")
    try:
        address, key = model.address
        with openai.OpenAI(base_url=address, api_key=key, max_retries=0) as asks:
            words: Any = {"role": "user", "content": "I am anna@example.org. Say hello to me."}
            nobody: Any = {"role": "nobody"}
            answer = asks.chat.completions.create(model="SmolLM2", messages=[words], max_tokens=8)
            with pytest.raises(openai.APIStatusError):
                asks.chat.completions.create(model="SmolLM2", messages=[nobody])
    finally:
        instrumentor.uninstrument()
        sends.force_flush()
        sends.shutdown()
        model.close()
    failed, good = sorted(kept(home), key=lambda c: not c.error)
    assert (good.operation, good.provider, good.error) == ("chat", "openai", "")
    usage = answer.usage
    assert usage is not None
    assert (good.metrics["input_tokens"], good.metrics["output_tokens"]) == (
        usage.prompt_tokens,
        usage.completion_tokens,
    )
    assert good.metrics["latency_s"] > 0
    assert bool(good.metrics["cut_off"]) == (answer.choices[0].finish_reason == "length")
    assert good.input == "I am [email]. Say hello to me."
    assert good.output.strip() == (answer.choices[0].message.content or "").strip()
    assert (failed.metrics["error"], bool(failed.error)) == (1, True)


# --- the protocol


def test_spans_come_in_once_in_either_encoding(home: Yard) -> None:
    web = client(home)
    body = traces([span(), span({"http.route": "/"}, 1), span({**CHAT, "gen_ai.request.model": "x"}, 2, spanId="00")])
    assert sent(web, body) == {
        "partialSuccess": {
            "rejectedSpans": "1",
            "errorMessage": "1 refused: chat: its span id is not 8 bytes (in JSON send 16 hex digits, not all 0); "
            "1 no GenAI operations, left out",
        }
    }
    assert [c.id for c in kept(home)] == [CALL]
    assert sent(web, traces([span()])) == {}
    body = traces([span(number=7)])
    assert sent(web, gzip.compress(body[:50]) + gzip.compress(body[50:]), more=GZIP) == {}  # of two members
    assert len(kept(home)) == 2
    nothing = web.post("/v1/traces", content=b"", headers=PROTOBUF)
    assert (nothing.status_code, nothing.content) == (200, b"")
    assert nothing.headers["content-type"] == "application/x-protobuf"
    assert ExportTraceServiceResponse.FromString(nothing.content) == ExportTraceServiceResponse()


def test_what_cannot_be_read_is_one_clear_line(home: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
    web = client(home)
    assert "no OTLP in JSON" in sent(web, b"{", status=400)["message"]
    assert "no gzip" in sent(web, b"{}", status=400, more=GZIP)["message"]
    assert "no whole gzip" in sent(web, gzip.compress(b"{}")[:-4], status=400, more=GZIP)["message"]
    assert "no gzip" in sent(web, gzip.compress(b"{}") + b"garbage", status=400, more=GZIP)["message"]
    assert "members" in sent(web, gzip.compress(b"") * (door.MOST_MEMBERS + 1), status=400, more=GZIP)["message"]
    assert "gzip" in sent(web, b"{}", status=415, more={"content-encoding": "br"})["message"]
    broken = web.post("/v1/traces", content=b"\xff\xff", headers=PROTOBUF)
    assert (broken.status_code, broken.content[:1], b"no OTLP in protobuf" in broken.content) == (400, b"\x12", True)
    assert web.post("/v1/traces", content=b"x", headers={"content-type": "text/plain"}).status_code == 415
    assert web.get("/v1/traces").status_code == 405
    monkeypatch.setattr(door, "MOST_BYTES", 10_000)
    bomb = gzip.compress(b" " * 10_001)
    assert "unpacked" in sent(web, bomb, status=413, more=GZIP)["message"]
    assert "unpacked" in sent(web, gzip.compress(b" " * 5_001) * 2, status=413, more=GZIP)["message"]
    assert web.post("/v1/traces", content=b" " * (17 << 20), headers=JSON).status_code == 413
    assert kept(home) == ()


def test_only_who_may_report_sends(home: Yard) -> None:
    for path in ("/v1/traces", "/v1/logs"):
        assert home.client().post(path, content=b"{}", headers=JSON).status_code == 401
        assert "scope" in sent(client(home, "read"), b"{}", path, 403)["message"]
        assert sent(client(home, "outcomes"), b"{}", path) == {}
    web, csrf = home.signed_in(ANA)
    sent(web, traces([span()]), status=403)
    sent(web, traces([span()]), more={"x-csrf-token": csrf})
    assert len(kept(home)) == 1


class SlowCalls(MemoryCalls):
    """Keeps nothing until it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.go, self.began = threading.Event(), threading.Semaphore(0)

    def record(self, *args: Any, **more: Any) -> Any:
        self.began.release()
        assert self.go.wait(20)
        return super().record(*args, **more)


def test_a_slow_store_answers_try_again_and_loses_nothing(home: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "PATIENCE", 0.05)
    slow = SlowCalls()
    web = TestClient(
        create_app(replace(home.room, calls=slow)), base_url=HERE, headers=bearer(home.token(MACHINE, "outcomes"))
    )
    answers: list[int] = []

    def send(number: int) -> None:
        answers.append(web.post("/v1/traces", content=traces([span(number=number)]), headers=JSON).status_code)

    with web:
        threads = [threading.Thread(target=send, args=(n + 1,)) for n in range(door.AT_ONCE)]
        for thread in threads:
            thread.start()
        for _ in threads:
            assert slow.began.acquire(timeout=20)
        late = web.post("/v1/traces", content=traces([span(number=99)]), headers=JSON)
        assert (late.status_code, int(late.headers["retry-after"]) > 0) == (503, True)
        assert "slow" in late.json()["message"]
        slow.go.set()
        for thread in threads:
            thread.join(20)
        assert answers == [200] * door.AT_ONCE
        send(99)
    assert answers[-1] == 200
    assert len(slow.rows("shop-chat", *ALWAYS, {}, limit=99)) == door.AT_ONCE + 1


def test_a_sender_that_stalls_holds_up_nobody(home: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "BODY_WITHIN", 0.3)
    app = create_app(home.room)
    headers = bearer(home.token(MACHINE, "outcomes")) | JSON

    async def stall() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.sleep(60)

    async def all_at_once() -> tuple[list[httpx.Response], httpx.Response, int]:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=HERE, headers=headers) as web:
            stalled = [asyncio.create_task(web.post("/v1/traces", content=stall())) for _ in range(3 * door.AT_ONCE)]
            while not hasattr(app.state, "telemetry_desk") or app.state.telemetry_desk.held < len(stalled):
                await asyncio.sleep(0.005)
            good = await web.post("/v1/traces", content=traces([span()]))
            return await asyncio.gather(*stalled), good, app.state.telemetry_desk.held

    stalled, good, held = asyncio.run(all_at_once())
    assert (good.status_code, len(kept(home))) == (200, 1)
    assert {(s.status_code, s.headers["connection"]) for s in stalled} == {(408, "close")}
    assert "did not come" in stalled[0].json()["message"]
    assert held == 0
    monkeypatch.setattr(door, "MOST_HELD", 100)
    assert client(home).post("/v1/traces", content=traces([span(number=1)]), headers=JSON).status_code == 503


def test_a_locked_store_answers_try_again_and_keeps_nothing(home: Yard, tmp_path: Path) -> None:
    path = tmp_path / "shop" / ".cleanroom" / "ledger.db"
    token = home.token(MACHINE, "outcomes")
    with open_sqlite(path, patience=0.05) as store, closing(sqlite3.connect(path, isolation_level=None)) as other:
        hasty = replace(home.room, calls=SqlCalls(store, tmp_path / "calls"))
        web = TestClient(create_app(hasty), base_url=HERE, headers=bearer(token))
        sent(web, traces([span(number=1)]))
        other.execute("BEGIN IMMEDIATE")
        locked = web.post("/v1/traces", content=traces([span(number=1), span()]), headers=JSON)
        assert (locked.status_code, "locked" in locked.json()["message"]) == (503, True)
        assert int(locked.headers["retry-after"]) > 0
        other.execute("ROLLBACK")
        assert len(hasty.calls.rows("shop-chat", *ALWAYS, {})) == 1
        assert sent(web, traces([span(number=1), span()])) == {}
        assert len(hasty.calls.rows("shop-chat", *ALWAYS, {})) == 2


def test_a_full_disk_answers_try_again_and_loses_nothing(home: Yard, tmp_path: Path) -> None:
    path = tmp_path / "shop" / ".cleanroom" / "ledger.db"
    token = home.token(MACHINE, "outcomes")
    full = True

    def restrict(connection: Connection) -> None:
        connection.exec_driver_sql("PRAGMA max_page_count = 1" if full else "PRAGMA max_page_count = 1000000")

    with open_sqlite(path) as store:
        room = replace(home.room, calls=SqlCalls(store, tmp_path / "calls"))
        web = TestClient(create_app(room), base_url=HERE, headers=bearer(token))
        listen(store.engine, "begin", restrict)
        body = traces([texted(n) for n in range(1, 200)])
        answer = web.post("/v1/traces", content=body, headers=JSON)
        assert (answer.status_code, "no space left" in answer.json()["message"]) == (503, True)
        assert int(answer.headers["retry-after"]) > 0
        assert room.calls.rows("shop-chat", *ALWAYS, {}) == ()
        full = False
        assert sent(web, body) == {}
        assert len(room.calls.rows("shop-chat", *ALWAYS, {}, limit=1_000)) == 199


# --- what becomes of it


REGISTER = """
name: shop-chat
does: answers customers
owners: [ana@shop.example]
tier: limited
oncall: {rota: [ana@shop.example]}
"""


def texted(number: int = 0) -> dict[str, Any]:
    said = {
        "gen_ai.input.messages": "Call me at +49 30 901820",
        "gen_ai.output.messages": "Dear anna@example.org, on Friday.",
    }
    return span({**CHAT, **said, "cleanroom.sources": ["It comes on Monday, writes bo@example.org"]}, number)


def test_texts_are_redacted_as_the_register_says(home: Yard, tmp_path: Path) -> None:
    web = client(home)
    sent(web, traces([texted(1)]))
    (tmp_path / "shop" / "systems").mkdir()
    file = tmp_path / "shop" / "systems" / "shop-chat.yaml"
    texts = []
    for number, more in enumerate(("redact: [email]", "redact: [none]", "keep_texts: false", "tier: [oops"), start=2):
        file.write_text(f"{REGISTER}{more}\n", "utf-8")
        home.later(10)
        sent(web, traces([texted(number)]))
    found = {c.id[-1]: c for c in kept(home)}
    texts = [(found[n].input, found[n].output, found[n].sources) for n in "12345"]
    assert texts[0] == ("Call me at [phone]", "Dear [email], on Friday.", ("It comes on Monday, writes [email]",))
    assert texts[1][0] == "Call me at +49 30 901820"
    assert texts[1][1] == "Dear [email], on Friday."
    assert texts[2][2] == ("It comes on Monday, writes bo@example.org",)
    assert texts[3] == texts[4] == ("", "", ())  # a register that cannot be read keeps what it said before
    assert all(c.metrics["pii"] == 1 for c in found.values())


def test_no_name_tells_who_somebody_is(home: Yard, tmp_path: Path) -> None:
    mail = "anna@example.org"
    names = {
        "gen_ai.tool.name": f"mail {mail}",
        "error.type": f"no such user: {mail}",
        "cleanroom.feature": "reply",
        "cleanroom.variant": "+49 30 901820",
        "cleanroom.prompt": "reply@v2.beta",
    }
    web = client(home)
    sent(web, traces([span({**CHAT, **names, "session.id": mail}, 1), span({**CHAT, "session.id": mail}, 2)]))
    apart = "0af0f5b0-9e5c-4b8a-8d1c-2f4d9a7b6c3e"
    sent(web, traces([span({**CHAT, "cleanroom.prompt": mail, "session.id": apart}, 3)]))
    first, second, third = sorted(kept(home), key=lambda c: c.id)
    assert (first.tool, first.error, first.variant) == ("mail [email]", "no such user: [email]", "[phone]")
    assert (first.feature, first.prompt, third.prompt) == ("reply", "reply@v2.beta", "[email]")
    assert first.conversation == second.conversation == home.room.telemetry.hashed(mail)
    assert (third.conversation, third.model) == (apart, "gpt-4o-mini-2024-07-18")
    event = {
        "id": "t",
        "system": "shop-chat",
        "happened": "ticket",
        "conversation": mail,
        "feature": mail,
        "model": "m",
    }
    assert web.post("/v1/events/user", json={**event, "variant": f"x {mail}", "prompt": mail}).status_code == 200
    (ticket,) = home.room.calls.events("shop-chat", *ALWAYS)
    assert ticket.conversation == first.conversation
    assert (ticket.feature, ticket.variant, ticket.model, ticket.prompt) == ("[email]", "x [email]", "m", "[email]")
    (tmp_path / "shop" / "systems").mkdir()
    (tmp_path / "shop" / "systems" / "shop-chat.yaml").write_text(f"{REGISTER}redact: [none]\n", "utf-8")
    home.later(10)
    sent(web, traces([span({**CHAT, "session.id": mail}, 4)]))
    assert mail in {c.conversation for c in kept(home)}


def test_nobody_talks_a_leak_away(home: Yard) -> None:
    def said(number: int, output: str, pii: bool, more: int = 0) -> dict[str, Any]:
        others = {f"cleanroom.metric.m{n}": n for n in range(more)}
        return span({**CHAT, **others, "gen_ai.output.messages": output, "cleanroom.metric.pii": pii}, number)

    leak = "Dear anna@example.org"
    told = [said(1, leak, pii=False), said(2, "Dear you", pii=True), said(3, "Dear you", pii=False)]
    sent(client(home), traces([*told, said(4, leak, pii=False, more=60)]))
    assert {c.id[-1]: c.metrics["pii"] for c in kept(home)} == {"1": 1, "2": 1, "3": 0, "4": 1}


def test_prices_are_the_projects_own(home: Yard, tmp_path: Path) -> None:
    web = client(home)
    sent(web, traces([span(number=1), span({**CHAT, "gen_ai.response.model": "nobody-knows"}, 2)]))
    table = 'currency: EUR\nprices:\n  - {model: "gpt-4o*", since: "2026-01-01", input: 1000, output: 1}\n'
    (tmp_path / "shop" / "prices.yaml").write_text(table, "utf-8")
    home.later(10)
    sent(web, traces([span(number=3)]))
    found = {c.id[-1]: c.metrics for c in kept(home)}
    assert found["1"]["cost"] == pytest.approx(0.00021)
    assert ("cost" in found["2"], found["2"]["unpriced"], found["1"]["unpriced"]) == (False, 1, 0)
    assert found["3"]["cost"] == pytest.approx(1.0001)


def test_an_evaluation_that_comes_later_is_of_the_call_it_judges(home: Yard) -> None:
    web = client(home)
    sent(web, traces([span({**CHAT, "cleanroom.feature": "reply", "cleanroom.variant": "new"})]))
    said = {"gen_ai.evaluation.name": "hallucination", "gen_ai.evaluation.score.value": 0.9}
    assert sent(web, logs([evaluation(said), {"eventName": "other"}]), "/v1/logs") == {
        "partialSuccess": {"errorMessage": "1 no GenAI operations, left out"}
    }
    judged = home.room.calls.call(f"{CALL}~hallucination")
    assert judged is not None
    assert (judged.operation, judged.feature, judged.variant, judged.parent) == (
        "evaluation",
        "reply",
        "new",
        CALL[-16:],
    )
    assert judged.metrics == {"score/hallucination": 0.9, "hallucination": 1}
    requests = home.room.calls.cells("shop-chat", "error", 0, 2**60, 60_000_000)
    assert sum(c.n for c in requests) == 1  # a judgement is no request


def test_what_claims_to_be_of_the_future_is_of_now(home: Yard) -> None:
    later = (AT + 10**12) * 1000
    sent(client(home), traces([span(startTimeUnixNano=str(later), endTimeUnixNano=str(later + 10**9))]))
    assert kept(home)[0].at == kept(home)[0].arrived


def test_what_the_manual_shows_is_taken(home: Yard) -> None:
    page = (Path(__file__).parents[2] / "docs" / "telemetry.md").read_text("utf-8")
    trace, event = re.findall(r"```json\n(.*?)```", page, re.DOTALL)
    (table,) = re.findall(r"```yaml\n(# prices.yaml.*?)```", page, re.DOTALL)
    web = client(home)
    assert sent(web, trace.encode()) == {}
    assert web.post("/v1/events/user", content=event, headers=JSON).json() == {"new": 1, "known": 0}
    (call,) = kept(home)
    (ticket,) = home.room.calls.events("shop-chat", *ALWAYS)
    assert (call.model, ticket.call, ticket.model) == ("gpt-4o-mini", call.id, "gpt-4o-mini")
    assert read_prices(table.encode(), "prices.yaml").value is not None


def test_figures_and_the_calls_behind_them_can_be_asked(home: Yard) -> None:
    web = client(home)
    good, bad = texted(1), span({**CHAT, "cleanroom.feature": "reply", "cleanroom.metric.hallucination": True}, 2)
    sent(web, traces([good, bad, span({"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "refund"}, 3)]))
    (seen,) = web.get("/v1/telemetry").json()
    assert (seen["system"], seen["calls"]) == ("shop-chat", 3)
    found = web.get("/v1/telemetry/systems/shop-chat?by=feature&by=model").json()
    assert (found["total"]["requests"], found["total"]["rates"]["hallucination"]["bad"]) == (2, 1)
    assert [line["parts"]["feature"] for line in found["lines"]] == ["", "reply", ""]
    (wrong,) = web.get("/v1/telemetry/systems/shop-chat/calls?bad=hallucination").json()
    whole = web.get(f"/v1/telemetry/calls/{wrong['id']}").json()
    assert (whole["feature"], len(whole["beside"])) == ("reply", 2)
    assert web.get("/v1/telemetry/systems/nobody").status_code == 404
    assert web.get("/v1/telemetry/calls/nobody").status_code == 404
    assert web.get("/v1/telemetry/systems/shop-chat?by=weather").status_code == 422
    assert client(home, "outcomes").get("/v1/telemetry").status_code == 403
