"""A channel that keeps what it was given, for tests; and one that fails as it is told."""

from __future__ import annotations

from collections.abc import Sequence

from cleanroom.core.base import CleanroomError
from cleanroom.ports.outbox import Message


class MemoryNotifier:
    """The Notifier port over a list. `failures` are raised first, one a try."""

    def __init__(self, name: str = "memory", failures: Sequence[CleanroomError] = ()) -> None:
        self.name = name
        self.sent: list[Message] = []
        self._failures = list(failures)

    def send(self, message: Message) -> None:
        """Keep it, or fail."""
        if self._failures:
            raise self._failures.pop(0)
        self.sent.append(message)
