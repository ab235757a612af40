"""Does the engine count days as plain Python does? Values, cells, different values, keys, quantiles, arrays."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import numpy as np
import pytest

from cleanroom.core.base import Misuse
from cleanroom.core.sensors.daily import KEPT, REST, Asked, Tally, different, merged
from cleanroom.core.stats import sketch
from cleanroom.ports.engine import Newest, Table
from cleanroom.wiring import engine

ROWS: list[tuple[str | None, float | None, str | None, str | None]] = [
    ("2026-03-01 00:00:00", 1.0, "a", '{"x": 1}'),
    ("2026-03-01 23:59:59.999999", 2.0, "a", '{"x": 1, "y": 2}'),
    ("2026-03-01 12:00:00", float("nan"), "b", "no json"),
    ("2026-03-02 00:00:00", float("inf"), None, None),
    ("2026-03-02 01:00:00", 2.0, "c", "[1]"),
    ("2026-03-02 02:00:00", None, REST, '{"y": null}'),
    (None, 0.5, "a", '{"x": 3}'),
]
EDGES = (1.0, 2.0, float(np.nextafter(2.0, 3.0)))


@pytest.fixture
def table(tmp_path: Path) -> Table:
    file = tmp_path / "rows.parquet"
    with duckdb.connect() as db:
        db.execute('CREATE TABLE t ("at" TIMESTAMP, number DOUBLE, name VARCHAR, document VARCHAR)')
        db.executemany("INSERT INTO t VALUES (?, ?, ?, ?)", ROWS)
        db.execute(f"COPY t TO '{file}' (FORMAT PARQUET)")
    return Table(file)


def expected(day: str) -> tuple[int, list[int]]:
    mine = [r for r in ROWS if (r[0] or "")[:10] == day]
    numbers = [r[1] for r in mine]
    filled = [x for x in numbers if x is not None and not np.isnan(x)]
    cells = Counter(sum(e <= x for e in EDGES) for x in filled)
    return len(mine), [*(cells[i] for i in range(len(EDGES) + 1)), len(mine) - len(filled)]


def test_days_are_counted_as_in_python(table: Table) -> None:
    found = engine().days(table, Asked("at", (("name", ()),), (("number", EDGES),), ("name",), ("document",)))
    assert sorted(found) == ["", "2026-03-01", "2026-03-02"]
    for day, tally in found.items():
        rows, cells = expected(day)
        assert tally.rows == rows
        assert list(tally.cells["number"]) == cells
    assert found["2026-03-01"].values["name"] == {"a": 2, "b": 1}
    assert found["2026-03-02"].values["name"] == {"c": 1, REST: 1}
    assert found["2026-03-01"].keys["document"] == {"x": 2, "y": 1}
    assert found["2026-03-02"].keys["document"] == {"y": 1}
    assert different(found["2026-03-01"].distinct["name"]) == 2


def test_cells_are_those_of_a_sketch(table: Table) -> None:
    scale = sketch.quantiles(np.array([1.0, 2.0, 2.0, 3.0]))
    found = engine().days(table, Asked("at", (), (("number", scale.edges),)))["2026-03-01"].cells["number"]
    day = [r[1] for r in ROWS if (r[0] or "").startswith("2026-03-01")]
    assert sketch.of_cells(scale, dict(enumerate(found[:-1])), found[-1]) == sketch.of_values(
        scale, np.array(day, float)
    )


def test_what_is_not_there_is_left_out_but_time_is_needed(table: Table) -> None:
    found = engine().days(table, Asked("at", (("gone", ()),), (("away", (1.0,)),), ("none",), ("no",)))
    assert found["2026-03-01"] == Tally(3)
    with pytest.raises(Misuse, match="no column 'when'"):
        engine().days(table, Asked("when"))
    with pytest.raises(Misuse, match="not timestamps"):
        engine().days(table, Asked("number"))


def test_named_values_are_kept_apart_and_the_rest_together(table: Table) -> None:
    found = engine().days(table, Asked("at", (("name", ("a", "it's")),)))
    assert found["2026-03-01"].values["name"] == {"a": 2, REST: 1}


def test_parts_of_a_day_add_up_in_any_order(table: Table) -> None:
    one = dict(engine().days(table, Asked("at", (("name", ()),), (("number", EDGES),), ("name",), ("document",))))
    other = {"2026-03-01": Tally(2, {"name": {"a": 1, "z": 1}}, {"number": (0, 1, 0, 1, 0)}, {"name": (5,)}, {})}
    assert merged([one, other]) == merged([other, one])
    assert merged([one, other])["2026-03-01"].rows == 5
    assert merged([{}, one]) == one


def test_many_different_values_are_estimated(tmp_path: Path) -> None:
    with duckdb.connect() as db:
        db.execute(
            f"COPY (SELECT TIMESTAMP '2026-03-01' AS at, i % 20000 AS n FROM range(40000) t(i)) TO '{tmp_path}/x.parquet'"
        )
    found = engine().days(Table(tmp_path / "x.parquet"), Asked("at", distinct=("n",)))["2026-03-01"].distinct["n"]
    assert len(found) == KEPT
    assert different(found) == pytest.approx(20_000, rel=0.12)


def test_newest_layout_and_quantiles(table: Table) -> None:
    work = engine()
    last = datetime(2026, 3, 2, 2, tzinfo=UTC)
    moment = int(last.timestamp()) * 1_000_000
    assert work.newest(table, "at", moment) == Newest(moment, 0)
    assert work.newest(table, "at", moment - 1) == Newest(moment - 3_600_000_000, 1)
    assert dict(work.layout(table))["number"] == "DOUBLE"
    assert set(work.quantiles(table, ["number"], "at", "2026-03-02")["number"]) <= {1.0, 2.0}
    assert work.quantiles(table, ["number"], "at", "2026-02-01")["number"] == []
    assert work.pairs(table, "name", "document")["b"] == "no json"


def test_days_outside_of_the_years_1_to_9999_are_no_moments(tmp_path: Path) -> None:
    odd = ("TIMESTAMP '0044-03-15 (BC) 12:00:00'", "TIMESTAMP '12000-01-01'", "TIMESTAMP 'infinity'", "NULL")
    days = ", ".join(f"({at}, 'a')" for at in ("TIMESTAMP '2026-03-01'", *odd))
    with duckdb.connect() as db:
        db.execute(f"COPY (SELECT moment AS at, name FROM (VALUES {days}) t(moment, name)) TO '{tmp_path}/x.parquet'")
        db.execute(
            f"COPY (SELECT CAST(t.at AS DATE) AS at, name FROM '{tmp_path}/x.parquet' t) TO '{tmp_path}/d.parquet'"
        )
    for file in ("x.parquet", "d.parquet"):
        found = engine().days(Table(tmp_path / file), Asked("at", (("name", ()),), distinct=("name",)))
        assert {d: (t.rows, t.values["name"]["a"]) for d, t in found.items()} == {"": (4, 4), "2026-03-01": (1, 1)}
    new = engine().newest(Table(tmp_path / "x.parquet"), "at", -63_000_000_000_000_000)
    assert new.moment is None, "before Christ is no moment"


def test_arrays_by_day_are_the_same_each_time_and_of_one_size(tmp_path: Path) -> None:
    with duckdb.connect() as db:
        db.execute(
            "COPY (SELECT TIMESTAMP '2026-03-01' + INTERVAL (i) HOUR AS at, i AS id, [i, 1.5]::FLOAT[] AS v, "
            "IF(i = 3, [1.0], [i, 2.0]) AS odd FROM range(48) t(i)) "
            f"TO '{tmp_path}/v.parquet'"
        )
    table, work = Table(tmp_path / "v.parquet"), engine()
    one = dict(work.vectors(table, "v", "at", ["2026-03-01", "2026-03-02", "2026-03-09"], 10))
    assert [len(one[d]) for d in one] == [10, 10, 0]
    again = dict(work.vectors(table, "v", "at", ["2026-03-02"], 10))
    assert np.array_equal(one["2026-03-02"], again["2026-03-02"])
    assert (one["2026-03-02"][:, 0] >= 24).all()
    batches = list(work.embedded(table, "id", "v", 20))
    assert [len(ids) for ids, _ in batches] == [20, 20, 8]
    assert batches[1][0][0] == "20"
    with pytest.raises(Misuse, match="several sizes"):
        list(work.embedded(table, "id", "odd", 20))
    with pytest.raises(Misuse, match="not arrays"):
        list(work.embedded(table, "id", "id", 20))
