"""Is the number of different ids told within its error, and do the sketches of parts make that of the whole?"""

from __future__ import annotations

import numpy as np
import pytest

from cleanroom.core.telemetry.distinct import M, many, nobody, registers_of


def hashes(n: int, seed: int = 0) -> np.ndarray[tuple[int], np.dtype[np.uint64]]:
    return np.random.default_rng(seed).integers(0, 2**64, n, np.uint64)


@pytest.mark.parametrize("n", [1, 7, 300, 5_000, 40_000, 300_000, 2_000_000])
def test_the_estimate_lies_within_its_error_at_any_size(n: int) -> None:
    error = 1.04 / np.sqrt(M)
    off = [many(registers_of(hashes(n, seed))) / n - 1 for seed in range(4 if n > 40_000 else 20)]
    assert np.abs(off).max() < 4 * error
    assert abs(np.mean(off)) < 3 * error / np.sqrt(len(off)), "no bias"


def test_parts_merge_to_the_whole_whatever_they_share() -> None:
    ids = hashes(30_000)
    parts = [registers_of(ids[a:b]) for a, b in ((0, 12_000), (8_000, 30_000), (100, 200))]
    assert np.array_equal(np.maximum.reduce([*parts, nobody()]), registers_of(ids))
    assert many(nobody()) == 0
    assert many(registers_of(np.repeat(ids[:3], 1000))) == pytest.approx(3, rel=0.001)
