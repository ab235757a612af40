"""How many outputs may wait for a person, for how long, and when must a correction have come back?"""

from __future__ import annotations

from cleanroom.core.base import noun

_DAY = 86_400


@noun
class QueueRules:
    """[queue] of cleanroom.toml; times in seconds.

    `capacity`: outputs that may wait at once; what comes on top is held. `max_wait`: an output that waits longer is
    escalated. `lease`: how long a claimed output stays with its reviewer. `audit_share`: the share of accepted outputs
    that is looked at afterwards. `feedback_*`: when corrections of that risk must have been exported.
    """

    capacity: int = 500
    max_wait: int = 4 * 3600
    lease: int = 15 * 60
    audit_share: float = 0.02
    feedback_high: int = 7 * _DAY
    feedback_medium: int = 14 * _DAY
    feedback_low: int = 30 * _DAY
