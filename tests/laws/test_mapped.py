"""A mapping makes of one event what the engine makes of the row, on every event of the shop."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
from hypothesis import given
from hypothesis import strategies as st

from cleanroom.adapters.duckdb import shadow
from cleanroom.core.change import MappedName, Mapping
from cleanroom.core.contract import Roles
from cleanroom.core.mapped import LEGACY, mapped, targets
from cleanroom.ports.engine import Table
from cleanroom.sim.shop import LEGACY as SOURCE
from cleanroom.sim.shop import TRUTH, write_shop
from cleanroom.wiring import engine


def rows(file: Path) -> list[dict[str, Any]]:
    with duckdb.connect() as connection:
        found = connection.execute("SELECT * FROM read_parquet(?)", [str(file)])
        names = [d[0] for d in found.description or ()]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def by_engine(folder: Path, source: Path, mapping: Mapping, roles: Roles) -> list[dict[str, Any]]:
    with engine().open(folder, roles, source=Table(source)) as workspace:
        return rows(workspace.apply(mapping, {}))


def test_one_event_at_a_time_makes_what_the_engine_makes(tmp_path: Path) -> None:
    shop, run = tmp_path / "shop", tmp_path / "run"
    run.mkdir()
    write_shop(shop, scale=0.02)
    events = rows(shop / SOURCE)
    column = next(c for c in events[0] if events[0][c] in {m.legacy for m in TRUTH.events})
    roles = Roles(column, next(c for c in events[0] if isinstance(events[0][c], datetime)))
    made = [mapped(targets(TRUTH), event, column) for event in events]
    kept = [event for event in made if event is not None]
    assert kept == by_engine(run, shop / SOURCE, TRUTH, roles)
    assert 0 < len(kept) < len(events)
    assert [list(event) for event in kept[:5]] == [[*(c for c in events[0] if c != LEGACY), LEGACY]] * 5


ONE = duckdb.connect()

names = st.sampled_from(["a", "b", "A", " a", "", "none", "ä", "1", "true", "a'b"])
mappings = st.lists(st.tuples(names, names), max_size=6, unique_by=lambda pair: pair[0])


@given(mappings, st.lists(st.one_of(st.none(), names), min_size=1, max_size=8))
def test_odd_names_are_taken_alike(pairs: list[tuple[str, str]], events: list[str | None]) -> None:
    mapping = Mapping(tuple(MappedName(legacy, target, "") for legacy, target in pairs))
    with ONE.cursor() as connection:
        connection.execute(
            "CREATE OR REPLACE TEMP TABLE t AS SELECT unnest(?::VARCHAR[]) AS name, 'x' AS legacy_event", [events]
        )
        query = shadow.mapped("t", {"name": "VARCHAR", "legacy_event": "VARCHAR"}, "name", mapping).sql("duckdb")
        theirs = [{"name": new, LEGACY: old} for new, old in connection.execute(query).fetchall()]
    ours = [mapped(targets(mapping), {"name": name, LEGACY: "x"}, "name") for name in events]
    assert [event for event in ours if event is not None] == theirs


def test_a_name_that_is_no_text_is_taken_as_the_text_of_it() -> None:
    kept = targets(Mapping((MappedName("5", "five"), MappedName("true", "yes"), MappedName("x", "none", "gone"))))
    assert mapped(kept, {"name": 5}, "name") == {"name": "five", LEGACY: "5"}
    assert mapped(kept, {"name": True}, "name") == {"name": "yes", LEGACY: "true"}
    unfit: tuple[Any, ...] = (None, "x", "y", 5.0, ["5"], {})
    assert [mapped(kept, {"name": value}, "name") for value in unfit] == [None] * len(unfit)
    assert mapped(kept, {"other": "5"}, "name") is None
