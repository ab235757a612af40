"""Where does a rollout stand? One of four states, folded from what the ledger has under `rollout/<change>`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from cleanroom.core.base import Instant, after, noun
from cleanroom.core.facts import (
    By,
    RolloutAdvanced,
    RolloutHeld,
    RolloutObserved,
    RolloutPromoted,
    RolloutResumed,
    RolloutRolledBack,
    RolloutStarted,
    RolloutWeighed,
)
from cleanroom.core.ledger import LedgerEntry
from cleanroom.core.rollout.weighed import Weighed


@noun
class Baking:
    """It runs. `step`: the phase, from 0; `since`: when that began; `limit`: when it is held unless it is decided.

    `observed`: what the battery found on the candidate's own output in this phase, oldest first. `version`: of its last entry.
    """

    start: RolloutStarted
    step: int
    since: Instant
    limit: Instant
    weighed: Weighed
    observed: tuple[RolloutObserved, ...]
    version: int

    @property
    def share(self) -> int:
        """The candidate's share, in STEPS."""
        return self.start.plan.phases[self.step]

    @property
    def due(self) -> Instant:
        """When the phase has baked."""
        return after(self.since, self.start.plan.bake)


@noun
class Held:
    """It stays at its share, until a person says how to go on; harm is still looked for. `by`: None for the reconciler."""

    baking: Baking
    because: str
    by: By | None
    at: Instant


@noun
class Promoted:
    """It is over: everybody but the holdout gets the candidate."""

    start: RolloutStarted
    weighed: Weighed
    because: str
    at: Instant
    version: int


@noun
class RolledBack:
    """It is over: everybody gets the control. `step`: the phase it ended in."""

    start: RolloutStarted
    step: int
    weighed: Weighed
    because: str
    by: By | None
    at: Instant
    version: int


Rollout = Baking | Held | Promoted | RolledBack


def subject_of(name: str) -> str:
    """The ledger's subject of the rollouts of a change."""
    return f"rollout/{name}"


def baking_of(rollout: Baking | Held) -> Baking:
    """What runs, held or not."""
    return rollout.baking if isinstance(rollout, Held) else rollout


def start_of(rollout: Rollout) -> RolloutStarted:
    """How it began."""
    return rollout.baking.start if isinstance(rollout, Held) else rollout.start


def version_of(rollout: Rollout) -> int:
    """The version of the last entry of its subject."""
    return rollout.baking.version if isinstance(rollout, Held) else rollout.version


def runs(rollout: Rollout | None) -> bool:
    """Is it neither over nor absent?"""
    return isinstance(rollout, Baking | Held)


def rollout_of(entries: Iterable[LedgerEntry], found: Rollout | None = None) -> Rollout | None:
    """The last rollout after the entries of its subject, oldest first; None where there was none. `found`: before them."""
    for entry in entries:
        found = _next(found, entry)
    return found


def _next(now: Rollout | None, entry: LedgerEntry) -> Rollout | None:
    """A fact that does not fit where the rollout stands changes nothing: whoever wrote it lost a race or broke a rule."""
    fact = entry.fact
    if isinstance(fact, RolloutStarted):
        return now if runs(now) else _begun(fact, entry.version)
    match now:
        case Baking():
            return _baking(replace(now, version=entry.version), entry)
        case Held(baking=baking):
            return _held(replace(now, baking=replace(baking, version=entry.version)), entry)
        case _:
            return now


def _begun(fact: RolloutStarted, version: int) -> Baking:
    return Baking(fact, 0, fact.at, after(fact.at, fact.plan.limit), Weighed(fact.at), (), version)


def _baking(now: Baking, entry: LedgerEntry) -> Rollout:
    match entry.fact:
        case RolloutWeighed(weighed=weighed):
            return replace(now, weighed=weighed)
        case RolloutAdvanced(step=step, weighed=weighed, at=at) if (
            step == now.step + 1 < len(now.start.plan.phases) - 1
        ):
            return replace(now, step=step, since=at, weighed=weighed, observed=())
        case RolloutHeld(weighed=weighed, because=because, by=by, at=at):
            return Held(replace(now, weighed=weighed), because, by, at)
        case RolloutObserved() as observed:
            return replace(now, observed=(*now.observed, observed))
        case _:
            return _over(now, entry)


def _held(now: Held, entry: LedgerEntry) -> Rollout:
    baking = now.baking
    match entry.fact:
        case RolloutWeighed(weighed=weighed):
            return replace(now, baking=replace(baking, weighed=weighed))
        case RolloutResumed(at=at):
            # Whoever lets it go on has seen to the assignment: that is judged anew. Evidence of harm and safety goes on.
            fresh = replace(baking.weighed, mismatch=0.0, new_canary=0, new_control=0)
            return replace(baking, limit=after(at, baking.start.plan.limit), weighed=fresh)
        case RolloutObserved() as observed:
            return replace(now, baking=replace(baking, observed=(*baking.observed, observed)))
        case RolloutRolledBack():
            return _over(baking, entry)
        case _:
            return now


def _over(now: Baking, entry: LedgerEntry) -> Rollout:
    match entry.fact:
        case RolloutRolledBack(weighed=weighed, because=because, by=by, at=at):
            return RolledBack(now.start, now.step, weighed, because, by, at, entry.version)
        case RolloutPromoted(weighed=weighed, because=because, at=at):
            return Promoted(now.start, weighed, because, at, entry.version)
        case _:
            return now
