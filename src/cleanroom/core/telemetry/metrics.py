"""What are the metrics of a call? Booleans (true is bad) and numbers, by name.

| metric | of which calls | says |
|---|---|---|
| `error` | those that ask a model | it failed; its number is that of the requests |
| `latency_s`, `first_s` | the same | seconds until its end, and until the first part of a streamed answer |
| `input_tokens`, `output_tokens`, `cached_tokens` | the same, where it was told | tokens |
| `cost`, `unpriced` | the same, where tokens were told | money; true where the model has no price |
| `refused`, `cut_off` | the same, where it was told why the model ended | by a filter or a refusal; by the limit on tokens |
| `OPERATION/error`, `OPERATION/latency_s` | tools, agents, retrieval ... | the same of them |
| `OPERATION/input_tokens`, `OPERATION/output_tokens` | agents that tell of them | already counted with the calls below them |
| `score/NAME` | what an evaluator judged | its number |
| `hallucination` | what a detector of hallucinations judged | it says so |
| `hallucination_overlap`, `score/overlap` | with output and sources at hand | our own plain baseline |
| `escalated` | where it was told | a person took over |
| `pii` | with an output at hand | personal data or a secret stands in it |
| `misclassified` | classifiers, with a label | the class is wrong |
| `false_discovery/CLASS` | those that were given the class, with a label | they are not of it: precision is 1 - its rate |
| `missed/CLASS` | those that are of the class, with a label | they were not given it: recall is 1 - its rate |
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence

from cleanroom.core.base import instant
from cleanroom.core.telemetry.prices import Prices, cost
from cleanroom.core.telemetry.told import MOST_METRICS, Score, Told

REQUESTS = "error"
"""The metric that every request has: how many have it is how many requests there were."""

NAMED = (
    REQUESTS, "latency_s", "first_s", "input_tokens", "output_tokens", "cached_tokens", "cost", "unpriced", "refused", "cut_off",
    "hallucination", "hallucination_overlap", "score/overlap", "escalated", "pii", "misclassified",
)  # fmt: skip
"""The metrics that have one name, as the table above says."""

LIMIT = 0.5
"""From which score on a detector says hallucination, unless the register says another (core/register.py, Detector)."""

PREDICTED = "predicted/"
"""What a classifier said is kept as this metric, with the class behind it and false, for labels that come later."""

_RESERVED = (REQUESTS, "latency_s")  # who says these of a tool would make a request of it
_FILTERED = (
    "content_filter",
    "refusal",
    "safety",
    "guardrail_intervened",
    "blocklist",
    "prohibited_content",
    "recitation",
)
_CUT = ("length", "max_tokens", "max_output_tokens", "model_length")
_BAD_IF_HIGH = re.compile(r"hallucinat|fabricat|ungrounded|confabulat")
_BAD_IF_LOW = re.compile(r"grounded|faithful|factual|truthful")
_BAD = frozenset(("fail", "failed", "false", "bad", "hallucinated", "hallucination", "ungrounded", "not_grounded", "unfaithful",
                  "incorrect", "unsupported", "contradicted", "not_supported", "no"))  # fmt: skip
_GOOD = frozenset(("pass", "passed", "true", "good", "ok", "grounded", "faithful", "factual", "correct", "supported", "yes",
                   "not_hallucinated", "no_hallucination", "clean"))  # fmt: skip
_TURNED = {"true": "bad", "false": "good", "yes": "bad", "no": "good"}  # of the question 'is it hallucinated?'
_SPOKEN = re.compile(r"[^a-z0-9_.-]+")


def metrics_of(told: Told, prices: Prices, limit: float = LIMIT) -> dict[str, bool | float]:
    """All that can be said without its texts. What came by name goes before what is computed: the application knows its bill.

    `limit`: as in `judged`.
    """
    found: dict[str, bool | float] = {}
    if told.asks:
        found |= _asked(told, prices)
    elif not told.about:
        found |= _beside(told)
    found |= judged(told.scores, limit)
    if told.predicted:
        found[PREDICTED + name_of(told.predicted)] = False
        if told.label:
            found |= classified(name_of(told.predicted), name_of(told.label))
    found |= {name: value for name, value in told.said.items() if name not in _RESERVED}
    if "cost" in found:
        found["unpriced"] = False
    return dict(list(found.items())[:MOST_METRICS])


def judged(scores: Sequence[Score], limit: float = LIMIT) -> dict[str, bool | float]:
    """What evaluators said, and `hallucination` where one of them is a detector of it; of several, any that says so.

    `limit`: from which score on it says so; a score of groundedness below it. A label goes before that.
    """
    found: dict[str, bool | float] = {}
    for score in scores:
        name = name_of(score.name)
        if score.value is not None and math.isfinite(score.value):
            found[f"score/{name}"] = float(score.value)
        says = _hallucinated(name, score, limit)
        if says is not None:
            found["hallucination"] = says or bool(found.get("hallucination", False))
    return found


def classified(predicted: str, label: str) -> dict[str, bool | float]:
    """What a label says of a class that was given."""
    wrong = predicted != label
    return {"misclassified": wrong, f"false_discovery/{predicted}": wrong, f"missed/{label}": wrong}


def predicted_of(metrics: Mapping[str, bool | float]) -> str:
    """The class that a classifier gave, as its call's metrics keep it; '' where it is none."""
    return next((m.removeprefix(PREDICTED) for m in metrics if m.startswith(PREDICTED)), "")


def name_of(text: str) -> str:
    """A name as metrics have it: small letters, digits and _.-, up to 60."""
    return _SPOKEN.sub("_", text.strip().casefold())[:60].strip("_") or "unnamed"


def _asked(told: Told, prices: Prices) -> Iterator[tuple[str, bool | float]]:
    yield REQUESTS, bool(told.error)
    yield "latency_s", told.took / 1e6
    if told.first is not None:
        yield "first_s", told.first
    usage = told.usage
    for name in ("input", "output", "cached"):
        count = getattr(usage, name)
        if count is not None:
            yield f"{name}_tokens", float(count)
    if usage.input is not None or usage.output is not None:
        money = cost(prices, told.provider, told.model, instant(told.at)[:10], usage)
        yield "unpriced", money is None
        if money is not None:
            yield "cost", money
    if told.finished:
        yield "refused", any(reason in _FILTERED for reason in told.finished)
        yield "cut_off", any(reason in _CUT for reason in told.finished)


def _beside(told: Told) -> Iterator[tuple[str, bool | float]]:
    operation = name_of(told.operation)
    yield f"{operation}/error", bool(told.error)
    yield f"{operation}/latency_s", told.took / 1e6
    for name in ("input", "output"):
        count = getattr(told.usage, name)
        if count is not None:
            yield f"{operation}/{name}_tokens", float(count)


def _hallucinated(name: str, score: Score, limit: float) -> bool | None:
    """What a detector says; None for an evaluator of something else, and where it says neither number nor a known label."""
    high = bool(_BAD_IF_HIGH.search(name))
    if not high and not _BAD_IF_LOW.search(name):
        return None
    label = name_of(score.label) if score.label else ""
    if high:
        label = _TURNED.get(label, label)
    if label in _BAD or label in _GOOD:
        return label in _BAD
    if score.value is None or not math.isfinite(score.value):
        return None
    return score.value >= limit if high else score.value < limit
