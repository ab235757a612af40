"""Stories of a report: a person, a program and a build server read the same verdict, whatever text the data holds."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path

import pytest
from tests import report_samples as samples

from cleanroom.core.base import Instant
from cleanroom.core.check import Outcome, verdict
from cleanroom.core.run import Diff, EventFlow, Evidence, Series
from cleanroom.entry import style
from cleanroom.entry.report import svg, view
from cleanroom.entry.report.html import html
from cleanroom.entry.report.json import report_json
from cleanroom.formats.junit import junit

GOLDEN = Path(__file__).parents[1] / "golden" / "report"
EVERY = pytest.mark.parametrize("name", list(samples.SAMPLES))
VOID = {"meta", "br", "rect", "line", "path", "circle", "polyline", "use"}


class Page(HTMLParser):
    """What a browser would see: elements, attributes and text; closing tags must match."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: Counter[str] = Counter()
        self.attributes: list[tuple[str, str]] = []
        self.words: list[str] = []
        self.open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        self.attributes += [(k, v or "") for k, v in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        self.attributes += [(k, v or "") for k, v in attrs]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join("".join(self.words).split())


# --- the page ----------------------------------------------------------------------------------------------


@EVERY
def test_a_page_is_whole_and_asks_for_nothing_from_outside(name: str) -> None:
    text = html(samples.SAMPLES[name]())
    page = Page(text)
    assert page.open == []
    assert not {"script", "img", "link", "iframe", "object", "base", "form"} & page.tags.keys()
    assert not [k for k, _ in page.attributes if k.startswith("on") or k in ("style", "src", "srcset")]
    links = [v for k, v in page.attributes if k == "href"]
    ids = [v for k, v in page.attributes if k == "id"]
    assert len(ids) == len(set(ids))
    assert {v.removeprefix("#") for v in links} <= set(ids)
    assert all(v.startswith("#") for v in links)
    assert not re.search(r"url\(|@import", text)
    text.encode()


@EVERY
def test_a_page_names_its_outcome_and_what_to_do_next_first(name: str) -> None:
    report = samples.SAMPLES[name]()
    page = Page(html(report)).text
    assert 0 < page.index(view.headline(report)) < page.index("Next: ") < page.index("What would change")


def test_failures_come_first_and_passes_last_and_folded() -> None:
    page = html(samples.failing())
    assert page.index("What stops it") < page.index("What deserves a look") < page.index("What passed")
    assert re.findall(r'<details class="(\w+ \w+|\w+)"[^>]*?( open)?>', page)[3:] == [
        ("finding fail", " open"),
        ("query", ""),
        ("finding fail", " open"),
        ("query", ""),
        ("finding fail", " open"),
        ("finding unknown", ""),
        ("finding warn", ""),
        ("passes", ""),
    ]


def test_a_finding_shows_seen_expected_why_rows_query_and_next_step() -> None:
    text = Page(html(samples.failing())).text
    assert "The target view_basket is not an event of the plan" in text
    assert "view_basket (6,204 rows)" in text
    assert "one of the plan's 11 events, or none" in text
    assert "10 example rows" in text
    assert "read_csv('data/legacy_events.csv')" in text
    assert "cleanroom correct small-model-mapping basket=TARGET --reason WHY" in text


def test_an_unknown_says_how_much_is_missing() -> None:
    report = samples.unknown()
    assert "<dt>Missing</dt><dd>about 240 more sessions that reach purchase</dd>" in html(report)
    assert "missing   about 240 more sessions that reach purchase" in samples.on_terminal(report)


def test_who_made_it_and_that_production_is_untouched() -> None:
    text = Page(html(samples.warning())).text
    assert "An event mapping by ana@shop.example, corrected by ben@shop.example" in text
    assert "smollm2-135m-instruct, version SmolLM2-135M-Instruct-Q8_0 5a1395716f7c" in text
    assert "Untouched: every input has the same digest before and after" in text
    assert samples.name_of("source") in text
    assert "a person, without a model" in Page(html(samples.passing())).text


def test_production_that_changed_is_said_aloud_everywhere() -> None:
    report = samples.dataset(untouched=False)
    assert "Production data changed while the run was on" in Page(html(report)).text
    assert "Production data changed while the run was on" in samples.on_terminal(report)
    assert json.loads(report_json(report))["untouched"] is False
    assert '<testcase name="production untouched"' in junit(report)


def test_names_left_out_and_dropped_are_called_out() -> None:
    left_out, dropped = view.losses(samples.diff(), "mapping")
    assert left_out == "40 rows (<0.1%) would be lost because the mapping does not speak of promo_click."
    assert dropped == "6,111 rows (7.1%) are left out on purpose, mapped to none: scroll_50 and dbg_ping."
    text = Page(html(samples.failing())).text
    assert left_out in text
    assert dropped in text


def test_a_dataset_speaks_of_new_and_vanished_events() -> None:
    report = samples.dataset()
    assert [f.fate for f in view.flow_lines(report.diff, "dataset")] == ["kept", "new", "left out"]
    assert view.losses(report.diff, "dataset") == ("20 rows (2.2%) would vanish with login.",)


def test_thousands_of_names_are_cut_with_a_count() -> None:
    flows = tuple(EventFlow(f"legacy_{i:04d}", "page_view", 5000 - i) for i in range(3000))
    report = replace(samples.passing(), diff=Diff(10_502_500, 10_502_500, flows, (), (), ()))
    page = html(report)
    assert "legacy_0039" in page
    assert "legacy_0040" not in page
    assert "And 2,960 smaller names with" in Page(page).text
    assert len(json.loads(report_json(report))["diff"]["flows"]) == 3000


def test_the_palette_meets_wcag_aa_in_light_dark_and_print() -> None:
    css = style.css() + (files("cleanroom.entry.report") / "templates" / "report.css").read_text("utf-8")
    light, dark, paper = (
        dict(re.findall(r"--([\w-]+): (#[0-9a-f]{3,6})\b", block))
        for block in re.findall(r":root \{(.*?)\}", css, re.S)
    )
    for scheme in (light, light | dark, light | paper):
        texts = [("ink", b) for b in ("page", "card", "sunk")] + [("soft", b) for b in ("page", "card", "sunk")]
        texts += [("link", "page"), ("link", "card")]
        for tone in ("fail", "unknown", "warn", "pass", "wait"):
            texts += [(tone, b) for b in ("page", "card", f"{tone}-tint")]  # also the other way round: badges
            texts += [(t, f"{tone}-tint") for t in ("ink", "soft", "link")]
        assert [(a, b) for a, b in texts if contrast(scheme[a], scheme[b]) < 4.5] == []
        assert [a for a in ("before", "after", "after-fill", "focus") if contrast(scheme[a], scheme["card"]) < 3] == []


def contrast(a: str, b: str) -> float:
    """The ratio of WCAG 2.2 section 1.4.3, 1 to 21."""

    def luminance(color: str) -> float:
        digits = color[1:] if len(color) == 7 else "".join(2 * c for c in color[1:])
        linear = []
        for i in (0, 2, 4):
            c = int(digits[i : i + 2], 16) / 255
            linear.append(c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4)
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted((luminance(a), luminance(b)))
    return (high + 0.05) / (low + 0.05)


# --- hostile text ------------------------------------------------------------------------------------------


def test_markup_in_names_and_rows_stays_text() -> None:
    page = html(samples.hostile())
    assert samples.SCRIPT not in page
    assert "<img" not in page
    assert samples.SCRIPT in Page(page).text
    console = samples.on_terminal(samples.hostile("markup"), color=True)
    assert "[bold red]not bold[/] :boom: [link=https://evil.example]x[/link]" in re.sub(
        r"\x1b\[[0-9;]*m|\n *", "", console
    )
    assert "evil.example\x1b\\" not in console


def test_what_cannot_be_seen_is_written_out() -> None:
    for text in (html(samples.hostile("markup")), samples.on_terminal(samples.hostile("markup"))):
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u202e\ud800-\udfff]", text)
        assert "\\x1b[2J" in text
        assert "\\u202e" in text
        assert "\\x00" in text


def test_the_only_escapes_on_a_colour_terminal_are_our_own() -> None:
    text = samples.on_terminal(samples.hostile(), color=True)
    assert set(re.findall(r"\x1b(?!\[[0-9;]*m)", text)) == set()


@pytest.mark.parametrize("width", [30, 56, 100, 200])
def test_endless_names_are_cut_with_their_length(width: int) -> None:
    text = samples.on_terminal(samples.hostile(), width)
    assert "(10,650 characters)" in re.sub(r"\s+", " ", text)
    assert len(text) < 60_000
    page = html(samples.hostile())
    assert "(10,650 characters)" in page
    assert len(page) < 200_000


def test_null_and_empty_cells_differ_from_their_words() -> None:
    row = (("a", None), ("b", ""), ("c", "null"))
    evidence = samples.found("fields.a", Outcome.FAIL, examples=(row,))
    page = html(replace(samples.failing(), evidence=(evidence,)))
    assert '<td><i class="absent">null</i></td><td><i class="absent">empty</i></td><td>null</td>' in page


def test_a_change_name_is_quoted_for_the_shell() -> None:
    report = replace(samples.failing(), name="my change; rm -rf ~")
    assert view.overall_step(report).command == "cleanroom correct 'my change; rm -rf ~' basket=TARGET --reason WHY"


# --- the words ---------------------------------------------------------------------------------------------


def test_the_order_is_the_verdicts_own() -> None:
    evidence = samples.failing().evidence
    assert tuple(e.result for e in view.ordered(evidence)) == verdict(e.result for e in evidence).results


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("failing", "3 of 25 checks stop this change."),
        ("unknown", "1 of 22 checks could not tell, so this change may not go on yet."),
        ("warning", "Nothing stops this change; 2 of 22 checks deserve a look."),
        ("passing", "All 20 checks passed."),
        ("empty", "No check ran, and no evidence never counts as a pass."),
    ],
)
def test_the_verdict_in_one_sentence(name: str, said: str) -> None:
    assert view.headline(samples.SAMPLES[name]()) == said


def test_a_verdict_that_no_check_explains_says_so() -> None:
    report = replace(samples.passing(), outcome=Outcome.FAIL)
    assert (
        view.headline(report) == "The verdict is FAIL, although none of the 20 checks says so: look at the run below."
    )
    assert view.overall_step(report).command == "cleanroom check by-hand"
    assert Page(html(report)).open == []


@pytest.mark.parametrize(
    ("evidence", "command"),
    [
        (samples.found("mapping.x", Outcome.FAIL, names=("a b",)), "cleanroom correct c 'a b=TARGET' --reason WHY"),
        (samples.found("schema.x", Outcome.FAIL), "cleanroom check c"),
        (
            samples.found("counts.x", Outcome.UNKNOWN, missing="no baseline was given"),
            "cleanroom check c --baseline DATA",
        ),
        (samples.found("funnels.x", Outcome.UNKNOWN, missing="240 more sessions"), "cleanroom check c"),
        (samples.found("drift.x", Outcome.WARN), ""),
    ],
)
def test_every_finding_has_a_next_step(evidence: Evidence, command: str) -> None:
    step = view.next_step(replace(samples.failing(), name="c"), evidence.result)
    assert step.say.endswith(".")
    assert step.command == command


def test_numbers_and_times_read_well() -> None:
    assert [view.number(x) for x in (1234567, 0.03125, 12345.6, 0, math.inf)] == [
        "1,234,567",
        "0.0312",
        "12,346",
        "0",
        "inf",
    ]
    assert [view.share(n, 10_000) for n in (0, 1, 1234, 9999, 10_000)] == ["0.0%", "<0.1%", "12.3%", ">99.9%", "100.0%"]
    assert view.share(1, 0) == "-"
    assert [view.duration(x) for x in (0.04, 9.94, 12.4, 185)] == ["0.0 s", "9.9 s", "12 s", "3 min 5 s"]
    assert view.moment(samples.AT) == "21 Nov 2026, 23:20 UTC"
    assert view.moment(Instant("yesterday")) == "yesterday"
    assert view.listed(["a", "b"]) == "a and b"
    assert view.listed(list("abcde")) == "a, b, c and 2 more"
    assert view.listed([]) == ""


# --- plots -------------------------------------------------------------------------------------------------


def test_a_plot_names_both_sides_in_words_and_describes_itself() -> None:
    for series in samples.plots():
        page = Page(svg.plot(series, "p"))
        assert page.open == []
        assert page.tags["title"] == page.tags["desc"] == 1
        assert "before" in page.text
        assert "after" in page.text
        assert not any(k in ("fill", "stroke", "style") for k, _ in page.attributes)
    told = svg.description(samples.plots()[4])
    assert told == (
        "Before: from 1,184 to 9,120. After: from 1,171 to 9,034. "
        "They differ most at view_item: 9,120 before, 9,034 after."
    )


def test_a_gap_in_the_data_is_a_gap_in_the_line() -> None:
    series = Series("counts", "t", "rows", tuple("abcde"), (1.0, 2.0, 3.0, 2.0, 1.0), (1.0, 2.0, None, math.nan, 4.0))
    picture = svg.plot(series, "p")
    assert picture.count('<polyline class="after"') == 2  # the legend and the first two points
    assert picture.count('<circle class="after"') == 1
    assert "nan" not in picture.lower()


@pytest.mark.parametrize("kind", ["counts", "drift", "funnel"])
@pytest.mark.parametrize(
    ("labels", "before", "after"),
    [
        ((), (), ()),
        (("a",), (None,), (None,)),
        (("a",), (None,), (5.0,)),
        (("a",), (0.0,), (0.0,)),
        (("a", "b"), (-3.0, 2.0), (-1.0, -2.0)),
        (("a", "b"), (1e-12, 1e12), (math.inf, 3.0)),
        (tuple(f"{i}" for i in range(500)), (1.0,) * 500, (2.0,) * 500),
    ],
)
def test_no_numbers_break_a_plot(
    kind: str, labels: tuple[str, ...], before: tuple[float | None, ...], after: tuple[float | None, ...]
) -> None:
    series = Series(kind, "t", "rows", labels, before, after)  # type: ignore[arg-type]
    page = Page(svg.plot(series, "p"))
    height = float(dict(page.attributes)["viewbox"].split()[3])
    assert height <= 1200
    for key, value in page.attributes:
        if key in ("x", "x1", "x2", "cx"):
            assert -1 <= float(value) <= 360
        if key in ("y", "y1", "y2", "cy"):
            assert 0 <= float(value) <= height
