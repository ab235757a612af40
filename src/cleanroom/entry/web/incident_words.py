"""The pages on which an incident is told: its postmortem, with what is wrong with it, and messages to people."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import Form, Request, Response
from starlette.responses import HTMLResponse

from cleanroom.app.incident import communicate, postmortem, read
from cleanroom.app.room import Room
from cleanroom.core.base import CleanroomError, NotFound
from cleanroom.core.incident.messages import AUDIENCES, MOST, Audience
from cleanroom.core.incident.state import base_of, subject_of
from cleanroom.core.policy import same
from cleanroom.entry.api.doors import Visit
from cleanroom.entry.moments import day
from cleanroom.entry.web import incident_seen as view
from cleanroom.entry.web import markdown_seen
from cleanroom.entry.web.pages import done, render
from cleanroom.entry.web.routes import router

Text = Annotated[str, Form(max_length=2_000)]
Message = Annotated[str, Form(max_length=2 * MOST)]


@router.get("/incidents/{id}/postmortem")
def show(request: Request, page: Visit, id: str) -> HTMLResponse:
    """The page that is published, else the one that lies in the project. Looking at it is not reading it."""
    return _page(request, page, id)


@router.post("/incidents/{id}/postmortem/draft")
def draft(request: Request, page: Visit, id: str) -> Response:
    """Begin it from the facts."""
    return _do(request, page, id, "drafted", lambda: postmortem.draft(page.room, id))


@router.post("/incidents/{id}/postmortem/publish")
def publish(request: Request, page: Visit, id: str) -> Response:
    """Put it out."""
    return _do(request, page, id, "published", lambda: postmortem.publish(page.room, id))


@router.post("/incidents/{id}/postmortem/read")
def has_read(request: Request, page: Visit, id: str) -> Response:
    """Say that you have read it."""
    return _do(request, page, id, "read", lambda: postmortem.read(page.room, id))


@router.post("/incidents/{id}/postmortem/review")
def review(request: Request, page: Visit, id: str, on: Text = "", readers: Text = "") -> Response:
    """Set when people look at it again, and who is to read it."""
    named = tuple(r for r in readers.replace(",", " ").split() if r)
    return _do(
        request, page, id, "review-set", lambda: postmortem.review(page.room, id, day(on, page.room.clock.now()), named)
    )


@router.get("/incidents/{id}/message/{audience}")
def message(request: Request, page: Visit, id: str, audience: str) -> HTMLResponse:
    """A draft of what to tell people."""
    return _message(request, page, id, audience, None)


@router.post("/incidents/{id}/message/{audience}")
def send(
    request: Request,
    page: Visit,
    id: str,
    audience: str,
    text: Message = "",
    channels: Annotated[list[str] | None, Form(max_length=50)] = None,
) -> Response:
    """Send it, or note that a person sends it on."""
    try:
        communicate.send(page.room, id, _audience(audience), text, tuple(channels or ()))
    except CleanroomError as error:
        return _message(request, page, id, audience, text, error)
    return done(f"/incidents/{id}", "told-people")


def _do(request: Request, visit: Visit, id: str, code: str, deed: Callable[[], object]) -> Response:
    try:
        deed()
    except CleanroomError as error:
        return _page(request, visit, id, error)
    return done(f"/incidents/{id}/postmortem", code)


def _page(request: Request, visit: Visit, id: str, alert: CleanroomError | None = None) -> HTMLResponse:
    room, found = visit.room, read.existing(visit.room, id)
    known, standing = base_of(found), postmortem.standing(room, id)
    text, findings = _texts(room, id, standing)
    return render(
        request,
        visit,
        "postmortem.html",
        alert=alert,
        here="/incidents",
        live=subject_of(known.id),
        i=known,
        r=view.row(found, room.clock.now()),
        s=standing,
        page=markdown_seen.page(text) if text else "",
        findings=findings,
        has_read=any(same(p, visit.person) for p in standing.read),
        readers=" ".join(standing.readers or postmortem.people(room)[:10]),
    )


def _texts(room: Room, id: str, standing: postmortem.Standing) -> tuple[str, tuple[Any, ...]]:
    """What is shown, and what is wrong with the page in the project: the published one first."""
    findings = postmortem.check(room, id) if standing.file and (standing.published is None or standing.edited) else ()
    try:
        return postmortem.text_of(room, id), findings
    except NotFound:  # it is not on this machine, or nobody has begun it
        return "", findings


def _message(
    request: Request, visit: Visit, id: str, audience: str, text: str | None, alert: CleanroomError | None = None
) -> HTMLResponse:
    room, found = visit.room, read.existing(visit.room, id)
    whom = _audience(audience)
    known = base_of(found)
    return render(
        request,
        visit,
        "message.html",
        alert=alert,
        here="/incidents",
        live=subject_of(known.id),
        i=known,
        r=view.row(found, room.clock.now()),
        audience=whom,
        text=communicate.draft(room, id, whom) if text is None else text,
        most=MOST,
        channels=room.project.channels(),
    )


def _audience(audience: str) -> Audience:
    found = next((a for a in AUDIENCES if a == audience), None)
    if found is None:
        raise NotFound(f"there is no audience {audience!r:.40}", f"One of: {', '.join(AUDIENCES)}.")
    return found
