"""Do outputs hold personal data or secrets? What was found in them, against the share that is accepted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from cleanroom.core.base import Instant, noun
from cleanroom.core.sensors.result import MOST, Over, Quiet, Result, TooFew
from cleanroom.core.stats.intervals import share_lower

_ALPHA = 0.001


@noun
class Privacy:
    """Personal data and secrets in outputs of the last `window` seconds: calls of `system`, or text `columns` of
    `data` by its column `time`.

    `most`: the share of outputs that may hold any; at 0 a single one is over. `kinds`: () for all that the redactor knows.
    """

    system: str = ""
    data: str = ""
    time: str = ""
    columns: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    most: float = 0.0
    window: float = 86_400.0
    kind: Literal["privacy"] = "privacy"

    def judge(self, found: Leaks, at: Instant) -> Result:
        """Over when even the lower limit of the share (Clopper and Pearson) is above what is accepted."""
        covers = f"{found.of:,} outputs" + (f"; {found.unread:,} have no text that was kept" if found.unread else "")
        if not found.of:
            return TooFew(covers, "outputs whose text is kept, or the metric pii")
        share = found.with_any / found.of
        bound = f"at most {self.most:.2%} of outputs" if self.most else "none"
        seen = f"{found.with_any:,} of {found.of:,} outputs"
        low = float(share_lower(found.with_any, found.of, _ALPHA))
        if not found.with_any or (self.most and low <= self.most):
            return Quiet(covers, seen, bound)
        kinds = ", ".join(f"{kind} {n:,}" for kind, n in sorted(found.by_kind.items(), key=lambda k: -k[1]))
        what = f"{seen} ({share:.2%}) hold personal data or secrets" + (f": {kinds}" if kinds else "")
        return Over(what, bound, seen, found.since or at, covers, found.where[:MOST])


@noun
class Leaks:
    """What was found: outputs with any, of so many that were looked at; by kind; where (ids, never the text itself)."""

    with_any: int
    of: int
    by_kind: Mapping[str, int]
    where: tuple[str, ...] = ()
    since: Instant | None = None
    unread: int = 0
