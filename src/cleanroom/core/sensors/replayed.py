"""When would a sensor have fired on what was recorded, how much earlier than people, and how often for nothing?"""

from __future__ import annotations

from cleanroom.core.base import SECOND, Instant, instant, noun
from cleanroom.core.span import span
from cleanroom.core.stats.backtest import Claimed, poisson_upper

ALLOWED = 4.0
"""False alarms in 30 days that one accepts, where nothing else is said: one a week."""


@noun
class Replayed:
    """A sensor's looks from `since` to `until`: the moments at which it would have gone over its bound.

    looks, judged    how many, and how many of them had enough to tell
    over             it is over its bound at the end
    days, alarms, upper    the days on which it could judge, its alarms there (once a day, or a window, at most), and the most in
                     30 days that this leaves possible, were there no incident among it; None without such days
    """

    sensor: str
    since: Instant
    until: Instant
    looks: int
    judged: int
    fired: tuple[Instant, ...]
    over: bool
    days: float
    alarms: int
    upper: float | None


@noun
class Backtest:
    """One incident against a sensor that was not there, or not so, when it happened.

    fired      when it would have been over its bound for the first time after the incident began; None: not at all
    own        microseconds by which that is before people found it; below 0: after; None where it did not fire
    lead       what may be claimed for the next incident: the smaller one of `own` and of the lead of the rule that is chosen
               on the history alone, with every incident left out; None: nothing may be claimed
    days, alarms, upper    history without incidents on which it could judge; its alarms there, which are false ones; the most
               in 30 days that this leaves possible (Poisson, one-sided 95%; None: no history); `allowed`: how many are accepted
    window, threshold      of the rule that the history alone says (seconds); 0 where it says none
    late       microseconds by which signals came later than it waits for, 9 of 10 of them; taken off. None: not known any more
    earlier    it would have fired before people found it, with no more false alarms than are accepted, both shown
    because    one paragraph that says all of it, also what keeps it from claiming
    """

    sensor: str
    began: Instant
    detected: Instant
    fired: Instant | None
    own: int | None
    lead: int | None
    days: float
    alarms: int
    upper: float | None
    allowed: float
    window: float
    threshold: float
    late: int | None
    earlier: bool
    because: str


@noun
class Seen:
    """What a replay of one incident found; microseconds. `already`: it was over its bound when the incident began.

    `own`: the lead of the sensor; `other`: that of the rule which the history says; None: it did not fire.
    `lowest`: the lowest threshold of the sensor's own window that the history bears out; None without.
    """

    detected: int
    fired: int | None
    other: int | None
    already: bool
    claimed: Claimed
    allowed: float
    threshold: float
    lowest: float | None
    late: int | None
    chosen: bool

    @property
    def own(self) -> int | None:
        """Before people found it."""
        return None if self.fired is None else self.detected - self.fired

    @property
    def shown(self) -> bool:
        """Are its false alarms shown to be within what is allowed?"""
        return self.claimed.upper <= self.allowed

    @property
    def lead(self) -> int | None:
        """What may be claimed."""
        if self.own is None or self.other is None or not self.shown or not self.chosen:
            return None
        return min(self.own, self.other)

    @property
    def earlier(self) -> bool:
        """Before people found it, and within the false alarms that are accepted."""
        return self.shown and self.own is not None and self.own > 0


def days_needed(allowed: float) -> float:
    """Days without a single alarm that show that there are at most so many in 30 days."""
    return poisson_upper(0, 1.0) / allowed


def sentence(seen: Seen) -> str:
    """All of it for a person."""
    return " ".join(part for part in (_fired(seen), _late(seen), _claim(seen), _false(seen)) if part)


def _fired(seen: Seen) -> str:
    before = "It was over its bound before the incident began, which is a false alarm. " if seen.already else ""
    if seen.fired is None:
        return f"{before}It would not have fired on this incident."
    at, own = instant(seen.fired)[:16].replace("T", " "), seen.detected - seen.fired
    when = "before" if own > 0 else "after"
    return f"{before}It would have fired at {at} UTC, {span(abs(own) / SECOND)} {when} the incident was found."


def _late(seen: Seen) -> str:
    if seen.fired is None:
        return ""
    if seen.late is None:
        return "How late its signals came is not known any more: what came late counts at the time of its call."
    return f"Signals came up to {span(seen.late / SECOND)} late, which is taken off." if seen.late else ""


def _claim(seen: Seen) -> str:
    if seen.own is None or seen.own <= 0:
        return ""
    if not seen.shown:
        return "No lead is claimed, since its false alarms are not shown to be few enough."
    if not seen.chosen:
        return "No lead is claimed for the next one: the history is too short to choose a rule without this incident."
    if seen.other is None or seen.other <= 0:
        return "No lead is claimed for the next one: the rule that is chosen without this incident does not find it earlier."
    lead = f"A lead of {span(min(seen.own, seen.other) / SECOND)} may be claimed"
    return f"{lead}: the smaller one of its own and that of the rule which is chosen without this incident."


def _false(seen: Seen) -> str:
    found, allowed = seen.claimed, f"{seen.allowed:g} in 30 days are accepted"
    if found.days <= 0:
        return f"There is no history without incidents on which it could judge: {allowed}, and nothing shows how many there are."
    times = "once" if found.alarms == 1 else f"{found.alarms} times"
    what = f"In {found.days:.1f} days without incidents it alarms {times}, that is at most {found.upper:.2g} in 30 days (95%)"
    if seen.shown:
        return f"{what}; {allowed}."
    if found.days < days_needed(seen.allowed):
        return f"{what}; {allowed}, and to show that takes {days_needed(seen.allowed):.0f} days."
    hint = f" A threshold of {seen.lowest:.3g} or more would do." if seen.lowest is not None else ""
    return f"{what}: too many, {allowed}.{hint}"
