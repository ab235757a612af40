"""What happens to single outputs of an AI: accepted, sent to a person, corrected; and by which cut-off."""

from __future__ import annotations

from typing import Literal

from cleanroom.core.base import Digest, Instant, noun
from cleanroom.core.facts.people import By

Risk = Literal["high", "medium", "low"]
Route = Literal["accepted", "audited", "review", "held"]
"""`accepted`: it skips review. `audited`: it skips review, and is looked at afterwards as part of a random sample.
`review`: it waits for a person. `held`: the queue is full; it waits for a place, and is never accepted by waiting."""


@noun
class Received:
    """An output came in. Subject `output/<id>`. Its text lies outside, by `content`, and can be erased.

    `cutoff` is the confidence that was asked for, None where there was none.
    """

    output: str
    content: Digest
    system: str
    model: str
    prompt_version: str
    risk: Risk
    confidence: float | None
    cutoff: float | None
    route: Route
    because: str
    by: By
    at: Instant
    kind: Literal["received"] = "received"


@noun
class Reviewed:
    """A person decided on an output. `correction` is the digest of the corrected value, which lies outside.

    `reason`: one of core.queue.REASONS where it was wrong. Subject `output/<id>`; an audited one is written under
    `cutoff/<system>` as well, in the same append, since it speaks for or against the promise that is in force there. Who
    counts reviews counts those of `output/`.
    """

    output: str
    content: Digest
    verdict: Literal["right", "corrected", "rejected"]
    correction: Digest | None
    reason: str
    by: By
    at: Instant
    kind: Literal["reviewed"] = "reviewed"


@noun
class Escalated:
    """An output needs somebody else: a person passed it on, or it waited longer than was promised."""

    output: str
    because: str
    by: By | None
    at: Instant
    kind: Literal["escalated"] = "escalated"


@noun
class CutoffSet:
    """The confidence from which on outputs of a system skip review; None: every one goes to a person.

    Subject `cutoff/<system>`. The promise: at most `alpha` of those that skip are wrong, with probability 1 - `delta`
    over the draw of the `cases` labelled cases, whose file has the digest `labels`.
    """

    system: str
    cutoff: float | None
    alpha: float
    delta: float
    cases: int
    skip: int
    wrong: int
    labels: Digest
    by: By
    at: Instant
    kind: Literal["cutoff_set"] = "cutoff_set"


@noun
class CutoffWithdrawn:
    """The audited sample speaks against the promise: nothing skips review until a new calibration."""

    system: str
    audited: int
    wrong: int
    because: str
    at: Instant
    kind: Literal["cutoff_withdrawn"] = "cutoff_withdrawn"


@noun
class ReviewForced:
    """A person had everything of a system go to a person, until a new calibration."""

    system: str
    because: str
    by: By
    at: Instant
    kind: Literal["review_forced"] = "review_forced"


@noun
class CorrectionsExported:
    """Corrections went out for retraining and as golden cases. Subject `corrections`.

    `outputs` also names those whose text had been erased by then: there is nothing of them to export any more.
    """

    outputs: tuple[str, ...]
    files: tuple[Digest, ...]
    by: By
    at: Instant
    kind: Literal["corrections_exported"] = "corrections_exported"
