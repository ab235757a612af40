"""What could the plan of this data be? Drafts one from a profile of its columns, for a person to correct."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cleanroom.app.contract.guess import field_of, is_text, roles_of
from cleanroom.core.base import Misuse
from cleanroom.core.change import NONE
from cleanroom.core.contract import Event, Field, Plan, Roles, Unique, Vocabulary
from cleanroom.core.lint import UNASSIGNED
from cleanroom.core.mistakes import Path
from cleanroom.ports.engine import Engine, Profile, Table

MAX_EVENTS = 500
"""More different names than this are no taxonomy."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A drafted plan, and what to check in it: notes by their path in plan.yaml, () for the whole."""

    plan: Plan
    notes: Mapping[Path, str]


def infer(engine: Engine, table: Table, name: str, *, event: str | None = None, time: str | None = None) -> Draft:
    """A draft of a plan for the data in `table`. `event` and `time` name those columns where guessing fails.

    Raises Misuse when the data is empty, or has no column that could hold event names, or none for their time.
    """
    profiles = engine.profile(table, top=MAX_EVENTS + 1)
    if not profiles or profiles[0].rows == 0:
        raise Misuse(f"{table.path} has no rows: there is nothing to draft a plan from", "Name a file with some data.")
    roles = roles_of(profiles, table.path.name, event=event, time=time)
    by_name = {p.name: p for p in profiles}
    events, skipped = _events(by_name[roles.event], table)
    columns, vocabularies, notes = _columns(profiles, roles)
    plan = Plan(
        name=name,
        roles=roles,
        events=events,
        columns=columns,
        vocabularies=vocabularies,
        keys=(Unique((roles.id,)),) if roles.id else (),
    )
    notes[()] = _head(table, profiles[0].rows, roles, skipped)
    if time_note := _time_note(by_name[roles.time]):
        notes["columns", roles.time] = time_note
    return Draft(plan, notes)


def _events(column: Profile, table: Table) -> tuple[tuple[Event, ...], list[str]]:
    """An event for each name in the data, the most frequent first; and the names that cannot be one."""
    if len(column.top) > MAX_EVENTS:
        hint = "Name the column that holds event names: --event COLUMN."
        raise Misuse(f"column {column.name!r} of {table.path.name} holds more than {MAX_EVENTS} different names", hint)
    if not column.top:
        hint = "Name the column that holds event names: --event COLUMN."
        raise Misuse(f"column {column.name!r} of {table.path.name} is empty", hint)
    events, skipped = [], []
    for name, count in column.top:
        if not name.strip() or name != name.strip() or not name.isprintable() or name.lower() == NONE:
            skipped.append(name)
            continue
        share = count / column.rows
        seen = f"Seen {count:,} {'time' if count == 1 else 'times'} ({share:.2%} of the rows). Say when it is recorded."
        events.append(Event(name, UNASSIGNED, seen))
    if not events:
        hint = "Name the column that holds event names: --event COLUMN."
        raise Misuse(f"column {column.name!r} of {table.path.name} holds no name that can be an event", hint)
    return tuple(events), skipped


def _columns(
    profiles: Sequence[Profile], roles: Roles
) -> tuple[tuple[Field, ...], tuple[Vocabulary, ...], dict[Path, str]]:
    fields: list[Field] = []
    vocabularies: list[Vocabulary] = []
    notes: dict[Path, str] = {}
    for profile in profiles:
        usable = bool(profile.name.strip()) and profile.name == profile.name.strip() and profile.name.isprintable()
        if not usable or profile.name in (roles.event, roles.payload):
            continue
        guess = field_of(profile, roles)
        fields.append(guess.field)
        if guess.values:
            vocabularies.append(Vocabulary(profile.name, guess.values))
        if guess.note:
            notes["columns", profile.name] = guess.note
    return tuple(fields), tuple(vocabularies), notes


def _time_note(column: Profile) -> str:
    if not is_text(column.type):
        return ""
    return "The data has text here: write it as a timestamp, or checks by day and in time order cannot run."


def _head(table: Table, rows: int, roles: Roles, skipped: Sequence[str]) -> str:
    lines = [
        f"A draft from {table.path.name}, {rows:,} rows. It says what is, not yet what should be. Check:",
        "- roles: which column plays which part" + _missing(roles),
        "- events: an owner and a description each; remove what should not be recorded",
        "- columns: ranges are wider than what was seen; `required` means that no value was missing",
        "- and add what data cannot say: consent, ratios, funnels, references, stitching, freshness, schemas",
        "Then run: cleanroom contract lint",
    ]
    if skipped:
        shown = ", ".join(repr(name[:40]) for name in skipped[:5])
        lines.insert(3, f"- left out, because they cannot be names of events: {shown}")
    return "\n".join(lines)


def _missing(roles: Roles) -> str:
    names = [n for n in ("user", "session", "id", "payload", "segment") if getattr(roles, n) is None]
    return f" (none was found for: {', '.join(names)})" if names else ""
