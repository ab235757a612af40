"""GET /v1/events: what is new in the ledger, as server-sent events. One task asks the ledger, for all who listen.

Other processes write the ledger too, `cleanroom flag kill` among them: this look at its size is how the server hears of it.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request
from fastapi.concurrency import run_in_threadpool
from starlette.responses import StreamingResponse

from cleanroom.core.base import CleanroomError, Outside
from cleanroom.core.ledger import LedgerEntry
from cleanroom.entry.api.doors import Reading, Serving, kept, serving
from cleanroom.entry.api.problems import ALWAYS

router = APIRouter(prefix="/v1", tags=["ledger"], responses=ALWAYS)

EVERY = 0.1
"""Seconds between two looks at the ledger."""

KEPT = 60.0
"""Seconds for which it is looked at after the last question that wants to know (`Feed.keep`)."""

_ALIVE = 15.0  # seconds of silence after which a comment shows that the line still stands
_MOST_LISTENERS = 500
_MOST_ENTRIES = 200  # in one event; who missed more than that loads the page again
_LASTS = 600


class Feed:
    """How large the ledger is and what came last, known to all who listen; it is asked only while somebody does."""

    def __init__(self, server: Serving) -> None:
        self._server = server
        self.size = -1
        self.news = asyncio.Condition()
        self._latest: tuple[int, list[LedgerEntry]] = (-1, [])
        self.readers: list[Callable[[], object]] = []  # run in a thread at each look, before anybody hears of it
        self.hearers: list[Callable[[], object]] = []  # run in the loop after each look, and when the server stops
        self._until = 0.0
        self._listeners = 0
        self._task: asyncio.Task[None] | None = None
        self._hurry = asyncio.Event()

    def check(self) -> None:
        """Raises Outside when nobody else may listen."""
        if self._listeners >= _MOST_LISTENERS:
            raise Outside("too many pages listen to the ledger", "Close some, or look again without live updates.")

    def __enter__(self) -> None:
        self._listeners += 1
        self._begin()

    def __exit__(self, *_: object) -> None:
        self._listeners -= 1

    def keep(self) -> None:
        """Look at the ledger for another minute, whether somebody listens or not."""
        self._until = asyncio.get_running_loop().time() + KEPT
        self._begin()

    def soon(self) -> None:
        """Look now: something was just written here. In the loop."""
        self._hurry.set()

    def _begin(self) -> None:
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._watch())

    async def since(self, seen: int) -> list[LedgerEntry]:
        """The entries after the first `seen`; those that just came are there already."""
        start, entries = self._latest
        return entries if start == seen else await run_in_threadpool(self._read, seen)

    def _read(self, seen: int) -> list[LedgerEntry]:
        return list(self._server.room.store.entries(seen - 1, _MOST_ENTRIES))

    def _look(self) -> tuple[int, list[LedgerEntry]]:
        size = self._server.room.store.size()
        for reader in self.readers:
            reader()
        return size, self._read(self.size) if 0 <= self.size < size else []

    async def _watch(self) -> None:
        loop = asyncio.get_running_loop()
        self._hurry = asyncio.Event()  # of this loop
        while (self._listeners or loop.time() < self._until) and not self._server.stopping():
            try:
                size, entries = await run_in_threadpool(self._look)
            except CleanroomError:
                size, entries = self.size, []  # it will be asked again
            if size != self.size:
                async with self.news:
                    self._latest, self.size = (self.size, entries), size
                    self.news.notify_all()
            for hear in self.hearers:
                hear()
            with suppress(TimeoutError):
                async with asyncio.timeout(EVERY):
                    await self._hurry.wait()
            self._hurry.clear()
        async with self.news:
            self.news.notify_all()
        for hear in self.hearers:
            hear()


def feed_of(request: Request) -> Feed:
    """The one task of the server that looks at the ledger."""
    return kept(request, "feed", lambda: Feed(serving(request)))


_OPENAPI: dict[str, Any] = {
    "description": "Events named `ledger`; the id is the ledger's size.",
    "content": {
        "text/event-stream": {
            "schema": {"type": "string"},
            "example": 'id: 12\nevent: ledger\ndata: {"size": 12, "entries": [{"index": 11, "kind": "approved", '
            '"subject": "change/checkout"}], "more": false}\n\n',
        }
    },
}


@router.get("/events", response_class=StreamingResponse, responses={200: _OPENAPI})
async def events(
    room: Reading,
    request: Request,
    last_event_id: Annotated[str, Header(max_length=20)] = "",
    seconds: Annotated[float, Query(ge=0, le=_LASTS, description="How long to listen, at most.")] = _LASTS,
) -> StreamingResponse:
    """Tell what is new in the ledger, as it comes. Ends after ten minutes at most: browsers then ask, and prove, anew."""
    server = serving(request)
    feed = feed_of(request)
    feed.check()
    known = last_event_id.isascii() and last_event_id.isdigit()
    seen = int(last_event_id) if known else await run_in_threadpool(room.store.size)
    stream = _stream(feed, server, seen, seconds)
    return StreamingResponse(stream, media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})


async def _stream(feed: Feed, server: Serving, seen: int, seconds: float) -> AsyncIterator[str]:
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    yield "retry: 2000\n\n"
    with feed:
        while not server.stopping():
            if feed.size > seen:
                entries = await feed.since(seen)
                seen = max(feed.size, entries[-1].index + 1 if entries else 0)
                yield _event(seen, entries)
            left = end - loop.time()
            if left <= 0:
                return
            if not await _woken(feed, seen, min(left, _ALIVE)) and left > _ALIVE:
                yield ": still here\n\n"


async def _woken(feed: Feed, seen: int, seconds: float) -> bool:
    """Wait for news, or for the server to stop; False when there were none in that time."""
    try:
        async with asyncio.timeout(seconds), feed.news:
            if feed.size <= seen:
                await feed.news.wait()
    except TimeoutError:
        return False
    return True


def _event(size: int, entries: list[LedgerEntry]) -> str:
    lines = [{"index": e.index, "kind": e.fact.kind, "subject": e.subject} for e in entries]
    more = bool(entries) and entries[-1].index + 1 < size
    data = json.dumps({"size": size, "entries": lines, "more": more}, ensure_ascii=True)
    return f"id: {size}\nevent: ledger\ndata: {data}\n\n"
