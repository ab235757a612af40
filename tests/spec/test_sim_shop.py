"""Is the generated shop what it says: repeatable, consistent, the same under both taxonomies, wrong only where asked?"""

from __future__ import annotations

import json
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb
import jsonschema_rs
import numpy as np
import pytest
import yaml
from numpy.typing import NDArray

from cleanroom.core.base import Misuse
from cleanroom.core.change import NONE
from cleanroom.sim.shop import DEFECTS, LEGACY_NAMES, TRUTH, Shop, candidate, project_files, write_project, write_shop

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "shop"
FILES = dict(project_files())
PLAN: dict[str, Any] = yaml.safe_load(FILES["contracts/plan.yaml"])
GOLDEN = [json.loads(line) for line in FILES["golden/mapping.jsonl"].splitlines()]
SMALL = 0.1


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    return write_shop(tmp_path_factory.mktemp("shop"))


@pytest.fixture(scope="module")
def db(shop: Shop) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    files = {"legacy": shop.legacy, "reference": shop.reference, "profiles": shop.profiles}
    for name, file in {**files, "clean": candidate(shop.legacy.parents[1])}.items():
        connection.read_parquet(str(file)).create(name)
    return connection


def one(db: duckdb.DuckDBPyConnection, sql: str) -> Any:
    row = db.execute(sql).fetchone()
    assert row is not None
    return row[0] if len(row) == 1 else row


# --- the same every time ------------------------------------------------------------------------------------


def test_the_same_seed_gives_the_same_bytes_and_another_seed_other_ones(tmp_path: Path) -> None:
    first = write_shop(tmp_path / "a", scale=SMALL)
    again = write_shop(tmp_path / "b", scale=SMALL)
    other = write_shop(tmp_path / "c", scale=SMALL, seed=8)
    for name in ("legacy", "reference", "profiles"):
        assert getattr(first, name).read_bytes() == getattr(again, name).read_bytes()
        assert getattr(first, name).read_bytes() != getattr(other, name).read_bytes()
    assert candidate(tmp_path / "a").read_bytes() == candidate(tmp_path / "b").read_bytes()


def test_the_default_shop_has_its_120_days_and_its_reference_the_last_28(
    shop: Shop, db: duckdb.DuckDBPyConnection
) -> None:
    days = "SELECT count(*), count(DISTINCT ts::DATE), min(ts)::DATE, max(ts)::DATE FROM "
    assert one(db, days + "legacy") == (shop.legacy_rows, 120, date(2026, 6, 7), date(2026, 10, 4))
    assert one(db, days + "reference") == (shop.reference_rows, 28, date(2026, 9, 7), date(2026, 10, 4))
    assert one(db, days + "clean")[1:] == (28, date(2026, 9, 7), date(2026, 10, 4))
    assert 240_000 < shop.legacy_rows < 260_000
    assert shop.users == one(db, "SELECT count(DISTINCT user_id) FROM profiles") == 5_000


# --- a shop one can believe ---------------------------------------------------------------------------------


def test_a_session_is_one_visit_of_one_person_on_one_day(db: duckdb.DuckDBPyConnection) -> None:
    torn = """SELECT count(*) FROM (SELECT session_id FROM legacy GROUP BY 1 HAVING count(DISTINCT user_id) > 1
              OR count(DISTINCT ts::DATE) > 1 OR count(DISTINCT device) > 1 OR count(*) > count(DISTINCT ts))"""
    assert one(db, torn) == 0
    assert one(db, "SELECT count(*) - count(DISTINCT event_id) FROM legacy") == 0
    assert one(db, "SELECT count(*) FROM reference JOIN legacy USING (event_id)") == 0


def test_people_exist_and_pay_in_the_currency_of_their_country(db: duckdb.DuckDBPyConnection) -> None:
    assert one(db, "SELECT count(*) FROM legacy ANTI JOIN profiles USING (user_id, country)") == 0
    assert one(db, "SELECT max(n) FROM (SELECT count(DISTINCT currency) n FROM legacy GROUP BY country)") == 1
    assert one(db, "SELECT count(*) FROM legacy WHERE price <= 0 OR value <= 0") == 0


def test_only_those_who_agreed_see_promotions_and_keep_wish_lists(db: duckdb.DuckDBPyConnection) -> None:
    marked = [name for name, event in PLAN["events"].items() if event.get("consent")]
    seen = dict(db.execute("SELECT event, list_distinct(list(consent)) FROM reference GROUP BY 1").fetchall())
    assert {name: seen[name] for name in marked if name in seen} == {
        "add_to_wishlist": ["granted"],
        "view_promotion": ["granted"],
    }
    assert sorted(seen["purchase"]) == ["denied", "granted"]


def test_some_people_come_far_more_often_than_chance_says(db: duckdb.DuckDBPyConnection) -> None:
    visits = "SELECT var_pop(n) / avg(n) FROM (SELECT count(DISTINCT session_id) n FROM legacy GROUP BY user_id)"
    assert one(db, visits) > 3


def test_weekends_and_the_week_of_the_sale_are_busy(db: duckdb.DuckDBPyConnection) -> None:
    daily = "SELECT avg(n) FROM (SELECT ts::DATE AS day, count(*) n FROM legacy GROUP BY 1) WHERE "
    assert one(db, daily + "isodow(day) = 7") > 1.08 * one(db, daily + "isodow(day) = 2")
    sale, after = ("day BETWEEN '2026-08-17' AND '2026-08-23'", "day BETWEEN '2026-08-24' AND '2026-08-30'")
    assert one(db, daily + sale) > 1.1 * one(db, daily + after)


@pytest.mark.parametrize("stream", ["reference", "clean"])
def test_people_walk_the_funnel_in_order_and_get_fewer(db: duckdb.DuckDBPyConnection, stream: str) -> None:
    steps = PLAN["funnels"]["checkout"]["steps"]
    for before, step in pairwise(steps):
        people, had, skipped = db.execute(
            f"""WITH b AS (SELECT session_id, min(ts) t FROM {stream} WHERE event = ? GROUP BY 1),
                     s AS (SELECT session_id, min(ts) t FROM {stream} WHERE event = ? GROUP BY 1)
                SELECT count(*), (SELECT count(*) FROM b), count(*) FILTER (b.t IS NULL OR b.t > s.t)
                FROM s LEFT JOIN b USING (session_id)""",
            [before, step],
        ).fetchall()[0]
        assert people < 0.9 * had
        assert skipped <= 0.02 * people, (before, step)


# --- both recordings tell the same story --------------------------------------------------------------------


def test_the_right_mapping_speaks_of_every_legacy_name_and_only_of_events_of_the_plan(
    db: duckdb.DuckDBPyConnection,
) -> None:
    assert {r[0] for r in db.execute("SELECT DISTINCT event FROM legacy").fetchall()} == set(LEGACY_NAMES)
    assert len(LEGACY_NAMES) == len(set(LEGACY_NAMES)) == 14
    targets = {m.target for m in TRUTH.events}
    assert targets <= {*PLAN["events"], NONE}
    recorded = {r[0] for r in db.execute("SELECT DISTINCT event FROM reference").fetchall()}
    assert recorded == targets - {NONE}
    assert all(m.reason for m in TRUTH.events)


def test_a_clean_candidate_agrees_with_the_reference_well_inside_the_tolerances(db: duckdb.DuckDBPyConnection) -> None:
    tolerances = PLAN["tolerances"]
    counts = "SELECT event, count(*) FROM {} GROUP BY 1"
    clean, reference = (dict(db.execute(counts.format(t)).fetchall()) for t in ("clean", "reference"))
    assert all(abs(clean[e] / reference[e] - 1) < tolerances["counts"] / 1.5 for e in reference)
    for ratio in PLAN["ratios"].values():
        here, there = (t[ratio["of"]] / t[ratio["to"]] for t in (clean, reference))
        assert ratio["min"] < here < ratio["max"]
        assert abs(here / there - 1) < ratio["tolerance"] / 2
    assert ks(prices(db, "clean"), prices(db, "reference")) < tolerances["ks"] / 2
    for column in ("country", "currency", "device", "consent"):
        assert js(shares(db, "clean", column), shares(db, "reference", column)) < tolerances["js"] / 2


@pytest.mark.parametrize("stream", ["reference", "clean"])
def test_payloads_follow_their_schemas(db: duckdb.DuckDBPyConnection, stream: str) -> None:
    for event, broken in findings(db, stream).items():
        assert broken == 0, event


# --- exactly one thing wrong --------------------------------------------------------------------------------


@pytest.fixture(params=list(DEFECTS))
def defective(request: pytest.FixtureRequest, shop: Shop, db: duckdb.DuckDBPyConnection) -> str:
    file = candidate(shop.legacy.parents[1], request.param)
    db.execute("DROP TABLE IF EXISTS bad")
    db.read_parquet(str(file)).create("bad")
    return str(request.param)


def test_a_defect_is_the_only_difference_to_the_clean_candidate(
    defective: str, shop: Shop, db: duckdb.DuckDBPyConnection
) -> None:
    rows = one(db, "SELECT count(*) FROM clean")
    gone = one(db, "SELECT count(*) FROM (FROM clean EXCEPT ALL FROM bad)")
    new = one(db, "SELECT count(*) FROM (FROM bad EXCEPT ALL FROM clean)")
    changed = {
        column: one(
            db, f'SELECT count(*) FROM clean JOIN bad USING (event_id) WHERE clean."{column}" <> bad."{column}"'
        )
        for column in ("ts", "event", "user_id", "session_id", "currency", "price", "value", "payload")
    }
    only = {column: n for column, n in changed.items() if n}
    match defective:
        case "duplicates":
            assert (gone, only) == (0, {})
            assert new == pytest.approx(0.02 * rows, rel=0.1)
            assert one(db, "SELECT count(*) - count(DISTINCT event_id) FROM bad") == new
        case "unknown_users":
            assert only == {"user_id": new}
            assert new == gone == one(db, "SELECT count(*) FROM bad ANTI JOIN profiles USING (user_id)")
            assert new == pytest.approx(0.01 * rows, rel=0.3)
            assert one(db, "SELECT max(n) FROM (SELECT count(DISTINCT user_id) n FROM bad GROUP BY session_id)") == 1
        case "lowercase_currency":
            assert only == {"currency": new}
            assert one(db, "SELECT count(*) FROM bad WHERE currency = 'sek'") == new == gone > 0.02 * rows
        case "missing_key":
            assert only == {"payload": new}
            assert {e: n for e, n in findings(db, "bad").items() if n} == {"purchase": new}
            assert new == pytest.approx(0.1 * one(db, "SELECT count(*) FROM clean WHERE event = 'purchase'"), rel=0.3)
        case "price_drift":
            assert only == {"price": new}
            assert one(db, "SELECT median(bad.price / clean.price) FROM bad JOIN clean USING (event_id)") == 1.25
            assert ks(prices(db, "bad"), prices(db, "reference")) > 2 * PLAN["tolerances"]["ks"]
        case _:
            assert (defective, new, only) == ("growing_funnel", 0, {})
            people = dict(db.execute("SELECT event, count(DISTINCT session_id) FROM bad GROUP BY 1").fetchall())
            assert people["purchase"] > 1.5 * people["begin_checkout"]
            assert people["begin_checkout"] > 0


def test_what_cannot_be_made_is_refused_with_one_line(tmp_path: Path) -> None:
    for scale in (0.0, -1.0, float("nan"), float("inf")):
        with pytest.raises(Misuse, match="the scale must be a number above 0"):
            write_shop(tmp_path, scale=scale)
    with pytest.raises(Misuse, match="is missing"):
        candidate(tmp_path)
    write_shop(tmp_path, scale=0.001)
    with pytest.raises(Misuse, match="there is no defect 'typo'"):
        candidate(tmp_path, "typo")
    with pytest.raises(Misuse, match="too small to show missing_key"):
        candidate(tmp_path, "missing_key")
    assert sorted(f.name for f in (tmp_path / "data").iterdir()) == [
        "legacy_events.parquet",
        "profiles.parquet",
        "reference.parquet",
    ]


# --- the project around it ----------------------------------------------------------------------------------


def test_the_checked_in_example_is_what_the_generator_writes(tmp_path: Path) -> None:
    write_project(tmp_path)
    written = {f.relative_to(tmp_path).as_posix(): f.read_bytes() for f in tmp_path.rglob("*") if f.is_file()}
    ours = {f.relative_to(EXAMPLE).as_posix(): f.read_bytes() for f in EXAMPLE.rglob("*") if f.is_file()}
    others = (".cleanroom/", "data/", "systems/", "slos/")  # a new project has no production to promise anything of
    assert written == {name: content for name, content in ours.items() if not name.startswith(others)}
    assert {"cleanroom.toml", "README.md", "contracts/plan.yaml", "golden/mapping.jsonl"} < set(written)


def test_writing_a_project_twice_is_fine_and_never_over_somebodys_work(tmp_path: Path) -> None:
    write_project(tmp_path)
    write_project(tmp_path)
    (tmp_path / "README.md").write_text("mine")
    (tmp_path / "cleanroom.toml").unlink()
    with pytest.raises(Misuse, match=r"README\.md is there already and differs"):
        write_project(tmp_path)
    assert not (tmp_path / "cleanroom.toml").exists()


def test_golden_cases_agree_with_the_right_mapping_and_cover_every_name(db: duckdb.DuckDBPyConnection) -> None:
    assert len(GOLDEN) == len({case["id"] for case in GOLDEN}) >= 20
    assert {case["input"]["event"] for case in GOLDEN} == set(LEGACY_NAMES)
    columns = [row[0] for row in db.execute("DESCRIBE legacy").fetchall()]
    for case in GOLDEN:
        assert sorted(case["input"]) == sorted(columns)
        target = TRUTH.target(case["input"]["event"])
        assert (NONE if case.get("dropped") else case["expect"]["event"]) == target, case["id"]
        if target in VALIDATORS:
            assert VALIDATORS[target].is_valid(json.loads(case["input"]["payload"])), case["id"]


# --- small instruments --------------------------------------------------------------------------------------


def schema(event: str) -> Any:
    """The event's schema with what it refers to put in its place."""
    common = json.loads(FILES["contracts/schemas/common.json"])["$defs"]
    document = json.loads(FILES["contracts/" + PLAN["events"][event]["schema"]])
    for name, part in document["properties"].items():
        if "$ref" in part:
            document["properties"][name] = common[part["$ref"].removeprefix("common.json#/$defs/")]
    return document


VALIDATORS = {e: jsonschema_rs.validator_for(schema(e)) for e, event in PLAN["events"].items() if "schema" in event}


def findings(db: duckdb.DuckDBPyConnection, table: str) -> dict[str, int]:
    """Payloads that do not follow their event's schema, by event. Every payload must be JSON."""
    broken = dict.fromkeys(VALIDATORS, 0)
    for event, payload in db.execute(f"SELECT event, payload FROM {table}").fetchall():
        document = json.loads(payload)
        if event in VALIDATORS and not VALIDATORS[event].is_valid(document):
            broken[event] += 1
    return broken


def prices(db: duckdb.DuckDBPyConnection, table: str) -> NDArray[np.float64]:
    return np.sort(db.execute(f"SELECT price FROM {table} WHERE price IS NOT NULL").fetchnumpy()["price"])


def shares(db: duckdb.DuckDBPyConnection, table: str, column: str) -> NDArray[np.float64]:
    values = sorted(r[0] for r in db.execute(f"SELECT DISTINCT {column} FROM legacy").fetchall())
    counts = dict(db.execute(f"SELECT {column}, count(*) FROM {table} GROUP BY 1").fetchall())
    held = np.array([counts.get(v, 0) for v in values], float)
    return np.asarray(held / held.sum())


def ks(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    at = np.concatenate([a, b])
    return float(np.abs(np.searchsorted(a, at, "right") / len(a) - np.searchsorted(b, at, "right") / len(b)).max())


def js(p: NDArray[np.float64], q: NDArray[np.float64]) -> float:
    middle = (p + q) / 2
    return float(np.sqrt((p * np.log2(p / middle) + q * np.log2(q / middle)).sum() / 2))
