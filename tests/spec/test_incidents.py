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
from cleanroom.app.incident import actions, contain, diagnose, loop, people, proof, read
from cleanroom.app.incident.links import links
from cleanroom.app.incident.open import Report, open_by_hand, open_for_alert
from cleanroom.app.queue.calibrate import calibrate
from cleanroom.app.queue.desk import promise_of
from cleanroom.core.alerts.state import base_of as base_of_alert
from cleanroom.core.base import MINUTE, Digest, Instant, Misuse, NotFound, Refused, after
from cleanroom.core.facts import ActionFiled, AlertActed, IncidentContained, IncidentOpened, Overdue
from cleanroom.core.flags import Flag
from cleanroom.core.incident.clocks import clocks
from cleanroom.core.incident.state import Detected, Incident, base_of, state_of
from cleanroom.entry.cli.root import app
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
    actions.finish(at.room, "1", "a1", "golden/x.jsonl")
    with pytest.raises(Refused, match="is done since"):
        actions.finish(at.room, "1", "a1", "again")


def test_a_tracker_has_the_issue_once_and_closes_it_here(tmp_path: Path) -> None:
    at = happened(tmp_path)
    tracker = MemoryTracker(at.clock, "github", people=(ANA,))
    work = replace(at.room, trackers=lambda: (tracker,))
    filed = actions.file(work, "1", "a1")
    assert filed.left_out == ("owner",), "bo is nobody there, and that is said"
    assert actions.file(work, "1", "a1").ref == filed.ref
    assert sum(isinstance(f, ActionFiled) for f in facts_of(at, "incident/1")) == 1
    actions.file(work, "1", "a2")
    assert actions.sync(work) == ()
    tracker.move(replace(tracker.state(filed.ref), state="closed"))
    other = base_of(read.existing(work, "1")).action("a2")
    assert other is not None
    tracker.move(replace(tracker.state(other.filed[0].ref), state="closed", dropped=True))
    assert [(i, a) for i, a, _ in actions.sync(work)] == [("1", "a1"), ("1", "a2")]
    known = base_of(read.existing(work, "1"))
    assert [a.done is not None for a in known.actions] == [True, False, False, False], "dropped is not done"
    with pytest.raises(Misuse, match="no tracker 'jira'"):
        actions.file(work, "1", "a1", "jira")


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
