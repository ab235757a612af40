"""A shop whose assistant is watched: declared, promised, its telemetry of a day with a bad hour, a sensor and an alert."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from tests.slo_samples import ERRORS, REGISTER, SYSTEM, TRUE

from cleanroom.app import alerts
from cleanroom.app.room import Room
from cleanroom.app.sensors.run import run
from cleanroom.core.alert import Signal
from cleanroom.core.base import instant, micros
from cleanroom.core.call import Call, UserEvent

HOUR = 3_600_000_000
BAD_HOURS_AGO = 5
"""So many hours ago an hour began in which a third of the requests failed."""

STALE = "events-fresh"
"""The sensor that is over its bound: its file is older than it may be."""

FRESH = "profiles-fresh"
SENSORS = {
    FRESH: f"kind: freshness\nsystem: {SYSTEM}\nsource: profiles\n",
    STALE: "kind: freshness\ndata: data/events.csv\ntime: at\nmax_age: 6h\nblocks: ['*']\n",
}


def declare(folder: Path) -> None:
    """The register, the promises, and what is watched."""
    for name in ("systems", "slos", "sensors", "data"):
        (folder / name).mkdir(exist_ok=True)
    (folder / "systems" / "assistant.yaml").write_text(REGISTER, "utf-8")
    (folder / "slos" / "no-errors.yaml").write_text(ERRORS, "utf-8")
    (folder / "slos" / "answers-true.yaml").write_text(TRUE, "utf-8")
    for name, text in SENSORS.items():
        (folder / "sensors" / f"{name}.yaml").write_text(text, "utf-8")
    for name in ("profiles", "events"):
        (folder / "data" / f"{name}.csv").write_text("at,id\n2026-01-01T08:00:00Z,1\n", "utf-8")


def calls(now: int) -> list[Call]:
    """Requests of the last day, fewer at night; in one hour a third of them failed."""
    chance = np.random.default_rng(7)
    made = []
    for ago in range(24, 0, -1):
        for n in range(int(40 + 25 * np.sin(ago / 24 * 2 * np.pi))):
            bad = ago == BAD_HOURS_AGO and n % 3 == 0
            at = now - ago * HOUR + int(chance.integers(HOUR))
            took = float(chance.lognormal(0, 0.5))
            metrics = {
                "error": bad,
                "latency_s": took,
                "input_tokens": float(chance.integers(200, 900)),
                "output_tokens": float(chance.integers(20, 200)),
                "cost": float(chance.uniform(0.001, 0.004)),
                "unpriced": False,
                "hallucination": bool(chance.random() < 0.035),
                "score/groundedness": float(chance.beta(8, 1)),
            }
            made.append(
                Call(
                    id=f"{ago:032x}-{n:016x}", trace=f"{ago:032x}", parent="", system=SYSTEM,
                    feature=("orders", "returns")[n % 2], variant=("old", "new")[n % 5 == 0], operation="chat", tool="",
                    provider="openai", model=("mini-2", "mini-3")[ago < 8], prompt="answer@3",
                    conversation=f"c{ago}-{n // 3}", who="u" * 32, at=at, took=round(took * 1e6), arrived=at,
                    error="timeout" if bad else "", metrics=metrics, input="May I return unused shoes?",
                    output="Yes, within 30 days of delivery.", sources=("Returns: within 30 days, unused.",),
                )
            )  # fmt: skip
    return made


def now_of(work: Room) -> int:
    """Microseconds since 1970 UTC."""
    return micros(work.clock.now())


def watch(work: Room) -> None:
    """Take in the day, look once with the sensors, and tell of the bad hour."""
    now = now_of(work)
    events = [
        UserEvent(f"t{n}", SYSTEM, "ticket", now - n * HOUR, now - n * HOUR, words="It said something odd")
        for n in range(1, 4)
    ]
    work.calls.record(calls(now), events)
    run(work, tuple(SENSORS))
    since = instant(now - BAD_HOURS_AGO * HOUR)
    evidence = ("failed: 13 of 40", "promised: at most 0.5%")
    what = "requests failed 66 times as often as promised, for an hour"
    alerts.signal(
        work, Signal("slo/no-errors", SYSTEM, "critical", "error", what, since, work.clock.now(), evidence, "error")
    )
