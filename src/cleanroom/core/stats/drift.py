"""Has a column drifted today? Each day's sketch against the same weekday of the weeks before, all columns of a day together.

Five numbers are read off a day: the mean, spread, lower and upper tail mass of its filled rows (sketch.features), and the
share of nulls. Each is a t-score against the last 8 days of the same weekday; a column's p is min(1, 4 min p) of the first
four, and the nulls' own. A column has *shifted* when Benjamini & Hochberg's procedure at 1% over all columns of the day
keeps it AND what moved is farther away than 0.02, with certainty: KS - DKW > 0.02. At a million rows a day every column
differs from every other day, so that the first condition asks 'more than it usually does?' and the second 'does it matter?'.

A column has *crept* when the e-detector of its daily scores (day_scores.creep) passes 2,000 days between false alarms, and
its last seven days have come farther than the same 0.02 from the weeks before it began.

What `drifts` cannot judge it calls TooFew, which is no alarm and no all-clear. `against` judges without a history.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Literal, NamedTuple, get_args

import numpy as np
from numpy.typing import NDArray
from scipy import special

from cleanroom.core.base import noun
from cleanroom.core.stats import day_scores, distances, sketch
from cleanroom.core.stats.correction import benjamini_hochberg
from cleanroom.core.stats.intervals import share_interval
from cleanroom.core.stats.sketch import Categories, Scale, Sketch

Floats = NDArray[np.float64]

Part = Literal["mean", "spread", "lower tail", "upper tail", "nulls"]
PARTS: tuple[Part, ...] = get_args(Part)


@noun
class Rules:
    """What counts as drift. Raises ValueError when a number cannot be.

    `fdr`: error rate of Benjamini & Hochberg over a day's columns; `floor`: a distance that does not matter; `band`: error
    of the DKW band; `creep`: the e-detector's limit, in days between false alarms of a column; `weeks`: of the same
    weekday to compare with, and `fewest_weeks` of them; `fewest_rows` of a day.
    """

    fdr: float = 0.01
    floor: float = 0.02
    band: float = 0.01
    creep: float = 2000.0
    weeks: int = 8
    fewest_weeks: int = 4
    fewest_rows: int = 100

    def __post_init__(self) -> None:
        if not (0 < self.fdr < 1 and 0 <= self.floor < 1 and 0 < self.band < 1 and self.creep > 1):
            raise ValueError("fdr and band lie between 0 and 1, the floor is a distance below 1, creep is above 1")
        if not (2 <= self.fewest_weeks <= self.weeks and self.fewest_rows >= 1):
            raise ValueError("at least 2 weeks and 1 row are needed, and no more weeks than are looked at")


RULES = Rules()


@noun
class Watched:
    """A column to be judged: `today`'s sketch, and `history`: (day number, sketch) of days before, in any order.

    A day number counts days (for example since 1970); day % 7 is its weekday. `over`: days that were found over their bound
    or were exceptions (a sale): they are compared with nothing. To accept a new level, give the history from there on.
    """

    column: str
    scale: Scale
    today: Sketch
    history: tuple[tuple[int, Sketch], ...]
    over: frozenset[int] = frozenset()


@noun
class Judged:
    """What a column's day says.

    `part`: what moved most. `distance`: how far the filled rows (KS) or the share of nulls are from the days compared with;
    it is known to `band`; `bound`: what distance - band must not pass. `p`: of the parts together; `adjusted` for all columns
    of the day, at most `fdr` in a shift. `evidence`: of creep, so far. `since`: the first day of this drift, None when steady.
    `n` rows today against `m` on `weeks` days.
    """

    column: str
    day: int
    says: Literal["steady", "shifted", "crept"]
    part: Part
    distance: float
    band: float
    bound: float
    p: float
    adjusted: float
    evidence: float
    since: int | None
    n: int
    m: int
    weeks: int

    @property
    def over(self) -> bool:
        """Over its bound."""
        return self.says != "steady"

    @property
    def sees(self) -> float:
        """The least distance that could have been found over the bound with so many rows."""
        return min(1.0, self.bound + self.band)


@noun
class TooFew:
    """Too few rows today, or too few weeks before, to tell; `why` says which. Neither an alarm nor an all-clear."""

    column: str
    day: int
    why: str
    n: int
    weeks: int


Drift = Judged | TooFew


class _Read(NamedTuple):
    """A column in arrays over its days in order, today last; `parts` and the variance chance gives them: (days, 5)."""

    days: tuple[int, ...]
    counts: Floats
    nulls: Floats
    kept: tuple[bool, ...]
    parts: Floats
    noise: Floats


class _Scored(NamedTuple):
    """Scores by day (day_scores.scores); the days today is compared with, (days,), and each day, (days, days)."""

    z: Floats
    like: NDArray[np.bool_]
    all_week: NDArray[np.bool_]


def drifts(day: int, columns: Sequence[Watched], rules: Rules = RULES) -> tuple[Drift, ...]:
    """What each of a day's columns says, in the order given. All columns that share an alarm belong into one call.

    Raises ValueError when a sketch is not of its column's scale, or a day of history is not before `day` or comes twice.
    """
    read = [_read(day, column, rules) for column in columns]
    scored = [_scored(r, rules) for r in read]
    p = [_p_values(r, s, rules) for r, s in zip(read, scored, strict=True)]
    asked = [(i, j) for i, pair in enumerate(p) for j in (0, 1) if not math.isnan(pair[j])]
    adjusted = np.full((len(columns), 2), np.nan)
    if asked:
        adjusted[tuple(zip(*asked, strict=True))] = benjamini_hochberg([p[i][j] for i, j in asked])
    return tuple(
        _judged(day, column, r, s, (pair, (float(a[0]), float(a[1]))), rules)
        for column, r, s, pair, a in zip(columns, read, scored, p, adjusted, strict=True)
    )


def _read(day: int, column: Watched, rules: Rules) -> _Read:
    past = sorted(column.history, key=lambda pair: pair[0])
    days = (*(d for d, _ in past), day)
    if any(a >= b for a, b in itertools.pairwise(days)):
        raise ValueError(f"{column.column}: each day of the history comes once, and before the day that is judged")
    sketches = [*(s for _, s in past), column.today]
    known, cells = sketch.name(column.scale), len(column.scale.shares)
    if any(s.scale != known or len(s.counts) != cells for s in sketches):
        raise ValueError(f"{column.column}: a sketch was counted on another scale")
    counts, nulls = np.array([s.counts for s in sketches], float), np.array([s.nulls for s in sketches], float)
    filled = counts.sum(1)
    enough = filled + nulls >= rules.fewest_rows
    kept = [bool(ok) and d not in column.over for d, ok in zip(days, enough, strict=True)]
    parts, noise = _parts(sketch.features(column.scale), counts, nulls)
    parts[filled < rules.fewest_rows, :4] = np.nan
    return _Read(days, counts, nulls, (*kept[:-1], True), parts, noise)


def _parts(features: Floats, counts: Floats, nulls: Floats) -> tuple[Floats, Floats]:
    """The five numbers of each day and the variance that chance alone gives them; half a row more keeps it above 0."""
    n = np.maximum(counts.sum(1), 1.0)[:, None]
    means = counts @ features / n
    variances = (counts @ features**2 / n - means**2 + 0.5 / n).clip(0.5 / n) / n
    rows = np.maximum(counts.sum(1) + nulls, 1.0)
    share = nulls / rows
    null_variance = (share * (1 - share) + 0.5 / rows) / rows
    return np.column_stack([means, share]), np.column_stack([variances, null_variance])


def _scored(read: _Read, rules: Rules) -> _Scored:
    groups = day_scores.compared(read.days, read.kept, rules.weeks)
    z = day_scores.scores(read.days, read.parts, read.noise, groups, rules.fewest_weeks)
    return _Scored(z, groups[read.days[-1] % 7, -1], np.asarray(groups.any(0), bool))


def _p_values(read: _Read, scored: _Scored, rules: Rules) -> tuple[float, float]:
    """p of the filled rows' four parts and of the nulls; NaN where it cannot be told or where there never was a null."""
    p = 2 * special.ndtr(-np.abs(scored.z[-1]))
    values = math.nan if np.isnan(p[:4]).any() else min(1.0, 4 * float(p[:4].min()))
    enough = read.counts[-1].sum() + read.nulls[-1] >= rules.fewest_rows
    return values, float(p[4]) if enough and read.nulls.any() else math.nan


class _Far(NamedTuple):
    """A distance, the band around it, and the rows compared with."""

    distance: float
    band: float
    m: float

    @property
    def sure(self) -> float:
        return self.distance - self.band


def _values(read: _Read, now: NDArray[np.intp], then: NDArray[np.intp], alpha: float) -> _Far:
    b, c = read.counts[then].sum(0), read.counts[now].sum(0)
    m, n = float(b.sum()), float(c.sum())
    if not (n and m):
        return _Far(0.0, 1.0, m)
    return _Far(distances.ks(b, c), distances.dkw(m, n, alpha), m)


def _null_share(read: _Read, now: NDArray[np.intp], then: NDArray[np.intp], alpha: float) -> _Far:
    n, m = (float(read.counts[at].sum() + read.nulls[at].sum()) for at in (now, then))
    if not (n and m):
        return _Far(0.0, 1.0, m)
    apart = abs(float(read.nulls[now].sum()) / n - float(read.nulls[then].sum()) / m)
    return _Far(apart, distances.dkw(n, m, alpha), m)


Ps = tuple[tuple[float, float], tuple[float, float]]


def _judged(day: int, column: Watched, read: _Read, scored: _Scored, ps: Ps, rules: Rules) -> Drift:
    """The day of one column. `ps`: p of values and nulls, and both adjusted for all columns."""
    today = np.array([len(read.days) - 1])
    then = np.flatnonzero(scored.like)
    values, nulls = _values(read, today, then, rules.band), _null_share(read, today, then, rules.band)
    p, adjusted = ps
    shifted = [a <= rules.fdr and far.sure > rules.floor for a, far in zip(adjusted, (values, nulls), strict=True)]
    evidence, part, onset = _creep(read, scored)
    z = np.nan_to_num(np.abs(scored.z[-1]))

    def found(says: Literal["steady", "shifted", "crept"], which: Part, far: _Far, since: int | None) -> Judged:
        at = 1 if which == "nulls" else 0
        return Judged(
            column.column, day, says, which, far.distance, far.band, rules.floor, p[at], adjusted[at], evidence, since,
            int(column.today.rows if at else column.today.filled), int(far.m), len(then),
        )  # fmt: skip

    if any(shifted):
        of_nulls = shifted[1] and not (shifted[0] and values.sure >= nulls.sure)
        return found("shifted", "nulls" if of_nulls else _part(z), nulls if of_nulls else values, _began(column, read))
    if math.isnan(p[0]):
        return TooFew(column.column, day, _why(column, len(then), rules), column.today.filled, len(then))
    if evidence > rules.creep:
        now = np.flatnonzero(np.array(read.kept))[-7:]
        before = np.flatnonzero(scored.all_week[onset])
        far = (_null_share if part == "nulls" else _values)(read, now, before, rules.band)
        if far.sure > rules.floor:
            return found("crept", part, far, read.days[onset])
    of_nulls = bool(p[1] < p[0])
    return found("steady", "nulls" if of_nulls else _part(z), nulls if of_nulls else values, None)


def _part(z: Floats) -> Part:
    return PARTS[int(z[:4].argmax())]


def _why(column: Watched, weeks: int, rules: Rules) -> str:
    if column.today.filled < rules.fewest_rows:
        return f"{column.today.filled} rows with a value today, {rules.fewest_rows} are needed"
    return f"{weeks} days of this weekday to compare with, {rules.fewest_weeks} are needed"


def _began(column: Watched, read: _Read) -> int:
    """The first of the unbroken days over the bound that end today."""
    began = read.days[-1]
    for day in reversed(read.days[:-1]):
        if day not in column.over:
            break
        began = day
    return began


def _creep(read: _Read, scored: _Scored) -> tuple[float, Part, int]:
    """(evidence, part, index of the day it began on) of a slow change up to today; days left out bet nothing."""
    used = np.flatnonzero(np.array(read.kept) & ~np.isnan(scored.z).all(1))
    if not used.size:
        return 0.0, "mean", len(read.days) - 1
    found = day_scores.creep(scored.z[used])
    return found.evidence, PARTS[found.number], int(used[found.onset])


@noun
class Compared:
    """A distance without history: inside `lower` and `upper`, with probability 1 - alpha, and what it may be at most.

    `says`: 'over' when even `lower` is beyond the tolerance, 'within' when `upper` is not, else 'too few to tell'; with
    more rows the bounds close in, and `n` (today) and `m` (baseline) say how many there are.
    """

    name: Literal["KS", "PSI", "KL", "JS", "nulls"]
    distance: float
    lower: float
    upper: float
    tolerance: float
    n: int
    m: int

    @property
    def says(self) -> Literal["over", "within", "too few to tell"]:
        """Against the tolerance."""
        return (
            "over" if self.lower > self.tolerance else "within" if self.upper <= self.tolerance else "too few to tell"
        )


@noun
class Tolerances:
    """The largest distances that are accepted where there is no history.

    KL has half of what PSI has, which is the sum of KL one way and the other.
    """

    ks: float = 0.1
    psi: float = 0.2
    kl: float = 0.1
    js: float = 0.1
    nulls: float = 0.05


def against(
    scale: Scale,
    baseline: Sketch,
    candidate: Sketch,
    tolerances: Tolerances | None = None,
    alpha: float = 0.05,
    dispersion: float = 1.0,
) -> tuple[Compared, ...]:
    """A candidate against a baseline when there is no history: KS, PSI, KL, nulls of an ordered column, JS, nulls of names.

    The hypothesis is 'distance <= tolerance', shared out over the distances (Bonferroni). KS within its DKW band; PSI, KL and
    JS with bootstrap bounds seeded by the counts; nulls by the limits of two shares. `dispersion`: stats/dispersion.py.
    """
    allowed, each = tolerances or Tolerances(), alpha / (2 if isinstance(scale, Categories) else 4)
    sizes = candidate.filled, baseline.filled
    names: list[tuple[Literal["KS", "PSI", "KL", "JS"], distances.Bounded, float]]
    if isinstance(scale, Categories):
        names = [("JS", sketch.jensen_shannon(baseline, candidate, each, dispersion), allowed.js)]
    else:
        names = [
            ("KS", sketch.ks(baseline, candidate, each, dispersion), allowed.ks),
            ("PSI", sketch.psi(baseline, candidate, each, dispersion), allowed.psi),
            ("KL", sketch.kl(baseline, candidate, each, dispersion), allowed.kl),
        ]
    nulls = _nulls_apart(baseline, candidate, each, dispersion)
    made = [Compared(name, *bounds, limit, *sizes) for name, bounds, limit in names]
    return (*made, Compared("nulls", *nulls, allowed.nulls, candidate.rows, baseline.rows))


def _nulls_apart(b: Sketch, c: Sketch, alpha: float, dispersion: float) -> distances.Bounded:
    """How far the shares of nulls are from each other: Clopper-Pearson limits combined as in Newcombe 1998 (method 10)."""
    if not (b.rows and c.rows):
        return distances.Bounded(0.0, 0.0, 1.0)
    (low, x, n), (high, y, m) = sorted((s.nulls / s.rows, s.nulls / dispersion, s.rows / dispersion) for s in (b, c))
    (l1, u1), (l2, u2) = (map(float, share_interval(k, of, alpha)) for k, of in ((x, n), (y, m)))
    apart = high - low
    lower, upper = apart - math.hypot(high - l2, u1 - low), apart + math.hypot(u2 - high, low - l1)
    return distances.Bounded(apart, max(0.0, lower), min(1.0, max(upper, -lower)))
