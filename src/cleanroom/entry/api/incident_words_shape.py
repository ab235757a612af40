"""How does what is written and sent about an incident look in answers?"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel

from cleanroom.core.incident.messages import Audience


class PostmortemShown(BaseModel):
    """How far a write-up is. `file`: '' where there is none; `edited`: the project's page is not the published one."""

    id: str
    title: str
    file: str
    due: str
    overdue: bool
    published: str | None
    edited: bool
    readers: list[str]
    read: list[str]
    unread: list[str]
    review: str | None
    review_due: bool


class FindingShown(BaseModel):
    """Something to mend before the page may be published."""

    file: str
    line: int
    column: int
    message: str
    hint: str
    severity: Literal["error", "warning"]


class ReadShown(BaseModel):
    """The published page, which you have read from now on."""

    text: str
    standing: PostmortemShown


class ToReadShown(BaseModel):
    """A page that you have not read, or a review that is due."""

    id: str
    title: str
    what: str
    since: str


class MessageShown(BaseModel):
    """A draft of what to tell people."""

    audience: Audience
    text: str


class SentShown(BaseModel):
    """What came of it: its digest, through which channels it goes now, which had it already, and whether it was new."""

    text: str
    channels: list[str]
    before: list[str]
    new: bool
