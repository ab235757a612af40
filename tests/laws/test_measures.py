"""Measures are a commutative monoid: any split of the rows into parts, measured and merged in any order, is the whole."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from functools import reduce
from typing import Any, get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cleanroom.adapters.jsonschema_rs.validator import JsonSchemaRs
from cleanroom.adapters.memory.measures import measure
from cleanroom.core.measure import (
    Breaking,
    Column,
    Columns,
    Conforms,
    Day,
    Lookup,
    Measure,
    Orphans,
    Owners,
    Repeats,
    Rows,
    Seen,
    Spread,
    Steps,
    Times,
    Unseen,
)
from cleanroom.core.rules import Castable, Filled, FullMatch, OneOf, Rule, Scope, Within
from cleanroom.core.states import AnyState, Bag, Extent, Spans, Trail, bin_of, bin_value

Row = dict[str, Any]

NAMES = ("view", "cart", "buy", "naïve\n\"name'", "", " ")
SCHEMA = json.dumps({"type": "object", "required": ["a"], "properties": {"a": {"type": "integer"}}})
SCOPE = Scope("event", ("view", "buy"))
DAY = Day("ts")

MEASURES: tuple[Measure, ...] = (
    Rows(),
    Rows((Column("event"),)),
    Rows((Column("event"), DAY)),
    Rows((Column("ok"), Column("n"))),
    Breaking(Filled("event")),
    Breaking(Within("x", -1.0, 1.0), (Column("event"), DAY)),
    Breaking(Within("x", None, 0.0), scope=SCOPE),
    Breaking(OneOf("event", ("view", "cart")), (Column("event"),)),
    Breaking(FullMatch("user", "u[0-9]"), scope=SCOPE),
    Breaking(Castable("x", "integer"), (DAY,)),
    Spread("x"),
    Spread("x", (DAY,), SCOPE),
    Spread("n", (Column("event"), DAY)),
    Repeats(("id",)),
    Repeats(("user", "ts", "event")),
    Orphans("user", "users", "id"),
    Owners("session", "user"),
    Steps("session", "event", "ts", ("view", "cart", "buy")),
    Conforms("payload", "event", (("view", SCHEMA), ("buy", SCHEMA))),
    Times("ts"),
    Columns(),
    Lookup("id", ("1", "2", "3"), ("event", "x")),
)
REFERENCES: dict[str, list[Row]] = {"users": [{"id": "u1"}, {"id": "u2"}]}
VALIDATOR = JsonSchemaRs()

numbers = st.floats(allow_nan=True, allow_infinity=True) | st.floats(-2, 2) | st.just(0.0)
moments = st.integers(0, 3 * 86_400).map(lambda s: datetime(2026, 1, 1) + timedelta(seconds=s))  # noqa: DTZ001
row = st.fixed_dictionaries(
    {
        "id": st.none() | st.integers(0, 5),
        "event": st.none() | st.sampled_from(NAMES),
        "ts": st.none() | moments,
        "user": st.none() | st.sampled_from(("u1", "u2", "u3", "nobody")),
        "session": st.none() | st.sampled_from(("s1", "s2", "s3")),
        "x": st.none() | numbers,
        "n": st.none() | st.integers(-3, 3),
        "ok": st.none() | st.booleans(),
        "payload": st.none() | st.sampled_from(("", "{}", '{"a": 1}', '{"a": "1"}', "{nonsense", "[]")),
    }
)
table = st.lists(row, max_size=30)


def taken(rows: list[Row]) -> Seen[object]:
    return measure({"candidate": rows}, MEASURES, references=REFERENCES, validator=VALIDATOR)


def state(seen: Seen[Any], m: Measure) -> Any:
    return seen[m]


def test_every_kind_of_measure_is_here() -> None:
    assert {type(m) for m in MEASURES} == set(get_args(Measure))


@settings(max_examples=150, deadline=None)
@given(rows=table, data=st.data())
def test_any_split_in_any_order_merges_to_the_whole(rows: list[Row], data: st.DataObject) -> None:
    parts = data.draw(st.integers(1, 4))
    places = data.draw(st.lists(st.integers(0, parts - 1), min_size=len(rows), max_size=len(rows)))
    split = [[r for r, place in zip(rows, places, strict=True) if place == p] for p in range(parts)]
    order = data.draw(st.permutations(range(parts)))
    whole, merged = taken(rows), reduce(Seen.merge, (taken(split[p]) for p in order))
    for m in MEASURES:
        assert state(merged, m) == state(whole, m), m


@settings(max_examples=60, deadline=None)
@given(a=table, b=table, c=table)
def test_merging_is_associative_and_commutative_and_the_state_of_no_rows_is_its_zero(
    a: list[Row], b: list[Row], c: list[Row]
) -> None:
    x, y, z = taken(a), taken(b), taken(c)
    for m in MEASURES:
        one, two, three = (state(s, m) for s in (x, y, z))
        assert one.merge(two) == two.merge(one)
        assert one.merge(two).merge(three) == one.merge(two.merge(three))
        assert one.merge(m.zero()) == one == m.zero().merge(one)


@settings(max_examples=100, deadline=None)
@given(rows=table)
def test_the_rows_order_does_not_matter(rows: list[Row]) -> None:
    forward, backward = taken(rows), taken(rows[::-1])
    assert all(state(forward, m) == state(backward, m) for m in MEASURES)


def test_what_one_part_could_not_compute_stays_unseen() -> None:
    seen, blind = taken([]), measure({}, MEASURES)
    for both in (seen.merge(blind), blind.merge(seen)):
        for m in MEASURES:
            with pytest.raises(Unseen, match="no candidate data"):
                state(both, m)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.floats(-1e300, 1e300), min_size=2, max_size=50))
def test_bins_are_monotone_and_close(values: list[float]) -> None:
    x = np.sort(np.array(values))
    bins = bin_of(x)
    assert (np.diff(bins) >= 0).all()
    normal = np.abs(x) > 1e-300
    assert np.allclose(bin_value(bins)[normal], x[normal], rtol=1 / 1024)


RULES: list[tuple[Rule, list[object], list[object]]] = [
    (Filled("c"), ["x", 0, False, "0"], [None, "", "  "]),
    (Within("c", 0.0, 10.0), [None, 0, 10, "5", "no number"], [-1, 11, "-0.5", float("nan"), float("inf")]),
    (Within("c", 0.0, None), [float("inf"), 0], [float("nan"), -0.1]),
    (Within("c", None, 1.5), [-1e300, 1.5], [1.6]),
    (OneOf("c", ("a", "1", "true")), [None, "a", 1, True], ["A", " a", 1.0, False, ""]),
    (FullMatch("c", "a.c"), [None, "abc", "a\nc"], ["abcd", "xabc", ""]),
    (FullMatch("c", r"\d+"), ["12", 12], ["١٢", "1 2"]),
    (Castable("c", "integer"), [None, 1, 2.0, "-3", " 4 "], [1.5, "1.0", "x", True, ""]),
    (Castable("c", "number"), [1, 2.5, "1e-3", ".5"], ["1,5", "nan", "", False]),
    (Castable("c", "boolean"), [True, "TRUE", "false"], [1, "yes"]),
    (Castable("c", "timestamp"), [datetime(2026, 1, 1), "2026-01-01T10:00:00Z"], ["soon", 5]),  # noqa: DTZ001
    (Castable("c", "date"), [datetime(2026, 1, 1), "2026-01-01"], [datetime(2026, 1, 1, 5), "2026-01-01 05:00"]),  # noqa: DTZ001
    (Castable("c", "string"), ["", 1, None], []),
]


@pytest.mark.parametrize(("rule", "kept", "broken"), RULES, ids=lambda v: getattr(v, "kind", ""))
def test_what_each_rule_means(rule: Rule, kept: list[object], broken: list[object]) -> None:
    def count(values: list[object]) -> int:
        rows: list[Row] = [{"c": v} for v in values]
        return measure({"candidate": rows}, [Breaking(rule)])[Breaking(rule)].total

    assert count(kept) == 0
    assert all(count([v]) == 1 for v in broken)


def test_signatures_repeats_owners_and_trails_read_right() -> None:
    rows: list[Row] = [
        {"id": "1", "user": "u1", "session": "s1", "event": "view", "ts": datetime(2026, 1, 1)},  # noqa: DTZ001
        {"id": "1", "user": "u2", "session": "s1", "event": "buy", "ts": datetime(2026, 1, 2)},  # noqa: DTZ001
        {"id": None, "user": None, "session": "s2", "event": "buy", "ts": None},
        {"id": None, "user": "u3", "session": "s2", "event": "other", "ts": datetime(2026, 1, 3)},  # noqa: DTZ001
    ]
    key, owner, trail = Repeats(("id",)), Owners("session", "user"), Steps("session", "event", "ts", ("view", "buy"))
    seen = measure({"candidate": rows}, [key, owner, trail, Times("ts")])
    assert seen[key].repeated == 1
    assert len(seen[key].items) == 2, "rows without the key have none to repeat"
    assert (seen[owner].torn, len(seen[owner].key)) == (1, 2)
    assert seen[trail].step.tolist() == [0, 1], "a step without a time is no step"
    assert seen[Times("ts")] == Extent(1_767_225_600_000_000, 1_767_398_400_000_000)


@pytest.mark.parametrize(
    ("rows", "m", "why"),
    [
        ([{"a": 1}], Rows((Column("b"),)), "no column 'b'"),
        ([{"a": 1}], Breaking(Filled("b")), "no column 'b'"),
        ([{"a": "soon"}], Times("a"), "'soon' is not a point in time"),
        ([{"a": "soon"}], Rows((Day("a"),)), "not a point in time"),
        ([{"a": 1}], Orphans("a", "elsewhere", "k"), "elsewhere could not be opened"),
        ([{"a": 1}], Conforms("a", "a", ()), "no validator"),
        ([{"a": 1}], Rows(side="baseline"), "no baseline data"),
    ],
    ids=lambda v: getattr(v, "kind", ""),
)
def test_what_cannot_be_measured_says_why(rows: list[Row], m: Measure, why: str) -> None:
    with pytest.raises(Unseen, match=why):
        state(measure({"candidate": rows}, [m]), m)


def test_the_empty_states_are_equal_to_themselves() -> None:
    states: list[AnyState] = [Bag(), Spans.zero(), Trail.zero()]
    assert all(s == type(s).merge(s, s) for s in states)  # type: ignore[arg-type]
