"""On what data is drift judged? Simulated columns with weekdays and days that are simply different, and simulated embeddings.

A column is a distribution of standard deviation 1, moved by its weekday, by its day, and by what is to be found. A day of
10^6 rows is not drawn value by value: its 64 cells are one multinomial draw, which has exactly the distribution that
counting 10^6 independent values would have.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special, stats

from cleanroom.core.stats import embedding, sketch
from cleanroom.core.stats.embedding import EmbeddingDay
from cleanroom.core.stats.sketch import Quantiles, Sketch

Floats = NDArray[np.float64]

BEFORE = 56
"""Days before the first that is judged: the eight weeks."""


@dataclass(frozen=True)
class Shape:
    """A distribution by its quantiles, and its distribution function just below x; mean 0 and standard deviation 1."""

    quantile: Callable[[Floats], Floats]
    below: Callable[[Floats], Floats]


def _gamma() -> Shape:
    root = np.sqrt(2.0)
    return Shape(
        lambda p: special.gammaincinv(2.0, p) / root - root, lambda x: special.gammainc(2.0, (x + root).clip(0) * root)
    )


def _heavy() -> Shape:
    scale = np.sqrt(2.0)  # a t of 4 degrees has variance 2
    return Shape(lambda p: stats.t.ppf(p, 4) / scale, lambda x: stats.t.cdf(x * scale, 4))


NORMAL = Shape(special.ndtri, special.ndtr)
"""Also whatever is a monotone function of a normal (a lognormal price): quantile cells see no difference."""

SHAPES: dict[str, Shape] = {"normal": NORMAL, "skewed": _gamma(), "heavy tails": _heavy()}


@dataclass(frozen=True)
class Column:
    """How a column lives. `weekday`, `spread`: shift and log scale by weekday, shape (7,); `wobble`: sd of the shift by day.

    `grain` > 0 rounds values down to its multiples; `floor` cuts them off from below (a third at one value); `nulls`: log
    odds of a null, or None.
    """

    shape: str
    weekday: Floats
    spread: Floats
    wobble: float
    grain: float
    floor: float
    nulls: float | None


@dataclass(frozen=True)
class World:
    """50 columns and what makes quiet days differ: see `column`. `noisy`: days 5 and 6 of a week wobble so much more;
    `memory`: how much of a day's wobble the next day keeps; `season`: a yearly wave, in standard deviations."""

    name: str
    rows: int
    columns: int = 50
    weekday: float = 0.1
    wobble: tuple[float, float] = (0.002, 0.012)
    noisy: float = 1.0
    memory: float = 0.0
    season: float = 0.0

    def of(self, **changes: Any) -> World:
        """The world with some of it changed."""
        return replace(self, **changes)


def column(world: World, i: int, rng: np.random.Generator) -> Column:
    """The i-th column: shapes take turns, a quarter is rounded, a sixth piles up at its floor, a third has nulls."""
    return Column(
        list(SHAPES)[i % len(SHAPES)],
        rng.normal(0, world.weekday, 7),
        rng.normal(0, 0.03, 7),
        rng.uniform(*world.wobble),
        0.5 if i % 4 == 1 else 0.0,
        -0.43 if i % 6 == 2 else -np.inf,
        float(rng.uniform(-5, -1)) if i % 3 == 0 else None,
    )


@dataclass(frozen=True)
class Simulated:
    """A column over days: its scale, its sketches by day (from day 0), and the chances they were drawn from."""

    scale: Quantiles
    days: tuple[Sketch, ...]
    edges: Floats
    moved: Floats  # (days, 2): shift and log scale
    null_odds: Floats
    column: Column
    rows: int

    def again(self, day: int, shift: float, rng: np.random.Generator) -> Sketch:
        """Day `day` drawn again, and moved by `shift` standard deviations."""
        moved = self.moved[day : day + 1] + np.array([shift, 0.0])
        return _drawn(self.column, self.scale, self.edges, moved, self.null_odds[day : day + 1], self.rows, rng)[0]


def simulated(world: World, i: int, days: int, rng: np.random.Generator) -> Simulated:
    """Column i of a world over `days` days; its scale is that of the first eight weeks."""
    made = column(world, i, rng)
    week = np.arange(days) % 7
    wobble = np.empty((days, 2))
    wobble[0] = rng.normal(size=2)
    for day in range(1, days):
        kept = world.memory
        wobble[day] = kept * wobble[day - 1] + np.sqrt(1 - kept**2) * rng.normal(size=2)
    wobble *= made.wobble * np.where(week >= 5, world.noisy, 1.0)[:, None]
    wave = world.season * np.sin(2 * np.pi * (np.arange(days) / 365 + rng.random()))
    moved = np.column_stack([made.weekday[week] + wave, made.spread[week]]) + wobble
    null_odds = (made.nulls or 0.0) + rng.normal(0, 0.1, 7)[week] + wobble[:, 0]
    edges = np.array(sketch.edges_of(_quantiles(made)))
    blank = Quantiles(tuple(edges.tolist()), (1 / (len(edges) + 1),) * (len(edges) + 1))
    draws = _drawn(made, blank, edges, moved, null_odds, world.rows, rng)
    scale = sketch.from_counts(blank.edges, sketch.merged(draws[:BEFORE]).counts)
    named = tuple(replace(s, scale=sketch.name(scale)) for s in draws)
    return Simulated(scale, named, edges, moved, null_odds, made, world.rows)


def _quantiles(made: Column) -> Floats:
    found = SHAPES[made.shape].quantile(np.arange(1, sketch.CELLS) / sketch.CELLS)
    if made.grain:
        found = np.floor(found / made.grain) * made.grain
    return np.maximum(found, made.floor)


def _drawn(
    made: Column, scale: Quantiles, edges: Floats, moved: Floats, odds: Floats, rows: int, rng: np.random.Generator
) -> list[Sketch]:
    """One sketch a day: nulls binomial, cells multinomial."""
    at = np.ceil(edges / made.grain) * made.grain if made.grain else edges
    at = np.where(at <= made.floor, -np.inf, at)
    finite = np.where(np.isfinite(at), at, 0.0)
    below = SHAPES[made.shape].below((finite[None, :] - moved[:, :1]) / np.exp(moved[:, 1:]))
    below = np.where(np.isfinite(at), below, 0.0)
    chance = np.diff(np.column_stack([np.zeros(len(moved)), below, np.ones(len(moved))]), axis=1).clip(0.0)
    nulls = np.zeros(len(moved), np.int64) if made.nulls is None else rng.binomial(rows, special.expit(odds))
    counts = rng.multinomial(rows - nulls, chance / chance.sum(1, keepdims=True))
    own = sketch.name(scale)
    return [Sketch(own, tuple(c.tolist()), int(n)) for c, n in zip(counts, nulls, strict=True)]


@dataclass(frozen=True)
class Talk:
    """What people ask a system, as embeddings: topics around a common theme, whose weights wobble from day to day.

    `size`: of an embedding; `theme`, `topic`: how long these parts are beside noise of length 1; `unrest`: sd of the log
    weights by day, as far as the day differs.
    """

    size: int = 64
    topics: int = 12
    theme: float = 0.75
    topic: float = 0.75
    unrest: float = 0.1

    def crowd(self, rng: np.random.Generator) -> Crowd:
        """A population to draw days from: EACH embeddings a topic, with their features."""
        theme = _direction(rng, 1, self.size) * self.theme
        centres = theme + _direction(rng, self.topics + 1, self.size) * self.topic
        noise = rng.normal(0, 1 / np.sqrt(self.size), ((self.topics + 1) * EACH, self.size))
        rows = embedding.unit(np.repeat(centres, EACH, axis=0) + noise)
        space = embedding.Space(self.size, embedding.width_of(rows[:-EACH]))
        return Crowd(self, rows, embedding.features(space, rows))


EACH = 500


@dataclass(frozen=True)
class Crowd:
    """All that could be asked: embeddings of length 1 and their features; the last EACH are of the new topic."""

    talk: Talk
    rows: Floats
    waves: Floats

    def day(self, n: int, new: float, rng: np.random.Generator) -> EmbeddingDay:
        """The sums of a day of n, of which `new` ask about what nobody asked about before."""
        topics = self.talk.topics
        weight = np.exp(rng.normal(0, self.talk.unrest, topics)) / np.arange(1, topics + 1)
        topic = rng.choice(topics + 1, n, p=np.append(weight / weight.sum() * (1 - new), new))
        which = topic * EACH + rng.integers(EACH, size=n)
        total, waves = self.rows[which].sum(0), self.waves[which].sum(0)
        return EmbeddingDay(n, tuple(total.tolist()), tuple(waves.tolist()))


def _direction(rng: np.random.Generator, n: int, size: int) -> Floats:
    made = rng.normal(size=(n, size))
    return np.asarray(made / np.linalg.norm(made, axis=1, keepdims=True))
