"""/ofrep/v1: the OpenFeature Remote Evaluation Protocol 0.3. Every OpenFeature SDK can ask the flags here.

Source: open-feature/protocol, service/openapi.yaml, and its decision record 8 on event streams.
"""

from __future__ import annotations

import asyncio
import hmac
import json
from collections.abc import AsyncIterator
from functools import lru_cache
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from starlette.responses import StreamingResponse
from starlette.routing import BaseRoute, Route

from cleanroom.core.base import CleanroomError, Outside, micros
from cleanroom.core.flags import ErrorCode, Evaluation
from cleanroom.entry.api.doors import Serving, serving
from cleanroom.entry.api.flag_cache import FlagCache, cache_of, etag_of, matches
from cleanroom.entry.api.limits import TooMany
from cleanroom.entry.api.ofrep_shape import ALL_FLAGS, ONE_FLAG, STREAM
from cleanroom.entry.api.problems import NotSignedIn, headers_of, problems, status_of
from cleanroom.ports.accounts import Token

router = APIRouter(prefix="/ofrep/v1", tags=["OpenFeature"])

EVENTS = "/ofrep/v1/events"

_JSON = "application/json"
_ALIVE = 15.0  # seconds of silence after which a comment shows that the line still stands
_LASTS = 3600.0
_MOST_STREAMS = 10_000
_STREAM = b"cleanroom: the event stream of flags"


class _Wrong(Exception):
    """The request cannot be answered."""

    def __init__(self, code: ErrorCode, details: str) -> None:
        super().__init__(details)
        self.code = code


async def evaluate_one(request: Request) -> Response:
    """Evaluate one flag for a context."""
    cache, key = cache_of(request), request.path_params["key"]
    try:
        known = await cache.current()
        await cache.let_in(request, known)
        context = _context(await request.body())
    except CleanroomError as error:
        return _refused(error, key)
    except _Wrong as wrong:
        return _json(400, {"key": key, "errorCode": wrong.code, "errorDetails": str(wrong)})
    found = cache.answer(known, key, context, _seconds(request))
    return _json(404 if found.error == "FLAG_NOT_FOUND" else 200 if found.error is None else 400, _told(found))


async def evaluate_all(request: Request) -> Response:
    """Evaluate all flags for a context; 304 as long as no answer differs."""
    cache = cache_of(request)
    try:
        # The tag that an event named may be newer than what this server has, where several serve one ledger.
        known = await cache.current(request.query_params.get("flagConfigEtag"))
        token = await cache.let_in(request, known)
        context = _context(await request.body())
    except CleanroomError as error:
        return _refused(error)
    except _Wrong as wrong:
        return _json(400, {"errorCode": wrong.code, "errorDetails": str(wrong)})
    at = _seconds(request)
    answers = [_told(cache.answer(known, key, context, at)) for key in known.shown]
    stream = {"type": "sse", "endpoint": {"requestUri": _stream_uri(token)}}
    body = _text({"flags": answers, "eventStreams": [stream]})
    etag = etag_of(body)
    if matches(request.headers.get("if-none-match", ""), etag):
        return Response(status_code=304, headers={"ETag": etag})
    return Response(body, media_type=_JSON, headers={"ETag": etag})


EVALUATIONS: tuple[BaseRoute, ...] = (
    Route(ONE_FLAG, evaluate_one, methods=["POST"], include_in_schema=False),
    Route(ALL_FLAGS, evaluate_all, methods=["POST"], include_in_schema=False),
)
"""Without the framework's reading of parameters and bodies, which costs more than the evaluation: after a kill all ask."""


@router.get("/events", openapi_extra=STREAM, response_class=StreamingResponse, responses=problems(422))
async def events(
    request: Request,
    ticket: Annotated[str, Query(max_length=200, description="As the bulk evaluation names it.")] = "",
    last_event_id: Annotated[str, Header(max_length=200)] = "",
    seconds: Annotated[float, Query(ge=0, le=_LASTS, description="How long to listen, at most.")] = _LASTS,
) -> Response:
    """Tell that flags have changed, so that clients ask anew. Ends after an hour at most."""
    cache, server = cache_of(request), serving(request)
    try:
        known = await cache.current()
        if ticket:
            await run_in_threadpool(_check_ticket, server, ticket)
        else:
            await cache.let_in(request, known)
        if cache.streams >= _MOST_STREAMS:
            raise Outside("too many clients listen for flags", "Poll the bulk evaluation instead.")
    except CleanroomError as error:
        return _refused(error)
    stream = _stream(cache, server, last_event_id, seconds)
    return StreamingResponse(stream, media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})


async def _stream(cache: FlagCache, server: Serving, seen: str, seconds: float) -> AsyncIterator[bytes]:
    """Who comes without the id of an event may have missed one since they asked: they are told to ask at once."""
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    cache.streams += 1
    try:
        yield b"retry: 1000\n\n"
        while not server.stopping():
            changed = cache.changed  # before the look: what comes between is not missed
            etag = (await cache.current()).etag
            if etag != seen:
                seen = etag
                yield _refetch(etag)
            left = end - loop.time()
            if left <= 0:
                return
            try:
                async with asyncio.timeout(min(left, _ALIVE)):
                    await changed.wait()
            except TimeoutError:
                yield b": still here\n\n"
    finally:
        cache.streams -= 1


@lru_cache(maxsize=8)
def _refetch(etag: str) -> bytes:
    """The event that all who listen are sent."""
    data = json.dumps({"type": "refetchEvaluation", "etag": etag})
    return f"id: {etag}\nevent: message\ndata: {data}\n\n".encode()


def _stream_uri(token: Token | None) -> str:
    """Browsers send no header to a stream: the address carries a ticket, which opens nothing else and ends with the token.

    It stays the same from start to start, so that clients that come back are let in.
    """
    return EVENTS if token is None else f"{EVENTS}?ticket={token.id}.{_ticket(token)}"


def _ticket(token: Token) -> str:
    return hmac.digest(token.secret, _STREAM, "sha256").hex()


def _check_ticket(server: Serving, ticket: str) -> None:
    """Raises NotSignedIn unless the ticket's token still works."""
    id, _, proof = ticket.partition(".")
    fit = id.isascii() and id.isalnum() and len(id) <= 32
    token = server.room.accounts.token(id) if fit else None
    if token is None or not hmac.compare_digest(proof.encode(), _ticket(token).encode()):
        raise NotSignedIn
    if token.revoked is not None or token.expires <= server.room.clock.now():
        raise NotSignedIn


def _context(body: bytes) -> dict[str, Any]:
    """The context that a body holds. Raises _Wrong."""
    try:
        data = json.loads(body) if body else {}
    except (ValueError, RecursionError):
        raise _Wrong("PARSE_ERROR", "the body is no JSON") from None
    context = data.get("context", {}) if isinstance(data, dict) else None
    if context is None and isinstance(data, dict):
        context = {}
    if not isinstance(context, dict):
        raise _Wrong("INVALID_CONTEXT", "the body is an object with an object 'context'")
    if not isinstance(context.get("targetingKey", ""), str):
        raise _Wrong("INVALID_CONTEXT", "the targeting key is not text")
    return context


def _told(found: Evaluation) -> dict[str, Any]:
    """As the protocol says it. An error has no value: the caller's own default is the safe variant."""
    if found.error is not None:
        said = {"key": found.key, "errorCode": found.error, "errorDetails": found.details, "reason": found.reason}
        return said | ({"variant": found.variant, "metadata": found.metadata} if found.variant else {})
    return {
        "key": found.key,
        "value": found.value,
        "reason": found.reason,
        "variant": found.variant,
        "metadata": found.metadata,
    }


def _refused(error: CleanroomError, key: str | None = None) -> Response:
    """Never 429: clients would pause, and miss a kill. Who sent too many wrong tokens is not known here."""
    if isinstance(error, TooMany):
        error = NotSignedIn()
    said: dict[str, Any] = {} if key is None else {"key": key}
    said |= {"errorCode": "GENERAL", "errorDetails": f"{error.message}. {error.hint}".strip()}
    return _json(status_of(error), said, headers_of(error))


def _json(status: int, content: dict[str, Any], headers: dict[str, str] | None = None) -> Response:
    return Response(_text(content), status, headers, _JSON)


def _text(content: dict[str, Any]) -> bytes:
    """10.0 stays 10.0: callers tell floats from whole numbers."""
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def _seconds(request: Request) -> int:
    return micros(serving(request).room.clock.now()) // 1_000_000
