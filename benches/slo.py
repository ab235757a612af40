"""Are SLOs judged soundly, and how soon is a breach heard? `python benches/slo.py [--quick] [--json FILE]`.

Coverage, widths and wrong calls are computed exactly, by going through all outcomes; times and alarms are simulated. Figures:
    coverage_min            the worst coverage of either limit (one-sided 95%) in 504 configurations, 30% of labels on flagged
                            outputs; _share_15 to _share_80: other shares (15 is the least that is planned); _share_10 is below it
    width_points_n1000      median width in percentage points: n 1,000, rate .5%, sensitivity .85, 30% of labels on flagged;
                            _mean: the mean width; _mean_share_20: the mean width at 20%
    detector_says_violated  how often 1,000 outputs of which .3% are bad seem to break .5% when the detector's own rate is read
    wrong_calls             chance that betting ever says met or violated at exactly the objective, looked at after each of 3,000
                            labels: sensitivity .85, 30% on flagged; _max: the worst of either answer in 15 configurations,
                            _both_max: of both together
    labels_met_01, _02, labels_violated_1, _2   median labels until betting knows that .1%, .2%, 1%, 2% keep or break .5%
    watch_false_a_year      alarms for each that was promised, at exactly the objective: the worst of all traffic
    mttd_hours_PERCENT_R    mean hours until the watch finds a rise from .25% to PERCENT on a .5% budget at R requests an hour;
                            traffic_1h: requests an hour from which on 2% is expected to be found within the hour;
                            mttd_hours_flags_BASELINE_R_SWING, traffic_1h_flags: where a detector's flags are watched
with burn_, baseline_ and mttd_expected_over_mean_.
"""

from __future__ import annotations

import itertools
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from benches import frame, slo_worlds

from cleanroom.core.stats import betting
from cleanroom.core.stats.betting import Draw, Stakes
from cleanroom.core.stats.strata import limits

Floats = NDArray[np.float64]

OBJECTIVE = 0.005
SPECIFICITY = 0.97
CONFIGURATIONS = tuple(
    itertools.product(
        (200, 350, 500, 750, 1000, 1500, 2000),
        (0.001, 0.002, 0.003, 0.005, 0.0075, 0.01, 0.015, 0.02),
        (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.85, 0.95, 0.99),
    )
)
SHARES = (0.1, 0.15, 0.2, 0.3, 0.5, 0.65, 0.8)
LOOKS, QUICK_LOOKS = 3000, 2000


def rates_of(rate: float, sensitivity: float) -> tuple[float, float, float]:
    """(weight of the flagged, bad rate among flagged, among unflagged)."""
    flagged = rate * sensitivity + (1 - rate) * (1 - SPECIFICITY)
    return flagged, rate * sensitivity / flagged, rate * (1 - sensitivity) / (1 - flagged)


def outcomes(n: int, p: float) -> tuple[Floats, Floats]:
    """(counts that can happen, their chances), but for 1e-12 of them."""
    counts = np.arange(n + 1)
    chance = stats.binom.pmf(counts, n, p)
    kept = chance > 1e-12
    return counts[kept].astype(float), chance[kept]


def exact(n: int, rate: float, sensitivity: float, share: float) -> tuple[Floats, Floats, Floats]:
    """(chance, lower, upper) of every outcome of `n` labels, `share` of them on flagged outputs."""
    weight, p1, p0 = rates_of(rate, sensitivity)
    first = round(n * share)
    (x1, c1), (x0, c0) = outcomes(first, p1), outcomes(n - first, p0)
    bad = np.stack(np.broadcast_arrays(x1[:, None], x0[None, :]), axis=-1)
    _, lower, upper = limits((weight, 1 - weight), (first, n - first), bad)
    return (c1[:, None] * c0).ravel(), lower.ravel(), upper.ravel()


def coverages(share: float, configurations: Iterable[tuple[int, float, float]]) -> Floats:
    """Exact coverage of (lower, upper) in each configuration."""
    found = []
    for n, rate, sensitivity in configurations:
        chance, lower, upper = exact(n, rate, sensitivity, share)
        found.append((chance[lower <= rate].sum(), chance[upper >= rate].sum()))
    return np.asarray(found)


def width(share: float) -> tuple[float, float]:
    """(median, mean) width in percentage points at n 1,000, rate .5%, sensitivity .85."""
    chance, lower, upper = exact(1000, 0.005, 0.85, share)
    span = 100 * (upper - lower)
    order = np.argsort(span)
    middle = int(np.searchsorted(np.cumsum(chance[order]), 0.5))
    return float(span[order][middle]), float(chance @ span / chance.sum())


def called(rate: float, sensitivity: float, share: float, looks: int) -> tuple[Floats, Floats]:
    """Chances that betting has said (met, violated) after 1, 2 ... `looks` labels: exact, over all sequences.

    The state is how many bad ones there were in each stratum; 'met' grows with the good ones and 'violated' falls, so that
    each cell has a number of good ones from which (up to which) the answer is given.
    """
    weight, p1, p0 = rates_of(rate, sensitivity)
    stakes, draw = Stakes(OBJECTIVE), Draw((weight, 1 - weight), (share, 1 - share))
    a1, a0 = share * p1, (1 - share) * p0
    size = [int(stats.binom.isf(1e-13, looks, a)) + 2 for a in (a1, a0)]
    one, other = np.indices(size)

    def answered(good: Floats) -> tuple[Any, Any]:
        seen = betting.grown(betting.nothing(stakes), draw, good, (one, other), stakes)  # type: ignore[arg-type]
        logs = betting.log_met(seen), betting.log_violated(seen)
        return betting.reached(logs[0], stakes), betting.reached(logs[1], stakes)

    from_, up_to = (
        _first_good(lambda g: answered(g)[0], size, looks),
        _first_good(lambda g: ~np.asarray(answered(g)[1]), size, looks),
    )
    alive = np.zeros(size)
    alive[0, 0] = 1.0
    met, violated = np.zeros(looks), np.zeros(looks)
    for n in range(1, looks + 1):
        after = alive * (1 - a1 - a0)
        after[1:] += alive[:-1] * a1
        after[:, 1:] += alive[:, :-1] * a0
        good = n - one - other
        says_met, says_violated = good >= from_, good < up_to
        met[n - 1], violated[n - 1] = after[says_met].sum(), after[says_violated & ~says_met].sum()
        alive = np.where(says_met | says_violated, 0.0, after)
    return np.cumsum(met), np.cumsum(violated)


def _first_good(holds: Any, size: list[int], looks: int) -> NDArray[np.int64]:
    """The smallest number of good ones at which `holds`, in each cell; looks + 1 where it never does."""
    low, high = np.full(size, -1), np.full(size, looks + 1)
    while (high - low > 1).any():
        middle = (low + high) // 2
        yes = np.asarray(holds(middle)) & (middle >= 0)
        low, high = np.where(yes, low, np.maximum(middle, low)), np.where(yes, middle, high)
        high = np.where(high - low < 1, low + 1, high)
    return high


def judged(lines: list[str], shares: Iterable[float]) -> dict[str, float]:
    """The table of coverage and widths."""
    figures: dict[str, float] = {}
    lines.append(
        f"limits, {len(CONFIGURATIONS)} configurations: worst coverage of each, width at n 1,000, .5%, .85 in points"
    )
    for share in shares:
        print(f"coverage, {share:.0%} on flagged ...", file=sys.stderr)
        found = coverages(share, CONFIGURATIONS)
        median, mean = width(share)
        lines.append(
            f"  {share:4.0%} on flagged: lower {found[:, 0].min():.2%}, upper {found[:, 1].min():.2%},"
            f" below 94%: {(found < 0.94).any(1).sum():3d}; width median {median:.3f}, mean {mean:.3f}"
        )
        figures[f"coverage_min_share_{100 * share:.0f}"] = float(found.min())
        if share == 0.3:
            figures |= {
                "coverage_min": float(found.min()),
                "width_points_n1000": median,
                "width_points_n1000_mean": mean,
            }
        if share == 0.2:
            figures["width_points_n1000_mean_share_20"] = mean
    reads = rates_of(0.003, 0.85)[0]
    figures["detector_says_violated"] = float(stats.binom.sf(0.005 * 1000, 1000, reads))
    return figures


def betted(lines: list[str], looks: int) -> dict[str, float]:
    """The table of betting at exactly the objective, and away from it."""
    figures: dict[str, float] = {}
    worst = both = 0.0
    lines.append(
        f"betting at exactly {OBJECTIVE:.1%}, looked at after each of {looks:,} labels: ever met, ever violated"
    )
    for share, sensitivity in itertools.product((0.15, 0.3, 0.6), (0.3, 0.5, 0.7, 0.85, 0.99)):
        met, violated = [float(c[-1]) for c in called(OBJECTIVE, sensitivity, share, looks)]
        worst, both = max(worst, met, violated), max(both, met + violated)
        lines.append(f"  {share:4.0%} on flagged, sensitivity {sensitivity:4}: {met:.2%} {violated:.2%}")
        if (share, sensitivity) == (0.3, 0.85):
            figures["wrong_calls"] = met + violated
    figures |= {"wrong_calls_max": worst, "wrong_calls_both_max": both}
    return figures | decided(lines, looks)


def decided(lines: list[str], looks: int) -> dict[str, float]:
    """How many labels betting takes away from the objective."""
    figures: dict[str, float] = {}
    for name, rate, share in (
        ("met_01", 0.001, 0.15),
        ("met_02", 0.002, 0.15),
        ("violated_1", 0.01, 0.6),
        ("violated_2", 0.02, 0.6),
    ):
        met, violated = called(rate, 0.85, share, looks)
        right, wrong = (met, violated) if name.startswith("met") else (violated, met)
        middle = int(np.searchsorted(right, 0.5)) + 1
        lines.append(
            f"  rate {rate:.1%}, {share:.0%} on flagged: right in {right[-1]:.1%}, wrong in {wrong[-1]:.2%}, median labels"
            + (f" {middle:,}" if middle <= looks else ": more")
        )
        if middle <= looks:
            figures[f"labels_{name}"] = middle
    return figures


def main() -> int:
    """Compute, simulate, print the tables, write the figures."""
    given = frame.given(
        frame.options("Are SLOs judged soundly, and how soon is a breach heard?", "fewer shares, looks and runs")
    )
    lines: list[str] = []
    figures = judged(lines, (0.15, 0.2, 0.3, 0.8) if given.quick else SHARES)
    print("betting ...", file=sys.stderr)
    figures |= betted(lines, QUICK_LOOKS if given.quick else LOOKS)
    figures |= slo_worlds.measured(lines, given.quick)
    print("\n".join(lines))
    return frame.written(given.json, "slo", {name: round(value, 5) for name, value in figures.items()})


if __name__ == "__main__":
    frame.run(main)
