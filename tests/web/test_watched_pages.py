"""From a system in trouble to the answers behind the bad minute, and what a person can decide on the way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from tests import watched_shop
from tests.page_shop import ANA, BEN, OTO, serving
from tests.page_visits import DESK, PHONE, SOAK, facts, overflow, violations, visiting
from tests.slo_samples import SYSTEM

from cleanroom.app import access, alerts, systems
from cleanroom.app.room import Room
from cleanroom.app.sensors.read import one as sensor
from cleanroom.app.slo.watch import watch_slos
from cleanroom.core.alerts.state import base_of, state_of
from cleanroom.core.base import after
from cleanroom.core.facts import SensorUnblocked, Silenced
from cleanroom.wiring import room

if TYPE_CHECKING:
    from playwright.sync_api import Browser


SETTINGS = f'name = "shop"\n[roles]\nreviewer = ["{BEN}"]\nowner = ["{OTO}"]\nadmin = ["{BEN}"]\n'


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[tuple[Room, str]]:
    """A project with the assistant and its day, served."""
    (tmp_path / "cleanroom.toml").write_text(SETTINGS, "utf-8")
    watched_shop.declare(tmp_path)
    work = room(tmp_path, ANA)
    watched_shop.watch(work)
    with serving(work) as address:
        yield work, address


def alert_of(work: Room) -> str:
    """The id of the one alert of the bad hour."""
    (found,) = [a for a in alerts.every(work) if base_of(a.alert).level == "critical"]
    return base_of(found.alert).id


def test_a_bad_minute_leads_to_the_answers_behind_it(browser: Browser, watched: tuple[Room, str]) -> None:
    work, _ = watched
    with visiting(browser, watched, BEN) as page:
        page.goto("/systems")
        card = page.locator("article.glance.fail").inner_text()
        assert "no-errors violated" in card
        assert "answers-true cannot tell" in card
        page.get_by_role("link", name=SYSTEM, exact=True).click()
        assert "Nobody has labelled a call yet" in page.locator("main").inner_text()
        label = page.locator("svg.over-time").get_attribute("aria-label") or ""
        assert label.startswith("Failed requests from ")
        assert page.locator("svg.over-time text.bar").text_content() == "promised: 0.5%"
        doors = page.locator("svg.over-time a")
        assert doors.count() > 60, "every step with calls can be opened"
        worst = page.locator("section[aria-labelledby=over-time] .marks a[href*='bad=error']").first
        said, _, _ = worst.inner_text().partition(" of ")
        worst.click()
        rows = page.locator("tbody tr")
        assert rows.count() == int(said), "just those that failed in that step"
        assert {rows.nth(i).locator(".tag.fail").inner_text() for i in range(rows.count())} == {"timeout"}
        rows.first.locator("a").click()
        assert "A failed call of mini-3" in page.locator("h1").inner_text()
        assert page.locator(".text.output").inner_text() == "Yes, within 30 days of delivery."
    assert systems.one(work, SYSTEM).tone == "fail"


def test_other_metrics_and_parts_are_a_click_away(browser: Browser, watched: tuple[Room, str]) -> None:
    with visiting(browser, watched, BEN) as page:
        page.goto(f"/systems/{SYSTEM}")
        page.locator(".tiles a", has_text="Latency").click()
        assert (page.locator("svg.over-time").get_attribute("aria-label") or "").startswith("Latency from ")
        assert page.locator("svg.over-time text.bar").count() == 0, "no promise is made of it"
        page.goto(f"/systems/{SYSTEM}?span=7d")
        page.locator(".tiles a", has_text=f"Age of the data ({watched_shop.FRESH}, hours)").click()
        assert (page.locator("svg.over-time").get_attribute("aria-label") or "").startswith("Age of the data")
        assert page.locator("svg.over-time text.bar").count() == 1, "the bound of the sensor"
        page.get_by_role("link", name="variant", exact=True).click()
        rows = page.locator("section[aria-labelledby=by] tbody tr")
        assert {rows.nth(i).locator("th").inner_text() for i in range(rows.count())} == {"new", "old", "All"}
        page.get_by_role("link", name="7d", exact=True).click()
        assert page.locator(".spans a[aria-current]").first.inner_text() == "7d"
        assert page.request.get(f"/systems/{SYSTEM}?span=1y").status == 400
        assert page.request.get("/systems/nothing").status == 404
        assert page.request.get(f"/calls/{'0' * 32}-{'9' * 16}").status == 404


def test_an_alert_is_answered_on_its_page(browser: Browser, watched: tuple[Room, str]) -> None:
    work, _ = watched
    id = alert_of(work)
    with visiting(browser, watched, BEN) as page:
        page.goto("/alerts")
        assert "Nobody is on 2 alerts yet" in page.locator("h1").inner_text()
        page.locator("article.thing.fail a.button").click()
        text = page.locator("main").inner_text()
        assert "promised: at most 0.5%" in text
        assert "First step" in text
        page.get_by_text("Be silent about it").click()
        page.locator("#why").fill("The provider is being moved.")
        page.get_by_role("button", name="Silence").click()
        assert "Silent." in page.locator(".flash").inner_text()
        page.locator("#ack").fill("Looking at the provider.")
        page.get_by_role("button", name="I am on it").click()
        assert f"{BEN} is on it" in page.locator(".state").inner_text()
        page.get_by_text("It is over").click()
        page.locator("#over").fill("The provider is back.")
        page.get_by_role("button", name="Resolve").click()
        assert "The provider is back." in page.locator(".state").inner_text()
        page.goto("/alerts")
        page.get_by_role("button", name="Lift it").click()
        assert "None holds." in page.locator("main").inner_text()
    assert state_of(alerts.one(work, id).alert) == "resolved"
    assert [f.because for f in facts(work, "silences", Silenced)] == ["The provider is being moved."]


def test_only_who_may_waive_lets_go_on_what_a_sensor_holds_up(browser: Browser, watched: tuple[Room, str]) -> None:
    work, _ = watched
    name = watched_shop.STALE
    with visiting(browser, watched, BEN) as page:
        page.goto(f"/sensors/{name}")
        assert "OVER ITS BOUND" in page.locator(".state").inner_text()
        page.locator("#because").fill("The import is late today.")
        page.get_by_role("button", name="Let it go on").click()
        assert "only owner may let a sensor's finding pass" in page.locator(".flash.fail").inner_text()
    assert sensor(work, name).standing.blocks
    with visiting(browser, watched, OTO) as page:
        page.goto(f"/sensors/{name}")
        page.locator("#because").fill("The import is late today.")
        page.get_by_role("button", name="Let it go on").click()
        assert "It holds up nothing." in page.locator("main").inner_text()
    assert [f.by.person for f in facts(work, f"sensor/{name}", SensorUnblocked)] == [OTO]
    assert not sensor(work, name).standing.blocks


@pytest.mark.parametrize(("width", "scheme"), [(PHONE, "dark"), (DESK, "light")][: 2 if SOAK else 1])
def test_the_pages_fit_and_meet_wcag_aa(browser: Browser, watched: tuple[Room, str], width: int, scheme: str) -> None:
    work, _ = watched
    first = work.calls.rows(SYSTEM, 0, 2**53, {}, limit=1)[0].id
    paths = (
        "/systems", f"/systems/{SYSTEM}", f"/systems/{SYSTEM}/calls?bad=error", f"/calls/{first}",
        "/alerts", "/alerts?over=yes", f"/alerts/{alert_of(work)}", "/sensors", f"/sensors/{watched_shop.STALE}",
    )  # fmt: skip
    found: list[Any] = []
    with visiting(browser, watched, BEN, width=width, scheme=scheme) as page:
        for path in paths:
            page.goto(path)
            found += violations(page)
            assert overflow(page) <= 0, path
    assert found == [], "\n".join(map(str, found))


def test_what_telemetry_brought_cannot_become_markup(browser: Browser, watched: tuple[Room, str]) -> None:
    work, _ = watched
    evil = "<script>window.hurt = 1</script><img src=x onerror='window.hurt = 1'>"
    call = watched_shop.calls(watched_shop.now_of(work))[-1]
    bad = replace(
        call,
        id=f"{99:032x}-{2:016x}",
        trace=f"{99:032x}",
        output=evil,
        input=evil,
        model=evil,
        feature=evil,
        error="e" + evil,
        sources=(evil,),
    )
    work.calls.record([bad])
    with visiting(browser, watched, BEN) as page:
        for path in (f"/systems/{SYSTEM}", f"/systems/{SYSTEM}/calls", f"/calls/{bad.id}"):
            page.goto(path)
            assert page.evaluate("window.hurt") is None
        assert "<script>window.hurt" in page.locator("main").inner_text()


def test_prometheus_reads_how_alerts_promises_and_sensors_stand(watched: tuple[Room, str]) -> None:
    work, address = watched
    watch_slos(work)
    headers = {"authorization": f"Bearer {reading(work)}"}
    said = httpx.get(f"{address}/metrics", headers=headers).text.splitlines()
    assert f'cleanroom_alerts{{level="critical",state="open",system="{SYSTEM}"}} 1.0' in said
    assert f'cleanroom_slo{{says="violated",slo="no-errors",system="{SYSTEM}"}} 1.0' in said
    assert f'cleanroom_slo{{says="met",slo="no-errors",system="{SYSTEM}"}} 0.0' in said
    assert f'cleanroom_sensor{{sensor="{watched_shop.STALE}",state="over"}} 1.0' in said
    assert f'cleanroom_sensor{{sensor="{watched_shop.FRESH}",state="over"}} 0.0' in said
    assert 'cleanroom_unreadable{part="slos"} 0.0' in said
    (work.project.root / "slos" / "no-errors.yaml").write_text("kind: nonsense", "utf-8")
    said = httpx.get(f"{address}/metrics", headers=headers).text.splitlines()
    assert 'cleanroom_unreadable{part="slos"} 1.0' in said
    assert any(line.startswith("cleanroom_alerts{") for line in said), "one part that cannot be read hides no other"


def reading(work: Room) -> str:
    """A token that may read."""
    return access.make_token(work, BEN, "prometheus", ("read",), after(work.clock.now(), 3600))[1]
