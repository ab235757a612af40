"""When is a cron expression due? Moments of a schedule in its time zone, with the days on which clocks are changed."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError

from cleanroom.core.base import SECOND, Instant, instant, micros

EXAMPLE = 'For example cron = "0 3 * * *": every day at 3.'

_LONGEST = 100


def cron_fault(text: str) -> str:
    """Why that is no cron expression of five fields that is ever due; '' where it is one."""
    if len(text) > _LONGEST or len(text.split()) != 5:
        return "it has to have five fields: minute, hour, day of the month, month, day of the week"
    try:
        next(CronSim(text, datetime(2026, 1, 1, tzinfo=UTC)))
    except CronSimError as error:
        return str(error)[:200].lower()
    except StopIteration:
        return "there is no such day"
    return ""


def zone_fault(name: str) -> str:
    """Why that is no time zone; '' where it is one."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return "there is no such time zone"
    return ""


def last_due(cron: str, zone: str, now: Instant) -> Instant | None:
    """The last moment at or before `now` at which it was due; None where it never was, as far back as the calendar goes.

    A moment that the clocks skip in spring is due when they have gone on; one that they repeat in autumn is due once, unless
    minute or hour is `*`, as Debian's cron does it.
    """
    return _last_due(cron, zone, micros(now) // (60 * SECOND))


def next_due(cron: str, zone: str, now: Instant) -> Instant | None:
    """The first moment after `now` at which it is due; None where it never is."""
    try:
        return _instant(next(CronSim(cron, _local(zone, micros(now) // SECOND))))
    except StopIteration:
        return None


@lru_cache(512)
def _last_due(cron: str, zone: str, minute: int) -> Instant | None:
    # From the minute that follows backwards: the minute of `now` itself counts.
    try:
        return _instant(next(CronSim(cron, _local(zone, (minute + 1) * 60), reverse=True)))
    except StopIteration:
        return None


def _local(zone: str, seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC if zone == "UTC" else ZoneInfo(zone))


def _instant(moment: datetime) -> Instant:
    return instant(int(moment.timestamp()) * SECOND)
