"""Many comparisons at once: which stand, when the error rate is promised for all of them together?"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def bonferroni(alpha: float, comparisons: int) -> float:
    """The error rate of each of `comparisons` so that any false one has probability <= alpha, however they depend."""
    return alpha / max(1, comparisons)


def benjamini_hochberg(p: ArrayLike) -> Floats:
    """Adjusted p-values that control the expected share of false ones (Benjamini & Hochberg 1995, JRSS B 57:289)."""
    values = np.asarray(p, float)
    order = np.argsort(values, kind="stable")
    n = len(values)
    stepped = np.minimum.accumulate((values[order] * n / np.arange(1, n + 1))[::-1])[::-1]
    out = np.empty_like(values)
    out[order] = np.minimum(stepped, 1.0)
    return out
