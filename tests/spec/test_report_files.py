"""Stories of a report for programs, build servers and the terminal: the same verdict as on the page."""

from __future__ import annotations

import io
import json
import math
import os
import re
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import jsonschema_rs
import pytest
from rich.console import Console
from tests import report_samples as samples

from cleanroom.core.base import plain
from cleanroom.core.check import Outcome, SourceRows
from cleanroom.entry.report import view
from cleanroom.entry.report.json import DERIVED, report_json, report_schema
from cleanroom.entry.report.terminal import show, show_diff
from cleanroom.formats.junit import junit

GOLDEN = Path(__file__).parents[1] / "golden" / "report"
EVERY = pytest.mark.parametrize("name", list(samples.SAMPLES))


def read(xml: str) -> ET.Element:
    """Our own XML, read back."""
    return ET.fromstring(xml)  # noqa: S314 - written by the function under test


# --- for programs ------------------------------------------------------------------------------------------


@EVERY
def test_the_json_is_what_the_published_schema_says(name: str) -> None:
    jsonschema_rs.meta.validate(report_schema())
    report = samples.SAMPLES[name]()
    data = json.loads(report_json(report))
    jsonschema_rs.validator_for(report_schema()).validate(data)
    assert report_json(report) == report_json(samples.SAMPLES[name]())
    if name != "hostile":  # half characters have no UTF-8 form
        assert {k: v for k, v in data.items() if k not in DERIVED} == plain(report)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("outcome",), "OK"),
        (("surprise",), 1),
        (("evidence", 0, "result", "family"), "luck"),
        (("evidence", 0, "result", "surprise"), 1),
        (("change",), "sha256:12"),
        (("diff", "rows_before"), -1),
        (("version",), 2),
    ],
)
def test_the_schema_refuses_what_is_no_report(path: tuple[str | int, ...], value: object) -> None:
    data = json.loads(report_json(samples.failing()))
    place = data
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    assert not jsonschema_rs.validator_for(report_schema()).is_valid(data)


def test_numbers_that_json_cannot_hold_are_null() -> None:
    evidence = samples.found("drift.value", Outcome.PASS)
    evidence = replace(evidence, result=replace(evidence.result, figures=(("ratio", math.inf), ("ks", 0.5))))
    report = replace(samples.passing(), evidence=(evidence,))
    data = json.loads(report_json(report))
    assert data["evidence"][0]["result"]["figures"] == [["ratio", None], ["ks", 0.5]]
    jsonschema_rs.validator_for(report_schema()).validate(data)


def test_a_build_server_sees_what_stops_the_change() -> None:
    root = read(junit(samples.failing()))
    assert {k: root.get(k) for k in ("tests", "failures", "errors", "skipped")} == {
        "tests": "25",
        "failures": "3",
        "errors": "0",
        "skipped": "1",
    }
    assert [s.get("name") for s in root][:2] == ["cleanroom.mapping", "cleanroom.schema"]
    failure = root.find(".//testcase[@name='mapping.targets_exist']/failure")
    assert failure is not None
    assert (failure.get("message") or "").startswith("The target view_basket is not an event")
    assert "expected: one of the plan's 11 events, or none" in (failure.text or "")
    skipped = root.find(".//testcase[@name='funnels.checkout(purchase)']/skipped")
    assert skipped is not None
    assert (skipped.get("message") or "").startswith("advisory UNKNOWN: Only 61 sessions")


@pytest.mark.parametrize(
    ("name", "tag"), [("unknown", "error"), ("empty", "error"), ("dataset", "failure"), ("passing", None)]
)
def test_a_build_is_green_only_when_nothing_stops_the_change(name: str, tag: str | None) -> None:
    root = read(junit(samples.SAMPLES[name]()))
    red = {e.tag for e in root.iter() if e.tag in ("failure", "error")}
    assert (tag in red) if tag else not red
    assert (int(root.get("failures", "0")) + int(root.get("errors", "0")) > 0) == (tag is not None)
    assert int(root.get("tests", "0")) > 0


def test_hostile_text_keeps_the_xml_well_formed() -> None:
    root = read(junit(samples.hostile("markup")))
    failure = root.find(".//failure")
    assert failure is not None
    assert samples.SCRIPT in (failure.get("message") or "")
    assert "\x1b" not in junit(samples.hostile())


# --- the terminal ------------------------------------------------------------------------------------------


@EVERY
@pytest.mark.parametrize("width", [40, 80, 160])
def test_the_terminal_is_kept_within_its_width(name: str, width: int) -> None:
    lines = samples.on_terminal(samples.SAMPLES[name](), width).split("\n")
    copied = re.compile(r"^ *(SELECT|FROM|WHERE|ORDER|LIMIT|cleanroom |<script>|;)")
    assert [x for x in lines if len(x) > width and not copied.match(x)] == []


def test_verdict_first_then_failures_then_what_to_do() -> None:
    text = samples.on_terminal(samples.failing())
    places = [
        text.index(x) for x in ("✕ FAIL   small-model-mapping", "mapping.targets_exist", "20 checks passed", "  next")
    ]
    assert places == sorted(places)
    assert text.rstrip().split("\n")[-1] == "  cleanroom correct small-model-mapping basket=TARGET --reason WHY"
    assert "example rows, the first 3" in text


def test_no_colour_where_it_is_not_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "\x1b" not in samples.on_terminal(samples.failing())
    monkeypatch.setenv("NO_COLOR", "1")
    out = io.StringIO()
    show(samples.failing(), Console(file=out, width=100, force_terminal=True))
    assert not re.search(r"\x1b\[[0-9;]*3[0-7]m", out.getvalue())


def test_many_failures_are_listed_and_the_first_explained() -> None:
    evidence = tuple(samples.found(f"fields.c{i:03d}", Outcome.FAIL, "It is wrong.") for i in range(100))
    text = samples.on_terminal(replace(samples.failing(), evidence=evidence))
    assert "and 60 more in the report" in text
    assert "92 more findings are explained in the report." in text
    assert text.count("It is wrong.") == 9  # once in the verdict


def test_a_diff_on_the_terminal() -> None:
    out = io.StringIO()
    show_diff(samples.diff(), "mapping", Console(file=out, width=80))
    text = out.getvalue()
    assert "86,412 rows before, 80,261 after." in text
    assert re.search(r"prod_view +view_item +31,877 +36\.9%", text)
    assert re.search(r"promo_click +not in the mapping +40 +<0\.1%", text)


# --- golden files ------------------------------------------------------------------------------------------


def test_the_reports_of_the_samples_stay_as_they_are() -> None:
    """A change here changes what people and programs read: look at it, then renew with UPDATE_GOLDEN=1."""
    report = samples.failing()
    made = {
        "failing.json": report_json(report).decode(),
        "failing.junit.xml": junit(report),
        "failing.txt": "\n".join(line.rstrip() for line in samples.on_terminal(report).split("\n")),
    }
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.mkdir(parents=True, exist_ok=True)
        for name, text in made.items():
            (GOLDEN / name).write_text(text, "utf-8")
    assert made == {name: (GOLDEN / name).read_text("utf-8") for name in made}


def test_a_witness_names_the_entry_to_correct() -> None:
    result = samples.found("counts.by_event(x)", Outcome.FAIL).result
    report = samples.failing()
    assert "LEGACY=TARGET" in view.next_step(report, result).command
    named = replace(result, witness=SourceRows(("basket_rm",)))
    assert "basket_rm=TARGET" in view.next_step(report, named).command
