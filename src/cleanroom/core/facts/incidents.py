"""What happens to an incident, from its detection to its closure, and how it is kept from coming back.

Subject `incident/<id>` for all of them. Times of day are those of the ledger's clock; `when` in a note is what a person said.
Texts of messages and of the postmortem lie outside by digest; here is what was decided, by whom, and on which evidence.
"""

from __future__ import annotations

from typing import Literal

from cleanroom.core.base import Digest, Instant, noun
from cleanroom.core.facts.people import By

Category = Literal["hallucination", "injection", "drift", "cost", "overload", "scope", "privacy"]
"""The six categories of the playbook, and the privacy leak, which has a path of its own."""

Severity = Literal["sev1", "sev2", "sev3"]
"""Harm to people, data or money now; a promise to users is broken; to be looked into."""

Work = Literal["case", "fix", "monitor", "docs", "other"]
"""What an action adds: a regression case; a prompt, guard or capability; monitoring; docs or a runbook; anything else."""


@noun
class Since:
    """When it began, and what says so: the first bad outcome that is on record, never a time that somebody typed."""

    at: Instant
    says: str


@noun
class IncidentOpened:
    """Something went wrong in production. `began`: None as long as nothing on record says when; `detected`: when its alert
    was opened, else when somebody said so.

    `alerts`, `flag`, `change`, `variant`: what it is linked to; '' where there is none. `by`: None where a policy opened it.
    """

    incident: str
    title: str
    systems: tuple[str, ...]
    severity: Severity
    began: Since | None
    detected: Instant
    alerts: tuple[str, ...]
    flag: str
    change: str
    variant: str
    because: str
    by: By | None
    at: Instant
    kind: Literal["incident_opened"] = "incident_opened"


@noun
class IncidentJoined:
    """Further alerts belong to it: the first of `count`, and of which systems they are."""

    incident: str
    alerts: tuple[str, ...]
    count: int
    systems: tuple[str, ...]
    began: Since | None
    at: Instant
    kind: Literal["incident_joined"] = "incident_joined"


@noun
class IncidentGraded:
    """Somebody sees its severity otherwise."""

    incident: str
    severity: Severity
    because: str
    by: By
    at: Instant
    kind: Literal["incident_graded"] = "incident_graded"


@noun
class IncidentSorted:
    """Which path it takes. `by`: None where the signals proposed it, and a person is still to say."""

    incident: str
    category: Category
    evidence: tuple[str, ...]
    by: By | None
    at: Instant
    kind: Literal["incident_sorted"] = "incident_sorted"


@noun
class LeadNamed:
    """Who leads the write-up. `by`: None where the facts propose the one who was closest to it."""

    incident: str
    person: str
    because: str
    by: By | None
    at: Instant
    kind: Literal["lead_named"] = "lead_named"


@noun
class IncidentNoted:
    """What a person says happened at `when`."""

    incident: str
    text: str
    when: Instant
    by: By
    at: Instant
    kind: Literal["incident_noted"] = "incident_noted"


@noun
class IncidentContained:
    """The harm was stopped, as far as `act` could: `did` says whether. `by`: None where a policy did it."""

    incident: str
    act: str
    target: str
    did: bool
    because: str
    by: By | None
    at: Instant
    kind: Literal["incident_contained"] = "incident_contained"


@noun
class IncidentTold:
    """A message went out. `text`: its digest; `channels`: empty where a person sends it elsewhere."""

    incident: str
    audience: Literal["internal", "customers"]
    text: Digest
    channels: tuple[str, ...]
    by: By
    at: Instant
    kind: Literal["incident_told"] = "incident_told"


@noun
class DiagnosisAnswered:
    """A question of the path was answered: by a query that ran (`by` None), with what it showed, or by a person."""

    incident: str
    question: str
    answer: str
    evidence: tuple[str, ...]
    by: By | None
    at: Instant
    kind: Literal["diagnosis_answered"] = "diagnosis_answered"


@noun
class StepDone:
    """A step of a runbook was done; `step` counts from 1, `text` is how it read then."""

    incident: str
    runbook: str
    step: int
    text: str
    by: By
    at: Instant
    kind: Literal["step_done"] = "step_done"


@noun
class IncidentMitigated:
    """A fix is in place. `fix`: what (`change/NAME`, `prompt/NAME`, `model/NAME`), `digest`: exactly which version."""

    incident: str
    fix: str
    digest: Digest
    because: str
    by: By
    at: Instant
    kind: Literal["incident_mitigated"] = "incident_mitigated"


@noun
class ActionAdded:
    """Something is to be done by `due`. `required`: without it the incident is not proven."""

    incident: str
    action: str
    what: str
    work: Work
    owner: str
    due: Instant
    required: bool
    by: By
    at: Instant
    kind: Literal["action_added"] = "action_added"


@noun
class ActionMoved:
    """Another owner or another day, and why."""

    incident: str
    action: str
    owner: str
    due: Instant
    because: str
    by: By
    at: Instant
    kind: Literal["action_moved"] = "action_moved"


@noun
class ActionDone:
    """It was done; `evidence` is what shows it: a digest, a change, a file, an address. `by`: None where a tracker says so."""

    incident: str
    action: str
    evidence: str
    by: By | None
    at: Instant
    kind: Literal["action_done"] = "action_done"


@noun
class ActionFiled:
    """It has an issue in a tracker."""

    incident: str
    action: str
    tracker: str
    ref: str
    url: str
    at: Instant
    kind: Literal["action_filed"] = "action_filed"


@noun
class Overdue:
    """An action by its id, or `postmortem`, is late; `step` counts how often it was told since its day, `to` whom last."""

    incident: str
    what: str
    step: int
    to: tuple[str, ...]
    at: Instant
    kind: Literal["overdue"] = "overdue"


@noun
class PostmortemPublished:
    """The write-up is out: `page` is the digest of the text, which lints without a finding."""

    incident: str
    page: Digest
    by: By
    at: Instant
    kind: Literal["postmortem_published"] = "postmortem_published"


@noun
class PostmortemRead:
    """Somebody has read that text."""

    incident: str
    page: Digest
    by: By
    at: Instant
    kind: Literal["postmortem_read"] = "postmortem_read"


@noun
class ReviewSet:
    """When people look at it again, and who is to read it by then."""

    incident: str
    review: Instant
    readers: tuple[str, ...]
    by: By
    at: Instant
    kind: Literal["review_set"] = "review_set"
