"""Traffic for a rollout on simulated time: people ask the flag, use what they are served, and say how it went."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from cleanroom.app.flags import one
from cleanroom.app.rollout.read import find
from cleanroom.app.rollout.watch import watch
from cleanroom.app.room import Room
from cleanroom.app.signals import record
from cleanroom.core.base import MINUTE, Instant, instant, micros
from cleanroom.core.flags import Flag, evaluate
from cleanroom.core.outcome import Outcome
from cleanroom.core.progress.state import Rollout, runs, start_of


@dataclass
class SimulatedClock:
    """Shows the moment that somebody set."""

    at: Instant

    def now(self) -> Instant:
        """That moment."""
        return self.at

    def later(self, minutes: float) -> None:
        """Go on by so many minutes; backwards where they are negative."""
        self.at = instant(micros(self.at) + round(minutes * MINUTE))


@dataclass(frozen=True, slots=True)
class Traffic:
    """`hourly`: uses an hour, by `people` different people. `bad`: by variant, the rate of bad ones of each metric.

    slower: by variant, how many times as slow as the control; every outcome has `latency_ms`.
    """

    hourly: float
    people: int
    bad: Mapping[str, Mapping[str, float]]
    slower: Mapping[str, float] = field(default_factory=dict)
    seed: int = 0

    def between(self, flag: Flag, begin: int, end: int, start: int) -> Iterator[Outcome]:
        """What applications report of these microseconds, in the order of time; the same whenever the rollout starts."""
        chance = np.random.default_rng([self.seed, zlib.crc32(b"%d" % (begin - start))])
        count = int(chance.poisson(self.hourly * (end - begin) / (60 * MINUTE)))
        moments = np.sort(chance.integers(begin, end, count))
        people = chance.integers(0, self.people, count)
        rolls = chance.random((count, max(1, max((len(m) for m in self.bad.values()), default=1))))
        slow = chance.lognormal(5.0, 0.6, count)
        for place in range(count):
            key = f"user-{people[place]}"
            variant = evaluate(flag, {"targetingKey": key}).variant
            rates = self.bad.get(variant, {})
            metrics: dict[str, bool | float] = {
                name: bool(rolls[place, n] < rate) for n, (name, rate) in enumerate(sorted(rates.items()))
            }
            metrics["latency_ms"] = round(float(slow[place]) * self.slower.get(variant, 1.0), 1)
            at = int(moments[place])
            yield Outcome(f"{self.seed}-{at}-{place}", flag.key, variant, key, instant(at), metrics)


def minutes_of(
    room: Room, clock: SimulatedClock, name: str, traffic: Traffic, step: float = 15.0, most: float = 72 * 60
) -> Iterator[Rollout]:
    """Let time pass until the rollout of `name` is over or held, `step` minutes at a time; how it stands after each."""
    passed = 0.0
    while passed < most:
        report(room, clock, name, traffic, step)
        passed += step
        watch(room)
        found = find(room, name)
        if found is None:
            return
        yield found
        if not runs(found):
            return


def report(room: Room, clock: SimulatedClock, name: str, traffic: Traffic, minutes: float) -> Sequence[Outcome]:
    """Let so many minutes pass, with what applications report in them; those outcomes."""
    begin = micros(clock.at)
    clock.later(minutes)
    rollout = find(room, name)
    if rollout is None:
        return ()
    start = start_of(rollout)
    made = tuple(traffic.between(one(room, start.flag).flag, begin, micros(clock.at), micros(start.at)))
    if made:
        record(room, made)
    return made
