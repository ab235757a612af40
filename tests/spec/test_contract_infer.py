"""A draft of a plan comes out of data: roles, events with counts, columns with types, ranges and vocabularies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import duckdb
import pytest

from cleanroom.adapters.duckdb.engine import DuckDBEngine
from cleanroom.adapters.jsonschema_rs.validator import JsonSchemaRs
from cleanroom.app.contract import infer
from cleanroom.app.contract.guess import type_of
from cleanroom.codec.plan import plan_yaml, read_plan
from cleanroom.core.base import Misuse
from cleanroom.core.contract import Field, Plan, Roles, Unique
from cleanroom.core.lint import UNASSIGNED
from cleanroom.ports.engine import Engine, Profile, Table

ROWS = """
SELECT CASE i % 10 WHEN 0 THEN 'order_ok' WHEN 1 THEN 'none' WHEN 2 THEN 'a "b"; DROP TABLE x' ELSE 'prod_view' END AS event_name,
       TIMESTAMP '2024-01-01' + INTERVAL (i) MINUTE AS ts,
       'u' || (i % 40) AS "userId", 's' || (i % 100) AS session_id, 'e' || i AS event_id,
       '{"value": ' || i || '}' AS properties,
       CASE WHEN i % 2 = 0 THEN 'mobile' ELSE 'desktop' END AS device,
       CASE i % 3 WHEN 0 THEN 'NO' WHEN 1 THEN 'SE' ELSE 'DK' END AS country,
       CASE WHEN i % 2 = 0 THEN 'eur' ELSE 'nok' END AS currency,
       i * 0.37 AS price, (i % 7) - 3 AS delta, CASE WHEN i % 5 = 0 THEN NULL ELSE i END AS qty,
       i % 2 = 0 AS is_new, DATE '2024-01-01' AS day, 'term ' || i AS term
FROM range(400) t(i)
"""


@pytest.fixture(scope="module")
def engine() -> DuckDBEngine:
    return DuckDBEngine(JsonSchemaRs())


def table(folder: Path, rows: str, name: str = "events.parquet") -> Table:
    duckdb.connect().sql(rows).write_parquet(str(folder / name))
    return Table(folder / name)


def column(plan: Plan, name: str) -> Field:
    return next(c for c in plan.columns if c.name == name)


def test_a_plan_is_drafted_from_data(engine: DuckDBEngine, tmp_path: Path) -> None:
    plan = infer(engine, table(tmp_path, ROWS), "shop").plan
    assert plan.roles == Roles("event_name", "ts", "userId", "session_id", "event_id", "properties", "device")
    assert plan.keys == (Unique(("event_id",)),)
    assert plan.event_names == ("prod_view", 'a "b"; DROP TABLE x', "order_ok")
    assert {e.owner for e in plan.events} == {UNASSIGNED}
    assert plan.events[0].description.startswith("Seen 280 times (70.00% of the rows).")
    assert "properties" not in [c.name for c in plan.columns]
    assert column(plan, "country") == Field("country", vocabulary="iso-3166-1-alpha-2", required=True)
    assert column(plan, "currency") == Field("currency", vocabulary="iso-4217", required=True)
    assert column(plan, "device").vocabulary == "device"
    assert [(v.name, v.values) for v in plan.vocabularies] == [("device", ("desktop", "mobile"))]
    assert column(plan, "price") == Field("price", type="number", min=0, max=500, required=True)
    assert column(plan, "delta") == Field("delta", type="integer", min=-10, max=10, required=True)
    assert not column(plan, "qty").required, "every fifth is null"
    assert column(plan, "is_new").type == "boolean"
    assert column(plan, "day").type == "date"
    assert column(plan, "term") == Field("term", required=True), "400 different terms are no vocabulary"


def test_the_draft_says_what_to_check_and_lints_without_errors(engine: DuckDBEngine, tmp_path: Path) -> None:
    draft = infer(engine, table(tmp_path, ROWS), "shop")
    text = plan_yaml(draft.plan, draft.notes)
    assert text.startswith("# A draft from events.parquet, 400 rows.")
    assert "# - left out, because they cannot be names of events: 'none'\n" in text
    assert "  # Not written as iso-4217 writes it: eur, nok\n  currency: {" in text
    reading = read_plan(text.encode())
    assert reading.value == draft.plan
    assert {f.severity for f in reading.findings} == {"warning"}
    assert len(reading.findings) == len(draft.plan.events), "an owner is missing for each event, nothing else"


def test_csv_jsonl_and_duckdb_tables_do_as_well(engine: DuckDBEngine, tmp_path: Path) -> None:
    small = "SELECT 'a' AS event, TIMESTAMP '2024-01-01 10:00:00' AS ts, i AS n FROM range(30) t(i)"
    duckdb.connect().sql(small).write_csv(str(tmp_path / "e.csv"))
    duckdb.connect().execute("COPY (" + small + ") TO '" + str(tmp_path / "e.jsonl") + "' (FORMAT json)")
    with duckdb.connect(str(tmp_path / "e.duckdb")) as db:
        db.execute("CREATE TABLE events AS " + small)
    for data in (Table(tmp_path / "e.csv"), Table(tmp_path / "e.jsonl"), Table(tmp_path / "e.duckdb", "events")):
        plan = infer(engine, data, "p").plan
        assert (plan.roles.event, plan.roles.time, plan.event_names) == ("event", "ts", ("a",))
        assert column(plan, "n").type == "integer"


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("SELECT 'a' AS event, TIMESTAMP '2024-01-01' AS ts WHERE false", "no rows"),
        (
            "SELECT 'a' AS what, TIMESTAMP '2024-01-01' AS ts",
            "no column of events.parquet looks like the names of events",
        ),
        ("SELECT 'a' AS event, 5 AS n", "no column of events.parquet looks like the time of events: 'event', 'n'"),
        (
            "SELECT 'e' || i AS event, TIMESTAMP '2024-01-01' AS ts FROM range(600) t(i)",
            "more than 500 different names",
        ),
        ("SELECT ' ' AS event, TIMESTAMP '2024-01-01' AS ts", "holds no name that can be an event"),
    ],
)
def test_data_that_no_plan_can_come_from_is_one_line(
    engine: DuckDBEngine, tmp_path: Path, rows: str, message: str
) -> None:
    with pytest.raises(Misuse) as refused:
        infer(engine, table(tmp_path, rows), "p")
    assert message in refused.value.message
    assert refused.value.hint


def test_a_column_of_events_or_times_can_be_named(engine: DuckDBEngine, tmp_path: Path) -> None:
    data = table(tmp_path, "SELECT 'a' AS what, TIMESTAMP '2024-01-01' AS t1, TIMESTAMP '2024-01-01' AS t2")
    assert infer(engine, data, "p", event="what", time="t2").plan.roles == Roles("what", "t2")
    with pytest.raises(Misuse, match="has no column 'x' for the role event"):
        infer(engine, data, "p", event="x")


def test_a_time_of_text_is_drafted_and_told(engine: DuckDBEngine, tmp_path: Path) -> None:
    data = table(tmp_path, "SELECT 'a' AS event, 'last monday' AS ts FROM range(30)")
    draft = infer(engine, data, "p")
    assert column(draft.plan, "ts").type == "timestamp"
    assert "The data has text here" in plan_yaml(draft.plan, draft.notes)


@dataclass(frozen=True, slots=True)
class Fixed:
    """An engine that knows profiles only: what the guesses see is exactly what the test says."""

    profiles: tuple[Profile, ...]
    name: str = "fixed"

    def profile(self, *_: object, **__: object) -> tuple[Profile, ...]:
        return self.profiles


def fixed(*profiles: Profile) -> Engine:
    """An engine of which drafting may ask nothing but profiles."""
    return cast("Engine", Fixed(profiles))


def profile(name: str, kind: str, values: Sequence[str] = (), **changes: object) -> Profile:
    top = tuple((v, 10) for v in values)
    given = {"rows": 1000, "nulls": 0, "distinct": len(values), "low": None, "high": None, "top": top, **changes}
    return Profile(name, kind, **given)  # type: ignore[arg-type]


def test_what_a_column_may_hold_is_guessed_with_care() -> None:
    codes = profile("origin", "VARCHAR", ["DE", "FR", "NO"])
    two = profile("flag", "VARCHAR", ["NO", "SE"])
    lower = profile("word", "VARCHAR", ["no", "de", "fr"])
    many = profile("many", "VARCHAR", ["a", "b"], distinct=900)
    rare = profile("rare", "VARCHAR", ["a", "b"], rows=30)
    odd = profile("odd", "VARCHAR", ["a", ""])
    huge = profile("huge", "DOUBLE", distinct=9, low="-inf", high="inf")
    profiles = (
        profile("event", "VARCHAR", ["x"]),
        profile("ts", "TIMESTAMP"),
        *(codes, two, lower, many, rare, odd, huge),
    )
    plan = infer(fixed(*profiles), Table(Path("e.csv")), "p").plan
    assert column(plan, "origin").vocabulary == "iso-3166-1-alpha-2", "three upper-case codes are recognised"
    assert column(plan, "flag").vocabulary == "flag", "two are too few to tell"
    assert column(plan, "word").vocabulary == "word", "lower case is not a code unless the name says so"
    assert column(plan, "many").vocabulary is None, "not all values were seen"
    assert column(plan, "rare").vocabulary is None, "too few rows to close the list"
    assert column(plan, "odd").vocabulary is None
    assert column(plan, "huge") == Field("huge", type="number", required=True)


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [("0", "7.4", (0, 20)), ("3", "3", (0, 10)), ("0", "0", (0, 0)), ("-0.4", "99", (-1, 200)), ("-8", "-2", (-20, 0))],
)
def test_ranges_are_wider_than_what_was_seen(low: str, high: str, expected: tuple[float, float]) -> None:
    profiles = (
        profile("event", "VARCHAR", ["x"]),
        profile("ts", "TIMESTAMP"),
        profile("n", "DOUBLE", low=low, high=high),
    )
    field = column(infer(fixed(*profiles), Table(Path("e.csv")), "p").plan, "n")
    assert (field.min, field.max) == expected


def test_types_of_the_engine_become_types_of_the_plan() -> None:
    kinds = [
        "BIGINT",
        "UTINYINT",
        "HUGEINT",
        "DECIMAL(18,3)",
        "DOUBLE",
        "VARCHAR",
        "BOOLEAN",
        "TIMESTAMP WITH TIME ZONE",
    ]
    kinds += ["DATE", "INTEGER[]", "STRUCT(a INTEGER)", "INTERVAL", "JSON", "UUID", "TIME", "BLOB"]
    assert [type_of(k) for k in kinds] == [
        "integer", "integer", "integer", "number", "number", "string", "boolean", "timestamp",
        "date", "string", "string", "string", "string", "string", "string", "string",
    ]  # fmt: skip
