"""What do calls of the log say that have not left it for files yet?"""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, bindparam, select

from cleanroom.adapters.sqlstore import packed_calls
from cleanroom.adapters.sqlstore.packed_calls import KEYS
from cleanroom.adapters.sqlstore.tables import calls
from cleanroom.core.base import HOUR
from cleanroom.core.call import Call
from cleanroom.ports.calls import PARTS, CallColumns

_AT_ONCE = 400  # rows that are looked through at a time, so that a long log needs no more memory than a short one
_ALL_BUT_TEXTS = [c for c in calls.c if c.name != "texts"]
_LOG = select(*_ALL_BUT_TEXTS).where(
    calls.c.system == bindparam("system"), calls.c.hour > bindparam("after"), calls.c.hour < bindparam("until")
)
_BY_TIME = _LOG.order_by(calls.c.seq)
_NEWEST = _LOG.order_by(calls.c.hour.desc(), calls.c.seq.desc())
_ROW = select(calls).where(calls.c.seq == bindparam("seq"))


def columns(connection: Connection, system: str, since: int, until: int, metrics: Sequence[str]) -> CallColumns:
    """Calls with since <= at < until, as they came."""
    rows = connection.execute(_BY_TIME, {"system": system, "after": since - HOUR, "until": until}).all()
    found, keys = packed_calls.unpacked(rows), packed_calls.keys_of(rows)
    at = found.heads["at"].astype(np.int64)
    mine = (at >= since) & (at < until)
    texts = {name: np.array(keys[name], np.str_)[mine] for name in ("id", "conversation", "who")}
    parts = {name: found.word(name).astype(np.str_)[mine] for name in PARTS}
    values = {name: found.column(name)[mine] for name in metrics}
    return CallColumns(at=at[mine], metrics=values, **texts, **parts)


def newest(
    connection: Connection, system: str, since: int, until: int, where: Mapping[str, str], bad: str, limit: int
) -> list[Call]:
    """The newest calls that are as `where` says, the newest first."""
    best: list[tuple[int, str, int, int]] = []  # (at, id, seq, place in its row)
    span = {"system": system, "after": since - HOUR, "until": until}
    with connection.execute(_NEWEST, span, execution_options={"yield_per": _AT_ONCE}) as log:
        for rows in log.partitions():
            if len(best) == limit and rows[0].hour + HOUR <= best[-1][0]:
                break
            best = heapq.nlargest(limit, [*best, *_candidates(rows, since, until, where, bad)])
    places: dict[int, list[int]] = {}
    for _, _, seq, place in best:
        places.setdefault(seq, []).append(place)
    found = {
        (seq, place): call
        for seq, wanted in places.items()
        for place, call in zip(wanted, _of_row(connection, seq, wanted), strict=True)
    }
    return [found[seq, place] for _, _, seq, place in best]


def by_ids(connection: Connection, seq: int, ids: Sequence[str]) -> list[Call]:
    """The calls of these ids that are still in that row of the log."""
    row = connection.execute(_ROW, {"seq": seq}).first()
    if row is None:
        return []
    place = {id: n for n, id in enumerate(packed_calls.keys_of([row])["id"])}
    wanted = [place[id] for id in ids if id in place]
    return packed_calls.calls_of([row], wanted) if wanted else []


def _of_row(connection: Connection, seq: int, places: Sequence[int]) -> list[Call]:
    row = connection.execute(_ROW, {"seq": seq}).one()
    return packed_calls.calls_of([row], places)


def _candidates(
    rows: Sequence[Any], since: int, until: int, where: Mapping[str, str], bad: str
) -> list[tuple[int, str, int, int]]:
    """(at, id, seq, place in its row) of the calls of these rows that are as `where` says."""
    found, keys = packed_calls.unpacked(rows), packed_calls.keys_of(rows)
    at = found.heads["at"].astype(np.int64)
    mine = (at >= since) & (at < until)
    for field, value in where.items():
        mine &= np.array(keys[field], object) == value if field in KEYS else _is(found, field, value)
    if bad:
        values = found.column(bad)
        mine &= (values != 0) & ~np.isnan(values)
    seq = np.repeat([row.seq for row in rows], [row.n for row in rows])
    place = np.concatenate([np.arange(row.n) for row in rows])
    which = np.flatnonzero(mine).tolist()
    return [(int(at[i]), keys["id"][i], int(seq[i]), int(place[i])) for i in which]


def _is(found: packed_calls.Unpacked, field: str, value: str) -> NDArray[np.bool_]:
    """Which calls have that word in that field?"""
    code = found.words.index(value) if value in found.words else -1
    same: NDArray[np.bool_] = found.said[field] == code
    return same
