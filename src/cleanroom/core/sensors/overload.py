"""Does more go to people than was promised? The share that was passed on, against the share that was promised."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from cleanroom.core.base import Instant, noun
from cleanroom.core.sensors.result import MOST, Over, Quiet, Result, TooFew
from cleanroom.core.stats.intervals import share_lower

_ALPHA = 0.001
_LEAST = 20


@noun
class PassedOn:
    """`n` of `of` went to a person; by part (a feature), both; `since`: when the share was first above the promise."""

    n: int
    of: int
    by_part: Mapping[str, tuple[int, int]]
    what: str = "requests"
    since: Instant | None = None


@noun
class Overload:
    """What `system` passed on in the last `window` seconds.

    `most`: the share that may be; 0: what is left of the share that the cut-off in force lets skip review.
    """

    system: str
    most: float = 0.0
    window: float = 86_400.0
    kind: Literal["overload"] = "overload"

    def judge(self, found: PassedOn, promised: float | None, at: Instant) -> Result:
        """Over when even the lower limit of the share (Clopper and Pearson, one look in 1,000 by chance) is above it.

        `promised`: what the cut-off promises; None where none is in force.
        """
        covers = f"{found.of:,} {found.what}"
        bound = self.most or promised
        if bound is None:
            return TooFew(
                covers, "a promise: 'most' in the sensor's file, or a cut-off in force (cleanroom queue calibrate)"
            )
        if found.of < _LEAST:
            return TooFew(covers, f"{_LEAST} {found.what}, with a word on whether a person took over")
        low = float(share_lower(found.n, found.of, _ALPHA))
        says = f"at most {bound:.1%} of {found.what}"
        seen = f"{found.n:,} of {found.of:,} ({found.n / found.of:.1%})"
        if low <= bound:
            return Quiet(covers, seen, says)
        parts = sorted(found.by_part.items(), key=lambda p: -p[1][0])
        lines = tuple(f"{part or 'no feature'}: {n:,} of {of:,} ({n / of:.1%})" for part, (n, of) in parts if of)
        what = f"{self.system} passes {seen} of {found.what} on to people, {bound:.1%} was promised"
        return Over(what, says, seen, found.since or at, covers, lines[:MOST], ("escalations",))
