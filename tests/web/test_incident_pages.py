"""The pages of incidents: what goes on and what is missing, containment first, the proof, the loop, and who has what to do."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import pytest
from starlette.testclient import TestClient
from tests import incident_shop
from tests.doors import HERE
from tests.page_shop import ANA, BEN, OTO, serving, token
from tests.page_visits import DESK, PHONE, facts, overflow, violations, visiting
from tests.slo_samples import SYSTEM

from cleanroom.adapters.memory.tracker import MemoryTracker
from cleanroom.app.incident import read
from cleanroom.app.incident.contain import options
from cleanroom.app.incident.loop import loop
from cleanroom.app.room import Room
from cleanroom.core import facts as f
from cleanroom.core.base import after
from cleanroom.core.facts.incidents import IncidentContained
from cleanroom.core.incident.state import base_of, state_of
from cleanroom.core.ledger import LedgerEntry
from cleanroom.core.postmortem.gaps import GAP
from cleanroom.entry.api.app import create_app
from cleanroom.entry.web import loop_pictures, markdown_seen
from cleanroom.entry.web.told import told
from cleanroom.entry.web.told_incidents import Incidents
from cleanroom.wiring import room

if TYPE_CHECKING:
    from playwright.sync_api import Browser

OPEN = "3"


@pytest.fixture
def failing(tmp_path: Path) -> Room:
    """A shop whose assistant failed for the third time."""
    incident_shop.declare(tmp_path)
    work = room(tmp_path, ANA)
    assert incident_shop.fail(work) == OPEN
    return work


@pytest.fixture(scope="module")
def failed(tmp_path_factory: pytest.TempPathFactory) -> Room:
    """The same, for tests that only look."""
    folder = tmp_path_factory.mktemp("failed")
    incident_shop.declare(folder)
    work = room(folder, ANA)
    incident_shop.fail(work)
    return work


@pytest.fixture
def served(failing: Room) -> Iterator[tuple[Room, str]]:
    with serving(failing) as address:
        yield failing, address


class Person:
    """Somebody before the pages, without a script."""

    def __init__(self, work: Room, who: str) -> None:
        self.client = TestClient(create_app(work), base_url=HERE, follow_redirects=True)
        door = self.client.get("/sign-in")
        self.client.post("/sign-in", data={"token": token(work, who), "csrf": _csrf(door.text, "")})
        self.csrf = _csrf(self.client.get("/people").text)

    def see(self, path: str, status: int = 200) -> str:
        """The page."""
        found = self.client.get(path)
        assert found.status_code == status, _trouble(found.text)
        return found.text

    def do(self, path: str, status: int = 200, **fields: str) -> str:
        """Send a form of the page."""
        found = self.client.post(path, data={**fields, "csrf": self.csrf})
        assert found.status_code == status, _trouble(found.text)
        return found.text


def _trouble(page: str) -> str:
    """What the page says went wrong."""
    said = re.search(r'role="alert">.*?</div></div>', page, re.DOTALL)
    return re.sub(r"<[^>]+>", " ", said[0]) if said else page[-1500:]


def _csrf(page: str, otherwise: str | None = None) -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', page)
    assert found or otherwise is not None
    return found[1] if found else otherwise or ""


def test_an_issue_that_does_not_follow_is_said_and_the_action_is_moved(failing: Room) -> None:
    tracker = MemoryTracker(failing.clock, "ops")
    work = replace(failing, trackers=lambda: (tracker,))
    ben = Person(work, BEN)
    ben.do("/incidents/2/actions/a1/file")
    page = ben.do("/incidents/2/actions/a1/move", 503, owner=OTO, because="he buys")
    assert "keeps its owner: tracker ops: nobody there is known to be" in page
    assert [a.owner for a in base_of(read.existing(work, "2")).actions] == [OTO]


def test_what_goes_on_says_what_is_missing_next(failed: Room) -> None:
    ben = Person(failed, BEN)
    page = ben.see("/incidents")
    assert "One incident is not contained" in page
    assert "Stop the harm: it needs no diagnosis" in page
    assert page.index("Not contained") < page.index("Closed without proof") < page.index("Closed, proven")
    assert "1 action late" in page
    assert f'href="/incidents/{OPEN}"' in ben.see(f"/systems/{SYSTEM}")
    home = ben.see("/")
    assert home.index("An incident is not contained") < home.index("For your signature")
    assert "Have answers name the page of their source" in home
    assert 'Read the postmortem: answers promise refunds' in home  # fmt: skip
    assert "late" in home
    assert f"/incidents/{OPEN}" in ben.see(f"/alerts/{base_of(read.existing(failed, OPEN)).alerts[0]}")


def test_an_empty_shop_says_what_would_open_one(tmp_path: Path) -> None:
    (tmp_path / "cleanroom.toml").write_text(incident_shop.SETTINGS, "utf-8")
    ben = Person(room(tmp_path, ANA), BEN)
    page = ben.see("/incidents")
    assert "No incident is open" in page
    assert "open-incident" in page
    assert "The loop is empty" in ben.see("/loop")
    made = ben.do("/incidents", title="<b>orders</b> are counted twice", severity="sev3")
    assert "&lt;b&gt;orders&lt;/b&gt; are counted twice" in made
    assert "Nothing here can contain it" in made
    ben.see("/incidents/77", 404)
    ben.do("/incidents", 400, title=" ")
    assert "There are: sev1, sev2, sev3." in ben.do("/incidents", 400, title="x", severity="sev9")


def test_contained_by_one_form_that_has_to_be_confirmed(failing: Room) -> None:
    ben = Person(failing, BEN)
    page = ben.see(f"/incidents/{OPEN}")
    assert "This is the third time since incident 1" in page
    assert page.count('class="button stop block"') == 1
    best = options(failing, OPEN)[0]
    act, target = best.act, best.target
    assert "the box was not ticked" in ben.do(f"/incidents/{OPEN}/contain", 400, act=act, target=target)
    assert facts(failing, f"incident/{OPEN}", IncidentContained) == []
    assert "Contained. The harm has stopped" in ben.do(f"/incidents/{OPEN}/contain", act=act, target=target, sure="yes")
    assert facts(failing, f"flag/{incident_shop.KEY}", f.FlagKilled)
    assert f"To undo it: <code>cleanroom flag restore {incident_shop.KEY}</code>" in ben.see(f"/incidents/{OPEN}")
    assert state_of(read.existing(failing, OPEN)) == "contained"
    odd = ben.do(f"/incidents/{OPEN}/contain", 400, act="explode", sure="yes")
    assert "is no way to contain it" in odd
    assert "There are: kill-flag, safe-fallback" in odd


def test_each_step_is_a_form(failing: Room) -> None:
    ben, at = Person(failing, BEN), f"/incidents/{OPEN}"
    ben.do(f"{at}/contain", act="none", because="the provider is back", sure="yes")
    assert "They lead the write-up" in ben.do(f"{at}/lead", person=BEN)
    assert "That is the path" in ben.do(f"{at}/sort", category="hallucination")
    assert "What the queries found" in ben.do(f"{at}/diagnose")
    assert "no: it is as it was" in ben.do(f"{at}/answer", question="hallucination/prompt", text="no: it is as it was")
    assert "Checked off" in ben.do(f"{at}/steps", step="1")
    assert "A user wrote" in ben.do(f"{at}/note", text="a user wrote", when="2026-01-01T00:00:00Z")
    assert "SEV3" in ben.do(f"{at}/grade", severity="sev3", because="one user")
    assert "FIXED, NOT PROVEN" in ben.do(f"{at}/mitigate", fix="other/provider", because="theirs")
    unrunnable = ben.see(at)
    assert "Nothing here can run the fix: only a waiver closes it" in unrunnable
    assert '<b>A fix</b><span class="aloud"> is missing:</span>' in unrunnable
    assert '<details class="fold after" open><summary>' in unrunnable.split("Prove it")[1]
    ben.do(f"{at}/actions", what="ask them", work="other", owner="gone@x.example", due="tomorrow")
    assert "gone@x.example is in no role, rota or channel" in ben.see(at)
    ben.do(f"{at}/actions", what="have a second provider", work="fix", owner=BEN, due="2099-01-01", required="yes")
    assert (
        "late" not in ben.do(f"{at}/actions/a2/move", owner=OTO, due="2099-02-01", because="he buys").split("Proof")[0]
    )
    assert "change/second" in ben.do(f"{at}/actions/a2/done", evidence="change/second")
    assert "Named. The proof replays it" in ben.do(f"{at}/monitor", sensor="errors")
    assert GAP in ben.do(f"{at}/postmortem/draft")
    assert "is not published" in ben.do(f"{at}/postmortem/publish", 403)
    assert "Sent, and on record" in ben.do(f"{at}/message/internal", text="It was the provider.\n\nIt is back.")
    assert "disabled" in ben.see(at).split("Prove it")[0][-200:]
    assert "cannot be proven yet" in ben.do(f"{at}/prove", 403)
    ben.do(f"{at}/close", 403)
    assert "no second person has agreed" in ben.do(f"{at}/waive", because="the model is theirs")
    assert "needs a second person" in ben.do(f"{at}/agree", 403)
    assert "A second person is to agree" in ben.see(at)
    assert "two people agreed" in Person(failing, OTO).do(f"{at}/agree")
    assert "Closed without proof" in ben.do(f"{at}/close")
    assert state_of(read.existing(failing, OPEN)) == "closed"
    assert "Opened again" in ben.do(f"{at}/reopen", because="it came back")


def test_a_long_timeline_has_pages(failed: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    ben = Person(failed, BEN)
    assert f"/incidents/{OPEN}/timeline" not in ben.see(f"/incidents/{OPEN}"), "all of it stands on its page"
    monkeypatch.setattr("cleanroom.entry.web.incidents._MOST_MOMENTS", 2)
    monkeypatch.setattr("cleanroom.entry.web.incidents.MOST", 3)
    assert f'href="/incidents/{OPEN}/timeline"' in ben.see(f"/incidents/{OPEN}")
    first, second = (ben.see(f"/incidents/{OPEN}/timeline{q}") for q in ("", "?at=2"))
    assert (first.count('<span class="at '), second.count('<span class="at ')) == (2, 2)
    assert f'href="/incidents/{OPEN}/timeline?at=2"' in first
    assert f'href="/incidents/{OPEN}/timeline?at=1"' in second
    ben.see("/incidents/77/timeline", 404)


def test_a_proof_is_shown_with_what_it_claims(failed: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    ben = Person(failed, BEN)
    page = ben.see("/incidents/1")
    assert page.index("Red on what did the harm") < page.index("Green on the fix") < page.index("35 min earlier")
    assert "20 min of it may be claimed for the next time" in page
    assert "at most 3.6 in 30 days, with 95% confidence" in page
    waived = ben.see("/incidents/2")
    assert "the supplier withdrew the model" in waived
    assert "<b>Waived</b>" in waived
    assert "<b>Proven</b>" not in waived
    loop = ben.see("/loop")
    assert "2 of 3 incidents repeat an earlier one" in loop
    assert "20 min" in loop
    assert loop.count('class="again"') == 2
    assert "1 case, 1 monitor, 1 fix, 1 doc." in loop
    monkeypatch.setattr("cleanroom.entry.web.loop._MOST", 2)
    first = ben.see("/loop")
    second = ben.see("/loop?before=2")
    assert ('href="/loop?before=2#turns"' in first, 'href="/loop?' in second) == (True, False)
    assert first.split("One by one")[1].count("<tr>") == 3
    assert second.split("One by one")[1].count("<tr>") == 2
    assert "2 of 3 incidents repeat" in second, "the figures are of all of them"


def test_every_fact_of_an_incident_is_said_in_words(failed: Room) -> None:
    kinds = {t for union in get_args(Incidents) for t in (get_args(union) or (union,))}
    from cleanroom.core.facts import incidents, proofs

    known = {
        t
        for every in (incidents, proofs)
        for t in vars(every).values()
        if isinstance(t, type) and hasattr(t, "kind") and t.__module__ == every.__name__
    }
    assert kinds == known
    lines = [told(e) for id in ("1", "2", OPEN) for e in failed.store.history(f"incident/{id}")]
    assert len({line.says for line in lines}) > 20
    assert not [line.says for line in lines if line.sign == "ledger" and "postmortem" not in line.says]
    ben = Person(failed, BEN)
    assert "put a fix in place: change/answers-3" in ben.see("/ledger?subject=incident/1")
    entry: LedgerEntry = failed.store.history("incident/1")[0]
    assert 'href="/incidents/1"' in ben.see(f"/ledger/{entry.index}")


def test_no_dot_of_the_loop_lies_on_another_however_close_they_are_in_time(failed: Room) -> None:
    turn = loop(failed).turns[0]
    near = [
        replace(turn, id=str(n), opened=after(turn.opened, 60 * (n % 30 + 2_000 * (n % 2))), repeats=())
        for n in range(90)
    ]
    for turns in (near, near[:3]):
        drawn = str(loop_pictures.over_time(turns, after(turn.opened, 9 * 86_400)))
        dots = [(float(x), float(y)) for x, y in re.findall(r'<circle[^>]* cx="([\d.]+)" cy="([\d.]+)"', drawn)]
        assert all(math.dist(a, b) >= 24 for a, b in combinations(dots, 2))
        assert drawn.count("<a ") + sum(map(int, re.findall(r">\+(\d+)<", drawn))) == len(turns)
        assert max(y for _, y in dots) <= float(re.findall(r'viewBox="0 0 720 ([\d.]+)"', drawn)[0]) - 30


def test_a_page_of_markdown_cannot_become_markup() -> None:
    evil = "<script>x</script>"
    text = f"# Title {evil}\n\n- item **{evil}** `{evil}`\n\n| a | {evil} |\n|---|---|\n| 1 | b\\|c |\n\nwords [a](javascript:x)"
    made = str(markdown_seen.page(text))
    assert "<script" not in made
    assert "<strong>&lt;script" in made
    assert '<td data-what="&lt;script&gt;x&lt;/script&gt;" class="nowrap">b|c</td>' in made
    assert "<a" not in made


@pytest.mark.parametrize(
    ("width", "scheme", "paths"),
    [
        (PHONE, "dark", (f"/incidents/{OPEN}", "/loop")),
        (DESK, "light", ("/incidents", "/incidents/1", f"/incidents/{OPEN}/postmortem")),
    ],
)
def test_the_pages_fit_and_meet_wcag_aa(
    browser: Browser, served: tuple[Room, str], width: int, scheme: str, paths: tuple[str, ...]
) -> None:
    found: list[Any] = []
    with visiting(browser, served, BEN, width=width, scheme=scheme) as page:
        for path in paths:
            page.goto(path)
            found += violations(page)
            assert overflow(page) <= 0, path
        page.goto(f"/incidents/{OPEN}")
        page.locator("input[name=sure][type=checkbox]").first.check()
        page.get_by_role("button", name="Contain it").press("Enter")
        page.wait_for_url("**/incidents/3?done=contained")
        assert "CONTAINED" in page.locator(".badge").inner_text()
    assert found == [], "\n".join(map(str, found))
