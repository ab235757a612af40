"""/v1/alerts: what goes wrong, and what people answer; POST /v1/alerts/alertmanager takes what Prometheus says."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body, Path, Query
from pydantic import BaseModel, ConfigDict, Field

from cleanroom.app import alerts
from cleanroom.app.alerts.read import EVERY, UNANSWERED
from cleanroom.core.alert import Level
from cleanroom.core.alerts.grouping import State
from cleanroom.core.base import plain
from cleanroom.core.facts.alerts import Matching
from cleanroom.entry.alerts import answered, as_data, silence_data
from cleanroom.entry.api.doors import Alerting, Answering, Reading
from cleanroom.entry.api.problems import ALWAYS, problems
from cleanroom.entry.rollout_plan import seconds_of
from cleanroom.formats.alertmanager import signals_of

router = APIRouter(prefix="/v1/alerts", tags=["alerts"], responses=ALWAYS)

Id = Annotated[str, Path(max_length=60, description="The id of an alert.", examples=["3f9a0c1b2d4e"])]

_PAYLOAD: dict[str, Any] = {
    "version": "4",
    "groupKey": "{}:{}",
    "status": "firing",
    "receiver": "cleanroom",
    "alerts": [
        {
            "status": "firing",
            "labels": {"alertname": "HighErrorRate", "service": "chat", "severity": "critical"},
            "annotations": {"summary": "5% of the answers fail"},
            "startsAt": "2026-11-21T23:20:00Z",
        }
    ],
}


class TakenShown(BaseModel):
    """What became of them: new ones, those that were said before, those that ended, and ends of what was not there."""

    new: int
    repeated: int
    ended: int
    unknown: int


class MemberShown(BaseModel):
    """One signal of an alert, as it was said last; `times` in all."""

    name: str
    about: str
    level: str
    what: str
    since: str
    evidence: list[str]
    runbook: str
    first: str
    last: str
    times: int
    ended: str | None


class CauseShown(BaseModel):
    """Something that changed just before; `index`: its entry in the ledger."""

    index: int
    at: str
    what: str


class ActedShown(BaseModel):
    """What was done by itself; `did`: whether it could be."""

    act: str
    target: str
    did: bool
    because: str
    at: str


class AnsweredShown(BaseModel):
    """Where an alert stands. `step`: how far it was escalated, from 0; -1 where nobody was told."""

    id: str
    state: State
    level: Level
    system: str
    what: str
    opened: str
    step: int
    told: str | None
    to: list[str]
    acknowledged: str | None
    by: str | None
    because: str
    resolved: str | None


class AlertShown(AnsweredShown):
    """An alert with its first signals; `count` in all, of which `going_on` have not ended."""

    count: int
    going_on: int
    silence: str | None
    silent_until: str | None
    signals: list[MemberShown]
    causes: list[CauseShown]
    acted: list[ActedShown]


class SilenceShown(BaseModel):
    """Nobody is told of signals that match; `holds`: it has not ended."""

    id: str
    name: str
    system: str
    about: str
    until: str
    because: str
    by: str
    at: str
    holds: bool


class MessageShown(BaseModel):
    """A message that has not arrived. `due`: when it is tried again, if it was not given up on."""

    key: str
    channel: str
    title: str
    made: str
    due: str
    tries: int
    failed: str
    gave_up: bool


class _Wish(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Answer(_Wish):
    """What to say to it; it goes into the ledger."""

    because: str = Field(default="", max_length=500, examples=["looking"])


class SilenceWish(_Wish):
    """Which signals: `*` stands for anything, and one of the three has to say something. For how long: 30m, 12h, 2d."""

    name: str = Field(default="*", max_length=200)
    system: str = Field(default="*", max_length=200, examples=["chat"])
    about: str = Field(default="*", max_length=200)
    lasts: str = Field(max_length=20, examples=["2h"])
    because: str = Field(max_length=500, examples=["the source is being moved"])


class Again(_Wish):
    """Which message to send again; all that were given up on without a key."""

    key: str | None = Field(default=None, max_length=1000)


_Payload = Annotated[dict[str, Any], Body(openapi_examples={"one": {"value": _PAYLOAD}})]


@router.post("/alertmanager")
def from_alertmanager(room: Alerting, payload: _Payload) -> TakenShown:
    """Take in what Prometheus Alertmanager's webhook sends (version 4), on the disk before this answers."""
    return TakenShown(**plain(alerts.signals_in(room, signals_of(payload, room.clock.now()))))


@router.get("")
def list_alerts(
    room: Reading,
    state: Annotated[
        list[State] | None, Query(description="In which states; all that are not resolved without it.")
    ] = None,
    system: Annotated[str | None, Query(max_length=200)] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> list[AlertShown]:
    """Alerts, those that nobody answered first, then the newest; each with its first signals."""
    states = tuple(s for s in EVERY if s in (state or UNANSWERED))
    return [AlertShown(**as_data(shown)) for shown in alerts.every(room, states, system, limit)]


@router.get("/silences")
def list_silences(room: Reading, past: bool = False) -> list[SilenceShown]:
    """The silences that hold; with `past` those that have ended, too."""
    now = room.clock.now()
    return [SilenceShown(**silence_data(s, now)) for s in (alerts.silences(room) if past else alerts.holding(room))]


@router.post("/silences", status_code=201, responses=problems(409))
def make_silence(room: Answering, wish: SilenceWish) -> SilenceShown:
    """Have nobody told of signals that match, for a while."""
    matching = Matching(wish.name, wish.system, wish.about)
    made = alerts.silence(room, matching, round(seconds_of(wish.lasts)), wish.because)
    return SilenceShown(**silence_data(made, room.clock.now()))


@router.post("/silences/{id}/lift", responses=problems(404, 409))
def lift_silence(room: Answering, id: Id) -> SilenceShown:
    """End a silence before its time."""
    return SilenceShown(**silence_data(alerts.lift(room, id), room.clock.now()))


@router.get("/undelivered")
def list_undelivered(room: Reading) -> list[MessageShown]:
    """Messages that have not arrived, those that were given up on first."""
    return [MessageShown(**{k: v for k, v in plain(m).items() if k != "body"}) for m in alerts.undelivered(room)]


@router.post("/undelivered/retry", responses=problems(404))
def retry_undelivered(room: Answering, wish: Again) -> list[str]:
    """Have messages that were given up on tried anew; their keys."""
    return list(alerts.again(room, wish.key))


@router.get("/{id}", responses=problems(404))
def show_alert(room: Reading, id: Id, limit: Annotated[int, Query(ge=1, le=1000)] = 100) -> AlertShown:
    """One alert with its first signals, what changed just before, and what was done."""
    return AlertShown(**as_data(alerts.one(room, id, limit)))


@router.post("/{id}/ack", responses=problems(404, 409))
def acknowledge_alert(room: Answering, id: Id, wish: Answer) -> AnsweredShown:
    """Say that you are on it: it is not escalated any more."""
    return AnsweredShown(**answered(alerts.acknowledge(room, id, wish.because)))


@router.post("/{id}/resolve", responses=problems(404, 409))
def resolve_alert(room: Answering, id: Id, wish: Answer) -> AnsweredShown:
    """Say that it is over. What still goes on opens a new alert when it is said again."""
    return AnsweredShown(**answered(alerts.resolve(room, id, wish.because)))
