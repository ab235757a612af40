"""What did AI systems do in production? Calls and user events in, once each and durably; rollups, columns and rows out."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, get_args

import numpy as np
from numpy.typing import NDArray

from cleanroom.core.call import Call, Happened, UserEvent
from cleanroom.ports.telemetry import Recorded

Part = Literal["feature", "variant", "model", "prompt"]
"""By what a metric of a system can be told apart."""

PARTS: tuple[Part, ...] = get_args(Part)

TEXTS = ("id", "conversation", "who", *PARTS)
"""The texts of CallColumns."""

ALL = ""
"""The metric that counts every call, whatever else is known of it."""

OTHER = "(other)"
"""Stands in rollups for each part, or for the metric, of what came after the first MOST_PARTS or MOST_METRICS of a day."""

MOST_PARTS = 250
"""How many combinations of parts of one system are told apart in the rollups of one day (UTC), so that they stay small."""

MOST_METRICS = 250
"""How many metrics of one system have rollups of their own on one day; ALL is always one of them."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A metric within a step of time, of one value of each part that was asked for (`parts`, in that order).

    `start`: microseconds since 1970 UTC. n calls had it, `bad` of them with true (or not 0), `total` is the sum of its values.
    `histogram`: calls by bucket, sparse; core/telemetry/histogram.py says what a bucket is. Empty for booleans and for ALL.
    """

    start: int
    parts: tuple[str, ...]
    n: int
    bad: int
    total: float
    histogram: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class CallColumns:
    """Calls by `at`, those of one moment as they came, as arrays of one length. `metrics`: booleans as 0 and 1, NaN for none."""

    id: NDArray[np.str_]
    at: NDArray[np.int64]
    conversation: NDArray[np.str_]
    who: NDArray[np.str_]
    feature: NDArray[np.str_]
    variant: NDArray[np.str_]
    model: NDArray[np.str_]
    prompt: NDArray[np.str_]
    metrics: Mapping[str, NDArray[np.float64]]


@dataclass(frozen=True, slots=True)
class SystemSeen:
    """A system that calls came from: how many, and the moments of the first and the last."""

    system: str
    n: int
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class SessionsSeen:
    """Conversations with requests: about how many (within 3%, 999 times of 1,000), their requests, tokens in and out, and cost.

    tokens, cost: None where no request told of any.
    """

    conversations: int
    asked: int
    tokens: float | None
    cost: float | None


class Calls(Protocol):
    """Nothing that was acknowledged is lost; what is sent twice is kept once. Raises Outside where it fails.

    A call whose id `judges` another (core/telemetry/told.py), and a user's correction of a call, are judgements of that call:
    rollups and columns have it as if what they say had come with it, at its time, of its system and its parts; no call more
    is counted. Whichever comes first: while the call is not there, each judgement counts by itself.

    What comes out has numbers for metrics, booleans as 0 and 1. Ids of calls and of events are apart from each other.
    """

    def record(self, calls: Sequence[Call], events: Sequence[UserEvent] = ()) -> Recorded:
        """Keep them, all or none, on the disk before this returns. Of one id the first one counts, for ever.

        Raises Misuse, and keeps nothing, for text with a NUL or half a character, a number that is not finite, a moment
        before 1970 or after 2200, and more than 100 metrics of a call.
        """
        ...

    def cells(
        self, system: str, metric: str, since: int, until: int, step: int, by: Sequence[Part] = ()
    ) -> tuple[Cell, ...]:
        """Rollups with since <= minute < until, added up by steps of `step` microseconds from `since` on, ordered by
        (start, parts). A step without calls has no cell. Raises Misuse for a step that is no number of whole minutes.

        A user event counts as the metric `event/<happened>`, its value as the total; without a value it adds 0 to it.
        """
        ...

    def all_cells(
        self, system: str, since: int, until: int, step: int, by: Sequence[Part] = ()
    ) -> Mapping[str, tuple[Cell, ...]]:
        """`cells` of every metric that has any, without ALL, as of one moment."""
        ...

    def columns(self, system: str, since: int, until: int, metrics: Sequence[str]) -> CallColumns:
        """Calls with since <= at < until, wherever they lie by now."""
        ...

    def sessions(self, system: str, since: int, until: int) -> SessionsSeen | None:
        """Conversations of requests with since <= at < until; quick for any number of them.

        None where too many calls would have to be read: those of files that were written before there were sketches.
        """
        ...

    def rows(
        self, system: str, since: int, until: int, where: Mapping[str, str], bad: str = "", limit: int = 50
    ) -> tuple[Call, ...]:
        """The newest calls with since <= at < until, newest first (of one moment by id, backwards), whose fields are as
        `where` says (feature, variant, model, prompt, conversation, operation, trace); `bad`: only those whose metric of that
        name is true or not 0.

        Raises Misuse for another field.
        """
        ...

    def call(self, id: str) -> Call | None:
        """The call of that id; None where there is none, or no more."""
        ...

    def calls_of(self, ids: Collection[str]) -> Mapping[str, Call]:
        """The calls of these ids that are there, by id."""
        ...

    def events(self, system: str, since: int, until: int, happened: Happened | None = None) -> tuple[UserEvent, ...]:
        """User events with since <= at < until, by `at`."""
        ...

    def metrics(self, system: str, since: int, until: int) -> tuple[str, ...]:
        """The names of the metrics with rollups of since <= minute < until, in order; without ALL, with those of events."""
        ...

    def seen(self) -> tuple[SystemSeen, ...]:
        """Every system that anything came from, by name; `n` counts calls, the moments are of events, too."""
        ...

    def compact(self, before: int) -> int:
        """Move whole hours that ended before that moment from the log to Parquet files; how many calls were moved.

        Killed at any moment, nothing is lost and nothing counts twice.
        """
        ...

    def forget(self, system: str, before: int, *, texts: bool) -> int:
        """Erase what lies before that moment for good: only the texts, or whole calls and events; how many. Rollups stay."""
        ...
