"""Which files do the pages load? Style, script and icon, each under an address that changes with its content."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from fastapi import Request, Response
from starlette.exceptions import HTTPException

from cleanroom.entry import style
from cleanroom.entry.web.routes import router

_LONG = "public, max-age=31536000, immutable"
_SHORT = "no-cache"


@dataclass(frozen=True, slots=True)
class Asset:
    """A file as it is sent. `mark`: the first hex digits of its digest, which stand in its address."""

    body: bytes
    media: str
    mark: str


@cache
def assets() -> dict[str, Asset]:
    """{name: file}; each is read once, and there are no others."""
    ours = files("cleanroom.entry.web") / "static"
    sheets = style.css() + "".join(
        (ours / name).read_text("utf-8") for name in ("cleanroom.css", "incidents.css", "pages.css")
    )
    return {
        "cleanroom.css": _asset(sheets.encode(), "text/css; charset=utf-8"),
        "cleanroom.js": _asset((ours / "cleanroom.js").read_bytes(), "text/javascript; charset=utf-8"),
        "icon.svg": _asset((ours / "icon.svg").read_bytes(), "image/svg+xml"),
    }


def address(name: str) -> str:
    """Where a page finds the file."""
    return f"/static/{name}?{assets()[name].mark}"


@router.get("/static/{name}")
async def show(request: Request, name: str) -> Response:
    """One of our own files. With its mark in the address it may be kept for a year; without, it is asked for again."""
    found = assets().get(name)
    if found is None:
        raise HTTPException(404)
    etag = f'"{found.mark}"'
    headers = {"ETag": etag, "Cache-Control": _LONG if request.url.query == found.mark else _SHORT}
    known = [tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(",")]
    if etag in known:
        return Response(status_code=304, headers=headers)
    return Response(found.body, media_type=found.media, headers=headers)


@router.get("/favicon.ico")
async def favicon() -> Response:
    """Browsers ask for it unasked."""
    found = assets()["icon.svg"]
    return Response(found.body, media_type=found.media, headers={"Cache-Control": "public, max-age=86400"})


def _asset(body: bytes, media: str) -> Asset:
    return Asset(body, media, hashlib.sha256(body).hexdigest()[:16])
