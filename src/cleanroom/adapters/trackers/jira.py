"""The Tracker port over Jira: Cloud (REST API 3, basic authentication) and Data Center (REST API 2, a personal token).

Cloud's search is behind by seconds to minutes, and /search itself is gone: it is /search/jql. What the index does not have
yet is fetched by its key: the next ones after the newest that the index knows.
"""

from __future__ import annotations

import base64
import json
import re
from typing import Any

from cleanroom.adapters.trackers.adf import document, wiki
from cleanroom.adapters.trackers.line import Line
from cleanroom.adapters.trackers.texts import body, is_day, line, marker, moment, named, ours, theirs, title, web
from cleanroom.core.base import Instant, Misuse, Outside
from cleanroom.ports.clock import Clock
from cleanroom.ports.project import TrackerSettings
from cleanroom.ports.tracker import Filed, Filing, Left, Revision, TrackedState, day

_REF = re.compile(r"[A-Z][A-Z0-9_]{0,99}-[1-9][0-9]{0,9}")
_FOUND, _AHEAD = 50, 50
_SHOWN = "summary,status,assignee,duedate,resolution,resolutiondate"
_LEAVES: dict[str, Left] = {"assignee": "owner", "duedate": "due", "labels": "labels"}
"""Fields that an issue can do without, where its screens do not have them or Jira refuses the person."""
_GOALS = {"closed": ("done",), "open": ("new", "indeterminate")}
_NAMES = {"closed": ("done", "closed", "resolved"), "open": ("to do", "open", "reopened")}
_UNDONE = ("won't do", "won't fix", "duplicate", "cannot reproduce", "declined", "incomplete", "abandoned")


class Jira:
    """See ports/tracker.py. A ref is an issue's key, `SHOP-12`. With `email_env` it is Cloud, without it Data Center."""

    kind = "jira"

    def __init__(self, settings: TrackerSettings, clock: Clock) -> None:
        self.name = settings.name
        self._settings = settings
        self._cloud = bool(settings.email_env)
        self._site = settings.url.rstrip("/")
        self._line = Line(
            settings, clock, f"{self._site}/rest/api/{3 if self._cloud else 2}", _basic if self._cloud else _bearer
        )

    def file(self, filing: Filing) -> Filed:
        """See ports/tracker.py."""
        there = self._found(marker(filing.key))
        if there is not None:
            return Filed(there, self._page(there), made=False)
        person = theirs(self._settings, filing.owner)
        labels = ["-".join(line(label, 250).split()) for label in (*self._settings.labels, *filing.labels)]
        asked: dict[str, Any] = {
            "project": {"key": self._settings.project},
            "issuetype": {"name": self._settings.issue_type},
            "summary": title(filing),
            "description": self._text(body(filing)),
        }
        asked |= {"labels": labels} if labels else {}
        asked |= {"assignee": self._who(person)} if person else {}
        asked |= {"duedate": day(filing.due)} if filing.due is not None else {}
        key, refused = self._made(asked)
        left = {"owner"} if filing.owner and not person else set()
        left |= {_LEAVES[field] for field in refused}
        return Filed(key, self._page(key), True, tuple(one for one in _LEAVES.values() if one in left))

    def state(self, ref: str) -> TrackedState:
        """See ports/tracker.py."""
        fields = _fields(self._line.ask("GET", _path(ref), params={"fields": _SHOWN}).data, self.name)
        closed = _category(fields.get("status")) == "done"
        by, at = self._closing(ref) if closed else ("", None)
        return TrackedState(
            ref,
            self._page(ref),
            line(fields.get("summary", "")),
            "closed" if closed else "open",
            closed and _name(fields.get("resolution")).casefold().replace("\u2019", "'") in _UNDONE,
            self._person(fields.get("assignee")),
            fields["duedate"] if is_day(fields.get("duedate")) else None,
            by,
            at or (_moment(fields.get("resolutiondate")) if closed else None),
        )

    def update(self, ref: str, revision: Revision) -> TrackedState:
        """See ports/tracker.py."""
        changes: dict[str, Any] = {}
        if revision.owner is not None:
            changes["assignee"] = self._who(named(self._settings, revision.owner)) if revision.owner else None
        if revision.due is not None:
            changes["duedate"] = day(revision.due)
        now = self.state(ref)
        moves = revision.state is not None and revision.state != now.state
        step = self._transition(ref, str(revision.state)) if moves else ""
        if changes:
            self._line.ask("PUT", _path(ref), {"fields": changes}, fine=(204,))
        if revision.comment and (moves or revision.state is None):
            self._line.ask("POST", f"{_path(ref)}/comment", {"body": self._text(revision.comment)}, fine=(201,))
        if moves:
            self._line.ask("POST", f"{_path(ref)}/transitions", {"transition": {"id": step}}, fine=(204,))
        return self.state(ref) if moves or changes else now

    def _found(self, word: str) -> str | None:
        """The key of the oldest issue with that word: by the search, else among those that it does not know yet."""
        project = self._settings.project
        jql = f'project = "{project}" AND description ~ "{word}" ORDER BY key ASC'
        found = _with(word, self._searched(jql, "description", _FOUND))
        if found is not None or not self._cloud:
            return found
        newest = self._searched(f'project = "{project}" ORDER BY key DESC', "summary", 1)
        key = newest[0].get("key") if newest else f"{project}-0"
        number = int(key.rpartition("-")[2]) if isinstance(key, str) and _REF.fullmatch(key) else 0
        keys = [f"{project}-{number + i}" for i in range(1, _AHEAD + 1)]
        asked = {"issueIdsOrKeys": keys, "fields": ["description"]}
        answer = self._line.ask("POST", "/issue/bulkfetch", asked).data
        return _with(word, self._issues(answer))

    def _searched(self, jql: str, field: str, most: int) -> list[dict[str, Any]]:
        asked = {"jql": jql, "fields": [field], "maxResults": most}
        answer = self._line.ask("POST", "/search/jql" if self._cloud else "/search", asked).data
        return self._issues(answer)

    def _issues(self, answer: Any) -> list[dict[str, Any]]:
        issues = answer.get("issues") if isinstance(answer, dict) else None
        if not isinstance(issues, list):
            raise Outside(f"tracker {self.name}: what it answers is no list of issues")
        return [issue for issue in issues if isinstance(issue, dict)]

    def _made(self, asked: dict[str, Any]) -> tuple[str, set[str]]:
        """The new issue's key, and what had to be left out: the action matters more than who has it and when it is due."""
        spare = any(field in asked for field in _LEAVES)
        answer = self._line.ask("POST", "/issue", {"fields": asked}, fine=(201, 400) if spare else (201,))
        refused: set[str] = set()
        if answer.status == 400:
            errors = answer.data.get("errors") if isinstance(answer.data, dict) else None
            refused = {field for field in _LEAVES if isinstance(errors, dict) and field in errors}
            kept = {key: value for key, value in asked.items() if key not in refused}
            answer = self._line.ask("POST", "/issue", {"fields": kept}, fine=(201,))
        key = answer.data.get("key") if isinstance(answer.data, dict) else None
        if not isinstance(key, str) or not _REF.fullmatch(key):
            raise Outside(f"tracker {self.name}: what it answers is no issue")
        return key, refused

    def _transition(self, ref: str, wanted: str) -> str:
        """The step that leads there. Of several, the one with a usual name. Raises Misuse where the workflow has none."""
        answer = self._line.ask("GET", f"{_path(ref)}/transitions").data
        steps = answer.get("transitions") if isinstance(answer, dict) else None
        there = [s for s in (steps if isinstance(steps, list) else ()) if isinstance(s, dict)]
        there = [s for s in there if _category(s.get("to")) in _GOALS[wanted] and isinstance(s.get("id"), str)]
        if not there:
            hint = "Move it there by hand; the workflow may ask for another step first."
            raise Misuse(f"tracker {self.name}: no step of {ref} leads to {wanted}", hint)
        usual = [s for name in _NAMES[wanted] for s in there if _name(s.get("to")).casefold() == name]
        return str((usual or there)[0]["id"])

    def _closing(self, ref: str) -> tuple[str, Instant | None]:
        """Who moved it to where it is now, and when, as its history says."""
        asked = {"fields": "status", "expand": "changelog"}
        data = self._line.ask("GET", _path(ref), params=asked).data
        status = _fields(data, self.name).get("status")
        now = str(status.get("id")) if isinstance(status, dict) else ""
        log = data.get("changelog")
        histories = log.get("histories") if isinstance(log, dict) else None
        moves = [
            (at, self._person(history.get("author")))
            for history in (histories if isinstance(histories, list) else ())
            if isinstance(history, dict) and (at := _moment(history.get("created"))) is not None
            if any(i.get("field") == "status" and str(i.get("to")) == now for i in history.get("items") or ())
        ]
        at, by = max(moves, default=(None, ""))
        return by, at

    def _text(self, text: str) -> Any:
        return document(text) if self._cloud else wiki(text)

    def _who(self, person: str) -> dict[str, str]:
        """A person as a field: by account id in Cloud, by user name in Data Center."""
        return {"id": person} if self._cloud else {"name": person}

    def _person(self, user: Any) -> str:
        said = user.get("accountId" if self._cloud else "name") if isinstance(user, dict) else None
        return ours(self._settings, said, str(user.get("displayName") or "")) if isinstance(said, str) else ""

    def _page(self, ref: str) -> str:
        return web(f"{self._site}/browse/{ref}", self.name)


def _basic(token: str, email: str) -> dict[str, str]:
    return {"authorization": "Basic " + base64.b64encode(f"{email}:{token}".encode()).decode()}


def _bearer(token: str, _email: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


def _path(ref: str) -> str:
    if _REF.fullmatch(ref) is None:
        raise Misuse(f"{ref[:100]!r} names no issue of Jira", "For example SHOP-12.")
    return f"/issue/{ref}"


def _fields(data: Any, who: str) -> dict[str, Any]:
    fields = data.get("fields") if isinstance(data, dict) else None
    if not isinstance(fields, dict) or not isinstance(fields.get("status"), dict):
        raise Outside(f"tracker {who}: what it answers is no issue")
    return fields


def _with(word: str, issues: list[dict[str, Any]]) -> str | None:
    """The first key whose description, a text or a document, holds the word."""
    found = [
        issue["key"]
        for issue in issues
        if isinstance(issue.get("key"), str) and _REF.fullmatch(issue["key"]) and isinstance(issue.get("fields"), dict)
        if word in json.dumps(issue["fields"].get("description"))
    ]
    return min(found, key=lambda key: int(key.rpartition("-")[2]), default=None)


def _category(status: Any) -> str:
    category = status.get("statusCategory") if isinstance(status, dict) else None
    return str(category.get("key", "")) if isinstance(category, dict) else ""


def _name(said: Any) -> str:
    return str(said.get("name", "")) if isinstance(said, dict) else ""


def _moment(said: Any) -> Instant | None:
    """Jira writes `2026-11-22T09:00:00.000+0000`."""
    return moment(re.sub(r"([+-]\d{2})(\d{2})$", r"\1:\2", said)) if isinstance(said, str) and len(said) < 40 else None
