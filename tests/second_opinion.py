"""An auditor's own program: notes, checkpoints and proofs checked without any of our code, nor any library's cryptography.

Ed25519 is written from RFC 8032 section 5.1 on plain integers (slow, and not for secrets); the Merkle path from the
recursive definition in RFC 6962 section 2.1.1.
"""

from __future__ import annotations

import re
from base64 import b64decode
from hashlib import sha256, sha512

P = 2**255 - 19
Q = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
Point = tuple[int, int, int, int]

SIGNATURE = re.compile(r"\u2014 ([^\s+]+) ([A-Za-z0-9+/]+={0,2})")


def added(a: Point, b: Point) -> Point:
    (x1, y1, z1, t1), (x2, y2, z2, t2) = a, b
    e = (y1 - x1) * (y2 - x2) % P
    f = (y1 + x1) * (y2 + x2) % P
    g, h = 2 * t1 * t2 * D % P, 2 * z1 * z2 % P
    x, y, z, t = f - e, h - g, h + g, f + e
    return x * y % P, z * t % P, y * z % P, x * t % P


def times(n: int, point: Point) -> Point:
    found: Point = (0, 1, 1, 0)
    while n:
        if n & 1:
            found = added(found, point)
        point, n = added(point, point), n >> 1
    return found


def same(a: Point, b: Point) -> bool:
    return not (a[0] * b[2] - b[0] * a[2]) % P and not (a[1] * b[2] - b[1] * a[2]) % P


def decompressed(raw: bytes) -> Point | None:
    y = int.from_bytes(raw, "little")
    sign, y = y >> 255, y & (1 << 255) - 1
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if (x * x - square) % P or (not x and sign):
        return None
    x = P - x if x & 1 != sign else x
    return x, y, 1, x * y % P


BASE = decompressed((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


def ed25519(public: bytes, signature: bytes, message: bytes) -> bool:
    a, r = decompressed(public), decompressed(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    if a is None or r is None or BASE is None or len(signature) != 64 or s >= Q:
        return False
    h = int.from_bytes(sha512(signature[:32] + public + message).digest(), "little") % Q
    return same(times(s, BASE), added(r, times(h, a)))


def signed_text(note: bytes, key: str) -> str | None:
    """The text of a note if the key (NAME+HASH+base64) signed it, else None."""
    name, hashed, encoded = key.split("+", 2)
    raw = b64decode(encoded)
    if raw[0] != 1 or sha256(name.encode() + b"\n" + raw).hexdigest()[:8] != hashed:
        return None
    body, _, tail = note.decode().rpartition("\n\n")
    text = body + "\n"
    for line in tail.splitlines():
        found = SIGNATURE.fullmatch(line)
        if found is not None and found[1] == name:
            signature = b64decode(found[2])
            if signature[:4].hex() == hashed and ed25519(raw[1:], signature[4:], text.encode()):
                return text
    return None


def root_by_path(index: int, size: int, leaf: bytes, path: list[bytes]) -> bytes:
    """The root that a leaf and its path give, going down the tree as the RFC defines it; b"" when they do not fit."""
    if size == 1 or not path:
        return leaf if size == 1 and not path else b""
    k = 1
    while 2 * k < size:
        k *= 2
    if index < k:
        return sha256(b"\x01" + root_by_path(index, k, leaf, path[:-1]) + path[-1]).digest()
    return sha256(b"\x01" + path[-1] + root_by_path(index - k, size - k, leaf, path[:-1])).digest()


def proven_entry(document: bytes, key: str) -> bytes | None:
    """The entry that a tlog-proof shows to be in a log of that key; None when it does not hold."""
    head, _, note = document.partition(b"\n\n")
    mark, extra, place, *hashes = head.decode().split("\n")
    text = signed_text(note, key)
    if mark != "c2sp.org/tlog-proof@v1" or text is None:
        return None
    origin, size, root = text.split("\n")[:3]
    body, index = b64decode(extra.removeprefix("extra ")), int(place.removeprefix("index "))
    leaf = sha256(b"\x00" + body).digest()
    holds = index < int(size) and root_by_path(index, int(size), leaf, [b64decode(h) for h in hashes]) == b64decode(
        root
    )
    return body if holds and origin == key.partition("+")[0] else None
