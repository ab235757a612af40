"""How can the harm be stopped now? What the register and the flags make possible, best first; one command does it.

It needs no diagnosis: whatever the cause is, the safe variant is safe. Everything here can be undone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Literal, get_args

from cleanroom.app import flags
from cleanroom.app.alerts.read import systems_of
from cleanroom.app.incident.read import do, existing
from cleanroom.app.queue.calibrate import withdraw
from cleanroom.app.queue.desk import promise_of
from cleanroom.app.rollout import steer
from cleanroom.app.rollout.read import every, flag_of
from cleanroom.app.room import Room
from cleanroom.core.base import Misuse, Refused, micros, noun
from cleanroom.core.incident import decide
from cleanroom.core.incident.state import Detected, Incident
from cleanroom.core.mistakes import one_of
from cleanroom.core.progress.state import runs, start_of
from cleanroom.core.reason import LONGEST_REASON, reason
from cleanroom.core.register import System

Act = Literal["kill-flag", "safe-fallback", "roll-back", "disable-source", "review-all", "none"]
"""From what stops most at once to what stops least. `none`: the harm ended by itself, as somebody says."""

ACTS: tuple[Act, ...] = get_args(Act)


def act_of(word: str) -> Act:
    """The act of that name. Raises Misuse."""
    return one_of(word, ACTS, "way to contain it")


@noun
class Option:
    """Something that can be done now. `target`: to what; `means`: what follows for users."""

    act: Act
    target: str
    means: str


@dataclass(frozen=True, slots=True)
class _Doable:
    """`run`: None where it was done already."""

    option: Option
    run: Callable[[Room, str], object] | None


def options(room: Room, id: str) -> tuple[Option, ...]:
    """What can be done now, best first; what was done already is left out. Raises NotFound, Refused for a closed one."""
    return tuple(d.option for d in _doable(room, decide.ongoing(existing(room, id))))


def contain(room: Room, id: str, act: Act | None = None, target: str = "", because: str = "") -> Incident:
    """Do the best thing that can be done, or `act` (to `target`, where there are several). What came of it is on record.

    Raises NotFound, Misuse for an act that cannot be done here, Refused for a closed incident.
    """
    known = decide.ongoing(existing(room, id))
    because = reason(because, "say how the harm ended" if act == "none" else "")
    if act == "none":
        return do(room, id, lambda now: decide.contain(now, "none", "", True, because, room.by, room.clock.now()))
    wanted = _wanted(known, list(_doable(room, known)), act, target)
    why = f"incident {id}: {because or known.title}"[:LONGEST_REASON]
    did, said = _done(room, wanted, why)
    option = wanted.option
    return do(
        room, id, lambda now: decide.contain(now, option.act, option.target, did, said, room.by, room.clock.now())
    )


def _done(room: Room, wanted: _Doable, why: str) -> tuple[bool, str]:
    try:
        if wanted.run is not None:
            wanted.run(room, why)
    except (Misuse, Refused) as error:
        return False, error.message
    return True, wanted.option.means


def _wanted(known: Detected, found: list[_Doable], act: Act | None, target: str) -> _Doable:
    fit = [d for d in found if act in (None, d.option.act) and target in ("", d.option.target)]
    if fit:
        return fit[0]
    if known.holds is not None and not found:
        held = f"{known.holds.act} {known.holds.target}".strip()
        raise Misuse(f"incident {known.id} is contained by {held}, and nothing else here can be done")
    there = ", ".join(f"{d.option.act} {d.option.target}".strip() for d in found)
    asked = f"{act} {target}".strip() if act else "contain it"
    what = (
        f"nothing here can {asked}: incident {known.id}"
        if not act
        else f"{asked} cannot be done for incident {known.id}"
    )
    hint = f"What can be done: {there}." if there else _NOTHING
    raise Misuse(what, hint)


_NOTHING = "Give the system a fallback (docs/register.md); stop the harm by hand, then: --act none --because TEXT."


def _doable(room: Room, known: Detected) -> Iterator[_Doable]:
    systems = [s for s in systems_of(room.project) if s.name in known.systems]
    seen: set[str] = set()
    fallbacks = {s.fallback.flag for s in systems if s.fallback is not None}
    if known.opened.flag not in fallbacks:
        yield from _kill(room, known, known.opened.flag, "kill-flag", "", seen)
    for system in systems:
        if system.fallback is not None:
            yield from _kill(room, known, system.fallback.flag, "safe-fallback", system.fallback.means, seen)
    yield from _roll_back(room, known, systems)
    for system in systems:
        for key in sorted(system.flags):
            yield from _kill(room, known, key, "kill-flag", "", seen)
    for system in systems:
        for source in system.sources:
            if not source.essential:
                means = f"{system.name} goes on without {source.name}"
                yield from _kill(room, known, source.flag, "disable-source", means, seen)
    for system in systems:
        if promise_of(room, system.name).cutoff is not None:
            option = Option("review-all", system.name, f"every output of {system.name} waits for a person")
            yield _Doable(option, partial(_review_all, system.name))


def _kill(room: Room, known: Detected, key: str, act: Act, means: str, seen: set[str]) -> Iterator[_Doable]:
    """What was killed since it began, by whom ever, is only put on record: no second act is needed for it."""
    flag = flag_of(room, key) if key else None
    if flag is None or key in seen:
        return
    seen.add(key)
    served = means or f"everybody is served {flag.flag.safe!r}"
    killed, began = flag.killed, known.began.at if known.began else known.opened.detected
    if killed is None:
        yield _Doable(Option(act, key, served), partial(_off, key))
    elif (known.began is None or micros(killed.at) >= micros(began)) and not any(
        c.did and c.target == key for c in known.tried
    ):
        yield _Doable(Option(act, key, f"{served}; killed by {killed.by.person} already"), None)


def _roll_back(room: Room, known: Detected, systems: list[System]) -> Iterator[_Doable]:
    keys = {known.opened.flag, *(key for s in systems for key in (s.name, *s.flags))} - {""}
    for start in (start_of(r) for r in every(room) if runs(r)):
        if start.flag in keys or start.name == known.opened.change:
            option = Option("roll-back", start.name, "everybody gets what was there before")
            yield _Doable(option, partial(_abort, start.name))


def _off(key: str, room: Room, why: str) -> object:
    return flags.kill(room, key, why)


def _abort(name: str, room: Room, why: str) -> object:
    return steer.abort(room, name, why)


def _review_all(system: str, room: Room, why: str) -> object:
    return withdraw(room, system, why)
