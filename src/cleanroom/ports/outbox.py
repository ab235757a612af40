"""What is still to be told to the outside? Messages that are kept until they were delivered, or given up on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from cleanroom.core.base import Instant


@dataclass(frozen=True, slots=True)
class Message:
    """Something for a channel of cleanroom.toml. `key` makes it unique: posting it twice is the same as once.

    `tries` so far; `due`: not before that moment; `failed`: what went wrong last; `gave_up`: no more tries.
    """

    key: str
    channel: str
    title: str
    body: str
    made: Instant
    due: Instant
    tries: int = 0
    failed: str = ""
    gave_up: bool = False


class Outbox(Protocol):
    """Safe to use from several threads and processes. Every method raises Outside when the store fails."""

    def post(self, message: Message) -> bool:
        """Keep a message until it is delivered; False when there is or was one with its key."""
        ...

    def due(self, now: Instant, lease: Instant, limit: int = 20) -> tuple[Message, ...]:
        """Messages to try now, oldest first, put off until `lease`, so that no other process tries them meanwhile."""
        ...

    def delivered(self, key: str, at: Instant) -> None:
        """It arrived."""
        ...

    def put_off(self, key: str, due: Instant | None, failed: str) -> None:
        """It did not arrive: try again at `due`, or give up where that is None."""
        ...

    def again(self, key: str, due: Instant) -> bool:
        """Have a message that was given up on tried once more, as if it had not been tried yet; False where there is none."""
        ...

    def waiting(self) -> tuple[Message, ...]:
        """What is not delivered, given up or not, oldest first."""
        ...
