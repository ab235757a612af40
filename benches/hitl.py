"""May an output skip the person, and is the promise kept? `python benches/hitl.py [--quick] [--json FILE]`.

Simulated AI systems, whose answers have known chances of being right, state confidences; 2,000 labelled cases set the cut-off,
by our calibration and by what is usually done. Truth is known, so that each promise can be held against it. The figures:
    violations                  share of calibrations after which more than alpha of what skips is wrong (at most delta)
    automation_share_of_oracle  what skips, as a share of what could skip if every error chance were known
both of the world `overconfident`; the same with _WORLD appended for each world, and violations_METHOD of the others;
    audit_false_alarms          share of audits of a cut-off that just keeps its promise which ever raise the alarm
    audit_median_2x, _3x, _5x   audited outputs until the alarm where errors are that many times alpha; audit_power_2x: the
                                share of these that is found within AUDITED outputs
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, special

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from benches import frame

from cleanroom.core.stats.cutoff import calibrate, first_alarm

ALPHA, DELTA, CASES = 0.05, 0.05, 2000
AUDIT_ALPHA, AUDITED = 0.02, 5000
RUNS, QUICK_RUNS = 4000, 300
AUDIT_RUNS, QUICK_AUDIT_RUNS = 2000, 200
SEED = 20261122

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class World:
    """An AI: log-odds of being right ~ N(mean, spread); it feels them with `noise`, and states `gain` times that + `bias`."""

    name: str
    mean: float
    spread: float
    noise: float
    gain: float
    bias: float

    def draw(self, rng: np.random.Generator, n: int) -> tuple[Floats, Floats]:
        """(stated confidence, chance of being wrong) of n answers."""
        odds = rng.normal(self.mean, self.spread, n)
        felt = odds + self.noise * rng.normal(size=n)
        return special.expit(self.gain * felt + self.bias), special.expit(-odds)


WORLDS = (
    World("overconfident", 2.5, 1.8, 0.0, 1.7, 0.5),
    World("well_separated", 3.0, 2.5, 0.0, 1.2, 1.0),
    World("often_wrong", 2.0, 2.5, 0.5, 1.5, 1.5),
    World("vague", 2.5, 1.8, 0.7, 1.5, 1.0),
)


@dataclass(frozen=True)
class Truth:
    """`confidence`, highest first, and `error`: the true share of wrong ones among all from there up."""

    confidence: Floats
    error: Floats

    def at(self, cutoff: float | None) -> tuple[float, float]:
        """(share that skips, error among them) of a cut-off; (0, 0) for none."""
        if cutoff is None:
            return 0.0, 0.0
        k = int(np.searchsorted(-self.confidence, -cutoff, side="right"))
        return (k / len(self.confidence), float(self.error[k - 1])) if k else (0.0, 0.0)

    @property
    def oracle(self) -> float:
        """The share that could skip."""
        good = np.flatnonzero(self.error <= ALPHA)
        return (int(good[-1]) + 1) / len(self.error) if good.size else 0.0


def truth(world: World) -> Truth:
    """Two million answers stand for all."""
    confidence, chance = world.draw(np.random.default_rng(SEED), 2_000_000)
    order = np.argsort(-confidence)
    return Truth(confidence[order], np.cumsum(chance[order]) / np.arange(1, len(order) + 1))


def ours(confidence: Floats, wrong: Flags) -> float | None:
    """Learn then Test."""
    return calibrate(confidence, wrong, ALPHA, DELTA).cutoff


def fixed(confidence: Floats, wrong: Flags) -> float | None:  # noqa: ARG001
    """The number somebody liked."""
    return 0.8


def temperature(confidence: Floats, wrong: Flags) -> float | None:
    """Temperature scaling (Guo et al. 2017), then the loosest cut-off at which the mean stated error is alpha."""
    odds = special.logit(np.clip(confidence, 1e-9, 1 - 1e-9))

    def loss(log_t: float) -> float:
        p = np.clip(special.expit(odds / np.exp(log_t)), 1e-12, 1 - 1e-12)
        return -float(np.mean(np.where(wrong, np.log1p(-p), np.log(p))))

    best = float(optimize.minimize_scalar(loss, bounds=(-3, 4), method="bounded").x)
    stated = 1 - special.expit(odds / np.exp(best))
    return _loosest(confidence, np.cumsum(stated[np.argsort(-confidence)]) / np.arange(1, len(odds) + 1))


def conformal(confidence: Floats, wrong: Flags) -> float | None:
    """Conformal risk control (Angelopoulos et al. 2022) of 'skips and is wrong', which is a share of all answers."""
    n = len(wrong)
    return _loosest(confidence, (np.cumsum(wrong[np.argsort(-confidence)]) + 1) / (n + 1))


def _loosest(confidence: Floats, risk: Floats) -> float | None:
    good = np.flatnonzero(risk <= ALPHA)
    return float(np.sort(confidence)[::-1][good[-1]]) if good.size else None


METHODS: dict[str, Callable[[Floats, Flags], float | None]] = {
    "ours": ours,
    "fixed_08": fixed,
    "temperature": temperature,
    "conformal": conformal,
}


def contest(world: World, runs: int) -> dict[str, tuple[float, float]]:
    """(violations, mean share that skips over the oracle's) of each method; all see the same cases."""
    real, rng = truth(world), np.random.default_rng([SEED, *world.name.encode()])
    seen: dict[str, list[tuple[float, float]]] = {name: [] for name in METHODS}
    for _ in range(runs):
        confidence, chance = world.draw(rng, CASES)
        wrong = rng.random(CASES) < chance
        for name, method in METHODS.items():
            seen[name].append(real.at(method(confidence, wrong)))
    return {
        name: (float(np.mean([e > ALPHA for _, e in got])), float(np.mean([s for s, _ in got])) / real.oracle)
        for name, got in seen.items()
    }


def audit(times: float, runs: int) -> list[int | None]:
    """When the audit of a cut-off with `times` alpha errors raises its alarm, in each run."""
    rng = np.random.default_rng([SEED, int(100 * times)])
    return [first_alarm((rng.random(AUDITED) < times * AUDIT_ALPHA).tolist(), AUDIT_ALPHA, DELTA) for _ in range(runs)]


def measured(runs: int, audit_runs: int) -> tuple[dict[str, float], list[str]]:
    """The figures, and the lines of the table."""
    figures: dict[str, float] = {}
    lines = [
        f"{runs:,} calibrations on {CASES:,} cases, alpha {ALPHA:.0%}, delta {DELTA:.0%}: violations, share of the oracle's"
    ]
    lines.append("world".ljust(16) + "".join(name.rjust(18) for name in METHODS))
    for world in WORLDS:
        print(f"{world.name} ...", file=sys.stderr)
        got = contest(world, runs)
        lines.append(world.name.ljust(16) + "".join(f"{v:9.1%} {s:8.1%}" for v, s in got.values()))
        figures |= {f"violations_{world.name}": got["ours"][0], f"automation_share_{world.name}": got["ours"][1]}
        if world is WORLDS[0]:
            figures |= {"violations": got["ours"][0], "automation_share_of_oracle": got["ours"][1]}
            figures |= {f"violations_{name}": got[name][0] for name in METHODS if name != "ours"}
    print("audit ...", file=sys.stderr)
    lines.append(f"audit at alpha {AUDIT_ALPHA:.0%}, at most {AUDITED:,} looks, {audit_runs:,} runs")
    for times in (0.5, 1.0, 1.5, 2.0, 3.0, 5.0):
        alarms = audit(times, audit_runs)
        found = float(np.mean([a is not None for a in alarms]))
        middle = float(np.median([AUDITED if a is None else a for a in alarms]))
        lines.append(f"  errors {times:g} x alpha: alarm in {found:.1%}, median after {middle:,.0f}")
        if times == 1.0:
            figures["audit_false_alarms"] = found
        if times >= 2:
            figures[f"audit_median_{times:g}x"] = middle
        if times == 2:
            figures["audit_power_2x"] = found
    return {name: round(value, 4) for name, value in figures.items()}, lines


def _arguments() -> argparse.Namespace:
    parser = frame.options("Is the promise of a confidence cut-off kept, and at what price?", f"{QUICK_RUNS} runs")
    return frame.given(parser)


def main() -> int:
    """Simulate, print the table, write the figures."""
    given = _arguments()
    runs = (QUICK_RUNS, QUICK_AUDIT_RUNS) if given.quick else (RUNS, AUDIT_RUNS)
    figures, lines = measured(*runs)
    print("\n".join(lines))
    return frame.written(given.json, "hitl", figures)


if __name__ == "__main__":
    frame.run(main)
