"""Is a text an attack on the model that reads it? The classifier over windows of sentences, and what speaks for its answer.

A logistic regression on what a window shows (cues.py) and on its words, hashed; a text has the score of its worst window.
benches/injection_train.py makes the weights.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from cleanroom.core.base import noun
from cleanroom.core.injection.cues import ALL_NAMES, ALONE, PLACE, REASONS
from cleanroom.core.injection.features import Windows, features

OWASP = "LLM01:2025 Prompt Injection"
"""Its name in the OWASP Top 10 for LLM applications."""

ATLAS = "AML.T0051 LLM Prompt Injection"
"""Its name in MITRE ATLAS."""

LONGEST = 200_000
"""Signs of a text that are read: the first and the last half of it. What lies between is said to be unread, not to be clean."""

_EVIDENCE = 5


@noun
class Weights:
    """What training found. `shows`: by name of what a window shows; `words`: by bucket; `bias`.

    lengths, thresholds   a text of fewer than lengths[i] signs is an attack above thresholds[i]: one more threshold than lengths
    """

    shows: NDArray[np.float32]
    words: NDArray[np.float32]
    bias: float
    lengths: tuple[int, ...]
    thresholds: tuple[float, ...]

    def threshold(self, length: int) -> float:
        """Above which log-odds a text of that many signs is an attack: more windows have more chances to look like one."""
        return self.thresholds[bisect_right(self.lengths, length)]


@noun
class Injection:
    """An attack from `start` to `end` of a text: its log-odds beside the threshold, what shows it, and how it was hidden."""

    score: float
    threshold: float
    start: int
    end: int
    evidence: tuple[str, ...]
    how: str = ""


def judge(text: str, weights: Weights) -> Injection | None:
    """The attack in a text, or None. Never raises; time is linear in the text's length, up to LONGEST signs."""
    found = worst(text, weights)
    return found if found is not None and found.score > found.threshold else None


def worst(text: str, weights: Weights) -> Injection | None:
    """The worst window of a text with its score, whether or not it is an attack; None for a text without any words."""
    parts = (
        [(text, 0)]
        if len(text) <= LONGEST
        else [(text[: LONGEST // 2], 0), (text[-LONGEST // 2 :], len(text) - LONGEST // 2)]
    )
    threshold = weights.threshold(sum(len(part) for part, _ in parts))
    found = [_worst(part, shift, threshold, weights) for part, shift in parts]
    return max((f for f in found if f is not None), key=lambda f: f.score, default=None)


def _worst(text: str, shift: int, threshold: float, weights: Weights) -> Injection | None:
    windows = features(text)
    if not len(windows.first):
        return None
    scores = scores_of(windows, weights)
    best = int(scores.argmax())
    first, last = int(windows.first[best]), int(windows.last[best])
    segments = windows.segments[first:last]
    start, end = min(s.start for s in segments), max(s.end for s in segments)
    evidence = tuple(_evidence(windows.shows[best], weights))
    how = ", ".join(dict.fromkeys(s.how for s in segments if s.how))
    return Injection(round(float(scores[best]), 3), threshold, start + shift, end + shift, evidence, how)


def scores_of(windows: Windows, weights: Weights) -> NDArray[np.float64]:
    """The log-odds of each window."""
    sums = np.array([weights.words[s.words].sum(dtype=np.float64) for s in windows.segments])
    sizes = np.array([len(s.words) for s in windows.segments])
    total, size = (np.concatenate(([0], np.cumsum(part))) for part in (sums, sizes))
    words = (total[windows.last] - total[windows.first]) / np.sqrt(
        np.maximum(size[windows.last] - size[windows.first], 1)
    )
    return np.asarray(windows.shows @ weights.shows.astype(np.float64) + words + weights.bias)


def _evidence(shows: NDArray[np.float32], weights: Weights) -> Iterable[str]:
    """What speaks loudest for an attack, in words."""
    weight = shows * weights.shows
    said: dict[str, None] = {}
    for place in np.argsort(-weight):
        name = ALL_NAMES[int(place)]
        if weight[place] <= 0 or len(said) >= _EVIDENCE:
            break
        if name in REASONS:
            said[REASONS[name]] = None
    return said


def by_patterns(text: str) -> bool:
    """Would patterns alone call it an attack? One window shows a cue that is enough by itself, or three cues; for comparison."""
    shows = features(text).shows
    alone = [PLACE[name] for name in sorted(ALONE)]
    return bool(len(shows)) and bool(
        (shows[:, alone].any(axis=1) | (shows[:, ALL_NAMES.index("3 cues or more")] > 0)).any()
    )
