"""Is a runaway cost found, and quiet spend left alone? `python benches/cost.py [--quick] [--json FILE]`.

Simulated years of daily spend after a baseline of eight weeks, judged each day by the product's own functions; beside it the
usual rule, three standard deviations above the mean of the 28 days before. A trouble begins on a day of the first four
weeks after the baseline. The figures:
    false_per_year              alarms (days in a row are one) in a year in which spend does what was said; mean over worlds
    false_per_year_worst        the worst world; false_per_year_trailing: of the usual rule
    doubling_days_p90           days until doubled spend is found, 1: on its first day; over all worlds, 90th percentile
    doubling_days_p90_WORLD     of each world
    creep_days                  days until 10% more each week is found, median over all worlds; creep_days_WORLD of each
    creep_found, creep_found_trailing, creep_days_trailing    share found within 90 days; median of those found by the usual rule
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from benches import frame

from cleanroom.core.stats.spend import Baseline, alarms, frozen

LEARNT, YEAR, PATIENCE = 56, 364, 90
RUNS, QUICK_RUNS = 600, 40
SEED = 20261122
WEEK = np.array([1.0, 1.05, 1.05, 1.0, 0.95, 0.6, 0.5])

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
World = Callable[[np.random.Generator, int], Floats]


def calm(rng: np.random.Generator, days: int) -> Floats:
    """Days differ by 8%."""
    return _week(rng, days) * np.exp(rng.normal(0, 0.08, days))


def noisy(rng: np.random.Generator, days: int) -> Floats:
    """Days differ by 15%."""
    return _week(rng, days) * np.exp(rng.normal(0, 0.15, days))


def growing_1(rng: np.random.Generator, days: int) -> Floats:
    """1% more each week, days differ by 10%."""
    return _week(rng, days) * np.exp(rng.normal(0, 0.1, days)) * 1.01 ** (np.arange(days) / 7)


def growing_2(rng: np.random.Generator, days: int) -> Floats:
    """All the growth that is allowed, days differ by 10%."""
    return _week(rng, days) * np.exp(rng.normal(0, 0.1, days)) * 1.02 ** (np.arange(days) / 7)


def tails(rng: np.random.Generator, days: int) -> Floats:
    """Days differ by 11% with a t of four degrees."""
    return _week(rng, days) * np.exp(np.clip(0.08 * rng.standard_t(4, days), -2, 2))


def sticky(rng: np.random.Generator, days: int) -> Floats:
    """Days differ by 12%, and half of it is still there the day after."""
    log, state = np.zeros(days), rng.normal(0, 0.12)
    for day in range(days):
        state = 0.5 * state + np.sqrt(0.75) * rng.normal(0, 0.12)
        log[day] = state
    return _week(rng, days) * np.exp(log)


def month_ends(rng: np.random.Generator, days: int) -> Floats:
    """Days differ by 10%, and one in thirty costs 28% more."""
    last = (np.arange(days) + rng.integers(30)) % 30 == 0
    return np.asarray(_week(rng, days) * np.exp(rng.normal(0, 0.1, days) + 0.25 * last))


def few_customers(rng: np.random.Generator, days: int) -> Floats:
    """About forty jobs a day, of very different size."""
    return np.asarray(_week(rng, days) * rng.gamma(40, 1 / 40, days))


WORLDS: tuple[World, ...] = (calm, noisy, growing_1, growing_2, tails, sticky, month_ends, few_customers)


def _week(rng: np.random.Generator, days: int) -> Floats:
    out: Floats = 100 * WEEK[(np.arange(days) + rng.integers(7)) % 7]
    return out


def ours(spend: Floats) -> Flags:
    """Days after the baseline on which our judge is over its bound."""
    baseline = frozen(range(LEARNT), spend[:LEARNT])
    assert isinstance(baseline, Baseline)
    return alarms(baseline, range(LEARNT, len(spend)), spend[LEARNT:])


def trailing(spend: Floats) -> Flags:
    """Above the mean of the 28 days before plus three of their standard deviations."""
    before = np.lib.stride_tricks.sliding_window_view(spend, 28)[LEARNT - 28 : -1]
    return np.asarray(spend[LEARNT:] > before.mean(1) + 3 * before.std(1, ddof=1))


def raised(flags: Flags) -> int:
    """Alarms, days in a row being one."""
    return int((np.diff(np.concatenate([[0], flags.astype(int)])) == 1).sum())


def days_until(flags: Flags, begin: int) -> float:
    """The days until the first alarm from `begin` on, 1 on that day itself; infinity: none."""
    late = np.flatnonzero(flags[begin:])
    return float(late[0]) + 1 if late.size else np.inf


def trial(world: World, rng: np.random.Generator) -> tuple[float, ...]:
    """(alarms, those of the usual rule; days until a doubling; days until the creep, by ours and by the usual rule)."""
    spend = world(rng, LEARNT + YEAR)
    begin = int(rng.integers(0, 28))
    short = spend[: LEARNT + begin + PATIENCE]
    after = np.maximum(np.arange(len(short)) - LEARNT - begin, -1) + 1
    doubled, creep = np.where(after > 0, 2 * short, short), short * 1.1 ** (after / 7)
    until = (days_until(ours(doubled), begin), *(days_until(rule(creep), begin) for rule in (ours, trailing)))
    return (raised(ours(spend)), raised(trailing(spend)), *until)


def measured(runs: int) -> tuple[dict[str, float], list[str]]:
    """The figures, and the lines of the table."""
    got = np.zeros((len(WORLDS), runs, 5))
    figures: dict[str, float] = {}
    lines = [
        f"{runs} years a world: false alarms a year (trailing 3 sigma), days to a doubling p90, days to +10% a week (trailing)"
    ]
    for i, world in enumerate(WORLDS):
        print(f"{world.__name__} ...", file=sys.stderr)
        rng = np.random.default_rng([SEED, *world.__name__.encode()])
        got[i] = [trial(world, rng) for _ in range(runs)]
        false, theirs = got[i, :, 0].mean(), got[i, :, 1].mean()
        doubling, creep, slow = np.quantile(got[i, :, 2], 0.9, method="higher"), *np.median(got[i, :, 3:], axis=0)
        figures |= {f"doubling_days_p90_{world.__name__}": doubling, f"creep_days_{world.__name__}": creep}
        lines.append(f"{world.__name__:14} {false:6.3f} ({theirs:4.1f}) {doubling:6.0f} {creep:8.0f} ({slow:.0f})")
    figures |= _over_all(got)
    lines.append(", ".join(f"{name} {figures[name]:.3g}" for name in _over_all(got)))
    return {name: round(float(value), 4) for name, value in figures.items()}, lines


def _over_all(got: Floats) -> dict[str, float]:
    caught = got[:, :, 4] < np.inf
    return {
        "false_per_year": got[:, :, 0].mean(),
        "false_per_year_worst": got[:, :, 0].mean(1).max(),
        "false_per_year_trailing": got[:, :, 1].mean(),
        "doubling_days_p90": float(np.quantile(got[:, :, 2], 0.9, method="higher")),
        "creep_days": float(np.median(got[:, :, 3])),
        "creep_found": float((got[:, :, 3] < np.inf).mean()),
        "creep_found_trailing": float(caught.mean()),
        "creep_days_trailing": float(np.median(got[:, :, 4][caught])) if caught.any() else np.inf,
    }


def main() -> int:
    """Simulate, print the table, write the figures."""
    given = frame.given(
        frame.options("Is a runaway cost found, and quiet spend left alone?", f"{QUICK_RUNS} years a world")
    )
    figures, lines = measured(QUICK_RUNS if given.quick else RUNS)
    print("\n".join(lines))
    return frame.written(given.json, "cost", figures)


if __name__ == "__main__":
    frame.run(main)
