"""From outcomes to evidence: blocks of time that are judged together, users who were bad, and what that is evidence of.

Blocks lie one after the other from the rollout's begin; one never spans a step of the ramp, since within a block both arms
must live under the same conditions. A block is weighed once, when the labels of both arms have had the plan's patience; what
came later does not count in either arm. Users are counted, not requests, and a user who was bad is not at risk again.

What a source counts (Metric.source) comes as blocks of requests. Where it is silent nothing behind is weighed, but for harm
that is certain whatever it would say: e-values cannot be less than 0, so that the mean with 0 for each of the silent
metrics is a lower bound of the mean that will be known. Acting on it is acting on that, only earlier: no error is added.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from cleanroom.core.base import MINUTE, instant, micros
from cleanroom.core.flags.bucketing import STEPS
from cleanroom.core.outcome import Columns
from cleanroom.core.rollout.plan import GRAVE, Metric, Plan
from cleanroom.core.rollout.weighed import Series, Weighed
from cleanroom.core.stats.canary import Block, Decision, Rules, averaged, block_minutes, grown, nothing
from cleanroom.core.stats.exceedance import LEVELS, thresholds
from cleanroom.core.stats.mismatch import log_mismatch, log_over, log_under
from cleanroom.core.stats.outcomes import Counted, first_bad, in_time

WINDOW = 60 * MINUTE
"""Microseconds before a block from which the control's quantiles are taken."""
GRACE = 5_000_000
"""Microseconds that an outcome may take from its stamp to the disk."""

Key = tuple[str, float]
"""Metric and level of a series."""


@dataclass(frozen=True, slots=True)
class Memory:
    """What the evidence of a later block needs and the ledger does not hold: it follows from the outcomes before.

    `gone`: users who were bad, by series; `met`: users who had an outcome in this phase.
    """

    gone: Mapping[Key, frozenset[str]] = field(default_factory=dict)
    met: frozenset[str] = frozenset()


def keys(plan: Plan, *, own: bool = False) -> tuple[Key, ...]:
    """The series of a plan: one a metric, or one a quantile of a number. `own`: those that no source counts."""
    metrics = [m for m in plan.metrics if not (own and m.source)]
    return tuple((m.name, level) for m in metrics for level in (LEVELS if m.kind == "above" else (0.0,)))


def edges(weighed: Weighed, plan: Plan, since: int, now: int, hourly: float) -> tuple[int, ...]:
    """Begins of the blocks that can be weighed now, and the end of the last; empty where there is none yet.

    since: when the phase began; now: microseconds. hourly: outcomes an hour before these blocks, 0 where nothing is known.
    """
    chosen = block_minutes(hourly) if hourly and not any(m.source for m in plan.metrics) else 15
    length = (plan.block or chosen) * MINUTE
    cut = now - plan.patience * 1_000_000 - GRACE
    found = [micros(weighed.until)]
    while True:
        begin = found[-1]
        end = min(begin + length, since) if begin < since else begin + length
        if end > cut:
            break
        found.append(end)
    return tuple(found) if len(found) > 1 else ()


def weigh(
    before: Weighed,
    memory: Memory,
    plan: Plan,
    since: int,
    bounds: Sequence[int],
    seen: Columns,
    given: Mapping[str, Sequence[Block]] | None = None,
) -> tuple[Weighed, Memory]:
    """The evidence with the blocks between `bounds`, up to the first block that shows harm.

    since: when the phase began. seen: all outcomes from WINDOW before the first block to the end of the last. given: the
    same blocks of each metric that a source counts, by name.
    """
    timely = seen.chosen(in_time(seen.at, seen.arrived, plan.patience * 1_000_000))
    counted = _counted(plan, timely, bounds, memory)
    blocks = {key: c.blocks for key, c in counted.items()} | {
        (m.name, 0.0): tuple((given or {})[m.name]) for m in plan.metrics if m.source
    }
    series = {(s.metric, s.level): s for s in before.series} or begun(plan)
    until, used = before.until, 0
    for place, end in enumerate(bounds[1:]):
        series = {key: grown_series(series[key], blocks[key][place], plan.rules, since) for key in series}
        until, used = instant(end), place + 1
        if harm(tuple(series.values()), plan).harmful:
            break
    newcomers, met = _met(timely, memory.met, since, bounds[used])
    after = replace(
        before,
        until=until,
        series=tuple(series.values()),
        new_canary=before.new_canary + newcomers[0],
        new_control=before.new_control + newcomers[1],
    )
    return after, Memory({key: c.gone for key, c in counted.items()}, met)


def certain_harm(
    before: Weighed, memory: Memory, plan: Plan, since: int, bounds: Sequence[int], seen: Columns
) -> Weighed | None:
    """The evidence where it shows harm whatever the sources will say of these blocks; None where it does not.

    The series of a metric that a source counts stay as they were; see weigh for the arguments, and the file's head.
    """
    timely = seen.chosen(in_time(seen.at, seen.arrived, plan.patience * 1_000_000))
    counted = _counted(plan, timely, bounds, memory)
    series = {(s.metric, s.level): s for s in before.series} or begun(plan)
    for place, end in enumerate(bounds[1:]):
        series |= {key: grown_series(series[key], c.blocks[place], plan.rules, since) for key, c in counted.items()}
        if harm(tuple(series.values()), plan, silent=True).harmful:
            return replace(before, until=instant(end), series=tuple(series.values()))
    return None


def _counted(plan: Plan, timely: Columns, bounds: Sequence[int], memory: Memory) -> dict[Key, Counted]:
    """The users of each series that our own outcomes are counted for."""
    return {
        key: first_bad(*_rows(plan, key, timely, bounds), bounds, memory.gone.get(key, frozenset()))
        for key in keys(plan, own=True)
    }


def recall(plan: Plan, since: int, bounds: Sequence[int], seen: Columns) -> Memory:
    """The memory after the blocks between `bounds`, from the outcomes alone; since: when the phase began.

    The quantiles of a number are taken before these blocks, which may be others than those that were weighed.
    """
    timely = seen.chosen(in_time(seen.at, seen.arrived, plan.patience * 1_000_000))
    gone = {key: c.gone for key, c in _counted(plan, timely, bounds, Memory()).items()}
    return Memory(gone, _met(timely, frozenset(), since, bounds[-1])[1])


def stepped(weighed: Weighed, share: int) -> Weighed:
    """The evidence at the begin of a next phase: comparisons go on, counts of the phase begin anew.

    share: of the phase that ended, in STEPS.
    """
    series = tuple(replace(s, phase_canary=0, phase_control=0) for s in weighed.series)
    off = mismatch(weighed, share)
    return replace(weighed, series=series, mismatch=off, new_canary=0, new_control=0)


def mismatch(weighed: Weighed, share: int) -> float:
    """The log e-value against users being assigned as planned, of this phase and those before."""
    planned = np.array([share, STEPS - share]) / STEPS
    return weighed.mismatch + float(log_mismatch([weighed.new_canary, weighed.new_control], planned))


def harm(series: Sequence[Series], plan: Plan, *, silent: bool = False) -> Decision:
    """What all comparisons and promises say together. `silent`: with 0 as the e-value of all that a source counts.

    Harm is the mean of e-values: one a metric (the mean over its quantiles), one a promise; no correction is needed
    (Vovk & Wang 2021). Safety needs every series to be safe by itself (Berger 1982), but those of which one is too many.
    """
    rules = plan.rules
    each = _by_metric(series)
    unknown = {m.name for m in plan.metrics if silent and m.source}
    parts = [
        -math.inf if name in unknown else averaged([averaged(s.evidence.harm) for s in of]) for name, of in each.items()
    ]
    parts += [
        -math.inf if m.name in unknown else _over(each[m.name][0], m, rules)
        for m in plan.metrics
        if m.promise is not None and m.name in each
    ]
    if unknown and not any(part > -math.inf for part in parts):
        return Decision(-math.inf, -math.inf, rules.bar)
    safe = min((safety(s, plan) for s in series if s.metric not in GRAVE), default=0.0)
    return Decision(averaged(parts) if parts else 0.0, safe, rules.bar)


def safety(series: Series, plan: Plan) -> float:
    """The log e-value against 'it is `margin` times as bad as the control or more', and breaks its promise if it has one.

    With a promise the mean of two e-values: where hardly anybody is ever bad, keeping the promise can still be shown.
    """
    shown = averaged(series.evidence.safe)
    promise = next((m.promise for m in plan.metrics if m.name == series.metric), None)
    if promise is None:
        return shown
    return averaged([shown, log_under(series.canary_bad, series.canary_n, promise, plan.rules.safe_grid)])


def worst(series: Sequence[Series], plan: Plan) -> tuple[Series, bool] | None:
    """The series that speaks most for harm, and whether it is by its promise; None where nothing was counted."""
    each = _by_metric(series)
    found = [(averaged(s.evidence.harm), s, False) for s in series]
    found += [
        (_over(each[m.name][0], m, plan.rules), each[m.name][0], True)
        for m in plan.metrics
        if m.promise is not None and m.name in each
    ]
    return max(found, key=lambda f: f[0])[1:] if found else None


def _by_metric(series: Sequence[Series]) -> dict[str, list[Series]]:
    each: dict[str, list[Series]] = {}
    for one in series:
        each.setdefault(one.metric, []).append(one)
    return each


def _over(series: Series, metric: Metric, rules: Rules) -> float:
    assert metric.promise is not None  # noqa: S101 - the callers ask
    return float(log_over(series.canary_bad, series.canary_n, metric.promise, rules.harm_grid))


def begun(plan: Plan) -> dict[Key, Series]:
    """The series of a plan before anything was counted."""
    return {key: Series(*key, nothing(plan.rules)) for key in keys(plan)}


def grown_series(series: Series, block: Block, rules: Rules, since: int) -> Series:
    """The series with one more block; since: when the phase began, in microseconds."""
    phase = block.start >= since
    return replace(
        series,
        evidence=grown(series.evidence, block, rules),
        canary_n=series.canary_n + block.canary_n,
        canary_bad=series.canary_bad + block.canary_bad,
        control_n=series.control_n + block.control_n,
        control_bad=series.control_bad + block.control_bad,
        phase_canary=series.phase_canary + (block.canary_n if phase else 0),
        phase_control=series.phase_control + (block.control_n if phase else 0),
    )


def _rows(
    plan: Plan, key: Key, seen: Columns, bounds: Sequence[int]
) -> tuple[Sequence[str], NDArray[np.int64], NDArray[np.bool_], NDArray[np.bool_]]:
    """User, time, bad and arm of the outcomes that count for a series; see first_bad."""
    metric = next(m for m in plan.metrics if m.name == key[0])
    values = seen.metrics[metric.name]
    said = ~np.isnan(values)
    match metric.kind:
        case "reported":
            rows, bad = np.ones(len(values), bool), said & (values != 0)
        case "bad":
            rows, bad = said, said & (values != 0)
        case "above":
            rows, bad = said, _above(seen, values, key[1], bounds)
    return seen.who[rows].tolist(), seen.at[rows], bad[rows], seen.canary[rows]


def _above(seen: Columns, values: NDArray[np.float64], level: float, bounds: Sequence[int]) -> NDArray[np.bool_]:
    """Which values lie above the control's quantile of the hour before their block. Nothing does while that is empty."""
    control = ~seen.canary & ~np.isnan(values)
    at, of_control = seen.at[control], values[control]
    limits = np.array([thresholds(at, of_control, begin, WINDOW, (level,))[0] for begin in bounds[:-1]])
    block = np.searchsorted(np.asarray(bounds, np.int64), seen.at, side="right") - 1
    inside = (block >= 0) & (block < len(limits))
    bad = np.zeros(len(values), bool)
    bad[inside] = values[inside] > limits[block[inside]]
    return bad


def _met(seen: Columns, before: frozenset[str], since: int, until: int) -> tuple[tuple[int, int], frozenset[str]]:
    """How many users came for the first time in this phase, (canary, control), and all who have come in it."""
    rows = (seen.at >= since) & (seen.at < until)
    first = {who: canary for who, canary in _backwards(seen.who[rows], seen.canary[rows]) if who not in before}
    canary = sum(first.values())
    return (canary, len(first) - canary), before | first.keys()


def _backwards(who: NDArray[np.str_], canary: NDArray[np.bool_]) -> Iterator[tuple[str, bool]]:
    """The last one first, so that a dict keeps each user's first."""
    return zip(who[::-1].tolist(), canary[::-1].tolist(), strict=True)
