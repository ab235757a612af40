"""How do calls that came together lie in one row of the log? Packed by column, as packed.py has it for outcomes.

heads   n records HEAD, one a call: its times, how many marks it has, and where its WORDS lie in `words`
marks   records MARK, in the order of the calls: the place of the metric's name in `names`, whether it is a boolean, its value
names   JSON array of the metrics' names
words   JSON array of the texts that calls share
keys    JSON array of arrays, one for each of KEYS: the texts that every call has for itself
texts   JSON array of [input, output, sources], one a call; empty where no call has any
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from struct import Struct
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cleanroom.adapters.sqlstore.packed import column, renumbered
from cleanroom.core.call import Call

WORDS = ("feature", "variant", "model", "prompt", "operation", "tool", "provider", "error")
KEYS = ("id", "trace", "parent", "conversation", "who")
ROW = 500
"""Calls in a row, at most: so many calls have fewer words and names than two bytes can count."""

_TIMES = ("at", "took", "arrived")
HEAD = np.dtype([*((name, "<i8") for name in _TIMES), ("marks", "<u2"), *((name, "<u2") for name in WORDS)])
MARK = np.dtype([("name", "<u2"), ("yes", "u1"), ("value", "<f8")])

_HEAD, _MARK = Struct(f"<qqqH{len(WORDS)}H"), Struct("<HBd")
_SPOKEN = ["", "", []]


@dataclass(frozen=True, slots=True)
class Unpacked:
    """The calls of several rows. `of`: to which call each mark belongs; `code`: which of `names` it is, `yes`: a boolean.

    `said`: for each of WORDS, which of `words` a call has.
    """

    heads: NDArray[Any]
    of: NDArray[np.int64]
    code: NDArray[np.int64]
    yes: NDArray[np.bool_]
    value: NDArray[np.float64]
    names: tuple[str, ...]
    said: dict[str, NDArray[np.int64]]
    words: tuple[str, ...]

    def word(self, field: str) -> NDArray[Any]:
        """A field of WORDS of every call, as objects."""
        return np.array(self.words, object)[self.said[field]] if self.words else np.zeros(0, object)

    def column(self, name: str) -> NDArray[np.float64]:
        """A metric of every call; NaN where it has none of that name."""
        return column(self, name)


def packed(calls: Sequence[Call]) -> dict[str, Any]:
    """Calls as a row holds them: its columns, and its `size` in bytes."""
    words: dict[str, int] = {}
    names: dict[str, int] = {}
    heads, marks = [], []
    for c in calls:
        said = (c.feature, c.variant, c.model, c.prompt, c.operation, c.tool, c.provider, c.error)
        places = [words.setdefault(word, len(words)) for word in said]
        heads.append(_HEAD.pack(c.at, c.took, c.arrived, len(c.metrics), *places))
        for name, value in c.metrics.items():
            marks.append(_MARK.pack(names.setdefault(name, len(names)), isinstance(value, bool), value))
    keys = _json([[getattr(c, key) for c in calls] for key in KEYS]).encode()
    texts = texts_packed([[c.input, c.output, c.sources] for c in calls])
    columns = {"heads": b"".join(heads), "marks": b"".join(marks), "keys": keys, "texts": texts}
    size = sum(map(len, columns.values()))
    return {**columns, "n": len(calls), "size": size, "names": _json(list(names)), "words": _json(list(words))}


def texts_packed(texts: Sequence[Any]) -> bytes:
    """[input, output, sources] of every call of a row."""
    return _json(texts).encode() if any(any(of_call) for of_call in texts) else b""


def unpacked(rows: Iterable[Any]) -> Unpacked:
    """The calls of rows that have heads, marks, names and words, in their order."""
    rows = list(rows)
    heads = np.frombuffer(b"".join(row.heads for row in rows), HEAD)
    marks = np.frombuffer(b"".join(row.marks for row in rows), MARK)
    names, code = renumbered([r.names for r in rows], [len(r.marks) // MARK.itemsize for r in rows], marks["name"])
    places = np.stack([heads[word] for word in WORDS], axis=1).ravel()
    each = [len(row.heads) // HEAD.itemsize * len(WORDS) for row in rows]
    words, said = renumbered([row.words for row in rows], each, places)
    by_field = dict(zip(WORDS, said.reshape(-1, len(WORDS)).T, strict=True))
    of = np.repeat(np.arange(len(heads)), heads["marks"])
    value = marks["value"].astype(np.float64)
    return Unpacked(heads, of, code, marks["yes"] == 1, value, names, by_field, words)


def keys_of(rows: Iterable[Any]) -> dict[str, list[str]]:
    """The KEYS of the calls of these rows, in their order."""
    found: dict[str, list[str]] = {key: [] for key in KEYS}
    for row in rows:
        for key, values in zip(KEYS, json.loads(row.keys), strict=True):
            found[key] += values
    return found


def texts_of(rows: Iterable[Any]) -> Iterator[list[Any]]:
    """[input, output, sources] of the calls of these rows, in their order."""
    for row in rows:
        yield from json.loads(row.texts) if row.texts else [_SPOKEN] * row.n


def calls_of(rows: Sequence[Any], wanted: Sequence[int] | None = None) -> list[Call]:
    """The calls of these rows (with their system) as they came; or only those at the places that are wanted."""
    found, keys, texts = unpacked(rows), keys_of(rows), list(texts_of(rows))
    systems = [row.system for row in rows for _ in range(row.n)]
    metrics: list[dict[str, float]] = [{} for _ in systems]
    for of, code, value in zip(found.of.tolist(), found.code.tolist(), found.value.tolist(), strict=True):
        metrics[of][found.names[code]] = value
    times = {name: found.heads[name].tolist() for name in _TIMES}
    said = {field: found.word(field) for field in WORDS}
    fields: dict[str, Any] = {**times, **keys, **said}
    return [
        Call(
            system=systems[i],
            metrics=metrics[i],
            input=texts[i][0],
            output=texts[i][1],
            sources=tuple(texts[i][2]),
            **{name: values[i] for name, values in fields.items()},
        )
        for i in (range(len(systems)) if wanted is None else wanted)
    ]


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
