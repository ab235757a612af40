"""The pages of changes: all of them, and one with what it touches, what its run showed, who signed and what happened."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass, fields
from typing import Annotated

from fastapi import Form, Request, Response
from markupsafe import Markup
from starlette.responses import HTMLResponse

from cleanroom.app.review import decide
from cleanroom.app.review.standing import Standing, Unreadable
from cleanroom.app.validate import provenance_of
from cleanroom.core.base import CleanroomError, Misuse, Refused
from cleanroom.core.change import Change
from cleanroom.core.policy import Policy
from cleanroom.core.review import Review, can_be_staffed
from cleanroom.entry.api.doors import Visit
from cleanroom.entry.web import found as finding
from cleanroom.entry.web import seen
from cleanroom.entry.web.found import Found
from cleanroom.entry.web.mapping import looked_of
from cleanroom.entry.web.pages import done, fragment, render
from cleanroom.entry.web.routes import router

_STYLE = re.compile(rb"<style>(.*?)</style>", re.DOTALL)
_ORDER = ("wait", "fail", "unknown", "pass")


@router.get("/changes")
def every(request: Request, page: Visit) -> HTMLResponse:
    """All changes, those that wait for somebody first."""
    now = seen.now_of(request, page.room)
    known = sorted(finding.every(request, page), key=lambda c: (not c.mine, _ORDER.index(c.tone), c.name))
    # Who could sign the same roles is shown the same lines.
    lines = [
        fragment(request, (c.name, c.mine, now.key), "changes_line.html", lambda c=c: {"c": c})  # type: ignore[misc]
        for c in known
    ]
    broken = [c for c in now.changes if isinstance(c, Unreadable)]
    return render(request, page, "changes.html", here="/changes", live="change/", changes=lines, broken=broken)


@router.get("/changes/{name}")
def show(request: Request, page: Visit, name: str) -> HTMLResponse:
    """One change."""
    return _page(request, page, name)


@router.get("/changes/{name}/report")
def report(request: Request, page: Visit, name: str) -> Response:
    """The stored report of its last run, as it was written then: no script, only the style sheet whose hash it has."""
    standing = finding.change_of(request, page.room, name)
    checked = finding.last_check(standing)
    run = finding.run_seen(request, page.room, checked.run, standing.change.artifact.kind) if checked else None
    if run is None:
        raise Misuse(f"{name} has no report yet", f"Run `cleanroom check {name} --baseline DATA`.")
    body = finding.stored(page.room, run.ran, "report.html").read_bytes()
    return Response(body, media_type="text/html; charset=utf-8", headers=_report_headers(body))


def _report_headers(body: bytes) -> dict[str, str]:
    sheet = _STYLE.search(body)
    mark = base64.b64encode(hashlib.sha256(sheet.group(1) if sheet else b"").digest()).decode()
    policy = (
        f"default-src 'none'; style-src 'sha256-{mark}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    return {"Content-Security-Policy": policy, "Cache-Control": "private, no-cache"}


@router.post("/changes/{name}/approve")
def approve(
    request: Request,
    page: Visit,
    name: str,
    role: Annotated[str, Form()] = "",
    comment: Annotated[str, Form()] = "",
    seen: Annotated[str, Form()] = "",
) -> Response:
    """Sign in a role, for the run that the page showed."""
    try:
        decide.approve(page.room, name, role or None, comment, seen)
    except CleanroomError as error:
        return _page(request, page, name, error)
    return done(f"/changes/{name}", "approved")


@router.post("/changes/{name}/reject")
def reject(
    request: Request, page: Visit, name: str, reason: Annotated[str, Form()] = "", seen: Annotated[str, Form()] = ""
) -> Response:
    """Say no, and why."""
    try:
        decide.reject(page.room, name, reason, seen)
    except CleanroomError as error:
        return _page(request, page, name, error)
    return done(f"/changes/{name}", "rejected")


@router.post("/changes/{name}/waive")
def waive(
    request: Request, page: Visit, name: str, reason: Annotated[str, Form()] = "", seen: Annotated[str, Form()] = ""
) -> Response:
    """Let an UNKNOWN pass, and why."""
    try:
        decide.waive(page.room, name, reason, seen)
    except CleanroomError as error:
        return _page(request, page, name, error)
    return done(f"/changes/{name}", "waived")


def _looked(request: Request, visit: Visit, standing: Standing) -> tuple[int, int] | None:
    """How many of the names that matter most somebody found right; None for a dataset."""
    return None if standing.mapping is None else looked_of(request, visit.room, standing)


@dataclass(frozen=True, slots=True)
class View:
    """All that the page of a change shows one person, as long as nothing happens."""

    c: Found
    review: Review
    change: Change
    cannot: Refused | None
    may_waive: bool
    may_reject: bool
    staffed: bool
    policy: Policy
    waits: dict[str, str]
    looked: tuple[int, int] | None


def _view(request: Request, visit: Visit, standing: Standing) -> View:
    policy, person = seen.now_of(request, visit.room).policy, visit.person
    return View(
        c=finding.found(standing, person),
        review=standing.review,
        change=standing.change,
        cannot=finding.cannot(standing, policy, person),
        may_waive=finding.may_waive(standing, policy, person),
        may_reject=finding.may_reject(standing, policy, person),
        staffed=can_be_staffed(standing.review.authors, standing.review.needs, policy),
        policy=policy,
        waits=finding.waits(standing.review),
        looked=_looked(request, visit, standing) if finding.last_check(standing) else None,
    )


def _evidence(request: Request, visit: Visit, standing: Standing) -> Markup:
    """What the run showed, what it touches, what happened: the same for all who look."""
    now = seen.now_of(request, visit.room)
    key = (standing.name, now.key)
    checked = finding.last_check(standing)
    run = finding.run_seen(request, visit.room, checked.run, standing.change.artifact.kind) if checked else None
    return fragment(
        request,
        key,
        "change_evidence.html",
        lambda: {
            "change": standing.change,
            "review": standing.review,
            "run": run,
            "stale": checked is not None and checked != standing.review.checked,
            "policy": now.policy,
            "history": finding.history(standing),
            "provenance": provenance_of(standing.change),
            "findings_shown": finding.FINDINGS,
        },
    )


def _page(request: Request, visit: Visit, name: str, alert: CleanroomError | None = None) -> HTMLResponse:
    standing = finding.change_of(request, visit.room, name)
    key = ("change", name, visit.person, seen.now_of(request, visit.room).key)
    shown = seen.state(request).kept(key, lambda: _view(request, visit, standing))
    return render(
        request,
        visit,
        "change.html",
        alert=alert,
        here="/changes",
        live=f"change/{name}",
        evidence=_evidence(request, visit, standing),
        **{f.name: getattr(shown, f.name) for f in fields(View)},
    )
