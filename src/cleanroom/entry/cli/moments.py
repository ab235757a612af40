"""Which moment does a person mean, and a clock that shows it."""

from __future__ import annotations

from dataclasses import dataclass

from cleanroom.core.base import Instant, Misuse, instant, micros


@dataclass(frozen=True, slots=True)
class Stopped:
    """A clock that shows one moment."""

    at: Instant

    def now(self) -> Instant:
        """That moment."""
        return self.at


def moment(text: str) -> Instant:
    """The moment that the text says. Raises Misuse for one without a time zone."""
    try:
        return instant(micros(Instant(text.strip())))
    except (ValueError, OverflowError, OSError) as error:
        raise Misuse(f"{text[:60]!r} is no moment with a time zone", "For example --at 2026-11-22T09:00:00Z") from error
