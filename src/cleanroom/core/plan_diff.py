"""What does a new version of a contract break, and why?

A difference is breaking when something that a reader relies on is gone or means something else, or when data that
satisfied the old contract may no longer satisfy the new one. What only adds, or asks for less, is compatible. What
is not understood is breaking, and says so.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from cleanroom.core.contract import Contract, Event, Field, Funnel, Plan, PlanDifference, Ratio, Tolerances
from cleanroom.core.schema_diff import schema_differences
from cleanroom.core.vocabularies import vocabulary

Differences = Iterator[PlanDifference]


def diff(old: Contract, new: Contract) -> tuple[PlanDifference, ...]:
    """Every difference, breaking ones first, else in the plan's order. Equal contracts have none."""
    found = (*_plan(old.plan, new.plan), *_schemas(old, new))
    return tuple(sorted(found, key=lambda d: d.verdict != "breaking"))


def _breaking(where: str, because: str) -> PlanDifference:
    return PlanDifference(where, "breaking", because)


def _compatible(where: str, because: str) -> PlanDifference:
    return PlanDifference(where, "compatible", because)


# --- the parts of a plan ------------------------------------------------------------------------------------


def _plan(old: Plan, new: Plan) -> Differences:
    if old.name != new.name:
        yield _compatible("name", f"renamed from {old.name!r} to {new.name!r}")
    yield from _roles(old, new)
    yield from _named("columns", old.columns, new.columns, lambda a, b: _field(a, b, old, new), _new_column)
    yield from _named("events", old.events, new.events, lambda a, b: _event(a, b, old, new), lambda _: None)
    yield from _own_vocabularies(old, new)
    yield from _consent(old, new)
    yield from _checks("ratios", {r.name: r for r in old.ratios}, {r.name: r for r in new.ratios}, _ratio)
    yield from _checks("funnels", {f.name: f for f in old.funnels}, {f.name: f for f in new.funnels}, _funnel)
    for part, keys in (("keys", "columns"), ("references", "column to key"), ("stitching", "column owner")):
        yield from _checks(part, _by(getattr(old, part), keys), _by(getattr(new, part), keys), _share)
    yield from _freshness(old, new)
    limits = ({c.column: c for c in old.cardinality}, {c.column: c for c in new.cardinality})
    yield from _checks("cardinality", *limits, _range)
    yield from _tolerances(old.tolerances, new.tolerances)
    yield from _advisory(old, new)
    yield from _forgotten(old, new, set(Plan.__dataclass_fields__) - _PLAN_PARTS, "")


_PLAN_PARTS = {
    "name", "roles", "columns", "events", "vocabularies", "consent", "ratios", "funnels", "keys", "references",
    "stitching", "freshness", "cardinality", "tolerances", "advisory",
}  # fmt: skip


def _forgotten(old: Any, new: Any, names: set[str], where: str) -> Differences:
    """Fields that nothing here knows: a change of one is breaking, so that none is ever passed over in silence."""
    for name in sorted(names):
        if getattr(old, name) != getattr(new, name):
            yield _breaking(f"{where}.{name}".lstrip("."), "changed in a way that is not understood")


def _named(
    part: str,
    old: Sequence[Any],
    new: Sequence[Any],
    each: Callable[[Any, Any], Differences],
    asks: Callable[[Any], str | None],
) -> Differences:
    """Things that others refer to by name: a removed one is breaking, a new one only if it `asks` for something."""
    before, after = {x.name: x for x in old}, {x.name: x for x in new}
    kind = part.removesuffix("s")
    for name, was in before.items():
        where = f"{part}.{name}"
        if name not in after:
            yield _breaking(where, f"the {kind} was removed: whoever reads it finds nothing")
        else:
            yield from (dataclasses.replace(d, where=f"{where}.{d.where}") for d in each(was, after[name]))
    for name, thing in after.items():
        if name not in before:
            why = asks(thing)
            where = f"{part}.{name}"
            yield _breaking(where, f"a new {kind}: {why}") if why else _compatible(where, f"a new {kind}")


def _roles(old: Plan, new: Plan) -> Differences:
    for role in dataclasses.fields(old.roles):
        before, after = getattr(old.roles, role.name), getattr(new.roles, role.name)
        if before != after:
            yield _breaking(f"roles.{role.name}", f"the role moved from {_shown(before)} to {_shown(after)}")


def _new_column(field: Field) -> str | None:
    return "it is required, and old data does not have it" if field.required else None


def _event(old: Event, new: Event, old_plan: Plan, new_plan: Plan) -> Differences:
    for name in ("owner", "description"):
        if getattr(old, name) != getattr(new, name):
            yield _compatible(name, f"the {name} was changed")
    if old.sampling != new.sampling:
        yield _breaking(
            "sampling", f"counts change their meaning: sampling went from {old.sampling:g} to {new.sampling:g}"
        )
    if old.consent != new.consent:
        yield (
            _breaking("consent", "the event now needs consent: rows without it no longer pass")
            if new.consent
            else _compatible("consent", "the event no longer needs consent")
        )
    yield from _touches(old.touches, new.touches)
    yield from _named(
        "parameters",
        old.parameters,
        new.parameters,
        lambda a, b: _field(a, b, old_plan, new_plan),
        lambda p: "it is required, and old events do not have it" if p.required else None,
    )
    known = {"name", "owner", "description", "sampling", "consent", "touches", "parameters", "schema"}
    yield from _forgotten(old, new, set(Event.__dataclass_fields__) - known, "")


def _touches(old: tuple[str, ...], new: tuple[str, ...]) -> Differences:
    if set(old) != set(new):
        yield _compatible(
            "touches", f"the areas went from {_shown(old)} to {_shown(new)}: other people may have to approve"
        )


# --- fields -------------------------------------------------------------------------------------------------


def _field(old: Field, new: Field, old_plan: Plan, new_plan: Plan) -> Differences:
    if old.type != new.type:
        wider = (old.type, new.type) == ("integer", "number")
        why = f"the type went from {old.type} to {new.type}"
        yield _compatible("type", f"{why}, which holds every {old.type}") if wider else _breaking("type", why)
    if old.required != new.required:
        yield (
            _breaking("required", "it is required now: data without it no longer passes")
            if new.required
            else _compatible("required", "it is optional now")
        )
    yield from _range("", old, new)
    yield from _pattern(old.pattern, new.pattern)
    yield from _allowed(_values(old, old_plan), _values(new, new_plan), new)
    if old.description != new.description:
        yield _compatible("description", "the description was changed")
    if old.drift != new.drift:
        stricter = new.drift is True or (new.drift is None and old.drift is False)
        why = f"whether its distribution is compared went from {_shown(old.drift)} to {_shown(new.drift)}"
        yield _breaking("drift", f"{why}: it may be judged now") if stricter else _compatible("drift", why)
    yield from _touches(old.touches, new.touches)
    known = {
        "name",
        "type",
        "required",
        "min",
        "max",
        "pattern",
        "vocabulary",
        "values",
        "description",
        "drift",
        "touches",
    }
    yield from _forgotten(old, new, set(Field.__dataclass_fields__) - known, "")


def _range(where: str, old: Any, new: Any) -> Differences:
    """`min` and `max` of a field, ratio or cardinality; None is open."""
    for name in ("min", "max"):
        before, after = getattr(old, name), getattr(new, name)
        if before == after:
            continue
        at = f"{where}.{name}".lstrip(".")
        tighter = after is not None and (before is None or (after > before) == (name == "min"))
        why = f"{name} went from {_shown(before)} to {_shown(after)}"
        yield (
            _breaking(at, f"the range is narrower: {why}") if tighter else _compatible(at, f"the range is wider: {why}")
        )


def _pattern(old: str | None, new: str | None) -> Differences:
    if old == new:
        return
    if new is None:
        yield _compatible("pattern", "any text is allowed now")
    elif old is None:
        yield _breaking("pattern", f"text has to match {new!r} now")
    else:
        yield _breaking(
            "pattern", f"the pattern went from {old!r} to {new!r}: whether old text matches is not understood"
        )


def _values(field: Field, plan: Plan) -> tuple[str, ...] | None:
    if field.vocabulary is not None:
        return vocabulary(plan, field.vocabulary) or ()
    return field.values or None


def _allowed(old: tuple[str, ...] | None, new: tuple[str, ...] | None, field: Field) -> Differences:
    """Which values are allowed; None is any."""
    at = "vocabulary" if field.vocabulary is not None or not field.values else "values"
    if new is None and old is not None:
        yield _compatible(at, "any value is allowed now")
    elif old is None and new is not None:
        yield _breaking(at, f"only {len(new)} values are allowed now")
    elif old is not None and new is not None:
        gone, added = _minus(old, new), _minus(new, old)
        if gone:
            yield _breaking(at, f"no longer allowed: {_some(gone)}")
        if added:
            yield _compatible(at, f"newly allowed: {_some(added)}")


def _own_vocabularies(old: Plan, new: Plan) -> Differences:
    """Vocabularies by themselves: others may read them, even where no field uses them."""
    before = {v.name: v.values for v in old.vocabularies}
    after = {v.name: v.values for v in new.vocabularies}
    for name, values in before.items():
        where = f"vocabularies.{name}"
        if name not in after:
            yield _breaking(where, "the vocabulary was removed")
            continue
        gone, added = _minus(values, after[name]), _minus(after[name], values)
        if gone:
            yield _breaking(where, f"values were removed: {_some(gone)}")
        if added:
            yield _compatible(where, f"values were added: {_some(added)}")
    yield from (_compatible(f"vocabularies.{name}", "a new vocabulary") for name in after if name not in before)


# --- checks -------------------------------------------------------------------------------------------------


def _by(items: Sequence[Any], keys: str) -> dict[str, Any]:
    """Checks without a name of their own, by what they speak of."""

    def word(value: str | tuple[str, ...]) -> str:
        return value if isinstance(value, str) else "+".join(value)

    return {", ".join(word(getattr(item, key)) for key in keys.split()): item for item in items}


def _checks(
    part: str, old: Mapping[str, Any], new: Mapping[str, Any], each: Callable[[str, Any, Any], Differences]
) -> Differences:
    """Promises about the data: a new one may not hold for old data, without one less is asked."""
    for name in old:
        where = f"{part}.{name}"
        if name not in new:
            yield _compatible(where, "this is no longer checked")
        elif old[name] != new[name]:
            yield from each(where, old[name], new[name])
    yield from (
        _breaking(f"{part}.{name}", "this is checked now: data that passed may fail") for name in new if name not in old
    )


def _loosened(where: str, old: float | None, new: float | None, *, more_is_looser: bool = True) -> Differences:
    """A tolerance: None stands for the plan's own, whose direction cannot be told here."""
    if old == new:
        return
    why = f"went from {_shown(old)} to {_shown(new)}"
    if old is not None and new is not None and (new > old) == more_is_looser:
        yield _compatible(where, f"it is looser: {why}")
    else:
        yield _breaking(where, f"it may be stricter: {why}")


def _share(where: str, old: Any, new: Any) -> Differences:
    yield from _loosened(f"{where}.max_share", old.max_share, new.max_share)


def _ratio(where: str, old: Ratio, new: Ratio) -> Differences:
    if (old.of, old.to) != (new.of, new.to):
        yield _breaking(
            where, f"it was {old.of} to {old.to} and is {new.of} to {new.to}: the number means something else"
        )
    yield from _range(where, old, new)
    yield from _loosened(f"{where}.tolerance", old.tolerance, new.tolerance)


def _funnel(where: str, old: Funnel, new: Funnel) -> Differences:
    if (old.steps, old.by) != (new.steps, new.by):
        before, after = (f"{' > '.join(f.steps)} by {f.by}" for f in (old, new))
        yield _breaking(where, f"it was {before} and is {after}")
    yield from _loosened(f"{where}.max_skips", old.max_skips, new.max_skips)


def _consent(old: Plan, new: Plan) -> Differences:
    before, after = old.consent, new.consent
    if before == after:
        return
    if before is None or after is None:
        yield (
            _compatible("consent", "the consent rule was removed")
            if after is None
            else _breaking("consent", "there is a consent rule now: rows without consent may no longer pass")
        )
        return
    if before.column != after.column:
        yield _breaking("consent.column", f"consent moved from column {before.column!r} to {after.column!r}")
    gone, added = _minus(before.granted, after.granted), _minus(after.granted, before.granted)
    if gone:
        yield _breaking("consent.granted", f"no longer counts as consent: {_some(gone)}")
    if added:
        yield _compatible("consent.granted", f"counts as consent now: {_some(added)}")


def _freshness(old: Plan, new: Plan) -> Differences:
    before = old.freshness.max_age if old.freshness else None
    after = new.freshness.max_age if new.freshness else None
    if after is None and before is not None:
        yield _compatible("freshness", "freshness is no longer checked")
    else:
        yield from _loosened("freshness.max_age", before, after)


def _tolerances(old: Tolerances, new: Tolerances) -> Differences:
    looser_when_less = {"coverage", "alpha"}
    for name in ("counts", "ratios", "psi", "ks", "js", "collapse", "coverage", "alpha"):
        before, after = getattr(old, name), getattr(new, name)
        yield from _loosened(f"tolerances.{name}", before, after, more_is_looser=name not in looser_when_less)
    if old.min_count != new.min_count:
        why = f"min_count went from {old.min_count} to {new.min_count}: other cells are judged"
        yield _breaking("tolerances.min_count", why)
    known = {"counts", "ratios", "psi", "ks", "js", "collapse", "coverage", "alpha", "min_count"}
    yield from _forgotten(old, new, set(Tolerances.__dataclass_fields__) - known, "tolerances")


def _advisory(old: Plan, new: Plan) -> Differences:
    for name in _minus(old.advisory, new.advisory):
        yield _breaking(f"advisory.{name}", "it may stop a change now")
    for name in _minus(new.advisory, old.advisory):
        yield _compatible(f"advisory.{name}", "it can no longer stop a change")


# --- schemas ------------------------------------------------------------------------------------------------


def _schemas(old: Contract, new: Contract) -> Differences:
    before, after = dict(old.schemas), dict(new.schemas)
    for event in new.plan.event_names:
        where = f"events.{event}.schema"
        if old.plan.event(event) is None or before.get(event) == after.get(event):
            continue
        if event not in after:
            yield _compatible(where, "payloads no longer have to follow a schema")
        elif event not in before:
            yield _breaking(where, "payloads have to follow a schema now")
        else:
            yield from schema_differences(before[event], after[event], where)


def _minus(some: tuple[str, ...], others: tuple[str, ...]) -> list[str]:
    known = set(others)
    return [s for s in some if s not in known]


def _some(values: Sequence[str]) -> str:
    return ", ".join(repr(v) for v in values[:5]) + (f" and {len(values) - 5} more" if len(values) > 5 else "")


def _shown(value: object) -> str:
    match value:
        case None:
            return "nothing"
        case bool():
            return str(value).lower()
        case int() | float():
            return f"{value:g}"
        case tuple():
            return ", ".join(map(str, value)) or "nothing"
    return repr(value)
