"""What would the coming days be like, if the weeks before go on? A robust trend and weekdays, for many series at once."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

Floats = NDArray[np.float64]

WEEK = 7
WEEKS = 8
"""Weeks that a forecast looks back on."""

LEVEL_WEEKS = 4
"""Weeks that set the level: a median of four moves on within a fortnight, and still outlives a bad week."""

_MEDIAN_VARIANCE = math.pi / 2
"""How much more a median varies than a mean, for normal data."""


def forecasts(values: Floats) -> Floats:
    """What each week was expected to be on its eve: from values by day, shape (series, days), to (series, days + 1, 7).

    Row o of the result is the forecast of the days o to o + 6 from the 56 days before o, and from nothing later. NaN is a
    day that is not known; a forecast is NaN where no day before it is. Values should vary about as much at any level:
    square roots of counts, logs of amounts.

    The trend is the median of all slopes between days of the same weekday (Theil 1950; Sen 1968, JASA 63:1379; by season:
    Hirsch, Slack & Smith 1982, Water Resources Research 18:107), pulled towards none as far as chance explains it. On what
    remains, weekdays are medians, pulled towards each other as far as chance explains them (James & Stein 1961, positive
    part), and the level is that of the last four weeks. A week of nonsense moves none of them far; what goes on for three is
    what is expected next.
    """
    series, days = values.shape
    padded = np.concatenate([np.full((series, WEEK * WEEKS), np.nan), values], axis=1)
    window = sliding_window_view(padded, WEEK * WEEKS, axis=1).reshape(series, days + 1, WEEKS, WEEK)
    weeks = np.maximum((~np.isnan(window)).sum(2).mean(-1), 1)
    slope = _slope(window)
    column, noise = _columns(_flat(window, slope))
    chance = noise * 12 / np.maximum(WEEK * weeks * (weeks**2 - 1), 1)
    slope = slope * _kept(slope**2, chance)
    flat = _flat(window, slope)
    column, noise = _columns(flat)
    apart = column - mean(column)[..., None]
    chance = noise * _MEDIAN_VARIANCE / weeks
    apart = np.nan_to_num(apart * _kept(np.nansum(apart**2, -1), (WEEK - 2) * chance)[..., None])
    level = mean(median(np.swapaxes(flat - apart[:, :, None, :], 2, 3)[..., -LEVEL_WEEKS:]))
    level = np.where(np.isnan(level), mean(column), level)
    ahead = np.arange(1, WEEK + 1) / WEEK
    out: Floats = level[..., None] + apart + slope[..., None] * ahead
    return out


def _slope(window: Floats) -> Floats:
    """Theil-Sen a week; 0 where no weekday is known twice."""
    i, j = np.triu_indices(WEEKS, 1)
    slopes = (window[:, :, j, :] - window[:, :, i, :]) / (j - i)[:, None]
    return np.nan_to_num(median(slopes.reshape(*slopes.shape[:2], -1)))


def _flat(window: Floats, slope: Floats) -> Floats:
    """The window as it would be if all of it were as late as its last day."""
    weeks_ago = np.arange(WEEKS)[:, None] + np.arange(WEEK) / WEEK - (WEEKS - 1 / WEEK)
    out: Floats = window - slope[..., None, None] * weeks_ago
    return out


def _columns(flat: Floats) -> tuple[Floats, Floats]:
    """(the median of each weekday, the variance around them)."""
    column = median(np.swapaxes(flat, 2, 3))
    around = np.nansum((flat - column[:, :, None, :]) ** 2, (2, 3))
    freedom = (~np.isnan(flat)).sum((2, 3)) - WEEK - 1
    return column, around / np.maximum(freedom, 1)


def _kept(signal: Floats, chance: Floats) -> Floats:
    """The share of an effect to keep, given its square and what chance alone would make of it."""
    return np.clip(1 - chance / np.maximum(signal, 1e-12), 0, 1)


def median(values: Floats) -> Floats:
    """The median over the last axis, without NaN; NaN where there is nothing else."""
    ordered = np.sort(values, axis=-1)
    known = (~np.isnan(ordered)).sum(-1, keepdims=True)
    middle = (np.take_along_axis(ordered, np.maximum(at, 0), -1)[..., 0] for at in ((known - 1) // 2, known // 2))
    out: Any = next(middle) / 2 + next(middle) / 2
    return np.asarray(np.where(known[..., 0] > 0, out, np.nan))


def mean(values: Floats) -> Floats:
    """The mean over the last axis, without NaN; NaN where there is nothing else."""
    known = (~np.isnan(values)).sum(-1)
    return np.where(known > 0, np.nansum(values, -1) / np.maximum(known, 1), np.nan)
