"""Do the pages work for people? In a real browser: phone and desk, light and dark, by keyboard, and without a script."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.page_shop import ANA, BEN, CAI, DEE, NAME, OTO, UNSURE, acting
from tests.page_visits import DESK, PHONE, SOAK, facts, overflow, visiting

from cleanroom.app.review import decide
from cleanroom.app.room import Room
from cleanroom.core.facts import Approved, Escalated, Looked, Rejected, Reviewed, TokenRevoked, Waived

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until the focus is there."""
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.evaluate("s => document.activeElement.matches(s)", selector):
            return
    raise AssertionError(f"Tab does not reach {selector}")


def press(page: Page, key: str) -> None:
    """Press a key that leads to another page, and wait for that, as a person does: until it is drawn."""
    with page.expect_navigation(wait_until="load"):
        page.keyboard.press(key)
    page.evaluate("() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))")


# --- by keyboard -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scheme", ["light", "dark"][: 2 if SOAK else 1])
@pytest.mark.parametrize("width", [PHONE, DESK])
def test_a_mapping_is_reviewed_and_signed_with_the_keyboard_only(
    browser: Browser, shop: tuple[Room, str], width: int, scheme: str
) -> None:
    work, _ = shop
    with visiting(browser, shop, BEN, width=width, scheme=scheme) as page:
        tab_to(page, f"a[href='/changes/{NAME}'].button")
        press(page, "Enter")
        tab_to(page, f"a[href='/changes/{NAME}/review']")
        press(page, "Enter")
        first = page.locator("#item").inner_text()
        press(page, "a")
        second = page.locator("#item").inner_text()
        assert first != second
        assert page.evaluate("document.activeElement.id") == "item"
        assert "1 of 14" in page.locator(".progress").inner_text()
        press(page, "j")
        press(page, "k")
        assert page.locator("#item").inner_text() == second
        page.keyboard.press("?")
        assert "Correct" in page.locator("dialog").inner_text()
        page.keyboard.press("Escape")
        for _ in range(2):
            press(page, "a")
        assert len(facts(work, f"change/{NAME}", Looked)) == 3
        tab_to(page, f"a[href='/changes/{NAME}']")
        press(page, "Enter")
        tab_to(page, "input[name=role]")
        page.keyboard.press("ArrowDown")  # finance, the other one of the two
        tab_to(page, "#comment")
        page.keyboard.type("Looked at by keyboard.")
        tab_to(page, "button.yes")
        press(page, "Enter")
        assert "Signed." in page.locator(".flash").inner_text()
        given = facts(work, f"change/{NAME}", Approved)[-1]
        assert (given.role, given.by.person, given.by.how) == ("finance", BEN, "session")
        assert given.comment == "Looked at by keyboard."
        tab_to(page, ".timeline a")
        press(page, "Enter")
        assert "approved as finance" in page.locator("h1").inner_text()
        assert page.locator(".proof .leaf").count() == 2
        assert overflow(page) <= 0


def test_a_name_is_flagged_and_one_corrected_and_the_reviewer_goes_on(browser: Browser, shop: tuple[Room, str]) -> None:
    work, _ = shop
    with visiting(browser, shop, DEE) as page:
        page.goto(f"/changes/{NAME}/review?at=chk_pay")
        assert "2 of 3" in page.locator(".said").inner_text()
        page.keyboard.press("f")
        page.keyboard.type("It might be the purchase itself.")
        press(page, "Enter")
        assert "Flagged" in page.locator(".flash").inner_text()
        page.goto(f"/changes/{NAME}/review?at=srch")
        page.keyboard.press("c")
        assert page.evaluate("document.activeElement.id") == "target"
        page.keyboard.type("view_search")
        page.keyboard.press("Tab")
        page.keyboard.type("The results are shown.")
        press(page, "Enter")
        press(page, "a")  # any other name can still be found right
        assert "edited since its last run" in page.locator("main").inner_text()
        page.goto(f"/changes/{NAME}/review?at=chk_pay")
        page.keyboard.press("a")
        page.keyboard.type("The payment page says so.")
        press(page, "Enter")
        made = work.project.change(NAME)[0].provenance.corrections
        assert [(c.legacy, c.what, c.by) for c in made] == [
            ("chk_pay", "flagged", DEE),
            ("srch", "corrected", DEE),
            ("chk_pay", "cleared", DEE),
        ]
        page.goto(f"/changes/{NAME}")
        assert "Not checked" in page.locator(".badge").inner_text()
        assert "this was given to an earlier version" in page.locator(".timeline").inner_text()


def test_outputs_are_decided_with_the_keyboard(browser: Browser, shop: tuple[Room, str]) -> None:
    work, _ = shop
    with visiting(browser, shop, BEN) as page:
        page.goto("/queue")
        press(page, "n")
        assert "left" in page.locator(".lease").inner_text()
        press(page, "a")
        page.keyboard.press("c")
        page.keyboard.press("Control+A")
        page.keyboard.type("Within 30 days.\nUnused.")
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        press(page, "Enter")
        page.keyboard.press("x")
        page.keyboard.press("Tab")
        press(page, "Enter")
        press(page, "s")
        page.keyboard.press("e")
        page.keyboard.type("Ask the returns team.")
        press(page, "Enter")
    decided = [facts(work, f"output/case-{i}", Reviewed) for i in range(5)]
    assert [[r.verdict for r in d] for d in decided] == [["right"], ["corrected"], ["rejected"], [], []]
    assert facts(work, "output/case-4", Escalated)[0].because == "Ask the returns team."
    kept = work.desk.text(decided[1][0].correction)
    assert kept == b'"Within 30 days.\\nUnused."'


# --- without a script --------------------------------------------------------------------------------------


def send(page: Page, button: str, **typed: str) -> None:
    """Fill fields by their name, then press the button of that form."""
    form = page.locator("form").filter(has=page.get_by_role("button", name=button, exact=True)).first
    for name, text in typed.items():
        field = form.locator(f"[name={name}]")
        field.select_option(text) if field.evaluate("e => e.tagName") == "SELECT" else field.fill(text)
    form.get_by_role("button", name=button, exact=True).click()


def opened(page: Page, name: str) -> None:
    """Follow the link or unfold the part of that name."""
    page.get_by_text(name, exact=True).first.click()


def test_every_decision_on_a_change_works_without_a_script(browser: Browser, shop: tuple[Room, str]) -> None:
    work, _ = shop
    with visiting(browser, shop, OTO, script=False) as page:
        page.goto(f"/changes/{UNSURE}")
        opened(page, "Waive the UNKNOWN")
        send(page, "Waive as owner", reason="It is a small shop.")
        assert facts(work, f"change/{UNSURE}", Waived)[0].by.person == OTO
        opened(page, "Turn it down")
        send(page, "Reject this version", reason="And yet:\nnot now.")
        assert "Rejected" in page.locator(".badge").inner_text()
        assert facts(work, f"change/{UNSURE}", Rejected)[0].reason.splitlines() == ["And yet:", "not now."]
    with visiting(browser, shop, CAI, script=False) as page:
        page.goto(f"/changes/{NAME}/review")
        send(page, "Right")
        assert len(facts(work, f"change/{NAME}", Looked)) == 1
        page.goto(f"/changes/{NAME}")
        page.get_by_label("identity").check()
        send(page, "Approve", comment="")
        assert facts(work, f"change/{NAME}", Approved)[-1].role == "identity"
    with visiting(browser, shop, DEE, script=False) as page:
        page.goto(f"/changes/{NAME}/review?at=home")
        page.locator("a[href='#flag']").click()
        send(page, "Flag", reason="Is it?")
        page.goto(f"/changes/{NAME}/review?at=home")
        page.locator("a[href='#clear']").click()
        send(page, "It is right", reason="It is.")
        page.locator("a[href='#correct']").click()
        send(page, "Correct", target="view_item", reason="It was not.")
    made = work.project.change(NAME)[0].provenance.corrections
    assert [(c.legacy, c.what) for c in made] == [("home", "flagged"), ("home", "cleared"), ("home", "corrected")]


def test_every_decision_in_the_queue_works_without_a_script(browser: Browser, shop: tuple[Room, str]) -> None:
    work, address = shop
    with visiting(browser, shop, CAI, script=False) as page:
        send(page, "Take the next one")
        assert page.url == f"{address}/queue/case-0"
        send(page, "Give it back undecided")
        assert work.desk.item("case-0").person is None  # type: ignore[union-attr]
        page.goto("/queue")
        send(page, "Take the next one")
        send(page, "Right")
        page.locator("a[href='#correct']").click()
        send(page, "Correct it", value="Within 30 days.", reason="outdated")
        page.locator("a[href='#reject']").click()
        send(page, "Reject it", reason="unsafe")
        send(page, "Skip")
        page.locator("a[href='#escalate']").click()
        send(page, "Pass it on", because="Who knows?")
    found = [r.verdict for i in range(5) for r in facts(work, f"output/case-{i}", Reviewed)]
    assert found == ["right", "corrected", "rejected"]
    assert facts(work, "output/case-4", Escalated)


def test_tokens_links_and_verification_work_without_a_script(browser: Browser, shop: tuple[Room, str]) -> None:
    work, address = shop
    with visiting(browser, shop, BEN, script=False) as page:
        page.goto("/people")
        page.get_by_label("read", exact=False).first.check()
        page.get_by_label("sign-in", exact=False).first.uncheck()  # revoking that would end this very session
        send(page, "Make it", name="laptop")
        assert page.locator("#secret").inner_text().startswith("clr_")
        page.goto("/people")
        assert page.locator("#secret").count() == 0
        page.get_by_role("button", name="Revoke laptop").click()
        assert facts(work, "people", TokenRevoked)
        page.locator("#whom").select_option(CAI)
        send(page, "Make a one-time link")
        assert page.locator("#secret").inner_text().startswith(f"{address}/sign-in?link=")
        page.goto("/ledger")
        send(page, "Verify all of it")
        assert "as it was written" in page.locator(".flash").inner_text()
        assert "Last verified" in page.locator(".head").inner_text()
        send(page, "Sign out")
        assert page.url == f"{address}/sign-in"


def test_what_is_refused_is_said_on_the_page_itself(browser: Browser, shop: tuple[Room, str]) -> None:
    work, _ = shop
    with visiting(browser, shop, BEN) as page:
        page.goto(f"/changes/{NAME}")
        decide.reject(acting(work, CAI), NAME, "Finance says no.")
        send(page, "Approve")
        assert "Finance says no." in page.get_by_role("alert").inner_text()
        assert "Rejected" in page.locator(".badge").inner_text()
        assert len(facts(work, f"change/{NAME}", Approved)) == 1


def test_the_author_is_told_why_they_cannot_sign(browser: Browser, looked_at: tuple[Room, str]) -> None:
    work, _ = looked_at
    settings = work.project.root / "cleanroom.toml"
    before = settings.read_text("utf-8")
    settings.write_text(before.replace('legal = ["', f'legal = ["{ANA}", "'), "utf-8")
    try:
        with visiting(browser, looked_at, ANA) as page:
            assert "Yours, on the way" in page.locator("main").inner_text()
            page.goto(f"/changes/{NAME}")
            said = page.locator("aside").inner_text()
            assert "author" in said
            assert "Approve" not in said
    finally:
        settings.write_text(before, "utf-8")
