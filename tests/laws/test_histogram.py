"""Does a quantile of a histogram lie as near to the true one as is said, however the numbers came together?"""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cleanroom.core.telemetry.histogram import ERROR, buckets, histogram_of, merged, quantile, value_of

SLACK = 1e-9  # the logarithm of a bound may fall to either side of it
NUMBERS = st.floats(allow_nan=False, allow_infinity=False).filter(lambda x: x == 0 or abs(x) > 1e-300)


@given(st.lists(NUMBERS, min_size=1, max_size=60), st.floats(0, 1))
def test_a_quantile_is_within_the_error_of_the_true_one(numbers: list[float], q: float) -> None:
    true = sorted(numbers)[math.floor(q * (len(numbers) - 1))]
    assert abs(quantile(histogram_of(numbers), q) - true) <= (ERROR + SLACK) * abs(true)


@given(st.lists(st.lists(NUMBERS, max_size=20), max_size=5))
def test_histograms_add_up_in_any_order(parts: list[list[float]]) -> None:
    whole = histogram_of([number for part in parts for number in part])
    assert merged(histogram_of(part) for part in parts) == whole
    assert merged(histogram_of(part) for part in reversed(parts)) == whole
    assert sum(whole.values()) == sum(map(len, parts))


@given(st.lists(NUMBERS, min_size=2, max_size=50))
def test_buckets_have_the_order_of_the_numbers_and_fit_into_two_bytes(numbers: list[float]) -> None:
    found = buckets(np.sort(np.array(numbers)))
    assert (np.diff(found) >= 0).all()
    assert np.abs(found).max() < 2**15


def test_the_ends_of_what_doubles_hold() -> None:
    ends = np.array([5e-324, 1.7976931348623157e308, -1.7976931348623157e308, 0.0, -0.0])
    assert buckets(ends)[3:].tolist() == [0, 0]
    assert all(math.isfinite(value_of(bucket)) for bucket in buckets(ends).tolist())
    assert value_of(0) == 0
    assert math.isnan(quantile({}, 0.5))
    with pytest.raises(ValueError, match="between 0 and 1"):
        quantile({1: 1}, 1.5)


def test_it_is_small() -> None:
    """A million latencies over six powers of ten take some hundred counts."""
    chance = np.random.default_rng(3)
    assert len(histogram_of(chance.lognormal(0, 1, 1_000_000))) < 130
    assert len(histogram_of(10 ** chance.uniform(-3, 3, 1_000_000))) < 165
