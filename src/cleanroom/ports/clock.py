"""What time is it? The only way in for the wall clock."""

from typing import Protocol

from cleanroom.core.base import Instant


class Clock(Protocol):
    """A source of the present."""

    def now(self) -> Instant:
        """The present moment, UTC, to the microsecond."""
        ...
