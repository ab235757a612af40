"""Which real adapters stand behind the ports? The only place that names them."""

from __future__ import annotations

import getpass
import os
from pathlib import Path

from cleanroom.adapters.artifacts import FileArtifacts
from cleanroom.adapters.clock import SystemClock
from cleanroom.adapters.duckdb.engine import DuckDBEngine
from cleanroom.adapters.jsonschema_rs.validator import JsonSchemaRs
from cleanroom.adapters.project.disk import open_project
from cleanroom.adapters.project.git import user_email
from cleanroom.adapters.sqlstore.sqlite import open_sqlite
from cleanroom.app.room import Room
from cleanroom.core.base import Misuse
from cleanroom.ports.engine import Table
from cleanroom.ports.model import Model
from cleanroom.ports.project import ModelSettings

STATE = ".cleanroom"
EMBEDDED = ModelSettings("local", "local")


def room(start: Path | None = None, operator: str | None = None) -> Room:
    """The project in `start` or the nearest folder above it, with its ledger. Raises Misuse where there is none."""
    validator = JsonSchemaRs()
    project = open_project(start or Path(), validator)
    state = project.root / STATE
    settings = {m.name: m for m in (EMBEDDED, *project.models())}

    def model(name: str, record: Path | None = None) -> Model:
        if name not in settings:
            raise Misuse(f"there is no model {name!r}", f"cleanroom.toml names: {', '.join(sorted(settings))}.")
        from cleanroom.adapters.models import model_for

        return model_for(settings[name], project.root, record)

    return Room(
        project=project,
        engine=DuckDBEngine(validator),
        validator=validator,
        store=open_sqlite(state / "ledger.db"),
        artifacts=FileArtifacts(state / "runs"),
        clock=SystemClock(),
        operator=operator or who(project.root),
        model=model,
    )


def models(start: Path | None = None) -> tuple[ModelSettings, ...]:
    """The models that the project in `start` may ask; the embedded one is always there."""
    return (EMBEDDED, *open_project(start or Path(), JsonSchemaRs()).models())


def who(root: Path) -> str:
    """CLEANROOM_OPERATOR, else git's user.email, else the system's user: claimed, not proven."""
    return os.environ.get("CLEANROOM_OPERATOR", "").strip() or user_email(root) or getpass.getuser()


def table(text: str | None) -> Table | None:
    """`FILE` or `FILE.duckdb::TABLE`, relative to the folder that the person is in."""
    if text is None:
        return None
    path, mark, name = text.partition("::")
    return Table(Path(path), name if mark else None)
