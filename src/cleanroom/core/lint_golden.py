"""Can these golden cases be decided? Semantic lint of golden/*.jsonl against the plan."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cleanroom.core.change import NONE
from cleanroom.core.contract import Plan
from cleanroom.core.golden import GoldenCase
from cleanroom.core.lint_fields import repeated
from cleanroom.core.mistakes import Mistake, did_you_mean


def lint_golden(plan: Plan | None, cases: Sequence[GoldenCase]) -> tuple[tuple[int, Mistake], ...]:
    """Every mistake, with the index of its case. Without a plan, only what a case says by itself is judged."""
    found = [(i, mistake) for i, case in enumerate(cases) for mistake in _case(plan, case)]
    twice = repeated([c.id for c in cases])
    found += [
        (i, Mistake(("id",), f"golden case {cases[i].id!r} is there twice", "Give it another id.")) for i in twice
    ]
    return tuple(found)


def _case(plan: Plan | None, case: GoldenCase) -> Iterator[Mistake]:
    if not case.id.strip():
        yield Mistake(("id",), "a golden case has an empty id")
    if bool(case.input) == bool(case.key):
        what = "both input and key" if case.input else "neither input nor key"
        hint = "input: a row before the change. key: where to find a row of a candidate dataset."
        yield Mistake((), f"golden case {case.id!r} has {what}", hint)
    if case.dropped and case.expect:
        yield Mistake(("expect",), f"golden case {case.id!r} expects values of a row that is dropped", at="key")
    if not case.dropped and not case.expect:
        hint = "Add expect: {column: value}, or dropped: true."
        yield Mistake((), f"golden case {case.id!r} expects nothing", hint)
    if case.dropped and case.key:
        hint = "Cases with a key look into a dataset as it is; nothing is dropped there."
        yield Mistake(("dropped",), f"golden case {case.id!r} has a key and dropped", hint, at="key")
    if plan is not None:
        yield from _against_plan(plan, case)


def _against_plan(plan: Plan, case: GoldenCase) -> Iterator[Mistake]:
    column = plan.roles.event
    if case.input and column not in dict(case.input):
        hint = f"Add {column!r}: the legacy name of the event."
        yield Mistake(("input",), f"golden case {case.id!r} has no {column!r} in its input", hint)
    name = dict(case.expect).get(column)
    if plan.events and isinstance(name, str) and name not in plan.event_names:
        hint = "Use dropped: true." if name == NONE else did_you_mean(name, plan.event_names)
        yield Mistake(
            ("expect", column), f"golden case {case.id!r} expects event {name!r}, which the plan does not have", hint
        )
