"""The battery on what the candidate itself made while it baked: it counts in the rollout, and voids no approval."""

from __future__ import annotations

from cleanroom.app.appending import retried
from cleanroom.app.rollout.read import existing
from cleanroom.app.room import Room
from cleanroom.app.shadow import subject_with
from cleanroom.app.validate import Examined, Progress, Render, examine, ran
from cleanroom.core.base import Refused
from cleanroom.core.check import Outcome
from cleanroom.core.facts import RolloutObserved
from cleanroom.core.ledger import Write
from cleanroom.core.progress.state import Baking, Held, baking_of, subject_of
from cleanroom.ports.engine import Table


def observe(
    room: Room,
    name: str,
    output: Table,
    baseline: Table | None,
    render: Render,
    progress: Progress = lambda _: None,
) -> Examined:
    """Run the battery on `output`, which the candidate made, and write down what it found under the rollout.

    `baseline`: what the control made meanwhile. Raises Refused where no rollout runs, Misuse and Outside as `check` does.
    """
    _running(room, name)
    change, _ = room.project.change(name)
    subject = subject_with(room, room.project.contract(), change, None, output, baseline)
    found = examine(room, subject, render, progress)
    retried(lambda: _append(room, name, found))
    return found


def _append(room: Room, name: str, found: Examined) -> None:
    baking = _running(room, name)
    if baking.start.change != found.run.change:
        raise Refused(f"the rollout of {name} is of another version", "Observe what that version made.")
    now = room.clock.now()
    bad = [r for r in found.judgement.verdict.results if r.outcome is found.report.outcome]
    because = "" if found.report.outcome is Outcome.PASS else ", ".join(r.check for r in bad[:5])
    fact = RolloutObserved(found.run.digest, found.report.outcome.value, because, baking.step, now)
    room.store.append([*ran(found, now), Write(subject_of(name), baking.version, fact)])


def _running(room: Room, name: str) -> Baking:
    found = existing(room, name)
    if not isinstance(found, Baking | Held):
        raise Refused(
            f"the rollout of {name} is over: {found.because}", "Only what a running rollout makes is observed."
        )
    return baking_of(found)
