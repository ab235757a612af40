"""What does a change touch? Found out from the change, the plan and the run, never declared by its author."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from cleanroom.core.change import NONE, Mapping
from cleanroom.core.contract import Event, Plan
from cleanroom.core.policy import AREAS, Area, Touch
from cleanroom.core.run import Diff

_SHOWN = 3

Reason = tuple[Area, str]


def touches(plan: Plan, mapping: Mapping | None, diff: Diff, columns: Iterable[str]) -> tuple[Touch, ...]:
    """One Touch an area, in the order of AREAS, with its first reasons.

    `mapping` is None for a dataset, whose `columns` and rows are all its own. When in doubt, it touches.
    """
    found = list(_of_mapping(plan, mapping) if mapping is not None else _of_dataset(plan, diff, frozenset(columns)))
    found += _vanished(plan, diff)
    return tuple(Touch(area, _joined([why for a, why in found if a == area])) for area in AREAS if _has(found, area))


def areas_of(plan: Plan, event: Event) -> dict[Area, str]:
    """The areas that an event lies in, each with how that shows in the plan."""
    areas: dict[Area, str] = {area: f"{event.name} is marked {area}" for area in event.touches}
    for field in event.parameters:
        for marked in field.touches:
            areas.setdefault(marked, f"{field.name} of {event.name} is marked {marked}")
    if event.consent:
        areas.setdefault("legal", f"{event.name} needs consent")
    for name in metrics_of(plan, event.name):
        areas.setdefault("metrics", f"{event.name} counts in {name}")
    return areas


def metrics_of(plan: Plan, event: str) -> tuple[str, ...]:
    """The ratios and funnels of the plan in which an event counts."""
    ratios = [f"the ratio {r.name}" for r in plan.ratios if event in (r.of, r.to)]
    funnels = [f"the funnel {f.name}" for f in plan.funnels if event in f.steps]
    return (*ratios, *funnels)


def _of_mapping(plan: Plan, mapping: Mapping) -> Iterator[Reason]:
    """Where names go, and where the model or the cross-check would also have sent them."""
    yield "taxonomy", f"it renames {len(mapping.events)} event name{'s'[: len(mapping.events) != 1]}"
    for entry in mapping.events:
        doubted = [t for t, _ in entry.votes] + ([entry.similar] if entry.similar else [])
        for target in dict.fromkeys((entry.target, *doubted)):
            event = None if target == NONE else plan.event(target)
            if event is None:
                continue
            how = f"{entry.legacy} becomes" if target == entry.target else f"{entry.legacy} might have been"
            for area, why in areas_of(plan, event).items():
                yield area, f"{how} {target}: {why}"


def _of_dataset(plan: Plan, diff: Diff, columns: frozenset[str]) -> Iterator[Reason]:
    yield "taxonomy", "it brings its own event names"
    yield "schema", "it brings its own columns"
    for name in (plan.roles.user, plan.roles.session, *(s.column for s in plan.stitching)):
        if name in columns:
            yield "identity", f"it holds {name}, which says who is who"
    if plan.consent is not None and plan.consent.column in columns:
        yield "legal", f"it holds {plan.consent.column}, which says who consented"
    for field in plan.columns:
        if field.name in columns:
            for marked in field.touches:
                yield marked, f"it holds {field.name}, which is marked {marked}"
    present = {c.event for c in diff.by_day if c.after}
    for event in plan.events:
        if event.name in present:
            for area, why in areas_of(plan, event).items():
                yield area, f"it holds {event.name}: {why}"


def _vanished(plan: Plan, diff: Diff) -> Iterator[Reason]:
    """Events that production has and the change leaves without a single row."""
    before: dict[str, int] = {}
    after: dict[str, int] = {}
    for cell in diff.by_day:
        before[cell.event] = before.get(cell.event, 0) + cell.before
        after[cell.event] = after.get(cell.event, 0) + cell.after
    for event in plan.events:
        if before.get(event.name) and not after.get(event.name):
            for area, why in areas_of(plan, event).items():
                yield area, f"{event.name} vanishes: {why}"


def _has(found: Sequence[Reason], area: Area) -> bool:
    return any(a == area for a, _ in found)


def _joined(reasons: Sequence[str]) -> str:
    each = list(dict.fromkeys(reasons))
    more = f"; and {len(each) - _SHOWN} more" if len(each) > _SHOWN else ""
    return "; ".join(each[:_SHOWN]) + more
