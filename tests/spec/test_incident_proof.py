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
from cleanroom.app.incident.case import case_of, into_golden, name_case, read_case
from cleanroom.app.incident.kept import model_at
from cleanroom.app.incident.open import Report, open_by_hand, open_for_alert
from cleanroom.app.incident.timeline import timeline
from cleanroom.app.incident.versions import current, named
from cleanroom.app.signals import record
from cleanroom.core.base import HOUR, MINUTE, Misuse, Refused, after, instant, micros
from cleanroom.core.facts import IncidentProven
from cleanroom.core.flags import Flag, Split
from cleanroom.core.incident import decide
from cleanroom.core.incident.state import Closed, base_of, state_of
from cleanroom.core.outcome import Outcome
from cleanroom.core.prompt_case import PromptCase, schema_of
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
    with pytest.raises(Refused, match=f"{ANA} was only claimed"):
        proof.ask_waiver(at.room, "1", "nothing can run it")
    proof.ask_waiver(replace(at.room, proof="token"), "1", "the supplier's index cannot be run here")
    with pytest.raises(Refused, match="second person"):
        proof.agree(at.other(ANA.upper()), "1")
    with pytest.raises(Refused, match=f"{BO} was only claimed"):
        proof.agree(at.other(BO), "1")
    with pytest.raises(Refused, match="not proven"):
        proof.close(at.room, "1")
    proof.agree(replace(at.other(BO), proof="session"), "1")
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
    size = at.room.store.size()
    at.later(5)
    flags.restore(at.room, "checkout")
    assert any(m.index >= size and "checkout restored" in m.what for m in timeline(at.room, "1")), (
        "not only up to its closing"
    )
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


QUESTION = "Q: May I return it after 40 days?"
YES, TERMS = '{"answer": "Yes, of course!"}', '{"answer": "Within 30 days only."}'


def recorded(file: Path, replies: dict[str, str]) -> None:
    """A recording of what a model said to each user text."""
    said = {"about": "x", "model": "m", "version": "1", "tokens_in": 1, "tokens_out": 1}
    asks = {user: Ask("You answer.", user, schema_of(CASE), 0.0, 0, 800) for user in replies}
    lines = [
        json.dumps({"request": request_digest(asks[user]), "reply": reply, **said}) for user, reply in replies.items()
    ]
    file.write_text("\n".join(lines) + "\n", "utf-8")


def contained(
    tmp_path: Path, prompt: str, recordings: dict[str, dict[str, str]], report: Report | None = None
) -> Place:
    """A project with that prompt and recorded models, forty good days, bad hours, and an incident that is contained: of an
    alert, or as somebody reports it.
    """
    at = place(tmp_path)
    (tmp_path / "prompts").mkdir()
    (tmp_path / "prompts" / "answers.yaml").write_text(prompt, "utf-8")
    models = ""
    for name, replies in recordings.items():
        recorded(tmp_path / f"{name}.jsonl", replies)
        models += f'[models.{name}]\nkind = "replay"\nfile = "{name}.jsonl"\n'
    (tmp_path / "cleanroom.toml").write_text(SETTINGS + models, "utf-8")
    at.room = replace(room(tmp_path, ANA), clock=at.clock)
    production(at)
    at.later(20)
    if report is not None:
        open_by_hand(at.room, report)
    else:
        alerts.signal(at.room, signal(at, ago=11 * 60))
        settled(at)
        (shown,) = alerts.every(at.room)
        open_for_alert(at.room, shown.alert.id)  # type: ignore[union-attr]
    contain.contain(at.room, "1")
    return at


def ready(at: Place) -> None:
    """All that a proof needs beside the case and the fix."""
    sensors = at.room.project.root / "sensors"
    sensors.mkdir(exist_ok=True)
    (sensors / "hours.yaml").write_text(SENSOR, "utf-8")
    proof.monitor(at.room, "1", "hours")
    with pytest.raises(Refused, match="cannot be proven yet: no required action"):
        proof.prove(at.room, "1")
    for work in ("case", "fix", "monitor", "docs"):
        _, action = actions.add(at.room, "1", f"do the {work}", work, ANA, after(at.clock.at, 86_400), required=True)
        actions.finish(at.room, "1", action, "there")
    written(at)
    assert postmortem.check(at.room, "1") == ()
    postmortem.publish(at.room, "1")


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
    replies = {f"{QUESTION} Please the customer.": YES, f"{QUESTION} Say what the terms say.": TERMS}
    at = contained(tmp_path, GOOD.format(2, "Say what the terms say."), {"recorded": replies})
    old, new = tmp_path / "old.yaml", tmp_path / "prompts" / "answers.yaml"
    old.write_text(GOOD.format(1, "Please the customer."), "utf-8")
    assert proof.mitigate(at.room, "1", "prompt/answers", "the terms come first")
    line = '{"id": "refund", "prompt": "answers", "model": "recorded", "input": {"question": "May I return it after 40 days?"}, '
    case = read_case((line + '"lacks": ["yes"], "contains": ["30 days"]}').encode(), "case.jsonl")
    assert case == CASE
    for wrong in ("prompt/greetings", "change/answers", "change/answers@sha256:" + "a" * 64):
        with pytest.raises(Misuse, match="asks the prompt answers, not"):
            name_case(at.room, "1", case, wrong, old.read_bytes())
    for wrong in ("whatever you like", "model/../../x y", "prompt/answers@sha256:12", "answers"):
        with pytest.raises(Misuse):
            name_case(at.room, "1", case, wrong, old.read_bytes())
    with pytest.raises(Refused, match="prompt/answers is the fix that is in place"):
        name_case(at.room, "1", case)
    with pytest.raises(Misuse, match="a recording of a model's replies, and no prompt"):
        name_case(at.room, "1", case, then=(tmp_path / "recorded.jsonl").read_bytes())
    name_case(at.room, "1", case, then=old.read_bytes())
    assert case_of(at.room, base_of(read.existing(at.room, "1"))) == CASE
    ready(at)
    done = base_of(proof.prove(at.room, "1"))
    found = done.proof
    assert found is not None
    assert (found.red.passed, found.green.passed) == (False, True)
    assert found.red.because == "it does not say '30 days'; it says 'yes'"
    assert found.earlier.own > 0
    assert found.earlier.bound <= 4
    golden = tmp_path / "golden" / "prompts" / "incident-1.jsonl"
    assert json.loads(golden.read_text("utf-8"))["id"] == "refund"
    assert into_golden(at.room, "7", case) is None, "it is there already, and twice it could not be read"
    with pytest.raises(Refused, match="golden/ has another case 'refund'"):
        into_golden(at.room, "7", replace(case, lacks=("of course",)))
    assert into_golden(at.room, "1", replace(case, lacks=("of course",))) == golden, "the same incident, another case"
    into_golden(at.room, "1", case)
    new.write_text(GOOD.format(3, "Be short."), "utf-8")
    proof.mitigate(at.room, "1", "prompt/answers", "shorter")
    assert base_of(read.existing(at.room, "1")).proof is None, "another fix was not tried"
    with pytest.raises(Refused, match="not proven"):
        proof.close(at.room, "1")
    (tmp_path / "sensors" / "hours.yaml").write_text(SENSOR.replace("0.1", "0.2"), "utf-8")
    with pytest.raises(Refused, match=r"edited since it was named; .* no reply to this request"):
        proof.prove(at.room, "1")  # all that does not hold at once
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


def test_a_model_is_proven_by_another_one(tmp_path: Path) -> None:
    """The same prompt, put to the model that did the harm and to the one that answers now."""
    user = f"{QUESTION} Say what the terms say."
    prompt = GOOD.format(1, "Say what the terms say.")
    at = contained(tmp_path, prompt, {"recorded": {user: YES}, "other": {user: TERMS}, "same": {user: YES}})
    with pytest.raises(Misuse, match="no model 'othre'"):
        proof.mitigate(at.room, "1", "model/othre", "it reads the terms")
    recorded(tmp_path / "elsewhere.jsonl", {"Q: Something else?": YES})
    with pytest.raises(Misuse, match="no reply to this request"):
        name_case(at.room, "1", CASE, "model/recorded", (tmp_path / "elsewhere.jsonl").read_bytes())
    (tmp_path / "broken.jsonl").write_text("{}\n", "utf-8")
    with pytest.raises(Misuse, match="no recorded reply"):
        name_case(at.room, "1", CASE, "model/recorded", (tmp_path / "broken.jsonl").read_bytes())
    name_case(at.room, "1", CASE, "model/recorded")
    with pytest.raises(Refused, match="is what did the harm"):
        proof.mitigate(at.room, "1", "model/same", "another name of the same model")
    proof.mitigate(at.room, "1", "model/other", "it reads the terms")
    ready(at)
    recorded(tmp_path / "recorded.jsonl", {user: TERMS})
    (tmp_path / "prompts" / "answers.yaml").write_text(prompt + "again: 'Say it once more.'\n", "utf-8")
    found = base_of(proof.prove(at.room, "1")).proof
    assert found is not None
    assert (found.red.version, found.red.passed) == ("model/recorded", False), "as it was, not as its file is now"
    assert (found.green.version, found.green.passed) == ("model/other", True)
    recorded(tmp_path / "other.jsonl", {user: TERMS, "Q: More?": YES})
    assert base_of(proof.prove(at.room, "1")).proof, "the fix is kept as it was, too"
    for kept in (tmp_path / ".cleanroom" / "models").glob("*.json"):
        kept.write_text(kept.read_text("utf-8").replace("recording", "weights"), "utf-8")
    with pytest.raises(Refused, match=r"recorded is not what it was.*other is not what it was"):
        proof.prove(at.room, "1")


def test_a_report_is_proven_too_since_the_monitor_says_when_it_began(tmp_path: Path) -> None:
    """Nobody types when it began: what the new monitor watches says so, or nothing does and that is said."""
    user = f"{QUESTION} Say what the terms say."
    report = Report("answers promise refunds", system="chat-eu", flag="checkout")
    prompt = GOOD.format(1, "Say what the terms say.")
    at = contained(tmp_path, prompt, {"recorded": {user: YES}, "other": {user: TERMS}}, report)
    begun = micros(at.clock.at) - 20 * MINUTE - 10 * HOUR
    assert base_of(read.existing(at.room, "1")).began is None
    assert any("which nothing on record does yet" in lack for lack in decide.missing(read.existing(at.room, "1")))
    name_case(at.room, "1", CASE, "model/recorded")
    proof.mitigate(at.room, "1", "model/other", "it reads the terms")
    (tmp_path / "sensors").mkdir()
    (tmp_path / "sensors" / "none.yaml").write_text(SENSOR.replace("metric: error", "metric: slow"), "utf-8")
    named = proof.monitor(at.room, "1", "none")
    assert any("what none watches had not risen by its detection" in lack for lack in decide.missing(named))
    ready(at)
    known = base_of(read.existing(at.room, "1"))
    assert known.began is not None
    assert known.began.says == "error of checkout rose from 0% to 50%"
    assert abs(micros(known.began.at) - begun) <= 10 * MINUTE
    found = base_of(proof.prove(at.room, "1")).proof
    assert found is not None
    assert found.earlier.own > 0


def test_which_model_it_was_is_kept_without_its_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    at = happened(tmp_path)
    toml = tmp_path / "cleanroom.toml"
    line = '[models.{}]\nkind = "openai"\nmodel = "{}"\nbase_url = "http://127.0.0.1:9/v1"\napi_key_env = "K"\n'
    toml.write_text(toml.read_text("utf-8") + line.format("large", "v1") + line.format("next", "v2"), "utf-8")
    toml.write_text(toml.read_text("utf-8") + line.format('"gpt:4o@home"', "v3"), "utf-8")
    odd = current(at.room, "model/gpt:4o@home")
    assert named(at.room, f"{odd.name}@{odd.digest}") == named(at.room, odd.name) == odd
    first, again = current(at.room, "model/large"), current(at.room, "model/large")
    assert first == again
    assert first.digest != current(at.room, "model/next").digest
    monkeypatch.setenv("K", "hidden-key")
    assert model_at(at.room, first).endpoint == "http://127.0.0.1:9/v1"
    kept = (tmp_path / ".cleanroom" / "models" / f"{first.digest.removeprefix('sha256:')}.json").read_text("utf-8")
    assert "hidden-key" not in kept
    assert json.loads(kept)["exact"] == "v1 at http://127.0.0.1:9/v1"
    monkeypatch.delenv("K")
    with pytest.raises(Misuse, match=r"needs an API key, and \$K is not set"):
        model_at(at.room, first)


def test_a_case_must_be_one_and_say_what_must_come_out(tmp_path: Path) -> None:
    at = happened(tmp_path)
    two = b'{"id": "a", "key": {"x": 1}, "expect": {"y": 2}}\n{"id": "b", "key": {"x": 1}, "expect": {"y": 2}}\n'
    for content, said in (
        (two, "holds 2 cases"),
        (b"{", "line|:1:"),
        (2 * b'{"id": "a", "prompt": "p", "model": "m", "lacks": ["x"]}\n', "holds 2 cases"),
        (b'{"id": "a", "prompt": "p", "model": "m", "lacks": []}', "nothing says what must come out"),
        (b'{"id": "a", "prompt": "p", "model": "m"}', "nothing says what must come out"),
        (b'{"id": "a", "prompt": "p", "model": "m", "lacks": ["x"], "nope": 1}', "nope"),
    ):
        with pytest.raises(Misuse, match=said):
            read_case(content, "case.jsonl")
    case = read_case(b'{"id": "a", "key": {"x": 1}, "expect": {"y": 2}}', "case.jsonl")
    with pytest.raises(Misuse, match="nothing says which version did the harm"):
        name_case(at.room, "1", case)
