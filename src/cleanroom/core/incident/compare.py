"""What is different since an incident began? Mixes, rates and spending of then and now, compared beyond chance."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
from scipy import stats

from cleanroom.core.base import MINUTE, noun

LEAST = 10
"""Calls, before and since, from which on a mix or a rate can be compared."""

NEW, TRACE, MOVED = 0.01, 0.001, 0.2
"""What has NEW of the calls now and had less than TRACE is new; a mix has moved by MOVED or more (total variation)."""

LOOP, RETRY_WITHIN = 5, 2 * MINUTE
"""Times that a conversation asks the same from which on it is a loop; microseconds in which asking again is a retry."""

_ALPHA = 0.01
_TEST = re.compile(
    r"(?:^|[^a-z])(?:tests?|testing|e2e|ci|qa|smoke|load-?test|synthetic|staging|dummy|canary-probe)(?:[^a-z]|$)"
)

Why = Literal["test", "loop", "retry", ""]


@noun
class Mix:
    """How one mix differs from another: what is new, what is gone, and by how much shares moved, 0 to 1."""

    new: tuple[str, ...]
    gone: tuple[str, ...]
    moved: float
    differs: bool


def mixed(before: Mapping[str, float], now: Mapping[str, float]) -> Mix | None:
    """The mix of now against that of before, both counts by name; None where either has too few to tell."""
    n, m = sum(before.values()), sum(now.values())
    if min(n, m) < LEAST:
        return None
    names = sorted(k for k in {*before, *now} if before.get(k, 0.0) + now.get(k, 0.0) > 0)
    then, since = (np.array([counts.get(k, 0.0) for k in names]) for counts in (before, now))
    p, q = then / n, since / m
    new = tuple(k for k, a, b in zip(names, p, q, strict=True) if b >= NEW and a < TRACE)
    gone = tuple(k for k, a, b in zip(names, p, q, strict=True) if a >= NEW and b < TRACE)
    moved = float(np.abs(p - q).sum() / 2)
    beyond = len(names) > 1 and float(stats.chi2_contingency(np.array([then, since])).pvalue) < _ALPHA
    return Mix(new, gone, moved, beyond and (bool(new) or moved >= MOVED))


def rose(bad_before: int, n_before: int, bad: int, n: int) -> bool:
    """Is the share of bad ones higher than before, beyond chance (Fisher's exact test, one-sided, 1%)?"""
    if min(n_before, n) < LEAST or not bad or bad / n <= bad_before / n_before:
        return False
    table = [[bad, n - bad], [bad_before, n_before - bad_before]]
    return float(stats.fisher_exact(table, alternative="greater").pvalue) < _ALPHA


@noun
class Asked:
    """One request: what it spent, what it asked (`text`: a digest of it, '' where it is not kept), and whether it went wrong.

    `talk`: its conversation, or its trace; `names`: of its conversation, feature, variant and prompt.
    """

    at: int
    talk: str
    text: str
    names: tuple[str, ...]
    spent: float
    wrong: bool


def is_test(names: Sequence[str]) -> bool:
    """Do the names say that it is a test?"""
    return any(_TEST.search(name.casefold()) for name in names)


def reasons(asked: Sequence[Asked], usual: int = 20) -> list[Why]:
    """Why each request was made beside the first of its kind: a test, a loop, a retry; '' for what users ask.

    A loop asks the same LOOP times or more in one conversation; where texts are not kept, it is a conversation with more than
    `usual` requests. A retry asks the same again, or anything within two minutes of what went wrong.
    """
    same = Counter((a.talk, a.text) for a in asked if a.talk and a.text)
    long = Counter(a.talk for a in asked if a.talk and not a.text)
    seen: set[tuple[str, str]] = set()
    count: Counter[str] = Counter()
    last: dict[str, Asked] = {}
    found: list[Why] = [""] * len(asked)
    for place in sorted(range(len(asked)), key=lambda i: asked[i].at):
        one = asked[place]
        key = (one.talk, one.text)
        before = last.get(one.talk) if one.talk else None
        count[one.talk] += not one.text
        if is_test(one.names):
            found[place] = "test"
        elif key in seen:
            found[place] = "loop" if same[key] >= LOOP else "retry"
        elif one.talk and not one.text and long[one.talk] > usual and count[one.talk] > usual:
            found[place] = "loop"
        elif before is not None and before.wrong and one.at - before.at <= RETRY_WITHIN:
            found[place] = "retry"
        if one.talk and one.text:
            seen.add(key)
        if one.talk:
            last[one.talk] = one
    return found


def usual_length(asked: Sequence[Asked]) -> int:
    """Requests that a conversation may have before it looks like a loop: four times what all but 1% of them had."""
    sizes = list(Counter(a.talk for a in asked if a.talk).values())
    return max(20, 4 * round(float(np.quantile(sizes, 0.99)))) if sizes else 20


@noun
class Excess:
    """What is spent beyond what was usual in as much time: in all, and by part; `shares`: of the whole excess, 0 to 1."""

    now: float
    usual: float
    by_part: Mapping[str, tuple[float, float]]

    @property
    def total(self) -> float:
        """What is spent beyond it; 0 where it is not more."""
        return max(0.0, self.now - self.usual)

    @property
    def grew(self) -> bool:
        """Is it more by a fifth or more?"""
        return self.now > 1.2 * self.usual and self.now > 0

    @property
    def shares(self) -> dict[str, float]:
        """Of the excess, by part, the largest first."""
        beyond = {part: max(0.0, now - usual) for part, (now, usual) in self.by_part.items()}
        whole = max(self.total, sum(beyond.values()))
        made = {part: amount / whole for part, amount in beyond.items() if whole > 0}
        return dict(sorted(made.items(), key=lambda pair: (-pair[1], pair[0])))


def excess(before: Mapping[str, float], now: Mapping[str, float], ratio: float) -> Excess:
    """`ratio`: the time of now as a part of the time of before."""
    parts = {k: (now.get(k, 0.0), before.get(k, 0.0) * ratio) for k in {*before, *now}}
    return Excess(sum(now.values()), sum(before.values()) * ratio, parts)
