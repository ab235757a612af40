"""OpenTelemetry traces and logs as what a system did: which spans are GenAI operations, and what do they say?

Source: the GenAI semantic conventions (open-telemetry/semantic-conventions-genai, as they are after 1.44), and their older names.
What is ours is called `cleanroom.*`; docs/telemetry.md lists it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from cleanroom.core.base import Misuse
from cleanroom.core.telemetry.metrics import name_of
from cleanroom.core.telemetry.told import (
    ANSWER,
    MOST_METRICS,
    MOST_SCORES,
    Score,
    Telling,
    Told,
    Usage,
    asks,
    call_id,
    judgement_id,
)
from cleanroom.formats.otlp_texts import sources_of, texts_of
from cleanroom.formats.otlp_values import Values, clean, count, name, number, texts, values_of
from cleanroom.formats.otlp_wire import logs_of, traces_of

MOST_SPANS = 20_000
"""Spans or log records of one request."""

EVALUATION = "gen_ai.evaluation.result"
METRIC = "cleanroom.metric."

_MOST_EVENTS = 200
_LONGEST_SHOWN = 60
_LONGEST = 30 * 86_400 * 1_000_000  # microseconds: no operation takes longer
_LATEST = 4_102_444_800_000_000  # 2100: what claims to be later is no time
_OLDER = {"completion": "text_completion", "embedding": "embeddings", "rerank": "retrieval"}


class _Fault(Exception):
    """This span or record cannot be kept."""


def read_traces(body: bytes, *, as_json: bool) -> Telling:
    """What a request of /v1/traces says. Raises Misuse for a body that is none, or holds too many spans."""
    told: list[Told] = []
    faults: list[str] = []
    beside = seen = 0
    for resource in traces_of(body, as_json=as_json).resource_spans:
        common = values_of(resource.resource.attributes)
        for scope in resource.scope_spans:
            seen += len(scope.spans)
            _check(seen)
            for span in scope.spans:
                try:
                    one = _span(span, common)
                except _Fault as fault:
                    faults.append(_named(span.name, fault))
                    continue
                if one is None:
                    beside += 1
                else:
                    told.append(one)
    return Telling(tuple(_with_sources(told)), beside, tuple(faults))


def read_logs(body: bytes, *, as_json: bool) -> Telling:
    """The evaluations among the records of a request of /v1/logs. Raises Misuse as read_traces."""
    told: list[Told] = []
    faults: list[str] = []
    beside = seen = 0
    for resource in logs_of(body, as_json=as_json).resource_logs:
        common = values_of(resource.resource.attributes)
        for scope in resource.scope_logs:
            seen += len(scope.log_records)
            _check(seen)
            for record in scope.log_records:
                values = values_of(record.attributes)
                if (record.event_name or values.get("event.name")) != EVALUATION:
                    beside += 1
                    continue
                try:
                    told.append(_evaluation(record, values, common))
                except _Fault as fault:
                    faults.append(_named(name(values, "gen_ai.evaluation.name"), fault))
    return Telling(tuple(told), beside, tuple(faults))


def _named(what: str, fault: _Fault) -> str:
    """The fault with the name of what it is of."""
    named = clean(what)[:_LONGEST_SHOWN]
    return f"{named}: {fault}" if named else str(fault)


def _check(seen: int) -> None:
    if seen > MOST_SPANS:
        raise Misuse(f"more than {MOST_SPANS:,} at once", "Have the exporter send smaller batches.")


def _span(span: Span, common: Values) -> Told | None:
    """The operation; None for a span that is none. Raises _Fault."""
    values = values_of(span.attributes)
    operation = _operation(values)
    if not operation:
        return None
    trace, own, parent = _ids(span)
    at, took = _times(span)
    events = [(e.name, values_of(e.attributes)) for e in span.events[:_MOST_EVENTS]]
    usage = Usage(
        count(values, "gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens", "llm.usage.prompt_tokens"),
        count(values, "gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens", "llm.usage.completion_tokens"),
        count(values, "gen_ai.usage.cache_read.input_tokens", "gen_ai.usage.cache_read_input_tokens"),
    )
    spoken = usage.input is not None or usage.output is not None
    made = Told(
        id=call_id(trace, own),
        trace=trace,
        parent=parent,
        system=_system(values, common),
        operation=operation,
        at=at,
        took=took,
        asks=asks(operation, usage=spoken, remote=span.kind == Span.SPAN_KIND_CLIENT),
        error=_error(span, values, events),
        usage=usage,
        first=number(values, "gen_ai.response.time_to_first_chunk"),
        finished=tuple(clean(t).casefold() for t in texts(values, "gen_ai.response.finish_reasons")[:8]),
        scores=tuple(_scores(events)),
        predicted=name(values, "cleanroom.predicted"),
        label=name(values, "cleanroom.label"),
        said=dict(list(_said(values))[:MOST_METRICS]),
    )
    return _with_texts(_with_parts(made, values, common, events), values, events)


def _with_parts(told: Told, values: Values, common: Values, events: Sequence[tuple[str, Values]]) -> Told:
    """Whose part it is: what the span says goes before what its resource says."""
    said = {**common, **values}
    flag, variant = _flag(said, events, name(said, "cleanroom.feature"))
    prompt, version = name(said, "gen_ai.prompt.name"), name(said, "gen_ai.prompt.version")
    return replace(
        told,
        feature=name(said, "cleanroom.feature") or flag,
        variant=name(said, "cleanroom.variant") or variant,
        prompt=name(said, "cleanroom.prompt") or (clean(f"{prompt}@{version}") if prompt and version else prompt),
        tool=name(values, "gen_ai.tool.name"),
        provider=name(values, "gen_ai.provider.name", "gen_ai.system"),
        model=name(values, "gen_ai.response.model", "gen_ai.request.model"),
        conversation=name(said, "gen_ai.conversation.id", "cleanroom.conversation", "session.id"),
        key=name(said, "cleanroom.key", "user.id", "enduser.id", "feature_flag.context.id"),
    )


def _with_texts(told: Told, values: Values, events: Sequence[tuple[str, Values]]) -> Told:
    asked, answered = texts_of(values, events)
    return replace(told, input=asked, output=answered, sources=sources_of(values))


def _operation(values: Values) -> str:
    """The name of the operation; '' where the span is no GenAI operation. A model that was asked is one whatever it is called."""
    named = name(values, "gen_ai.operation.name") or name(values, "llm.request.type")
    if named:
        return _OLDER.get(named.casefold(), named.casefold())
    asked = name(values, "gen_ai.provider.name", "gen_ai.system") and name(values, "gen_ai.request.model")
    return "chat" if asked else ""


def _system(values: Values, common: Values) -> str:
    found = name(values, "cleanroom.system") or name(common, "cleanroom.system", "service.name")
    if not found:
        raise _Fault("it says no service.name (set OTEL_SERVICE_NAME, or service.name in the resource)")
    return "unknown_service" if found.startswith("unknown_service") else found


def _ids(one: Span | LogRecord) -> tuple[str, str, str]:
    """Trace, span and parent in hex."""
    if len(one.trace_id) != 16 or not any(one.trace_id):
        raise _Fault("its trace id is not 16 bytes (in JSON send 32 hex digits, not all 0)")
    if len(one.span_id) != 8 or not any(one.span_id):
        raise _Fault("its span id is not 8 bytes (in JSON send 16 hex digits, not all 0)")
    parent = one.parent_span_id if isinstance(one, Span) else b""
    return one.trace_id.hex(), one.span_id.hex(), parent.hex() if len(parent) == 8 and any(parent) else ""


def _times(span: Span) -> tuple[int, int]:
    """Begin and duration in microseconds."""
    at, end = span.start_time_unix_nano // 1000, span.end_time_unix_nano // 1000
    if not 0 < at < _LATEST:
        raise _Fault("it does not say when it began (set startTimeUnixNano, nanoseconds since 1970)")
    if end < at:
        raise _Fault("it ended before it began (set endTimeUnixNano, nanoseconds since 1970)")
    return at, min(end - at, _LONGEST)


def _error(span: Span, values: Values, events: Iterable[tuple[str, Values]]) -> str:
    named = name(values, "error.type")
    if span.status.code != Status.STATUS_CODE_ERROR:
        return named
    thrown = (name(said, "exception.type") for event, said in events if event == "exception")
    return named or next((t for t in thrown if t), "") or "error"


def _scores(events: Iterable[tuple[str, Values]]) -> list[Score]:
    return [_score(said) for event, said in events if event == EVALUATION][:MOST_SCORES]


def _score(values: Values) -> Score:
    label = name(values, "gen_ai.evaluation.score.label")
    return Score(
        name(values, "gen_ai.evaluation.name") or "unnamed", number(values, "gen_ai.evaluation.score.value"), label
    )


def _said(values: Values) -> Iterator[tuple[str, bool | float]]:
    """`cleanroom.metric.NAME`, and `cleanroom.escalated`."""
    for key, value in values.items():
        if key.startswith(METRIC):
            if isinstance(value, bool):
                yield name_of(key.removeprefix(METRIC)), value
            elif (found := number(values, key)) is not None:
                yield name_of(key.removeprefix(METRIC)), found
    escalated = values.get("cleanroom.escalated")
    if isinstance(escalated, bool):
        yield "escalated", escalated


def _flag(said: Values, events: Sequence[tuple[str, Values]], feature: str) -> tuple[str, str]:
    """The flag that was asked and the variant it gave: that of the feature where several were."""
    told = [said, *(values for event, values in events if event.startswith("feature_flag"))]
    asked = [
        (name(v, "feature_flag.key"), name(v, "feature_flag.result.variant", "feature_flag.variant"))
        for v in told
        if v.get("feature_flag.key")
    ]
    return next((pair for pair in asked if pair[0] == feature), asked[-1] if asked and not feature else ("", ""))


def _with_sources(told: Sequence[Told]) -> Iterator[Told]:
    """What was retrieved before a model was asked, in the same trace, are the sources of its answer."""
    retrieved: dict[str, list[Told]] = {}
    for one in told:
        if one.operation == "retrieval" and one.sources:
            retrieved.setdefault(one.trace, []).append(one)
    for one in told:
        before = [r for r in retrieved.get(one.trace, ()) if one.asks and not one.sources and r.at + r.took <= one.at]
        yield replace(one, sources=tuple(s for r in before for s in r.sources)) if before else one


def _evaluation(record: LogRecord, values: Values, common: Values) -> Told:
    """A judgement that came by itself: of a span, or else of the answer with that id."""
    score = _score({**_body(record), **values})
    answer = name(values, "gen_ai.response.id")
    if any(record.span_id) or not answer:
        trace, span, _ = _ids(record)
        about = call_id(trace, span)
    else:
        trace, about = "", f"{ANSWER}{answer}"
    at = (record.time_unix_nano or record.observed_time_unix_nano) // 1000
    if not 0 < at < _LATEST:
        raise _Fault("it does not say when it was (set timeUnixNano, nanoseconds since 1970)")
    id = judgement_id(about, name_of(score.name))
    made = Told(id, trace, "", _system(values, common), "evaluation", at, 0, about=about)
    return _with_parts(replace(made, scores=(score,)), values, common, ())


def _body(record: LogRecord) -> dict[str, Any]:
    """Older events say in the body what newer ones say in attributes."""
    return values_of(record.body.kvlist_value.values)
