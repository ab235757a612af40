"""How do incidents look in answers?"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel

from cleanroom.app.incident.contain import Act
from cleanroom.core.facts.incidents import Category, Severity, Work
from cleanroom.core.incident.questions import Says
from cleanroom.core.incident.state import State


class ByShown(BaseModel):
    """A person, and how it is known that it is them."""

    person: str
    how: str


class ClocksShown(BaseModel):
    """Seconds of each step; null where it is not done, or nothing on record says when it began."""

    detect_seconds: float | None
    contain_seconds: float | None
    mitigate_seconds: float | None
    restore_seconds: float | None
    close_seconds: float | None
    skew_seconds: float


class StepShown(BaseModel):
    """One of the seven steps and when it was done."""

    step: str
    done: str | None


class ContainedShown(BaseModel):
    """A try to stop the harm; `did`: whether it could be done. `by`: null where a policy did it.

    `undo`: the command that takes it back; empty where nothing was done.
    """

    act: str
    target: str
    did: bool
    because: str
    by: ByShown | None
    at: str
    undo: str


class FixShown(BaseModel):
    """The fix that is in place, and exactly which version of it."""

    fix: str
    digest: str
    because: str
    by: ByShown
    at: str


class CaseShown(BaseModel):
    """The regression case, and the version that it fails on."""

    id: str
    case: str
    bad: str
    bad_digest: str
    by: ByShown
    at: str


class MonitorShown(BaseModel):
    """The new monitor, as it was when it was named."""

    sensor: str
    monitor: str
    by: ByShown
    at: str


class FiledShown(BaseModel):
    """An issue in a tracker."""

    tracker: str
    ref: str
    url: str


class ActionShown(BaseModel):
    """Something to do. `done`: when it was closed, by what `evidence` shows; null while it is open."""

    id: str
    what: str
    work: Work
    owner: str
    due: str
    required: bool
    done: str | None
    evidence: str
    filed: list[FiledShown]


class ActionOwnedShown(ActionShown):
    """An action as somebody was just given it. `owner_known`: false where no role, rota or channel names the owner."""

    owner_known: bool


class ActionFollowedShown(ActionShown):
    """An action after something was done with it. `behind`: what a tracker that it is filed in did not take, and why."""

    behind: list[str]


class ActionMovedShown(ActionFollowedShown):
    """An action with its new owner or day. `owner_known`: false where no role, rota or channel names the owner."""

    owner_known: bool


class PageShown(BaseModel):
    """The postmortem that was published: the digest of its text."""

    page: str
    by: ByShown
    at: str


class TriedShown(BaseModel):
    """One version under the regression case."""

    version: str
    digest: str
    run: str
    passed: bool
    because: str


class EarlierShown(BaseModel):
    """What the new monitor would have done: `own` microseconds earlier; `lead`: those that may be claimed for the next time.

    `history`: microseconds; `bound`: false alarms in 30 days, one-sided 95%.
    """

    sensor: str
    monitor: str
    fired: str
    own: int
    lead: int
    history: int
    false_alarms: int
    bound: float


class ProofShown(BaseModel):
    """Red, green, earlier, done."""

    id: str
    case: str
    red: TriedShown
    green: TriedShown
    earlier: EarlierShown
    actions: list[str]
    by: ByShown
    at: str


class AskedShown(BaseModel):
    """The lead's wish to close it without proof."""

    reason: str
    by: ByShown
    at: str


class AgreedShown(BaseModel):
    """The second person's yes."""

    by: ByShown
    at: str


class WaiverShown(BaseModel):
    """A waiver of the proof; `agreed`: null as long as no second person did."""

    asked: AskedShown
    agreed: AgreedShown | None


class ClosedShown(BaseModel):
    """How it was closed."""

    how: Literal["proven", "waived"]
    by: ByShown
    at: str


class RepeatShown(BaseModel):
    """An earlier incident of the same cause: how alike (0 to 1), and what both have."""

    id: str
    title: str
    similarity: float
    shared: list[str]


class IncidentShown(BaseModel):
    """An incident as it stands. `missing`: what it lacks before it can be proven; `repeats`: empty in a list."""

    id: str
    title: str
    state: State
    severity: Severity
    category: Category | None
    category_confirmed: bool
    category_evidence: list[str]
    systems: list[str]
    alerts: list[str]
    alert_count: int
    flag: str
    change: str
    variant: str
    opened: str
    detected: str
    began: str | None
    began_says: str
    lead: str | None
    lead_confirmed: bool
    lead_because: str
    clocks: ClocksShown
    steps: list[StepShown]
    contained: list[ContainedShown]
    fix: FixShown | None
    case: CaseShown | None
    monitor: MonitorShown | None
    actions: list[ActionShown]
    postmortem: PageShown | None
    proof: ProofShown | None
    waiver: WaiverShown | None
    closed: ClosedShown | None
    missing: list[str]
    repeats: list[RepeatShown]
    version: int


class OptionShown(BaseModel):
    """Something that can be done now, and what follows for users."""

    act: Act
    target: str
    means: str


class MomentShown(BaseModel):
    """One line of the timeline. `index`: its entry in the ledger, -1 where calls say so; `skewed`: why it stands elsewhere than
    its time says.
    """

    index: int
    at: str
    who: str
    what: str
    kind: str
    skewed: str
    count: int
    step: str


class AnswerShown(BaseModel):
    """A question of the path. `says`: null where a person answered; `before`: what the query says where a person did."""

    question: str
    text: str
    answer: str
    says: Says | None
    evidence: list[str]
    by: str
    at: str | None
    means: str
    before: str


class RunbookStepShown(BaseModel):
    """A step of the runbook; `commands` of ours that stand in it. `done`: when, null while nobody has."""

    number: int
    text: str
    commands: list[str]
    done: str | None
    by: str


class RunbookShown(BaseModel):
    """The runbook of the incident's category, and how far people are with it."""

    name: str
    title: str
    intro: str
    steps: list[RunbookStepShown]


class SyncedShown(BaseModel):
    """What came of an action's issue in a tracker."""

    incident: str
    action: str
    said: str


class AddedShown(BaseModel):
    """What was left behind; only what was shown counts."""

    cases: int
    monitors: int
    fixes: int
    docs: int
    lead_minutes: float


class TurnShown(BaseModel):
    """One incident in the loop."""

    id: str
    title: str
    state: State
    category: Category | None
    opened: str
    clocks: ClocksShown
    added: AddedShown
    repeats: list[RepeatShown]


class LoopShown(BaseModel):
    """Incidents, newest first; and what all of them (`total`) add up to."""

    incidents: list[TurnShown]
    total: int
    added: AddedShown
    recurring: int
    closed_without_proof: int
