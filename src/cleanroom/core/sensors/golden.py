"""Do golden cases still come out right, and does production still look like what the change was made for?"""

from __future__ import annotations

from typing import Literal

from cleanroom.core.base import Instant, noun
from cleanroom.core.sensors.result import MOST, Over, Quiet, Result, TooFew

_ALPHA = 1e-4
"""One-sided error of a fall in production samples: at most about one in 27 years of looks once a day."""


@noun
class Golden:
    """The golden cases of mapping `change` are run; `fall`: how far their pass share may fall below the best since the baseline.

    With `data` (and its columns in the plan's roles), also the share of production's rows whose event name the mapping knows.
    """

    change: str
    data: str = ""
    fall: float = 0.0
    kind: Literal["golden"] = "golden"

    def judge(self, before: Passed | None, now: Passed, at: Instant) -> Result:
        """`before`: the best look since the baseline; None at the first."""
        covers = f"{now.cases} golden cases" + (f", {now.rows:,} production rows" if now.rows else "")
        if not now.cases and not now.rows:
            return TooFew(covers, "golden cases with an input, or production rows")
        seen = f"{now.right} of {now.cases} cases right" + (
            f", {now.known:,} of {now.rows:,} rows known" if now.rows else ""
        )
        bound = f"at most {self.fall:.0%} below the best look" if self.fall else "none below the best look"
        wrong = list(_fell(before, now, self.fall))
        if not wrong:
            return Quiet(covers, seen, bound)
        evidence = (*wrong, *(f"wrong: {c}" for c in now.wrong))
        return Over("; ".join(wrong), bound, seen, at, covers, evidence[:MOST])


@noun
class Passed:
    """A look: golden cases that were right, and production rows that the mapping knows. `wrong`: cases, and why."""

    right: int
    cases: int
    known: int = 0
    rows: int = 0
    wrong: tuple[str, ...] = ()

    @property
    def share(self) -> float:
        """Of golden cases that are right."""
        return self.right / self.cases if self.cases else 1.0


def better(one: Passed | None, other: Passed) -> Passed:
    """The best of both, cases and rows apart; a look with other cases begins anew."""
    if one is None or one.cases != other.cases:
        return other
    cases = one if one.share >= other.share else other
    rows = one if one.known * max(other.rows, 1) >= other.known * max(one.rows, 1) else other
    return Passed(cases.right, cases.cases, rows.known, rows.rows)


def _fell(before: Passed | None, now: Passed, fall: float) -> list[str]:
    # Without a look before, golden cases are still what is right: the first look can find them wrong.
    best = before.share if before is not None and before.cases == now.cases else 1.0
    out = []
    if now.cases and now.share < best - fall:
        out.append(f"{now.right} of {now.cases} golden cases come out right, {best:.0%} did before")
    if before is not None and before.rows and now.rows:
        from scipy import stats  # takes its time to load, and every command that knows of sensors would wait for it

        was = before.known / before.rows
        # the chance of as few known rows as now, did the share not fall by more than is allowed
        p = stats.binom.cdf(now.known, now.rows, max(was - fall, 0.0))
        if now.known / now.rows < was - fall and p < _ALPHA:
            now_share = now.known / now.rows
            out.append(
                f"the mapping knows {now.known:,} of {now.rows:,} production rows ({now_share:.1%}), {was:.1%} before"
            )
    return out
