"""A law of the limits: whatever the order of attempts, no key fails more often than its allowance and the time that passed."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from tests.projects import FixedClock

from cleanroom.core.base import instant
from cleanroom.entry.api.limits import Limit

ATTEMPTS = st.lists(st.tuples(st.integers(0, 40), st.sampled_from("ab")), max_size=120)


@given(ATTEMPTS, st.integers(1, 5), st.integers(1, 30))
def test_failures_stay_within_allowance_and_time(steps: list[tuple[int, str]], allowance: int, seconds: int) -> None:
    clock, at, looked = FixedClock(), 0, {"a": 0, "b": 0}
    limit = Limit(clock, allowance, seconds)
    for passed, key in steps:
        at += passed
        clock.at = instant(at * 1_000_000)
        wait = limit.wait(key)
        if wait == 0:
            limit.failed(key)
            looked[key] += 1
        else:  # what it says is exact: one second earlier would be too early
            clock.at = instant((at + wait - 1) * 1_000_000)
            assert limit.wait(key) > 0
            clock.at = instant((at + wait) * 1_000_000)
            assert limit.wait(key) == 0
            clock.at = instant(at * 1_000_000)
        assert looked[key] <= allowance + at // seconds


def test_it_remembers_no_more_than_it_may() -> None:
    limit = Limit(FixedClock(), 1, 60, most=100)
    for n in range(5000):
        limit.failed(f"network {n}")
    assert sum(limit.wait(f"network {n}") > 0 for n in range(5000)) == 100
    assert limit.wait("network 4999") > 0
