"""Telemetry comes in: held against the register, redacted, priced, measured, and kept before this returns."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial

from cleanroom.app.room import Room
from cleanroom.app.telemetry.names import cleaned, conversation_kept, name_kept, prompt_kept
from cleanroom.app.telemetry.rules import Reading, Rules
from cleanroom.core.base import micros
from cleanroom.core.call import Call
from cleanroom.core.telemetry.metrics import metrics_of
from cleanroom.core.telemetry.overlap import supported
from cleanroom.core.telemetry.redaction import GRAVE, KINDS, redacted
from cleanroom.core.telemetry.told import LONGEST_TEXT, MOST_METRICS, MOST_SOURCES, Telling, Told

BATCH = 5_000
"""Calls that are kept all or none; more of them go batch by batch."""

_NAMES = ("feature", "variant", "operation", "tool", "provider", "model", "error")


@dataclass(frozen=True, slots=True)
class Taken:
    """`new` were kept, `known` had come before. `beside`: spans that are no GenAI operation; `faults`: why others were refused.

    `calls`: those that were sent, as they are kept, for who counts them.
    """

    new: int
    known: int
    beside: int
    faults: tuple[str, ...]
    calls: tuple[Call, ...]

    @property
    def message(self) -> str:
        """What the sender should hear; '' where all went well."""
        parts = []
        if self.faults:
            each = dict.fromkeys(self.faults)
            parts.append(f"{len(self.faults)} refused: {'; '.join(list(each)[:3])}")
        if self.beside:
            parts.append(f"{self.beside} no GenAI operations, left out")
        return "; ".join(parts)


def take(room: Room, telling: Telling, reading: Reading | None = None) -> Taken:
    """Keep what a payload said. What is sent twice is kept once. Raises Outside where the store refuses; then it is sent again.

    `reading`: for who takes again and again.
    """
    rules = (reading or Reading(room)).rules()
    now = micros(room.clock.now())
    hashed = cache(room.telemetry.hashed)  # most are of few people
    named = tuple(_named(room, telling.told, rules))
    here = {told.id: told for told in named}
    about = {told.about for told in named if told.about}
    known: Mapping[str, Told | Call] = {**room.calls.calls_of(about), **here} if about else here
    calls = tuple(_call(room, _placed(told, known), rules, now, hashed) for told in named)
    done = [room.calls.record(calls[start : start + BATCH]) for start in range(0, len(calls), BATCH)]
    return Taken(sum(d.new for d in done), sum(d.known for d in done), telling.beside, telling.faults, calls)


def _named(room: Room, all_told: Sequence[Told], rules: Rules) -> Iterator[Told]:
    """With names as they may be kept. Within one payload most are the same."""
    name, prompt = cache(partial(name_kept, room)), cache(partial(prompt_kept, room))
    conversation = cache(partial(conversation_kept, room))
    for told in all_told:
        kinds = rules.kinds(told.system)
        said = {field: name(getattr(told, field), kinds) for field in _NAMES}
        said |= {"prompt": prompt(told.prompt, kinds), "conversation": conversation(told.conversation, kinds)}
        changed = {field: text for field, text in said.items() if text != getattr(told, field)}
        yield replace(told, **changed) if changed else told  # type: ignore[arg-type]


def _placed(told: Told, known: Mapping[str, Told | Call]) -> Told:
    """A judgement is of the feature, the variant and so on of the call that it judges, where that is known by now."""
    judged = known.get(told.about) if told.about else None
    if judged is None:
        return told
    return replace(
        told,
        system=judged.system,
        parent=told.about.rpartition("-")[2],
        feature=told.feature or judged.feature,
        variant=told.variant or judged.variant,
        prompt=told.prompt or judged.prompt,
        model=told.model or judged.model,
        provider=told.provider or judged.provider,
        conversation=told.conversation or judged.conversation,
    )


def _call(room: Room, told: Told, rules: Rules, now: int, hashed: Callable[[str], str]) -> Call:
    """As it is stored. What claims to be of the future is of now: nothing may wait there for its turn."""
    metrics = metrics_of(told, rules.prices, rules.threshold(told.system))
    kinds = rules.kinds(told.system)
    keep = rules.keeps_texts(told.system)
    output, leaked = looked_through(room, told.output if keep or told.asks else "", kinds)
    if told.asks and told.output:
        # First, so that no number of metrics that were sent pushes them out; and a leak that was seen, nobody talks away.
        ours = texts_judged(told.output, told.sources) | {"pii": leaked or bool(metrics.get("pii"))}
        metrics = ours | {name: value for name, value in metrics.items() if name not in ours}
    return Call(
        id=told.id,
        trace=told.trace,
        parent=told.parent,
        system=told.system,
        feature=told.feature,
        variant=told.variant,
        operation=told.operation,
        tool=told.tool,
        provider=told.provider,
        model=told.model,
        prompt=told.prompt,
        conversation=told.conversation,
        who=hashed(told.key) if told.key else "",
        at=min(told.at, now),
        took=told.took,
        arrived=now,
        error=told.error,
        metrics=dict(list(metrics.items())[:MOST_METRICS]),
        input=cleaned(room, told.input, kinds) if keep else "",
        output=output if keep else "",
        sources=tuple(cleaned(room, s, kinds) for s in told.sources[:MOST_SOURCES]) if keep else (),
    )


def looked_through(room: Room, output: str, kinds: Sequence[str]) -> tuple[str, bool]:
    """The same of an output, and whether it leaks anything, also of kinds that are not taken out."""
    found = room.redactor.find(output, tuple(dict.fromkeys((*KINDS, *kinds)))) if output else ()
    out = {kind.partition("/")[0] for kind in kinds}
    return redacted(output, (f for f in found if f.kind in out))[:LONGEST_TEXT], any(f.kind in GRAVE for f in found)


def texts_judged(output: str, sources: Sequence[str]) -> dict[str, bool | float]:
    """Our own baseline: how much of the answer its sources support, and whether any sentence is not supported."""
    share = supported(output, sources) if sources else None
    return {} if share is None else {"score/overlap": share, "hallucination_overlap": share < 1}
