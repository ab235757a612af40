"""Which event names does the data have? Names with their rows and a few sample rows, read through the engine."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from collections.abc import Mapping as Pairs
from dataclasses import dataclass

from cleanroom.core.base import Misuse
from cleanroom.core.contract import Plan, Roles
from cleanroom.core.mistakes import did_you_mean
from cleanroom.ports.engine import Engine, Profile, Table

MAX_NAMES = 500
"""More distinct event names than this are hardly names: the column is probably another one."""

Row = dict[str, str]


@dataclass(frozen=True, slots=True)
class LegacyName:
    """A legacy event name with its rows, the share of all rows they are, some of them, and their parameters.

    `samples` hold no user, session or row id, and no empty values. `parameters` are those that the plan knows of.
    """

    name: str
    rows: int
    share: float
    samples: tuple[Row, ...] = ()
    parameters: tuple[str, ...] = ()


def legacy_names(engine: Engine, source: Table, plan: Plan, samples: int) -> tuple[LegacyName, ...]:
    """Every distinct value of the event column, the most frequent first.

    Raises Misuse when the data has no such column, no row, no name, or more than MAX_NAMES names.
    """
    column = _event_column(engine.profile(source, top=MAX_NAMES + 1), plan.roles, source)
    known = {p.name for event in plan.events for p in event.parameters}
    out = []
    found = engine.samples(source, plan.roles.event, [name for name, _ in column.top], samples)
    for (name, rows), sampled in zip(column.top, found, strict=True):
        shown = _shown(sampled, plan.roles, known)
        out.append(LegacyName(name, rows, rows / column.rows, shown, _parameters(shown, plan.roles, known)))
    return tuple(out)


def _event_column(columns: Sequence[Profile], roles: Roles, source: Table) -> Profile:
    column = next((c for c in columns if c.name == roles.event), None)
    if column is None:
        raise Misuse(
            f"{source.path.name} has no column {roles.event!r}, which the plan names as its event column",
            did_you_mean(roles.event, [c.name for c in columns]),
        )
    if not column.top:
        raise Misuse(f"column {roles.event!r} of {source.path.name} is empty", "There is no event name to map.")
    if len(column.top) > MAX_NAMES:
        raise Misuse(
            f"column {roles.event!r} of {source.path.name} has more than {MAX_NAMES} different names",
            "Is it the event column? roles.event in contracts/plan.yaml says which one is.",
        )
    return column


def _shown(found: Sequence[Pairs[str, str | None]], roles: Roles, known: Collection[str]) -> tuple[Row, ...]:
    """Rows without what tells who they are about, which no model need know; what tells most comes first."""
    hidden = {roles.event, roles.time, roles.user, roles.session, roles.id}

    def rank(column: str) -> int:
        return 0 if column == roles.payload else 1 if column in known else 2

    kept = ({k: v for k, v in row.items() if v is not None and k not in hidden} for row in found)
    return tuple({k: row[k] for k in sorted(row, key=rank)} for row in kept)


def _parameters(samples: Sequence[Row], roles: Roles, known: Collection[str]) -> tuple[str, ...]:
    seen: dict[str, None] = {}
    for row in samples:
        seen |= dict.fromkeys(row)
        seen |= dict.fromkeys(_keys(row.get(roles.payload or "", "")))
    return tuple(p for p in seen if p in known)


def _keys(payload: str) -> tuple[str, ...]:
    try:
        value = json.loads(payload) if payload else None
    except (ValueError, RecursionError):
        return ()
    return tuple(value) if isinstance(value, dict) else ()
