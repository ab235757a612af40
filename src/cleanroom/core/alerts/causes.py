"""What changed just before? Entries of the ledger that may be why, in words; those of other systems are left out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from cleanroom.core.base import Instant
from cleanroom.core.facts import (
    AlertActed,
    Approved,
    CutoffSet,
    CutoffWithdrawn,
    Fact,
    FlagKilled,
    FlagRestored,
    FlagSet,
    PolicySet,
    Proposed,
    ReviewForced,
    RolloutAdvanced,
    RolloutHeld,
    RolloutPromoted,
    RolloutResumed,
    RolloutRolledBack,
    RolloutStarted,
    Waived,
)
from cleanroom.core.facts.alerts import Cause
from cleanroom.core.ledger import LedgerEntry

HOURS = 6
"""Hours before the beginning in which a change may be a cause."""

MOST = 10


def causes(
    entries: Iterable[LedgerEntry], system: str, owners: Mapping[str, str], since: Instant, until: Instant
) -> tuple[Cause, ...]:
    """The latest changes with since <= at <= until, newest first, at most MOST.

    `owners`: to which system a flag or a change belongs, by its key, where that is known; what is of another one is left out,
    what is of nobody's may be anybody's.
    """
    found: list[Cause] = []
    for entry in entries:
        told = said(entry)
        if told is None:
            continue
        what, key, at = told
        if since <= at <= until and owners.get(key, system) == system:
            found.append(Cause(entry.index, at, what))
    return tuple(sorted(found, key=lambda c: (c.at, c.index), reverse=True)[:MOST])


def said(entry: LedgerEntry) -> tuple[str, str, Instant] | None:
    """In words, whose it is (a flag or a change), and when; None for what changes nothing in production."""
    fact, name = entry.fact, entry.subject.partition("/")[2]
    return _of_flag(fact) or _of_rollout(fact, name) or _of_change(fact, name)


def _of_flag(fact: Fact) -> tuple[str, str, Instant] | None:
    match fact:
        case FlagSet(flag=flag, by=by, at=at):
            return f"flag {flag.key} set by {by.person}", flag.key, at
        case FlagKilled(flag=key, because=because, by=by, at=at):
            return f"flag {key} killed by {by.person}: {because}", key, at
        case FlagRestored(flag=key, by=by, at=at):
            return f"flag {key} restored by {by.person}", key, at
        case AlertActed(act=act, target=target, did=True, alert=alert, at=at) if act != "open-incident":
            return f"{act} {target}, for the alert {alert}", target, at
        case _:
            return None


def _of_rollout(fact: Fact, name: str) -> tuple[str, str, Instant] | None:
    match fact:
        case RolloutStarted(flag=flag, by=by, at=at):
            return f"rollout of {name} started by {by.person} behind flag {flag}", flag, at
        case RolloutAdvanced(step=step, at=at):
            return f"rollout of {name} went on to phase {step + 1}", name, at
        case RolloutPromoted(at=at):
            return f"rollout of {name} promoted: everybody gets it", name, at
        case RolloutRolledBack(because=because, at=at):
            return f"rollout of {name} rolled back: {because}", name, at
        case RolloutHeld(because=because, at=at):
            return f"rollout of {name} held: {because}", name, at
        case RolloutResumed(by=by, at=at):
            return f"rollout of {name} resumed by {by.person}", name, at
        case _:
            return None


def _of_change(fact: Fact, name: str) -> tuple[str, str, Instant] | None:
    match fact:
        case Proposed(name=change, author=author, at=at):
            return f"change {change} proposed by {author}", change, at
        case Approved(at=at):
            return f"change {name} approved", name, at
        case Waived(at=at):
            return f"change {name} let through by a waiver", name, at
        case CutoffSet(system=system, at=at):
            return f"the cut-off above which outputs of {system} skip review was set", system, at
        case CutoffWithdrawn(system=system, at=at) | ReviewForced(system=system, at=at):
            return f"the cut-off above which outputs of {system} skip review was withdrawn", system, at
        case PolicySet(by=by, at=at):
            return f"the policy was changed by {by.person}", "", at
        case _:
            return None
