"""Signals and the list of work that live as long as the process."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from threading import Lock

from cleanroom.core.alert import Signal
from cleanroom.core.alerts.decide import Tally
from cleanroom.core.alerts.grouping import Grouped, Look, Member, Row, State, Taken, grouped, keys_of, regrouped
from cleanroom.core.base import Instant


class MemoryAlarms:
    """The Alarms port over dicts."""

    def __init__(self) -> None:
        self._members: dict[int, Member] = {}
        self._rows: dict[str, Row] = {}
        self._living: dict[str, set[int]] = {}
        self._lock = Lock()

    def take(self, signals: Sequence[Signal], now: Instant) -> Taken:
        """Keep what is new, count what is said again, note what has ended."""
        with self._lock:
            living = [self._members[seq] for key in keys_of(signals) for seq in self._living.get(key, ())]
            done = grouped(signals, living, self._rows.values(), len(self._members), now)
            self._keep(done)
            return done.taken

    def due(self, now: Instant, limit: int = 200) -> tuple[Row, ...]:
        """Alerts that have to be looked at, the graver ones first, then the oldest."""
        with self._lock:
            found = [row for row in self._rows.values() if row.due is not None and row.due <= now]
        return tuple(sorted(found, key=lambda r: (r.level != "critical", r.opened, r.id))[:limit])

    def looked(self, looks: Sequence[Look]) -> None:
        """Remember what looks found."""
        with self._lock:
            for look in looks:
                id, now = look.row.id, self._rows[look.row.id]
                due = look.due if now.stamp == look.row.stamp else now.due
                self._rows[id] = replace(now, state=look.state, due=due, told=look.told, tells=look.tells)
                mine = [m for m in self._members.values() if m.alert == id]
                live = look.state != "resolved"
                self._put(replace(m, heard=m.heard or m.seq <= look.heard, live=m.live and live) for m in mine)

    def move(self, id: str, now: Instant) -> int:
        """Give the members that the ledger has not heard of to the open alert of their system, or a new one."""
        with self._lock:
            late = [m for m in self._members.values() if m.alert == id and not m.heard]
            done = regrouped(late, [r for r in self._rows.values() if r.id != id], now)
            self._keep(done)
            return done.taken.new

    def wake(self, now: Instant) -> None:
        """Have every alert that is not resolved looked at."""
        with self._lock:
            for row in self._rows.values():
                if row.state != "resolved":
                    self._rows[row.id] = replace(row, due=now, stamp=row.stamp + 1)

    def row(self, id: str) -> Row | None:
        """One alert; None where there is none."""
        with self._lock:
            return self._rows.get(id)

    def rows(self, states: Sequence[State], system: str | None = None, limit: int = 100) -> tuple[Row, ...]:
        """Alerts in any of these states, newest first."""
        with self._lock:
            found = [r for r in self._rows.values() if r.state in states and system in (None, r.system)]
        return tuple(sorted(found, key=lambda r: (r.opened, r.id), reverse=True)[:limit])

    def members(self, id: str, *, unheard: bool = False, limit: int = 100_000) -> tuple[Member, ...]:
        """The members of an alert in the order in which they came."""
        with self._lock:
            found = [m for m in self._members.values() if m.alert == id and not (unheard and m.heard)]
        return tuple(sorted(found, key=lambda m: m.seq)[:limit])

    def tally(self, id: str) -> Tally:
        """What the members of an alert do."""
        found = self.members(id)
        last = max((m.ended for m in found if m.ended is not None), default=None)
        return Tally(len(found), sum(m.ended is None for m in found), sum(not m.heard for m in found), last)

    def told_since(self, moment: Instant) -> int:
        """How many alerts were told at or after that moment."""
        with self._lock:
            return sum(r.tells > 0 and r.told is not None and r.told >= moment for r in self._rows.values())

    def adopt(self, rows: Sequence[Row], members: Sequence[Member]) -> None:
        """Keep alerts that the ledger has and this does not."""
        with self._lock:
            new = {row.id: row for row in rows if row.id not in self._rows}
            self._rows.update(new)
            first = max(self._members, default=-1) + 1
            mine = [m for m in members if m.alert in new]
            self._put(replace(m, seq=seq) for seq, m in enumerate(mine, start=first))

    def forget(self, before: Instant) -> int:
        """Drop the members of alerts that were resolved and that opened before that moment."""
        with self._lock:
            old = {r.id for r in self._rows.values() if r.state == "resolved" and r.opened < before}
            gone = [seq for seq, m in self._members.items() if m.alert in old]
            for seq in gone:
                self._living.get(self._members[seq].key, set()).discard(seq)
                self._members[seq] = replace(self._members[seq], alert="", live=False)
            return len(gone)

    def _keep(self, done: Grouped) -> None:
        self._put(done.members)
        self._rows.update((row.id, row) for row in done.rows)

    def _put(self, members: Iterable[Member]) -> None:
        for member in list(members):
            self._members[member.seq] = member
            living = self._living.setdefault(member.key, set())
            (living.add if member.live else living.discard)(member.seq)
