"""One look at every rollout that runs: what was counted since the last one, what that is evidence of, what is done."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from weakref import WeakKeyDictionary

import numpy as np

from cleanroom.app.alerts import signal
from cleanroom.app.alerts.read import systems_of
from cleanroom.app.notify import tell
from cleanroom.app.rollout.publish import publish
from cleanroom.app.rollout.read import unfinished
from cleanroom.app.rollout.start import CANDIDATE, CONTROL
from cleanroom.app.room import Room
from cleanroom.app.sensors.read import holds_up
from cleanroom.core.alert import Signal
from cleanroom.core.base import MINUTE, CleanroomError, Instant, instant, micros, noun
from cleanroom.core.facts import Fact, RolloutAdvanced, RolloutHeld, RolloutPromoted, RolloutRolledBack, RolloutWeighed
from cleanroom.core.ledger import Conflict, Write
from cleanroom.core.outcome import Columns
from cleanroom.core.progress.decide import Advance, Decision, Hold, Promote, RollBack, Wait, decide
from cleanroom.core.progress.state import Baking, Held, Promoted, baking_of, start_of, subject_of
from cleanroom.core.rollout.plan import GRAVE
from cleanroom.core.rollout.weigh import WINDOW, Memory, certain_harm, edges, harm, recall, stepped, weigh
from cleanroom.core.rollout.weighed import Weighed
from cleanroom.core.stats.canary import Block
from cleanroom.ports.store import Store

KEEP = 5 * MINUTE
"""Microseconds of new evidence that are worth an entry of their own while nothing is decided."""

RECENT = 60 * MINUTE
"""Microseconds in which a look between two blocks searches for grave outcomes; a look at a block searches all."""


ASKING = 20_000_000
"""Microseconds that a look may ask sources of counts for one rollout."""

SILENT = 60 * MINUTE
"""Microseconds without counts after which people are told."""


@noun
class Watched:
    """What one look did with one rollout."""

    name: str
    did: Decision


@dataclass(frozen=True, slots=True)
class _Known:
    """What this process remembers of a rollout as the ledger has it: it is made again from the outcomes where it is lost."""

    begun: Instant
    until: Instant
    since: Instant
    memory: Memory
    hourly: float


_KNOWN: WeakKeyDictionary[Store, dict[str, _Known]] = WeakKeyDictionary()


def watch(room: Room) -> tuple[Watched, ...]:
    """Look at every rollout that runs, and write down what follows. Looking twice, or from two processes, does no harm."""
    return tuple(_watched(room))


def _watched(room: Room) -> Iterator[Watched]:
    for found in unfinished(room):
        name = start_of(found).name
        try:
            if not isinstance(found, Promoted):
                yield Watched(name, _look(room, found))
            else:
                publish(room, found)  # unless that is done: whoever promoted may have died before
        except CleanroomError as error:  # the others have their turn
            yield Watched(name, Wait(f"could not be looked at: {error.message}"))


def _look(room: Room, state: Baking | Held) -> Decision:
    baking = baking_of(state)
    now = room.clock.now()
    known = _known(room, baking)
    since, until = micros(baking.since), micros(baking.weighed.until)
    bounds = edges(baking.weighed, baking.start.plan, since, micros(now), known.hourly)
    weighed, memory, silent = baking.weighed, known.memory, ""
    if bounds:
        seen = _outcomes(room, baking, until - WINDOW, bounds[-1])
        given, answered, silent = _given(room, baking, bounds)
        weighed, memory = _weighed(baking, known.memory, bounds, answered, seen, given)
    weighed = _apart(room, baking, weighed, now, all_of_them=bool(bounds))
    decided = _unless_silent(decide(state, weighed, now, holds_up(room, state)), silent)
    if silent and micros(now) - micros(weighed.until) > SILENT:
        key = f"rollout/{baking.start.name}/{baking.version}/silent"
        tell(room, key, None, f"Rollout of {baking.start.name}: a source does not answer", silent)
    after = _written(room, baking, weighed, decided, now)
    if after is not None:
        fresh = Memory(memory.gone) if isinstance(decided, Advance) else memory
        hourly = _hourly(seen, micros(after)) if bounds else known.hourly
        began = now if isinstance(decided, Advance) else baking.since
        _KNOWN[room.store][baking.start.name] = _Known(baking.start.at, after, began, fresh, hourly)
    return decided


def _given(room: Room, baking: Baking, bounds: Sequence[int]) -> tuple[dict[str, list[Block]], int, str]:
    """Blocks that sources counted, by metric; how many blocks all of them have; and why there are no more, '' for no reason.

    Asking ends after ASKING: what is left is asked at the next look.
    """
    metrics = [m for m in baking.start.plan.metrics if m.source]
    given: dict[str, list[Block]] = {m.name: [] for m in metrics}
    if not metrics:
        return given, len(bounds) - 1, ""
    began = micros(room.clock.now())
    for place, (begin, end) in enumerate(pairwise(bounds)):
        if place and micros(room.clock.now()) - began > ASKING:
            return given, place, ""
        try:
            for metric in metrics:
                canary = room.counts.counted(metric.source, CANDIDATE, begin, end)
                given[metric.name].append(
                    Block(begin, *canary, *room.counts.counted(metric.source, CONTROL, begin, end))
                )
        except CleanroomError as error:
            return given, place, f"{error.message}; nothing after {instant(begin)[:16]}Z is weighed until it answers"
    return given, len(bounds) - 1, ""


def _weighed(
    baking: Baking, memory: Memory, bounds: Sequence[int], answered: int, seen: Columns, given: dict[str, list[Block]]
) -> tuple[Weighed, Memory]:
    """The evidence of the blocks that have all their counts; of those behind them only harm that is certain without."""
    plan, since, weighed = baking.start.plan, micros(baking.since), baking.weighed
    if answered:
        weighed, memory = weigh(weighed, memory, plan, since, bounds[: answered + 1], seen, given)
    if answered < len(bounds) - 1 and not harm(weighed.series, plan).harmful:
        certain = certain_harm(weighed, memory, plan, since, bounds[answered:], seen)
        weighed = weighed if certain is None else certain
    return weighed, memory


def _unless_silent(decided: Decision, silent: str) -> Decision:
    """A source that does not answer stops what is good news, and no bad news."""
    match decided:
        case RollBack():
            return decided
        case _ if not silent:
            return decided
        case Advance() | Promote():
            return Wait(silent)
        case Hold(because=because):
            return Hold(f"{because}; {silent}")
        case Wait(because=because):
            return Wait(f"{because}; {silent}")


def _written(room: Room, baking: Baking, weighed: Weighed, decided: Decision, now: Instant) -> Instant | None:
    """Append what was decided; up to when the ledger has weighed now, None where nothing was written."""
    fact = _fact(baking, weighed, decided, now)
    if fact is None:
        return None
    try:
        room.store.append([Write(subject_of(baking.start.name), baking.version, fact)])
    except Conflict:
        return None  # somebody else decided meanwhile: the next look sees what
    _tell(room, baking, decided, fact)
    return weighed.until


def _fact(baking: Baking, weighed: Weighed, decided: Decision, now: Instant) -> Fact | None:
    match decided:
        case RollBack(because=because):
            return RolloutRolledBack(weighed, because, None, now)
        case Hold(because=because):
            return RolloutHeld(weighed, because, None, now)
        case Promote(because=because):
            return RolloutPromoted(weighed, because, baking.start.artifact, now)
        case Advance(because=because):
            return RolloutAdvanced(baking.step + 1, stepped(weighed, baking.share), because, now)
        case Wait(because=because):
            enough = micros(weighed.until) - micros(baking.weighed.until) >= KEEP
            return RolloutWeighed(weighed, because, now) if enough else None


def _tell(room: Room, baking: Baking, decided: Decision, fact: Fact) -> None:
    """Whoever has a channel hears of what is no longer waiting."""
    if isinstance(decided, Wait):
        return
    name = baking.start.name
    if isinstance(decided, RollBack):
        _warn(room, baking, decided.because)
        return
    did = {
        Hold: "held",
        Promote: "promoted",
        Advance: "in the next phase",
    }[type(decided)]
    tell(room, f"rollout/{name}/{baking.version + 1}/{fact.kind}", None, f"Rollout of {name}: {did}", decided.because)
    if isinstance(decided, Promote) and isinstance(fact, RolloutPromoted):
        publish(room, Promoted(baking.start, fact.weighed, fact.because, fact.at, baking.version + 1))


def _warn(room: Room, baking: Baking, because: str) -> None:
    """What did harm is an alert: somebody has to find out why, although nobody gets it any more."""
    start, now = baking.start, room.clock.now()
    system = next((s.name for s in systems_of(room.project) if start.flag in s.flags), "")
    what = f"the rollout of {start.name} was rolled back: {because}"
    evidence = (f"flag: {start.flag}", f"phase: {baking.step + 1}", f"run: {start.run}", f"version: {start.change}")
    name = f"rollout/{start.name}"
    signal(room, Signal(name, system, "warning", start.change[:19], what, baking.since, now, evidence, "rollout"))


def _known(room: Room, baking: Baking) -> _Known:
    """What has to be remembered of the blocks before, read again from the outcomes where this process does not have it."""
    mine = _KNOWN.setdefault(room.store, {})
    found = mine.get(baking.start.name)
    if found is not None and (found.begun, found.until, found.since) == (
        baking.start.at,
        baking.weighed.until,
        baking.since,
    ):
        return found
    begin, until = micros(baking.start.at), micros(baking.weighed.until)
    seen = _outcomes(room, baking, begin - WINDOW, until) if until > begin else None
    bounds = (*range(begin, until, 15 * MINUTE), until)
    memory = Memory() if seen is None else recall(baking.start.plan, micros(baking.since), bounds, seen)
    hourly = 0.0 if seen is None else _hourly(seen, until)
    made = mine[baking.start.name] = _Known(baking.start.at, baking.weighed.until, baking.since, memory, hourly)
    return made


def _outcomes(room: Room, baking: Baking, since: int, until: int) -> Columns:
    names = [m.name for m in baking.start.plan.metrics if not m.source]
    return room.telemetry.columns(baking.start.flag, since, until, names)


def _hourly(seen: Columns, until: int) -> float:
    """Outcomes in the hour before `until`."""
    return float(np.count_nonzero((seen.at >= until - WINDOW) & (seen.at < until)))


def _apart(room: Room, baking: Baking, weighed: Weighed, now: Instant, *, all_of_them: bool) -> Weighed:
    """With grave outcomes, also those whose block has not ended, and with those that were left out."""
    flag, begin, end = baking.start.flag, micros(baking.start.at), micros(now) + 1
    first = begin if all_of_them else max(begin, end - RECENT)
    counts = room.telemetry.counts(flag, first - first % MINUTE, end)
    grave = sum(c.bad for c in counts if c.arm == "candidate" and c.metric in GRAVE)
    apart = room.telemetry.apart(flag, begin, end) if all_of_them else weighed.apart
    return replace(weighed, grave=max(grave, weighed.grave), apart=apart)


def forget(room: Room) -> None:
    """Forget what this process remembers of rollouts, as a new process would."""
    _KNOWN.pop(room.store, None)
