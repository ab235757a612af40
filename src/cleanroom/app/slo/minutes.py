"""What did each minute hold? Remembered by the process: a step of the watch reads new minutes, and those that may change."""

from __future__ import annotations

from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np

from cleanroom.app.room import Room
from cleanroom.app.slo.counts import Floats, series
from cleanroom.app.slo.read import definition_of
from cleanroom.core.base import DAY, HOUR, MINUTE, Digest
from cleanroom.core.slo import Slo
from cleanroom.core.stats.rate_watch import Baseline, Stretch, Watch, baseline, nothing, walked
from cleanroom.ports.store import Store

LATE = 2 * MINUTE
"""How long after a minute its calls are waited for: most have come in by then."""

SETTLED = 60
"""Minutes for which what came later still is counted; then a minute is as good as closed."""

SPAN = 7 * DAY
"""How far back a watch begins that remembers nothing."""

_USUAL = 28 * DAY
_LEAST_HOURS, _LEAST_CALLS = 24, 1000


@dataclass(slots=True)
class Minutes:
    """Counts by the minute of one SLO from `start` on (microseconds since 1970 UTC)."""

    definition: Digest
    start: int
    n: Floats
    bad: Floats
    watch: Watch | None = None
    stretch: Stretch | None = None
    walked: int = 0
    alarms: tuple[int, ...] = ()
    usual: Baseline | None = None
    usual_hour: int = -1

    @property
    def end(self) -> int:
        """The moment up to which it goes."""
        return self.start + len(self.n) * MINUTE


_KNOWN: WeakKeyDictionary[Store, dict[str, Minutes]] = WeakKeyDictionary()


def minutes_of(room: Room, slo: Slo, until: int) -> Minutes:
    """All complete minutes before `until`, as far as a rule of the SLO or its watch reaches."""
    until = (until - LATE) // MINUTE * MINUTE
    mine = _KNOWN.setdefault(room.store, {})
    known = mine.get(slo.name)
    longest = max((r.long for r in slo.burn_rules), default=0) * MINUTE
    span = max(SPAN, longest)
    fits = known is not None and known.definition == definition_of(slo) and known.start <= until - longest
    if known is None or not fits or until < known.end or until - known.end > DAY:
        begin = until - span
        found = series(room, slo, begin, until, MINUTE)
        known = mine[slo.name] = Minutes(definition_of(slo), begin, found.n, found.bad)
        return known
    fresh = max(known.start, min(known.end, until) - SETTLED * MINUTE)
    keep = (fresh - known.start) // MINUTE
    found = series(room, slo, fresh, until, MINUTE)
    known.n = np.concatenate([known.n[:keep], found.n])
    known.bad = np.concatenate([known.bad[:keep], found.bad])
    _trim(known, span)
    return known


def alarms_of(known: Minutes, watch: Watch) -> tuple[tuple[int, ...], Stretch]:
    """The moments (ends of minutes) at which the watch over all these minutes had its alarms, and where it stands."""
    if known.watch != watch or known.stretch is None:
        known.watch, known.stretch, known.walked, known.alarms = watch, nothing(watch), 0, ()
    settled = max(known.walked, len(known.n) - SETTLED)
    start = known.start
    stretch, found = walked(watch, known.n[known.walked : settled], known.bad[known.walked : settled], known.stretch)
    known.alarms += tuple(start + (known.walked + i + 1) * MINUTE for i in found)
    known.stretch, known.walked = stretch, settled
    now, late = walked(watch, known.n[settled:], known.bad[settled:], stretch)
    return (*known.alarms, *(start + (settled + i + 1) * MINUTE for i in late)), now


def usual_of(room: Room, slo: Slo, known: Minutes, until: int) -> Baseline | None:
    """The usual rate of bad (or flagged) calls, by the hours of four weeks before the last one; None while there are too few."""
    hour = (until - HOUR) // HOUR
    if known.usual_hour != hour:
        past = series(room, slo, hour * HOUR - _USUAL, hour * HOUR, HOUR)
        enough = (past.n > 0).sum() >= _LEAST_HOURS and past.n.sum() >= _LEAST_CALLS
        known.usual = baseline(past.n, past.bad) if enough else None
        known.usual_hour = hour
    return known.usual


def forget(room: Room) -> None:
    """Forget what this process remembers, as a new process would."""
    _KNOWN.pop(room.store, None)


def _trim(known: Minutes, span: int) -> None:
    """Let go of what no rule reaches any more, a day at a time."""
    extra = len(known.n) - span // MINUTE
    if extra < DAY // MINUTE:
        return
    known.n, known.bad = known.n[extra:], known.bad[extra:]
    known.start += extra * MINUTE
    known.walked = max(0, known.walked - extra)
    known.alarms = tuple(a for a in known.alarms if a > known.start)
