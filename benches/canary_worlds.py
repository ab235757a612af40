"""Simulated rollouts for benches/canary.py and the tests: traffic and bad rates over 72 hours, and what the product says of them.

Many rollouts are simulated at once: a Block here holds arrays, one number a rollout, and goes through the same functions
of cleanroom.core.stats.canary as a single rollout does.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cleanroom.core.stats.canary import Block, Decision, Rules, block_minutes, decision, grown, nothing

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

RULES = Rules()
BAKE, LIMIT = 12.0, 72.0
SHARES = (0.02, 0.05, 0.10, 0.25, 0.50)
"""The shares of the ramp; each bakes 12 hours, and the last one waits for promotion (the step to 100%) until the limit."""

MOST = 0.45
"""The control's bad rate never gets above this, so that twice of it is a rate."""


@dataclass(frozen=True)
class World:
    """How traffic and the bad rate of both arms move: factors by the hour."""

    name: str
    traffic: Callable[[float], float]
    bad: Callable[[float], float]


def steady(_hour: float) -> float:
    """No change."""
    return 1.0


def _busy_by_day(hour: float) -> float:
    return 1 + 0.7 * math.sin(2 * math.pi * hour / 24)


def _bad_by_day(hour: float) -> float:
    return 1 + 0.6 * math.sin(2 * math.pi * (hour - 5) / 24)


def _fourfold_in_the_end(hour: float) -> float:
    return 1 + 3 * hour / LIMIT


def _busy_in_the_incident(hour: float) -> float:
    return 1.5 if 20 <= hour < 22 else 1.0


def _tenfold_in_the_incident(hour: float) -> float:
    return 10.0 if 20 <= hour < 22 or 50 <= hour < 50.5 else 1.0


FLAT = World("flat", steady, steady)
WORLDS = (
    FLAT,
    World("daily", _busy_by_day, _bad_by_day),
    World("trend", steady, _fourfold_in_the_end),
    World("incident", _busy_in_the_incident, _tenfold_in_the_incident),
)


class Step(NamedTuple):
    """One block of many rollouts: when it ended (hours), the planned share, whether it begins a phase, the counts."""

    ended: float
    share: float
    opens: bool
    block: Block


def counts(start: float, canary_n: Any, canary_bad: Any, control_n: Any, control_bad: Any) -> Block:
    """A Block of arrays, one number a rollout; `start` in hours."""
    return Block(round(start * 3.6e9), canary_n, canary_bad, control_n, control_bad)


def share_at(hour: float, shares: tuple[float, ...] = SHARES) -> float:
    """The canary's share at an hour of the ramp."""
    return shares[min(int(hour / BAKE), len(shares) - 1)]


def rollouts(
    world: World,
    base: float,
    rate: float,
    ratio: float | Callable[[float], float],
    runs: int,
    rng: np.random.Generator,
    *,
    minutes: int | None = None,
    shares: tuple[float, ...] = SHARES,
    realised: float = 1.0,
) -> Iterator[Step]:
    """The blocks of `runs` rollouts. base: the control's bad rate; rate: requests an hour over both arms; ratio: the
    canary's bad rate over the control's (by the hour, if a function); realised: the share that comes over the planned one.
    """
    length, before = minutes or block_minutes(rate), 0.0
    for start in range(0, round(LIMIT * 60), length):
        hour, middle = start / 60, (start + length / 2) / 60
        share = share_at(hour, shares)
        expected = rate * length / 60 * world.traffic(middle)
        q = min(MOST, base * world.bad(middle))
        worse = ratio(hour) if callable(ratio) else ratio
        canary_n = rng.poisson(expected * share * realised, runs)
        control_n = rng.poisson(expected * (1 - share * realised), runs)
        canary_bad = rng.binomial(canary_n, min(1.0, q * worse))
        control_bad = rng.binomial(control_n, q)
        block = counts(hour, canary_n, canary_bad, control_n, control_bad)
        yield Step((start + length) / 60, share, share != before, block)
        before = share


@dataclass(frozen=True)
class Ends:
    """What became of each rollout, shape (runs,).

    harmed_at: hour at which harm reached the bar, inf where never; canary_n: canary requests until then; safe_ever: safety
    reached the bar at some look, whatever harm said; promoted: it did so at the end of the ramp, and harm never before.
    """

    harmed_at: Floats
    canary_n: Floats
    safe_ever: Flags
    promoted: Flags

    @property
    def rolled_back(self) -> Flags:
        """Harm was found before promotion and before the limit."""
        return np.isfinite(self.harmed_at)


def judged(steps: Iterator[Step], runs: int, rules: Rules = RULES, *, until_found: bool = False) -> Ends:
    """Look at every rollout after each of its blocks. `until_found` stops once harm was found in all of them."""
    evidence = nothing(rules)
    harmed_at, seen = np.full(runs, math.inf), np.zeros(runs)
    safe_ever, promoted = np.zeros(runs, bool), np.zeros(runs, bool)
    for step in steps:
        evidence = grown(evidence, step.block, rules)
        verdict: Decision = decision(evidence, rules)
        open_ = np.isinf(harmed_at)
        seen += np.where(open_, step.block.canary_n, 0)
        harmed_at = np.where(open_ & verdict.harmful, step.ended, harmed_at)
        safe_ever |= verdict.log_safe >= verdict.bar
        if step.ended >= BAKE * len(SHARES):
            promoted |= np.isinf(harmed_at) & verdict.safe
        if until_found and np.isfinite(harmed_at).all():
            break
    return Ends(harmed_at, seen, safe_ever, promoted)


def twice_the_control(steps: Iterator[Step], runs: int, fewest: int = 100) -> Flags:
    """Who is rolled back by 'the canary's bad rate since the phase began is above twice the control's', looked at each block."""
    return _watched(steps, runs, lambda a, x, b, y: (a >= fewest) & (x * b > 2 * y * a))


def z_test(steps: Iterator[Step], runs: int, fewest: int = 100) -> Flags:
    """Who is rolled back by a two-proportion z-test (one-sided, p < 0.05) on the counts since the phase began, each block."""

    def worse(a: Floats, x: Floats, b: Floats, y: Floats) -> Flags:
        pooled = (x + y) / np.maximum(a + b, 1)
        spread = np.sqrt(np.maximum(pooled * (1 - pooled) * (1 / np.maximum(a, 1) + 1 / np.maximum(b, 1)), 1e-300))
        return np.asarray((a >= fewest) & (x / np.maximum(a, 1) - y / np.maximum(b, 1) > 1.6449 * spread))

    return _watched(steps, runs, worse)


def _watched(steps: Iterator[Step], runs: int, worse: Callable[[Floats, Floats, Floats, Floats], Flags]) -> Flags:
    back, sums = np.zeros(runs, bool), np.zeros((4, runs))
    for step in steps:
        if step.opens:
            sums = np.zeros((4, runs))
        b = step.block
        sums += np.asarray([b.canary_n, b.canary_bad, b.control_n, b.control_bad])
        back |= worse(*sums)
    return back


def no_data_is_success(steps: Iterator[Step], runs: int, limit: int = 3) -> Flags:
    """Who is promoted by 'roll back after `limit` looks in a row above twice the control's rate; a look without data passes'."""
    failed, back = np.zeros(runs, int), np.zeros(runs, bool)
    for step in steps:
        b = step.block
        fails = np.asarray(b.canary_n > 0) & np.asarray(b.canary_bad * b.control_n > 2 * b.control_bad * b.canary_n)
        failed = np.where(fails, failed + 1, 0)
        back |= failed >= limit
    return ~back
