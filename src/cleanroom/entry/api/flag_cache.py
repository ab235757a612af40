"""What does this server know of the flags and of the tokens that ask them? In its memory, as new as its last look.

An evaluation reads nothing: one task looks at the ledger's size every 0.1 s (entry/api/events.py) and has this memory brought
up to date where it grew, whichever process wrote. A token that was let in is not looked up again until a token is revoked or
made, or half a minute has gone.
"""

from __future__ import annotations

import asyncio
import hashlib
import math
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from time import monotonic

from fastapi import Request
from fastapi.concurrency import run_in_threadpool

from cleanroom.app import access
from cleanroom.app.flags import Flags, Shown
from cleanroom.codec.flags import Serves, Told, told_json
from cleanroom.core.base import CleanroomError, Outside
from cleanroom.core.flags import Evaluation, evaluate, not_found, stale
from cleanroom.core.progress.served import is_of
from cleanroom.core.progress.state import start_of
from cleanroom.entry.api.doors import Serving, asked_by, caller, kept, serving, token_of
from cleanroom.entry.api.events import Feed, feed_of
from cleanroom.entry.api.problems import NotSignedIn
from cleanroom.ports.accounts import Token

LONGEST = 300.0
"""Seconds without a look at the ledger after which the safe variant is served."""

_CONFIRMED = 5.0  # seconds without a look after which nobody may take a copy for fresh
_FRESH = 0.5  # seconds for which a look is good enough
_PATIENCE = 0.25  # seconds that a request waits for a look that is slow, where something is known already
_TOKEN_LASTS = 30.0
_MOST_TOKENS = 4096
_NOBODY: tuple[None, int, float] = (None, 0, 0.0)


@dataclass(frozen=True, slots=True)
class Known:
    """The flags by their keys, in order. `body`: as the SDK is told, `etag` of that. `people`: the version of who is who."""

    shown: Mapping[str, Shown]
    body: bytes
    etag: str
    people: int


class FlagCache:
    """The flags of one server. All but `look` is of its event loop."""

    def __init__(self, server: Serving, feed: Feed) -> None:
        self._room, self._feed, self._stopping = server.room, feed, server.stopping
        self._flags = Flags(server.room.store)
        self._known: Known | None = None
        self._looked = -math.inf
        self._looking: asyncio.Task[None] | None = None
        self.streams = 0
        self._heard = ""
        self._changed = asyncio.Event()
        self._tokens: OrderedDict[bytes, tuple[Token, int, float]] = OrderedDict()
        feed.readers.append(self.look)
        feed.hearers.append(self._hear)

    async def current(self, etag: str | None = None) -> Known:
        """What is known, looked at within the last half second where the ledger can be read; `etag`: unless it is of that one.

        Raises Outside while nothing was ever read.
        """
        self._feed.keep()
        known = self._known
        if known is None or self.age() > _FRESH or (etag is not None and etag != known.etag):
            if self._looking is None or self._looking.done():
                self._looking = asyncio.create_task(run_in_threadpool(self._try))
            await asyncio.wait({self._looking}, timeout=None if known is None else _PATIENCE)
            self._hear()
            known = self._known
        if known is None:
            raise Outside("the flags cannot be read just now", "Ask again; /readyz says whether the ledger answers.")
        return known

    def age(self) -> float:
        """Seconds since the ledger was looked at."""
        return monotonic() - self._looked

    def check_confirmed(self) -> None:
        """Raises Outside where what is known may be old: whoever keeps a copy shall not take it for fresh."""
        if self.age() > _CONFIRMED:
            raise Outside("the flags cannot be read just now", "What you have stays good for as long as you said.")

    def answer(self, known: Known, key: str, context: object, at: int) -> Evaluation:
        """What the flag says, or the safe variant where nothing was heard for too long."""
        shown = known.shown.get(key)
        if shown is None:
            return not_found(key)
        if self.age() > LONGEST:
            return stale(shown.flag, "the server cannot read its ledger")
        return evaluate(shown.flag, context, at)

    @property
    def changed(self) -> asyncio.Event:
        """Set once the flags are no longer what they are now, or the server stops."""
        return self._changed

    def look(self) -> None:
        """Read what is new; in a thread. Raises CleanroomError."""
        began, known = monotonic(), self._known
        shown = self._flags.look()
        people = self._room.store.version(access.PEOPLE)
        if known is None or known.shown is not shown:
            body = told_json(Told(s.flag, _serves(s)) for s in shown.values())
            self._known = Known(shown, body, etag_of(body), people)
        elif known.people != people:
            self._known = Known(shown, known.body, known.etag, people)
        self._looked = began

    def _try(self) -> None:
        try:
            self.look()
        except CleanroomError:
            return  # how long ago the last look was says what to do

    def _hear(self) -> None:
        etag = "" if self._known is None else self._known.etag
        if etag != self._heard or self._stopping():
            self._heard, before, self._changed = etag, self._changed, asyncio.Event()
            before.set()

    # --- who asks ------------------------------------------------------------------------------------------

    async def let_in(self, request: Request, known: Known) -> Token | None:
        """The token that the request came with, None for a session. Raises NotSignedIn, Stranger, Refused, TooMany."""
        text = sent_token(request)
        if text is None:
            await run_in_threadpool(caller, asked_by(request), "flags")
            return None
        name, now = access.hashed(text), monotonic()
        token, people, until = self._tokens.get(name, _NOBODY)
        if token is None or people != known.people or until < now or token.expires <= self._room.clock.now():
            token = await run_in_threadpool(token_of, request, text, "flags")
            self._tokens[name] = (token, known.people, now + _TOKEN_LASTS)
            self._tokens.move_to_end(name)
            while len(self._tokens) > _MOST_TOKENS:
                self._tokens.popitem(last=False)
        return token


def sent_token(request: Request) -> str | None:
    """The text of the token in `Authorization: Bearer` or `X-API-Key`. Raises NotSignedIn for another authorization."""
    header = request.headers.get("authorization")
    if header is None:
        return request.headers.get("x-api-key")
    kind, _, text = header.partition(" ")
    if kind.lower() != "bearer":
        raise NotSignedIn
    return text


def cache_of(request: Request) -> FlagCache:
    """The memory of the server that the request came to."""
    return kept(request, "flag_cache", lambda: FlagCache(serving(request), feed_of(request)))


def etag_of(body: bytes) -> str:
    """A strong entity tag: the same where the bytes are, another where they are not."""
    return f'"{hashlib.sha256(body).hexdigest()[:32]}"'


def matches(header: str, etag: str) -> bool:
    """Does If-None-Match name that tag (RFC 9110, 13.1.2)? `*` names none: who has nothing to go on with needs an answer."""
    return etag in (part.strip().removeprefix("W/") for part in header.split(","))


def _serves(shown: Shown) -> Serves | None:
    split = shown.flag.split
    if shown.rollout is None or split is None or not is_of(shown.rollout, shown.standing):
        return None
    start = start_of(shown.rollout)
    return Serves(start.name, start.run, start.artifact, split.candidate)
