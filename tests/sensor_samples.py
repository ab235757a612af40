"""Projects with sensors for tests: data by day in Parquet, a clock that the test moves, and a proven person at work."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import duckdb

from cleanroom.app.alerts.read import every
from cleanroom.app.room import Room
from cleanroom.core.alert import Signal
from cleanroom.core.alerts.grouping import Member
from cleanroom.core.alerts.state import Alert, base_of
from cleanroom.core.base import DAY, Instant, instant
from cleanroom.core.call import Call
from cleanroom.core.sensors.daily import number
from cleanroom.sim.rollouts import SimulatedClock
from cleanroom.wiring import room

FIRST = number("2026-06-01")
"""The first day of the data that tests make."""

HOUR = DAY // 24
TOML = 'name = "shop"\n[roles]\nowner = ["ana"]\n'


def at(day: int, hour: float = 7.0) -> Instant:
    """`hour` o'clock of the day with that number."""
    return instant(day * DAY + round(hour * HOUR))


def project(folder: Path, sensors: Mapping[str, str], toml: str = TOML) -> tuple[Room, SimulatedClock]:
    """A project with these files in sensors/, ana at work, who is proven; and its clock."""
    (folder / "sensors").mkdir(parents=True)
    (folder / "data").mkdir()
    (folder / "cleanroom.toml").write_text(toml)
    for name, text in sensors.items():
        (folder / "sensors" / f"{name}.yaml").write_text(text)
    clock = SimulatedClock(at(FIRST))
    return replace(room(folder, "ana"), clock=clock, proof="token"), clock


def write(file: Path, days: Iterable[int], make: Callable[[int], Mapping[str, Sequence[object]]]) -> Path:
    """One Parquet file with the rows of these days, each spread over its day in column `at`."""
    file.parent.mkdir(parents=True, exist_ok=True)
    whole: dict[str, list[object]] = {"at": []}
    for day in days:
        columns = make(day)
        n = len(next(iter(columns.values())))
        for name, values in columns.items():
            whole.setdefault(name, []).extend(values)
        whole["at"] += [day * DAY + i * DAY // max(n, 1) for i in range(n)]
    names = ['make_timestamp($at[i]) AS "at"', *(f'${n}[i] AS "{n}"' for n in whole if n != "at")]
    with duckdb.connect() as db:
        query = f"SELECT {', '.join(names)} FROM range(1, {len(whole['at']) + 1}) t(i)"
        db.execute(f"COPY ({query}) TO '{file}' (FORMAT PARQUET)", whole)
    return file


def call(n: int, day: int, **metrics: bool | float) -> Call:
    """A call of the system `assistant`."""
    at_ = day * DAY + n * 60_000_000 % DAY
    return Call(
        id=f"{day}-{n}", trace="t", parent="", system="assistant", feature="answers", variant="", operation="chat",
        tool="", provider="", model="m", prompt="p@1", conversation="", who="", at=at_, took=1000, arrived=at_, error="",
        metrics={"error": False, **metrics},
    )  # fmt: skip


def open_alerts(work: Room) -> list[Alert]:
    """The alerts that are not resolved."""
    return [s.alert for s in every(work) if s.going_on]


def said(work: Room) -> list[Signal]:
    """The signals of all alerts."""
    return [m.signal for m in _members(work)]


def all_ended(work: Room) -> bool:
    """Were there any, and has every one ended?"""
    members = _members(work)
    return bool(members) and all(m.ended is not None for m in members)


def _members(work: Room) -> list[Member]:
    return [m for s in every(work) for m in work.alarms.members(base_of(s.alert).id)]
