"""Measures embeddings: their sums by day, and the nearest rows of probes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from cleanroom.app.room import Room
from cleanroom.app.sensors import kept
from cleanroom.app.sensors.files import File, files_of
from cleanroom.app.sensors.looks import RECENT, Look, begin_of, due, learned_from, today
from cleanroom.core.base import Instant, Misuse
from cleanroom.core.sensors.daily import Asked, last_whole, named, number
from cleanroom.core.sensors.meaning import Meaning
from cleanroom.core.sensors.result import TooFew
from cleanroom.core.sensors.retrieval import Neighbours, Retrieval, nearest
from cleanroom.core.sensors.standing import Standing
from cleanroom.core.stats import embedding
from cleanroom.core.stats.embedding import EmbeddingDay, Space

_BATCH = 5_000


def meaning(room: Room, sensor: str, watch: Meaning, standing: Standing, now: Instant) -> Iterator[Look]:
    """The days that are due."""
    files, first = files_of(room, watch.data), begin_of(standing)
    rows = kept.days(room, sensor, files, Asked(watch.time), standing)
    last = last_whole(now, watch.delay)
    known = [d for d in rows if first <= number(d) <= last]
    begin = learned_from({number(d): rows[d].rows for d in known}, RECENT)
    if begin is None:
        yield Look(named(last), TooFew("embeddings by day", "rows with a moment"))
        return
    known = [d for d in known if number(d) >= begin]
    space = _space(room, sensor, watch, files, known)
    wanted = {d: f"{space.width}/{watch.most}/{rows[d].rows}" for d in known}
    made = kept.by_day(room, sensor, wanted, lambda days: _sums(room, watch, files, space, days))
    days = {number(d): EmbeddingDay(s["n"], tuple(s["total"]), tuple(s["waves"])) for d, s in made.items()}
    days = {d: sums for d, sums in days.items() if d <= last}
    over = set(kept.note(room, sensor, f"over:{first}") or ())
    due_days = list(due(now, watch.delay, standing))
    from_day = due_days[0] if standing.day else max(min(days), due_days[0] - RECENT)
    for day in range(from_day, last + 1):
        found = watch.judge(day, days, frozenset(over - {day}), first)
        over = over - {day} | ({day} if found.over else set())
        if day in due_days:
            yield Look(named(day), found.result)
    kept.set_note(room, sensor, f"over:{first}", sorted(over))


def _space(room: Room, sensor: str, watch: Meaning, files: Sequence[File], days: Sequence[str]) -> Space:
    """Where embeddings are measured: chosen once, by those of the first day that has any."""
    noted = kept.note(room, sensor, "space")
    if noted is not None:
        return Space(noted["size"], noted["width"])
    for file in files:
        for _, found in room.engine.vectors(file.table, watch.embedding, watch.time, days[:14], watch.most):
            if len(found):
                made = Space(found.shape[1], embedding.width_of(found))
                kept.set_note(room, sensor, "space", made)
                return made
    raise Misuse(f"{watch.data} holds no arrays in column {watch.embedding!r}", "Check the column's name.")


def _sums(
    room: Room, watch: Meaning, files: Sequence[File], space: Space, days: Sequence[str]
) -> Mapping[str, EmbeddingDay]:
    out: dict[str, EmbeddingDay] = {}
    for file in files:
        for day, found in room.engine.vectors(file.table, watch.embedding, watch.time, days, watch.most):
            if len(found):
                sums = embedding.of_embeddings(space, found)
                out[day] = out[day] + sums if day in out else sums
    return out


def retrieval(room: Room, sensor: str, watch: Retrieval, standing: Standing, now: Instant) -> Look:
    """The probes against the rows as they are now, and as they were at the baseline."""
    probes = list(chain.from_iterable(_named(room, f, watch) for f in files_of(room, watch.probes)))
    if not probes:
        return Look(today(now), TooFew("no probes", f"rows in {watch.probes}"))
    right = _right(room, watch) if watch.expected else {}
    batches = chain.from_iterable(
        room.engine.embedded(f.table, watch.id, watch.embedding, _BATCH) for f in files_of(room, watch.data)
    )
    try:
        near, rows = nearest(np.stack([v for _, v in probes]), batches, watch.k)
    except ValueError as error:
        raise Misuse(f"probes and rows do not fit: {error}", "Were they embedded by the same model?") from error
    found = Neighbours({p: n for (p, _), n in zip(probes, near, strict=True)}, rows, right)
    key = f"near:{begin_of(standing)}:{watch.k}"
    noted = kept.note(room, sensor, key)
    if noted is None:
        if rows >= watch.k:
            kept.set_note(room, sensor, key, found)
        return Look(today(now), watch.judge(None, found, now))
    before = Neighbours({p: tuple(n) for p, n in noted["near"].items()}, noted["rows"], noted["right"])
    return Look(today(now), watch.judge(before, found, now))


def _named(room: Room, file: File, watch: Retrieval) -> Iterator[tuple[str, NDArray[np.float32]]]:
    for ids, found in room.engine.embedded(file.table, watch.id, watch.embedding, _BATCH):
        yield from zip(ids, found, strict=True)


def _right(room: Room, watch: Retrieval) -> dict[str, str]:
    """The row that is right for each probe."""
    out: dict[str, str] = {}
    for file in files_of(room, watch.probes):
        out |= room.engine.pairs(file.table, watch.id, watch.expected)
    return out
