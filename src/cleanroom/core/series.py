"""Which plots does a report show? Counts by day, distributions and funnels, before and after."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cleanroom.core.contract import Plan
from cleanroom.core.measure import Column, Day, Rows, Seen, Side, Spread, Steps
from cleanroom.core.run import Series
from cleanroom.core.states import Trail, bin_value

_EVENTS = 5
_BARS = 24


def series_of(plan: Plan, seen: Seen[object]) -> tuple[Series, ...]:
    """The plots that the measures allow, the most telling first."""
    return (*_counts(plan, seen), *_funnels(plan, seen), *_spreads(seen))


def _counts(plan: Plan, seen: Seen[object]) -> list[Series]:
    keys = (Column(plan.roles.event), Day(plan.roles.time))
    after, before = _cells(seen, Rows(keys)), _cells(seen, Rows(keys, side="baseline"))
    if not after:
        return []
    days = sorted({d for _, d in after} & {d for _, d in before}) if before else sorted({d for _, d in after})
    if len(days) < 2:
        return []
    weight = {e: sum(n for (x, _), n in (*after.items(), *before.items()) if x == e) for e in {x for x, _ in after}}
    out = [_line("All events by day", days, _by_day(before), _by_day(after), bool(before))]
    for event in sorted(weight, key=lambda e: -_gap(e, days, before, after))[:_EVENTS]:
        mine = {d: n for (e, d), n in after.items() if e == event}
        theirs = {d: n for (e, d), n in before.items() if e == event}
        out.append(_line(f"{event} by day", days, theirs, mine, bool(before)))
    return out


def _cells(seen: Seen[object], measure: Rows) -> dict[tuple[str, str], int]:
    if not seen.has(measure):
        return {}
    return {(str(k[0]), str(k[1])): n for k, n in seen[measure].by.items() if None not in k}


def _by_day(cells: dict[tuple[str, str], int]) -> dict[str, int]:
    out: dict[str, int] = {}
    for (_, day), n in cells.items():
        out[day] = out.get(day, 0) + n
    return out


def _gap(event: str, days: list[str], before: dict[tuple[str, str], int], after: dict[tuple[str, str], int]) -> float:
    """How far an event is from its baseline, in square-root counts; its volume where there is none."""
    if not before:
        return float(sum(after.get((event, d), 0) for d in days))
    return float(sum(abs(after.get((event, d), 0) ** 0.5 - before.get((event, d), 0) ** 0.5) for d in days))


def _line(title: str, days: list[str], before: dict[str, int], after: dict[str, int], known: bool) -> Series:
    return Series(
        "counts",
        title,
        "rows",
        tuple(days),
        tuple(float(before.get(d, 0)) if known else None for d in days),
        tuple(float(after.get(d, 0)) for d in days),
    )


def _funnels(plan: Plan, seen: Seen[object]) -> list[Series]:
    out = []
    for funnel in plan.funnels:
        sides: dict[Side, tuple[float | None, ...]] = {}
        for measure in seen.measures():
            if isinstance(measure, Steps) and measure.steps == funnel.steps and seen.has(measure):
                sides[measure.side] = reached(seen[measure], len(funnel.steps))
        if "candidate" in sides:
            nothing = tuple(None for _ in funnel.steps)
            before = sides.get("baseline", nothing)
            out.append(Series("funnel", funnel.name, f"{funnel.by}s", funnel.steps, before, sides["candidate"]))
    return out


def reached(trail: Trail, steps: int) -> tuple[float, ...]:
    """How many did each step at all."""
    return tuple(float(len(np.unique(trail.who[trail.step == s]))) for s in range(steps))


def _spreads(seen: Seen[object]) -> list[Series]:
    out = []
    for measure in seen.measures():
        if not isinstance(measure, Spread) or measure.side != "candidate" or not seen.has(measure):
            continue
        other = Spread(measure.column, measure.by, measure.scope, "baseline")
        after_bins, after = seen[measure].pooled()
        if not seen.has(other) or not len(after_bins):
            continue
        before_bins, before = seen[other].pooled()
        if not len(before_bins):
            continue
        edges = _edges(bin_value(before_bins), before)
        labels = tuple(f"{low:.3g}" for low in edges[:-1])
        shares = [_shares(bin_value(b), n, edges) for b, n in ((before_bins, before), (after_bins, after))]
        out.append(Series("drift", measure.column, "share", labels, shares[0], shares[1]))
    return out


def _edges(values: NDArray[np.float64], counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Bars of equal width between the 1st and 99th percentile of the baseline."""
    share = np.cumsum(counts) / counts.sum()
    low, high = (float(values[np.searchsorted(share, q)]) for q in (0.01, 0.99))
    return np.linspace(low, high if high > low else low + 1.0, _BARS + 1)


def _shares(values: NDArray[np.float64], counts: NDArray[np.int64], edges: NDArray[np.float64]) -> tuple[float, ...]:
    inside, _ = np.histogram(np.clip(values, edges[0], edges[-1]), bins=edges, weights=counts)
    return tuple(float(x) for x in inside / counts.sum())
