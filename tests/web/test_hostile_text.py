"""Stored XSS: hostile text in every place that pages show comes out as text, and no page holds anything that could act."""

from __future__ import annotations

import json
from dataclasses import replace
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import pytest
from starlette.testclient import TestClient
from tests.doors import Yard
from tests.projects import FixedClock
from tests.propose_samples import small_shop
from tests.queue_samples import output

from cleanroom.app import access
from cleanroom.app.access import Knock, Stranger
from cleanroom.app.appending import append_after_last
from cleanroom.app.propose.by_hand import propose_by_hand
from cleanroom.app.propose.correct import flag
from cleanroom.app.queue.add import add
from cleanroom.app.review.decide import reject
from cleanroom.app.room import Room
from cleanroom.app.validate import check
from cleanroom.core.base import after
from cleanroom.core.change import MappedName, Mapping
from cleanroom.core.facts import Approved, Checked, Waived
from cleanroom.core.policy import ROLE_OF
from cleanroom.entry.api.security import POLICY
from cleanroom.entry.report.files import report_files

SCRIPT = "<script>alert(1)</script>"
IMAGE = '"><img src=x onerror=alert(1)>'
QUOTE = "' onmouseover='alert(1)' x='"
CLOSE = "</textarea></title></style><svg onload=alert(1)>"
LINK = "javascript:alert(1)"
TEMPLATE = "{{ 31337*73 }}{% raw %}${31337*73}"
EVIL = (SCRIPT, IMAGE, QUOTE, CLOSE, LINK, TEMPLATE)
ALL = " ".join(EVIL)
LEADING = ("href", "xlink:href", "src", "action", "formaction", "poster")
REVIEWER = f"rev{IMAGE}@shop.example"
AUTHOR = f"author{SCRIPT}"


class Looked(HTMLParser):
    """Finds what could act on a page, and where its links lead."""

    def __init__(self) -> None:
        super().__init__()
        self.acting: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            text = (value or "").strip().lower()
            leads = name in LEADING and text.startswith(("javascript:", "data:", "vbscript:"))
            if name.startswith("on") or leads or name == "style":
                self.acting.append(f"<{tag} {name}={value!r}>")
            if name == "href" and tag == "a":
                self.links.append(value or "")
        source = dict(attrs).get("src")
        if tag in ("script", "iframe", "object", "embed", "base") and not str(source).startswith("/static/"):
            self.acting.append(f"<{tag} src={source!r}>")
        if tag == "img" and source == "x":
            self.acting.append("<img src=x>")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Yard:
    """A project in which everybody wrote hostile text wherever they could."""
    folder = tmp_path_factory.mktemp("hostile") / "shop"
    rows = dict.fromkeys(EVIL, 3) | {"prod_view": 5, "srch": 4}
    work = small_shop(folder, rows, json.dumps({"term": ALL}))
    roles = "".join(f"{role} = [{json.dumps(REVIEWER)}]\n" for role in sorted({*ROLE_OF.values(), "admin"}))
    settings = f'name = "shop"\n[roles]\n{roles}'
    (folder / "cleanroom.toml").write_text(settings, "utf-8")
    clock = FixedClock()
    author = replace(work, clock=clock, operator=AUTHOR)
    names = [*(MappedName(evil, "purchase", evil) for evil in EVIL), MappedName("prod_view", "view_item", ALL)]
    mapping = Mapping((*names, MappedName("srch", "search", ALL)))
    reviewer = replace(author, operator=REVIEWER, proof="session")
    for name in ("voted", "refused", "flagged"):
        propose_by_hand(author, mapping, "events.jsonl", name)
        check(author, name, None, report_files)
    reject(reviewer, "refused", ALL)
    flag(reviewer, "flagged", SCRIPT, ALL)
    signed_by_force(reviewer, "voted")
    evil_output = replace(output(confidence=None), system=ALL, input=ALL, output=ALL, model=ALL, prompt=ALL)
    add(author, [evil_output, replace(evil_output, output={ALL: [ALL]})])
    access.make_token(author, REVIEWER, ALL[:190], ["read"], after(clock.now(), 60))
    with pytest.raises(Stranger):
        access.enter(author, ALL, Knock("oidc", ALL))
    return Yard(author, clock)


def signed_by_force(room: Room, name: str) -> None:
    """An approval and a waiver with hostile words, whatever the battery says of the change."""
    subject, now = f"change/{name}", room.clock.now()
    last = next(e.fact for e in room.store.history(subject) if isinstance(e.fact, Checked))
    policy = room.project.policy().digest
    approved = Approved(last.change, last.run, "analytics", room.by, policy, ALL, after(now, 60), now)
    append_after_last(room.store, subject, approved)
    append_after_last(room.store, subject, Waived(last.change, last.run, "owner", room.by, policy, ALL, now))


def crawled(client: TestClient, start: tuple[str, ...], most: int = 120) -> dict[str, str]:
    """The pages that links lead to, by address."""
    waiting, found = list(start), dict[str, str]()
    while waiting and len(found) < most:
        path = waiting.pop(0)
        if path in found:
            continue
        answer = client.get(path)
        if answer.status_code in (302, 303):
            waiting.append(answer.headers["location"])
            continue
        found[path] = answer.text
        assert answer.status_code == 200, (path, answer.status_code)
        if not answer.headers["content-type"].startswith("text/html"):
            continue
        policy = answer.headers["content-security-policy"]
        assert policy == POLICY or "sandbox" in policy or "default-src 'none'" in policy, path
        for link in links_of(answer.text):
            target = urlsplit(urljoin(f"http://localhost{path}", link))
            if target.netloc == "localhost":
                waiting.append(target.path + (f"?{target.query}" if target.query else ""))
    return found


def links_of(text: str) -> list[str]:
    looked = Looked()
    looked.feed(text)
    return looked.links


def test_hostile_text_comes_out_as_text_everywhere(home: Yard) -> None:
    client, _ = home.signed_in(REVIEWER)
    mapping = tuple(
        f"/changes/{name}{page}" for name in ("voted", "refused", "flagged") for page in ("", "/review", "/report")
    )
    pages = crawled(client, ("/", "/changes", *mapping, "/queue", "/ledger", "/people"))
    assert len(pages) > 25
    shown = 0
    for path, text in pages.items():
        looked = Looked()
        looked.feed(text)
        assert not looked.acting, (path, looked.acting)
        assert SCRIPT not in text, path
        assert "<img src=x" not in text, path
        assert "<svg onload" not in text, path
        assert "2287601" not in text, path
        shown += "&lt;script&gt;alert(1)" in text
    assert shown > 10  # it was there, as text


def test_hostile_text_in_an_address_comes_out_as_text(home: Yard) -> None:
    client, csrf = home.signed_in(REVIEWER)
    for evil in EVIL:
        for path in ("/changes/x", "/ledger", "/queue/x", "/changes/voted/review", "/people"):
            answer = client.get(path, params={"done": evil, "subject": evil, "at": evil, "q": evil})
            looked = Looked()
            looked.feed(answer.text)
            assert not looked.acting, (path, looked.acting)
            assert SCRIPT not in answer.text
        for path in ("/changes/voted/approve", "/changes/voted/reject", "/people/tokens", "/people/links"):
            form = {
                "csrf": csrf,
                "reason": evil,
                "comment": evil,
                "role": evil,
                "name": evil,
                "person": evil,
                "scope": evil,
            }
            answer = client.post(path, data=form)
            looked = Looked()
            looked.feed(answer.text)
            assert not looked.acting, (path, looked.acting)
            assert SCRIPT not in answer.text


def test_a_form_on_a_page_needs_its_csrf_token(home: Yard) -> None:
    client, csrf = home.signed_in(REVIEWER)
    size = home.room.store.size()
    for path in (
        "/changes/voted/approve",
        "/changes/voted/reject",
        "/people/tokens",
        "/people/links",
        "/queue/claim",
        "/sign-out",
    ):
        for form in ({}, {"csrf": "x" * len(csrf)}, {"csrf": ""}):
            answer = client.post(path, data={"reason": "r", "name": "n", "scope": "read", **form})
            assert answer.status_code == 403, path
            assert "CSRF" in answer.text
        foreign = client.post(path, data={"csrf": csrf}, headers={"Origin": "https://evil.example"})
        assert foreign.status_code == 403, path
    assert home.room.store.size() == size


PATHS = (
    "..%2f..%2fcleanroom.toml",
    "%2e%2e%2fcleanroom.toml",
    "%2e%2e",
    "voted%2f..%2f..",
    "%2fetc%2fpasswd",
    "..%5c..%5ccleanroom.toml",
    "voted%00",
)


def test_no_page_leads_out_of_the_project(home: Yard) -> None:
    client, _ = home.signed_in(REVIEWER)
    for path in PATHS:
        for page in (
            f"/changes/{path}",
            f"/changes/{path}/report",
            f"/changes/{path}/review",
            f"/static/{path}",
            f"/queue/{path}",
            f"/ledger/{path}",
        ):
            answer = client.get(page)
            assert answer.status_code in (303, 400, 404, 422), (page, answer.status_code)
            assert "[roles]" not in answer.text
            assert "root:" not in answer.text
