"""A project on paper for reviews: one change, a policy and a ledger in memory, driven by a test."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import permutations
from pathlib import Path
from typing import Any, cast

from tests.projects import FixedClock

from cleanroom.adapters.memory.alarms import MemoryAlarms
from cleanroom.adapters.memory.calls import MemoryCalls
from cleanroom.adapters.memory.counts import MemoryCounts
from cleanroom.adapters.memory.past import MemoryPast
from cleanroom.adapters.memory.store import MemoryStore
from cleanroom.adapters.memory.telemetry import MemoryTelemetry
from cleanroom.app.contract.digest import contract_digest
from cleanroom.app.room import Room
from cleanroom.core import facts
from cleanroom.core.alerts.acts import Acts
from cleanroom.core.base import Digest, Instant, digest, instant, micros
from cleanroom.core.change import Change, Correction, Mapping, MappingArtifact, Provenance
from cleanroom.core.contract import Contract, Plan, Roles
from cleanroom.core.golden import GoldenCase
from cleanroom.core.ledger import LedgerEntry, Write
from cleanroom.core.policy import ROLE_OF, SIGNED, Area, Policy, Touch
from cleanroom.core.register import System
from cleanroom.core.sensors import Sensor
from cleanroom.core.slo import Slo
from cleanroom.ports.project import SignalSource

NAME = "m"
PEOPLE = ("ana", "bo", "cy", "dee", "eli")


class PaperProject:
    """As much of the Project port as a review asks for."""

    def __init__(self, policy: Policy) -> None:
        self.root = Path()
        self.rules = policy
        self.plan = Plan("p", Roles("event", "ts"), ())
        self.edits = 0
        artifact = MappingArtifact("mapping.json", digest(b"0"), "data.csv")
        self.lies = Change(NAME, artifact, Provenance("ana", Instant("2026-11-22T08:00:00.000000Z"), "test"))
        self.bytes = artifact.digest

    def policy(self) -> Policy:
        return self.rules

    def contract(self) -> Contract:
        return Contract(self.plan)

    def signals(self) -> tuple[SignalSource, ...]:
        return ()

    def sensors(self) -> tuple[Sensor, ...]:
        return ()

    def systems(self) -> tuple[System, ...]:
        return ()

    def slos(self) -> tuple[Slo, ...]:
        return ()

    def acts(self) -> tuple[Acts, ...]:
        return ()

    def golden(self) -> tuple[GoldenCase, ...]:
        return ()

    def changes(self) -> Sequence[str]:
        return (NAME,)

    def change_as_it_lies(self, _name: str) -> tuple[Change, Mapping, Digest]:
        return self.lies, Mapping(()), self.bytes


@dataclass
class Paper:
    """The room around a PaperProject, and the things that happen to it."""

    project: PaperProject
    store: MemoryStore = field(default_factory=MemoryStore)
    clock: FixedClock = field(default_factory=FixedClock)
    telemetry: MemoryTelemetry = field(default_factory=MemoryTelemetry)
    counts: MemoryCounts = field(default_factory=MemoryCounts)
    calls: MemoryCalls = field(default_factory=MemoryCalls)
    past: MemoryPast = field(default_factory=MemoryPast)
    alarms: MemoryAlarms = field(default_factory=MemoryAlarms)

    def room(self, person: str = "ana", how: facts.How = "session") -> Room:
        """The room with somebody in it; what a review does not ask for is absent."""
        nothing = cast(Any, None)
        return Room(
            project=cast(Any, self.project),
            engine=nothing,
            store=self.store,
            artifacts=nothing,
            clock=self.clock,
            operator=person,
            models=nothing,
            accounts=nothing,
            desk=nothing,
            outbox=nothing,
            alarms=self.alarms,
            jobs=nothing,
            telemetry=self.telemetry,
            calls=self.calls,
            counts=self.counts,
            redactor=nothing,
            past=self.past,
            notifiers=nothing,
            trackers=nothing,
            signer=nothing,
            proof=how,
        )

    def history(self) -> tuple[LedgerEntry, ...]:
        return self.store.history(f"change/{NAME}")

    def append(self, fact: facts.Fact) -> None:
        subject = f"change/{NAME}"
        self.store.append([Write(subject, self.store.version(subject), fact)])

    def propose(self) -> None:
        """Record what lies in the project."""
        lies = self.project.lies
        self.append(
            facts.Proposed(lies.digest, NAME, "mapping", lies.artifact.digest, "ana", "model", None, self.clock.at)
        )

    def correct(self, person: str, what: str = "corrected") -> None:
        """A new version, recorded."""
        project = self.project
        project.edits += 1
        note = Correction(person, self.clock.at, "x", "a", "b", "why", cast(Any, what))
        made = replace(project.lies.provenance, corrections=(*project.lies.provenance.corrections, note))
        artifact = project.lies.artifact
        if what == "corrected":
            artifact = replace(artifact, digest=digest(str(project.edits).encode()))
        project.lies = replace(project.lies, provenance=made, artifact=artifact)
        project.bytes = artifact.digest
        self.propose()

    def check(self, outcome: str, areas: Sequence[Area], missing: Sequence[str] = ()) -> None:
        """What `cleanroom check` writes."""
        run = digest(f"run {self.store.size()}".encode())
        touched = tuple(Touch(a, "because") for a in ROLE_OF if a in areas)
        plan = contract_digest(self.project.contract(), ())
        self.append(
            facts.Checked(
                self.project.lies.digest, run, plan, cast(Any, outcome), touched, tuple(missing), "ci", self.clock.at
            )
        )

    def later(self, seconds: int) -> None:
        self.clock.at = instant(micros(self.clock.at) + seconds * 1_000_000)


def may_pass(paper: Paper) -> bool:
    """The rule, said once more and differently: straight from the ledger's entries, by trying every way to staff it."""
    change, policy = paper.project.lies, paper.project.rules
    entries = list(paper.history())
    proposals = [e.fact for e in entries if isinstance(e.fact, facts.Proposed)]
    if not proposals or proposals[-1].change != change.digest or paper.project.bytes != change.artifact.digest:
        return False
    same = {p.change for p in proposals if p.artifact == change.artifact.digest}
    if any(isinstance(e.fact, facts.Rejected) and e.fact.change in same for e in entries):
        return False
    runs = [e for e in entries if isinstance(e.fact, facts.Checked) and e.fact.change == change.digest]
    if not runs:
        return False
    run = runs[-1].fact
    assert isinstance(run, facts.Checked)
    since = [e.fact for e in entries if e.version > runs[-1].version]
    authors = {
        change.provenance.operator,
        *(c.by for c in change.provenance.corrections),
        *(p.author for p in proposals),
    }
    if run.plan != contract_digest(paper.project.contract(), ()) or run.outcome == "FAIL":
        return False
    if run.outcome == "UNKNOWN" and not any(_waives(f, run, policy, authors) for f in since):
        return False
    areas = {t.area for t in run.touches}
    if areas & SIGNED and run.missing:
        return False
    last = {c.legacy: c.what for c in change.provenance.corrections}
    if "flagged" in last.values():
        return False
    roles = sorted({policy.role_for(a) or "" for a in areas} - {""})
    signed = {policy.role_for(a) for a in areas if a in SIGNED}
    votes = [
        f
        for f in since
        if isinstance(f, facts.Approved)
        and (f.change, f.run) == (change.digest, run.run)
        and f.expires > paper.clock.at
        and f.by.person not in authors
        and f.by.person in policy.people(f.role)
        and (f.by.how != "claimed" or f.role not in signed)
    ]
    final = {f.by.person: f for f in since if isinstance(f, facts.Approved) and f.run == run.run}
    counting = [v for v in votes if final[v.by.person] is v]  # a person's last word on a run counts, nothing before it
    for people in permutations(PEOPLE, len(roles)) if len(roles) <= len(PEOPLE) else ():
        pairs = list(zip(people, roles, strict=True))
        if all(any((v.by.person, v.role) == pair for v in counting) for pair in pairs):
            return True
    return not roles


def _waives(fact: facts.Fact, run: facts.Checked, policy: Policy, authors: set[str]) -> bool:
    return (
        isinstance(fact, facts.Waived)
        and fact.run == run.run
        and fact.by.how != "claimed"
        and fact.by.person not in authors
        and fact.by.person in policy.people(policy.waiver)
    )
