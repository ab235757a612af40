"""While it bakes, the battery looks at what the candidate itself made: it counts, and no approval is voided by it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from tests.page_shop import BEN, NAME, acting, sign, write
from typer.testing import CliRunner

from cleanroom.app.review.standing import standing
from cleanroom.app.rollout import steer
from cleanroom.app.rollout.observe import observe
from cleanroom.app.rollout.read import existing
from cleanroom.app.rollout.start import start
from cleanroom.app.rollout.watch import watch
from cleanroom.app.room import Room
from cleanroom.app.tick import tick
from cleanroom.core.base import Misuse, Refused
from cleanroom.core.facts import Judged, Ran
from cleanroom.core.progress.decide import OBSERVE
from cleanroom.core.progress.state import Baking, RolledBack
from cleanroom.core.review import Cleared
from cleanroom.core.rollout.plan import HOUR, Metric, Plan
from cleanroom.entry.cli.root import app
from cleanroom.entry.report.files import report_files
from cleanroom.ports.engine import Table
from cleanroom.sim.rollouts import SimulatedClock, Traffic, report
from cleanroom.sim.shop import LEGACY, REFERENCE

PLAN = Plan((10_000, 50_000, 100_000), (Metric("error"),), bake=2 * HOUR, patience=HOUR, least=20)
HEALTHY = Traffic(400, 100_000, {"control": {"error": 0.2}, "candidate": {"error": 0.2}})


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Room:
    folder = tmp_path_factory.mktemp("observed") / "shop"
    folder.mkdir()
    write(folder)
    work = sign(folder)
    return acting(work, BEN)


def output(work: Room) -> Path:
    """What the mapping makes of the events: the output of its run."""
    checked = standing(work, NAME).review.checked
    assert checked is not None
    folder = work.artifacts.folder(checked.run)
    assert folder is not None
    return folder / "output.parquet"


def test_what_the_candidate_made_counts_and_voids_nothing(shop: Room) -> None:
    start(shop, NAME, PLAN)
    found = observe(shop, NAME, Table(output(shop)), Table(shop.project.root / REFERENCE), report_files)
    assert (found.folder / "report.html").is_file()
    assert isinstance(standing(shop, NAME).review.state, Cleared), "a run of check would have voided it"
    kinds = {type(e.fact) for e in shop.store.history(f"run/{found.run.digest}")}
    assert kinds == {Ran, Judged}
    baking = existing(shop, NAME)
    assert isinstance(baking, Baking)
    assert [o.run for o in baking.observed] == [found.run.digest]
    assert baking.observed[0].outcome in ("PASS", "WARN", "UNKNOWN")


def test_a_tick_runs_the_battery_where_the_plan_names_the_output(shop: Room) -> None:
    steer.abort(shop, NAME, "once more")
    clock = SimulatedClock(shop.clock.now())
    late = replace(shop, clock=clock)
    file = str(output(shop))
    start(late, NAME, replace(PLAN, output="nowhere.parquet"))
    for _ in range(6):
        report(late, clock, NAME, HEALTHY, 60)
        done = tick(late, report_files)
        if done.rollouts[0].did.because == OBSERVE:
            break
    assert done.unobserved, "it cannot be read, and is said so"
    assert "nowhere.parquet" in done.unobserved[0].because
    runner = CliRunner()
    result = runner.invoke(app, ["rollout", "abort", NAME, "--because", "x", "--project", str(shop.project.root)])
    assert result.exit_code == 0, result.output
    start(late, NAME, replace(PLAN, output=file))
    steps = set()
    for _ in range(8):
        report(late, clock, NAME, HEALTHY, 60)
        assert not tick(late, report_files).unobserved
        found = existing(late, NAME)
        assert isinstance(found, Baking)
        steps |= {(o.step, o.outcome) for o in found.observed}
    assert {step for step, _ in steps} >= {0}


def test_a_file_that_is_none_is_told(shop: Room) -> None:
    with pytest.raises(Misuse):
        observe(shop, NAME, Table(shop.project.root / "absent.parquet"), None, report_files)


def test_what_fails_the_battery_is_rolled_back(shop: Room) -> None:
    legacy = Table(shop.project.root / LEGACY)  # names that the plan does not know: what a broken candidate would make
    found = observe(shop, NAME, legacy, Table(shop.project.root / REFERENCE), report_files)
    assert found.report.outcome.value == "FAIL"
    watch(shop)
    ended = existing(shop, NAME)
    assert isinstance(ended, RolledBack)
    assert "the battery failed on what the candidate made" in ended.because
    with pytest.raises(Refused, match="is over"):
        observe(shop, NAME, legacy, None, report_files)
