"""What does a flag serve now? As it was set, its share as its rollout stands, and off where it was killed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from cleanroom.core.base import Instant, noun
from cleanroom.core.facts import FlagKilled, FlagRestored, FlagSet
from cleanroom.core.flags import STEPS, Flag, killed
from cleanroom.core.ledger import LedgerEntry
from cleanroom.core.progress.state import Baking, Held, Promoted, Rollout, start_of


@noun
class Standing:
    """A flag as its own entries say. `rollout`: the change whose rollout it serves, ''; `killed`: since when, and why."""

    flag: Flag
    rollout: str
    killed: FlagKilled | None
    at: Instant
    version: int


def subject_of(key: str) -> str:
    """The ledger's subject of a flag."""
    return f"flag/{key}"


def standing(entries: Iterable[LedgerEntry]) -> Standing | None:
    """The flag among the entries of its subject, oldest first; None where it was never set."""
    found: Standing | None = None
    for entry in entries:
        match entry.fact:
            case FlagSet(flag=flag, rollout=rollout, at=at):
                found = Standing(flag, rollout, found.killed if found else None, at, entry.version)
            case FlagKilled(at=at) as kill if found is not None:
                found = replace(found, killed=found.killed or kill, at=at, version=entry.version)
            case FlagRestored(at=at) if found is not None:
                found = replace(found, killed=None, at=at, version=entry.version)
            case _:
                pass
    return found


def is_of(rollout: Rollout | None, found: Standing) -> bool:
    """Is that the rollout which the flag serves?"""
    return rollout is not None and (start_of(rollout).flag, start_of(rollout).name) == (found.flag.key, found.rollout)


def served(found: Standing, rollout: Rollout | None) -> Flag:
    """The flag as it is evaluated. `rollout`: how the rollout that it serves stands; one of another flag does not count."""
    flag = found.flag
    if found.rollout and flag.split is not None:
        share = share_of(rollout) if rollout is not None and is_of(rollout, found) else 0
        flag = replace(flag, split=replace(flag.split, share=share))
    return killed(flag) if found.killed is not None else flag


def share_of(rollout: Rollout) -> int:
    """The candidate's share in STEPS, before the holdout."""
    match rollout:
        case Baking():
            return rollout.share
        case Held(baking=baking):
            return baking.share
        case Promoted():
            return STEPS
        case _:
            return 0
