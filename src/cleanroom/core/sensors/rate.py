"""Are more calls (or outcomes of a flag) bad than may be, or dearer, or slower, over the last minutes? A share or a mean.

The rule is the family of core/stats/backtest.py, so that it can be replayed over what was recorded before anybody trusts it.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import gcd
from typing import Literal

from cleanroom.core.base import MINUTE, SECOND, Instant, noun
from cleanroom.core.sensors.result import MOST, Over, Quiet, Result, TooFew
from cleanroom.core.slo import Limit
from cleanroom.core.slo_status import percent
from cleanroom.core.span import span
from cleanroom.core.stats.backtest import OVER, TOO_FEW, Rule, said

Arm = Literal["", "candidate", "control", "other"]


@noun
class Rate:
    """Over when at least `least` events lie in the last `window` seconds and more than `threshold` of them are bad.

    Of calls of `system`, of all or of those with this feature, variant, model, prompt; or of outcomes of `flag`, of all or of
    one arm. A metric of numbers: its mean; with `above` or `below` the share of values beyond. `event/...`: how many for each
    request. `delay`: seconds for which calls are waited for.
    """

    metric: str
    threshold: float
    system: str = ""
    flag: str = ""
    feature: str = ""
    variant: str = ""
    model: str = ""
    prompt: str = ""
    arm: Arm = ""
    above: float | None = None
    below: float | None = None
    window: float = 86_400.0
    least: float = 50.0
    delay: float = 120.0
    kind: Literal["rate"] = "rate"

    @property
    def limit(self) -> Limit | None:
        """Which values are good, where that is asked."""
        if self.above is not None:
            return Limit("lte", self.above)
        return None if self.below is None else Limit("gte", self.below)

    @property
    def where(self) -> Mapping[str, str]:
        """The parts that calls are chosen by."""
        parts = {n: getattr(self, n) for n in ("feature", "variant", "model", "prompt")}
        return {name: value for name, value in parts.items() if value}

    @property
    def what(self) -> str:
        """What is measured, for a person: 'hallucination of shop-chat (feature advice)'."""
        beyond = "" if self.above is None else f" above {self.above:g}"
        beyond += "" if self.below is None else f" below {self.below:g}"
        only = ", ".join(f"{n} {v}" for n, v in (*self.where.items(), ("arm", self.arm)) if v)
        return f"{self.metric}{beyond} of {self.flag or self.system}" + (f" ({only})" if only else "")

    def rule(self, every: float, step: int) -> Rule:
        """It as a rule over steps of so many microseconds, with a look every so many seconds."""
        looks = max(1, round(every * SECOND) // step)
        return Rule(max(1, round(self.window * SECOND) // step), self.threshold, max(self.least, 1.0), looks)

    def judge(self, seen: Seen) -> Result:
        """What the window says."""
        covers = f"{seen.n:,.0f} of {self.what} in {span(self.window)}"
        state = int(said(seen.amount, seen.n, self.threshold, self.least))
        if state == TOO_FEW:
            return TooFew(covers, f"{self.least:,.0f} in {span(self.window)}; there are {seen.n:,.0f}")
        bound = f"at most {value_text(self.threshold, share=seen.share)}"
        figure = value_text(seen.amount / seen.n, share=seen.share)
        if state != OVER:
            return Quiet(covers, figure, bound)
        counts = f"{seen.amount:,.0f} of {seen.n:,.0f}" if seen.share else f"{seen.amount:,.6g} over {seen.n:,.0f}"
        what = f"{self.what} is {figure} in {span(self.window)} ({counts}), {bound}"
        return Over(what, bound, figure, seen.since, covers, seen.evidence[:MOST])


@noun
class Seen:
    """A window: what its `n` events amounted to; `share`: how many of them were bad. `since`: when it began, as far as known."""

    amount: float
    n: float
    share: bool
    since: Instant
    evidence: tuple[str, ...] = ()


def value_text(value: float, *, share: bool) -> str:
    """A share as a percentage, else the number."""
    return percent(value) if share else f"{value:.4g}"


def step_of(watch: Rate, every: float) -> int:
    """The longest step, of whole minutes, that both the window and the time from look to look are made of: microseconds."""
    minutes = [max(1, round(seconds * SECOND) // MINUTE) for seconds in (watch.window, every)]
    return gcd(*minutes) * MINUTE


def last_end(watch: Rate, now: int) -> int:
    """Up to which minute a look at `now` goes (microseconds): calls of later ones may still come in."""
    return (now - round(watch.delay * SECOND)) // MINUTE * MINUTE
