"""Who asks, and may they? What an endpoint puts into its signature to get a Room in which that person is at work.

def approve(room: Reviewing, ...) -> ...        # a session, or a token with the scope review
def show(page: Visit, ...) -> ...               # a page (entry/web): a session, else the way to the sign-in
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass, replace
from threading import RLock
from typing import Annotated, TypeVar
from urllib.parse import urlsplit

from fastapi import Depends, Request, Security
from fastapi.security import APIKeyCookie, HTTPBearer

from cleanroom.app import access
from cleanroom.app.access import Knock, Scope
from cleanroom.app.room import Room
from cleanroom.core.base import Refused
from cleanroom.core.policy import ADMIN
from cleanroom.entry.api.limits import Limits, TooMany
from cleanroom.entry.api.problems import NotSignedIn
from cleanroom.ports.accounts import Session, Token
from cleanroom.ports.identity import Identity

T = TypeVar("T")

COOKIE = "cleanroom_session"
_SAFE = ("GET", "HEAD", "OPTIONS")
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
_AGAIN = "Load the page again, then repeat what you did."


@dataclass(frozen=True, slots=True)
class Serving:
    """What one server has: its room, its public address ('' while only this machine reaches it), its limits.

    `identity`: the organisation's identity provider. `stopping`: is the server about to stop?
    """

    room: Room
    url: str
    limits: Limits
    identity: Identity | None = None
    stopping: Callable[[], bool] = lambda: False

    @property
    def secure(self) -> bool:
        """Is it reached through TLS?"""
        return self.url.startswith("https://")

    @property
    def cookie(self) -> str:
        """The name of the session's cookie; browsers keep `__Host-` to TLS, this host and the path /."""
        return f"__Host-{COOKIE}" if self.secure else COOKIE


_MAKING = RLock()


def kept(request: Request, name: str, make: Callable[[], T]) -> T:
    """What the server of the request keeps under that name, made once, when it is first asked for; by any thread."""
    state = request.app.state
    if not hasattr(state, name):
        with _MAKING:
            if not hasattr(state, name):
                setattr(state, name, make())
    found: T = getattr(state, name)
    return found


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks. `room`: they are at work in it. `session`: None for a token."""

    room: Room
    session: Session | None

    @property
    def admin(self) -> bool:
        """Do they act as admin?"""
        return access.is_admin(self.room, self.room.operator)


@dataclass(frozen=True, slots=True)
class Visit:
    """Somebody on a page. `roles`: those of the policy, with admin for the first admin."""

    room: Room
    session: Session
    roles: tuple[str, ...]

    @property
    def person(self) -> str:
        """Who it is."""
        return self.session.person

    @property
    def csrf(self) -> str:
        """What every form of theirs carries in its field `csrf`."""
        return self.session.csrf

    @property
    def admin(self) -> bool:
        """Do they act as admin?"""
        return ADMIN in self.roles


def serving(request: Request) -> Serving:
    """The server that this request came to."""
    found: Serving = request.app.state.serving
    return found


def origin(request: Request) -> str:
    """The network that the request comes from."""
    return access.network(request.client.host if request.client else "")


async def sent_csrf(request: Request) -> str:
    """The CSRF token that came along: the header x-csrf-token, or the field `csrf` of a form."""
    if request.method in _SAFE:
        return ""
    if header := request.headers.get("x-csrf-token"):
        return header
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() not in _FORMS:
        return ""
    field = (await request.form()).get("csrf")
    return field if isinstance(field, str) else ""


def same_origin(request: Request) -> None:
    """Raises Refused for a request that another site had a browser send."""
    site, source = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    foreign = site is not None and site not in ("same-origin", "none")
    if source is not None:
        foreign = foreign or urlsplit(source).netloc.lower() != request.headers.get("host", "").lower()
    if foreign:
        raise Refused("another site sent this request: nothing was done", "Do it on the pages of this server.")


def _signed_in(request: Request, csrf: str) -> tuple[Room, Session]:
    """The session of the request's cookie; one that writes must show that its own pages sent it."""
    server = serving(request)
    session = access.session_of(server.room, request.cookies.get(server.cookie, ""))
    if session is None:
        raise NotSignedIn
    if request.method not in _SAFE:
        same_origin(request)
        if not hmac.compare_digest(csrf.encode(), session.csrf.encode()):
            raise Refused("the form's CSRF token is missing or not of this session: nothing was done", _AGAIN)
    return replace(server.room, operator=session.person, proof="session"), session


def _by_token(request: Request, header: str, scope: Scope) -> Room:
    """A right token is always let in; wrong ones are counted, and soon no longer looked into."""
    kind, _, text = header.partition(" ")
    if kind.lower() != "bearer":
        raise NotSignedIn
    return replace(serving(request).room, operator=token_of(request, text, scope).person, proof="token")


def token_of(request: Request, text: str, scope: Scope) -> Token:
    """The token of that text, if it opens `scope`. Raises Stranger, Refused, TooMany."""
    server, network = serving(request), origin(request)
    wait = server.limits.wait(network)
    try:
        return access.check_token(server.room, text, scope, Knock("bearer", network, server.limits.kept(network)))
    except Refused as refused:
        if wait:
            raise TooMany(wait) from None
        server.limits.failed(network)
        raise refused from None


_Bearer = Annotated[
    object,
    Security(HTTPBearer(auto_error=False, scheme_name="token", description="A personal token: `clr_<id>_<secret>`.")),
]
_Cookie = Annotated[
    object,
    Security(
        APIKeyCookie(
            name=COOKIE,
            auto_error=False,
            scheme_name="session",
            description="A signed-in browser (`__Host-` before the name behind TLS); it writes with the header x-csrf-token.",
        )
    ),
]


@dataclass(frozen=True, slots=True)
class _Asked:
    request: Request
    csrf: str


async def _asked(request: Request, _bearer: _Bearer, _cookie: _Cookie) -> _Asked:
    return _Asked(request, await sent_csrf(request))


def asked_by(request: Request) -> _Asked:
    """A request that is no form: its CSRF token, if any, is in a header."""
    return _Asked(request, request.headers.get("x-csrf-token", ""))


Asked = Annotated[_Asked, Depends(_asked)]
"""The request, with the CSRF token that came along."""


def caller(asked: _Asked, scope: Scope) -> Caller:
    """Whoever is signed in, or has a token with that scope. Raises NotSignedIn, Stranger, Refused, TooMany."""
    header = asked.request.headers.get("authorization")
    if header is not None:
        return Caller(_by_token(asked.request, header, scope), None)
    return Caller(*_signed_in(asked.request, asked.csrf))


def _reading(asked: Asked) -> Room:
    return caller(asked, "read").room


def _reviewing(asked: Asked) -> Room:
    return caller(asked, "review").room


def _queueing(asked: Asked) -> Room:
    return caller(asked, "queue").room


def _sending(asked: Asked) -> Room:
    return caller(asked, "outputs").room


def _reporting(asked: Asked) -> Room:
    return caller(asked, "outcomes").room


def _asking(asked: Asked) -> Room:
    return caller(asked, "flags").room


def _alerting(asked: Asked) -> Room:
    return caller(asked, "alerts").room


def _answering(asked: Asked) -> Room:
    return caller(asked, "oncall").room


def _administering(asked: Asked) -> Room:
    found = caller(asked, "admin")
    if not found.admin:
        raise Refused(f"{found.room.operator} does not act as {ADMIN}", "Ask an admin, or have the policy changed.")
    return found.room


def visit_of(request: Request, csrf: str) -> Visit:
    """Who is on the page. Raises NotSignedIn; Refused for a form that its own pages did not send."""
    room, session = _signed_in(request, csrf)
    roles = room.project.policy().roles_of(session.person)
    first = ADMIN not in roles and access.is_admin(room, session.person)
    return Visit(room, session, (*roles, ADMIN) if first else roles)


Reading = Annotated[Room, Depends(_reading)]
Reviewing = Annotated[Room, Depends(_reviewing)]
Queueing = Annotated[Room, Depends(_queueing)]
Sending = Annotated[Room, Depends(_sending)]
Reporting = Annotated[Room, Depends(_reporting)]
Asking = Annotated[Room, Depends(_asking)]
Alerting = Annotated[Room, Depends(_alerting)]
Answering = Annotated[Room, Depends(_answering)]
Administering = Annotated[Room, Depends(_administering)]
