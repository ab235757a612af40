"""What a flag says to whom, step by step, and what it says when something is wrong."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.flag_samples import CONTEXT, NEW_APP, REGION, VARIANTS, flag

from cleanroom.core.base import canonical
from cleanroom.core.flags import (
    STEPS,
    Flag,
    Split,
    evaluate,
    killed,
    mistakes,
    moved,
    not_found,
    ramped,
    restored,
    typed,
)
from cleanroom.core.flags.evaluate import Wanted


def test_a_ramp_from_two_percent_to_all() -> None:
    """The way of a rollout: 2, 5, 10, 25, 50, 100%; who is in stays in, and 5% are held out to the end."""
    users = [f"user-{i}" for i in range(2_000)]
    of, inside = flag(0, holdout=5_000), set[str]()
    for percent in (2, 5, 10, 25, 50, 100):
        of = ramped(of, percent * STEPS // 100)
        now = {user for user in users if evaluate(of, {"targetingKey": user}).arm == "candidate"}
        assert inside <= now
        inside = now
    held = {user for user in users if evaluate(of, {"targetingKey": user}).arm == "holdout"}
    assert held == set(users) - inside
    assert 60 < len(held) < 140


def test_who_comes_before_whom() -> None:
    """Kill, override, targeting, audience, split."""
    of = flag(
        STEPS,
        audience={"and": [REGION, NEW_APP]},
        targeting={"if": [{"==": [{"var": "plan"}, "internal"]}, "new"]},
        overrides={"user-7": "old"},
    )
    told = [
        (CONTEXT, "new", "SPLIT", "candidate"),
        (CONTEXT | {"region": "asia"}, "old", "DEFAULT", "outside"),
        (CONTEXT | {"app": "2.0.0"}, "old", "DEFAULT", "outside"),
        (CONTEXT | {"region": "asia", "plan": "internal"}, "new", "TARGETING_MATCH", "targeting"),
        (CONTEXT | {"targetingKey": "user-7", "plan": "internal"}, "old", "TARGETING_MATCH", "override"),
        ({"region": "asia"}, "old", "DEFAULT", "outside"),
    ]
    for context, variant, reason, arm in told:
        got = evaluate(of, context)
        assert (got.variant, got.value, got.reason, got.arm) == (variant, VARIANTS[variant], reason, arm)
        assert got.metadata == {"arm": arm, "hash": "flagd-2"}
        assert (evaluate(killed(of), context).variant, evaluate(killed(of), context).reason) == ("legacy", "DISABLED")
    assert restored(killed(of)) == of


def test_a_flag_without_rules_is_static_and_with_rules_that_say_nothing_its_default() -> None:
    plain = replace(flag(), split=None)
    assert evaluate(plain, {}).reason == "STATIC"
    assert evaluate(plain, {}).variant == "old"
    assert evaluate(replace(plain, control=""), {}).variant == "legacy"
    assert evaluate(replace(plain, targeting={"if": [False, "new"]}), {}).reason == "DEFAULT"
    assert evaluate(replace(plain, audience=REGION), CONTEXT).reason == "DEFAULT"


@pytest.mark.parametrize(
    ("more", "context", "code", "details"),
    [
        ({}, {}, "TARGETING_KEY_MISSING", "no targeting key"),
        ({}, {"targetingKey": ""}, "TARGETING_KEY_MISSING", "no targeting key"),
        ({}, {"targetingKey": None}, "TARGETING_KEY_MISSING", "no targeting key"),
        ({}, {"targetingKey": 5}, "INVALID_CONTEXT", "not text"),
        ({}, ["targetingKey"], "INVALID_CONTEXT", "not an object"),
        ({}, None, "INVALID_CONTEXT", "not an object"),
        ({}, {"targetingKey": "\udc00"}, "INVALID_CONTEXT", "surrogate"),
        ({"targeting": {"lookup": 1}}, CONTEXT, "PARSE_ERROR", "unknown operator: lookup"),
        ({"audience": {"$ref": "x"}}, CONTEXT, "PARSE_ERROR", "unknown operator"),
        ({"targeting": {"var": "region"}}, CONTEXT, "GENERAL", "no variant 'eu'"),
        ({"targeting": {"==": [1, 1]}}, CONTEXT, "GENERAL", "no variant 'true'"),
        ({"targeting": {"cat": {"map": [[1] * 200, {"map": [[1] * 200, 1]}]}}}, CONTEXT, "GENERAL", "steps"),
        ({"variants": {}}, CONTEXT, "GENERAL", "no variant"),
    ],
)
def test_what_goes_wrong_has_a_standard_code_and_the_safe_variant(
    more: dict[str, Any], context: Any, code: str, details: str
) -> None:
    got = evaluate(flag(**more), context)
    assert (got.error, got.reason, got.variant, got.arm) == (code, "ERROR", "legacy", "safe")
    assert details in got.details
    assert got.value == ("map-0" if "variants" not in more else None)


def test_a_rule_may_name_variants_that_look_like_booleans() -> None:
    of = Flag("f", {"true": True, "false": False}, safe="false", targeting={"in": [{"var": "region"}, ["eu"]]})
    assert evaluate(of, CONTEXT).value is True
    assert evaluate(of, {"region": "us"}).value is False
    assert evaluate(of, {"region": "us"}).reason == "TARGETING_MATCH"


def test_a_flag_that_is_not_there() -> None:
    got = not_found("chekout")
    assert (got.error, got.reason, got.value) == ("FLAG_NOT_FOUND", "ERROR", None)
    assert "chekout" in got.details


@pytest.mark.parametrize(
    ("value", "wanted", "got"),
    [
        (True, "boolean", True),
        (10.0, "integer", 10),
        (10, "float", 10.0),
        (0.5, "float", 0.5),
        ("x", "string", "x"),
        ({"a": 1}, "object", {"a": 1}),
        (0.5, "integer", None),
        (True, "integer", None),
        (True, "float", None),
        (1, "boolean", None),
        ("1", "integer", None),
        ({"a": 1}, "string", None),
        (float("nan"), "integer", None),
    ],
)
def test_a_caller_gets_the_type_it_asked_for_or_is_told(value: Any, wanted: Wanted, got: Any) -> None:
    seen = typed(evaluate(Flag("f", {"v": value}, safe="v"), {}), wanted)
    assert seen.value == got
    assert type(seen.value) is type(got)
    assert seen.error == (None if got is not None else "TYPE_MISMATCH")


def test_typing_an_error_keeps_what_went_wrong() -> None:
    assert typed(not_found("f"), "string").error == "FLAG_NOT_FOUND"
    assert typed(evaluate(flag(), {}), "string").error == "TARGETING_KEY_MISSING"


def test_what_may_not_move_while_a_rollout_runs() -> None:
    of = flag(audience=REGION)
    assert moved(of, ramped(killed(replace(of, overrides={"a": "new"}, metadata={"run": "x"})), 50_000)) == ()
    changes: list[tuple[dict[str, Any], str]] = [
        ({"hash": "flagd-3"}, "hash"),
        ({"space": "other"}, "space"),
        ({"audience": None}, "audience"),
        ({"targeting": {"if": [REGION, "old"]}}, "targeting"),
        ({"control": "legacy"}, "control"),
        ({"safe": "old"}, "safe"),
        ({"variants": VARIANTS | {"new": "map-3"}}, "variants"),
        ({"split": Split("new", 5_000, 1)}, "split"),
        ({"split": None}, "split"),
    ]
    for change, name in changes:
        assert moved(of, replace(of, **change)) == (name,)
    assert moved(of, replace(of, space="checkout")) == (), "the space it had all along, spelled out"


@pytest.mark.parametrize(
    ("more", "path", "message"),
    [
        ({"key": ""}, ("key",), "1 to 200"),
        ({"key": "a\nb"}, ("key",), "printable"),
        ({"hash": "md5"}, ("hash",), "unknown hash"),
        ({"variants": {}}, ("variants",), "1 to 100"),
        ({"variants": {"legacy": None, "old": None, "new": None}}, ("variants",), "boolean, a text"),
        ({"variants": VARIANTS | {"new": 1}}, ("variants",), "several types: number, string"),
        ({"variants": VARIANTS | {"": "x"}}, ("variants", ""), "needs a name"),
        ({"safe": "gone"}, ("safe",), "no variant 'gone'"),
        ({"candidate": "gone"}, ("split", "candidate"), "no variant"),
        ({"overrides": {"u": "gone"}}, ("overrides", "u"), "no variant"),
        ({"overrides": {str(i): "new" for i in range(1_001)}}, ("overrides",), "1,000"),
        ({"share": STEPS + 1}, ("split", "share"), "between 0 and 100,000"),
        ({"holdout": -1}, ("split", "holdout"), "between 0 and 100,000"),
        ({"targeting": {"nor": []}}, ("targeting", "nor"), "unknown operator"),
        ({"audience": {"nor": []}}, ("audience", "nor"), "unknown operator"),
        ({"metadata": {"run": ["x"]}}, ("metadata", "run"), "text, a number or a boolean"),
    ],
)
def test_mistakes_in_a_flag_are_told_by_their_place(more: dict[str, Any], path: tuple[str, ...], message: str) -> None:
    found = [m for m in mistakes(flag(**more)) if m.path == path]
    assert found
    assert message in found[0].message
    assert not mistakes(flag(audience=REGION, holdout=10, overrides={"u": "new"}, metadata={"run": "x", "n": 1.5}))


@pytest.mark.parametrize("share", [-1, STEPS + 1])
def test_a_ramp_beyond_all_or_nothing_is_refused(share: int) -> None:
    with pytest.raises(ValueError, match="between 0 and"):
        ramped(flag(), share)


def test_a_ramp_needs_a_split() -> None:
    with pytest.raises(ValueError, match="no split"):
        ramped(replace(flag(), split=None), 1)


def test_a_flag_and_what_it_said_have_canonical_bytes() -> None:
    of = flag(audience=REGION, overrides={"u": "new"})
    assert canonical(of) == canonical(replace(of))
    assert b'"arm":"control"' in canonical(evaluate(flag(0), {"targetingKey": "u"}))
