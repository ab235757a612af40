"""What do flagd's own operators say? fractional, starts_with, ends_with, sem_ver; null for what they cannot take."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from cleanroom.core.flags.bucketing import HEAVIEST, HashVersion, chosen, point
from cleanroom.core.flags.values import is_number, text

Version = tuple[int, int, int, tuple[tuple[int, int, str], ...]]

_PART = r"(?:0|[1-9][0-9]*)"
_SEMVER = re.compile(
    rf"[vV]?({_PART})(?:\.({_PART}))?(?:\.({_PART}))?(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(?:\+[0-9A-Za-z.-]+)?"
)
_LONGEST_VERSION = 200


def fractional(version: HashVersion, flag_key: str, targeting_key: Any, args: Sequence[Any]) -> Any:
    """The variant that the bucketing value falls to, else None.

    `args`: the value to bucket by, then the shares `[variant, weight]`; without a value the flag's key and the targeting key are
    taken: joined as text before flagd-3, as an array of two in it. A weight is a whole number, 1 where it is not given; a
    negative one counts as 0.
    """
    if not args or args[0] is None:
        return None
    by, shares = args[0], args[1:]
    if isinstance(by, list):
        shares = args
        if not isinstance(targeting_key, str) or not targeting_key:
            return None
        by = [flag_key, targeting_key] if version == "flagd-3" else flag_key + targeting_key
    weights = _weights(shares)
    if weights is None:
        return None
    try:
        at = point(version, by)
    except ValueError:
        return None
    number = chosen(version, weights, at)
    return None if number is None else shares[number][0]


def _weights(shares: Sequence[Any]) -> tuple[int, ...] | None:
    weights: list[int] = []
    for share in shares:
        if not isinstance(share, list) or not 1 <= len(share) <= 2 or isinstance(share[0], list | dict):
            return None
        weight = 1 if len(share) == 1 or share[1] is None else share[1]
        if not is_number(weight) or not math.isfinite(weight) or weight != int(weight):
            return None
        weights.append(max(0, int(weight)))
    return tuple(weights) if 0 < sum(weights) <= HEAVIEST else None


def starts_with(args: Sequence[Any]) -> bool | None:
    """Does the first text start with the second?"""
    match args:
        case [str(whole), str(part)]:
            return whole.startswith(part)
        case _:
            return None


def ends_with(args: Sequence[Any]) -> bool | None:
    """Does the first text end with the second?"""
    match args:
        case [str(whole), str(part)]:
            return whole.endswith(part)
        case _:
            return None


def sem_ver(args: Sequence[Any]) -> bool | None:
    """How do two semantic versions compare? `^` same major, `~` same major and minor; build metadata does not count.

    A leading v is allowed, and missing parts are 0.
    """
    if len(args) != 3:
        return None
    one, sign, other = _version_of(args[0]), args[1], _version_of(args[2])
    if one is None or other is None:
        return None
    match sign:
        case "=":
            return one == other
        case "!=":
            return one != other
        case "<":
            return one < other
        case "<=":
            return one <= other
        case ">":
            return one > other
        case ">=":
            return one >= other
        case "^":
            return one[0] == other[0]
        case "~":
            return one[:2] == other[:2]
        case _:
            return None


def _version_of(value: Any) -> Version | None:
    said = text(value) if is_number(value) else value
    return _version(said) if isinstance(said, str) and len(said) <= _LONGEST_VERSION else None


@lru_cache(maxsize=1024)
def _version(said: str) -> Version | None:
    """A version that sorts as semver.org section 11 says; None for what is none."""
    found = _SEMVER.fullmatch(said)
    if found is None:
        return None
    marks: list[tuple[int, int, str]] = []
    for part in found[4].split(".") if found[4] else ():
        if part.isdigit() and len(part) > 1 and part[0] == "0":
            return None
        marks.append((0, int(part), "") if part.isdigit() else (1, 0, part))
    # A release sorts after all its pre-releases, and a shorter list of marks before a longer one that begins with it.
    order = tuple(marks) if marks else ((2, 0, ""),)
    return int(found[1]), int(found[2] or 0), int(found[3] or 0), order
