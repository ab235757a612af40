"""The pages of rollouts: begin one, see its evidence, hold it, roll it back, and the switch that turns it off for all."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.page_shop import BEN, NAME, acting, serving, sign
from tests.page_visits import DESK, PHONE, facts, overflow, violations, visiting

from cleanroom.app import flags
from cleanroom.app.rollout.read import existing
from cleanroom.app.rollout.start import start
from cleanroom.app.room import Room
from cleanroom.core.base import Instant, instant, micros
from cleanroom.core.facts import FlagKilled, RolloutHeld, RolloutResumed, RolloutStarted
from cleanroom.core.progress.state import Baking, RolledBack, subject_of
from cleanroom.core.rollout.plan import HOUR, Metric, Plan
from cleanroom.entry.web.rollout_pictures import Point, evidence
from cleanroom.sim.rollouts import SimulatedClock, Traffic, minutes_of

if TYPE_CHECKING:
    from playwright.sync_api import Browser

PLAN = Plan((5_000, 50_000, 100_000), (Metric("error"), Metric("latency_ms", "above")), bake=6 * HOUR, patience=HOUR)
WORSE = Traffic(600, 100_000, {"control": {"error": 0.1}, "candidate": {"error": 0.4}}, seed=3)


@dataclass(frozen=True)
class Late:
    """The clock of two days ago, so that simulated time ends before now."""

    clock: Any

    def now(self) -> Instant:
        return instant(micros(self.clock.now()) - 48 * 3_600_000_000)


@pytest.fixture
def signed(written: Path, tmp_path: Path) -> Iterator[tuple[Room, str]]:
    """The shop, with everybody's sign-off on the change."""
    folder = tmp_path / "shop"
    shutil.copytree(written, folder)
    work = sign(folder)
    with serving(work) as address:
        yield work, address


@pytest.fixture
def worse(signed: tuple[Room, str]) -> tuple[Room, str]:
    """After a rollout that did harm."""
    work, address = signed
    clock = SimulatedClock(Late(work.clock).now())
    late = replace(acting(work, BEN), clock=clock)
    start(late, NAME, PLAN)
    for found in minutes_of(late, clock, NAME, WORSE, 30):
        if not isinstance(found, Baking):
            break
    assert isinstance(existing(work, NAME), RolledBack)
    return work, address


def test_a_person_begins_holds_resumes_and_rolls_back(browser: Browser, signed: tuple[Room, str]) -> None:
    work, address = signed
    with visiting(browser, signed, BEN, script=False) as page:
        page.goto("/rollouts")
        assert "Nothing is on its way" in page.locator("main").inner_text()
        page.locator("#metrics").fill("error, latency_ms:above")
        page.locator("#phases").fill("5, 10")
        page.get_by_role("button", name="Begin").click()
        assert "the last phase is 100%" in page.locator("[role=alert]").inner_text()
        page.locator("#phases").fill("5, 50, 100")
        page.get_by_role("button", name="Begin").click()
        page.wait_for_url(f"{address}/rollouts/{NAME}?done=started")
        assert "5% of traffic has it." in page.locator(".state").inner_text()
        assert "Nothing has been weighed yet" in page.locator("main").inner_text()
        page.locator("summary", has_text="Hold it at 5%").click()
        page.locator("#hold-because").fill("a launch today")
        page.get_by_role("button", name="Hold", exact=True).click()
        assert "HELD" in page.locator(".badge").inner_text()
        assert "A launch today" in page.locator(".state").inner_text()
        page.get_by_role("button", name="Let it go on").click()
        page.locator("summary", has_text="Roll it back").click()
        page.locator("#abort-because").fill("no longer wanted")
        page.get_by_role("button", name="Roll back", exact=True).click()
        assert "ROLLED BACK" in page.locator(".badge").inner_text()
    subject = subject_of(NAME)
    (begun,) = facts(work, subject, RolloutStarted)
    assert begun.by.person == BEN
    assert begun.by.how == "session"
    assert begun.plan.phases == (5_000, 50_000, 100_000)
    assert len(facts(work, subject, RolloutHeld)) == len(facts(work, subject, RolloutResumed)) == 1
    ended = existing(work, NAME)
    assert isinstance(ended, RolledBack)
    assert ended.because == "no longer wanted"


def test_the_kill_switch_asks_once_and_then_acts(browser: Browser, signed: tuple[Room, str]) -> None:
    work, _ = signed
    start(acting(work, BEN), NAME, PLAN)
    with visiting(browser, signed, BEN, script=False) as page:
        page.goto(f"/rollouts/{NAME}")
        page.locator("#kill-because").fill("it hurts")
        answer = page.request.post(f"/rollouts/{NAME}/kill", form={"csrf": _csrf(page), "because": "it hurts"})
        assert answer.status == 400
        assert "the box was not ticked" in answer.text()
        assert flags.one(work, NAME).standing.killed is None
        page.locator("input[name=sure]").check()
        page.get_by_role("button", name="Kill the flag").click()
        assert "KILLED" in page.locator(".badge").inner_text()
        (killed,) = facts(work, f"flag/{NAME}", FlagKilled)
        assert (killed.by.person, killed.because) == (BEN, "it hurts")
        assert flags.one(work, NAME).flag.killed
        page.get_by_role("button", name="Restore the flag").click()
        assert not flags.one(work, NAME).flag.killed


def _csrf(page: Any) -> str:
    return str(page.locator("input[name=csrf]").first.get_attribute("value"))


def test_the_evidence_is_drawn_and_told(browser: Browser, worse: tuple[Room, str]) -> None:
    with visiting(browser, worse, BEN) as page:
        page.goto("/rollouts")
        assert "Rolled back" in page.locator(".thing").inner_text()
        page.goto(f"/rollouts/{NAME}")
        said = page.locator(".state").inner_text()
        assert "Error:" in said
        assert "on the control at the same time" in said
        picture = page.locator("svg.evidence")
        label = picture.get_attribute("aria-label")
        assert label is not None
        assert "20 decides" in label
        assert len((picture.locator("polyline.harm").get_attribute("points") or "").split()) >= 3
        assert page.locator("td.harm").count() == 1
        assert page.locator(".timeline li").count() == 2


@pytest.mark.parametrize(("width", "scheme"), [(PHONE, "dark"), (DESK, "light")])
def test_the_pages_fit_and_meet_wcag_aa(browser: Browser, worse: tuple[Room, str], width: int, scheme: str) -> None:
    found: list[Any] = []
    with visiting(browser, worse, BEN, width=width, scheme=scheme) as page:
        for path in ("/rollouts", f"/rollouts/{NAME}"):
            page.goto(path)
            assert overflow(page) <= 0
            found += violations(page)
    assert found == [], "\n".join(map(str, found))


def test_names_of_changes_and_reasons_cannot_become_markup(browser: Browser, signed: tuple[Room, str]) -> None:
    work, _ = signed
    start(acting(work, BEN), NAME, PLAN)
    evil = "<script>window.hurt = 1</script><img src=x onerror='window.hurt = 1'>"
    with visiting(browser, signed, BEN) as page:
        for path in ("hold", "kill"):
            form: dict[str, Any] = {"csrf": _csrf_of(page), "because": evil, "sure": "yes"}
            assert page.request.post(f"/rollouts/{NAME}/{path}", form=form).status == 200
        page.goto(f"/rollouts/{NAME}")
        assert page.evaluate("window.hurt") is None
        assert "<script>window.hurt" in page.locator("main").inner_text()
        assert page.request.get("/rollouts/absent").status == 404


def _csrf_of(page: Any) -> str:
    page.goto(f"/rollouts/{NAME}")
    return _csrf(page)


def test_the_picture_stays_within_its_frame() -> None:
    at = Instant("2026-11-22T09:00:00.000000Z")
    later = Instant("2026-11-23T09:00:00.000000Z")
    drawn = str(evidence((Point(at, 1.0, 1.0, 0.02), Point(later, 1e300, 0.0, 0.05)), 20, at, later))
    for pair in drawn.split('points="')[1].split('"', maxsplit=1)[0].split():
        x, y = map(float, pair.split(","))
        assert 0 <= x <= 720
        assert 0 <= y <= 250
    assert "inf" not in drawn
    assert "none yet" in str(evidence((), 20, at, at))
