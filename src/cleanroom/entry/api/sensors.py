"""/v1/sensors: what watches production, where it stands, and decisions about it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path
from pydantic import BaseModel, ConfigDict, Field

from cleanroom.app.sensors import decide
from cleanroom.app.sensors.read import every, one
from cleanroom.core.sensors.standing import State
from cleanroom.entry.api.doors import Reading, Reviewing
from cleanroom.entry.api.problems import ALWAYS, problems
from cleanroom.entry.moments import moment
from cleanroom.entry.sensors import as_data

router = APIRouter(prefix="/v1/sensors", tags=["sensors"], responses=ALWAYS)

Name = Annotated[str, Path(max_length=200, description="The name of a sensor.", examples=["orders"])]


class SensorShown(BaseModel):
    """A sensor and where it stands. `blocked`: why what depends on it waits; '' when it need not."""

    name: str
    kind: str
    state: State
    since: str | None
    day: str = Field(description="The last day that was judged.")
    covers: str = Field(description="How much of it could be judged at all.")
    seen: str
    bound: str
    what: str
    about: list[str] = Field(description="The parts that are over their bound.")
    evidence: list[str]
    blocked: str
    baseline: str | None
    ran: str | None
    overdue: bool
    every: float = Field(description="Seconds from look to look.")
    level: Literal["warning", "critical", "business"]
    system: str
    blocks: list[str]
    watch: dict[str, Any]


class _Wish(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Reason(_Wish):
    """Why; it goes into the ledger."""

    because: str = Field(max_length=500, examples=["a sale began today"])


class Baseline(Reason):
    """Why, and from when on things are right; without a moment: now."""

    since: str | None = Field(default=None, max_length=40, examples=["2026-11-22T00:00:00Z"])


@router.get("")
def list_sensors(room: Reading) -> list[SensorShown]:
    """Every sensor, by name."""
    now = room.clock.now()
    return [SensorShown.model_validate(as_data(f, now)) for f in every(room)]


@router.get("/{name}", responses=problems(404))
def show_sensor(room: Reading, name: Name) -> SensorShown:
    """One sensor, with its last finding."""
    return SensorShown.model_validate(as_data(one(room, name), room.clock.now()))


@router.post("/{name}/unblock", responses=problems(404, 409))
def unblock_sensor(room: Reviewing, name: Name, wish: Reason) -> SensorShown:
    """Let what it holds up go on, until it goes over its bound anew."""
    decide.unblock(room, name, wish.because)
    return show_sensor(room, name)


@router.post("/{name}/rebase", responses=problems(404, 409))
def rebase_sensor(room: Reviewing, name: Name, wish: Baseline) -> SensorShown:
    """Say that things are right as they are from a moment on."""
    decide.rebase(room, name, wish.because, None if wish.since is None else moment(wish.since))
    return show_sensor(room, name)
