"""What do a call and a user event add to the rollups, and may they be kept at all? The same for every adapter of Calls."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from cleanroom.adapters.valid_text import check_text
from cleanroom.core.base import MINUTE, Misuse
from cleanroom.core.call import EVENT, Call, UserEvent
from cleanroom.ports.calls import ALL, MOST_METRICS, MOST_PARTS, OTHER, PARTS

FILTERS = (*PARTS, "conversation", "operation", "trace")
"""The fields that `rows` can ask for."""

LATEST = 7_258_118_400_000_000
"""The first moment of the year 2200: what claims to be later is a unit mistaken."""

MOST_OF_CALL = 100
"""Metrics of one call."""

_BEYOND = (OTHER,) * len(PARTS)


@dataclass(slots=True)
class Day:
    """What the rollups of a system tell apart on one day, each with its place. Nothing ever leaves."""

    parts: dict[tuple[str, ...], int] = field(default_factory=lambda: {_BEYOND: 0})
    metrics: dict[str, int] = field(default_factory=lambda: {ALL: 0})

    def place(self, parts: tuple[str, ...]) -> int:
        """The place of a combination of parts; that of '(other)' where there is no room for it."""
        return self.parts.setdefault(parts, len(self.parts)) if self._room(parts) else 0

    def metric(self, name: str) -> str:
        """The name that the metric has in rollups."""
        if name not in self.metrics:
            if len(self.metrics) > MOST_METRICS:
                return OTHER
            self.metrics[name] = len(self.metrics)
        return name

    def _room(self, parts: tuple[str, ...]) -> bool:
        return parts in self.parts or len(self.parts) <= MOST_PARTS


def parts_of(one: Call | UserEvent) -> tuple[str, ...]:
    """Its value of each of PARTS."""
    return one.feature, one.variant, one.model, one.prompt


def event_metric(event: UserEvent) -> str:
    """The metric that a user event counts as."""
    return f"{EVENT}{event.happened}"


def figures(one: Call | UserEvent) -> Iterator[tuple[str, float, bool]]:
    """(metric, value, whether it goes into a histogram) of each metric that it counts for."""
    if isinstance(one, UserEvent):
        yield event_metric(one), float(one.value or 0), one.value is not None
        return
    yield ALL, 0.0, False
    for name, value in one.metrics.items():
        yield name, float(value), not isinstance(value, bool)


def check(calls: Sequence[Call], events: Sequence[UserEvent]) -> None:
    """Raises Misuse, before anything is written, for what cannot be kept; see the port."""
    check_text(
        *(text for c in calls for text in (*_texts(c), c.input, c.output, *c.sources, *c.metrics)),
        *(t for e in events for t in (e.id, e.system, *parts_of(e), e.call, e.conversation, e.who, e.words)),
    )
    moments = [m for c in calls for m in (c.at, c.arrived)] + [m for e in events for m in (e.at, e.arrived)]
    for moment in moments:
        if not 0 <= moment < LATEST:
            hint = "moments are microseconds since 1970 UTC"
            raise Misuse(f"the moment {moment} lies before 1970 or after 2200", hint)
    for call in calls:
        if not 0 <= call.took < LATEST:
            raise Misuse(f"a call cannot have lasted {call.took} microseconds", "send when it began and when it ended")
        if len(call.metrics) > MOST_OF_CALL:
            raise Misuse(f"a call has {len(call.metrics)} metrics, at most {MOST_OF_CALL} can be kept", "send fewer")
        if not math.isfinite(sum(call.metrics.values())):
            _check_finite(call.metrics.values())
    _check_finite(e.value for e in events if e.value is not None)


def check_step(step: int) -> None:
    """Raises Misuse for a step of time that rollups cannot be added up by."""
    if step <= 0 or step % MINUTE:
        raise Misuse(f"a step of {step} microseconds is no number of whole minutes", "take 60000000 times a number")


def check_filters(where: Sequence[str]) -> None:
    """Raises Misuse for a field that calls cannot be asked by."""
    unknown = next((name for name in where if name not in FILTERS), None)
    if unknown is not None:
        raise Misuse(f"calls cannot be asked by {unknown!r}", f"take one of {', '.join(FILTERS)}")


def _texts(c: Call) -> tuple[str, ...]:
    return (
        c.id,
        c.trace,
        c.parent,
        c.system,
        *parts_of(c),
        c.operation,
        c.tool,
        c.provider,
        c.conversation,
        c.who,
        c.error,
    )


def _check_finite(values: Iterable[float]) -> None:
    if not all(math.isfinite(v) for v in values):
        raise Misuse("a metric is no finite number: it cannot be kept", "leave out what could not be measured")
