"""How far is a column's day from its baseline? KS, PSI and KL, or Jensen-Shannon of names, each with its bounds and tolerance."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from typing import Literal

import numpy as np

from cleanroom.core.base import noun
from cleanroom.core.stats import dispersion, distances, drift, sketch
from cleanroom.core.stats.correction import bonferroni
from cleanroom.core.stats.drift import Compared, Tolerances, Watched
from cleanroom.core.stats.sketch import Sketch

_WEEK = 7


@noun
class Apart:
    """The distances of a column's day from `beside`, each within bounds that hold for all columns of the day together."""

    column: str
    beside: str
    found: tuple[Compared, ...]
    lacks: str = ""

    @property
    def says(self) -> Literal["over", "within", "too few to tell"]:
        """Over when one of them is; within when all of them are; neither where the baseline `lacks` something."""
        if self.lacks:
            return "too few to tell"
        said = {c.says for c in self.found}
        return "over" if "over" in said else "within" if said == {"within"} else "too few to tell"

    @property
    def worst(self) -> Compared:
        """The one that is surest to be too far, else the one nearest to it."""
        rank = ("over", "too few to tell", "within")
        return min(self.found, key=lambda c: (rank.index(c.says), -_share(c.lower, c), -_share(c.distance, c)))

    def __str__(self) -> str:
        """One line for people."""
        return f"{self.column} beside {self.beside}: {'; '.join(map(told, self.found))}"


def told(c: Compared) -> str:
    """One distance: what it is, between which bounds, and what it may be."""
    upper = "any" if math.isinf(c.upper) else f"{c.upper:.2g}"
    return f"{c.name} {c.distance:.2g} ({c.lower:.2g} to {upper}; at most {c.tolerance:g})"


def measured(
    day: int,
    columns: Sequence[Watched],
    baselines: Mapping[str, Sketch],
    fresh: Collection[str],
    nearest: int,
    tolerances: Tolerances,
    rules: drift.Rules = drift.RULES,
) -> dict[str, Apart]:
    """By column, for those of `fresh`, which have no past to be judged by, and for those `nearest` of the others that have come
    farthest: bounds cost some milliseconds each.

    `baselines`: declared ones; a column without is compared with the same weekday of the weeks before, all of them together.
    What has nothing to be compared with is left out. Rows count for less where days move more than independent rows would,
    so that a column whose weeks differ anyway does not alarm because they do (stats/dispersion.py).
    """
    beside = {w.column: found for w in columns if (found := _baseline(day, w, baselines, rules)) is not None}
    known = [w for w in columns if w.column in beside and w.column not in fresh]
    known.sort(key=lambda w: -_rough(beside[w.column][0], w.today))
    told_of = {*fresh, *(w.column for w in known[:nearest])}
    alpha = bonferroni(rules.fdr, len(columns))
    out = {}
    for w in columns:
        if w.column in beside and w.column in told_of:
            past = [s.counts for _, s in _past(day, w, rules)]
            phi = dispersion.of_shares(past) if past else dispersion.ASSUMED
            enough = w.column in baselines or len(past) >= dispersion.FEWEST_DAYS
            lacks = "" if enough else f"{len(past)} before it do not say how far it moves by itself"
            baseline, name = beside[w.column]
            seen = drift.against(w.scale, baseline, w.today, tolerances, alpha, phi)
            out[w.column] = Apart(w.column, name, seen, lacks)
    return out


def _baseline(
    day: int, watched: Watched, baselines: Mapping[str, Sketch], rules: drift.Rules
) -> tuple[Sketch, str] | None:
    if watched.column in baselines:
        return baselines[watched.column], "the baseline"
    like = [s for d, s in _past(day, watched, rules) if (day - d) % _WEEK == 0]
    return (sketch.merged(like), _weeks(len(like))) if like else None


def _weeks(n: int) -> str:
    return f"the {n} weeks before" if n > 1 else "the week before"


def _past(day: int, watched: Watched, rules: drift.Rules) -> list[tuple[int, Sketch]]:
    """The days before that count, oldest first."""
    return [
        (d, s)
        for d, s in watched.history
        if day - d <= _WEEK * rules.weeks and d not in watched.over and s.rows >= rules.fewest_rows
    ]


def _rough(b: Sketch, c: Sketch) -> float:
    return distances.ks(np.array(b.counts), np.array(c.counts)) if b.filled and c.filled else 1.0


def _share(value: float, c: Compared) -> float:
    return value / c.tolerance if c.tolerance else value * 1e9
