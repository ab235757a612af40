"""GET /metrics: what this server counted, and how things stand, for Prometheus. A token of the scope `read` opens it."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from prometheus_client.exposition import choose_encoder

from cleanroom.entry.api.counted import Counted
from cleanroom.entry.api.doors import Reading, kept, serving
from cleanroom.entry.api.problems import ALWAYS, problems
from cleanroom.entry.api.stands import Stands

router = APIRouter(tags=["telemetry"], responses=ALWAYS)

_SAID: dict[str, Any] = {
    "content": {"text/plain": {"schema": {"type": "string"}}},
    "description": "Prometheus' text format.",
}


@router.get("/metrics", response_class=Response, responses={200: _SAID, **problems(401, 403, 429)})
async def metrics(request: Request, _room: Reading) -> Response:
    """What came in since the server started: requests, errors, tokens, cost, latency, flags of detectors, user events; and how
    alerts, SLOs and sensors stand.
    """
    encode, kind = choose_encoder(request.headers.get("accept", ""))
    body = await run_in_threadpool(encode, counted_of(request).registry)
    return Response(body, media_type=None, headers={"Content-Type": kind})


def counted_of(request: Request) -> Counted:
    """The counters of the server that the request came to."""

    def make() -> Counted:
        made = Counted()
        made.registry.register(Stands(serving(request).room))
        return made

    return kept(request, "counted", make)
