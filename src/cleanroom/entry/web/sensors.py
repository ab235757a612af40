"""The pages of sensors: all of them, and one with what it found, what it holds up and who may let that go on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from fastapi import Form, Request, Response
from starlette.responses import HTMLResponse

from cleanroom.app.sensors.decide import rebase, unblock
from cleanroom.app.sensors.read import Found, every, one
from cleanroom.core.base import CleanroomError
from cleanroom.core.sensors.standing import subject_of
from cleanroom.entry.api.doors import Visit
from cleanroom.entry.web.pages import done, render
from cleanroom.entry.web.routes import router
from cleanroom.entry.web.told import told

Text = Annotated[str, Form()]

_LOUD = ("over", "failed", "too_few", "new", "quiet")
_MOST = 100


@router.get("/sensors")
def all_of_them(request: Request, page: Visit) -> HTMLResponse:
    """Every sensor, those that are over their bound first."""
    found = sorted(every(page.room), key=lambda s: (_LOUD.index(s.standing.state), s.sensor.name))
    return render(request, page, "sensors.html", here="/systems", live="sensor/", sensors=found)


@router.get("/sensors/{name}")
def show(request: Request, page: Visit, name: str) -> HTMLResponse:
    """One sensor."""
    return _one(request, page, name)


@router.post("/sensors/{name}/unblock")
def let_go_on(request: Request, page: Visit, name: str, because: Text = "") -> Response:
    """Let what it holds up go on."""
    return _do(request, page, name, "unblocked", lambda: unblock(page.room, name, because))


@router.post("/sensors/{name}/rebase")
def begin_anew(request: Request, page: Visit, name: str, because: Text = "") -> Response:
    """From now on, how things are is what is right."""
    return _do(request, page, name, "rebased", lambda: rebase(page.room, name, because))


def _do(request: Request, visit: Visit, name: str, code: str, deed: Callable[[], object]) -> Response:
    try:
        deed()
    except CleanroomError as error:
        return _one(request, visit, name, error)
    return done(f"/sensors/{name}", code)


def _one(request: Request, visit: Visit, name: str, alert: CleanroomError | None = None) -> HTMLResponse:
    found: Found = one(visit.room, name)
    entries = visit.room.store.latest(subject_of(name), _MOST, None)
    return render(
        request,
        visit,
        "sensor.html",
        alert=alert,
        here="/systems",
        live=f"sensor/{name}",
        s=found,
        history=[told(e) for e in entries],
    )
