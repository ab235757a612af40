"""Which moment does a person mean, and a clock that shows it."""

from __future__ import annotations

from dataclasses import dataclass

from cleanroom.core.base import Instant
from cleanroom.entry import moments


@dataclass(frozen=True, slots=True)
class Stopped:
    """A clock that shows one moment."""

    at: Instant

    def now(self) -> Instant:
        """That moment."""
        return self.at


def moment(text: str) -> Instant:
    """The moment that the text says. Raises Misuse for one without a time zone."""
    return moments.moment(text, "--at ")
