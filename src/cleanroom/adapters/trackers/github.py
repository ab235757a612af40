"""The Tracker port over GitHub's REST API, version 2022-11-28, which GitHub Enterprise Server has too.

GitHub's issues have no due date: it stands in the text. A new issue is in the search only after a while, so the newest
issues are listed first.
"""

from __future__ import annotations

import re
from typing import Any

from cleanroom.adapters.trackers.line import Line
from cleanroom.adapters.trackers.texts import body, calm, line, marker, moment, named, ours, theirs, title, web
from cleanroom.core.base import Instant, Misuse, Outside
from cleanroom.ports.clock import Clock
from cleanroom.ports.project import TrackerSettings
from cleanroom.ports.tracker import Filed, Filing, Left, Revision, TrackedState, day

PUBLIC = "https://api.github.com"
VERSION = "2022-11-28"

_REF = re.compile(r"([A-Za-z0-9][A-Za-z0-9-]{0,38}/(?!\.{1,2}#)[A-Za-z0-9._-]{1,100})#([1-9][0-9]{0,9})")
_DUE = re.compile(r"(?m)^Due: (\d{4}-\d{2}-\d{2})[ \t\r]*$")
_NEWEST = 30
_UNDONE = ("not_planned", "duplicate")


class GitHub:
    """See ports/tracker.py. A ref is `owner/repo#12`."""

    kind = "github"

    def __init__(self, settings: TrackerSettings, clock: Clock) -> None:
        self.name = settings.name
        self._settings = settings
        self._line = Line(settings, clock, settings.url or PUBLIC, _headers)

    def file(self, filing: Filing) -> Filed:
        """See ports/tracker.py."""
        there = self._found(marker(filing.key))
        if there is not None:
            return Filed(self._ref(there), web(there.get("html_url"), self.name), made=False)
        login = theirs(self._settings, filing.owner)
        labels = [line(label, 50) for label in (*self._settings.labels, *filing.labels)]
        asked = {
            "title": title(filing),
            "body": _with_due(calm(body(filing)), filing.due),
            "labels": labels,
            "assignees": [login] if login else [],
        }
        made = self._made(asked)
        left: list[Left] = []
        if filing.owner and not (login and _is_among(login, made.get("assignees"), "login")):
            left.append("owner")
        if not all(_is_among(label, made.get("labels"), "name") for label in labels):
            left.append("labels")
        return Filed(self._ref(made), web(made.get("html_url"), self.name), True, tuple(left))

    def state(self, ref: str) -> TrackedState:
        """See ports/tracker.py."""
        return self._tracked(ref, self._issue(ref))

    def update(self, ref: str, revision: Revision) -> TrackedState:
        """See ports/tracker.py."""
        now = self._issue(ref)
        changes: dict[str, Any] = {}
        if revision.owner is not None:
            changes["assignees"] = [named(self._settings, revision.owner)] if revision.owner else []
        if revision.due is not None:
            changes["body"] = _with_due(str(now.get("body") or ""), revision.due)
        if revision.state is not None and revision.state != now.get("state"):
            reason = "completed" if revision.state == "closed" else "reopened"
            changes |= {"state": revision.state, "state_reason": reason}
        if revision.comment and (revision.state is None or "state" in changes):
            self._line.ask("POST", f"{_path(ref)}/comments", {"body": calm(revision.comment)}, fine=(201,))
        return self._tracked(ref, self._line.ask("PATCH", _path(ref), changes).data if changes else now)

    def _found(self, word: str) -> dict[str, Any] | None:
        """The oldest issue with that word: among the newest, which are always up to date, else by the search."""
        project = self._settings.project
        newest: dict[str, str | int] = {"state": "all", "sort": "created", "direction": "desc", "per_page": _NEWEST}
        listed = self._listed(self._line.ask("GET", f"/repos/{project}/issues", params=newest).data)
        found = _with(word, listed)
        if found is None and len(listed) >= _NEWEST:
            asked: dict[str, str | int] = {"q": f'"{word}" in:body repo:{project} is:issue', "per_page": _NEWEST}
            answer = self._line.ask("GET", "/search/issues", params=asked).data
            found = _with(word, self._listed(answer.get("items") if isinstance(answer, dict) else None))
            if found is None and answer.get("incomplete_results"):
                raise Outside(f"tracker {self.name}: its search did not look at everything", "Try again later.")
        return found

    def _listed(self, data: Any) -> list[Any]:
        if not isinstance(data, list):
            raise Outside(f"tracker {self.name}: what it answers is no list of issues")
        return data

    def _made(self, asked: dict[str, Any]) -> dict[str, Any]:
        """The new issue; without its assignee where GitHub refuses that person: the action matters more."""
        path = f"/repos/{self._settings.project}/issues"
        answer = self._line.ask("POST", path, asked, fine=(201, 422) if asked["assignees"] else (201,))
        if answer.status == 422:
            answer = self._line.ask("POST", path, {**asked, "assignees": []}, fine=(201,))
        return self._whole(answer.data)

    def _issue(self, ref: str) -> dict[str, Any]:
        return self._whole(self._line.ask("GET", _path(ref)).data)

    def _whole(self, data: Any) -> dict[str, Any]:
        if not isinstance(data, dict) or not isinstance(data.get("number"), int) or "state" not in data:
            raise Outside(f"tracker {self.name}: what it answers is no issue")
        return data

    def _ref(self, issue: dict[str, Any]) -> str:
        return f"{self._settings.project}#{issue['number']}"

    def _tracked(self, ref: str, data: Any) -> TrackedState:
        issue = self._whole(data)
        closed = issue["state"] == "closed"
        due = _DUE.findall(str(issue.get("body") or ""))
        return TrackedState(
            ref,
            web(issue.get("html_url"), self.name),
            line(issue.get("title", "")),
            "closed" if closed else "open",
            closed and issue.get("state_reason") in _UNDONE,
            self._person((issue.get("assignees") or [None])[0]),
            due[-1] if due else None,
            self._person(issue.get("closed_by")) if closed else "",
            moment(issue.get("closed_at")) if closed else None,
        )

    def _person(self, user: Any) -> str:
        login = user.get("login") if isinstance(user, dict) else None
        return ours(self._settings, login) if isinstance(login, str) else ""


def _headers(token: str, _email: str) -> dict[str, str]:
    return {
        "authorization": f"Bearer {token}",
        "accept": "application/vnd.github+json",
        "x-github-api-version": VERSION,
    }


def _path(ref: str) -> str:
    found = _REF.fullmatch(ref)
    if found is None:
        raise Misuse(f"{ref[:100]!r} names no issue of GitHub", "For example owner/repo#12.")
    return f"/repos/{found.group(1)}/issues/{found.group(2)}"


def _with(word: str, issues: list[Any]) -> dict[str, Any] | None:
    """Of those that hold the word, the one that was there first: the same word in a later one was copied."""
    found = [
        issue
        for issue in issues
        if isinstance(issue, dict) and "pull_request" not in issue and isinstance(issue.get("number"), int)
        if word in str(issue.get("body") or "")
    ]
    return min(found, key=lambda issue: int(issue["number"]), default=None)


def _with_due(text: str, due: Instant | None) -> str:
    """The text with its due date, in the place of the one it had, else at its end."""
    if due is None:
        return text
    said = f"Due: {day(due)}"
    last = list(_DUE.finditer(text))[-1:]
    return f"{text[: last[0].start()]}{said}{text[last[0].end() :]}" if last else f"{text}\n\n{said}"


def _is_among(name: str, said: Any, key: str) -> bool:
    names = [one.get(key) if isinstance(one, dict) else one for one in (said if isinstance(said, list) else ())]
    return name.casefold() in {n.casefold() for n in names if isinstance(n, str)}
