"""Which moment does a person mean?"""

from __future__ import annotations

from cleanroom.core.base import Instant, Misuse, instant, micros

_EXAMPLE = "2026-11-22T09:00:00Z"


def moment(text: str, before: str = "") -> Instant:
    """The moment that the text says; `before` stands before the example in the hint. Raises Misuse where it has no time zone."""
    try:
        return instant(micros(Instant(text.strip())))
    except (ValueError, OverflowError, OSError) as error:
        raise Misuse(f"{text[:60]!r} is no moment with a time zone", f"For example {before}{_EXAMPLE}") from error


def day(text: str, before: str = "") -> Instant:
    """The end of a day (2026-12-01, UTC), or a moment. Raises Misuse."""
    return moment(f"{text.strip()}T23:59:59Z" if len(text.strip()) == 10 else text, before)
