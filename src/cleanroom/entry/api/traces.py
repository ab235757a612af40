"""/v1/traces and /v1/logs: OTLP over HTTP. Every OpenTelemetry SDK is a client.

An answer of 200 is given when all is on the disk. While the store is slow or full, it is 503 with Retry-After, and nothing of
the request is half kept: exporters send it again, and what was kept is known by its id.
"""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from fastapi import Request, Response
from fastapi.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute, Route

from cleanroom.app.telemetry.rules import Reading
from cleanroom.app.telemetry.take import Taken, take
from cleanroom.core.base import CleanroomError, Outside
from cleanroom.core.telemetry.told import Telling
from cleanroom.entry.api.doors import asked_by, caller, serving
from cleanroom.entry.api.metrics import counted_of
from cleanroom.entry.api.problems import headers_of, status_of
from cleanroom.formats.otlp import read_logs, read_traces
from cleanroom.formats.otlp_wire import logs_answer, status_answer, traces_answer

TRACES, LOGS = "/v1/traces", "/v1/logs"

MOST_BYTES = 32 * 1024 * 1024
"""Bytes of a body after it was unpacked."""

AT_ONCE, WAITING = 2, 30
"""Requests that are worked on at once, and those that may wait for their turn: one writer takes one after the other anyhow."""

PATIENCE = 5.0
"""Seconds that a request waits for its turn. An exporter gives up after ten."""

_JSON, _PROTOBUF = "application/json", "application/x-protobuf"


@dataclass(slots=True)
class Desk:
    """What one server has for telemetry: the rules as they were last read, and the turns. `waiting`: how many wait."""

    reading: Reading
    turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))
    waiting: int = 0


class _Wrong(Exception):
    """The body cannot be read; the status says why."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True, slots=True)
class _Kind:
    """A signal of OTLP: how its body is read, and how it is answered."""

    read: Callable[..., Telling]
    answer: Callable[..., bytes]


async def traces(request: Request) -> Response:
    """Take in spans."""
    return await _taken(request, _Kind(read_traces, traces_answer))


async def logs(request: Request) -> Response:
    """Take in log records: the evaluations among them."""
    return await _taken(request, _Kind(read_logs, logs_answer))


ROUTES: tuple[BaseRoute, ...] = (
    Route(TRACES, traces, methods=["POST"], include_in_schema=False),
    Route(LOGS, logs, methods=["POST"], include_in_schema=False),
)
"""Without the framework's reading of bodies. They are no part of the OpenAPI document: OTLP has its own."""


def desk_of(request: Request) -> Desk:
    """The desk of the server that the request came to."""
    kept: Any = request.app.state
    if not hasattr(kept, "telemetry_desk"):
        kept.telemetry_desk = Desk(Reading(serving(request).room))
    found: Desk = kept.telemetry_desk
    return found


async def _taken(request: Request, kind: _Kind) -> Response:
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    as_json = media == _JSON
    try:
        if media not in (_JSON, _PROTOBUF):
            raise _Wrong(415, f"the body must be {_PROTOBUF} or {_JSON}")
        # Who may not come in is sent away before the body is read.
        await run_in_threadpool(caller, asked_by(request), "outcomes")
        done = await _in_turn(request, kind, as_json)
    except _Wrong as wrong:
        return _failed(wrong.status, str(wrong), as_json)
    except HTTPException as error:  # the body is too large
        return _failed(error.status_code, str(error.detail), as_json)
    except CleanroomError as error:
        return _failed(status_of(error), f"{error.message}. {error.hint}".strip(), as_json, headers_of(error))
    return Response(kind.answer(len(done.faults), done.message, as_json=as_json), media_type=_media(as_json))


async def _in_turn(request: Request, kind: _Kind, as_json: bool) -> Taken:
    """Wait for the turn, then read, and keep. Raises Outside where there are too many, or it takes too long."""
    desk = desk_of(request)
    if desk.waiting >= WAITING:
        raise Outside("too much telemetry waits to be kept", "Send it again a little later.")
    desk.waiting += 1
    try:
        async with asyncio.timeout(PATIENCE):
            await desk.turns.acquire()
    except TimeoutError:
        raise Outside("the store is slow just now: nothing was kept", "Send it again a little later.") from None
    finally:
        desk.waiting -= 1
    try:
        body, packed = await request.body(), request.headers.get("content-encoding", "").strip().lower()
        return await run_in_threadpool(
            _keep, request, desk, lambda: kind.read(_unpacked(body, packed), as_json=as_json)
        )
    finally:
        desk.turns.release()


def _keep(request: Request, desk: Desk, read: Callable[[], Telling]) -> Taken:
    done = take(serving(request).room, read(), desk.reading)
    counted = counted_of(request)
    counted.spans(kept=done.new, known=done.known, beside=done.beside, refused=len(done.faults))
    if done.new:
        counted.calls(done.calls)
    return done


def _unpacked(body: bytes, packed: str) -> bytes:
    """The body without its gzip; it may not grow beyond MOST_BYTES. Raises _Wrong."""
    if packed in ("", "identity"):
        return body
    if packed != "gzip":
        raise _Wrong(415, "the body must be packed with gzip, or not at all")
    reader = zlib.decompressobj(wbits=31)
    try:
        unpacked = reader.decompress(body, MOST_BYTES + 1)
    except zlib.error:
        raise _Wrong(400, "the body is no gzip") from None
    if len(unpacked) > MOST_BYTES:
        raise _Wrong(413, f"the body is larger than {MOST_BYTES} bytes when unpacked")
    if not reader.eof:
        raise _Wrong(400, "the body is no whole gzip")
    return unpacked


def _failed(status: int, message: str, as_json: bool, headers: dict[str, str] | None = None) -> Response:
    return Response(status_answer(message, as_json=as_json), status, headers, _media(as_json))


def _media(as_json: bool) -> str:
    return _JSON if as_json else _PROTOBUF
