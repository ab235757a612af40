"""Does a system cost more than its frozen baseline and an allowance for growth explain?"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

import numpy as np

from cleanroom.core.base import noun
from cleanroom.core.sensors.daily import begin, named
from cleanroom.core.sensors.result import Over, Quiet, Result, TooFew
from cleanroom.core.stats import spend
from cleanroom.core.stats.spend import Baseline, Spend


@noun
class Cost:
    """What calls of `system` cost by day: the sums of their metric `metric`. `growth`: what a week may add, as a share."""

    system: str
    metric: str = "cost"
    growth: float = 0.02
    delay: float = 3600.0
    kind: Literal["cost"] = "cost"

    def judge(self, baseline: Baseline | spend.TooFew, days: Mapping[int, float], day: int) -> Result:
        """One day, by the days after the baseline up to it."""
        what = f"the {self.metric} of {self.system}"
        if isinstance(baseline, spend.TooFew):
            return TooFew(what, baseline.because)
        if day <= baseline.last:
            return TooFew(what, "a day after the baseline")
        found = spend.judge(baseline, list(days), list(days.values()), day)
        if not isinstance(found, Spend):
            return TooFew(what, found.because)
        covers = (
            f"{what}, against {baseline.known} days up to {named(baseline.last)} and {baseline.growth:.0%} more a week"
        )
        bound = f"a day at most {found.high:,.2f}; e-CUSUM at most {spend.BAR:,.0f}"
        seen = f"{found.seen:,.2f}, {found.expected:,.2f} expected"
        if not found.over:
            return Quiet(covers, seen, bound)
        since = day if found.since is None else found.since
        how = "on one day" if found.why == "day" else f"for days, since about {named(since)}"
        return Over(
            f"{self.system} costs {found.ratio:.1f} times what is expected, {how}: {seen}",
            bound,
            seen,
            begin(since),
            covers,
            (f"z of the day {found.z:+.1f}", f"e-CUSUM {found.evidence:,.0f}"),
            (self.metric,),
        )


def first_baseline(days: Mapping[int, float], growth: float) -> Baseline | spend.TooFew:
    """Of all these days."""
    return spend.frozen(list(days), list(days.values()), growth)


def moved(before: Baseline, days: Mapping[int, float], growth: float) -> Baseline | spend.TooFew:
    """The baseline when these days are right as they are: made of them where they suffice, else the old one at their level."""
    made = first_baseline(days, growth)
    if isinstance(made, Baseline) or not days:
        return made
    expected = np.array([before.weekdays[d % 7] for d in days])
    level = float(np.median(np.log(np.array(list(days.values())) + before.shift) - expected))
    if not math.isfinite(level):
        return made
    return replace(before, last=max(days), weekdays=tuple(w + level for w in before.weekdays), growth=growth)
