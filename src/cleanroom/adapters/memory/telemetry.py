"""Outcomes that live as long as the process."""

from __future__ import annotations

import hmac
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import replace
from threading import Lock

import numpy as np

from cleanroom.adapters.minutes import rollups
from cleanroom.adapters.valid_text import check_text
from cleanroom.core.base import HOUR
from cleanroom.core.outcome import Columns, Kept
from cleanroom.ports.telemetry import Count, Recorded


class MemoryTelemetry:
    """The Telemetry port over lists. Its secret is known, so that the same run gives the same hashes."""

    def __init__(self, secret: bytes = bytes(32)) -> None:
        self._secret = secret
        self._ids: set[str] = set()
        self._log: list[Kept] = []
        self._flags: dict[str, _Flag] = {}
        self._read_up_to: dict[str, int] = {}
        self._lock = Lock()

    def hashed(self, key: str) -> str:
        """The keyed hash of a targeting key."""
        return hmac.digest(self._secret, key.encode("utf-8", "surrogatepass"), "sha256").hex()[:32]

    def record(self, outcomes: Sequence[Kept]) -> Recorded:
        """Keep them; of one id the first one counts."""
        check_text(*{o.flag for o in outcomes}, *{name for o in outcomes for name in o.metrics})
        check_text(*(o.id for o in outcomes))
        with self._lock:
            fresh = []
            for outcome in outcomes:
                if outcome.id not in self._ids:
                    self._ids.add(outcome.id)
                    fresh.append(outcome)
            for outcome in fresh:
                self._flags.setdefault(outcome.flag, _Flag()).add(outcome)
            for flag, count in rollups(fresh):
                self._flags[flag].count(count)
            self._log += fresh
        return Recorded(len(fresh), len(outcomes) - len(fresh))

    def columns(self, flag: str, since: int, until: int, metrics: Sequence[str]) -> Columns:
        """Outcomes with since <= at < until that agree, of both arms."""
        found = [o for o in self._of(flag, since, until) if o.agrees and o.arm != "other"]
        return Columns(
            np.array([o.who for o in found], np.str_),
            np.array([o.at for o in found], np.int64),
            np.array([o.arrived for o in found], np.int64),
            np.array([o.arm == "candidate" for o in found], np.bool_),
            {name: np.array([o.metrics.get(name, np.nan) for o in found], np.float64) for name in metrics},
        )

    def counts(self, flag: str, since: int, until: int) -> tuple[Count, ...]:
        """Minute rollups with since <= minute < until."""
        with self._lock:
            held = self._flags.get(flag)
            found = [] if held is None else [c for c in held.counts.values() if since <= c.minute < until]
        return tuple(sorted(found, key=lambda c: (c.minute, c.arm, c.metric)))

    def apart(self, flag: str, since: int, until: int) -> int:
        """How many outcomes with since <= at < until do not agree with the flag."""
        return sum(not o.agrees for o in self._of(flag, since, until))

    def read_up_to(self, name: str) -> int | None:
        """The number that was remembered for what `name` calls."""
        return self._read_up_to.get(name)

    def set_read_up_to(self, name: str, number: int) -> None:
        """Remember it."""
        self._read_up_to[name] = number

    def compact(self, before: int) -> int:
        """Move whole hours that ended before that moment, with all of them that had come by then."""
        with self._lock:
            left = [o for o in self._log if o.at // HOUR * HOUR + HOUR > before or o.arrived >= before]
            moved = len(self._log) - len(left)
            self._log = left
        return moved

    def _of(self, flag: str, since: int, until: int) -> list[Kept]:
        with self._lock:
            held = self._flags.get(flag)
            return [] if held is None else held.between(since, until)


class _Flag:
    """The outcomes of one flag by time, and of one moment as they came; and its counts."""

    def __init__(self) -> None:
        self._kept: list[Kept] = []
        self._times: list[int] = []
        self._sorted = True
        self.counts: dict[tuple[str, str, int], Count] = {}

    def add(self, outcome: Kept) -> None:
        self._sorted = self._sorted and (not self._times or outcome.at >= self._times[-1])
        self._kept.append(outcome)
        self._times.append(outcome.at)

    def count(self, new: Count) -> None:
        key = (new.arm, new.metric, new.minute)
        old = self.counts.get(key)
        if old is not None:
            new = replace(new, n=old.n + new.n, bad=old.bad + new.bad, total=old.total + new.total)
        self.counts[key] = new

    def between(self, since: int, until: int) -> list[Kept]:
        if not self._sorted:
            self._kept.sort(key=lambda o: o.at)  # stable
            self._times, self._sorted = [o.at for o in self._kept], True
        return self._kept[bisect_left(self._times, since) : bisect_left(self._times, until)]
