"""The page of people: who acts as what, what the policy asks for, tokens, and sign-in links."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Form, Request, Response
from starlette.responses import HTMLResponse

from cleanroom.app import access
from cleanroom.app.people import staff
from cleanroom.core.base import CleanroomError, after
from cleanroom.core.policy import AREAS, DAY, SIGNED, same
from cleanroom.entry.api.doors import Visit, serving
from cleanroom.entry.web import seen
from cleanroom.entry.web.pages import done, fragment, render
from cleanroom.entry.web.routes import router

_WHAT = {
    "taxonomy": "event names",
    "schema": "columns and their types",
    "metrics": "ratios and funnels",
    "billing": "money",
    "legal": "consent and personal data",
    "identity": "who is who",
    "prompt": "the words behind an AI",
    "model": "the model behind an AI",
}

_OPENS = {
    "read": "look at everything",
    "review": "approve, reject and correct changes",
    "queue": "decide in the queue",
    "outputs": "send outputs",
    "outcomes": "report outcomes of flags, telemetry and user events",
    "flags": "ask flags",
    "alerts": "send alerts, as Prometheus Alertmanager does",
    "oncall": "acknowledge, resolve and silence alerts",
    "admin": "hand out tokens and links",
    "sign-in": "sign in here, and prove who you are on the command line",
}


@dataclass(frozen=True, slots=True)
class Made:
    """A secret that is shown this once."""

    what: str
    text: str
    hint: str


@router.get("/people")
def show(request: Request, page: Visit) -> HTMLResponse:
    """Who is who."""
    return _page(request, page)


@router.post("/people/tokens")
def make_token(
    request: Request,
    page: Visit,
    name: Annotated[str, Form()] = "",
    scope: Annotated[list[str] | None, Form()] = None,
    days: Annotated[int, Form(ge=1, le=366)] = 90,
    person: Annotated[str, Form()] = "",
) -> Response:
    """Make a token. It is shown once, on the answer to this very request, and kept nowhere."""
    room = page.room
    try:
        expires = after(room.clock.now(), days * DAY)
        token, text = access.make_token(room, person.strip() or page.person, name, scope or [], expires)
    except CleanroomError as error:
        return _page(request, page, alert=error)
    hint = f"It works until {token.expires[:10]}. For the command line: CLEANROOM_TOKEN=..."
    return _page(request, page, made=Made(f"The token {token.name}", text, hint))


@router.post("/people/tokens/{id}/revoke")
def revoke(request: Request, page: Visit, id: str) -> Response:
    """Have a token stop working."""
    try:
        access.revoke_token(page.room, id)
    except CleanroomError as error:
        return _page(request, page, alert=error)
    return done("/people", "revoked", "#tokens")


@router.post("/people/links")
def make_link(request: Request, page: Visit, person: Annotated[str, Form()] = "") -> Response:
    """Make a one-time sign-in link for somebody with a role; for admins."""
    try:
        secret = access.make_link(page.room, person)
    except CleanroomError as error:
        return _page(request, page, alert=error)
    address = (serving(request).url or str(request.base_url).rstrip("/")) + access.link_path(secret)
    hours = access.LINK // 3600
    return _page(
        request, page, made=Made(f"A link for {person.strip()}", address, f"It signs in once, within {hours} hours.")
    )


def _page(
    request: Request, visit: Visit, *, made: Made | None = None, alert: CleanroomError | None = None
) -> HTMLResponse:
    room = visit.room
    standing = seen.now_of(request, room)
    policy = standing.policy
    now = room.clock.now()
    tokens = [t for t in room.accounts.tokens() if visit.admin or same(t.person, visit.person)]
    return render(
        request,
        visit,
        "people.html",
        alert=alert,
        here="/people",
        live="people policy",
        policy=policy,
        policy_and_roles=fragment(
            request,
            (visit.person, standing.size, standing.files),
            "people_policy.html",
            lambda: {
                "me": visit,
                "staff": staff(room),
                "policy": policy,
                "areas": [(a, _WHAT[a], policy.role_for(a), a in SIGNED) for a in AREAS],
                "days": policy.expires // DAY,
            },
        ),
        tokens=sorted(tokens, key=lambda t: (t.revoked is not None or t.expires <= now, t.person, t.made)),
        at=now,
        scopes=[(s, _OPENS[s]) for s in access.SCOPES if s != "admin" or visit.admin],
        made=made,
    )
