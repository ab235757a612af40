"""What has been counted so far, and what it is evidence of: all that a later look needs, small enough for the ledger."""

from __future__ import annotations

from cleanroom.core.base import Instant, noun
from cleanroom.core.stats.canary import Evidence


@noun
class Series:
    """One comparison: a metric, and for a number the quantile of the control that it is held against (0: none).

    Users at risk and those of them who were bad, each once a block and summed over blocks: for people to read and for
    absolute promises, never for the comparison. `phase_*`: users at risk since the phase began.
    """

    metric: str
    level: float
    evidence: Evidence
    canary_n: int = 0
    canary_bad: int = 0
    control_n: int = 0
    control_bad: int = 0
    phase_canary: int = 0
    phase_control: int = 0


@noun
class Weighed:
    """The evidence of all blocks that end at `until` or before.

    new_canary, new_control: users whose first outcome of the phase came from that arm; `mismatch` is the log e-value of
    the phases before, against a fair assignment. `grave`: outcomes of the candidate of which one is too many. `apart`:
    outcomes left out because their variant was not the flag's.
    """

    until: Instant
    series: tuple[Series, ...] = ()
    new_canary: int = 0
    new_control: int = 0
    mismatch: float = 0.0
    grave: int = 0
    apart: int = 0
