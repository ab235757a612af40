"""What does a text say once its disguises are off? Zero-width signs, look-alike letters, spaced letters, leetspeak, codes."""

from __future__ import annotations

import base64
import binascii
import codecs
import html
import re
import unicodedata
from collections.abc import Callable, Iterator
from urllib.parse import unquote

from cleanroom.core.base import noun

_DEEPEST = 2
_MOST_PIECES = 64
_LONGEST_PIECE = 20_000
_TAGS = range(0xE0020, 0xE007F)
_LOOKALIKES = str.maketrans(
    "авекмнорстухіјѕԁԛԝѵһӏүɑɡıοανρτυικεηχωβ",
    "abekmhopctyxijsdqwvhlyagioavptuikenxwb",
)
_LEET = str.maketrans("0134578@$!|€", "oieastbasile")
_MIXED = re.compile(r"(?=\w*[a-z])(?=\w*[^\W\d_a-z])\w+")
_LEETED = re.compile(r"(?<![\w@$!|€])(?=[^\s]*[a-z])(?=[^\s]*[0134578@$!|€])[a-z0134578@$!|€]{3,40}(?![\w@$|€])")
_SPACED = re.compile(r"(?<!\w)(?:\w(?:[ ._*|/-]| {2,3})){4,}\w(?!\w)")
_BASE64 = re.compile(r"(?<![A-Za-z0-9+/=_-])[A-Za-z0-9+/_-]{16,}(?:\r?\n[A-Za-z0-9+/_-]{4,})*={0,2}")
_HEX = re.compile(r"(?<![0-9A-Za-z])(?:(?:0x|\\x)?[0-9A-Fa-f]{2}[ ,:]?){10,4000}(?![0-9A-Za-z])")
_BINARY = re.compile(r"(?<!\d)(?:[01]{8}[ ,]?){6,2000}(?!\d)")
_PERCENT = re.compile(r"(?:%[0-9A-Fa-f]{2}|[\w.+-]){4,4000}")
_ESCAPED = re.compile(r"(?:\\u[0-9a-fA-F]{4}){4,1000}")
_ENTITIES = re.compile(r"(?:&#(?:x[0-9a-fA-F]{1,6}|\d{1,7});[ \w]?){4,1000}")
_MOST_USED = (
    "the a an and or of to in is are was you your i it this that for on with as be all not do from my me at by if so "
    "what how please now any no can will have"
)
COMMON = frozenset(_MOST_USED.split())
"""The commonest words of English."""


@noun
class Layer:
    """A reading of the text: `text` with `at[i]`, where its sign i came from; `how` it was hidden, '' for the text as it is."""

    text: str
    at: tuple[int, ...] | range
    how: str = ""

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where signs `start` to `end` of the reading lie in the text that was given."""
        if not self.at:
            return 0, 0
        last = min(max(end - 1, start), len(self.at) - 1)
        return self.at[min(start, last)], self.at[last] + 1


def visible(text: str) -> Layer:
    """Without the signs that nobody sees (Unicode category Cf, variation selectors, soft hyphens), and where the rest stood."""
    if text.isascii():
        return Layer(text, range(len(text)))
    kept = tuple(i for i, sign in enumerate(text) if not _unseen(sign))
    if len(kept) == len(text):
        return Layer(text, range(len(text)))
    return Layer("".join(text[i] for i in kept), kept)


def _unseen(sign: str) -> bool:
    code = ord(sign)
    if code < 0xAD:
        return False
    return (
        0xFE00 <= code <= 0xFE0F
        or 0xE0000 <= code <= 0xE01EF
        or code in {0x34F, 0x115F, 0x1160, 0x3164, 0xFFA0}
        or unicodedata.category(sign) == "Cf"
    )


def folded(text: str) -> str:
    """Small letters without accents, compatibility forms resolved (NFKC), look-alikes as Latin letters, one blank for many."""
    small = text.casefold()
    if not small.isascii():
        apart = unicodedata.normalize("NFKD", small)
        small = unicodedata.normalize("NFC", "".join(c for c in apart if unicodedata.category(c) != "Mn"))
        latin = sum("a" <= c <= "z" for c in small)
        foreign = sum(c.isalpha() and not c.isascii() for c in small)
        alike = small if latin > foreign else _MIXED.sub(lambda m: m[0].translate(_LOOKALIKES), small)
        small = (alike.translate(_LOOKALIKES) if latin > foreign else alike).translate(_QUOTES)
    return " ".join(small.split())


_QUOTES = str.maketrans("‘’ʼ“”„«»–—", '\'\'\'"""""--')


def layers(text: str) -> Iterator[Layer]:
    """The visible text first, then every reading of what is hidden in it: codes are decoded to a depth of two."""
    seen = visible(text)
    yield seen
    smuggled = tuple(i for i, sign in enumerate(text) if ord(sign) in _TAGS)
    if smuggled:
        yield Layer("".join(chr(ord(text[i]) - 0xE0000) for i in smuggled), smuggled, "tag characters")
    yield from _decoded(seen, _DEEPEST)


def _decoded(layer: Layer, depth: int) -> Iterator[Layer]:
    for pattern, decode, how in _CODES:
        for number, match in enumerate(pattern.finditer(layer.text)):
            if number >= _MOST_PIECES:
                break
            found = decode(match[0][:_LONGEST_PIECE])
            if not found or not _readable(found):
                continue
            start = layer.span(match.start(), match.end())[0]
            piece = Layer(visible(found).text, (start,), how if not layer.how else f"{layer.how}, {how}")
            yield piece
            if depth > 1:
                yield from _decoded(piece, depth - 1)


def readings(segment: str) -> Iterator[tuple[str, str]]:
    """A sentence folded, and its other readings with the disguise that each takes off: only where it looks like one at all."""
    base = folded(segment)
    yield base, ""
    if _SPACED.search(base):
        yield _joined(" ".join(segment.splitlines()).casefold() if segment.isascii() else base), "spaced letters"
    if len(_LEETED.findall(base)) >= 2:
        yield _LEETED.sub(lambda m: m[0].translate(_LEET), base), "leetspeak"
    known = _common(base)
    if known < 0.1 and any("a" <= c <= "z" for c in base):
        for other, how in ((codecs.encode(base, "rot13"), "rot13"), (base[::-1], "reversed letters")):
            if _common(other) >= max(0.2, known + 0.15):
                yield other, how


def _common(text: str) -> float:
    """The share of its words that are among the commonest of English."""
    words = re.findall(r"[a-z]+", text)
    return sum(w in COMMON for w in words) / len(words) if len(words) >= 4 else 0.0


def _joined(segment: str) -> str:
    def join(match: re.Match[str]) -> str:
        # Wider gaps, or blanks between letters that other signs keep apart, are where words end.
        piece = match[0]
        ends = r" +" if re.search(r"[._*|/-]", piece) else r" {2,}"
        return " ".join(re.sub(r"[ ._*|/-]", "", word) for word in re.split(ends, piece))

    return " ".join(_SPACED.sub(join, segment).split())


def _readable(text: str) -> bool:
    """Could a person read it: mostly letters, digits and blanks?"""
    if len(text) < 8:
        return False
    plain = sum(c.isalnum() or c in " \n.,'!?:-" for c in text)
    return plain >= 0.85 * len(text)


def _base64(piece: str) -> str:
    signs = "".join(piece.split()).replace("-", "+").replace("_", "/").rstrip("=")
    return _bytes(lambda: base64.b64decode(signs + "=" * (-len(signs) % 4), validate=True))


def _hex(piece: str) -> str:
    digits = re.sub(r"0x|\\x|[ ,:]", "", piece)
    return _bytes(lambda: bytes.fromhex(digits))


def _binary(piece: str) -> str:
    digits = re.sub(r"[ ,]", "", piece)
    return _bytes(lambda: int(digits, 2).to_bytes(len(digits) // 8, "big"))


def _bytes(read: Callable[[], bytes]) -> str:
    try:
        return read().decode()
    except (ValueError, binascii.Error):
        return ""


def _percent(piece: str) -> str:
    return unquote(piece.replace("+", " ")) if piece.count("%") >= 3 else ""


def _escaped(piece: str) -> str:
    return "".join(chr(int(code, 16)) for code in piece.split("\\u")[1:])


_CODES: tuple[tuple[re.Pattern[str], Callable[[str], str], str], ...] = (
    (_BASE64, _base64, "base64"),
    (_HEX, _hex, "hexadecimal"),
    (_BINARY, _binary, "binary"),
    (_PERCENT, _percent, "percent signs"),
    (_ESCAPED, _escaped, "escapes"),
    (_ENTITIES, html.unescape, "HTML entities"),
)
