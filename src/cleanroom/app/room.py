"""The ports bundled: what a use case may ask of the outside."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cleanroom.core.facts import By, How
from cleanroom.ports.accounts import Accounts
from cleanroom.ports.alarms import Alarms
from cleanroom.ports.artifacts import Artifacts
from cleanroom.ports.calls import Calls
from cleanroom.ports.clock import Clock
from cleanroom.ports.counts import Counts
from cleanroom.ports.desk import Desk
from cleanroom.ports.engine import Engine
from cleanroom.ports.jobs import Jobs
from cleanroom.ports.model import Model, Models
from cleanroom.ports.notifier import Notifier
from cleanroom.ports.outbox import Outbox
from cleanroom.ports.past import Past
from cleanroom.ports.project import Project
from cleanroom.ports.redactor import Redactor
from cleanroom.ports.signer import Signer
from cleanroom.ports.store import Store
from cleanroom.ports.telemetry import Telemetry
from cleanroom.ports.tracker import Tracker


@dataclass(frozen=True, slots=True)
class Room:
    """One project, its ledger, and who is at work (`operator`, and by what `proof` we know).

    `signer()` opens the ledger's key, and makes it on first use. `notifiers` are the channels of cleanroom.toml, `trackers`
    its trackers.
    """

    project: Project
    engine: Engine
    store: Store
    artifacts: Artifacts
    clock: Clock
    operator: str
    models: Models
    accounts: Accounts
    desk: Desk
    outbox: Outbox
    alarms: Alarms
    jobs: Jobs
    telemetry: Telemetry
    calls: Calls
    counts: Counts
    redactor: Redactor
    past: Past
    notifiers: Callable[[], tuple[Notifier, ...]]
    trackers: Callable[[], tuple[Tracker, ...]]
    signer: Callable[[], Signer]
    proof: How = "claimed"

    def model(self, name: str, record: Path | None = None) -> Model:
        """The model of that name; `record` is a file to record to. Raises Misuse where there is none, or it is not set up."""
        return self.models.open(self.models.named(name), record)

    @property
    def by(self) -> By:
        """Who is at work, as facts hold it."""
        return By(self.operator, self.proof)
