"""What is done by itself when an alert is critical: as far as [policy] act_on_critical says so, and never more."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from cleanroom.app import flags
from cleanroom.app.incident import open as incidents  # the module: each of the two begins with the other
from cleanroom.app.rollout import steer
from cleanroom.app.rollout.read import every
from cleanroom.app.room import Room
from cleanroom.core.alerts.acts import Act
from cleanroom.core.alerts.state import Open
from cleanroom.core.base import Instant, Misuse, Refused
from cleanroom.core.facts import AlertActed
from cleanroom.core.progress.state import runs, start_of
from cleanroom.core.reason import LONGEST_REASON
from cleanroom.core.register import System

RECONCILER = "reconciler"
"""Who does it, as the ledger has it."""


def act(
    room: Room, acts: tuple[Act, ...], alert: Open, system: System | None, what: str, crowd: int
) -> tuple[AlertActed, ...]:
    """Do it, and say what came of each. `system`: None where it is not in the register; `what`: what happened; `crowd`: how
    many critical alerts begin at once.

    What cannot be done is said and not tried again. Raises Outside where the store fails: then it is tried again.
    """
    work = replace(room, operator=RECONCILER, proof="claimed")
    because = f"alert {alert.id}: {what}"[:LONGEST_REASON]
    now = room.clock.now()
    done = [found for a in acts for found in _acted(work, a, alert.id, system, alert.system, because, now)]
    if "open-incident" in acts:  # last, so that it knows what was done
        done.append(_open(work, alert, crowd, done, now))
    return tuple(done)


def _acted(
    room: Room, act: Act, alert: str, system: System | None, name: str, because: str, now: Instant
) -> Iterator[AlertActed]:
    match act:
        case "kill-flag":
            yield _kill(room, alert, system, name, because, now)
        case "abort-rollout":
            yield from _abort(room, alert, system, name, because, now)
        case "open-incident":
            return


def _open(room: Room, alert: Open, crowd: int, done: Sequence[AlertActed], now: Instant) -> AlertActed:
    try:
        id, what = incidents.open_by_policy(room, alert, crowd, done)
    except (Misuse, Refused) as error:
        return AlertActed(alert.id, "open-incident", "", False, error.message, now)
    return AlertActed(alert.id, "open-incident", id, True, what, now)


def _kill(room: Room, alert: str, system: System | None, name: str, because: str, now: Instant) -> AlertActed:
    if system is None or system.fallback is None:
        why = f"{name or 'no system'} has no fallback in the register: there is no flag to kill"
        return AlertActed(alert, "kill-flag", "", False, why, now)
    key = system.fallback.flag
    try:
        if flags.one(room, key).standing.killed is not None:
            return AlertActed(alert, "kill-flag", key, True, "it was killed already", now)
        flags.kill(room, key, because)
    except (Misuse, Refused) as error:
        return AlertActed(alert, "kill-flag", key, False, error.message, now)
    return AlertActed(alert, "kill-flag", key, True, system.fallback.means or "everybody gets the safe variant", now)


def _abort(
    room: Room, alert: str, system: System | None, name: str, because: str, now: Instant
) -> Iterator[AlertActed]:
    keys = {name, *(system.flags if system is not None else ())}
    starts = [start_of(r) for r in every(room) if runs(r)]
    mine = [s for s in starts if s.flag in keys or s.name in keys]
    if not mine:
        yield AlertActed(alert, "abort-rollout", "", False, f"no rollout of {name or 'no system'} runs", now)
    for start in mine:
        try:
            steer.abort(room, start.name, because)
            yield AlertActed(alert, "abort-rollout", start.name, True, "it is rolled back", now)
        except (Misuse, Refused) as error:
            yield AlertActed(alert, "abort-rollout", start.name, False, error.message, now)
