"""/v1/rollouts: begin one, see where it stands, and hold, resume or abort it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path
from pydantic import BaseModel, ConfigDict, Field

from cleanroom.app.rollout import steer
from cleanroom.app.rollout.read import every, existing
from cleanroom.app.rollout.start import start
from cleanroom.app.room import Room
from cleanroom.app.sensors.read import holds_up
from cleanroom.core.progress.state import Rollout
from cleanroom.core.rollout.plan import Plan
from cleanroom.entry.api.doors import Reading, Reviewing
from cleanroom.entry.api.problems import ALWAYS, problems
from cleanroom.entry.rollout_plan import metrics_of, seconds_of, steps_of
from cleanroom.entry.rollouts import as_data

router = APIRouter(prefix="/v1/rollouts", tags=["rollouts"], responses=ALWAYS)

Name = Annotated[str, Path(max_length=200, description="The name of a change.", examples=["checkout"])]
_PHASES = [2.0, 5.0, 10.0, 25.0, 50.0, 100.0]


class Compared(BaseModel):
    """A comparison as it stands: users, those who were bad, and e-values, of which `bar` decides."""

    metric: str
    canary: int
    canary_bad: int
    control: int
    control_bad: int
    harm: float
    safe: float
    bar: float
    hours_to_go: float | None = Field(description="Until safety can be shown at today's traffic; null where never.")


class RolloutShown(BaseModel):
    """A rollout. Shares are those of traffic, 0 to 1."""

    name: str
    state: Literal["Baking", "Held", "Promoted", "RolledBack"]
    flag: str
    share: float
    phase: int
    phases: list[float]
    started: str
    since: str | None
    due: str | None
    limit: str | None
    until: str = Field(description="Outcomes up to then are weighed.")
    over: str | None
    next: str = Field(description="What it waits for, or why it is held or over.")
    lines: list[Compared]
    users: tuple[int, int] = Field(description="Users met in this phase: with the candidate, with the control.")
    apart: int = Field(description="Outcomes left out because their variant was not what the flag served.")
    grave: int
    digest: str
    run: str
    plan: dict[str, Any]


class _Wish(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Begin(_Wish):
    """What to roll out, and how. Times are written 30m, 12h, 2d."""

    change: str = Field(max_length=200, examples=["checkout"])
    metrics: list[str] = Field(min_length=1, max_length=20, examples=[["error", "latency_ms:above"]])
    phases: list[float] = Field(default=_PHASES, max_length=50, description="Percent of traffic, growing to 100.")
    bake: str = Field(default="12h", max_length=20)
    limit: str = Field(default="72h", max_length=20)
    least: int = Field(default=100, ge=1, le=10**9)
    holdout: float = Field(default=2.0, description="Percent of traffic that keeps the control.")
    patience: str = Field(default="5m", max_length=20)
    margin: float = 2.0
    alpha: float = 0.05
    flag: str = Field(default="", max_length=200)
    audience: dict[str, Any] | None = Field(default=None, description="Who takes part: a targeting rule.")


class Because(_Wish):
    """Why; it goes into the ledger."""

    because: str = Field(max_length=500, examples=["a launch today"])


@router.get("")
def list_rollouts(room: Reading) -> list[RolloutShown]:
    """Every change's last rollout, those that run first."""
    return [_shown(r, room) for r in every(room)]


@router.post("", status_code=201, responses=problems(404, 409))
def begin_rollout(room: Reviewing, wish: Begin) -> RolloutShown:
    """Begin the rollout of an approved change; refused otherwise, with what is missing."""
    plan = Plan(
        phases=tuple(steps_of(p) for p in wish.phases),
        metrics=metrics_of(wish.metrics),
        bake=seconds_of(wish.bake),
        limit=seconds_of(wish.limit),
        least=wish.least,
        holdout=steps_of(wish.holdout),
        patience=seconds_of(wish.patience),
        alpha=wish.alpha,
        margin=wish.margin,
    )
    return _shown(start(room, wish.change, plan, flag=wish.flag, audience=wish.audience), room)


@router.get("/{name}", responses=problems(404))
def show_rollout(room: Reading, name: Name) -> RolloutShown:
    """Where the last rollout of a change stands."""
    return _shown(existing(room, name), room)


@router.post("/{name}/hold", responses=problems(404, 409))
def hold_rollout(room: Reviewing, name: Name, wish: Because) -> RolloutShown:
    """Keep it at its share; harm is still acted upon."""
    return _shown(steer.hold(room, name, wish.because), room)


@router.post("/{name}/resume", responses=problems(404, 409))
def resume_rollout(room: Reviewing, name: Name) -> RolloutShown:
    """Let a held rollout go on, with its whole limit once more."""
    return _shown(steer.resume(room, name), room)


@router.post("/{name}/abort", responses=problems(404, 409))
def abort_rollout(room: Reviewing, name: Name, wish: Because) -> RolloutShown:
    """Roll it back: from now on everybody gets the control."""
    return _shown(steer.abort(room, name, wish.because), room)


def _shown(found: Rollout, room: Room) -> RolloutShown:
    return RolloutShown.model_validate(as_data(found, room.clock.now(), holds_up(room, found)))
