"""The first page: what waits for me, what of mine is stuck, and what needs somebody's eye."""

from __future__ import annotations

from fastapi import Request
from starlette.responses import HTMLResponse

from cleanroom.app.incident.postmortem import reading_list
from cleanroom.core.review import Cleared
from cleanroom.entry.api.doors import Visit
from cleanroom.entry.web import found as finding
from cleanroom.entry.web import incident_seen, seen
from cleanroom.entry.web.pages import render
from cleanroom.entry.web.queue import board, holding
from cleanroom.entry.web.routes import router


@router.get("/")
def show(request: Request, page: Visit) -> HTMLResponse:
    """What waits for me."""
    memory = seen.state(request)
    now = seen.now_of(request, page.room)
    all_of_them = finding.every(request, page)
    own = [c for c in all_of_them if c.author and not isinstance(c.review.state, Cleared)]
    return render(
        request,
        page,
        "home.html",
        here="/",
        live="change/ output/ cutoff/ corrections incident/",
        incidents=incident_seen.going_on(page.room),
        actions=incident_seen.mine(page.room, page.person),
        reading=reading_list(page.room),
        sign=[c for c in all_of_them if c.mine],
        own=own,
        cleared=[c for c in all_of_them if c.tone == "pass"],
        others=len(all_of_them),
        board=board(request, page.room),
        lease=holding(request, page.room),
        gave_up=memory.kept(("outbox", now.size), lambda: sum(m.gave_up for m in page.room.outbox.waiting())),
    )
