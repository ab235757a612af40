"""Does the page work for people? In a real browser: phone and desk, light and dark, keyboard, paper, no script run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.report_samples import SAMPLES

from cleanroom.entry.report.html import html

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

PHONE, DESK, PAPER = 390, 1440, 718
EVERY = pytest.mark.parametrize("name", list(SAMPLES))
WIDTHS = pytest.mark.parametrize("width", [PHONE, DESK])
SCHEMES = pytest.mark.parametrize("scheme", ["light", "dark"])


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("pages")
    out = {}
    for name, sample in SAMPLES.items():
        file: Path = folder / f"{name}.html"
        file.write_text(html(sample()), "utf-8")
        out[name] = file.as_uri()
    return out


@contextmanager
def opened(browser: Browser, address: str, width: int = DESK, scheme: Any = "light") -> Iterator[Page]:
    """The page as it looks there; any message of the console, dialog or request to elsewhere fails the test."""
    trouble: list[str] = []
    page = browser.new_page(viewport={"width": width, "height": 844}, color_scheme=scheme, reduced_motion="reduce")
    page.on("console", lambda m: trouble.append(m.text))
    page.on("dialog", lambda d: trouble.append(d.message))
    page.on("request", lambda r: trouble.append(r.url) if r.url != address else None)
    page.goto(address)
    yield page
    page.close()
    assert trouble == []


def overflow(page: Page) -> int:
    """How many pixels the page is wider than the window."""
    return int(page.evaluate("document.documentElement.scrollWidth - window.innerWidth"))


@EVERY
@WIDTHS
def test_no_page_scrolls_sideways(browser: Browser, pages: dict[str, str], name: str, width: int) -> None:
    with opened(browser, pages[name], width) as page:
        assert overflow(page) <= 0
        page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
        assert overflow(page) <= 0


@SCHEMES
def test_the_page_follows_the_colour_scheme(browser: Browser, pages: dict[str, str], scheme: str) -> None:
    with opened(browser, pages["failing"], scheme=scheme) as page:
        shade = page.evaluate("getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)")
        assert (max(shade) < 60) == (scheme == "dark")


@pytest.mark.parametrize(
    ("name", "width", "scheme", "rules"),
    [
        ("failing", DESK, "light", []),
        ("failing", DESK, "dark", []),
        ("failing", PHONE, "light", ["color-contrast"]),
        ("dataset", PHONE, "dark", ["color-contrast"]),
        ("empty", DESK, "light", ["color-contrast"]),
        ("hostile", PHONE, "light", ["color-contrast"]),
    ],
)
def test_contrast_names_and_structure_meet_wcag_aa(
    browser: Browser, pages: dict[str, str], name: str, width: int, scheme: str, rules: list[str]
) -> None:
    """By axe-core. `rules` are left out: contrast takes seconds, and the palette has a test of its own."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed")
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    options = {"runOnly": {"type": "tag", "values": tags}, "rules": {r: {"enabled": False} for r in rules}}
    with opened(browser, pages[name], width, scheme) as page:
        page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
        found = axe.Axe().run(page, options=options).response["violations"]
        assert [(v["id"], v["nodes"][0]["html"][:120]) for v in found] == []


def test_the_keyboard_reaches_everything_and_shows_where_it_is(browser: Browser, pages: dict[str, str]) -> None:
    with opened(browser, pages["failing"]) as page:
        page.keyboard.press("Tab")
        skip = page.locator(".skip")
        assert skip.evaluate("e => e === document.activeElement && e.getBoundingClientRect().top >= 0")
        reached = set()
        for _ in range(60):
            page.keyboard.press("Tab")
            kind, outlined = page.evaluate(
                "(e => [e.className || e.tagName, getComputedStyle(e).outlineStyle])(document.activeElement)"
            )
            if kind == "BODY":
                break
            assert outlined == "solid", kind
            reached.add(kind)
        assert {"digest", "dot fail", "scroll", "SUMMARY"} <= reached


def test_a_finding_folds_with_the_keyboard(browser: Browser, pages: dict[str, str]) -> None:
    with opened(browser, pages["warning"]) as page:
        finding = page.locator(".finding").first
        assert not finding.locator(".body").is_visible()
        finding.locator("summary").first.focus()
        page.keyboard.press("Enter")
        assert finding.locator(".body").is_visible()


def test_the_battery_leads_to_its_finding(browser: Browser, pages: dict[str, str]) -> None:
    with opened(browser, pages["failing"]) as page:
        page.locator("a.dot.fail").nth(1).click()
        assert page.locator(".finding:target h3").inner_text() == "counts.by_event(add_to_wishlist)"


@EVERY
def test_paper_shows_all_that_is_folded(browser: Browser, pages: dict[str, str], name: str) -> None:
    with opened(browser, pages[name], PAPER, "dark") as page:
        page.emulate_media(media="print")
        page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
        hidden = page.evaluate(
            "[...document.querySelectorAll('details > :not(summary)')]"
            ".filter(e => !e.checkVisibility({contentVisibilityAuto: true}) || !e.getBoundingClientRect().height).length"
        )
        assert hidden == 0
        assert overflow(page) <= 0
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"


def test_a_short_digest_is_copied_whole(browser: Browser, pages: dict[str, str]) -> None:
    with opened(browser, pages["failing"]) as page:
        digest = page.locator(".digest").first
        assert digest.evaluate("e => e.scrollWidth > e.clientWidth")  # cut to the eye
        digest.click()
        assert page.evaluate("String(getSelection())").strip() == digest.text_content()
