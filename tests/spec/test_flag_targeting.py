"""Targeting rules mean what flagd's mean, and no rule can do harm."""

from __future__ import annotations

import time
from typing import Any

import pytest
from openfeature.contrib.tools.flagd.core.targeting import targeting as flagd_targeting
from openfeature.evaluation_context import EvaluationContext

from cleanroom.core.flags.reasons import Fault
from cleanroom.core.flags.targeting import MOST_STEPS, applied, mistakes_in

DATA: dict[str, Any] = {
    "region": "eu",
    "plan": "pro",
    "app": "2.4.1",
    "age": 41,
    "score": 0.5,
    "zero": 0,
    "empty": "",
    "nothing": None,
    "yes": True,
    "tags": ["beta", "team-7"],
    "none": [],
    "user": {"name": "jack", "roles": ["admin", "dev"], "address": {"country": "de"}},
    "rows": [{"n": 1}, {"n": 2}, {"n": 3}],
    "email": "jack@shop.example",
}
BUCKETS = [["red", 50], ["blue", 30], ["green", 20]]

AGREED: list[tuple[Any, Any]] = [
    # truth: an empty array is false, "0" and {} are not
    ({"if": ["", "a", "b"]}, "b"),
    ({"if": ["0", "a", "b"]}, "a"),
    ({"if": [{"var": "none"}, "a", "b"]}, "b"),
    ({"if": [{"var": "zero"}, "a", "b"]}, "b"),
    ({"!!": [{"var": "tags"}]}, True),
    ({"!": [{"var": "nothing"}]}, True),
    # if: chains, without else, alone
    ({"if": [False, "a", {"var": "yes"}, "b", "c"]}, "b"),
    ({"if": [False, "a", False, "b", "c"]}, "c"),
    ({"if": [False, "a"]}, None),
    ({"if": [{"var": "plan"}]}, "pro"),
    ({"?:": [True, "a", "b"]}, "a"),
    # and, or: they return a value, not its truth
    ({"and": [{"var": "plan"}, {"var": "region"}]}, "eu"),
    ({"and": [{"var": "plan"}, {"var": "empty"}, {"var": "region"}]}, ""),
    ({"or": [{"var": "nothing"}, {"var": "empty"}, {"var": "region"}]}, "eu"),
    ({"or": [{"var": "nothing"}, {"var": "zero"}]}, 0),
    # var: paths, indexes, defaults
    ({"var": "user.address.country"}, "de"),
    ({"var": "user.roles.1"}, "dev"),
    ({"var": ["user.age", 18]}, 18),
    ({"var": ["nothing", "default"]}, "default"),
    ({"var": {"if": [True, "plan", "region"]}}, "pro"),
    ({"var": "user.name.first"}, None),
    ({"var": "$flagd.flagKey"}, "checkout"),
    ({"var": "targetingKey"}, "user-1"),
    # missing
    ({"missing": ["plan", "phone", "empty"]}, ["phone", "empty"]),
    ({"missing": [["plan", "phone"]]}, ["phone"]),
    ({"missing_some": [1, ["phone", "plan"]]}, []),
    ({"missing_some": [2, ["phone", "plan", "fax"]]}, ["phone", "fax"]),
    # equality, loose and strict
    ({"==": [{"var": "age"}, "41"]}, True),
    ({"===": [{"var": "age"}, "41"]}, False),
    ({"===": [{"var": "age"}, 41.0]}, True),
    ({"==": [{"var": "yes"}, 1]}, True),
    ({"==": [{"var": "nothing"}, None]}, True),
    ({"!=": [{"var": "plan"}, "free"]}, True),
    # order and between
    ({"<": [{"var": "age"}, 50]}, True),
    ({"<": [18, {"var": "age"}, 41]}, False),
    ({"<=": [18, {"var": "age"}, 41]}, True),
    ({">": ["b", "a"]}, True),
    ({">=": ["10", 9]}, True),
    ({"<": ["10", "9"]}, True),
    # in
    ({"in": [{"var": "region"}, ["eu", "us"]]}, True),
    ({"in": ["shop", {"var": "email"}]}, True),
    ({"in": ["gamma", {"var": "tags"}]}, False),
    ({"in": ["a", {"var": "nothing"}]}, False),
    # text
    ({"cat": ["v", {"var": "age"}, "-", {"var": "plan"}]}, "v41-pro"),
    ({"substr": [{"var": "email"}, 5]}, "shop.example"),
    ({"substr": [{"var": "email"}, -7]}, "example"),
    ({"substr": [{"var": "email"}, 0, 4]}, "jack"),
    ({"substr": ["abcdef", 1, -2]}, "bcd"),
    # numbers
    ({"+": [1, 2, 3]}, 6),
    ({"+": ["2.5"]}, 2.5),
    ({"-": [{"var": "age"}, 1]}, 40),
    ({"-": [2]}, -2),
    ({"*": [2, 3, 7]}, 42),
    ({"/": [{"var": "age"}, 2]}, 20.5),
    ({"%": [{"var": "age"}, 10]}, 1),
    ({"max": [1, {"var": "age"}, 7]}, 41),
    ({"min": [3, 0.5]}, 0.5),
    # arrays
    ({"merge": [["a"], "b", ["c", "d"]]}, ["a", "b", "c", "d"]),
    ({"map": [{"var": "rows"}, {"*": [{"var": "n"}, 2]}]}, [2, 4, 6]),
    ({"filter": [{"var": "tags"}, {"starts_with": [{"var": ""}, "team"]}]}, ["team-7"]),
    ({"reduce": [{"var": "rows"}, {"+": [{"var": "current.n"}, {"var": "accumulator"}]}, 10]}, 16),
    ({"all": [{"var": "rows"}, {">": [{"var": "n"}, 0]}]}, True),
    ({"all": [[], {">": [{"var": "n"}, 0]}]}, False),
    ({"some": [{"var": "tags"}, {"==": [{"var": ""}, "beta"]}]}, True),
    ({"none": [{"var": "tags"}, {"==": [{"var": ""}, "alpha"]}]}, True),
    # flagd's own
    ({"starts_with": [{"var": "email"}, "jack@"]}, True),
    ({"ends_with": [{"var": "email"}, ".example"]}, True),
    ({"starts_with": [{"var": "age"}, "4"]}, None),
    ({"ends_with": ["x"]}, None),
    ({"sem_ver": [{"var": "app"}, ">=", "2.1.0"]}, True),
    ({"sem_ver": [{"var": "app"}, "^", "2"]}, True),
    ({"sem_ver": [{"var": "app"}, "~", "v2.5.0"]}, False),
    ({"sem_ver": ["2.0.0-alpha", "<", "2.0.0"]}, True),
    ({"sem_ver": ["1.0.0-alpha.2", "<", "1.0.0-alpha.10"]}, True),
    ({"sem_ver": ["1.0.0-alpha", "<", "1.0.0-alpha.1"]}, True),
    ({"sem_ver": ["1.0.0-1", "<", "1.0.0-alpha"]}, True),
    ({"sem_ver": ["1.0.0+one", "=", "1.0.0+two"]}, True),
    ({"sem_ver": ["1.0.0", "!=", "1.0.1"]}, True),
    ({"sem_ver": ["2.0.0.0", "=", "2.0.0"]}, None),
    ({"sem_ver": ["1.0.0", "===", "1.0.0"]}, None),
    ({"sem_ver": ["1.0.0", "="]}, None),
    ({"fractional": [{"var": "email"}, *BUCKETS]}, "blue"),
    ({"fractional": [{"cat": [{"var": "$flagd.flagKey"}, {"var": "email"}]}, ["one"], ["two", 2]]}, "one"),
    ({"fractional": BUCKETS}, "blue"),
    ({"fractional": [["only", 1]]}, "only"),
    ({"fractional": [{"var": "age"}, *BUCKETS]}, "green"),
    ({"fractional": [{"var": "user"}, *BUCKETS]}, "blue"),
    ({"fractional": [{"var": "phone"}, *BUCKETS]}, None),
    ({"fractional": [{"var": "email"}, ["a", 0], ["b", 0]]}, None),
    ({"fractional": [{"var": "email"}, ["a", -50], ["b", 100]]}, "b"),
    ({"fractional": [{"var": "email"}, ["a", 2147483647], ["b", 1]]}, None),
    ({"fractional": [{"var": "email"}, [{"var": "plan"}, 1]]}, "pro"),
    ({"if": [{"fractional": [[False, 0], [True, 1]]}, "big", "small"]}, "big"),
]


@pytest.mark.parametrize(("rule", "said"), AGREED, ids=[str(r)[:70] for r, _ in AGREED])
def test_a_rule_says_what_flagds_own_evaluator_says(rule: Any, said: Any) -> None:
    ours = applied("flagd-3", "checkout", rule, {**DATA, "targetingKey": "user-1"})
    assert ours == said
    assert type(ours) is type(said) or not isinstance(ours, bool)
    assert flagd_targeting("checkout", rule, EvaluationContext("user-1", DATA)) == said


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ({"==": [{"var": "zero"}, None]}, False),
        ({"cat": ["is ", {"var": "yes"}]}, "is true"),
        ({"===": [[1], [1]]}, False),
        ({"in": [1, [True]]}, False),
        ({"cat": ["a", None, [1, None, "b"]]}, "a1,,b"),
        ({"cat": [1.0, " ", 1e21, " ", 0.1]}, "1 1e+21 0.1"),
        ({"+": ["3 apples", 4]}, 7),
        ({"<": [None, 1]}, True),
        ({"==": [[1, 2], "1,2"]}, True),
        ({"/": [1, 0]}, float("inf")),
        ({"if": [{"-": ["x", 1]}, "a", "b"]}, "b"),
        ({"!": [{"/": [0, 0]}]}, True),
        ({"%": [-7, 3]}, -1),
        ({"if": []}, None),
        ({"a": 1, "b": {"var": "plan"}}, {"a": 1, "b": {"var": "plan"}}),
    ],
)
def test_where_readers_of_rules_differ_ours_is_javascripts(rule: Any, said: Any) -> None:
    assert applied("flagd-2", "checkout", rule, DATA) == said


def test_a_rule_can_read_the_time_and_only_the_one_it_is_handed() -> None:
    rule = {">": [{"var": "$flagd.timestamp"}, 1_700_000_000]}
    assert applied("flagd-2", "checkout", rule, {"$flagd": {"timestamp": 9e9}}, 1_600_000_000) is False
    assert applied("flagd-2", "checkout", rule, {}, 1_800_000_000) is True
    assert applied("flagd-2", "checkout", {"var": ["$flagd.timestamp", "none"]}, {}) == "none"


@pytest.mark.parametrize(
    ("rule", "why"),
    [
        ({"lookup": ["x"]}, "unknown operator"),
        ({"log": "x"}, "unknown operator"),
        ({"$ref": "shared"}, "unknown operator"),
        ({"if": [{"var": "plan"}, {"__class__": []}]}, "unknown operator"),
        ({"reduce": [[1] * 60, {"cat": [{"var": "accumulator"}, {"var": "accumulator"}]}, "x"]}, "65,536 characters"),
        ({"reduce": [[1] * 60, {"merge": [{"var": "accumulator"}, {"var": "accumulator"}]}, [1]]}, "steps"),
        ({"map": [[1] * 400, {"map": [{"var": "rows"}, {"map": [[1] * 400, 1]}]}]}, None),
        ({"map": [[1] * 400, {"map": [[1] * 400, {"var": ""}]}]}, "steps"),
    ],
)
def test_a_rule_that_cannot_be_followed_stops_at_once(rule: Any, why: str | None) -> None:
    began = time.process_time()
    if why is None:
        assert len(applied("flagd-2", "checkout", rule, DATA)) == 400
    else:
        with pytest.raises(Fault, match=why):
            applied("flagd-2", "checkout", rule, DATA)
    assert time.process_time() - began < 1
    assert MOST_STEPS <= 20_000


@pytest.mark.parametrize("wrap", ["!", "if", "cat", "and"])
def test_a_rule_that_nests_without_end_is_refused(wrap: str) -> None:
    rule: Any = {"var": "plan"}
    for _ in range(5_000):
        rule = {wrap: [rule]}
    with pytest.raises(Fault, match="deeper"):
        applied("flagd-2", "checkout", rule, DATA)
    assert "deeper" in mistakes_in(rule)[0].message


def test_mistakes_in_a_rule_are_found_before_it_is_used() -> None:
    found = mistakes_in({"if": [{"start_with": [{"var": "email"}, "a"]}, "new", {"or": [{"nor": []}]}]})
    assert {m.path for m in found} == {("if", 0, "start_with"), ("if", 2, "or", 0, "nor")}
    assert any("starts_with" in m.hint for m in found)
    assert "more than 2,000 parts" in mistakes_in({"in": ["a", ["b"] * 2_000]})[0].message
    assert not mistakes_in({"if": [{"in": ["a", ["b"] * 500]}, "new"]})


def test_texts_that_would_stall_a_backtracking_reader_do_not() -> None:
    began = time.process_time()
    applied("flagd-2", "k", {"==": [1, "9" * 60_000 + "x"]}, {})
    applied("flagd-2", "k", {"+": ["9" * 60_000 + "e"]}, {})
    applied("flagd-2", "k", {"sem_ver": ["1.0.0-" + "a." * 30_000, "=", "1.0.0-" + "0" * 190]}, {})
    assert time.process_time() - began < 1
