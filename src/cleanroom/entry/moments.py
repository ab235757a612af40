"""Which moment, or which day, does a person mean?"""

from __future__ import annotations

import re
from datetime import date, timedelta

from cleanroom.core.base import Instant, Misuse, instant, micros

_EXAMPLE = "2026-11-22T09:00:00Z"
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_FORMS = "2026-12-01, today, tomorrow, 3d, 2w, friday (the end of that day in UTC)"
_AHEAD = re.compile(r"(?:\+|in )?(\d{1,4}) ?(d|w|day|days|week|weeks)", re.ASCII)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def moment(text: str, before: str = "") -> Instant:
    """The moment that the text says; `before` stands before the example in the hint. Raises Misuse where it has no time zone."""
    try:
        return instant(micros(Instant(text.strip())))
    except (ValueError, OverflowError, OSError) as error:
        raise Misuse(f"{text[:60]!r} is no moment with a time zone", f"For example {before}{_EXAMPLE}") from error


def day(text: str, now: Instant, before: str = "") -> Instant:
    """The end of a day in UTC, or a moment. A day is 2026-12-01, or as it is counted from `now`: today, tomorrow, 3d, 2w, friday.

    A day of the week is the next one, never today. Raises Misuse that shows the forms; `before` stands before them.
    """
    said = " ".join(text.lower().split())
    try:
        if _DATE.fullmatch(said):
            return moment(f"{said}T23:59:59Z")
        ahead = _ahead(said, date.fromisoformat(now[:10]).weekday())
        if ahead is None:
            return moment(text)
        return moment(f"{date.fromisoformat(now[:10]) + timedelta(days=ahead)}T23:59:59Z")
    except (Misuse, OverflowError) as error:
        raise Misuse(f"{text[:60]!r} is no day", f"{before}{_FORMS}; or a moment: {_EXAMPLE}") from error


def _ahead(said: str, weekday: int) -> int | None:
    """How many days after today; None where it is said otherwise."""
    if said in ("today", "tomorrow"):
        return int(said == "tomorrow")
    if said in _WEEKDAYS:
        return (_WEEKDAYS.index(said) - weekday - 1) % 7 + 1
    found = _AHEAD.fullmatch(said)
    return int(found[1]) * (7 if found[2].startswith("w") else 1) if found else None
