"""How many were there in a span of time, and how many of them bad? Of whatever an SLO counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cleanroom.app.room import Room
from cleanroom.core.base import DAY, HOUR, MINUTE, Misuse
from cleanroom.core.sensors.daily import Asked, number
from cleanroom.core.slo import CallShare, LabelledShare, Limit, Prometheus, PromShare, Slo, TableShare
from cleanroom.core.slo_status import NOTHING, Tally, tally_of
from cleanroom.ports.calls import Cell
from cleanroom.ports.engine import Table
from cleanroom.ports.project import SignalSource

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Series:
    """Counts by steps of time, arrays of one length: step i begins at start + i * step (microseconds)."""

    start: int
    step: int
    n: Floats
    bad: Floats


def called(room: Room, slo: Slo, since: int, until: int) -> Tally:
    """Calls with since <= minute < until, of an SLO that looks at calls; `bad` are those that its metric says are."""
    metric, limit = _of_calls(slo)
    begin, step = since // MINUTE * MINUTE, max(MINUTE, -(-(until - since) // MINUTE) * MINUTE)
    cells = room.calls.cells(slo.system, metric, begin, begin + step, step)
    return _added(cells, limit)


def series(room: Room, slo: Slo, since: int, until: int, step: int) -> Series:
    """The same by steps; `since` and `until` are whole steps from each other."""
    metric, limit = _of_calls(slo)
    size = max(0, (until - since) // step)
    n, bad = np.zeros(size), np.zeros(size)
    for cell in room.calls.cells(slo.system, metric, since, since + size * step, step):
        place = (cell.start - since) // step
        found = tally_of(cell.n, cell.bad, cell.histogram, limit)
        n[place] += found.n
        bad[place] += found.bad
    return Series(since, step, n, bad)


def prometheus(room: Room, indicator: PromShare, since: int, until: int) -> Tally:
    """What Prometheus counted. Raises Outside, Misuse."""
    source = _source(room, indicator.source)
    total = room.counts.amount(source, indicator.total, since, until)
    if total <= 0:
        return NOTHING
    part = min(total, room.counts.amount(source, indicator.good or indicator.bad, since, until))
    bad = total - part if indicator.good else part
    return Tally(total, bad, bad, bad)


def prometheus_since(room: Room, indicator: PromShare, since: int, until: int) -> int:
    """The moment from which on Prometheus has counted, found to a factor of two; `since` where that is half the span ago or more.

    One question where it has long counted. Raises Outside, Misuse.
    """
    source, span = _source(room, indicator.source), (until - since) // 2
    while span >= HOUR and room.counts.amount(source, indicator.total, since, until - span) <= 0:
        span //= 2
    return since if span == (until - since) // 2 else until - 2 * span


def rows(room: Room, indicator: TableShare, since: int, until: int) -> tuple[Tally, int]:
    """Rows of a table in those whole UTC days, through the engine; and the moment from which on there are any (`until` without,
    `since` where there are older ones). Raises Misuse.
    """
    path, mark, table = indicator.data.partition("::")
    limit = indicator.limit or Limit("lte", 0.0)
    edge = limit.value if limit.op in ("lt", "gte") else float(np.nextafter(limit.value, np.inf))
    asked = Asked(indicator.at, cells=((indicator.column, (edge,)),))
    found = room.engine.days(Table(room.project.path(path), table if mark else None), asked)
    first, last = since // DAY, until // DAY
    n = bad = 0
    begin = until
    for day, tally in found.items():
        if day and number(day) <= last:
            begin = max(since, min(begin, number(day) * DAY))
        if day and first <= number(day) <= last:
            under, over, _ = tally.cells[indicator.column]
            n += under + over
            bad += over if limit.op in ("lte", "lt") else under
    return Tally(n, bad, bad, bad), begin


def _of_calls(slo: Slo) -> tuple[str, Limit | None]:
    match slo.indicator:
        case CallShare(metric=metric, limit=limit) | LabelledShare(metric=metric, limit=limit):
            return metric, limit
        case other:
            raise Misuse(f"the SLO {slo.name!r} looks at no calls: its indicator is {other.kind}")


def _added(cells: tuple[Cell, ...], limit: Limit | None) -> Tally:
    n = bad = 0
    histogram: dict[int, int] = {}
    for cell in cells:
        n, bad = n + cell.n, bad + cell.bad
        _merge(histogram, cell.histogram)
    return tally_of(n, bad, histogram, limit)


def _merge(into: dict[int, int], other: Mapping[int, int]) -> None:
    for bucket, count in other.items():
        into[bucket] = into.get(bucket, 0) + count


def _source(room: Room, source: Prometheus) -> SignalSource:
    if source.url or source.url_env:
        return SignalSource(
            source.name, "prometheus", url=source.url, url_env=source.url_env, token_env=source.token_env
        )
    found = next((s for s in room.project.signals() if s.name == source.name and s.kind == "prometheus"), None)
    if found is None:
        hint = f'Add [signals.{source.name}] with kind = "prometheus" and url to cleanroom.toml.'
        raise Misuse(f"there is no source of counts {source.name!r:.100}", hint)
    return found
