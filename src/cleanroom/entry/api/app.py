"""What does the server offer? Puts the routers together; every error leaves as a problem or as a page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlsplit

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from cleanroom import __version__
from cleanroom.app.room import Room
from cleanroom.entry import web
from cleanroom.entry.api import (
    alerts,
    changes,
    events,
    flags,
    incident_words,
    incidents,
    ledger,
    metrics,
    ofrep,
    outcomes,
    outputs,
    people,
    rollouts,
    sensors,
    slos,
    system,
    telemetry,
    traces,
    user_events,
)
from cleanroom.entry.api.doors import Serving
from cleanroom.entry.api.limits import Limits
from cleanroom.entry.api.ofrep_shape import API_KEY, PATHS
from cleanroom.entry.api.problems import Problem, install
from cleanroom.entry.api.security import Secured
from cleanroom.entry.web import signin
from cleanroom.ports.identity import Identity

LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
"""The names under which this machine reaches itself."""

_ROUTERS = (
    ofrep,
    web,
    signin,
    system,
    people,
    changes,
    outputs,
    outcomes,
    ledger,
    events,
    flags,
    rollouts,
    metrics,
    telemetry,
    user_events,
    sensors,
    slos,
    alerts,
    incidents,
    incident_words,
)


def create_app(
    room: Room,
    *,
    url: str = "",
    hosts: Sequence[str] = (),
    identity: Identity | None = None,
    stopping: Callable[[], bool] = lambda: False,
) -> FastAPI:
    """The server for one project. `url`: its public address; `hosts`: further names that it may be called by.

    Requests under any other name are refused (DNS rebinding). Nothing is loaded from elsewhere: there are no
    documentation pages, /openapi.json is the document.
    """
    app = FastAPI(title="AI Cleanroom", version=__version__, docs_url=None, redoc_url=None, redirect_slashes=False)
    app.state.serving = Serving(room, url.rstrip("/"), Limits(room.clock), identity, stopping)
    app.state.error_page = web.error_page
    # In this order: each address before it costs every evaluation; then what people wait for. As they are: to include a
    # router builds each of its routes once more, and whoever asks first waits for it.
    app.router.routes[:0] = (*ofrep.EVALUATIONS, *traces.ROUTES)
    for module in _ROUTERS:
        app.router.routes.extend(module.router.routes)
    install(app)
    names = {*LOOPBACK, *(h.lower() for h in hosts), urlsplit(url).hostname or ""} - {""}
    app.add_middleware(Secured, hosts=names, secure=url.startswith("https://"))
    app.openapi = lambda: _document(app)  # type: ignore[method-assign]
    return app


def _document(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document, with the schema of problems, which FastAPI cannot put under their own media type."""
    if app.openapi_schema is None:
        made = get_openapi(title=app.title, version=app.version, routes=app.routes, description=app.description)
        made.setdefault("paths", {}).update(PATHS)
        schema = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas = made.setdefault("components", {}).setdefault("schemas", {})
        schemas.update(schema.pop("$defs", {}))
        schemas["Problem"] = schema
        made["components"].setdefault("securitySchemes", {})["apiKey"] = API_KEY
        app.openapi_schema = made
    return app.openapi_schema
