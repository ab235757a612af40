"""How old is a source, and for how long was it too old? Moments of change are in the ledger; between them nothing changed."""

from __future__ import annotations

from dataclasses import dataclass

from cleanroom.app.room import Room
from cleanroom.app.sensors.files import files_of
from cleanroom.app.sensors.others import newest_of
from cleanroom.app.slo.read import facts_of
from cleanroom.core.base import HOUR, MINUTE, Instant, Misuse, instant, micros
from cleanroom.core.facts import SourceAged
from cleanroom.core.register import Source
from cleanroom.core.slo import Slo, SourceAge
from cleanroom.core.slo_status import Tally
from cleanroom.ports.engine import Newest

_NEWEST_FILES = 3
"""Files of a folder that are looked into, the last written ones."""


@dataclass(frozen=True, slots=True)
class Age:
    """`newest`: the last data, microseconds since 1970 UTC; None where there is none. `stale`: is it too old?

    `later`: rows (or files) that claim to be of the future, which do not count.
    """

    newest: int | None
    stale: bool
    later: int = 0

    @property
    def says(self) -> str:
        """What is not counted, as the end of a sentence; '' without."""
        return f"; not counted: {self.later:,} of a time that has not come yet" if self.later else ""


def age_of(room: Room, slo: Slo, indicator: SourceAge) -> Age:
    """How old the source is now. Raises Misuse where it cannot be told."""
    at = room.clock.now()
    found = _newest(room, _source(room, slo, indicator), at)
    hours = None if found.moment is None else max(0, micros(at) - found.moment) / HOUR
    return Age(found.moment, hours is None or not indicator.limit.good(hours), found.later)


def _newest(room: Room, source: Source, now: Instant) -> Newest:
    """The last data of a source: its newest row where it has a column for it, else when a file was written."""
    if not source.data:
        raise Misuse(f"nothing says where the source {source.name!r} lies", "Give it `data` in systems/.")
    files = sorted(files_of(room, source.data), key=lambda f: f.written, reverse=True)
    return newest_of(room, files[:_NEWEST_FILES] if source.at else files, source.at, now)


def aged(room: Room, slo: Slo, indicator: SourceAge, now: Age) -> SourceAged | None:
    """The fact to write: it became stale or fresh since the last one, or there is none yet; None where nothing changed."""
    facts = _facts(room, slo, indicator)
    if facts and facts[-1].stale == now.stale:
        return None
    at = room.clock.now()
    since = micros(at)
    if now.newest is not None and facts:
        turned = now.newest + int(indicator.limit.value * HOUR) if now.stale else now.newest
        since = min(since, max(turned, micros(facts[-1].since)))
    newest: Instant | None = None if now.newest is None else instant(now.newest)
    return SourceAged(slo.name, slo.system, indicator.source, now.stale, newest, instant(since), at)


def stale_time(room: Room, slo: Slo, indicator: SourceAge, since: int, until: int) -> Tally:
    """Minutes of that time which are covered, and those of them in which the source was too old."""
    covered = stale = 0
    facts = _facts(room, slo, indicator)
    for place, fact in enumerate(facts):
        begin = max(since, micros(fact.since))
        end = min(until, micros(facts[place + 1].since) if place + 1 < len(facts) else until)
        if end > begin:
            covered += end - begin
            stale += (end - begin) if fact.stale else 0
    bad = stale / MINUTE
    return Tally(covered / MINUTE, bad, bad, bad)


def _facts(room: Room, slo: Slo, indicator: SourceAge) -> list[SourceAged]:
    facts = facts_of(room, slo.name)
    return [f for f in facts if isinstance(f, SourceAged) and f.source == indicator.source and f.system == slo.system]


def _source(room: Room, slo: Slo, indicator: SourceAge) -> Source:
    systems = {s.name: s for s in room.project.systems()}
    sources = {s.name: s for s in systems[slo.system].sources} if slo.system in systems else {}
    if indicator.source not in sources:
        hint = "`cleanroom register lint` shows what does not fit."
        raise Misuse(f"the system {slo.system!r} has no source {indicator.source!r}", hint)
    return sources[indicator.source]
