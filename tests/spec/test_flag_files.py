"""flagd definition files: what we write, what we read, and what we say of the rest."""

from __future__ import annotations

import json
from typing import Any

import pytest
from openfeature.contrib.tools.flagd.core import FlagdCore
from openfeature.evaluation_context import EvaluationContext
from tests.flag_samples import NEW_APP, REGION, flag

from cleanroom.core.flags import STEPS, Flag, evaluate, killed
from cleanroom.formats.flagd import export, read


def text(flags: dict[str, Any], **more: Any) -> bytes:
    return json.dumps({"flags": flags, **more}).encode()


ON_OFF = {"state": "ENABLED", "variants": {"on": True, "off": False}, "defaultVariant": "off"}
IS_BALLMER = {"==": ["ballmer@macrosoft.example", {"var": ["email"]}]}


def test_a_whole_flag_as_a_definition() -> None:
    of = flag(
        5_000,
        holdout=10_000,
        audience={"and": [REGION, NEW_APP]},
        targeting={"if": [{"==": [{"var": "plan"}, "internal"]}, "new"]},
        overrides={"user-1": "new", "user-2": "old", "user-3": "new"},
        metadata={"run": "sha256:ab"},
    )
    made = json.loads(export([of, flag(key="another")]))
    assert list(made["flags"]) == ["another", "checkout"]
    checkout = made["flags"]["checkout"]
    assert (checkout["state"], checkout["defaultVariant"]) == ("ENABLED", "legacy")
    assert checkout["metadata"] == {"run": "sha256:ab", "hash": "flagd-2"}
    plain = json.dumps(checkout["targeting"])
    assert '[{"cat": ["checkout", {"var": "targetingKey"}]}, ["new", 5000], ["old", 95000]]' in plain
    assert '{"in": [{"var": "targetingKey"}, ["user-1", "user-3"]]}, "new"' in plain


def test_of_a_killed_flag_only_the_safe_variant_is_left() -> None:
    made = json.loads(export([killed(flag(STEPS, overrides={"u": "new"}, targeting={"if": [True, "new"]}))]))
    checkout = made["flags"]["checkout"]
    assert "targeting" not in checkout
    assert (checkout["state"], checkout["defaultVariant"]) == ("ENABLED", "legacy")


def test_a_flag_without_rules_has_its_control_as_default() -> None:
    made = json.loads(export([Flag("f", {"a": 1, "b": 2}, safe="a", control="b")]))["flags"]["f"]
    assert made == {
        "state": "ENABLED",
        "variants": {"a": 1, "b": 2},
        "defaultVariant": "b",
        "metadata": {"hash": "flagd-2"},
    }


FOREIGN = {
    "plain": ON_OFF,
    "disabled": ON_OFF | {"state": "DISABLED", "targeting": {"if": [True, "on"]}},
    "shared": ON_OFF | {"targeting": {"if": [{"$ref": "is_ballmer"}, "on", None]}},
    "split": ON_OFF
    | {"targeting": {"fractional": [["on", 30], ["off", 70]]}, "metadata": {"team": "web", "hash": "flagd-3"}},
    "truth": {
        "state": "ENABLED",
        "variants": {"true": 1, "false": 0},
        "defaultVariant": "false",
        "targeting": IS_BALLMER,
    },
    "empty": ON_OFF | {"targeting": {}},
}


def test_a_file_of_flagds_is_served_as_flagd_serves_it() -> None:
    data = text(FOREIGN, **{"$evaluators": {"is_ballmer": IS_BALLMER}, "metadata": {"version": "1"}, "$schema": "x"})
    got = read(data, "flags.json", "flagd-3")
    assert not got.findings
    flags = {of.key: of for of in got.flags}
    assert flags["split"].metadata == {"team": "web"}
    assert {of.hash for of in got.flags} == {"flagd-3"}
    core = FlagdCore()
    core.set_flags(data.decode())
    for email in ("ballmer@macrosoft.example", "jack@shop.example", None):
        for user in [f"user-{i}" for i in range(40)]:
            attributes = {} if email is None else {"email": email}
            for key, of in flags.items():
                if key == "disabled":
                    continue
                ask: Any = core.resolve_integer_value if key == "truth" else core.resolve_boolean_value
                theirs = ask(key, 5, EvaluationContext(user, attributes))
                ours = evaluate(of, {**attributes, "targetingKey": user})
                assert (ours.variant, ours.value) == (theirs.variant, theirs.value), (key, email, user)
    off = evaluate(flags["disabled"], {"targetingKey": "u"})
    assert (off.variant, off.reason) == ("off", "DISABLED")


@pytest.mark.parametrize(
    ("changed", "at", "message"),
    [
        ({"defaultVariant": None}, "defaultVariant", "without a default variant"),
        ({"defaultVariant": "gone"}, None, "no variant 'gone'"),
        ({"state": "ON"}, "state", "ENABLED or DISABLED"),
        ({"variants": ["on"]}, "variants", "are an object"),
        ({"variants": {"on": True, "off": 0}}, "variants", "several types"),
        ({"variants": {"on": None, "off": None}}, "variants", "a boolean, a text"),
        ({"targeting": {"rollout": [1, 2, "on"]}}, "rollout", "unknown operator 'rollout'"),
        ({"targeting": {"if": [{"$ref": "gone"}, "on"]}}, "$ref", "'gone' is not among the $evaluators"),
        ({"targeting": {"if": [{"$ref": "round"}, "on"]}}, "$ref", "'round' refers to itself"),
        ({"targeting": ["on"]}, "targeting", "is an object"),
        ({"metadata": {"a": [1]}}, "a", "text, a number"),
    ],
)
def test_what_is_not_supported_is_said_with_its_line(changed: dict[str, Any], at: str | None, message: str) -> None:
    data = {"flags": {"good": ON_OFF, "bad": ON_OFF | changed}, "$evaluators": {"round": {"!": {"$ref": "round"}}}}
    lines = json.dumps(data, indent=1)
    got = read(lines.encode(), "flags.json")
    assert [of.key for of in got.flags] == ["good"]
    found = [f for f in got.findings if message in f.message]
    assert found, got.findings
    assert found[0].severity == "error"
    if at is not None:
        assert f'"{at}"' in lines.splitlines()[found[0].line - 1]


def test_what_is_left_out_is_told_and_no_more() -> None:
    got = read(text({"f": ON_OFF | {"source": "x"}}, sources=[]), "flags.json")
    assert [of.key for of in got.flags] == ["f"]
    assert [(f.severity, f.message) for f in got.findings] == [
        ("warning", "'sources' is not known and is left out"),
        ("warning", "'source' is not known and is left out"),
    ]


@pytest.mark.parametrize(
    "data",
    [b"", b"[]", b"{}", b'{"flags": []}', b'{"flags": {"f": 5}}', b"\xff\xfe", b'{"flags": {"f": {}}}', b'{"flags":{'],
)
def test_files_that_hold_no_flags_never_raise(data: bytes) -> None:
    got = read(data, "flags.json")
    assert got.flags == ()
    assert any(f.severity == "error" for f in got.findings)


def test_shared_rules_may_name_each_other() -> None:
    evaluators = {"is_ballmer": IS_BALLMER, "not_ballmer": {"!": {"$ref": "is_ballmer"}}}
    flags = {"f": ON_OFF | {"targeting": {"if": [{"$ref": "not_ballmer"}, "on"]}}}
    got = read(text(flags, **{"$evaluators": evaluators}), "flags.json")
    assert not got.findings
    assert evaluate(got.flags[0], {"email": "jack@shop.example"}).value is True
    assert evaluate(got.flags[0], {"email": "ballmer@macrosoft.example"}).value is False


def test_shared_rules_that_multiply_are_stopped() -> None:
    """Each of twenty shared rules names the next one twice: a million parts, if one let it."""
    evaluators: dict[str, Any] = {f"r{i}": {"and": [{"$ref": f"r{i + 1}"}, {"$ref": f"r{i + 1}"}]} for i in range(20)}
    evaluators["r20"] = {"var": "region"}
    got = read(
        text({"f": ON_OFF | {"targeting": {"if": [{"$ref": "r0"}, "on"]}}}, **{"$evaluators": evaluators}), "flags.json"
    )
    assert got.flags == ()
    assert "too large" in got.findings[0].message
