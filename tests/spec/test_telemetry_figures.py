"""What the figures of a system say: metrics of a call, prices, overlap with sources, panels by parts."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.projects import START, fixed
from tests.telemetry_samples import AT, CALL, told
from typer.testing import CliRunner

from cleanroom.adapters.memory.calls import MemoryCalls
from cleanroom.app.room import Room
from cleanroom.app.telemetry import panels
from cleanroom.app.telemetry.events import Reported, report
from cleanroom.app.telemetry.panels import Rate, panel, window
from cleanroom.app.telemetry.take import take
from cleanroom.codec.prices import read_prices
from cleanroom.core.base import Misuse, NotFound, instant
from cleanroom.core.call import Happened
from cleanroom.core.telemetry.metrics import metrics_of
from cleanroom.core.telemetry.overlap import supported
from cleanroom.core.telemetry.prices import SHIPPED, Price, Prices, cost, over, price_of
from cleanroom.core.telemetry.told import Score, Telling, Told, Usage
from cleanroom.entry.cli.root import app

# --- metrics of one call


def metrics(**more: Any) -> dict[str, bool | float]:
    return metrics_of(told(**more), SHIPPED)


def test_a_request_has_its_figures() -> None:
    found = metrics(model="gpt-4o-mini", usage=Usage(1000, 100, 200), first=0.3, finished=("length",), error="")
    assert found == {
        "error": False,
        "latency_s": 2.0,
        "first_s": 0.3,
        "input_tokens": 1000.0,
        "output_tokens": 100.0,
        "cached_tokens": 200.0,
        "unpriced": False,
        "cost": pytest.approx((800 * 0.15 + 200 * 0.075 + 100 * 0.6) / 1e6),
        "refused": False,
        "cut_off": True,
    }
    assert metrics(error="timeout")["error"] is True
    assert metrics(finished=("stop", "content_filter"))["refused"] is True
    assert metrics(model="unheard-of", usage=Usage(1, 1))["unpriced"] is True


def test_a_tool_is_no_request_and_an_agents_tokens_count_once() -> None:
    agent = metrics(operation="invoke_agent", asks=False, usage=Usage(5, 6))
    assert agent == {
        "invoke_agent/error": False,
        "invoke_agent/latency_s": 2.0,
        "invoke_agent/input_tokens": 5.0,
        "invoke_agent/output_tokens": 6.0,
    }
    assert "error" not in metrics(operation="execute_tool", asks=False, said={"error": True})


def test_the_application_knows_its_bill() -> None:
    found = metrics(model="unheard-of", usage=Usage(1, 1), said={"cost": 0.5})
    assert (found["cost"], found["unpriced"]) == (0.5, False)


@pytest.mark.parametrize(
    ("score", "says"),
    [
        (Score("hallucination", 0.9), True),
        (Score("Hallucination Rate", 0.1), False),
        (Score("hallucination", None, "pass"), False),
        (Score("hallucination", None, "true"), True),
        (Score("hallucination", 0.9, "no"), False),
        (Score("groundedness", 0.2), True),
        (Score("groundedness", 0.9), False),
        (Score("Groundedness", 5, "pass"), False),
        (Score("groundedness", 1, "fail"), True),
        (Score("faithfulness", None, "unfaithful"), True),
        (Score("ungrounded_attributes", 0.7), True),
        (Score("groundedness", None, "odd"), None),
        (Score("groundedness", float("nan")), None),
        (Score("relevance", 0.0), None),
    ],
)
def test_whatever_detector_reports_is_the_detector(score: Score, says: bool | None) -> None:
    assert metrics(scores=(score,)).get("hallucination") is says


def test_of_several_detectors_any_may_say_so() -> None:
    found = metrics(scores=(Score("groundedness", 0.1), Score("hallucination", 0.1), Score("tone", 3)))
    assert (found["hallucination"], found["score/tone"], found["score/groundedness"]) == (True, 3.0, 0.1)


def test_a_classifier_is_right_or_wrong_by_class() -> None:
    assert metrics(predicted="Spam")["predicted/spam"] is False
    wrong = metrics(predicted="spam", label="ham")
    assert (wrong["misclassified"], wrong["false_discovery/spam"], wrong["missed/ham"]) == (True, True, True)
    right = metrics(predicted="spam", label="SPAM ")
    assert (right["misclassified"], right["false_discovery/spam"], right["missed/spam"]) == (False, False, False)


# --- prices


def test_prices_change_by_day() -> None:
    table = Prices((Price("m", "2026-01-01", 1.0), Price("m", "2026-06-01", 2.0), Price("m*", "2026-01-01", 9.0)))

    def at(day: str, model: str = "m") -> float | None:
        found = price_of(table, "", model, day)
        return found.input if found else None

    assert [at("2025-01-01"), at("2026-05-31"), at("2026-06-01"), at("2027-01-01")] == [1.0, 1.0, 2.0, 2.0]
    assert (at("2026-01-01", "mx"), at("2026-07-01", "m-2026-05-01"), at("2026-01-01", "x")) == (9.0, 9.0, None)
    assert cost(table, "", "m", "2026-01-01", Usage()) is None
    assert cost(table, "", "m", "2026-01-01", Usage(1_000_000, None, 5_000_000)) == 1.0


def test_a_dated_name_has_the_price_of_its_model() -> None:
    assert price_of(SHIPPED, "openai", "gpt-4o-mini-2024-07-18", "2026-01-01") == price_of(
        SHIPPED, "", "gpt-4o-mini", "2026-01-01"
    )
    assert price_of(SHIPPED, "", "gpt-4", "2026-01-01") is None


def test_the_projects_table_goes_before_the_shipped_one() -> None:
    own = Prices((Price("gpt-4o", "2026-01-01", 7.0),))
    assert price_of(over(own), "", "gpt-4o", "2026-02-01") == own.prices[0]
    assert price_of(over(own), "", "o3", "2026-02-01") == price_of(SHIPPED, "", "o3", "2026-02-01")
    assert over(Prices(own.prices, "EUR")).prices == own.prices
    assert over(None) == SHIPPED


@pytest.mark.parametrize(
    ("text", "because"),
    [
        ("prices:\n  - {model: m, since: yesterday, input: 1}\n", "2:23 'yesterday' is no day"),
        ('prices:\n  - {model: "*", since: "2026-01-01", input: 1}\n', "names no model"),
        ('prices:\n  - {model: m, since: "2026-01-01", input: -1}\n', "'input' must lie between"),
        ('prices:\n  - {model: m, since: "2026-01-01", inputs: 1}\n', "unknown key 'inputs'"),
        ("currency: euro\n", "'euro' is no currency"),
        ("- a\n", "not a mapping"),
        ("", "not a mapping"),
    ],
)
def test_a_wrong_table_says_where(text: str, because: str) -> None:
    findings = read_prices(text.encode(), "prices.yaml").findings
    assert any(because in f"{f.line}:{f.column} {f.message}" for f in findings), findings


# --- our own baseline

SOURCES = ("Parcels within Germany take two working days. Returns are free for 30 days after delivery.",)


@pytest.mark.parametrize(
    ("answer", "share"),
    [
        ("Parcels within Germany take two working days.", 1.0),
        ("Returns remain free for 30 days after the delivery.", 1.0),
        ("Returns remain free for 60 days after the delivery.", 0.0),
        ("Parcels within Germany take two working days. Express couriers deliver everything tonight.", 0.5),
        ("Hello!", None),
        ("", None),
    ],
)
def test_the_overlap_with_sources(answer: str, share: float | None) -> None:
    assert supported(answer, SOURCES) == share
    assert supported(answer, ()) is None
    assert supported(answer, ("",)) is None


# --- panels


@pytest.fixture
def home(tmp_path: Path) -> Room:
    (tmp_path / "cleanroom.toml").write_text('name = "shop"\n', "utf-8")
    return fixed(tmp_path)


@pytest.fixture(params=["memory", "store"])
def work(request: pytest.FixtureRequest, home: Room) -> Room:
    return replace(home, calls=MemoryCalls()) if request.param == "memory" else home


def spoken(n: int, **more: Any) -> Told:
    made: dict[str, Any] = {
        "id": f"{n:032x}-{n:016x}",
        "trace": f"{n:032x}",
        "at": AT + n * 1_000_000,
        "took": 1_000_000 * (n % 4 + 1),
    }
    return told(**{**made, "model": "gpt-4o-mini", "usage": Usage(1000, 100), **more})


def event(n: int, happened: Happened, **more: Any) -> Reported:
    return Reported(f"e{n}", "shop-chat", happened, instant(AT + n * 1_000_000), **more)


def filled(work: Room) -> None:
    calls = [
        spoken(
            n,
            variant="new" if n % 2 else "old",
            conversation=f"c{n // 4}",
            error="timeout" if n % 10 == 0 else "",
            scores=(Score("hallucination", float(n % 5 == 0)),),
            said={"escalated": n % 20 == 0},
            model="gpt-4o-mini" if n < 30 else "unheard-of",
        )
        for n in range(40)
    ]
    tool = spoken(99, operation="execute_tool", asks=False, tool="refund", conversation="c0")
    take(work, Telling((*calls, tool)))
    sold = [event(n, "conversion", value=25.0, variant="new") for n in range(2)]
    report(
        work,
        [
            *sold,
            event(5, "ticket", variant="old"),
            event(6, "correction", call=calls[1].id, words="no: bo@example.org"),
        ],
    )


def test_a_panel_adds_it_all_up(work: Room) -> None:
    filled(work)
    found = panel(work, "shop-chat", *window(work, 24))
    total = found.total
    assert total.requests == 40
    assert total.rates["error"] == Rate(40, 4)
    assert total.rates["hallucination"] == Rate(40, 8)
    assert (total.tokens, total.unpriced) == (44_000, 10)
    assert total.money == pytest.approx(30 * 0.00021)
    assert total.cost_per_request == pytest.approx(0.00021)
    assert total.cost_per_conversion == pytest.approx(15 * 0.00021)
    assert (total.escalated, total.per_request("ticket"), total.earned) == (0.05, 1 / 40, 50.0)
    assert total.latency is not None
    assert total.latency[0] == pytest.approx(2, rel=0.05)
    assert total.latency[2] == pytest.approx(4, rel=0.05)
    assert total.users == {"conversion": 2, "ticket": 1, "correction": 1}
    sessions = found.sessions
    assert sessions is not None
    assert (sessions.conversations, sessions.requests, sessions.tokens) == (10, 4.0, 4400.0)
    assert sessions.cost == pytest.approx(3 * 0.00021)


def test_sessions_of_more_calls_than_are_counted_are_estimated(work: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    filled(work)
    exact = panel(work, "shop-chat", *window(work, 24)).sessions
    monkeypatch.setattr(panels, "MOST_COUNTED", 5)
    found = panel(work, "shop-chat", *window(work, 24)).sessions
    assert exact is not None
    assert found is not None
    assert found.estimated
    assert replace(found, estimated=False, cost=exact.cost) == exact
    assert found.cost == pytest.approx(exact.cost)


def test_a_panel_by_parts(work: Room) -> None:
    filled(work)
    found = panel(work, "shop-chat", *window(work, 24), ("variant",))
    by = {line.parts: line for line in found.lines}
    assert by["new",].requests == by["old",].requests == 20
    assert by["old",].rates["error"] == Rate(20, 4)
    assert (by["new",].users, by["old",].users) == ({"conversion": 2, "correction": 1}, {"ticket": 1})
    two = panel(work, "shop-chat", *window(work, 24), ("model", "variant"))
    assert sum(line.requests for line in two.lines) == 40
    assert two.total == found.total
    with pytest.raises(Misuse, match="cannot tell apart"):
        panel(work, "shop-chat", 0, 1, ("variant", "variant"))
    with pytest.raises(NotFound, match="nothing has come in from 'shop'"):
        panel(work, "shop", 0, 1)


def test_labels_tell_of_precision_and_recall(work: Room) -> None:
    given = ["spam"] * 6 + ["ham"] * 4
    right = ["spam"] * 4 + ["ham"] * 2 + ["ham"] * 3 + ["spam"]
    take(
        work,
        Telling(
            tuple(
                spoken(n, predicted=p, label=r if n % 2 else "")
                for n, (p, r) in enumerate(zip(given, right, strict=True))
            )
        ),
    )
    late = [event(n, "correction", call=f"{n:032x}-{n:016x}", label=right[n]) for n in range(0, 10, 2)]
    report(work, late)
    report(work, late)
    total = panel(work, "shop-chat", *window(work, 24)).total
    assert total.classes == ("ham", "spam")
    assert total.precision("spam") == pytest.approx(4 / 6)
    assert total.recall("spam") == pytest.approx(4 / 5)
    assert total.precision("ham") == pytest.approx(3 / 4)
    assert total.requests == 10


# --- the command line


def run(*words: str) -> Any:
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    return done.output


def test_the_command_line_shows_it(home: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(home.project.root)
    monkeypatch.setenv("CLEANROOM_OPERATOR", "ana@shop.example")
    monkeypatch.setattr("cleanroom.adapters.clock.SystemClock.now", lambda _: START)
    assert "nothing has come in yet" in run("telemetry", "status")
    filled(home)
    assert "shop-chat" in run("telemetry", "status")
    seen = json.loads(run("telemetry", "status", "--json"))
    assert (seen[0]["system"], seen[0]["calls"], seen[0]["last_hours"]["requests"]) == ("shop-chat", 41, 40)
    shown = run("telemetry", "status", "--system", "shop-chat", "--by", "variant,model")
    assert "without a price" in shown
    assert "10 conversations" in shown
    assert "new · gpt-4o-mini" in shown
    told_json = json.loads(run("telemetry", "status", "--system", "shop-chat", "--by", "variant", "--json"))
    lines = {line["parts"]["variant"]: line["requests"] for line in told_json["lines"]}
    assert lines == {"new": 20, "old": 20, "": 0}  # the tool that was called is of no variant
    listed = json.loads(run("telemetry", "calls", "shop-chat", "--bad", "hallucination", "--limit", "3", "--json"))
    assert len(listed) == 3
    assert all(call["metrics"]["hallucination"] for call in listed)
    assert listed[0]["id"] in run("telemetry", "calls", "shop-chat", "--bad", "hallucination")
    assert "timeout" in run("telemetry", "show", f"{10:032x}-{10:016x}")
    event = ("telemetry", "send-event", "shop-chat", "complaint", "--id", "x1", "--words", "I am bo@example.org")
    assert "kept" in run(*event)
    assert "had come before" in run(*event)
    for words, code in (
        (("telemetry", "show", CALL), 2),
        (("telemetry", "status", "--system", "shop-chatt"), 2),
        (("telemetry", "status", "--system", "shop-chat", "--by", "weather"), 2),
        (("telemetry", "send-event", "shop-chat", "rain", "--id", "1"), 2),
        (("telemetry", "send-event", "shop-chat", "ticket", "--id", "1", "--at", "noon"), 2),
    ):
        assert CliRunner().invoke(app, words).exit_code == code, words
