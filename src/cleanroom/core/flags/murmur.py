"""Which number does a key hash to? MurmurHash3 x86 32-bit (Appleby 2011), on bytes."""

from __future__ import annotations

import struct

MASK = 0xFFFFFFFF
C1, C2 = 0xCC9E2D51, 0x1B873593
STEP = 0xE6546B64
F1, F2 = 0x85EBCA6B, 0xC2B2AE35


def murmur3(data: bytes, seed: int = 0) -> int:
    """The hash of `data`, an unsigned integer of 32 bits.

    Bits above the 32nd are dropped only where they could come back down: a product or a left shift is taken modulo
    2**32 once, before the next right shift.
    """
    length = len(data)
    c1, c2, step, mask = C1, C2, STEP, MASK  # names of the function are read faster than those of the module
    h = seed
    for k in struct.unpack_from(f"<{length >> 2}I", data):
        k = k * c1 & mask  # noqa: PLW2901
        h ^= (k << 15 | k >> 17) * c2 & mask
        h = (h << 13 | h >> 19) * 5 + step & mask
    if length & 3:
        k = int.from_bytes(data[length & ~3 :], "little") * C1 & MASK
        h ^= (k << 15 | k >> 17) * C2 & MASK
    h ^= length
    h = (h ^ h >> 16) * F1 & MASK
    h = (h ^ h >> 13) * F2 & MASK
    return h ^ h >> 16
