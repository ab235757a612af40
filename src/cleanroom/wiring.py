"""Which real adapters stand behind the ports? The only place that names them; each is imported when it is first needed."""

from __future__ import annotations

import getpass
import os
from pathlib import Path
from typing import TYPE_CHECKING

from cleanroom.core.base import Misuse
from cleanroom.ports.engine import Table
from cleanroom.ports.project import ModelSettings

if TYPE_CHECKING:
    from cleanroom.app.room import Room
    from cleanroom.ports.artifacts import Artifacts
    from cleanroom.ports.engine import Engine
    from cleanroom.ports.model import Model
    from cleanroom.ports.project import Project
    from cleanroom.ports.validator import Validator

STATE = ".cleanroom"
EMBEDDED = ModelSettings("local", "local")


def validator() -> Validator:
    """The JSON Schema validator."""
    from cleanroom.adapters.jsonschema_rs.validator import JsonSchemaRs

    return JsonSchemaRs()


def engine() -> Engine:
    """The engine; it needs no project."""
    from cleanroom.adapters.duckdb.engine import DuckDBEngine

    return DuckDBEngine(validator())


def project(start: Path | None = None) -> Project:
    """The project in `start` or the nearest folder above it; `start` may also be a plan file outside any project."""
    from cleanroom.adapters.project.disk import open_project

    return open_project(start or Path(), validator())


def artifacts(folder: Path) -> Artifacts:
    """Files below `folder`, written whole or not at all."""
    from cleanroom.adapters.artifacts import FileArtifacts

    return FileArtifacts(folder)


def models(start: Path | None = None) -> tuple[tuple[ModelSettings, str], ...]:
    """The models that the project in `start` may ask, and why one cannot be used; the embedded one is always there."""
    from cleanroom.adapters.models import unready

    found = project(start)
    return tuple((settings, unready(settings, found.root)) for settings in (EMBEDDED, *found.models()))


def room(start: Path | None = None, operator: str | None = None) -> Room:
    """The project in `start` or the nearest folder above it, with its ledger. Raises Misuse where there is none."""
    from cleanroom.adapters.clock import SystemClock
    from cleanroom.adapters.sqlstore.sqlite import open_sqlite
    from cleanroom.app.room import Room

    found = project(start)
    state = found.root / STATE
    settings = {m.name: m for m in (EMBEDDED, *found.models())}

    def model(name: str, record: Path | None = None) -> Model:
        if name not in settings:
            raise Misuse(f"there is no model {name!r}", f"cleanroom.toml names: {', '.join(sorted(settings))}.")
        from cleanroom.adapters.models import model_for

        return model_for(settings[name], found.root, record)

    return Room(
        project=found,
        engine=engine(),
        store=open_sqlite(state / "ledger.db"),
        artifacts=artifacts(state / "runs"),
        clock=SystemClock(),
        operator=operator or who(found.root),
        model=model,
    )


def who(root: Path) -> str:
    """CLEANROOM_OPERATOR, else git's user.email, else the system's user: claimed, not proven."""
    from cleanroom.adapters.project.git import user_email

    return os.environ.get("CLEANROOM_OPERATOR", "").strip() or user_email(root) or getpass.getuser()


def table(text: str | None) -> Table | None:
    """`FILE` or `FILE.duckdb::TABLE`, relative to the folder that the person is in."""
    return None if text is None else Table.named(text)
