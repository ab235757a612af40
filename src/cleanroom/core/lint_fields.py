"""Is this column or parameter of a plan said in a way that can hold? Semantic lint of fields and vocabularies."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from cleanroom.core.contract import Field, Plan
from cleanroom.core.mistakes import Mistake, did_you_mean
from cleanroom.core.patterns import refusal
from cleanroom.core.vocabularies import BUILT_IN_NAMES, vocabulary


def name_mistakes(name: str, what: str) -> Iterator[Mistake]:
    """A name must be there, on one line, without spaces at its ends."""
    if not name.strip():
        yield Mistake((), f"{what} has an empty name", at="key")
    elif any(not c.isprintable() for c in name):
        yield Mistake((), f"the name of {what} holds a character that cannot be printed", at="key")
    elif name != name.strip():
        yield Mistake((), f"the name of {what} begins or ends with a space", "Remove the space.", at="key")


def repeated(values: Sequence[object]) -> list[int]:
    """The indexes of values that were there before."""
    first: dict[object, int] = {}
    return [i for i, value in enumerate(values) if first.setdefault(value, i) != i]


def bounds(low: float | None, high: float | None) -> Iterator[Mistake]:
    """`min` and `max` are finite and in order."""
    for key, value in (("min", low), ("max", high)):
        if value is not None and not math.isfinite(value):
            yield Mistake((key,), f"{key} must be a finite number")
    if low is not None and high is not None and low > high:
        yield Mistake(("min",), f"min {low:g} is greater than max {high:g}: nothing could pass", "Swap them.")


def field_mistakes(plan: Plan, field: Field) -> Iterator[Mistake]:
    """Everything wrong with one column or parameter; paths begin at the field."""
    yield from name_mistakes(field.name, "a column or parameter")
    yield from bounds(field.min, field.max)
    yield from _type_mistakes(field)
    if field.pattern is not None:
        why = refusal(field.pattern)
        if why is not None:
            hint = "Patterns are RE2: no lookaround, no backreferences; the whole text must match."
            yield Mistake(("pattern",), f"the pattern {why}", hint)
    if field.vocabulary is not None:
        yield from _vocabulary_mistakes(plan, field.vocabulary)
        if field.values:
            hint = "Keep one of them."
            yield Mistake(("values",), "values and vocabulary both say what is allowed", hint, at="key")
    for i in repeated(field.values):
        yield Mistake(("values", i), f"value {field.values[i]!r} is listed twice", "Remove one of them.")
    for i in repeated(field.touches):
        yield Mistake(("touches", i), f"area {field.touches[i]!r} is listed twice", "Remove one of them.")


def _type_mistakes(field: Field) -> Iterator[Mistake]:
    """Constraints that the field's type cannot have."""
    if field.type not in ("number", "integer"):
        for key, value in (("min", field.min), ("max", field.max)):
            if value is not None:
                hint = "Use type: number or integer, or remove it."
                yield Mistake((key,), f"{key} needs a number, but the type is {field.type}", hint, at="key")
    if field.type != "string":
        for key, text in (("pattern", field.pattern), ("vocabulary", field.vocabulary)):
            if text is not None:
                hint = "Use type: string, or remove it."
                yield Mistake((key,), f"{key} needs text, but the type is {field.type}", hint, at="key")
    if field.values and field.type not in ("string", "integer"):
        hint = "Use type: string, or remove them."
        yield Mistake(("values",), f"values need text or whole numbers, but the type is {field.type}", hint, at="key")
    if field.values and field.type == "integer":
        for i, item in enumerate(field.values):
            digits = item.removeprefix("-")
            if not (digits.isascii() and digits.isdigit()):
                yield Mistake(("values", i), f"value {item!r} is not a whole number, but the type is integer")
    if field.drift and field.type in ("timestamp", "date"):
        yield Mistake(("drift",), f"a {field.type} has no distribution to compare", "Remove drift.", at="key")


def _vocabulary_mistakes(plan: Plan, name: str) -> Iterator[Mistake]:
    if vocabulary(plan, name) is None:
        known = (*BUILT_IN_NAMES, *(v.name for v in plan.vocabularies))
        yield Mistake(("vocabulary",), f"there is no vocabulary {name!r}", did_you_mean(name, known))


def vocabulary_mistakes(plan: Plan) -> Iterator[Mistake]:
    """The plan's own vocabularies: not empty, no value twice, not hiding a built-in one, in use."""
    fields = (*plan.columns, *(p for e in plan.events for p in e.parameters))
    used = {f.vocabulary for f in fields}
    for own in plan.vocabularies:
        at = ("vocabularies", own.name)
        for mistake in name_mistakes(own.name, "a vocabulary"):
            yield mistake.under(at)
        if own.name in BUILT_IN_NAMES:
            yield Mistake(at, f"{own.name!r} is built in and cannot be redefined", "Give it another name.", at="key")
        elif own.name not in used:
            hint = "Name it at a column or parameter, or remove it."
            yield Mistake(at, f"no column or parameter uses the vocabulary {own.name!r}", hint, "warning", "key")
        if not own.values:
            yield Mistake(at, f"the vocabulary {own.name!r} is empty: nothing could pass")
        for i in repeated(own.values):
            yield Mistake((*at, i), f"value {own.values[i]!r} is listed twice", "Remove one of them.")
