"""Does each advisory name of a plan mean a family of checks, or a check that the plan asks for?"""

from __future__ import annotations

from collections.abc import Iterator

from cleanroom.core.base import Digest, instant
from cleanroom.core.change import Mapping
from cleanroom.core.check import FAMILIES
from cleanroom.core.contract import Contract, Plan
from cleanroom.core.lint_fields import repeated
from cleanroom.core.mistakes import Mistake, did_you_mean


def advisory_mistakes(plan: Plan, *, sound: bool) -> Iterator[Mistake]:
    """Names that match nothing, or are there twice. Single checks are looked for only in a plan that is `sound`."""
    single = any("." in name for name in plan.advisory)
    checks = _check_names(plan) if sound and single else ()
    for i, name in enumerate(plan.advisory):
        family, dot, _ = name.partition(".")
        if family not in FAMILIES:
            hint = did_you_mean(family, FAMILIES) + " A single check is written family.check(...)."
            yield Mistake(("advisory", i), f"advisory {name!r} matches no family of checks and no check", hint)
        elif dot and checks and family != "golden" and name not in checks:  # golden checks depend on the cases
            hint = did_you_mean(name, [c for c in checks if c.startswith(f"{family}.")])
            yield Mistake(("advisory", i), f"advisory {name!r} matches no check of this plan", hint)
    for i in repeated(plan.advisory):
        yield Mistake(("advisory", i), f"{plan.advisory[i]!r} is listed twice", "Remove one of them.")


def _check_names(plan: Plan) -> tuple[str, ...]:
    """Every check that the plan may ask for, whether parameters turn out to be columns or keys of the payload."""
    from cleanroom.core.battery import battery  # what it imports takes time, and most plans name families only

    roles = plan.roles
    some = {roles.event, roles.time, roles.user, roles.session, roles.id, roles.payload, roles.segment}
    some |= {c.name for c in plan.columns} | ({plan.consent.column} if plan.consent else set())
    every = some | {p.name for e in plan.events for p in e.parameters}
    contract = Contract(plan, tuple((e.name, "{}") for e in plan.events if e.schema))
    twice = (Digest(""), Digest(""))
    names: dict[str, None] = {}
    for columns in (some, every):
        known = frozenset(c for c in columns if c)
        for baseline in (True, False):
            checks = battery(contract, known, mapping=Mapping(()), has_baseline=baseline, now=instant(0), twice=twice)
            names |= dict.fromkeys(check.name for check in checks)
    return tuple(names)
