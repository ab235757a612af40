"""The pages: server-rendered, the same use cases as the command line and the API; a script adds comfort only."""

from __future__ import annotations

from cleanroom.entry.web import (
    alerts,
    changes,
    home,
    incident_words,
    incidents,
    ledger,
    loop,
    mapping,
    people,
    queue,
    rollouts,
    sensors,
    static,
    systems,
)
from cleanroom.entry.web.errors import error_page
from cleanroom.entry.web.routes import router

__all__ = [
    "alerts",
    "changes",
    "error_page",
    "home",
    "incident_words",
    "incidents",
    "ledger",
    "loop",
    "mapping",
    "people",
    "queue",
    "rollouts",
    "router",
    "sensors",
    "static",
    "systems",
]
