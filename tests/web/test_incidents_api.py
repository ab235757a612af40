"""/v1/incidents: from the first sign to its closure, step by step, each behind its door."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient
from tests import incident_shop
from tests.doors import ANA, BO, MACHINE, Yard, bearer, yard
from tests.flag_samples import flag
from tests.slo_samples import SYSTEM

from cleanroom.app import alerts, flags
from cleanroom.core.alert import Signal
from cleanroom.core.base import Instant
from cleanroom.core.facts import FlagKilled, IncidentContained
from cleanroom.core.postmortem.gaps import GAP

NOW = Instant("2026-11-22T09:00:00.000000Z")
DUE = "2026-12-01"


@pytest.fixture
def home(tmp_path: Path) -> Yard:
    folder = tmp_path / "shop"
    folder.mkdir()
    incident_shop.declare(folder)
    made = yard(folder)
    flags.put(made.room, flag())
    return made


def client(home: Yard, person: str = ANA, *scopes: str) -> TestClient:
    made = home.client()
    made.headers.update(bearer(home.token(person, *(scopes or ("read", "oncall")))))
    return made


def said(answer: Any, status: int = 200) -> Any:
    assert answer.status_code == status, answer.text
    if status >= 400:
        assert answer.headers["content-type"] == "application/problem+json"
    return answer.json()


def opened(person: TestClient, **more: Any) -> dict[str, Any]:
    wish = {"title": "orders are counted twice", "system": SYSTEM, "severity": "sev1", **more}
    made: dict[str, Any] = said(person.post("/v1/incidents", json=wish), 201)
    return made


def test_contained_in_one_call_and_never_closed_without_proof(home: Yard) -> None:
    person = client(home)
    made = opened(person)
    assert (made["id"], made["state"], made["flag"], made["steps"][0]["step"]) == (
        "1",
        "detected",
        "checkout",
        "detect",
    )
    refused = said(person.post("/v1/incidents/1/mitigate", json={"fix": "other/index rebuilt", "because": "x"}), 403)
    assert "is not contained" in refused["detail"]
    (first, *_) = said(person.get("/v1/incidents/1/options"))
    assert first["target"] == "checkout"
    home.later(180)
    held = said(person.post("/v1/incidents/1/contain", json={}))
    assert (held["state"], held["clocks"]["contain_seconds"]) == ("contained", 180.0)
    assert any(isinstance(f, FlagKilled) for f in home.facts("flag/checkout"))
    fixed = said(person.post("/v1/incidents/1/mitigate", json={"fix": "other/index rebuilt", "because": "all pages"}))
    assert fixed["state"] == "mitigated"
    assert [lack.split(":")[0] for lack in fixed["missing"]] == [
        "nothing here can run the fix 'other/index rebuilt'", "no regression case", "no new monitor", "no required action",
        "no postmortem",
    ]  # fmt: skip
    said(person.post("/v1/incidents/1/close"), 403)
    said(person.post("/v1/incidents/1/prove"), 403)


def test_a_waiver_takes_the_lead_and_a_second_person(home: Yard) -> None:
    lead, other = client(home), client(home, BO)
    opened(lead)
    said(lead.post("/v1/incidents/1/contain", json={"act": "none", "because": "the provider is back"}))
    said(lead.post("/v1/incidents/1/mitigate", json={"fix": "other/provider", "because": "theirs"}))
    reason = {"because": "the provider's model cannot be run here"}
    said(lead.post("/v1/incidents/1/waive", json=reason), 403)
    named = said(lead.post("/v1/incidents/1/lead", json={"person": ANA}))
    assert (named["lead"], named["lead_confirmed"]) == (ANA, True)
    said(other.post("/v1/incidents/1/waive", json=reason), 403)
    assert said(lead.post("/v1/incidents/1/waive", json=reason))["waiver"]["agreed"] is None
    said(lead.post("/v1/incidents/1/agree"), 403)
    said(lead.post("/v1/incidents/1/close"), 403)
    said(other.post("/v1/incidents/1/agree"))
    over = said(lead.post("/v1/incidents/1/close"))
    assert (over["state"], over["closed"]["how"], over["waiver"]["asked"]["reason"]) == (
        "closed", "waived", reason["because"],
    )  # fmt: skip
    assert said(lead.get("/v1/incidents")) == []
    assert [i["id"] for i in said(lead.get("/v1/incidents?all=true"))] == ["1"]
    said(lead.post("/v1/incidents/1/note", json={"text": "seen again by nobody"}))
    said(lead.post("/v1/incidents/1/grade", json={"severity": "sev3", "because": "x"}), 403)
    home.later(60)
    assert said(lead.post("/v1/incidents/1/reopen", json={"because": "it came back"}))["state"] == "detected"
    loop = said(lead.get("/v1/loop"))
    assert (loop["recurring"], loop["closed_without_proof"], loop["incidents"][0]["id"]) == (0, 0, "1")
    for _ in range(2):
        opened(lead)
    for path, inside in (("incidents?all=true", None), ("loop?x", "incidents")):
        first, second = (said(lead.get(f"/v1/{path}&limit={limit}")) for limit in ("2", "2&before=2"))
        pages = [[i["id"] for i in (p[inside] if inside else p)] for p in (first, second)]
        assert pages == [["3", "2"], ["1"]]
    assert second["total"] == 3
    said(lead.get("/v1/loop?limit=0"), 422)


def test_an_alert_has_one_incident_with_its_path(home: Yard) -> None:
    person = client(home)
    alerts.signal(
        home.room,
        Signal("injection", SYSTEM, "critical", "inputs", "a text gives orders", NOW, NOW, (), "injection"),
    )  # fmt: skip
    id = said(person.get("/v1/alerts"))[0]["id"]
    made = said(person.post("/v1/incidents", json={"alert": id}), 201)
    assert (made["category"], made["category_confirmed"], made["alerts"]) == ("injection", False, [id])
    assert said(person.post("/v1/incidents", json={"alert": id}), 201)["id"] == made["id"]
    said(person.post("/v1/incidents", json={"alert": id, "title": "both"}), 400)
    said(person.post("/v1/incidents", json={"alert": "nope"}), 404)
    assert said(person.post("/v1/incidents/1/sort", json={"category": "hallucination"}))["category_confirmed"]
    asked = {a["question"]: a for a in said(person.post("/v1/incidents/1/diagnosis"))}
    assert asked["hallucination/grounding"]["says"] is not None
    wish = {"question": "hallucination/prompt", "answer": "no: it is as it was"}
    assert said(person.post("/v1/incidents/1/answer", json=wish))["by"] == ANA
    assert [a["by"] for a in said(person.get("/v1/incidents/1/diagnosis")) if a["by"]] == [ANA]
    steps = said(person.get("/v1/incidents/1/runbook"))["steps"]
    assert steps[0]["done"] is None
    assert said(person.post("/v1/incidents/1/runbook/1"))["steps"][0]["by"] == ANA
    said(person.post("/v1/incidents/1/runbook/99"), 404)
    said(person.post("/v1/incidents/1/note", json={"text": "a user wrote", "at": "2026-11-22T08:00:00Z"}))
    told = said(person.get("/v1/incidents/1/timeline"))
    assert next(m for m in told if m["kind"] == "incident_noted")["at"] == "2026-11-22T08:00:00.000000Z"
    first, second = (said(person.get(f"/v1/incidents/1/timeline?offset={n}&limit=2")) for n in (0, 2))
    assert [*first, *second] == told[:4]
    assert [m["kind"] for m in said(person.get("/v1/incidents/1/timeline?limit=1"))][-1] == "more"


def test_actions_have_an_owner_a_day_and_evidence(home: Yard) -> None:
    person = client(home)
    opened(person)
    wish = {"what": "have the deploy require an eval pass", "work": "fix", "owner": ANA, "due": "2026-12-01T12:00:00Z"}
    made = said(person.post("/v1/incidents/1/actions", json=wish), 201)
    assert (made["id"], made["required"], made["done"]) == ("a1", True, None)
    said(person.post("/v1/incidents/1/actions", json={**wish, "due": "2026-11-01T12:00:00Z"}), 400)
    said(person.post("/v1/incidents/1/actions", json={**wish, "work": "hope"}), 422)
    said(person.post("/v1/incidents/1/actions/a1/move", json={"owner": BO, "because": ""}), 400)
    moved = said(person.post("/v1/incidents/1/actions/a1/move", json={"owner": BO, "because": "leave"}))
    assert (moved["owner"], moved["behind"], moved["owner_known"]) == (BO, [], True)
    left = said(person.post("/v1/incidents/1/actions/a1/move", json={"owner": "gone@x.example", "because": "x"}))
    assert left["owner_known"] is False
    assert said(person.post("/v1/incidents/1/actions", json={**wish, "due": "3d"}), 201)["owner_known"] is True
    said(person.post("/v1/incidents/1/actions/a1/done", json={"evidence": " "}), 400)
    assert said(person.post("/v1/incidents/1/actions/a1/done", json={"evidence": "change/x"}))["evidence"] == "change/x"
    said(person.post("/v1/incidents/1/actions/a1/done", json={"evidence": "again"}), 403)
    said(person.post("/v1/incidents/1/actions/a9/done", json={"evidence": "x"}), 404)
    said(person.post("/v1/incidents/1/actions/a1/file", json={}), 400)


def test_a_page_is_drafted_linted_and_not_published_unfinished(home: Yard) -> None:
    person = client(home)
    opened(person)
    said(person.get("/v1/incidents/1/postmortem/lint"), 404)
    assert said(person.post("/v1/incidents/1/postmortem/draft", json={}))["file"] == "postmortems/incident-1.md"
    assert any(GAP in f["message"] for f in said(person.get("/v1/incidents/1/postmortem/lint")))
    said(person.post("/v1/incidents/1/postmortem/publish"), 403)
    said(person.post("/v1/incidents/1/postmortem/read"), 403)
    review = {"on": DUE, "readers": [BO]}
    assert said(person.post("/v1/incidents/1/postmortem/review", json=review))["readers"] == [BO]
    assert said(person.get("/v1/reading")) == []
    assert said(person.get("/v1/postmortems"))[0]["published"] is None
    draft = said(person.get("/v1/incidents/1/message?audience=customers"))
    sent = said(person.post("/v1/incidents/1/message", json=draft))
    assert (sent["new"], said(person.post("/v1/incidents/1/message", json=draft))["new"]) == (True, False)
    inside = {"audience": "customers", "text": f"The system {SYSTEM} was wrong."}
    said(person.post("/v1/incidents/1/message", json=inside), 403)


def test_what_does_not_fit_is_a_problem_with_a_hint(home: Yard) -> None:
    person = client(home)
    opened(person)
    said(person.post("/v1/incidents/1/contain", json={"act": "none", "because": "over"}))
    unfit: list[tuple[str, dict[str, Any]]] = [
        ("mitigate", {"fix": "prompt/../cleanroom", "because": "x"}),
        ("mitigate", {"fix": "prompt/a\x00b", "because": "x"}),
        ("case", {"case": {"id": "x", "input": {"a": 1}, "expect": {"b": 1}}}),
        ("case", {"case": {"id": "x"}}),
        ("monitor", {"sensor": "profiles-fresh"}),
        ("note", {"text": "later", "at": "2099-01-01T00:00:00Z"}),
        ("note", {"text": "when?", "at": "yesterday"}),
        ("contain", {"act": "roll-back", "target": "nothing"}),
    ]
    for path, body in unfit:
        problem = said(person.post(f"/v1/incidents/1/{path}", json=body), 400)
        assert problem["detail"], path
        assert problem["hint"], path


def test_each_door_has_its_scope_and_bounds(home: Yard) -> None:
    reader, machine, person = client(home, ANA, "read"), client(home, MACHINE, "alerts"), client(home)
    for path, body in (
        ("", {"title": "x"}), ("/1/contain", {}), ("/1/lead", {}), ("/1/prove", None), ("/1/close", None),
        ("/1/agree", None), ("/1/diagnosis", None), ("/1/runbook/1", None), ("/1/postmortem/publish", None), ("/sync", None),
    ):  # fmt: skip
        said(reader.post(f"/v1/incidents{path}", json=body), 403)
    said(machine.get("/v1/incidents"), 403)
    said(machine.get("/v1/loop"), 403)
    said(home.client().get("/v1/incidents/1"), 401)
    for path in ("", "/timeline", "/options", "/diagnosis", "/runbook", "/postmortem", "/message"):
        said(reader.get(f"/v1/incidents/9{path}"), 404)
    said(person.post("/v1/incidents", json={"title": "x", "severity": "sev0"}), 422)
    said(person.post("/v1/incidents", json={"title": "x" * 501}), 422)
    said(person.post("/v1/incidents", json={"title": "x", "more": 1}), 422)
    said(person.post("/v1/incidents", json={"title": ""}), 400)
    assert home.facts("incident/1") == []
    assert not any(isinstance(f, IncidentContained) for f in home.facts("incident/9"))
