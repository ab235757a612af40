"""Do the pages look right, in every window and colour, and do their files, reports and addresses behave?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

import pytest
from tests.page_shop import BEN, BROKEN, CAI, NAME, UNSURE, acting
from tests.page_visits import DESK, PHONE, SOAK, overflow, violations, visiting

from cleanroom.app.review import decide
from cleanroom.app.review.standing import standing
from cleanroom.app.room import Room

if TYPE_CHECKING:
    from playwright.sync_api import Browser

EVERY = (
    "/",
    "/changes",
    f"/changes/{NAME}",
    f"/changes/{UNSURE}",
    "/changes/never-checked",
    f"/changes/{NAME}/review",
    f"/changes/{NAME}/review?at=chk_pay#flag",
    "/queue",
    "/queue/case-0",
    "/queue/tags-1",
    "/ledger",
    "/ledger?subject=nothing",
    "/ledger/3",
    "/people",
)
FAULTS = ("/nothing/here", "/changes/absent", f"/changes/{BROKEN}", "/ledger/99999")


# --- looks -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("width", "scheme"), [(PHONE, "dark"), (DESK, "light")])
def test_every_page_fits_its_window(browser: Browser, looked_at: tuple[Room, str], width: int, scheme: str) -> None:
    with visiting(browser, looked_at, BEN, width=width, scheme=scheme) as page:
        wide = []
        for path in (*EVERY, *FAULTS, "/sign-in"):
            page.goto(path)
            page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
            wide += [(path, overflow(page))] if overflow(page) > 0 else []
        shade = page.evaluate("getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)")
        assert (max(shade) < 60) == (scheme == "dark")
    assert wide == []


@pytest.mark.parametrize(("width", "scheme"), [(PHONE, "light"), (DESK, "dark")][: 2 if SOAK else 1])
def test_every_page_meets_wcag_aa(browser: Browser, looked_at: tuple[Room, str], width: int, scheme: str) -> None:
    """By axe-core: light on a phone, dark on a desk; the palette itself has a test for both."""
    found: list[Any] = []
    with visiting(browser, looked_at, BEN, width=width, scheme=scheme) as page:
        for path in (*EVERY, *FAULTS[:2], "/sign-in"):
            page.goto(path)
            found += violations(page)
    assert found == [], "\n".join(map(str, found))


def test_the_focus_can_be_seen_everywhere_and_the_first_tab_skips_to_the_content(
    browser: Browser, looked_at: tuple[Room, str]
) -> None:
    with visiting(browser, looked_at, BEN) as page:
        for path in (f"/changes/{NAME}", f"/changes/{NAME}/review", "/people"):
            page.goto(path)
            page.keyboard.press("Tab")
            assert page.evaluate("document.activeElement.className") == "skip"
            for _ in range(60):
                page.keyboard.press("Tab")
                tag, style = page.evaluate(
                    "(e => [e.outerHTML.slice(0, 80), getComputedStyle(e).outlineStyle])(document.activeElement)"
                )
                if tag.startswith("<body"):
                    break
                assert style == "solid", tag


def test_a_page_says_that_something_changed_meanwhile(browser: Browser, shop: tuple[Room, str]) -> None:
    work, _ = shop
    with visiting(browser, shop, BEN) as page:
        with page.expect_response(lambda r: r.url.endswith("/v1/events")):
            page.goto(f"/changes/{NAME}")
        page.wait_for_timeout(800)
        assert not page.locator(".news").is_visible()
        decide.approve(acting(work, CAI), NAME, "identity", "")
        page.locator(".news").wait_for(state="visible", timeout=10_000)
        with page.expect_navigation():
            page.locator(".news button").click()
        assert CAI in page.locator(".signs").inner_text()


# --- the report, files, and text from addresses ------------------------------------------------------------


def test_the_stored_report_is_shown_with_its_own_style_and_nothing_else(
    browser: Browser, shop: tuple[Room, str]
) -> None:
    work, _ = shop
    with visiting(browser, shop, BEN) as page:
        page.goto(f"/changes/{NAME}")
        with page.expect_navigation():
            page.get_by_role("link", name="The full report").click()
        answer = page.request.get(f"/changes/{NAME}/report")
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "script-src" not in policy
        assert page.evaluate("getComputedStyle(document.querySelector('.hero')).borderTopWidth") == "5px"
        run = standing(work, NAME).review.checked
        assert run is not None
        folder = work.artifacts.folder(run.run)
        assert folder is not None
        (folder / "report.html").write_text("<p>All is well.", "utf-8")
        refused = page.request.get(f"/changes/{NAME}/report")
        assert refused.status == 400
        assert "edited" in refused.text()
        assert "All is well" not in refused.text()


def test_files_are_kept_for_as_long_as_their_address_names_their_content(
    browser: Browser, looked_at: tuple[Room, str]
) -> None:
    with visiting(browser, looked_at, BEN) as page:
        page.goto("/")
        sheet = page.locator("link[rel=stylesheet]").get_attribute("href")
        assert sheet is not None
        first = page.request.get(sheet)
        assert first.headers["cache-control"] == "public, max-age=31536000, immutable"
        again = page.request.get(sheet, headers={"If-None-Match": first.headers["etag"]})
        assert (again.status, again.body()) == (304, b"")
        assert page.request.get("/static/cleanroom.css").headers["cache-control"] == "no-cache"
        assert page.request.get("/static/pages.py").status == 404


def test_an_address_cannot_put_words_on_a_page(browser: Browser, looked_at: tuple[Room, str]) -> None:
    with visiting(browser, looked_at, BEN) as page:
        page.goto("/?done=You+are+fired")
        assert page.locator(".flash").count() == 0
        page.goto("/?done=approved")
        assert "Signed." in page.locator(".flash").inner_text()
        page.goto(f"/changes/{NAME}/review?at=no-such-name")
        assert "no-such-name" not in page.content()


def test_a_click_reads_no_file_of_the_project_again(
    browser: Browser, looked_at: tuple[Room, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pages stay cheap: what a click shows comes from memory as long as nothing happened."""
    work, _ = looked_at
    with visiting(browser, looked_at, BEN) as page:
        for path in EVERY[:6]:
            page.goto(path)
        reads: list[str] = []

        def spied(_: object) -> NoReturn:
            reads.append("contract")
            raise AssertionError("a click read the contract again")

        monkeypatch.setattr(type(work.project), "contract", spied)
        for path in EVERY[:6]:
            page.goto(path)
        assert reads == []
