"""What runs by the clock: once, by whichever server takes it; what was missed is made up for by one; who dies is replaced."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.projects import FixedClock
from tests.stores import DATABASES, address
from typer.testing import CliRunner

from cleanroom.adapters.sqlstore import open_store
from cleanroom.adapters.sqlstore.jobs import SqlJobs
from cleanroom.app import alerts, schedule
from cleanroom.app.room import Room
from cleanroom.app.schedule import LEASE, RUNS, CatchingUp, due, every, late, run
from cleanroom.app.tick import tick
from cleanroom.codec.cron import cron_fault, last_due, next_due, zone_fault
from cleanroom.codec.settings import read_settings
from cleanroom.core.base import Instant, NotFound, Outside, Refused, instant, micros
from cleanroom.core.schedule import CATCH_UP, MISSED, SPREAD, Schedule, start_of
from cleanroom.entry import serve
from cleanroom.entry.cli.root import app
from cleanroom.wiring import room

SETTINGS = """name = "shop"
[schedules.nightly]
cron = "0 3 * * *"
run = "compact"
zone = "Europe/Berlin"
[schedules.often]
cron = "*/10 * * * *"
run = "retention"
"""


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What ran, in order; the real jobs have tests of their own."""
    found: list[str] = []

    def job(_room: Room, which: Schedule) -> str:
        found.append(which.name)
        return f"did {which.name}"

    monkeypatch.setattr(schedule, "RUNS", {"compact": job, "retention": job, "incidents": lambda *_: ""})
    return found


@pytest.fixture
def work(tmp_path: Path) -> Room:
    (tmp_path / "cleanroom.toml").write_text(SETTINGS, "utf-8")
    return replace(room(tmp_path, "ana@shop.example"), clock=FixedClock())


def later(work: Room, minutes: float) -> None:
    clock: Any = work.clock
    clock.at = instant(micros(clock.at) + round(minutes * 60_000_000))


def steps(work: Room, minutes: float, every_minutes: float = 1) -> None:
    for _ in range(round(minutes / every_minutes)):
        due(work)
        later(work, every_minutes)


def test_a_schedule_runs_when_its_time_comes_and_not_before(work: Room, ran: list[str]) -> None:
    due(work)
    assert ran == [], "what was due before it was there is not made up for"
    steps(work, 60)
    assert ran == ["often"] * 5, "09:10 to 09:50; 10:00 has not begun"
    steps(work, 17 * 60 + 30, 10)
    assert ran.count("nightly") == 1, "03:00 in Berlin is 02:00 UTC"
    (last,) = work.jobs.runs("nightly")
    assert (last.slot, last.good, last.said) == ("2026-11-23T02:00:00.000000Z", True, "did nightly")


def test_each_moment_is_run_once_however_often_somebody_looks(work: Room, ran: list[str]) -> None:
    due(work)
    later(work, 11)
    for _ in range(20):
        due(work)
        tick(work)
    assert ran == ["often"]


def test_what_was_missed_is_made_up_for_by_one_run(work: Room, ran: list[str]) -> None:
    due(work)
    later(work, 3 * 24 * 60)
    begun: dict[str, Instant] = {}
    for _ in range((CATCH_UP + 60) // 3):
        for done in due(work):
            begun.setdefault(done.name, done.began)
        later(work, 1 / 20)
    assert Counter(ran) == {"nightly": 1, "often": 1}, "one for all that was missed"
    assert len(set(begun.values())) == len(begun) == 3, "and not both at one moment"


def test_a_job_that_fails_is_an_alert_and_its_recovery_ends_it(work: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    good = False

    def job(_room: Room, _schedule: Schedule) -> str:
        if not good:
            raise Outside("the disk is full")
        return "done"

    monkeypatch.setattr(schedule, "RUNS", {"compact": job, "retention": job, "incidents": lambda *_: ""})
    due(work)
    steps(work, 32)
    (shown,) = alerts.every(work)
    assert shown.members[0].signal.what == "the schedule often (retention) failed: the disk is full"
    assert (shown.members[0].n, shown.going_on) == (3, 1)
    good = True
    steps(work, 10)
    assert alerts.every(work)[0].going_on == 0


def test_an_error_of_ours_lets_go_of_the_lease(work: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    def job(_room: Room, _schedule: Schedule) -> str:
        raise KeyError("x")

    monkeypatch.setattr(schedule, "RUNS", {"compact": job, "retention": job, "incidents": lambda *_: ""})
    due(work)
    later(work, 11)
    with pytest.raises(KeyError):
        due(work)
    assert [(r.good, r.said) for r in work.jobs.runs()] == [(False, "an error of ours: KeyError")]
    assert due(work) == ()


def test_a_run_that_does_not_end_is_an_alert(work: Room) -> None:
    due(work)
    later(work, 11)
    standing = work.jobs.standing("often", work.clock.now())
    work.jobs.plan("often", work.clock.now(), work.clock.now())
    assert work.jobs.take("often", work.clock.now(), Instant("2027-01-01T00:00:00.000000Z")) is not None
    later(work, 59)
    assert late(work) == ()
    later(work, 2)
    assert late(work) == ("often",)
    (shown,) = alerts.every(work)
    assert shown.members[0].signal.name == "missing/schedule/often"
    assert standing.until is None
    assert due(work) == (), "its lease lasts"


NIGHT = """name = "shop"
[schedules.often]
cron = "*/10 * * * *"
run = "retention"
[schedules.looks]
cron = "*/10 * * * *"
run = "sensors"
only = ["fresh"]
"""
FRESH = "kind: freshness\ndata: cleanroom.toml\nmax_age: 3650d\nevery: 10m\n"


@pytest.mark.parametrize("serving", [False, True])
def test_a_night_without_a_server_is_made_up_for_and_is_no_alert(work: Room, serving: bool) -> None:
    """As `cleanroom tick` does it, and as the server does with its jobs beside the steps."""
    (work.project.root / "cleanroom.toml").write_text(NIGHT, "utf-8")
    (work.project.root / "sensors").mkdir()
    for name in ("fresh", "alone"):
        (work.project.root / f"sensors/{name}.yaml").write_text(FRESH, "utf-8")
    catching = CatchingUp()

    def step(minutes: float) -> None:
        now = work.clock.now()
        tick(work, jobs=not serving, late=not serving or catching.done(now))
        if serving:  # the jobs come after the step: the worst order
            due(work)
            catching.passed(now)
        later(work, minutes)

    for _ in range(31):
        step(1)
    later(work, 10 * 60)
    for _ in range(8 * 60 // 10):
        step(1 / 6)
    assert {r.name for r in work.jobs.runs() if r.slot > "2026-11-22T19"} >= {"often", "looks", "sensor/alone"}
    assert alerts.every(work) == ()
    later(work, 5)
    work.jobs.plan("often", work.clock.now(), work.clock.now())
    assert work.jobs.take("often", work.clock.now(), Instant("2027-01-01T00:00:00.000000Z")) is not None
    for _ in range(70):
        step(1)
    assert [a.members[0].signal.name for a in alerts.every(work)] == ["missing/schedule/often"], "what hangs is told on"


def test_a_pass_that_hangs_keeps_nobody_from_telling_on_it() -> None:
    catching, began = CatchingUp(), micros(Instant("2026-11-22T09:00:00.000000Z"))
    minutes = [catching.done(instant(began + m * 60_000_000)) for m in range(90)]
    assert minutes.index(True) == 61
    assert all(minutes[61:])


def test_a_holder_that_died_is_replaced_when_its_lease_is_over(work: Room, ran: list[str]) -> None:
    due(work)
    later(work, 11)
    now = work.clock.now()
    slot = Instant("2026-11-22T09:10:00.000000Z")
    work.jobs.plan("often", slot, now)
    assert work.jobs.take("often", now, instant(micros(now) + int(LEASE * 1e6))) is not None
    due(work)
    assert ran == []
    later(work, LEASE / 60)
    (done,) = due(work)
    assert (ran, done.slot) == (["often"], slot)


def test_a_person_runs_one_now(work: Room, ran: list[str]) -> None:
    assert run(work, "nightly").said == "did nightly"
    assert ran == ["nightly"]
    with pytest.raises(NotFound, match="no schedule 'nigthly'"):
        run(work, "nigthly")
    later(work, 1)
    work.jobs.plan("nightly", work.clock.now(), work.clock.now())
    work.jobs.take("nightly", work.clock.now(), Instant("2027-01-01T00:00:00.000000Z"))
    with pytest.raises(Refused, match="runs at this moment"):
        run(work, "nightly")
    found = {p.schedule.name: p for p in every(work)}
    assert found["nightly"].runs
    assert found["nightly"].last is not None
    assert found["often"].next == "2026-11-22T09:10:00.000000Z"


def test_the_real_jobs_do_their_work(work: Room) -> None:
    assert set(RUNS) >= {"compact", "retention"}
    assert run(work, "nightly").said == "0 outcomes and 0 calls moved to files"
    assert run(work, "often").said == "erased: 0 calls, the texts of 0, 0 signals of old alerts"


def test_calls_are_filed_and_erased_although_nobody_asked_for_it(work: Room, ran: list[str]) -> None:
    (work.project.root / "cleanroom.toml").write_text('name = "shop"\n', "utf-8")
    steps(work, 24 * 60, 10)
    assert (ran.count("own-compact"), ran.count("own-retention")) == (24, 1)


def test_starts_are_spread_and_the_same_on_every_server() -> None:
    slot, soon = Instant("2026-11-22T09:00:00.000000Z"), Instant("2026-11-22T09:00:01.000000Z")
    starts = [micros(start_of(f"job {i}", slot, soon)) - micros(slot) for i in range(200)]
    assert starts == [micros(start_of(f"job {i}", slot, soon)) - micros(slot) for i in range(200)]
    assert 0 <= min(starts) < max(starts) <= SPREAD * 1_000_000
    assert len(set(starts)) > 190
    missed = instant(micros(slot) + (MISSED + 1) * 1_000_000)
    waits = [micros(start_of(f"job {i}", slot, missed)) - micros(missed) for i in range(200)]
    assert 0 <= min(waits) < SPREAD * 1_000_000 < max(waits) <= CATCH_UP * 1_000_000


@pytest.mark.parametrize(
    ("cron", "zone", "now", "last", "coming"),
    [
        ("0 3 * * *", "UTC", "2026-11-22T03:00:00", "2026-11-22T03:00", "2026-11-23T03:00"),
        ("0 3 * * *", "UTC", "2026-11-22T02:59:59", "2026-11-21T03:00", "2026-11-22T03:00"),
        ("30 2 * * *", "Europe/Berlin", "2026-03-29T00:59:30", "2026-03-28T01:30", "2026-03-29T01:00"),  # skipped
        ("30 2 * * *", "Europe/Berlin", "2026-10-25T00:31:00", "2026-10-25T00:30", "2026-10-26T01:30"),  # twice
        ("30 2 * * *", "Europe/Berlin", "2026-10-25T01:31:00", "2026-10-25T00:30", "2026-10-26T01:30"),
        ("*/30 * * * *", "Europe/Berlin", "2026-10-25T01:31:00", "2026-10-25T01:30", "2026-10-25T02:00"),
        ("0 9 * * MON-FRI", "America/New_York", "2026-11-22T12:00:00", "2026-11-20T14:00", "2026-11-23T14:00"),
        ("0 0 29 2 *", "UTC", "2026-11-22T12:00:00", "2024-02-29T00:00", "2028-02-29T00:00"),
        ("0 0 L * *", "UTC", "2026-11-22T12:00:00", "2026-10-31T00:00", "2026-11-30T00:00"),
    ],
)
def test_when_an_expression_is_due(cron: str, zone: str, now: str, last: str, coming: str) -> None:
    moment = Instant(f"{now}.000000Z")
    assert cron_fault(cron) == ""
    assert (last_due(cron, zone, moment) or "")[:16] == last
    assert (next_due(cron, zone, moment) or "")[:16] == coming


@pytest.mark.parametrize(
    "cron", ["", "* * * *", "* * * * * *", "61 * * * *", "0 0 30 2 *", "a b c d e", "@daily", "*" * 200]
)
def test_what_is_no_expression_is_said(cron: str) -> None:
    assert cron_fault(cron)


def test_what_is_no_zone_is_said() -> None:
    assert [bool(zone_fault(z)) for z in ("UTC", "Europe/Berlin", "Mars/Base", "../../etc/passwd", "/etc/passwd", "")] == [
        False, False, True, True, True, True,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ('run = "slo"', "'cron' is missing"),
        ('cron = "0 3 * * *"', "'run' is missing"),
        ('cron = "x"\nrun = "slo"', "'x' is no cron expression: it has to have five fields"),
        ('cron = "0 3 * * *"\nrun = "sensor"', "there is no job 'sensor'"),
        ('cron = "0 3 * * *"\nrun = "slo"\nzone = "Berlin"', "'Berlin': there is no such time zone"),
        ('cron = "0 3 * * *"\nrun = "slo"\nonly = ["a"]', "the job slo has no parts"),
        ('cron = "0 3 * * *"\nrun = "sensors"\nonly = "a"', "'only' must be a list"),
        ('cron = 3\nrun = "slo"', "'cron' must be text"),
        ('cron = "0 3 * * *"\nrun = "slo"\nat = "x"', "unknown key 'at'"),
    ],
)
def test_mistakes_in_a_schedule_are_found(keys: str, said: str) -> None:
    settings, findings = read_settings(f'name = "shop"\n[schedules.a]\n{keys}\n'.encode())
    assert settings is None
    assert said in findings[0].message
    assert read_settings(b'name = "shop"\n[schedules."a b"]\ncron = "0 3 * * *"\nrun = "slo"\n')[0] is None


def test_a_schedule_is_read_whole() -> None:
    text = (
        b'name = "s"\n[schedules.a]\ncron = "0 3 * * *"\nrun = "sensors"\nzone = "Europe/Berlin"\nonly = ["x", "y"]\n'
    )
    settings, _ = read_settings(text)
    assert settings is not None
    assert settings.schedules == (Schedule("a", "0 3 * * *", "sensors", "Europe/Berlin", ("x", "y")),)


def test_the_command_line(work: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(work.project.root)
    listed = CliRunner().invoke(app, ["schedule", "list"])
    assert "0 3 * * * Europe/Berlin" in " ".join(listed.output.split())
    done = CliRunner().invoke(app, ["schedule", "run", "nightly", "--json"])
    assert json.loads(done.stdout)["good"] is True
    listed = json.loads(CliRunner().invoke(app, ["schedule", "list", "--json"]).stdout)
    assert [p["last"]["said"] if p["last"] else None for p in listed] == [
        "0 outcomes and 0 calls moved to files",
        None,
        None,
    ]
    assert CliRunner().invoke(app, ["schedule", "run", "nope"]).exit_code == 2


# Several processes on one store.

WORKERS = """
import os, sys, time
from pathlib import Path
from cleanroom.adapters.sqlstore import open_store
from cleanroom.adapters.sqlstore.jobs import SqlJobs
from cleanroom.core.base import instant
from cleanroom.ports.jobs import JobRun

def at(s): return instant(1_795_000_000_000_000 + round(s * 1_000_000))

def work(address, hang):
    with open_store(address, Path) as store:
        jobs = SqlJobs(store)
        for slot in range(1, 9):
            for name in ("a", "b"):
                jobs.standing(name, at(0))
                jobs.plan(name, at(slot), at(slot))
                turn = jobs.take(name, at(slot), at(slot + 9))
                if turn is None:
                    continue
                with jobs.keeping(turn, 9):
                    os.write(1, f"{name} {turn.slot}\\n".encode())  # the work itself
                    time.sleep(60 * hang)
                jobs.done(turn, JobRun(name, turn.slot, at(slot), at(slot), True, "done"))

address, count, hang = sys.argv[1], int(sys.argv[2]), sys.argv[3] == "hang"
children = []
for _ in range(count - 1):  # everything is imported once
    child = os.fork()
    if child == 0:
        work(address, hang)
        os._exit(0)
    children.append(child)
work(address, hang)
sys.exit(any(os.waitpid(child, 0)[1] for child in children))
"""


@pytest.fixture(params=DATABASES)
def store_address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return address(request.param, request, tmp_path)


def workers(store: str, count: int, mode: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", WORKERS, store, str(count), mode]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ})


def test_of_four_processes_each_job_is_run_by_one(store_address: str) -> None:
    with open_store(store_address, Path) as store:
        with workers(store_address, 4, "run") as process:
            lines = process.communicate(timeout=120)[0].splitlines()
        assert process.returncode == 0
        assert max(Counter(lines).values()) == 1, "no job was run twice"
        runs = SqlJobs(store).runs(limit=1000)
        assert len({(r.name, r.slot) for r in runs}) == len(runs) == len(lines), "what was run is recorded"
        assert {SqlJobs(store).standing(n, Instant("")).done for n in "ab"} == {instant(1_795_000_008_000_000)}


def test_a_job_whose_holder_was_killed_is_taken_over(store_address: str) -> None:
    with open_store(store_address, Path) as store:
        jobs = SqlJobs(store)
        with workers(store_address, 1, "hang") as process:
            assert process.stdout is not None
            line = process.stdout.readline().split()
            process.send_signal(signal.SIGKILL)
        now, until = instant(1_795_000_002_000_000), instant(1_795_000_010_000_000)
        assert jobs.take("a", now, until) is None, "its lease lasts"
        turn = jobs.take("a", until, instant(1_795_000_020_000_000))
        assert turn is not None
        assert line == ["a", turn.slot]
        assert jobs.runs() == ()


def test_the_server_runs_what_is_scheduled_beside_its_other_work(
    work: Room, ran: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serve, "EVERY", 0.02)
    due(work)
    later(work, 11)
    with serve._reconciling(work):
        waited(lambda: ran == ["often"])


def waited(look: Callable[[], object]) -> None:
    end = time.monotonic() + 60
    while not look():
        assert time.monotonic() < end
        time.sleep(0.1)
