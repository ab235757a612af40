"""Runs a change beside production: opens its data read-only, writes its output into a run's own folder."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cleanroom.app.contract.digest import contract_digest
from cleanroom.app.room import Room
from cleanroom.core.base import Digest, Misuse, Outside
from cleanroom.core.change import Change, DatasetArtifact, Mapping, MappingArtifact
from cleanroom.core.contract import Contract
from cleanroom.core.golden import GoldenCase
from cleanroom.core.run import Diff, Input, Run
from cleanroom.ports.artifacts import Draft
from cleanroom.ports.engine import Table, Workspace


@dataclass(frozen=True, slots=True)
class Subject:
    """All that a run looks at, read before it starts. `files` are the inputs with their part in the run."""

    change: Change
    mapping: Mapping | None
    contract: Contract
    golden: tuple[GoldenCase, ...]
    data: Table
    baseline: Table | None
    references: tuple[tuple[str, Path], ...]
    files: tuple[tuple[str, Path], ...]


@dataclass(frozen=True, slots=True)
class Shadow:
    """A run under way: its output is written."""

    subject: Subject
    run: Run
    draft: Draft
    workspace: Workspace
    output: Path
    twice: tuple[Digest, Digest] | None


def subject_of(room: Room, name: str, baseline: Table | None) -> Subject:
    """Read the change, the contract and the golden cases. Raises Misuse for the first fault in them."""
    contract = room.project.contract()
    change, mapping = room.project.change(name)
    match change.artifact:
        case MappingArtifact(source=source):
            data = Table.named(source, room.project.root)
        case DatasetArtifact(file=file):
            data = Table.named(file, room.project.root)
    return subject_with(room, contract, change, mapping, data, baseline)


def subject_with(
    room: Room, contract: Contract, change: Change, mapping: Mapping | None, data: Table, baseline: Table | None
) -> Subject:
    """The change with `data`: what the mapping is applied to, or without one what is judged as it is."""
    references = tuple((r.to, room.project.path(r.to)) for r in contract.plan.references)
    files = [("candidate" if mapping is None else "source", data.path)]
    if baseline is not None:
        files.append(("baseline", baseline.path))
    files += [(f"reference {name}", path) for name, path in references if path.exists()]
    return Subject(change, mapping, contract, room.project.golden(), data, baseline, references, tuple(files))


@contextmanager
def shadow(room: Room, subject: Subject, *, twice: bool = True) -> Iterator[Shadow]:
    """Run the change. Everything vanishes again unless the draft is kept."""
    before = {role: room.artifacts.digest(path) for role, path in subject.files}
    _same_candidate(subject, before)
    _another_baseline(before)
    run = Run(
        change=subject.change.digest,
        plan=contract_digest(subject.contract, subject.golden),
        inputs=tuple(Input(role, _shown(room, path), before[role]) for role, path in subject.files),
        operator=room.operator,
        at=room.clock.now(),
        engine=room.engine.name,
    )
    given = {"source": subject.data} if subject.mapping is not None else {"candidate": subject.data}
    with (
        room.artifacts.draft() as draft,
        room.engine.open(
            draft.folder,
            subject.contract.plan.roles,
            baseline=subject.baseline,
            references=subject.references,
            **given,
        ) as workspace,
    ):
        yield _executed(room, subject, run, draft, workspace, twice)


def prove_untouched(room: Room, under_way: Shadow) -> None:
    """Every input has the digest that it had before the run. Raises Outside naming the first that has not."""
    for (role, path), seen in zip(under_way.subject.files, under_way.run.inputs, strict=True):
        if room.artifacts.digest(path) != seen.digest:
            raise Outside(
                f"the {role} {path} changed while the run was reading it",
                "Nothing was kept. Run the check again on data that holds still.",
            )


def _executed(room: Room, subject: Subject, run: Run, draft: Draft, workspace: Workspace, twice: bool) -> Shadow:
    metadata = metadata_of(subject.change, run)
    if subject.mapping is None:
        return Shadow(subject, run, draft, workspace, workspace.copy(metadata), None)
    first = workspace.apply(subject.mapping, metadata)
    if not twice:
        return Shadow(subject, run, draft, workspace, first, None)
    once = room.artifacts.digest(first)
    again = workspace.apply(subject.mapping, metadata)
    return Shadow(subject, run, draft, workspace, again, (once, room.artifacts.digest(again)))


def metadata_of(change: Change, run: Run) -> dict[str, str]:
    """What every file of a run carries in its footer."""
    made = change.provenance
    return {
        "cleanroom.run": run.digest,
        "cleanroom.change": change.digest,
        "cleanroom.model": made.model,
        "cleanroom.model_version": made.model_version,
        "cleanroom.prompt_version": made.prompt_version,
        "cleanroom.time": run.at,
        "cleanroom.operator": run.operator,
    }


def _another_baseline(digests: dict[str, Digest]) -> None:
    """Whatever is compared with itself is fine: that is no evidence."""
    for role in ("candidate", "source"):
        if "baseline" in digests and digests.get(role) == digests["baseline"]:
            raise Misuse(f"the baseline is the {role} itself", "Compare with what production has: --baseline DATA.")


def _same_candidate(subject: Subject, digests: dict[str, Digest]) -> None:
    artifact = subject.change.artifact
    if isinstance(artifact, DatasetArtifact) and digests["candidate"] != artifact.digest:
        raise Misuse(
            f"{artifact.file} is no longer what {subject.change.name} proposed: its digest differs",
            f"Propose it again: cleanroom propose dataset {artifact.file} --name {subject.change.name}",
        )


def _shown(room: Room, path: Path) -> str:
    """A path as it may stand in a report: relative to the project where it lies inside, else its name alone."""
    try:
        return str(path.resolve().relative_to(room.project.root.resolve()))
    except ValueError:
        return path.name


def preview(room: Room, name: str, baseline: Table | None, sample: int = 20) -> tuple[Change, Diff]:
    """What the change would do to the data; nothing is kept."""
    subject = subject_of(room, name, baseline)
    with shadow(room, subject, twice=False) as under_way:
        found = under_way.workspace.diff(subject.mapping, sample)
        prove_untouched(room, under_way)
        return subject.change, found
