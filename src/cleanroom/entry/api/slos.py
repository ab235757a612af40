"""/v1/slos and /v1/systems: what was promised and whether it is kept; the register, and who is on call."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path
from pydantic import BaseModel, Field

from cleanroom.app.register import Entry, entry, register
from cleanroom.app.slo.sample import MOST, Sampled
from cleanroom.app.slo.sample import sample as draw
from cleanroom.app.slo.status import every, status
from cleanroom.core.facts.slo import SloSays
from cleanroom.core.slo_status import Status
from cleanroom.entry.api.doors import Queueing, Reading
from cleanroom.entry.api.problems import ALWAYS, problems
from cleanroom.entry.slos import as_data, system_data

router = APIRouter(prefix="/v1", tags=["slos"], responses=ALWAYS)

Name = Annotated[str, Path(max_length=200, description="The name of an SLO.", examples=["answers-true"])]
SystemName = Annotated[str, Path(max_length=200, description="The name of a system.", examples=["shop-assistant"])]


class BurnShown(BaseModel):
    """A burn-rate rule. Windows are seconds; a rate is null where its window holds nothing."""

    name: str
    factor: float
    long: int
    short: int
    pages: bool
    long_rate: float | None
    short_rate: float | None
    fires: bool


class ExpectedShown(BaseModel):
    """After how many hours a rise to `rate` is heard of; null: never. `traffic`: calls an hour for an hour."""

    rate: float
    page: float | None
    ticket: float | None
    watch: float | None
    traffic: float | None
    soonest: float | None


class SloShown(BaseModel):
    """An SLO. Shares are 0 to 1; `rate` lies between `lower` and `upper`; `n` is what was counted or labelled."""

    name: str
    system: str
    title: str
    promise: str
    says: SloSays
    because: str
    budget: float
    budget_left: float | None = Field(description="Of the budget, 1 for all of it; below 0 where it is overspent.")
    window: int = Field(description="Seconds.")
    since: str
    at: str
    n: int
    bad: int
    rate: float | None
    lower: float
    upper: float
    firing: list[str]
    burning: list[BurnShown]
    expected: list[ExpectedShown]
    hourly: float
    labels: dict[str, Any] | None = Field(description="The strata with their labels, and how many are missing.")
    notes: list[str]


class SampledShown(BaseModel):
    """What was drawn into the queue."""

    slo: str
    flagged: int
    unflagged: int
    sizes: tuple[int, int]
    outputs: list[str]
    held: int
    notes: list[str]


class SystemShown(BaseModel):
    """An AI system of the register. `on_call`: who is called now, in this order."""

    name: str
    does: str
    owners: list[str]
    tier: Literal["minimal", "limited", "high"]
    oncall: dict[str, Any]
    capabilities: list[str]
    fallback: dict[str, Any] | None
    sources: list[dict[str, Any]]
    slos: list[str]
    features: list[str]
    retention: dict[str, int]
    redact: list[str]
    keep_texts: bool
    stakeholders: list[str]
    channels: dict[str, list[str]]
    detector: dict[str, float]
    on_call: list[str]
    calls: int
    last: str | None


class SystemsShown(BaseModel):
    """The register, and systems that calls come from and nobody has entered."""

    systems: list[SystemShown]
    missing: list[str]


class Wish(BaseModel):
    """How many calls to draw."""

    n: int = Field(default=50, ge=1, le=MOST)


@router.get("/slos")
def list_slos(room: Reading) -> list[SloShown]:
    """Where every SLO stands."""
    return [_slo(s) for s in every(room)]


@router.get("/slos/{name}", responses=problems(404))
def show_slo(room: Reading, name: Name) -> SloShown:
    """Everything that can be said of one SLO."""
    return _slo(status(room, name))


@router.post("/slos/{name}/samples", status_code=201, responses=problems(404, 409))
def sample_slo(room: Queueing, name: Name, wish: Wish) -> SampledShown:
    """Draw the calls whose labels narrow the interval most, and put them into the review queue."""
    return _sampled(draw(room, name, wish.n))


@router.get("/systems")
def list_systems(room: Reading) -> SystemsShown:
    """The AI decision register."""
    found = register(room)
    return SystemsShown(systems=[_system(e) for e in found.entries], missing=list(found.missing))


@router.get("/systems/{name}", responses=problems(404))
def show_system(room: Reading, name: SystemName) -> SystemShown:
    """One AI system, and who is on call for it now."""
    return _system(entry(room, name))


def _slo(found: Status) -> SloShown:
    return SloShown.model_validate(as_data(found))


def _system(found: Entry) -> SystemShown:
    return SystemShown.model_validate(system_data(found))


def _sampled(done: Sampled) -> SampledShown:
    return SampledShown(
        slo=done.slo,
        flagged=done.flagged,
        unflagged=done.unflagged,
        sizes=done.sizes,
        outputs=list(done.outputs),
        held=done.held,
        notes=list(done.notes),
    )
