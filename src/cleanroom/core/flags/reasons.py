"""Why was this value given? OpenFeature's standard reasons and error codes, and no others."""

from __future__ import annotations

from typing import Literal, get_args

Reason = Literal["STATIC", "DEFAULT", "TARGETING_MATCH", "SPLIT", "CACHED", "DISABLED", "STALE", "ERROR", "UNKNOWN"]
REASONS: tuple[Reason, ...] = get_args(Reason)

ErrorCode = Literal[
    "FLAG_NOT_FOUND", "PARSE_ERROR", "TYPE_MISMATCH", "TARGETING_KEY_MISSING", "INVALID_CONTEXT", "GENERAL"
]
ERROR_CODES: tuple[ErrorCode, ...] = get_args(ErrorCode)

Arm = Literal["candidate", "control", "holdout", "override", "targeting", "outside", "none", "safe"]
"""How a key came to its variant. `control` is the concurrent control of the same hash space and audience; `holdout` gets the
control's variant and never the candidate; `outside`: not of the audience; `none`: there is no split; `safe`: killed or failed."""


class Fault(Exception):
    """An evaluation cannot go on: the safe variant is served with `code`."""

    def __init__(self, code: ErrorCode, message: str) -> None:
        super().__init__(message)
        self.code: ErrorCode = code
