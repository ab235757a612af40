"""Each kind of sensor finds what it is for, stays quiet without it, and says what it covers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
from tests.projects import thin_project, thin_source
from tests.sensor_samples import FIRST, at, call, project, write
from tests.shop_mappings import ABSENT, EVENTS, by_hand, swapped

from cleanroom.adapters.memory.calls import MemoryCalls
from cleanroom.app.propose.by_hand import propose_by_hand
from cleanroom.app.room import Room
from cleanroom.app.sensors.decide import rebase
from cleanroom.app.sensors.run import run
from cleanroom.codec.change import mapping_json
from cleanroom.core.base import DAY, instant
from cleanroom.core.sensors.daily import number
from cleanroom.core.sensors.golden import Golden, Passed, better
from cleanroom.core.sensors.result import Failed, Over, Quiet, Result, TooFew
from cleanroom.core.sensors.retrieval import nearest
from cleanroom.core.sensors.schema import Layout, Schema


def looked(work: Room, name: str) -> Result:
    return run(work, (name,))[0].result


def with_calls(work: Room) -> tuple[Room, MemoryCalls]:
    calls = MemoryCalls()
    return replace(work, calls=cast(Any, calls)), calls


def test_doubled_cost_is_found_within_a_day(tmp_path: Path) -> None:
    work, clock = project(tmp_path, {"cost": "kind: cost\nsystem: assistant\n"})
    work, calls = with_calls(work)
    chance = np.random.default_rng(1)
    for day in range(FIRST, FIRST + 47):
        factor = 2.0 if day == FIRST + 46 else 1.0
        calls.record([call(n, day, cost=factor * float(chance.lognormal(0, 0.2)) / 10) for n in range(10)])
    clock.at = at(FIRST + 45)
    assert isinstance(looked(work, "cost"), Quiet)
    clock.at = at(FIRST + 46)
    quiet = looked(work, "cost")
    assert isinstance(quiet, Quiet), quiet
    assert "44 days" in quiet.covers
    clock.at = at(FIRST + 47)
    over = looked(work, "cost")
    assert isinstance(over, Over)
    assert over.what.startswith("assistant costs 2.")
    assert over.since == at(FIRST + 46, 0)
    work = replace(work, proof="token")
    calls.record([call(n, FIRST + 47, cost=2.0 / 10) for n in range(10)])
    calls.record([call(n, FIRST + 48, cost=2.0 / 10) for n in range(10)])
    clock.at = at(FIRST + 48)
    rebase(work, "cost", "a better model, agreed", at(FIRST + 46, 0))
    looked(work, "cost")
    clock.at = at(FIRST + 49)
    assert isinstance(looked(work, "cost"), Quiet), "the new level is what is right now"


def test_personal_data_in_one_output_is_over_and_its_text_is_not_in_the_evidence(tmp_path: Path) -> None:
    sensors = {
        "calls": "kind: privacy\nsystem: assistant\n",
        "table": "kind: privacy\ndata: data/answers.parquet\ntime: at\ncolumns: [answer]\n",
    }
    work, clock = project(tmp_path, sensors)
    work, calls = with_calls(work)
    clock.at = at(FIRST, 23)
    assert isinstance(looked(work, "calls"), TooFew)
    calls.record([call(n, FIRST, pii=False) for n in range(20)])
    file = tmp_path / "data/answers.parquet"
    write(file, [FIRST], lambda _: {"answer": ["Your parcel is on its way."] * 20})
    assert isinstance(looked(work, "calls"), Quiet)
    assert isinstance(looked(work, "table"), Quiet)
    calls.record([call(30, FIRST, pii=True)])
    write(file, [FIRST], lambda _: {"answer": [*["Your parcel is on its way."] * 20, "Write to jane.doe@example.org"]})
    for name in ("calls", "table"):
        over = looked(work, name)
        assert isinstance(over, Over), over
        assert "1 of 21 outputs" in over.what
        assert "jane" not in f"{over}"
    assert "email" in f"{looked(work, 'table')}"


@pytest.mark.skipif(not EVENTS.exists(), reason=ABSENT)
def test_a_broken_mapping_fails_its_golden_cases(tmp_path: Path) -> None:
    work = thin_project(tmp_path / "shop")
    (tmp_path / "shop/sensors").mkdir()
    (tmp_path / "shop/sensors/golden.yaml").write_text("kind: golden\nchange: m\n")
    propose_by_hand(work, by_hand(), thin_source(work), "m")
    quiet = looked(work, "golden")
    assert isinstance(quiet, Quiet), quiet
    (work.project.root / "changes/m/mapping.json").write_text(mapping_json(swapped()))
    over = looked(work, "golden")
    assert isinstance(over, Over)
    assert "golden cases come out right" in over.what
    assert any("wrong" in line for line in over.evidence)


def test_production_that_a_mapping_no_longer_knows_is_a_regression() -> None:
    watch = Golden("m", "data")
    before, now = Passed(5, 5, 990, 1000), Passed(5, 5, 900, 1000)
    found = watch.judge(before, now, at(FIRST))
    assert isinstance(found, Over)
    assert "90.0%" in found.what
    assert isinstance(watch.judge(before, Passed(5, 5, 985, 1000), at(FIRST)), Quiet), "that is chance"
    assert isinstance(watch.judge(None, Passed(0, 0), at(FIRST)), TooFew)
    assert better(before, now) == Passed(5, 5, 990, 1000)
    assert isinstance(watch.judge(None, Passed(4, 5), at(FIRST)), Over), "what is right needs no look before"


def test_columns_that_vanish_turn_or_come_are_told(tmp_path: Path) -> None:
    work, clock = project(tmp_path, {"schema": "kind: schema\ndata: data/rows.parquet\n"})
    file = tmp_path / "data/rows.parquet"
    write(file, [FIRST], lambda _: {"price": [1.5], "name": ["x"]})
    clock.at = at(FIRST + 1)
    assert isinstance(looked(work, "schema"), TooFew)
    assert isinstance(looked(work, "schema"), Quiet)
    write(file, [FIRST], lambda _: {"price": ["1.5"], "label": ["x"]})
    over = looked(work, "schema")
    assert isinstance(over, Over)
    told = " ".join(over.evidence)
    assert "column name has vanished" in told
    assert "price was DOUBLE and is VARCHAR" in told
    assert "column label (VARCHAR) is new" in told
    rebase(work, "schema", "the new loader")
    assert isinstance(looked(work, "schema"), TooFew)
    assert isinstance(looked(work, "schema"), Quiet)


def test_keys_of_json_vanish_only_where_rows_should_have_them(tmp_path: Path) -> None:
    work, clock = project(tmp_path, {"keys": "kind: schema\ndata: data/rows.parquet\ntime: at\nkeys: [payload]\n"})

    def rows(day: int) -> Mapping[str, Sequence[object]]:
        usual = '{"id": 1, "value": 2}' if day < FIRST + 35 else '{"id": 1, "worth": 2}'
        return {"payload": [usual] * 49 + ['{"id": 1, "value": 2, "rare": 3}' if day == FIRST else '{"id": 1}']}

    write(tmp_path / "data/rows.parquet", range(FIRST, FIRST + 42), rows)
    clock.at = at(FIRST + 34, 23)
    assert isinstance(looked(work, "keys"), Quiet)
    clock.at = at(FIRST + 41, 23)
    over = looked(work, "keys")
    assert isinstance(over, Over)
    assert "key value of payload has vanished" in over.what
    assert "key worth of payload is new" in over.what
    assert "rare" not in over.what
    plain = Schema("x").judge(
        Layout({"a": "INT"}, {"p": {"k": 1}}, 100), Layout({"a": "INT"}, {"p": {}}, 100), at(FIRST)
    )
    assert isinstance(plain, Quiet), "one row in a hundred may be missing by chance"


def test_fewer_different_values_are_found(tmp_path: Path) -> None:
    text = "kind: cardinality\ndata: data/rows.parquet\ntime: at\ncolumns: [user]\n"
    work, clock = project(tmp_path, {"users": text})

    def rows(day: int) -> Mapping[str, Sequence[object]]:
        chance = np.random.default_rng(day)
        return {"user": [str(u) for u in chance.integers(0, 40 if day == FIRST + 40 else 400, 300)]}

    write(tmp_path / "data/rows.parquet", range(FIRST, FIRST + 41), rows)
    clock.at = at(FIRST + 40)
    assert isinstance(looked(work, "users"), Quiet)
    clock.at = at(FIRST + 41)
    over = looked(work, "users")
    assert isinstance(over, Over)
    assert "user: 40 on the day" in over.what


def embeddings(day: int, topic: int) -> Mapping[str, Sequence[object]]:
    """Of two topics; from `topic` on a fifth of them is about a third one."""
    chance = np.random.default_rng(day)
    places = np.eye(12)[: 3 if day >= topic else 2]
    shares = [0.4, 0.4, 0.2] if day >= topic else [0.5, 0.5]
    rows = places[chance.choice(len(places), 400, p=shares)] + chance.normal(0, 0.15, (400, 12))
    return {"embedding": rows.tolist()}


def test_a_new_topic_moves_embeddings_and_the_fixed_rule_is_shown_beside_it(tmp_path: Path) -> None:
    work, clock = project(tmp_path, {"meaning": "kind: meaning\ndata: data/rows.parquet\ntime: at\n"})
    write(tmp_path / "data/rows.parquet", range(FIRST, FIRST + 22), lambda d: embeddings(d, FIRST + 21))
    clock.at = at(FIRST + 10)
    assert isinstance(looked(work, "meaning"), TooFew)
    clock.at = at(FIRST + 21)
    quiet = looked(work, "meaning")
    assert isinstance(quiet, Quiet), quiet
    assert "the playbooks' fixed 0.07 would" in quiet.covers
    clock.at = at(FIRST + 22)
    over = looked(work, "meaning")
    assert isinstance(over, Over)
    assert over.since == at(FIRST + 21, 0)
    assert any(line.startswith("MMD") for line in over.evidence)


def test_an_endpoint_that_changed_loses_its_neighbours(tmp_path: Path) -> None:
    text = "kind: retrieval\nprobes: data/probes.parquet\ndata: data/docs.parquet\nexpected: right\nk: 3\n"
    work, clock = project(tmp_path, {"search": text})
    chance = np.random.default_rng(3)
    docs = chance.normal(0, 1, (300, 8))
    ids = [f"d{i}" for i in range(300)]
    write(tmp_path / "data/docs.parquet", [FIRST], lambda _: {"id": ids, "embedding": docs.tolist()})
    asked = docs[:80] + chance.normal(0, 0.05, (80, 8))
    probes = {"id": [f"p{i}" for i in range(80)], "embedding": asked.tolist(), "right": ids[:80]}
    write(tmp_path / "data/probes.parquet", [FIRST], lambda _: probes)
    clock.at = at(FIRST + 1)
    assert isinstance(looked(work, "search"), Quiet)
    turned = (docs @ np.linalg.qr(chance.normal(0, 1, (8, 8)))[0]).tolist()
    write(tmp_path / "data/docs.parquet", [FIRST], lambda _: {"id": ids, "embedding": turned})
    over = looked(work, "search")
    assert isinstance(over, Over)
    assert "find the row that is right" in over.what
    with pytest.raises(ValueError, match="numbers"):
        nearest(np.zeros((1, 3), np.float32), [(("a",), np.zeros((1, 4), np.float32))], 1)


def test_what_claims_to_be_of_the_future_hides_nothing_that_is_old(tmp_path: Path) -> None:
    work, clock = project(tmp_path, {"fresh": "kind: freshness\ndata: data/rows.parquet\ntime: at\nmax_age: 1d\n"})
    file = tmp_path / "data/rows.parquet"
    write(file, [FIRST], lambda _: {"x": [1]})
    clock.at = instant(FIRST * DAY - 4 * 60_000_000)
    assert isinstance(looked(work, "fresh"), Quiet), "clocks differ by minutes"
    clock.at = at(FIRST + 10)
    assert isinstance(looked(work, "fresh"), Over)
    write(file, [FIRST, number("2100-01-01")], lambda _: {"x": [1]})
    over = looked(work, "fresh")
    assert isinstance(over, Over), over
    assert over.covers == "data/rows.parquet; not counted: 1 of a time that has not come yet"
    assert over.seen == "10.3 days old"
    write(file, [number("2100-01-01")], lambda _: {"x": [1]})
    failed = looked(work, "fresh")
    assert isinstance(failed, Failed), failed
    assert "1 are of a time that has not come yet" in failed.why


def test_freshness_of_calls_and_of_a_source_of_the_register(tmp_path: Path) -> None:
    sensors = {
        "calls": "kind: freshness\nsystem: assistant\nmax_age: 2h\n",
        "source": "kind: freshness\nsystem: assistant\nsource: orders\n",
    }
    work, clock = project(tmp_path, sensors)
    (tmp_path / "systems").mkdir()
    (tmp_path / "systems/assistant.yaml").write_text(
        "name: assistant\ndoes: answers\nowners: [ana]\ntier: limited\noncall:\n  rota: [ana]\n"
        "sources:\n  - name: orders\n    data: data/rows.parquet\n    at: at\n    fresh_hours: 30\n"
    )
    work, calls = with_calls(work)
    write(tmp_path / "data/rows.parquet", [FIRST], lambda _: {"x": [1, 2]})
    calls.record([call(0, FIRST)])
    clock.at = at(FIRST, 1)
    assert isinstance(looked(work, "calls"), Quiet)
    clock.at = at(FIRST + 2)
    assert isinstance(looked(work, "calls"), Over)
    over = looked(work, "source")
    assert isinstance(over, Over), over
    assert "30.0 hours are allowed" in over.what or "30 hours are allowed" in over.what
    assert DAY
