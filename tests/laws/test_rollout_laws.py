"""Whatever breaks on the way: no promotion without evidence, no step taken twice, no decision lost, a ledger that verifies."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.review_samples import NAME
from tests.rollout_samples import PLAN, RolloutPaper, approved

from cleanroom.app.audit import verify
from cleanroom.app.rollout import steer
from cleanroom.app.rollout.read import existing
from cleanroom.app.rollout.watch import forget, watch
from cleanroom.app.signals import record
from cleanroom.core import facts
from cleanroom.core.base import Refused, micros
from cleanroom.core.ledger import LedgerEntry, Verified, Write
from cleanroom.core.progress.state import Held, runs
from cleanroom.core.rollout.plan import HOUR, Plan
from cleanroom.core.rollout.weigh import harm
from cleanroom.sim.rollouts import SimulatedClock, Traffic, report

SOAK = os.environ.get("HYPOTHESIS_PROFILE") == "soak"
QUICK = replace(PLAN, bake=2 * HOUR, limit=10 * HOUR, patience=HOUR, least=5)
FAULTS = ("silence", "back", "forward", "crash", "second", "twice", "late", "hold", "resume", "restart", "none", "none")
_DECIDING = (facts.RolloutAdvanced, facts.RolloutPromoted, facts.RolloutRolledBack, facts.RolloutHeld)


class Crash(Exception):
    """The process dies between deciding and writing."""


def wound(paper: RolloutPaper, clock: SimulatedClock, traffic: Traffic, fault: str) -> None:
    """One hour, in which that goes wrong; then the reconciler looks."""
    room = paper.room()
    if fault == "silence":
        clock.later(60)
    elif fault == "late":  # outcomes of an hour that arrive three hours later
        at = clock.at
        made = report(paper.room(), clock, NAME, replace(traffic, hourly=0.0), 60)
        assert not made
        late = replace(traffic, seed=traffic.seed + 1)
        other = SimulatedClock(at)
        report(replace(room, clock=_Late(other, 180)), other, NAME, late, 60)
    else:
        made = report(room, clock, NAME, traffic, 60)
        if fault == "twice" and made:
            assert record(room, made).new == 0
    with suppress(Crash):
        _look(paper, clock, fault)


class _Late:
    """A clock behind which everything arrives so many minutes later."""

    def __init__(self, clock: SimulatedClock, minutes: int) -> None:
        self.clock, self.minutes = clock, minutes

    def now(self) -> Any:
        later = SimulatedClock(self.clock.at)
        later.later(self.minutes)
        return later.at


def _look(paper: RolloutPaper, clock: SimulatedClock, fault: str) -> None:
    room = paper.room()
    match fault:
        case "back":
            clock.later(-45)
        case "forward":
            clock.later(90)
        case "restart":
            forget(room)
        case "hold":
            with suppress(Refused):
                steer.hold(room, NAME, "by hand")
        case "resume":
            with suppress(Refused):
                steer.resume(room, NAME)
        case _:
            pass
    append = paper.store.append

    def dies(_writes: Sequence[Write]) -> tuple[LedgerEntry, ...]:
        raise Crash

    def after_another(writes: Sequence[Write]) -> tuple[LedgerEntry, ...]:
        paper.store.append = append  # type: ignore[method-assign]
        forget(room)
        watch(room)
        return append(writes)

    if fault == "crash":
        paper.store.append = dies  # type: ignore[method-assign,assignment]
    elif fault == "second":
        paper.store.append = after_another  # type: ignore[method-assign]
    try:
        watch(room)
    finally:
        paper.store.append = append  # type: ignore[method-assign]
        if fault == "crash":
            forget(room)


def checked(paper: RolloutPaper, plan: Plan) -> None:
    """The rules, from the raw entries."""
    step, ended, share_at = 0, 0, None
    for entry in paper.entries():
        fact = entry.fact
        assert ended == 0 or isinstance(fact, facts.RolloutStarted), "nothing after the end"
        match fact:
            case facts.RolloutStarted(at=at):
                step, ended, share_at = 0, 0, at
            case facts.RolloutAdvanced(step=next_, at=at):
                assert next_ == step + 1, "no step twice, none left out"
                assert share_at is not None
                assert micros(at) - micros(share_at) >= plan.bake * 1_000_000, "a phase bakes its time"
                step, share_at = next_, at
            case facts.RolloutPromoted(weighed=weighed):
                ended += 1
                assert step == len(plan.phases) - 2, "all the way up"
                assert harm(weighed.series, plan).safe, "the evidence stands beside the decision"
            case facts.RolloutRolledBack(by=None, weighed=weighed):
                ended += 1
                assert harm(weighed.series, plan).harmful or weighed.grave
            case facts.RolloutRolledBack():
                ended += 1
            case _:
                pass
    assert isinstance(verify(paper.store), Verified)


@settings(max_examples=10_000 if SOAK else 60, deadline=None)
@given(
    faults=st.lists(st.sampled_from(FAULTS), min_size=6, max_size=14),
    control=st.sampled_from((0.05, 0.2)),
    times=st.sampled_from((0.5, 1.0, 1.0, 2.0, 3.0)),
    hourly=st.sampled_from((40.0, 150.0)),
    seed=st.integers(0, 2**32),
)
def test_whatever_breaks_on_the_way(faults: list[str], control: float, times: float, hourly: float, seed: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        paper, clock = approved(Path(folder))
        paper.begin(QUICK)
        traffic = Traffic(
            hourly, 10_000, {"control": {"error": control}, "candidate": {"error": control * times}}, seed=seed
        )
        for fault in faults:
            wound(paper, clock, traffic, fault)
            if not runs(existing(paper.room(), NAME)):
                break
        checked(paper, QUICK)


def test_the_faults_do_not_only_lead_nowhere() -> None:
    """Without faults the same traffic promotes what is as good, rolls back what is worse, and holds silence."""
    ends = set()
    for times, hourly in ((1.0, 600.0), (3.0, 600.0), (1.0, 0.0)):
        with tempfile.TemporaryDirectory() as folder:
            paper, clock = approved(Path(folder))
            paper.begin(QUICK)
            traffic = Traffic(hourly, 10_000, {"control": {"error": 0.2}, "candidate": {"error": 0.2 * times}})
            for _ in range(14):
                wound(paper, clock, traffic, "none")
                found = existing(paper.room(), NAME)
                if not runs(found) or isinstance(found, Held):
                    break
            checked(paper, QUICK)
            ends.add(type(found).__name__)
    assert ends == {"Promoted", "RolledBack", "Held"}
