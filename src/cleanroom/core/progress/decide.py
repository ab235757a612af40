"""What is to be done with a rollout now? Bad news acts at once, good news waits its time, no news is never good news."""

from __future__ import annotations

import math
from collections.abc import Iterator

from cleanroom.core.base import Instant, micros, noun
from cleanroom.core.flags import STEPS
from cleanroom.core.progress.state import Baking, Held, baking_of
from cleanroom.core.rollout.plan import GRAVE, Plan
from cleanroom.core.rollout.weigh import harm, mismatch, safety, worst
from cleanroom.core.rollout.weighed import Series, Weighed
from cleanroom.core.stats.outlook import Needed, needed


@noun
class Wait:
    """Nothing is decided."""

    because: str


@noun
class Advance:
    """The next phase begins."""

    because: str


@noun
class Promote:
    """There is enough evidence that it does no harm."""

    because: str


@noun
class Hold:
    """It cannot go on by itself."""

    because: str


@noun
class RollBack:
    """It does harm."""

    because: str


OBSERVE = "the battery has not run yet on what the candidate made in this phase"

MISMATCH = -math.log(0.01)
"""The log of an e-value at which the assignment is taken to be broken: once in 100 rollouts when it is not."""

Decision = Wait | Advance | Promote | Hold | RollBack


def decide(state: Baking | Held, weighed: Weighed, now: Instant, blocked: str = "") -> Decision:
    """What the evidence up to now says of a rollout that runs. While it is held, only harm is acted upon.

    `blocked`: why it may not go on although its own evidence lets it: a sensor that is over its bound, for one.
    """
    baking = baking_of(state)
    if because := _harm(baking, weighed):
        return RollBack(because)
    if isinstance(state, Held):
        return Wait(state.because)
    if because := _broken(baking, weighed):
        return Hold(because)
    missing = (*_missing(baking, weighed), *((blocked,) if blocked else ()))
    if not missing:
        return _onward(baking, weighed)
    if now >= baking.limit:
        return Hold(f"cannot decide: {'; '.join((*missing, *_to_come(baking, weighed)))}")
    return Wait("; ".join(missing))


def _harm(baking: Baking, weighed: Weighed) -> str:
    """Why it is to be rolled back; '' while nothing says so."""
    plan = baking.start.plan
    if weighed.grave:
        return f"{weighed.grave} {' or '.join(GRAVE)} on the candidate: one is too many"
    if harm(weighed.series, plan).harmful and (found := worst(weighed.series, plan)):
        return _said(*found, plan)
    failed = next((o for o in baking.observed if o.outcome == "FAIL"), None)
    return f"the battery failed on what the candidate made: {failed.because}" if failed else ""


def _said(series: Series, absolute: bool, plan: Plan) -> str:
    unit = unit_of(series, plan)
    counts = f"{_rate(series.canary_bad, series.canary_n, unit)} on the candidate"
    what = named(series)
    if absolute:
        promise = next(m.promise for m in plan.metrics if m.name == series.metric)
        return f"{what}: {counts}, and {promise:.2%} were promised"
    return f"{what}: {counts}, {_rate(series.control_bad, series.control_n, unit)} on the control at the same time"


def named(series: Series) -> str:
    """What a series counts, for a person."""
    return f"{series.metric} above the control's p{series.level * 100:g}" if series.level else series.metric


def unit_of(series: Series, plan: Plan) -> str:
    """What a series counts: users, or requests where a source counts them."""
    return "requests" if any(m.name == series.metric and m.source for m in plan.metrics) else "users"


def _rate(bad: int, n: int, unit: str) -> str:
    return f"{bad:,} of {n:,} {unit} ({bad / n:.2%})" if n else "nobody"


def _broken(baking: Baking, weighed: Weighed) -> str:
    """Why the comparison itself cannot be trusted; '' while nothing says so."""
    if mismatch(weighed, baking.share) < MISMATCH:
        return ""
    met = weighed.new_canary + weighed.new_control
    return (
        f"users are not assigned as planned: {weighed.new_canary:,} of {met:,} ({weighed.new_canary / max(met, 1):.2%}) had the "
        f"candidate in this phase, {baking.share / STEPS:.2%} were planned (sample-ratio mismatch)"
    )


def _missing(baking: Baking, weighed: Weighed) -> Iterator[str]:
    """What the phase still waits for."""
    plan = baking.start.plan
    if weighed.until < baking.due:
        yield f"the phase bakes until {baking.due[:16]}Z"
    for series in weighed.series or (None,):
        if series is None:
            yield f"no outcome has been weighed yet; {plan.least:,} users of either arm are needed"
        elif min(series.phase_canary, series.phase_control) < plan.least:
            unit = unit_of(series, plan)
            yield (
                f"{named(series)}: {series.phase_canary:,} {unit} with the candidate and {series.phase_control:,} with the "
                f"control in this phase, {plan.least:,} are needed"
            )
    if plan.output and not baking.observed:
        yield OBSERVE
    unknown = next((o for o in reversed(baking.observed) if o.outcome == "UNKNOWN"), None)
    if unknown is not None and baking.observed[-1] is unknown:
        yield f"the battery could not tell on what the candidate made: {unknown.because}"
    if _last(baking) and not harm(weighed.series, plan).safe:
        for series in weighed.series:
            if series.metric not in GRAVE and safety(series, plan) < plan.rules.bar:
                yield f"{named(series)}: not shown yet to be less than {plan.margin:g} times the control"


def _last(baking: Baking) -> bool:
    """Is the next phase that of all traffic? Only promotion leads there."""
    return baking.start.plan.phases[baking.step + 1] == STEPS


def _onward(baking: Baking, weighed: Weighed) -> Advance | Promote:
    plan = baking.start.plan
    if _last(baking):
        return Promote(
            f"every metric is shown to be less than {plan.margin:g} times the control, at {1 - plan.alpha:.0%}"
        )
    least = min(min(s.phase_canary, s.phase_control) for s in weighed.series)
    return Advance(f"no sign of harm with at least {least:,} users of either arm in the phase")


def _to_come(baking: Baking, weighed: Weighed) -> Iterator[str]:
    """How much more it would take at today's traffic, for the series that takes longest."""
    longest: tuple[Series, Needed] | None = None
    for series in (
        s
        for s in weighed.series
        if s.metric not in GRAVE and safety(s, baking.start.plan) < baking.start.plan.rules.bar
    ):
        more = outlook(baking, weighed, series)
        if more is None:
            yield (
                f"{named(series)}: nothing bad was seen, so that nothing can be compared"
                if series.canary_n
                else (f"{named(series)}: no users")
            )
        elif longest is None or more.hours > longest[1].hours:
            longest = series, more
    if longest is not None and longest[1].hours > 0:
        series, more = longest
        unit = unit_of(series, baking.start.plan)
        yield (
            f"about {more.canary_requests:,.0f} more {unit} with the candidate are needed for {named(series)}, "
            f"{more.hours:,.0f} hours at today's traffic"
        )


def outlook(baking: Baking, weighed: Weighed, series: Series) -> Needed | None:
    """The sample that promotion would still take, as users at risk; None where it would never come."""
    users, bad = series.canary_n + series.control_n, series.canary_bad + series.control_bad
    hours = (micros(weighed.until) - micros(baking.start.at)) / 3.6e9
    if not users or hours <= 0:
        return None
    plan = baking.start.plan
    share = max(plan.phases[-2] if _last(baking) else baking.share, 1) / STEPS
    return needed(series.evidence, plan.rules, users / hours, bad / users, share)
