"""/v1/traces and /v1/logs: OTLP over HTTP. Every OpenTelemetry SDK is a client.

An answer of 200 is given when all is on the disk. While the store is slow or full, it is 503 with Retry-After, and nothing of
the request is half kept: exporters send it again, and what was kept is known by its id.
"""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from fastapi import Request, Response
from fastapi.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute, Route

from cleanroom.app.telemetry.rules import Reading
from cleanroom.app.telemetry.take import Taken, take
from cleanroom.core.base import CleanroomError, Outside
from cleanroom.core.telemetry.told import Telling
from cleanroom.entry.api.doors import asked_by, caller, kept, serving
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

BODY_WITHIN = 30.0
"""Seconds within which the whole body must have come."""

MOST_HELD = 256 * 1024 * 1024
"""Bytes of bodies, as they were sent, that are held at once: they are read before their turn."""

MOST_MEMBERS = 64
"""Members of a gzip: what is behind each of them is copied."""

_JSON, _PROTOBUF = "application/json", "application/x-protobuf"


@dataclass(slots=True)
class Desk:
    """What one server has for telemetry: the rules as they were last read, and the turns.

    `waiting`: how many wait; `held`: bytes of bodies that were read, and are not kept yet.
    """

    reading: Reading
    turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))
    waiting: int = 0
    held: int = 0


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
    return kept(request, "telemetry_desk", lambda: Desk(Reading(serving(request).room)))


async def _taken(request: Request, kind: _Kind) -> Response:
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    as_json = media == _JSON
    try:
        if media not in (_JSON, _PROTOBUF):
            raise _Wrong(415, f"the body must be {_PROTOBUF} or {_JSON}")
        # Who may not come in is sent away before the body is read.
        await run_in_threadpool(caller, asked_by(request), "outcomes")
        desk = desk_of(request)
        async with _body(request, desk) as body:
            done = await _in_turn(request, desk, lambda: _read(request, kind, body, as_json))
    except _Wrong as wrong:
        return _failed(wrong.status, str(wrong), as_json, {"Connection": "close"} if wrong.status == 408 else None)
    except HTTPException as error:  # the body is too large
        return _failed(error.status_code, str(error.detail), as_json)
    except CleanroomError as error:
        return _failed(status_of(error), f"{error.message}. {error.hint}".strip(), as_json, headers_of(error))
    return Response(kind.answer(len(done.faults), done.message, as_json=as_json), media_type=_media(as_json))


@asynccontextmanager
async def _body(request: Request, desk: Desk) -> AsyncIterator[bytes]:
    """The whole body. It takes no turn: a sender that stalls holds up nobody else. Raises _Wrong, and Outside for too many."""
    parts: list[bytes] = []
    size = 0
    try:
        try:
            async with asyncio.timeout(BODY_WITHIN):
                async for part in request.stream():
                    size, desk.held = size + len(part), desk.held + len(part)
                    if desk.held > MOST_HELD:
                        raise Outside("too much telemetry waits to be kept", "Send it again a little later.")
                    parts.append(part)
        except TimeoutError:
            raise _Wrong(408, f"the body did not come within {BODY_WITHIN:g} seconds; nothing was kept") from None
        yield b"".join(parts)
    finally:
        desk.held -= size


async def _in_turn(request: Request, desk: Desk, read: Callable[[], Telling]) -> Taken:
    """Wait for the turn, then read, and keep. Raises Outside where there are too many, or it takes too long."""
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
        return await run_in_threadpool(_keep, request, desk, read)
    finally:
        desk.turns.release()


def _keep(request: Request, desk: Desk, read: Callable[[], Telling]) -> Taken:
    done = take(serving(request).room, read(), desk.reading)
    counted = counted_of(request)
    counted.spans(kept=done.new, known=done.known, beside=done.beside, refused=len(done.faults))
    if done.new:
        counted.calls(done.calls)
    return done


def _read(request: Request, kind: _Kind, body: bytes, as_json: bool) -> Telling:
    packed = request.headers.get("content-encoding", "").strip().lower()
    return kind.read(_unpacked(body, packed), as_json=as_json)


def _unpacked(body: bytes, packed: str) -> bytes:
    """The body without its gzip, of one member or several; it may not grow beyond MOST_BYTES. Raises _Wrong."""
    if packed in ("", "identity"):
        return body
    if packed != "gzip":
        raise _Wrong(415, "the body must be packed with gzip, or not at all")
    parts: list[bytes] = []
    left = MOST_BYTES
    for _ in range(MOST_MEMBERS):
        reader = zlib.decompressobj(wbits=31)
        try:
            parts.append(reader.decompress(body, left + 1))
        except zlib.error:
            raise _Wrong(400, f"the body is no gzip{', from some place on' if parts else ''}") from None
        left -= len(parts[-1])
        if left < 0:
            raise _Wrong(413, f"the body is larger than {MOST_BYTES} bytes when unpacked")
        if not reader.eof:
            raise _Wrong(400, "the body is no whole gzip")
        body = reader.unused_data
        if not body:
            return b"".join(parts)
    raise _Wrong(400, f"the body is a gzip of more than {MOST_MEMBERS} members")


def _failed(status: int, message: str, as_json: bool, headers: dict[str, str] | None = None) -> Response:
    return Response(status_answer(message, as_json=as_json), status, headers, _media(as_json))


def _media(as_json: bool) -> str:
    return _JSON if as_json else _PROTOBUF
