"""The command line and the reconciler on SLOs: the same figures as app, the right exit codes."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from io import StringIO
from pathlib import Path

from rich.console import Console
from tests.slo_samples import ANA, ERRORS, SYSTEM, TRUE, answers, call, slo_text, threshold, ward
from typer.testing import CliRunner

from cleanroom.adapters.memory.calls import MemoryCalls
from cleanroom.app.alerts import every as shown_alerts
from cleanroom.app.alerts import settle, signal
from cleanroom.app.register import register
from cleanroom.app.slo.status import every
from cleanroom.app.tick import tick
from cleanroom.codec.ledger import decode
from cleanroom.core.alert import Signal
from cleanroom.core.alerts.state import Open
from cleanroom.core.alerts.words import title_of
from cleanroom.core.base import digest_of, instant, micros
from cleanroom.core.facts import DrawnCall, Fact, LabelsSampled, SloJudged, SourceAged
from cleanroom.core.facts.people import By
from cleanroom.core.ledger import LedgerEntry, Write
from cleanroom.entry.cli.alert_shown import show_all as show_alerts
from cleanroom.entry.cli.register import _list
from cleanroom.entry.cli.root import app
from cleanroom.entry.cli.slo_shown import show_all as show_slos
from cleanroom.wiring import room as real_room

HOUR = 3_600_000_000


def test_status_shows_what_can_be_said_and_its_exit_code(tmp_path: Path) -> None:
    ward(tmp_path, ERRORS, TRUE)
    work = real_room(tmp_path, ANA)
    now = micros(work.clock.now())
    runner, where = CliRunner(), ["--project", str(tmp_path)]
    nothing = runner.invoke(app, ["slo", "status", *where])
    assert nothing.exit_code == 3
    assert "no calls in" in nothing.output
    calls = [
        call(f"c{i}", now - HOUR - i, {"error": i < 1, "hallucination": i % 30 == 0}, output=f"answer {i}")
        for i in range(300)
    ]
    work.calls.record(calls)
    assert runner.invoke(app, ["slo", "show", "no-errors", *where]).exit_code == 0
    found = json.loads(runner.invoke(app, ["slo", "status", "--json", *where]).output)
    assert {s["name"]: s["says"] for s in found} == {"answers-true": "cannot tell", "no-errors": "met"}
    errors = next(s for s in found if s["name"] == "no-errors")
    assert (errors["n"], errors["bad"]) == (300, 1)
    assert {e["rate"] for e in errors["expected"]} == {0.01, 0.02, 0.05}
    drawn = runner.invoke(app, ["slo", "sample", "answers-true", "--n", "6", "--json", *where])
    assert drawn.exit_code == 0, drawn.output
    sampled = json.loads(drawn.output)
    assert sampled["flagged"] + sampled["unflagged"] == 6
    waiting = json.loads(runner.invoke(app, ["queue", "list", "--json", *where]).output)
    assert {line["id"] for line in waiting["lines"]} == set(sampled["outputs"])
    text = runner.invoke(app, ["slo", "show", "answers-true", *where])
    assert text.exit_code == 3
    assert "6 waiting" in text.output
    work.calls.record([call(f"e{i}", now - HOUR, {"error": True}) for i in range(9)])
    bad = runner.invoke(app, ["slo", "show", "no-errors", *where])
    assert bad.exit_code == 1
    assert "violated" in bad.output
    assert runner.invoke(app, ["slo", "show", "nothing", *where]).exit_code == 2


def test_a_reviewer_sees_nothing_of_what_the_detector_says(tmp_path: Path) -> None:
    from cleanroom.app.queue.view import detail
    from cleanroom.app.slo.sample import sample

    home = ward(tmp_path, TRUE)
    answers(home, 5, 800, 0.01)
    drawn = sample(home.room, "answers-true", 20)
    for id in drawn.outputs:
        found = detail(home.room, id)
        assert found.text is not None
        said = json.dumps([found.text.guard, found.text.confidence, found.line.because, found.line.risk])
        assert "flag" not in said
        assert "hallucination" not in said
    assert {detail(home.room, id).text.guard for id in drawn.outputs} == {"drawn for the SLO answers-true"}  # type: ignore[union-attr]


def test_a_tick_watches_once_a_minute(tmp_path: Path) -> None:
    home = ward(tmp_path, ERRORS)
    base = real_room(tmp_path, ANA)
    work = replace(home.room, jobs=base.jobs, past=base.past, calls=MemoryCalls())
    work.calls.record([call(f"c{i}", home.now - HOUR, {"error": False}) for i in range(300)])
    first = tick(work)
    assert [(w.name, w.says, w.changed) for w in first.slos] == [("no-errors", "met", True)]
    assert tick(work).slos == ()
    home.later(1)
    assert [w.changed for w in tick(work).slos] == [False]


def test_new_facts_are_read_back_as_they_were_written(tmp_path: Path) -> None:
    home = ward(tmp_path, ERRORS)
    now, none = home.clock.at, instant(0)
    digest = digest_of("x")
    drawn = DrawnCall("c", "slo-x-c", digest, "flagged", now)
    facts: tuple[Fact, ...] = (
        SloJudged("x", SYSTEM, digest, "cannot tell", ("burn 6x",), 3, 1, None, 0.0, 1.0, None, "why", now),
        LabelsSampled("x", SYSTEM, digest, "m", none, now, (1, 2), (1, 2), (0.5, 0.5), (drawn,), By(ANA, "token"), now),
        SourceAged("x", SYSTEM, "s", True, None, none, now),
    )
    for place, fact in enumerate(facts):
        home.room.store.append([Write("slo/x", place, fact)])
    read = [decode(line.body, line.index) for line in home.room.store.stored()]
    assert [e.fact for e in read if isinstance(e, LedgerEntry)] == list(facts)


def test_what_a_call_does_not_say_is_named(tmp_path: Path) -> None:
    slip = ERRORS.replace("metric: error", "metric: eror")
    home = ward(tmp_path, slip)
    home.room.calls.record([call("a", home.now - HOUR, {"error": False})])
    found = every(home.room)[0]
    assert found.because == "no calls in the last 30d: none of its calls says eror. Did you mean 'error'?"
    work = real_room(tmp_path, ANA)
    work.calls.record([call("b", micros(work.clock.now()) - 60_000_000, {"error": False})])
    done = CliRunner().invoke(app, ["telemetry", "calls", SYSTEM, "--bad", "eror", "--project", str(tmp_path)])
    assert done.exit_code == 2
    assert "has the metric 'eror'" in done.output
    assert "Did you mean 'error'?" in done.output
    there = CliRunner().invoke(app, ["telemetry", "calls", SYSTEM, "--bad", "error", "--project", str(tmp_path)])
    assert there.exit_code == 0, there.output


def test_a_tick_says_what_became_of_sources(tmp_path: Path) -> None:
    ward(tmp_path, slo_text("fresh", threshold("source: profiles"), 0.9, ", op: lt, value: 6"))
    done = CliRunner().invoke(app, ["tick", "--project", str(tmp_path)])
    assert done.exit_code == 0, done.output
    assert "SLOs looked at: 1" in done.output
    assert "fresh: cannot tell; profiles is as fresh as promised since" in done.output


def test_lists_fit_80_columns(tmp_path: Path) -> None:
    home = ward(tmp_path, ERRORS, TRUE)
    home.room.calls.record([call(f"c{i}", home.now - i, {"error": True}) for i in range(300)])
    found = every(home.room)
    at, what = home.clock.at, "no-errors burns its budget 40 times as fast as it may " * 3
    signal(home.room, Signal("slo/no-errors", SYSTEM, "critical", "burn 14.4x", f"{SYSTEM}: {what}", at, at))
    settle(home.room)
    alerts, systems = shown_alerts(home.room), register(home.room)
    shows: tuple[Callable[[Console], None], ...] = (
        lambda c: show_slos(found, c),
        lambda c: show_alerts(alerts, (), c),
        lambda c: _list(systems, c),
    )
    for show in shows:
        text = StringIO()
        show(Console(file=text, width=80, force_terminal=True, color_system=None, highlight=False))
        lines = text.getvalue().splitlines()
        assert max(map(len, lines)) <= 80, lines
        assert len(lines) <= 8, lines
        assert text.getvalue().split().count(SYSTEM) == (2 if show is shows[0] else 1), "once an entry, in one piece"
    alert = alerts[0].alert
    assert isinstance(alert, Open)
    assert title_of(alert).startswith(f"[critical] {SYSTEM}: no-errors burns"), "the system is said once"
