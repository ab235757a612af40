"""Calls that live as long as the process."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from threading import Lock
from typing import NamedTuple

import numpy as np

from cleanroom.adapters.call_sums import Day, check, check_filters, check_step, figures, parts_of
from cleanroom.adapters.judgements import (
    Judgement,
    Move,
    counted,
    judged_by,
    judgement_of,
    moves,
    with_judgements,
)
from cleanroom.core.base import DAY, HOUR, MINUTE
from cleanroom.core.call import Call, Happened, UserEvent
from cleanroom.core.telemetry.histogram import histogram_of, merged
from cleanroom.core.telemetry.metrics import REQUESTS
from cleanroom.ports.calls import ALL, PARTS, TEXTS, CallColumns, Cell, Part, SessionsSeen, SystemSeen
from cleanroom.ports.telemetry import Recorded


class _Sum(NamedTuple):
    n: int = 0
    bad: int = 0
    total: float = 0.0
    histogram: Mapping[int, int] = {}

    def plus(self, other: _Sum) -> _Sum:
        added = {bucket: n for bucket, n in merged((self.histogram, other.histogram)).items() if n}
        return _Sum(self.n + other.n, self.bad + other.bad, self.total + other.total, added)


class MemoryCalls:
    """The Calls port over lists."""

    def __init__(self) -> None:
        self._ids: set[str] = set()
        self._calls: dict[str, Call] = {}
        self._events: dict[str, UserEvent] = {}
        self._event_ids: set[str] = set()
        self._log: set[str] = set()
        self._judgements: dict[str, dict[str, Judgement]] = {}
        self._sums: dict[tuple[str, str], dict[tuple[int, tuple[str, ...]], _Sum]] = {}
        self._days: dict[tuple[str, int], Day] = {}
        self._seen: dict[str, SystemSeen] = {}
        self._lock = Lock()

    def record(self, calls: Sequence[Call], events: Sequence[UserEvent] = ()) -> Recorded:
        """Keep them; of one id the first one counts."""
        check(calls, events)
        with self._lock:
            new = 0
            for call in calls:
                if call.id not in self._ids:
                    new += 1
                    self._ids.add(call.id)
                    self._log.add(call.id)
                    self._take(call)
                    self._calls[call.id] = replace(call, metrics={n: float(v) for n, v in call.metrics.items()})
            for event in events:
                if event.id not in self._event_ids:
                    new += 1
                    self._event_ids.add(event.id)
                    self._take(event)
                    self._events[event.id] = event
        return Recorded(new, len(calls) + len(events) - new)

    def cells(
        self, system: str, metric: str, since: int, until: int, step: int, by: Sequence[Part] = ()
    ) -> tuple[Cell, ...]:
        """Rollups by steps from `since` on."""
        check_step(step)
        places = [PARTS.index(part) for part in by]
        found: dict[tuple[int, tuple[str, ...]], _Sum] = {}
        with self._lock:
            for (minute, parts), held in self._sums.get((system, metric), {}).items():
                if since <= minute < until:
                    key = (since + (minute - since) // step * step, tuple(parts[p] for p in places))
                    found[key] = found.get(key, _Sum()).plus(held)
        return tuple(
            Cell(*key, s.n, s.bad, s.total, s.histogram) for key, s in sorted(found.items(), key=lambda f: f[0])
        )

    def all_cells(
        self, system: str, since: int, until: int, step: int, by: Sequence[Part] = ()
    ) -> Mapping[str, tuple[Cell, ...]]:
        """Rollups of every metric."""
        return {m: self.cells(system, m, since, until, step, by) for m in self.metrics(system, since, until)}

    def columns(self, system: str, since: int, until: int, metrics: Sequence[str]) -> CallColumns:
        """Calls with since <= at < until."""
        found = self._between(system, since, until)
        made = {name: np.array([getattr(c, name) for c in found], np.str_) for name in TEXTS}
        values = {m: np.array([c.metrics.get(m, np.nan) for c in found], np.float64) for m in metrics}
        columns = CallColumns(at=np.array([c.at for c in found], np.int64), metrics=values, **made)
        with self._lock:
            late = {c.id: [*self._judgements[c.id].values()] for c in found if c.id in self._judgements}
            gone = [c.id for c in found if judged_by(c) in self._calls]
        return with_judgements(columns, late, gone)

    def sessions(self, system: str, since: int, until: int) -> SessionsSeen:
        """Conversations of that time, exactly."""
        asked = [c for c in self._between(system, since, until) if c.conversation and REQUESTS in c.metrics]

        def spent(*names: str) -> float | None:
            told = [c.metrics[name] for c in asked for name in names if name in c.metrics]
            return sum(told) if told else None

        many = len({c.conversation for c in asked})
        return SessionsSeen(many, len(asked), spent("input_tokens", "output_tokens"), spent("cost"))

    def rows(
        self, system: str, since: int, until: int, where: Mapping[str, str], bad: str = "", limit: int = 50
    ) -> tuple[Call, ...]:
        """The newest calls that are as `where` says."""
        check_filters(tuple(where))
        found = [
            c
            for c in sorted(self._between(system, since, until), key=lambda c: (c.at, c.id), reverse=True)
            if all(getattr(c, name) == value for name, value in where.items()) and (not bad or c.metrics.get(bad))
        ]
        return tuple(found[:limit])

    def call(self, id: str) -> Call | None:
        """The call of that id."""
        return self._calls.get(id)

    def calls_of(self, ids: Collection[str]) -> dict[str, Call]:
        """The calls of these ids."""
        return {id: self._calls[id] for id in ids if id in self._calls}

    def events(self, system: str, since: int, until: int, happened: Happened | None = None) -> tuple[UserEvent, ...]:
        """User events with since <= at < until."""
        with self._lock:
            found = [e for e in self._events.values() if e.system == system and since <= e.at < until]
        return tuple(sorted((e for e in found if happened in (None, e.happened)), key=lambda e: e.at))

    def metrics(self, system: str, since: int, until: int) -> tuple[str, ...]:
        """The names of the metrics with rollups of that time."""
        with self._lock:
            found = [
                metric
                for (of, metric), sums in self._sums.items()
                if of == system and metric != ALL and any(since <= minute < until for minute, _ in sums)
            ]
        return tuple(sorted(found))

    def seen(self) -> tuple[SystemSeen, ...]:
        """Every system that anything came from."""
        with self._lock:
            return tuple(self._seen[system] for system in sorted(self._seen))

    def compact(self, before: int) -> int:
        """Move whole hours that ended before that moment, with all of them that had come by then."""
        with self._lock:
            due = [c for c in map(self._calls.__getitem__, self._log) if c.at // HOUR * HOUR + HOUR <= before]
            moved = {c.id for c in due if c.arrived < before}
            self._log -= moved
        return len(moved)

    def forget(self, system: str, before: int, *, texts: bool) -> int:
        """Erase what lies before that moment: only the texts, or whole calls and events."""
        with self._lock:
            calls = [c for c in self._calls.values() if c.system == system and c.at < before]
            events = [e for e in self._events.values() if e.system == system and e.at < before]
            if texts:
                spoken = [c for c in calls if c.input or c.output or c.sources]
                worded = [e for e in events if e.words]
                self._calls |= {c.id: replace(c, input="", output="", sources=()) for c in spoken}
                self._events |= {e.id: replace(e, words="") for e in worded}
                return len(spoken) + len(worded)
            for call in calls:
                del self._calls[call.id]
                self._log.discard(call.id)
                self._judgements.pop(call.id, None)
            for event in events:
                del self._events[event.id]
        return len(calls) + len(events)

    def _between(self, system: str, since: int, until: int) -> list[Call]:
        with self._lock:
            found: Iterable[Call] = (c for c in self._calls.values() if c.system == system and since <= c.at < until)
            return sorted(found, key=lambda c: c.at)

    def _take(self, one: Call | UserEvent) -> None:
        """Count what is new in the rollups, and its system among those that were seen."""
        about = judged_by(one)
        if about:
            self._judge(about, self._calls.get(about), judgement_of(one))
        else:
            for figure in figures(one):
                self._count(Move(one.system, one.at, parts_of(one), *figure))
            if isinstance(one, Call) and (before := self._judgements.get(one.id)):
                for move in moves(counted(None, before.values()), counted(one, before.values())):
                    self._count(move)
        old = self._seen.get(one.system, SystemSeen(one.system, 0, one.at, one.at))
        n = old.n + (isinstance(one, Call) and not about)
        self._seen[one.system] = SystemSeen(one.system, n, min(old.first, one.at), max(old.last, one.at))

    def _judge(self, about: str, call: Call | None, new: Judgement) -> None:
        before = self._judgements.setdefault(about, {})
        after = {**before, new.id: new}
        for move in moves(counted(call, before.values()), counted(call, after.values())):
            self._count(move)
        self._judgements[about] = after

    def _count(self, move: Move) -> None:
        day = self._days.setdefault((move.system, move.at // DAY), Day())
        place = day.place(move.parts)
        sums = self._sums.setdefault((move.system, day.metric(move.metric)), {})
        key = (move.at // MINUTE * MINUTE, list(day.parts)[place])
        histogram = dict.fromkeys(histogram_of([move.value] if move.counted else []), move.sign)
        new = _Sum(move.sign, move.sign * (move.value != 0), move.sign * move.value, histogram)
        sums[key] = sums.get(key, _Sum()).plus(new)
        if not sums[key].n and not sums[key].bad:
            del sums[key]
