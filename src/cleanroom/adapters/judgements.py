"""What do judgements that come later change in the rollups? They count for the call that they judge, at its minute, once.

A call counts as if all that was said of it had come with it: a truth value is true where anybody says so, of numbers that of the
call itself goes before, then that of the first judgement by id. A correction by a user is one of these judgements: several of
one call are one. While the call has not come, each judgement counts by itself, where it says it is.

What is in the rollups is a function of what came, whatever the order: what is new adds the difference (`moves`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from cleanroom.adapters.call_sums import event_metric, parts_of
from cleanroom.core.call import Call, UserEvent
from cleanroom.core.telemetry.told import judges
from cleanroom.ports.calls import ALL, TEXTS, CallColumns

_CALL = "call/"


class Move(NamedTuple):
    """A figure that is to be added to the rollups (`sign` 1), or taken back (-1); `counted`: it is in the histogram."""

    system: str
    at: int
    parts: tuple[str, ...]
    metric: str
    value: float
    counted: bool
    sign: int = 1


@dataclass(frozen=True, slots=True)
class Judgement:
    """A record that judges a call, or a correction by a user. `id`: its own; system, at and parts: as it says itself.

    `metrics`: what it counts as while it stands alone; truth values are no numbers here.
    """

    id: str
    system: str
    at: int
    parts: tuple[str, ...]
    metrics: Mapping[str, bool | float]

    @property
    def record(self) -> str:
        """The id of the call that is the record; '' of a user event."""
        return self.id.removeprefix(_CALL) if self.id.startswith(_CALL) else ""


def judged_by(one: Call | UserEvent) -> str:
    """The id of the call that it judges; '' where it judges none."""
    if isinstance(one, Call):
        return judges(one.id) if "~" in one.id else ""  # asked of every call that comes in
    return one.call.partition("~")[0] if one.happened == "correction" else ""


def judgement_of(one: Call | UserEvent) -> Judgement:
    """It as a judgement."""
    if isinstance(one, Call):
        return Judgement(_CALL + one.id, one.system, one.at, parts_of(one), {ALL: False, **one.metrics})
    said = {event_metric(one): False if one.value is None else float(one.value)}
    return Judgement(f"event/{one.id}", one.system, one.at, parts_of(one), said)


def moves(before: Iterable[Move], after: Iterable[Move]) -> tuple[Move, ...]:
    """What leads from one to the other."""
    found: Counter[Move] = Counter()
    for move in after:
        found[move._replace(sign=1)] += move.sign
    for move in before:
        found[move._replace(sign=1)] -= move.sign
    return tuple(move._replace(sign=n // abs(n)) for move, n in found.items() for _ in range(abs(n)))


def counted(call: Call | None, judgements: Iterable[Judgement]) -> Iterator[Move]:
    """What judgements of one call are in the rollups, beside what the call itself says; without the call, each by itself."""
    if call is None:
        for one in judgements:
            for metric, value in one.metrics.items():
                yield Move(one.system, one.at, one.parts, metric, float(value), not isinstance(value, bool))
        return
    place = (call.system, call.at, parts_of(call))
    for metric, said in _by_metric(judgements).items():
        own = call.metrics.get(metric)
        value, is_number = _together(None if own is None else float(own), said)
        if own is None:
            yield Move(*place, metric, value, is_number)
        elif value != own:
            yield Move(*place, metric, value, counted=False)
            yield Move(*place, metric, float(own), counted=False, sign=-1)


def with_judgements(columns: CallColumns, late: Mapping[str, Sequence[Judgement]], gone: Sequence[str]) -> CallColumns:
    """The columns with what was said later (`late`, by the id of the call), without the records `gone` that said it."""
    if not late and not gone:
        return columns
    for place in np.flatnonzero(np.isin(columns.id, list(late))).tolist():
        for metric, said in _by_metric(late[str(columns.id[place])]).items():
            if metric in columns.metrics:
                own = float(columns.metrics[metric][place])
                columns.metrics[metric][place] = _together(None if np.isnan(own) else own, said)[0]
    stay = ~np.isin(columns.id, list(gone))
    metrics = {name: values[stay] for name, values in columns.metrics.items()}
    texts = {name: getattr(columns, name)[stay] for name in ("at", *TEXTS)}
    return replace(columns, metrics=metrics, **texts)


def _by_metric(judgements: Iterable[Judgement]) -> dict[str, list[bool | float]]:
    found: dict[str, list[bool | float]] = {}
    for one in sorted(judgements, key=lambda j: j.id):
        for metric, value in one.metrics.items():
            if metric != ALL:
                found.setdefault(metric, []).append(value)
    return found


def _together(own: float | None, said: Sequence[bool | float]) -> tuple[float, bool]:
    """What a metric is once all was said, and whether it is a number for the histogram where the call itself has none."""
    anybody = any(value is True for value in said)
    if own is not None:
        return (1.0 if own == 0 and anybody else own), False
    if isinstance(said[0], bool):
        return float(anybody), False
    return float(said[0]), True
