"""How do outcomes reach the server? Kept in bounded memory, sent in batches by a thread, again until they are taken."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Sequence
from itertools import islice
from threading import Condition, Event, Thread
from time import monotonic
from typing import Any

from cleanroom.core.base import Outside, plain
from cleanroom.core.outcome import Outcome
from cleanroom.entry.sdk.wire import Wire

LOG = logging.getLogger("cleanroom.sdk")

PATH = "/v1/outcomes"
BATCH = 500
MOST = 10_000
"""Outcomes that wait at most; beyond that the oldest are dropped, and counted."""

EVERY = 1.0
_SLOWEST, _LEAST = 30.0, 0.2
_LATER = (408, 425, 429)


class Outcomes:
    """What waits to be sent. Each has an id of its own, so that what is sent twice counts once."""

    def __init__(self, wire: Wire, most: int = MOST, every: float = EVERY) -> None:
        self.dropped = 0
        self.refused = 0
        self.sent = 0
        self._wire, self._most, self._every = wire, most, every
        self._waiting: deque[Outcome] = deque()
        self._news = Condition()
        self._hurry, self._stop = False, Event()
        self._thread = Thread(target=self._run, name="cleanroom-outcomes", daemon=True)
        self._begun = False

    def add(self, outcome: Outcome) -> None:
        """Have it sent; returns at once."""
        with self._news:
            if len(self._waiting) >= self._most:
                self._waiting.popleft()
                self.dropped += 1
                if self.dropped == 1 or self.dropped % self._most == 0:
                    LOG.warning("outcomes: %d dropped, since the server takes none", self.dropped)
            self._waiting.append(outcome)
            if not self._begun:
                self._begun = True
                self._thread.start()
            if len(self._waiting) >= BATCH:
                self._news.notify_all()

    def flush(self, seconds: float) -> bool:
        """Wait until all that waits was taken; False where it was not in that time."""
        end = monotonic() + seconds
        with self._news:
            while self._waiting and self._thread.is_alive():
                left = end - monotonic()
                if left <= 0:
                    return False
                self._hurry = True
                self._news.notify_all()
                self._news.wait(min(left, 0.1))
            return not self._waiting

    def close(self, seconds: float) -> bool:
        """Send what waits, then stop; False where something was left."""
        done = self.flush(seconds)
        self._stop.set()
        with self._news:
            self._hurry = True
            self._news.notify_all()
        if self._begun:
            self._thread.join(seconds)
        return done

    # --- the thread ----------------------------------------------------------------------------------------

    def _run(self) -> None:
        pause, failed = self._every, False
        while not self._stop.is_set():
            batch = self._batch(pause, failed)
            try:
                if batch:
                    self._send(batch)
                pause, failed = self._every, False
            except Outside as error:
                LOG.warning("outcomes: %s", error.message)
                pause, failed = min(pause * 2, _SLOWEST), True
            except Exception:
                LOG.exception("outcomes: an error of ours")  # the thread goes on: what waits must not wait for good
                pause, failed = _SLOWEST, True
            if failed:
                self._stop.wait(_LEAST)  # also for those in a hurry

    def _batch(self, pause: float, failed: bool) -> list[Outcome]:
        with self._news:
            self._news.wait_for(lambda: self._hurry or (not failed and len(self._waiting) >= BATCH), pause)
            self._hurry = False
            return list(islice(self._waiting, BATCH))

    def _send(self, batch: Sequence[Outcome]) -> None:
        answer = self._wire.post(PATH, [_data(outcome) for outcome in batch])
        if answer.status // 100 == 2:
            self.sent += len(batch)
        elif answer.status // 100 == 4 and answer.status not in (401, 403, 404, *_LATER):
            if len(batch) > 1:  # one of them is wrong: the others shall not suffer
                half = len(batch) // 2
                self._send(batch[:half])
                self._send(batch[half:])
                return
            self.refused += 1
            LOG.warning("outcome %s was refused with %d: %s", batch[0].id, answer.status, answer.body[:200])
        else:
            raise Outside(f"the server says {answer.status}", "They are sent again.")
        self._done(batch)

    def _done(self, batch: Sequence[Outcome]) -> None:
        """Take them off, unless they were dropped meanwhile to make room."""
        with self._news:
            sent = {outcome.id for outcome in batch}
            while self._waiting and self._waiting[0].id in sent:
                self._waiting.popleft()
            self._news.notify_all()


def _data(outcome: Outcome) -> dict[str, Any]:
    data: dict[str, Any] = plain(outcome)
    return data
