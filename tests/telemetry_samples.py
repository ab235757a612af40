"""Spans as OpenTelemetry has them, for tests."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from tests.projects import START

from cleanroom.core.base import micros
from cleanroom.core.telemetry.told import Told

AT = micros(START) - 3_600_000_000
"""An hour before the time of the tests."""

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
CALL = f"{TRACE}-{SPAN}"
CHAT: dict[str, Any] = {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "openai",
    "gen_ai.request.model": "gpt-4o-mini",
    "gen_ai.response.model": "gpt-4o-mini-2024-07-18",
    "gen_ai.usage.input_tokens": 1000,
    "gen_ai.usage.output_tokens": 100,
    "gen_ai.response.finish_reasons": ["stop"],
}


def value(one: Any) -> dict[str, Any]:
    """An attribute's value in OTLP's JSON: whole numbers are text."""
    match one:
        case bool():
            return {"boolValue": one}
        case int():
            return {"intValue": str(one)}
        case float():
            return {"doubleValue": one}
        case str():
            return {"stringValue": one}
        case list() | tuple():
            return {"arrayValue": {"values": [value(v) for v in one]}}
        case dict():
            return {"kvlistValue": {"values": attributes(one)}}
        case _:
            return {}


def attributes(said: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [{"key": key, "value": value(one)} for key, one in said.items()]


def event(name: str, said: Mapping[str, Any], at: int = AT) -> dict[str, Any]:
    return {"name": name, "timeUnixNano": str(at * 1000), "attributes": attributes(said)}


def span(said: Mapping[str, Any] = CHAT, number: int = 0, **more: Any) -> dict[str, Any]:
    """One span of two seconds; `number` tells it from others, `more` goes before all else."""
    own = SPAN if number == 0 else f"{number:016x}"
    made = {
        "traceId": TRACE,
        "spanId": own,
        "name": "chat",
        "kind": 3,
        "startTimeUnixNano": str(AT * 1000),
        "endTimeUnixNano": str((AT + 2_000_000) * 1000),
        "attributes": attributes(said),
    }
    return {**made, **more}


def traces(spans: Sequence[Mapping[str, Any]], system: str = "shop-chat", **resource: Any) -> bytes:
    """A request of /v1/traces in JSON."""
    about = attributes({"service.name": system, **resource} if system else resource)
    return json.dumps(
        {"resourceSpans": [{"resource": {"attributes": about}, "scopeSpans": [{"spans": list(spans)}]}]}
    ).encode()


def logs(records: Sequence[Mapping[str, Any]], system: str = "shop-chat") -> bytes:
    """A request of /v1/logs in JSON."""
    about = attributes({"service.name": system})
    made = {"resourceLogs": [{"resource": {"attributes": about}, "scopeLogs": [{"logRecords": list(records)}]}]}
    return json.dumps(made).encode()


def evaluation(said: Mapping[str, Any], about: str = CALL, **more: Any) -> dict[str, Any]:
    """A log record that judges a call."""
    trace, _, own = about.partition("-")
    made = {
        "eventName": "gen_ai.evaluation.result",
        "traceId": trace,
        "spanId": own,
        "timeUnixNano": str((AT + 60_000_000) * 1000),
        "attributes": attributes(said),
    }
    return {**made, **more}


def told(**more: Any) -> Told:
    """A request to a model that went well."""
    made: dict[str, Any] = {
        "id": CALL,
        "trace": TRACE,
        "parent": "",
        "system": "shop-chat",
        "operation": "chat",
        "at": AT,
        "took": 2_000_000,
        "asks": True,
    }
    return Told(**{**made, **more})
