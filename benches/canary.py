"""Is the canary judged soundly, and at what price? `python benches/canary.py [--quick] [--jobs N] [--json FILE]`.

Simulated 72-hour rollouts (benches/canary_worlds.py) are looked at after every minute by the product's own functions,
beside what is usually done. R is requests an hour over both arms; blocks are as long as block_minutes(R) says, one
minute at R = 5,000, so that nothing is looked at less often than each minute. The figures:
    false_rollback_max      share of rollouts of an equal canary that ever show harm; the worst of all bad rates, patterns and R
    wrong_promotion_max     share of rollouts of a canary exactly `margin` times as bad whose safety ever reaches the bar, even
                            if harm was found before; the worst of all. wrong_promotion_real_max: those promoted
    equal_promoted          share of rollouts of an equal canary that are promoted within 72 hours; the worst, R = 5,000
    canary_requests_2x, _5x, _10x   median canary requests until a canary that many times as bad is rolled back: R = 5,000, bad
                            rate of the control 0.5%, ramp 2, 5, 10, 25, 50% (_from_05: with a first phase of 0.5%)
    doubling_decided_r50    share of rollouts at R = 50 and 0.5% that find a doubling, or promote it, in 72 hours
    late_harm_hours         median hours until three times the bad rate is found that begins at hour 40
with false_rollback_, equal_promoted_ and wrong_promotion_ of each PATTERN_RATE_R, and naive_ rules at R = 5,000.
"""

from __future__ import annotations

import argparse
import math
import sys
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from benches import frame
from benches.canary_pitfalls import PITFALLS, share_off_unnoticed
from benches.canary_worlds import (
    FLAT,
    RULES,
    SHARES,
    WORLDS,
    Ends,
    Flags,
    Step,
    World,
    judged,
    rollouts,
    twice_the_control,
    z_test,
)

SEED = 20261122
CHUNK = 4000
RUNS, QUICK_RUNS = 20_000, 400
NAIVE_RUNS, QUICK_NAIVE_RUNS = 2000, 200
PITFALL_RUNS, QUICK_PITFALL_RUNS = 500, 30
BASES, QUICK_BASES = (0.001, 0.005, 0.02, 0.10), (0.005, 0.10)
RATES, QUICK_RATES = (5000, 500, 50), (5000, 50)
NAIVE: dict[str, Callable[[Iterator[Step], int], Flags]] = {"twice": twice_the_control, "z_test": z_test}


@dataclass(frozen=True)
class Size:
    """How much is simulated."""

    runs: int
    naive: int
    pitfalls: int
    worlds: tuple[World, ...]
    bases: tuple[float, ...]
    rates: tuple[int, ...]
    times: tuple[float, ...] = (1.5, 2.0, 3.0, 5.0, 10.0)


FULL = Size(RUNS, NAIVE_RUNS, PITFALL_RUNS, WORLDS, BASES, RATES)
QUICK = Size(QUICK_RUNS, QUICK_NAIVE_RUNS, QUICK_PITFALL_RUNS, (WORLDS[0], WORLDS[3]), QUICK_BASES, QUICK_RATES)


def seeded(*what: object) -> np.random.Generator:
    """Chance that is the same in every run of the bench, and another one for everything that is simulated."""
    return np.random.default_rng([SEED, zlib.crc32(repr(what).encode())])


def ends(world: World, base: float, rate: float, ratio: Any, runs: int, **options: Any) -> Ends:
    """What became of `runs` rollouts, simulated a few thousand at a time. `options` as in `rollouts`."""
    until_found = options.pop("until_found", False)
    parts = []
    for first in range(0, runs, CHUNK):
        some = min(CHUNK, runs - first)
        chance = seeded(
            world.name, base, rate, repr(ratio) if isinstance(ratio, float) else "late", first, sorted(options)
        )
        steps = rollouts(world, base, rate, ratio, some, chance, **options)
        parts.append(judged(steps, some, RULES, until_found=until_found))
    columns = zip(*[(e.harmed_at, e.canary_n, e.safe_ever, e.promoted) for e in parts], strict=True)
    return Ends(*(np.concatenate(column) for column in columns))


def validity(size: Size, jobs: int = 1) -> tuple[dict[str, float], list[str]]:
    """False rollbacks and wrong promotions at every bad rate, pattern and R; `jobs` of these at the same time."""
    figures: dict[str, float] = {}
    lines = [
        f"{size.runs:,} rollouts of 72 h each; naive rules: {size.naive:,}; canary equal (=) or {RULES.margin:g} times as bad",
        f"{'R':>6} {'bad rate':>9} {'pattern':>9} {'= rolled back':>14} {'twice':>7} {'z-test':>7}"
        f" {'= promoted':>11} {'x2 safe ever':>13} {'x2 promoted':>12}",
    ]
    cases = [(size, world, base, rate) for rate in size.rates for base in size.bases for world in size.worlds]
    with ExitStack() as stack:
        run = stack.enter_context(ProcessPoolExecutor(jobs)).map if jobs > 1 else map
        for made, line in run(_case, cases):
            print(line, file=sys.stderr)
            figures, lines = figures | made, [*lines, line]
    return figures | _worst(figures, size), lines


def _case(case: tuple[Size, World, float, int]) -> tuple[dict[str, float], str]:
    """The figures of one bad rate, pattern and R, and their line of the table."""
    size, world, base, rate = case
    equal = ends(world, base, rate, 1.0, size.runs)
    worse = ends(world, base, rate, RULES.margin, size.runs)
    name = f"{world.name}_{base:g}_{rate}"
    made = {
        f"false_rollback_{name}": float(equal.rolled_back.mean()),
        f"equal_promoted_{name}": float(equal.promoted.mean()),
        f"wrong_promotion_{name}": float(worse.safe_ever.mean()),
        f"wrong_promotion_real_{name}": float(worse.promoted.mean()),
    }
    back, promoted, safe, real = made.values()
    naive = _naive(world, base, rate, size.naive) if rate == max(size.rates) else {}
    beside = "".join(f" {naive[rule]:7.1%}" if rule in naive else f" {'-':>7}" for rule in NAIVE)
    line = (
        f"{rate:>6,} {base:>9.1%} {world.name:>9} {back:>14.2%}{beside} {promoted:>11.1%} {safe:>13.2%} {real:>12.2%}"
    )
    return made | {f"naive_{rule}_{name}": share for rule, share in naive.items()}, line


def _naive(world: World, base: float, rate: int, runs: int) -> dict[str, float]:
    made = {}
    for name, rule in NAIVE.items():
        steps = rollouts(world, base, rate, 1.0, runs, seeded("naive", world.name, base))
        made[name] = float(rule(steps, runs).mean())
    return made


def _worst(figures: dict[str, float], size: Size) -> dict[str, float]:
    def of(prefix: str, suffix: str = "") -> list[float]:
        names = [f"{prefix}_{w.name}_{b:g}_{r}" for w in size.worlds for b in size.bases for r in size.rates]
        return [figures[name] for name in names if name.endswith(suffix)]

    worst = {
        "false_rollback_max": max(of("false_rollback")),
        "wrong_promotion_max": max(of("wrong_promotion")),
        "wrong_promotion_real_max": max(of("wrong_promotion_real")),
        "equal_promoted": min(of("equal_promoted", f"_{max(size.rates)}")),
    }
    for rule in NAIVE:
        seen = [value for name, value in figures.items() if name.startswith(f"naive_{rule}_")]
        worst |= {f"naive_{rule}_min": min(seen), f"naive_{rule}_max": max(seen)}
    return worst


def power(size: Size) -> tuple[dict[str, float], list[str]]:
    """How many canary requests it takes, and what stays undecided."""
    figures: dict[str, float] = {}
    lines = [
        "R 5,000, control's bad rate 0.5%: median canary requests until rolled back (90th percentile), median hours"
    ]
    for label, shares in (("", SHARES), ("_from_05", (0.005, *SHARES[:4]))):
        for times in size.times:
            got = ends(FLAT, 0.005, 5000, times, size.runs, until_found=True, shares=shares)
            middle, most = np.quantile(np.where(got.rolled_back, got.canary_n, math.inf), (0.5, 0.9), method="higher")
            figures[f"canary_requests_{times:g}x{label}"] = float(middle)
            lines.append(
                f"  ramp from {shares[0]:.1%}, {times:g}x: {middle:,.0f} ({most:,.0f}), {np.median(got.harmed_at):.1f} h,"
                f" found in {got.rolled_back.mean():.1%}"
            )
    thin = ends(FLAT, 0.005, 50, 2.0, size.runs)
    found, promoted = float(thin.rolled_back.mean()), float(thin.promoted.mean())
    figures |= {
        "doubling_found_r50": found,
        "doubling_promoted_r50": promoted,
        "doubling_decided_r50": found + promoted,
    }
    lines.append(f"R 50, 0.5%, 2x: found {found:.1%}, promoted {promoted:.1%}, held {1 - found - promoted:.1%}")
    late = ends(FLAT, 0.005, 5000, lambda hour: 3.0 if hour >= 40 else 1.0, size.naive, until_found=True)
    begun = late.harmed_at >= 40  # a false alarm before that is none of its finds
    figures["late_harm_hours"] = float(np.median(late.harmed_at[begun])) - 40
    figures["late_harm_promoted"] = float(late.promoted.mean())
    lines.append(
        f"3x from hour 40 on: found after {figures['late_harm_hours']:.1f} h (median),"
        f" promoted {figures['late_harm_promoted']:.2%}"
    )
    return figures, lines


def pitfalls(size: Size) -> tuple[dict[str, float], list[str]]:
    """Each way to be misled: how often one is wrong, the naive way and ours."""
    figures: dict[str, float] = {}
    lines = [f"pitfalls: share of {size.pitfalls:,} rollouts decided wrongly, naive and ours"]
    for pitfall in PITFALLS:
        print(f"{pitfall.__name__} ...", file=sys.stderr)
        pair = pitfall(size.pitfalls, SEED)
        figures |= {f"pitfall_{pitfall.__name__}_naive": pair.naive, f"pitfall_{pitfall.__name__}": pair.ours}
        lines.append(f"  {pitfall.__name__:<26} {pair.naive:7.1%} {pair.ours:7.1%}")
    figures["share_off_unnoticed"] = share_off_unnoticed(size.pitfalls, SEED)
    lines.append(f"  1.1 times the planned share not noticed in 60 h: {figures['share_off_unnoticed']:.1%}")
    return figures, lines


def measured(size: Size, jobs: int = 1) -> tuple[dict[str, float], list[str]]:
    """The figures, and the lines of the table."""
    figures: dict[str, float] = {}
    lines: list[str] = []
    for part in (power, pitfalls, lambda size: validity(size, jobs)):
        made, said = part(size)
        figures, lines = figures | made, [*lines, *said]
        print("\n".join(said), flush=True)
    return {name: round(value, 4) for name, value in figures.items()}, lines


def _arguments() -> argparse.Namespace:
    parser = frame.options("Is the canary judged soundly, and at what price?", f"{QUICK_RUNS} rollouts of a few worlds")
    parser.add_argument("--jobs", type=int, default=1, metavar="N", help="processes at the same time (1)")
    given = frame.given(parser)
    if given.jobs < 1:
        parser.error("--jobs must be at least 1")
    return given


def main() -> int:
    """Simulate, print the tables, write the figures."""
    given = _arguments()
    figures, _ = measured(QUICK if given.quick else FULL, given.jobs)
    return frame.written(given.json, "canary", figures)


if __name__ == "__main__":
    frame.run(main)
