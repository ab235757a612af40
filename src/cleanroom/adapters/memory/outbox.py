"""An outbox that lives as long as the process."""

from __future__ import annotations

from dataclasses import replace
from threading import Lock

from cleanroom.adapters.valid_text import check_text
from cleanroom.core.base import Instant
from cleanroom.ports.outbox import Message


class MemoryOutbox:
    """The Outbox port over a dict; what was delivered leaves its key."""

    def __init__(self) -> None:
        self._messages: dict[str, Message] = {}
        self._delivered: set[str] = set()
        self._lock = Lock()

    def post(self, message: Message) -> bool:
        """Keep a message until it is delivered; False when there is or was one with its key."""
        check_text(message.key, message.channel, message.title, message.body, message.failed)
        with self._lock:
            if message.key in self._messages or message.key in self._delivered:
                return False
            self._messages[message.key] = message
        return True

    def due(self, now: Instant, lease: Instant, limit: int = 20) -> tuple[Message, ...]:
        """Messages to try now, oldest first, put off until `lease`."""
        with self._lock:
            ready = [m for m in self._oldest_first() if not m.gave_up and m.due <= now][:limit]
            taken = tuple(replace(m, due=lease) for m in ready)
            self._messages.update((m.key, m) for m in taken)
        return taken

    def delivered(self, key: str, at: Instant) -> None:  # noqa: ARG002
        """It arrived."""
        with self._lock:
            if self._messages.pop(key, None) is not None:
                self._delivered.add(key)

    def put_off(self, key: str, due: Instant | None, failed: str) -> None:
        """It did not arrive: try again at `due`, or give up where that is None."""
        check_text(failed)
        with self._lock:
            message = self._messages.get(key)
            if message is not None:
                later = message.made if due is None else due
                self._messages[key] = replace(
                    message, due=later, failed=failed, tries=message.tries + 1, gave_up=due is None
                )

    def again(self, key: str, due: Instant) -> bool:
        """Have a message that was given up on tried once more."""
        with self._lock:
            message = self._messages.get(key)
            if message is None or not message.gave_up:
                return False
            self._messages[key] = replace(message, due=due, tries=0, gave_up=False)
            return True

    def waiting(self) -> tuple[Message, ...]:
        """What is not delivered, given up or not, oldest first."""
        with self._lock:
            return self._oldest_first()

    def _oldest_first(self) -> tuple[Message, ...]:
        return tuple(sorted(self._messages.values(), key=lambda m: (m.made, m.key)))
