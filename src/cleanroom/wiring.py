"""Which real adapters stand behind the ports? The only place that names them; each is imported when it is first needed."""

from __future__ import annotations

import getpass
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cleanroom.core.base import Misuse

if TYPE_CHECKING:
    from cleanroom.adapters.sqlstore import SqlStore
    from cleanroom.app.access import Scope
    from cleanroom.app.room import Room
    from cleanroom.ports.artifacts import Artifacts
    from cleanroom.ports.clock import Clock
    from cleanroom.ports.engine import Engine, Table
    from cleanroom.ports.identity import Identity
    from cleanroom.ports.model import Models
    from cleanroom.ports.notifier import Notifier
    from cleanroom.ports.project import Project
    from cleanroom.ports.redactor import Redactor
    from cleanroom.ports.signer import Signer
    from cleanroom.ports.store import Beside, Store, Target
    from cleanroom.ports.tracker import Tracker
    from cleanroom.ports.validator import Validator

STATE = ".cleanroom"
TOKEN = "CLEANROOM_TOKEN"  # noqa: S105 - the name of a variable


def validator() -> Validator:
    """The JSON Schema validator."""
    from cleanroom.adapters.jsonschema_rs.validator import JsonSchemaRs

    return JsonSchemaRs()


def clock() -> Clock:
    """The wall clock."""
    from cleanroom.adapters.clock import SystemClock

    return SystemClock()


def engine() -> Engine:
    """The engine; it needs no project."""
    from cleanroom.adapters.duckdb.engine import DuckDBEngine

    return DuckDBEngine(validator())


def redactor() -> Redactor:
    """The recogniser of personal data and secrets."""
    from cleanroom.adapters.redactor import PatternRedactor

    return PatternRedactor()


class _Later:
    """An adapter that is loaded when it is first asked: most commands ask none, and a kill should not wait for it."""

    def __init__(self, load: Callable[[], object]) -> None:
        self._load = load
        self._made: object = None

    def __getattr__(self, name: str) -> Any:
        if self._made is None:
            self._made = self._load()
        return getattr(self._made, name)


def project(start: Path | None = None) -> Project:
    """The project in `start` or the nearest folder above it; `start` may also be a plan file outside any project."""
    from cleanroom.adapters.project.disk import open_project
    from cleanroom.adapters.project.outside import Outside

    return open_project(start or Path(), validator(), Outside(_columns, _runbooks))


def _columns(path: Path, named: str | None) -> tuple[str, ...]:
    """The names of a table's columns."""
    from cleanroom.ports.engine import Table

    return tuple(name for name, _ in engine().layout(Table(path, named)))


def _runbooks() -> tuple[str, ...]:
    """The categories of runbook that have a first step."""
    from cleanroom.app.alerts.first_steps import first_steps

    return tuple(first_steps())


def artifacts(folder: Path) -> Artifacts:
    """Files below `folder`, written whole or not at all."""
    from cleanroom.adapters.artifacts import FileArtifacts

    return FileArtifacts(folder)


def models(start: Path | None = None) -> Models:
    """The models that the project in `start` may ask."""
    from cleanroom.adapters.models import ProjectModels

    return ProjectModels(project(start))


def store_of(found: Project, *, create: bool = True) -> SqlStore:
    """The store that cleanroom.toml names; without a word there, .cleanroom/ledger.db. Raises Misuse where it is not there and
    is not to be made.
    """
    from cleanroom.adapters.sqlstore import address_of, open_sqlite, open_store

    address = address_of(found.store())
    if address:
        return open_store(address, found.path, create=create)
    return open_sqlite(found.root / STATE / "ledger.db", create=create)


@contextmanager
def stores(source: str, target: str) -> Iterator[tuple[Store, Target, Callable[[], Beside]]]:
    """The store at `source`, the one at `target`, made where it is absent, and what moves all but the ledger."""
    from cleanroom.adapters.sqlstore import open_store
    from cleanroom.adapters.sqlstore.move import move_beside

    with open_store(source, Path, create=False) as old, open_store(target, Path) as new:
        yield old, new, lambda: move_beside(old, new)


def room(start: Path | None = None, operator: str | None = None, scope: Scope = "sign-in") -> Room:
    """The project in `start` or the nearest folder above it, with its ledger. Raises Misuse where there is none.

    With CLEANROOM_TOKEN set, the token's person is at work, and has proven it; the token must open `scope`.
    """
    from cleanroom.adapters.clock import SystemClock
    from cleanroom.adapters.models import ProjectModels
    from cleanroom.adapters.prometheus import PrometheusCounts
    from cleanroom.adapters.sqlstore.accounts import SqlAccounts
    from cleanroom.adapters.sqlstore.alarms import SqlAlarms
    from cleanroom.adapters.sqlstore.calls import SqlCalls
    from cleanroom.adapters.sqlstore.desk import SqlDesk
    from cleanroom.adapters.sqlstore.jobs import SqlJobs
    from cleanroom.adapters.sqlstore.outbox import SqlOutbox
    from cleanroom.adapters.sqlstore.past import SqlPast
    from cleanroom.adapters.sqlstore.telemetry import SqlTelemetry
    from cleanroom.app.room import Room

    found = project(start)
    state = found.root / STATE
    store = store_of(found)
    made = Room(
        project=found,
        engine=_Later(engine),
        store=store,
        artifacts=artifacts(state / "runs"),
        clock=SystemClock(),
        operator=operator or who(found.root),
        models=ProjectModels(found),
        accounts=SqlAccounts(store),
        desk=SqlDesk(store),
        outbox=SqlOutbox(store),
        alarms=SqlAlarms(store),
        jobs=SqlJobs(store),
        telemetry=SqlTelemetry(store, state / "outcomes"),
        calls=SqlCalls(store, state / "calls"),
        counts=PrometheusCounts(found.signals),
        redactor=_Later(redactor),
        past=SqlPast(store),
        notifiers=lambda: _notifiers(found),
        trackers=lambda: _trackers(found),
        signer=lambda: _signer(found),
    )
    return at_work(made, os.environ.get(TOKEN, "").strip(), operator, made.operator, scope)


def at_work(made: Room, token: str, operator: str | None, claimed: str, scope: Scope) -> Room:
    """The room with that person at work: the token's, else whom the command `claimed`. Raises as `room` does."""
    return _proven(made, token, operator, scope) if token else replace(made, operator=claimed, proof="claimed")


def find_root(start: Path) -> Path | None:
    """The nearest folder, from `start` upwards, that is a project."""
    from cleanroom.adapters.project.root import find_root as found

    return found(start)


def _notifiers(found: Project) -> tuple[Notifier, ...]:
    """The channels of cleanroom.toml."""
    from cleanroom.adapters.notify import channels

    return channels(found.channels(), found.root)


def _trackers(found: Project) -> tuple[Tracker, ...]:
    """The trackers of cleanroom.toml."""
    from cleanroom.adapters.trackers import trackers

    return trackers(found.trackers(), clock())


def _signer(found: Project) -> Signer:
    """The ledger's key."""
    from cleanroom.adapters.signer import open_signer
    from cleanroom.formats.tlog import origin

    return open_signer(found.root / STATE / "keys", origin(found.name()))


def _proven(made: Room, text: str, operator: str | None, scope: Scope) -> Room:
    """The room with the token's person at work. Raises Refused for a token that opens nothing, Misuse for another name."""
    from cleanroom.app.access import Knock, check_token
    from cleanroom.core.policy import same

    person = check_token(made, text, scope, Knock("bearer", "this machine")).person
    if operator is not None and not same(operator, person):
        raise Misuse(f"--as names {operator!r}, but {TOKEN} holds a token of {person!r}", "Leave one of the two out.")
    return replace(made, operator=person, proof="token")


def identity(found: Project) -> Identity | None:
    """The organisation's identity provider, where [oidc] names one. Raises Misuse where its secret is missing."""
    settings = found.oidc()
    if settings is None:
        return None
    variable = settings.client_secret_env
    secret = os.environ.get(variable, "") if variable else ""
    if variable and not secret:
        raise Misuse(f"[oidc] takes its secret from {variable}, which is not set", f"Set {variable}, then start again.")
    from cleanroom.adapters.oidc import OidcProvider

    return OidcProvider(settings, secret)


def verifies(public: bytes, signature: bytes, message: bytes) -> bool:
    """Did the holder of that Ed25519 key sign this message?"""
    from cleanroom.adapters.signer import verifies as signed_by

    return signed_by(public, signature, message)


def who(root: Path) -> str:
    """CLEANROOM_OPERATOR, else git's user.email, else the system's user: claimed, not proven."""
    from cleanroom.adapters.project.git import user_email

    return os.environ.get("CLEANROOM_OPERATOR", "").strip() or user_email(root) or getpass.getuser()


def table(text: str | None) -> Table | None:
    """`FILE` or `FILE.duckdb::TABLE`, relative to the folder that the person is in."""
    from cleanroom.ports.engine import Table

    return None if text is None else Table.named(text)
