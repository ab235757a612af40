"""What shows that an incident cannot come back silently, and how it ends: the case, the new monitor, the proof or a waiver.

Subject `incident/<id>` for all of them, as for what happens before (incidents.py).
"""

from __future__ import annotations

from typing import Literal

from cleanroom.core.base import Digest, Instant, noun
from cleanroom.core.facts.incidents import Since
from cleanroom.core.facts.people import By


@noun
class CaseNamed:
    """The regression case: it fails on `bad`, as recorded, and passes on the fix. `case`: the digest of its content.

    `bad`: the version that did the harm (`change/NAME`, `prompt/NAME`, `model/NAME`), `bad_digest`: exactly which. `beside`: the
    model that the prompt was put to, or the prompt that the model was given; None where the case is of a change.
    """

    incident: str
    id: str
    case: Digest
    bad: str
    bad_digest: Digest
    by: By
    at: Instant
    beside: Digest | None = None
    kind: Literal["case_named"] = "case_named"


@noun
class MonitorNamed:
    """The new monitor (a sensor by name), as it was then. `monitor`: the digest of what it watches and how.

    `began`: since when what it watches was worse, up to the detection; None where nothing on record says so.
    """

    incident: str
    sensor: str
    monitor: Digest
    by: By
    at: Instant
    began: Since | None = None
    kind: Literal["monitor_named"] = "monitor_named"


@noun
class Tried:
    """One version under the regression case: exactly which (`version`, `digest`), what ran (`run`), and what came of it."""

    version: str
    digest: Digest
    run: Digest
    passed: bool
    because: str


@noun
class Earlier:
    """What the new monitor would have done: fired at `fired`, `own` microseconds before the detection, and how often in vain.

    `lead`: microseconds that may be claimed for the next one like it, with this incident left out of what says so; 0: nothing
    may. `false_alarms`: in `history` microseconds of recorded production outside incidents; `bound`: at most so many in 30
    days, one-sided 95%.
    """

    sensor: str
    monitor: Digest
    fired: Instant
    own: int
    lead: int
    history: int
    false_alarms: int
    bound: float


@noun
class IncidentProven:
    """It cannot come back silently: red on the bad version, green on the fix, seen earlier, and every required action closed."""

    incident: str
    id: str
    case: Digest
    red: Tried
    green: Tried
    earlier: Earlier
    actions: tuple[str, ...]
    by: By
    at: Instant
    kind: Literal["incident_proven"] = "incident_proven"


@noun
class WaiverAsked:
    """The lead asks to close it without proof."""

    incident: str
    reason: str
    by: By
    at: Instant
    kind: Literal["waiver_asked"] = "waiver_asked"


@noun
class WaiverAgreed:
    """A second person agrees to that; it stays visible."""

    incident: str
    by: By
    at: Instant
    kind: Literal["waiver_agreed"] = "waiver_agreed"


@noun
class IncidentClosed:
    """It is over. `how`: proven, or waived by two people."""

    incident: str
    how: Literal["proven", "waived"]
    by: By
    at: Instant
    kind: Literal["incident_closed"] = "incident_closed"


@noun
class IncidentReopened:
    """It was not over: what it was proven by no longer counts."""

    incident: str
    because: str
    by: By | None
    at: Instant
    kind: Literal["incident_reopened"] = "incident_reopened"
