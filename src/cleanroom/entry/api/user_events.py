"""POST /v1/events/user: what users did after an AI answered them comes in."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body, Request
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, FiniteFloat

from cleanroom.app.telemetry.events import Reported, report
from cleanroom.core.base import Instant
from cleanroom.core.call import Happened
from cleanroom.core.telemetry.told import LONGEST_NAME, LONGEST_TEXT
from cleanroom.entry.api.doors import Reporting
from cleanroom.entry.api.metrics import counted_of
from cleanroom.entry.api.problems import ALWAYS
from cleanroom.entry.api.traces import desk_of

router = APIRouter(prefix="/v1", tags=["telemetry"], responses=ALWAYS)

MOST = 1_000
"""Events of one request."""

_CALL = "4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7"
_ONE: dict[str, Any] = {
    "id": "ticket-812",
    "system": "shop-chat",
    "happened": "ticket",
    "call": _CALL,
    "words": "Wrong date.",
}
_OTHER: dict[str, Any] = {"id": "order-4711", "system": "shop-chat", "happened": "conversion", "value": 59.9}

_Name = Annotated[str, Field(max_length=LONGEST_NAME)]


class EventWish(BaseModel):
    """One thing that a user did, or that was done for them."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": _ONE})

    id: Annotated[str, Field(min_length=1, max_length=LONGEST_NAME)] = Field(
        description="Unique to the event; one that comes again under its id changes nothing."
    )
    system: Annotated[str, Field(min_length=1, max_length=LONGEST_NAME)] = Field(
        description="The name of the system, as its telemetry says it (service.name)."
    )
    happened: Happened
    at: str | None = Field(default=None, max_length=40, description="When; without it, now. RFC 3339 with a time zone.")
    call: _Name = Field(
        default="", description="The call it is about: trace id and span id in hex with - between them."
    )
    conversation: _Name = ""
    feature: _Name = Field(
        default="", description="Like variant, model and prompt: taken from the call where it is not said."
    )
    variant: _Name = ""
    model: _Name = ""
    prompt: _Name = ""
    key: _Name = Field(default="", description="Who the user is; only a keyed hash of it is kept.")
    value: FiniteFloat | None = Field(default=None, description="Money of a conversion.")
    words: str = Field(default="", max_length=LONGEST_TEXT, description="What they wrote; redacted before it is kept.")
    label: _Name = Field(default="", description="With a correction of a classifier: the right class.")


class KeptShown(BaseModel):
    """What became of them: kept, and known by their ids. `warnings`: names in them that nothing has come from yet."""

    new: int
    known: int
    warnings: list[str] = Field(default=[], description="Left out where there are none.")


_Several = Annotated[list[EventWish], Field(min_length=1, max_length=MOST)]
_Wishes = Annotated[
    list[EventWish],
    Field(min_length=1, max_length=MOST),
    # One is a list of one: so a fault is told with its place and field, not with the names of what was tried.
    BeforeValidator(lambda v: v if isinstance(v, list) else [v], json_schema_input_type=EventWish | _Several),
    Body(openapi_examples={"one": {"value": _ONE}, "several": {"value": [_ONE, _OTHER]}}),
]


@router.post("/events/user", response_model_exclude_defaults=True)
def send(request: Request, room: Reporting, wishes: _Wishes) -> KeptShown:
    """Keep one user event or up to 1,000: all of them or none, on the disk before this answers. Send it again in doubt."""
    now = room.clock.now()
    done = report(room, [_reported(w, now) for w in wishes], desk_of(request).reading)
    if done.new:
        counted_of(request).events(done.events)
    return KeptShown(new=done.new, known=done.known, warnings=list(done.warnings))


def _reported(wish: EventWish, now: Instant) -> Reported:
    said = wish.model_dump(exclude={"at"})
    return Reported(at=now if wish.at is None else Instant(wish.at), **said)
