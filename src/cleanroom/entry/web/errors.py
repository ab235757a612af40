"""What does a person see when something went wrong? What happened, and what to do next, in the look of the pages."""

from __future__ import annotations

from fastapi import Request, Response
from starlette.responses import HTMLResponse

from cleanroom.entry.api.problems import Problem
from cleanroom.entry.web.pages import environment

_TITLES = {
    400: "That did not work",
    401: "You are not signed in",
    403: "Not allowed",
    404: "There is nothing here",
    409: "Somebody else was faster",
    413: "Too large",
    422: "Something is missing",
    429: "Too many tries",
    500: "An error of ours",
    503: "Not just now",
}


def error_page(request: Request, told: Problem) -> Response:
    """The page of a problem. It asks nothing of the ledger, since that may be what is broken."""
    where = request.headers.get("referer", "")
    back = where if where.startswith(str(request.base_url)) and where != str(request.url) else ""
    text = (
        environment()
        .get_template("error.html")
        .render(me=None, alert=None, flash=None, told=told, title=_TITLES.get(told.status, told.title), back=back)
    )
    return HTMLResponse(text, told.status, {"Cache-Control": "no-store"})
