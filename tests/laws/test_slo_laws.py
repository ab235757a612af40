"""Laws of SLOs: files read back equal, draws are fair, rollups never claim more than they know."""

from __future__ import annotations

import os
from collections import Counter

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from cleanroom.core.slo import CallShare, Delay, Indicator, LabelledShare, Limit, Slo, SourceAge, TableShare
from cleanroom.core.slo_status import onset, tally_of
from cleanroom.core.stats.burn import BurnRule
from cleanroom.core.stats.draws import chances_of, drawn
from cleanroom.core.telemetry.histogram import histogram_of
from cleanroom.formats.openslo import read_openslo
from cleanroom.formats.openslo_writer import openslo_text
from cleanroom.formats.prometheus_rules import rules_text

SOAK = os.environ.get("HYPOTHESIS_PROFILE") == "soak"
NAMES = st.from_regex(r"[a-z0-9]([a-z0-9.-]{0,20}[a-z0-9])?", fullmatch=True)
TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), min_size=1, max_size=30).map(str.strip)
WORDS = TEXTS.filter(bool)
LIMITS = st.builds(Limit, st.sampled_from(["lte", "lt", "gte", "gt"]), st.floats(-1e6, 1e6))
HOURS = st.builds(Limit, st.sampled_from(["lte", "lt"]), st.floats(0.01, 1e4))
INDICATORS: st.SearchStrategy[Indicator] = st.one_of(
    st.builds(CallShare, WORDS, st.none() | LIMITS),
    st.builds(LabelledShare, WORDS, st.none() | LIMITS, st.sampled_from([(), ("wrong_fact",), ("other", "unsafe")])),
    st.builds(SourceAge, WORDS, HOURS),
    st.builds(TableShare, WORDS, WORDS, WORDS, st.none() | LIMITS),
    st.builds(Delay, st.sampled_from(["detect", "repair"]), st.floats(0.01, 1e4)),
)
RULES = st.lists(
    st.builds(BurnRule, st.floats(0.1, 1000), st.integers(2, 10_000), st.integers(1, 2), st.booleans()),
    max_size=3,
    unique_by=lambda r: r.factor,
).map(lambda rules: tuple(sorted(rules, key=lambda r: -r.factor)))
SLOS = st.builds(
    Slo,
    NAMES,
    WORDS,
    INDICATORS,
    st.floats(0.001, 0.99999),
    st.integers(60, 400 * 24 * 60).map(lambda m: m * 60),
    TEXTS,
    TEXTS,
    RULES,
    st.sampled_from(["critical", "warning", "off"]),
)


@given(SLOS)
@settings(max_examples=2000 if SOAK else 60)
def test_every_slo_reads_back_as_it_was_written(slo: Slo) -> None:
    found = read_openslo([(openslo_text(slo).encode(), "a.yaml")])
    assert [p.slo for p in found.slos] == [slo], found.findings
    rules_text([slo])


@given(
    st.binary(max_size=400) | st.text(max_size=400).map(lambda t: ("apiVersion: openslo/v1\nkind: SLO\n" + t).encode())
)
@settings(max_examples=2000 if SOAK else 60)
def test_no_bytes_make_the_reader_fail(content: bytes) -> None:
    for finding in read_openslo([(content, "a.yaml")]).findings:
        assert finding.line >= 1
        assert finding.message


@given(st.lists(st.floats(-1e6, 1e6, allow_subnormal=False), min_size=1, max_size=60), LIMITS)
@settings(max_examples=2000 if SOAK else 100)
def test_what_a_rollup_says_holds_what_is_true(values: list[float], limit: Limit) -> None:
    truth = sum(not limit.good(v) for v in values)
    found = tally_of(len(values), sum(v != 0 for v in values), histogram_of(values), limit)
    assert found.low <= truth <= found.high
    assert found.low - 1e-9 <= found.bad <= found.high + 1e-9


@given(st.integers(0, 20), st.integers(0, 20), st.booleans())
def test_booleans_have_two_values(bad: int, good: int, high: bool) -> None:
    limit = Limit("gte" if high else "lt", 1.0)
    found = tally_of(bad + good, bad, {}, limit)
    assert found.bad == (good if high else bad)


def test_draws_are_fair_whatever_the_bounds_are() -> None:
    """Every call of a stratum is drawn as often, although one minute's bound says that it has ten times its calls."""
    calls = {0: {0: (0, 1), 1: (2,), 2: ()}, 1: {0: (5,), 1: (6, 7, 8, 9), 2: (10,)}}
    bounds = (np.array([2.0, 10.0, 3.0]), np.array([5.0, 4.0, 1.0]))
    count = 20_000 if SOAK else 3_000
    found: Counter[tuple[int, int]] = Counter()
    strata: Counter[int] = Counter()
    for seed in range(count):
        for stratum, _, which in drawn(seed, 1, (0.3, 0.7), bounds, lambda s, m: calls[s][m]):
            found[stratum, which] += 1
            strata[stratum] += 1
    for stratum, size in ((0, 3), (1, 6)):
        counts = [n for (s, _), n in sorted(found.items()) if s == stratum]
        assert len(counts) == size
        assert stats.chisquare(counts).pvalue > 1e-6
    assert stats.binomtest(strata[0], count, 0.3).pvalue > 1e-6


def test_no_call_is_drawn_twice_and_all_are_found() -> None:
    found = list(
        drawn(7, 60, (0.5, 0.5), (np.array([3.0]), np.array([5.0])), lambda s, _m: ((0, 1, 2), (3, 4, 5, 6, 7))[s])
    )
    assert len({(m, c) for _, m, c in found}) == len(found) == 8
    odd = drawn(
        7,
        50,
        (0.5, 0.5),
        (np.array([3.0]), np.array([5.0])),
        lambda s, _m: (0, 1, 2) if s == 0 else (),
        lambda _m, c: c != 1,
    )
    assert {c for _, _, c in odd} == {0, 2}


@given(st.lists(st.integers(0, 100), min_size=2, max_size=2), st.lists(st.integers(0, 5), min_size=2, max_size=2))
def test_chances_add_up_and_none_is_tiny(counts: list[int], open_: list[int]) -> None:
    chances = chances_of(counts, open_)
    if not any(open_):
        assert chances == (0.0, 0.0)
        return
    assert abs(sum(chances) - 1) < 1e-9
    assert all((c > 0.04) == (o > 0) for c, o in zip(chances, open_, strict=True))


@given(st.integers(0, 119))
def test_the_onset_of_a_clear_rise_is_found(begin: int) -> None:
    n, bad = np.full(200, 100.0), np.zeros(200)
    bad[begin:] = 5.0
    assert onset(n, bad, 0.005) == begin
