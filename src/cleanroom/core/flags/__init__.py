"""Which variant does a key get? Flags, their shares of the traffic, their targeting rules, and what was decided."""

from cleanroom.core.flags.bucketing import HASH_VERSIONS, STEPS, HashVersion
from cleanroom.core.flags.evaluate import Evaluation, evaluate, not_found, stale, typed
from cleanroom.core.flags.flag import Flag, Split, exact, has_floats, killed, mistakes, moved, ramped, restored
from cleanroom.core.flags.reasons import ErrorCode, Reason

__all__ = [
    "HASH_VERSIONS",
    "STEPS",
    "ErrorCode",
    "Evaluation",
    "Flag",
    "HashVersion",
    "Reason",
    "Split",
    "evaluate",
    "exact",
    "has_floats",
    "killed",
    "mistakes",
    "moved",
    "not_found",
    "ramped",
    "restored",
    "stale",
    "typed",
]
