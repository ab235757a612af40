"""How do outputs, the queue and decisions on it look in the API?"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from cleanroom.codec.outputs import MAX_SOURCES
from cleanroom.core.facts.outputs import Risk, Route
from cleanroom.core.output import ID, MAX_GUARD, MAX_NAME, SYSTEM
from cleanroom.core.queue import Reason

ID_FORM, SYSTEM_FORM = f"^{ID.pattern}$", f"^{SYSTEM.pattern}$"
MOST = 5000
"""Outputs of one request."""

_EXAMPLE: dict[str, Any] = {
    "id": "ticket-4711",
    "system": "support-labels",
    "input": "I was charged twice this month",
    "output": "billing",
    "confidence": 0.93,
    "model": "qwen3-8b",
    "prompt": "label-ticket",
    "prompt_version": "4",
    "risk": "medium",
}
SystemName = Annotated[str, Field(max_length=80, pattern=SYSTEM_FORM, examples=["support-labels"])]
Place = Literal["waiting", "held", "accepted", "done"]


class _Wish(BaseModel):
    model_config = ConfigDict(extra="forbid")


class OutputWish(_Wish):
    """One output of an AI. Without an id it gets one from its content."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": _EXAMPLE})

    system: SystemName
    input: Any = Field(description="What the AI was given: any JSON value but null.")
    output: Any = Field(description="What it answered: any JSON value but null.")
    id: str | None = Field(default=None, max_length=120, pattern=ID_FORM)
    confidence: float | None = Field(default=None, ge=0, le=1, description="Without one a person looks at it.")
    model: str = Field(default="", max_length=MAX_NAME, description="Without one a person looks at it.")
    prompt: str = Field(default="", max_length=MAX_NAME)
    prompt_version: str = Field(default="", max_length=MAX_NAME, description="Without one a person looks at it.")
    guard: str = Field(default="", max_length=MAX_GUARD, description="Why a guard wants a person to look at it.")
    risk: Risk = "medium"
    sources: list[Any] = Field(
        default_factory=list, max_length=MAX_SOURCES, description="What the reviewer needs to see."
    )


class BatchWish(_Wish):
    """Several outputs, taken in all or none."""

    outputs: list[OutputWish] = Field(min_length=1, max_length=MOST)


class Taken(BaseModel):
    """Where an output went, and why. `known`: it had come before, and nothing was written."""

    id: str
    route: Route
    because: str
    known: bool


class Added(BaseModel):
    """What came in; `warnings` say what whoever sends outputs should know."""

    outputs: list[Taken]
    warnings: list[str]


class Line(BaseModel):
    """An output in a list. `person`: who has it until `until`."""

    id: str
    system: str
    risk: Risk
    because: str
    confidence: float | None
    came: str
    due: str
    overdue: bool
    escalated: bool
    audit: bool = Field(description="It skipped review, and was drawn to be looked at afterwards.")
    where: Place
    person: str | None
    until: str | None


class Text(BaseModel):
    """An output as it arrived."""

    input: Any
    output: Any
    prompt: str
    guard: str
    sources: list[Any]


class By(BaseModel):
    """A person, and how we know that it was them."""

    person: str
    how: Literal["claimed", "token", "session"]


class Decision(BaseModel):
    """What a person decided."""

    verdict: Literal["right", "corrected", "rejected"]
    reason: str
    by: By
    at: str


class OutputShown(Line):
    """One output with everything that is known of it. `text` is null once it was erased."""

    model: str
    prompt_version: str
    route: Route
    content: str = Field(description="The digest of its text.")
    text: Text | None
    decision: Decision | None
    corrected: Any = Field(description="What it should have been; null where it was not corrected.")
    entries: list[int] = Field(description="Its entries in the ledger.")


class QueueShown(BaseModel):
    """What waits, in the order in which it is handed out."""

    waiting: int
    held: int
    capacity: int
    lines: list[Line]
    held_lines: list[Line]
    mine: Line | None = Field(description="What whoever asks has at hand.")


class ClaimWish(_Wish):
    """Of which AI system; of any where that is missing."""

    system: SystemName | None = None


class DecisionWish(_Wish):
    """A decision. `value`: what it should have been, for `corrected`; `reason`: why it was wrong."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"example": {"verdict": "corrected", "value": "refunds", "reason": "wrong_label"}},
    )

    verdict: Literal["right", "corrected", "rejected"]
    value: Any = None
    reason: Reason | None = None


class EscalationWish(_Wish):
    """What the next one should know."""

    reason: str = Field(min_length=1, max_length=500, examples=["needs somebody from billing"])


class Decided(BaseModel):
    """A decision that stands. `withdrawn`: why it ended the promise of a cut-off; empty when it did not."""

    id: str
    decision: Decision
    withdrawn: str


class Skipped(BaseModel):
    """`escalated`: everybody skipped it by now."""

    id: str
    escalated: bool


class SystemShown(BaseModel):
    """An AI system, and what is promised of its outputs that skip review."""

    system: str
    waiting: int
    held: int
    accepted: int
    done: int
    cutoff: float | None
    alpha: float | None
    delta: float | None
    audited: int
    wrong: int
    withdrawn: bool
    says: str


class Feedback(BaseModel):
    """Corrections of one risk that were not exported; `promised` and `age` in seconds."""

    risk: Risk
    promised: int
    waiting: int
    oldest: str | None
    due: str | None
    age: float
    late: bool


class Load(BaseModel):
    """What came for people, and what they decided, in the last `hours`."""

    hours: float
    came: int
    decided: int
    people: int
    work_hours: int
    minutes_each: float | None
    used: float | None = Field(description="What came as a share of what they could do; plan with at most 2/3.")
    p95_wait: float | None = Field(description="Minutes.")


class Status(BaseModel):
    """How the queue stands."""

    at: str
    capacity: int
    waiting: int
    held: int
    overdue: int
    escalated: int
    systems: list[SystemShown]
    feedback: list[Feedback]
    load: Load
    warnings: list[str]


class CorrectionShown(BaseModel):
    """A correction, as `cleanroom queue export` writes it."""

    id: str
    system: str
    input: Any
    original: Any
    corrected: Any
    verdict: str
    reason: str
    reviewer: str
    at: str
    model: str
    prompt: str
    prompt_version: str
    risk: Risk
    confidence: float | None
    content: str
