"""Does a drift sensor keep quiet on quiet days, and find a shift on day one? `python benches/drift.py [--quick] [--json FILE]`.

50 simulated columns over 90 days after eight weeks (benches/drift_worlds.py), with weekdays, days that differ by chance,
nulls, ties and heavy tails, judged by the product's own `drifts`; beside it what is usually done with the same counts: a KS
test at p < .05 and PSI > .2 (ten cells) against the eight weeks. Column-days with an alarm are counted. The figures:
    false_alarms_per_4500      on quiet days at n = 10^6, mean; ks_..., psi_... of the others; ..._WORLD in harder worlds
    power_02_day1              share of columns found on the day they move by +0.2 sigma: the smaller of n = 10^4 and 10^6
    power_02_day1_1e4, _1e6    each of them; power_01_day1_1e6, psi_misses_01: +0.1 sigma, ours, and what PSI > .2 misses
    creep_days                 median days until a column is found that creeps by 0.02 sigma a week; creep_found: share in 90
    embedding_false_N          alarms on quiet days of N embeddings; embedding_found_N: on days of which 20% are a new topic;
                               fixed_...: the same of 'cosine shift < 0.07'
"""

from __future__ import annotations

import argparse
import math
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from benches import frame
from benches.drift_worlds import BEFORE, Simulated, Talk, World, simulated

from cleanroom.core.stats import distances, drift, embedding, sketch
from cleanroom.core.stats.drift import Watched
from cleanroom.core.stats.embedding import Meant
from cleanroom.core.stats.sketch import Sketch

DAYS = 90
SEED = 20261123
PAST = 28
"""Past days that embeddings are calibrated on."""

PLAIN = World("plain", 10**6)
HARDER = (
    World("noisy_weekends", 10**6, wobble=(0.005, 0.02), noisy=3.0),
    World("days_remember", 10**6, memory=0.6),
    World("season", 10**6, season=0.05),
)

Floats = NDArray[np.float64]
Columns = list[Simulated]


def columns(world: World, days: int, rng: np.random.Generator) -> Columns:
    """All columns of a world over eight weeks and `days` more."""
    return [simulated(world, i, BEFORE + days, rng) for i in range(world.columns)]


def watched(made: Columns, day: int, today: Sequence[Sketch]) -> list[Watched]:
    """What the product is asked on `day`: no day that was over is ever taken out, no alarm is ever answered."""
    return [
        Watched(str(i), s.scale, now, tuple(enumerate(s.days[:day])))
        for i, (s, now) in enumerate(zip(made, today, strict=True))
    ]


def usual(baseline: Floats, today: Floats) -> tuple[bool, bool]:
    """(KS test at p < .05, PSI > .2 over tenths of the baseline) of counts by cell."""
    n, m = float(baseline.sum()), float(today.sum())
    ks = math.sqrt(n * m / (n + m)) * distances.ks(baseline, today) > 1.358  # Kolmogorov's limit at 5%
    tenth = distances.deciles(baseline)
    return ks, distances.psi(np.bincount(tenth, baseline), np.bincount(tenth, today)) > 0.2


def baselines(made: Columns) -> list[Floats]:
    """The counts of each column's eight weeks."""
    return [np.array(sketch.merged(s.days[:BEFORE]).counts, float) for s in made]


def quiet(world: World, days: int, run: int) -> Counter[str]:
    """Alarms on column-days on which nothing happened."""
    made, found = columns(world, days, np.random.default_rng([SEED, run, *world.name.encode()])), Counter[str]()
    before = baselines(made)
    for day in range(BEFORE, BEFORE + days):
        today = [s.days[day] for s in made]
        for says in drift.drifts(day, watched(made, day, today)):
            found["judged"] += 1
            found["told"] += isinstance(says, drift.Judged)
            if isinstance(says, drift.Judged) and says.over:
                found["ours"] += 1
                found[says.says] += 1
        for base, s in zip(before, today, strict=True):
            ks, psi = usual(base, np.array(s.counts, float))
            found["ks"] += ks
            found["psi"] += psi
    return found


def power(world: World, shift: float, trials: int) -> tuple[float, float]:
    """(ours, PSI > .2): shares of columns found on the day they move; one column of the 50 moves at a time."""
    rng = np.random.default_rng([SEED, world.rows, int(100 * shift)])
    hits = [0, 0]
    for trial in range(trials):
        if trial % 20 == 0:
            made = columns(world, 7, rng)
            before = baselines(made)
        day, which = BEFORE + trial % 7, int(rng.integers(world.columns))
        today = [s.days[day] for s in made]
        today[which] = made[which].again(day, shift, rng)
        says = drift.drifts(day, watched(made, day, today))[which]
        hits[0] += isinstance(says, drift.Judged) and says.over
        hits[1] += usual(before[which], np.array(today[which].counts, float))[1]
    return hits[0] / trials, hits[1] / trials


def creeping(world: World, a_week: float, run: int) -> list[int | None]:
    """After how many days each of ten columns is found that creep by `a_week` standard deviations a week; None: not in DAYS."""
    rng = np.random.default_rng([SEED, run, 7])
    out: list[int | None] = []
    for i in range(10):
        s = simulated(world, i, BEFORE + DAYS, rng)
        days = [*s.days[:BEFORE], *(s.again(BEFORE + d, a_week * (d + 1) / 7, rng) for d in range(DAYS))]
        out.append(next((d + 1 for d in range(DAYS) if _over(s, days[: BEFORE + d + 1])), None))
    return out


def _over(s: Simulated, days: Sequence[Sketch]) -> bool:
    """One column by itself."""
    day = len(days) - 1
    (says,) = drift.drifts(day, [Watched("it", s.scale, days[-1], tuple(enumerate(days[:-1])))])
    return isinstance(says, drift.Judged) and says.over


def talks(runs: int, many: int) -> dict[tuple[int, str], tuple[float, float]]:
    """(ours, fixed 0.07) by (rows, what happens): shares of days with an alarm."""
    rng = np.random.default_rng([SEED, 9])
    seen: dict[tuple[int, str], list[tuple[bool, bool]]] = {}
    for _ in range(runs):
        crowd = Talk().crowd(rng)
        for n in (20, 200, 1000):
            past = tuple((d, crowd.day(n, 0.0, rng)) for d in range(PAST))
            for what, new in (("quiet", 0.0), ("5% new", 0.05), ("20% new", 0.2)):
                for _ in range(many):
                    says = embedding.meant(PAST, crowd.day(n, new, rng), past)
                    assert isinstance(says, Meant)
                    seen.setdefault((n, what), []).append((says.over, says.fixed_over))
    return {key: tuple(np.mean(found, axis=0).tolist()) for key, found in seen.items()}


def _quiet_lines(figures: dict[str, float], worlds: Sequence[tuple[World, int]]) -> list[str]:
    lines = [f"alarms on {PLAIN.columns} columns x {DAYS} days on which nothing happened, n = 10^6, mean of runs"]
    lines.append(
        "world".ljust(18) + "".join(h.rjust(12) for h in ("runs", "ours", "worst run", "crept", "KS p<.05", "PSI>.2"))
    )
    for world, runs in worlds:
        print(f"{world.name} ...", file=sys.stderr)
        found = [quiet(world, DAYS, run) for run in range(runs)]
        mean = {what: float(np.mean([f[what] for f in found])) for what in ("ours", "crept", "ks", "psi", "told")}
        assert mean["told"] == world.columns * DAYS, "every column can be told"
        cells = (mean["ours"], max(f["ours"] for f in found), mean["crept"], mean["ks"], mean["psi"])
        lines.append(world.name.ljust(18) + f"{runs:12d}" + "".join(f"{c:12,.1f}" for c in cells))
        tail = "" if world is PLAIN else f"_{world.name}"
        for prefix, what in (("", "ours"), ("ks_", "ks"), ("psi_", "psi")):
            figures[f"{prefix}false_alarms_per_4500{tail}"] = mean[what]
    return lines


def _power_lines(figures: dict[str, float], trials: int) -> list[str]:
    lines = [f"one column of 50 moves: found on day one, {trials} trials".ljust(56) + "ours      PSI>.2"]
    for shift, name in ((0.2, "02"), (0.1, "01")):
        for rows, size in ((10**4, "1e4"), (10**6, "1e6")):
            print(f"+{shift} sigma at {rows:,} ...", file=sys.stderr)
            ours, psi = power(PLAIN.of(rows=rows), shift, trials)
            lines.append(f"  +{shift} sigma, n = {rows:,}".ljust(50) + f"{ours:10.1%}{psi:12.1%}")
            figures[f"power_{name}_day1_{size}"] = ours
            if (name, size) == ("01", "1e6"):
                figures["psi_misses_01"] = 1 - psi
    figures["power_02_day1"] = min(figures["power_02_day1_1e4"], figures["power_02_day1_1e6"])
    return lines


def _creep_lines(figures: dict[str, float], runs: int) -> list[str]:
    lines = []
    for a_week in (0.01, 0.02, 0.05):
        print(f"creep {a_week} ...", file=sys.stderr)
        days = [d for run in range(runs) for d in creeping(PLAIN, a_week, run)]
        found = float(np.mean([d is not None for d in days]))
        middle = float(np.median([DAYS if d is None else d for d in days]))
        lines.append(
            f"creep by {a_week} sigma a week: found within {DAYS} days in {found:.0%}, median {middle:.0f} days"
        )
        if a_week == 0.02:
            figures |= {"creep_days": middle, "creep_found": found}
    return lines


def _talk_lines(figures: dict[str, float], runs: int, many: int) -> list[str]:
    print("embeddings ...", file=sys.stderr)
    lines = [f"embeddings, {PAST} past days, {runs * many:,} days each: alarms (ours, cosine shift < 0.07)"]
    for (n, what), (ours, fixed) in talks(runs, many).items():
        lines.append(f"  n = {n:<6,}{what:12}{ours:10.1%}{fixed:10.1%}")
        if what != "5% new":
            name = f"embedding_{'false' if what == 'quiet' else 'found'}_{n}"
            figures |= {name: ours, name.replace("embedding", "fixed"): fixed}
    return lines


def measured(quick: bool) -> tuple[dict[str, float], list[str]]:
    """The figures, and the lines of the tables."""
    figures: dict[str, float] = {}
    worlds = [(PLAIN, 1 if quick else 8), *((w, 1) for w in HARDER if not quick)]
    lines = _quiet_lines(figures, worlds)
    lines += _power_lines(figures, 20 if quick else 120)
    lines += _creep_lines(figures, 1 if quick else 2)
    lines += _talk_lines(figures, 4 if quick else 50, 10)
    return {name: round(value, 4) for name, value in figures.items()}, lines


def _arguments() -> argparse.Namespace:
    parser = frame.options("Is drift found, and are quiet days quiet?", "one run of the plain world, 20 trials")
    return frame.given(parser)


def main() -> int:
    """Simulate, print the tables, write the figures."""
    given = _arguments()
    figures, lines = measured(given.quick)
    print("\n".join(lines))
    return frame.written(given.json, "drift", figures)


if __name__ == "__main__":
    frame.run(main)
