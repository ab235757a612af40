"""Which share of the traffic does a key fall into? The three generations of flagd's `fractional`, exact to the last key.

A key hashes to a point, a whole number; a list of weights cuts the line of points into intervals from zero up:

    flagd-1   point = abs(int32(murmur3(utf8(text))))     bucket = point / (2**31 - 1) * 100      in doubles
              interval i ends where bucket >= sum of weight * 100 / total up to i                  in doubles
    flagd-2   point = murmur3(utf8(text))                 bucket = (point * total) >> 32           in integers
              interval i ends where bucket >= sum of weights up to i
    flagd-3   point = murmur3(cbor(value))                as flagd-2

Source: open-feature/flagd, core/pkg/evaluator/fractional.go before and after its change to integers, and the decision record
fractional-non-string-rand-units for the third. In flagd-1 two points of 2**31 lie beyond the last interval: they get no variant.
"""

from __future__ import annotations

from bisect import bisect_left
from functools import lru_cache
from typing import Any, Literal, get_args

from cleanroom.core.flags.cbor import cbor
from cleanroom.core.flags.murmur import murmur3

HashVersion = Literal["flagd-1", "flagd-2", "flagd-3"]
HASH_VERSIONS: tuple[HashVersion, ...] = get_args(HashVersion)

STEPS = 100_000
"""The whole traffic in steps of 0.001%."""

HEAVIEST = 2**31 - 1
"""The largest sum of weights (int32)."""

_HALF = 1 << 31


def point(version: HashVersion, value: Any) -> int:
    """Where `value` lies: in [0, 2**31] for flagd-1, else in [0, 2**32).

    Raises ValueError for text with lone surrogates, and for anything but text before flagd-3.
    """
    if version == "flagd-3":
        return murmur3(cbor(value))
    if not isinstance(value, str):
        raise ValueError(f"{version} hashes text only")
    hashed = murmur3(value.encode())
    if version == "flagd-2":
        return hashed
    return hashed if hashed < _HALF else 2 * _HALF - hashed


def points(version: HashVersion) -> int:
    """How many points there are."""
    return _HALF + 1 if version == "flagd-1" else 1 << 32


@lru_cache(maxsize=4096)
def cuts(version: HashVersion, weights: tuple[int, ...]) -> tuple[int, ...]:
    """The first point beyond each interval, in the order of `weights`; they never fall.

    `weights` are not negative and sum to 1 ... HEAVIEST.
    """
    total = sum(weights)
    if not 0 < total <= HEAVIEST or min(weights) < 0:
        raise ValueError(f"the weights must sum to 1 ... {HEAVIEST:,}")
    ends: list[int] = []
    end, before = 0.0, 0
    for weight in weights:
        end += weight * 100 / total
        before += weight
        if version == "flagd-1":
            ends.append(bisect_left(range(_HALF + 1), end, key=_percent))
        else:
            ends.append(-((-before << 32) // total))
    return tuple(ends)


def _percent(at: int) -> float:
    return at / (_HALF - 1) * 100


def chosen(version: HashVersion, weights: tuple[int, ...], at: int) -> int | None:
    """The number of the interval that the point lies in; None beyond the last."""
    return next((i for i, end in enumerate(cuts(version, weights)) if at < end), None)
