"""The Tracker port over GitLab's REST API, version 4, of gitlab.com and of one's own."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote

from cleanroom.adapters.trackers.line import Line
from cleanroom.adapters.trackers.texts import body, calm, is_day, line, marker, moment, named, ours, theirs, title, web
from cleanroom.core.base import Misuse, Outside
from cleanroom.ports.clock import Clock
from cleanroom.ports.project import TrackerSettings
from cleanroom.ports.tracker import Filed, Filing, Left, Revision, TrackedState, day

PUBLIC = "https://gitlab.com"

_PART = r"(?!\.{1,2}(?:[/#]|\Z))[A-Za-z0-9_.][A-Za-z0-9_.-]{0,254}"
_REF = re.compile(rf"({_PART}(?:/{_PART}){{0,20}})#([1-9][0-9]{{0,9}})")
_NOBODY = 0


class GitLab:
    """See ports/tracker.py. A ref is `group/project#12`, with the number within the project (the iid)."""

    kind = "gitlab"

    def __init__(self, settings: TrackerSettings, clock: Clock) -> None:
        self.name = settings.name
        self._settings = settings
        self._line = Line(settings, clock, (settings.url or PUBLIC).rstrip("/") + "/api/v4", _headers)
        self._issues = f"/projects/{quote(settings.project, safe='')}/issues"

    def file(self, filing: Filing) -> Filed:
        """See ports/tracker.py."""
        there = self._found(marker(filing.key))
        if there is not None:
            return Filed(self._ref(there), web(there.get("web_url"), self.name), made=False)
        username = theirs(self._settings, filing.owner)
        person = None if username is None else self._user(username)
        labels = [line(label, 255).replace(",", " ") for label in (*self._settings.labels, *filing.labels)]
        asked: dict[str, Any] = {"title": title(filing), "description": calm(body(filing))}
        asked |= {"labels": ",".join(labels)} if labels else {}
        asked |= {"assignee_ids": [person]} if person is not None else {}
        asked |= {"due_date": day(filing.due)} if filing.due is not None else {}
        made = self._whole(self._line.ask("POST", self._issues, asked, fine=(201,)).data)
        left: list[Left] = []
        if filing.owner and (username is None or username.casefold() != _username(made).casefold()):
            left.append("owner")
        if filing.due is not None and made.get("due_date") != day(filing.due):
            left.append("due")
        if not {label.casefold() for label in labels} <= {str(said).casefold() for said in made.get("labels") or ()}:
            left.append("labels")
        return Filed(self._ref(made), web(made.get("web_url"), self.name), True, tuple(left))

    def state(self, ref: str) -> TrackedState:
        """See ports/tracker.py."""
        return self._tracked(ref, self._line.ask("GET", _path(ref)).data)

    def update(self, ref: str, revision: Revision) -> TrackedState:
        """See ports/tracker.py."""
        now = self.state(ref)
        changes: dict[str, Any] = {}
        if revision.owner is not None:
            changes["assignee_ids"] = [self._member(revision.owner) if revision.owner else _NOBODY]
        if revision.due is not None:
            changes["due_date"] = day(revision.due)
        if revision.state is not None and revision.state != now.state:
            changes["state_event"] = "close" if revision.state == "closed" else "reopen"
        if revision.comment and (revision.state is None or "state_event" in changes):
            self._line.ask("POST", f"{_path(ref)}/notes", {"body": calm(revision.comment)}, fine=(201,))
        return self._tracked(ref, self._line.ask("PUT", _path(ref), changes).data) if changes else now

    def _found(self, word: str) -> dict[str, Any] | None:
        """The oldest issue with that word: the same word in a later one was copied."""
        asked: dict[str, str | int] = {"search": word, "in": "description", "scope": "all", "order_by": "created_at"}
        found = self._line.ask("GET", self._issues, params={**asked, "sort": "asc", "per_page": 20}).data
        if not isinstance(found, list):
            raise Outside(f"tracker {self.name}: what it answers is no list of issues")
        held = [issue for issue in found if isinstance(issue, dict) and word in str(issue.get("description") or "")]
        return self._whole(held[0]) if held else None

    def _user(self, username: str) -> int | None:
        """The id of a user; None where there is none of that name any more."""
        found = self._line.ask("GET", "/users", params={"username": username}).data
        users = [user for user in (found if isinstance(found, list) else ()) if isinstance(user, dict)]
        same = [user for user in users if str(user.get("username", "")).casefold() == username.casefold()]
        number = same[0].get("id") if same else None
        return number if isinstance(number, int) else None

    def _member(self, person: str) -> int:
        username = named(self._settings, person)
        found = self._user(username)
        if found is None:
            hint = f"Correct people in [trackers.{self.name}] of cleanroom.toml."
            raise Misuse(f"tracker {self.name}: there is no user {username!r:.100}", hint)
        return found

    def _whole(self, data: Any) -> dict[str, Any]:
        if not isinstance(data, dict) or not isinstance(data.get("iid"), int) or "state" not in data:
            raise Outside(f"tracker {self.name}: what it answers is no issue")
        return data

    def _ref(self, issue: dict[str, Any]) -> str:
        return f"{self._settings.project}#{issue['iid']}"

    def _tracked(self, ref: str, data: Any) -> TrackedState:
        issue = self._whole(data)
        closed = issue["state"] == "closed"
        closer = issue.get("closed_by")
        by = closer.get("username") if isinstance(closer, dict) else None
        assignee = _username(issue)
        return TrackedState(
            ref,
            web(issue.get("web_url"), self.name),
            line(issue.get("title", "")),
            "closed" if closed else "open",
            assignee=ours(self._settings, assignee) if assignee else "",
            due=issue["due_date"] if is_day(issue.get("due_date")) else None,
            closed_by=ours(self._settings, by) if closed and isinstance(by, str) else "",
            closed_at=moment(issue.get("closed_at")) if closed else None,
        )


def _headers(token: str, _email: str) -> dict[str, str]:
    return {"private-token": token}


def _path(ref: str) -> str:
    found = _REF.fullmatch(ref)
    if found is None:
        raise Misuse(f"{ref[:100]!r} names no issue of GitLab", "For example group/project#12.")
    return f"/projects/{quote(found.group(1), safe='')}/issues/{found.group(2)}"


def _username(issue: dict[str, Any]) -> str:
    """Whose the issue is; '' where it is nobody's."""
    first = (issue.get("assignees") or [None])[0]
    said = first.get("username") if isinstance(first, dict) else None
    return said if isinstance(said, str) else ""
