"""What became of a promise: where it stands, what fires, which calls were drawn for people to label. Subject `slo/<name>`."""

from __future__ import annotations

from typing import Literal

from cleanroom.core.base import Digest, Instant, noun
from cleanroom.core.facts.people import By

SloSays = Literal["met", "violated", "cannot tell"]


@noun
class SloJudged:
    """Where it stands, or what fires, is not what it was. `definition`: the digest of the SLO as it was then.

    firing    names of burn-rate rules, `detector`, `doubled`, in order
    n, bad    what was counted (or labelled) in the window; `rate` with its limits, and the share of the budget that is left:
              None where nothing can be said
    """

    slo: str
    system: str
    definition: Digest
    says: SloSays
    firing: tuple[str, ...]
    n: int
    bad: int
    rate: float | None
    lower: float
    upper: float
    budget_left: float | None
    because: str
    at: Instant
    kind: Literal["slo_judged"] = "slo_judged"


@noun
class DrawnCall:
    """A call that was drawn for a label: `output` is its id in the queue, `content` the digest of what people see there.

    `at`: the moment of the call. A label counts for it only where it is of that content.
    """

    call: str
    output: str
    content: Digest
    stratum: Literal["flagged", "unflagged"]
    at: Instant


@noun
class LabelsSampled:
    """Calls were drawn for people to label, in this order, out of those between `since` and `until`.

    Each draw chose the stratum with the probabilities `chances` (flagged, unflagged), fixed beforehand, and then any call of
    that stratum alike; `sizes`: how many calls each had, of which `open` could still be drawn. Seeds are digests.
    """

    slo: str
    system: str
    definition: Digest
    metric: str
    since: Instant
    until: Instant
    sizes: tuple[int, int]
    open: tuple[int, int]
    chances: tuple[float, float]
    drawn: tuple[DrawnCall, ...]
    by: By
    at: Instant
    kind: Literal["labels_sampled"] = "labels_sampled"


@noun
class SourceAged:
    """A source became too old for its promise, or is young enough again, from `since` on. `newest`: its last data then."""

    slo: str
    system: str
    source: str
    stale: bool
    newest: Instant | None
    since: Instant
    at: Instant
    kind: Literal["source_aged"] = "source_aged"
