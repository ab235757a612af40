"""Stand-ins for GitHub, GitLab and Jira that check what they are sent against the documented shapes, and refuse the rest.

They are stricter than the real ones in one thing: a field or parameter that is not documented is refused and kept in
`wrong`, where the real ones might ignore it. GitHub REST 2022-11-28, GitLab REST 4, Jira Cloud REST 3, Jira Data Center REST 2.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import jsonschema_rs

TOKEN = "s3cr3t-token-0123456789"
EMAIL = "bot@shop.example"
AT = "2026-11-22T09:00:00"

Said = tuple[int, Any]
TEXT = {"type": "string"}
WHOLE = {"type": "integer"}
DAY = {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}$"}


def form(required: str = "", **properties: Any) -> dict[str, Any]:
    """An object with these fields and no other."""
    return {
        "type": "object",
        "properties": properties,
        "required": required.split(),
        "additionalProperties": False,
    }


def listed(items: dict[str, Any], most: int = 100) -> dict[str, Any]:
    return {"type": "array", "items": items, "maxItems": most}


@dataclass
class Request:
    method: str
    path: str  # as it was sent: %2F is not /
    query: dict[str, str]
    headers: dict[str, str]
    body: Any


@dataclass
class StandIn:
    """What the three have in common: issues in order, what is to go wrong, and what was wrong with what we sent."""

    url: str = ""
    issues: list[dict[str, Any]] = field(default_factory=list)
    comments: list[tuple[int, Any]] = field(default_factory=list)
    behind: int = 0  # newest issues that the search does not know yet
    faults: list[tuple[int, dict[str, str], bytes]] = field(default_factory=list)
    lose: bool = False  # do what is asked, and die before the answer
    wrong: list[str] = field(default_factory=list)
    seen: list[Request] = field(default_factory=list)

    def answer(self, request: Request) -> Said:
        raise AssertionError(request)

    def refuse(self, request: Request, why: str, status: int = 400, body: Any = None) -> Said:
        self.wrong.append(f"{request.method} {request.path}: {why}")
        return status, body if body is not None else {"message": why}

    def unfit(self, request: Request, schema: dict[str, Any]) -> str:
        """What is wrong with the body; '' where nothing is."""
        if request.headers.get("content-type", "").split(";")[0] != "application/json":
            return "content-type is not application/json"
        error = next(jsonschema_rs.validator_for(schema).iter_errors(request.body), None)
        return "" if error is None else f"{'/'.join(str(p) for p in error.instance_path)} {error.message}"[:300]

    def unknown(self, request: Request, **known: str) -> str:
        """What is wrong with the parameters; each is named with the pattern it fits."""
        for key, value in request.query.items():
            if not re.fullmatch(known.get(key, r"(?!)"), value):
                return f"parameter {key}={value}"
        return ""

    @property
    def searchable(self) -> list[dict[str, Any]]:
        return self.issues[: len(self.issues) - self.behind]

    def at(self, number: int) -> dict[str, Any] | None:
        return self.issues[number - 1] if 0 < number <= len(self.issues) else None


# GitHub.

_GITHUB_NEW = form(
    "title",
    title={"type": "string", "minLength": 1, "maxLength": 256},
    body={"type": "string", "maxLength": 65536},
    labels=listed(TEXT),
    assignees=listed(TEXT, 10),
    milestone=WHOLE,
    type=TEXT,
)
_GITHUB_EDIT = form(
    title=TEXT,
    body={"type": "string", "maxLength": 65536},
    state={"enum": ["open", "closed"]},
    state_reason={"enum": ["completed", "not_planned", "duplicate", "reopened", None]},
    labels=listed(TEXT),
    assignees=listed(TEXT, 10),
)


@dataclass
class GitHubStandIn(StandIn):
    users: tuple[str, ...] = ("ana-gh", "bo-gh", "bot")
    incomplete: bool = False  # the search gave up before its end
    push: bool = True  # without it, labels and assignees are silently dropped
    project: str = "shop/web"

    def answer(self, request: Request) -> Said:
        if not request.headers.get("user-agent"):
            return self.refuse(request, "no user agent", 403)
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            return 401, {
                "message": "Bad credentials",
                "documentation_url": "https://docs.github.com/rest",
                "status": "401",
            }
        if request.headers.get("accept") != "application/vnd.github+json":
            return self.refuse(request, "accept", 415)
        if request.headers.get("x-github-api-version") != "2022-11-28":
            return self.refuse(request, "version")
        if request.path == "/search/issues" and request.method == "GET":
            return self.search(request)
        found = re.fullmatch(r"/repos/([^/]+/[^/]+)/issues(?:/(\d+)(/comments)?)?", request.path)
        if found is None or found.group(1) != self.project:
            return 404, {"message": "Not Found", "documentation_url": "https://docs.github.com/rest", "status": "404"}
        return self.routed(request, int(found.group(2) or 0), bool(found.group(3)))

    def routed(self, request: Request, number: int, comments: bool) -> Said:
        issue = self.at(number)
        match request.method:
            case "POST" if not number:
                return self.create(request)
            case "GET" if not number:
                return self.list(request)
            case _ if issue is None:
                return 404, {"message": "Not Found", "status": "404"}
            case "POST" if comments:
                why = self.unfit(request, form("body", body={"type": "string", "minLength": 1}))
                if why:
                    return self.invalid(request, why)
                self.comments.append((number, request.body["body"]))
                return 201, {"id": len(self.comments), "body": request.body["body"], "user": {"login": "bot"}}
            case "GET":
                return 200, issue
            case "PATCH":
                return self.edit(request, issue)
        return self.refuse(request, "method", 404)

    def invalid(self, request: Request, why: str) -> Said:
        return self.refuse(request, why, 422, {"message": "Validation Failed", "errors": [{"message": why}]})

    def strangers(self, logins: list[str]) -> Said | None:
        """What GitHub says to an assignee whom it does not know."""
        bad = [login for login in logins if login not in self.users]
        error = {"value": bad, "resource": "Issue", "field": "assignees", "code": "invalid"}
        return (422, {"message": "Validation Failed", "errors": [error], "status": "422"}) if bad else None

    def create(self, request: Request) -> Said:
        if why := self.unfit(request, _GITHUB_NEW):
            return self.invalid(request, why)
        if said := self.strangers(request.body.get("assignees", [])):
            return said
        number = len(self.issues) + 1
        self.issues.append(
            {
                "id": 9_000_000 + number,
                "number": number,
                "html_url": f"https://github.com/{self.project}/issues/{number}",
                "title": request.body["title"],
                "body": request.body.get("body"),
                "state": "open",
                "state_reason": None,
                "user": {"login": "bot", "id": 1},
                "labels": [{"id": 1, "name": n} for n in request.body.get("labels", []) if self.push],
                "assignees": [{"login": n, "id": 2} for n in request.body.get("assignees", []) if self.push],
                "author_association": "MEMBER",
                "created_at": f"{AT}Z",
                "closed_at": None,
                "closed_by": None,
            }
        )
        return 201, self.issues[-1]

    def list(self, request: Request) -> Said:
        why = self.unknown(
            request,
            state="open|closed|all",
            sort="created|updated|comments",
            direction="asc|desc",
            per_page=r"[1-9]\d?|100",
            page=r"[1-9]\d*",
        )
        if why:
            return self.invalid(request, why)
        state = request.query.get("state", "open")
        rows = [issue for issue in self.issues if state in ("all", issue["state"])]
        if request.query.get("direction", "desc") == "desc":
            rows.reverse()
        size, page = int(request.query.get("per_page", 30)), int(request.query.get("page", 1))
        return 200, rows[(page - 1) * size : page * size]

    def search(self, request: Request) -> Said:
        why = self.unknown(request, q=".+", per_page=r"[1-9]\d?|100", page=r"[1-9]\d*")
        words = request.query.get("q", "").split()
        if why or not ({"is:issue", "is:pull-request"} & set(words)):
            return self.invalid(request, why or "Query must include 'is:issue' or 'is:pull-request'")
        found = re.fullmatch(r'"(\w+)" in:body repo:(\S+) is:issue', " ".join(words))
        if found is None or found.group(2) != self.project:
            return self.invalid(request, f"q {words}")
        items = [i for i in self.searchable if found.group(1) in str(i["body"]) and "pull_request" not in i]
        return 200, {"total_count": len(items), "incomplete_results": self.incomplete, "items": items}

    def edit(self, request: Request, issue: dict[str, Any]) -> Said:
        if why := self.unfit(request, _GITHUB_EDIT):
            return self.invalid(request, why)
        if said := self.strangers(request.body.get("assignees", [])):
            return said
        asked = dict(request.body)
        if "assignees" in asked:
            issue["assignees"] = [{"login": n, "id": 2} for n in asked.pop("assignees")]
        if asked.get("state") == "closed":
            issue |= {"closed_at": f"{AT}Z", "closed_by": {"login": "bot"}}
        elif "state" in asked:
            issue |= {"closed_at": None, "closed_by": None}
        issue |= asked
        return 200, issue

    def close(self, number: int, *, dropped: bool = False) -> None:
        """bo closes it there."""
        reason = "not_planned" if dropped else "completed"
        self.issues[number - 1] |= {
            "state": "closed",
            "state_reason": reason,
            "closed_at": f"{AT}Z",
            "closed_by": {"login": "bo-gh"},
        }


# GitLab.

_GITLAB_NEW = form(
    "title",
    title={"type": "string", "minLength": 1, "maxLength": 255},
    description={"type": "string", "maxLength": 1_048_576},
    labels=TEXT,
    assignee_ids=listed(WHOLE),
    due_date=DAY,
    confidential={"type": "boolean"},
    issue_type={"enum": ["issue", "incident", "test_case", "task"]},
)
_GITLAB_EDIT = form(
    title=TEXT,
    description=TEXT,
    labels=TEXT,
    assignee_ids=listed(WHOLE),
    due_date=DAY,
    state_event={"enum": ["close", "reopen"]},
)


@dataclass
class GitLabStandIn(StandIn):
    users: tuple[tuple[int, str], ...] = ((501, "ana-gl"), (502, "bo-gl"), (500, "bot"))
    project: str = "shop/ops/web"

    def answer(self, request: Request) -> Said:
        if request.headers.get("private-token") != TOKEN:
            return 401, {"message": "401 Unauthorized"}
        if request.path == "/api/v4/users" and request.method == "GET":
            why = self.unknown(request, username=".+")
            found = [u for u in self.users if u[1].lower() == request.query.get("username", "").lower()]
            users = [{"id": i, "username": n, "name": n, "state": "active"} for i, n in found]
            return self.refuse(request, why) if why else (200, users)
        found_path = re.fullmatch(r"/api/v4/projects/([^/]+)/issues(?:/(\d+)(/notes)?)?", request.path)
        if found_path is None or unquote(found_path.group(1)) != self.project:
            return 404, {"message": "404 Project Not Found"}
        return self.routed(request, int(found_path.group(2) or 0), bool(found_path.group(3)))

    def routed(self, request: Request, number: int, notes: bool) -> Said:
        issue = self.at(number)
        match request.method:
            case "POST" if not number:
                return self.create(request)
            case "GET" if not number:
                return self.list(request)
            case _ if issue is None:
                return 404, {"message": "404 Not found"}
            case "POST" if notes:
                if why := self.unfit(request, form("body", body={"type": "string", "minLength": 1})):
                    return self.refuse(request, why)
                self.quick(issue, request.body["body"])
                self.comments.append((number, request.body["body"]))
                return 201, {"id": len(self.comments), "body": request.body["body"], "author": {"username": "bot"}}
            case "GET":
                return 200, issue
            case "PUT":
                return self.edit(request, issue)
        return self.refuse(request, "method", 405)

    def quick(self, issue: dict[str, Any], text: str) -> None:
        """Quick actions work in descriptions and notes."""
        if re.search(r"(?m)^/close\b", text):
            issue |= {"state": "closed", "closed_by": {"username": "bot"}, "closed_at": f"{AT}.000Z"}

    def people(self, ids: list[int]) -> list[dict[str, Any]]:
        return [{"id": i, "username": n} for i, n in self.users if i in ids]  # whom it does not know, it drops

    def create(self, request: Request) -> Said:
        if why := self.unfit(request, _GITLAB_NEW):
            return self.refuse(request, why)
        iid = len(self.issues) + 1
        asked = request.body
        self.issues.append(
            {
                "id": 77_000 + iid,
                "iid": iid,
                "project_id": 42,
                "web_url": f"https://gitlab.com/{self.project}/-/issues/{iid}",
                "title": asked["title"],
                "description": asked.get("description"),
                "state": "opened",
                "author": {"id": 500, "username": "bot"},
                "labels": [label.strip() for label in asked.get("labels", "").split(",") if label.strip()],
                "assignees": self.people(asked.get("assignee_ids", [])),
                "due_date": asked.get("due_date"),
                "created_at": f"{AT}.000Z",
                "closed_at": None,
                "closed_by": None,
            }
        )
        self.quick(self.issues[-1], asked.get("description", ""))
        return 201, self.issues[-1]

    def list(self, request: Request) -> Said:
        why = self.unknown(
            request,
            state="opened|closed|all",
            search=".+",
            scope="created_by_me|assigned_to_me|all",
            order_by="created_at|updated_at|due_date",
            sort="asc|desc",
            per_page=r"[1-9]\d?|100",
            page=r"[1-9]\d*",
            **{"in": "title|description|title,description"},
        )
        if why:
            return self.refuse(request, why)
        word = request.query.get("search", "")
        rows = [i for i in self.issues if word in f"{i['title']} {i['description']}"]
        if request.query.get("sort", "desc") == "desc":
            rows.reverse()
        return 200, rows[: int(request.query.get("per_page", 20))]

    def edit(self, request: Request, issue: dict[str, Any]) -> Said:
        why = self.unfit(request, _GITLAB_EDIT)
        if why or not request.body:
            return self.refuse(request, why or "title, ... are missing, at least one parameter must be provided")
        asked = dict(request.body)
        if "assignee_ids" in asked:
            issue["assignees"] = self.people(asked.pop("assignee_ids"))
        match asked.pop("state_event", ""):
            case "close":
                issue |= {"state": "closed", "closed_by": {"username": "bot"}, "closed_at": f"{AT}.000Z"}
            case "reopen":
                issue |= {"state": "opened", "closed_by": None, "closed_at": None}
        issue |= asked
        return 200, issue

    def close(self, number: int, *, dropped: bool = False) -> None:
        """bo closes it there. GitLab has no word for what was dropped."""
        assert not dropped
        closed = {"state": "closed", "closed_by": {"username": "bo-gl"}, "closed_at": f"{AT}.000Z"}
        self.issues[number - 1] |= closed


# Jira.

_ADF_TEXT = form("type text", type={"const": "text"}, text={"type": "string", "minLength": 1}, marks=listed({}))
_ADF = form(
    "type version content",
    type={"const": "doc"},
    version={"const": 1},
    content=listed(
        form(
            "type",
            type={"const": "paragraph"},
            content=listed({"anyOf": [_ADF_TEXT, form("type", type={"const": "hardBreak"})]}, 1000),
        ),
        1000,
    ),
)
_STATES = {
    "1": ("To Do", "new"),
    "2": ("In Progress", "indeterminate"),
    "3": ("Done", "done"),
    "4": ("Won't Do", "done"),
}
_STEPS = {
    "11": ("Won't do it", "12", "4"),
    "21": ("Start", "1", "2"),
    "31": ("Finish", "12", "3"),
    "41": ("Reopen", "34", "1"),
}
"""Transition: its name, from which states, to which."""


@dataclass
class JiraStandIn(StandIn):
    cloud: bool = True
    users: tuple[str, ...] = ("5b10a2844c20165700ede21g", "5b10a2844c20165700ede21b", "5b10a2844c20165700ede21c")
    screen: tuple[str, ...] = ("assignee", "duedate", "labels")
    project: str = "SHOP"

    @property
    def user_key(self) -> str:
        return "id" if self.cloud else "name"

    def answer(self, request: Request) -> Said:
        basic = "Basic " + base64.b64encode(f"{EMAIL}:{TOKEN}".encode()).decode()
        if request.headers.get("authorization") != (basic if self.cloud else f"Bearer {TOKEN}"):
            return 401, {"errorMessages": ["Client must be authenticated to access this resource."], "errors": {}}
        if request.headers.get("accept") != "application/json":
            return self.refuse(request, "accept", 406)
        path = request.path.removeprefix(f"/rest/api/{3 if self.cloud else 2}")
        if path == request.path:
            return 404, {"errorMessages": ["No such API"], "errors": {}}
        routes: dict[tuple[str, str], Callable[[Request], Said]] = {("POST", "/issue"): self.create}
        if self.cloud:
            gone = {"errorMessages": ["The requested API has been removed. Please migrate to /rest/api/3/search/jql."]}
            routes[("POST", "/search")] = routes[("GET", "/search")] = lambda _request: (410, gone)
            routes |= {("POST", "/search/jql"): self.search, ("POST", "/issue/bulkfetch"): self.bulk}
        else:
            routes[("POST", "/search")] = self.search
        if (request.method, path) in routes:
            return routes[(request.method, path)](request)
        found = re.fullmatch(r"/issue/([A-Z]+)-(\d+)(/comment|/transitions)?", path)
        issue = self.at(int(found.group(2))) if found and found.group(1) == self.project else None
        if found is None or issue is None:
            return 404, {
                "errorMessages": ["Issue does not exist or you do not have permission to see it."],
                "errors": {},
            }
        return self.routed(request, issue, int(found.group(2)), found.group(3) or "")

    def routed(self, request: Request, issue: dict[str, Any], number: int, part: str) -> Said:
        match (request.method, part):
            case ("GET", ""):
                return self.get(request, issue)
            case ("PUT", ""):
                return self.edit(request, issue)
            case ("POST", "/comment"):
                text = _ADF if self.cloud else TEXT
                if why := self.unfit(request, form("body", body=text)):
                    return self.invalid(request, why)
                self.comments.append((number, request.body["body"]))
                return 201, {"id": "1", "body": request.body["body"]}
            case ("GET", "/transitions"):
                here = str(issue["fields"]["status"]["id"])
                steps = [(i, s) for i, s in _STEPS.items() if here in s[1]]
                return 200, {"transitions": [{"id": i, "name": s[0], "to": self.status(s[2])} for i, s in steps]}
            case ("POST", "/transitions"):
                return self.transition(request, issue)
        return self.refuse(request, "method", 405)

    def status(self, number: str) -> dict[str, Any]:
        name, category = _STATES[number]
        return {"id": number, "name": name, "statusCategory": {"id": 1, "key": category, "name": category}}

    def invalid(self, request: Request, why: str) -> Said:
        return self.refuse(request, why, 400, {"errorMessages": [why], "errors": {}})

    def bad(self, errors: dict[str, str]) -> Said:
        return 400, {"errorMessages": [], "errors": errors}

    def fields(self, **more: Any) -> dict[str, Any]:
        return form(
            "",
            summary={"type": "string", "minLength": 1, "maxLength": 255},
            description=_ADF if self.cloud else {"type": "string", "maxLength": 32_767},
            labels=listed({"type": "string", "pattern": r"^\S+$"}),
            assignee={"anyOf": [form(self.user_key, **{self.user_key: TEXT}), {"type": "null"}]},
            duedate=DAY,
            **more,
        )

    def troubles(self, asked: dict[str, Any]) -> dict[str, str]:
        """What the screens and the list of users refuse."""
        unset = "Field '{0}' cannot be set. It is not on the appropriate screen, or unknown."
        errors: dict[str, str] = {
            f: unset.format(f) for f in ("assignee", "duedate", "labels") if f in asked and f not in self.screen
        }
        person = asked.get("assignee")
        if person is not None and person[self.user_key] not in self.users:
            errors["assignee"] = f"User '{person[self.user_key]}' cannot be assigned issues."
        return errors

    def person(self, said: dict[str, str] | None) -> dict[str, Any] | None:
        if said is None:
            return None
        key = "accountId" if self.cloud else "name"
        return {key: said[self.user_key], "displayName": "Somebody There", "active": True}

    def create(self, request: Request) -> Said:
        project = form("key", key={"const": self.project})
        fields = self.fields(project=project, issuetype=form("name", name={"const": "Task"}))
        fields["required"] = ["project", "issuetype", "summary"]
        if why := self.unfit(request, form("fields", fields=fields)):
            return self.invalid(request, why)
        asked = request.body["fields"]
        if errors := self.troubles(asked):
            return self.bad(errors)
        number = len(self.issues) + 1
        key = f"{self.project}-{number}"
        kept = {
            "summary": asked["summary"],
            "description": asked.get("description"),
            "labels": asked.get("labels", []),
            "assignee": self.person(asked.get("assignee")),
            "duedate": asked.get("duedate"),
            "status": self.status("1"),
            "resolution": None,
            "resolutiondate": None,
            "created": f"{AT}.000+0000",
        }
        self.issues.append({"id": str(10_000 + number), "key": key, "fields": kept, "histories": []})
        return 201, {"id": str(10_000 + number), "key": key, "self": f"{self.url}/rest/api/3/issue/{10_000 + number}"}

    def shown(self, issue: dict[str, Any], names: list[str]) -> dict[str, Any]:
        return {k: issue[k] for k in ("id", "key")} | {"fields": {n: issue["fields"].get(n) for n in names}}

    def get(self, request: Request, issue: dict[str, Any]) -> Said:
        why = self.unknown(request, fields=r"[a-z]+(,[a-z]+)*", expand="changelog")
        if why:
            return self.refuse(request, why)
        said = self.shown(issue, request.query.get("fields", "summary").split(","))
        if request.query.get("expand"):
            said["changelog"] = {"startAt": 0, "maxResults": 100, "total": 9, "histories": issue["histories"]}
        return 200, said

    def edit(self, request: Request, issue: dict[str, Any]) -> Said:
        if why := self.unfit(request, form("fields", fields=self.fields())):
            return self.invalid(request, why)
        asked = dict(request.body["fields"])
        if errors := self.troubles(asked):
            return self.bad(errors)
        if "assignee" in asked:
            asked["assignee"] = self.person(asked["assignee"])
        issue["fields"] |= asked
        return 204, None

    def transition(self, request: Request, issue: dict[str, Any]) -> Said:
        if why := self.unfit(request, form("transition", transition=form("id", id=TEXT))):
            return self.invalid(request, why)
        step = _STEPS.get(request.body["transition"]["id"])
        if step is None or issue["fields"]["status"]["id"] not in step[1]:
            return 400, {"errorMessages": ["It seems that you have tried to perform an illegal workflow operation."]}
        self.move(issue, step[2], self.users[2])
        return 204, None

    def move(self, issue: dict[str, Any], status: str, by: str) -> None:
        fields = issue["fields"]
        item = {"field": "status", "fieldtype": "jira", "from": fields["status"]["id"], "to": status}
        author = self.person({self.user_key: by})
        minute = len(issue["histories"])
        at = f"2026-11-22T09:{minute:02d}:00.000+0000"
        issue["histories"].insert(0 if self.cloud else minute, {"author": author, "created": at, "items": [item]})
        done = {"3": "Done", "4": "Won't Do"}.get(status)
        fields |= {"status": self.status(status), "resolution": {"name": done} if done else None}
        fields["resolutiondate"] = at if done else None

    def search(self, request: Request) -> Said:
        known = {"jql": TEXT, "fields": listed(TEXT), "maxResults": {"type": "integer", "minimum": 1, "maximum": 5000}}
        known |= {"nextPageToken": TEXT, "reconcileIssues": listed(WHOLE, 50)} if self.cloud else {"startAt": WHOLE}
        why = self.unfit(request, form("jql", **known))
        jql = r'project = "(\w+)"(?: AND description ~ "(\w+)")? ORDER BY key (ASC|DESC)'
        found = re.fullmatch(jql, "" if why else request.body["jql"])
        if found is None or found.group(1) != self.project:
            return self.invalid(request, why or "jql")
        word = found.group(2) or ""
        rows = [i for i in self.searchable if word in json.dumps(i["fields"]["description"])]
        if found.group(3) == "DESC":
            rows.reverse()
        page = rows[: request.body.get("maxResults", 50)]
        issues = [self.shown(i, request.body.get("fields", [])) for i in page]
        return 200, {"issues": issues, "isLast": len(page) == len(rows)}

    def bulk(self, request: Request) -> Said:
        if why := self.unfit(request, form("issueIdsOrKeys", issueIdsOrKeys=listed(TEXT), fields=listed(TEXT))):
            return self.invalid(request, why)
        rows = [i for i in self.issues if i["key"] in request.body["issueIdsOrKeys"]]
        return 200, {"issues": [self.shown(i, request.body.get("fields", [])) for i in rows], "issueErrors": []}

    def close(self, number: int, *, dropped: bool = False) -> None:
        """bo closes it there, after he has looked at it."""
        issue = self.issues[number - 1]
        self.move(issue, "2", self.users[0])
        self.move(issue, "4" if dropped else "3", self.users[1])


@contextmanager
def serving(standin: StandIn) -> Iterator[StandIn]:
    """The stand-in behind a real HTTP server."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handled(self) -> None:
            parts = urlsplit(self.path)
            query = {k: v[-1] for k, v in parse_qs(parts.query, keep_blank_values=True).items()}
            text = self.rfile.read(int(self.headers.get("content-length") or 0))
            try:
                body = json.loads(text) if text else None
            except ValueError:
                body = None
            request = Request(self.command, parts.path, query, {k.lower(): v for k, v in self.headers.items()}, body)
            standin.seen.append(request)
            if standin.faults:
                self.sent(*standin.faults.pop(0))
                return
            status, said = standin.answer(request)
            if standin.lose and self.command == "POST" and status == 201:
                standin.lose = False
                self.close_connection = True
                return
            self.sent(status, {"content-type": "application/json"}, b"" if said is None else json.dumps(said).encode())

        do_GET = do_POST = do_PUT = do_PATCH = handled

        def sent(self, status: int, headers: dict[str, str], text: bytes) -> None:
            with suppress(ConnectionError):  # who asked may have heard enough
                self.written(status, headers, text)

        def written(self, status: int, headers: dict[str, str], text: bytes) -> None:
            self.send_response(status)
            for key, value in headers.items():
                self.send_header(key, value)
            if status != 204:
                self.send_header("content-length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    standin.url = f"http://127.0.0.1:{server.server_address[1]}"
    Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield standin
    finally:
        server.shutdown()
        server.server_close()
