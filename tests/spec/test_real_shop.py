"""Does the thin real shop bear out its plan, its golden cases and the mapping made by hand?"""

from __future__ import annotations

import json
import re
from itertools import pairwise
from typing import Any

import duckdb
import pytest
import yaml
from scipy.special import betaincinv
from tests.shop_mappings import ABSENT, EVENTS, PROJECT, WORSE, by_hand, invented_target, left_out, swapped

from cleanroom.core.change import NONE, Mapping

PLAN: dict[str, Any] = yaml.safe_load((PROJECT / "contracts" / "plan.yaml").read_text(encoding="utf-8"))
GOLDEN = [json.loads(line) for line in (PROJECT / "golden" / "mapping.jsonl").read_text(encoding="utf-8").splitlines()]
Step = tuple[str, str]


@pytest.fixture(scope="module")
def db() -> duckdb.DuckDBPyConnection:
    if not EVENTS.is_file():
        pytest.skip(ABSENT)
    connection = duckdb.connect()
    connection.execute("CREATE TABLE events AS SELECT * FROM read_csv(?)", [str(EVENTS)])
    return connection


def skips(db: duckdb.DuckDBPyConnection, mapping: Mapping, before: str, step: str) -> tuple[int, int]:
    """Sessions at `step` without an earlier `before`, and sessions at `step`."""
    db.execute("CREATE OR REPLACE TEMP TABLE mapping (legacy VARCHAR, target VARCHAR)")
    db.executemany("INSERT INTO mapping VALUES (?, ?)", [[m.legacy, m.target] for m in mapping.events])
    row = db.execute(
        """
        WITH named AS (SELECT session_id, timestamp, target FROM events JOIN mapping ON legacy = event),
             here AS (SELECT session_id, min(timestamp) AS at FROM named WHERE target = ? GROUP BY 1),
             earlier AS (SELECT session_id, min(timestamp) AS at FROM named WHERE target = ? GROUP BY 1)
        SELECT count(*) FILTER (earlier.at IS NULL OR earlier.at > here.at), count(*)
        FROM here LEFT JOIN earlier USING (session_id)
        """,
        [step, before],
    ).fetchone()
    assert row is not None
    return int(row[0]), int(row[1])


def steps() -> list[tuple[str, str, str, float]]:
    funnels = PLAN["funnels"].items()
    return [(name, before, step, f["max_skips"]) for name, f in funnels for before, step in pairwise(f["steps"])]


def test_the_mapping_by_hand_speaks_of_every_name_and_only_of_events_of_the_plan(db: duckdb.DuckDBPyConnection) -> None:
    names = {row[0] for row in db.execute("SELECT DISTINCT event FROM events").fetchall()}
    assert {m.legacy for m in by_hand().events} == names
    assert {m.target for m in by_hand().events} <= {*PLAN["events"], NONE}


@pytest.mark.parametrize(("funnel", "before", "step", "limit"), steps())
def test_the_right_mapping_stays_inside_each_funnel_with_room_for_chance(
    db: duckdb.DuckDBPyConnection, funnel: str, before: str, step: str, limit: float
) -> None:
    without, people = skips(db, by_hand(), before, step)
    upper_99 = betaincinv(without + 1, people - without, 0.99)
    assert upper_99 <= limit, f"{funnel}: {without} of {people} at {step} have no {before} earlier"


def test_a_swapped_purchase_and_cart_credibly_leave_the_funnel(db: duckdb.DuckDBPyConnection) -> None:
    without, people = skips(db, swapped(), "view_cart", "purchase")
    assert (without, people) == (59, 75)
    assert betaincinv(without, people - without + 1, 0.01) > PLAN["funnels"]["buying"]["max_skips"]


def test_the_names_left_out_are_worth_a_fifth_of_the_rows(db: duckdb.DuckDBPyConnection) -> None:
    spoken = {m.legacy for m in left_out().events}
    counts = dict(db.execute("SELECT event, count(*) FROM events GROUP BY 1").fetchall())
    share = sum(n for name, n in counts.items() if name not in spoken) / sum(counts.values())
    assert 0.20 <= share < 0.22


def test_every_value_of_the_real_data_is_one_that_the_plan_allows(db: duckdb.DuckDBPyConnection) -> None:
    for column, field in PLAN["columns"].items():
        relation = db.table("events").select(duckdb.ColumnExpression(column)).distinct()
        values = [row[0] for row in relation.fetchall()]
        assert values
        if "pattern" in field:
            assert all(re.fullmatch(field["pattern"], v) for v in values), column
        else:
            assert set(values) <= set(PLAN["vocabularies"][field["vocabulary"]]), column


def test_golden_cases_hold_for_the_right_mapping_and_cover_every_name() -> None:
    assert {case["input"]["event"] for case in GOLDEN} == {m.legacy for m in by_hand().events}
    assert broken(by_hand()) == []
    assert len({case["id"] for case in GOLDEN}) == len(GOLDEN) >= 20


def test_golden_cases_find_each_wrong_name() -> None:
    assert broken(invented_target()) == ["promo-page-1"]
    assert broken(swapped()) == ["cart-1", "cart-2", "purchase-1", "purchase-2"]
    assert broken(left_out()) == ["search-1", "search-2", "filter-results-1"]


def test_each_worse_mapping_differs_from_the_right_one() -> None:
    assert len({by_hand(), *(make() for make, _ in WORSE.values())}) == 4


def broken(mapping: Mapping) -> list[str]:
    def right(case: dict[str, Any]) -> bool:
        target = mapping.target(case["input"]["event"])
        return target == NONE if case.get("dropped") else target == case["expect"]["event"]

    return [case["id"] for case in GOLDEN if not right(case)]
