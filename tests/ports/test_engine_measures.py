"""Every engine measures what the reference engine measures, on rows with nulls, blanks, NaN, repeats and strange names."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import duckdb
import numpy as np
import pytest
from numpy.random import default_rng

from cleanroom.adapters.duckdb.engine import DuckDBEngine, DuckDBWorkspace
from cleanroom.adapters.jsonschema_rs.validator import JsonSchemaRs
from cleanroom.adapters.memory.measures import measure as measure_in_memory
from cleanroom.core.contract import Roles
from cleanroom.core.measure import (
    Breaking,
    Column,
    Conforms,
    Day,
    Lookup,
    Measure,
    Orphans,
    Owners,
    Repeats,
    Rows,
    Spread,
    Steps,
    Times,
)
from cleanroom.core.rules import Castable, Filled, FullMatch, OneOf, Scope, Within
from cleanroom.core.states import Bag, Counts, Extent, Histogram, Records, Spans, Trail
from cleanroom.ports.engine import Table

SCHEMA = '{"type": "object", "required": ["n"], "properties": {"n": {"type": "integer", "minimum": 0}}}'
EVENT, DAY = Column("event"), Day("ts")
SCOPE = Scope("event", ("buy", "o'view"))

MEASURES: tuple[Measure, ...] = (
    Rows(),
    Rows((EVENT,)),
    Rows((EVENT, DAY)),
    Rows((Column("text"),)),
    Breaking(Filled("text")),
    Breaking(Filled("price"), (EVENT,)),
    Breaking(Within("price", 0, None)),
    Breaking(Within("price", 0, 50), (), SCOPE),
    Breaking(Within("text", 0, 5)),
    Breaking(OneOf("event", ("buy",)), (EVENT,)),
    Breaking(OneOf("text", ("a", "1.5"))),
    Breaking(FullMatch("text", "a.*")),
    Breaking(FullMatch("user", "u[0-9]")),
    Breaking(Castable("text", "number")),
    Breaking(Castable("price", "integer")),
    Spread("price"),
    Spread("price", (DAY,)),
    Spread("price", (EVENT,), SCOPE),
    Repeats(("session", "ts", "event")),
    Repeats(("text",)),
    Orphans("user", "people", "id"),
    Owners("session", "user"),
    Steps("session", "event", "ts", ("o'view", "buy")),
    Conforms("payload", "event", (("buy", SCHEMA),)),
    Times("ts"),
    Lookup("text", ("a", "1.5"), ("event", "session")),
)


def rows(n: int) -> list[dict[str, Any]]:
    draw = default_rng(5)
    events = ["buy", "o'view", 'say "hi"\n', None]
    texts = ["a", "", "  ", "1.5", "abc", None, "a\nb", "-3"]
    prices = [1.0, -1.0, 0.0, 49.99, 50.0, 1e9, float("nan"), float("inf"), None, 7.0]
    payloads = ['{"n": 1}', '{"n":2}', '{"n": -1}', "{}", "{", None, "", '{"n": 1.0}', '{"n": "1"}']
    start = datetime(2026, 1, 1)  # noqa: DTZ001 - the column has no zone
    return [
        {
            "event": events[draw.integers(len(events))],
            "ts": start + timedelta(minutes=int(draw.integers(0, 4000))),
            "user": f"u{draw.integers(0, 12)}",
            "session": f"s{draw.integers(0, 40)}" if draw.random() > 0.05 else None,
            "text": texts[draw.integers(len(texts))],
            "price": prices[draw.integers(len(prices))],
            "payload": payloads[draw.integers(len(payloads))],
        }
        for _ in range(n)
    ]


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Any]:
    """What the reference engine and DuckDB make of the same 3,000 rows."""
    folder = tmp_path_factory.mktemp("measures")
    data, people = rows(3_000), [{"id": f"u{i}"} for i in range(8)]
    db = duckdb.connect()
    db.execute(
        'CREATE TABLE t (event VARCHAR, ts TIMESTAMP, "user" VARCHAR, session VARCHAR, text VARCHAR, price DOUBLE,'
        " payload VARCHAR)"
    )
    db.executemany("INSERT INTO t VALUES (?, ?, ?, ?, ?, ?, ?)", [tuple(r.values()) for r in data])
    db.execute(f"COPY t TO '{folder}/t.parquet' (FORMAT PARQUET)")
    db.execute(f"COPY (SELECT 'u' || i AS id FROM range(8) r(i)) TO '{folder}/people.parquet' (FORMAT PARQUET)")
    validator = JsonSchemaRs()
    reference = measure_in_memory({"candidate": data}, MEASURES, references={"people": people}, validator=validator)
    engine = DuckDBEngine(validator)
    references = [("people", folder / "people.parquet")]
    with engine.open(
        folder / "run", Roles("event", "ts"), candidate=Table(folder / "t.parquet"), references=references
    ) as w:
        assert isinstance(w, DuckDBWorkspace)
        w.copy({})
        return reference, w.measure(MEASURES)


@pytest.mark.parametrize("measure", MEASURES, ids=lambda m: f"{m.kind}-{MEASURES.index(m)}")
def test_duckdb_measures_what_the_reference_measures(both: tuple[Any, Any], measure: Measure) -> None:
    expected, found = both[0][measure], both[1][measure]
    match expected:
        case Counts() | Extent() | Records() | Histogram():
            assert found == expected
        case Bag():
            assert (len(found.items), found.repeated) == (len(expected.items), expected.repeated)
        case Spans():
            assert (len(found.key), found.torn) == (len(expected.key), expected.torn)
        case Trail():
            assert sorted(zip(found.step, found.time, strict=True)) == sorted(
                zip(expected.step, expected.time, strict=True)
            )
            mine, theirs = (np.sort(np.unique(t.who, return_counts=True)[1]) for t in (found, expected))
            assert np.array_equal(mine, theirs)
        case _:
            raise AssertionError(type(expected))
