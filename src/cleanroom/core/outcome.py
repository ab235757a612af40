"""What does production say of one use of a flag? An outcome: who was served what, when, and how it went."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from cleanroom.core.base import Instant, instant, micros, noun

LONGEST = 200
MOST_METRICS = 50

Arm = Literal["candidate", "control", "other"]
"""Of which side it is. `other`: neither (an override, outside of the audience, killed), or not what the flag serves."""


@noun
class Outcome:
    """As an application reports it. `id`: unique to it, so that it may be sent again.

    key       the targeting key as the flag was asked with it; it is stored as a keyed hash only
    metrics   booleans (true is bad) and numbers (seconds, tokens, money), by name
    source    who says so: application, person, or the name of a detector
    context   what else the flag was asked with, so that its rules can be followed; not stored
    """

    id: str
    flag: str
    variant: str
    key: str
    at: Instant
    metrics: Mapping[str, bool | float] = field(default_factory=dict)
    source: str = "application"
    context: Mapping[str, Any] = field(default_factory=dict)


@noun
class Kept:
    """As it is stored. `who`: the keyed hash of the targeting key. Times are microseconds since 1970 UTC.

    `at` is never later than `arrived`, when it was accepted. `agrees`: its variant is what the flag served that key then.
    """

    id: str
    flag: str
    variant: str
    arm: Arm
    who: str
    at: int
    arrived: int
    metrics: Mapping[str, bool | float]
    source: str
    agrees: bool


@dataclass(frozen=True, slots=True)
class Columns:
    """Outcomes of one flag that agree with it, of both arms, by `at`, and of one moment as they came. All have one length.

    who       keyed hashes of the targeting keys
    at, arrived   microseconds since 1970 UTC
    canary    is it of the candidate?
    metrics   by name: booleans as 0 and 1, NaN where an outcome does not have it; every name that was asked for is there
    """

    who: NDArray[np.str_]
    at: NDArray[np.int64]
    arrived: NDArray[np.int64]
    canary: NDArray[np.bool_]
    metrics: Mapping[str, NDArray[np.float64]]

    def chosen(self, rows: NDArray[np.bool_]) -> Columns:
        """Those rows only."""
        metrics = {name: values[rows] for name, values in self.metrics.items()}
        return Columns(self.who[rows], self.at[rows], self.arrived[rows], self.canary[rows], metrics)


def faults(outcome: Outcome) -> Iterator[str]:
    """What is wrong with it, a sentence each."""
    for name in ("id", "flag", "variant", "key", "source"):
        text = getattr(outcome, name)
        if not 0 < len(text) <= LONGEST or "\x00" in text or not _has_utf8(text):
            yield f"{name} is text of 1 to {LONGEST} characters"
    try:
        instant(micros(outcome.at))
    except (OverflowError, ValueError):
        yield "at is a moment with its time zone, such as 2026-11-21T23:20:00Z"
    if len(outcome.metrics) > MOST_METRICS:
        yield f"an outcome has at most {MOST_METRICS} metrics"
    for name, value in outcome.metrics.items():
        if not 0 < len(name) <= LONGEST or not name.isprintable():
            yield f"a metric's name is printable text of 1 to {LONGEST} characters"
        elif not isinstance(value, bool) and not abs(value) <= 1e300:
            yield f"the metric {name} is no number"


def _has_utf8(text: str) -> bool:
    return not any("\ud800" <= c <= "\udfff" for c in text)
