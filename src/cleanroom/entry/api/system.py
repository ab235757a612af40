"""Is the server alive, and can it work?"""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel

from cleanroom import __version__
from cleanroom.entry.api.doors import serving
from cleanroom.entry.api.problems import problems

router = APIRouter(tags=["system"])


class Health(BaseModel):
    """The process answers."""

    status: Literal["ok"] = "ok"
    version: str


class Ready(BaseModel):
    """The ledger answers."""

    status: Literal["ok"] = "ok"


@router.get("/healthz")
def healthz() -> Health:
    """The process is alive."""
    return Health(version=__version__)


@router.get("/readyz", responses=problems(500, 503))
def readyz(request: Request) -> Ready:
    """The ledger can be read; 503 while it cannot."""
    serving(request).room.store.size()
    return Ready()
