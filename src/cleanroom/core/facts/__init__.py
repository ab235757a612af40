"""All that may be written into the ledger: Fact is the union of the kinds.

A written kind never changes its meaning; a new meaning is a new kind.
"""

from __future__ import annotations

from cleanroom.core.facts.alerts import (
    AlertAcknowledged,
    AlertActed,
    AlertEscalated,
    AlertGrew,
    AlertOpened,
    AlertResolved,
    Silenced,
    SilenceLifted,
)
from cleanroom.core.facts.audit import CheckpointPublished
from cleanroom.core.facts.changes import (
    Approved,
    Checked,
    Finding,
    InputSeen,
    Judged,
    Looked,
    Proposed,
    Ran,
    Rejected,
    Waived,
)
from cleanroom.core.facts.incidents import (
    ActionAdded,
    ActionDone,
    ActionFiled,
    ActionMoved,
    DiagnosisAnswered,
    IncidentContained,
    IncidentGraded,
    IncidentJoined,
    IncidentMitigated,
    IncidentNoted,
    IncidentOpened,
    IncidentSorted,
    IncidentTold,
    LeadNamed,
    Overdue,
    PostmortemPublished,
    PostmortemRead,
    ReviewSet,
    StepDone,
)
from cleanroom.core.facts.outputs import (
    CorrectionsExported,
    CutoffSet,
    CutoffWithdrawn,
    Escalated,
    Received,
    Reviewed,
    ReviewForced,
)
from cleanroom.core.facts.people import (
    Admitted,
    By,
    How,
    LinkMade,
    PolicySet,
    SignedIn,
    SignInFailed,
    TokenMade,
    TokenRevoked,
)
from cleanroom.core.facts.proofs import (
    CaseNamed,
    IncidentClosed,
    IncidentProven,
    IncidentReopened,
    MonitorNamed,
    WaiverAgreed,
    WaiverAsked,
)
from cleanroom.core.facts.rollouts import (
    FlagKilled,
    FlagRestored,
    FlagSet,
    RolloutAdvanced,
    RolloutHeld,
    RolloutObserved,
    RolloutPromoted,
    RolloutResumed,
    RolloutRolledBack,
    RolloutStarted,
    RolloutWeighed,
)
from cleanroom.core.facts.sensors import (
    SensorCleared,
    SensorFailed,
    SensorRan,
    SensorRebased,
    SensorTripped,
    SensorUnblocked,
)
from cleanroom.core.facts.slo import DrawnCall, LabelsSampled, SloJudged, SourceAged

__all__ = [
    "ActionAdded",
    "ActionDone",
    "ActionFiled",
    "ActionMoved",
    "Admitted",
    "AlertAcknowledged",
    "AlertActed",
    "AlertEscalated",
    "AlertGrew",
    "AlertOpened",
    "AlertResolved",
    "Approved",
    "By",
    "CaseNamed",
    "Checked",
    "CheckpointPublished",
    "CorrectionsExported",
    "CutoffSet",
    "CutoffWithdrawn",
    "DiagnosisAnswered",
    "DrawnCall",
    "Escalated",
    "Fact",
    "Finding",
    "FlagKilled",
    "FlagRestored",
    "FlagSet",
    "How",
    "IncidentClosed",
    "IncidentContained",
    "IncidentGraded",
    "IncidentJoined",
    "IncidentMitigated",
    "IncidentNoted",
    "IncidentOpened",
    "IncidentProven",
    "IncidentReopened",
    "IncidentSorted",
    "IncidentTold",
    "InputSeen",
    "Judged",
    "LabelsSampled",
    "LeadNamed",
    "LinkMade",
    "Looked",
    "MonitorNamed",
    "Overdue",
    "PolicySet",
    "PostmortemPublished",
    "PostmortemRead",
    "Proposed",
    "Ran",
    "Received",
    "Rejected",
    "ReviewForced",
    "ReviewSet",
    "Reviewed",
    "RolloutAdvanced",
    "RolloutHeld",
    "RolloutObserved",
    "RolloutPromoted",
    "RolloutResumed",
    "RolloutRolledBack",
    "RolloutStarted",
    "RolloutWeighed",
    "SensorCleared",
    "SensorFailed",
    "SensorRan",
    "SensorRebased",
    "SensorTripped",
    "SensorUnblocked",
    "SignInFailed",
    "SignedIn",
    "SilenceLifted",
    "Silenced",
    "SloJudged",
    "SourceAged",
    "StepDone",
    "TokenMade",
    "TokenRevoked",
    "Waived",
    "WaiverAgreed",
    "WaiverAsked",
]

Fact = (
    Proposed
    | Ran
    | Judged
    | Checked
    | Approved
    | Rejected
    | Waived
    | Looked
    | PolicySet
    | Admitted
    | TokenMade
    | TokenRevoked
    | LinkMade
    | SignedIn
    | SignInFailed
    | Received
    | Reviewed
    | Escalated
    | CutoffSet
    | CutoffWithdrawn
    | ReviewForced
    | CorrectionsExported
    | CheckpointPublished
    | FlagSet
    | FlagKilled
    | FlagRestored
    | RolloutStarted
    | RolloutWeighed
    | RolloutAdvanced
    | RolloutHeld
    | RolloutResumed
    | RolloutRolledBack
    | RolloutPromoted
    | RolloutObserved
    | AlertOpened
    | AlertGrew
    | AlertEscalated
    | AlertActed
    | AlertAcknowledged
    | AlertResolved
    | Silenced
    | SilenceLifted
    | SensorRan
    | SensorTripped
    | SensorFailed
    | SensorCleared
    | SensorUnblocked
    | SensorRebased
    | SloJudged
    | LabelsSampled
    | SourceAged
    | IncidentOpened
    | IncidentJoined
    | IncidentGraded
    | IncidentSorted
    | LeadNamed
    | IncidentNoted
    | IncidentContained
    | IncidentTold
    | DiagnosisAnswered
    | StepDone
    | IncidentMitigated
    | CaseNamed
    | MonitorNamed
    | ActionAdded
    | ActionMoved
    | ActionDone
    | ActionFiled
    | Overdue
    | PostmortemPublished
    | PostmortemRead
    | ReviewSet
    | IncidentProven
    | WaiverAsked
    | WaiverAgreed
    | IncidentClosed
    | IncidentReopened
)
