"""What do the flags serve, and how does a person set one, kill it, bring it back?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from threading import Lock

from cleanroom.app.appending import append_after_last
from cleanroom.app.folding import grown
from cleanroom.app.rollout.read import find, flag_of, rollout_in
from cleanroom.app.room import Room
from cleanroom.core.base import Misuse, NotFound, Refused, noun
from cleanroom.core.facts import FlagKilled, FlagRestored, FlagSet
from cleanroom.core.flags import Flag, exact, has_floats, mistakes, moved, restored
from cleanroom.core.ledger import Write
from cleanroom.core.mistakes import did_you_mean
from cleanroom.core.progress import state
from cleanroom.core.progress.served import Standing, is_of, served, standing, subject_of
from cleanroom.core.progress.state import Rollout, runs, start_of
from cleanroom.core.reason import reason
from cleanroom.ports.store import Store

FLAG, ROLLOUT = subject_of(""), state.subject_of("")


@noun
class Shown:
    """A flag as it was set, the rollout that it serves, and the flag as it is evaluated now."""

    standing: Standing
    rollout: Rollout | None
    flag: Flag

    @property
    def serving(self) -> Rollout | None:
        """Its rollout, where one of this flag runs."""
        return self.rollout if is_of(self.rollout, self.standing) and runs(self.rollout) else None


def every(room: Room) -> tuple[Shown, ...]:
    """All flags, by their keys."""
    return tuple(Flags(room.store).look().values())


def one(room: Room, key: str) -> Shown:
    """The flag of that key. Raises NotFound."""
    found = _read(room.store, subject_of(key))
    if found is None:
        known = (s.removeprefix(FLAG) for s in room.store.subjects("flag_set"))
        raise NotFound(f"there is no flag {key!r:.100}", did_you_mean(key, known) or "`cleanroom flag set` makes one.")
    return found


class Flags:
    """All flags of a ledger, as of its last look: what has not changed since is not read again. For several threads."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = Lock()
        self._size = -1
        self._shown: Mapping[str, Shown] = {}

    def look(self) -> Mapping[str, Shown]:
        """The flags by their keys, in order. The same object as long as no entry of a flag or a rollout came."""
        with self._lock:
            size = self._store.size()
            if size != self._size:
                # The size is asked first: what comes while we read is read again the next time.
                self._shown, self._size = self._read(size), size
            return self._shown

    def _read(self, size: int) -> Mapping[str, Shown]:
        new = grown(self._store, self._size, size)
        if new is None:
            return dict(sorted(self._found(self._store.subjects("flag_set")).items()))
        wanted = {s for s in new if s.startswith(FLAG)}
        rollouts = {s.removeprefix(ROLLOUT) for s in new if s.startswith(ROLLOUT)}
        wanted |= {subject_of(key) for key, shown in self._shown.items() if shown.standing.rollout in rollouts}
        return dict(sorted({**self._shown, **self._found(list(wanted))}.items())) if wanted else self._shown

    def _found(self, subjects: Sequence[str]) -> dict[str, Shown]:
        each = ((s.removeprefix(FLAG), _read(self._store, s)) for s in subjects)
        return {key: shown for key, shown in each if shown is not None}


def put(room: Room, flag: Flag, rollout: str = "") -> Shown:
    """Set a flag, whole. `rollout`: the change whose rollout it serves; one that runs is kept without a word.

    Raises Misuse for a flag with mistakes, Refused where keys would move while a rollout runs, Conflict where somebody
    else was faster.
    """
    before = flag_of(room, flag.key)
    room.store.append(writes(room, flag, rollout, before))
    return one(room, flag.key)


def writes(room: Room, flag: Flag, rollout: str, before: Standing | None) -> tuple[Write, ...]:
    """The entries that set a flag, for whoever appends more with them; `before`: how it stood. Raises as `put` does."""
    flag = replace(flag, floats=has_floats(flag))
    wrong = mistakes(flag)
    if wrong:
        where = ".".join(map(str, wrong[0].path))
        raise Misuse(f"the flag {flag.key!r:.100} cannot be: {where}: {wrong[0].message}", wrong[0].hint or _HELP)
    if before is not None and (runs_on := serving(room, before)) is not None:
        _must_stay(before, flag, rollout, runs_on)
        rollout = before.rollout
    version, now = before.version if before else 0, room.clock.now()
    made = Write(subject_of(flag.key), version, FlagSet(restored(flag), rollout, room.by, now))
    if not flag.killed or (before is not None and before.killed):
        return (made,)
    return made, Write(subject_of(flag.key), version + 1, FlagKilled(flag.key, "set as disabled", room.by, now))


def kill(room: Room, key: str, because: str) -> Shown:
    """Serve everybody the safe variant, from this entry on. One that is killed already stays as it is.

    Raises NotFound; Misuse without a reason.
    """
    because = reason(because, "a flag is killed for a reason")
    found = one(room, key)
    if found.standing.killed is None:
        # True whatever else happened meanwhile: nobody who sets the flag at this moment can be in the way of a kill.
        append_after_last(room.store, subject_of(key), FlagKilled(key, because, room.by, room.clock.now()))
    return one(room, key)


def restore(room: Room, key: str) -> Shown:
    """Serve as before the kill. Raises NotFound; Refused for a flag that is not killed; Conflict."""
    found = one(room, key)
    if found.standing.killed is None:
        raise Refused(f"the flag {key} is not killed", f"See it: cleanroom flag show {key}")
    room.store.append([Write(subject_of(key), found.standing.version, FlagRestored(key, room.by, room.clock.now()))])
    return one(room, key)


_HELP = "docs/flags.md says what a flag is."


def _read(store: Store, subject: str) -> Shown | None:
    found = standing(store.history(subject))
    if found is None:
        return None
    rollout = rollout_in(store, found.rollout) if found.rollout else None
    return Shown(found, rollout, exact(served(found, rollout)))


def serving(room: Room, found: Standing) -> Rollout | None:
    """The rollout that runs behind the flag; None where none does."""
    rollout = find(room, found.rollout) if found.rollout else None
    return rollout if is_of(rollout, found) and runs(rollout) else None


def _must_stay(before: Standing, flag: Flag, rollout: str, running: Rollout) -> None:
    """Nothing may change that puts keys elsewhere than the rollout does."""
    name = start_of(running).name
    if rollout not in ("", before.rollout):
        raise Refused(f"the flag {flag.key} serves the rollout of {name}", f"First: cleanroom rollout abort {name}")
    if parts := moved(exact(before.flag), flag):
        raise Refused(
            f"the rollout of {name} runs behind the flag {flag.key}, and this would move keys: {', '.join(parts)}",
            f"Only overrides and metadata may change now; or first: cleanroom rollout abort {name}",
        )
