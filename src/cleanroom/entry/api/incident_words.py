"""/v1/incidents/{id}/postmortem and /message: what is written of an incident, who has read it, and who is told."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from cleanroom.app.incident import communicate, postmortem
from cleanroom.core.base import plain
from cleanroom.core.incident.messages import Audience
from cleanroom.entry.api import incident_words_shape as shape
from cleanroom.entry.api import incidents_wish as asked
from cleanroom.entry.api.doors import Answering, Reading
from cleanroom.entry.api.incidents import Id
from cleanroom.entry.api.problems import ALWAYS, problems
from cleanroom.entry.moments import day

router = APIRouter(prefix="/v1", tags=["incidents"], responses=ALWAYS)

_GONE = problems(404, 409)


@router.get("/postmortems")
def list_postmortems(room: Reading, limit: Annotated[int, Query(ge=1, le=1000)] = 100) -> list[shape.PostmortemShown]:
    """How far the write-ups of all incidents are, the newest incident first."""
    return [shape.PostmortemShown(**plain(s)) for s in postmortem.standings(room, limit)]


@router.get("/reading")
def list_reading(room: Reading) -> list[shape.ToReadShown]:
    """What you have not read yet, and the reviews that are due."""
    return [shape.ToReadShown(**plain(t)) for t in postmortem.reading_list(room)]


@router.get("/incidents/{id}/postmortem", responses=problems(404))
def show_postmortem(room: Reading, id: Id) -> shape.PostmortemShown:
    """How far the write-up of an incident is."""
    return shape.PostmortemShown(**plain(postmortem.standing(room, id)))


@router.post("/incidents/{id}/postmortem/draft", responses=_GONE)
def draft_postmortem(room: Answering, id: Id, wish: asked.Drafting) -> shape.PostmortemShown:
    """Write the page from the facts into the project."""
    postmortem.draft(room, id, replace=wish.replace)
    return shape.PostmortemShown(**plain(postmortem.standing(room, id)))


@router.get("/incidents/{id}/postmortem/lint", responses=problems(404))
def lint_postmortem(room: Reading, id: Id) -> list[shape.FindingShown]:
    """What is wrong with the page as it lies in the project; empty where it may be published."""
    return [shape.FindingShown(**plain(f)) for f in postmortem.check(room, id)]


@router.post("/incidents/{id}/postmortem/publish", responses=_GONE)
def publish_postmortem(room: Answering, id: Id) -> shape.PostmortemShown:
    """Put the page out, kept by its digest; refused as long as something is wrong with it."""
    return shape.PostmortemShown(**plain(postmortem.publish(room, id)))


@router.post("/incidents/{id}/postmortem/read", responses=_GONE)
def read_postmortem(room: Answering, id: Id) -> shape.ReadShown:
    """The published page; that you have read it is on record."""
    text, standing = postmortem.read(room, id)
    return shape.ReadShown(text=text, standing=shape.PostmortemShown(**plain(standing)))


@router.post("/incidents/{id}/postmortem/review", responses=_GONE)
def set_review(room: Answering, id: Id, wish: asked.ReviewWish) -> shape.PostmortemShown:
    """Set when people look at it again, and who is to read it by then."""
    return shape.PostmortemShown(
        **plain(postmortem.review(room, id, day(wish.on, room.clock.now(), "on: "), tuple(wish.readers)))
    )


@router.get("/incidents/{id}/message", responses=problems(404))
def draft_message(room: Reading, id: Id, audience: Audience = "internal") -> shape.MessageShown:
    """A draft of what to tell people: what is known, and what is not."""
    return shape.MessageShown(audience=audience, text=communicate.draft(room, id, audience))


@router.post("/incidents/{id}/message", responses=_GONE)
def send_message(room: Answering, id: Id, wish: asked.MessageWish) -> shape.SentShown:
    """Tell people, and write it down. The same text through the same channel is sent once."""
    sent = communicate.send(room, id, wish.audience, wish.text, tuple(wish.channels))
    return shape.SentShown(**plain(sent))
