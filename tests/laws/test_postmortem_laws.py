"""Whatever lies in the file, the linter says what is wrong and never fails; whatever clocks say, the ledger's order holds."""

from __future__ import annotations

from dataclasses import replace
from itertools import groupby

from hypothesis import given
from hypothesis import strategies as st

from cleanroom.core.base import SECOND, Digest, Instant, instant, micros
from cleanroom.core.facts import (
    ActionAdded,
    By,
    Fact,
    IncidentContained,
    IncidentMitigated,
    IncidentNoted,
    IncidentOpened,
)
from cleanroom.core.incident.state import base_of, incident_of, subject_of
from cleanroom.core.incident.telling import of_incident
from cleanroom.core.incident.timeline import Told, assemble
from cleanroom.core.ledger import LedgerEntry
from cleanroom.core.postmortem.draft import draft
from cleanroom.core.postmortem.lint import Known, lint
from cleanroom.core.postmortem.literal import literal, meant
from cleanroom.core.postmortem.page import NAMES, parse, rows, tasks
from cleanroom.entry.web.markdown_seen import page as seen

ANA = By("ana@shop.example", "claimed")
NOW = Instant("2026-11-22T12:00:00.000000Z")
AT = [instant(micros(NOW) - n * 600 * SECOND) for n in range(12)]
FACTS: tuple[Fact, ...] = (
    IncidentOpened("1", "orders | twice. `so`", ("chat",), "sev2", None, AT[9], (), "f", "c", "v", "", ANA, AT[9]),
    IncidentContained("1", "kill-flag", "f", True, "safe", ANA, AT[8]),
    IncidentNoted("1", "# a note\n- of Bo | who `says` <script>x()</script> [a](b)", AT[8], ANA, AT[7]),
    IncidentMitigated("1", "change/c", Digest("sha256:" + "0" * 64), "mended", ANA, AT[6]),
    ActionAdded("1", "a1", "a | case <b>", "case", "Bo <bo@shop.example>", AT[0], True, ANA, AT[5]),
)
ENTRIES = tuple(LedgerEntry(n, subject_of("1"), n + 1, fact) for n, fact in enumerate(FACTS))
INCIDENT = incident_of(ENTRIES)
assert INCIDENT is not None
KNOWN = base_of(INCIDENT)
MOMENTS = assemble(of_incident(ENTRIES, KNOWN), NOW)
PAGE = draft(KNOWN, MOMENTS)
CONTEXT = Known(KNOWN, MOMENTS, ("ana@shop.example", "ml"), NOW)

pieces = st.one_of(
    st.sampled_from([f"## {n}" for n in NAMES]),
    st.sampled_from(PAGE.split("\n")),
    st.sampled_from(["```", "~~~", "---", "===", "| Id | Owner | Due |", "|---|", "| a1 | | 9999-99-99 |", "\\|", "<!-- "]),
    st.sampled_from(["- 2026-11-22 25:99 UTC x", "- 0001-01-01 00:00 +23:59 x", "- 9999-12-31 23:59 -23:59"]),
    st.sampled_from(["* a1 owner: , due: ", "#" * 300]),
    st.text(max_size=60),
)  # fmt: skip


@given(st.lists(pieces, max_size=25), st.sampled_from(["\n", "\r\n", "\r"]))
def test_the_linter_never_fails_and_names_lines_that_are_there(parts: list[str], ends: str) -> None:
    text = ends.join(parts)
    page = parse(text)
    found = lint(text, "page.md", CONTEXT)
    assert all(1 <= f.line <= page.lines and f.column >= 1 and f.message and f.hint for f in found)
    assert [f.line for f in found] == sorted(f.line for f in found)
    for section in page.sections:
        lines = [*(r.line for r in rows(section)), *(t.line for t in tasks(section))]
        assert all(section.line < n <= page.lines for n in lines)
    missing = {n for n in NAMES if page.section(n) is None}
    assert missing == {n for n in NAMES if any(f.message == f"the section {n!r} is missing" for f in found)}


clocks = st.one_of(st.sampled_from(AT), st.integers(-5, 100_000).map(lambda n: instant(micros(NOW) - n * SECOND // 7)))
told = st.builds(
    Told,
    index=st.just(0),
    subject=st.sampled_from(["incident/1", "alert/2", "flag/x"]),
    kind=st.sampled_from(["incident_noted", "flag_set", "alert_opened"]),
    clock=st.one_of(clocks, st.just(Instant("no time"))),
    said=st.just(NOW),
    who=st.just(""),
    what=st.text(max_size=5),
)


def test_peoples_words_are_text_in_every_viewer_and_the_linter_reads_them_as_they_are() -> None:
    assert "<" not in PAGE
    assert "](" not in PAGE
    assert "&lt;script&gt;x()&lt;/script&gt; [a&#93;(b)" in PAGE
    assert "\n# a note" not in PAGE
    assert "\n- of Bo" not in PAGE
    actions = parse(PAGE).section("Actions")
    assert actions is not None
    assert [(t.owner, t.what) for t in tasks(actions)] == [("Bo <bo@shop.example>", "a / case <b>")]
    assert "<b>" not in str(seen(PAGE))
    assert "&lt;script&gt;x()" in str(seen(PAGE)), "once, not twice"


@given(st.text(st.sampled_from("<>&;#[](!ltgamp39 \n")) | st.text())
def test_a_text_comes_back_from_markdown_as_it_was(text: str) -> None:
    assert meant(literal(text)) == text
    assert not set("<>") & set(literal(text))


@given(st.lists(told, max_size=30))
def test_the_ledgers_order_holds_within_a_subject_and_what_was_moved_says_so(made: list[Told]) -> None:
    entries = [replace(t, index=n, said=t.clock or NOW) for n, t in enumerate(made)]
    found = assemble(entries, NOW)
    assert sorted(m.index for m in found) == list(range(len(entries)))
    assert [m.at for m in found] == sorted(m.at for m in found)
    by_subject = sorted(found, key=lambda m: m.subject)  # stable
    for _, group in groupby(by_subject, key=lambda m: m.subject):
        indexes = [m.index for m in group]
        assert indexes == sorted(indexes)
    for m in found:
        clock = entries[m.index].clock
        if clock is None or clock == "no time" or clock > NOW:
            assert m.skewed
        elif m.at != clock:
            assert m.skewed or micros(m.at) - micros(clock) < SECOND
        else:
            assert not m.skewed
            assert m.clock == clock
