"""Begins a rollout: an approved change, a plan, and a flag behind which it reaches people bit by bit."""

from __future__ import annotations

import re
from dataclasses import replace

from cleanroom.app import flags
from cleanroom.app.review.standing import Standing, standing
from cleanroom.app.rollout.read import find, flag_of
from cleanroom.app.room import Room
from cleanroom.core.base import Misuse, Refused
from cleanroom.core.facts import RolloutRolledBack, RolloutStarted
from cleanroom.core.flags import Flag, Split
from cleanroom.core.flags.targeting import Rule
from cleanroom.core.ledger import Write
from cleanroom.core.progress import served
from cleanroom.core.progress.state import (
    Baking,
    Promoted,
    RolledBack,
    runs,
    subject_of,
    version_of,
)
from cleanroom.core.review import Cleared
from cleanroom.core.rollout.plan import Plan, faults
from cleanroom.core.signing import stands_against, what_next

CONTROL, CANDIDATE = "control", "candidate"

_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
"""What is promoted is published in a folder of that name."""


def start(room: Room, name: str, plan: Plan, *, flag: str = "", audience: Rule = None) -> Baking:
    """Begin the rollout of an approved change. `flag`: behind which one, by default the change's name.

    `audience`: who takes part at all, a targeting rule; an existing flag keeps its own where none is given. Raises
    Misuse for a plan with faults, Refused where the change is not approved or a rollout is on already, Conflict where
    somebody else was faster.
    """
    if wrong := tuple(faults(plan)):
        raise Misuse(f"this cannot be a plan: {wrong[0]}", "See `cleanroom rollout start --help`.")
    _sources_must_be_there(room, plan)
    found = _approved(room, name)
    before, key = find(room, name), flag or name
    if not _KEY.fullmatch(key):
        hint = "Use up to 100 letters, digits, '.', '_' and '-', beginning with a letter or digit: --flag KEY"
        raise Misuse(f"{key[:100]!r} cannot be the flag of a rollout", hint)
    if before is not None and runs(before):
        raise Refused(f"a rollout of {name} is on already", f"See it: cleanroom rollout status {name}")
    if isinstance(before, RolledBack) and before.by is None and before.start.change == found.review.change:
        hint = "Make a new version of it; `cleanroom rollout status` shows what was counted."
        raise Refused(f"exactly this version of {name} was rolled back for what it did: {before.because}", hint)
    set_before = flag_of(room, key)
    _must_be_free(room, key, set_before)
    now, checked = room.clock.now(), found.review.checked
    assert checked is not None  # noqa: S101 - a cleared change has a run
    begun = RolloutStarted(
        name, found.review.change, checked.run, found.change.artifact.digest, key, plan, room.by, now
    )
    made = _flag(set_before, begun, _control(room, set_before), audience)
    rollout = Write(subject_of(name), version_of(before) if before else 0, begun)
    written = room.store.append([rollout, *flags.writes(room, made, name, set_before)])
    _still_approved(room, name, written[0].index)
    baking = find(room, name)
    if not isinstance(baking, Baking):
        raise Refused(
            f"the approval of {name} was voided while the rollout began: it is rolled back", "Check it again."
        )
    return baking


def _sources_must_be_there(room: Room, plan: Plan) -> None:
    wanted = {m.source for m in plan.metrics if m.source}
    known = {s.name for s in room.project.signals() if s.kind == "prometheus"} if wanted else set()
    for source in sorted(wanted - known):
        hint = f'Add [signals.{source}] with kind = "prometheus" to cleanroom.toml, see docs/rollout.md.'
        raise Misuse(f"there is no source of counts {source!r}", hint)


def _approved(room: Room, name: str) -> Standing:
    found = standing(room, name)
    if not isinstance(found.review.state, Cleared):
        raise Refused(f"{name} cannot be rolled out: {stands_against(found.review)}", what_next(found.review))
    if found.mapping is None:
        hint = "A dataset is rolled out by the pipeline that makes it: `cleanroom flag sql` gives it the same buckets."
        raise Refused(f"{name} is a dataset: only what is applied to single events can be rolled out", hint)
    return found


def _still_approved(room: Room, name: str, index: int) -> None:
    """What was signed or run between the look and the append counts as well: then the rollout ends as it began."""
    if isinstance(standing(room, name).review.state, Cleared):
        return
    now = find(room, name)
    if isinstance(now, Baking):
        because = "the approval was voided while the rollout began"
        fact = RolloutRolledBack(now.weighed, f"{because} (entry {index})", None, room.clock.now())
        room.store.append([Write(subject_of(name), now.version, fact)])


def _must_be_free(room: Room, key: str, flag: served.Standing | None) -> None:
    if flag is None:
        return
    if flags.serving(room, flag) is not None:
        raise Refused(
            f"the flag {key} serves the rollout of {flag.rollout}",
            "Wait for it, abort it, or roll out behind another flag: --flag KEY",
        )
    if flag.killed is not None:
        raise Refused(f"the flag {key} was killed: {flag.killed.because}", f"First: cleanroom flag restore {key}")


def _control(room: Room, flag: served.Standing | None) -> str:
    """What people have now behind that flag: the artifact that was promoted last, '' for nothing."""
    if flag is None:
        return ""
    last = find(room, flag.rollout) if flag.rollout else None
    if isinstance(last, Promoted) and served.is_of(last, flag):
        return str(last.start.artifact)
    value = flag.flag.variants.get(flag.flag.rest, "")
    return value if isinstance(value, str) else ""


def _flag(before: served.Standing | None, begun: RolloutStarted, control: str, audience: Rule) -> Flag:
    """The rollout's flag. A key that was put somewhere stays there: hash, space and rules are those of before."""
    split = Split(CANDIDATE, 0, begun.plan.holdout)
    variants = {CONTROL: control, CANDIDATE: str(begun.artifact)}
    about = {"change": begun.name, "run": str(begun.run)}
    if before is None:
        return Flag(begun.flag, variants, CONTROL, split=split, audience=audience, metadata=about)
    old = before.flag
    if set(old.variants) - set(variants):
        hint = "Begin it behind a flag of its own: --flag KEY"
        raise Refused(f"the flag {old.key} has variants of its own: {', '.join(sorted(old.variants))}"[:200], hint)
    return replace(
        old,
        variants=variants,
        safe=CONTROL,
        control="",
        split=split,
        audience=old.audience if audience is None else audience,
        metadata={**old.metadata, **about},
    )
