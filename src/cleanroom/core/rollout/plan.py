"""What was planned for a rollout before it began: phases, times, and what the arms are compared by. It never changes."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Literal

from cleanroom.core.base import noun
from cleanroom.core.flags.bucketing import STEPS
from cleanroom.core.stats.canary import Rules

HOUR = 3600
MOST_PHASES = 50
MOST_METRICS = 20

MetricKind = Literal["bad", "reported", "above"]
"""How a metric of an outcome becomes bad or good. `bad`: it says true or false, and outcomes that do not say are left out;
`reported`: true is a report, and silence is good; `above`: a number, bad above the control's own recent quantiles."""

REPORTED = ("complaint", "privacy_leak")
"""Metrics that nobody reports when all is well."""

GRAVE = ("privacy_leak",)
"""Metrics of which one on the candidate is one too many: it is rolled back at once, without statistics."""


@noun
class Metric:
    """What both arms are compared by. `promise`: a rate of bad users (0 to 1) that the candidate must keep by itself.

    `source`: who counts it, one of kind prometheus in cleanroom.toml (requests, then, not users); '': our own outcomes.
    """

    name: str
    kind: MetricKind = "bad"
    promise: float | None = None
    source: str = ""


@noun
class Plan:
    """`phases`: the candidate's shares in STEPS of 0.001%, growing up to all. Times are seconds.

    bake      how long a phase lasts at least
    limit     how long the whole rollout may take; what is not decided by then is held
    least     users, counted once a block, that every metric must have seen of either arm before a phase ends well
    holdout   STEPS that keep the control also after promotion
    patience  how long after an outcome its label is waited for, in both arms alike; later ones do not count
    block     minutes that are judged together; 0: as traffic asks for
    output    where what the candidate makes lies; the battery runs on it before a phase ends well. '' for nowhere
    """

    phases: tuple[int, ...]
    metrics: tuple[Metric, ...]
    bake: int = 12 * HOUR
    limit: int = 72 * HOUR
    least: int = 100
    holdout: int = STEPS // 50
    patience: int = 300
    block: int = 0
    alpha: float = 0.05
    margin: float = 2.0
    output: str = ""

    @property
    def rules(self) -> Rules:
        """What counts as evidence."""
        return Rules(alpha=self.alpha, margin=self.margin)


def metric_of(text: str) -> Metric:
    """The metric that `error`, `latency_ms:above`, `error<=0.01` or `error@SOURCE` names. Raises ValueError."""
    name, bound, promise = text.partition("<=")
    name, colon, kind = name.strip().partition(":")
    name, mark, source = name.partition("@")
    if not _is_name(name) or (mark and not _is_name(source)):
        raise ValueError(f"{text[:60]!r} names no metric: letters, digits, '_', '-' and '.'")
    found: MetricKind = "reported" if name in REPORTED and not source else "bad"
    match kind.strip() if colon else found:
        case "bad":
            found = "bad"
        case "reported":
            found = "reported"
        case "above":
            found = "above"
        case other:
            raise ValueError(f"{other[:40]!r} is no kind of metric: bad, reported or above")
    if not bound:
        return Metric(name, found, source=source)
    try:
        rate = float(promise.strip().removesuffix("%")) / (100 if promise.strip().endswith("%") else 1)
    except ValueError:
        raise ValueError(f"{promise[:40]!r} is no rate: for example {name}<=0.5%") from None
    return Metric(name, found, rate, source)


def _is_name(text: str) -> bool:
    return text.isascii() and text.replace("_", "a").replace(".", "a").replace("-", "a").isalnum()


def faults(plan: Plan) -> Iterator[str]:
    """What is wrong with a plan, a sentence each."""
    if not 0 < len(plan.phases) <= MOST_PHASES:
        yield f"a rollout has 1 to {MOST_PHASES} phases"
    elif plan.phases[-1] != STEPS:
        yield "the last phase is 100%"
    if any(a >= b for a, b in zip(plan.phases, plan.phases[1:], strict=False)) or any(p <= 0 for p in plan.phases):
        yield "the phases grow, and begin above 0%"
    if len(plan.phases) < 2:
        yield "there is a phase below 100%, with a control to compare with"
    elif plan.phases[-2] + plan.holdout > STEPS - STEPS // 100:
        yield "the phase before the last leaves the control at least 1% of the traffic beside the holdout"
    if not 0 < len(plan.metrics) <= MOST_METRICS:
        yield f"1 to {MOST_METRICS} metrics are compared"
    names = [m.name for m in plan.metrics]
    if len(set(names)) != len(names):
        yield "a metric is compared once"
    for metric in plan.metrics:
        if metric.promise is not None and (metric.kind == "above" or not 0 < metric.promise < 0.5):
            yield f"{metric.name}: a promise is a rate of bad users between 0 and 50%, of a metric that says good or bad"
        if metric.source and metric.kind != "bad":
            yield f"{metric.name}: a source counts what is bad, and nothing else"
        if metric.source and metric.name in GRAVE:
            yield f"{metric.name}: one is too many, which takes outcomes: a source only counts"
    yield from _times(plan)


def _times(plan: Plan) -> Iterator[str]:
    if plan.bake < 0 or plan.limit <= 0:
        yield "times are not negative, and the limit is not 0"
    elif plan.bake * (len(plan.phases) - 1) > plan.limit:
        yield "the phases before 100% bake longer than the limit allows"
    if plan.least < 1:
        yield "a phase sees at least one user"
    if not 0 <= plan.holdout <= STEPS // 2:
        yield "the holdout is at most half of the traffic"
    if not 0 <= plan.patience <= 7 * 24 * HOUR:
        yield "labels are waited for at most 7 days"
    if plan.block not in (0, 1, 5, 15, 60):
        yield "a block has 1, 5, 15 or 60 minutes"
    if not 0 < plan.alpha <= 0.2:
        yield "alpha lies above 0 and is at most 20%"
    if not (1.25 < plan.margin <= 100 and math.isfinite(plan.margin)):
        yield "the margin lies above 1.25 and is at most 100: how many times worse is not accepted"
