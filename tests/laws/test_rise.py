"""Does a rise that is found mean one? Quiet series have hardly any, and a real one is found where it began."""

from __future__ import annotations

import os

import numpy as np
import pytest

from cleanroom.core.slo_status import risen

WORLDS = 4_000 if os.environ.get("HYPOTHESIS_PROFILE") == "soak" else 100


@pytest.mark.parametrize(("calls", "rate"), [(3, 0.001), (3, 0.02), (40, 0.01), (40, 0.3)])
def test_a_quiet_fortnight_has_no_rise(calls: float, rate: float) -> None:
    chance = np.random.default_rng(round(calls * 1000 + rate * 1e6))
    found = 0
    for _ in range(WORLDS):
        n = chance.poisson(calls, 2016)
        found += risen(n.astype(float), chance.binomial(n, rate).astype(float)) is not None
    assert found <= max(2, 0.004 * WORLDS), f"{found} of {WORLDS}"


def test_a_rise_is_found_where_it_began() -> None:
    chance = np.random.default_rng(7)
    off = []
    for _ in range(200):
        n = chance.poisson(10, 2016)
        rates = np.where(np.arange(2016) >= 1980, 0.2, 0.01)
        at = risen(n.astype(float), chance.binomial(n, rates).astype(float))
        assert at is not None
        off.append(abs(at - 1980))
    assert np.quantile(off, 0.95) <= 4


def test_nothing_is_said_of_what_has_no_past_or_nothing_bad() -> None:
    assert risen([], []) is None
    assert risen([5], [5]) is None
    assert risen([5] * 100, [0] * 100) is None
    assert risen([0] * 95 + [5] * 5, [0] * 95 + [5] * 5) is None, "no calls before: nobody knows what was usual"
