"""What did a person write of a rollout's plan? Percents, times and metrics as text, turned into what core knows."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from cleanroom.core.base import Misuse
from cleanroom.core.flags import STEPS
from cleanroom.core.rollout.plan import Metric, metric_of


def shares_of(text: str) -> tuple[int, ...]:
    """`2,5,100` in STEPS of 0.001%. Raises Misuse."""
    try:
        return tuple(steps_of(float(part.strip().removesuffix("%"))) for part in text.split(","))
    except ValueError as error:
        raise Misuse(
            f"--phases {text[:60]!r} is no list of percents", "For example --phases 2,5,10,25,50,100"
        ) from error


def steps_of(percent: float) -> int:
    """Percent in STEPS of 0.001%. Raises Misuse."""
    if not 0 <= percent <= 100:
        raise Misuse(f"{percent:g}% is no share of traffic", "A share lies between 0 and 100 percent.")
    return round(percent * STEPS / 100)


def seconds_of(text: str) -> int:
    """`30m`, `12h`, `2d`, `90s` in seconds. Raises Misuse."""
    units = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
    number, unit = text.strip()[:-1], text.strip()[-1:]
    try:
        found = float(number) * units[unit]
    except (ValueError, KeyError) as error:
        raise Misuse(f"{text[:40]!r} is no time", "For example 30m, 12h or 2d.") from error
    if not 0 <= found <= 366 * 86_400:
        raise Misuse(f"{text[:40]!r} is no time that a rollout can take", "For example 30m, 12h or 2d.")
    return round(found)


def metrics_of(texts: Sequence[str] | None) -> tuple[Metric, ...]:
    """The metrics that were named. Raises Misuse where there are none, or one cannot be."""
    if not texts:
        hint = "For example --metric error --metric latency_ms:above --metric 'hallucination<=0.5%'"
        raise Misuse("a rollout needs something to be judged by", hint)
    try:
        return tuple(metric_of(text) for text in texts)
    except ValueError as error:
        raise Misuse(str(error), "For example --metric error, latency_ms:above or 'error<=0.5%'") from error


def rule_of(text: str) -> Any:
    """A targeting rule; None for no text. Raises Misuse."""
    if not text:
        return None
    try:
        return json.loads(text)
    except ValueError as error:
        raise Misuse(
            f"--audience is no JSON: {error}", """For example '{"==": [{"var": "region"}, "eu"]}'"""
        ) from error
