"""Outputs of an AI, and a project whose people review them, at a time that the test sets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.doors import Yard, yard

from cleanroom.app.queue.calibrate import Calibrated, calibrate
from cleanroom.app.room import Room
from cleanroom.core.base import digest
from cleanroom.core.output import Output

ANN, BOB, CY = "ann@shop.example", "bob@shop.example", "cy@shop.example"
BOT = "support-labels"
SURE = 0.99
HOUR = 3600


def office(
    folder: Path, capacity: int = 100, audit_share: float = 0.0, more: str = "", people: Sequence[str] = (ANN, BOB, CY)
) -> Yard:
    """A project with reviewers: three where nobody says whom."""
    named = ", ".join(f'"{p}"' for p in people)
    queue = f"[queue]\ncapacity = {capacity}\naudit_share = {audit_share}\n"
    return yard(folder, f'name = "shop"\n[roles]\nreviewer = [{named}]\n{queue}{more}')


def at_work(home: Yard, person: str = ANN) -> Room:
    """The room with that person in it."""
    return replace(home.room, operator=person)


def output(id: str = "", confidence: float | None = SURE, **changes: Any) -> Output:
    """An output with everything that it takes to skip review."""
    made = Output(
        system=BOT,
        input=f"what is {id or 'this'}?",
        output="billing",
        id=id,
        confidence=confidence,
        model="qwen3-8b",
        prompt="label",
        prompt_version="4",
    )
    return replace(made, **changes)


def trusted(room: Room, system: str = BOT, alpha: float = 0.05) -> Calibrated:
    """Put a cut-off in force: of cases above 0.9 next to none is wrong, of those below every second one."""
    cases = [(0.9 + i / 20_000, i % 100 == 0) for i in range(1000)] + [(0.5, i % 2 == 0) for i in range(400)]
    return calibrate(room, system, cases, digest(b"cases"), alpha, 0.05)
