"""How do rollups lie in a row? The sums of many slots of time and many combinations of parts, packed and pressed.

    cells   records CELL: the key (slot within the row's time, place of the combination in the day's list), n, bad, how many
            records of `counts` are its histogram, and the total
    counts  records COUNT, in the order of the cells: bucket and count, several of one bucket where the count is large

A body is how many bytes `cells` has (four of them), then both. Those of any number of rows, put one after the other, are one
array again.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cleanroom.core.base import DAY, HOUR, MINUTE

LEVELS = ((HOUR, DAY), (10 * MINUTE, 6 * HOUR), (MINUTE, 10 * MINUTE))
"""(width of a slot, time of a row), the widest first. Each row lies within one day."""

SPAN = LEVELS[-1][1]
"""The time of a row of minutes."""

_PLACE = 1 << 16
_DENSE = 1 << 16
CELL = np.dtype([("key", "<u4"), ("n", "<u4"), ("bad", "<u4"), ("counts", "<u4"), ("total", "<f8")])
COUNT = np.dtype([("bucket", "<i2"), ("count", "<u2")])
_MOST = 65_535
_LENGTH = 4


@dataclass(frozen=True, slots=True)
class Sums:
    """Cells in the order of their keys, each once; `cell`, `bucket`, `count`: their histograms, in the same order."""

    key: NDArray[np.int64]
    n: NDArray[np.int64]
    bad: NDArray[np.int64]
    total: NDArray[np.float64]
    cell: NDArray[np.int64]
    bucket: NDArray[Any]
    count: NDArray[Any]

    @property
    def slot(self) -> NDArray[np.int64]:
        """The slot of each cell."""
        return self.key // _PLACE

    @property
    def place(self) -> NDArray[np.int64]:
        """The place of each cell's combination."""
        return self.key % _PLACE


def key_of(slot: NDArray[np.int64], place: NDArray[np.int64]) -> NDArray[np.int64]:
    """The key of a cell in a row."""
    return slot * _PLACE + place


def of_values(
    key: NDArray[np.int64],
    value: NDArray[np.float64],
    counted: NDArray[np.bool_],
    bucket: NDArray[np.int64],
    sign: NDArray[np.int64] | None = None,
) -> Sums:
    """The sums of single values; those that are `counted` go into histograms by their bucket. `sign`: -1 takes one back."""
    each = np.ones(len(key), np.int64) if sign is None else sign
    which = np.flatnonzero(counted)
    return grouped(Sums(key, each, (value != 0) * each, value * each, which, bucket[which], each[which]))


def joined(parts: Sequence[Sums]) -> Sums:
    """The cells of all parts one after the other; a key may be there several times."""
    begins = np.cumsum([0, *(len(part.key) for part in parts[:-1])])

    def column(name: str) -> Any:
        return np.concatenate([getattr(part, name) for part in parts])

    cell = np.concatenate([part.cell + begin for part, begin in zip(parts, begins, strict=True)])
    return Sums(column("key"), column("n"), column("bad"), column("total"), cell, column("bucket"), column("count"))


def grouped(sums: Sums) -> Sums:
    """Cells of one key become one."""
    key, of = np.unique(sums.key, return_inverse=True)
    many = len(key)
    cell, bucket, count = _counted(of[sums.cell], sums.bucket, sums.count, many)
    return Sums(
        key,
        np.bincount(of, sums.n, many).astype(np.int64),
        np.bincount(of, sums.bad, many).astype(np.int64),
        np.bincount(of, sums.total, many).astype(np.float64),
        cell,
        bucket,
        count,
    )


def _counted(
    cell: NDArray[np.int64], bucket: NDArray[Any], count: NDArray[Any], many: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Counts of one cell and bucket become one; in the order of cells and buckets."""
    if not len(cell):
        return cell, bucket, count
    least = int(bucket.min())
    wide = int(bucket.max()) - least + 1
    key = cell * wide + np.subtract(bucket, least, dtype=np.int64)
    if many * wide <= max(_DENSE, 4 * len(key)):  # a place for each that there may be is quicker than sorting
        whole = np.bincount(key, count, many * wide)
        found = np.flatnonzero(whole)
        return found // wide, found % wide + least, whole[found].astype(np.int64)
    found, of = np.unique(key, return_inverse=True)
    whole = np.bincount(of, count, len(found)).astype(np.int64)
    left = whole != 0
    found, whole = found[left], whole[left]
    return found // wide, found % wide + least, whole


def only(found: Sums, mine: NDArray[np.bool_]) -> Sums:
    """Some of the cells, with their histograms."""
    if mine.all():
        return found
    counted = mine[found.cell]
    place = np.cumsum(mine) - 1
    return Sums(
        found.key[mine],
        found.n[mine],
        found.bad[mine],
        found.total[mine],
        place[found.cell[counted]],
        found.bucket[counted],
        found.count[counted],
    )


def packed(sums: Sums) -> bytes:
    """Sums as the body of a row; in none of its cells may more be taken back than there was."""
    pieces = -(-sums.count // _MOST)  # so many records does each count take
    cells = np.zeros(len(sums.key), CELL)
    for name in ("key", "n", "bad", "total"):
        cells[name] = getattr(sums, name)
    cells["counts"] = np.bincount(sums.cell, pieces, len(sums.key))
    last = np.cumsum(pieces) - 1
    counts = np.full(int(pieces.sum()), _MOST, COUNT)
    counts["bucket"] = np.repeat(sums.bucket, pieces)
    counts["count"][last] = sums.count - (pieces - 1) * _MOST
    return zlib.compress(cells.nbytes.to_bytes(_LENGTH, "little") + cells.tobytes() + counts.tobytes(), 1)


def unpacked(bodies: Sequence[bytes]) -> tuple[Sums, NDArray[np.int64]]:
    """The cells of rows, one row after the other; and of which row each cell is."""
    datas = [zlib.decompress(body) for body in bodies]
    ends = [_LENGTH + int.from_bytes(data[:_LENGTH], "little") for data in datas]
    cells = np.frombuffer(b"".join(data[_LENGTH:end] for data, end in zip(datas, ends, strict=True)), CELL)
    counts = np.frombuffer(b"".join(data[end:] for data, end in zip(datas, ends, strict=True)), COUNT)
    of_row = np.repeat(np.arange(len(bodies)), [(end - _LENGTH) // CELL.itemsize for end in ends])
    key, n, bad = (cells[name].astype(np.int64) for name in ("key", "n", "bad"))
    cell = np.repeat(np.arange(len(cells)), cells["counts"])
    return Sums(key, n, bad, cells["total"].astype(np.float64), cell, counts["bucket"], counts["count"]), of_row
