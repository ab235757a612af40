"""Every engine: opens data read-only, writes only into its folder, and meets bad files with one line."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from cleanroom.adapters.duckdb.connection import Connection
from cleanroom.adapters.duckdb.engine import DuckDBEngine
from cleanroom.adapters.duckdb.sql import fn, lit
from cleanroom.adapters.jsonschema_rs.validator import JsonSchemaRs
from cleanroom.core.base import CleanroomError, Instant, Misuse, Outside, micros
from cleanroom.core.change import MappedName, Mapping
from cleanroom.core.check import BreakingRows, OrphanRows, RepeatedRows, SkippedRows, SourceRows, TornRows, ValueRows
from cleanroom.core.contract import Roles
from cleanroom.core.golden import GoldenCase
from cleanroom.core.measure import Lookup, Orphans, Owners, Repeats, Rows, Steps
from cleanroom.core.rules import Within
from cleanroom.ports.engine import Table

ROLES = Roles("event", "ts", user="user", session="session")
NASTY = 'o\'brien "quoted"\nDROP TABLE source; --'


@pytest.fixture
def engine() -> DuckDBEngine:
    return DuckDBEngine(JsonSchemaRs())


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """Ten rows: two sessions, one purchase without a view, a name full of SQL, a repeated row."""
    rows = [
        ("view", "2026-01-01 10:00:00", "u1", "s1", 5.0),
        ("buy", "2026-01-01 10:01:00", "u1", "s1", 5.0),
        ("buy", "2026-01-01 10:02:00", "u2", "s2", -1.0),
        ("view", "2026-01-01 10:03:00", "u2", "s2", 2.0),
        ("view", "2026-01-01 10:03:00", "u2", "s2", 2.0),
        (NASTY, "2026-01-02 10:00:00", "u3", "s3", 1.0),
        ("ping", "2026-01-02 10:00:00", "u4", "s3", None),
    ]
    path = tmp_path / "in" / "events.parquet"
    path.parent.mkdir()
    db = duckdb.connect()
    db.execute('CREATE TABLE t (event VARCHAR, ts TIMESTAMP, "user" VARCHAR, session VARCHAR, price DOUBLE)')
    db.executemany("INSERT INTO t VALUES (?, ?, ?, ?, ?)", rows)
    db.execute(f"COPY t TO '{path}' (FORMAT PARQUET)")
    db.execute(f"COPY (SELECT 'u1' AS id UNION ALL SELECT 'u2') TO '{path.parent}/users.parquet' (FORMAT PARQUET)")
    return path


MAPPING = Mapping(
    (
        MappedName("view", "view_item"),
        MappedName("buy", "purchase"),
        MappedName(NASTY, "se'arch"),
        MappedName("ping", "none", "a heartbeat"),
    )
)


def test_a_mapping_is_applied_beside_the_data_the_same_way_twice(
    engine: DuckDBEngine, shop: Path, tmp_path: Path
) -> None:
    before = shop.read_bytes()
    with engine.open(tmp_path / "run", ROLES, source=Table(shop)) as workspace:
        output = workspace.apply(MAPPING, {"cleanroom.model": "m'1"})
        first = output.read_bytes()
        assert workspace.apply(MAPPING, {"cleanroom.model": "m'1"}).read_bytes() == first
    assert shop.read_bytes() == before
    db = duckdb.connect()
    got = db.execute(f"SELECT event, legacy_event, price FROM '{output}'").fetchall()
    assert [g[0] for g in got] == ["view_item", "purchase", "purchase", "view_item", "view_item", "se'arch"]
    assert got[-1][1] == NASTY
    meta = db.execute(f"SELECT decode(key), decode(value) FROM parquet_kv_metadata('{output}')").fetchall()
    assert ("cleanroom.model", "m'1") in meta


def test_witnesses_show_the_rows_and_queries_find_them_again(engine: DuckDBEngine, shop: Path, tmp_path: Path) -> None:
    users = shop.parent / "users.parquet"
    measures = (
        Repeats(("session", "ts", "event")),
        Orphans("user", "users", "id"),
        Owners("session", "user"),
        Steps("session", "event", "ts", ("view", "buy")),
    )
    asked = (
        (BreakingRows(Within("price", 0, None)), 1),
        (ValueRows("event", (NASTY,)), 1),
        (ValueRows("price", (None,)), 1),
        (RepeatedRows(("session", "ts", "event")), 2),
        (OrphanRows("user", "users", "id"), 2),
        (TornRows("session", "user"), 2),
        (SkippedRows("session", "event", "ts", "view", "buy"), 1),
    )
    with engine.open(tmp_path / "run", ROLES, candidate=Table(shop), references=[("users", users)]) as workspace:
        workspace.copy({})
        workspace.measure(measures)
        shown = workspace.witness([w for w, _ in asked])
        names = {"candidate": str(tmp_path / "run" / "output.parquet"), "users": str(users)}
        queries = [workspace.query(w, names) for w, _ in asked]
    for (witness, expected), rows, query in zip(asked, shown, queries, strict=True):
        assert len(rows) == expected, witness
        assert len(duckdb.connect().execute(query).fetchall()) == expected, query


def test_source_rows_are_shown_from_the_source(engine: DuckDBEngine, shop: Path, tmp_path: Path) -> None:
    with engine.open(tmp_path / "run", ROLES, source=Table(shop)) as workspace:
        workspace.apply(MAPPING, {})
        ((row,),) = workspace.witness([SourceRows(("ping",))])
        assert dict(row)["user"] == "u4"
        found = workspace.diff(MAPPING)
    assert (found.rows_before, found.rows_after) == (7, 6)
    assert {(f.legacy, f.target, f.rows) for f in found.flows} >= {("ping", "none", 1), ("view", "view_item", 3)}


def test_golden_inputs_go_through_the_same_mapping(engine: DuckDBEngine, shop: Path, tmp_path: Path) -> None:
    cases = [
        GoldenCase("g1", input=(("event", "buy"), ("ts", "2026-01-01 00:00:00"), ("price", 3))),
        GoldenCase("g2", input=(("event", "ping"),), dropped=True),
    ]
    with engine.open(tmp_path / "run", ROLES, source=Table(shop)) as workspace:
        workspace.apply(MAPPING, {})
        workspace.replay(cases, MAPPING)
        asked = Lookup("_case", ("g1", "g2"), ("event", "price"), "golden")
        assert workspace.measure([asked])[asked].rows == (("g1", (("event", "purchase"), ("price", "3.0"))),)


@pytest.mark.parametrize("kind", ["csv", "csv.gz", "jsonl", "duckdb"])
def test_every_kind_of_file_gives_the_same_rows(engine: DuckDBEngine, shop: Path, tmp_path: Path, kind: str) -> None:
    db = duckdb.connect()
    target = tmp_path / f"events.{kind}"
    if kind == "duckdb":
        db.execute(f"ATTACH '{target}' AS d")
        db.execute(f"CREATE TABLE d.\"my events\" AS SELECT * FROM '{shop}'")
        db.execute("DETACH d")
        table = Table(target, "my events")
    else:
        db.execute(f"COPY (FROM '{shop}') TO '{target}' ({'FORMAT JSON' if kind == 'jsonl' else 'FORMAT CSV'})")
        table = Table(target)
    with engine.open(tmp_path / "run", ROLES, source=table) as workspace:
        assert workspace.measure([Rows(side="source")])[Rows(side="source")].total == 7


def bad_files() -> Iterator[tuple[str, bytes, str]]:
    header = b"event,ts,user,session\n"
    yield "latin1.csv", header + "café,2026-01-01 10:00:00,u,s\n".encode("latin-1") * 50, "UTF-8"
    yield "empty.csv", b"", "is empty"
    yield "header.csv", header, "holds no rows"
    yield "broken.parquet", b"PAR1" + b"\x00" * 64, "Parquet"
    yield "notparquet.parquet", b"hello, this is not it at all\n", "Parquet"
    yield "bad.jsonl", b'{"event": "a", "ts": "2026-01-01T00:00:00"}\n{"event": \n', "JSON"
    yield "texttime.csv", header + b"a,yesterday,u,s\n" + b"b,today,u,s\n", "not timestamps"
    yield "notime.csv", b"event,user\na,u\n", "no column 'ts'"
    yield "what.xlsx", b"PK", "kind"
    yield "cut.csv.gz", gzip.compress(header + b"a,2026-01-01 10:00:00,u,s\n" * 5000)[:-300], "cut.csv.gz"


@pytest.mark.parametrize(("name", "content", "says"), list(bad_files()), ids=[b[0] for b in bad_files()])
def test_a_bad_file_is_one_clear_line(
    engine: DuckDBEngine, tmp_path: Path, name: str, content: bytes, says: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(CleanroomError) as met, engine.open(tmp_path / "run", ROLES, source=Table(path)):
        pass
    assert says in met.value.message
    assert "\n" not in met.value.message
    assert name in met.value.message
    assert met.value.code in (2, 4)


def test_a_corrupt_page_is_found_when_it_is_read(engine: DuckDBEngine, shop: Path, tmp_path: Path) -> None:
    damaged = tmp_path / "damaged.parquet"
    db = duckdb.connect()
    db.execute(f"COPY (SELECT 'view' event, TIMESTAMP '2026-01-01' + to_seconds(i) ts, hash(i)::VARCHAR \"user\", hash(i)::VARCHAR session FROM range(50000) t(i)) TO '{damaged}' (FORMAT PARQUET)")  # fmt: skip  # noqa: E501
    content = bytearray(damaged.read_bytes())
    content[2000:4000] = bytes(2000)
    damaged.write_bytes(bytes(content))
    with pytest.raises(CleanroomError) as met, engine.open(tmp_path / "run", ROLES, source=Table(damaged)) as w:
        w.apply(MAPPING, {})
    assert "\n" not in met.value.message


def test_a_line_of_many_megabytes_is_refused_without_reading_it_all(engine: DuckDBEngine, tmp_path: Path) -> None:
    path = tmp_path / "long.csv"
    with path.open("wb") as file:
        file.write(b"event,ts,user,session\n")
        for _ in range(40):
            file.write(b"x" * 1_000_000)
    with pytest.raises(Misuse, match=r"long\.csv") as met, engine.open(tmp_path / "run", ROLES, source=Table(path)):
        pass
    assert "too long" in met.value.message or "CSV" in met.value.message


def test_missing_and_directory(engine: DuckDBEngine, tmp_path: Path) -> None:
    for path, says in ((tmp_path / "no.parquet", "does not exist"), (tmp_path, "directory")):
        with pytest.raises(Misuse, match=says), engine.open(tmp_path / "run", ROLES, source=Table(path)):
            pass


def test_nothing_outside_the_run_folder_can_be_written(shop: Path, tmp_path: Path) -> None:
    from sqlglot import exp, parse_one

    folder = tmp_path / "run"
    connection = Connection(folder, [shop])
    outside = tmp_path / "elsewhere.parquet"
    for target in (outside, shop, tmp_path / "run" / ".." / "up.parquet"):
        with pytest.raises(Outside, match="outside the run's folder"):
            connection.write(exp.select(lit(1)), target)
        with pytest.raises(Outside):
            connection.run(parse_one(f"COPY (SELECT 1) TO '{target}'", dialect="duckdb"))
    raw = connection._db
    for statement in (
        f"COPY (SELECT 1) TO '{outside}'",
        f"COPY (SELECT 1) TO '{shop}'",
        f"ATTACH '{tmp_path}/x.duckdb'",
        "SET enable_external_access = true",
        "SELECT * FROM read_text('/etc/hostname')",
        "INSTALL httpfs",
    ):
        with pytest.raises(duckdb.Error):
            raw.execute(statement)
    assert not outside.exists()
    connection.close()


def test_functions_that_are_not_on_the_list_are_refused(shop: Path, tmp_path: Path) -> None:
    from sqlglot import parse_one

    connection = Connection(tmp_path / "run", [shop])
    for statement in ("SELECT getenv('HOME')", "SELECT * FROM read_text('/etc/hostname')", "SELECT query('x')"):
        with pytest.raises(Outside, match="does not allow"):
            connection.run(parse_one(statement, dialect="duckdb"))
    with pytest.raises(Outside, match="does not allow"):
        fn("getenv", lit("HOME"))
    connection.close()


def test_a_profile_says_what_is_there(engine: DuckDBEngine, shop: Path) -> None:
    by_name = {p.name: p for p in engine.profile(Table(shop), top=3)}
    assert by_name["event"].top[0] == ("view", 3)
    assert by_name["price"].nulls == 1
    nasty, views = engine.samples(Table(shop), "event", [NASTY, "view"], 2)
    assert [r["user"] for r in nasty] == ["u3"]
    assert len(views) == 2
    json.dumps([p.top for p in by_name.values()])


def test_a_span_of_time_is_read_in_order_and_no_moment_is_cut(engine: DuckDBEngine, shop: Path) -> None:
    def at(text: str) -> int:
        return micros(Instant(f"2026-01-{text}Z"))

    whole = engine.span(Table(shop), ("event", "user"), "ts", 0, 2**62, 100)
    assert [r.at for r in whole.rows] == sorted(r.at for r in whole.rows)
    assert (len(whole.rows), whole.more, whole.timeless, whole.left_out) == (7, False, 0, ("session",))
    assert dict(whole.rows[0].values) == {"price": 5.0}
    assert [dict(r.values) for r in whole.rows if r.texts == ("ping", "u4")] == [{}], "null is not there"
    assert NASTY in {r.texts[0] for r in whole.rows}
    part = engine.span(Table(shop), ("user",), "ts", at("01T10:00:00"), 2**62, 3)
    assert [r.texts[0] for r in part.rows] == ["u1", "u2", "u2", "u2"], "the repeated row is of the same moment"
    assert part.more
    part = engine.span(Table(shop), ("user",), "ts", at("01T10:00:00"), 2**62, 2)
    assert (len(part.rows), part.more) == (2, True)
    part = engine.span(Table(shop), ("user",), "ts", at("01T10:01:00"), at("01T10:03:00"), 5)
    assert ([r.texts[0] for r in part.rows], part.more) == (["u2", "u2", "u2"], False), "after, and up to"
    assert engine.span(Table(shop), ("user",), "ts", at("02T10:00:00"), 2**62, 5).rows == ()


def test_a_span_asks_for_columns_that_are_there(engine: DuckDBEngine, shop: Path, tmp_path: Path) -> None:
    with pytest.raises(Misuse, match=r'no column .us"; DROP'):
        engine.span(Table(shop), ('us"; DROP',), "ts", 0, 2**62, 5)
    with pytest.raises(Misuse, match="holds DOUBLE values, not timestamps"):
        engine.span(Table(shop), ("user",), "price", 0, 2**62, 5)
    found = engine.span(Table(shop), ("user",), "event", 0, 2**62, 5)
    assert (found.rows, found.timeless) == ((), 7), "text that is no time has no moment"
    crowd = tmp_path / "crowd.parquet"
    duckdb.execute(
        f"COPY (SELECT DATE '2026-01-01' AS at, i AS id FROM range(200007) r(i)) TO '{crowd}' (FORMAT PARQUET)"
    )
    with pytest.raises(Misuse, match="more than 200,000 rows of one moment"):
        engine.span(Table(crowd), ("id",), "at", 0, 2**62, 5)
