"""Where does a sensor stand? Folded from its entries in the ledger; what it holds up follows from that and nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Literal

from cleanroom.core.base import Digest, Instant, noun
from cleanroom.core.facts import (
    Fact,
    SensorCleared,
    SensorFailed,
    SensorRan,
    SensorRebased,
    SensorTripped,
    SensorUnblocked,
)
from cleanroom.core.ledger import LedgerEntry
from cleanroom.core.sensors.result import Failed, Over, Quiet, Result, TooFew

State = Literal["new", "quiet", "too_few", "over", "failed"]


@noun
class Standing:
    """`since`: when the state began; `looked`: the last entry of a look; `day`: the last one judged.

    `tripped`: the trip that is not unblocked yet. `baseline`: from when on the past counts; None for all of it.
    """

    sensor: str
    state: State = "new"
    since: Instant | None = None
    looked: Instant | None = None
    day: str = ""
    covers: str = ""
    seen: str = ""
    bound: str = ""
    what: str = ""
    about: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()
    tripped: SensorTripped | None = None
    baseline: Instant | None = None
    version: int = 0

    @property
    def blocks(self) -> str:
        """Why what depends on it has to wait; '' when it need not."""
        if self.tripped is not None:
            again = "" if self.state == "over" else "; it is within its bound again"
            return f"sensor {self.sensor} went over its bound: {self.tripped.what}{again}"
        if self.state == "failed":
            return f"sensor {self.sensor} could not look: {self.what}"
        return ""


def subject_of(name: str) -> str:
    """The ledger's subject of a sensor."""
    return f"sensor/{name}"


def standing_of(name: str, entries: Iterable[LedgerEntry], found: Standing | None = None) -> Standing:
    """After the entries of its subject, oldest first. `found`: before them."""
    now = found or Standing(name)
    for entry in entries:
        now = replace(_next(now, entry.fact), version=entry.version)
    return now


def _next(now: Standing, fact: Fact) -> Standing:
    match fact:
        case SensorRan():
            looked = replace(now, looked=fact.at, day=fact.day, covers=fact.covers, seen=fact.seen, bound=fact.bound)
            turned = looked if fact.state == now.state else _turned(looked, fact.state, fact.at)
            # What is still over keeps the evidence of its trip where a look adds none.
            return replace(
                turned, evidence=fact.evidence or (now.evidence if now.state == fact.state == "over" else ())
            )
        case SensorTripped():
            made = replace(
                now, looked=fact.at, day=fact.day, covers=fact.covers, seen=fact.seen, bound=fact.bound, what=fact.what,
                about=tuple(dict.fromkeys((*(now.about if now.state == "over" else ()), *fact.about))),
                evidence=fact.evidence, tripped=fact,
            )  # fmt: skip
            return made if now.state == "over" else replace(made, state="over", since=fact.since)
        case SensorFailed():
            return replace(_turned(now, "failed", fact.at), looked=fact.at, what=fact.why)
        case SensorCleared():
            looked = replace(now, looked=fact.at, day=fact.day, covers=fact.covers, seen=fact.seen)
            return replace(_turned(looked, "quiet", fact.at), evidence=fact.evidence)
        case SensorUnblocked():
            return replace(now, tripped=None)
        case SensorRebased():
            fresh = Standing(now.sensor, looked=now.looked, baseline=fact.since)
            return replace(fresh, since=fact.at)
        case _:
            return now


def _turned(now: Standing, state: State, at: Instant) -> Standing:
    """In another state; what was over is over no more."""
    if state == now.state:
        return now
    return replace(now, state=state, since=at, what="", about=(), evidence=())


def facts_of(now: Standing, definition: Digest, result: Result, day: str, at: Instant) -> tuple[Fact, ...]:
    """What a look adds to the ledger: what is news, and evidence once a day. `day`: the last one judged."""
    name = now.sensor
    match result:
        case Over():
            if now.state == "over" and set(result.about) <= set(now.about):
                return _daily(
                    now,
                    SensorRan(
                        name, definition, "over", day, result.covers, result.seen, result.bound, at, result.evidence
                    ),
                )
            return (
                SensorTripped(
                    name, definition, day, result.about, result.what, result.bound, result.seen, result.covers,
                    result.since, result.evidence, at,
                ),
            )  # fmt: skip
        case Failed():
            return (
                ()
                if now.state == "failed" and now.what == result.why
                else (SensorFailed(name, definition, result.why, at),)
            )
        case Quiet() if now.state == "over":
            return (SensorCleared(name, result.seen, result.covers, day, at, result.evidence),)
        case TooFew() if now.state == "over":
            return ()  # too few to tell is no all-clear
        case Quiet():
            seen = (result.covers, result.seen, result.bound, at, result.evidence)
            return _daily(now, SensorRan(name, definition, "quiet", day, *seen))
        case TooFew():
            lacks = (result.covers, result.missing, "", at, result.evidence)
            return _daily(now, SensorRan(name, definition, "too_few", day, *lacks))


def _daily(now: Standing, fact: SensorRan) -> tuple[SensorRan, ...]:
    """Unless today's entry says the same already."""
    same = now.state == fact.state and now.looked is not None and now.looked[:10] == fact.at[:10]
    return () if same and now.day == fact.day else (fact,)
