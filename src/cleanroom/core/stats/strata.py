"""How often is an output bad, when an imperfect detector sees all of them and people label a few? Is the objective met?

What the detector flags and what it does not are two strata (any number is possible). Their weights are shares of *all*
traffic and are known; within each, people label a random sample. The bad rate is theta = sum W p, and its limits come from
those of each stratum (MOVER, the method of variance estimates recovery: Zou & Donner 2008, Statistics in Medicine 27:1693;
for weighted sums of binomial shares: Zou, Huang & Zhang 2009, Computational Statistics & Data Analysis 53:1080):

    upper = theta + sqrt(sum W^2 (u - p)^2),   lower = theta - sqrt(sum W^2 (p - l)^2)

with Clopper-Pearson limits l, u of each p. MOVER is an approximation: benches/slo.py computes its coverage exactly.
The limits are for one look at a sample of a size that was fixed beforehand; stats/betting.py may be looked at at any time.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cleanroom.core.base import noun
from cleanroom.core.stats.intervals import share_lower, share_upper

Floats = NDArray[np.float64]
Says = Literal["met", "violated", "cannot tell"]

FLOOR = 0.15
"""No stratum is planned to get a smaller share of all labels: below it the lower limit covers less than 94% (93.8% at .1)."""

_GROWTH = 0.02
"""Labels are planned in steps of this share of those that are there."""

_MOST = 1e6
"""More labels than this are not planned."""


@noun
class Stratum:
    """A part of the traffic: its `weight` (share of all traffic, 0 to 1), the labels people gave in it, how many were bad."""

    weight: float
    labels: int
    bad: int

    def __post_init__(self) -> None:
        if not (0 <= self.bad <= self.labels and 0 <= self.weight <= 1):
            raise ValueError("a stratum has a weight between 0 and 1, and 0 <= bad <= labels")


@noun
class Estimate:
    """The bad rate of all traffic, 0 to 1: its estimate (None while a stratum has no label) and two one-sided limits."""

    rate: float | None
    lower: float
    upper: float

    def says(self, objective: float) -> Says:
        """Is the bad rate at most `objective`? Each of the two answers is wrong with probability at most about alpha."""
        return "met" if self.upper <= objective else "violated" if self.lower > objective else "cannot tell"


@noun
class Missing:
    """Labels that are still to come, one number a stratum, until the objective could be called met, or violated.

    None: never at the rates seen (or not within a million labels). Both are what the *expected* counts would take: when
    they are in, the answer is there about every other time.
    """

    met: tuple[int, ...] | None
    violated: tuple[int, ...] | None


def limits(weights: ArrayLike, labels: ArrayLike, bad: ArrayLike, alpha: float = 0.05) -> tuple[Floats, Floats, Floats]:
    """(theta, lower, upper), one-sided 1 - alpha each; the strata are on the last axis, counts may be fractions.

    Of a stratum without labels nothing is known: all of it may be bad (upper), or none (theta and lower).
    """
    w, n, x = np.broadcast_arrays(np.asarray(weights, float), np.asarray(labels, float), np.asarray(bad, float))
    known = n > 0
    p: Floats = np.where(known, x / np.where(known, n, 1.0), 0.0)
    theta = (w * p).sum(-1)
    above = np.where(known, w * (share_upper(x, n, alpha) - p), 0.0)
    below = w * (p - share_lower(x, n, alpha))
    upper = theta + np.sqrt((above**2).sum(-1)) + np.where(known, 0.0, w).sum(-1)
    lower = theta - np.sqrt((below**2).sum(-1))
    return theta, np.maximum(lower, 0.0), np.minimum(upper, 1.0)


def estimate(strata: Sequence[Stratum], alpha: float = 0.05) -> Estimate:
    """The bad rate with its limits. Raises ValueError when the weights do not add up to 1."""
    w, n, x = _columns(strata)
    theta, lower, upper = limits(w, n, x, alpha)
    return Estimate(float(theta) if (n > 0)[w > 0].all() else None, float(lower), float(upper))


def missing(strata: Sequence[Stratum], objective: float, alpha: float = 0.05) -> Missing:
    """How many more labels, of which stratum, until the objective could be called met, and violated, at the rates seen.

    A stratum without labels counts as having no bad ones: the fewest labels that could do.
    """
    w, n, x = _columns(strata)
    seen = float((w * _rates(n, x)).sum())

    def planned(towards: Literal["met", "violated"]) -> tuple[int, ...] | None:
        if (seen >= objective) if towards == "met" else (seen <= objective):
            return None
        for labels in _growing(strata, towards, alpha):
            _, lower, upper = limits(w, labels, labels * _rates(n, x), alpha)
            if (upper <= objective) if towards == "met" else (lower > objective):
                return tuple(math.ceil(more - 1e-9) for more in labels - n)
        return None

    return Missing(planned("met"), planned("violated"))


def next_labels(
    strata: Sequence[Stratum],
    objective: float,
    count: int,
    alpha: float = 0.05,
    available: Sequence[int] | None = None,
    towards: Literal["met", "violated"] | None = None,
) -> tuple[int, ...]:
    """Which of the next `count` labels should be of which stratum: those that narrow the limit in question most.

    The question is 'met' while the rate seen is at most the objective, else 'violated'; `towards` asks for one of them.
    available: how many unlabelled outputs each stratum still has. Fewer than `count` come back only where these run out.
    """
    w, n, x = _columns(strata)
    side = towards or ("met" if float((w * _rates(n, x)).sum()) <= objective else "violated")
    room = np.full(len(n), float(count)) if available is None else np.asarray(available, float)
    wanted = min(float(count), float(room.sum()))
    given = np.zeros(len(n))
    for labels in _growing(strata, side, alpha, step=max(1.0, count / 50), room=room):
        given = labels - n
        if given.sum() >= wanted:
            break
    return _whole(given, int(wanted), room)


def flagged_share(flagged: Stratum, unflagged: Stratum, rate: float) -> float:
    """What share of outputs the detector would flag if `rate` of them were bad, going by the labels so far.

    sensitivity * rate + false positive rate * (1 - rate): a detector reads 3.5% where .5% is bad, and 4.6% where 2% is.
    This is the rate which stats/rate_watch.py sees. Raises ValueError while nothing bad, or nothing good, was labelled.
    """
    w, n, x = _columns((flagged, unflagged))
    bad = w * _rates(n, x)
    total = float(bad.sum())
    if not (0 < total < 1):
        raise ValueError("the detector's error rates are not known before both good and bad outputs were labelled")
    sensitivity, false_positive = float(bad[0]) / total, float(w[0] - bad[0]) / (1 - total)
    return sensitivity * rate + false_positive * (1 - rate)


def _columns(strata: Sequence[Stratum]) -> tuple[Floats, Floats, Floats]:
    """Weights, labels, bad ones, one a stratum."""
    w = np.asarray([s.weight for s in strata], float)
    if not strata or not math.isclose(float(w.sum()), 1.0, abs_tol=1e-6):
        raise ValueError("the weights of the strata are shares of all traffic: they add up to 1")
    return w, np.asarray([s.labels for s in strata], float), np.asarray([s.bad for s in strata], float)


def _rates(n: Floats, x: Floats) -> Floats:
    return np.where(n > 0, x / np.where(n > 0, n, 1.0), 0.0)


def _growing(
    strata: Sequence[Stratum],
    towards: Literal["met", "violated"],
    alpha: float,
    step: float | None = None,
    room: Floats | None = None,
) -> Iterator[Floats]:
    """Labels a stratum as more and more are added, each step where it moves the limit most; the first are those given.

    Greedy, which is enough: the limits are smooth in the labels, and tests hold it against a search over all splits.
    """
    w, n, x = _columns(strata)
    rates, labels = _rates(n, x), n.copy()
    floor = min(FLOOR, 1 / len(n))
    while labels.sum() <= _MOST:
        yield labels
        more = step or max(1.0, _GROWTH * float(labels.sum()))
        free = (w > 0) & ((labels - n < room) if room is not None else True)
        if not free.any():
            return
        tried = labels + more * np.eye(len(n))
        _, lower, upper = limits(w, tried, tried * rates, alpha)
        gain = np.where(free, -upper if towards == "met" else lower, -np.inf)
        short = free & (labels < floor * (labels.sum() + more))
        best = int(np.argmin(np.where(short, labels, np.inf))) if short.any() else int(np.argmax(gain))
        labels = labels.copy()
        labels[best] += more


def _whole(given: Floats, count: int, room: Floats) -> tuple[int, ...]:
    """`given` in proportion as whole numbers that add up to `count`, none above `room`."""
    part = np.minimum(given * (count / max(float(given.sum()), 1.0)), room)
    out = np.floor(part).astype(int)
    while out.sum() < count:
        out[int(np.argmax(np.where(out < room, part - out, -np.inf)))] += 1
    return tuple(int(v) for v in out)
