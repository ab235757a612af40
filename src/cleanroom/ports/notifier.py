"""How does a message reach the outside? One channel: a webhook, a file, memory."""

from __future__ import annotations

from typing import Protocol

from cleanroom.ports.outbox import Message


class Notifier(Protocol):
    """A channel. Delivery is at least once: the receiver tells repeats apart by the message's key."""

    @property
    def name(self) -> str:
        """As cleanroom.toml calls it."""
        ...

    def send(self, message: Message) -> None:
        """Deliver it. Raises Outside when it did not arrive (try again), Misuse when it never will (do not)."""
        ...
