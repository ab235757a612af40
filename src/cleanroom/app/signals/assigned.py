"""What did a flag serve at some moment? Folded from the entries that it and its rollouts had by then."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from threading import Lock

from cleanroom.core.base import micros
from cleanroom.core.facts import FlagKilled, FlagRestored, FlagSet, RolloutObserved, RolloutWeighed
from cleanroom.core.flags import Flag, exact
from cleanroom.core.ledger import LedgerEntry
from cleanroom.core.progress import served, state
from cleanroom.ports.store import Store


class Timeline:
    """One flag through time. `entries`: its own and those of its rollouts, in the ledger's order."""

    def __init__(self, key: str, entries: Sequence[LedgerEntry]) -> None:
        self._key, self._entries = key, entries
        # The ledger's order is what happened; a clock that was set back does not undo it.
        self._times = list(accumulate((micros(e.fact.at) for e in entries), max))
        self._known: dict[int, Flag | None] = {}

    def at(self, moment: int) -> Flag | None:
        """The flag as it was evaluated at `moment` (microseconds since 1970 UTC); None before it was first set."""
        cut = bisect_right(self._times, moment)
        if cut not in self._known:
            self._known[cut] = self._fold(self._entries[:cut])
        return self._known[cut]

    def _fold(self, entries: Sequence[LedgerEntry]) -> Flag | None:
        found = served.standing(e for e in entries if isinstance(e.fact, FlagSet | FlagKilled | FlagRestored))
        if found is None:
            return None
        subject = state.subject_of(found.rollout)
        rollout = state.rollout_of(e for e in entries if e.subject == subject) if found.rollout else None
        return exact(served.served(found, rollout))


class Assigned:
    """The timelines of a ledger's flags; of what was read before, only what is new is read. For several threads."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = Lock()
        self._entries: dict[str, tuple[int, tuple[LedgerEntry, ...]]] = {}
        self._timelines: dict[str, tuple[tuple[LedgerEntry, ...], Timeline]] = {}

    def of(self, key: str) -> Timeline | None:
        """The timeline of a flag as the ledger has it now; None where there is no such flag."""
        with self._lock:
            own = self._read(served.subject_of(key))
            if not own:
                return None
            rollouts = {e.fact.rollout for e in own if isinstance(e.fact, FlagSet)} - {""}
            parts = [own, *(self._read(state.subject_of(name)) for name in rollouts)]
            entries = tuple(sorted((e for part in parts for e in part), key=lambda e: e.index))
            held = self._timelines.get(key)
            if held is None or held[0] != entries:
                held = self._timelines[key] = (entries, Timeline(key, entries))
            return held[1]

    def _read(self, subject: str) -> tuple[LedgerEntry, ...]:
        """The entries of a subject that change what is served."""
        before, known = self._entries.get(subject, (0, ()))
        new = self._store.history(subject, before)
        if new:
            # Evidence that decided nothing is most of a rollout, and serves nobody anything.
            known += tuple(e for e in new if not isinstance(e.fact, RolloutWeighed | RolloutObserved))
            self._entries[subject] = (new[-1].version, known)
        return known
