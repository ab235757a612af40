"""Do freshness, drift of embeddings and validity of retrieval go over time as sensors measured them?"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from tests.sensor_samples import FIRST, at, call, project
from typer.testing import CliRunner

from cleanroom.adapters.clock import SystemClock
from cleanroom.app.room import Room
from cleanroom.app.sensors.run import run
from cleanroom.app.telemetry.watched import drawn_of, watched
from cleanroom.core.base import DAY, Digest, micros
from cleanroom.core.ledger import Write
from cleanroom.core.sensors.meaning import _result as meant
from cleanroom.core.sensors.result import Result
from cleanroom.core.sensors.retrieval import Neighbours, Retrieval
from cleanroom.core.sensors.standing import facts_of, standing_of, subject_of
from cleanroom.core.stats.embedding import Calibrated, Meant
from cleanroom.entry.cli.root import app

SENSORS = {
    "drift": "kind: meaning\ndata: data/vectors.parquet\ntime: at\nsystem: shop\n",
    "fresh": "kind: freshness\ndata: data/rows.parquet\nmax_age: 6h\nsystem: shop\n",
    "probes": "kind: retrieval\nprobes: data/p.parquet\ndata: data/v.parquet\nsystem: shop\n",
}


def said(work: Room, sensor: str, result: Result, day: int) -> None:
    """The sensor's look of that day, written as a look is."""
    subject = subject_of(sensor)
    before = standing_of(sensor, work.store.history(subject))
    facts = facts_of(before, Digest("sha256:" + "0" * 64), result, f"{day}", at(day))
    work.store.append([Write(subject, before.version + n, fact) for n, fact in enumerate(facts)])


def test_the_age_of_data_goes_over_time_with_its_bound(tmp_path: Path) -> None:
    work, clock = project(tmp_path, {"fresh": "kind: freshness\nsystem: assistant\nmax_age: 6h\n"})
    work.calls.record([call(1, FIRST)])
    for day, hour in ((FIRST, 1), (FIRST + 1, 3), (FIRST + 2, 1)):
        if day == FIRST + 2:
            work.calls.record([call(2, day)])
        clock.at = at(day, hour)
        run(work)
    since, until = FIRST * DAY, (FIRST + 3) * DAY
    (found,) = watched(work, "assistant", since, until)
    assert (found.metric, found.unit, found.bound) == ("sensor/fresh", "hours", 6)
    assert [(round(m.value), m.over) for m in found.looks] == [(1, False), (27, True), (1, False)]
    drawn = drawn_of(found, since, until)
    assert [round(p.value or -1) for p in drawn.points] == [1, 27, 1]
    assert watched(work, "other", since, until) == ()


def test_drift_and_retrieval_have_figures_of_their_own(tmp_path: Path) -> None:
    work, _ = project(tmp_path, SENSORS)
    near = {f"p{n}": ("a", "b", "c", "d", "e") for n in range(400)}
    lost = {p: rows if n >= 120 else ("v", "w", "x", "y", "z") for n, (p, rows) in enumerate(near.items())}
    watch = Retrieval("p", "v")
    for day in range(3):
        moved = day == 1
        shift = Calibrated(0.031 if moved else 2e-05, 0.02, 0.001 if moved else 0.5)
        quiet = Calibrated(0.01, 0.02, 0.6)
        one = Meant(FIRST + day, moved, shift, quiet, shift.p, 0.01, 0.001, None, 100, 900, 20)
        said(work, "drift", meant(one), FIRST + day)
        then, now = Neighbours(near, 9, {}), Neighbours(lost if moved else near, 9, {})
        said(work, "probes", watch.judge(then, now, at(FIRST + day)), FIRST + day)
    drift, probes = watched(work, "shop", FIRST * DAY, (FIRST + 4) * DAY)
    assert [(m.value, m.bound, m.over) for m in drift.looks] == [
        (2e-05, 0.02, False),
        (0.031, 0.02, True),
        (2e-05, 0.02, False),
    ]
    assert [(m.value, m.bound, m.over) for m in probes.looks] == [
        (1.0, 0.9, False),
        (0.7, 0.9, True),
        (1.0, 0.9, False),
    ]
    assert (drift.unit, probes.unit) == ("distance", "share")


def test_the_command_line_shows_a_metric_of_calls_and_of_a_sensor(tmp_path: Path) -> None:
    work, _ = project(tmp_path, {"fresh": "kind: freshness\nsystem: assistant\nmax_age: 100000d\n"})
    work = replace(work, clock=SystemClock())
    today = micros(work.clock.now()) // DAY
    work.calls.record([call(0, today)])
    run(work)
    runner = CliRunner()
    asked = ["telemetry", "over-time", "assistant", "--project", str(tmp_path)]
    for metric, bound in (("sensor/fresh", 2_400_000), ("error", None)):
        got = runner.invoke(app, [*asked, metric, "--json"])
        assert got.exit_code == 0, got.output
        shown = json.loads(got.output)
        assert (shown["metric"], shown["bound"], len(shown["points"])) == (metric, bound, 1)
    assert "sensor/fresh, by steps of 60 minutes" in runner.invoke(app, [*asked, "sensor/fresh"]).output
    wrong = runner.invoke(app, [*asked, "sensor/frsh"])
    assert (wrong.exit_code, "sensor/fresh" in wrong.output) == (2, True)
