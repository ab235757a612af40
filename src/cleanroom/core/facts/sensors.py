"""What sensors found, and what people decided about it. Subject `sensor/<name>`; what they hold up follows from these entries."""

from __future__ import annotations

from typing import Literal

from cleanroom.core.base import Digest, Instant, noun
from cleanroom.core.facts.people import By


@noun
class SensorRan:
    """It looked, and its standing did not become worse: once a day, or when that is news. `definition`: of its file then.

    `day`: the last day that was judged, YYYY-MM-DD; `covers`: how much of it could be judged at all; `evidence`: lines to check.
    """

    sensor: str
    definition: Digest
    state: Literal["quiet", "too_few", "over"]
    day: str
    covers: str
    seen: str
    bound: str
    at: Instant
    evidence: tuple[str, ...] = ()
    kind: Literal["sensor_ran"] = "sensor_ran"


@noun
class SensorTripped:
    """It went over its bound, in the parts `about`. From now on it holds up what depends on it."""

    sensor: str
    definition: Digest
    day: str
    about: tuple[str, ...]
    what: str
    bound: str
    seen: str
    covers: str
    since: Instant
    evidence: tuple[str, ...]
    at: Instant
    kind: Literal["sensor_tripped"] = "sensor_tripped"


@noun
class SensorFailed:
    """It could not look. That is no quiet: what depends on it waits until it can."""

    sensor: str
    definition: Digest
    why: str
    at: Instant
    kind: Literal["sensor_failed"] = "sensor_failed"


@noun
class SensorCleared:
    """It is within its bound again. What it held up waits on, until a person says that it may go on."""

    sensor: str
    seen: str
    covers: str
    day: str
    at: Instant
    evidence: tuple[str, ...] = ()
    kind: Literal["sensor_cleared"] = "sensor_cleared"


@noun
class SensorUnblocked:
    """What it holds up may go on, until it goes over its bound anew."""

    sensor: str
    because: str
    role: str
    by: By
    at: Instant
    kind: Literal["sensor_unblocked"] = "sensor_unblocked"


@noun
class SensorRebased:
    """How things are from `since` on is what is right: what came before is compared with no more. It unblocks, too."""

    sensor: str
    since: Instant
    because: str
    role: str
    by: By
    at: Instant
    kind: Literal["sensor_rebased"] = "sensor_rebased"
