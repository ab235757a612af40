"""A file of sensors/ says what is wrong with it, at its line; every kind can be written in a few of them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.sensor_samples import FIRST, TOML, at, project, said
from tests.slo_samples import SYSTEM, ratio, slo_text, threshold
from typer.testing import CliRunner

from cleanroom.app.sensors.read import blocked
from cleanroom.app.sensors.run import run_due
from cleanroom.codec.sensor import KINDS, read_sensor
from cleanroom.core.base import Misuse
from cleanroom.entry.cli.root import app

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
    "scope": "system: assistant\n",
    "injection": "system: assistant\n",
    "overload": "system: assistant\n",
    "rate": "system: assistant\nmetric: error\nthreshold: 0.02\n",
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
        ("kind: columns\ndata: x\ntime: at\ntolerances: {ks: 2}\n", 4, "'ks' must lie above 0 and below 1"),
        ("kind: columns\ndata: x\ntime: at\ntolerances: {kss: 0.2}\n", 4, "unknown key 'kss'"),
        ("kind: freshness\nsystem: s\n", 1, "'max_age' is missing"),
        ("kind: schema\ndata: x\nkeys: [p]\n", 1, "'time' is missing"),
        ("kind: privacy\ndata: x\ntime: at\n", 1, "'columns' is missing"),
        ("kind: retrieval\ndata: x\nprobes: y\nleast: 2\n", 4, "must be shares"),
        ("kind: counts\n\tx: 1\n", 2, "tab"),
        ("kind: rate\nmetric: error\nthreshold: 0.02\n", 1, "one of 'system' and 'flag'"),
        ("kind: rate\nflag: f\nmetric: error\nthreshold: 0.02\nmodel: m\n", 5, "'model' is of calls"),
        ("kind: rate\nsystem: s\nmetric: error\nthreshold: -1\n", 4, "from 0 up"),
        ("kind: rate\nsystem: s\nmetric: cost\nthreshold: .inf\n", 4, "finite number"),
        ("kind: rate\nsystem: s\nmetric: error\nthreshold: 0.02\nwindow: 30m\n", 1, "'every' is longer than 'window'"),
        ("kind: rate\nsystem: s\nmetric: cost\nthreshold: 1\nabove: 1\nbelow: 2\n", 6, "cannot stand together"),
        ("kind: rate\nsystem: s\nmetric: cost\nthreshold: 1\narm: candidate\n", 5, "'arm' is of outcomes"),
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


def test_what_is_named_and_not_there_is_told_with_its_line_and_the_nearest_name(tmp_path: Path) -> None:
    sensors = {
        "events": "kind: counts\ndata: data/events.csv\ntime: timestamp\nevent: evnt\nsystem: asistant\nblocks: [advise, '*']\n",
        "lost": "kind: columns\ndata: data/evnts.csv\ntime: timestamp\nrunbook: counst\n",
        "old": "kind: freshness\nsystem: assistant\nsource: profile\n",
        "right": "kind: golden\nchange: mapping\n",
        "money": "kind: cost\nsystem: assistant\nmetric: costs\n",
    }
    toml = TOML + '[schedules.daily]\ncron = "0 5 * * *"\nrun = "sensors"\nonly = ["events", "event"]\n'
    toml += '[signals.shop]\nkind = "sql"\ndata = "data/outcomes"\nflag = "advice"\n'
    project(tmp_path, sensors, toml)
    (tmp_path / "data/events.csv").write_text("timestamp,event\n2026-06-01T00:00:00Z,search\n")
    (tmp_path / "systems").mkdir()
    (tmp_path / "systems/a.yaml").write_text(
        "name: assistant\ndoes: answers\nowners: [ana]\ntier: limited\noncall: {rota: [ana]}\nfeatures: [advice]\nsources:\n"
        "  - {name: profiles, data: data/events.csv, at: timestmp}\nslos:\n  - no-errors\n  - fast\n"
    )
    slo = slo_text("no-errors", threshold("metric: latency"), 0.9, ", op: lte, value: 6").replace(SYSTEM, "assistant")
    table = slo_text("right-rows", ratio("data: data/events.csv, column: wrong, at: timestamp")).replace(
        SYSTEM, "assistant"
    )
    (tmp_path / "slos").mkdir()
    (tmp_path / "slos/a.yaml").write_text(f"{slo}---\n{table}")
    done = CliRunner().invoke(app, ["contract", "lint", str(tmp_path)])
    assert done.exit_code == 1, done.output
    found = set(re.sub(r"\n {4}", " ", done.output).splitlines())
    assert {
        "cleanroom.toml:7:8: error: there is no sensor 'event' Did you mean 'events'?",
        "cleanroom.toml:10:8: warning: there is no data at 'data/outcomes' yet",
        "sensors/events.yaml:4:8: error: data/events.csv has no column 'evnt' Did you mean 'event'?",
        "sensors/events.yaml:5:9: warning: there is no system 'asistant' in the register Did you mean 'assistant'?",
        "sensors/events.yaml:6:10: warning: 'blocks' names 'advise', which is no change, system or feature in the files "
        "Did you mean 'advice'?",
        "sensors/lost.yaml:2:7: warning: there is no data at 'data/evnts.csv' yet Did you mean 'data/events.csv'?",
        "sensors/lost.yaml:4:10: warning: there is no category of runbook 'counst': the message says the general first step "
        "Did you mean 'counts'?",
        "sensors/old.yaml:3:9: error: assistant has no source 'profile' Did you mean 'profiles'?",
        "sensors/right.yaml:2:9: error: there is no change 'mapping' `cleanroom propose mapping` makes one.",
        "sensors/money.yaml:3:9: warning: the metric 'costs' is none of ours: it is there only where telemetry sends "
        "cleanroom.metric.costs Did you mean 'cost'?",
        "systems/a.yaml:8:49: error: data/events.csv has no column 'timestmp' Did you mean 'timestamp'?",
        "systems/a.yaml:11:5: error: there is no SLO 'fast' in slos/ Known: no-errors, right-rows.",
        "slos/a.yaml:3:1: warning: no-errors: the metric 'latency' is none of ours: it is there only where telemetry sends "
        "cleanroom.metric.latency Did you mean 'latency_s'?",
        "slos/a.yaml:15:1: error: right-rows: data/events.csv has no column 'wrong' Known: timestamp, event.",
    } == {line for line in found if re.match(r"(?!contracts/)\S+: (error|warning): ", line)}, done.output
    only = CliRunner().invoke(app, ["sensor", "lint", "--project", str(tmp_path)])
    assert only.exit_code == 1
    assert "systems/" not in only.output
    assert "there is no sensor 'event'" in only.output


def test_a_run_says_something_and_ends_as_it_went(tmp_path: Path) -> None:
    project(tmp_path, {})
    (tmp_path / "data/young.csv").write_text("at\n2026-06-01T00:00:00Z\n")

    def ran(**sensors: str) -> tuple[int, str]:
        for file in (tmp_path / "sensors").iterdir():
            file.unlink()
        for name, text in sensors.items():
            (tmp_path / "sensors" / f"{name}.yaml").write_text(text)
        done = CliRunner().invoke(app, ["sensor", "run", "--at", at(FIRST), "--project", str(tmp_path)])
        assert done.output.strip()
        assert str(tmp_path) not in done.output
        return done.exit_code, done.output.split("  ")[0].strip()

    quiet, over = ("kind: freshness\ndata: data/young.csv\ntime: at\nmax_age: " + age for age in ("12h", "1h"))
    few, failed = "kind: counts\nsystem: s\n", "kind: freshness\ndata: data/gone.csv\nmax_age: 1h\n"
    assert ran() == (0, "no sensors yet. docs/sensors.md says how to write sensors/NAME.yaml.")
    assert ran(a=quiet) == (0, "quiet")
    assert ran(a=over, b=failed) == (1, "over its bound")
    assert ran(a=few) == (3, "too few to tell")
    assert ran(a=failed, b=quiet) == (3, "failed")
    assert ran(a=quiet, b=few)[0] == 0, "thin data beside what can be told is no news"
