"""Does a search by embeddings still find what it found? A fixed set of probes, their nearest neighbours then and now.

Drift of what is searched for is stats/embedding.py; this is about the search itself: a model endpoint that changed under
an index of old embeddings leaves every dashboard green and returns nonsense. The probes never change, so that whatever
changes is the search's. Shares come with an interval (Clopper & Pearson) over probes, as a sample of all searches.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from cleanroom.core.base import noun
from cleanroom.core.stats.intervals import share_interval


@noun
class Share:
    """`hits` of `n`, and where the true share lies with probability 1 - alpha; `least`: what it must not fall below."""

    hits: int
    n: int
    lower: float
    upper: float
    least: float

    @property
    def share(self) -> float:
        """The share seen; 0 without probes."""
        return self.hits / self.n if self.n else 0.0

    @property
    def says(self) -> Literal["over", "within", "too few to tell"]:
        """'over' its bound where even `upper` is below the least, 'within' where `lower` is not."""
        return "over" if self.upper < self.least else "within" if self.lower >= self.least else "too few to tell"


@noun
class Validity:
    """`kept`: probes that kept at least `overlap` of their `k` neighbours; `found`: those that find their own document."""

    k: int
    overlap: float
    kept: Share
    found: Share | None

    @property
    def over(self) -> bool:
        """Either is over its bound."""
        return self.kept.says == "over" or (self.found is not None and self.found.says == "over")


def validity(
    then: ArrayLike,
    now: ArrayLike,
    home: ArrayLike | None = None,
    *,
    overlap: float = 0.6,
    least: float = 0.9,
    alpha: float = 0.05,
) -> Validity:
    """Whether the probes' neighbours `now` are those of `then`: places in the corpus, each of shape (probes, k).

    `home`: the place of each probe's own document, shape (probes,), for the share of probes that find it among their k
    (self-retrieval recall at k). The neighbours come from whatever serves production's searches, or a plain search by cosine.
    Raises ValueError for other shapes, or a place that one probe was given twice.
    """
    a, b = np.asarray(then, np.int64), np.asarray(now, np.int64)
    if a.ndim != 2 or a.shape != b.shape or not a.shape[1] or not (0 < overlap <= 1):
        raise ValueError("neighbours then and now have one shape, (probes, k), and the overlap is a share")
    if any(len(set(row)) < len(row) for row in (*a.tolist(), *b.tolist())):
        raise ValueError("a probe has the same neighbour twice")
    shared = (a[:, :, None] == b[:, None, :]).any(2).sum(1)
    kept = int((shared >= overlap * a.shape[1] - 1e-9).sum())
    found = None
    if home is not None:
        own = np.asarray(home, np.int64)
        if own.shape != (len(b),):
            raise ValueError("each probe has one document of its own")
        found = _share(int((b == own[:, None]).any(1).sum()), len(b), least, alpha)
    return Validity(a.shape[1], overlap, _share(kept, len(a), least, alpha), found)


def _share(hits: int, n: int, least: float, alpha: float) -> Share:
    lower, upper = share_interval(hits, n, alpha)
    return Share(hits, n, float(lower), float(upper), least)
