"""A person corrects a proposed mapping: a new version of the change, with the person and the reason in it."""

from __future__ import annotations

from collections.abc import Mapping as Pairs
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from cleanroom.app.propose.mapping import likely
from cleanroom.app.propose.record import kept, record, settle
from cleanroom.app.room import Room
from cleanroom.core.base import Digest, Misuse, Refused
from cleanroom.core.change import NONE, Change, Correction, MappedName, Mapping
from cleanroom.core.contract import Plan
from cleanroom.core.mistakes import did_you_mean
from cleanroom.core.policy import same

WHOLE = "(whole file)"
"""The name in a Correction where the version before it is not at hand: before and after are digests then."""


@dataclass(frozen=True, slots=True)
class Corrected:
    """The new version, what it corrects, and what was changed just now."""

    change: Change
    before: Digest
    corrections: tuple[Correction, ...]


def correct(room: Room, name: str, targets: Pairs[str, str], reason: str) -> Corrected:
    """Map the legacy names in `targets` to other events of the plan, or to none.

    Raises Misuse for a legacy name that the mapping does not have, a target that the plan does not have, and where
    nothing would change.
    """
    after, change, mapping = _mapping(room, name)
    plan = room.project.contract().plan
    for legacy, target in targets.items():
        _known(mapping, plan, legacy, target)
    made = tuple(
        replace(m, target=targets[m.legacy], reason=reason.strip(), similar=likely(plan, m.legacy, targets[m.legacy]))
        if targets.get(m.legacy, m.target) != m.target
        else m
        for m in mapping.events
    )
    return _recorded(room, change, replace(mapping, events=made), mapping, reason, after)


def record_edits(room: Room, name: str, reason: str) -> Corrected:
    """Record what a person changed in mapping.json by hand; whether it is right is for the battery to say.

    Votes stay those of the model, and the cross-check looks at what was changed. Raises Misuse where nothing was.
    """
    after = settle(room, name)
    change, edited = room.project.edited_mapping(name)
    if room.project.artifact_digest(edited) == change.artifact.digest:
        raise Misuse(f"mapping.json of change {name!r} was not edited", "There is nothing to record.")
    before = kept(room, change.artifact.digest)
    plan = room.project.contract().plan
    old = {m.legacy: m for m in before.events} if before else {}
    made = tuple(m if m == old.get(m.legacy) else _edited(m, old, plan) for m in edited.events)
    return _recorded(room, change, replace(edited, events=made), before, reason, after)


def flag(room: Room, name: str, legacy: str, reason: str) -> Corrected:
    """Doubt one entry without knowing better: a new version, which nobody can approve before the doubt is answered.

    It is answered by correcting the name or clearing it. Raises Misuse for an unknown name or where it is doubted.
    """
    after, change, mapping = _mapping(room, name)
    _known(mapping, None, legacy, NONE)
    if any(c.legacy == legacy for c in change.flagged):
        raise Misuse(f"{legacy!r} is flagged already", f"cleanroom correct {name} {legacy}=TARGET answers it.")
    return _noted(room, change, mapping, legacy, reason, "flagged", after)


def clear(room: Room, name: str, legacy: str, reason: str) -> Corrected:
    """Answer a doubt: the entry is right as it is. Raises Misuse where nobody doubts it."""
    after, change, mapping = _mapping(room, name)
    doubt = next((c for c in change.flagged if c.legacy == legacy), None)
    if doubt is None:
        known = [c.legacy for c in change.flagged]
        raise Misuse(f"nobody doubts {legacy!r}", did_you_mean(legacy, known) or "No name is flagged.")
    _must_not_answer_themselves(room, change, doubt)
    return _noted(room, change, mapping, legacy, reason, "cleared", after)


def _mapping(room: Room, name: str) -> tuple[int, Change, Mapping]:
    """The ledger's version of the change as it is read here, the change, and its mapping."""
    after = settle(room, name)
    _must_act_here(room)
    change, mapping = room.project.change(name)
    if mapping is None:
        raise Misuse(f"change {name!r} has no mapping: it is a dataset", "Only mappings can be corrected.")
    return after, change, mapping


def _must_act_here(room: Room) -> None:
    """Whoever comes through the server has a role; whoever has the files could edit them anyway."""
    if room.proof != "claimed" and not room.project.policy().roles_of(room.operator):
        raise Refused(f"{room.operator} has no role in the policy", "Roles stand in cleanroom.toml under [roles].")


def _must_not_answer_themselves(room: Room, change: Change, doubt: Correction) -> None:
    """A doubt is answered by whoever has it, or by somebody who made nothing of the mapping."""
    made = (change.provenance.operator, *(c.by for c in change.provenance.corrections if c.what == "corrected"))
    if not same(doubt.by, room.operator) and any(same(room.operator, author) for author in made):
        what = f"{room.operator} is an author: {doubt.by}'s doubt about {doubt.legacy!r} is not theirs to clear"
        raise Refused(
            what, f"{doubt.by} may clear it, or somebody who made nothing of the mapping; or correct the name."
        )


def _noted(
    room: Room,
    change: Change,
    mapping: Mapping,
    legacy: str,
    reason: str,
    what: Literal["flagged", "cleared"],
    after: int,
) -> Corrected:
    """A new version whose artifact is the same: the note is in its provenance."""
    if not reason.strip():
        raise Misuse(f"a name that is {what} needs a reason", "Say why: --reason TEXT.")
    target = mapping.target(legacy) or ""
    note = Correction(room.operator, room.clock.now(), legacy, target, target, reason.strip(), what)
    return _written(room, change, mapping, change.artifact.digest, (note,), after)


def _edited(entry: MappedName, old: Pairs[str, MappedName], plan: Plan) -> MappedName:
    before = old.get(entry.legacy)
    votes = before.votes if before else entry.votes if not old else ()
    return replace(entry, votes=votes, similar=likely(plan, entry.legacy, entry.target))


def _known(mapping: Mapping, plan: Plan | None, legacy: str, target: str) -> None:
    names = [m.legacy for m in mapping.events]
    if legacy not in names:
        raise Misuse(f"the mapping has no legacy name {legacy!r}", did_you_mean(legacy, names))
    if plan is not None and target != NONE and plan.event(target) is None:
        raise Misuse(f"the plan has no event {target!r}", did_you_mean(target, (*plan.event_names, NONE)))


def _recorded(room: Room, change: Change, made: Mapping, before: Mapping | None, reason: str, after: int) -> Corrected:
    if not reason.strip():
        raise Misuse("a correction needs a reason", "Say why: --reason TEXT.")
    digest = room.project.artifact_digest(made)
    if digest == change.artifact.digest:
        raise Misuse(f"nothing changes: {change.name!r} says so already", "`cleanroom diff` shows what it does.")
    corrections = _corrections(room, change.artifact.digest, digest, before, made, reason.strip())
    return _written(room, change, made, digest, corrections, after)


def _written(
    room: Room, change: Change, made: Mapping, digest: Digest, corrections: tuple[Correction, ...], after: int
) -> Corrected:
    corrected = replace(
        change,
        artifact=replace(change.artifact, digest=digest),
        provenance=replace(change.provenance, corrections=(*change.provenance.corrections, *corrections)),
        corrects=change.digest,
    )
    record(room, corrected, made, after)
    return Corrected(corrected, change.digest, corrections)


def _corrections(
    room: Room, old: Digest, new: Digest, before: Mapping | None, made: Mapping, reason: str
) -> tuple[Correction, ...]:
    now = room.clock.now()
    pairs: Sequence[tuple[str, str, str]] = ((WHOLE, old, new),)
    if before is not None:
        was, now_is = ({m.legacy: m for m in mapping.events} for mapping in (before, made))
        changed = [name for name in dict.fromkeys((*was, *now_is)) if was.get(name) != now_is.get(name)]
        pairs = [(name, _target(was.get(name)), _target(now_is.get(name))) for name in changed] or pairs
    return tuple(Correction(room.operator, now, name, a, b, reason) for name, a, b in pairs)


def _target(entry: MappedName | None) -> str:
    return entry.target if entry else ""
