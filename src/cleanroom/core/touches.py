"""What does a change touch? Found out from the change, the plan and the run, never declared by its author."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from cleanroom.core.base import plain
from cleanroom.core.change import NONE, Mapping
from cleanroom.core.contract import Event, Plan
from cleanroom.core.policy import AREAS, Area, Touch
from cleanroom.core.run import Diff

_SHOWN = 3

Reason = tuple[Area, str]


def touches(
    plan: Plan, mapping: Mapping | None, diff: Diff, columns: Iterable[str], *, has_baseline: bool
) -> tuple[Touch, ...]:
    """One Touch an area, in the order of AREAS, with its first reasons.

    `mapping` is None for a dataset, whose `columns` and rows are all its own. `has_baseline`: was it compared with
    production? When in doubt, it touches.
    """
    if mapping is None:
        found = list(_of_dataset(plan, diff, frozenset(c.casefold() for c in columns)))
    else:
        found = [*_of_mapping(plan, mapping), *_left_out(plan, diff, has_baseline)]
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


def _left_out(plan: Plan, diff: Diff, has_baseline: bool) -> Iterator[Reason]:
    """Names that go nowhere, and events that nothing becomes: where rows are lost, nobody can tell what they were."""
    lost = [f for f in diff.flows if f.rows and f.target in (None, NONE)]
    for flow in lost:
        yield "metrics", f"{flow.legacy or 'rows without a name'} ({flow.rows:,} rows) is left out"
    if not lost and has_baseline:
        return  # the battery compares every event with production
    reached = {f.target for f in diff.flows if f.rows}
    for event in plan.events:
        if event.name not in reached:
            for area, why in areas_of(plan, event).items():
                yield area, f"nothing becomes {event.name}: {why}"


def _of_dataset(plan: Plan, diff: Diff, columns: frozenset[str]) -> Iterator[Reason]:
    """All that the plan marks: a dataset stands for the whole, with what it holds and with what it lacks."""
    yield "taxonomy", "it brings its own event names"
    yield "schema", "it brings its own columns"
    for name in (plan.roles.user, plan.roles.session, *(s.column for s in plan.stitching)):
        if name is not None:
            yield "identity", f"it {_holds(name, columns)}, which says who is who"
    if plan.consent is not None:
        yield "legal", f"it {_holds(plan.consent.column, columns)}, which says who consented"
    for field in plan.columns:
        for marked in field.touches:
            yield marked, f"it {_holds(field.name, columns)}, which is marked {marked}"
    yield from _unknown_columns(plan, columns)
    present = {f.legacy for f in diff.flows if f.rows}
    for event in plan.events:
        for area, why in areas_of(plan, event).items():
            yield area, f"it {'holds' if event.name in present else 'lacks'} {event.name}: {why}"


def _unknown_columns(plan: Plan, columns: frozenset[str]) -> Iterator[Reason]:
    """A column that the plan does not speak of may be about people."""
    known = [f.name for f in plan.columns] + [p.name for e in plan.events for p in e.parameters]
    unknown = columns - {str(n).casefold() for n in (*known, *plain(plan.roles).values())}
    if unknown:
        yield "legal", f"it holds {', '.join(sorted(unknown)[:_SHOWN])}, which the plan does not know"


def _holds(name: str, columns: frozenset[str]) -> str:
    return f"holds {name}" if name.casefold() in columns else f"lacks {name}"


def _has(found: Sequence[Reason], area: Area) -> bool:
    return any(a == area for a, _ in found)


def _joined(reasons: Sequence[str]) -> str:
    each = list(dict.fromkeys(reasons))
    more = f"; and {len(each) - _SHOWN} more" if len(each) > _SHOWN else ""
    return "; ".join(each[:_SHOWN]) + more
