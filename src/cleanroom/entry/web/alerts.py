"""The pages of alerts: what goes on, one with its evidence and causes, and the answers that a person can give."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from fastapi import Form, Request, Response
from starlette.responses import HTMLResponse

from cleanroom.app import alerts
from cleanroom.app.alerts.first_steps import first_step
from cleanroom.app.alerts.read import UNANSWERED
from cleanroom.app.incident.read import going_on
from cleanroom.core.alerts.state import base_of, subject_of
from cleanroom.core.base import CleanroomError
from cleanroom.core.facts.alerts import Matching
from cleanroom.core.incident.state import base_of as incident_of
from cleanroom.entry.api.doors import Visit
from cleanroom.entry.rollout_plan import seconds_of
from cleanroom.entry.web.pages import done, render
from cleanroom.entry.web.routes import router
from cleanroom.entry.web.told import told

Text = Annotated[str, Form()]

_MOST = 100


@router.get("/alerts")
def all_of_them(request: Request, page: Visit, over: str = "") -> HTMLResponse:
    """The alerts that go on, or those that are over."""
    return _list(request, page, over=bool(over))


@router.post("/alerts/undelivered/again")
def again(request: Request, page: Visit) -> Response:
    """Try anew what was given up on."""
    try:
        alerts.again(page.room)
    except CleanroomError as error:
        return _list(request, page, error)
    return done("/alerts", "tried-again")


@router.post("/alerts/silences/{id}/lift")
def lift(request: Request, page: Visit, id: str) -> Response:
    """End a silence."""
    try:
        alerts.lift(page.room, id)
    except CleanroomError as error:
        return _list(request, page, error)
    return done("/alerts", "lifted")


@router.get("/alerts/{id}")
def show(request: Request, page: Visit, id: str) -> HTMLResponse:
    """One alert."""
    return _one(request, page, id)


@router.post("/alerts/{id}/ack")
def ack(request: Request, page: Visit, id: str, because: Text = "") -> Response:
    """Say that you are on it."""
    return _do(request, page, id, "acknowledged", lambda: alerts.acknowledge(page.room, id, because))


@router.post("/alerts/{id}/resolve")
def resolve(request: Request, page: Visit, id: str, because: Text = "") -> Response:
    """Say that it is over."""
    return _do(request, page, id, "resolved", lambda: alerts.resolve(page.room, id, because))


@router.post("/alerts/{id}/silence")
def silence(request: Request, page: Visit, id: str, long: Text = "", because: Text = "") -> Response:
    """Have nobody told of what the alert's signals say, for a while."""

    def deed() -> None:
        seconds = seconds_of(long)
        found = alerts.one(page.room, id)
        wanted = {(m.signal.name, m.signal.system, m.signal.about) for m in found.members if m.ended is None}
        matching = [Matching(name, system or "*", about or "*") for name, system, about in sorted(wanted)]
        alerts.silence_all(page.room, matching, seconds, because)

    return _do(request, page, id, "silenced", deed)


def _do(request: Request, visit: Visit, id: str, code: str, deed: Callable[[], object]) -> Response:
    try:
        deed()
    except CleanroomError as error:
        return _one(request, visit, id, error)
    return done(f"/alerts/{id}", code)


def _list(request: Request, visit: Visit, alert: CleanroomError | None = None, *, over: bool = False) -> HTMLResponse:
    return render(
        request,
        visit,
        "alerts.html",
        alert=alert,
        here="/alerts",
        live="alert/ silences",
        over=over,
        alerts=alerts.every(visit.room, ("resolved",) if over else UNANSWERED, limit=_MOST),
        silences=alerts.holding(visit.room),
        lost=alerts.undelivered(visit.room),
    )


def _one(request: Request, visit: Visit, id: str, alert: CleanroomError | None = None) -> HTMLResponse:
    found = alerts.one(visit.room, id)
    base = base_of(found.alert)
    return render(
        request,
        visit,
        "alert.html",
        alert=alert,
        here="/alerts",
        live=f"alert/{base.id} silences",
        a=found,
        base=base,
        first=first_step(base.signals[0]) if base.signals else "",
        incident=next((i.id for i in map(incident_of, going_on(visit.room)) if base.id in i.alerts), ""),
        history=[told(e) for e in reversed(visit.room.store.history(subject_of(base.id)))],
    )
