"""How fast does the error budget burn, and which burn-rate rules fire? From counts by the minute.

The budget is the share of bad outcomes that the objective allows; a burn rate of 1 spends it in exactly the SLO's window.
Rules with a long and a short window each: Google, The Site Reliability Workbook (2018), chapter 5 ('Alerting on SLOs',
recommendation 6): a rule fires while *both* windows burn faster than its factor; the short one lets it stop soon after.
An outcome that is not a request (a minute that was too slow) counts the same way: give one good or bad a minute.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cleanroom.core.base import noun

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

MONTH = 30 * 24 * 60
"""Minutes of the window for which the workbook's rules are written."""


@noun
class BurnRule:
    """Fires while the burn rate is above `factor` over both windows (minutes); `pages`: wakes somebody, else a ticket."""

    factor: float
    long: int
    short: int
    pages: bool


STANDARD = (
    BurnRule(14.4, 60, 5, pages=True),
    BurnRule(6.0, 360, 30, pages=True),
    BurnRule(3.0, 1440, 120, pages=False),
    BurnRule(1.0, 4320, 360, pages=False),
)
"""For a window of 30 days: they fire once 2, 5, 10 and 10% of the budget are gone."""


@noun
class Burning:
    """A rule now: burn rates over its two windows (None: no requests in it), and whether it fires."""

    rule: BurnRule
    long_rate: float | None
    short_rate: float | None
    fires: bool


def rules_for(window: int, rules: Sequence[BurnRule] = STANDARD) -> tuple[BurnRule, ...]:
    """The rules for an SLO whose window has `window` minutes: windows are scaled, factors stay.

    So each rule still fires at the same share of the budget. Windows are whole minutes, at least 1 (short) and 2 (long).
    """
    if window < 1:
        raise ValueError("the SLO's window needs at least a minute")
    scale = window / MONTH
    return tuple(
        BurnRule(r.factor, max(2, round(r.long * scale)), max(1, round(r.short * scale)), r.pages) for r in rules
    )


def trailing(counts: ArrayLike, minutes: int) -> Floats:
    """Sums over the last `minutes` at every minute: shape (..., minutes of data), the newest last. Fewer at the start."""
    values = np.asarray(counts, float)
    total = np.concatenate([np.zeros((*values.shape[:-1], 1)), np.cumsum(values, -1)], -1)
    size = values.shape[-1]
    return np.asarray(total[..., 1:] - total[..., np.maximum(np.arange(1, size + 1) - minutes, 0)])


def firing(good: ArrayLike, bad: ArrayLike, objective: float, rule: BurnRule) -> Flags:
    """Whether the rule fires, at every minute. Both windows strictly above the factor, as in Prometheus rules."""
    allowed = rule.factor * _allowed(objective)
    over = [
        trailing(bad, m) * (1 - allowed) > allowed * trailing(good, m) * (1 + 1e-12) for m in (rule.long, rule.short)
    ]
    return np.asarray(over[0] & over[1])


def now(good: ArrayLike, bad: ArrayLike, objective: float, rules: Sequence[BurnRule] = STANDARD) -> tuple[Burning, ...]:
    """Every rule at the newest minute of one series."""
    right, wrong = np.asarray(good, float), np.asarray(bad, float)

    def rate(minutes: int) -> float | None:
        x, n = float(wrong[-minutes:].sum()), float(wrong[-minutes:].sum() + right[-minutes:].sum())
        return x / (_allowed(objective) * n) if n > 0 else None

    found = []
    for rule in rules:
        last = slice(-max(rule.long, rule.short), None)
        fires = bool(firing(right[last], wrong[last], objective, rule)[-1:].any())
        found.append(Burning(rule, rate(rule.long), rate(rule.short), fires))
    return tuple(found)


def minutes_to_fire(rule: BurnRule, rate_bad: float, objective: float, before: float = 0.0) -> float | None:
    """After how many minutes the rule fires when the bad rate goes from `before` to `rate_bad` and stays; None: never.

    For steady traffic and without luck: where a window holds few bad outcomes, chance fires it earlier or later
    (benches/slo.py). 0 when it fires at `before` already.
    """
    allowed = rule.factor * _allowed(objective)
    if before > allowed:
        return 0.0
    if rate_bad <= allowed:
        return None
    return max(minutes * (allowed - before) / (rate_bad - before) for minutes in (rule.long, rule.short))


def _allowed(objective: float) -> float:
    if not 0 < objective < 1:
        raise ValueError("the objective is the share of bad outcomes that is allowed: between 0 and 1")
    return objective
