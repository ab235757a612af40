"""A sensor of kind rate looks at shares and means; its rule is replayed over what was recorded, and claims what it can show."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest
from tests.sensor_samples import FIRST, at, call, open_alerts, project, said
from typer.testing import CliRunner

from cleanroom.adapters.memory.calls import MemoryCalls
from cleanroom.app.room import Room
from cleanroom.app.sensors.read import one, sensor_of
from cleanroom.app.sensors.replay import replay, would_have_fired
from cleanroom.app.sensors.run import run
from cleanroom.core.base import DAY, HOUR, MINUTE, Misuse, instant, micros
from cleanroom.core.call import Call, UserEvent
from cleanroom.core.facts import SensorTripped
from cleanroom.core.outcome import Kept
from cleanroom.core.sensors import Sensor
from cleanroom.core.sensors.counts import Counts
from cleanroom.core.sensors.rate import Rate
from cleanroom.core.sensors.result import Over, Quiet, TooFew
from cleanroom.core.sensors.standing import subject_of
from cleanroom.entry.cli.root import app

RATE = """\
kind: rate
system: assistant
metric: hallucination
window: 6h
threshold: 0.1
least: 20
every: 1h
"""
BEGAN = FIRST * DAY + 45 * DAY


def calls(since: int, until: int, every: int, bad: int, late: int = 0, feature: str = "answers") -> Iterable[Call]:
    """A call every so many minutes, each `bad`-th of them bad (0: none), told of `late` microseconds afterwards."""
    for i, moment in enumerate(range(since, until, every * MINUTE)):
        made = call(i, 0, hallucination=bool(bad) and i % bad == 0, cost=0.5)
        yield replace(made, id=f"{feature}-{moment}", at=moment, took=0, arrived=moment + late, feature=feature)


def world(folder: Path, late: int = 0) -> Room:
    """45 quiet days with 2% bad, twelve hours with a third of them bad, and a day and a half after it."""
    work, clock = project(folder, {"answers": RATE})
    work = replace(work, calls=MemoryCalls())
    work.calls.record([*calls(FIRST * DAY, BEGAN, 15, 48)])
    work.calls.record([*calls(BEGAN, BEGAN + 12 * HOUR, 15, 3, late)])
    work.calls.record([*calls(BEGAN + 12 * HOUR, BEGAN + 2 * DAY, 15, 50)])
    clock.at = instant(BEGAN + 2 * DAY)
    return work


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Room:
    """The world; nobody changes it."""
    return world(tmp_path_factory.mktemp("recorded") / "project")


def sensor_with(work: Room, threshold: float) -> Sensor:
    sensor = sensor_of(work, "answers")
    assert isinstance(sensor.watch, Rate)
    return replace(sensor, watch=replace(sensor.watch, threshold=threshold))


def test_over_its_bound_it_tells_of_what_and_since_when(tmp_path: Path) -> None:
    work, clock = project(tmp_path, {"answers": RATE, "advice": RATE + "feature: advice\n", "x": RATE + "model: n\n"})
    begin = FIRST * DAY
    work.calls.record(
        [*calls(begin, begin + 20 * HOUR, 5, 0), *calls(begin + 17 * HOUR, begin + 20 * HOUR, 5, 2, 0, "advice")]
    )
    clock.at = instant(begin + 16 * HOUR)
    assert isinstance(run(work, ("answers",))[0].result, Quiet)
    clock.at = instant(begin + 20 * HOUR)
    ran = {r.sensor: r.result for r in run(work)}
    assert isinstance(ran["answers"], Over)
    found = ran["answers"]
    assert found.what.startswith("hallucination of assistant is 16.")
    assert "(18 of 108), at most 10%" in found.what
    assert begin + 17 * HOUR - HOUR <= micros(found.since) <= begin + 17 * HOUR + 10 * MINUTE
    assert found.evidence[0] == "by feature: advice 50% of 36; answers 0% of 72"
    assert any(line.startswith("call advice-") for line in found.evidence)
    assert isinstance(ran["advice"], Over)
    assert isinstance(ran["x"], TooFew)
    assert one(work, "answers").standing.state == "over"
    assert len(open_alerts(work)) == 1, "of one system"
    assert {s.name for s in said(work)} == {"sensor/answers", "sensor/advice"}


def test_means_limits_events_and_outcomes(tmp_path: Path) -> None:
    begin = "kind: rate\nthreshold: {}\nleast: 10\nwindow: 1h\nevery: 1h\n"
    texts = {
        "mean": begin.format(0.4) + "system: assistant\nmetric: cost\n",
        "dear": begin.format(0.2) + "system: assistant\nmetric: cost\nabove: 2\n",
        "cheap": begin.format(0.9) + "system: assistant\nmetric: cost\nbelow: 2\n",
        "events": begin.format(0.2) + "system: assistant\nmetric: event/ticket\n",
        "arm": begin.format(0.2) + "flag: advice\nmetric: error\narm: candidate\nsystem: assistant\n",
        "control": begin.format(0.2) + "flag: advice\nmetric: error\narm: control\n",
    }
    work, clock = project(tmp_path, texts)
    start = FIRST * DAY
    work.calls.record(
        [*calls(start, start + HOUR, 3, 0)],
        [UserEvent(f"e{i}", "assistant", "ticket", start + i * MINUTE, start + i * MINUTE) for i in range(6)],
    )
    work.telemetry.record(
        [
            Kept(f"o{i}", "advice", "v", "candidate" if i % 2 else "control", "w", start + i * MINUTE, start + i * MINUTE,
                 {"error": bool(i % 2) and i % 4 == 1}, "application", agrees=True)
            for i in range(40)
        ]
    )  # fmt: skip
    clock.at = instant(start + HOUR + 2 * MINUTE)
    ran = {r.sensor: r.result for r in run(work)}
    kinds = {name: result.kind for name, result in ran.items()}
    assert kinds == {
        "mean": "over",
        "dear": "quiet",
        "cheap": "over",
        "events": "over",
        "arm": "over",
        "control": "quiet",
    }
    assert "cost of assistant is 0.5 in 1 hour (10 over 20), at most 0.4" in getattr(ran["mean"], "what", "")
    assert "event/ticket of assistant is 30%" in getattr(ran["events"], "what", "")
    assert "error of advice (arm candidate) is 50%" in getattr(ran["arm"], "what", "")
    assert sensor_of(work, "arm").system == "assistant", "beside a flag, it says whose people hear of it"


def test_a_replay_finds_what_production_found(tmp_path: Path) -> None:
    work, clock = project(tmp_path, {"answers": RATE})
    begin = FIRST * DAY
    parts = [(0, 14, 50), (14, 20, 4), (20, 36, 0), (36, 44, 3), (44, 60, 50)]
    for since, until, bad in parts:
        work.calls.record([*calls(begin + since * HOUR, begin + until * HOUR, 10, bad)])
    for hour in range(1, 60):
        clock.at = instant(begin + hour * HOUR + 2 * MINUTE)
        run(work, ("answers",))
    facts = [e.fact for e in work.store.history(subject_of("answers"))]
    told = tuple(f.at for f in facts if isinstance(f, SensorTripped))
    found = replay(work, sensor_of(work, "answers"), instant(begin), clock.at)
    assert len(told) == 2
    assert found.fired == told
    assert (found.looks, found.over, found.alarms) == (59, False, 2)
    assert found.judged == 59 - 3, "after three hours there are twenty"
    with pytest.raises(Misuse, match="no time"):
        replay(work, sensor_of(work, "answers"), clock.at, clock.at)


def test_it_would_have_fired_hours_before_and_says_what_it_may_claim(recorded: Room) -> None:
    work = recorded
    sensor, detected = sensor_of(work, "answers"), instant(BEGAN + 10 * HOUR)
    found = would_have_fired(work, sensor, instant(BEGAN), detected, ended=instant(BEGAN + 12 * HOUR))
    assert found.fired is not None
    assert BEGAN + HOUR < micros(found.fired) <= BEGAN + 3 * HOUR + 2 * MINUTE
    assert found.own == BEGAN + 10 * HOUR - micros(found.fired)
    assert found.earlier
    assert found.lead is not None
    assert 0 < found.lead <= found.own
    assert found.alarms == 0
    assert found.days == pytest.approx(45 + 1.5 - 0.25 - 0.125, abs=0.2), (
        "without the incident, nor windows that hold it"
    )
    assert (found.upper or 9) == pytest.approx(2.9957 * 30 / found.days, rel=1e-3)
    assert "may be claimed" in found.because
    assert "alarms 0 times, that is at most 2 in 30 days" in found.because
    alone = would_have_fired(work, sensor, instant(BEGAN), detected)
    assert alone.days < found.days, "of an incident that goes on, nothing after its begin is history"


def test_what_was_told_late_takes_its_delay_off_the_lead(recorded: Room, tmp_path: Path) -> None:
    late = world(tmp_path, late=4 * HOUR)
    detected = instant(BEGAN + 10 * HOUR)
    a, b = (would_have_fired(w, sensor_of(w, "answers"), instant(BEGAN), detected) for w in (recorded, late))
    assert a.own is not None
    assert b.own == a.own - (4 * HOUR - 2 * MINUTE)
    assert "late, which is taken off" in b.because


@pytest.mark.parametrize(
    ("threshold", "begin", "hours", "says", "own"),
    [
        (0.5, 0, 10, "It would not have fired on this incident.", None),
        (0.3, 0, 2, "after the incident was found", -1),
        (0.03, -10, 1, "It was over its bound before the incident began", -1),
        (0.03, 0, 10, "too many, 4 in 30 days are accepted. A threshold of 0.04", 1),
    ],
)
def test_what_it_does_not_show_is_not_claimed(
    recorded: Room, threshold: float, begin: int, hours: int, says: str, own: int | None
) -> None:
    sensor = sensor_with(recorded, threshold)
    began, detected = instant(BEGAN + begin * HOUR), instant(BEGAN + (begin + hours) * HOUR)
    found = would_have_fired(recorded, sensor, began, detected)
    assert says in found.because
    assert (found.own is None) == (own is None)
    if own is not None and found.own is not None:
        assert found.own * own > 0
    assert found.lead is None or found.lead <= 0
    assert not found.earlier


def test_too_little_history_is_no_pass(recorded: Room) -> None:
    work = recorded
    sensor = sensor_of(work, "answers")
    long_ago = [(instant(FIRST * DAY), instant(BEGAN - 10 * DAY))]
    found = would_have_fired(work, sensor, instant(BEGAN), instant(BEGAN + 10 * HOUR), others=long_ago)
    assert (found.earlier, found.lead) == (False, None)
    assert "to show that takes 22 days" in found.because
    nothing = [(instant(0), instant(BEGAN))]
    none = would_have_fired(work, sensor, instant(BEGAN), instant(BEGAN + 10 * HOUR), others=nothing)
    assert (none.earlier, none.upper, none.days) == (False, None, 0.0)
    assert "no history without incidents" in none.because
    for found_at, ended in (
        (BEGAN - 1, None),
        (BEGAN + HOUR, BEGAN),
        (BEGAN + HOUR, BEGAN + 9 * DAY),
        (BEGAN + 9 * DAY, None),
    ):
        with pytest.raises(Misuse, match="in that order"):
            would_have_fired(
                work, sensor, instant(BEGAN), instant(found_at), ended=None if ended is None else instant(ended)
            )
    other = replace(sensor, watch=Counts(system="assistant"))
    with pytest.raises(Misuse, match="kind counts"):
        would_have_fired(work, other, instant(BEGAN), instant(BEGAN + 1))


def test_the_command_tries_a_threshold(tmp_path: Path) -> None:
    work, _ = project(tmp_path, {"answers": RATE, "events": "kind: counts\nsystem: assistant\n"})
    begin = FIRST * DAY
    work.calls.record([*calls(begin, begin + DAY, 10, 50), *calls(begin + DAY, begin + 2 * DAY, 10, 3)])

    def ran(*words: str) -> tuple[int, str]:
        found = CliRunner().invoke(app, ["sensor", "backtest", *words, "--project", str(tmp_path)])
        return found.exit_code, found.output

    times = ("--since", at(FIRST, 0), "--until", at(FIRST + 2, 0))
    code, text = ran("answers", *times, "--json")
    assert code == 0, text
    told = json.loads(text)
    assert len(told["replayed"]["fired"]) == 1
    assert told["incident"] is None
    code, text = ran("answers", *times)
    assert (code, "would have fired" in text, "at most" in text) == (0, True, True), text
    incident = ("--began", at(FIRST + 1, 0), "--detected", at(FIRST + 1, 20))
    code, text = ran("answers", *times, *incident, "--json")
    assert json.loads(text)["incident"]["own"] > 0, text
    assert "to show that takes 22 days" in ran("answers", *times, *incident)[1]
    assert ran("answers", "--since", at(FIRST + 9, 0), "--until", at(FIRST + 9, 5))[0] == 3, "nothing could be judged"
    assert ran("answers", *times, "--began", at(FIRST, 0))[0] == 2
    code, text = ran("events", *times)
    assert (code, "only sensors of kind rate" in text) == (2, True), text
