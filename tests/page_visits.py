"""Somebody in front of a page: a signed-in browser that takes note of trouble, and what the ledger has afterwards."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from tests.page_shop import token

from cleanroom.app.room import Room

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

SOAK = os.environ.get("HYPOTHESIS_PROFILE") == "soak"
"""Every window and scheme; a sample of them else."""

PHONE, DESK = 390, 1440


@contextmanager
def visiting(
    browser: Browser,
    place: tuple[Room, str],
    person: str,
    *,
    width: int = DESK,
    scheme: Any = "light",
    script: bool = True,
) -> Iterator[Page]:
    """A browser in which that person is signed in. Trouble on the console fails the test."""
    work, address = place
    context = browser.new_context(
        base_url=address,
        viewport={"width": width, "height": 900},
        color_scheme=scheme,
        java_script_enabled=script,
        reduced_motion="reduce",
    )
    page, trouble = context.new_page(), list[str]()
    page.on("console", lambda m: trouble.append(m.text) if m.type in ("error", "warning") else None)
    page.on("pageerror", lambda e: trouble.append(str(e)))
    page.on("request", lambda r: trouble.append(r.url) if not r.url.startswith((address, "data:")) else None)
    page.goto("/sign-in")
    page.locator("#token").fill(token(work, person))
    page.locator("#token").press("Enter")
    page.wait_for_url(f"{address}/")
    yield page
    context.close()
    # The browser itself writes a line for each answer of 400 and above, which some tests ask for.
    assert [t for t in trouble if "the server responded with a status of" not in t] == []


def facts(work: Room, subject: str, kind: type) -> list[Any]:
    """The facts of one kind that the ledger has of a subject, oldest first."""
    return [e.fact for e in work.store.history(subject) if isinstance(e.fact, kind)]


def overflow(page: Page) -> int:
    """How many pixels the page is wider than the window."""
    return int(page.evaluate("document.documentElement.scrollWidth - window.innerWidth"))


def violations(page: Page) -> list[tuple[str, str, str]]:
    """What axe-core finds on a page, everything unfolded: its address, the rule, and the first place.

    Contrast takes seconds a page, and the palette has a test of its own: it is looked at in the long profile only.
    """
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed")
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    options: dict[str, Any] = {"runOnly": {"type": "tag", "values": tags}}
    if not SOAK:
        options["rules"] = {"color-contrast": {"enabled": False}}
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    found = axe.Axe().run(page, options=options).response["violations"]
    return [(page.url, v["id"], v["nodes"][0]["html"][:160]) for v in found]
