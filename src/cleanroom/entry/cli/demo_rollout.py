"""The last part of the demo: an approved mapping with a defect that no battery could see goes out, and comes back."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from rich.text import Text

from cleanroom.core.base import Instant, micros

if TYPE_CHECKING:
    from rich.console import Console

    from cleanroom.app.room import Room
    from cleanroom.core.progress.state import Rollout
    from cleanroom.sim.rollouts import Traffic

HOURS = 48
"""How long the rollout may take, in simulated hours."""

PHASES = "2,5,10,25,50,100"
_BAKE = 12


def traffic() -> Traffic:
    """1,500 uses an hour. With the candidate, an old version of the app shows an error to three users where it was one."""
    from cleanroom.sim.rollouts import Traffic

    bad = {"control": {"error": 0.01}, "candidate": {"error": 0.03}}
    return Traffic(1500, 200_000, bad, seed=3)


def roll_out(work: Room, name: str, console: Console) -> Instant:
    """Begin the rollout, let simulated days pass, and show what was decided on what evidence; when it was over."""
    from cleanroom.app import flags
    from cleanroom.app.rollout.start import start
    from cleanroom.core.progress.state import RolledBack
    from cleanroom.core.rollout.plan import HOUR, Plan
    from cleanroom.entry.cli.rollout_shown import show_one
    from cleanroom.entry.rollout_plan import metrics_of, shares_of
    from cleanroom.sim.rollouts import SimulatedClock, minutes_of

    console.print(
        f"  $ cleanroom rollout start {name} --phases {PHASES} --bake {_BAKE}h --metric error --metric latency_ms:above\n",
        soft_wrap=True,
    )
    clock = SimulatedClock(work.clock.now())
    simulated = replace(work, clock=clock)
    plan = Plan(shares_of(PHASES), metrics_of(["error", "latency_ms:above"]), bake=_BAKE * HOUR, patience=15 * 60 + 60)
    begun = start(simulated, name, plan)
    told, last = 0, None
    for last in minutes_of(simulated, clock, name, traffic(), 15, HOURS * 60):
        told = _line(last, begun.start.at, clock.at, told, console)
    if last is None:
        return clock.at
    console.print()
    show_one(last, clock.at, console)
    if isinstance(last, RolledBack):
        back = flags.one(simulated, name).flag.split
        console.print(
            f"\n  The entry in the ledger is the rollback: the flag gives the candidate to {back.share if back else 0} of "
            f"100,000, and nobody had to deploy.",
            soft_wrap=True,
        )
    return clock.at


def _line(now: Rollout, begun: Instant, at: Instant, told: int, console: Console) -> int:
    """A line every three simulated hours, and one at the end."""
    from cleanroom.entry.rollouts import told as as_told

    one = as_told(now, at)
    hours = (micros(at) - micros(begun)) / 3.6e9
    if hours < told + 3 and one.state == "Baking":
        return told
    error = next((line for line in one.lines if line.metric == "error"), None)
    if error is not None and one.state == "Baking":
        counts = f"{error.canary_bad} of {error.canary:,} against {error.control_bad} of {error.control:,}"
        console.print(
            Text(f"  hour {hours:4.0f}  {one.share * 100:4.3g}%  errors {counts}, evidence of harm {error.harm:.3g}")
        )
    return int(hours)
