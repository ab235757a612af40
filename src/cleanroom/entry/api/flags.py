"""/v1/flags and /v1/mappings: what the SDK works with, and the kill switch."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Header, Path, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from cleanroom.app import flags, mappings
from cleanroom.app.flags import Shown
from cleanroom.core.base import plain
from cleanroom.entry.api.doors import Asking, Reviewing
from cleanroom.entry.api.flag_cache import cache_of, matches
from cleanroom.entry.api.ofrep_shape import SECURITY
from cleanroom.entry.api.problems import ALWAYS, problems

router = APIRouter(prefix="/v1", tags=["flags"], responses=ALWAYS)

_FOREVER = "private, max-age=31536000, immutable"
_ETAG: dict[str, Any] = {"ETag": {"schema": {"type": "string"}, "description": "Another one where a flag differs."}}
_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {
        "headers": _ETAG,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["version", "flags"],
                    "properties": {
                        "version": {"type": "integer"},
                        "flags": {
                            "type": "array",
                            "items": {
                                "type": "object",
                                "required": ["flag", "rollout"],
                                "properties": {"flag": {"type": "object"}, "rollout": {"type": ["object", "null"]}},
                            },
                        },
                    },
                }
            }
        },
    },
    304: {"description": "No flag differs.", "headers": _ETAG},
}

Key = Annotated[str, Path(max_length=200, description="The key of a flag.", examples=["checkout"])]


class KillWish(BaseModel):
    """Why everybody is to get the safe variant."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"because": "orders fail in the EU"}})

    because: str = Field(min_length=1, max_length=500)


class FlagShown(BaseModel):
    """A flag as it is evaluated now."""

    key: str
    killed: bool
    because: str = Field(description="Why it was killed.")
    by: str = Field(description="Who killed it.")
    change: str = Field(description="The change whose rollout it serves.")
    safe: str
    version: int = Field(description="Of the flag's last entry in the ledger.")


@router.get("/flags", responses=_ANSWERS, response_class=Response, openapi_extra={"security": SECURITY})
async def definitions(request: Request, if_none_match: Annotated[str, Header(max_length=4000)] = "") -> Response:
    """All flags as they are evaluated now, for evaluation in the process that asks; 304 as long as none differs."""
    cache = cache_of(request)
    known = await cache.current()
    await cache.let_in(request, known)
    cache.check_confirmed()
    headers = {"ETag": known.etag}
    if if_none_match and matches(if_none_match, known.etag):
        return Response(status_code=304, headers=headers)
    return Response(known.body, media_type="application/json", headers=headers)


@router.get("/mappings/{digest}", responses=problems(404), response_class=Response)
def mapping(room: Asking, digest: Annotated[str, Path(max_length=100)]) -> Response:
    """The mapping with that digest, byte for byte: whoever asks can verify it."""
    found = mappings.content(room, digest)
    return Response(found, media_type="application/json", headers={"Cache-Control": _FOREVER})


@router.post("/flags/{key:path}/kill", responses=problems(404))
def kill(room: Reviewing, key: Key, wish: KillWish) -> FlagShown:
    """Serve everybody the safe variant at once."""
    return _shown(flags.kill(room, key, wish.because))


@router.post("/flags/{key:path}/restore", responses=problems(404, 409))
def restore(room: Reviewing, key: Key) -> FlagShown:
    """Serve as before the kill."""
    return _shown(flags.restore(room, key))


def _shown(found: Shown) -> FlagShown:
    killed = found.standing.killed
    return FlagShown(
        key=found.flag.key,
        killed=killed is not None,
        because=killed.because if killed else "",
        by=plain(killed.by)["person"] if killed else "",
        change=found.standing.rollout,
        safe=found.flag.safe,
        version=found.standing.version,
    )
