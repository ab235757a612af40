"""Is the objective met, as labels come in one by one? Evidence that may be looked at after every label.

The next label is drawn from stratum h with a known probability q_h, which may change from label to label as long as it is
fixed before the draw; Z = W_h / q_h when the output is bad, else 0, has the bad rate of all traffic as its mean, whatever
the detector is worth. Bets on Z (Waudby-Smith & Ramdas 2024, JRSS B 86:1, arXiv 2010.09686; inverse-probability weights as
in Shekhar, Xu, Lipton, Liang & Ramdas 2023, arXiv 2305.06884) multiply

    for 'met', against 'the rate is c or more':       1 - f (Z - c) / (top - c),   top = the largest W_h / q_h
    for 'violated', against 'the rate is at most c':  1 + f (Z - c) / c

for shares f between 0 and 1 of the largest stake that cannot go broke. Each factor has a mean of at most 1 while its
hypothesis holds, so that the mean over f ever reaches 1/alpha with probability at most alpha (Ville 1939).
Counts may also be numpy arrays of one common shape: that many runs at once, as simulations need it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np

from cleanroom.core.base import noun
from cleanroom.core.stats.canary import averaged


@noun
class Stakes:
    """What is bet. `objective`: the largest bad rate that was promised; `alpha`: the chance of each wrong answer, ever.

    `met`, `violated`: shares f of the largest stake, each between 0 and 1. Raises ValueError when a number cannot be.
    """

    objective: float
    alpha: float = 0.05
    met: tuple[float, ...] = (0.2, 0.5, 0.85, 0.98)
    violated: tuple[float, ...] = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.4)

    def __post_init__(self) -> None:
        if not (0 < self.objective < 1 and 0 < self.alpha < 1):
            raise ValueError("the objective and alpha must lie between 0 and 1")
        if not (self.met and self.violated and all(0 < f < 1 for f in self.met + self.violated)):
            raise ValueError("stakes are shares between 0 and 1")


@noun
class Draw:
    """How the next labels are drawn: the strata's `weights` (shares of all traffic), the `chances` of drawing from each.

    Both add up to 1, and what has a weight must have a chance; else ValueError. Within a stratum every output is as likely.
    """

    weights: tuple[float, ...]
    chances: tuple[float, ...]

    def __post_init__(self) -> None:
        for shares in (self.weights, self.chances):
            if min(shares, default=-1.0) < 0 or not math.isclose(sum(shares), 1.0, abs_tol=1e-6):
                raise ValueError("weights and chances are shares that add up to 1")
        if len(self.weights) != len(self.chances):
            raise ValueError("one chance a stratum")
        if any(w > 0 and q == 0 for w, q in zip(self.weights, self.chances, strict=True)):
            raise ValueError("a stratum that is never drawn from says nothing of its bad rate")

    @property
    def ratios(self) -> tuple[float, ...]:
        """W / q of each stratum: how much a bad one of it counts."""
        return tuple(w / q if q > 0 else 0.0 for w, q in zip(self.weights, self.chances, strict=True))


@noun
class Evidence:
    """Log e-values so far: one a stake for 'met', one a stake for 'violated'. It is a sum over labels."""

    met: tuple[float, ...]
    violated: tuple[float, ...]


def nothing(stakes: Stakes) -> Evidence:
    """The evidence before the first label."""
    return Evidence((0.0,) * len(stakes.met), (0.0,) * len(stakes.violated))


def grown(evidence: Evidence, draw: Draw, good: int, bad: Sequence[int], stakes: Stakes) -> Evidence:
    """The evidence with more labels that were drawn as `draw` says: `good` of them fine, `bad` ones a stratum.

    One label at a time or many at once comes to the same. Raises ValueError when even a bad output could not count as more
    than the objective (no stratum has W/q above it): then nothing can be bet.
    """
    c, ratios = stakes.objective, draw.ratios
    top = max(ratios)
    if top <= c:
        raise ValueError("the chances leave no bad output that counts more than the objective")

    def won(stake: float) -> Any:
        from_bad = sum(x * math.log1p(stake * (z - c)) for x, z in zip(bad, ratios, strict=True) if z > 0)
        return good * math.log1p(-stake * c) + from_bad

    return Evidence(
        tuple(log + won(-f / (top - c)) for log, f in zip(evidence.met, stakes.met, strict=True)),
        tuple(log + won(f / c) for log, f in zip(evidence.violated, stakes.violated, strict=True)),
    )


def log_met(evidence: Evidence) -> float:
    """The log of the e-value against 'the rate is the objective or more'."""
    return averaged(evidence.met)


def log_violated(evidence: Evidence) -> float:
    """The log of the e-value against 'the rate is at most the objective'."""
    return averaged(evidence.violated)


def says(evidence: Evidence, stakes: Stakes) -> Literal["met", "violated", "cannot tell"]:
    """What the labels so far say. The first answer that is not 'cannot tell' is the one that stands."""
    bar = -math.log(stakes.alpha)
    met, violated = log_met(evidence), log_violated(evidence)
    if max(met, violated) < bar:
        return "cannot tell"
    return "met" if met >= violated else "violated"


def walked(labels: Sequence[tuple[Draw, int, bool]], stakes: Stakes) -> tuple[str, int, Evidence]:
    """Labels in their order, each with how it was drawn, from which stratum, and whether it was bad: (answer, used, evidence).

    Stops at the first answer, so that it does not depend on how often one looks.
    """
    evidence, used = nothing(stakes), 0
    for draw, stratum, bad in labels:
        ones = [int(bad and i == stratum) for i in range(len(draw.weights))]
        evidence, used = grown(evidence, draw, int(not bad), ones, stakes), used + 1
        if says(evidence, stakes) != "cannot tell":
            break
    return says(evidence, stakes), used, evidence


def reached(log_e: Any, stakes: Stakes) -> Any:
    """Is the log of an e-value evidence? Of a number or of an array."""
    return np.asarray(log_e) >= -math.log(stakes.alpha)
