"""POST /v1/outcomes: what production says of a use of a flag comes in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Body, Query, Request
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, FiniteFloat, StrictBool

from cleanroom.app import signals
from cleanroom.core.base import Instant, plain
from cleanroom.core.outcome import LONGEST, MOST_METRICS, Outcome
from cleanroom.entry.api.doors import Reading, Reporting, kept, serving
from cleanroom.entry.api.problems import ALWAYS, problems

router = APIRouter(prefix="/v1", tags=["outcomes"], responses=ALWAYS)

MOST = 1_000
"""Outcomes of one request."""

_ONE: dict[str, Any] = {
    "id": "order-4711",
    "flag": "checkout",
    "variant": "new",
    "key": "user-7",
    "at": "2026-11-21T23:20:00Z",
    "metrics": {"error": False, "latency_ms": 182.5},
}
_OTHER: dict[str, Any] = {**_ONE, "id": "order-4712", "key": "user-8", "variant": "old", "metrics": {"error": True}}

_Text = Annotated[str, Field(min_length=1, max_length=LONGEST)]


class OutcomeWish(BaseModel):
    """One use of a flag, and how it went."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": _ONE})

    id: _Text = Field(description="Unique to the outcome; one that comes again under its id changes nothing.")
    flag: _Text = Field(description="The key of the flag.")
    variant: _Text = Field(description="What was served.")
    key: _Text = Field(description="The targeting key as the flag was asked with it; only a keyed hash of it is kept.")
    at: str | None = Field(default=None, max_length=40, description="When; without it, now. RFC 3339 with a time zone.")
    metrics: dict[_Text, StrictBool | Annotated[FiniteFloat, Field(strict=True)]] = Field(
        default_factory=dict, max_length=MOST_METRICS, description="True is bad; numbers are seconds, tokens, money."
    )
    source: _Text = Field(default="application", description="Who says so: application, person, a detector's name.")
    context: dict[str, Any] = Field(
        default_factory=dict, description="What else the flag was asked with, if it has rules. It is not kept."
    )


class AcceptedShown(BaseModel):
    """What became of them: kept, known by their ids, and how many of all do not agree with what the flag served."""

    new: int
    known: int
    apart: int


class LineShown(BaseModel):
    """Outcomes of an arm that have the metric, those of them that were bad, and the mean of its values."""

    arm: str
    metric: str
    n: int
    bad: int
    mean: float | None


class OutcomesShown(BaseModel):
    """What came in for a flag. `outcomes`: all of an arm. `apart`: what does not agree with the flag, out of `other`."""

    flag: str
    since: str
    until: str
    outcomes: dict[str, int]
    lines: list[LineShown]
    apart: int


_Several = Annotated[list[OutcomeWish], Field(min_length=1, max_length=MOST)]
_Wishes = Annotated[
    list[OutcomeWish],
    Field(min_length=1, max_length=MOST),
    # One is a list of one: so a fault is told with its place and field, not with the names of what was tried.
    BeforeValidator(lambda v: v if isinstance(v, list) else [v], json_schema_input_type=OutcomeWish | _Several),
    Body(openapi_examples={"one": {"value": _ONE}, "several": {"value": [_ONE, _OTHER]}}),
]


@router.post("/outcomes")
def send(request: Request, room: Reporting, wishes: _Wishes) -> AcceptedShown:
    """Keep one outcome or up to 1,000: all of them or none, on the disk before this answers. Send it again in doubt."""
    now = room.clock.now()
    found = signals.record(room, [_outcome(w, now) for w in wishes], _assigned(request))
    return AcceptedShown(**plain(found))


@router.get("/outcomes/{flag}", responses=problems(404))
def show(room: Reading, flag: str, hours: Annotated[float, Query(gt=0, le=744)] = 24.0) -> OutcomesShown:
    """What came in for a flag in the last hours, by arm and metric."""
    return OutcomesShown(**plain(signals.shown(room, flag, hours)))


def _outcome(wish: OutcomeWish, now: Instant) -> Outcome:
    metrics: Mapping[str, bool | float] = wish.metrics
    at = now if wish.at is None else Instant(wish.at)
    return Outcome(wish.id, wish.flag, wish.variant, wish.key, at, metrics, wish.source, wish.context)


def _assigned(request: Request) -> signals.Assigned:
    """What the flags served, as this server has read it so far."""
    return kept(request, "assigned", lambda: signals.Assigned(serving(request).room.store))
