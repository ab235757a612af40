"""Does an answer say what its sources do not? A plain baseline by words and numbers: no model, no meaning.

It knows neither synonyms nor other languages than the sources': it is what a fact-checker has to beat, and stands beside
any score that arrives. Its metric is called `hallucination_overlap`, so that nobody takes it for more.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

COVERED = 0.5
"""The share of a sentence's words that must be in the sources for it to count as supported."""

LEAST = 4
"""Words that a sentence must have to be judged; greetings have fewer."""

_WORD = re.compile(r"[^\W\d_]{4,}")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_END = re.compile(r"(?<=[.!?])\s+|\n+")
_STEM = 6  # the first letters of a word stand for its forms


def supported(output: str, sources: Sequence[str]) -> float | None:
    """The share of sentences of `output` that the sources support, 0 to 1; None where no sentence can be judged.

    A sentence is supported when at least COVERED of its words of four letters or more occur in the sources (by their first
    six letters), and all of its numbers do.
    """
    words: set[str] = set()
    numbers: set[str] = set()
    for source in sources:
        words |= _words(source)
        numbers |= _numbers(source)
    if not words:
        return None
    judged = [_is_supported(s, words, numbers) for s in _END.split(output)]
    counted = [found for found in judged if found is not None]
    return sum(counted) / len(counted) if counted else None


def _is_supported(sentence: str, words: set[str], numbers: set[str]) -> bool | None:
    said = _words(sentence)
    figures = _numbers(sentence)
    if len(said) < LEAST and not (figures and said):
        return None
    return len(said & words) >= COVERED * len(said) and figures <= numbers


def _words(text: str) -> set[str]:
    return {w[:_STEM] for w in _WORD.findall(text.casefold())}


def _numbers(text: str) -> set[str]:
    """1,000.50 and 1.000,50 and 1000.50 are one number: the digits alone are compared."""
    return {re.sub(r"[.,]", "", n).lstrip("0") or "0" for n in _NUMBER.findall(text)}
