"""How do calls and user events get into the rollups? Many at once: those of the log that are younger than what is rolled."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Row, Select, bindparam, delete, insert, select

from cleanroom.adapters.call_sums import Day, figures, parts_of
from cleanroom.adapters.judgements import Move
from cleanroom.adapters.sqlstore import packed_calls, sums
from cleanroom.adapters.sqlstore.batches import or_else
from cleanroom.adapters.sqlstore.sums import LEVELS, Sums
from cleanroom.adapters.sqlstore.tables import call_days, call_events, call_moves, call_progress, call_sums, calls
from cleanroom.core.base import DAY
from cleanroom.core.call import UserEvent
from cleanroom.core.telemetry.histogram import buckets
from cleanroom.ports.calls import ALL, PARTS

_ROLLED = select(call_progress.c.number).where(call_progress.c.name == "rolled")
_HEADS = (calls.c.seq, calls.c.system, calls.c.heads, calls.c.marks, calls.c.names, calls.c.words)
_YOUNG = select(*_HEADS).where(calls.c.seq > bindparam("rolled"), calls.c.judges == 0).order_by(calls.c.seq)
_YOUNG_EVENTS = select(call_events).where(call_events.c.seq > bindparam("rolled"), call_events.c.judges == 0)
_YOUNG_EVENTS = _YOUNG_EVENTS.order_by(call_events.c.seq)
_YOUNG_MOVES = select(call_moves).where(call_moves.c.seq > bindparam("rolled")).order_by(call_moves.c.seq)
_DAYS = select(call_days.c.day, call_days.c.parts, call_days.c.metrics).where(
    call_days.c.system == bindparam("system"), call_days.c.day.between(bindparam("first"), bindparam("last"))
)
_SUMS = select(call_sums.c.metric, call_sums.c.body).where(
    *(call_sums.c[name] == bindparam(name) for name in ("system", "width", "start"))
)


@dataclass(frozen=True, slots=True)
class Figure:
    """A metric of some of the calls or events. `of`: which; those that are `counted` go into the histogram.

    `sign`: -1 for what is taken back, 1 for what is added; None where all is added.
    """

    metric: str
    of: NDArray[np.int64]
    value: NDArray[np.float64]
    counted: NDArray[np.bool_]
    sign: NDArray[np.int64] | None = None


@dataclass(frozen=True, slots=True)
class Young:
    """Calls or events of a system that are not in its rollups. `combo`: which of `parts` each has."""

    at: NDArray[np.int64]
    combo: NDArray[np.int64]
    parts: tuple[tuple[str, ...], ...]
    figures: tuple[Figure, ...]


def rolled_up_to(connection: Connection) -> int:
    """The last `seq` that is in the rollups."""
    return connection.execute(_ROLLED).scalar() or 0


def young(connection: Connection, rolled: int, system: str | None = None) -> Iterator[tuple[str, Young]]:
    """What is not in the rollups, of that system or of each."""
    for of, rows in _by_system(connection, _YOUNG, rolled, calls.c.system, system):
        yield of, _of_calls(packed_calls.unpacked(rows))
    for of, rows in _by_system(connection, _YOUNG_EVENTS, rolled, call_events.c.system, system):
        events = map(event_of, rows)
        yield of, _of_moves([Move(of, e.at, parts_of(e), *figure) for e in events for figure in figures(e)])
    for of, rows in _by_system(connection, _YOUNG_MOVES, rolled, call_moves.c.system, system):  # last: they take back
        yield of, _of_moves([move for row in rows for move in moves_of(row)])


def roll(connection: Connection, last: int) -> None:
    """Bring all up to `last`, the greatest `seq` there is, into the rollups. The transaction writes."""
    for system, fresh in young(connection, rolled_up_to(connection)):
        _add(connection, system, fresh)
    connection.execute(delete(call_progress).where(call_progress.c.name == "rolled"))
    connection.execute(insert(call_progress), {"name": "rolled", "number": last})
    connection.execute(delete(call_moves).where(call_moves.c.seq <= last))


def days(connection: Connection, system: str, first: int, last: int) -> dict[int, Day]:
    """What is told apart on the days from `first` to `last`, counted from 1970."""
    return {
        row.day: Day(_places(map(tuple, json.loads(row.parts))), _places(json.loads(row.metrics)))
        for row in connection.execute(_DAYS, {"system": system, "first": first, "last": last})
    }


def event_of(row: Any) -> UserEvent:
    """The user event of a row."""
    fields = dict(row._mapping)
    del fields["seq"], fields["judges"]
    return UserEvent(**fields)


def moves_of(row: Any) -> list[Move]:
    """The figures of a row of call_moves."""
    return [Move(row.system, at, tuple(parts), *more) for at, parts, *more in json.loads(row.body)]


def _by_system(
    connection: Connection, query: Select[Any], rolled: int, column: Any, system: str | None
) -> Iterator[tuple[str, list[Row[Any]]]]:
    wanted = query if system is None else query.where(column == system)
    rows = sorted(connection.execute(wanted, {"rolled": rolled}), key=lambda row: str(row.system))
    for of, found in groupby(rows, lambda row: str(row.system)):
        yield of, list(found)


def _of_calls(found: packed_calls.Unpacked) -> Young:
    at = found.heads["at"].astype(np.int64)
    combo, parts = _combined(found)
    everything = np.arange(len(at))
    figures = [Figure(ALL, everything, np.zeros(len(at)), np.zeros(len(at), np.bool_))]
    order = np.argsort(found.code, kind="stable")
    ends = np.searchsorted(found.code[order], np.arange(len(found.names) + 1))
    for code, name in enumerate(found.names):
        which = order[ends[code] : ends[code + 1]]
        figures.append(Figure(name, found.of[which], found.value[which], ~found.yes[which]))
    return Young(at, combo, parts, tuple(figures))


def _combined(found: packed_calls.Unpacked) -> tuple[NDArray[np.int64], tuple[tuple[str, ...], ...]]:
    """Which combination of parts each call has, and the combinations."""
    combo = np.zeros(len(found.heads), np.int64)
    first = combo[:1]
    for part in PARTS:  # after each part the numbers are small again
        _, first, combo = np.unique(
            combo * max(len(found.words), 1) + found.said[part], return_index=True, return_inverse=True
        )
    columns = [found.word(part)[first] for part in PARTS]
    return combo, tuple(zip(*columns, strict=True))


def _of_moves(moves: Sequence[Move]) -> Young:
    combos: dict[tuple[str, ...], int] = {}
    combo = np.array([combos.setdefault(m.parts, len(combos)) for m in moves], np.int64)
    values = np.array([m.value for m in moves], np.float64)
    valued = np.array([m.counted for m in moves], np.bool_)
    signs = np.array([m.sign for m in moves], np.int64)
    metrics = np.array([m.metric for m in moves])
    figures = [Figure(str(name), of, values[of], valued[of], signs[of]) for name, of in _split(metrics)]
    return Young(np.array([m.at for m in moves], np.int64), combo, tuple(combos), tuple(figures))


def told_apart(
    fresh: Young, known: dict[int, Day]
) -> Iterator[tuple[str, Figure, NDArray[np.int64], NDArray[np.int64]]]:
    """(metric as rollups name it, figure, which of its values, the place of each call) by figure and day.

    `known`: what is told apart on each day, by its number; what is new to a day gets its place there.
    """
    day_of = fresh.at // DAY
    place = np.zeros(len(fresh.at), np.int64)
    for day, of_day in _split(day_of):
        of = known.setdefault(int(day), Day())
        places = {combo: of.place(fresh.parts[combo]) for combo in dict.fromkeys(fresh.combo[of_day].tolist())}
        place[of_day] = [places[combo] for combo in fresh.combo[of_day].tolist()]
    for figure in fresh.figures:
        for day, of_day in _split(day_of[figure.of]):
            yield known[int(day)].metric(figure.metric), figure, of_day, place


def days_of(connection: Connection, system: str, fresh: Young) -> dict[int, Day]:
    """What is told apart on the days of what is young."""
    return days(connection, system, int(fresh.at.min()) // DAY, int(fresh.at.max()) // DAY)


def _add(connection: Connection, system: str, fresh: Young) -> None:
    """Add what is young to the rows of the rollups that it belongs to."""
    known = days_of(connection, system, fresh)
    new: dict[tuple[int, int], dict[str, list[Sums]]] = {}
    for metric, figure, of_day, place in told_apart(fresh, known):
        at = fresh.at[figure.of[of_day]]
        bucket = buckets(figure.value[of_day])
        for width, span in LEVELS:
            for start, here in _split(at // span * span):
                mine = of_day[here]
                key = sums.key_of((at[here] - start) // width, place[figure.of[mine]])
                sign = None if figure.sign is None else figure.sign[mine]
                made = sums.of_values(key, figure.value[mine], figure.counted[mine], bucket[here], sign)
                new.setdefault((width, int(start)), {}).setdefault(metric, []).append(made)
    _keep_days(connection, system, known)
    _keep_sums(connection, system, new)


def _keep_days(connection: Connection, system: str, known: dict[int, Day]) -> None:
    rows = [
        {"system": system, "day": day, "parts": json.dumps(list(of.parts)), "metrics": json.dumps(list(of.metrics))}
        for day, of in known.items()
    ]
    statement = or_else(connection, call_days, lambda new, _old: {"parts": new.parts, "metrics": new.metrics})
    connection.execute(statement, rows)


def _keep_sums(connection: Connection, system: str, new: dict[tuple[int, int], dict[str, list[Sums]]]) -> None:
    rows: list[dict[str, Any]] = []
    gone: list[dict[str, Any]] = []
    for (width, start), by_metric in new.items():
        key = {"system": system, "width": width, "start": start}
        for row in connection.execute(_SUMS, key):
            if row.metric in by_metric:
                by_metric[row.metric].append(sums.unpacked([row.body])[0])
        for metric, parts in by_metric.items():
            whole = parts[0] if len(parts) == 1 else sums.grouped(sums.joined(parts))
            left = sums.only(whole, whole.n != 0)
            (rows if len(left.key) else gone).append({**key, "metric": metric, "body": sums.packed(left)})
    if rows:
        connection.execute(or_else(connection, call_sums, lambda new, _old: {"body": new.body}), rows)
    for empty in gone:
        of_row = (call_sums.c[name] == empty[name] for name in ("system", "width", "start", "metric"))
        connection.execute(delete(call_sums).where(*of_row))


def _split(values: NDArray[Any]) -> Iterator[tuple[Any, NDArray[np.int64]]]:
    """(value, where it stands) of each different value."""
    if len(values) and values[0] == values[-1] and (values == values[0]).all():
        yield values[0], np.arange(len(values))
        return
    different, of = np.unique(values, return_inverse=True)
    order = np.argsort(of, kind="stable")
    ends = np.searchsorted(of[order], np.arange(len(different) + 1))
    for number, value in enumerate(different):
        yield value, order[ends[number] : ends[number + 1]]


def _places(values: Any) -> dict[Any, int]:
    return {value: place for place, value in enumerate(values)}
