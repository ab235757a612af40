"""A project with a register and SLOs, traffic of its calls, and people who label; all of it in memory but the files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from tests.projects import FixedClock

from cleanroom.adapters.memory.alarms import MemoryAlarms
from cleanroom.adapters.memory.calls import MemoryCalls
from cleanroom.adapters.memory.counts import MemoryCounts
from cleanroom.adapters.memory.desk import MemoryDesk
from cleanroom.adapters.memory.outbox import MemoryOutbox
from cleanroom.adapters.memory.store import MemoryStore
from cleanroom.app.queue import work
from cleanroom.app.room import Room
from cleanroom.app.slo.labels import labels_of
from cleanroom.app.slo.read import named
from cleanroom.core.alert import Signal
from cleanroom.core.base import Instant, instant, micros
from cleanroom.core.call import Call
from cleanroom.core.facts import AlertGrew, AlertOpened
from cleanroom.wiring import room as real_room

MINUTE, HOUR, DAY = 60_000_000, 3_600_000_000, 86_400_000_000
ANA, BO = "ana@shop.example", "bo@shop.example"
SYSTEM = "shop-assistant"
SETTINGS = f'name = "shop"\n[roles]\nreviewer = ["{ANA}", "{BO}"]\n[queue]\ncapacity = 5000\n'
REGISTER = f"""
name: {SYSTEM}
does: Answers questions about orders and goods.
owners: [{ANA}]
tier: limited
oncall:
  rota: [{ANA}, {BO}]
sources:
  - {{name: profiles, data: data/profiles.csv, fresh_hours: 6}}
retention: {{calls_days: 90, texts_days: 30}}
"""


def slo_text(name: str, indicator: str, target: float = 0.995, more: str = "", window: str = "30d") -> str:
    """An OpenSLO file. `indicator`: the YAML of its spec, on one line."""
    return f"""apiVersion: openslo/v1
kind: SLO
metadata: {{name: {name}}}
spec:
  service: {SYSTEM}
  indicator:
    metadata: {{name: {name}}}
    spec: {indicator}
  timeWindow: [{{duration: {window}, isRolling: true}}]
  budgetingMethod: Occurrences
  objectives: [{{target: {target}{more}}}]
"""


def ratio(spec: str) -> str:
    """A ratio of ours, by the spec of its bad ones."""
    return "{ratioMetric: {counter: true, bad: " + _source(spec) + ", total: " + _source("") + "}}"


def threshold(spec: str) -> str:
    """A threshold of ours."""
    return "{thresholdMetric: " + _source(spec) + "}"


def prometheus(good: str, total: str, source: str = "prom") -> str:
    """A ratio that Prometheus counts."""
    one, other = (
        "{metricSource: {type: Prometheus, metricSourceRef: " + source + ", spec: {query: '" + q + "'}}}"
        for q in (good, total)
    )
    return "{ratioMetric: {counter: true, good: " + one + ", total: " + other + "}}"


def _source(spec: str) -> str:
    return "{metricSource: {type: cleanroom, spec: {" + spec + "}}}"


ERRORS = slo_text("no-errors", ratio("metric: error"))
TRUE = slo_text("answers-true", ratio("metric: hallucination, labelled: true"))


@dataclass
class Ward:
    """The room, its clock, and what is true of each call."""

    room: Room
    clock: FixedClock
    truth: dict[str, bool] = field(default_factory=dict)

    @property
    def now(self) -> int:
        """Microseconds since 1970 UTC."""
        return micros(self.clock.at)

    def later(self, minutes: float) -> Instant:
        """Move the clock."""
        self.clock.at = instant(self.now + round(minutes * MINUTE))
        return self.clock.at

    def signals(self) -> list[Signal]:
        """What was told, in its order."""
        facts = (e.fact for e in self.room.store.entries())
        return [s for f in facts if isinstance(f, AlertOpened | AlertGrew) for s in f.signals]

    def label(self, name: str, most: int = 10_000) -> int:
        """People decide on what waits, as it is true; how many."""
        reviewer = replace(self.room, operator=ANA, proof="session")
        done = 0
        for found in labels_of(self.room, named(self.room, name)):
            if found.bad is None and done < most:
                if self.truth[found.drawn.call]:
                    work.reject(reviewer, found.drawn.output, "wrong_fact")
                else:
                    work.approve(reviewer, found.drawn.output)
                done += 1
        return done


def ward(folder: Path, *slos: str, register: str = REGISTER, settings: str = SETTINGS) -> Ward:
    """A project on disk, everything else in memory, at a time that the test sets."""
    for name in ("systems", "slos", "data"):
        (folder / name).mkdir(parents=True)
    (folder / "cleanroom.toml").write_text(settings, "utf-8")
    (folder / "systems" / "assistant.yaml").write_text(register, "utf-8")
    for place, text in enumerate(slos):
        (folder / "slos" / f"s{place}.yaml").write_text(text, "utf-8")
    (folder / "data" / "profiles.csv").write_text("at,id\n2026-11-22T08:00:00Z,1\n", "utf-8")
    clock = FixedClock()
    made = replace(
        real_room(folder, ANA),
        clock=clock,
        store=MemoryStore(),
        desk=MemoryDesk(),
        outbox=MemoryOutbox(),
        alarms=MemoryAlarms(),
        calls=MemoryCalls(),
        counts=MemoryCounts("prom"),
    )
    return Ward(made, clock)


def call(id: str, at: int, metrics: Mapping[str, bool | float], **more: Any) -> Call:
    """A call of the system with an answer."""
    made = Call(
        id=id,
        trace=id,
        parent="",
        system=SYSTEM,
        feature="",
        variant="",
        operation="chat",
        tool="",
        provider="",
        model="m-1",
        prompt="answer@3",
        conversation="",
        who="",
        at=at,
        took=800_000,
        arrived=at,
        error="",
        metrics=metrics,
        input=f"where is order {id}?",
        output=f"order {id} is on its way",
    )
    return replace(made, **more)


def errors(home: Ward, hours: float, hourly: float, rate: float, seed: int = 1) -> None:
    """Calls of the last `hours`, of which so many fail."""
    chance = np.random.default_rng(seed)
    count = int(chance.poisson(hourly * hours))
    moments = np.sort(chance.integers(home.now - int(hours * HOUR), home.now, count))
    bad = chance.random(count) < rate
    home.room.calls.record([call(f"{seed}-{i}", int(moments[i]), {"error": bool(bad[i])}) for i in range(count)])


def answers(
    home: Ward, days: float, count: int, rate: float, seed: int = 1, *, sees: float = 0.85, cries: float = 0.03
) -> int:
    """Answers of the last `days`: `rate` of them are made up; the detector sees `sees` of those and cries wolf on `cries` of
    the others. How many are made up.
    """
    chance = np.random.default_rng(seed)
    moments = np.sort(chance.integers(home.now - int(days * DAY), home.now, count))
    bad = np.zeros(count, bool)
    bad[chance.choice(count, round(rate * count), replace=False)] = True
    flags = np.where(bad, chance.random(count) < sees, chance.random(count) < cries)
    made = [call(f"{seed}-{i}", int(moments[i]), {"hallucination": bool(flags[i])}) for i in range(count)]
    home.room.calls.record(made)
    home.truth |= {c.id: bool(b) for c, b in zip(made, bad, strict=True)}
    return int(bad.sum())
