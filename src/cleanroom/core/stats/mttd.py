"""How long until somebody hears that an SLO is being broken? Expected times to detect, at today's traffic.

Of each way in which it can be heard: burn-rate rules that page, burn-rate rules that open a ticket, the watch over every
request. Forecasts for people; nothing is decided by them.
"""

from __future__ import annotations

from collections.abc import Sequence

from cleanroom.core.base import noun
from cleanroom.core.stats.burn import STANDARD, BurnRule, minutes_to_fire
from cleanroom.core.stats.rate_watch import Watch, minutes_to_detect, requests_for


@noun
class Mttd:
    """Expected hours from the rise to each alarm, None where it never comes; `traffic`: see `expected_mttd`."""

    page: float | None
    ticket: float | None
    watch: float | None
    traffic: float | None

    @property
    def soonest(self) -> float | None:
        """Hours until the first alarm that wakes somebody: a page, or the watch's."""
        return min((h for h in (self.page, self.watch) if h is not None), default=None)


def expected_mttd(
    rate_bad: float,
    objective: float,
    requests_an_hour: float,
    rules: Sequence[BurnRule] = STANDARD,
    watch: Watch | None = None,
    before: float = 0.0,
    within: float = 1.0,
) -> Mttd:
    """Expected hours to detect a bad rate that rises from `before` to `rate_bad` and stays there.

    objective: the share of bad outcomes that is allowed; the watch is one at this rate with one false alarm a year unless
    another is given. Where bad outcomes are what a detector flags, all rates, `objective` too, are rates of flags
    (strata.flagged_share, rate_watch.baseline). `traffic`: requests an hour from which on the watch needs at most `within`
    hours; None: at no traffic. Burn rates are for traffic that is thick enough for luck not to matter.
    """
    own = watch or Watch(objective)

    def soonest(pages: bool) -> float | None:
        times = [minutes_to_fire(rule, rate_bad, objective, before) for rule in rules if rule.pages == pages]
        return min((t / 60 for t in times if t is not None), default=None) if requests_an_hour > 0 else None

    found = minutes_to_detect(own, rate_bad, requests_an_hour)
    return Mttd(
        soonest(True),
        soonest(False),
        None if found is None else found / 60,
        requests_for(own, rate_bad, 60 * within),
    )
