"""A file of sensors/ says what is wrong with it, at its line; every kind can be written in a few of them."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.sensor_samples import FIRST, at, project, said

from cleanroom.app.sensors.read import blocked
from cleanroom.app.sensors.run import run_due
from cleanroom.codec.sensor import KINDS, read_sensor
from cleanroom.core.base import Misuse

SMALLEST = {
    "columns": "data: d.parquet\ntime: at\n",
    "meaning": "data: d.parquet\ntime: at\n",
    "freshness": "data: d.parquet\nmax_age: 6h\n",
    "schema": "data: d.parquet\n",
    "cardinality": "data: d.parquet\ntime: at\ncolumns: [user]\n",
    "counts": "system: assistant\n",
    "golden": "change: m\n",
    "cost": "system: assistant\n",
    "retrieval": "data: d.parquet\nprobes: p.parquet\n",
    "privacy": "system: assistant\n",
}


def test_every_kind_has_a_smallest_file() -> None:
    assert set(SMALLEST) == set(KINDS)
    for kind, text in SMALLEST.items():
        found = read_sensor(f"kind: {kind}\n{text}".encode(), f"sensors/{kind}.yaml", kind)
        assert found.value is not None, found.findings
        assert (found.value.name, found.value.watch.kind, found.value.every) == (kind, kind, 86_400.0)


def test_beside_data_the_system_says_whose_people_hear_of_it() -> None:
    text = "kind: counts\ndata: d.parquet\ntime: at\nevent: event\nsystem: assistant\n"
    sensor = read_sensor(text.encode(), "sensors/x.yaml", "x").value
    assert sensor is not None
    assert (sensor.system, sensor.watch.system) == ("assistant", "")  # type: ignore[union-attr]


def test_what_is_common_and_what_is_the_kinds_own_stand_side_by_side() -> None:
    text = "kind: cost\nsystem: assistant\nevery: 6h\ndelay: 30m\nblocks: [m, '*']\nlevel: critical\nrunbook: costs\n"
    sensor = read_sensor(text.encode(), "sensors/x.yaml", "x").value
    assert sensor is not None
    assert (sensor.every, sensor.blocks, sensor.level, sensor.system, sensor.runbook) == (
        21_600.0,
        ("m", "*"),
        "critical",
        "assistant",
        "costs",
    )
    assert getattr(sensor.watch, "delay", 0) == 1800.0


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("", 1, "not a mapping"),
        ("kind: cots\n", 1, "no kind of sensor 'cots'"),
        ("data: x\n", 1, "'kind' is missing"),
        ("kind: cost\n", 1, "'system' is missing"),
        ("kind: counts\n", 1, "one of 'data' and 'system'"),
        ("kind: counts\ndata: x\n", 1, "'time' is missing"),
        ("kind: counts\nsystem: s\nevery: often\n", 3, "must be a length of time"),
        ("kind: counts\nsystem: s\nevery: 5s\n", 3, "at least a minute"),
        ("kind: counts\nsystem: s\nblock: [m]\n", 3, "unknown key 'block'"),
        ("kind: counts\nsystem: s\nlevel: red\n", 3, "is not one of: warning, critical, business"),
        ("kind: columns\ndata: x\ntime: at\nfloor: 2\n", 4, "must be a share"),
        ("kind: freshness\nsystem: s\n", 1, "'max_age' is missing"),
        ("kind: schema\ndata: x\nkeys: [p]\n", 1, "'time' is missing"),
        ("kind: privacy\ndata: x\ntime: at\n", 1, "'columns' is missing"),
        ("kind: retrieval\ndata: x\nprobes: y\nleast: 2\n", 4, "must be shares"),
        ("kind: counts\n\tx: 1\n", 2, "tab"),
    ],
)
def test_mistakes_are_told_at_their_line(text: str, line: int, message: str) -> None:
    found = read_sensor(text.encode(), "sensors/x.yaml", "x")
    assert found.value is None
    assert [(f.file, f.line) for f in found.findings][:1] == [("sensors/x.yaml", line)], found.findings
    assert message in found.findings[0].message


def test_files_that_cannot_be_read_hold_up_everything_and_are_told(tmp_path: Path) -> None:
    work, clock = project(tmp_path, {"good": "kind: cost\nsystem: s\n", "bad": "kind: cost\n"})
    clock.at = at(FIRST)
    with pytest.raises(Misuse, match=r"sensors/bad.yaml:1:1 'system' is missing"):
        work.project.sensors()
    assert any("system" in f.message for f in work.project.lint())
    assert "cannot be read" in blocked(work, "m", "m")
    assert run_due(work) == ()
    assert any("no sensor looks" in s.what for s in said(work))
    (tmp_path / "sensors/bad.yaml").unlink()
    assert [r.name for r in run_due(work)] == ["sensor/good"]
    assert blocked(work, "m", "m") == ""
