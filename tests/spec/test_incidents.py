"""Something goes wrong: is it one incident, is it contained at once, and does somebody do what is to be done?"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.incident_samples import (
    ANA,
    BO,
    OLGA,
    facts_of,
    happened,
    place,
    policed,
    settled,
    signal,
)
from typer.testing import CliRunner

from cleanroom.adapters.memory.tracker import MemoryTracker
from cleanroom.app import alerts, flags
from cleanroom.app.incident import actions, contain, diagnose, issues, loop, people, postmortem, proof, read
from cleanroom.app.incident.links import links
from cleanroom.app.incident.open import Report, open_by_hand, open_by_policy, open_for_alert
from cleanroom.app.incident.read import do
from cleanroom.app.queue.calibrate import calibrate
from cleanroom.app.queue.desk import promise_of
from cleanroom.core.alerts.state import Open
from cleanroom.core.alerts.state import base_of as base_of_alert
from cleanroom.core.base import MINUTE, Digest, Instant, Misuse, NotFound, Outside, Refused, after
from cleanroom.core.facts import ActionFiled, AlertActed, IncidentContained, IncidentJoined, IncidentOpened, Overdue
from cleanroom.core.flags import Flag
from cleanroom.core.incident.clocks import clocks
from cleanroom.core.incident.state import Detected, Incident, base_of, state_of
from cleanroom.core.ledger import Write
from cleanroom.core.span import seconds_of, span
from cleanroom.entry.cli.root import app
from cleanroom.entry.incidents import took, undo
from cleanroom.entry.moments import day
from cleanroom.ports.tracker import Filed, Filing
from cleanroom.wiring import room

# --- opening ------------------------------------------------------------------------------------------------


def test_a_critical_alert_opens_one_by_policy_with_what_was_done_already(tmp_path: Path) -> None:
    at = policed(tmp_path)
    alerts.signal(at.room, signal(at))
    settled(at)
    (found,) = read.going_on(at.room)
    known = base_of(found)
    assert state_of(found) == "contained", "the policy killed the flag"
    assert known.held_by is not None
    assert (known.held_by.act, known.held_by.target, known.held_by.by) == ("kill-flag", "checkout", None)
    assert (known.severity, known.systems, known.category, known.opened.by) == ("sev1", ("chat-eu",), "drift", None)
    assert known.began is not None
    assert "sensor/errors" in known.began.says
    assert (clocks(found).detect or 0) >= 20 * MINUTE
    assert known.lead is not None
    assert (known.lead.person, known.lead.by) == (ANA, None)
    acted = [f for f in facts_of(at, f"alert/{known.alerts[0]}") if isinstance(f, AlertActed)]
    assert [(a.act, a.target, a.did) for a in acted] == [("kill-flag", "checkout", True), ("open-incident", "1", True)]
    assert open_for_alert(at.room, known.alerts[0]) == found, "a person who asks for it gets the same"
    alerts.acknowledge(at.room, known.alerts[0], "on it")
    alerts.signal(at.room, signal(at, about="again"))
    settled(at)
    (found,) = read.going_on(at.room)
    assert base_of(found).count == 2, "a further alert of the system belongs to it"


def test_a_warning_opens_none_and_a_person_may(tmp_path: Path) -> None:
    at = policed(tmp_path)
    alerts.signal(at.room, signal(at, level="warning"))
    settled(at)
    assert read.going_on(at.room) == ()
    (shown,) = alerts.every(at.room)
    made = base_of(open_for_alert(at.room, shown.alert.id))  # type: ignore[union-attr]
    assert (made.severity, made.opened.by) == ("sev3", at.room.by)


def test_two_who_open_one_for_the_same_alert_at_once_have_the_same_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = place(tmp_path)
    alerts.signal(at.room, signal(at))
    settled(at)
    (shown,) = alerts.every(at.room)
    id = shown.alert.id  # type: ignore[union-attr]
    before: list[Incident] = []

    def slow(*asked: Any) -> Any:
        """Somebody else is through with it while the first one still looks for what it is linked to."""
        monkeypatch.undo()
        before.append(open_for_alert(at.other(BO), id))
        return links(*asked)

    monkeypatch.setattr("cleanroom.app.incident.open.links", slow)
    assert base_of(open_for_alert(at.room, id)).id == base_of(before[0]).id
    assert len(read.every(at.room)) == 1


def test_a_storm_is_one_incident(tmp_path: Path) -> None:
    at = policed(tmp_path)
    storm = [signal(at, f"system-{i % 25}", f"part {i}") for i in range(10_000)]
    alerts.signal(at.room, *storm)
    settled(at)
    (found,) = read.every(at.room)
    known = base_of(found)
    assert len(known.systems) == 25
    assert known.count == 25, "alerts are grouped by system already"
    at.later(15)
    alerts.signal(at.room, signal(at, "system-99"))
    settled(at)
    assert len(read.every(at.room)) == 2, "one that begins alone is no storm"


def test_an_alert_that_is_only_counted_is_counted_once_however_often_it_is_tried(tmp_path: Path) -> None:
    at = place(tmp_path)
    open_by_hand(at.room, Report("everything is slow", system="chat-eu"))
    ids = tuple(f"al{n}" for n in range(60))
    do(at.room, "1", lambda _: [IncidentJoined("1", (id,), 1, ("chat-eu",), None, at.clock.at) for id in ids])
    alert = Open("al55", "chat-eu", "critical", (signal(at),), 1, (), at.clock.at, 1)
    assert open_by_policy(at.room, alert, 60, ()) == ("1", "it belongs to the incident already")
    do(at.room, "1", lambda _: IncidentJoined("1", ("al55", "al60"), 3, (), None, at.clock.at))
    known = base_of(read.existing(at.room, "1"))
    assert (len(known.alerts), known.count) == (50, 62)


def test_many_that_open_one_after_the_other_are_a_storm_too(tmp_path: Path) -> None:
    at = policed(tmp_path)
    for i in range(12):
        alerts.signal(at.room, signal(at, f"system-{i}"))
        settled(at)
    assert len(read.every(at.room)) == 5
    assert base_of(read.every(at.room)[0]).count == 8


def test_overlapping_incidents_of_one_system_both_stand(tmp_path: Path) -> None:
    at = place(tmp_path)
    first = base_of(open_by_hand(at.room, Report("orders twice", system="chat-eu")))
    second = base_of(open_by_hand(at.room, Report("wrong language", system="chat-eu")))
    assert [base_of(i).id for i in read.going_on(at.room)] == [second.id, first.id]
    contain.contain(at.room, first.id)
    assert state_of(read.existing(at.room, second.id)) == "detected"
    (option,) = contain.options(at.room, second.id)
    assert option.means.endswith(f"killed by {ANA} already"), "what the other one did is done, and only put on record"
    before = at.room.store.version("flag/checkout")
    assert state_of(contain.contain(at.room, second.id)) == "contained"
    assert at.room.store.version("flag/checkout") == before


def test_what_is_not_there_is_one_line(tmp_path: Path) -> None:
    at = place(tmp_path)
    with pytest.raises(Misuse, match="needs a title"):
        open_by_hand(at.room, Report(" "))
    with pytest.raises(NotFound, match="no system 'chat-uk'") as caught:
        open_by_hand(at.room, Report("x", system="chat-uk"))
    assert "chat-eu" in caught.value.hint
    for report in (Report("x", change="none"), Report("x", flag="none")):
        with pytest.raises(NotFound):
            open_by_hand(at.room, report)
    with pytest.raises(NotFound, match="no incident '7'"):
        read.existing(at.room, "7")
    with pytest.raises(NotFound):
        open_for_alert(at.room, "none")


@pytest.mark.parametrize(
    ("seconds", "long", "short"),
    [
        (0, "0 seconds", "0 s"),
        (0.6, "1 second", "1 s"),
        (60, "1 minute", "1 min"),
        (119.6, "120 seconds", "120 s"),
        (330, "5.5 minutes", "5.5 min"),
        (599.9, "10 minutes", "10 min"),
        (65.4 * 60, "65 minutes", "65 min"),
        (3600, "1 hour", "1 h"),
        (26.25 * 3600, "26.2 hours", "26.2 h"),
        (86_400, "1 day", "1 day"),
        (2.8 * 86_400, "2.8 days", "2.8 days"),
        (30 * 86_400, "30 days", "30 days"),
        (2_885_475 * 86_400, "2,885,475 days", "2,885,475 days"),
    ],
)
def test_a_length_of_time_reads_the_same_wherever_it_is_told(seconds: float, long: str, short: str) -> None:
    assert (span(seconds), span(seconds, short=True)) == (long, short)
    assert seconds_of(f"the newest is {long} old") == pytest.approx(seconds, rel=0.02, abs=0.5), (
        "what draws it reads it"
    )


def test_the_page_says_a_time_as_exactly_as_the_clock(tmp_path: Path) -> None:
    at = place(tmp_path)
    open_by_hand(at.room, Report("slow", system="chat-eu"))
    at.later(2.8 * 24 * 60)
    done = contain.contain(at.room, "1")
    assert took(clocks(done).contain) == "2.8 days"
    assert "contained it 2.8 days after the detection" in postmortem.draft(at.room, "1").read_text("utf-8")


@pytest.mark.parametrize(
    ("said", "until"),
    [
        ("2026-12-01", "2026-12-01"),
        ("today", "2026-11-21"),
        (" Tomorrow ", "2026-11-22"),
        ("3d", "2026-11-24"),
        ("+3d", "2026-11-24"),
        ("in 3 days", "2026-11-24"),
        ("2w", "2026-12-05"),
        ("sunday", "2026-11-22"),
        ("saturday", "2026-11-28"),
    ],
)
def test_a_day_is_said_as_people_say_it(said: str, until: str) -> None:
    saturday = Instant("2026-11-21T23:59:00.000000Z")
    assert day(said, saturday) == f"{until}T23:59:59.000000Z"


@pytest.mark.parametrize(
    "said", ["", "soon", "2026-13-01", "20261201", "3", "in 3 months", "99999d", "2026-12-01T09:00"]
)
def test_what_is_no_day_shows_the_forms(said: str) -> None:
    with pytest.raises(Misuse, match="is no day") as caught:
        day(said, Instant("2026-11-21T23:59:00.000000Z"), "--due ")
    assert caught.value.hint.startswith("--due 2026-12-01, today, tomorrow, 3d")


# --- containing ---------------------------------------------------------------------------------------------


def test_containing_is_one_command_best_first(tmp_path: Path) -> None:
    at = place(tmp_path)
    system = tmp_path / "systems" / "chat-eu.yaml"
    more = "features: [advice]\nsources:\n  - {name: reviews, essential: false, flag: reviews}\n"
    system.write_text(system.read_text("utf-8") + more, "utf-8")
    for key in ("advice", "reviews"):
        flags.put(at.room, Flag(key, {"on": "1", "off": "0"}, "off", control="on"))
    calibrate(
        at.room, "chat-eu", [(0.9 + i / 5000, False) for i in range(400)], Digest("sha256:" + "1" * 64), 0.05, 0.05
    )
    open_by_hand(at.room, Report("wrong answers", system="chat-eu"))
    found = contain.options(at.room, "1")
    assert [(o.act, o.target) for o in found] == [
        ("safe-fallback", "checkout"), ("kill-flag", "advice"), ("disable-source", "reviews"), ("review-all", "chat-eu"),
    ]  # fmt: skip
    at.later(4)
    done = contain.contain(at.room, "1")
    assert state_of(done) == "contained"
    assert flags.one(at.room, "checkout").flag.killed
    assert clocks(done).contain == 4 * MINUTE
    contain.contain(at.room, "1", "review-all")
    assert promise_of(at.room, "chat-eu").cutoff is None
    back = [undo(c) for c in base_of(read.existing(at.room, "1")).contained]
    assert back == ["cleanroom flag restore checkout", "cleanroom queue calibrate --system chat-eu --from-reviews"]
    assert "incident 1" in promise_of(at.room, "chat-eu").says
    contain.contain(at.room, "1", "disable-source", "reviews")
    assert flags.one(at.room, "reviews").flag.killed
    with pytest.raises(Misuse, match="roll-back cannot be done") as caught:
        contain.contain(at.room, "1", "roll-back")
    assert "kill-flag advice" in caught.value.hint


def test_what_ended_by_itself_is_said_and_what_could_not_be_done_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = place(tmp_path)
    open_by_hand(at.room, Report("slow", system="chat-eu"))
    with pytest.raises(Misuse, match="how the harm ended"):
        contain.contain(at.room, "1", "none")

    def refuse(*_: object) -> None:
        raise Refused("not now")

    monkeypatch.setattr(flags, "kill", refuse)
    tried = contain.contain(at.room, "1")
    assert isinstance(tried, Detected), "what could not be done contains nothing"
    assert [(c.act, c.did, c.because) for c in tried.contained] == [("safe-fallback", False, "not now")]
    assert undo(tried.contained[0]) == ""
    with pytest.raises(Refused, match="is not contained"):
        proof.mitigate(at.room, "1", "other/waited", "it passed")
    assert state_of(contain.contain(at.room, "1", "none", because="the supplier mended it")) == "contained"


# --- people and actions -------------------------------------------------------------------------------------


def test_who_leads_is_proposed_and_confirmed(tmp_path: Path) -> None:
    at = happened(tmp_path)
    known = base_of(read.existing(at.room, "1"))
    assert known.lead is not None
    assert known.lead.by is None
    confirmed = base_of(people.lead(at.room, "1"))
    assert confirmed.lead is not None
    assert (confirmed.lead.person, confirmed.lead.by) == (known.lead.person, at.room.by)
    assert base_of(people.lead(at.other(BO), "1", BO, "knows the pipeline")).lead.person == BO  # type: ignore[union-attr]
    assert base_of(people.grade(at.room, "1", "sev1", "money is lost")).severity == "sev1"
    with pytest.raises(Misuse, match="has not come yet"):
        people.note(at.room, "1", "x", after(at.clock.at, 60))


def test_an_owner_who_left_is_replaced_and_what_is_late_goes_up_the_line(tmp_path: Path) -> None:
    at = happened(tmp_path)
    actions.move(at.room, "1", "a1", OLGA, because="bo has left")
    moved = base_of(read.existing(at.room, "1")).action("a1")
    assert moved is not None
    assert moved.owner == OLGA
    assert actions.late(at.room) == ()
    at.later(10 * 24 * 60)
    assert set(actions.late(at.room)) == {("1", w) for w in ("a1", "a2", "a3", "a4", "postmortem")}
    assert actions.late(at.room) == (), "it is told once"
    at.later(2 * 24 * 60 + 1)
    actions.late(at.room)
    late = [f for f in facts_of(at, "incident/1") if isinstance(f, Overdue) and f.what == "a2"]
    assert [(f.step, f.to) for f in late] == [(1, (BO,)), (2, (OLGA,))]
    with pytest.raises(NotFound, match="no action 'a9'"):
        actions.finish(at.room, "1", "a9", "x")
    with pytest.raises(Misuse, match="evidence"):
        actions.finish(at.room, "1", "a1", " ")
    with pytest.raises(Misuse, match="has passed"):
        actions.add(at.room, "1", "x", "fix", BO, Instant("2020-01-01T00:00:00.000000Z"), required=True)
    actions.move(at.room, "1", "a2", due=after(at.clock.at, 9 * 86_400), because="bo is ill")
    at.later(3 * 24 * 60)
    assert ("1", "a2") not in actions.late(at.room), "its new day has not passed"
    at.later(7 * 24 * 60)
    assert ("1", "a2") in actions.late(at.room)
    again = [f for f in facts_of(at, "incident/1") if isinstance(f, Overdue) and f.what == "a2"][-1]
    assert (again.step, again.to) == (1, (BO,)), "another day begins anew"
    actions.move(at.room, "1", "a2", OLGA, because="bo has left")
    actions.late(at.room)
    given = [f for f in facts_of(at, "incident/1") if isinstance(f, Overdue) and f.what == "a2"][-1]
    assert (given.step, given.to) == (1, (OLGA,)), "whoever is given what is late hears of it at the next look"
    assert ("1", "a2") not in actions.late(at.room), "and then every two days"
    actions.move(at.room, "1", "a2", BO, because="he is back")
    assert ("1", "a2") in actions.late(at.room)
    told = [m.key.split("/")[-1] for m in at.room.outbox.waiting() if m.key.startswith("incident/1/a2/")]
    own = [f"{n}@status-page" for n in (1, 3)]
    assert sorted(told) == sorted([*(f"{n}@team" for n in range(5)), *own]), "the second channel is Olga's own"
    actions.finish(at.room, "1", "a1", "golden/x.jsonl")
    with pytest.raises(Refused, match="is done since"):
        actions.finish(at.room, "1", "a1", "again")


def test_a_tracker_has_the_issue_once_and_closes_it_here(tmp_path: Path) -> None:
    at = happened(tmp_path)
    tracker = MemoryTracker(at.clock, "github", people=(ANA,))
    work = replace(at.room, trackers=lambda: (tracker,))
    filed = issues.file(work, "1", "a1")
    assert filed.left_out == ("owner",), "bo is nobody there, and that is said"
    assert issues.file(work, "1", "a1").ref == filed.ref
    assert sum(isinstance(f, ActionFiled) for f in facts_of(at, "incident/1")) == 1
    issues.file(work, "1", "a2")
    assert issues.sync(work) == ()
    tracker.move(replace(tracker.state(filed.ref), state="closed"))
    other = base_of(read.existing(work, "1")).action("a2")
    assert other is not None
    tracker.move(replace(tracker.state(other.filed[0].ref), state="closed", dropped=True))
    assert [(i, a) for i, a, _ in issues.sync(work)] == [("1", "a1"), ("1", "a2")]
    known = base_of(read.existing(work, "1"))
    assert [a.done is not None for a in known.actions] == [True, False, False, False], "dropped is not done"
    with pytest.raises(Misuse, match="no tracker 'jira'"):
        issues.file(work, "1", "a1", "jira")


def test_a_flag_that_was_off_before_somebody_reported_it_is_put_on_record(tmp_path: Path) -> None:
    at = happened(tmp_path)
    open_by_hand(at.room, Report("and again, says another customer", system="chat-eu"))
    found = base_of(contain.contain(at.room, "2"))
    assert [(c.act, c.target, c.did) for c in found.contained] == [("safe-fallback", "checkout", True)]
    assert "killed by" in found.contained[0].because


def test_an_issue_follows_when_its_action_moves_and_what_does_not_is_said(tmp_path: Path) -> None:
    at = happened(tmp_path)
    code, ops = MemoryTracker(at.clock, "code", people=(ANA,)), MemoryTracker(at.clock, "ops", people=(ANA, OLGA))
    work = replace(at.room, trackers=lambda: (code, ops))
    refs = [(t, issues.file(work, "1", "a1", t.name).ref) for t in (code, ops)]
    day, next_day = after(at.clock.at, 12 * 86_400), after(at.clock.at, 13 * 86_400)
    assert actions.move(work, "1", "a1", ANA, day, "bo has left")[1] == ()
    assert [(t.state(r).assignee, t.state(r).due) for t, r in refs] == [(ANA, day[:10])] * 2
    assert code.comments == ops.comments == [], "why it moves stays here"
    ops.failing(Outside("tracker ops: it did not answer"))
    found, behind = actions.move(work, "1", "a1", OLGA, next_day, "she knows the pipeline")
    assert [(a.owner, a.due) for a in base_of(found).actions if a.id == "a1"] == [(OLGA, next_day)], "the move stands"
    assert [b.partition(" keeps its ")[2] for b in behind] == [
        f"owner: tracker code: nobody there is known to be {OLGA!r}", "owner: tracker ops: it did not answer",
    ]  # fmt: skip
    assert [t.state(r).due for t, r in refs] == [next_day[:10], day[:10]], (
        "who is unknown there keeps no day from following"
    )
    gone = replace(at.room, trackers=lambda: ())
    assert (
        "no tracker 'code' in cleanroom.toml any more" in actions.move(gone, "1", "a1", BO, because="he is back")[1][0]
    )
    assert actions.move(work, "1", "a2", OLGA, because="bo has left")[1] == (), "it is filed nowhere"
    ops.failing(Outside("tracker ops: it did not answer"))
    done, behind = actions.finish(work, "1", "a1", "golden/customers-of-ana.jsonl")
    assert base_of(done).actions[0].done is not None
    assert [b.partition(" keeps its ")[2] for b in behind] == ["state: tracker ops: it did not answer"]
    assert [t.state(r).state for t, r in refs] == ["closed", "open"]
    assert [said for _, said in code.comments] == ["Done, with evidence: action a1 of incident 1."], "which stays here"


def test_who_files_what_somebody_else_files_at_the_moment_is_told_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = happened(tmp_path)
    tracker, other = MemoryTracker(at.clock, "github"), MemoryTracker(at.clock, "ops")
    work, file = replace(at.room, trackers=lambda: (tracker, other)), tracker.file

    def slow(filing: Filing) -> Filed:
        """While the tracker still looks whether the issue is there."""
        with pytest.raises(Refused, match="a1 is being filed in github"):
            issues.file(work, "1", "a1", "github")
        assert issues.file(work, "1", "a1", "ops").made
        return file(filing)

    monkeypatch.setattr(tracker, "file", slow)
    assert issues.file(work, "1", "a1", "github").made
    monkeypatch.undo()
    tracker.failing(Outside("tracker github: it did not answer"))
    with pytest.raises(Outside):
        issues.file(work, "1", "a1", "github")
    assert not issues.file(work, "1", "a1", "github").made, "it may be tried again at once"
    assert len(tracker.filed) == 1


# --- repeats, clocks, and what is on record -----------------------------------------------------------------


def test_the_third_time_is_said(tmp_path: Path) -> None:
    at = place(tmp_path)
    for turn in range(3):
        alerts.signal(at.room, signal(at, about="refunds"))
        settled(at)
        (shown, *_) = alerts.every(at.room)
        id = base_of(open_for_alert(at.room, shown.alert.id)).id  # type: ignore[union-attr]
        contain.contain(at.room, id, "none", because="it ended")
        proof.mitigate(at.room, id, "other/index", "rebuilt")
        alerts.resolve(at.room, shown.alert.id, "over")  # type: ignore[union-attr]
        at.later(24 * 60)
        found = loop.repeats_of(at.room, id)
        assert len(found) == turn
    assert loop.times(found) == "this is the third time since incident 1: chat-eu: errors rise refunds"
    assert any("signal: sensor/errors refunds" in r.shared for r in found)
    open_by_hand(at.room, Report("another thing", system="chat-eu"))
    assert loop.repeats_of(at.room, "4") == (), "the same system alone is no repeat"
    assert loop.loop(at.room).recurring == 2


def test_what_is_kept_of_repeats_is_what_a_new_process_finds(tmp_path: Path) -> None:
    at = place(tmp_path)
    for system in ("chat-eu", "other"):
        alerts.signal(at.room, signal(at, system, "refunds"))
        settled(at)
        open_for_alert(at.room, base_of_alert(alerts.every(at.room)[0].alert).id)

    def looked() -> list[str]:
        found, anew = loop.loop(at.room), loop.loop(replace(room(tmp_path, ANA), clock=at.clock))
        assert found == anew
        assert [loop.repeats_of(at.room, t.id) for t in found.turns] == [t.repeats for t in found.turns]
        return [r.id for r in found.turns[0].repeats]

    assert looked() == ["1"], "the same signal in two systems"
    diagnose.sort(at.room, "2", "privacy")
    assert looked() == [], "another category, and another system"
    diagnose.sort(at.room, "1", "privacy")
    assert looked() == ["1"]
    for part in ("orders", "invoices"):
        alerts.signal(at.room, signal(at, "other", part))
    settled(at)
    assert looked() == [], "its alert grew by what the other one never had"


def test_a_clock_that_is_wrong_counts_as_nothing_and_is_said(tmp_path: Path) -> None:
    at = happened(tmp_path)
    open_by_hand(at.room, Report("later", system="chat-eu"))
    at.later(-30)
    contain.contain(at.room, "2", "none", because="over")
    found = clocks(read.existing(at.room, "2"))
    assert (found.contain, found.skew) == (0, 30 * MINUTE)
    shown = CliRunner().invoke(app, ["incident", "show", "2", "--project", str(tmp_path)])
    assert "a clock is 30 min off" in shown.stdout


def test_the_ledger_has_each_step_with_its_time_and_who(tmp_path: Path) -> None:
    at = happened(tmp_path)
    facts = facts_of(at, "incident/1")
    first = facts[0]
    assert isinstance(first, IncidentOpened)
    assert first.by == at.room.by
    held = next(f for f in facts if isinstance(f, IncidentContained))
    assert (held.by, held.at) == (at.room.by, after(first.at, 120))
    shown = CliRunner().invoke(app, ["incident", "show", "1", "--json", "--project", str(tmp_path)])
    data = json.loads(shown.stdout)
    assert [s["step"] for s in data["steps"] if s["done"]] == ["detect", "contain", "mitigate"]
    assert data["clocks"]["contain_seconds"] == 120
    assert any("no regression case" in m for m in data["missing"])
    listed = CliRunner().invoke(app, ["incident", "list", "--project", str(tmp_path)])
    assert "mitigated" in listed.stdout


def test_the_command_line_says_who_is_not_reached_what_undoes_it_and_what_is_older(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = happened(tmp_path)
    monkeypatch.setattr("cleanroom.wiring.room", lambda *_: at.room)

    def run(*words: str, code: int = 0) -> str:
        done = CliRunner().invoke(app, ["incident", *words])
        assert done.exit_code == code, done.output
        return done.output

    nothing = CliRunner().invoke(app, ["incident", "show", "99", "--json"])
    assert (nothing.exit_code, nothing.stdout) == (2, ""), "an error is no result"
    stranger = "gone@x.example is in no role, rota or channel"
    assert "to undo it: cleanroom flag restore checkout" in run("show", "1")
    assert stranger in run("action", "move", "1", "a1", "--owner", "gone@x.example", "--because", "new here")
    moved = json.loads(run("action", "move", "1", "a1", "--owner", BO, "--due", "3d", "--because", "x", "--json"))
    assert moved["owner_known"] is True
    assert stranger in run("action", "add", "1", "x", "--work", "fix", "--owner", "gone@x.example", "--due", "tomorrow")
    assert [a["due"][:10] for a in json.loads(run("action", "list", "1", "--json"))[::4]] == [
        "2026-11-25",
        "2026-11-23",
    ]
    opened = facts_of(at, "incident/1")[0]
    assert isinstance(opened, IncidentOpened)
    at.room.store.append([Write(f"incident/{n}", 0, replace(opened, incident=f"{n}")) for n in range(2, 53)])
    short, full = run("loop"), run("loop", "--all")
    assert "and 2 older: cleanroom incident loop --all" in short
    assert "52 incidents left behind" in short
    assert "older" not in full
    assert "to undo it: cleanroom flag restore checkout" in run("contain", "52")
