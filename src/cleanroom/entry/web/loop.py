"""The page of the loop: do failures make it stronger? Incidents over time, repeats, and what each left behind."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query, Request
from starlette.responses import HTMLResponse

from cleanroom.app.incident.loop import loop
from cleanroom.core.incident.categories import PATHS
from cleanroom.entry.api.doors import Visit
from cleanroom.entry.incidents import took, turns_of
from cleanroom.entry.web import loop_pictures, seen
from cleanroom.entry.web.pages import render
from cleanroom.entry.web.routes import router

_MOST = 100


@router.get("/loop")
def show(request: Request, page: Visit, before: Annotated[int | None, Query(ge=1)] = None) -> HTMLResponse:
    """The loop; with `before` the older part of its table."""
    size = seen.now_of(request, page.room).size
    found = seen.state(request).kept(("loop", size), lambda: loop(page.room), few=True)
    now, turns = page.room.clock.now(), turns_of(found, before, _MOST)
    return render(
        request,
        page,
        "loop.html",
        here="/incidents",
        live="incident/",
        found=found,
        turns=turns,
        before=before,
        older=turns[-1].id if turns and turns[-1].id != found.turns[-1].id else "",
        paths=PATHS,
        took=took,
        picture=loop_pictures.over_time(found.turns, now) if found.turns else "",
        behind=loop_pictures.left_behind(found.turns, now) if found.turns else "",
    )
