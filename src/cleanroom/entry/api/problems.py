"""How does the server say that something went wrong? RFC 9457 problems, and a page for a person in a browser.

| what happened | status |
|---|---|
| Misuse, a fault in the request or in the project's files | 400 |
| nobody is signed in, or what was shown lets nobody in | 401 |
| Refused: by policy, by role, by the scope of a token, by a missing CSRF token | 403 |
| NotFound | 404 |
| Conflict: somebody else was first | 409 |
| a body that is too large | 413 |
| a request that does not fit its schema | 422 |
| too many failed attempts | 429, with Retry-After |
| an error of ours | 500 |
| Outside: disk, network or model | 503, with Retry-After |
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.routing import compile_path

from cleanroom.app.access import Stranger
from cleanroom.core.base import CleanroomError, Misuse, NotFound, Outside, Refused
from cleanroom.core.ledger import Conflict
from cleanroom.entry.api.limits import TooMany

MEDIA = "application/problem+json"
RETRY = 5
"""Seconds after which a failure outside is worth another try."""

_TYPE = "https://ai-cleanroom.example/problems/"
_API = ("/v1", "/healthz", "/readyz", "/metrics", "/openapi.json")

_KINDS: dict[int, tuple[str, str, str, str]] = {
    400: ("misuse", "Wrong usage", "'maybe' is no decision", "Use one of: accept, correct."),
    401: ("who-are-you", "Not signed in", "nobody is signed in", "Sign in, or send Authorization: Bearer clr_..."),
    403: ("refused", "Refused", "ana@shop.example is an author of the change", "Somebody else has to approve it."),
    404: ("not-found", "Not there", "there is no change 'checkout'", "Did you mean 'check-out'?"),
    405: ("method", "Method not allowed", "PUT is not possible here", "Allow says what is."),
    409: ("conflict", "Somebody else was first", "'change/x' has changed meanwhile", "Look again, then repeat."),
    413: ("too-large", "Too large", "the body is larger than 1048576 bytes", "Send it in parts."),
    414: ("too-long", "Address too long", "the address is too long", "Send what is long in the body."),
    415: ("media-type", "Not that media type", "the body is no JSON", "Send application/json."),
    422: ("invalid", "Not as described", "body.person: Field required", "See /openapi.json."),
    429: ("too-many", "Too many failed attempts", "too many failed attempts", "Wait 30 seconds, then try again."),
    500: ("ours", "An error of ours", "an error of ours (KeyError)", "Please report it; the server's log has more."),
    503: ("outside", "Not reachable just now", "the ledger is locked by another process", "Try again."),
}
"""Status: the last part of the type, the title, and an example."""


class Fault(BaseModel):
    """One thing in a request that does not fit its schema."""

    where: str
    message: str


class Problem(BaseModel):
    """What went wrong (RFC 9457). `detail` says what happened, `hint` what to do next."""

    type: str
    title: str
    status: int
    detail: str
    hint: str = ""
    errors: list[Fault] = Field(default_factory=list)


class NotSignedIn(Stranger):
    """Nobody is signed in: a page leads to the sign-in, the API says 401."""

    def __init__(self) -> None:
        super().__init__("nobody is signed in", "Sign in, or send Authorization: Bearer with a personal token.")


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """What FastAPI calls `responses`: how each of these statuses looks, with an example."""
    return {status: _described(status) for status in statuses}


def _described(status: int) -> dict[str, Any]:
    said: dict[str, Any] = {
        "description": _KINDS[status][1],
        "content": {MEDIA: {"schema": {"$ref": "#/components/schemas/Problem"}, "example": _example(status)}},
    }
    number = {"schema": {"type": "integer", "minimum": 0}, "description": "Seconds to wait."}
    match status:
        case 429 | 503:
            said["headers"] = {"Retry-After": number}
        case 401:
            said["headers"] = {"WWW-Authenticate": {"schema": {"type": "string"}, "description": "Bearer"}}
    return said


def _example(status: int) -> dict[str, Any]:
    detail, hint = _KINDS[status][2:]
    example = problem(status, detail, hint).model_dump()
    if status == 422:
        example["errors"] = [{"where": "body.person", "message": "Field required"}]
    return example


def problem(status: int, detail: str, hint: str = "", errors: list[Fault] | None = None) -> Problem:
    """The problem of that status."""
    slug, title = _KINDS[status][:2] if status in _KINDS else ("http", HTTPStatus(status).phrase)
    return Problem(type=_TYPE + slug, title=title, status=status, detail=detail, hint=hint, errors=errors or [])


def status_of(error: CleanroomError) -> int:
    """The status that an error of ours is told with."""
    match error:
        case Stranger():
            return 401
        case NotFound():
            return 404
        case TooMany():
            return 429
        case Misuse():
            return 400
        case Refused():
            return 403
        case Conflict():
            return 409
        case Outside():
            return 503
        case _:
            return 500


def install(app: FastAPI) -> None:
    """Have `app` tell every error this way; what nobody expected is told by security.Secured."""
    app.add_exception_handler(CleanroomError, _ours)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)


def answered(request: Request, told: Problem, headers: dict[str, str] | None = None) -> Response:
    """The problem as the one who asked can read it: a page for a browser, JSON for everybody else."""
    if is_api(request.url.path):
        return JSONResponse(told.model_dump(), told.status, headers, MEDIA)
    response: Response = request.app.state.error_page(request, told)
    response.headers.update(headers or {})
    return response


def is_api(path: str) -> bool:
    """Does a program ask there, and no person in a browser?"""
    return path in _API or path.startswith(("/v1/", "/ofrep/"))


def local(path: str) -> str:
    """`path` where it leads to a page of this server, else '/': nobody is sent elsewhere after signing in."""
    fit = path.startswith("/") and path[1:2] not in ("/", "\\") and "\\" not in path
    return path if fit and path.isascii() and path.isprintable() else "/"


def _ours(request: Request, error: Exception) -> Response:
    assert isinstance(error, CleanroomError)  # noqa: S101 - that is what it is registered for
    if isinstance(error, NotSignedIn) and not is_api(request.url.path):
        return RedirectResponse(sign_in_for(request), 303)
    status = status_of(error)
    return answered(request, problem(status, error.message, error.hint), headers_of(error))


def sign_in_for(request: Request) -> str:
    """Where to sign in to come back to this page."""
    query = f"?{request.url.query}" if request.url.query else ""
    back = local(request.url.path + query) if request.method == "GET" else "/"
    return "/sign-in" if back == "/" else f"/sign-in?next={quote(back, safe='/')}"


def headers_of(error: CleanroomError) -> dict[str, str]:
    """The headers that belong to the status of `error`."""
    match status_of(error), error:
        case 401, _:
            return {"WWW-Authenticate": 'Bearer realm="cleanroom"'}
        case _, TooMany(seconds=seconds):
            return {"Retry-After": str(seconds)}
        case 503, _:
            return {"Retry-After": str(RETRY)}
        case _:
            return {}


def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101
    faults = [Fault(where=".".join(map(str, e["loc"])), message=str(e["msg"])) for e in error.errors()[:20]]
    first = faults[0] if faults else Fault(where="body", message="does not fit")
    return answered(request, problem(422, f"{first.where}: {first.message}", "See /openapi.json.", faults))


def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101
    headers = dict(error.headers or {})
    match error.status_code:
        case 404:
            told = problem(404, "there is nothing at this address", "Check how it is written.")
        case 405:
            told = problem(405, f"{request.method} is not possible here", "The header Allow says what is.")
            headers |= _allowed(request)
        case 413:
            told = problem(413, str(error.detail), "Send it in parts.")
        case status:
            told = problem(status, str(error.detail))
    return answered(request, told, headers)


def _allowed(request: Request) -> dict[str, str]:
    """All methods of an address of the API; each route knows only its own."""
    paths: dict[str, Any] = request.app.openapi()["paths"]
    path = request.url.path  # an address of its own is not also one of those that a template stands for
    fit = [paths[path]] if path in paths else [v for t, v in paths.items() if compile_path(t)[0].fullmatch(path)]
    return {"Allow": ", ".join(sorted(v.upper() for verbs in fit for v in verbs))} if fit else {}


def unexpected(request: Request, error: Exception) -> Response:
    """The server's own log has the traceback; the answer names the kind of error only."""
    hint = "Please report it; the server's log says where it happened."
    return answered(request, problem(500, f"an error of ours ({type(error).__name__})", hint))


ALWAYS = problems(400, 401, 403, 413, 422, 429, 500, 503)
"""What any address of the API may answer."""
