"""Which keys do OpenSLO v1 objects have? Nouns with the names of the specification, and lengths of time as it writes them.

github.com/OpenSLO/OpenSLO, README and schemas/v1. Where the two differ (`targetPercent`, `raw`, references to alert
policies), either is taken.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal

from cleanroom.core.base import noun

API = "openslo/v1"

Op = Literal["lte", "gte", "lt", "gt"]

_DURATION = re.compile(r"([0-9]{1,6})([mhdwMQY])")
_SECONDS = {"m": 60, "h": 3600, "d": 86_400, "w": 7 * 86_400, "M": 30 * 86_400, "Q": 90 * 86_400, "Y": 365 * 86_400}


@noun
class Metadata:
    """What every object has."""

    name: str
    displayName: str = ""
    labels: Mapping[str, Any] | None = None
    annotations: Mapping[str, Any] | None = None


@noun
class MetricSource:
    """Where a number comes from; `spec` is that source's own."""

    spec: Mapping[str, Any]
    type: str = ""
    metricSourceRef: str = ""


@noun
class Metric:
    """One query."""

    metricSource: MetricSource


@noun
class RatioMetric:
    """good (or bad) and total, or raw."""

    counter: bool = False
    total: Metric | None = None
    good: Metric | None = None
    bad: Metric | None = None
    raw: Metric | None = None
    rawType: Literal["success", "failure"] | None = None


@noun
class SliSpec:
    """How a service level is read."""

    description: str = ""
    thresholdMetric: Metric | None = None
    ratioMetric: RatioMetric | None = None


@noun
class Sli:
    """An indicator, inside of an SLO or of its own."""

    metadata: Metadata
    spec: SliSpec
    apiVersion: str = API
    kind: Literal["SLI"] = "SLI"


@noun
class Calendar:
    """Where a calendar-aligned window begins."""

    startTime: str
    timeZone: str


@noun
class TimeWindow:
    """How long."""

    duration: str
    isRolling: bool = False
    calendar: Calendar | None = None


@noun
class Objective:
    """What must hold. `timeSliceWindow`: minutes or a length of time."""

    displayName: str = ""
    op: Op | None = None
    value: float | None = None
    target: float | None = None
    targetPercent: float | None = None
    timeSliceTarget: float | None = None
    timeSliceWindow: Any = None


@noun
class SloSpec:
    """A promise. `alertPolicies`: names, references or whole policies."""

    service: str
    budgetingMethod: Literal["Occurrences", "Timeslices"]
    objectives: tuple[Objective, ...]
    indicator: Sli | None = None
    indicatorRef: str = ""
    timeWindow: tuple[TimeWindow, ...] = ()
    alertPolicies: tuple[Any, ...] = ()
    description: str = ""


@noun
class SloObject:
    """kind: SLO."""

    metadata: Metadata
    spec: SloSpec
    apiVersion: str = API
    kind: Literal["SLO"] = "SLO"


@noun
class Burn:
    """A burn rate that is too fast."""

    threshold: float
    lookbackWindow: str
    alertAfter: str = "0m"
    kind: Literal["burnrate"] = "burnrate"


@noun
class ConditionSpec:
    """When to alert."""

    severity: str
    condition: Burn
    description: str = ""


@noun
class Condition:
    """kind: AlertCondition."""

    metadata: Metadata
    spec: ConditionSpec
    apiVersion: str = API
    kind: Literal["AlertCondition"] = "AlertCondition"


@noun
class PolicySpec:
    """Conditions and whom to tell; either may be a reference."""

    conditions: tuple[Any, ...]
    notificationTargets: tuple[Any, ...] = ()
    alertWhenNoData: bool = False
    alertWhenResolved: bool = False
    alertWhenBreaching: bool = True
    description: str = ""


@noun
class Policy:
    """kind: AlertPolicy."""

    metadata: Metadata
    spec: PolicySpec
    apiVersion: str = API
    kind: Literal["AlertPolicy"] = "AlertPolicy"


@noun
class DataSourceSpec:
    """How a source is reached."""

    type: str
    connectionDetails: Mapping[str, Any] | None = None
    description: str = ""


@noun
class DataSource:
    """kind: DataSource."""

    metadata: Metadata
    spec: DataSourceSpec
    apiVersion: str = API
    kind: Literal["DataSource"] = "DataSource"


@noun
class TargetSpec:
    """Whom to tell."""

    target: str
    description: str = ""


@noun
class Target:
    """kind: AlertNotificationTarget."""

    metadata: Metadata
    spec: TargetSpec
    apiVersion: str = API
    kind: Literal["AlertNotificationTarget"] = "AlertNotificationTarget"


@noun
class ServiceSpec:
    """What a service is."""

    description: str = ""


@noun
class Service:
    """kind: Service."""

    metadata: Metadata
    spec: ServiceSpec
    apiVersion: str = API
    kind: Literal["Service"] = "Service"


KINDS: Mapping[str, type[Any]] = {
    "SLO": SloObject,
    "SLI": Sli,
    "AlertPolicy": Policy,
    "AlertCondition": Condition,
    "DataSource": DataSource,
    "AlertNotificationTarget": Target,
    "Service": Service,
}


def seconds_of(text: str) -> int | None:
    """The seconds of `30d`, `4w`, `5m`; a month is 30 days, a quarter 90, a year 365. None for anything else."""
    found = _DURATION.fullmatch(text)
    return int(found[1]) * _SECONDS[found[2]] if found else None
