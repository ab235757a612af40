"""Are the columns, their types and the keys of JSON objects still what they were?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from cleanroom.core.base import Instant, noun
from cleanroom.core.sensors.result import MOST, Over, Quiet, Result, TooFew, few

_SURE = 14.0
"""Rows that should have had a key before its absence counts: without a change, none of them has it once in a million."""

_SEEN = 20
"""Rows that must have a new key before it counts."""


@noun
class Schema:
    """No column vanishes or changes its type, none is new (unless `added` is false), and so with keys of JSON columns.

    `keys`: columns of JSON objects; their keys are counted by the day of column `time`.
    """

    data: str
    keys: tuple[str, ...] = ()
    time: str = ""
    added: bool = True
    kind: Literal["schema"] = "schema"

    def judge(self, before: Layout | None, now: Layout, at: Instant) -> Result:
        """`before`: what was accepted; None at the first look, which is what later ones are compared with."""
        covers = f"{len(now.columns)} columns" + (f", keys of {few(list(now.keys))}" if now.keys else "")
        if before is None:
            return TooFew(covers, "a look before this one")
        wrong = [*_columns(before.columns, now.columns, self.added), *_keys(before, now, self.added)]
        if not wrong:
            return Quiet(covers, "no change", "no change")
        return Over(few(wrong, 3), "no change", f"{len(wrong)} changes", at, covers, tuple(wrong[:MOST]))


@noun
class Layout:
    """Types by column; by JSON column, how many of `rows` had each key."""

    columns: Mapping[str, str]
    keys: Mapping[str, Mapping[str, int]]
    rows: int = 0


def _columns(before: Mapping[str, str], now: Mapping[str, str], added: bool) -> list[str]:
    gone = [f"column {c} has vanished" for c in before if c not in now]
    turned = [f"column {c} was {before[c]} and is {now[c]}" for c in before if c in now and now[c] != before[c]]
    new = [f"column {c} ({now[c]}) is new" for c in now if c not in before] if added else []
    return [*gone, *turned, *new]


def _keys(before: Layout, now: Layout, added: bool) -> list[str]:
    out = []
    for column, counts in before.keys.items():
        if column not in now.keys or not before.rows:
            continue
        after = now.keys[column]
        for key, n in counts.items():
            expected = n / before.rows * now.rows
            if not after.get(key) and expected >= _SURE:
                out.append(
                    f"key {key} of {column} has vanished: about {expected:,.0f} of {now.rows:,} rows should have it"
                )
        if added:
            out += [
                f"key {k} of {column} is new: {n:,} rows" for k, n in after.items() if n >= _SEEN and k not in counts
            ]
    return out
