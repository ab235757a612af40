"""Is the newest data new enough? A table by its moments or its file, a source of the register, or calls of a system."""

from __future__ import annotations

from typing import Literal

from cleanroom.core.base import SECOND, Instant, instant, micros, noun
from cleanroom.core.sensors.result import Over, Quiet, Result, TooFew
from cleanroom.core.span import span


@noun
class Freshness:
    """The age of the newest row is at most `max_age` seconds.

    Of `data`, by its column `time` ('': by when the file was written); or of the calls of `system`; or of a `source` of
    that system in the register, by what the register says of it, where `max_age` is 0.
    """

    max_age: float = 0.0
    data: str = ""
    time: str = ""
    system: str = ""
    source: str = ""
    kind: Literal["freshness"] = "freshness"

    def judge(self, newest: int | None, bound: float, now: Instant, later: int = 0) -> Result:
        """`newest`: microseconds since 1970 UTC, None without any; `bound`: seconds; `later`: those of the future."""
        what = self.data or self.source or f"calls of {self.system}"
        covers = what + (f"; not counted: {later:,} of a time that has not come yet" if later else "")
        if newest is None:
            return TooFew(covers, "anything with a moment that has been")
        age = max(0.0, (micros(now) - newest) / SECOND)
        allowed = span(bound)
        if age <= bound:
            return Quiet(covers, f"{span(age)} old", f"at most {allowed}")
        return Over(
            f"the newest of {what} is {span(age)} old, {allowed} are allowed",
            f"at most {allowed}",
            f"{span(age)} old",
            instant(newest + round(bound * SECOND)),
            covers,
            (f"newest: {instant(newest)}", f"looked: {now}"),
        )
