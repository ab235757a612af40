"""/sign-in and /sign-out: a personal token, a one-time link, or the organisation's identity provider."""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Callable
from typing import Annotated, Literal

from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from cleanroom.app import access
from cleanroom.app.access import Knock, Opened
from cleanroom.core.base import CleanroomError, NotFound, Refused
from cleanroom.entry.api.doors import Serving, Visit, origin, same_origin, serving
from cleanroom.entry.api.problems import headers_of, local
from cleanroom.entry.web.pages import render
from cleanroom.entry.web.routes import PageRoute
from cleanroom.ports.identity import Errand, Identity

router = APIRouter(include_in_schema=False, route_class=PageRoute)

_ERRAND = "cleanroom_errand"
_ERRAND_LASTS = 600
_MOST = 300


@router.get("/sign-in")
def show(request: Request, link: str = "", next: str = "/") -> Response:
    """The ways in. A link is only used by its button: whatever looks into mails does not burn it."""
    return _shown(request, local(next), link=link[:_MOST])


@router.post("/sign-in")
def sign_in(
    request: Request,
    token: Annotated[str, Form()] = "",
    link: Annotated[str, Form()] = "",
    next: Annotated[str, Form()] = "/",
) -> Response:
    """Open a session by a token or a link, always a new one, and go where the person wanted to go."""
    back, room = local(next), serving(request).room
    try:
        same_origin(request)
        if link:
            opened = _tried(request, "link", "", lambda knock: access.sign_in_by_link(room, link.strip(), knock))
        else:
            public = token.strip().split("_")[1] if token.count("_") > 1 else ""
            opened = _tried(request, "token", public, lambda knock: access.sign_in_by_token(room, token, knock))
    except Refused as refused:
        return _shown(request, back, error=refused)
    return _let_in(request, opened, back)


@router.post("/sign-out")
def sign_out(request: Request, page: Visit) -> Response:
    """End this session."""
    access.sign_out(page.room, page.session)
    server, leaving = serving(request), RedirectResponse("/sign-in", 303)
    leaving.delete_cookie(server.cookie, path="/", secure=server.secure, httponly=True, samesite="lax")
    return leaving


@router.get("/sign-in/oidc")
def start(request: Request, next: str = "/") -> Response:
    """Send the browser to the identity provider; what is needed to believe its answer stays in a cookie."""
    server = serving(request)
    errand = _provider(request).start(_redirect(request))
    leaving = RedirectResponse(errand.url, 303)
    kept = base64.urlsafe_b64encode(json.dumps([errand.state, errand.nonce, errand.verifier, local(next)]).encode())
    leaving.set_cookie(
        _errand(server), kept.decode(), _ERRAND_LASTS, path="/", secure=server.secure, httponly=True, samesite="lax"
    )
    return leaving


@router.get("/sign-in/oidc/back")
def come_back(request: Request, code: str = "", state: str = "", iss: str = "", error: str = "") -> Response:
    """Take the provider's answer; it must belong to an errand of this very browser."""
    server, provider, back = serving(request), _provider(request), "/"

    def proven(knock: Knock) -> Opened:
        nonlocal back
        errand, back = _kept(request.cookies.get(_errand(server), ""))
        try:
            if errand is None or not hmac.compare_digest(state.encode(), errand.state.encode()):
                raise Refused("this answer belongs to no sign-in of this browser", "Start again from the sign-in page.")
            if error or not code:
                raise Refused("the identity provider did not sign you in", "Start again, or ask whoever runs it.")
            person = provider.finish(_redirect(request), errand, code, iss)
        except Refused as refused:
            access.turned_away(server.room, knock, refused.message)
            raise
        return access.enter(server.room, person, knock)

    try:
        arrived = _let_in(request, _tried(request, "oidc", "", proven), back)
    except Refused as refused:
        arrived = _shown(request, back, error=refused)
    arrived.delete_cookie(_errand(server), path="/", secure=server.secure, httponly=True, samesite="lax")
    return arrived


def _tried(
    request: Request, through: Literal["link", "token", "oidc"], public: str, attempt: Callable[[Knock], Opened]
) -> Opened:
    """An attempt to come in, counted where it fails. Raises TooMany after too many of them."""
    limits, network = serving(request).limits, origin(request)
    limits.check(network, public)
    try:
        return attempt(Knock(through, network, limits.kept(network, public)))
    except CleanroomError:  # also a provider that does not answer: each such attempt holds up a thread
        limits.failed(network, public)
        raise


def _let_in(request: Request, opened: Opened, back: str) -> Response:
    """Set the cookie of a new session; one that this browser had before ends."""
    server = serving(request)
    before = access.session_of(server.room, request.cookies.get(server.cookie, ""))
    if before is not None:
        access.sign_out(server.room, before)
    entering = RedirectResponse(back, 303)
    entering.set_cookie(
        server.cookie, opened.secret, access.SESSION, path="/", secure=server.secure, httponly=True, samesite="lax"
    )
    return entering


def _shown(request: Request, back: str, *, link: str = "", error: CleanroomError | None = None) -> Response:
    provider = serving(request).identity
    page = render(
        request,
        None,
        "sign-in.html",
        alert=error,
        link=link,
        back=back,
        provider=provider.name if provider else "",
    )
    if error is not None:
        page.headers.update(headers_of(error))
    return page


def _provider(request: Request) -> Identity:
    found = serving(request).identity
    if found is None:
        raise NotFound("no identity provider is set up here", "Sign in with a token or a link.")
    return found


def _redirect(request: Request) -> str:
    """Where the provider sends the browser back to; the Host header was checked against the server's names."""
    return (serving(request).url or str(request.base_url).rstrip("/")) + "/sign-in/oidc/back"


def _errand(server: Serving) -> str:
    return f"__Host-{_ERRAND}" if server.secure else _ERRAND


def _kept(cookie: str) -> tuple[Errand | None, str]:
    """The errand that the cookie holds, and where the person wanted to go."""
    try:
        state, nonce, verifier, back = json.loads(base64.urlsafe_b64decode(cookie))
    except (ValueError, TypeError):
        return None, "/"
    fit = all(isinstance(part, str) and part for part in (state, nonce, verifier, back))
    return (Errand("", state, nonce, verifier), local(back)) if fit else (None, "/")
