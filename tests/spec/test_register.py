"""Which AI systems are there, and who is called about them? systems/*.yaml, and everything that can be wrong in it."""

from __future__ import annotations

import json
import re
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import jsonschema_rs
import pytest
import yaml
from tests.flag_samples import flag
from tests.slo_samples import ANA, BO, ERRORS, REGISTER, SYSTEM, call, slo_text, threshold, ward
from typer.testing import CliRunner

from cleanroom.app import flags
from cleanroom.app.register import entry, lint, register
from cleanroom.codec.system import read_system
from cleanroom.codec.system_schema import FILE, system_schema_text
from cleanroom.core.base import Instant, Misuse, NotFound, instant, micros
from cleanroom.core.contract import LintFinding
from cleanroom.core.register import Oncall, System, in_line, on_call
from cleanroom.entry.cli.root import app
from cleanroom.wiring import room

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples" / "shop"
MONDAY = Instant("2026-01-05T00:00:00.000000Z")
DAY = 86_400_000_000


def lines(text: str) -> list[tuple[int, str, str]]:
    return [(f.line, f.message, f.hint) for f in read_system(text.encode(), "systems/x.yaml").findings]


def said(findings: tuple[LintFinding, ...]) -> str:
    return "\n".join(f"{f.file}:{f.line}:{f.column} {f.severity}: {f.message} | {f.hint}" for f in findings)


def test_an_entry_reads_as_it_is_written() -> None:
    found = read_system((EXAMPLE / "systems" / "shop-assistant.yaml").read_bytes(), "systems/shop-assistant.yaml")
    assert not found.findings
    assert found.value is not None
    assert found.value.oncall.since == MONDAY, "a day begins at midnight UTC"
    assert found.value.fallback is not None
    assert found.value.fallback.flag == "assistant"


def test_every_mistake_is_told_at_its_line() -> None:
    found = lines(
        "name: shop/assistant\n"
        "does: ' '\n"
        "owner: [a]\n"
        "tier: hgih\n"
        "oncall: {rota: [ana, ''], days: 0, since: tomorrow}\n"
        "sources:\n"
        "  - {name: a, fresh_hour: 6}\n"
        "  - {name: a, fresh_hours: 6}\n"
        "  - {name: b, fresh_hours: -1, data: x.csv}\n"
        "retention: {calls_days: 10, texts_days: 20}\n"
        "redact: [emial]\n"
        "fallback: {flag: ''}\n"
        "detector: {threshold: 0}\n"
    )
    expected = {
        (1, "'owners' is missing"),
        (1, "'shop/assistant' cannot be the name of a system"),
        (2, "'does' is empty"),
        (3, "unknown key 'owner'"),
        (4, "'hgih' is not one of: minimal, limited, high"),
        (5, "'' cannot be a person"),
        (5, "'days' must be a whole number from 1 to 3650"),
        (5, "'tomorrow' is no moment"),
        (7, "unknown key 'fresh_hour'"),
        (8, "there are two sources 'a'"),
        (8, "nothing says where 'a' lies"),
        (9, "'fresh_hours' must be above 0"),
        (10, "'texts_days' must lie between 0 and 'calls_days'"),
        (11, "'emial' is no kind of personal data; Did you mean 'email'?"),
        (12, "'flag' is empty"),
        (13, "'threshold' must lie above 0, up to 100"),
    }
    assert expected <= {(line, message) for line, message, _ in found}
    hints = {message: hint for _, message, hint in found}
    assert hints["unknown key 'owner'"] == "Did you mean 'owners'?"
    assert hints["'hgih' is not one of: minimal, limited, high"] == "Did you mean 'high'?"
    assert lines("") == [
        (1, "the file is empty", "A system begins with name: ..., does: ..., owners: [...] and tier: ...")
    ]
    assert lines("- a\n")[0][1] == "the file is not a mapping of keys to values"
    assert "not valid YAML" in lines("a: [\n")[0][1]


def test_what_is_dangerous_without_being_wrong_is_a_warning() -> None:
    found = read_system(b"name: a\ndoes: b\nowners: [c]\ntier: high\n", "systems/a.yaml")
    assert found.value is not None
    assert [(f.severity, f.message) for f in found.findings] == [
        ("warning", "a: a system of tier high has no safe fallback"),
        ("warning", "a: nobody is on call"),
    ]


def test_the_rota_turns_and_what_nobody_answers_goes_down_the_line() -> None:
    system = System("a", "b", ("owner",), "limited", Oncall(("x", "y", "z"), 7, MONDAY, 15))
    week = [instant(micros(MONDAY) + n * 7 * DAY) for n in range(-2, 5)]
    assert [on_call(system, at) for at in week] == ["y", "z", "x", "y", "z", "x", "y"]
    last = instant(micros(MONDAY) + 7 * DAY - 1)
    assert on_call(system, last) == "x"
    assert [on_call(system, MONDAY, waited) for waited in (0, 14.9, 15, 30, 45, 10_000)] == [
        "x", "x", "y", "z", "owner", "owner",
    ]  # fmt: skip
    assert in_line(replace(system, oncall=Oncall()), MONDAY) == ("owner",)
    assert in_line(replace(system, owners=("y", "o")), MONDAY) == ("x", "y", "z", "o"), "each once"


def test_the_published_schema_is_the_one_that_the_nouns_give() -> None:
    assert FILE.read_text("utf-8") == system_schema_text(), "write it anew: python -m cleanroom.codec.system_schema"
    validator = jsonschema_rs.validator_for(json.loads(FILE.read_text("utf-8")))
    for file in EXAMPLE.glob("systems/*.yaml"):
        data = yaml.safe_load(file.read_text("utf-8"))
        data["oncall"]["since"] = str(data["oncall"]["since"])
        validator.validate(data)
    assert not validator.is_valid({"name": "a b", "does": "x", "owners": ["c"], "tier": "high"})
    assert not validator.is_valid({"name": "a", "does": "x", "owners": [], "tier": "high"})
    assert not validator.is_valid({"name": "a", "does": "x", "owners": ["c"], "tier": "high", "owner": "d"})


def test_the_register_shows_who_calls_without_being_in_it(tmp_path: Path) -> None:
    home = ward(tmp_path)
    home.room.calls.record([call("a", home.now - 5, {"error": False}), call("b", home.now, {}, system="shadow-bot")])
    found = register(home.room)
    assert [e.system.name for e in found.entries] == [SYSTEM]
    assert found.entries[0].calls == 1
    assert set(found.entries[0].in_line) == {ANA, BO}
    assert found.missing == ("shadow-bot",)
    with pytest.raises(NotFound) as gone:
        entry(home.room, "shop-asistant")
    assert "shop-assistant" in gone.value.hint
    with pytest.raises(NotFound) as unknown:
        entry(home.room, "shadow-bot")
    assert "Calls come from it" in unknown.value.hint


def test_a_flag_that_is_not_there_is_a_warning_since_it_would_stop_nothing(tmp_path: Path) -> None:
    sources = "sources:\n  - {name: reviews, essential: false, flag: reviews}\n  - {name: terms}"
    text = REGISTER.replace("sources:", sources) + "fallback: {flag: chekout}\n"
    home = ward(tmp_path, register=text)
    assert "flag" not in said(lint(home.room.project, lambda: nullcontext(home.room.store))), (
        "in an empty ledger no flag is expected"
    )
    flags.put(home.room, flag())
    text = said(lint(home.room.project, lambda: nullcontext(home.room.store)))
    assert "warning: there is no flag 'chekout' yet | Did you mean 'checkout'?" in text
    assert re.search(
        r"assistant\.yaml:\d+:\d+ warning: there is no flag 'reviews' yet \| cleanroom flag set reviews", text
    )
    assert text.count("no flag") == 2
    flags.put(room(tmp_path, ANA), flag())
    shown = CliRunner().invoke(app, ["register", "lint", "--project", str(tmp_path)])
    assert (shown.exit_code, "there is no flag 'reviews' yet" in shown.output) == (0, True)


def test_what_does_not_fit_together_is_told(tmp_path: Path) -> None:
    home = ward(
        tmp_path,
        ERRORS,
        slo_text("fresh", threshold("source: profile"), 0.9, ", op: lt, value: 6"),
        slo_text("lost", threshold("metric: latency_s"), 0.9, ", op: lte, value: 6").replace(SYSTEM, "shop-asistant"),
        register=REGISTER + "slos: [no-error, lost]\nchannels: {critical: [pager]}\n",
    )
    text = said(home.room.project.lint_register())
    assert "systems/assistant.yaml:11:8 error: there is no SLO 'no-error' in slos/ | Did you mean 'no-errors'?" in text
    assert "error: the SLO 'lost' is of the system 'shop-asistant'" in text
    assert "systems/assistant.yaml:12:23 error: there is no channel 'pager'" in text
    assert "slos/s1.yaml:3:1 warning: fresh: shop-assistant has no source 'profile' | Did you mean 'profiles'?" in text
    assert "slos/s2.yaml:3:1 warning: lost: there is no system 'shop-asistant' in the register" in text
    (tmp_path / "systems" / "again.yaml").write_text(REGISTER, "utf-8")
    assert f"the system '{SYSTEM}' is in systems/again.yaml already" in said(home.room.project.lint_register())
    (tmp_path / "systems" / "broken.yaml").write_text("name: [", "utf-8")
    with pytest.raises(Misuse, match=r"systems/broken\.yaml:2:1"):
        home.room.project.systems()


def test_the_command_line_says_the_same(tmp_path: Path) -> None:
    ward(tmp_path, ERRORS)
    where = ["--project", str(tmp_path)]
    runner = CliRunner()
    done = runner.invoke(app, ["register", "list", "--json", *where])
    assert done.exit_code == 0, done.output
    listed = json.loads(done.output)
    assert [s["name"] for s in listed["systems"]] == [SYSTEM]
    shown = runner.invoke(app, ["register", "show", SYSTEM, *where])
    assert shown.exit_code == 0, shown.output
    assert f"{ANA}, then {BO}" in shown.output or f"{BO}, then {ANA}" in shown.output
    assert runner.invoke(app, ["register", "show", "x", *where]).exit_code == 2
    assert runner.invoke(app, ["register", "lint", *where]).exit_code == 0
    (tmp_path / "systems" / "b.yaml").write_text("name: b\n", "utf-8")
    wrong = runner.invoke(app, ["register", "lint", *where])
    assert wrong.exit_code == 1
    assert "systems/b.yaml:1:1: error: 'does' is missing" in wrong.output
    assert runner.invoke(app, ["contract", "lint", str(tmp_path)]).exit_code == 1
    assert "systems/b.yaml" in runner.invoke(app, ["contract", "lint", str(tmp_path)]).output


def test_the_example_has_no_mistakes() -> None:
    done = CliRunner().invoke(app, ["register", "lint", "--project", str(EXAMPLE)])
    assert done.exit_code == 0
    assert re.findall(": (?:error|warning): (.*)", done.output) == ["there is no data at 'data/profiles.parquet' yet"]
