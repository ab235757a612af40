"""Are event counts watched without crying wolf? `python benches/counts.py [--quick] [--json FILE]`.

Simulated series in nine worlds at several levels, judged each day by the product's own functions. Nothing is wrong in them, so
that every day in alarm is a false one; then half of all events go missing. The figures:
    false_per_1000              days in alarm (by day or week) of 1,000 series-days after 16 weeks: mean over worlds and LEVELS
    false_per_1000_five_weeks   the same from the fifth week on to the eighth
    false_per_1000_worst        the worst world at its worst level; false_per_1000_WORLD the mean over levels of each
    false_per_1000_fixed        alarms of 'more than 20% from the mean of the same weekday of four weeks'
    false_per_1000_total, false_per_1000_part   the first, judged as the total of a group is, and as its parts are
    found_LEVEL                 share of series in which a loss of half is found within 7 days, after 16 weeks; mean over worlds
    found_LEVEL_worst           the same in the worst world; found_LEVEL_five_weeks: the mean after five weeks only
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from benches import frame

from cleanroom.core.stats.count_groups import PART_DROP, TOTAL_DROP
from cleanroom.core.stats.daily_counts import Bounds, alarms, scored

LEVELS = (20, 50, 200, 1_000, 10_000)
DAYS, LEARNT, FIVE = 175, 112, 35
SERIES, QUICK_SERIES = 200, 24
SEED = 20261122

Floats = NDArray[np.float64]
World = Callable[[np.random.Generator, Floats], Floats]

CALM = np.array([1.0, 1.0, 1.05, 1.1, 1.2, 0.8, 0.7])
OFFICE = np.array([1.2, 1.2, 1.2, 1.2, 1.1, 0.6, 0.5])


def steady(rng: np.random.Generator, mean: Floats) -> Floats:
    """Poisson, every day alike."""
    return rng.poisson(mean).astype(float)


def weekdays(rng: np.random.Generator, mean: Floats) -> Floats:
    """Half as much on Sundays."""
    return steady(rng, mean * _week(rng, mean, OFFICE))


def growth(rng: np.random.Generator, mean: Floats) -> Floats:
    """3% more each week."""
    return steady(rng, mean * _week(rng, mean, CALM) * 1.03 ** (np.arange(mean.shape[1]) / 7))


def season(rng: np.random.Generator, mean: Floats) -> Floats:
    """A year's wave of 30% up and down, begun anywhere."""
    phase = np.arange(mean.shape[1]) / 365 + rng.random((len(mean), 1))
    return steady(rng, mean * _week(rng, mean, CALM) * (1 + 0.3 * np.sin(2 * np.pi * phase)))


def bunched(rng: np.random.Generator, mean: Floats) -> Floats:
    """Sessions of eight events on average, of any length."""
    sessions = rng.poisson(mean * _week(rng, mean, CALM) / 8)
    more = rng.negative_binomial(np.maximum(sessions, 1), 1 / 8)
    return np.asarray(sessions + np.where(sessions > 0, more, 0), float)


def noisy(rng: np.random.Generator, mean: Floats) -> Floats:
    """Days differ by 15% for no reason."""
    return steady(rng, mean * _week(rng, mean, CALM) * np.exp(rng.normal(-0.011, 0.15, mean.shape)))


def sticky(rng: np.random.Generator, mean: Floats) -> Floats:
    """Days differ by 12%, and 60% of it is still there the day after."""
    log, state = np.zeros(mean.shape), rng.normal(0, 0.12, len(mean))
    for day in range(mean.shape[1]):
        state = 0.6 * state + 0.8 * rng.normal(0, 0.12, len(mean))
        log[:, day] = state
    return steady(rng, mean * _week(rng, mean, CALM) * np.exp(log))


def wandering(rng: np.random.Generator, mean: Floats) -> Floats:
    """The level takes a step of 2% every day, up or down."""
    return steady(rng, mean * _week(rng, mean, CALM) * np.exp(np.cumsum(rng.normal(0, 0.02, mean.shape), axis=1)))


def tails(rng: np.random.Generator, mean: Floats) -> Floats:
    """Days differ by 10% with a t of four degrees: now and then a campaign."""
    return steady(rng, mean * _week(rng, mean, CALM) * np.exp(np.clip(0.07 * rng.standard_t(4, mean.shape), -2, 2)))


WORLDS: tuple[World, ...] = (steady, weekdays, growth, season, bunched, noisy, sticky, wandering, tails)


def _week(rng: np.random.Generator, mean: Floats, shape: Floats) -> Floats:
    begin = rng.integers(0, 7, (len(mean), 1))
    out: Floats = (shape / shape.mean())[(np.arange(mean.shape[1]) + begin) % 7]
    return out


def drawn(world: World, level: float, series: int, days: int = DAYS) -> tuple[Floats, np.random.Generator]:
    """(counts of a quiet world, shape (series, days); the generator to go on with)."""
    rng = np.random.default_rng([SEED, *world.__name__.encode(), int(level)])
    return world(rng, np.full((series, days), float(level))), rng


def in_alarm(counts: Floats, *bounds: Bounds) -> NDArray[np.bool_]:
    """Days on which our judge is over its bound, at any grain; shape (series, days), and (bounds, series, days) if given any."""
    found = scored(counts)
    each = np.array([np.logical_or(*alarms(found, limits)) for limits in bounds or (Bounds(),)])
    return each if bounds else np.asarray(each[0])


def fixed(counts: Floats) -> NDArray[np.bool_]:
    """More than 20% from the mean of the same weekday in the four weeks before."""
    out = np.zeros(counts.shape, bool)
    before = sum(counts[:, 28 - back : counts.shape[1] - back] for back in (7, 14, 21, 28)) / 4
    out[:, 28:] = np.abs(counts[:, 28:] - before) > 0.2 * before
    return out


def found(counts: Floats, begin: int, rng: np.random.Generator) -> float:
    """The share of series in which a loss of half from the day `begin` on is found within seven days."""
    after = counts[:, : begin + 7].copy()
    after[:, begin:] = rng.binomial(after[:, begin:].astype(int), 0.5)
    return float(in_alarm(after)[:, begin:].any(1).mean())


def cell(world: World, level: float, series: int) -> tuple[float, ...]:
    """(false after 16 weeks, from the fifth to the eighth, of the fixed rule; found after 16 weeks, after five; total, part)."""
    counts, rng = drawn(world, level, series)
    ours, total, part = in_alarm(counts, Bounds(), Bounds(week_drop=TOTAL_DROP), Bounds(week_drop=PART_DROP))
    late = (days[:, LEARNT:] for days in (total, part))
    days = (ours[:, LEARNT:], ours[:, FIVE:56], fixed(counts)[:, LEARNT:], *late)
    false, five, theirs, *others = (1000 * float(one.mean()) for one in days)
    return (false, five, theirs, found(counts, LEARNT, rng), found(counts, FIVE, rng), *others)


def measured(series: int) -> tuple[dict[str, float], list[str]]:
    """The figures, and the lines of the table."""
    table = np.zeros((len(WORLDS), len(LEVELS), 7))
    lines = [f"{series} series a cell: days in alarm of 1,000 (fixed 20%), share of halvings found within 7 days"]
    lines.append("world".ljust(12) + "".join(f"{level:,}".rjust(22) for level in LEVELS))
    for i, world in enumerate(WORLDS):
        print(f"{world.__name__} ...", file=sys.stderr)
        table[i] = [cell(world, level, series) for level in LEVELS]
        cells = (f"{ours:6.2f} ({theirs:5.0f}) {share:7.1%}" for ours, _, theirs, share, *_ in table[i])
        lines.append(world.__name__.ljust(12) + "".join(text.rjust(22) for text in cells))
    false, five, theirs = (float(table[:, :, k].mean()) for k in range(3))
    figures = {"false_per_1000": false, "false_per_1000_five_weeks": five, "false_per_1000_fixed": theirs}
    figures["false_per_1000_worst"] = float(table[:, :, 0].max())
    figures |= {
        "false_per_1000_total": float(table[:, :, 5].mean()),
        "false_per_1000_part": float(table[:, :, 6].mean()),
    }
    figures |= {f"false_per_1000_{w.__name__}": float(table[i, :, 0].mean()) for i, w in enumerate(WORLDS)}
    lines.append(
        f"false of 1,000: {false:.2f} after 16 weeks, {five:.2f} from the fifth to the eighth; fixed 20%: {theirs:.0f}"
    )
    lines.append(f"as the total of a group {table[:, :, 5].mean():.2f}, as a part {table[:, :, 6].mean():.2f}")
    for k, level in enumerate(LEVELS):
        mean, worst, early = table[:, k, 3].mean(), table[:, k, 3].min(), table[:, k, 4].mean()
        figures |= {f"found_{level}": mean, f"found_{level}_worst": worst, f"found_{level}_five_weeks": early}
        lines.append(
            f"half lost at {level:,} a day: found in {mean:.1%} (worst world {worst:.1%}); after five weeks {early:.1%}"
        )
    return {name: round(float(value), 4) for name, value in figures.items()}, lines


def main() -> int:
    """Simulate, print the table, write the figures."""
    given = frame.given(frame.options("Are event counts watched without crying wolf?", f"{QUICK_SERIES} series a cell"))
    figures, lines = measured(QUICK_SERIES if given.quick else SERIES)
    print("\n".join(lines))
    return frame.written(given.json, "counts", figures)


if __name__ == "__main__":
    frame.run(main)
