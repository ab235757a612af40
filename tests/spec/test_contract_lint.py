"""A plan's mistakes are found, all in one go, each at its line, with a hint at what to do."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cleanroom.codec.plan import read_plan
from cleanroom.core.base import plain
from cleanroom.core.contract import Event, Field, LintFinding, Plan, Roles
from cleanroom.core.lint import lint
from cleanroom.core.mistakes import Mistake
from cleanroom.core.patterns import refusal
from cleanroom.core.vocabularies import BUILT_IN_NAMES, COUNTRIES, CURRENCIES, vocabulary

SOUND = """\
version: 1
name: shop
roles: {event: event, time: ts, user: user_id, session: session_id, payload: payload}
columns:
  country: {type: string, vocabulary: iso-3166-1-alpha-2, required: true}
  device: {vocabulary: devices}
  price: {type: number, min: 0, max: 1000}
events:
  view_item: {owner: web@shop.example, description: A product page was opened.}
  purchase:
    owner: checkout@shop.example
    description: An order was paid.
    consent: true
    parameters:
      value: {type: number, min: 0, required: true}
vocabularies: {devices: [mobile, desktop]}
consent: {column: consent, granted: [granted]}
ratios: {conversion: {of: purchase, to: view_item, min: 0.005, max: 0.2}}
funnels: {checkout: {steps: [view_item, purchase], max_skips: 0.05}}
keys: [{columns: [event_id]}]
references: [{column: user_id, to: data/profiles.parquet, key: user_id}]
stitching: [{column: session_id, owner: user_id}]
freshness: {max_age: 6h}
cardinality: {device: {max: 5}}
tolerances: {counts: 0.3}
advisory: [counts, drift, fields.range(price)]
"""


def found(text: str) -> tuple[LintFinding, ...]:
    return read_plan(text.encode()).findings


def worse(before: str, after: str) -> str:
    assert SOUND.count(before) == 1, f"{before!r} is not there exactly once"
    return SOUND.replace(before, after)


def test_a_sound_plan_has_no_findings() -> None:
    reading = read_plan(SOUND.encode())
    assert reading.findings == ()
    assert reading.value is not None
    assert reading.value.freshness is not None
    assert reading.value.freshness.max_age == 21_600
    assert reading.value.event_names == ("view_item", "purchase")


MARK = "§"
"""Stands where the finding must point to."""


@pytest.mark.parametrize(
    ("before", "after", "message", "hint"),
    [
        # shape
        ("name: shop\n", "name: shop\n§evnts: {}\n", "unknown key 'evnts'", "Did you mean 'events'?"),
        ("name: shop\n", "name: §5\n", "'name' must be text, not the number 5", "Put it in quotes."),
        ("version: 1", "version: §2", "the number 2 is not one of: 1", ""),
        ("view_item: {owner: web@shop.example, ", "§view_item: {", "'owner' is missing", "Who answers for it?"),
        ("roles: {event: event, time: ts, ", "§roles: {event: event, ", "'time' is missing in 'roles'", ""),
        ("type: string, vocab", "type: §strin, vocab", "'strin' is not one of: string", "Did you mean 'string'?"),
        ("type: number, min: 0, max", "type: §float, min: 0, max", "'float' is not one of", "Did you mean 'number'?"),
        ("max: 1000}", "max: §'1000'}", "'max' must be a number, not '1000'", ""),
        ("max: 1000}", "max: §.inf}", "must be a finite number", ""),
        ("max: 5}", "max: §4.5}", "'max' must be a whole number", ""),
        ("consent: true\n", "consent: §yes\n", "'consent' must be true or false, not 'yes'", ""),
        ("steps: [view_item, purchase]", "steps: §purchase", "'steps' must be a list, not 'purchase'", "Write [a, b]"),
        ("max_age: 6h", "max_age: §6 weeks", "'6 weeks' is not a length of time", "6h"),
        ("keys: [{columns: [event_id]}]", "keys: [§event_id]", "must be a mapping of keys to values", ""),
        ("view_item: {owner: web@shop.example, description: A product page was opened.}", "view_item: §5",
         "'view_item' must be a mapping", "Write view_item: {...}."),
        ("  view_item: {owner", "  view_item: {touches: [§bilin], owner", "'bilin' is not one of: billing", "'billing'?"),
        ("  view_item: {owner", "  view_item: {§name: x, owner", "unknown key 'name'", ""),
        # sense
        ("of: purchase", "of: §purchas", "there is no event 'purchas'", "Did you mean 'purchase'?"),
        ("steps: [view_item, purchase]", "steps: [view_item, §buy]", "there is no event 'buy'", "Known: view_item"),
        ("steps: [view_item, purchase]", "steps: §[purchase]", "'checkout' has 1", "in the order"),
        ("steps: [view_item, purchase]", "steps: [purchase, §purchase]", "occurs twice", ""),
        ("vocabulary: devices", "vocabulary: §device", "there is no vocabulary 'device'", "Did you mean 'devices'?"),
        ("min: 0, max: 1000", "min: §5, max: 1", "min 5 is greater than max 1", "Swap them."),
        ("min: 0.005, max: 0.2", "min: §0.5, max: 0.2", "min 0.5 is greater than max 0.2", ""),
        ("{vocabulary: devices}", "{vocabulary: devices, §min: 1}", "min needs a number, but the type is string", ""),
        ("{vocabulary: devices}", "{vocabulary: devices, pattern: §'['}", "the pattern does not compile", "RE2"),
        ("{vocabulary: devices}", "{vocabulary: devices, pattern: §'(?=a)'}", "uses lookahead", "RE2"),
        ("{vocabulary: devices}", "{vocabulary: devices, pattern: §'(a)\\1'}", "uses a backreference", "RE2"),
        ("{vocabulary: devices}", "{vocabulary: devices, §values: [tv]}", "both say what is allowed", ""),
        ("[mobile, desktop]", "[mobile, §mobile]", "value 'mobile' is listed twice", ""),
        ("[mobile, desktop]", "§[]", "the vocabulary 'devices' is empty", ""),
        ("view_item: {owner", "§none: {owner", "'none' is reserved", "Rename it."),
        ("consent: true\n", "consent: true\n    sampling: §1.5\n", "sampling 1.5 is outside (0, 1]", ""),
        ("consent: true\n", "consent: true\n    sampling: §0\n", "sampling 0 is outside (0, 1]", ""),
        (", payload: payload}\ncolumns:", "}\ncolumns:", "parameter 'value' is no column", "roles: {payload: ...}"),
        ("granted: [granted]", "granted: §[]", "the consent rule grants nothing", ""),
        ("max_skips: 0.05", "max_skips: §5", "max_skips 5 is not a share", "0.05 is 5%"),
        ("user: user_id, session", "user: §event, session", "the roles event and user name the same column", ""),
        ("description: An order was paid.", "description: §''", "event 'purchase' has no description", ""),
        ("to: data/profiles.parquet", "to: §../../etc/passwd", "is not a path inside the project", ""),
        ("owner: user_id}]", "owner: §session_id}]", "cannot be stitched to itself", ""),
        ("max: 5}", "min: §9, max: 5}", "min 9 is greater than max 5", ""),
        ("counts: 0.3", "counts: §-1", "counts -1 must be greater than 0", ""),
        ("[counts, drift, fields.range(price)]", "[§count]", "matches no family of checks", "Did you mean 'counts'?"),
        ("drift, fields.range(price)]", "drift, §fields.range(prise)]", "'fields.range(prise)' matches no check of this plan",
         "Did you mean 'fields.range(price)'?"),
        ("drift, fields.range(price)]", "drift, §drift]", "'drift' is listed twice", ""),
        ("      value: {type: number", "      §price: {type: string", "but the column is a number", ""),
    ],
)  # fmt: skip
def test_each_mistake_is_found_at_its_line(before: str, after: str, message: str, hint: str) -> None:
    marked = worse(before, after)
    if MARK not in marked:  # it points to what was there before
        marked = marked.replace("      value: {", f"      {MARK}value: {{")
    start = marked.index(MARK)
    place = (marked.count("\n", 0, start) + 1, start - marked.rfind("\n", 0, start))
    findings = found(marked.replace(MARK, ""))
    meant = [f for f in findings if message in f.message and hint in f.hint]
    assert [(f.line, f.column) for f in meant] == [place], findings
    assert meant[0].file == "contracts/plan.yaml"


def test_a_rule_that_is_missing_is_told_where_it_is_needed() -> None:
    [finding] = found(worse("consent: {column: consent, granted: [granted]}\n", ""))
    assert (finding.line, finding.column) == (13, 5)
    assert "event 'purchase' needs consent, but the plan has no consent rule" in finding.message
    [finding] = found(worse("session: session_id, ", ""))
    assert finding.line == 19
    assert "funnel 'checkout' is by session, but no column has that role" in finding.message


def test_one_mistake_is_one_finding() -> None:
    """What was wrong and had to be repaired does not cause other findings."""
    for before, after in (
        ("roles: {event: event, time: ts, user: user_id, session: session_id, payload: payload}", "roles: 5"),
        ("owner: web@shop.example, ", ""),
        ("type: number, min: 0, max: 1000", "type: double, min: 0, max: 1000"),
        ("of: purchase, ", ""),
    ):
        findings = found(worse(before, after))
        assert len(findings) == 1, findings


def test_every_mistake_is_found_in_one_go() -> None:
    text = SOUND
    for before, after in (
        ("version: 1", "version: 7"),
        ("name: shop", "name: [shop]"),
        ("time: ts", "tme: ts"),
        ("iso-3166-1-alpha-2", "iso-3166"),
        ("min: 0, max: 1000", "min: 5, max: 1"),
        ("owner: web@shop.example, ", ""),
        ("of: purchase", "of: buy"),
        ("max_age: 6h", "max_age: soon"),
        ("counts: 0.3", "count: 0.3"),
        ("advisory: [counts, drift, fields.range(price)]", "advisory: [nothing]\nfoo: 1"),
    ):
        assert text.count(before) == 1
        text = text.replace(before, after)
    lines = [f.line for f in found(text)]
    assert lines == sorted(lines), "findings come in the order of the file"
    assert set(lines) == {1, 2, 3, 5, 7, 9, 18, 23, 25, 26, 27}


def test_an_owner_that_is_not_assigned_yet_is_a_warning() -> None:
    reading = read_plan(worse("owner: web@shop.example", "owner: unassigned").encode())
    assert [(f.severity, f.line) for f in reading.findings] == [("warning", 9)]
    assert reading.value is not None, "a draft can be used"


def test_what_is_declared_and_not_used_is_a_warning() -> None:
    findings = found(worse("{vocabulary: devices}", "{}"))
    assert [(f.severity, f.line, f.column) for f in findings] == [("warning", 16, 16)]
    assert "no column or parameter uses the vocabulary 'devices'" in findings[0].message


def test_a_plan_made_by_a_program_is_linted_too() -> None:
    """Duplicates cannot come out of a file, where names are keys; they can come out of code."""
    event = Event("a", "o", "d")
    plan = Plan(
        "p",
        Roles("event", "ts"),
        (event, event, Event(" b\n", "o", "d")),
        columns=(Field("c"), Field("c", type="timestamp", pattern="x", drift=True, values=("1",))),
    )
    messages = [m.message for m in lint(plan)]
    assert "event 'a' is declared twice" in messages
    assert "column 'c' is declared twice" in messages
    assert "pattern needs text, but the type is timestamp" in messages
    assert "a timestamp has no distribution to compare" in messages
    assert any("cannot be printed" in m for m in messages)
    assert [m.message for m in lint(replace(plan, events=(), columns=()))] == ["the plan has no events"]


def test_the_time_of_events_is_a_timestamp() -> None:
    plan = Plan("p", Roles("event", "ts"), (Event("a", "o", "d"),), columns=(Field("ts", type="string"),))
    assert lint(plan) == (
        Mistake(("columns", "ts", "type"), "column 'ts' has the role time, but is a string", "Use type: timestamp."),
    )


def test_codes_are_complete_and_written_as_the_standards_write_them() -> None:
    assert len(COUNTRIES) == 249
    assert {"NO", "ON"} & set(COUNTRIES) == {"NO"}
    assert len(CURRENCIES) == 178
    assert {"EUR", "USD", "XCG", "ZWG", "SLE"} <= set(CURRENCIES)
    assert not {"BGN", "HRK", "ZWL", "ANG"} & set(CURRENCIES), "these ended"
    assert "eur" not in CURRENCIES
    assert all(len(c) == 2 and c.isupper() for c in COUNTRIES)
    assert all(len(c) == 3 and c.isupper() for c in CURRENCIES)
    plan = Plan("p", Roles("e", "t"), ())
    assert [vocabulary(plan, n) for n in BUILT_IN_NAMES] == [COUNTRIES, CURRENCIES]
    assert vocabulary(plan, "nothing") is None


@pytest.mark.parametrize(
    "pattern", [r"^[A-Z]{3}$", r"(?i)sku-\d+", r"(?:a|b)*?c", r"(?P<year>\d{4})-\d\d", r"[\w.+-]+@[^@\s]+", "é+", ""]
)
def test_ordinary_patterns_are_fine(pattern: str) -> None:
    assert refusal(pattern) is None


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("(?<=a)b", "lookbehind"),
        ("(?!a)b", "lookahead"),
        ("a++", "repeats twice"),
        ("(?>a)", "an atomic group"),
        ("a{1001}", "more than 1,000 times"),
        ("((a{100}){100}){100}", "nested repeats multiplied"),
        ("(x{1000}|" * 6 + "y" + ")" * 6, "too large"),
        (r"\pL", r"escape \p"),
        (r"a\Z", r"escape \Z"),
        ("[[:alpha:]]", "write \\["),
        ("[z-a]", "bad character range"),
        ("(a", "not closed"),
        ("a)", "not opened"),
        ("x" * 501, "longer than 500"),
    ],
)
def test_patterns_that_not_every_engine_runs_are_refused(pattern: str, why: str) -> None:
    assert why in str(refusal(pattern))


def test_every_check_of_a_plan_can_be_advisory() -> None:
    """With a baseline or without one, and with parameters as columns or as keys of the payload."""
    for name in (
        "mapping.coverage", "schema.payload(purchase)", "fields.values(country)", "fields.range(purchase.value)",
        "counts.ratio(conversion)", "drift.numbers(value)", "references.stitching(session_id,user_id)",
        "funnels.order(checkout)", "duplicates.key(event_id)", "fields.consent", "golden.cases", "counts.baseline",
    ):  # fmt: skip
        assert found(worse("fields.range(price)]", f"'{name}']")) == ()


def test_findings_are_plain_data() -> None:
    [finding] = found(worse("max: 1000", "max: -1"))
    assert plain(finding) == {
        "file": "contracts/plan.yaml",
        "line": 7,
        "column": 30,
        "message": "min 0 is greater than max -1: nothing could pass",
        "hint": "Swap them.",
        "severity": "error",
    }
