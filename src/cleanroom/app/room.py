"""The ports bundled: what a use case may ask of the outside."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cleanroom.ports.artifacts import Artifacts
from cleanroom.ports.clock import Clock
from cleanroom.ports.engine import Engine
from cleanroom.ports.model import Model
from cleanroom.ports.project import Project
from cleanroom.ports.store import Store


@dataclass(frozen=True, slots=True)
class Room:
    """One project, its ledger, and who is at work. `model(name, record)` opens a model; `record` is a file to record to."""

    project: Project
    engine: Engine
    store: Store
    artifacts: Artifacts
    clock: Clock
    operator: str
    model: Callable[[str, Path | None], Model]
