"""Which flags did the server tell last, and how long ago? A copy in this process, kept new by a thread of its own."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from threading import Event, Thread
from time import monotonic
from typing import Any, Literal

from cleanroom.codec.flags import Told, read_told
from cleanroom.core.base import CleanroomError, Outside, micros
from cleanroom.core.flags import Evaluation, evaluate, not_found, stale
from cleanroom.entry.sdk.wire import Wire
from cleanroom.ports.clock import Clock

LOG = logging.getLogger("cleanroom.sdk")

FLAGS, EVENTS = "/v1/flags", "/ofrep/v1/events"

_SLOWEST = 5.0  # seconds between two tries while the server is away
_SILENCE = 40.0  # a stream that says nothing for so long is dead: it speaks every 15 seconds
_BETWEEN = 60.0  # with a stream the flags are asked all the same, so that a silent server is noticed


@dataclass(frozen=True, slots=True)
class Settings:
    """`every`: seconds between two polls. `oldest`: seconds after which a copy that nobody confirmed serves the safe variants.

    `stream`: hear of changes by an event stream instead of by polling.
    """

    every: float = 1.0
    oldest: float = 300.0
    stream: bool = False


@dataclass(frozen=True, slots=True)
class _Kept:
    flags: Mapping[str, Told]
    etag: str
    timed: bool  # does a rule read the time?


News = Literal["ready", "changed", "stale"]


class Copy:
    """The flags as the server told them. `hears` is told of news, in the copy's own thread."""

    def __init__(
        self, wire: Wire, clock: Clock, settings: Settings, prepare: Callable[[Mapping[str, Told]], None]
    ) -> None:
        self.hears: list[Callable[[News], None]] = []
        self._wire, self._clock, self._settings, self._prepare = wire, clock, settings, prepare
        self._kept: _Kept | None = None
        self._confirmed = 0.0
        self._stale = False
        self._stop, self._first = Event(), Event()
        self._thread = Thread(target=self._run, name="cleanroom-flags", daemon=True)
        self._told = ""

    def start(self) -> None:
        """Begin to listen."""
        self._thread.start()

    def close(self) -> None:
        """Stop listening; what is known can still be asked, until it is too old."""
        self._stop.set()

    def join(self, seconds: float) -> None:
        """Wait for the thread to end."""
        self._thread.join(seconds)

    def wait(self, seconds: float) -> bool:
        """Wait for the first answer of the server; was there one?"""
        return self._first.wait(seconds)

    @property
    def ready(self) -> bool:
        """Did the server ever answer?"""
        return self._kept is not None

    def told(self, key: str) -> Told | None:
        """The flag as the server told it."""
        return None if self._kept is None else self._kept.flags.get(key)

    def evaluation(self, key: str, context: Any) -> Evaluation | None:
        """What the flag says; None before the server ever answered. Never raises, and asks nobody."""
        kept = self._kept
        if kept is None:
            return None
        told = kept.flags.get(key)
        if told is None:
            return not_found(key)
        if monotonic() - self._confirmed > self._settings.oldest:
            return stale(told.flag, "the server has not confirmed the flag for too long")
        at = micros(self._clock.now()) // 1_000_000 if kept.timed else None
        return evaluate(told.flag, context, at)

    # --- the thread ----------------------------------------------------------------------------------------

    def _run(self) -> None:
        pause = self._settings.every
        while not self._stop.is_set():
            try:
                self._ask()
                pause = self._settings.every
                if self._settings.stream:
                    self._listen()
            except CleanroomError as error:
                self._say(error.message)
                pause = min(max(pause * 1.5, self._settings.every), max(_SLOWEST, self._settings.every))
            except Exception:
                LOG.exception("flags: an error of ours")  # the thread goes on: a copy that nobody renews is of no use
                pause = _SLOWEST
            self._look_at_age()
            self._stop.wait(pause)

    def _ask(self) -> None:
        asked = monotonic()
        answer = self._wire.get(FLAGS, self._kept.etag if self._kept else "")
        match answer.status:
            case 200:
                self._take(answer.body, answer.etag)
            case 304 if self._kept is not None:
                pass
            case status:
                raise Outside(f"the server says {status}", "See docs/sdk.md.")
        self._confirmed, self._told = asked, ""  # as old as the question, not as the answer
        if not self._first.is_set():
            self._first.set()
            self._news("ready")
        elif self._stale:
            self._news("ready")
        self._stale = False

    def _take(self, body: bytes, etag: str) -> None:
        try:
            heard = read_told(body)
        except (ValueError, RecursionError) as error:
            raise Outside(f"the server's flags cannot be read: {error}"[:200], "Upgrade the SDK.") from error
        for key, why in heard.unread.items():
            LOG.warning("flag %s cannot be read by this release: %s", key, why)
        self._prepare(heard.flags)  # before they are served: what a variant names shall be there
        first, self._kept = self._kept is None, _Kept(heard.flags, etag, b"$flagd" in body)
        self._confirmed = monotonic()
        if not first:
            self._news("changed")

    def _listen(self) -> None:
        with self._wire.lines(EVENTS, _SILENCE) as lines:
            for line in lines:
                if self._stop.is_set():
                    return
                if line.startswith("data:") or monotonic() - self._confirmed > _BETWEEN:
                    self._ask()

    def _look_at_age(self) -> None:
        if self.ready and not self._stale and monotonic() - self._confirmed > self._settings.oldest:
            self._stale = True
            self._news("stale")

    def _news(self, news: News) -> None:
        for hear in self.hears:
            hear(news)

    def _say(self, message: str) -> None:
        if message != self._told:  # once, not every second
            LOG.warning("flags: %s", message)
        self._told = message
