"""Has what embeddings stand for moved? The day's mean and its maximum mean discrepancy, each against past days."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

from cleanroom.core.base import noun
from cleanroom.core.sensors.daily import begin
from cleanroom.core.sensors.result import Over, Quiet, Result, TooFew
from cleanroom.core.stats import embedding
from cleanroom.core.stats.embedding import EmbeddingDay, Meant


@noun
class Meaning:
    """Arrays of numbers in column `embedding` of a table, by day. `most`: rows of a day that are looked at."""

    data: str
    time: str
    embedding: str = "embedding"
    most: int = 2000
    delay: float = 6 * 3600.0
    kind: Literal["meaning"] = "meaning"

    def judge(self, day: int, days: Mapping[int, EmbeddingDay], over: frozenset[int], since: int) -> Moved:
        """One day against those from `since` on that come before it."""
        today = days.get(day)
        covers = f"up to {self.most:,} embeddings a day"
        if today is None:
            return Moved(TooFew(covers, "embeddings on that day"), False)
        history = [(d, s) for d, s in days.items() if since <= d < day]
        found = embedding.meant(day, today, history, over)
        if not isinstance(found, Meant):
            return Moved(TooFew(covers, found.why), False)
        return Moved(_result(found), found.over)


class Moved(NamedTuple):
    """The result of a day, and whether it was over its bound."""

    result: Result
    over: bool


def _result(found: Meant) -> Result:
    covers = f"{found.n:,} embeddings against {found.m:,} of {found.days} days"
    worse = min(("mean", found.mean), ("distribution", found.mmd), key=lambda pair: pair[1].p)
    seen = f"{worse[0]} {worse[1].distance:.3g}"
    bound = f"{worse[0]} at most {worse[1].bound:.3g} on all but {found.alpha:.0%} of quiet days"
    fixed = (
        f"cosine shift {found.cosine:.3g}; the playbooks' fixed {embedding.FIXED:g} would "
        f"{'alarm' if found.fixed_over else 'say nothing'}"
    )
    if not found.over:
        return Quiet(f"{covers}; {fixed}", seen, bound)
    return Over(
        f"embeddings have moved: their {worse[0]} by {worse[1].distance:.3g}, {worse[1].bound:.3g} is what quiet days reach",
        bound,
        seen,
        begin(found.since if found.since is not None else found.day),
        covers,
        (
            f"mean: {found.mean.distance:.4g}, bound {found.mean.bound:.4g}, p {found.mean.p:.2g}",
            f"MMD: {found.mmd.distance:.4g}, bound {found.mmd.bound:.4g}, p {found.mmd.p:.2g}",
            fixed,
        ),
    )
