"""Seven categories and their paths: what signals speak for, what each is called elsewhere, its runbook and its detectors."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from tests.diagnosis_samples import DECLARED, broken, declared, say
from tests.sensor_samples import FIRST, at, project
from tests.slo_samples import ANA, DAY, HOUR, MINUTE, SYSTEM, call, ratio, slo_text, ward
from typer.testing import CliRunner

from cleanroom.app import alerts
from cleanroom.app.alerts.first_steps import first_step, first_steps
from cleanroom.app.incident import runbooks, shipped
from cleanroom.app.incident.diagnose import sort
from cleanroom.app.incident.read import do, existing
from cleanroom.app.sensors.run import run
from cleanroom.app.slo.watch import watch_slos
from cleanroom.core.alert import Signal
from cleanroom.core.alerts.state import base_of as alert_of
from cleanroom.core.base import Instant, Misuse, NotFound, Refused, digest, instant
from cleanroom.core.facts import CutoffSet, IncidentJoined
from cleanroom.core.facts.alerts import Cause
from cleanroom.core.facts.incidents import Category, StepDone
from cleanroom.core.facts.outputs import Received, Route
from cleanroom.core.facts.people import By
from cleanroom.core.incident.categories import PATHS, due
from cleanroom.core.incident.propose import propose
from cleanroom.core.incident.questions import PERSON, questions_of
from cleanroom.core.incident.runbook import LONGEST, MOST_BYTES, parse
from cleanroom.core.incident.state import base_of
from cleanroom.core.ledger import Write
from cleanroom.core.sensors.result import Over, Quiet, TooFew
from cleanroom.core.sensors.scope import kind_of
from cleanroom.entry.cli import incident_path
from cleanroom.entry.cli.commands import commands

NOW = Instant("2026-11-22T09:00:00.000000Z")


def signal(name: str, what: str, runbook: str = "", about: str = "", *, over: bool = False) -> Signal:
    return Signal(name, SYSTEM, "critical", about, what, NOW, NOW, (), runbook, over)


# --- categories -------------------------------------------------------------------------------------------


def test_each_category_has_names_or_says_that_it_has_none_a_runbook_and_questions() -> None:
    assert len(PATHS) == 7
    for path in PATHS.values():
        assert path.gap or (path.owasp and path.atlas and path.rmf and path.risks), path.category
        assert path.rmf, "NIST's framework speaks of all of them"
        assert questions_of(path.category)
        assert shipped.runbook_of(path.runbook)
    assert [n.id for n in PATHS["hallucination"].owasp] == ["LLM09"]
    assert PATHS["cost"].names[0] == "OWASP LLM 2025: LLM10 Unbounded Consumption"
    assert (PATHS["drift"].owasp, PATHS["drift"].atlas) == ((), ())
    people = [q for q in questions_of("injection") if q.query == PERSON]
    assert [q.id for q in people] == ["injection/stays"]


def test_a_hallucination_is_written_up_within_48_hours_and_all_else_within_a_week() -> None:
    assert due("hallucination", NOW) == "2026-11-24T09:00:00.000000Z"
    assert due("cost", NOW) == due(None, NOW) == "2026-11-29T09:00:00.000000Z"


# --- what signals speak for -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "category"),
    [
        (signal("slo/answers-true", "hallucination at 4% of calls in the last hour", "hallucination"), "hallucination"),
        (signal("sensor/bill", "sensor bill: costs 2.1 times what is expected", "cost"), "cost"),
        (signal("sensor/bill", "sensor bill: shop costs 2.1 times what is expected, on one day"), "cost"),
        (signal("sensor/pii", "sensor pii: 1 of 21 outputs hold personal data or secrets"), "privacy"),
        (signal("sensor/inputs", "sensor inputs: price moved", "columns"), "drift"),
        (signal("sensor/orders", "sensor orders: 3 of 500 texts carry orders", "injection"), "injection"),
        (signal("prometheus/EscalationRate", "escalations above 10%"), "overload"),
        (signal("sensor/tools", "sensor tools: did what it was never declared to do", "scope"), "scope"),
        (signal("rollout/answers", "score/groundedness fell", about="score/groundedness"), "hallucination"),
        (signal("slo/no-errors", "no-errors burns its budget 14 times as fast as it may", "slo"), None),
        (signal("sensor/bill", "sensor bill: it could not look: cost is gone", "cost", about="failed"), None),
        (signal("sensor/bill", "sensor bill is quiet again", "cost", over=True), None),
        (signal("slo/true", "200 calls in the last hour, and none says hallucination", "missing"), None),
        (signal("sensor/profiles", "sensor profiles: 9 hours old", "freshness"), None),
    ],
)
def test_what_each_signal_of_the_product_speaks_for(said: Signal, category: Category | None) -> None:
    found = propose([said])
    assert (found.category if found else None) == category
    if found:
        assert found.evidence[0].startswith(said.name), "the evidence names the signal"
        assert "(weight " in found.evidence[0]


def test_the_strongest_voice_wins_repeats_add_nothing_and_a_tie_is_said() -> None:
    drift = [signal(f"sensor/column-{n}", "moved", "schema") for n in range(9)]
    leak = signal("sensor/pii", "outputs hold personal data", "privacy")
    found = propose([*drift, leak, leak])
    assert found is not None
    assert (found.category, found.strength, found.tied) == ("privacy", 3, ())
    assert found.evidence[-1] == "less speaks for drift (18)"
    tied = propose([signal("sensor/a", "x", "injection"), leak])
    assert tied is not None
    assert (tied.category, tied.tied) == ("privacy", ("injection",))
    assert "as much speaks for injection" in tied.evidence[-1]
    assert propose([]) is None


def test_kinds_that_the_caller_knows_go_before_words_and_causes_only_support() -> None:
    watched = signal("sensor/nightly", "went over its bound")
    assert propose([watched]) is None
    found = propose([watched], kinds={"sensor/nightly": "cost"})
    assert found is not None
    assert found.category == "cost"
    cut = Cause(7, NOW, "the cut-off above which outputs of shop skip review was set")
    assert propose([], [cut]) is None
    both = propose([signal("sensor/queue", "passes 40% on to people", "overload")], [cut])
    assert both is not None
    assert both.evidence[1].startswith("entry 7 of the ledger")


def test_signals_that_the_product_itself_makes_are_sorted(tmp_path: Path) -> None:
    home = ward(tmp_path, slo_text("people", ratio("metric: escalated"), 0.9))
    made = [call(f"c{n}", home.now - n * MINUTE // 4, {"error": False, "escalated": n % 2 == 0}) for n in range(600)]
    home.room.calls.record(made)
    watch_slos(home.room)
    told = home.signals()
    assert {s.name for s in told} == {"slo/people"}
    found = propose(told)
    assert found is not None
    assert (found.category, found.strength) == ("overload", 3)


# --- detectors --------------------------------------------------------------------------------------------


def test_a_tool_that_was_never_declared_is_over_and_the_alert_has_its_runbook(tmp_path: Path) -> None:
    home = ward(tmp_path, register=DECLARED)
    (tmp_path / "sensors").mkdir()
    (tmp_path / "sensors" / "reach.yaml").write_text(f"kind: scope\nsystem: {SYSTEM}\n")

    def looked() -> object:
        return run(home.room, ("reach",))[0].result

    assert isinstance(looked(), TooFew)
    tool = {"operation": "execute_tool", "output": ""}
    asked = {"error": False}
    home.room.calls.record([call("a", home.now - HOUR, {"execute_tool/error": False}, tool="find_order", **tool)])
    home.room.calls.record([call("b", home.now - HOUR, asked)])
    assert isinstance(looked(), Quiet), looked()
    home.room.calls.record([call("c", home.now - HOUR // 2, {}, tool="send_mail", **tool)])
    home.room.calls.record([call("d", home.now - HOUR // 3, asked, output="SELECT name FROM users")])
    over = looked()
    assert isinstance(over, Over)
    assert over.about == ("output sql", "tool send_mail")
    assert over.since == instant(home.now - HOUR // 2)
    assert any("call c" in line for line in over.evidence)
    told = home.signals()[-1]
    assert told.runbook == "scope"
    found = propose([told])
    assert found is not None
    assert found.category == "scope"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Your order is on its way.", "text"),
        ('{"order": 7}', "json"),
        ("[1, 2]", "json"),
        ("[email] was told", "text"),
        ("<script>alert(1)</script>", "html"),
        ("DROP TABLE users", "sql"),
        ("select name from users where id = 7", "sql"),
        ("Select a size from the list.", "text"),
        ("Delete from the cart what you do not want.", "text"),
        ("Import duties apply.\nfrom 9 to 5 we are open\nclass 1 goods", "text"),
        ("import os\nfrom sys import path", "code"),
        ("| a | b |\n|---|---|\n| 1 | 2 |", "table"),
        ("```python\nprint(1)\n```", "code"),
        ("See https://shop.example/returns", "link"),
        ("", "text"),
    ],
)
def test_kinds_of_output(text: str, kind: str) -> None:
    assert kind_of(text) == kind


def test_more_escalations_than_promised_are_over_beyond_chance(tmp_path: Path) -> None:
    work, clock = project(tmp_path, {"people": "kind: overload\nsystem: assistant\nmost: 0.1\n"})
    from tests.sensor_samples import call as made

    clock.at = at(FIRST, 23)
    assert isinstance(run(work)[0].result, TooFew)
    work.calls.record([made(n, FIRST, escalated=n % 8 == 0) for n in range(80)])
    assert isinstance(run(work)[0].result, Quiet), "10 of 80 is 12%, which chance explains"
    work.calls.record([made(n, FIRST, escalated=True) for n in range(80, 110)])
    over = run(work)[0].result
    assert isinstance(over, Over)
    assert "passes 40 of 110 (36.4%) of requests on to people, 10.0% was promised" in over.what
    assert over.evidence == ("answers: 40 of 110 (36.4%)",)


def test_without_a_word_of_its_own_the_cut_off_in_force_is_the_promise(tmp_path: Path) -> None:
    home = ward(tmp_path)
    (tmp_path / "sensors").mkdir()
    (tmp_path / "sensors" / "people.yaml").write_text(f"kind: overload\nsystem: {SYSTEM}\n")
    first = run(home.room)[0].result
    assert isinstance(first, TooFew)
    assert "a cut-off in force" in first.missing
    by, then = By(ANA, "token"), instant(home.now - 2 * DAY)
    made = CutoffSet(SYSTEM, 0.9, 0.02, 0.05, 500, 400, 3, digest(b"l"), by, then)
    home.room.store.append([Write(f"cutoff/{SYSTEM}", 0, made)])
    for n in range(40):
        route: Route = "review" if n % 2 else "accepted"
        came = Received(
            f"o{n}", digest(b"o"), SYSTEM, "m", "p", "low", 0.8, 0.9, route, "", by, instant(home.now - HOUR)
        )
        home.room.store.append([Write(f"output/o{n}", 0, came)])
    over = run(home.room)[0].result
    assert isinstance(over, Over)
    assert "passes 20 of 40 (50.0%) of outputs on to people, 20.0% was promised" in over.what


# --- runbooks ---------------------------------------------------------------------------------------------


def _commands(group: Any, prefix: str = "cleanroom") -> Iterator[str]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from _commands(command, f"{prefix} {name}")
        else:
            yield f"{prefix} {name}"


def test_the_runbooks_that_ship_are_sound_and_their_commands_are_there() -> None:
    known = set(_commands(typer.main.get_command(commands())))
    for path in PATHS.values():
        text = shipped.text_of(path.runbook) or ""
        runbook, findings = parse(text, path.runbook, "x.md")
        assert not findings
        assert any("incident contain INCIDENT" in c for s in runbook.steps[:2] for c in s.commands) or (
            path.category == "overload"
        ), "containment comes first"
        assert any("postmortem draft" in c for c in runbook.steps[-1].commands)
        for command in (c for s in runbook.steps for c in s.commands):
            parts = command.split()
            assert {" ".join(parts[:2]), " ".join(parts[:3])} & known, command
    first = shipped.runbook_of("hallucination")
    assert first is not None
    steps = " ".join(s.text.casefold() for s in first.steps)
    for words in ("safe fallback", "disable the sources", "documents", "sensors", "prompts", "re-index", "48 hours"):
        assert words in steps


def test_markdown_of_all_sorts_is_read_and_what_cannot_be_is_said() -> None:
    text = (
        "\ufeff# Ours\r\n\nRead this first.\n\n## Stop it\n1. Kill it: `cleanroom flag kill F` or `f.py`\n"
        "7) And\n   go on\n   1. not a step of its own\n- [ ] a box\n- [x] another\n```\n1. code\n```\n- no step\n"
    )
    runbook, findings = parse(text.lstrip("\ufeff"), "ours", "runbooks/ours.md")
    assert not findings
    assert (runbook.title, runbook.intro) == ("Ours", "Read this first.")
    assert [(s.number, s.text) for s in runbook.steps] == [
        (1, "Kill it: `cleanroom flag kill F` or `f.py`"),
        (2, "And go on 1. not a step of its own"),
        (3, "a box"),
        (4, "another"),
    ]
    assert runbook.steps[0].commands == ("cleanroom flag kill F",)
    _, none = parse("Only words.\n", "n", "runbooks/n.md")
    assert [(f.file, f.line, f.message, f.severity) for f in none] == [
        ("runbooks/n.md", 1, "the runbook has no steps", "error"),
        ("runbooks/n.md", 1, "the runbook has no title", "warning"),
    ]
    _, hidden = parse("# T\n```\n1. step\n", "n", "n.md")
    assert "never closed" in hidden[0].message
    many, found = parse("# T\n" + "1. x\n" * 101 + "x" * MOST_BYTES, "n", "n.md")
    assert len(many.steps) == 100
    assert [f.line for f in found] == [103, 102]
    long, warned = parse(f"# T\n1. {'y' * 900}\n", "n", "n.md")
    assert len(long.steps[0].text) == LONGEST
    assert warned[0].severity == "warning"


def test_steps_are_checked_off_once_and_an_edit_later_is_shown(tmp_path: Path) -> None:
    home = broken(tmp_path)
    with pytest.raises(Refused, match="no category yet"):
        runbooks.progress(home.room, "1")
    sort(home.room, "1", "cost")
    file = tmp_path / runbooks.copy(home.room, "cost")
    with pytest.raises(Misuse, match="is there already"):
        runbooks.copy(home.room, "cost")
    file.write_text("# Ours\n1. Stop it\n2. Ask why\n3. Tell them\n")
    done = runbooks.check(home.room, "1", 2)
    assert [bool(s.done) for s in done.steps] == [False, True, False]
    assert runbooks.check(home.room, "1", 2).undone == 2
    runbooks.check(home.room, "1", 3)
    assert len(base_of(existing(home.room, "1")).steps) == 2, "the same again is the same as once"
    with pytest.raises(NotFound, match="has 3 steps, and no step 9"):
        runbooks.check(home.room, "1", 9)
    file.write_text("# Ours\n1. Ask why\n2. Stop it\n3. Tell everybody\n")
    after = runbooks.progress(home.room, "1")
    assert [bool(s.done) for s in after.steps] == [True, False, False], "it moved, and is done"
    assert after.steps[2].before is not None
    assert after.steps[2].before.text == "Tell them"
    file.write_text("# Ours\n1. Ask why\n")
    assert [d.text for d in runbooks.progress(home.room, "1").left] == ["Tell them"]
    facts = [e.fact for e in home.room.store.entries() if isinstance(e.fact, StepDone)]
    assert [(f.step, f.text, f.by.person) for f in facts] == [(2, "Ask why", ANA), (3, "Tell them", ANA)]
    file.write_text("nothing")
    with pytest.raises(Misuse, match=r"runbooks/cost.md has no steps"):
        runbooks.progress(home.room, "1")


def test_runbooks_stay_inside_the_project(tmp_path: Path) -> None:
    home = broken(tmp_path / "shop")
    (tmp_path / "secret.md").write_text("# S\n1. secret\n")
    for name in ("../secret", "..", "a/b", "", "x" * 99):
        with pytest.raises(NotFound):
            runbooks.read(home.room, name)
    folder = tmp_path / "shop" / "runbooks"
    folder.mkdir()
    (folder / "mine.md").symlink_to(tmp_path / "secret.md")
    with pytest.raises(Misuse, match="leads outside"):
        runbooks.read(home.room, "mine")
    (folder / "cost.md").write_bytes(b"# \xff\xfe\n")
    with pytest.raises(Misuse, match="is not UTF-8"):
        runbooks.read(home.room, "cost")


def test_an_alerts_first_step_leads_to_its_runbook() -> None:
    assert first_step(signal("sensor/tools", "x", "scope")).endswith("All steps: cleanroom runbook show scope")
    assert set(PATHS) <= set(first_steps())
    assert "runbook" not in first_step(signal("rollout/x", "x"))


# --- the command line -------------------------------------------------------------------------------------


def test_the_command_line_shows_copies_and_ends_as_it_should(tmp_path: Path) -> None:
    (tmp_path / "cleanroom.toml").write_text('name = "shop"\n')
    here = ["--project", str(tmp_path), "--as", ANA]

    def ran(*words: str) -> tuple[int, str]:
        found = CliRunner().invoke(commands("runbook"), ["runbook", *words, *here])
        return found.exit_code, found.output

    code, shown = ran("list", "--json")
    assert code == 0
    assert [r["name"] for r in json.loads(shown)["runbooks"]] == list(PATHS)
    assert ran("copy", "drift") == (0, "runbooks/drift.md is yours to edit, and wins from now on\n")
    (tmp_path / "runbooks" / "ours.md").write_text("# Ours\n1. Breathe\n")
    assert "Breathe" in ran("show", "ours")[1]
    (tmp_path / "runbooks" / "ours.md").write_text("# Ours\n")
    code, shown = ran("show", "ours")
    assert (code, "runbooks/ours.md:1:1: error: the runbook has no steps" in shown) == (1, True)
    assert ran("list")[0] == 1
    assert ran("show", "nope")[0] == 2


def test_the_path_goes_from_the_signals_to_the_last_step_on_the_command_line(tmp_path: Path) -> None:
    home = declared(ward(tmp_path, register=DECLARED), None)
    app = typer.Typer()
    incident_path.register(app)

    def ran(*words: str) -> tuple[int, str]:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("cleanroom.wiring.room", lambda *_: home.room)
            found = CliRunner().invoke(app, [*words])
        return found.exit_code, found.output if found.exception is None or found.exit_code < 2 else f"{found.exception}"

    assert "no signal speaks for a category" in ran("sort", "1")[1]
    alerts.signal(home.room, signal("sensor/bill", "costs 3.0 times what is expected", "cost"))
    id = alerts.every(home.room)[0].alert
    joined = IncidentJoined("1", (alert_of(id).id,), 1, (SYSTEM,), None, home.clock.at)
    do(home.room, "1", lambda _: joined)
    code, shown = ran("sort", "1")
    assert code == 0
    assert "Runaway cost: It spends far more than what it does is worth. (proposed by the signals" in shown
    assert "sensor/bill is of kind" in shown or "sensor/bill has the runbook cost (weight 3)" in shown
    assert "MITRE ATLAS: AML.T0034 Cost Harvesting" in shown
    assert "postmortem due 2026-11-29 08:00 UTC" in shown
    assert json.loads(ran("sort", "1", "cost", "--json")[1])["sorted"]["by"]["person"] == ANA
    say(home, now=False, n=48, name="b", metrics={"cost": 0.01}, feature="orders")
    say(home, now=True, n=50, name="l", metrics={"cost": 0.01}, feature="advice", conversation="stuck", input="again")
    code, shown = ran("diagnose", "1")
    assert code == 0
    assert "Which feature spends more? [cost/feature]\n  yes: advice: 100% of the excess" in shown
    assert "-> It loops: give conversations a most of rounds" in shown
    assert "ana@shop.example: the export job" in ran("answer", "1", "loops", "the export job")[1]
    answers = json.loads(ran("diagnose", "1", "--json")[1])
    assert next(a for a in answers if a["question"] == "cost/loops")["answer"] == "the export job"
    assert (
        "[x]  2. Stop that part: `cleanroom incident contain 1 --act kill-flag` (ana@shop.example"
        in ran("check", "1", "2")[1]
    )
    steps = json.loads(ran("steps", "1", "--json")[1])
    assert (steps["runbook"], steps["undone"], steps["steps"][1]["done"]["by"]) == ("cost", 8, ANA)
