"""Is the canary slower or dearer? A number that has no good and bad gets them from the control: above its recent quantiles.

A threshold is taken from the control's values *before* a block and held while the block lasts, so that both arms exceed it
at the same rate while the canary is no worse, whatever the distribution is and however it wanders from day to day. Each
threshold gives an e-process of its own (stats/canary.py); their mean is the evidence of the metric.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

LEVELS = (0.5, 0.9, 0.99)
"""Quantiles of the control: a shift of everything shows at the median, a new slow path at the last percent."""


def thresholds(
    at: ArrayLike,
    value: ArrayLike,
    start: float,
    window: float,
    levels: tuple[float, ...] = LEVELS,
    weights: ArrayLike | None = None,
) -> tuple[float, ...]:
    """Quantiles of the control's values in the `window` before the block that begins at `start`.

    at, value: one a request of the control (time in the unit of `start` and `window`; seconds, tokens or money); a minute
    rollup gives one line a bin, with `weights` requests each. The quantile is the smallest value that at least a share
    `level` does not exceed (inverse of the distribution function: Hyndman & Fan 1996, definition 1), in the unit of
    `value`. inf, which nothing exceeds, where the window is empty.
    """
    times, values = np.asarray(at, float), np.asarray(value, float)
    mass = np.ones(len(values)) if weights is None else np.asarray(weights, float)
    used = (times >= start - window) & (times < start) & (mass > 0)
    if not used.any():
        return (math.inf,) * len(levels)
    order = np.argsort(values[used], kind="stable")
    ranked, below = values[used][order], np.cumsum(mass[used][order])
    place = np.searchsorted(below, np.asarray(levels) * below[-1] * (1 - 1e-12))
    return tuple(float(v) for v in ranked[np.minimum(place, len(ranked) - 1)])
