"""Signals come in: kept and counted at once, told as soon as their turn comes."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from cleanroom.app.alerts.settle import settle
from cleanroom.app.room import Room
from cleanroom.core.alert import Level, Signal, tidy
from cleanroom.core.alerts.grouping import Taken
from cleanroom.core.alerts.words import short
from cleanroom.core.base import CleanroomError, Instant

BATCH = 2_000
"""Signals that are kept all or none; more of them go batch by batch."""


def signal(room: Room, *signals: Signal) -> Taken:
    """Take in signals, on the disk before this returns. What is said again while it lasts is counted and told no more.

    Each new one belongs to an alert, which is opened and told at once, or with the next step of the reconciler. Raises Outside
    where the store cannot keep them; then say them again.
    """
    return signals_in(room, signals)


def signals_in(room: Room, signals: Sequence[Signal]) -> Taken:
    """As `signal`, for many."""
    now = room.clock.now()
    ready = [tidy(s, now) for s in signals]
    done = [room.alarms.take(ready[start : start + BATCH], now) for start in range(0, len(ready), BATCH)]
    with suppress(CleanroomError):  # they are kept: what cannot be told now is told by the next step
        settle(room)
    return Taken(*(sum(getattr(t, f) for t in done) for f in ("new", "repeated", "ended", "unknown")))


def deadman(
    room: Room,
    name: str,
    system: str,
    expected: Instant,
    last: Instant | None,
    *,
    about: str = "",
    level: Level = "warning",
) -> Taken:
    """Say that `name` (`sensor/NAME`, `schedule/NAME`) did not report by `expected`, or that it has reported again.

    `last`: when it reported last, None for never. Call it whenever you know when the next report is expected: before that moment
    what was said of its absence is over.
    """
    now = room.clock.now()
    late = now > expected
    when = f"its last report is of {short(last)}" if last is not None else "it has never reported"
    found = Signal(
        name=f"missing/{name}",
        system=system,
        level=level,
        about=about,
        what=f"{name} did not report by {short(expected)}; {when}",
        since=expected if late else now,
        seen=now,
        evidence=(f"expected by: {expected}", f"last report: {last or 'never'}"),
        runbook="missing",
        over=not late,
    )
    return signals_in(room, (found,))
