"""/v1/changes: where each change stands, what to look at first, and a person's decisions on it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, ConfigDict, Field

from cleanroom.app.propose import correct as corrections
from cleanroom.app.review import decide
from cleanroom.app.review.standing import standing, waiting
from cleanroom.app.review.top import Item, top
from cleanroom.core.ledger import LedgerEntry
from cleanroom.core.policy import Area
from cleanroom.entry.api.doors import Reading, Reviewing
from cleanroom.entry.api.problems import ALWAYS, problems
from cleanroom.entry.standing import as_data

router = APIRouter(prefix="/v1/changes", tags=["changes"], responses=ALWAYS)

Name = Annotated[str, Path(max_length=200, description="The name of a change.", examples=["checkout"])]
State = Literal["approved", "waiting", "blocked", "rejected", "unchecked", "unreadable"]


class Touched(BaseModel):
    """An area that the change touches, and how the program found out."""

    area: Area
    because: str


class Needed(BaseModel):
    """A role that must approve, and the areas that ask for it."""

    role: str
    areas: list[Area]
    signed: bool


class Missing(BaseModel):
    """A needed role that nobody has signed for; `because` where nobody can."""

    need: Needed
    who: list[str]
    because: str


class By(BaseModel):
    """A person, and how we know that it was them."""

    person: str
    how: Literal["claimed", "token", "session"]


class Approval(BaseModel):
    """A yes; `void` says why it no longer counts."""

    index: int = Field(description="Its entry in the ledger.")
    change: str
    run: str
    role: str
    by: By
    policy: str
    comment: str
    expires: str
    at: str
    kind: str
    void: str


class ChangeLine(BaseModel):
    """Where a change stands. What a run tells is null before there is one."""

    name: str
    state: State
    because: str = Field(description="What stands against it; empty when nothing does.")
    next: str
    change: str | None = None
    run: str | None = None
    outcome: Literal["PASS", "WARN", "UNKNOWN", "FAIL"] | None = None
    checked_at: str | None = None
    authors: list[str] = []
    touches: list[Touched] = []
    needs: list[Needed] = []
    missing: list[Missing] = []
    approvals: list[Approval] = []
    waiver: dict[str, Any] | None = None
    team: int = Field(default=0, description="How many different people must approve.")
    until: str | None = Field(default=None, description="When the first approval expires.")
    version: int = 0


class Vote(BaseModel):
    """How often the model answered a target."""

    target: str
    times: int


class TopItem(BaseModel):
    """A mapped name, why it matters, and rows before and after."""

    legacy: str
    target: str
    rows: int
    users: int | None
    doubt: float = Field(description="The share of voices against the target.")
    score: float
    uses: list[str]
    areas: list[Area]
    votes: list[Vote]
    similar: str | None
    reason: str
    flagged: str | None
    looked: list[str]
    before: list[dict[str, str | None]]
    after: list[dict[str, str | None]]


class TopList(BaseModel):
    """The entries that matter most, of `all`."""

    change: str
    all: int
    done: int
    items: list[TopItem]


class Entry(BaseModel):
    """A decision, as the ledger has it now."""

    index: int
    subject: str
    version: int
    kind: str
    at: str


class _Wish(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ApprovalWish(_Wish):
    """A yes to the change as its last run showed it."""

    role: str | None = Field(default=None, max_length=40, examples=["finance"])
    comment: str = Field(default="", max_length=2000)
    seen: str | None = Field(
        default=None, max_length=80, description="The run that was looked at: refused when it is no longer the last."
    )


class Reason(_Wish):
    """Why."""

    reason: str = Field(min_length=1, max_length=2000, examples=["purchases would be counted twice"])


class DecisionReason(Reason):
    """Why; `seen` is the version (a rejection) or the run (a waiver) that was looked at."""

    seen: str | None = Field(default=None, max_length=80, description="Refused when it is no longer the last.")


class NameWish(_Wish):
    """A legacy name that was looked at."""

    legacy: str = Field(max_length=500, examples=["basket_add"])


class DoubtWish(Reason):
    """A legacy name that somebody doubts, or no longer doubts."""

    legacy: str = Field(max_length=500, examples=["basket_add"])


class CorrectionWish(Reason):
    """Legacy names and the events that they become."""

    targets: dict[str, str] = Field(min_length=1, max_length=1000, examples=[{"basket": "view_cart"}])


class NewVersion(BaseModel):
    """A new version of a change."""

    change: str
    corrects: str


@router.get("", responses=problems(404))
def every(room: Reading) -> list[ChangeLine]:
    """All changes of the project."""
    return [ChangeLine(**as_data(s)) for s in waiting(room)]


@router.get("/{name}", responses=problems(404))
def one(room: Reading, name: Name) -> ChangeLine:
    """One change."""
    return ChangeLine(**as_data(standing(room, name)))


@router.get("/{name}/top", responses=problems(404))
def most_important(room: Reading, name: Name, limit: Annotated[int, Query(ge=1, le=1000)] = 100) -> TopList:
    """The mapped names that matter most: by rows, by the model's disagreement, by what counts on them."""
    found = top(room, name, limit)
    return TopList(change=name, all=found.all, done=found.done, items=[_item(i) for i in found.items])


@router.post("/{name}/approvals", status_code=201, responses=problems(404, 409))
def approve(room: Reviewing, name: Name, wish: ApprovalWish) -> Entry:
    """Approve it, in a role. Any edit and any new run of check voids this."""
    return _entry(decide.approve(room, name, wish.role, wish.comment, wish.seen))


@router.post("/{name}/rejections", status_code=201, responses=problems(404, 409))
def reject(room: Reviewing, name: Name, wish: DecisionReason) -> Entry:
    """Reject this version of it."""
    return _entry(decide.reject(room, name, wish.reason, wish.seen))


@router.post("/{name}/waivers", status_code=201, responses=problems(404, 409))
def waive(room: Reviewing, name: Name, wish: DecisionReason) -> Entry:
    """Let its last run go on to approval although a required check could not tell."""
    return _entry(decide.waive(room, name, wish.reason, wish.seen))


@router.post("/{name}/looks", status_code=201, responses=problems(404, 409))
def look(room: Reviewing, name: Name, wish: NameWish) -> Entry:
    """Note that one mapped name was looked at and found right."""
    return _entry(decide.look(room, name, wish.legacy))


@router.post("/{name}/flags", status_code=201, responses=problems(404, 409))
def flag(room: Reviewing, name: Name, wish: DoubtWish) -> NewVersion:
    """Doubt one mapped name: a new version, which nobody can approve before the doubt is answered."""
    return _version(corrections.flag(room, name, wish.legacy, wish.reason))


@router.post("/{name}/clearings", status_code=201, responses=problems(404, 409))
def clear(room: Reviewing, name: Name, wish: DoubtWish) -> NewVersion:
    """Answer a doubt: the name is right as it is."""
    return _version(corrections.clear(room, name, wish.legacy, wish.reason))


@router.post("/{name}/corrections", status_code=201, responses=problems(404, 409))
def correct(room: Reviewing, name: Name, wish: CorrectionWish) -> NewVersion:
    """Map names to other events: a new version, with the person in its provenance."""
    return _version(corrections.correct(room, name, wish.targets, wish.reason))


def _entry(entry: LedgerEntry) -> Entry:
    return Entry(
        index=entry.index, subject=entry.subject, version=entry.version, kind=entry.fact.kind, at=entry.fact.at
    )


def _version(made: corrections.Corrected) -> NewVersion:
    return NewVersion(change=made.change.digest, corrects=made.before)


def _item(item: Item) -> TopItem:
    weighed, entry = item.weighed, item.weighed.entry
    return TopItem(
        legacy=entry.legacy,
        target=entry.target,
        rows=weighed.rows,
        users=weighed.users,
        doubt=weighed.doubt,
        score=weighed.score,
        uses=list(weighed.uses),
        areas=list(weighed.areas),
        votes=[Vote(target=t, times=n) for t, n in entry.votes],
        similar=entry.similar,
        reason=entry.reason,
        flagged=weighed.flagged.reason if weighed.flagged else None,
        looked=list(item.looked),
        before=list(item.before),
        after=list(item.after),
    )
