"""Is the candidate worse than the control, and is it safe to promote? Evidence that may be looked at after every request.

An e-process is a running bet whose mean stays at or below 1 while a hypothesis holds, so that it ever reaches 1/alpha
with probability at most alpha, however often one looks (Ville 1939). Two are kept, as logarithms, one a grid point:

    harm E, against 'the canary is no worse':        bad_canary log r - bad log(1 + w (r - 1)),  r > 1
    safety D, against 'it is m times worse or more': bad_canary log(r/m) - bad log((1 + w (r - 1)) / (1 + w (m - 1))),  r < m

with bad = bad_canary + bad_control and w = n_canary / (n_canary + n_control), the share that was *realised* in a block of
time. It is the likelihood ratio of which arm a bad outcome falls into, given that one happened: Lindon & Malek 2022
(NeurIPS 35, arXiv 2011.03567: Poisson processes whose common rate varies in any way, reduced to a multinomial), here as a
mixture over a grid of r; kin of Turner, Ly & Grünwald 2024 (J. Statistical Planning and Inference 230:106116).

Why a block is fair. Given n_canary and n_control, let outcomes be independent and bad with mean rates q_canary = s q and
q_control = q; the mean of exp(increment of E) is (1 + s q (c r - 1))^n_canary (1 + q (c - 1))^n_control with c = 1 / (1 + w
(r - 1)), which 1 + x <= exp(x) bounds by exp(n q (w s (c r - 1) + (1 - w)(c - 1))): 1 at s = 1, less below. The same with
r/m for D, at s = m and above. So it holds at every rate, not only at small ones; what it takes is that *within* a block
both arms live under the same conditions: a block never spans a step of the ramp. And when users are assigned at random, the
bad ones among them are drawn without replacement, whose convex functions have smaller means still (Hoeffding 1963,
JASA 58:13, theorem 4).

Every count may also be a numpy array of one common shape: that many rollouts at once, as simulations need it.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterable, Sequence
from typing import Any, Literal

import numpy as np

from cleanroom.core.base import noun

MINUTES = (1, 5, 15, 60)
"""Lengths of a block that can be chosen."""

FEWEST = 40.0
"""Requests that a block should expect; in a block of very few, the realised share tells nothing of its bad outcomes."""


@noun
class Rules:
    """What counts as evidence. `alpha`: the chance of a false rollback, and of promoting what is `margin` times worse.

    `harm_grid`: ratios of bad rates, canary to control, that E bets on (each > 1); `safe_grid`: those that D bets on
    (each below the margin). Raises ValueError when a number cannot be.
    """

    alpha: float = 0.05
    margin: float = 2.0
    harm_grid: tuple[float, ...] = (1.25, 1.5, 2.0, 3.0, 5.0, 10.0, 20.0)
    safe_grid: tuple[float, ...] = (0.5, 0.75, 1.0, 1.25)

    def __post_init__(self) -> None:
        if not 0 < self.alpha < 1:
            raise ValueError("alpha must lie between 0 and 1")
        if not (1 < self.margin < math.inf):
            raise ValueError("the margin is a ratio above 1: how many times worse is not accepted")
        if not self.harm_grid or not all(1 < r < math.inf for r in self.harm_grid):
            raise ValueError("harm_grid needs ratios above 1")
        if not self.safe_grid or not all(0 < r < self.margin for r in self.safe_grid):
            raise ValueError("safe_grid needs ratios between 0 and the margin")

    @property
    def bar(self) -> float:
        """The log of 1/alpha: what the log of an e-value must reach."""
        return -math.log(self.alpha)


@noun
class Block:
    """What was counted in one block of time, of both arms at the same time in the same hash space and region.

    `start` in microseconds since 1970 UTC; `n` are requests, or better users (stats/outcomes.py), `bad` those of them
    that were bad. Raises ValueError where more were bad than there were, or fewer than none.
    """

    start: int
    canary_n: int
    canary_bad: int
    control_n: int
    control_bad: int

    def __post_init__(self) -> None:
        for n, bad in ((self.canary_n, self.canary_bad), (self.control_n, self.control_bad)):
            if np.any((np.asarray(bad) < 0) | (np.asarray(bad) > np.asarray(n))):
                raise ValueError("a block cannot have fewer bad outcomes than none, or more than outcomes")

    @property
    def share(self) -> float:
        """The canary's realised share of the block, 0 where nothing happened."""
        return _plain(self.canary_n / np.maximum(self.canary_n + self.control_n, 1))


@noun
class Evidence:
    """Log e-values so far: one a point of `Rules.harm_grid`, one a point of `Rules.safe_grid`. It is a sum over blocks."""

    harm: tuple[float, ...]
    safe: tuple[float, ...]


@noun
class Decision:
    """What the evidence says: `log_harm` and `log_safe` are logs of mean e-values, `bar` is the log of 1/alpha."""

    log_harm: float
    log_safe: float
    bar: float

    @property
    def harmful(self) -> bool:
        """Roll back."""
        return self.log_harm >= self.bar

    @property
    def safe(self) -> bool:
        """Enough to promote; evidence of harm goes first. (&, not `and`: many rollouts may be judged at once.)"""
        return (self.log_safe >= self.bar) & (self.log_harm < self.bar)

    @property
    def says(self) -> Literal["harm", "safe", "wait"]:
        """The decision on one rollout in a word; waiting is the default."""
        return "harm" if self.harmful else "safe" if self.safe else "wait"


def nothing(rules: Rules) -> Evidence:
    """The evidence before the first block: every e-value is 1."""
    return Evidence((0.0,) * len(rules.harm_grid), (0.0,) * len(rules.safe_grid))


def grown(evidence: Evidence, block: Block, rules: Rules) -> Evidence:
    """The evidence with one more block: e-values multiply, across blocks and phases alike. The formula: see the file's head.

    Blocks may come in any order; each must come once. Counts of several blocks must never be added up first: the
    control's rate at 2% of traffic on Monday says nothing about the canary's at 50% on Wednesday (Simpson's paradox).
    """
    w, canary, bad = block.share, block.canary_bad, block.canary_bad + block.control_bad
    at_margin = _log1p(w * (rules.margin - 1))
    return Evidence(
        tuple(
            _plain(log + canary * math.log(r) - bad * _log1p(w * (r - 1)))
            for log, r in zip(evidence.harm, rules.harm_grid, strict=True)
        ),
        tuple(
            _plain(log + canary * math.log(r / rules.margin) - bad * (_log1p(w * (r - 1)) - at_margin))
            for log, r in zip(evidence.safe, rules.safe_grid, strict=True)
        ),
    )


def decision(evidence: Evidence, rules: Rules) -> Decision:
    """What the evidence of one metric says now."""
    return joint((evidence,), rules)


def joint(metrics: Sequence[Evidence], rules: Rules, weights: Sequence[float] | None = None) -> Decision:
    """What the evidence of several metrics says: harm on their average, safety only when every single one is safe.

    A mean of e-values is an e-value however the metrics depend on each other (Vovk & Wang 2021, Annals of Statistics
    49:1736), so no metric needs a correction. Safety is an intersection-union test (Berger 1982): each metric must reach
    the bar by itself, and none needs a correction either. `weights`: one a metric, summing to 1, fixed beforehand.
    """
    harm = averaged([averaged(e.harm) for e in metrics], weights)
    safe = functools.reduce(np.minimum, [averaged(e.safe) for e in metrics])
    return Decision(harm, _plain(safe), rules.bar)


def averaged(logs: Sequence[float], weights: Sequence[float] | None = None) -> float:
    """The log of the mean of e-values, from their logs; `weights` sum to 1 (equal ones when absent). Never overflows."""
    parts = [1 / len(logs)] * len(logs) if weights is None else list(weights)
    if len(parts) != len(logs) or min(parts) < 0 or not math.isclose(sum(parts), 1.0):
        raise ValueError("weights: one an e-value, none negative, summing to 1")
    top = functools.reduce(np.maximum, logs)
    total: Any = sum(part * np.exp(log - top) for part, log in zip(parts, logs, strict=True))
    return _plain(top + np.log(total))


def highest(logs: Sequence[float]) -> float:
    """The log of max E / number of e-values: an e-value too, never above `averaged`; its metric is the one to name."""
    return _plain(functools.reduce(np.maximum, logs) - math.log(len(logs)))


def walked(evidence: Evidence, blocks: Iterable[Block], rules: Rules) -> tuple[Evidence, Decision, int]:
    """Blocks in the order of time up to the first that shows harm: (evidence, decision, blocks used).

    What is decided does not depend on how often one looks: three ticks that see a block each and one that sees all three
    roll back at the same block. Raises ValueError when two blocks start at the same time.
    """
    queue = sorted(blocks, key=lambda block: block.start)
    if len({block.start for block in queue}) != len(queue):
        raise ValueError("two blocks start at the same time: a block counts once")
    used = 0
    verdict = decision(evidence, rules)
    for block in queue:
        if verdict.harmful:
            break
        evidence, used = grown(evidence, block, rules), used + 1
        verdict = decision(evidence, rules)
    return evidence, verdict, used


def block_minutes(rate: float) -> int:
    """How long a block should be at `rate` requests an hour over both arms: the shortest of MINUTES that expects FEWEST.

    The length may depend on traffic before the block, never on what was bad in it. In blocks that are too short for the
    traffic (a request or two) the realised share is 0 or 1 and says nothing, and harm is not found; see benches/canary.py.
    """
    return next((minutes for minutes in MINUTES if rate * minutes / 60 >= FEWEST), MINUTES[-1])


def _log1p(x: float) -> Any:
    """log(1 + x), of a number or of an array."""
    return np.log1p(x)


def _plain(x: Any) -> float:
    """A number as Python's own; an array as it is."""
    return float(x) if np.ndim(x) == 0 else x
