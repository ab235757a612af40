"""What has this server taken in since it started? Counters for Prometheus, with a bound on how many series there can be."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from threading import Lock

from prometheus_client import CollectorRegistry, Counter, Histogram

from cleanroom.core.call import Call, UserEvent
from cleanroom.core.telemetry.metrics import REQUESTS
from cleanroom.core.telemetry.told import ASKS, BESIDE
from cleanroom.ports.calls import OTHER

MOST_SERIES = 2_000
"""Combinations of system, feature, variant, model and prompt that have series of their own; others are counted as `(other)`."""

_LABELS = ("system", "feature", "variant", "model", "prompt")
_OPERATIONS = frozenset((*ASKS, *BESIDE))  # those of the conventions: a sender could make up any number of others
_BUCKETS = (0.05, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60, 120)

Parts = tuple[str, ...]
"""A value for each of _LABELS."""


class Counted:
    """The counters of one server. Safe to use from several threads.

    A batch that came twice is not counted again. Of a batch of which only a part had come before, all is counted: who sends
    again sends the same.
    """

    def __init__(self) -> None:
        self.registry = CollectorRegistry(auto_describe=False)
        self._parts: set[Parts] = set()
        self._lock = Lock()
        new = self._counter
        self._requests = new("cleanroom_requests", "Operations that asked a model.")
        self._errors = new("cleanroom_errors", "Those of them that failed.")
        self._tokens = new("cleanroom_tokens", "Tokens, by direction.", "direction")
        self._cost = new("cleanroom_cost", "Money, as the price table has it.")
        self._unpriced = new("cleanroom_unpriced", "Requests of models without a price.")
        self._judged = new("cleanroom_judged", "Calls that a detector of hallucinations judged.")
        self._hallucinated = new("cleanroom_hallucination_flags", "Those in which it saw one.")
        self._read = new("cleanroom_outputs_read", "Outputs that were searched for personal data and secrets.")
        self._personal = new("cleanroom_personal_data", "Outputs with personal data or a secret in them.")
        self._beside = new("cleanroom_operations", "Tools, agents, retrieval and other operations.", "operation")
        self._latency = Histogram(
            "cleanroom_latency_seconds", "How long requests took.", _LABELS, buckets=_BUCKETS, registry=self.registry
        )
        self._events = new("cleanroom_user_events", "What users did.", "happened")
        self._spans = Counter(
            "cleanroom_spans", "Spans and log records by what became of them.", ("became",), registry=self.registry
        )

    def _counter(self, name: str, says: str, *more: str) -> Counter:
        return Counter(name, says, (*_LABELS, *more), registry=self.registry)

    def calls(self, calls: Iterable[Call]) -> None:
        """Count what is new."""
        for call in calls:
            parts = self._bounded(call)
            metrics = call.metrics
            if REQUESTS in metrics:
                self._request(parts, metrics)
            elif call.operation != "label":
                operation = call.operation if call.operation in _OPERATIONS else OTHER
                self._beside.labels(*parts, operation).inc()
            if "hallucination" in metrics:
                self._judged.labels(*parts).inc()
                self._hallucinated.labels(*parts).inc(bool(metrics["hallucination"]))
            if "pii" in metrics:
                self._read.labels(*parts).inc()
                self._personal.labels(*parts).inc(bool(metrics["pii"]))

    def _request(self, parts: Parts, metrics: Mapping[str, bool | float]) -> None:
        self._requests.labels(*parts).inc()
        self._errors.labels(*parts).inc(bool(metrics[REQUESTS]))
        self._latency.labels(*parts).observe(max(0.0, metrics.get("latency_s", 0.0)))
        for direction in ("input", "output", "cached"):
            if tokens := metrics.get(f"{direction}_tokens"):
                self._tokens.labels(*parts, direction).inc(max(0.0, tokens))
        if "cost" in metrics:
            self._cost.labels(*parts).inc(max(0.0, metrics["cost"]))
        if metrics.get("unpriced"):
            self._unpriced.labels(*parts).inc()

    def events(self, events: Iterable[UserEvent]) -> None:
        """Count what users did."""
        for event in events:
            self._events.labels(*self._bounded(event), event.happened).inc()

    def spans(self, *, kept: int, known: int, beside: int, refused: int) -> None:
        """Count what became of a payload's spans."""
        for became, count in (("kept", kept), ("known", known), ("left_out", beside), ("refused", refused)):
            self._spans.labels(became).inc(count)

    def _bounded(self, one: Call | UserEvent) -> Parts:
        parts = tuple(getattr(one, label) for label in _LABELS)
        with self._lock:
            if parts in self._parts:
                return parts
            if len(self._parts) < MOST_SERIES:
                self._parts.add(parts)
                return parts
        return (OTHER,) * len(_LABELS)
