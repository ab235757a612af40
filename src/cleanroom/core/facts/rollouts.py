"""What happens to flags and rollouts. What everybody is served follows from these entries and from nothing else."""

from __future__ import annotations

from typing import Literal

from cleanroom.core.base import Digest, Instant, noun
from cleanroom.core.facts.people import By
from cleanroom.core.flags.flag import Flag
from cleanroom.core.rollout.plan import Plan
from cleanroom.core.rollout.weighed import Weighed


@noun
class FlagSet:
    """The flag is this from now on, whole. Its share of a running rollout, and a kill, are entries of their own.

    `rollout`: the change whose rollout it serves, '' for a flag of its own. Subject `flag/<key>`.
    """

    flag: Flag
    rollout: str
    by: By
    at: Instant
    kind: Literal["flag_set"] = "flag_set"


@noun
class FlagKilled:
    """Off for all, at once: everybody gets the safe variant. Subject `flag/<key>`."""

    flag: str
    because: str
    by: By
    at: Instant
    kind: Literal["flag_killed"] = "flag_killed"


@noun
class FlagRestored:
    """As before the kill. Subject `flag/<key>`."""

    flag: str
    by: By
    at: Instant
    kind: Literal["flag_restored"] = "flag_restored"


@noun
class RolloutStarted:
    """An approved change begins to reach people behind `flag`. Subject `rollout/<change>`, as all below.

    `change`, `run`: exactly what was approved; `artifact`: what the candidate's variant serves.
    """

    name: str
    change: Digest
    run: Digest
    artifact: Digest
    flag: str
    plan: Plan
    by: By
    at: Instant
    kind: Literal["rollout_started"] = "rollout_started"


@noun
class RolloutWeighed:
    """More was counted, and it decided nothing: waiting is the default."""

    weighed: Weighed
    because: str
    at: Instant
    kind: Literal["rollout_weighed"] = "rollout_weighed"


@noun
class RolloutAdvanced:
    """The next phase began: `step` counts from 0."""

    step: int
    weighed: Weighed
    because: str
    at: Instant
    kind: Literal["rollout_advanced"] = "rollout_advanced"


@noun
class RolloutHeld:
    """It stays at its share until somebody resumes or aborts it. `by`: None where the reconciler held it."""

    weighed: Weighed
    because: str
    by: By | None
    at: Instant
    kind: Literal["rollout_held"] = "rollout_held"


@noun
class RolloutResumed:
    """It goes on, and has the plan's limit once more."""

    by: By
    at: Instant
    kind: Literal["rollout_resumed"] = "rollout_resumed"


@noun
class RolloutRolledBack:
    """It is over: everybody gets the control. This entry is the rollback. `by`: None where the evidence did it."""

    weighed: Weighed
    because: str
    by: By | None
    at: Instant
    kind: Literal["rollout_rolled_back"] = "rollout_rolled_back"


@noun
class RolloutPromoted:
    """It is over: everybody but the holdout gets the candidate. `artifact`: what was published."""

    weighed: Weighed
    because: str
    artifact: Digest
    at: Instant
    kind: Literal["rollout_promoted"] = "rollout_promoted"


@noun
class RolloutObserved:
    """The battery ran on what the candidate itself made while it baked. It counts here, and voids no approval."""

    run: Digest
    outcome: Literal["PASS", "WARN", "UNKNOWN", "FAIL"]
    because: str
    step: int
    at: Instant
    kind: Literal["rollout_observed"] = "rollout_observed"
