"""Families mapping and golden: no invented target, nothing left out or lost, golden cases right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from tests.battery_samples import BASELINE, CLEAN, Row, failing, named, planned, run

from cleanroom.core.change import MappedName, Mapping
from cleanroom.core.check import Outcome, SourceRows, Verdict
from cleanroom.core.checks.golden import CASE, same
from cleanroom.core.contract import Tolerances
from cleanroom.core.golden import GoldenCase, Scalar

LEGACY = {"view_item": "prod_view", "add_to_cart": "basket_add", "purchase": "order_ok"}
PING: Row = {**CLEAN[0], "event": "dbg_ping"}
SOURCE = [
    *({**r, "event": LEGACY[r["event"]]} for r in CLEAN),
    *({**PING, "id": f"ping-{i}", "session": f"p{i}"} for i in range(20)),
]
RIGHT = Mapping(
    (
        MappedName("prod_view", "view_item"),
        MappedName("basket_add", "add_to_cart"),
        MappedName("order_ok", "purchase"),
        MappedName("dbg_ping", "none", "a heartbeat of the app, not an event of people"),
    )
)


def applied(mapping: Mapping, rows: Sequence[Row]) -> list[Row]:
    """What an engine would write."""
    targets = {m.legacy: m.target for m in mapping.events}
    return [
        {**r, "event": targets[r["event"]], "legacy_event": r["event"]}
        for r in rows
        if targets.get(r["event"], "none") != "none"
    ]


def checked(
    mapping: Mapping, output: Sequence[Row] | None = None, baseline: Sequence[Row] | None = BASELINE
) -> Verdict:
    rows = applied(mapping, SOURCE) if output is None else output
    return run(rows, mapping=mapping, sides={"source": SOURCE}, baseline=baseline, columns=frozenset(CLEAN[0]))


def but(*changes: MappedName, drop: str = "") -> Mapping:
    new = {m.legacy: m for m in changes}
    kept = [new.pop(m.legacy, m) for m in RIGHT.events if m.legacy != drop]
    return Mapping((*kept, *new.values()))


def test_the_right_mapping_passes() -> None:
    verdict = checked(RIGHT)
    assert verdict.outcome is Outcome.PASS
    assert named(verdict, "mapping.conserved").seen == "1,707 rows in, 1,687 out, 20 to none, 0 not mapped"


def test_an_invented_target_is_named_with_the_rows_it_carries() -> None:
    verdict = checked(but(MappedName("order_ok", "order_completed")))
    found = named(verdict, "mapping.targets")
    assert found.outcome is Outcome.FAIL
    assert found.because == "The plan has no event order_completed (for order_ok, 253 rows)."
    assert found.witness == SourceRows(("order_ok",))


def test_an_invented_target_fails_even_before_any_row_has_it() -> None:
    found = named(checked(but(MappedName("never_seen", "made_up"))), "mapping.targets")
    assert (found.outcome, "0 rows" in found.because) == (Outcome.FAIL, True)


def test_none_needs_a_reason_and_a_name_one_target() -> None:
    found = named(checked(but(MappedName("dbg_ping", "none", " "))), "mapping.targets")
    assert found.because == "No reason is given for mapping dbg_ping to none."
    twice = Mapping((*RIGHT.events, MappedName("order_ok", "add_to_cart")))
    assert "more than one target is given for order_ok" in named(checked(twice), "mapping.targets").because.lower()


def test_names_that_are_left_out_are_listed_by_rows() -> None:
    verdict = checked(but(drop="basket_add"))
    found = named(verdict, "mapping.coverage")
    assert found.outcome is Outcome.FAIL
    assert "left out are basket_add (533 rows)" in found.because
    assert found.witness == SourceRows(("basket_add",))
    assert named(verdict, "mapping.conserved").outcome is Outcome.PASS


def test_a_little_left_out_is_a_warning() -> None:
    contract_floor = planned(tolerances=Tolerances(coverage=0.95))
    mapping = but(drop="dbg_ping")
    rows = applied(mapping, SOURCE)
    verdict = run(rows, mapping=mapping, sides={"source": SOURCE}, contract=contract_floor)
    assert named(verdict, "mapping.coverage").outcome is Outcome.WARN


def test_swapped_names_fail_the_counts_and_the_funnel() -> None:
    swapped = but(
        MappedName("prod_view", "purchase", similar="view_item"),
        MappedName("order_ok", "view_item", similar="purchase"),
    )
    verdict = checked(swapped)
    assert {"funnels.order(buying)", "counts.event(purchase)", "counts.event(view_item)"} <= failing(verdict)
    found = named(verdict, "mapping.similarity")
    assert found.outcome is Outcome.WARN
    assert found.because.startswith("2 names look swapped: prod_view is mapped to purchase, its text says view_item")


def test_many_names_thrown_together_fail() -> None:
    contract = planned(tolerances=replace(planned().plan.tolerances, collapse=2))
    mapping = Mapping(tuple(replace(m, target="view_item") for m in RIGHT.events))
    rows = applied(mapping, SOURCE)
    found = named(run(rows, mapping=mapping, sides={"source": SOURCE}, contract=contract), "mapping.frequency")
    assert found.outcome is Outcome.FAIL
    assert found.because.startswith(
        "4 names are thrown together as view_item (prod_view, basket_add, order_ok and 1 more)"
    )


def test_a_rare_name_on_the_most_frequent_event_is_worth_a_look() -> None:
    rare = [{**PING, "event": "zoom", "id": f"z{i}", "session": f"z{i}"} for i in range(10)]
    mapping = but(MappedName("zoom", "view_item"))
    source = [*SOURCE, *rare]
    found = named(run(applied(mapping, source), mapping=mapping, sides={"source": source}), "mapping.frequency")
    assert found.outcome is Outcome.WARN
    assert found.because == "zoom (10 rows) is rare but mapped onto view_item, the most frequent event."
    alone = run(applied(mapping, source), mapping=mapping, sides={"source": source}, baseline=None)
    assert named(alone, "mapping.frequency").outcome is Outcome.PASS


def test_a_big_name_on_none_is_a_warning_with_its_reason() -> None:
    found = named(checked(but(MappedName("basket_add", "none", "looks like noise"))), "mapping.frequency")
    assert found.outcome is Outcome.WARN
    assert "basket_add has 31.2% of the rows but is mapped to none (looks like noise)" in found.because


def test_a_row_that_was_lost_or_made_fails() -> None:
    rows = applied(RIGHT, SOURCE)
    for output in (rows[:-1], [*rows, {**rows[0], "id": "made"}]):
        found = named(checked(RIGHT, output), "mapping.conserved")
        assert found.outcome is Outcome.FAIL
        assert "view_item has 90" in found.because


def test_without_the_source_coverage_is_unknown_but_inventions_still_fail() -> None:
    mapping = but(MappedName("order_ok", "made_up"))
    verdict = run(applied(mapping, SOURCE), mapping=mapping)
    assert named(verdict, "mapping.targets").outcome is Outcome.FAIL
    assert named(verdict, "mapping.coverage").outcome is Outcome.UNKNOWN


# --- golden cases ------------------------------------------------------------------------------------------


def case(name: str, legacy: str, **expect: Scalar) -> GoldenCase:
    return GoldenCase(name, tuple(expect.items()), (("event", legacy),), because="as agreed")


CASES = (
    case("g1", "prod_view", event="view_item", price=9),
    case("g2", "order_ok", event="purchase", price=10.5, consent=None),
    GoldenCase("g3", input=(("event", "dbg_ping"),), dropped=True),
)
CAME_OUT: list[Row] = [
    {CASE: "g1", "event": "view_item", "price": 9.0, "consent": "granted"},
    {CASE: "g2", "event": "purchase", "price": 10.5, "consent": None},
]


def golden(came_out: Sequence[Row], cases: Sequence[GoldenCase] = CASES) -> Verdict:
    rows = applied(RIGHT, SOURCE)
    return run(rows, mapping=RIGHT, golden=cases, sides={"source": SOURCE, "golden": came_out})


def test_right_cases_pass() -> None:
    found = named(golden(CAME_OUT), "golden.cases")
    assert (found.outcome, found.seen) == (Outcome.PASS, "3 of 3 cases right")


@pytest.mark.parametrize(
    ("came_out", "told"),
    [
        ([{**CAME_OUT[0], "event": "purchase"}, CAME_OUT[1]], "g1: event is purchase, expected view_item (as agreed)"),
        ([{**CAME_OUT[0], "price": 9.1}, CAME_OUT[1]], "g1: price is 9.1, expected 9"),
        ([CAME_OUT[0], {**CAME_OUT[1], "consent": "granted"}], "g2: consent is granted, expected nothing"),
        ([CAME_OUT[0]], "g2: no row came out"),
        ([*CAME_OUT, CAME_OUT[0]], "g1: 2 rows came out instead of one"),
        ([*CAME_OUT, {**CAME_OUT[0], CASE: "g3"}], "g3: should have been dropped, but 1 row came out"),
    ],
)
def test_wrong_cases_are_named(came_out: list[Row], told: str) -> None:
    found = named(golden(came_out), "golden.cases")
    assert found.outcome is Outcome.FAIL
    assert told in found.because


def test_at_most_three_wrong_cases_are_told() -> None:
    cases = tuple(case(f"g{i}", "prod_view", event="view_item") for i in range(8))
    came_out: list[Row] = [{CASE: f"g{i}", "event": "purchase"} for i in range(8)]
    found = named(golden(came_out, cases), "golden.cases")
    assert found.because.count("expected view_item") == 3
    assert found.because.endswith("and 5 more.")


def test_rows_of_a_dataset_are_found_by_their_key() -> None:
    right = GoldenCase("k1", (("event", CLEAN[0]["event"]),), key=(("id", CLEAN[0]["id"]), ("user", CLEAN[0]["user"])))
    wrong = GoldenCase("k2", (("device", "toaster"),), key=(("id", CLEAN[1]["id"]),))
    gone = GoldenCase("k3", key=(("id", "none such"),), dropped=True)
    other = GoldenCase("k4", (("event", CLEAN[0]["event"]),), key=(("id", CLEAN[0]["id"]), ("user", "somebody else")))
    assert named(run(CLEAN, golden=(right, gone)), "golden.rows(id)").outcome is Outcome.PASS
    found = named(run(CLEAN, golden=(right, wrong, gone, other)), "golden.rows(id)")
    assert (found.outcome, found.seen) == (Outcome.FAIL, "2 of 4 cases right")
    assert "k4: no row came out" in found.because


def test_cases_that_only_a_mapping_can_answer_are_unknown_for_a_dataset_and_stop_nothing() -> None:
    verdict = run(CLEAN, golden=CASES)
    found = named(verdict, "golden.cases")
    assert (found.outcome, found.counts_as) == (Outcome.UNKNOWN, Outcome.WARN)
    assert "3 golden cases hold inputs" in found.because


@pytest.mark.parametrize(
    ("expected", "found", "equal"),
    [
        ("007", "007", True),
        ("007", "7", False),
        (7, "7.0", True),
        (0.1, "0.1000000000000001", True),
        (1, "true", False),
        (True, "TRUE", True),
        (True, "1", False),
        (5, "five", False),
        (None, None, True),
        (None, "", False),
        ("", None, False),
        ("2026-01-01T10:00:00Z", "2026-01-01 10:00:00", True),
        ("2026-01-01T10:00:00+01:00", "2026-01-01 09:00:00", True),
        ("2026-01-01T10:00:00Z", "2026-01-01 10:00:01", False),
    ],
)
def test_text_as_text_and_numbers_as_numbers(expected: Scalar, found: str | None, equal: bool) -> None:
    assert same(expected, found) is equal
