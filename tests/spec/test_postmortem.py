"""An incident is written up: does the page say what happened, is it good enough, and who has read it?"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from tests.incident_samples import ANA, BO, LATE, OLGA, Place, happened, place, written
from tests.projects import START
from tests.sensor_samples import call
from typer.testing import CliRunner

from cleanroom.app import alerts, flags
from cleanroom.app.incident import actions, communicate, contain, people, postmortem
from cleanroom.app.incident.open import Report, open_by_hand, open_for_alert
from cleanroom.app.incident.read import existing
from cleanroom.app.incident.timeline import timeline
from cleanroom.app.tick import tick
from cleanroom.core.alert import Signal
from cleanroom.core.alerts.state import base_of as alert_base
from cleanroom.core.base import HOUR, MINUTE, Misuse, NotFound, Refused, after, digest, micros
from cleanroom.core.call import Call
from cleanroom.core.facts import IncidentJoined, IncidentNoted, IncidentTold, SensorTripped, SloJudged
from cleanroom.core.incident.state import base_of, subject_of
from cleanroom.core.incident.timeline import LAST, MOST
from cleanroom.core.ledger import Write
from cleanroom.core.postmortem.gaps import GAP
from cleanroom.core.postmortem.page import NAMES, parse
from cleanroom.entry.cli.commands import commands


@pytest.fixture(scope="module")
def past(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """Read only."""
    made = happened(tmp_path_factory.mktemp("past"))
    written(made)
    return made


def complaints(at: Place, text: str) -> list[tuple[int, str]]:
    """What the linter says of that page in the place of the real one."""
    before = at.page.read_bytes()
    try:
        at.page.write_bytes(text.encode("utf-8"))
        return [(f.line, f.message) for f in postmortem.check(at.room, "1")]
    finally:
        at.page.write_bytes(before)


def line_with(text: str, part: str) -> int:
    return next(n for n, line in enumerate(text.split("\n"), start=1) if part in line)


def test_the_timeline_has_the_ledger_and_peoples_notes_in_one_order(past: Place) -> None:
    found = timeline(past.room, "1")
    assert [(m.at[11:16], m.what.partition(":")[0], m.step) for m in found if m.rank < LAST] == [
        ("09:00", "flag checkout set", ""),
        ("09:10", "detected and opened", "detected"),
        ("09:11", "the second server was restarted", ""),
        ("09:12", "flag checkout killed", ""),
        ("09:12", "contained", "contained"),
        ("10:15", "mitigated", "mitigated"),
    ]
    assert not any(m.skewed for m in found)
    note = next(m for m in found if m.kind == "incident_noted")
    assert (note.who, note.index) == (ANA, 5), "a note stands where it says, with the entry that has it"


def test_an_alert_and_what_the_policy_did_stand_before_the_incident_that_somebody_opens_later(tmp_path: Path) -> None:
    at = place(tmp_path)
    with (tmp_path / "cleanroom.toml").open("a", encoding="utf-8") as file:
        file.write('[policy]\nact_on_critical = ["kill-flag"]\n')
    at.later(30)
    since = after(START, 600)
    signal = Signal(
        "slo/truth", "chat-eu", "critical", "", "hallucinations doubled", since, since, ("rate: 2.1%",), "slo"
    )
    alerts.signal(at.room, signal)
    tick(at.room)
    at.later(30)
    ((found,), id) = alerts.every(at.room), "1"
    open_for_alert(at.room, alert_base(found.alert).id)
    moments = [m for m in timeline(at.room, id) if m.rank < LAST]
    assert [(m.at[11:16], m.step) for m in moments if m.step] == [
        ("09:10", "began"),
        ("09:30", "detected"),
        ("09:30", "contained"),
    ]
    assert not any(m.skewed for m in moments), "an entry that tells of an earlier moment is no clock that is wrong"
    whats = [m.what for m in moments]
    assert any(w.startswith("critical alert ") and w.endswith(": hallucinations doubled") for w in whats)
    assert sum("kill-flag checkout" in w for w in whats) == 1, "what the alert and the incident both say is said once"
    text = postmortem.draft(at.room, id).read_text("utf-8")
    assert "was detected, 20 minutes after it began: hallucinations doubled." in text
    assert "Monitoring found it 20 minutes after it began." in text


def test_a_clock_that_is_wrong_moves_nothing_silently(tmp_path: Path) -> None:
    at = place(tmp_path)
    open_by_hand(at.room, Report("orders are counted twice", system="chat-eu"))
    at.later(-30)  # the clock of the server that contains it is half an hour behind
    contain.contain(at.room, "1")
    at.later(45)
    store, subject = at.room.store, subject_of("1")
    ahead = IncidentNoted("1", "from tomorrow", after(START, 86_400), at.room.by, after(START, 86_400))
    store.append([Write(subject, store.version(subject), ahead)])
    at.later(1)
    people.note(at.room, "1", "the right time again")
    found = [m for m in timeline(at.room, "1") if m.subject == subject and m.kind != "lead_named"]
    assert [m.index for m in found] == sorted(m.index for m in found), "the ledger's order holds"
    assert [bool(m.skewed) for m in found] == [False, True, True, False]
    assert "its clock says 2026-11-22 08:30:00 UTC, before entry 2" in found[1].skewed
    assert found[1].clock < found[1].at == found[0].at
    assert "has not come yet" in found[2].skewed
    assert "(its clock said 2026-11-22 08:30:00 UTC)" in postmortem.draft(at.room, "1").read_text("utf-8")


def test_what_was_measured_is_in_it_and_what_is_of_another_system_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = place(tmp_path)
    now, none = at.clock.at, digest(b"")
    judged = [
        SloJudged(name, system, none, "violated", (), 9, 4, 0.4, 0.1, 0.7, 0.0, "too many", now)
        for name, system in (("mine", "chat-eu"), ("theirs", "billing"))
    ]
    tripped = SensorTripped("s", none, now[:10], ("x",), "a column is empty", "0.1", "0.9", "all", now, (), now)
    writes = [Write(f"slo/{j.slo}", 0, j) for j in judged]
    at.room.store.append([*writes, Write("sensor/s", 0, tripped)])
    at.later(6 * 60 + 30)
    flags.kill(at.room, "checkout", "it is wrong")
    open_by_hand(at.room, Report("wrong", system="chat-eu"))
    assert next(m.kind for m in timeline(at.room, "1")) == "flag_killed", "what is older than six hours is left out"
    at.later(-60)
    open_by_hand(at.room, Report("wrong again", system="chat-eu"))
    whats = [m.what for m in timeline(at.room, "2")]
    assert "SLO mine violated: too many" in whats
    assert "sensor s over its bound: a column is empty (0.9 against 0.1)" in whats
    assert not any("theirs" in w for w in whats)
    monkeypatch.setattr("cleanroom.app.incident.timeline.AFTER", 1)
    flags.restore(at.room, "checkout")
    last = timeline(at.room, "2")[-1]
    assert last.what == "the ledger was looked through up to entry 8; 1 further left out", "and it says so"


def test_a_system_is_nobody_whatever_it_is_called(tmp_path: Path) -> None:
    at = place(tmp_path)
    systems = tmp_path / "systems"
    other = (systems / "chat-eu.yaml").read_text("utf-8").replace("chat-eu", "help-desk")
    (systems / "help-desk.yaml").write_text(other, "utf-8")
    open_by_hand(at.room, Report("answers are wrong", system="help-desk"))
    draft = postmortem.draft(at.room, "1").read_text("utf-8")
    assert "a failure of help-desk was detected" in draft

    def blamed() -> list[str]:
        return [f.message for f in postmortem.check(at.room, "1") if "makes a person the cause" in f.message]

    assert blamed() == []
    at.page.write_text(
        draft.replace("## Root cause", "## Root cause\n\nThe help desk deployed a bad prompt.\n"), "utf-8"
    )
    assert blamed() == ["this makes a person the cause: 'The help desk deployed a bad prompt.'"]


def test_a_prompt_that_nobody_wrote_down_is_in_the_timeline(tmp_path: Path) -> None:
    at = happened(tmp_path)
    detected = micros(base_of(existing(at.room, "1")).opened.detected)
    start = detected - 30 * HOUR

    def used(prompt: str, model: str, hours: range, step: int = 6) -> list[Call]:
        moments = [start + h * HOUR + m * MINUTE for h in hours for m in range(0, 60, step)]
        of = replace(call(0, 0), system="chat-eu", prompt=prompt, model=model)
        return [replace(of, id=f"{prompt}-{model}-{m}", trace=f"t{m}", at=m, arrived=m) for m in moments]

    at.room.calls.record([*used("answers@1", "m1", range(28)), *used("answers@2", "m1", range(28, 30), 10)])
    at.room.calls.record(used("answers@2", "m2", range(30, 31)))
    at.room.calls.record([replace(c, id=f"other {c.id}", system="search") for c in used("rank@9", "m9", range(28, 30))])
    found = [m for m in timeline(at.room, "1") if m.index < 0]
    assert [(micros(m.at), m.what) for m in found] == [
        (start + 28 * HOUR, "prompt answers@2 came into use: 6 calls of chat-eu within its first hour"),
        (start + 30 * HOUR, "model m2 came into use: 10 calls of chat-eu within its first hour"),
    ]
    page = postmortem.draft(at.room, "1").read_text("utf-8")
    assert "prompt answers@2 came into use" in page.split("## Timeline")[1].split("##")[0]
    assert "Changed before it began: prompt answers@2 came into use" in page.split("## Contributing")[1].split("##")[0]
    shown = CliRunner().invoke(commands("incident"), ["incident", "timeline", "1", "--project", str(tmp_path)])
    assert "(calls say so)" in shown.output


def test_ten_thousand_alerts_are_counted_and_the_timeline_stays_readable(tmp_path: Path) -> None:
    at = place(tmp_path)
    open_by_hand(at.room, Report("everything is slow", system="chat-eu"))
    version = at.room.store.version(subject_of("1"))
    joined = [IncidentJoined("1", (f"al{n}",), 1, (), None, at.clock.at) for n in range(200)]
    joined.append(IncidentJoined("1", ("x1", "x2"), 9_800, (), None, at.clock.at))
    at.room.store.append([Write(subject_of("1"), version + n, fact) for n, fact in enumerate(joined)])
    found = timeline(at.room, "1")
    (line,) = (m for m in found if m.kind == "incident_joined")
    assert line.count == 10_000
    assert "(and 9,999 more alerts until 2026-11-22 09:00:00 UTC)" in line.what
    at.later(40)
    said = [IncidentNoted("1", f"note {n}", after(START, n), at.room.by, at.clock.at) for n in range(400)]
    at.room.store.append([Write(subject_of("1"), version + 201 + n, note) for n, note in enumerate(said)])
    full = timeline(at.room, "1")
    assert len(full) == MOST + 1
    assert full[-1].what == f"and {full[-1].count} further entries"
    assert next(m for m in full if m.step == "detected")
    whole = timeline(at.room, "1", None)
    assert sum(m.kind == "incident_noted" for m in whole) == 400
    assert [m for m in whole if m in full] == [m for m in full if m.kind != "more"]
    run = CliRunner()
    short = run.invoke(commands("incident"), ["incident", "timeline", "1", "--project", str(tmp_path)]).output
    assert "cleanroom incident timeline 1 --all" in short
    every = run.invoke(commands("incident"), ["incident", "timeline", "1", "--all", "--project", str(tmp_path)]).output
    assert (every.count("note "), short.count("note ")) == (400, sum(m.kind == "incident_noted" for m in full))
    assert len(postmortem.draft(at.room, "1").read_text("utf-8").split()) < 700


def test_a_draft_says_what_is_known_and_leaves_the_rest_open(tmp_path: Path) -> None:
    at = happened(tmp_path)
    text = postmortem.draft(at.room, "1").read_text("utf-8")
    assert [s.name for s in parse(text).sections] == list(NAMES)
    assert "It was contained after 2 minutes and mitigated after 65 minutes." in text
    assert "| a2 | refuse a mapping without the tenant header | prompt, guard or capability |" in text
    found = postmortem.check(at.room, "1")
    assert {f.message for f in found} == {f"'{GAP}' stands for something that is not written yet"}, found
    assert len(found) == text.count(f"{GAP}(")
    assert postmortem.draft(at.room, "1") == at.page, "a draft that nobody touched is written anew"
    at.page.write_text(text + "mine", "utf-8")
    with pytest.raises(Refused, match="edited by somebody"):
        postmortem.draft(at.room, "1")
    postmortem.draft(at.room, "1", replace=True)
    assert at.page.read_text("utf-8") == text


def test_a_page_that_is_complete_lints(past: Place) -> None:
    assert postmortem.check(past.room, "1") == ()


LESSON = "A check that is advisory stops nothing when it matters."
CAUSE = "The deploy did not require an eval pass, so that a mapping without the header got through."
DAY = "- 2026-11-22"
CONTAINED = "it was contained at 2026-11-22T09:12:00Z, as the ledger has it"


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("## Lessons", "## Lesson", "there is no section 'Lesson'"),
        ("## Lessons", "## Lesson", "the section 'Lessons' is missing"),
        ("## What worked", "## Summary", "the section 'Summary' stands here again"),
        (LESSON, "n/a", "the section 'Lessons' says nothing"),
        (LESSON, "", "the section 'Lessons' is empty"),
        (LESSON, "Test more.", "the section 'Lessons' is too short to be specific"),
        ("A check that is advisory", "TBD", "'TBD' stands for something that is not written yet"),
        ("Twelve shops saw orders twice for some minutes.", "One. Two more. And three.", "the summary has 5 sentences"),
        (f"{DAY} 09:12:00 UTC: contained", f"{DAY} 09:40 UTC: contained", CONTAINED),
        (f"{DAY} 10:15:00 UTC: mitigated", f"{DAY} 10:15 UTC: done", "the timeline does not say when it was mitigated"),
        (f"{DAY} 09:11:00", f"{DAY} 09:01:00", "2026-11-22 09:01:00 UTC stands after 2026-11-22 09:10:00 UTC (line 10)"),
        (f"{DAY} 09:11:00 UTC", "- about then", "no moment can be read in 'about then: the second server was res...'"),
        (f"{DAY} 09:11:00", "- 2027-11-22 09:11:00", "2027-11-22 09:11:00 UTC has not come yet"),
        (CAUSE, "The mapping of the orders was wrong.", "the root cause does not say what allowed it"),
        ("The deploy did not require", f"{BO} did not require", "the root cause names a person"),
        ("| docs or runbook |", "| other |", "no action is of the kind 'docs or runbook'"),
        ("| docs or runbook |", "| party |", "action a4 has no kind"),
        (f"regression case | {BO} |", "regression case | |", "action a1 has no owner"),
        (f"regression case | {BO} |", f"regression case | {ANA} |", f"the owner of a1 is {BO}, as the ledger has it"),
        ("| a2 |", "| a9 |", "action a9 is not in the ledger"),
        ("| a2 |", "| a9 |", "action a2 of the ledger is not on the page"),
        ("| a2 |", "| a1 |", "action a1 stands here again"),
        ("2026-12-01 |", "soon |", "action a1 has no date"),
        ("2026-12-01 |", "2026-12-02 |", "a1 is due on 2026-12-01, as the ledger has it"),
        ("## What worked", "```\n## What worked", "a code block begins here and never ends: what follows is hidden"),
        ("No alert watched", "Bo broke production.\n- No alert watched", "this makes a person the cause: 'Bo broke production.'"),
    ],
)  # fmt: skip
def test_each_mistake_is_found_and_said(past: Place, old: str, new: str, says: str) -> None:
    text = past.page.read_text("utf-8")
    assert old in text
    assert says in [what for _, what in complaints(past, text.replace(old, new, 1))]


def test_a_page_that_was_edited_out_of_shape_is_met_with_lines_and_a_way_out(past: Place) -> None:
    text = past.page.read_text("utf-8")
    head, _, rest = text.partition("## Root cause")
    swapped = (
        head.replace("## Timeline", "## Lessons\n\nNothing was learned from it at all.\n\n## Timeline")
        + "## Root cause"
        + rest
    )
    found = complaints(past, swapped)
    assert (line_with(swapped, "## Timeline"), "'Timeline' comes after 'Lessons'") in found
    for broken in ("", "\x00\x1b[2J", "# only a title", "## Summary\n" * 400, "| a | b\n" * 300, "word " * 900):
        assert complaints(past, broken)
    before = past.page.read_bytes()
    past.page.write_bytes(b"## Summary\n\xff\xfe")
    try:
        assert [(f.line, f.message) for f in postmortem.check(past.room, "1")] == [(2, "this is no UTF-8 text")]
    finally:
        past.page.write_bytes(before)


def test_a_list_does_as_well_as_a_table_and_headings_as_people_write_them(past: Place) -> None:
    text = (
        past.page.read_text("utf-8")
        .replace("## Root cause", "## 3. Root-cause: ##")
        .replace("## Summary", "Summary\n---")
    )
    start, end = text.index("| Id |"), text.index("## Lessons")
    kinds = ("regression case", "prompt, guard or capability", "monitoring", "docs or runbook")
    listed = "\n".join(f"* a{n}: do it (owner: {BO}; due: 2026-12-01; kind: {k})" for n, k in enumerate(kinds, start=1))
    assert complaints(past, text[:start] + listed + "\n\n" + text[end:]) == []


def test_an_owner_who_left_is_a_finding_until_somebody_else_takes_over(tmp_path: Path) -> None:
    at = happened(tmp_path)
    written(at)
    settings = at.room.project.root / "cleanroom.toml"
    settings.write_text(settings.read_text("utf-8").replace(f', "{BO}"', ""), "utf-8")
    found = postmortem.check(at.room, "1")
    assert len(found) == 4
    assert all(f"{BO}, who owns a" in f.message for f in found)
    assert found[0].hint.startswith("cleanroom incident action move 1 a1 --owner PERSON")
    for n in range(1, 5):
        actions.move(at.room, "1", f"a{n}", owner="analytics", because="the owner left")
    at.page.write_text(at.page.read_text("utf-8").replace(BO, "analytics"), "utf-8")
    assert postmortem.check(at.room, "1") == (), "a role may own an action, too"


def test_it_is_published_read_and_looked_at_again(tmp_path: Path) -> None:
    at = happened(tmp_path)
    with pytest.raises(NotFound, match=r"postmortems/incident-1\.md is not there"):
        postmortem.publish(at.room, "1")
    postmortem.draft(at.room, "1")
    with pytest.raises(Refused, match=r"incident-1.md:\d+: '.*and \d+ more"):
        postmortem.publish(at.room, "1")
    with pytest.raises(Refused, match="not published yet"):
        postmortem.read(at.other(BO), "1")
    text = written(at)
    first = postmortem.publish(at.room, "1")
    assert first.published == at.clock.at
    assert not first.edited
    assert not first.overdue
    size = at.room.store.size()
    assert postmortem.publish(at.room, "1") == first
    assert at.room.store.size() == size, "the same page twice is once"
    with pytest.raises(Misuse, match="has passed"):
        postmortem.review(at.room, "1", START, (BO,))
    postmortem.review(at.room, "1", after(at.clock.at, LATE), (BO, OLGA))
    assert [t.what for t in postmortem.reading_list(at.other(BO))] == ["read"]
    assert postmortem.reading_list(at.room) == (), "who published it has read it"
    at.page.write_text(text.replace("Twelve shops", "Thirteen shops"), "utf-8")
    shown, now = postmortem.read(at.other(BO), "1")
    assert shown == text, "it is read as it was published"
    assert now.edited
    assert (now.read, now.unread) == ((ANA, BO), (OLGA,))
    at.later(LATE / 60)
    assert [(t.id, t.what) for t in postmortem.reading_list(at.other(OLGA))] == [("1", "read"), ("1", "review")]
    again = postmortem.publish(at.room, "1")
    assert (again.read, again.unread, again.review_due) == ((ANA,), (BO, OLGA), True), "another page is to be read anew"


def test_it_is_overdue_when_its_day_has_passed(tmp_path: Path) -> None:
    at = happened(tmp_path)
    assert not postmortem.standing(at.room, "1").overdue
    at.later(8 * 24 * 60)
    (found,) = postmortem.standings(at.room)
    assert found.overdue
    assert found.file == ""


def test_people_are_told_what_is_known_and_never_a_cause_that_nobody_confirmed(tmp_path: Path) -> None:
    at = place(tmp_path)
    at.later(10)
    open_by_hand(at.room, Report(f"chat-eu of {BO} is wrong since checkout", system="chat-eu", flag="checkout"))
    inside, outside = (communicate.draft(at.room, "1", a) for a in ("internal", "customers"))
    assert "Detected 2026-11-22 09:10 UTC in chat-eu" in inside
    assert "The cause is not confirmed" in inside
    assert "not contained yet" in inside
    for secret in ("chat-eu", "checkout", BO, ANA, "sev", "incident"):
        assert secret not in outside
    assert "still going on" in outside
    assert "The cause is not confirmed" in outside
    contain.contain(at.room, "1")
    assert "does no further harm" in communicate.draft(at.room, "1", "customers")


def test_the_same_text_goes_out_once_and_the_ledger_knows(tmp_path: Path) -> None:
    at = happened(tmp_path)
    text = communicate.draft(at.room, "1", "internal")
    sent = communicate.send(at.room, "1", "internal", text)
    assert sent.new
    assert sent.channels == ("team",), "a channel that is somebody's own is not shared"
    again = communicate.send(at.room, "1", "internal", text.replace("\n", "\r\n"))
    assert not again.new
    assert again.before == ("team",)
    kept = at.room.project.root / ".cleanroom" / "incidents" / "1" / f"told-{sent.text[7:23]}.txt"
    assert kept.read_text("utf-8") == text.strip()
    with pytest.raises(Refused, match=r"names 'chat-eu'.*of our inside"):
        communicate.send(at.room, "1", "customers", "Our chat-eu was down.")
    with pytest.raises(Refused, match="personal data"):
        communicate.send(at.room, "1", "customers", "Write to somebody@elsewhere.example.")
    with pytest.raises(Misuse, match="no channel 'statuspage'"):
        communicate.send(at.room, "1", "customers", "We are sorry.", ("statuspage",))
    assert communicate.send(at.room, "1", "customers", "We are sorry.").channels == (), "a person sends it on"
    assert communicate.send(at.room, "1", "customers", "We are sorry.", ("status-page",)).channels == ("status-page",)
    told = base_of(existing(at.room, "1")).told
    assert [(t.audience, t.channels) for t in told] == [
        ("internal", ("team",)),
        ("customers", ()),
        ("customers", ("status-page",)),
    ]
    assert sum(isinstance(e.fact, IncidentTold) for e in at.room.store.history(subject_of("1"))) == 3


def test_the_commands_say_it_too(tmp_path: Path) -> None:
    at = happened(tmp_path)

    def run(*words: str, code: int = 0, who: str = ANA) -> str:
        done = CliRunner().invoke(commands(words[0]), [*words, "--project", str(tmp_path), "--as", who])
        assert done.exit_code == code, done.output
        return done.output

    assert "is drafted" in run("postmortem", "draft", "1")
    assert "stands for something" in run("postmortem", "lint", "1", code=1)
    assert json.loads(run("postmortem", "publish", "1", "--json", code=1))["errors"] == 4
    written_page = written(at)
    assert json.loads(run("postmortem", "lint", "1", "--json")) == {"errors": 0, "warnings": 0, "findings": []}
    assert "is published" in run("postmortem", "publish", "1")
    assert "1: published on" in run("postmortem", "list")
    assert "Thirteen" not in run("postmortem", "read", "1", who=BO)
    assert "Twelve" in written_page
    assert "to be read by" in run("postmortem", "review", "1", "--on", "2099-12-01", "--reader", OLGA)
    assert json.loads(run("postmortem", "list", "--json", who=OLGA))["waits"][0]["what"] == "read"
    assert "contained: safe-fallback checkout" in run("incident", "timeline", "1")
    assert json.loads(run("incident", "timeline", "1", "--json"))[1]["step"] == "detected"
    assert "What is not known" in run("incident", "communicate", "1", "--to", "internal")
    mine = tmp_path / "mine.txt"
    mine.write_text("All is well again.\n", "utf-8")
    shown = run("incident", "communicate", "1", "--to", "customers", "--file", str(mine))
    assert "Nothing was sent: the same with --send sends it" in shown
    assert (
        json.loads(run("incident", "communicate", "1", "--to", "internal", "--file", str(mine), "--json"))["sent"]
        is False
    )
    mine.write_text("What chat-eu said was wrong.", "utf-8")
    run("incident", "communicate", "1", "--to", "customers", "--file", str(mine), code=1)
    assert base_of(existing(at.room, "1")).told == ()
    assert "on its way through team" in run("incident", "communicate", "1", "--to", "internal", "--send")
