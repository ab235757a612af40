"""Has what embeddings say moved today? The day's mean and its distribution, each against how far past days lay apart.

Every embedding is scaled to length 1. A day is kept as sums: of its embeddings, and of 512 random Fourier features, whose
mean differs between two days by (nearly) the maximum mean discrepancy of a Gaussian kernel: Rahimi & Recht 2007, NIPS 20;
Gretton et al. 2012, JMLR 13:723; cosines and sines in pairs, Sutherland & Schneider 2015, UAI. Days add up.

Each distance is compared with those of past days from one another, on a log scale by a t-score, in units of what the
number of rows and the days' own unrest let expect: the fewer rows, the farther a day may lie. What does not depend on past
days, 'cosine shift < 0.07', is computed beside it, because playbooks ask for it; it alarms on quiet days with few rows and
misses much on days with many.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from cleanroom.core.base import noun

Floats = NDArray[np.float64]

WAVES = 512
FIXED = 0.07
"""The playbooks' cosine shift."""

_TINY = 1e-12


@noun
class Space:
    """Where embeddings are measured: their size, the kernel's width (`width_of`), and the seed of the features."""

    size: int
    width: float
    seed: int = 0

    def __post_init__(self) -> None:
        if self.size < 1 or not (0 < self.width < math.inf) or self.seed < 0:
            raise ValueError("embeddings have a size, the kernel has a width above 0, the seed is not negative")


@noun
class EmbeddingDay:
    """The sums of `n` embeddings of length 1: of themselves, shape (size,), and of their features, shape (512,)."""

    n: int
    total: tuple[float, ...]
    waves: tuple[float, ...]

    def __add__(self, other: EmbeddingDay) -> EmbeddingDay:
        if len(self.total) != len(other.total) or len(self.waves) != len(other.waves):
            raise ValueError("embeddings of different sizes do not add up")
        total = tuple((np.array(self.total) + other.total).tolist())
        return EmbeddingDay(self.n + other.n, total, tuple((np.array(self.waves) + other.waves).tolist()))


@noun
class Limits:
    """`alpha`: the chance of an alarm on a quiet day; what must be there before anything is told: past days, rows of a day."""

    alpha: float = 0.01
    fewest_days: int = 14
    fewest_rows: int = 10

    def __post_init__(self) -> None:
        if not (0 < self.alpha < 1 and self.fewest_days >= 3 and self.fewest_rows >= 2):
            raise ValueError("alpha lies between 0 and 1, and it takes at least 3 days and 2 rows")


LIMITS = Limits()


@noun
class Calibrated:
    """A distance, what it may be at most on a quiet day, and the chance that a quiet day lies as far."""

    distance: float
    bound: float
    p: float


@noun
class Meant:
    """What a day's embeddings say. `mean`: the distance of means; `mmd`: of distributions; `p`: min(1, 2 min p).

    `cosine`: 1 - the cosine of the means, beside which playbooks write 0.07. `since`: the first day of this shift, None
    when there is none. `n` rows today against `m` of `days` past days.
    """

    day: int
    over: bool
    mean: Calibrated
    mmd: Calibrated
    p: float
    alpha: float
    cosine: float
    since: int | None
    n: int
    m: int
    days: int

    @property
    def fixed_over(self) -> bool:
        """What the fixed rule would say."""
        return self.cosine >= FIXED


@noun
class TooFewMeant:
    """Too few rows today, or too few past days, to tell; `why` says which. Neither an alarm nor an all-clear."""

    day: int
    why: str
    n: int
    days: int


def width_of(sample: ArrayLike) -> float:
    """The kernel's width: the median distance of up to 500 embeddings, spread evenly over `sample`, shape (n, size).

    The usual choice (Gretton et al. 2012, section 8); 1 where all of them are the same.
    """
    rows = unit(sample)
    rows = rows[np.unique(np.linspace(0, len(rows) - 1, 500).astype(int))] if len(rows) else rows
    apart = np.sqrt((2 - 2 * rows @ rows.T).clip(0.0))[np.triu_indices(len(rows), 1)]
    middle = float(np.median(apart)) if apart.size else 0.0
    return middle if middle > 1e-6 else 1.0


def unit(embeddings: ArrayLike) -> Floats:
    """Embeddings at length 1, shape (n, size); those of length 0 are left out. Raises ValueError when one is not finite."""
    rows = np.asarray(embeddings, float)
    if rows.ndim != 2 or not np.isfinite(rows).all():
        raise ValueError("embeddings are rows of finite numbers")
    length = np.linalg.norm(rows, axis=1)
    return np.asarray(rows[length > 0] / length[length > 0, None])


@functools.lru_cache(maxsize=8)
def _frequencies(space: Space) -> Floats:
    made = np.random.default_rng(space.seed).normal(0, 1 / space.width, (space.size, WAVES // 2))
    made.flags.writeable = False
    return made


def features(space: Space, rows: Floats) -> Floats:
    """The random Fourier features of embeddings of length 1, shape (n, 512); each row has length 1 too."""
    angle = rows @ _frequencies(space)
    return np.asarray(np.concatenate([np.cos(angle), np.sin(angle)], axis=1) * math.sqrt(2 / WAVES))


def of_embeddings(space: Space, embeddings: ArrayLike, at_once: int = 4096) -> EmbeddingDay:
    """The day of embeddings, shape (n, size). Raises ValueError when they are of another size or not finite."""
    rows = unit(embeddings)
    if rows.shape[1] != space.size:
        raise ValueError(f"embeddings of {rows.shape[1]} numbers where {space.size} are expected")
    waves = np.zeros(WAVES)
    for start in range(0, len(rows), at_once):
        waves += features(space, rows[start : start + at_once]).sum(0)
    return EmbeddingDay(len(rows), tuple(rows.sum(0).tolist()), tuple(waves.tolist()))


def meant(
    day: int,
    today: EmbeddingDay,
    history: Sequence[tuple[int, EmbeddingDay]],
    over: frozenset[int] = frozenset(),
    limits: Limits = LIMITS,
) -> Meant | TooFewMeant:
    """Today's embeddings against past days, (day number, sums), in any order.

    `over`: days that were found over their bound or were exceptions; they are compared with nothing. To accept a new level,
    give the history from there on. Raises ValueError when a day of history is not before `day` or comes twice.
    """
    numbers = sorted(d for d, _ in history)
    if len(set(numbers)) < len(numbers) or (numbers and numbers[-1] >= day):
        raise ValueError("each day of the history comes once, and before the day that is judged")
    past = [s for d, s in sorted(history, key=lambda pair: pair[0]) if d not in over and s.n >= limits.fewest_rows]
    if today.n < limits.fewest_rows:
        return TooFewMeant(day, f"{today.n} embeddings today, {limits.fewest_rows} are needed", today.n, len(past))
    if len(past) < limits.fewest_days:
        why = f"{len(past)} past days to compare with, {limits.fewest_days} are needed"
        return TooFewMeant(day, why, today.n, len(past))
    n = np.array([s.n for s in (*past, today)], float)
    totals, waves = (np.array([getattr(s, what) for s in (*past, today)]) for what in ("total", "waves"))
    mean, mmd = (_calibrated(sums, n, limits.alpha / 2) for sums in (totals, waves))
    p = min(1.0, 2 * min(mean.p, mmd.p))
    alarm = p <= limits.alpha
    since = _began(day, numbers, over) if alarm else None
    cosine = _cosine(totals[-1], totals[:-1].sum(0))
    return Meant(day, alarm, mean, mmd, p, limits.alpha, cosine, since, today.n, int(n[:-1].sum()), len(past))


class _Apart(NamedTuple):
    """Squared distances of days from other days, and what chance alone makes of them; shapes (days,)."""

    squared: Floats
    chance: Floats


def _calibrated(sums: Floats, n: Floats, alpha: float) -> Calibrated:
    """The last day's distance from all days before it, beside each of theirs from the others. Sums (days, size), rows (days,).

    A squared distance is expected at tau^2 + chance, tau^2 the mean over past days of what chance does not explain; its log
    over that is what is compared, so that days of few and of many rows have one scale.
    """
    past = _apart(sums[:-1], n[:-1], sums[:-1].sum(0) - sums[:-1], n[:-1].sum() - n[:-1])
    now = _apart(sums[-1:], n[-1:], sums[:-1].sum(0)[None], n[:-1].sum()[None])
    unrest = max(0.0, float((past.squared - past.chance).mean()))
    logs = np.log((past.squared + _TINY) / (unrest + past.chance + _TINY)) / 2
    expected = unrest + float(now.chance[0]) + _TINY
    seen = math.log((float(now.squared[0]) + _TINY) / expected) / 2
    k = len(logs)
    spread = max(float(logs.std(ddof=1)) * math.sqrt(1 + 1 / k), 1e-6)
    centre = float(logs.mean())
    p = float(special.stdtr(k - 1, -(seen - centre) / spread))
    bound = math.sqrt(expected) * math.exp(min(50.0, centre - float(special.stdtrit(k - 1, alpha)) * spread))
    return Calibrated(math.sqrt(float(now.squared[0])), bound, p)


def _apart(one: Floats, n: Floats, other: Floats, m: Floats) -> _Apart:
    """Rows have length 1, so that their variance is 1 - |mean|^2."""
    x, y = one / n[:, None], other / m[:, None]
    variance = (1 - (x**2).sum(1)).clip(0.0), (1 - (y**2).sum(1)).clip(0.0)
    unbiased = variance[0] / np.maximum(n - 1, 1)
    return _Apart(((x - y) ** 2).sum(1), unbiased + variance[1] / m)


def _cosine(x: Floats, y: Floats) -> float:
    lengths = float(np.linalg.norm(x) * np.linalg.norm(y))
    return 1 - float(x @ y) / lengths if lengths > 0 else 1.0


def _began(day: int, before: Sequence[int], over: frozenset[int]) -> int:
    began = day
    for earlier in reversed(before):
        if earlier not in over:
            break
        began = earlier
    return began
