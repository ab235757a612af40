"""Do searches by embeddings still find what they found? Nearest neighbours of a fixed probe set, look by look."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from cleanroom.core.base import Instant, noun
from cleanroom.core.sensors.result import MOST, Over, Quiet, Result, TooFew
from cleanroom.core.stats import neighbours
from cleanroom.core.stats.neighbours import Share

Rows = NDArray[np.float32]


@noun
class Retrieval:
    """Probes keep `overlap` of their `k` nearest rows by cosine, and find the row that is right for them.

    probes    a table with a name (`id`) and an array (`embedding`) a row
    data      the table that is searched, with the same two columns
    expected  a column of `probes` with the id of the row that is right; '' where that is not known
    least     the share of probes that must do so
    """

    probes: str
    data: str
    id: str = "id"
    embedding: str = "embedding"
    expected: str = ""
    k: int = 5
    overlap: float = 0.6
    least: float = 0.9
    kind: Literal["retrieval"] = "retrieval"

    def judge(self, before: Neighbours | None, now: Neighbours, at: Instant) -> Result:
        """`before`: the accepted look, None at the first."""
        names = [p for p in now.near if before is None or p in before.near]
        covers = f"{len(names)} of {len(now.near)} probes against {now.rows:,} rows"
        if not names or now.rows < self.k:
            return TooFew(covers, f"probes, and {self.k} rows or more to search")
        place: dict[str, int] = {}
        then, after = (
            np.array([[place.setdefault(x, len(place)) for x in look.near[p]] for p in names], np.int64)
            for look in (before or now, now)
        )
        known = bool(now.right) and all(p in now.right for p in names)
        home = [place.get(now.right[p], -1) for p in names] if known else None
        found = neighbours.validity(then, after, home, overlap=self.overlap, least=self.least)
        told = [_told(found.kept, f"kept {self.overlap:.0%} of their {self.k} neighbours")]
        told += [_told(found.found, "find the row that is right")] if found.found else []
        bound = f"{self.least:.0%} of probes"
        shares = [s for s in (found.kept, found.found) if s is not None]
        if not found.over and all(s.says == "too few to tell" for s in shares):
            return TooFew(f"{covers}: {'; '.join(told)}", "more probes")
        if not found.over:
            return Quiet(covers, "; ".join(told), bound)
        lost = [p for p in names if len({*now.near[p]} & {*(before or now).near[p]}) < self.overlap * self.k]
        missed = [p for p in names if known and now.right[p] not in now.near[p]]
        lines = tuple(f"not found: {p}" for p in dict.fromkeys((*missed, *lost)))
        return Over("; ".join(told), bound, told[0], at, covers, (*told, *lines)[:MOST])


@noun
class Neighbours:
    """By probe, the names of its nearest rows, nearest first; of `rows` that were searched. `right`: what each should find."""

    near: Mapping[str, tuple[str, ...]]
    rows: int
    right: Mapping[str, str]


def _told(share: Share, what: str) -> str:
    return f"{share.hits} of {share.n} probes {what} ({share.lower:.0%} to {share.upper:.0%})"


def nearest(probes: Rows, batches: Iterable[tuple[Sequence[str], Rows]], k: int) -> tuple[list[tuple[str, ...]], int]:
    """The names of the `k` rows that are nearest to each probe by cosine, nearest first; and how many rows there were.

    `probes`: shape (n, size). Rows come in batches, so that memory stays bounded. Raises ValueError for another size.
    """
    unit = _unit(probes)
    best = np.full((len(unit), k), -np.inf, np.float32)
    names = np.full((len(unit), k), "", object)
    rows = 0
    for ids, matrix in batches:
        if not len(ids):
            continue
        if matrix.shape[1] != unit.shape[1]:
            raise ValueError(f"probes have {unit.shape[1]} numbers, rows have {matrix.shape[1]}")
        rows += len(ids)
        near = np.concatenate([best, unit @ _unit(matrix).T], axis=1)
        mine = np.broadcast_to(np.array(ids, object), (len(unit), len(ids)))
        every = np.concatenate([names, mine], axis=1)
        order = np.argsort(-near, axis=1, kind="stable")[:, :k]
        best, names = np.take_along_axis(near, order, 1), np.take_along_axis(every, order, 1)
    return [tuple(str(x) for x in row if x) for row in names], rows


def _unit(rows: Rows) -> Rows:
    size = np.linalg.norm(rows, axis=1, keepdims=True)
    made: Rows = (rows / np.maximum(size, 1e-12)).astype(np.float32)
    return made
