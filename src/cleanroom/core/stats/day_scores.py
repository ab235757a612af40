"""How unusual are a day's numbers for its weekday, given the days before? Scores by day, and the evidence of a slow change.

`x` has shape (days, numbers): what was measured on each day, in the order of time; NaN where it could not be. A score
compares a day with the last 8 of its weekday, never with a day after it, so that a day's score stays what it was.
"""

from __future__ import annotations

import functools
import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import special

Floats = NDArray[np.float64]

OLDEST = 26 * 7
"""Days after which a day says nothing about its weekday any more; only gaps make eight weeks reach that far."""

PRIOR = 4.0
"""Degrees of freedom that the spread of all weekdays is worth to one weekday, whose own eight days are worth 7."""

BETS = (0.25, 0.5, 1.0)
CAP = 3.0
"""No single odd day makes a slow change. A bet on a capped score wins less, and stays fair."""


@functools.lru_cache(maxsize=64)
def compared(days: tuple[int, ...], kept: tuple[bool, ...], weeks: int) -> NDArray[np.bool_]:
    """Shape (7, days, days): [w, i, j] says that day j, of weekday w, is among the last `weeks` of those kept before day i.

    `days` are numbers of days, ascending; the weekday is the number modulo 7.
    """
    out = np.zeros((7, len(days), len(days)), bool)
    number = np.array(days)
    for w in range(7):
        usable = np.flatnonzero((number % 7 == w) & np.array(kept))
        for i, at in enumerate(days):
            before = usable[usable < i][-weeks:]
            out[w, i, before[number[before] >= at - OLDEST]] = True
    out.flags.writeable = False
    return out


def scores(days: tuple[int, ...], x: Floats, noise: Floats, groups: NDArray[np.bool_], fewest: int) -> Floats:
    """Each day's numbers as standard normal scores, shape (days, numbers); NaN with fewer than `fewest` of its weekday.

    A t-score (x - mean of its weekday) / (s sqrt(1 + 1/k)), turned into the normal score of the same tail. s^2 is the
    weekday's own variance, with the seven weekdays' pooled one as a prior worth PRIOR degrees of freedom: a moderated t
    (Smyth 2004, Statistical Applications in Genetics and Molecular Biology 3:3), here with a fixed prior. Its own 7 degrees
    alone miss shifts of a fifth of a standard deviation, the pooled variance alone alarms on a weekday that is wilder than
    the others. `noise` is the variance that chance alone gives each number: s^2 is never less than that was, and a day of
    fewer rows than usual is allowed the more that it has.
    """
    present = ~np.isnan(x)
    x = np.where(present, x - np.where(present, x, 0.0).sum(0) / np.maximum(present.sum(0), 1), 0.0)
    by_weekday = groups.astype(float)
    k = by_weekday @ present.astype(float)
    mean = by_weekday @ x / np.maximum(k, 1)
    squares = (by_weekday @ x**2 - k * mean**2).clip(0.0)
    chance = by_weekday @ np.where(present, noise, 0.0) / np.maximum(k, 1)
    own = (np.array(days) % 7, np.arange(len(days)))
    variance, degrees = _spread(squares, (k - 1).clip(0.0), own)
    variance = np.maximum(variance, chance[own])
    more = (noise - chance[own]).clip(0.0)
    t = (x - mean[own]) / np.sqrt(np.maximum(variance * (1 + 1 / np.maximum(k[own], 1)) + more, 1e-300))
    return np.where(present & (k[own] >= fewest), _normal(t, np.maximum(degrees, 1)), np.nan)


def _spread(
    squares: Floats, degrees: Floats, own: tuple[NDArray[np.int64], NDArray[np.int64]]
) -> tuple[Floats, Floats]:
    """(variance, its degrees of freedom) for each day, of its own weekday and of all together."""
    pooled = squares.sum(0) / np.maximum(degrees.sum(0), 1)
    worth = np.minimum(PRIOR, degrees.sum(0) - degrees[own])
    known = np.maximum(degrees[own] + worth, 1)
    return (squares[own] + worth * pooled) / known, known


def _normal(t: Floats, degrees: Floats) -> Floats:
    """The normal score that has the tail of t; from the lower tail, which keeps its digits."""
    lower = special.stdtr(degrees, -np.abs(t))
    return np.asarray(-np.sign(t) * special.ndtri(np.maximum(lower, 1e-300)))


class Creep(NamedTuple):
    """Evidence of a slow change, the number (column of `x`) that shows it most, and the index of the day it began on."""

    evidence: float
    number: int
    onset: int


def creep(z: Floats) -> Creep:
    """What the scores of one or more days, shape (days, numbers), say about a slow change up to the last.

    exp(c z - c^2 / 2) is a fair bet on a score z as long as nothing changes. The e-CUSUM max(M, 1) * bet, of each number, each
    direction and each c of BETS, is an e-detector, and so is their mean: without a change it takes as many days on average
    as its limit says, or more, to pass a limit (Shin, Ramdas & Rinaldo 2024, New England J. Statistics in Data Science
    2:229, arXiv 2203.03532). That holds for days whose scores are independent; a day that keeps much of the day before
    makes alarms more frequent. A score that is NaN bets nothing.
    """
    both = np.minimum(np.concatenate([z, -z], axis=1), CAP)
    bets = np.nan_to_num(np.concatenate([c * both - c * c / 2 for c in BETS], axis=1))
    walk = np.concatenate([np.zeros((1, bets.shape[1])), np.cumsum(bets, axis=0)])
    low = walk[:-1].argmin(0)
    logs = walk[-1] - walk[low, np.arange(walk.shape[1])]
    best = int(logs.argmax())
    evidence = math.exp(min(700.0, float(special.logsumexp(logs)) - math.log(len(logs))))
    return Creep(evidence, best % z.shape[1], int(low[best]))
