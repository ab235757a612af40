"""How long is that, in words?"""

from __future__ import annotations

import re

from cleanroom.core.base import SECOND, Instant, micros

_UNITS = ((86_400, "day", "day"), (3600, "hour", "h"), (60, "minute", "min"), (1, "second", "s"))
_SAID = re.compile(r"(\d[\d,]*(?:\.\d+)?) (day|hour|minute|second)s?\b", re.ASCII)


def span(seconds: float, *, short: bool = False) -> str:
    """In the largest unit of which there are two, or one exactly: `2.8 days`, `65 minutes`, `1 hour`, `90 seconds`.

    One decimal, where it says something: not for seconds, nor from ten minutes on. `short`: `2.8 days`, `65 min`, `1 h`, `90 s`.
    """
    size, long, brief = next((u for u in _UNITS if seconds >= 2 * u[0] or seconds == u[0]), _UNITS[-1])
    n = round(seconds / size, 0 if size == 1 or (size == 60 and seconds >= 600) else 1)
    name = brief if short and size < 86_400 else long if n == 1 else f"{long}s"
    return f"{n:,.1f}".removesuffix(".0") + f" {name}"


def seconds_of(text: str) -> float | None:
    """The first length of time that `span` said in the text, in seconds; None where there is none."""
    found = _SAID.search(text)
    sizes = {long: size for size, long, _ in _UNITS}
    return float(found[1].replace(",", "")) * sizes[found[2]] if found else None


def between(begin: Instant, end: Instant) -> str:
    """The length of time from one moment to another; none, where that one was before."""
    return span(max(micros(end) - micros(begin), 0) / SECOND)
