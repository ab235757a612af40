"""Is a count out of line with its own past? By day, by week, and by how long it has been silent, for many series at once.

Counts go through square roots, after which they vary about as much at any level (Anscombe 1948, Biometrika 35:246); what
is expected comes from stats/weekdays.py. An error is divided by the series' own past one-step errors, never by what a
Poisson law promises: events come in bunches. Where the errors of a series last from day to day, their part that lasts is
forecast too, so that a series that wanders is not called a drift. A z is the normal score of a t: a short history knows
its own scale badly, and must see more before it speaks.

These are arrays for many series, shape (series, days); stats/event_counts.py judges with them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from scipy import special

from cleanroom.core.base import noun
from cleanroom.core.stats.weekdays import WEEK, WEEKS, forecasts, median

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

WINDOW = WEEK * WEEKS
"""Days that a trend, and the scale of its errors, look back on."""

BEGIN = 2 * WEEK
"""Days before the first error: two of each weekday."""

SHIFT = 3 / 8
"""Added to a count before its root is taken."""

_POISSON = 0.5
"""The standard deviation of the square root of a Poisson count: no series is calmer."""

_WINSOR = 3.0
_DOUBT = 0.25
"""Standard errors by which an autocorrelation is taken lower where it would help, and higher where it harms."""

_WEEK_PRIOR = 24.0
"""Until a series has many weeks of errors, its days say how much weeks vary, as if that many weeks had been seen."""

_WEEK_LEVEL, _WEEK_SLOPE = 1.15, 0.4
"""A week's forecast errs more than seven days' one-step errors say: by its level, and by its slope over few weeks. With the
prior set by benches/counts.py so that false alarms are as rare after five weeks as after sixteen."""


@noun
class Bounds:
    """When a count is out of line. `day`: |z| of a day; `allowance` and `drift`: k and h of a two-sided CUSUM over days.

    `week_drop`, `week_rise`: z of seven days. A loss of data is what thin series are looked at for; a doubling is a longer
    way in square roots than a loss of 60%, and may have the higher bound. `enough`: the count that must be expected in a day
    (or a week) before it is judged at all. Raises ValueError when one is not positive.
    """

    day: float = 4.0
    allowance: float = 1.0
    drift: float = 6.0
    week_drop: float = 3.0
    week_rise: float = 3.5
    enough: float = 20.0

    def __post_init__(self) -> None:
        if not min(self.day, self.allowance, self.drift, self.week_drop, self.week_rise, self.enough) > 0:
            raise ValueError("bounds of counts are positive numbers")


@dataclass(frozen=True)
class Scored:
    """All days of all series, shape (series, days), NaN where a day is not known or has too little before it.

    `z`: of a day; `root`: the root of the count expected on it; `reach`: root counts a unit of t; `freedom`: of that t;
    `level`: the expected count a day over the seven days from it on. `week_*`: the same of the seven days up to and
    with a day; only the days of these that are known are summed.
    """

    z: Floats
    root: Floats
    reach: Floats
    freedom: Floats
    level: Floats
    week_z: Floats
    week_seen: Floats
    week_expected: Floats
    week_reach: Floats
    week_freedom: Floats


def scored(counts: Floats) -> Scored:
    """Score every day of every series against the days before it. counts: shape (series, days), NaN: not known."""
    root = np.sqrt(counts + SHIFT)
    eve = np.maximum(forecasts(root), 0)
    error = root - eve[:, :-1, 0]
    error[:, :BEGIN] = np.nan
    past = _winsorised(error)
    lasting = _lasting(past, -_DOUBT)
    last = lasting[..., None] ** np.arange(1, WEEK + 1) * np.nan_to_num(past[..., -1:])
    eve = np.maximum(eve + last, 0)
    error = root - eve[:, :-1, 0]
    error[:, :BEGIN] = np.nan
    scale, known = _scale(_winsorised(error))
    spread = _scale(past)[0] ** 2
    mean = eve**2 + (spread - SHIFT)[..., None]
    z = normal(error / scale[:, :-1], known[:, :-1])
    variance = scale**2 * _summed(_lasting(past, _DOUBT)) * _trend(root)
    week = _weeks(counts, mean, variance)
    level = np.maximum(mean.mean(-1), 0)[:, :-1]
    return Scored(z, eve[:, :-1, 0], scale[:, :-1], known[:, :-1], level, *week)


def _winsorised(error: Floats) -> Floats:
    """The WINDOW errors before each day, those beyond three robust standard deviations cut. (series, days + 1, WINDOW)."""
    padded = np.concatenate([np.full((error.shape[0], WINDOW), np.nan), error], axis=1)
    window = sliding_window_view(padded, WINDOW, axis=1)
    most = _WINSOR * np.maximum(np.sqrt(median(window**2) / 0.4549), _POISSON)[..., None]
    out: Floats = np.clip(window, -most, most)
    return out


def _scale(past: Floats) -> tuple[Floats, Floats]:
    """(root mean square of the errors before each day, how many there are), each (series, days + 1)."""
    known = (~np.isnan(past)).sum(-1).astype(float)
    square = np.nansum(past**2, -1) / np.maximum(known, 1)
    return np.maximum(np.sqrt(square), _POISSON), known


def _lasting(past: Floats, errors: float) -> Floats:
    """How much of an error is expected to be there the day after, 0 to .95: the autocorrelation plus `errors` of its own."""
    together = np.nansum(past[..., 1:] * past[..., :-1], -1)
    square = np.nansum(past**2, -1)
    known = np.maximum((~np.isnan(past)).sum(-1), 1)
    out: Floats = np.clip(together / np.maximum(square, 1e-12) + errors / np.sqrt(known), 0, 0.95)
    return out


def _summed(lasting: Floats) -> Floats:
    """The variance of the sum of seven errors that last, over that of seven that do not."""
    r = lasting[..., None]
    out: Floats = (((1 - r ** np.arange(1, WEEK + 1)) / (1 - r)) ** 2).mean(-1)
    return out


def _trend(root: Floats) -> Floats:
    """The variance of a week's forecast error over that of a day, for the trend it rests on. (series, days + 1).

    The slope's part falls with the number of weeks n as 12 / (n (n^2 - 1)), and reaches 2.5 weeks from the middle of the
    weeks that set the level to the middle of the week that is forecast.
    """
    padded = np.concatenate([np.full((root.shape[0], WINDOW), np.nan), root], axis=1)
    weeks = np.maximum((~np.isnan(sliding_window_view(padded, WINDOW, axis=1))).sum(-1) / WEEK, 2)
    out: Floats = _WEEK_LEVEL + _WEEK_SLOPE * 2.5**2 * 13 / (weeks * (weeks**2 - 1))
    return out


def _weeks(counts: Floats, mean: Floats, variance: Floats) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    """(z, seen, expected, reach, freedom) of the seven days up to each day, forecast on their eve."""
    series, days = counts.shape
    short = np.full((series, min(WEEK - 1, days)), np.nan)
    if days < WEEK:
        return short, short, short, short, short
    run = sliding_window_view(counts, WEEK, axis=1)
    there = ~np.isnan(run)
    seen, expected = np.nansum(run, -1), np.maximum(np.where(there, mean[:, : days - WEEK + 1], 0).sum(-1), 0)
    error = np.sqrt(seen + SHIFT) - np.sqrt(expected + SHIFT)
    error[:, :BEGIN] = np.nan
    error[there.sum(-1) <= WEEK // 2] = np.nan
    square, weeks = np.zeros_like(error), np.zeros_like(error)
    for back in range(WEEK, WINDOW + 1, WEEK):
        if back < error.shape[1]:
            square[:, back:] += np.nan_to_num(error[:, :-back] ** 2)
            weeks[:, back:] += ~np.isnan(error[:, :-back])
    freedom = _WEEK_PRIOR + weeks
    reach = np.sqrt((square + _WEEK_PRIOR * variance[:, : days - WEEK + 1]) / freedom)
    z = normal(error / reach, freedom)
    parts = [np.concatenate([short, part], axis=1) for part in (z, seen, expected, reach, freedom)]
    return parts[0], parts[1], parts[2], parts[3], parts[4]


def normal(t: Any, freedom: Any) -> Any:
    """The normal score of a t: as far out as t is. NaN stays NaN."""
    return -np.sign(t) * special.ndtri(special.stdtr(np.maximum(freedom, 1), -np.abs(t)).clip(1e-300))


def student(z: float, freedom: float) -> float:
    """The t whose normal score is z: `normal` turned round."""
    return float(-special.stdtrit(max(freedom, 1.0), special.ndtr(-z)))


def drifts(z: Floats, bounds: Bounds) -> Floats:
    """A two-sided CUSUM (Page 1954, Biometrika 41:100) over days: shape of z; above `bounds.drift` a rise, below minus it a drop.

    z is cut at `bounds.day`, and the sum at its bound, so that neither one wild day raises the alarm nor a long alarm
    outlives what it was raised for. A day that is not known changes nothing.
    """
    up, down = np.zeros(z.shape[0]), np.zeros(z.shape[0])
    out = np.zeros(z.shape)
    for day in range(z.shape[1]):
        step = np.clip(z[:, day], -bounds.day, bounds.day)
        known = ~np.isnan(step)
        up = np.where(known, np.maximum(0, up + step - bounds.allowance), up)
        down = np.where(known, np.maximum(0, down - step - bounds.allowance), down)
        out[:, day] = np.where(up >= down, up, -down)
        up, down = np.minimum(up, bounds.drift), np.minimum(down, bounds.drift)
    return out


def alarms(found: Scored, bounds: Bounds) -> tuple[Flags, Flags]:
    """(days that are out of line, days that end a week which is), each (series, days).

    A week is looked at only where a day could not show a halving: elsewhere it would but repeat the days.
    """
    enough = found.level >= bounds.enough
    with np.errstate(invalid="ignore"):
        day = enough & ((np.abs(found.z) > bounds.day) | (np.abs(drifts(found.z, bounds)) > bounds.drift))
        out = (found.week_z < -bounds.week_drop) | (found.week_z > bounds.week_rise)
        week = out & (found.week_expected >= bounds.enough) & needs_week(found, bounds)
    return day, week


def needs_week(found: Scored, bounds: Bounds) -> Flags:
    """Where a day is too thin or too noisy to show a halving of what is expected."""
    far = bounds.day * found.reach
    with np.errstate(invalid="ignore"):
        return np.asarray((found.level < bounds.enough) | (far > (1 - np.sqrt(0.5)) * np.sqrt(found.level + SHIFT)))
