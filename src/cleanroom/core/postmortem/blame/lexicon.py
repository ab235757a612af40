"""How are lists of words written down as data? One text each, so that they can be read, sorted and compared."""

from __future__ import annotations


def word_list(text: str) -> tuple[str, ...]:
    """The words of a text, in its order."""
    return tuple(text.split())


def word_set(text: str) -> frozenset[str]:
    """The words of a text."""
    return frozenset(word_list(text))


def phrases(text: str) -> tuple[str, ...]:
    """Phrases with `|` between them, blanks inside made single."""
    return tuple(" ".join(phrase.split()) for phrase in text.split("|"))
