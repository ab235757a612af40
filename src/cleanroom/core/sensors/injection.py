"""Does somebody try to take over the model, or did a secret mark come out? Attacks in what it read, canaries in what it said."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from cleanroom.core.base import Instant, noun
from cleanroom.core.sensors.result import MOST, Over, Quiet, Result, TooFew
from cleanroom.core.stats.intervals import share_lower

_ALPHA = 0.001

LEAK = "canary "
"""Begins what an Over is about, where a mark came out."""


@noun
class Injection:
    """Calls of `system` in the last `window` seconds: attacks in inputs and sources, and marks named `canaries` in outputs.

    `most`: the share of calls that may hold what looks like an attack; a mark that came out is over at once.
    """

    system: str
    most: float = 0.03
    canaries: tuple[str, ...] = ()
    window: float = 86_400.0
    kind: Literal["injection"] = "injection"

    def judge(self, found: Attempts, at: Instant) -> Result:
        """Over for a mark that came out, else when the lower limit of the share (Clopper and Pearson) is above `most`."""
        covers = f"{found.of:,} calls" + (f"; {found.unread:,} more were not read" if found.unread else "")
        if not found.of:
            return TooFew(covers, "calls whose texts are kept")
        seen = f"{found.attacks:,} of {found.of:,} calls" + (
            f", {len(self.canaries)} canaries" if self.canaries else ""
        )
        bound = f"at most {self.most:.2%} of calls" + (", no canary" if self.canaries else "")
        low = float(share_lower(found.attacks, found.of, _ALPHA))
        if not found.leaks and low <= self.most:
            return Quiet(covers, seen, bound)
        said = []
        if found.leaks:
            names = ", ".join(f"{name} ({n:,} times)" for name, n in sorted(found.leaks.items()))
            said.append(f"a mark that belongs nowhere else came out in answers: {names}")
        if low > self.most:
            share = found.attacks / found.of
            said.append(f"{found.attacks:,} of {found.of:,} calls ({share:.2%}) read what looks like an attack")
        about = (*(f"{LEAK}{name}" for name in sorted(found.leaks)), *(("attacks",) if low > self.most else ()))
        return Over("; ".join(said), bound, seen, found.since or at, covers, found.where[:MOST], about)


@noun
class Attempts:
    """Calls that read an attack, of so many that were looked at; marks that came out, by name, and how often.

    `where`: which calls, and what shows it, never the text itself; leaks first.
    """

    attacks: int
    of: int
    leaks: Mapping[str, int]
    where: tuple[str, ...] = ()
    since: Instant | None = None
    unread: int = 0
