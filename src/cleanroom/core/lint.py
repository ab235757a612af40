"""Does the plan make sense? Every mistake that a well-formed plan can still hold, all in one go."""

from __future__ import annotations

import math
from collections.abc import Iterator

from cleanroom.core.change import NONE
from cleanroom.core.contract import Event, Field, Plan, Roles
from cleanroom.core.lint_advisory import advisory_mistakes
from cleanroom.core.lint_fields import bounds, field_mistakes, name_mistakes, repeated, vocabulary_mistakes
from cleanroom.core.mistakes import Mistake, did_you_mean

UNASSIGNED = "unassigned"
"""The owner of an event in a draft: a warning until somebody takes it."""

MAX_STEPS = 250
"""Steps of a funnel that engines can follow."""

_MAX_COUNT = 2**53 - 1


def lint(plan: Plan) -> tuple[Mistake, ...]:
    """Every mistake of the plan. Paths are those of plan.yaml: names of events, columns and so on are keys."""
    parts = (
        _head(plan),
        _columns(plan),
        _events(plan),
        vocabulary_mistakes(plan),
        _consent(plan),
        _ratios(plan),
        _funnels(plan),
        _integrity(plan),
        _limits(plan),
        _tolerances(plan),
    )
    found = [mistake for part in parts for mistake in part]
    sound = all(m.severity == "warning" for m in found)
    return (*found, *advisory_mistakes(plan, sound=sound))


def _head(plan: Plan) -> Iterator[Mistake]:
    if not plan.name.strip():
        yield Mistake(("name",), "the plan has an empty name", "Name it after the product, for example name: shop.")
    roles = {"event": plan.roles.event, "time": plan.roles.time, "user": plan.roles.user}
    roles |= {"session": plan.roles.session, "id": plan.roles.id, "payload": plan.roles.payload}
    taken: dict[str, str] = {}
    for role, column in (*roles.items(), ("segment", plan.roles.segment)):
        if column is None:
            continue
        if not column.strip():
            yield Mistake(("roles", role), f"the role {role} names no column", f"For example {role}: {role}.")
        elif role != "segment" and column in taken:
            message = f"the roles {taken[column]} and {role} name the same column {column!r}"
            yield Mistake(("roles", role), message, "A column plays one part; remove one of them.")
        taken.setdefault(column, role)


def _has_roles(plan: Plan) -> bool:
    """A plan without roles says so once; what depends on them cannot be judged."""
    return plan.roles != Roles("", "")


def _columns(plan: Plan) -> Iterator[Mistake]:
    names = [c.name for c in plan.columns]
    for i in repeated(names):
        yield Mistake(("columns", names[i]), f"column {names[i]!r} is declared twice", at="key")
    for column in plan.columns:
        at = ("columns", column.name)
        for mistake in field_mistakes(plan, column):
            yield mistake.under(at)
        if column.name == plan.roles.time and column.type != "timestamp":
            hint = "Use type: timestamp."
            yield Mistake((*at, "type"), f"column {column.name!r} has the role time, but is a {column.type}", hint)


def _events(plan: Plan) -> Iterator[Mistake]:
    if not plan.events:
        yield Mistake(("events",), "the plan has no events", "Add at least one, with an owner and a description.")
    for i in repeated(plan.event_names):
        name = plan.events[i].name
        yield Mistake(("events", name), f"event {name!r} is declared twice", at="key")
    for event in plan.events:
        for mistake in (*_event(plan, event), *_parameters(plan, event)):
            yield mistake.under(("events", event.name))


def _event(plan: Plan, event: Event) -> Iterator[Mistake]:
    yield from name_mistakes(event.name, "an event")
    if event.name.strip().lower() == NONE:
        yield Mistake((), f"{event.name!r} is reserved: a mapping uses it for 'no counterpart'", "Rename it.", at="key")
    if not event.owner.strip():
        yield Mistake(("owner",), f"event {event.name!r} has no owner", "Who answers for it? owner: team@example.org")
    elif event.owner == UNASSIGNED:
        hint = "Write who answers for it."
        yield Mistake(("owner",), f"event {event.name!r} has no owner yet", hint, "warning")
    if not event.description.strip():
        hint = "Say in one sentence when it is recorded."
        yield Mistake(("description",), f"event {event.name!r} has no description", hint)
    if not 0 < event.sampling <= 1:
        hint = "1 records all, 0.1 one in ten; remove an event that is not recorded."
        yield Mistake(("sampling",), f"sampling {event.sampling:g} is outside (0, 1]", hint)
    if event.schema is not None and plan.roles.payload is None and _has_roles(plan):
        hint = "Name the column that holds the JSON: roles: {payload: ...}."
        yield Mistake(
            ("schema",), f"event {event.name!r} has a schema, but no column has the role payload", hint, at="key"
        )
    if event.consent and plan.consent is None:
        hint = "Add consent: {column: consent, granted: [granted]}."
        yield Mistake(
            ("consent",), f"event {event.name!r} needs consent, but the plan has no consent rule", hint, at="key"
        )
    for i in repeated(event.touches):
        yield Mistake(("touches", i), f"area {event.touches[i]!r} is listed twice", "Remove one of them.")


def _parameters(plan: Plan, event: Event) -> Iterator[Mistake]:
    columns = {c.name: c for c in plan.columns}
    names = [p.name for p in event.parameters]
    for i in repeated(names):
        yield Mistake(("parameters", names[i]), f"parameter {names[i]!r} is declared twice", at="key")
    for parameter in event.parameters:
        at = ("parameters", parameter.name)
        for mistake in field_mistakes(plan, parameter):
            yield mistake.under(at)
        column = columns.get(parameter.name)
        if column is not None:
            yield from _against_column(parameter, column)
        elif plan.columns and plan.roles.payload is None and _has_roles(plan):
            message = f"parameter {parameter.name!r} is no column, and no column has the role payload"
            hint = "Declare the column, or name the column that holds the JSON: roles: {payload: ...}."
            yield Mistake(at, message, hint, "warning", "key")


def _against_column(parameter: Field, column: Field) -> Iterator[Mistake]:
    if parameter.type != column.type:
        message = f"{parameter.name!r} is a {parameter.type} here, but the column is a {column.type}"
        yield Mistake(("parameters", parameter.name), message, "A parameter that is a column has its type.", at="key")


def _consent(plan: Plan) -> Iterator[Mistake]:
    if plan.consent is None:
        return
    if not plan.consent.column.strip():
        yield Mistake(("consent", "column"), "the consent rule names no column", "For example column: consent.")
    if not plan.consent.granted:
        hint = "List the values that mean yes."
        yield Mistake(("consent", "granted"), "the consent rule grants nothing: no event could be recorded", hint)
    for i in repeated(plan.consent.granted):
        yield Mistake(("consent", "granted", i), f"value {plan.consent.granted[i]!r} is listed twice")
    if not any(e.consent for e in plan.events):
        hint = "Mark events with consent: true, or remove the rule."
        yield Mistake(("consent",), "no event asks for consent", hint, "warning", "key")


def _known(plan: Plan, name: str) -> Iterator[Mistake]:
    if plan.events and name not in plan.event_names:
        yield Mistake((), f"there is no event {name!r}", did_you_mean(name, plan.event_names))


def _ratios(plan: Plan) -> Iterator[Mistake]:
    names = [r.name for r in plan.ratios]
    for i in repeated(names):
        yield Mistake(("ratios", names[i]), f"ratio {names[i]!r} is declared twice", at="key")
    for ratio in plan.ratios:
        at = ("ratios", ratio.name)
        for mistake in (*name_mistakes(ratio.name, "a ratio"), *bounds(ratio.min, ratio.max)):
            yield mistake.under(at)
        for key, name in (("of", ratio.of), ("to", ratio.to)):
            for mistake in _known(plan, name):
                yield mistake.under((*at, key))
        if ratio.of == ratio.to:
            yield Mistake((*at, "to"), f"ratio {ratio.name!r} compares {ratio.of!r} with itself: it is always 1")
        if ratio.min is not None and ratio.min < 0:
            yield Mistake((*at, "min"), "a ratio of counts is never below 0")
        if ratio.tolerance is not None and not 0 < ratio.tolerance < math.inf:
            yield Mistake((*at, "tolerance"), f"tolerance {ratio.tolerance:g} must be greater than 0")


def _funnels(plan: Plan) -> Iterator[Mistake]:
    names = [f.name for f in plan.funnels]
    for i in repeated(names):
        yield Mistake(("funnels", names[i]), f"funnel {names[i]!r} is declared twice", at="key")
    for funnel in plan.funnels:
        at = ("funnels", funnel.name)
        for mistake in name_mistakes(funnel.name, "a funnel"):
            yield mistake.under(at)
        if not 2 <= len(funnel.steps) <= MAX_STEPS:
            message = f"a funnel has 2 to {MAX_STEPS} steps, {funnel.name!r} has {len(funnel.steps)}"
            yield Mistake((*at, "steps"), message, "List the events in the order in which people do them.")
        for i, step in enumerate(funnel.steps):
            for mistake in _known(plan, step):
                yield mistake.under((*at, "steps", i))
        for i in repeated(funnel.steps):
            yield Mistake((*at, "steps", i), f"step {funnel.steps[i]!r} occurs twice in the funnel")
        if (plan.roles.session if funnel.by == "session" else plan.roles.user) is None and _has_roles(plan):
            hint = f"Name it: roles: {{{funnel.by}: ...}}."
            yield Mistake((*at, "by"), f"funnel {funnel.name!r} is by {funnel.by}, but no column has that role", hint)
        yield from _share(funnel.max_skips, (*at, "max_skips"))


def _share(value: float, at: tuple[str | int, ...]) -> Iterator[Mistake]:
    if not 0 <= value < 1:
        yield Mistake(at, f"{at[-1]} {value:g} is not a share: it must be at least 0 and below 1", "0.05 is 5%.")


def _integrity(plan: Plan) -> Iterator[Mistake]:
    for i, key in enumerate(plan.keys):
        if not key.columns:
            yield Mistake(("keys", i, "columns"), "a key has at least one column")
        for j in repeated(key.columns):
            yield Mistake(("keys", i, "columns", j), f"column {key.columns[j]!r} is listed twice in the key")
        yield from _share(key.max_share, ("keys", i, "max_share"))
    for i, reference in enumerate(plan.references):
        parts = reference.to.replace("\\", "/").split("/")
        if reference.to.startswith(("/", "\\")) or ".." in parts or "://" in reference.to or not reference.to.strip():
            hint = "Write a path relative to the project's root."
            yield Mistake(("references", i, "to"), f"{reference.to!r} is not a path inside the project", hint)
        yield from _share(reference.max_share, ("references", i, "max_share"))
    for i, stitch in enumerate(plan.stitching):
        if stitch.column == stitch.owner:
            yield Mistake(("stitching", i, "owner"), f"{stitch.column!r} cannot be stitched to itself")
        yield from _share(stitch.max_share, ("stitching", i, "max_share"))
    for name in ("keys", "references", "stitching"):
        items = getattr(plan, name)
        for i in repeated(items):
            yield Mistake((name, i), f"entry {i + 1} of {name} is there twice", "Remove one of them.")


def _limits(plan: Plan) -> Iterator[Mistake]:
    if plan.freshness is not None and not 0 < plan.freshness.max_age < math.inf:
        yield Mistake(("freshness", "max_age"), "max_age must be longer than 0", "For example max_age: 6h.")
    names = [c.column for c in plan.cardinality]
    for i in repeated(names):
        yield Mistake(("cardinality", names[i]), f"the cardinality of {names[i]!r} is declared twice", at="key")
    for limit in plan.cardinality:
        at = ("cardinality", limit.column)
        for mistake in bounds(float(min(limit.min, _MAX_COUNT)), float(min(limit.max, _MAX_COUNT))):
            yield mistake.under(at)
        for key, value in (("min", limit.min), ("max", limit.max)):
            if not 0 <= value <= _MAX_COUNT:
                yield Mistake((*at, key), f"{key} {value} must be between 0 and {_MAX_COUNT}")


_RANGES: dict[str, tuple[float, float, str]] = {
    "counts": (0, math.inf, "0.25 allows a quarter more or less."),
    "ratios": (0, math.inf, "0.15 allows 15% more or less."),
    "psi": (0, math.inf, "0.1 is a usual limit."),
    "ks": (0, 1, "0.05 is a usual limit."),
    "js": (0, 1, "0.1 is a usual limit."),
    "min_count": (0, _MAX_COUNT, "200 is a usual limit."),
    "coverage": (0, 1, "0.995 asks that a mapping speaks of 99.5% of the rows."),
    "collapse": (0, _MAX_COUNT, "4 names may become one event."),
    "alpha": (0, 0.5, "0.01 is an error rate of 1%."),
}


def _tolerances(plan: Plan) -> Iterator[Mistake]:
    for name, (above, most, hint) in _RANGES.items():
        value = getattr(plan.tolerances, name)
        if not above < value <= most or not math.isfinite(value):
            limit = f" and at most {most:g}" if most <= 1 else ""
            yield Mistake(("tolerances", name), f"{name} {value:g} must be greater than {above:g}{limit}", hint)
