"""What runs when? A schedule of cleanroom.toml, when it may begin, and how what was missed is made up for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, get_args

from cleanroom.core.base import SECOND, Instant, digest, instant, micros, noun

Job = Literal["sensors", "slo", "golden", "compact", "retention", "incidents"]
"""The sensors (`only` those named); the SLOs; the golden regression; hours that are over to files; erasing what is too old;
what is late of incidents, and what trackers say of their actions."""

JOBS: tuple[Job, ...] = get_args(Job)

SPREAD = 30
"""Seconds after its moment in which a job begins, so that many of one moment do not begin together."""

MISSED = 300
"""Seconds after which a moment counts as missed: the machine was off, or its server. It is made up for once, ..."""

CATCH_UP = 300
"""... within so many seconds after somebody is there again."""


@noun
class Schedule:
    """`cron`: five fields (minute, hour, day of the month, month, day of the week) in the zone `zone`, as Debian's cron reads
    them. `only`: names of sensors or golden sets; empty: all.
    """

    name: str
    cron: str
    run: Job
    zone: str = "UTC"
    only: tuple[str, ...] = ()


OWN = (
    Schedule("own-compact", "7 * * * *", "compact"),
    Schedule("own-retention", "23 3 * * *", "retention"),
    Schedule("own-incidents", "37 * * * *", "incidents"),
)
"""What runs unless cleanroom.toml has a schedule of that job: what the register promises is kept without anybody asking."""


def with_own(schedules: Iterable[Schedule]) -> tuple[Schedule, ...]:
    """The schedules of cleanroom.toml, and those of OWN whose job none of them has."""
    theirs = tuple(schedules)
    return (*theirs, *(own for own in OWN if own.run not in {s.run for s in theirs}))


def start_of(name: str, slot: Instant, now: Instant) -> Instant:
    """When the run for the moment `slot` may begin, seen at `now`. By the name and the slot: the same on every server.

    What is on time begins within SPREAD after its moment; what was missed, within CATCH_UP after now.
    """
    share = int(digest(f"{name} {slot}".encode())[-8:], 16) / 2**32
    late = micros(now) - micros(slot) > MISSED * SECOND
    base, width = (micros(now), CATCH_UP) if late else (micros(slot), SPREAD)
    return instant(base + int(share * width * SECOND))
