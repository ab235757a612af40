"""How soon do burn rates and the watch hear of a rise, and how often of nothing? Simulated traffic for benches/slo.py."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cleanroom.core.stats.burn import STANDARD, firing
from cleanroom.core.stats.mttd import expected_mttd
from cleanroom.core.stats.rate_watch import (
    YEAR,
    Stretch,
    Watch,
    baseline,
    evidence,
    grown,
    nothing,
    requests_for,
)

Counts = NDArray[np.int64]
Flags = NDArray[np.bool_]

SEED = 20261122
OBJECTIVE, BEFORE = 0.005, 0.0025
DAY = 1440
SENSITIVITY, FALSE_POSITIVE = 0.85, 0.03
TRAFFIC = (50, 200, 1000, 5000, 20_000)


@dataclass(frozen=True)
class Traffic:
    """Requests an hour on average, and by how much of it (0 to 1) the hour of day moves it."""

    rate: float
    swing: float = 0.0

    def minute(self, rng: np.random.Generator, runs: int, t: int) -> Counts:
        """Requests of minute t, one a run."""
        return rng.poisson(self.rate / 60 * (1 + self.swing * np.sin(2 * np.pi * t / DAY)), runs)


def watched(
    watch: Watch | Callable[[int], Watch],
    traffic: Traffic,
    bad_rate: Callable[[int], Any],
    minutes: int,
    runs: int,
    seed: int,
    until_first: bool = False,
) -> tuple[NDArray[np.float64], int]:
    """(minute of the first alarm of each run, inf for none; alarms in all) of a watch that starts afresh after each alarm."""
    rng = np.random.default_rng([SEED, seed])
    at: Callable[[int], Watch] = watch if callable(watch) else lambda _t: watch
    stretch: Any = nothing(at(0))
    first, alarms = np.full(runs, np.inf), 0
    for t in range(minutes):
        n = traffic.minute(rng, runs, t)
        stretch = grown(stretch, n, rng.binomial(n, bad_rate(t)), at(t))  # type: ignore[arg-type]
        hit = np.asarray(evidence(stretch)) >= at(t).bar
        if hit.any():
            alarms += int(hit.sum())
            first = np.where(hit & np.isinf(first), t + 1, first)
            afresh = nothing(at(t)).height
            heights: Any = tuple(np.where(hit, new, h) for new, h in zip(afresh, stretch.height, strict=True))
            stretch = Stretch(stretch.gain, heights)
            if until_first and np.isfinite(first).all():
                break
    return first, alarms


def burned(requests: float, before: float, after: float, runs: int, seed: int) -> dict[bool, NDArray[np.float64]]:
    """Hours from the rise until a rule that pages (True), or a ticket rule (False), fires; inf: not within three days."""
    rng = np.random.default_rng([SEED, seed])
    length = 3 * DAY
    found: dict[bool, list[float]] = {True: [], False: []}
    for _ in range(runs):
        n = rng.poisson(requests / 60, 2 * length)
        bad = rng.binomial(n, np.repeat((before, after), length))
        for pages in (True, False):
            fires = np.logical_or.reduce(
                [firing(n - bad, bad, OBJECTIVE, rule) for rule in STANDARD if rule.pages == pages]
            )
            later = np.flatnonzero(fires[length:])
            found[pages].append(float(later[0] + 1) / 60 if later.size else np.inf)
    return {pages: np.asarray(hours) for pages, hours in found.items()}


def quiet_burns(requests: float, rate: float, days: int, runs: int, seed: int) -> dict[bool, float]:
    """How often a rule starts to fire in 30 days while the rate stays where it is, by whether it pages."""
    rng = np.random.default_rng([SEED, seed])
    count = {True: 0, False: 0}
    for _ in range(runs):
        n = rng.poisson(requests / 60, (days + 3) * DAY)
        bad = rng.binomial(n, rate)
        for rule in STANDARD:
            fires = firing(n - bad, bad, OBJECTIVE, rule)[3 * DAY - 1 :]
            count[rule.pages] += int((fires[1:] & ~fires[:-1]).sum())
    return {pages: total / runs * 30 / days for pages, total in count.items()}


def detection(lines: list[str], quick: bool) -> dict[str, float]:
    """Rises from half the budget to 2% and 1%, found by burn rates and by the watch."""
    figures: dict[str, float] = {}
    watch, runs = Watch(OBJECTIVE), 100 if quick else 1000
    lines.append(f"a rise from {BEFORE:.2%} on a budget of {OBJECTIVE:.1%}: mean hours (90th percentile); {runs} runs")
    for after in (0.02,) if quick else (0.02, 0.01):
        for traffic in TRAFFIC[1:] if quick else TRAFFIC:
            expected = expected_mttd(after, OBJECTIVE, traffic, before=BEFORE)
            limit = int(6 * (expected.watch or 0) * 60 + 60)
            first, _ = watched(watch, Traffic(traffic), lambda _t, r=after: r, limit, runs, traffic, until_first=True)  # type: ignore[misc]
            hours = first / 60
            burns = burned(traffic, BEFORE, after, 20 if quick else 100, traffic)
            paged = float(np.isfinite(burns[True]).mean())
            ticket = float(np.median(burns[False]))
            lines.append(
                f"  to {after:.0%} at {traffic:6,} an hour: watch {hours.mean():6.2f} ({np.quantile(hours, 0.9):.2f}),"
                f" expected {expected.watch:6.2f}; pages within 3 days in {paged:4.0%}; ticket {ticket:.1f}, expected"
                f" {expected.ticket or np.inf:.1f}"
            )
            name = f"{100 * after:g}_{traffic}"
            figures[f"mttd_hours_{name}"] = float(hours.mean())
            figures[f"mttd_expected_over_mean_{name}"] = float((expected.watch or np.inf) / hours.mean())
            figures[f"burn_paged_{name}"] = paged
            figures[f"burn_ticket_hours_{name}"] = min(ticket, 1e9)
    figures["traffic_1h"] = requests_for(watch, 0.02, 60) or 0.0
    lines.append(f"  2% is expected within an hour from {figures['traffic_1h']:,.0f} requests an hour on")
    return figures


def false_alarms(lines: list[str], quick: bool) -> dict[str, float]:
    """At exactly the objective, and at half of it."""
    figures: dict[str, float] = {}
    runs, minutes = (200, 7 * DAY) if quick else (1000, 30 * DAY)
    worst = 0.0
    cases = ((1000.0, 0.9),) if quick else ((50.0, 0.0), (1000.0, 0.9), (20_000.0, 0.0))
    for promised in (1.0, 12.0):
        for requests, swing in cases:
            print(f"false alarms, {requests:,.0f} an hour ...", file=sys.stderr)
            _, alarms = watched(
                Watch(OBJECTIVE, promised), Traffic(requests, swing), lambda _t: OBJECTIVE, minutes, runs, int(requests)
            )
            a_year = alarms / (runs * minutes / YEAR)
            lines.append(
                f"  watch, {requests:6,.0f} an hour, exactly {OBJECTIVE:.1%}: {a_year:.2f} alarms a year for {promised:g}"
                f" promised ({runs * minutes / YEAR:,.0f} years)"
            )
            figures[f"watch_false_a_year_{promised:g}_{requests:.0f}"] = a_year
            worst = max(worst, a_year / promised)
    figures["watch_false_a_year"] = worst
    for requests in (50, 1000) if quick else (50, 1000, 20_000):
        for rate in (BEFORE, OBJECTIVE):
            found = quiet_burns(requests, rate, 30, 3 if quick else 20, requests)
            lines.append(
                f"  burn rates, {requests:6,} an hour at {rate:.2%}, in 30 days: {found[True]:.1f} pages,"
                f" {found[False]:.1f} tickets"
            )
            figures[f"burn_pages_month_{100 * rate:g}_{requests}"] = found[True]
            figures[f"burn_tickets_month_{100 * rate:g}_{requests}"] = found[False]
    return figures


def flags_of(rate: Any) -> Any:
    """The share of outputs that the detector flags where `rate` of them are bad."""
    return SENSITIVITY * rate + FALSE_POSITIVE * (1 - rate)


@dataclass(frozen=True)
class Flagged:
    """A detector's flags where .5% is bad, or `times` as many, moved by `swing` (0 to 1) of themselves over the day."""

    swing: float
    times: float = 1.0

    def __call__(self, t: int) -> float:
        """The share of outputs that are flagged at minute t."""
        return float(self.times * flags_of(OBJECTIVE) * (1 + self.swing * np.sin(2 * np.pi * t / DAY)))


@dataclass(frozen=True)
class Usual:
    """Baselines of the hours of the day, one or 24 of them, as a watch."""

    rates: tuple[float, ...]
    promised: float

    def __call__(self, t: int) -> Watch:
        """The watch at minute t."""
        return Watch(self.rates[t // 60 % len(self.rates)], self.promised)


def learned(requests: float, swing: float, seed: int) -> dict[str, tuple[float, ...]]:
    """Baselines from four weeks of flags by the hour: the mean, the bound of all hours, a bound for each hour of the day."""
    rng, world = np.random.default_rng([SEED, seed]), Flagged(swing)
    n = rng.poisson(requests, 28 * 24)
    bad = rng.binomial(n, [np.mean([world(60 * h + m) for m in range(60)]) for h in range(28 * 24)])
    usual = baseline(n, bad)
    by_hour = tuple(baseline(n[h::24], bad[h::24]).upper for h in range(24))
    return {"mean": (usual.rate,), "bound": (usual.upper,), "by_hour": by_hour}


def flags(lines: list[str], quick: bool) -> dict[str, float]:
    """A detector's flags, held against a learned baseline: false alarms, and the time to find .5% that become 2%."""
    figures: dict[str, float] = {}
    days, runs = (2, 60) if quick else (28, 400)
    risen = flags_of(0.02) / flags_of(OBJECTIVE)
    lines.append(
        f"flags (sensitivity {SENSITIVITY}, false positives {FALSE_POSITIVE:.0%}), "
        f"{runs * days / 365:.1f} years of .5% bad, then 2%"
    )
    for requests, swing in ((5000, 0.0), (5000, 0.2), (20_000, 0.0), (20_000, 0.2)):
        for name, rates in learned(requests, swing, requests).items():
            alarms = watched(Usual(rates, 12.0), Traffic(requests), Flagged(swing), days * DAY, runs, 7)[1]
            false = alarms / (runs * days * DAY / YEAR)
            watch, rise = Usual(rates, 1.0), Flagged(swing, risen)
            first, _ = watched(watch, Traffic(requests), rise, 3 * DAY, runs // 4, 8, until_first=True)
            took = float(np.median(first)) / 60
            lines.append(
                f"  {requests:6,} an hour, +-{swing:.0%} by hour, baseline {name:7} {np.mean(rates):.2%}: {false:6.1f} alarms"
                f" a year for 12 promised; the rise is found in {np.isfinite(first).mean():4.0%}, median {took:.2f} h"
            )
            key = f"{name}_{requests}_{100 * swing:.0f}"
            figures[f"baseline_false_a_year_12_{key}"] = false
            figures[f"mttd_hours_flags_{key}"] = min(took, 1e9)
    figures["traffic_1h_flags"] = requests_for(Watch(flags_of(OBJECTIVE)), flags_of(0.02), 60) or 0.0
    lines.append(
        f"  2% is expected to show in the flags within an hour from {figures['traffic_1h_flags']:,.0f} requests an hour on"
    )
    return figures


def measured(lines: list[str], quick: bool) -> dict[str, float]:
    """All of it."""
    print("detection ...", file=sys.stderr)
    figures = detection(lines, quick)
    figures |= false_alarms(lines, quick)
    print("flags ...", file=sys.stderr)
    return figures | flags(lines, quick)
