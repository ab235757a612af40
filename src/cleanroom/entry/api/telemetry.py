"""/v1/telemetry: the figures of AI systems, and the calls behind them."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel

from cleanroom.app.telemetry import panels
from cleanroom.core.telemetry.told import LONGEST_NAME
from cleanroom.entry.api.doors import Reading
from cleanroom.entry.api.problems import ALWAYS, problems
from cleanroom.entry.telemetry import call_shown, panel_shown, seen_shown
from cleanroom.ports.calls import Part

router = APIRouter(prefix="/v1/telemetry", tags=["telemetry"], responses=ALWAYS)

_Hours = Annotated[float, Query(gt=0, le=24 * 366, description="How far back.")]
_Name = Annotated[str, Query(max_length=LONGEST_NAME)]


class SeenShown(BaseModel):
    """A system that calls came from."""

    system: str
    calls: int
    first: str
    last: str


class RateShown(BaseModel):
    """`bad` of `n`."""

    n: int
    bad: int
    share: float | None


class MeanShown(BaseModel):
    """The mean of the `n` calls that have it."""

    n: int
    mean: float


class ClassShown(BaseModel):
    """How good a classifier is at one class, as far as labels came."""

    precision: float | None
    recall: float | None


class LineShown(BaseModel):
    """Requests with these values of the parts, and what is known of them."""

    parts: dict[str, str]
    requests: int
    errors: int
    latency_s: dict[str, float | None]
    tokens: float
    cost: float
    cost_per_request: float | None
    cost_per_conversion: float | None
    unpriced: int
    escalated: float | None
    users: dict[str, int]
    earned: float
    rates: dict[str, RateShown]
    means: dict[str, MeanShown]
    classes: dict[str, ClassShown]


class SessionsShown(BaseModel):
    """Conversations with requests in them, and what each took on average."""

    conversations: int
    requests_each: float
    tokens_each: float | None
    cost_each: float | None
    conversions_each: float | None


class PanelShown(BaseModel):
    """The figures of a system. `sessions`: null where there are too many calls to count them."""

    system: str
    since: str
    until: str
    by: list[str]
    total: LineShown
    lines: list[LineShown]
    sessions: SessionsShown | None


class CallShown(BaseModel):
    """One operation, as it is kept."""

    id: str
    trace: str
    parent: str
    system: str
    feature: str
    variant: str
    operation: str
    tool: str
    provider: str
    model: str
    prompt: str
    conversation: str
    who: str
    at: str
    took: float
    arrived: str
    error: str
    metrics: dict[str, float]
    input: str
    output: str
    sources: list[str]


class CallFound(CallShown):
    """One operation, and the others of its trace."""

    beside: list[CallShown]


@router.get("")
def systems(room: Reading) -> list[SeenShown]:
    """The systems that telemetry came from, the newest first."""
    return [SeenShown(**seen_shown(s)) for s in panels.seen(room)]


@router.get("/calls/{id}", responses=problems(404))
def call(room: Reading, id: str) -> CallFound:
    """One call, and what else was done in its trace."""
    found, beside = panels.found_call(room, id)
    return CallFound(**call_shown(found), beside=[CallShown(**call_shown(c)) for c in beside])


@router.get("/systems/{system}", responses=problems(404))
def figures(
    room: Reading, system: str, hours: _Hours = 24.0, by: Annotated[list[Part] | None, Query(max_length=4)] = None
) -> PanelShown:
    """Its requests, errors, latency, tokens, cost, flags and user events in the last hours, by parts."""
    found: dict[str, Any] = panel_shown(panels.panel(room, system, *panels.window(room, hours), by or ()))
    return PanelShown(**found)


@router.get("/systems/{system}/calls", responses=problems(404))
def calls(
    room: Reading,
    system: str,
    hours: _Hours = 24.0,
    bad: _Name = "",
    feature: _Name = "",
    variant: _Name = "",
    model: _Name = "",
    prompt: _Name = "",
    conversation: _Name = "",
    limit: Annotated[int, Query(ge=1, le=1_000)] = 50,
) -> list[CallShown]:
    """The newest calls: those behind a figure. `bad`: only where this metric is true, or not 0."""
    panels.check_system(room, system)
    given = {"feature": feature, "variant": variant, "model": model, "prompt": prompt, "conversation": conversation}
    where = {name: value for name, value in given.items() if value}
    found = room.calls.rows(system, *panels.window(room, hours), where, bad, limit)
    return [CallShown(**call_shown(c)) for c in found]
