"""From which confidence on may an output skip the person, and does what skips keep the promise that was made of it?

Calibration is Learn then Test with a fixed sequence (Angelopoulos, Bates, Candès, Jordan, Lei 2025, Annals of Applied
Statistics 19:1641, arXiv 2110.01052); the audit is an e-process (Ville 1939) from a mixture of bets.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from cleanroom.core.stats.intervals import trials_to_decide

_START = 3.0
"""The walk starts where an error share of alpha / 3 would pass."""

_FEW = 20
"""Cases in which an error share means little yet."""

_LOOKS = 60
"""Cut-offs at which `more_needed` looks."""


@dataclass(frozen=True, slots=True)
class Cutoff:
    """What `calibrate` found. `cutoff`: outputs with at least that confidence may skip; None: no cut-off can promise it.

    Of `cases` labelled cases `skip` lie at or above it, `wrong` of these are wrong (both 0 where there is no cut-off).
    """

    cutoff: float | None
    alpha: float
    delta: float
    cases: int
    skip: int = 0
    wrong: int = 0

    @property
    def share(self) -> float:
        """The share of the labelled cases that would have skipped review."""
        return self.skip / self.cases if self.cases else 0.0


def calibrate(confidence: ArrayLike, wrong: ArrayLike, alpha: float, delta: float, floor: float = -math.inf) -> Cutoff:
    """The lowest cut-off at which at most `alpha` of what skips is wrong, with probability 1 - `delta`.

    `confidence` and `wrong`: one number and one truth value for each labelled case, which must be a random sample of
    what the cut-off will be asked about. Cases below `floor` are kept out of the choice.

    Cut-offs are tried from strict to loose. Each is tested against 'more than alpha is wrong' with the exact binomial
    tail P(Bin(k, alpha) <= errors), and the first one that does not pass ends the walk, so that no level is spent on
    having tried many. Where the walk starts depends on alpha and delta alone. Cases of equal confidence skip or stay
    together: a cut-off inside of them is never tried. Raises ValueError when alpha or delta is no share between 0 and 1.
    """
    if not (0 < alpha < 1 and 0 < delta < 1):
        raise ValueError("alpha and delta must lie between 0 and 1")
    values, errors = np.asarray(confidence, float), np.asarray(wrong, bool)
    order = np.argsort(-values, kind="stable")
    values = values[order]
    counted = np.cumsum(errors[order])
    ends = _ends(values, floor)
    walk = ends[ends >= first_count(alpha, delta)]
    passed = special.bdtr(counted[walk - 1], walk, alpha) <= delta if walk.size else np.zeros(0, bool)
    steps = int(passed.size if passed.all() else passed.argmin())
    if steps == 0:
        return Cutoff(None, alpha, delta, len(values))
    skip = int(walk[steps - 1])
    return Cutoff(float(values[skip - 1]), alpha, delta, len(values), skip, int(counted[skip - 1]))


def first_count(alpha: float, delta: float) -> int:
    """The fewest cases of which a share of at least alpha / 3 may be wrong and still pass: where the walk starts.

    Earlier starts ask for no or one error in a handful of cases, and mostly end the walk before it began.
    """
    k = math.ceil(math.log(delta) / math.log1p(-alpha))
    while special.bdtr(math.ceil(alpha * k / _START), k, alpha) > delta:
        k += 1
    return k


def more_needed(confidence: ArrayLike, wrong: ArrayLike, alpha: float, delta: float) -> int | None:
    """At least about how many more labelled cases a promise takes, if errors stay as they look now.

    None where more would not help: the most confident answers themselves look wrong more often than alpha. The share at
    each possible cut-off is taken with half an error on top, since 'none seen' is not 'none there'; twice the cases that
    would just do, since those do only every other time.
    """
    values, errors = np.asarray(confidence, float), np.asarray(wrong, bool)
    order = np.argsort(-values, kind="stable")
    start, cases = first_count(alpha, delta), len(values)
    ends = _ends(values[order], -math.inf)
    ends = ends[ends >= min(_FEW, start)]
    shares = (np.cumsum(errors[order])[ends - 1] + 0.5) / ends
    best = math.inf
    for i in np.unique(np.linspace(0, ends.size - 1, min(_LOOKS, ends.size)).astype(int)):
        if shares[i] < alpha:
            enough = max(2 * trials_to_decide(float(shares[i]), alpha, delta), start)
            best = min(best, enough * cases / float(ends[i]))
    if math.isfinite(best):
        return max(1, start - cases, math.ceil(best - cases))
    return start - cases if cases < start else None


def _ends(values: NDArray[Any], floor: float) -> NDArray[np.int64]:
    """How many cases each possible cut-off lets skip: the ends of the runs of equal values, strictest first."""
    if not values.size:
        return np.zeros(0, np.int64)
    last = np.append(values[1:] != values[:-1], True)
    return np.flatnonzero(last & (values >= floor)) + 1


def audit_evidence(wrong: int, audited: int, alpha: float) -> float:
    """log E against 'at most `alpha` of what skips is wrong', after `wrong` of `audited` looked-at outputs were wrong.

    A bet on each error rate p above alpha multiplies by (p/alpha)^X ((1-p)/(1-alpha))^(1-X), which is in expectation at
    most 1 for as long as no output is wrong with a higher probability than alpha, given what came before. E is the mean
    of these bets over p ~ Beta(1, 1/alpha - 1) cut to p > alpha: rates of about twice alpha get most of the stake
    (Robbins 1970, Annals of Mathematical Statistics 41:1397; one-sided beta mixture: Howard, Ramdas, McAuliffe, Sekhon
    2021, Annals of Statistics 49:1055; betting: Waudby-Smith & Ramdas 2024, JRSS B 86:1). It may be looked at after
    every case: P(E ever reaches 1/delta) <= delta (Ville 1939).
    """
    a, b = 1.0, max(1.0 / alpha - 1.0, 1.0)
    right = audited - wrong
    above = special.betaincc(a + wrong, b + right, alpha)
    if above <= 0:
        return -math.inf
    stake = float(special.betaln(a, b)) + math.log(special.betaincc(a, b, alpha))
    gained = float(special.betaln(a + wrong, b + right)) + math.log(above)
    return gained - stake - wrong * math.log(alpha) - right * math.log1p(-alpha)


def audit_alarms(wrong: int, audited: int, alpha: float, delta: float) -> bool:
    """Does the audited sample speak against the promise, with at most `delta` false alarms however often one looks?"""
    return audit_evidence(wrong, audited, alpha) >= math.log(1 / delta)


def first_alarm(wrong: Sequence[bool], alpha: float, delta: float) -> int | None:
    """After how many audited outputs the alarm would have come; None: never."""
    count = 0
    for n, bad in enumerate(wrong, start=1):
        count += bad
        if bad and audit_alarms(count, n, alpha, delta):
            return n
    return None
