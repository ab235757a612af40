"""Is it closed only when it was shown that it cannot come back silently, or when two people say that they do without?"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from tests.incident_samples import (
    ANA,
    BO,
    SETTINGS,
    Place,
    facts_of,
    happened,
    place,
    settled,
    signal,
    written,
)

from cleanroom.adapters.replay import request_digest
from cleanroom.app import alerts, flags
from cleanroom.app.incident import actions, communicate, contain, loop, people, postmortem, proof, read
from cleanroom.app.incident.case import case_of, name_case, read_case
from cleanroom.app.incident.open import open_for_alert
from cleanroom.app.signals import record
from cleanroom.core.base import HOUR, MINUTE, Misuse, Refused, after, instant, micros
from cleanroom.core.facts import IncidentProven
from cleanroom.core.flags import Flag, Split
from cleanroom.core.incident.case import PromptCase, schema_of
from cleanroom.core.incident.state import Closed, base_of, state_of
from cleanroom.core.outcome import Outcome
from cleanroom.entry.incidents import steps
from cleanroom.ports.model import Ask
from cleanroom.wiring import room


def test_without_proof_it_takes_two_people_and_stays_visible(tmp_path: Path) -> None:
    at = happened(tmp_path)
    with pytest.raises(Refused, match="is not proven, and stays mitigated"):
        proof.close(at.room, "1")
    with pytest.raises(Refused, match="has no lead yet"):
        proof.ask_waiver(at.room, "1", "nothing can run it")
    people.lead(at.room, "1", ANA)
    with pytest.raises(Refused, match="only the lead"):
        proof.ask_waiver(at.other(BO), "1", "nothing can run it")
    with pytest.raises(Refused, match="nobody asked"):
        proof.agree(at.other(BO), "1")
    proof.ask_waiver(at.room, "1", "the supplier's index cannot be run here")
    with pytest.raises(Refused, match="second person"):
        proof.agree(at.other(ANA.upper()), "1")
    with pytest.raises(Refused, match="not proven"):
        proof.close(at.room, "1")
    proof.agree(at.other(BO), "1")
    closed = proof.close(at.room, "1")
    assert isinstance(closed, Closed)
    assert closed.closed.how == "waived"
    assert loop.loop(at.room).unproven == 1
    with pytest.raises(Refused, match="is closed since"):
        contain.contain(at.room, "1")
    with pytest.raises(Refused, match="is closed since"):
        proof.close(at.room, "1")
    assert "does no further harm" in communicate.draft(at.room, "1", "customers")
    reopened = proof.reopen(at.room, "1", "it came\x1b[2J back")
    assert state_of(reopened) == "detected"
    assert base_of(reopened).waiver is None
    assert base_of(reopened).reopened[0].because == "it came [2J back", "no terminal acts on it"
    assert "still going on" in communicate.draft(at.room, "1", "customers")
    assert {s for s, done in steps(reopened) if done} == {"detect"}, "what was contained came back"
    with pytest.raises(Misuse, match="up to 500"):
        contain.contain(at.room, "1", "none", because="x" * 501)


SENSOR = (
    "kind: rate\nsystem: chat-eu\nflag: checkout\nmetric: error\nwindow: 6h\nthreshold: 0.1\nleast: 20\nevery: 1h\n"
)
GOOD = "name: answers\nversion: '{}'\nsystem: You answer.\nuser: 'Q: {{{{question}}}} {}'\n"
CASE = PromptCase(
    "refund",
    "answers",
    "recorded",
    (("question", "May I return it after 40 days?"),),
    lacks=("yes",),
    contains=("30 days",),
)


def _asked(user: str) -> Ask:
    return Ask("You answer.", user, schema_of(CASE), 0.0, 0, 800)


def production(at: Place) -> None:
    """Forty days in which hardly anything is bad, then hours in which much is."""
    key, split = "checkout", Split("new", 100_000)
    flags.put(at.room, Flag(key, {"old": "1", "new": "2", "safe": "0"}, "safe", control="old", split=split))
    begin, outcomes = micros(at.clock.at), []
    for hour in range(40 * 24 + 10):
        for n in range(6):
            moment = begin + hour * HOUR + n * 10 * MINUTE
            bad = hour >= 40 * 24 and n % 2 == 0
            outcomes.append(Outcome(f"{hour}-{n}", key, "new", f"u{hour}-{n}", instant(moment), {"error": bad}))
        if hour % 48 == 47 or hour >= 40 * 24:
            at.clock.at = instant(begin + (hour + 1) * HOUR)
            record(at.room, outcomes)
            outcomes = []


def test_a_prompt_is_proven_by_recorded_replies(tmp_path: Path) -> None:
    at = place(tmp_path)
    (tmp_path / "prompts").mkdir()
    old, new = tmp_path / "old.yaml", tmp_path / "prompts" / "answers.yaml"
    old.write_text(GOOD.format(1, "Please the customer."), "utf-8")
    new.write_text(GOOD.format(2, "Say what the terms say."), "utf-8")
    question = "Q: May I return it after 40 days?"
    replies = {
        f"{question} Please the customer.": '{"answer": "Yes, of course!"}',
        f"{question} Say what the terms say.": '{"answer": "Within 30 days only."}',
    }
    lines = [
        json.dumps({"request": request_digest(_asked(user)), "about": "x", "reply": reply, "model": "m", "version": "1",
                    "tokens_in": 1, "tokens_out": 1})
        for user, reply in replies.items()
    ]  # fmt: skip
    (tmp_path / "replies.jsonl").write_text("\n".join(lines) + "\n", "utf-8")
    models = '[models.recorded]\nkind = "replay"\nfile = "replies.jsonl"\n'
    (tmp_path / "cleanroom.toml").write_text(SETTINGS + models, "utf-8")
    at.room = replace(room(tmp_path, ANA), clock=at.clock)
    production(at)
    at.later(20)
    alerts.signal(at.room, signal(at, ago=11 * 60))
    settled(at)
    (shown,) = alerts.every(at.room)
    open_for_alert(at.room, shown.alert.id)  # type: ignore[union-attr]
    contain.contain(at.room, "1")
    assert proof.mitigate(at.room, "1", "prompt/answers", "the terms come first")
    line = '{"id": "refund", "prompt": "answers", "model": "recorded", "input": {"question": "May I return it after 40 days?"}, '
    case = read_case((line + '"lacks": ["yes"], "contains": ["30 days"]}').encode(), "case.jsonl")
    assert case == CASE
    name_case(at.room, "1", case, bad_file=old)
    assert case_of(at.room, base_of(read.existing(at.room, "1"))) == CASE
    (tmp_path / "sensors").mkdir()
    (tmp_path / "sensors" / "hours.yaml").write_text(SENSOR, "utf-8")
    proof.monitor(at.room, "1", "hours")
    with pytest.raises(Refused, match="cannot be proven yet: no required action"):
        proof.prove(at.room, "1")
    for work in ("case", "fix", "monitor", "docs"):
        _, action = actions.add(at.room, "1", f"do the {work}", work, ANA, after(at.clock.at, 86_400), required=True)
        actions.finish(at.room, "1", action, "there")
    written(at)
    assert postmortem.check(at.room, "1") == ()
    postmortem.publish(at.room, "1")
    done = base_of(proof.prove(at.room, "1"))
    found = done.proof
    assert found is not None
    assert (found.red.passed, found.green.passed) == (False, True)
    assert found.red.because == "it does not say '30 days'; it says 'yes'"
    assert found.earlier.own > 0
    assert found.earlier.bound <= 4
    golden = tmp_path / "golden" / "prompts" / "incident-1.jsonl"
    assert json.loads(golden.read_text("utf-8"))["id"] == "refund"
    new.write_text(GOOD.format(3, "Be short."), "utf-8")
    proof.mitigate(at.room, "1", "prompt/answers", "shorter")
    assert base_of(read.existing(at.room, "1")).proof is None, "another fix was not tried"
    with pytest.raises(Refused, match="not proven"):
        proof.close(at.room, "1")
    (tmp_path / "sensors" / "hours.yaml").write_text(SENSOR.replace("0.1", "0.2"), "utf-8")
    with pytest.raises(Misuse, match="no reply to this request"):
        proof.prove(at.room, "1")
    new.write_text(GOOD.format(2, "Say what the terms say."), "utf-8")
    proof.mitigate(at.room, "1", "prompt/answers", "back")
    with pytest.raises(Refused, match="was edited since it was named"):
        proof.prove(at.room, "1")
    (tmp_path / "sensors" / "hours.yaml").write_text(SENSOR, "utf-8")
    proof.prove(at.room, "1")
    closed = proof.close(at.room, "1")
    assert isinstance(closed, Closed)
    assert closed.closed.how == "proven"
    assert [isinstance(f, IncidentProven) for f in facts_of(at, "incident/1")].count(True) == 2
    turn = loop.loop(at.room).turns[0]
    assert (turn.added.cases, turn.added.monitors, turn.added.docs) == (1, 1, 1)


def test_a_case_must_be_one_and_say_what_must_come_out(tmp_path: Path) -> None:
    at = happened(tmp_path)
    two = b'{"id": "a", "key": {"x": 1}, "expect": {"y": 2}}\n{"id": "b", "key": {"x": 1}, "expect": {"y": 2}}\n'
    for content, said in (
        (two, "holds 2 cases"),
        (b"{", "line|:1:"),
        (b'{"id": "a", "prompt": "p", "model": "m"}', "nothing says what must come out"),
        (b'{"id": "a", "prompt": "p", "model": "m", "lacks": ["x"], "nope": 1}', "nope"),
    ):
        with pytest.raises(Misuse, match=said):
            read_case(content, "case.jsonl")
    case = read_case(b'{"id": "a", "key": {"x": 1}, "expect": {"y": 2}}', "case.jsonl")
    with pytest.raises(Misuse, match="nothing says which version did the harm"):
        name_case(at.room, "1", case)
