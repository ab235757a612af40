"""What does a panel show? The rollups of one metric, added up by steps of time, out of the widest slots that fit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, bindparam, select

from cleanroom.adapters.call_sums import Day
from cleanroom.adapters.sqlstore import sums
from cleanroom.adapters.sqlstore.batches import batches
from cleanroom.adapters.sqlstore.rolling import Figure, Young, days, days_of, rolled_up_to, told_apart, young
from cleanroom.adapters.sqlstore.sums import LEVELS, SPAN, Sums
from cleanroom.adapters.sqlstore.tables import call_sums
from cleanroom.core.base import DAY, MINUTE
from cleanroom.core.telemetry.histogram import buckets
from cleanroom.ports.calls import ALL, PARTS, Cell, Part

_OF_METRIC = tuple(call_sums.c[name] == bindparam(name) for name in ("system", "metric", "width"))
_STARTS = select(call_sums.c.start).where(
    *_OF_METRIC, call_sums.c.start > bindparam("after"), call_sums.c.start < bindparam("until")
)
_ROWS = select(call_sums.c.start, call_sums.c.body).where(*_OF_METRIC)
_NAMES = (
    select(call_sums.c.metric)
    .distinct()
    .where(call_sums.c.system == bindparam("system"), call_sums.c.width == bindparam("width"))
    .where(call_sums.c.start > bindparam("after"), call_sums.c.start < bindparam("until"))
)
_SIDES: tuple[Literal["left", "right"], ...] = ("left", "right")
_EDGES = select(call_sums.c.metric, call_sums.c.start, call_sums.c.body).where(
    call_sums.c.system == bindparam("system"), call_sums.c.width == bindparam("width")
)


_Waiting = tuple[str, Young, Figure, NDArray[np.int64], NDArray[np.int64], Day]


class Panel:
    """Rollups of a system between two moments, as seen by one connection whose reads are of one moment."""

    def __init__(self, connection: Connection, system: str, since: int, until: int) -> None:
        self._connection = connection
        self._system = system
        self._since = since
        self._until = until

    def cells(self, metric: str, step: int, by: Sequence[Part]) -> tuple[Cell, ...]:
        """The cells of a metric; see the port."""
        groups = _Groups(by)
        parts = [*self._kept(metric, step, groups), *self._young(metric, step, groups)]
        if not parts:
            return ()
        # A key is a step, then the rank of a group: so many groups are known by now.
        known = sorted(groups.known)
        rank = np.argsort([groups.known[values] for values in known])
        keyed = [
            Sums(steps * len(known) + rank[group], s.n, s.bad, s.total, s.cell, s.bucket, s.count)
            for steps, group, s in parts
        ]
        whole = sums.grouped(sums.joined(keyed))
        return self._told(sums.only(whole, whole.n != 0), step, known)

    def metrics(self) -> tuple[str, ...]:
        """The names of the metrics that have a cell."""
        key = {"system": self._system, "width": MINUTE}
        within = {"after": self._since - 1, "until": self._until - SPAN + 1}  # rows that lie within as a whole
        found = set(self._connection.execute(_NAMES, {**key, **within}).scalars())
        edges = [moment // SPAN * SPAN for moment in (self._since, self._until - 1)]
        for row in self._connection.execute(_EDGES.where(call_sums.c.start.in_(edges)), key):
            if row.metric not in found:
                minutes = row.start + sums.unpacked([row.body])[0].slot * MINUTE
                if ((minutes >= self._since) & (minutes < self._until)).any():
                    found.add(row.metric)
        taken_back: set[str] = set()
        for metric, fresh, figure, of_day, *_ in self._waiting:
            minutes = fresh.at[figure.of[of_day]] // MINUTE * MINUTE
            if ((minutes >= self._since) & (minutes < self._until)).any():
                found.add(metric)
                if figure.sign is not None and (figure.sign[of_day] < 0).any():
                    taken_back.add(metric)
        step = max(1, -(-(self._until - self._since) // MINUTE)) * MINUTE
        gone = {metric for metric in taken_back if not self.cells(metric, step, ())}
        return tuple(sorted(found - gone - {ALL}))

    def _kept(
        self, metric: str, step: int, groups: _Groups
    ) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64], Sums]]:
        """(step, group, sums) of cells that are in the rollups."""
        key = {"system": self._system, "metric": metric}
        width, span = LEVELS[0]
        bounds = {"after": self._since - span, "until": self._until}
        found = self._connection.execute(_STARTS, {**key, "width": width, **bounds})
        open_times, open_width = np.array(sorted(found.scalars()), np.int64), span
        if not len(open_times):
            return
        ends = int(open_times[0]) // DAY, int(open_times[-1]) // DAY
        of_day = {
            day: groups.of(list(known.parts)) for day, known in days(self._connection, self._system, *ends).items()
        }
        for width, span in LEVELS:
            slots = (open_times[:, None] + np.arange(0, open_width, width)).ravel()
            fits = self._fits(slots, width, step)
            wanted = slots[fits]
            for starts in batches(np.unique(wanted // span * span).tolist()):
                query = _ROWS.where(call_sums.c.start.in_(starts))
                if rows := self._connection.execute(query, {**key, "width": width}).all():
                    yield self._placed(rows, width, step, wanted, of_day)
            inside = (slots + width > self._since) & (slots < self._until)
            open_times, open_width = slots[~fits & inside], width

    def _fits(self, slots: NDArray[np.int64], width: int, step: int) -> NDArray[np.bool_]:
        """Which slots lie within the span and within one step?"""
        last = slots + width - MINUTE
        inside = (slots >= self._since) & (last < self._until)
        fits: NDArray[np.bool_] = inside & ((slots - self._since) // step == (last - self._since) // step)
        return fits

    def _placed(
        self,
        rows: Sequence[Any],
        width: int,
        step: int,
        wanted: NDArray[np.int64],
        of_day: dict[int, NDArray[np.int64]],
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], Sums]:
        """(step, group, sums) of the cells of rows of (start, body) whose slots are wanted."""
        found, of_row = sums.unpacked([row.body for row in rows])
        times = np.array([row.start for row in rows], np.int64)[of_row] + found.slot * width
        at = np.minimum(np.searchsorted(wanted, times), len(wanted) - 1)
        mine = wanted[at] == times
        if not mine.all():
            found, times = sums.only(found, mine), times[mine]
        day = times // DAY
        group = np.zeros(len(times), np.int64)
        for one in np.unique(day).tolist():
            group[day == one] = of_day[one][found.place[day == one]]
        return (times - self._since) // step, group, found

    def _young(
        self, metric: str, step: int, groups: _Groups
    ) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64], Sums]]:
        """(step, group, sums) of what is not in the rollups yet, each by itself."""
        for name, fresh, figure, of_day, place, known in self._waiting:
            if name != metric:
                continue
            of = figure.of[of_day]
            minute = fresh.at[of] // MINUTE * MINUTE
            mine = (minute >= self._since) & (minute < self._until)
            value = figure.value[of_day][mine]
            sign = None if figure.sign is None else figure.sign[of_day][mine]
            single = sums.of_values(np.arange(len(value)), value, figure.counted[of_day][mine], buckets(value), sign)
            yield (minute[mine] - self._since) // step, groups.of(list(known.parts))[place[of[mine]]], single

    @cached_property
    def _waiting(self) -> tuple[_Waiting, ...]:
        return tuple(self._told_waiting())

    def _told_waiting(self) -> Iterator[_Waiting]:
        """What is not in the rollups yet, told apart as it will be there: as told_apart has it, and the day."""
        known: dict[int, Day] = {}
        for _, fresh in young(self._connection, rolled_up_to(self._connection), self._system):
            known = days_of(self._connection, self._system, fresh) | known
            for metric, figure, of_day, place in told_apart(fresh, known):
                day = int(fresh.at[figure.of[of_day[0]]]) // DAY
                yield metric, fresh, figure, of_day, place, known[day]

    def _told(self, found: Sums, step: int, known: list[tuple[str, ...]]) -> tuple[Cell, ...]:
        many = len(known)
        begins, ends = (np.searchsorted(found.cell, np.arange(len(found.key)), side).tolist() for side in _SIDES)
        bucket, count = found.bucket.tolist(), found.count.tolist()
        step_of, group = np.divmod(found.key, many)
        columns = (self._since + step_of * step, group, found.n, found.bad, found.total)
        return tuple(
            Cell(start, known[of], n, bad, total, dict(zip(bucket[begin:end], count[begin:end], strict=True)))
            for start, of, n, bad, total, begin, end in zip(*(c.tolist() for c in columns), begins, ends, strict=True)
        )


class _Groups:
    """The values of the parts that were asked for, each combination of them with a number."""

    def __init__(self, by: Sequence[Part]) -> None:
        self._places = [PARTS.index(part) for part in by]
        self.known: dict[tuple[str, ...], int] = {}

    def of(self, combos: Sequence[Any]) -> NDArray[np.int64]:
        """The number of each of these combinations of all parts."""
        asked = (tuple(combo[place] for place in self._places) for combo in combos)
        return np.array([self.known.setdefault(values, len(self.known)) for values in asked], np.int64)
