"""Does every Tracker keep the promises of its port? In memory, and each adapter against a stand-in that checks shapes."""

from __future__ import annotations

import gzip
import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.projects import START, FixedClock
from tests.trackers_standin import EMAIL, TOKEN, GitHubStandIn, GitLabStandIn, JiraStandIn, StandIn, serving

from cleanroom.adapters.memory.tracker import MemoryTracker
from cleanroom.adapters.trackers import trackers
from cleanroom.adapters.trackers.texts import marker
from cleanroom.codec.settings import read_settings
from cleanroom.core.base import CleanroomError, Instant, Misuse, NotFound, Outside
from cleanroom.ports.project import TrackerSettings
from cleanroom.ports.tracker import Filing, Revision, Tracker
from cleanroom.wiring import room

ANA, BO, GONE = "ana@shop.example", "bo@shop.example", "gone@shop.example"
DUE = Instant("2026-12-01T16:00:00.000000Z")
BODY = "The golden set has no case of a refund.\n\n/close\n@shop/everybody look: **now** {code}\nbye"
FILING = Filing("sha256:ab/1", "Add the case\nof the refund", BODY, ANA, DUE, ("golden set", "ai"))
REAL = ("github", "gitlab", "jira", "jira-server")
KINDS = ("memory", *REAL)


@dataclass
class Place:
    """A tracker, and what somebody does or sees there past us."""

    tracker: Tracker
    close: Callable[..., None]
    comments: Callable[[], int]
    count: Callable[[], int]
    standin: StandIn | None = None


def settings(standin: StandIn, kind: str) -> TrackerSettings:
    names = ("ana", "bo", "gone")
    there = {
        "github": ("ana-gh", "bo-gh", "gone-gh"),
        "gitlab": ("ana-gl", "Bo-GL", "gone-gl"),
        "jira": ("5b10a2844c20165700ede21g", "5b10a2844c20165700ede21b", "5b10a2844c20165700ede21x"),
        "jira-server": ("ana", "bo", "gone"),
    }[kind]
    people = tuple((f"{ours}@shop.example", theirs) for ours, theirs in zip(names, there, strict=True))
    project = {"github": "shop/web", "gitlab": "shop/ops/web"}.get(kind, "SHOP")
    email = "TRACKER_EMAIL" if kind == "jira" else ""
    made = TrackerSettings("there", kind.partition("-")[0], project, "TRACKER_TOKEN", standin.url, email)
    return replace(made, labels=("ai-incident",), people=people)


def standin_of(kind: str) -> StandIn:
    match kind:
        case "github":
            return GitHubStandIn()
        case "gitlab":
            return GitLabStandIn()
        case "jira":
            return JiraStandIn()
        case _:
            return JiraStandIn(cloud=False, users=("ana", "bo", "bot"))


def in_memory() -> Place:
    made = MemoryTracker(FixedClock(), people=(ANA, BO))

    def close(number: int, *, dropped: bool = False) -> None:
        now = made.state(f"memory#{number}")
        made.move(replace(now, state="closed", dropped=dropped, closed_by=BO, closed_at=START))

    return Place(made, close, lambda: len(made.comments), lambda: len(made.filed))


@pytest.fixture
def place(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    if request.param == "memory":
        yield in_memory()
        return
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("TRACKER_TOKEN", TOKEN)
    monkeypatch.setenv("TRACKER_EMAIL", EMAIL)
    with serving(standin_of(request.param)) as standin:
        (tracker,) = trackers([settings(standin, request.param)], FixedClock())
        assert isinstance(standin, GitHubStandIn | GitLabStandIn | JiraStandIn)
        yield Place(tracker, standin.close, lambda: len(standin.comments), lambda: len(standin.issues), standin)
        assert standin.wrong == []


everywhere = pytest.mark.parametrize("place", KINDS, indirect=True)
outside = pytest.mark.parametrize("place", REAL, indirect=True)
at = pytest.mark.parametrize


def standin_at(place: Place) -> StandIn:
    assert place.standin is not None
    return place.standin


# The port.


@everywhere
def test_an_action_is_filed_once(place: Place) -> None:
    filed = place.tracker.file(FILING)
    assert (filed.made, filed.left_out) == (True, ())
    again = place.tracker.file(replace(FILING, title="Another title", body="Another text"))
    assert (again.ref, again.url, again.made) == (filed.ref, filed.url, False)
    assert place.tracker.file(replace(FILING, key="sha256:ab/2")).ref != filed.ref
    assert place.count() == 2
    now = place.tracker.state(filed.ref)
    assert (now.ref, now.url, now.title) == (filed.ref, filed.url, "Add the case of the refund")
    assert (now.state, now.dropped, now.assignee, now.due) == ("open", False, ANA, "2026-12-01")
    assert (now.closed_by, now.closed_at) == ("", None)


@everywhere
def test_an_owner_who_left_is_left_out_and_said_so(place: Place) -> None:
    for number, owner in enumerate((GONE, "nobody@shop.example")):
        filed = place.tracker.file(replace(FILING, key=f"k{number}", owner=owner))
        assert filed.left_out == ("owner",)
        assert place.tracker.state(filed.ref).assignee == ""
    assert place.tracker.file(Filing("k9", "Without any of it", "")).left_out == ()
    assert place.count() == 3


@everywhere
def test_what_somebody_closed_there_is_seen(place: Place) -> None:
    ref = place.tracker.file(FILING).ref
    place.close(1)
    now = place.tracker.state(ref)
    assert (now.state, now.dropped, now.closed_by) == ("closed", False, BO)
    assert now.closed_at is not None
    assert now.closed_at.startswith("2026-11-22T09:0")
    if place.tracker.kind != "gitlab":
        ref = place.tracker.file(replace(FILING, key="k2")).ref
        place.close(2, dropped=True)
        assert (place.tracker.state(ref).state, place.tracker.state(ref).dropped) == ("closed", True)


@everywhere
def test_an_issue_is_changed_closed_and_opened_again(place: Place) -> None:
    ref = place.tracker.file(FILING).ref
    now = place.tracker.update(ref, Revision(owner=BO, due=Instant("2026-12-24T00:00:00.000000Z")))
    assert (now.assignee, now.due, now.state) == (BO, "2026-12-24", "open")
    now = place.tracker.update(ref, Revision(owner="", state="closed", comment="The case is there\nand red"))
    assert (now.state, now.dropped, now.assignee, now.due) == ("closed", False, "", "2026-12-24")
    assert place.comments() == 1
    assert place.tracker.update(ref, Revision(state="closed", comment="The case is there")).state == "closed"
    assert place.comments() == 1, "it was closed already"
    assert place.tracker.update(ref, Revision(state="open", comment="It is green")).closed_by == ""
    place.tracker.update(ref, Revision(comment="A note"))
    assert place.comments() == 3
    assert place.tracker.update(ref, Revision()) == place.tracker.state(ref)
    with pytest.raises(Misuse, match="nobody there is known to be 'nobody@"):
        place.tracker.update(ref, Revision(owner="nobody@shop.example", state="closed"))
    assert place.tracker.state(ref).state == "open"


@everywhere
def test_an_issue_that_is_not_there(place: Place) -> None:
    ref = place.tracker.file(FILING).ref
    with pytest.raises(NotFound, match="not there"):
        place.tracker.state(ref[:-1] + "7")
    for bad in ("", "12", "../x#1", f"{ref}/../2", f"{ref} ", "a/..#1", "shop/web#0", "x\u0000#1"):
        with pytest.raises(Misuse, match="names no issue"):
            place.tracker.state(bad)
        with pytest.raises(Misuse, match="names no issue"):
            place.tracker.update(bad, Revision(comment="x"))


# What goes wrong outside.


@outside
def test_an_answer_that_is_lost_makes_no_second_issue(place: Place) -> None:
    standin = standin_at(place)
    standin.lose = True
    with pytest.raises(Outside, match="no connection"):
        place.tracker.file(FILING)
    late = not (
        isinstance(standin, JiraStandIn) and not standin.cloud
    )  # Data Center writes its index before it answers
    standin.behind = 1 if late else 0
    assert len(standin.issues) == 1
    assert place.tracker.file(FILING).made is False
    assert len(standin.issues) == 1


@outside
def test_an_old_issue_is_found_among_many(place: Place) -> None:
    filed = place.tracker.file(FILING)
    for number in range(31):
        place.tracker.file(replace(FILING, key=f"other {number}"))
    again = place.tracker.file(FILING)
    assert (again.ref, again.made) == (filed.ref, False)


@outside
def test_a_copy_of_the_marker_is_not_taken_for_the_issue(place: Place) -> None:
    filed = place.tracker.file(FILING)
    place.tracker.file(replace(FILING, key="another", body=f"As before: {marker(FILING.key)}"))
    assert place.tracker.file(FILING).ref == filed.ref


@outside
def test_the_text_commands_nothing_there(place: Place) -> None:
    ref = place.tracker.file(FILING).ref
    place.tracker.update(ref, Revision(comment="/close\n@shop/everybody"))
    assert place.tracker.state(ref).state == "open"
    standin = standin_at(place)
    sent = json.dumps([r.body for r in standin.seen if r.body], ensure_ascii=False)
    if place.tracker.kind != "jira":
        assert "@shop" not in sent
    elif isinstance(standin, JiraStandIn) and not standin.cloud:
        assert "\\\\{code\\\\}" in sent


@outside
def test_who_asks_to_wait_is_asked_again_when_they_say(place: Place) -> None:
    standin = standin_at(place)
    reset = "2026-11-22T09:40Z" if place.tracker.kind == "jira" else "1795340400"
    limits: list[tuple[int, dict[str, str], str]] = [
        (429, {"retry-after": "120"}, "2026-11-22T09:02:00"),
        (429, {"retry-after": "Sun, 22 Nov 2026 09:05:00 GMT"}, "2026-11-22T09:05:00"),
        (429, {"x-ratelimit-reset": reset, "ratelimit-reset": reset}, "2026-11-22T09:40:00"),
        (503, {"retry-after": "30"}, "2026-11-22T09:00:30"),
        (429, {}, "2026-11-22T09:01:00"),
        (429, {"retry-after": "9" * 5000, "x-ratelimit-reset": "-1"}, "2026-11-22T09:01:00"),
        (429, {"retry-after": "999999999"}, "2026-11-23T09:00:00"),
    ]
    if place.tracker.kind == "github":
        limits += [
            (403, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1795338060"}, "2026-11-22T09:01:00"),
            (403, {"retry-after": "5"}, "2026-11-22T09:00:05"),
        ]
    for status, headers, until in limits:
        standin.faults = [(status, headers, b"{}")]
        with pytest.raises(Outside, match=f"asks to wait \\({status}\\)") as caught:
            place.tracker.file(FILING)
        assert f"Try again after {until}" in caught.value.hint
    assert standin.issues == []
    secondary = b'{"message": "You have exceeded a secondary rate limit. Please wait."}'
    standin.faults = [(403, {}, secondary)]
    with pytest.raises(Outside, match="asks to wait"):
        place.tracker.file(FILING)


ANSWERS: list[tuple[int, bytes, type[CleanroomError], str]] = [
    (401, b'{"message": "Bad credentials"}', Misuse, "refuses the token: Bad credentials"),
    (403, b'{"message": "Resource not accessible"}', Misuse, "may not do this: Resource not accessible"),
    (404, b"", NotFound, "not there"),
    (410, b'{"message": "Issues has been disabled"}', NotFound, "disabled"),
    (
        422,
        b'{"message": "Validation Failed", "errors": [{"field": "q"}]}',
        Misuse,
        "refuses .422.: Validation Failed",
    ),
    (400, b'{"errorMessages": ["No\\nproject"], "errors": {}}', Misuse, "refuses .400.: ..No.nproject"),
    (500, b"<html>", Outside, "it answers 500$"),
    (502, b"\xff", Outside, "it answers 502$"),
    (408, b"", Outside, "it answers 408$"),
    (200, b"<html>", Outside, "without JSON"),
    (200, b"[" * 100_000, Outside, "without JSON"),
    (200, b"null", Outside, "without JSON"),
    (200, b"{}", Outside, "no issue|no list"),
    (200, b"[]", Outside, "no issue|no list"),
]


@outside
def test_what_an_answer_means(place: Place) -> None:
    standin = standin_at(place)
    ref = {"github": "shop/web#1", "gitlab": "shop/ops/web#1", "jira": "SHOP-1"}[place.tracker.kind]
    for status, text, kind, said in ANSWERS:
        standin.faults = [(status, {"content-type": "application/json"}, text)]
        with pytest.raises(kind, match=said) as caught:
            place.tracker.state(ref)
        assert type(caught.value) is kind
        assert "\n" not in caught.value.message
        assert len(caught.value.message) < 500


@outside
def test_no_redirect_is_followed_and_no_answer_is_endless(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    standin = standin_at(place)
    with serving(StandIn()) as elsewhere:
        standin.faults = [(307, {"location": f"{elsewhere.url}/steal"}, b"")]
        with pytest.raises(Misuse, match="307, a redirect"):
            place.tracker.file(FILING)
        assert elsewhere.seen == []
    assert len(standin.seen) == 1
    standin.faults = [(200, {}, b" " * 9_000_000)]
    with pytest.raises(Outside, match="too long"):
        place.tracker.file(FILING)
    standin.faults = [(200, {"content-encoding": "gzip"}, gzip.compress(b"[]"))]
    with pytest.raises(Outside):
        place.tracker.file(FILING)
    monkeypatch.setattr("cleanroom.adapters.trackers.line._TOGETHER", -1)
    with pytest.raises(Outside, match="no whole answer"):
        place.tracker.file(FILING)


@outside
def test_the_token_is_in_no_error_no_log_and_no_repr(
    place: Place, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    standin, said = standin_at(place), []
    authorization: list[str] = []
    for status in (401, 403, 404, 422, 500, 200, 307):
        place.tracker.file(FILING)
        authorization = [standin.seen[-1].headers.get("authorization", "").rpartition(" ")[2]]
        echo = json.dumps({"message": f"bad {TOKEN}", "errors": {"authorization": authorization}})
        standin.faults = [(status, {"location": "/"}, echo.encode())]
        with pytest.raises(CleanroomError) as caught:
            place.tracker.state(place.tracker.file(FILING).ref) if status == 200 else place.tracker.file(FILING)
        standin.faults = []
        said += [repr(caught.value), caught.value.hint, repr(caught.value.__cause__)]
    for value, why in (("", "is not set"), ("two words", "holds no token"), (f"{TOKEN}\u00e9", "holds no token")):
        monkeypatch.setenv("TRACKER_TOKEN", value)
        with pytest.raises(Outside, match=f"TRACKER_TOKEN {why}") as caught_here:
            place.tracker.file(FILING)
        said.append(repr(caught_here.value))
    monkeypatch.setenv("TRACKER_TOKEN", f"{TOKEN}-which-expired")
    with pytest.raises(Misuse, match="refuses the token"):
        place.tracker.file(FILING)
    whole = " ".join(said) + caplog.text + repr(place.tracker) + repr(vars(place.tracker))
    assert TOKEN not in whole
    assert all(word not in whole for word in authorization if word)


@outside
def test_who_does_not_answer_is_not_waited_for_long(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(*_: object, **__: object) -> None:
        raise httpx.ReadTimeout("")

    monkeypatch.setattr(httpx.Client, "stream", slow)
    with pytest.raises(Outside, match="no answer within 10 s"):
        place.tracker.file(FILING)


# One at a time.


@at("place", ["github"], indirect=True)
def test_github_drops_labels_and_assignees_silently_and_we_say_so(place: Place) -> None:
    standin = standin_at(place)
    assert isinstance(standin, GitHubStandIn)
    standin.push = False
    assert place.tracker.file(FILING).left_out == ("owner", "labels")
    standin.issues[0]["body"] = "Somebody wrote it anew\r\nDue: 2027-01-02\r\n"
    assert place.tracker.state("shop/web#1").due == "2027-01-02"
    standin.issues[0] |= {"body": None, "html_url": "javascript:alert(1)"}
    with pytest.raises(Outside, match="address of the issue cannot be read"):
        place.tracker.state("shop/web#1")
    standin.issues[0] |= {"html_url": "https://github.com/shop/web/issues/1", "title": "a\n\u202eb" * 400}
    assert len(place.tracker.state("shop/web#1").title) == 300
    assert place.tracker.update("shop/web#1", Revision(due=DUE)).due == "2026-12-01"


@at("place", ["gitlab"], indirect=True)
def test_gitlab_is_asked_by_the_number_within_the_project(place: Place) -> None:
    filed = place.tracker.file(FILING)
    standin = standin_at(place)
    assert (filed.ref, standin.issues[0]["id"], standin.issues[0]["iid"]) == ("shop/ops/web#1", 77_001, 1)
    assert standin.seen[-1].path == "/api/v4/projects/shop%2Fops%2Fweb/issues"
    assert "\\/close" in standin.issues[0]["description"]
    with pytest.raises(Misuse, match="there is no user 'gone-gl'"):
        place.tracker.update(filed.ref, Revision(owner=GONE))


@at("place", ["jira", "jira-server"], indirect=True)
def test_jira_leaves_out_what_its_screens_do_not_have(place: Place) -> None:
    standin = standin_at(place)
    assert isinstance(standin, JiraStandIn)
    standin.screen = ("labels",)
    filed = place.tracker.file(FILING)
    assert filed.left_out == ("owner", "due")
    with pytest.raises(Misuse, match="'duedate' cannot be set"):
        place.tracker.update(filed.ref, Revision(due=DUE))
    standin.issues[0]["fields"]["status"] = {"id": "9", "name": "Stuck", "statusCategory": {"key": "new"}}
    with pytest.raises(Misuse, match="no step of SHOP-1 leads to closed"):
        place.tracker.update(filed.ref, Revision(state="closed", comment="why"))
    assert standin.comments == []


@outside
def test_nothing_is_made_where_the_search_cannot_be_read(place: Place) -> None:
    standin = standin_at(place)
    for text in (b'{"issues": 7}', b'{"items": []}', b'{"message": "x"}', b"7"):
        standin.faults = [(200, {}, text)]
        with pytest.raises(Outside, match="no list of issues"):
            place.tracker.file(FILING)
    assert standin.issues == []
    if isinstance(standin, GitHubStandIn):
        for number in range(30):
            place.tracker.file(replace(FILING, key=f"other {number}"))
        standin.incomplete = True
        with pytest.raises(Outside, match="did not look at everything"):
            place.tracker.file(FILING)
        assert len(standin.issues) == 30


# The stand-ins refuse what is not as documented.


GH = {
    "authorization": f"Bearer {TOKEN}",
    "accept": "application/vnd.github+json",
    "x-github-api-version": "2022-11-28",
}
GL = {"private-token": TOKEN}
JIRA = {"authorization": httpx.BasicAuth(EMAIL, TOKEN)._auth_header, "accept": "application/json"}
NEW = {"project": {"key": "SHOP"}, "issuetype": {"name": "Task"}, "summary": "t"}


SHAPES: list[tuple[str, str, str, dict[str, str], Any, int]] = [
    ("github", "POST", "/repos/shop/web/issues", GH, {"title": "t"}, 201),
    ("github", "POST", "/repos/shop/web/issues", GH, {"title": "t", "assignee_ids": [1]}, 422),
    ("github", "POST", "/repos/shop/web/issues", GH, {"title": "t", "labels": "a,b"}, 422),
    ("github", "POST", "/repos/shop/web/issues", GH, {"body": "t"}, 422),
    ("github", "POST", "/repos/shop/web/issues", {**GH, "accept": "application/json"}, {"title": "t"}, 415),
    ("github", "POST", "/repos/shop/web/issues", {**GH, "x-github-api-version": "2020-01-01"}, {"title": "t"}, 400),
    ("github", "POST", "/repos/shop/web/issues", {**GH, "authorization": "token x"}, {"title": "t"}, 401),
    ("github", "POST", "/repos/shop/other/issues", GH, {"title": "t"}, 404),
    ("github", "GET", "/repos/shop/web/issues?state=opened", GH, None, 422),
    ("github", "GET", "/repos/shop/web/issues?per_page=101", GH, None, 422),
    ("github", "GET", "/search/issues?q=x+repo:shop/web", GH, None, 422),
    ("gitlab", "POST", "/api/v4/projects/shop%2Fops%2Fweb/issues", GL, {"title": "t"}, 201),
    ("gitlab", "POST", "/api/v4/projects/shop%2Fops%2Fweb/issues", GL, {"title": "t", "body": "b"}, 400),
    ("gitlab", "POST", "/api/v4/projects/shop%2Fops%2Fweb/issues", GL, {"title": "t", "due_date": str(DUE)}, 400),
    ("gitlab", "POST", "/api/v4/projects/shop%2Fops%2Fweb/issues", GL, {"title": "t", "labels": ["a"]}, 400),
    ("gitlab", "POST", "/api/v4/projects/shop/ops/web/issues", GL, {"title": "t"}, 404),
    ("gitlab", "POST", "/api/v4/projects/shop%2Fops%2Fweb/issues", {"private-token": "x"}, {"title": "t"}, 401),
    ("gitlab", "PUT", "/api/v4/projects/shop%2Fops%2Fweb/issues/77001", GL, {"state_event": "close"}, 404),
    ("jira", "POST", "/rest/api/3/issue", JIRA, {"fields": NEW}, 201),
    ("jira", "POST", "/rest/api/3/issue", JIRA, {"fields": {**NEW, "description": "plain"}}, 400),
    ("jira", "POST", "/rest/api/3/issue", JIRA, {"fields": {**NEW, "due": "2026-12-01"}}, 400),
    ("jira", "POST", "/rest/api/3/issue", JIRA, {"fields": {**NEW, "labels": ["two words"]}}, 400),
    ("jira", "POST", "/rest/api/3/issue", JIRA, {"fields": {**NEW, "assignee": {"name": "ana"}}}, 400),
    ("jira", "POST", "/rest/api/3/issue", {**JIRA, "authorization": f"Bearer {TOKEN}"}, {"fields": NEW}, 401),
    ("jira", "POST", "/rest/api/2/issue", JIRA, {"fields": NEW}, 404),
    ("jira", "GET", "/rest/api/3/search?jql=x", JIRA, None, 410),  # it was removed
    ("jira", "POST", "/rest/api/3/search/jql", JIRA, {"jql": "x", "startAt": 0}, 400),
]


@at("kind", ["github", "gitlab", "jira"])
def test_the_standin_refuses_wrong_shapes(kind: str) -> None:
    with serving(standin_of(kind)) as standin, httpx.Client(trust_env=False) as client:
        for _, method, path, headers, body, status in (shape for shape in SHAPES if shape[0] == kind):
            before = len(standin.issues)
            answer = client.request(method, standin.url + path, headers=headers, json=body)
            assert answer.status_code == status, (method, path, body)
            assert len(standin.issues) - before == (1 if status == 201 else 0)


# Settings.

GOOD = """name = "shop"
[trackers.code]
kind = "github"
project = "shop/web"
token_env = "GITHUB_TOKEN"
labels = ["ai-incident"]
people = {"ana@shop.example" = "ana-gh"}
[trackers.ops]
kind = "gitlab"
url = "https://gitlab.shop.example"
project = "42"
token_env = "GITLAB_TOKEN"
[trackers.desk]
kind = "jira"
url = "https://shop.atlassian.net"
project = "SHOP"
token_env = "JIRA_TOKEN"
email_env = "JIRA_EMAIL"
issue_type = "Bug"
[trackers.desk.people]
"ana@shop.example" = "5b10a2844c20165700ede21g"
"""


def test_the_trackers_of_a_project_are_read(tmp_path: Path) -> None:
    (tmp_path / "cleanroom.toml").write_text(GOOD)
    work = room(tmp_path)
    assert [(t.name, t.kind) for t in work.trackers()] == [("code", "github"), ("ops", "gitlab"), ("desk", "jira")]
    code, _, desk = work.project.trackers()
    assert (code.labels, code.people) == (("ai-incident",), ((ANA, "ana-gh"),))
    assert (desk.issue_type, desk.people) == ("Bug", ((ANA, "5b10a2844c20165700ede21g"),))


@at(
    ("line", "instead", "said"),
    [
        (3, 'kind = "githb"', "no kind of tracker 'githb'"),
        (3, "", "'kind' is missing"),
        (4, 'project = "shop"', "'shop' is no project of github"),
        (4, 'project = "shop/.."', "'shop/..' is no project of github"),
        (4, "", "'project' is missing"),
        (5, "", "'token_env' is missing"),
        (5, 'token_env = "ghp_1 2"', "not the name of an environment variable"),
        (5, 'token = "x"', "secrets do not belong into files"),
        (5, 'token_env = "A"\nemail_env = "B"', "unknown key 'email_env'"),
        (6, 'labels = "x"', "'labels' must be a list"),
        (6, 'labels = ["a,b"]', "'labels' must be a list"),
        (7, 'people = ["ana"]', "'people' must pair"),
        (7, 'people = {"ana" = 1}', "'people' must pair"),
        (10, 'url = "http://gitlab.shop.example"', "must be an https address"),
        (10, 'url = "https://u:p@gitlab.shop.example"', "holds credentials"),
        (10, 'url = "https://h/?private_token=x"', "must end with its path"),
        (11, 'project = "a/../b"', "is no project of gitlab"),
        (15, "", "'url' is missing: a tracker of kind jira"),
        (16, 'project = "shop"', "is no project of jira"),
        (19, "issue_type = 1", "'issue_type' must be text"),
    ],
)
def test_mistakes_in_a_tracker_are_found_at_their_line(line: int, instead: str, said: str) -> None:
    lines = GOOD.splitlines()
    lines[line - 1] = instead
    found, findings = read_settings("\n".join(lines).encode())
    assert found is None
    wrong = next(f for f in findings if said in f.message)
    assert instead == "" or wrong.line in (line, line + 1)
