"""Does a new alert give the next incident the lead that was claimed? `python benches/backtest.py [--quick] [--json FILE]`.

Simulated systems: 60 days of calls by five minutes, then an incident that people found after some hours. An alert is chosen, its
lead on that incident is claimed, and the same alert then meets the next incident of the same kind and 120 quiet days.
Two ways to choose: ours (core/stats/backtest.py), by the history with the incident left out; and the usual one, the rule with
the longest lead on the incident among those that were quiet in the week before it. An alert that was over already when the
incident began, or fires after people found it, has no lead. The figures:
    lead_claimed_over_fresh         hours claimed on the incident over hours given on the next one, all worlds; 1: as claimed
    lead_claimed_over_fresh_naive   the same of the usual way
    lead_claimed_h, lead_fresh_h, lead_claimed_h_naive, lead_fresh_h_naive
    bound_holds                     how often the next quiet days have no more false alarms than was claimed; 95% is promised
    false_per_30_days, false_per_30_days_naive    in those days
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from benches import frame

from cleanroom.core.stats.backtest import Chosen, Rule, Series, chosen, claimed, fired

STEP_H, DAY = 1 / 12, 288
HISTORY, WEEK, LONGEST, FRESH = 60 * DAY, 7 * DAY, 4 * DAY, 120 * DAY
WINDOWS = (3, 12, 48, 288)
ALLOWED, LEAST = 4.0, 20.0
RATE = 0.01
RUNS, QUICK_RUNS = 600, 60
SEED = 20261122

Floats = NDArray[np.float64]
World = Callable[[np.random.Generator, int], tuple[Floats, Floats]]
"""(calls, rate of bad ones) by step."""


def steady(rng: np.random.Generator, steps: int) -> tuple[Floats, Floats]:
    """Sixty calls in five minutes, 1% of them bad."""
    return rng.poisson(60, steps).astype(float), np.full(steps, RATE)


def daily(rng: np.random.Generator, steps: int) -> tuple[Floats, Floats]:
    """Traffic goes up and down with the hours, and bad ones a little."""
    wave = np.sin(2 * np.pi * (np.arange(steps) + rng.integers(DAY)) / DAY)
    return rng.poisson(60 * (1 + 0.9 * wave)).astype(float), RATE * (1 - 0.2 * wave)


def thin(rng: np.random.Generator, steps: int) -> tuple[Floats, Floats]:
    """Six calls in five minutes."""
    return rng.poisson(6, steps).astype(float), np.full(steps, RATE)


def uneven(rng: np.random.Generator, steps: int) -> tuple[Floats, Floats]:
    """Hours differ beyond chance: the rate wanders by 30%, and half of that is still there after two hours."""
    keep = 0.5 ** (1 / 24)
    noise = rng.normal(0, 0.3 * np.sqrt(1 - keep**2), steps)
    log, state = np.zeros(steps), 0.0
    for i, move in enumerate(noise):
        state = keep * state + move
        log[i] = state
    return rng.poisson(60, steps).astype(float), RATE * np.exp(log)


def blips(rng: np.random.Generator, steps: int) -> tuple[Floats, Floats]:
    """Every ten days or so, twenty minutes with five times as many, which nobody minds."""
    calls, rate = steady(rng, steps)
    for at in np.flatnonzero(rng.random(steps) < 1 / (10 * DAY)):
        rate[at : at + 4] *= 5
    return calls, rate


WORLDS: tuple[World, ...] = (steady, daily, thin, uneven, blips)


def incident(rng: np.random.Generator, steps: int, began: int) -> tuple[Floats, int]:
    """(By how much the rate is multiplied at each step, the step at which people found it).

    1.2 to 4 times as many, at once or over up to two days: what the alarms that were there did not find.
    """
    times = np.exp(rng.uniform(np.log(1.2), np.log(4)))
    ramp = 1 + int(rng.integers(0, 2) * rng.uniform(0, 2 * DAY))
    risen = np.clip((np.arange(steps) - began + 1) / ramp, 0, 1)
    detected = began + int(np.clip(rng.exponential(DAY), 24, LONGEST - 1))
    return 1 + (times - 1) * risen, detected


def met(world: World, rng: np.random.Generator, before: int) -> tuple[Series, int, int]:
    """An incident after `before` steps of quiet: the counts, when it began, when people found it."""
    calls, rate = world(rng, before + LONGEST)
    times, detected = incident(rng, len(calls), before)
    bad = rng.binomial(calls.astype(int), np.minimum(rate * times, 1)).astype(float)
    return Series(bad, calls, np.arange(len(calls)) >= before, DAY), before, detected


def lead(series: Series, rule: Rule, began: int, detected: int) -> float:
    """Hours by which the rule was before people; 0 where it was not."""
    at = fired(series, rule, began, detected)
    return 0.0 if at is None else (detected - at) * STEP_H


def best_on_the_last(series: Series, began: int, detected: int) -> tuple[Rule, float]:
    """The usual way: the longest lead on the incident among all rules that were quiet in the week before."""
    shift = began - WEEK - max(WINDOWS)
    near = Series(series.amount[shift:], series.n[shift:], series.left_out[shift:], DAY)
    rules = [Rule(w, RATE * 2 ** (k / 8), LEAST) for w in WINDOWS for k in range(2, 40)]
    quiet = [r for r in rules if claimed(near, r).alarms == 0]
    leads = [lead(near, r, began - shift, detected - shift) for r in quiet]
    place = int(np.argmax(leads))
    return quiet[place], leads[place]


def trial(world: World, rng: np.random.Generator) -> tuple[float, ...]:
    """(Lead claimed and given, ours; the same, usual; limit of false alarms in 30 days; those in fresh days, ours and usual)."""
    last, began, detected = met(world, rng, HISTORY)
    fresh = met(world, rng, 3 * DAY)
    calls, rate = world(rng, FRESH)
    after = Series(rng.binomial(calls.astype(int), rate).astype(float), calls, np.zeros(FRESH, bool), DAY)
    found = chosen(last, WINDOWS, ALLOWED, LEAST)
    assert isinstance(found, Chosen)
    theirs, theirs_lead = best_on_the_last(last, began, detected)
    false = (claimed(after, rule) for rule in (found.rule, theirs))
    return (
        lead(last, found.rule, began, detected),
        lead(fresh[0], found.rule, *fresh[1:]),
        theirs_lead,
        lead(fresh[0], theirs, *fresh[1:]),
        found.claimed.upper,
        *(30 * one.alarms / one.days for one in false),
    )


def measured(runs: int) -> tuple[dict[str, float], list[str]]:
    """The figures, and the lines of the table."""
    lines = [
        f"{runs} incidents a world. Hours of lead claimed and given, false alarms in 30 days: ours; best on the last one"
    ]
    got = np.zeros((len(WORLDS), runs, 7))
    for i, world in enumerate(WORLDS):
        print(f"{world.__name__} ...", file=sys.stderr)
        rng = np.random.default_rng([SEED, *world.__name__.encode()])
        got[i] = [trial(world, rng) for _ in range(runs)]
        a, b, c, d, _, false, theirs = got[i].mean(axis=0)
        held = (got[i, :, 5] <= got[i, :, 4]).mean()
        lines.append(
            f"{world.__name__:8} {a:5.1f} {b:5.1f} {false:6.2f} (bound holds {held:.0%}); {c:5.1f} {d:5.1f} {theirs:6.2f}"
        )
    means = got.mean(axis=(0, 1))
    figures = {
        "lead_claimed_over_fresh": means[0] / means[1],
        "lead_claimed_over_fresh_naive": means[2] / means[3],
        "lead_claimed_h": means[0],
        "lead_fresh_h": means[1],
        "lead_claimed_h_naive": means[2],
        "lead_fresh_h_naive": means[3],
        "bound_holds": (got[:, :, 5] <= got[:, :, 4]).mean(),
        "false_per_30_days": means[5],
        "false_per_30_days_naive": means[6],
    }
    lines.append(", ".join(f"{name} {value:.3g}" for name, value in figures.items()))
    return {name: round(float(value), 4) for name, value in figures.items()}, lines


def main() -> int:
    """Simulate, print the table, write the figures."""
    given = frame.given(
        frame.options("Does the next incident get the lead that was claimed?", f"{QUICK_RUNS} incidents a world")
    )
    figures, lines = measured(QUICK_RUNS if given.quick else RUNS)
    print("\n".join(lines))
    return frame.written(given.json, "backtest", figures)


if __name__ == "__main__":
    frame.run(main)
