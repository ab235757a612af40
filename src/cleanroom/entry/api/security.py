"""What does every request and every answer have to pass? Host, address and size in; strict headers out."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cleanroom.entry.api.problems import answered, problem, unexpected

BODY = 1024 * 1024
"""Bytes that a body may have."""

LARGER: Mapping[str, int] = {
    "/v1/outputs": 16 * 1024 * 1024,
    "/v1/outcomes": 4 * 1024 * 1024,
    "/v1/alerts/alertmanager": 16 * 1024 * 1024,
    "/v1/traces": 16 * 1024 * 1024,
    "/v1/logs": 16 * 1024 * 1024,
    "/v1/events/user": 4 * 1024 * 1024,
}
"""Where a body may have more."""

_MOST_PATH, _MOST_QUERY = 2000, 8000
_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9._-]*[a-z0-9_-])\.?(?::[0-9]{1,5})?")
_PROBES = ("/healthz", "/readyz")

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
"""Nothing inline and nothing from elsewhere: text that slipped through as markup still could not act."""

_ALWAYS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
_UNLESS_SAID = {"content-security-policy": POLICY, "cache-control": "no-store"}
"""A page may be stricter than the policy, and a file that never changes may be kept."""


class Secured:
    """ASGI middleware. `hosts`: the names that the server may be called by, in small letters; `secure`: through TLS."""

    def __init__(self, app: ASGIApp, *, hosts: Collection[str], secure: bool) -> None:
        self.app, self.hosts = app, frozenset(hosts)
        always = _ALWAYS | ({"strict-transport-security": "max-age=31536000"} if secure else {})
        self._always, self._unless_said = _raw(always), _raw(_UNLESS_SAID)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
        elif scope["type"] == "http":
            await self._serve(scope, receive, send)
        else:  # a web socket: there are none here
            await send({"type": "websocket.close", "code": 1003})

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = False

        async def sending(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                self._mark(message)
            await send(message)

        request = Request(scope, receive)
        fault = _fault(scope, self.hosts)
        if fault is not None:
            await answered(request, problem(*fault))(scope, receive, sending)
            return
        try:
            await self.app(scope, _bounded(scope, receive), sending)
        except Exception as error:
            if not started:
                await unexpected(request, error)(scope, receive, sending)
            raise  # the server's log says where it happened

    def _mark(self, message: Message) -> None:
        headers = [pair for pair in message["headers"] if pair[0] not in self._always]  # a cookie may be there twice
        said = {name for name, _ in headers}
        headers += self._always.items()
        headers += (pair for pair in self._unless_said.items() if pair[0] not in said)
        message["headers"] = headers


def _raw(headers: Mapping[str, str]) -> dict[bytes, bytes]:
    return {name.encode(): value.encode() for name, value in headers.items()}


def _fault(scope: Scope, hosts: Collection[str]) -> tuple[int, str, str] | None:
    """What is wrong with where the request goes: status, what, and what to do."""
    path: str = scope["path"]
    named = Headers(scope=scope).getlist("host")
    if path not in _PROBES and (len(named) != 1 or _name(named[0]) not in hosts):
        return (
            400,
            "this server is not called that",
            "Open it by its own address, or add the name: serve --host, --url.",
        )
    if len(path) > _MOST_PATH or len(scope["query_string"]) > _MOST_QUERY:
        return 414, "the address is too long", "Send what is long in the body."
    if not path.isprintable() or "\\" in path or {".", ".."} & set(path.split("/")):
        return 400, "this is no address of a page", "Leave out control characters, backslashes and the steps . and .."
    return None


def _name(host: str) -> str:
    """The name in a Host header, without its port; '' for what is none."""
    fit = _HOST.fullmatch(host.strip().lower())
    return fit[1] if fit else ""


def _bounded(scope: Scope, receive: Receive) -> Receive:
    """`receive`, as long as the body stays within its bound, whatever its length was declared to be."""
    path = scope["path"]
    most = next((n for start, n in LARGER.items() if path == start or path.startswith(f"{start}/")), BODY)
    declared = Headers(scope=scope).get("content-length", "")
    seen = int(declared) if declared.isascii() and declared.isdigit() and len(declared) < 20 else 0
    too_large = HTTPException(413, f"the body is larger than {most} bytes")
    if seen > most:

        async def refuse() -> Message:
            raise too_large

        return refuse
    seen = 0

    async def bounded() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > most:
            raise too_large
        return message

    return bounded
