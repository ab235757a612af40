"""From when to when is an incident looked at, and how does a query say what it saw?"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cached_property

from cleanroom.app.alerts.read import systems_of
from cleanroom.app.room import Room
from cleanroom.core.base import DAY, HOUR, MINUTE, instant, micros, noun
from cleanroom.core.call import Call
from cleanroom.core.incident.compare import Asked
from cleanroom.core.incident.questions import Says
from cleanroom.core.incident.state import Detected
from cleanroom.core.register import System
from cleanroom.core.telemetry.metrics import REQUESTS
from cleanroom.ports.calls import ALL, Part

BEFORE = 7 * DAY
"""How long before its beginning is what was usual."""

ROWS = 5_000
"""Calls that are looked at one by one, the newest ones, before and since."""

_SPACE = re.compile(r"\s+")


@noun
class Told:
    """What a query says: `answer` is one sentence with its figures, `evidence` lines to check."""

    says: Says
    answer: str
    evidence: tuple[str, ...] = ()


def cannot(why: str) -> Told:
    """It could not tell, and why."""
    return Told("cannot tell", why)


class Look:
    """An incident's time in the stores, in microseconds: usual from `before` to `began`, and since then to `until`.

    It ends when the harm was contained. Where nothing on record says when it began, an hour before its detection is taken.
    """

    def __init__(self, room: Room, known: Detected) -> None:
        self.room = room
        self.known = known
        detected = micros(known.opened.detected)
        began = min(micros(known.began.at), detected) if known.began else detected - HOUR
        self.began = max(0, began // MINUTE * MINUTE)
        now = micros(room.clock.now())
        held = known.holds  # what was contained before it was opened again came back
        end = min(now, micros(held.at)) if held else now
        self.until = -(-max(end, self.began + MINUTE) // MINUTE) * MINUTE
        self.systems = known.systems
        self.before = max(0, self.began - BEFORE)

    @property
    def system(self) -> str:
        """Whose telemetry is looked at: the first system that it is about."""
        return self.known.system

    @cached_property
    def registered(self) -> System | None:
        """The system in the register; None where it is not there."""
        return next((s for s in systems_of(self.room.project) if s.name == self.system), None)

    @cached_property
    def silent(self) -> str:
        """Why there is no telemetry to look at; '' where there is some."""
        if not self.system:
            return "no system is known that it is about: nothing can be looked up"
        seen = next((s for s in self.room.calls.seen() if s.system == self.system), None)
        if seen is None:
            return f"no telemetry has come in from {self.system}"
        if not self.counts(ALL, now=True):
            return f"no calls of {self.system} came in since it began"
        return ""

    @cached_property
    def usual_from(self) -> int:
        """Where `before` begins in truth: telemetry may be younger."""
        first = next((s.first for s in self.room.calls.seen() if s.system == self.system), self.before)
        return max(self.before, min(first // MINUTE * MINUTE, self.began))

    @property
    def ratio(self) -> float:
        """The time since it began as a part of the time before; 0 where there was none."""
        usual = self.began - self.usual_from
        return (self.until - self.began) / usual if usual > 0 else 0.0

    def span(self, *, now: bool) -> tuple[int, int]:
        """Since it began, or before."""
        return (self.began, self.until) if now else (self.before, self.began)

    def sums(self, metric: str, part: Part | None = None, *, now: bool) -> dict[str, tuple[int, int, float]]:
        """By part ('' for all): how many calls had the metric, with how many it was bad, and the sum of its values."""
        since, until = self.span(now=now)
        if since >= until:
            return {}
        cells = self.room.calls.cells(self.system, metric, since, until, until - since, (part,) if part else ())
        return {c.parts[0] if part else "": (c.n, c.bad, c.total) for c in cells}

    def counts(self, metric: str, part: Part | None = None, *, now: bool) -> dict[str, float]:
        """By part: how many calls had the metric."""
        return {name: float(n) for name, (n, _, _) in self.sums(metric, part, now=now).items()}

    def spent(self, metric: str, part: Part | None = None, *, now: bool) -> dict[str, float]:
        """By part: the sum of the metric."""
        return {name: total for name, (_, _, total) in self.sums(metric, part, now=now).items()}

    def rate(self, metric: str, *, now: bool) -> tuple[int, int]:
        """How many calls had it, and with how many it was bad."""
        n, bad, _ = self.sums(metric, now=now).get("", (0, 0, 0.0))
        return n, bad

    def rows(
        self, where: Mapping[str, str] | None = None, bad: str = "", *, now: bool, limit: int = ROWS
    ) -> tuple[Call, ...]:
        """The newest calls, newest first."""
        since, until = self.span(now=now)
        return self.room.calls.rows(self.system, since, until, where or {}, bad, limit) if since < until else ()

    @cached_property
    def unit(self) -> str:
        """In what spending is counted: money, else tokens, else requests."""
        for metric in ("cost", "output_tokens"):
            if self.spent(metric, now=True).get("", 0.0) > 0:
                return metric
        return REQUESTS

    def asked(self, *, now: bool) -> list[Asked]:
        """The newest requests, with what each spent."""
        return self._asked_now if now else self._asked_before

    @cached_property
    def _asked_now(self) -> list[Asked]:
        return self._asked(now=True)

    @cached_property
    def _asked_before(self) -> list[Asked]:
        return self._asked(now=False)

    def _asked(self, *, now: bool) -> list[Asked]:
        return [
            Asked(
                c.at, c.conversation or c.trace, _same(c.input), (c.conversation, c.feature, c.variant, c.prompt),
                1.0 if self.unit == REQUESTS else float(c.metrics.get(self.unit, 0.0)),
                any(bool(c.metrics.get(m)) for m in (REQUESTS, "hallucination", "refused", "cut_off")),
            )
            for c in self.rows(now=now)
            if REQUESTS in c.metrics
        ]  # fmt: skip

    def when(self, moment: int) -> str:
        """A moment for a person."""
        return f"{instant(moment)[:16].replace('T', ' ')} UTC"


def _same(text: str) -> str:
    return _SPACE.sub(" ", text.casefold()).strip()[:500]


def share(part: float, whole: float) -> str:
    """3 of 20 as 15%."""
    return f"{part / whole:.0%}" if whole else "none"
