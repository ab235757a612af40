"""What does each stretch of a text show? Windows of sentences, with what they show and the words that they hold, as arrays."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import chain, pairwise
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from cleanroom.core.base import noun
from cleanroom.core.injection.cues import CLOSE, CROSS, MANY_CUES, MANY_IDEAS, NAMES, PLACE, SUSPECT, shown
from cleanroom.core.injection.lexicon import WHOLE, WORD
from cleanroom.core.injection.plain import COMMON, Layer, layers, readings

BUCKETS = 1 << 13
"""Places of the hashed words and pairs of words."""

LONGEST_SEGMENT = 320
"""Signs of a sentence, at most; longer ones are cut at a blank."""

SHORTEST_SEGMENT = 24
"""Signs of a sentence, at least: shorter ones go with what follows, so that a text of dots has no more windows than others."""

_SENTENCES, _SHORT, _MOST = 3, 240, 12
_END = re.compile(r"\n+|(?<=[.!?;])\s+|(?<=[。！？；])")
_READABLE = re.compile(r"[^\W_]")
_PAIRS = np.array([(PLACE[a], PLACE[b]) for a, b in CROSS], np.intp)


@noun
class Segment:
    """A sentence of one reading of the text: where it stands in the text as given, what it shows, and its words hashed."""

    start: int
    end: int
    size: int
    shows: frozenset[int]
    words: NDArray[np.intp]
    how: str


@noun
class Windows:
    """n windows: `shows` (n x names, 0 or 1); the words of window i are segments first[i] up to last[i] of `segments`."""

    shows: NDArray[np.float32]
    first: NDArray[np.intp]
    last: NDArray[np.intp]
    segments: tuple[Segment, ...]


def features(text: str) -> Windows:
    """All windows of all readings of a text, in time linear in its length.

    A window is one to three sentences that follow each other, or up to twelve short ones (240 signs together): what is
    added at the end of a text adds windows and takes none away, if the text ended with a sentence of its own.
    """
    segments: list[Segment] = []
    spans: list[tuple[int, int]] = []
    for run in _runs(text):
        begin = len(segments)
        segments += run
        spans += ((begin + a, begin + b) for a, b in _windows(run))
    first, last = (np.array([s[k] for s in spans], np.intp) for k in (0, 1))
    return Windows(_shows(segments, first, last), first, last, tuple(segments))


def _runs(text: str) -> Iterator[list[Segment]]:
    """The sentences of each reading: as they stand, decoded, and with each kind of disguise taken off."""
    for layer in layers(text):
        plain: list[Segment] = []
        others: dict[str, list[Segment]] = {}
        for start, end in _segments(layer.text):
            raw = layer.text[start:end]
            for read, how in readings(raw):
                made = _segment(layer, start, end, raw, read, how)
                (others.setdefault(how, []) if how else plain).append(made)
        yield plain
        yield from others.values()


def _segment(layer: Layer, start: int, end: int, raw: str, read: str, how: str) -> Segment:
    text = parted(read) if how == "spaced letters" else read
    span = layer.span(start, end)
    shows = shown(raw, text, how, hidden=bool(layer.how))
    return Segment(*span, end - start, shows, _hashed(text), ", ".join(h for h in (layer.how, how) if h))


def _segments(text: str) -> Iterator[tuple[int, int]]:
    """Where sentences begin and end: at least SHORTEST_SEGMENT signs, but for the last, and something to read in each."""
    begin = 0
    for end, after in chain(((m.start(), m.end()) for m in _END.finditer(text)), ((len(text), len(text)),)):
        if end - begin < SHORTEST_SEGMENT and end < len(text):
            continue
        while end - begin > LONGEST_SEGMENT:
            cut = text.rfind(" ", begin + LONGEST_SEGMENT // 2, begin + LONGEST_SEGMENT)
            cut = cut if cut > 0 else begin + LONGEST_SEGMENT
            yield begin, cut
            begin = cut
        if _READABLE.search(text, begin, end):
            yield begin, end
        begin = after


def _windows(run: Sequence[Segment]) -> Iterator[tuple[int, int]]:
    for i in range(len(run)):
        size = 0
        for j in range(i, min(i + _MOST, len(run))):
            size += run[j].size
            if j - i >= _SENTENCES and size > _SHORT:
                break
            yield i, j + 1


def _shows(segments: Sequence[Segment], first: NDArray[np.intp], last: NDArray[np.intp]) -> NDArray[np.float32]:
    table = np.zeros((len(segments), len(NAMES)), np.bool_)
    for i, segment in enumerate(segments):
        table[i, list(segment.shows)] = True
    counts = np.vstack((np.zeros((1, len(NAMES)), np.int32), np.cumsum(table, axis=0, dtype=np.int32)))
    found = counts[last] > counts[first]
    cross = found[:, _PAIRS[:, 0]] & found[:, _PAIRS[:, 1]]
    ideas, cues = (found[:, list(places)].sum(axis=1)[:, None] for places in (SUSPECT, CLOSE))
    return np.hstack((found, cross, ideas >= MANY_IDEAS, cues >= MANY_CUES)).astype(np.float32)


def _hashed(text: str) -> NDArray[np.intp]:
    words = [m[0] if not m[0].isdigit() else "0" for m in WORD.finditer(text)]
    terms = {*words, *(f"{a} {b}" for a, b in pairwise(words))}
    return np.fromiter(sorted(_bucket(t) for t in terms), np.intp)


@lru_cache(maxsize=50_000)
def _bucket(term: str) -> int:
    return crc32(term.encode("utf-8", "replace")) % BUCKETS


_VOCABULARY = frozenset(t for t in WHOLE if " " not in t and (len(t) > 2 or t in COMMON)) | COMMON
_LONGEST_WORD = max(len(w) for w in _VOCABULARY)


def parted(text: str) -> str:
    """With blanks between words that were run together, as far as the lexicon knows them: the fewest letters left over."""
    return " ".join(_part(word) if len(word) > 12 else word for word in text.split())


def _part(word: str) -> str:
    word = word[:LONGEST_SEGMENT]
    best: list[tuple[float, int]] = [(0.0, 0)]
    for end in range(1, len(word) + 1):
        least = (best[end - 1][0] + 2.0, end - 1)
        for start in range(max(0, end - _LONGEST_WORD), end):
            if word[start:end] in _VOCABULARY:
                least = min(least, (best[start][0] + 1.0, start))
        best.append(least)
    cuts, at = [len(word)], len(word)
    while at:
        at = best[at][1]
        cuts.append(at)
    cuts.reverse()
    return " ".join(word[a:b] for a, b in pairwise(cuts))
