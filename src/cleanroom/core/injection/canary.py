"""Did a secret mark of a prompt come out in an answer? Marks derived from a key, and the search for them through any disguise.

A mark that stands in a system prompt, a document or a tool's result belongs nowhere else: wherever it comes out, what was
around it came out too. It carries 82 bits of HMAC-SHA-256 (RFC 2104), so that nobody makes it by chance or without the key.
"""

from __future__ import annotations

import base64
import codecs
import hmac
import re
from collections.abc import Iterable

from cleanroom.core.injection.plain import folded, layers

_PREFIX = "CNRY-"
_ALPHABET = "abcdefghjkmnpqrstuvwxyz234567"
_SIGNS = 17
_SHAPE = re.compile(rf"CNRY-[{_ALPHABET}]{{{_SIGNS}}}")
_REST = re.compile(r"[\W_]+")


def canary(seed: bytes, name: str) -> str:
    """The mark of that name: the same for the same key, `CNRY-` and 17 small letters and digits (82 bits)."""
    number = int.from_bytes(hmac.digest(seed, b"canary\0" + name.encode("utf-8", "surrogatepass"), "sha256"), "big")
    signs = []
    for _ in range(_SIGNS):
        number, place = divmod(number, len(_ALPHABET))
        signs.append(_ALPHABET[place])
    return _PREFIX + "".join(signs)


def is_canary(text: str) -> bool:
    """Has it the shape of a mark?"""
    return _SHAPE.fullmatch(text) is not None


def leaked(text: str, tokens: Iterable[str]) -> tuple[str, ...]:
    """Those marks that come out in a text, in the order given, whatever lies between their letters.

    Case, blanks, punctuation and signs that nobody sees are set aside; turned round, in rot13, and inside base64,
    hexadecimal and the other codes of plain.py they are found as well. Time is linear in the text's length.
    """
    wanted = tuple(tokens)
    if not wanted:
        return ()
    seen = tuple(dict.fromkeys(_bare(layer.text) for layer in layers(text)))
    signs = "".join(text.split())
    codes = (signs, signs[::-1])
    out = []
    for token in wanted:
        bare = _bare(token)
        forms = (bare, bare[::-1], _bare(codecs.encode(token, "rot13")))
        plain = any(form in reading for reading in seen for form in forms)
        if bare and (plain or any(_in_base64(token, code) for code in codes)):
            out.append(token)
    return tuple(out)


def _bare(text: str) -> str:
    return _REST.sub("", folded(text))


def _in_base64(token: str, signs: str) -> bool:
    """As a part of a longer text that was encoded (blanks left out): base64 has three forms of it, by where it begins."""
    for written in (token, token.lower(), token.upper()):
        data = written.encode()
        for skip in range(3):
            coded = base64.b64encode(b"\0" * skip + data).decode().rstrip("=")
            # The first and the last signs depend on what stands before and after.
            if coded[(0, 2, 3)[skip] : len(coded) - 1] in signs:
                return True
    return False
