"""What did telemetry say of one operation, before it is redacted, priced and measured? A Told, whatever format it came in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from cleanroom.core.base import noun

LONGEST_NAME = 200
"""Characters of a name: a system, a feature, a model ..."""

LONGEST_TEXT = 20_000
"""Characters of an input, of an output, and of a source; what is longer is cut."""

MOST_SOURCES = 50
MOST_SCORES = 20
MOST_METRICS = 50

ANSWER = "response/"
"""Begins what a judgement is about that names an answer by the id its model gave it: no call is known by that."""

ASKS = ("chat", "text_completion", "generate_content", "embeddings")
"""The operations of the GenAI conventions that ask a model."""

BESIDE = (
    "retrieval", "execute_tool", "create_agent", "invoke_agent", "invoke_workflow", "plan", "search_memory", "create_memory",
    "update_memory", "upsert_memory", "delete_memory", "create_memory_store", "delete_memory_store", "evaluation", "label",
)  # fmt: skip
"""Operations that ask no model themselves; what they spend is told by the spans below them."""


@noun
class Score:
    """What an evaluator said: a number, a label, or both; None and '' where it did not."""

    name: str
    value: float | None = None
    label: str = ""


@noun
class Usage:
    """Tokens; None where nothing was said. `cached` were read from a cache, and are among `input`."""

    input: int | None = None
    output: int | None = None
    cached: int | None = None


@noun
class Told:
    """As core/call.py has it, but raw: `key` is no hash yet, texts are not redacted, nothing is priced.

    asks        it asked a model: what counts as a request, whose tokens and cost are added up
    first       seconds until the first part of a streamed answer
    finished    the reasons for which the model ended, in small letters
    scores      what evaluators said of it
    predicted, label   of a classifier: the class that it gave, and the right one
    said        metrics that came by name
    about       the id of the call that this judges; '' where it is a call of its own
    """

    id: str
    trace: str
    parent: str
    system: str
    operation: str
    at: int
    took: int
    asks: bool = False
    feature: str = ""
    variant: str = ""
    prompt: str = ""
    tool: str = ""
    provider: str = ""
    model: str = ""
    conversation: str = ""
    key: str = ""
    error: str = ""
    usage: Usage = Usage()
    first: float | None = None
    finished: tuple[str, ...] = ()
    scores: tuple[Score, ...] = ()
    predicted: str = ""
    label: str = ""
    said: Mapping[str, bool | float] = field(default_factory=dict)
    input: str = ""
    output: str = ""
    sources: tuple[str, ...] = ()
    about: str = ""


@noun
class Telling:
    """What one payload said. `beside`: spans that are no GenAI operation; `faults`: one sentence for each that cannot be kept."""

    told: tuple[Told, ...]
    beside: int = 0
    faults: tuple[str, ...] = ()


def call_id(trace: str, span: str) -> str:
    """The id of the call that a span is: both of its ids in hex."""
    return f"{trace}-{span}"


def judgement_id(about: str, name: str) -> str:
    """The id of a record that judges the call `about`: one for each evaluator, which has no ~ in its `name`."""
    return f"{about}~{name}"


def judged_id(id: str) -> str:
    """The id of the call that a record is about: of a judgement or a label that came later, the judged one; else its own."""
    return id.rpartition("~")[0] or id


def judges(id: str) -> str:
    """The id of the call that a record of this id judges; '' of a call, and where all that is known is the answer's id."""
    about, mark, _ = id.partition("~")
    return about if mark and not about.startswith(ANSWER) else ""


def asks(operation: str, *, usage: bool, remote: bool) -> bool:
    """Does this operation ask a model itself?

    An agent elsewhere (`remote`) does: nobody tells of the calls that it makes. An operation of another name does where it
    tells of tokens.
    """
    if operation in ASKS:
        return True
    if operation == "invoke_agent":
        return remote
    return usage and operation not in BESIDE
