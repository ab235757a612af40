"""The wall clock."""

from __future__ import annotations

import time

from cleanroom.core.base import Instant, instant


class SystemClock:
    """The machine's clock, UTC."""

    def now(self) -> Instant:
        """See ports/clock.py."""
        return instant(time.time_ns() // 1_000)
