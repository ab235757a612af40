"""How do outcomes that came together lie in one row of the log? Packed by column, so that many rows are read at once.

    heads   n records HEAD, one an outcome: its times, whose it is, its arm, and how many marks it has
    marks   records MARK, in the order of the outcomes: the place of the metric's name in `names`, and its value
    names   JSON array of the metrics' names
    texts   JSON array of [id, variant, source], one an outcome: what only the files need

The bytes of any number of rows, put one after the other, are one array again: nothing is made for each outcome.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from struct import Struct
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cleanroom.core.base import Misuse
from cleanroom.core.outcome import Arm, Columns, Kept

ARMS: tuple[Arm, ...] = ("candidate", "control", "other")
"""In a head, an arm is its place here; the order never changes."""

LONGEST_WHO = 32

HEAD = np.dtype(
    [("at", "<i8"), ("arrived", "<i8"), ("who", f"S{LONGEST_WHO}"), ("arm", "u1"), ("agrees", "u1"), ("marks", "<u2")]
)
MARK = np.dtype([("name", "<u2"), ("value", "<f8")])

_HEAD, _MARK = Struct(f"<qq{LONGEST_WHO}sBBH"), Struct("<Hd")
_PLACE = {arm: place for place, arm in enumerate(ARMS)}


@dataclass(frozen=True, slots=True)
class Packed:
    """The outcomes of one row."""

    heads: bytes
    marks: bytes
    names: str
    texts: str


@dataclass(frozen=True, slots=True)
class Unpacked:
    """The outcomes of several rows. `of`: to which outcome each mark belongs; `code`: which of `names` it is."""

    heads: NDArray[Any]
    of: NDArray[np.int64]
    code: NDArray[np.int64]
    value: NDArray[np.float64]
    names: tuple[str, ...]


def packed(outcomes: Sequence[Kept]) -> Packed:
    """Outcomes as a row holds them. Raises Misuse for a `who` that is no short ASCII text."""
    places: dict[str, int] = {}
    heads, marks = [], []
    for o in outcomes:
        if not (o.who.isascii() and len(o.who) <= LONGEST_WHO):
            raise Misuse("a keyed hash has at most 32 ASCII characters", "take Telemetry.hashed")
        heads.append(_HEAD.pack(o.at, o.arrived, o.who.encode(), _PLACE[o.arm], o.agrees, len(o.metrics)))
        marks += [_MARK.pack(places.setdefault(name, len(places)), value) for name, value in o.metrics.items()]
    texts = json.dumps([(o.id, o.variant, o.source) for o in outcomes], separators=(",", ":"))
    return Packed(b"".join(heads), b"".join(marks), json.dumps(list(places), separators=(",", ":")), texts)


def unpacked(rows: Iterable[tuple[bytes, bytes, str]]) -> Unpacked:
    """The outcomes of rows of (heads, marks, names), in their order."""
    rows = list(rows)
    heads = np.frombuffer(b"".join(row[0] for row in rows), HEAD)
    marks = np.frombuffer(b"".join(row[1] for row in rows), MARK)
    names, code = renumbered([row[2] for row in rows], [len(row[1]) // MARK.itemsize for row in rows], marks["name"])
    of = np.repeat(np.arange(len(heads)), heads["marks"])
    return Unpacked(heads, of, code, marks["value"].astype(np.float64), names)


def renumbered(
    lists: Sequence[str], sizes: Sequence[int], places: NDArray[Any]
) -> tuple[tuple[str, ...], NDArray[np.int64]]:
    """All that the lists (JSON arrays of texts) hold, once each; and where in it those lie that were said by their place.

    The first `sizes[0]` of `places` are places in the first list, the next `sizes[1]` in the second, and so on.
    """
    different = {text: number for number, text in enumerate(dict.fromkeys(lists))}
    each: list[list[str]] = [json.loads(text) for text in different]
    codes = {name: code for code, name in enumerate(dict.fromkeys(chain.from_iterable(each)))}
    # All lists, one after the other, as codes; a place finds its own from where its list begins.
    known = np.array([codes[name] for names in each for name in names], np.int64)
    begins = np.cumsum([0, *map(len, each)])
    of_row = np.array([begins[different[text]] for text in lists], np.int64)
    return tuple(codes), known[np.repeat(of_row, sizes) + places] if len(places) else np.zeros(0, np.int64)


def column(found: Any, name: str) -> NDArray[np.float64]:
    """A metric of every outcome, or call, that was unpacked; NaN where it has none of that name."""
    values = np.full(len(found.heads), np.nan)
    if name in found.names:
        wanted = found.code == found.names.index(name)
        values[found.of[wanted]] = found.value[wanted]
    return values


def columns(found: Unpacked, since: int, until: int, metrics: Sequence[str]) -> Columns:
    """Of the outcomes that agree and have an arm, those with since <= at < until, in their order."""
    heads = found.heads
    rows = (heads["at"] >= since) & (heads["at"] < until) & (heads["agrees"] == 1) & (heads["arm"] < _PLACE["other"])
    kept = heads[rows]
    return Columns(
        kept["who"].astype(np.str_),
        kept["at"].astype(np.int64),
        kept["arrived"].astype(np.int64),
        kept["arm"] == _PLACE["candidate"],
        {name: column(found, name)[rows] for name in metrics},
    )


def joined(parts: Sequence[Columns], metrics: Sequence[str]) -> Columns:
    """The parts in one, by `at`; of one moment in the order of the parts."""
    order = np.argsort(np.concatenate([p.at for p in parts]), kind="stable")
    return Columns(
        np.concatenate([p.who for p in parts])[order],
        np.concatenate([p.at for p in parts])[order],
        np.concatenate([p.arrived for p in parts])[order],
        np.concatenate([p.canary for p in parts])[order],
        {name: np.concatenate([p.metrics[name] for p in parts])[order] for name in metrics},
    )
