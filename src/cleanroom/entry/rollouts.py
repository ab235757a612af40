"""How is a rollout told: the same figures for the command line, the API and the pages."""

from __future__ import annotations

import math
from typing import Any

from cleanroom.core.base import Instant, noun, plain
from cleanroom.core.flags import STEPS
from cleanroom.core.progress.decide import decide, outlook
from cleanroom.core.progress.served import share_of
from cleanroom.core.progress.state import Baking, Held, Promoted, RolledBack, Rollout, baking_of, start_of
from cleanroom.core.rollout.plan import GRAVE
from cleanroom.core.rollout.weigh import safety
from cleanroom.core.rollout.weighed import Series, Weighed
from cleanroom.core.stats.canary import averaged

STATES = {Baking: "Baking", Held: "Held", Promoted: "Promoted", RolledBack: "RolledBack"}
"""The names of the states, as they are written everywhere."""


@noun
class Line:
    """One comparison as it stands. `harm` and `safe` are e-values, `bar` is what they must reach; rates are 0 to 1, or None."""

    metric: str
    canary: int
    canary_bad: int
    control: int
    control_bad: int
    harm: float
    safe: float
    bar: float
    hours_to_go: float | None

    @property
    def canary_rate(self) -> float | None:
        """The share of bad users with the candidate."""
        return self.canary_bad / self.canary if self.canary else None

    @property
    def control_rate(self) -> float | None:
        """The share of bad users with the control."""
        return self.control_bad / self.control if self.control else None


@noun
class Told:
    """A rollout for a person. `share`: of traffic, 0 to 1; `phase` counts from 1; `next`: what happens, or why it is over."""

    name: str
    state: str
    flag: str
    share: float
    phase: int
    phases: tuple[float, ...]
    started: Instant
    since: Instant | None
    due: Instant | None
    limit: Instant | None
    until: Instant
    over: Instant | None
    next: str
    lines: tuple[Line, ...]
    users: tuple[int, int]
    apart: int
    grave: int
    digest: str
    run: str

    @property
    def state_word(self) -> str:
        """The state in words."""
        return "Rolled back" if self.state == "RolledBack" else self.state


def told(found: Rollout, now: Instant, blocked: str = "") -> Told:
    """Where it stands at `now`. `blocked`: why sensors hold it up."""
    start = start_of(found)
    baking = baking_of(found) if isinstance(found, Baking | Held) else None
    weighed = found.weighed if isinstance(found, Promoted | RolledBack) else baking_of(found).weighed
    step = baking.step if baking else len(start.plan.phases) - 1 if isinstance(found, Promoted) else _step(found)
    return Told(
        name=start.name,
        state=STATES[type(found)],
        flag=start.flag,
        share=min(share_of(found), STEPS - start.plan.holdout) / STEPS,
        phase=step + 1,
        phases=tuple(p / STEPS for p in start.plan.phases),
        started=start.at,
        since=baking.since if baking else None,
        due=baking.due if baking else None,
        limit=baking.limit if baking else None,
        until=weighed.until,
        over=None if baking else _over(found),
        next=_next(found, now, blocked),
        lines=tuple(_line(s, found, baking, weighed) for s in weighed.series),
        users=(weighed.new_canary, weighed.new_control),
        apart=weighed.apart,
        grave=weighed.grave,
        digest=start.change,
        run=start.run,
    )


def as_data(found: Rollout, now: Instant, blocked: str = "") -> dict[str, Any]:
    """As JSON, with its plan."""
    data: dict[str, Any] = plain(told(found, now, blocked))
    return data | {"plan": plain(start_of(found).plan)}


def amount(value: float) -> str:
    """An e-value for a person: what is far from deciding, or far beyond it, needs no digits."""
    if value < 0.01:
        return "<0.01"
    return f"{value:.2f}" if value < 10 else f"{value:,.0f}" if value <= 1000 else ">1,000"


def e_value(log: float) -> float:
    """An e-value from its logarithm, never infinite: JSON has no such number."""
    return math.exp(min(log, 700.0))


def _line(series: Series, found: Rollout, baking: Baking | None, weighed: Weighed) -> Line:
    plan = start_of(found).plan
    more = outlook(baking, weighed, series) if baking is not None and series.metric not in GRAVE else None
    return Line(
        metric=f"{series.metric} > p{series.level * 100:g}" if series.level else series.metric,
        canary=series.canary_n,
        canary_bad=series.canary_bad,
        control=series.control_n,
        control_bad=series.control_bad,
        harm=e_value(averaged(series.evidence.harm)),
        safe=e_value(safety(series, plan)),
        bar=1 / plan.alpha,
        hours_to_go=more.hours if more is not None else None,
    )


def _next(found: Rollout, now: Instant, blocked: str) -> str:
    match found:
        case Baking():
            return decide(found, found.weighed, now, blocked).because
        case _:
            return found.because


def _step(found: Rollout) -> int:
    return found.step if isinstance(found, RolledBack) else 0


def _over(found: Rollout) -> Instant | None:
    return found.at if isinstance(found, Promoted | RolledBack) else None
