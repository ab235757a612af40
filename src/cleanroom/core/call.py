"""What happened when the product asked a model, and what did its users do then? A Call, and a UserEvent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from cleanroom.core.base import noun

Happened = Literal["ticket", "correction", "conversion", "complaint", "escalation"]
"""What a user, or somebody for them, did: opened a ticket, corrected an answer, bought, complained, asked for a person."""

EVENT = "event/"
"""Begins the metric that a user event counts as: event/ticket ..."""


@noun
class Call:
    """One operation of a model, an agent or a tool, as telemetry tells of it. '' stands for what was not said.

    id            trace id and span id in hex, so that it may be sent again; `trace` and `parent` (a span id) place it
    system        the name of the system in the register; feature, variant (of a flag), prompt (name@version): its parts
    operation     chat, embeddings, execute_tool, invoke_agent ..., as the GenAI conventions name it; `tool`: which one
    model         the one that answered, or else the one that was asked; `provider`: whose it is
    conversation  what belongs together; who: the keyed hash of the user
    at, took      when it began, in microseconds since 1970 UTC, and how many microseconds it lasted
    arrived       when it was accepted
    error         the type of the error; '' where it went well
    metrics       booleans (true is bad) and numbers, by name: core/telemetry/metrics.py says which
    input, output, sources    texts, redacted as the register says before they were kept; '' and () where they are not kept
    """

    id: str
    trace: str
    parent: str
    system: str
    feature: str
    variant: str
    operation: str
    tool: str
    provider: str
    model: str
    prompt: str
    conversation: str
    who: str
    at: int
    took: int
    arrived: int
    error: str
    metrics: Mapping[str, bool | float]
    input: str = ""
    output: str = ""
    sources: tuple[str, ...] = ()


@noun
class UserEvent:
    """Something that users did, or that was done for them. `id`: unique, so that it may be sent again.

    `call`, `conversation`: what it is about, where that is known; feature, variant, model and prompt are those of the call
    where it is known and they were not said. `value`: money of a conversion; `words`: redacted text.
    """

    id: str
    system: str
    happened: Happened
    at: int
    arrived: int
    call: str = ""
    conversation: str = ""
    feature: str = ""
    variant: str = ""
    model: str = ""
    prompt: str = ""
    who: str = ""
    value: float | None = None
    words: str = ""
