"""A rollout on paper: a change that everybody signed, a ledger and outcomes in memory, and a clock that the test moves."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

from tests.review_samples import NAME, Paper, PaperProject

from cleanroom.adapters.artifacts import FileArtifacts
from cleanroom.adapters.memory.outbox import MemoryOutbox
from cleanroom.adapters.memory.telemetry import MemoryTelemetry
from cleanroom.app.review import decide
from cleanroom.app.rollout.start import start
from cleanroom.app.room import Room
from cleanroom.codec.change import mapping_json
from cleanroom.core.base import Digest, digest
from cleanroom.core.change import Mapping
from cleanroom.core.ledger import LedgerEntry
from cleanroom.core.policy import Need, Policy, Role
from cleanroom.core.progress.state import Baking, subject_of
from cleanroom.core.rollout.plan import HOUR, Metric, Plan
from cleanroom.ports.project import Channel
from cleanroom.sim.rollouts import SimulatedClock

POLICY = Policy((Role("analytics", ("bo",)),), (Need("taxonomy", "analytics"),), expires=30 * 86_400)
ERROR = Metric("error")
PLAN = Plan((10_000, 50_000, 100_000), (ERROR,), bake=4 * HOUR, limit=24 * HOUR, least=20, patience=HOUR, block=15)


class RolloutProject(PaperProject):
    """A project on paper whose mapping can be published below a folder."""

    def __init__(self, root: Path) -> None:
        super().__init__(POLICY)
        self.root = root
        content = mapping_json(Mapping(())).encode()
        empty = digest(content)
        copies = root / ".cleanroom" / "mappings"  # as its proposal left it
        copies.mkdir(parents=True)
        (copies / f"{empty.removeprefix('sha256:')}.json").write_bytes(content)
        self.lies = replace(self.lies, artifact=replace(self.lies.artifact, digest=empty))
        self.bytes: Digest = empty

    def path(self, relative: str) -> Path:
        return self.root / relative

    def channels(self) -> tuple[Channel, ...]:
        return ()


@dataclass
class RolloutPaper(Paper):
    """The room around it."""

    telemetry: MemoryTelemetry = field(default_factory=MemoryTelemetry)
    outbox: MemoryOutbox = field(default_factory=MemoryOutbox)

    def room(self, person: str = "bo", how: Any = "session") -> Room:
        work = super().room(person, how)
        artifacts = FileArtifacts(self.project.root / "runs")
        return replace(work, telemetry=self.telemetry, outbox=cast(Any, self.outbox), artifacts=artifacts)

    def entries(self) -> tuple[LedgerEntry, ...]:
        return self.store.history(subject_of(NAME))

    def begin(self, plan: Plan = PLAN, **options: Any) -> Baking:
        return start(self.room(), NAME, plan, **options)


def approved(folder: Path) -> tuple[RolloutPaper, SimulatedClock]:
    """A change that was checked and signed, and the clock of its room."""
    paper = RolloutPaper(RolloutProject(folder))
    clock = SimulatedClock(paper.clock.at)
    paper.clock = cast(Any, clock)
    paper.propose()
    paper.check("PASS", ("taxonomy",))
    decide.approve(paper.room(), NAME, None)
    return paper, clock
