"""What happens to an alert: only what changes its state is written here. Repeats are counted beside the ledger."""

from __future__ import annotations

from typing import Literal

from cleanroom.core.alert import Level, Signal
from cleanroom.core.base import Instant, noun
from cleanroom.core.facts.people import By


@noun
class Cause:
    """Something that the ledger says of the time just before: its entry's `index`, and what happened in one line."""

    index: int
    at: Instant
    what: str


@noun
class Matching:
    """Which signals a silence is about: each field is a pattern in which `*` stands for anything."""

    name: str = "*"
    system: str = "*"
    about: str = "*"


@noun
class AlertOpened:
    """Something is wrong. Subject `alert/<id>`, as all below but silences.

    `signals`: the first of `count`, with their evidence; `causes`: what changed just before, newest first.
    """

    alert: str
    system: str
    level: Level
    signals: tuple[Signal, ...]
    count: int
    causes: tuple[Cause, ...]
    at: Instant
    kind: Literal["alert_opened"] = "alert_opened"


@noun
class AlertGrew:
    """More of the same system: the first of `count` further signals."""

    alert: str
    signals: tuple[Signal, ...]
    count: int
    at: Instant
    kind: Literal["alert_grew"] = "alert_grew"


@noun
class AlertEscalated:
    """It was told to `to` (everybody where empty). `step` 0 is the first telling; each later one is to the next in line."""

    alert: str
    step: int
    to: tuple[str, ...]
    because: str
    at: Instant
    kind: Literal["alert_escalated"] = "alert_escalated"


@noun
class AlertActed:
    """The reconciler did what the policy says for critical alerts; `did`: whether it could. `because`: what came of it."""

    alert: str
    act: str
    target: str
    did: bool
    because: str
    at: Instant
    kind: Literal["alert_acted"] = "alert_acted"


@noun
class AlertAcknowledged:
    """Somebody is on it: it is not escalated any more. It covers what was there by then; what is new opens a new alert."""

    alert: str
    because: str
    by: By
    at: Instant
    kind: Literal["alert_acknowledged"] = "alert_acknowledged"


@noun
class AlertResolved:
    """It is over. `by`: None where all of its signals had ended."""

    alert: str
    because: str
    by: By | None
    at: Instant
    kind: Literal["alert_resolved"] = "alert_resolved"


@noun
class Silenced:
    """Nobody is told of signals that match, until then. Subject `silences`, as below."""

    silence: str
    matching: Matching
    until: Instant
    because: str
    by: By
    at: Instant
    kind: Literal["silenced"] = "silenced"


@noun
class SilenceLifted:
    """The silence ends before its time."""

    silence: str
    by: By
    at: Instant
    kind: Literal["silence_lifted"] = "silence_lifted"
