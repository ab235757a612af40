"""A sensor over its bound is told and holds up what depends on it until a person lets it go; a quiet one says what it covers."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
from tests.review_samples import NAME
from tests.rollout_samples import RolloutPaper, RolloutProject, approved
from tests.sensor_samples import FIRST, HOUR, all_ended, at, open_alerts, project, said, write
from tests.spec.test_rollout_story import HEALTHY

from cleanroom.adapters.memory.alarms import MemoryAlarms
from cleanroom.app.rollout.read import existing
from cleanroom.app.room import Room
from cleanroom.app.sensors.decide import rebase, unblock
from cleanroom.app.sensors.files import relative
from cleanroom.app.sensors.read import blocked, every, one
from cleanroom.app.sensors.run import Ran, overdue, run, run_due
from cleanroom.core.base import DAY, Instant, Refused, instant
from cleanroom.core.facts import SensorCleared, SensorFailed, SensorRan, SensorTripped, SensorUnblocked
from cleanroom.core.policy import Policy, Role
from cleanroom.core.progress.state import Baking, Promoted, start_of
from cleanroom.core.sensors import Sensor
from cleanroom.core.sensors.columns import Columns
from cleanroom.core.sensors.daily import number
from cleanroom.core.sensors.freshness import Freshness
from cleanroom.core.sensors.result import Failed, Over, Quiet, TooFew
from cleanroom.core.sensors.standing import subject_of
from cleanroom.sim.rollouts import minutes_of, report
from cleanroom.wiring import engine

COLUMNS = "kind: columns\ndata: data/rows.parquet\ntime: at\nblocks: ['*']\n"
COUNTS = "kind: counts\ndata: data/rows.parquet\ntime: at\nevent: event\n"


def prices(day: int, shift: float = 0.0, n: int = 400) -> Mapping[str, Sequence[object]]:
    """A number with a weekday effect, and a kind."""
    chance = np.random.default_rng(day)
    return {
        "price": (chance.normal(0.1 * (day % 7) + shift, 1, n)).tolist(),
        "kind": chance.choice(["a", "b", "c"], n, p=[0.6, 0.3, 0.1]).tolist(),
    }


def events(day: int, view: float = 400, buy: float = 60, rare: float = 0.5) -> Mapping[str, Sequence[object]]:
    """Rows of three kinds of event."""
    chance = np.random.default_rng(day)
    rates = (("view", view), ("buy", buy), ("rare", rare))
    return {"event": [name for name, rate in rates for _ in range(chance.poisson(rate))]}


def looked(work: Room, name: str) -> Ran:
    return run(work, (name,))[0]


def kinds(work: Room, name: str) -> list[str]:
    return [e.fact.kind for e in work.store.history(subject_of(name))]


def test_a_column_that_drifted_is_told_once_and_a_quiet_day_is_not(tmp_path: Path) -> None:
    work, clock = project(tmp_path, {"columns": COLUMNS})
    days = range(FIRST, FIRST + 37)
    write(tmp_path / "data/rows.parquet", days, lambda d: prices(d, 0.9 if d >= FIRST + 35 else 0.0))
    clock.at = at(FIRST + 5)
    early = looked(work, "columns")
    assert isinstance(early.result, TooFew), "it has no week yet"
    assert "there are 5" in early.result.missing
    clock.at = at(FIRST + 35)
    quiet = looked(work, "columns")
    assert isinstance(quiet.result, Quiet), quiet
    assert "all 2 columns judged" in quiet.result.covers
    assert {e.split(":")[0] for e in quiet.result.evidence} == {
        f"{c} beside the 4 weeks before" for c in ("price", "kind")
    }
    assert blocked(work, "anything", "any") == ""
    clock.at = at(FIRST + 36)
    tripped = looked(work, "columns")
    assert isinstance(tripped.result, Over)
    assert tripped.result.about == ("price",)
    assert tripped.result.since == at(FIRST + 35, 0)
    assert any(line.startswith("price: shifted") for line in tripped.result.evidence)
    assert len(open_alerts(work)) == 1
    assert "price has shifted" in said(work)[0].what
    clock.at = at(FIRST + 37)
    looked(work, "columns")
    assert kinds(work, "columns")[-2:] == ["sensor_tripped", "sensor_ran"]
    ran = [e.fact.state for e in work.store.history(subject_of("columns")) if isinstance(e.fact, SensorRan)]
    assert sum(a == b for a, b in itertools.pairwise(ran)) <= 2, "catching up writes down what is news"
    assert len(open_alerts(work)) == 1
    assert "went over its bound" in blocked(work, "anything", "any")


@pytest.mark.parametrize("declared", [True, False])
def test_without_a_past_a_day_is_held_against_tolerances(tmp_path: Path, declared: bool) -> None:
    """A shadow run beside a declared baseline from its first day on; without one, from the second week on."""
    base = "baseline: data/right.parquet\ntolerances: {ks: 0.15}\n" if declared else ""
    work, clock = project(tmp_path, {"columns": COLUMNS + base})
    write(tmp_path / "data/right.parquet", range(FIRST - 14, FIRST), lambda d: prices(d, n=4000))
    first = 0 if declared else 8
    days = range(FIRST, FIRST + first + 2)
    write(tmp_path / "data/rows.parquet", days, lambda d: prices(d, 0.9 if d == days[-1] else 0.0, n=4000))
    clock.at = at(days[-1])
    steady = looked(work, "columns")
    beside = "the baseline" if declared else "the week before"
    assert isinstance(steady.result, Quiet), steady.result
    assert "2 of them without a past, by tolerances" in steady.result.covers
    (line,) = [e for e in steady.result.evidence if e.startswith("price")]
    assert line.startswith(f"price beside {beside}: KS 0."), "and so that one sees how near it was"
    assert all(f"; {name} " in line for name in ("PSI", "KL", "nulls"))
    assert f"at most {0.15 if declared else 0.1}" in line
    assert any(e.startswith(f"kind beside {beside}: JS ") for e in steady.result.evidence)
    assert one(work, "columns").standing.evidence == steady.result.evidence
    clock.at = at(days[-1] + 1)
    tripped = looked(work, "columns").result
    assert isinstance(tripped, Over), tripped
    assert tripped.about == ("price",)
    assert f"price is too far from {beside}" in tripped.what
    assert tripped.evidence[0].startswith(f"price beside {beside}: KS 0.")
    if declared:
        rebase(work, "columns", "the new prices are right")
        assert isinstance(looked(work, "columns").result, TooFew), "the declared baseline is right no more"


def test_days_are_computed_once_and_again_only_where_they_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    work, clock = project(tmp_path, {"counts": COUNTS.replace("rows.parquet", "rows")})
    for week in range(6):
        first = FIRST + 7 * week
        write(tmp_path / f"data/rows/{week}.parquet", range(first, first + 7), events)
    asked: list[str] = []
    real = engine()

    class Counting:
        def __getattr__(self, name: str) -> Any:
            return getattr(real, name)

        def days(self, table: Any, wanted: Any) -> Any:
            asked.append(table.path.name)
            return real.days(table, wanted)

    work = replace(work, engine=cast(Any, Counting()))
    clock.at = at(FIRST + 41)
    assert isinstance(looked(work, "counts").result, Quiet)
    assert sorted(asked) == [f"{week}.parquet" for week in range(6)]
    asked.clear()
    looked(work, "counts")
    assert asked == []
    write(tmp_path / "data/rows/5.parquet", range(FIRST + 35, FIRST + 42), lambda d: events(d, view=350))
    looked(work, "counts")
    assert asked == ["5.parquet"]
    (tmp_path / "data/rows/0.parquet").unlink()
    asked.clear()
    found = looked(work, "counts")
    assert isinstance(found.result, Quiet), "what retention took away stays known"
    assert asked == []


def test_counts_that_halve_are_found_within_days_and_cleared_when_they_come_back(tmp_path: Path) -> None:
    work, clock = project(tmp_path, {"counts": COUNTS})
    bad = range(FIRST + 45, FIRST + 49)
    file = tmp_path / "data/rows.parquet"
    write(file, range(FIRST, FIRST + 60), lambda d: events(d, view=160 if d in bad else 400))
    states = []
    for day in range(44, 53):
        clock.at = at(FIRST + day + 1)
        states.append(looked(work, "counts").result.kind)
    assert states[:2] == ["quiet", "over"]
    assert "over" not in states[-2:]
    tripped = next(e.fact for e in work.store.history(subject_of("counts")) if isinstance(e.fact, SensorTripped))
    assert "view" in tripped.about
    assert "rare" in tripped.covers or "only within a sum" in tripped.covers
    assert isinstance(work.store.history(subject_of("counts"))[-1].fact, SensorRan | SensorCleared)
    assert one(work, "counts").standing.state == "quiet"
    assert one(work, "counts").standing.blocks, "only a person lets it go"


def test_thin_data_is_quiet_and_says_what_it_covers(tmp_path: Path) -> None:
    work, clock = project(tmp_path, {"counts": COUNTS, "columns": COLUMNS})
    write(
        tmp_path / "data/rows.parquet",
        range(FIRST, FIRST + 42),
        lambda d: {"event": ["x"] * (1 + d % 2), "n": [1] * (1 + d % 2)},
    )
    clock.at = at(FIRST + 42)
    thin, columns = looked(work, "counts").result, looked(work, "columns").result
    assert isinstance(thin, Quiet)
    assert "1 by their silence" in thin.covers
    assert isinstance(columns, TooFew)
    assert "of 2 columns judged" in columns.covers
    assert open_alerts(work) == []
    assert blocked(work, "m", "m") == ""
    assert one(work, "columns").standing.state == "too_few"


def test_a_source_that_vanished_alerts_and_comes_back(tmp_path: Path) -> None:
    work, clock = project(tmp_path, {"counts": COUNTS + "blocks: [m]\n"})
    file = tmp_path / "data/rows.parquet"
    write(file, range(FIRST, FIRST + 42), events)
    clock.at = at(FIRST + 42)
    looked(work, "counts")
    kept = file.read_bytes()
    file.unlink()
    clock.at = at(FIRST + 43)
    failed = looked(work, "counts")
    assert isinstance(failed.result, Failed)
    assert "not there any more" in failed.result.why
    assert isinstance(work.store.history(subject_of("counts"))[-1].fact, SensorFailed)
    assert [s.about for s in said(work)] == ["failed"]
    assert "could not look" in blocked(work, "m", "m")
    with pytest.raises(Refused, match="once it looks again"):
        unblock(work, "counts", "no matter")
    file.write_bytes(kept)
    clock.at = at(FIRST + 42, 20)
    assert isinstance(looked(work, "counts").result, Quiet)
    assert blocked(work, "m", "m") == "", "a sensor that looks again holds up nothing"
    assert all_ended(work)


def test_what_breaks_one_sensor_keeps_no_other_from_its_turn(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    work, clock = project(tmp_path, {"a": COUNTS, "b": COUNTS + "blocks: [m]\n", "c": COUNTS})
    write(
        tmp_path / "data/rows.parquet",
        [number("0001-01-01") - 366, *range(FIRST, FIRST + 30)],
        lambda d: events(max(d, 0)),
    )
    clock.at = at(FIRST + 30)
    assert [type(r.result) for r in run(work)] == [Quiet, Quiet, Quiet], "a day before Christ is left out"
    real, broken = work.past, {"b"}

    class Past:
        """It breaks for one sensor in a way that nobody thought of."""

        def pieces(self, sensor: str) -> Any:
            if sensor in broken:
                raise ZeroDivisionError(f"{tmp_path} secret")
            return real.pieces(sensor)

        def piece(self, sensor: str, name: str) -> Any:
            return real.piece(sensor, name)

        def keep(self, sensor: str, pieces: Any) -> None:
            real.keep(sensor, pieces)

    odd = replace(work, past=cast(Any, Past()))
    clock.at = at(FIRST + 30, 20)
    found = {r.sensor: r.result for r in run(odd)}
    assert found["b"] == Failed("an error of ours: ZeroDivisionError; the log says where")
    assert [type(found[n]) for n in "ac"] == [Quiet, Quiet]
    assert "Traceback" in caplog.text
    assert isinstance(work.store.history(subject_of("b"))[-1].fact, SensorFailed)
    assert "could not look" in blocked(work, "m", "m")
    broken.clear()
    assert isinstance(run(odd, ("b",))[0].result, Quiet)


@pytest.mark.parametrize("text", [COUNTS, COLUMNS, "kind: freshness\ndata: data/rows.parquet\ntime: at\nmax_age: 9d\n"])
def test_a_sensor_whose_moments_cannot_be_read_any_more_has_failed(tmp_path: Path, text: str) -> None:
    work, clock = project(tmp_path, {"s": text.replace(".parquet", ".csv")})
    file = tmp_path / "data/rows.csv"
    days = [instant(d * DAY)[:10] for d in range(FIRST, FIRST + 40)]

    def rows(moments: Sequence[str]) -> None:
        lines = [f"{m},{'a' if i % 3 else 'b'},{i % 7}" for m in moments for i in range(90)]
        file.write_text("\n".join(["at,event,n", *lines]) + "\n", "utf-8")

    clock.at = at(FIRST + 40)
    rows([f"day {i}" for i in range(40)])
    assert isinstance(looked(work, "s").result, TooFew), "what never judged has lost nothing"
    rows([f"{d}T09:00:00Z" for d in days])
    assert isinstance(looked(work, "s").result, Quiet)
    rows([f"day {i}" for i in range(40)])
    for hour in (8, 9):
        clock.at = at(FIRST + 40, hour)
        failed = looked(work, "s").result
        assert isinstance(failed, Failed), "and it stays so until it is mended"
        assert "moment" in failed.why
        assert "data/rows.csv" in failed.why
    assert [s.about for s in said(work)] == ["failed"]
    rows([f"{d}T09:00:00Z" for d in days])
    assert isinstance(looked(work, "s").result, Quiet)


@pytest.mark.parametrize("text", [COUNTS + "blocks: [m]\n", COLUMNS])
def test_rows_that_come_without_a_moment_are_noticed_beside_good_days(tmp_path: Path, text: str) -> None:
    work, clock = project(tmp_path, {"s": text.replace(".parquet", ".csv").replace("['*']", "[m]")})
    file, good = tmp_path / "data/rows.csv", [instant(d * DAY)[:10] + "T09:00:00Z" for d in range(FIRST, FIRST + 44)]

    def rows(*moments: str) -> None:
        """90 a day; four of them never had a moment."""
        lines = [f"{m if i > 3 else '-'},{'a' if i % 3 else 'b'},{i % 7}" for m in moments for i in range(90)]
        file.write_text("\n".join(["at,event,n", *lines]) + "\n", "utf-8")

    for day in (40, 41):
        clock.at = at(FIRST + day)
        rows(*good[:day])
        assert isinstance(looked(work, "s").result, Quiet), "so it always was"
    rows(*good[:41], "01.06.26")
    for hour in (7, 9):
        clock.at = at(FIRST + 42, hour)
        failed = looked(work, "s").result
        assert isinstance(failed, Failed), failed
        assert "data/rows.csv: 90 of 90 rows that came since have no moment in column 'at'" in failed.why
    assert [s.about for s in said(work)] == ["failed"]
    assert "could not look" in blocked(work, "m", "m")
    rows(*good[:42])
    assert isinstance(looked(work, "s").result, Quiet)
    assert all_ended(work)
    rows(*good[:43], *["01.06.26"] * 2)
    clock.at = at(FIRST + 43)
    assert isinstance(looked(work, "s").result, Failed)
    rebase(work, "s", "two files of an old kind, and no more of them", at(FIRST, 0))
    assert not isinstance(looked(work, "s").result, Failed), "a person said that it is right"


@pytest.mark.parametrize("before", [20_000, 300, 50])
def test_a_stray_row_of_long_ago_is_no_beginning_to_learn_from(tmp_path: Path, before: int) -> None:
    work, clock = project(tmp_path, {"columns": COLUMNS})
    days = [FIRST - before, *range(FIRST, FIRST + 37)]
    write(
        tmp_path / "data/rows.parquet",
        days,
        lambda d: prices(d, 0.9 if d == days[-1] else 0.0, n=400 if d >= FIRST else 1),
    )
    clock.at = at(FIRST + 5)
    assert isinstance(looked(work, "columns").result, TooFew)
    clock.at = at(FIRST + 36)
    found = looked(work, "columns").result
    assert isinstance(found, Quiet), found
    assert "all 2 columns judged" in found.covers
    clock.at = at(FIRST + 37)
    assert isinstance(looked(work, "columns").result, Over)


def test_what_failed_does_not_say_where_the_project_lies(tmp_path: Path) -> None:
    work, clock = project(tmp_path, {"counts": COUNTS})
    (tmp_path / "data/rows.parquet").write_bytes(b"no parquet at all")
    clock.at = at(FIRST + 1)
    failed = looked(work, "counts").result
    assert isinstance(failed, Failed)
    assert failed.why.startswith("data/rows.parquet is not"), failed.why
    write(tmp_path / "data/rows.parquet", [FIRST], lambda _: {"n": [1]})
    (tmp_path / "sensors/counts.yaml").write_text(COUNTS.replace("time: at", "time: when"))
    looked(work, "counts")
    (fact,) = {e.fact for e in work.store.history(subject_of("counts"))[-1:]}
    assert isinstance(fact, SensorFailed)
    assert fact.why.startswith("data/rows.parquet has no column 'when'")
    assert str(tmp_path) not in f"{said(work)}{fact}"
    assert relative(work, f"{tmp_path}/a and {tmp_path}-b/c, {tmp_path}") == f"a and {tmp_path}-b/c, "


def test_a_sensor_that_does_not_run_alerts_by_itself(tmp_path: Path) -> None:
    work, clock = project(tmp_path, {"fresh": "kind: freshness\ndata: data/rows.parquet\nmax_age: 3650d\nevery: 6h\n"})
    write(tmp_path / "data/rows.parquet", [FIRST], events)
    clock.at = at(FIRST + 1)
    assert [r.name for r in run_due(work)] == ["sensor/fresh"]
    assert run_due(work) == (), "its time has not come"
    assert overdue(work) == ()
    clock.later(13 * 60)
    assert overdue(work) == ("fresh",)
    assert any("did not report" in s.what for s in said(work))
    assert [r.name for r in run_due(work)] == ["sensor/fresh"]
    assert overdue(work) == ()
    assert all_ended(work)


def test_only_who_may_waive_lets_it_go_and_a_new_baseline_is_a_decision_too(tmp_path: Path) -> None:
    work, clock = project(
        tmp_path, {"fresh": "kind: freshness\ndata: data/rows.parquet\ntime: at\nmax_age: 6h\nblocks: [m]\n"}
    )
    write(tmp_path / "data/rows.parquet", [FIRST], events)
    clock.at = at(FIRST + 2)
    assert isinstance(looked(work, "fresh").result, Over)
    for who, why, told in (
        (replace(work, operator="bo"), "because", "only owner may"),
        (replace(work, proof="claimed"), "because", "needs a sign-off"),
        (work, " ", "for a reason"),
    ):
        with pytest.raises(Refused, match=told):
            unblock(who, "fresh", why)
    assert unblock(work, "fresh", "the load is late today").blocks == ""
    looked(work, "fresh")
    assert blocked(work, "m", "m") == "", "still over, and let go"
    fact = next(e.fact for e in work.store.history(subject_of("fresh")) if isinstance(e.fact, SensorUnblocked))
    assert (fact.by.person, fact.role) == ("ana", "owner")
    again = rebase(work, "fresh", "moved to a weekly load")
    assert (again.state, again.baseline) == ("new", clock.at)


class SensedProject(RolloutProject):
    """With one sensor on a column."""

    watch = Sensor("columns", Columns("rows.parquet", "at"), blocks=(NAME,))

    def sensors(self) -> tuple[Sensor, ...]:
        return (self.watch,)

    def relative(self, path: Path) -> str:
        return str(path.relative_to(self.root))

    def schedules(self) -> tuple[Any, ...]:
        return ()

    def acts(self) -> tuple[Any, ...]:
        return ()


def test_a_rollout_waits_for_a_sensor_until_a_person_lets_it_go(tmp_path: Path) -> None:
    paper, clock = sensed(tmp_path)
    work = paper.room()
    write(tmp_path / "rows.parquet", range(number_of(clock.at) - 40, number_of(clock.at)), shifted(clock.at))
    assert isinstance(run(work)[0].result, Over)
    paper.begin()
    for found in minutes_of(work, clock, NAME, HEALTHY, 30.0, 8 * 60):
        assert isinstance(found, Baking), "healthy, and yet it waits"
    waiting = existing(work, NAME)
    assert isinstance(waiting, Baking)
    assert waiting.step == 0
    last = paper.entries()[-1].fact
    assert "sensor columns went over its bound" in getattr(last, "because", "")
    unblock(replace(work, operator="bo", proof="token"), "columns", "a sale began")
    *_, end = minutes_of(work, clock, NAME, HEALTHY, 30.0, 30 * 60)
    assert isinstance(end, Promoted), end
    assert start_of(end).name == NAME
    assert [e.fact.kind for e in paper.store.history(subject_of("columns"))] == ["sensor_tripped", "sensor_unblocked"]


def test_a_sensor_holds_up_no_rollback(tmp_path: Path) -> None:
    paper, clock = sensed(tmp_path)
    write(tmp_path / "rows.parquet", range(number_of(clock.at) - 40, number_of(clock.at)), shifted(clock.at))
    run(paper.room())
    paper.begin()
    report(paper.room(), clock, NAME, HEALTHY, 30)
    from cleanroom.app.rollout.steer import abort

    assert abort(paper.room(), NAME, "enough").because == "enough"  # type: ignore[union-attr]


def sensed(folder: Path) -> tuple[RolloutPaper, Any]:
    """A rollout on paper in a project with a sensor, whose room has a real engine."""
    paper, clock = approved(folder)
    lies, bytes_ = paper.project.lies, paper.project.bytes
    made = SensedProject.__new__(SensedProject)
    made.__dict__.update(paper.project.__dict__)
    made.lies, made.bytes = lies, bytes_
    made.rules = Policy(
        (*paper.project.rules.roles, Role("owner", ("bo",))), paper.project.rules.needs, expires=30 * 86_400
    )
    paper.project = made
    alarms, real, plain = MemoryAlarms(), engine(), paper.room

    def room(person: str = "bo", how: Any = "session") -> Room:
        return replace(plain(person, how), engine=real, alarms=cast(Any, alarms))

    paper.room = room  # type: ignore[method-assign]
    return paper, clock


def number_of(moment: Instant) -> int:
    from cleanroom.core.sensors.daily import number

    return number(moment[:10])


def shifted(moment: Instant) -> Any:
    last = number_of(moment) - 1
    return lambda d: prices(d, 0.9 if d == last else 0.0)


def test_every_sensor_says_where_it_stands(tmp_path: Path) -> None:
    work, _ = project(tmp_path, {"a": COUNTS, "b": COLUMNS})
    assert [(f.sensor.name, f.standing.state, f.ran) for f in every(work)] == [("a", "new", None), ("b", "new", None)]


def test_a_missing_moment_is_too_few_to_tell(tmp_path: Path) -> None:
    assert isinstance(Freshness(60.0, "x").judge(None, 60.0, at(FIRST)), TooFew)
    assert HOUR * 24 == 86_400_000_000
