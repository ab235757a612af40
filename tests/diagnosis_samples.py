"""Incidents of one system with telemetry from before and since they began, for tests."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.slo_samples import ANA, DAY, HOUR, MINUTE, REGISTER, SYSTEM, Ward, call, ward

from cleanroom.app.incident.diagnose import diagnose
from cleanroom.app.room import Room
from cleanroom.core.base import instant
from cleanroom.core.call import Call
from cleanroom.core.facts.incidents import Category, IncidentOpened, IncidentSorted, Since
from cleanroom.core.facts.people import By
from cleanroom.core.incident.questions import Answered
from cleanroom.core.incident.state import subject_of
from cleanroom.core.ledger import Write

BEGAN_AGO = 2 * HOUR
DECLARED = REGISTER + "capabilities: [find_order, text]\n"


def broken(folder: Path, category: Category | None = None, register: str = DECLARED) -> Ward:
    """A project with incident 1, which began two hours ago and was detected an hour ago."""
    home = ward(folder, register=register)
    return declared(home, category)


def declared(home: Ward, category: Category | None) -> Ward:
    """The same of a project that is there."""
    opened = instant(home.now - HOUR)
    began = Since(instant(home.now - BEGAN_AGO), "the first bad call")
    by = By(ANA, "token")
    facts: list[Any] = [
        IncidentOpened(
            "1", "answers are wrong", (SYSTEM,), "sev2", began, opened, (), "", "", "", "a report", by, opened
        )
    ]
    if category is not None:
        facts.append(IncidentSorted("1", category, ("a test says so",), by, opened))
    home.room.store.append([Write(subject_of("1"), place, fact) for place, fact in enumerate(facts)])
    return home


def say(home: Ward, *, now: bool, n: int, name: str, metrics: Mapping[str, bool | float], **more: Any) -> list[Call]:
    """Keep n requests, spread over the two hours since it began or over the two days before; each in its own conversation."""
    length = BEGAN_AGO if now else 2 * DAY
    start = home.now - BEGAN_AGO if now else home.now - BEGAN_AGO - 2 * DAY
    talk = more.pop("conversation", None)
    made = [
        call(
            f"{name}-{i}", start + i * length // n + MINUTE // 2, {"error": False, **metrics},
            **{"conversation": talk or f"{name}-c{i}", **more},
        )
        for i in range(n)
    ]  # fmt: skip
    home.room.calls.record(made)
    return made


def asked(room: Room, question: str) -> Answered:
    """One answer of the diagnosis."""
    return next(a for a in diagnose(room, "1") if a.question.id == question)
