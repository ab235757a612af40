"""What OpenTelemetry says of a system, in protobuf and in JSON, by the newest conventions and by older ones."""

from __future__ import annotations

import json
from typing import Any

import pytest
from google.protobuf import json_format
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from tests.telemetry_samples import AT, CALL, CHAT, SPAN, TRACE, attributes, evaluation, event, logs, span, told, traces

from cleanroom.core.base import Misuse
from cleanroom.core.telemetry.told import LONGEST_NAME, LONGEST_TEXT, Score, Telling, Told, Usage
from cleanroom.formats.otlp import MOST_SPANS, read_logs, read_traces
from cleanroom.formats.otlp_texts import MARGIN
from cleanroom.formats.otlp_wire import status_answer, traces_answer


def one(said: dict[str, Any], **more: Any) -> Told:
    found = read_traces(traces([span(said, **more)]), as_json=True)
    assert not found.faults
    return found.told[0]


def in_protobuf(body: bytes) -> bytes:
    """The same request as an exporter sends it."""
    made = ExportTraceServiceRequest()
    for resource in json.loads(body)["resourceSpans"]:
        spans = [s for scope in resource["scopeSpans"] for s in scope.pop("spans")]
        held = made.resource_spans.add()
        json_format.ParseDict({"resource": resource["resource"]}, held)
        inner = held.scope_spans.add()
        for s in spans:
            ids = {key: bytes.fromhex(s.pop(key)) for key in ("traceId", "spanId")}
            kept = inner.spans.add(trace_id=ids["traceId"], span_id=ids["spanId"])
            json_format.ParseDict(s, kept)
    return made.SerializeToString()


def test_a_chat_is_read_the_same_in_both_encodings() -> None:
    more = {"gen_ai.conversation.id": "c1", "user.id": "u1", "gen_ai.usage.cache_read.input_tokens": 200}
    body = traces([span({**CHAT, **more}), span({"http.route": "/"}, 1)], **{"cleanroom.feature": "reply"})
    found = read_traces(body, as_json=True)
    assert found.told == (
        told(
            feature="reply",
            provider="openai",
            model="gpt-4o-mini-2024-07-18",
            conversation="c1",
            key="u1",
            usage=Usage(1000, 100, 200),
            finished=("stop",),
        ),
    )
    assert (found.beside, found.faults) == (1, ())
    assert read_traces(in_protobuf(body), as_json=False) == found


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        (
            {"gen_ai.system": "openai", "gen_ai.request.model": "m"},
            {"operation": "chat", "provider": "openai", "model": "m"},
        ),
        ({"gen_ai.usage.prompt_tokens": 5, "gen_ai.usage.completion_tokens": 6}, {"usage": Usage(5, 6)}),
        ({"gen_ai.prompt.name": "reply", "gen_ai.prompt.version": "7"}, {"prompt": "reply@7"}),
        ({"cleanroom.prompt": "reply@8", "gen_ai.prompt.name": "x"}, {"prompt": "reply@8"}),
        ({"feature_flag.key": "f", "feature_flag.result.variant": "new"}, {"feature": "f", "variant": "new"}),
        (
            {"cleanroom.feature": "g", "feature_flag.key": "f", "feature_flag.variant": "new"},
            {"feature": "g", "variant": ""},
        ),
        ({"gen_ai.operation.name": "embeddings"}, {"operation": "embeddings", "asks": True}),
        ({"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "refund"}, {"tool": "refund", "asks": False}),
        ({"gen_ai.operation.name": "rank", "gen_ai.usage.input_tokens": 5}, {"operation": "rank", "asks": True}),
        ({"gen_ai.operation.name": "rank"}, {"operation": "rank", "asks": False}),
        ({"error.type": "timeout"}, {"error": "timeout"}),
        ({"cleanroom.escalated": True, "cleanroom.metric.Rank": 3}, {"said": {"escalated": True, "rank": 3.0}}),
        ({"cleanroom.predicted": "spam", "cleanroom.label": True}, {"predicted": "spam", "label": "true"}),
        ({"cleanroom.system": "other\n one"}, {"system": "other  one"}),
        ({"gen_ai.request.model": "m" * 900}, {"model": "m" * LONGEST_NAME}),
        ({"gen_ai.usage.input_tokens": -4, "gen_ai.usage.output_tokens": "many"}, {"usage": Usage()}),
    ],
)
def test_what_a_span_says(said: dict[str, Any], wanted: dict[str, Any]) -> None:
    base = {} if "gen_ai.system" in said else {"gen_ai.operation.name": "chat"}
    found = one({**base, **said})
    assert {key: getattr(found, key) for key in wanted} == wanted


def test_an_agent_elsewhere_asks_a_model_and_one_in_the_process_does_not() -> None:
    agent = {"gen_ai.operation.name": "invoke_agent", "gen_ai.usage.input_tokens": 9}
    assert one(agent, kind=3).asks
    assert not one(agent, kind=1).asks


def test_a_failure_has_a_type() -> None:
    failed = {"status": {"code": 2, "message": "x"}}
    thrown = event("exception", {"exception.type": "KeyError"})
    assert one(CHAT, **failed).error == "error"
    assert one(CHAT, events=[thrown], **failed).error == "KeyError"
    assert one({**CHAT, "error.type": "429"}, events=[thrown], **failed).error == "429"
    assert one(CHAT, events=[thrown]).error == ""


def test_evaluations_come_as_events_of_the_span_or_as_logs() -> None:
    said = {
        "gen_ai.evaluation.name": "Groundedness",
        "gen_ai.evaluation.score.value": 2,
        "gen_ai.evaluation.score.label": "fail",
    }
    found = one(CHAT, events=[event("gen_ai.evaluation.result", said), event("other", {})])
    assert found.scores == (Score("Groundedness", 2.0, "fail"),)
    record = evaluation(said)
    other = evaluation({"gen_ai.response.id": "r1", "gen_ai.evaluation.name": "x"}, traceId="", spanId="")
    lost = evaluation(said, spanId="abc")
    body = logs([record, other, lost, {"eventName": "gen_ai.user.message"}, {"body": {"stringValue": "hello"}}])
    judged = read_logs(body, as_json=True)
    assert [(t.id, t.about, t.operation, t.scores) for t in judged.told] == [
        (f"{CALL}~groundedness", CALL, "evaluation", (Score("Groundedness", 2.0, "fail"),)),
        ("response/r1~x", "response/r1", "evaluation", (Score("x"),)),
    ]
    assert (judged.beside, judged.faults) == (
        2,
        ("Groundedness: its span id is not 8 bytes (in JSON send 16 hex digits, not all 0)",),
    )


PARTS = [{"role": "system", "parts": [{"type": "text", "content": "Be kind."}]},
         {"role": "user", "parts": [{"type": "text", "content": "Where?"}]}]  # fmt: skip
OLDER = '[{"role": "system", "content": "Be kind."}, {"role": "user", "content": "Where?"}]'
ANSWER = [{"role": "assistant", "parts": [{"type": "text", "content": "Here."}], "finish_reason": "stop"}]


@pytest.mark.parametrize(
    ("said", "events"),
    [
        ({"gen_ai.input.messages": json.dumps(PARTS), "gen_ai.output.messages": json.dumps(ANSWER)}, []),
        ({"gen_ai.input.messages": PARTS, "gen_ai.output.messages": ANSWER}, []),
        ({"gen_ai.prompt.0.role": "system", "gen_ai.prompt.0.content": "Be kind.", "gen_ai.prompt.1.content": "Where?",
          "gen_ai.completion.0.content": "Here."}, []),
        ({}, [event("gen_ai.system.message", {"content": "Be kind."}), event("gen_ai.user.message", {"content": "Where?"}),
              event("gen_ai.choice", {"message": {"role": "assistant", "content": "Here."}})]),
        ({}, [event("gen_ai.content.prompt", {"gen_ai.prompt": OLDER}),
              event("gen_ai.content.completion", {"gen_ai.completion": '[{"role": "assistant", "content": "Here."}]'})]),
        ({}, [event("gen_ai.client.inference.operation.details",
                    {"gen_ai.input.messages": PARTS, "gen_ai.output.messages": ANSWER})]),
    ],
)  # fmt: skip
def test_texts_are_found_in_every_form(said: dict[str, Any], events: list[dict[str, Any]]) -> None:
    found = one({**CHAT, **said}, events=events)
    assert (found.input, found.output) == ("system: Be kind.\nuser: Where?", "Here.")


def test_odd_texts_are_no_fault() -> None:
    for odd in ("[[[", "{", "", "plain", "3", "null", '[{"parts": 7}]', "[null]", '{"role": 5, "content": {"a": 1}}'):
        one({**CHAT, "gen_ai.input.messages": odd, "gen_ai.output.messages": odd, "gen_ai.retrieval.documents": odd})
    deep = "[" * 100_000
    assert one({**CHAT, "gen_ai.input.messages": deep}).input.startswith("[[")
    long = one({**CHAT, "gen_ai.input.messages": "x" * 50_000 + "\x00"}).input
    assert len(long) == LONGEST_TEXT + MARGIN


def test_what_was_retrieved_before_an_answer_are_its_sources() -> None:
    documents = [{"id": "d1", "score": 0.9, "content": "Parcels take two days."}, {"id": "d2", "score": 0.1}]
    search = {
        "gen_ai.operation.name": "retrieval",
        "gen_ai.retrieval.documents": documents,
        "gen_ai.retrieval.query.text": "how?",
    }
    before = {"startTimeUnixNano": str((AT - 9) * 1000), "endTimeUnixNano": str((AT - 5) * 1000)}
    after = {"startTimeUnixNano": str((AT + 5) * 1000)}
    found = read_traces(traces([span(), span(search, 1, **before), span(search, 2, **after)]), as_json=True)
    assert found.told[0].sources == ("Parcels take two days.",)
    assert found.told[1].input == "how?"
    own = one({**CHAT, "cleanroom.sources": ["one", "two"]})
    assert own.sources == ("one", "two")


@pytest.mark.parametrize(
    ("wrong", "because"),
    [
        ({"traceId": "zz"}, "trace id"),
        ({"traceId": "0" * 32}, "trace id"),
        ({"traceId": TRACE[:-2]}, "trace id"),
        ({"spanId": ""}, "span id"),
        ({"spanId": SPAN + "00"}, "span id"),
        ({"startTimeUnixNano": "0"}, "began"),
        ({"startTimeUnixNano": str(2**63)}, "began"),
        ({"endTimeUnixNano": "5"}, "ended before"),
    ],
)
def test_a_span_that_cannot_be_is_refused_alone(wrong: dict[str, Any], because: str) -> None:
    found = read_traces(traces([span(number=1), span(**wrong)]), as_json=True)
    assert len(found.told) == 1
    assert because in found.faults[0]


def test_a_system_without_a_name_is_refused() -> None:
    assert read_traces(traces([span()], system=""), as_json=True).faults == (
        "chat: it says no service.name (set OTEL_SERVICE_NAME, or service.name in the resource)",
    )
    assert (
        read_traces(traces([span()], system="unknown_service:python"), as_json=True).told[0].system == "unknown_service"
    )


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"3", b"null", b'{"resourceSpans": 3}', b'{"resourceSpans": [3]}', b"\xff"]
)
def test_a_body_that_is_no_otlp_is_one_clear_line(body: bytes) -> None:
    with pytest.raises(Misuse, match="the body is no") as caught:
        read_traces(body, as_json=True)
    assert "\n" not in caught.value.message
    if body not in (b"",):  # nothing at all is a request of nothing in protobuf
        with pytest.raises(Misuse, match="no OTLP in protobuf"):
            read_traces(b"\xff" + body, as_json=False)


def test_payloads_are_bounded() -> None:
    with pytest.raises(Misuse, match="at once"):
        read_traces(traces([{}] * (MOST_SPANS + 1)), as_json=True)
    with pytest.raises(Misuse, match="no OTLP"):
        read_traces(b'{"resourceSpans":' * 5000, as_json=True)
    nested: dict[str, Any] = {"stringValue": "x"}
    for _ in range(150):
        nested = {"arrayValue": {"values": [nested]}}
    deep = {**span(), "attributes": [*attributes(CHAT), {"key": "gen_ai.x", "value": nested}]}
    with pytest.raises(Misuse, match="no OTLP"):
        read_traces(traces([deep]), as_json=True)
    many = span({f"gen_ai.a{i}": 1 for i in range(5_000)} | CHAT)
    assert read_traces(traces([many]), as_json=True) == Telling((), 1)  # what stands beyond the bound is not looked at


def test_answers_are_of_the_protocol() -> None:
    assert traces_answer(0, "", as_json=False) == b""
    assert json.loads(traces_answer(0, "", as_json=True)) == {}
    said = json.loads(traces_answer(2, "why", as_json=True))
    assert said == {"partialSuccess": {"rejectedSpans": "2", "errorMessage": "why"}}
    assert status_answer("x" * 300, as_json=False) == b"\x12\xac\x02" + b"x" * 300


def test_a_body_of_a_slip_alone_is_refused_and_what_is_unknown_beside_it_is_let_pass() -> None:
    body = json.loads(traces([span()]))
    for read, wrong, right in (
        (read_traces, "resourceSpan", "resourceSpans"),
        (read_traces, "resourceLogs", "resourceSpans"),
        (read_logs, "spans", "resourceLogs"),
    ):
        with pytest.raises(Misuse, match=f"the body has '{wrong}' and no '{right}'"):
            read(json.dumps({wrong: body["resourceSpans"]}).encode(), as_json=True)
    newer = json.dumps({**body, "resourceMetrics": [], "later": 1}).encode()
    assert len(read_traces(newer, as_json=True).told) == 1
    assert read_traces(b"{}", as_json=True).told == ()
