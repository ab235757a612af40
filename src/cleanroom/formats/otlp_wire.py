"""OTLP/HTTP on the wire: what did the bytes say, in protobuf or JSON, and how is it answered in the same encoding?

Source: opentelemetry.io/docs/specs/otlp. JSON differs from protobuf's own: ids are hex, enums are numbers.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterator
from typing import Any, TypeVar

from google.protobuf import json_format
from google.protobuf.message import DecodeError, Message
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest, ExportLogsServiceResponse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

from cleanroom.core.base import Misuse

M = TypeVar("M", bound=Message)

DEEPEST = 60
"""Levels of values within values that a payload may have."""

_IDS = ("traceId", "spanId", "parentSpanId", "trace_id", "span_id", "parent_span_id")
_LISTS = (
    ("resourceSpans", "resource_spans", "resourceLogs", "resource_logs"),
    ("scopeSpans", "scope_spans", "scopeLogs", "scope_logs"),
    ("spans", "logRecords", "log_records"),
)
_LATER = "docs/telemetry.md has an example."
_HINT = "Send what an OpenTelemetry exporter for OTLP/HTTP sends; docs/telemetry.md says how."


def traces_of(body: bytes, *, as_json: bool) -> ExportTraceServiceRequest:
    """The request of /v1/traces. Raises Misuse for what is none."""
    return _read(body, ExportTraceServiceRequest(), as_json=as_json)


def logs_of(body: bytes, *, as_json: bool) -> ExportLogsServiceRequest:
    """The request of /v1/logs. Raises Misuse for what is none."""
    return _read(body, ExportLogsServiceRequest(), as_json=as_json)


def traces_answer(rejected: int, message: str, *, as_json: bool) -> bytes:
    """A full or partial success: how many spans were refused, and what is to be said."""
    answer = ExportTraceServiceResponse()
    if rejected or message:
        answer.partial_success.rejected_spans = rejected
        answer.partial_success.error_message = message
    return _written(answer, as_json=as_json)


def logs_answer(rejected: int, message: str, *, as_json: bool) -> bytes:
    """The same for log records."""
    answer = ExportLogsServiceResponse()
    if rejected or message:
        answer.partial_success.rejected_log_records = rejected
        answer.partial_success.error_message = message
    return _written(answer, as_json=as_json)


def status_answer(message: str, *, as_json: bool) -> bytes:
    """A failure: google.rpc.Status, of which OTLP has the message only (its field 2)."""
    if as_json:
        return json.dumps({"message": message}).encode()
    text = message.encode("utf-8", "replace")
    return b"\x12" + _varint(len(text)) + text


def _read(body: bytes, into: M, *, as_json: bool) -> M:
    try:
        if as_json:
            data = json.loads(body)
            if not isinstance(data, dict):
                raise Misuse("the body is no JSON object", _HINT)
            _check_keys(data, into)
            for record in _records(data, 0):
                _ids_from_hex(record)
            json_format.ParseDict(data, into, ignore_unknown_fields=True, max_recursion_depth=DEEPEST)
        else:
            into.ParseFromString(body)
    except DecodeError:
        raise Misuse("the body is no OTLP in protobuf", _HINT) from None
    except json_format.ParseError as error:
        raise Misuse(f"the body is no OTLP in JSON: {_line(error)}", _HINT) from None
    except (ValueError, RecursionError, TypeError, AttributeError):
        raise Misuse("the body is no OTLP in JSON", _HINT) from None
    return into


def _check_keys(data: dict[str, Any], into: Message) -> None:
    """Unknown fields are let pass, as OTLP asks; a body of nothing else is a slip. Raises Misuse."""
    field = into.DESCRIPTOR.fields[0]
    if data and not {field.name, field.json_name} & data.keys():
        key = next(iter(data))
        raise Misuse(f"the body has {key[:60]!r} and no {field.json_name!r}", f"Call it {field.json_name!r}; {_LATER}")


def _records(data: Any, level: int) -> Iterator[dict[str, Any]]:
    """The spans or log records, wherever the shape is as it should be."""
    if not isinstance(data, dict):
        return
    if level == len(_LISTS):
        yield data
        return
    for key in _LISTS[level]:
        found = data.get(key)
        for one in found if isinstance(found, list) else ():
            yield from _records(one, level + 1)


def _ids_from_hex(record: dict[str, Any]) -> None:
    """As protobuf's JSON has bytes. What is no hex becomes empty, which is a fault of that record alone."""
    record.pop("links", None)
    for key in _IDS:
        text = record.get(key)
        if isinstance(text, str):
            try:
                record[key] = base64.b64encode(binascii.unhexlify(text)).decode()
            except (binascii.Error, ValueError):
                record[key] = ""


def _written(answer: Message, *, as_json: bool) -> bytes:
    if as_json:
        return json_format.MessageToJson(answer, indent=None).encode()
    return answer.SerializeToString()


def _varint(number: int) -> bytes:
    parts = bytearray()
    while number > 0x7F:
        parts.append(number & 0x7F | 0x80)
        number >>= 7
    parts.append(number)
    return bytes(parts)


def _line(error: object) -> str:
    return " ".join(str(error).split())[:200]
