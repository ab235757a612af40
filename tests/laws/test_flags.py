"""Flags put every key where the arithmetic says: nobody leaves a growing share, nothing raises, every reader agrees."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import cbor2
import mmh3
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.flag_samples import CONTEXT, REGION, VARIANTS, flag, json_values, shares, versions

from cleanroom.core.flags import HASH_VERSIONS, STEPS, HashVersion, Split, evaluate, killed, mistakes, ramped
from cleanroom.core.flags.bucketing import HEAVIEST, chosen, cuts, points
from cleanroom.core.flags.cbor import cbor
from cleanroom.core.flags.evaluate import arm_of
from cleanroom.core.flags.flag import weights
from cleanroom.core.flags.murmur import murmur3
from cleanroom.core.flags.reasons import ERROR_CODES, REASONS
from cleanroom.core.flags.targeting import KNOWN, mistakes_in
from cleanroom.formats.flagd import export, read


@given(st.binary(max_size=200), st.integers(0, 2**32 - 1))
def test_murmur3_is_that_of_its_reference(data: bytes, seed: int) -> None:
    assert murmur3(data, seed) == mmh3.hash(data, seed, signed=False)


def _whole(value: Any) -> Any:
    """Numbers as the decision record wants them before they are encoded."""
    if isinstance(value, dict):
        return {k: _whole(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_whole(v) for v in value]
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    if isinstance(value, float) and not value.is_integer():
        return value
    return int(value) if -(2**63) <= value < 2**64 else float(value)


@given(json_values)
def test_cbor_is_that_of_its_reference(value: Any) -> None:
    assert cbor(value) == cbor2.dumps(_whole(value), canonical=True)


def fractional(version: HashVersion, shares_of: tuple[int, ...], at: int) -> int | None:
    """The interval of a point straight from flagd's formulas, without the cuts."""
    total = sum(shares_of)
    if version != "flagd-1":
        bucket, end = (at * total) >> 32, 0
        for number, weight in enumerate(shares_of):
            end += weight
            if bucket < end:
                return number
        return None
    percent, reached = at / (2**31 - 1) * 100, 0.0
    for number, weight in enumerate(shares_of):
        reached += 100 * weight / total
        if percent < reached:
            return number
    return None


@given(versions, st.lists(st.integers(0, HEAVIEST // 8), min_size=1, max_size=8), st.data())
def test_a_cut_lies_where_the_formula_changes_its_mind(
    version: HashVersion, of: list[int], data: st.DataObject
) -> None:
    if not sum(of):
        return
    share = tuple(of)
    ends = cuts(version, share)
    assert list(ends) == sorted(ends)
    near = [end + step for end in ends for step in (-1, 0, 1) if 0 <= end + step < points(version)]
    for at in [0, points(version) - 1, data.draw(st.integers(0, points(version) - 1)), *near]:
        assert chosen(version, share, at) == fractional(version, share, at)


@given(versions, shares, shares, st.integers(0, STEPS // 2), st.data())
def test_nobody_who_is_in_leaves_when_the_share_grows(
    version: HashVersion, one: int, other: int, holdout: int, data: st.DataObject
) -> None:
    few, many = sorted((one, other))
    ends = [*cuts(version, weights(Split("new", few, holdout))), *cuts(version, weights(Split("new", many, holdout)))]
    ends += cuts(version, (STEPS - holdout, holdout)) if holdout else ()
    drawn = data.draw(st.integers(0, points(version) - 1))
    for at in [drawn, *(e + s for e in ends for s in (-1, 0) if 0 <= e + s < points(version))]:
        before, after = (arm_of(version, Split("new", share, holdout), at) for share in (few, many))
        assert after == "candidate" or before != "candidate"
        assert after != "candidate" or before in ("candidate", "control")
        # The points that flagd-1 leaves over lie at its very end, where rounding moves them.
        assert (before == "holdout") == (after == "holdout") or (version == "flagd-1" and at >= 2**31 - 1)


@given(versions, shares, st.integers(0, STEPS), st.text(min_size=1, max_size=40))
def test_the_holdout_never_gets_the_candidate(version: HashVersion, share: int, holdout: int, key: str) -> None:
    full = flag(share=STEPS, holdout=holdout, hash=version)
    now = evaluate(ramped(full, share), {"targetingKey": key})
    then = evaluate(full, {"targetingKey": key})
    assert then.arm != "control"
    if then.arm == "holdout":
        assert now.arm == "holdout"
        assert now.variant == "old"


@pytest.mark.parametrize("version", HASH_VERSIONS)
@pytest.mark.parametrize("share", [20, 2_000, 25_000])
def test_a_share_is_that_share_of_the_keys(version: HashVersion, share: int) -> None:
    many = 50_000
    of = flag(share=share, holdout=10_000, hash=version)
    arms: list[str] = [evaluate(of, {"targetingKey": f"user-{i}"}).arm for i in range(many)]
    for arm, steps in (("candidate", share), ("holdout", 10_000), ("control", STEPS - share - 10_000)):
        p = steps / STEPS
        assert abs(arms.count(arm) / many - p) < 4.5 * math.sqrt(p * (1 - p) / many), arm


@pytest.mark.parametrize("version", HASH_VERSIONS)
def test_flags_of_one_space_nest_and_of_two_are_independent(version: HashVersion) -> None:
    many, half = 20_000, flag(share=STEPS // 2, hash=version)
    shared = replace(half, key="other", space="checkout")
    apart = replace(half, key="other")

    def is_in(of: Any) -> list[bool]:
        return [evaluate(of, {"targetingKey": f"user-{i}"}).arm == "candidate" for i in range(many)]

    first = is_in(half)
    assert is_in(shared) == first
    both = sum(a and b for a, b in zip(first, is_in(apart), strict=True)) / many
    assert abs(both - 0.25) < 4.5 * math.sqrt(0.25 * 0.75 / many)


rules = st.recursive(
    json_values
    | st.sampled_from(
        [{"var": "region"}, {"var": ["app", "none"]}, {"var": ""}, {"var": "targetingKey"}, {"var": "$flagd"}]
    ),
    lambda inner: st.dictionaries(st.sampled_from(KNOWN), st.lists(inner, max_size=4) | inner, min_size=1, max_size=1),
    max_leaves=20,
)
contexts: st.SearchStrategy[Any] = st.dictionaries(
    st.sampled_from(["targetingKey", "region", "app", "plan", ""]), json_values, max_size=5
) | st.sampled_from([CONTEXT, None, [], "x", 5])


@given(versions, rules, rules, contexts)
@example(
    "flagd-2",
    {"reduce": [[1] * 400, {"cat": [{"var": "accumulator"}, {"var": "accumulator"}, "x"]}, "x"]},
    None,
    CONTEXT,
)
@example("flagd-2", {"*": [1e308, 1e308, -1e308]}, {"%": [{"/": [1, 0]}, 0]}, CONTEXT)
@example("flagd-3", {"fractional": [{"var": ""}, ["new", 1]]}, None, {"targetingKey": "a", "region": float("nan")})
@example("flagd-3", None, None, {"targetingKey": "\ud800"})
def test_whatever_comes_a_variant_is_served(version: HashVersion, targeting: Any, audience: Any, context: Any) -> None:
    of = flag(hash=version, targeting=targeting, audience=audience)
    got = evaluate(of, context, 1_770_000_000)
    assert got.reason in REASONS
    assert got.value == VARIANTS[got.variant]
    assert (got.reason == "ERROR") == (got.error in ERROR_CODES) == bool(got.details)
    assert got.error is None or got.variant == "legacy"
    assert "could not be evaluated" not in got.details, "the last net caught a fault of ours"
    assert got == evaluate(of, context, 1_770_000_000)


@given(rules)
def test_a_rule_without_mistakes_has_no_unknown_operator(rule: Any) -> None:
    if mistakes_in(rule):
        return
    got = evaluate(flag(audience=rule), CONTEXT)
    assert got.error != "PARSE_ERROR", got.details


@settings(max_examples=200)
@given(contexts)
def test_a_kill_reaches_all(context: Any) -> None:
    got = evaluate(killed(flag(share=STEPS, targeting={"if": [True, "new"]}, overrides={"user-1": "new"})), context)
    assert (got.variant, got.value, got.reason, got.error) == ("legacy", "map-0", "DISABLED", None)


few = st.sampled_from(
    [None, REGION, {"==": [{"var": "plan"}, "pro"]}, {"!": {"var": "app"}}, {"fractional": [[True, 1], [False, 2]]}]
)
named = st.sampled_from(
    [
        None,
        {"if": [REGION, "new"]},
        {"fractional": [["new"], ["old", 3]]},
        {"if": [{"var": "plan"}, {"var": "plan"}]},
        {"cat": ["o", "ld"]},
    ]
)


@given(
    versions,
    shares,
    few,
    named,
    st.dictionaries(st.sampled_from(["user-1", "user-2", ""]), st.sampled_from(list(VARIANTS))),
    st.booleans(),
    st.fixed_dictionaries(
        {},
        optional={
            "targetingKey": st.text(max_size=8) | st.sampled_from(["user-1", "user-2"]),
            "region": st.sampled_from(["eu", "asia", None]),
            "plan": st.sampled_from(["pro", "new", "", 0]),
            "app": st.text(max_size=3),
        },
    ),
)
def test_what_is_exported_and_read_again_serves_the_same(
    version: HashVersion, share: int, audience: Any, targeting: Any, overrides: dict[str, str], off: bool, context: Any
) -> None:
    of = flag(share, hash=version, audience=audience, targeting=targeting, overrides=overrides, killed=off)
    assert not mistakes(of)
    again = read(export([of]).encode(), "flags.json")
    assert not again.findings
    ours, theirs = evaluate(of, context), evaluate(again.flags[0], context)
    assert (theirs.variant, theirs.value) == (ours.variant, ours.value)
