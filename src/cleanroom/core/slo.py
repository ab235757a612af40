"""What was promised? An Slo: of which system, which indicator must be good how often, over which rolling window."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Literal

from cleanroom.core.base import noun
from cleanroom.core.mistakes import did_you_mean
from cleanroom.core.register import System
from cleanroom.core.stats.burn import BurnRule, rules_for

NAME = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,61}[a-z0-9])?")
"""What an SLO may be called: it stands in names of files, in subjects of the ledger and in labels."""

DAY = 86_400
"""Seconds."""

LONGEST, SHORTEST = 400 * DAY, 3600
"""Seconds that a window may last."""

Op = Literal["lte", "lt", "gte", "gt"]
"""How a good value compares with the limit."""

SIGNS: dict[Op, str] = {"lte": "<=", "lt": "<", "gte": ">=", "gt": ">"}


@noun
class Limit:
    """A value is good when it compares so with the limit."""

    op: Op
    value: float

    @property
    def says(self) -> str:
        """As a person writes it."""
        return f"{SIGNS[self.op]} {self.value:g}"

    def good(self, value: float) -> bool:
        """Is that value good?"""
        match self.op:
            case "lte":
                return value <= self.value
            case "lt":
                return value < self.value
            case "gte":
                return value >= self.value
            case "gt":
                return value > self.value


@noun
class CallShare:
    """Of the calls that have the metric, those are good for which it is false (or 0), or as `limit` says."""

    metric: str
    limit: Limit | None = None
    kind: Literal["calls"] = "calls"


@noun
class LabelledShare:
    """The share of calls that are right, told by people on a stratified sample.

    `metric`: the detector's, which flags a call where it is true, or not as `limit` says. It only says where to look.
    `reasons`: which reasons of a reviewer count as bad (core.queue.REASONS); empty: whatever is not right does.
    """

    metric: str
    limit: Limit | None = None
    reasons: tuple[str, ...] = ()
    kind: Literal["labels"] = "labels"


@noun
class SourceAge:
    """The share of time in which a source of the system is as young as `limit` says, in hours."""

    source: str
    limit: Limit
    kind: Literal["freshness"] = "freshness"


@noun
class Prometheus:
    """Where Prometheus is: `name` one of [signals.NAME], or its address in `url` or in the variable `url_env`."""

    name: str
    url: str = ""
    url_env: str = ""
    token_env: str = ""


@noun
class PromShare:
    """A ratio that Prometheus counts: PromQL with $window for good (or bad) and for all."""

    source: Prometheus
    total: str
    good: str = ""
    bad: str = ""
    kind: Literal["prometheus"] = "prometheus"


@noun
class TableShare:
    """Of the rows of a table with a moment in `at`, those are good where `column` is false (or 0), or as `limit` says."""

    data: str
    column: str
    at: str = "at"
    limit: Limit | None = None
    kind: Literal["table"] = "table"


@noun
class Delay:
    """Of the alerts about the system, those are good that were found (`detect`), or over (`repair`), within `hours`."""

    what: Literal["detect", "repair"]
    hours: float
    kind: Literal["delay"] = "delay"


Indicator = CallShare | LabelledShare | SourceAge | PromShare | TableShare | Delay


@noun
class Slo:
    """`target`: the share that must be good, over the last `window` seconds.

    rules      burn-rate alerts; empty: the workbook's, scaled to the window (core/stats/burn.py)
    detector   what the per-request detector's alarm is: a warning, critical, or off
    """

    name: str
    system: str
    indicator: Indicator
    target: float
    window: int = 30 * DAY
    title: str = ""
    description: str = ""
    rules: tuple[BurnRule, ...] = ()
    detector: Literal["warning", "critical", "off"] = "critical"

    @property
    def budget(self) -> float:
        """The share that may be bad."""
        return round(1 - self.target, 12)  # 0.005 for 99.5%, and no 0.0050000000000000044

    @property
    def burn_rules(self) -> tuple[BurnRule, ...]:
        """Its own rules, or those that fit its window."""
        return self.rules or rules_for(self.window // 60)

    @property
    def says(self) -> str:
        """The promise as a sentence."""
        good = f"{100 * self.target:.6g}% of "
        return f"{good}{what_of(self.indicator)}, over {span_text(self.window)}"


def what_of(indicator: Indicator) -> str:
    """What is measured, as the end of a sentence that begins with a share."""
    match indicator:
        case CallShare():
            return f"calls {_good(indicator.metric, indicator.limit)}"
        case LabelledShare():
            return f"calls without {indicator.metric}, as people judge"
        case SourceAge():
            return f"the time with {indicator.source} {indicator.limit.says} h old"
        case PromShare():
            return f"what {indicator.source.name} counts as good"
        case TableShare():
            return f"rows of {indicator.data} {_good(indicator.column, indicator.limit)}"
        case Delay():
            end = "found within {} h of what they tell of" if indicator.what == "detect" else "over within {} h"
            return "alerts " + end.format(f"{indicator.hours:g}")


def _good(metric: str, limit: Limit | None) -> str:
    return f"without {metric}" if limit is None else f"with {metric} {limit.says}"


def span_text(seconds: int) -> str:
    """A length of time in its largest whole unit: 30d, 6h, 5m."""
    for letter, unit in (("d", DAY), ("h", 3600), ("m", 60)):
        if seconds % unit == 0:
            return f"{seconds // unit}{letter}"
    return f"{seconds}s"


def metric_of(slo: Slo) -> str:
    """The metric of calls that it looks at; '' where it looks at none."""
    match slo.indicator:
        case CallShare(metric=metric) | LabelledShare(metric=metric):
            return metric
        case _:
            return ""


def unfitting(slos: Iterable[Slo], systems: Iterable[System]) -> Iterator[tuple[str, str, str]]:
    """What does not fit between SLOs and the register: (name of the SLO or 'system/NAME/SLO', what is wrong, a hint)."""
    known = {s.name: s for s in systems}
    by_name = {s.name: s for s in slos}
    for slo in by_name.values():
        system = known.get(slo.system)
        if system is None:
            yield slo.name, f"there is no system {slo.system!r} in the register", did_you_mean(slo.system, known)
        elif isinstance(slo.indicator, SourceAge):
            names = [s.name for s in system.sources]
            if slo.indicator.source not in names:
                what = f"{slo.system} has no source {slo.indicator.source!r}"
                yield slo.name, what, did_you_mean(slo.indicator.source, names)
    for system in known.values():
        for name in system.slos:
            if name not in by_name:
                yield f"system/{system.name}/{name}", f"there is no SLO {name!r} in slos/", did_you_mean(name, by_name)
            elif by_name[name].system != system.name:
                what = f"the SLO {name!r} is of the system {by_name[name].system!r}"
                yield f"system/{system.name}/{name}", what, "Its spec.service names the system."
