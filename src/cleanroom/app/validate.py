"""Checks a change: shadow run, battery, verdict, evidence, report, and the facts of it in the ledger."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from cleanroom import __version__
from cleanroom.app.appending import append_after_last
from cleanroom.app.propose.record import settle
from cleanroom.app.review.standing import standing
from cleanroom.app.room import Room
from cleanroom.app.shadow import Shadow, Subject, prove_untouched, shadow, subject_of
from cleanroom.core import facts
from cleanroom.core.base import Instant, micros
from cleanroom.core.battery import battery, decide
from cleanroom.core.change import Change
from cleanroom.core.check import Outcome, Verdict
from cleanroom.core.checks.unasked import Unasked
from cleanroom.core.facts import Finding, InputSeen, Judged, Ran
from cleanroom.core.ledger import Write
from cleanroom.core.measure import Columns, Seen, needed
from cleanroom.core.review import Review, Vote
from cleanroom.core.run import Evidence, Report, Run
from cleanroom.core.series import series_of
from cleanroom.core.touches import touches
from cleanroom.ports.engine import Table

Render = Callable[[Report], dict[str, bytes]]
"""Turns a report into the files of the run's folder: {name: content}."""
Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Checked:
    """What `check` hands back: the report, the folder of the run in which all of it lies, and where the change stands.

    `voided`: the approvals that counted until this run.
    """

    report: Report
    folder: Path
    review: Review
    voided: tuple[Vote, ...]


@dataclass(frozen=True, slots=True)
class Examined:
    """A run that was kept: `outputs` lie in `folder`. Nothing of it is in the ledger yet."""

    subject: Subject
    run: Run
    report: Report
    folder: Path
    outputs: tuple[InputSeen, ...]
    judgement: Judgement


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict, what was measured for it, the columns that were there, and the checks that lacked what they need."""

    verdict: Verdict
    seen: Seen[object]
    columns: tuple[str, ...]
    missing: tuple[str, ...]


def check(
    room: Room, name: str, baseline: Table | None, render: Render, progress: Progress = lambda _: None
) -> Checked:
    """Run the change beside production and judge it. Raises Misuse, Outside; a FAIL is a report, not an error."""
    progress("reading the contract and the change")
    settle(room, name)
    found = examine(room, subject_of(room, name, baseline), render, progress)
    before = standing(room, name).review
    _record(room, found)
    after = standing(room, name).review
    return Checked(found.report, found.folder, after, _voided(before, after))


def examine(room: Room, subject: Subject, render: Render, progress: Progress = lambda _: None) -> Examined:
    """Run it beside production, judge it and keep all of it in the run's folder."""
    started = room.clock.now()
    progress("running the change beside production")
    with shadow(room, subject) as under_way:
        progress("measuring and judging")
        judgement = _judged(under_way)
        progress("collecting evidence")
        evidence = _evidence(under_way, judgement.verdict)
        report = _report(under_way, judgement, evidence)
        progress("proving that production is untouched")
        prove_untouched(room, under_way)
        report = replace(report, seconds=_seconds(started, room.clock.now()))
        for file, content in render(report).items():
            room.artifacts.write(under_way.draft.folder, file, content)
        outputs = _outputs(room, under_way)
        folder = under_way.draft.keep(under_way.run.digest)
    return Examined(subject, under_way.run, report, folder, outputs, judgement)


def _voided(before: Review, after: Review) -> tuple[Vote, ...]:
    still = {v.index for v in after.counting}
    return tuple(v for v in before.counting if v.index not in still)


def _judged(under_way: Shadow) -> Judgement:
    subject, workspace = under_way.subject, under_way.workspace
    if subject.mapping is not None and subject.golden:
        workspace.replay([c for c in subject.golden if c.input], subject.mapping)
    columns = frozenset(name for name, _ in workspace.measure((Columns(),))[Columns()].columns)
    checks = battery(
        subject.contract,
        columns,
        mapping=subject.mapping,
        golden=subject.golden,
        has_baseline=subject.baseline is not None,
        now=under_way.run.at,
        twice=under_way.twice,
    )
    seen = workspace.measure(needed(c.needs() for c in checks))
    missing = tuple(c.name for c in checks if isinstance(c, Unasked))
    if subject.mapping is not None and not subject.golden:
        missing = (*missing, "golden.cases")
    return Judgement(decide(checks, seen, subject.contract.plan), seen, tuple(sorted(columns)), missing)


def _evidence(under_way: Shadow, verdict: Verdict) -> tuple[Evidence, ...]:
    """Example rows for what is not fine, and a query for whatever has a witness."""
    names = {"candidate": "output.parquet"}
    names |= {i.role.removeprefix("reference "): i.path for i in under_way.run.inputs}
    worrying = [r for r in verdict.results if r.witness is not None and r.outcome is not Outcome.PASS]
    shown = under_way.workspace.witness([r.witness for r in worrying if r.witness is not None])
    examples = dict(zip((r.check for r in worrying), shown, strict=True))
    return tuple(
        Evidence(
            result,
            examples.get(result.check, ()),
            under_way.workspace.query(result.witness, names) if result.witness is not None else "",
        )
        for result in verdict.results
    )


def _report(under_way: Shadow, judgement: Judgement, evidence: Sequence[Evidence]) -> Report:
    change = under_way.subject.change
    return Report(
        name=change.name,
        outcome=judgement.verdict.outcome,
        change=change.digest,
        run=under_way.run,
        what=change.artifact.kind if under_way.subject.mapping is not None else "dataset",
        provenance=provenance_of(change),
        authors=change.authors,
        evidence=tuple(evidence),
        diff=under_way.workspace.diff(under_way.subject.mapping),
        series=series_of(under_way.subject.contract.plan, judgement.seen),
        untouched=True,
        seconds=0.0,
        tool=f"cleanroom {__version__}",
    )


def provenance_of(change: Change) -> tuple[tuple[str, str], ...]:
    """Who and what made it, as lines for a person; what is not known is left out."""
    made = change.provenance
    lines = (
        ("operator", made.operator),
        ("at", made.at),
        ("tool", made.tool),
        ("model", made.model),
        ("model_version", made.model_version),
        ("endpoint", made.endpoint),
        ("prompt", f"{made.prompt} {made.prompt_version}".strip()),
        ("prompt digest", made.prompt_digest),
        *made.parameters,
        ("seed", str(made.seed) if made.seed else ""),
        ("runs", str(made.runs) if made.runs else ""),
        ("calls", str(made.calls) if made.calls else ""),
        *(("refused", refusal) for refusal in made.refusals),
        *((f"disagreed on {d.legacy}", ", ".join(f"{t} x{n}" for t, n in d.votes)) for d in made.disagreements),
        *((f"corrected by {c.by}", f"{c.legacy}: {c.before} -> {c.after} ({c.reason})") for c in made.corrections),
        ("commit", made.commit),
        *((f"input {name}", content) for name, content in made.inputs),
    )
    return tuple((str(k), str(v)) for k, v in lines if v)


def _outputs(room: Room, under_way: Shadow) -> tuple[InputSeen, ...]:
    folder = under_way.draft.folder
    files = sorted(f for f in folder.iterdir() if f.is_file() and not f.name.startswith("."))
    return tuple(InputSeen("output", f.name, room.artifacts.digest(f)) for f in files)


def ran(found: Examined, now: Instant) -> tuple[Write, Write]:
    """The run and its verdict as entries under the run's own name."""
    run = found.run
    inputs = tuple(InputSeen(i.role, i.path, i.digest) for i in run.inputs)
    fact = Ran(run.digest, run.change, run.plan, inputs, found.outputs, run.operator, run.at)
    findings = tuple(
        Finding(r.check, r.family, r.outcome.value, r.required, r.seen, r.expected)
        for r in found.judgement.verdict.results
    )
    judged = Judged(run.digest, run.change, found.report.outcome.value, findings, now)
    alone = f"run/{run.digest}"
    return Write(alone, 0, fact), Write(alone, 1, judged)


def _record(room: Room, found: Examined) -> None:
    """The run under its own name, and under the change, where it voids the approvals that were given before."""
    run, subject, judgement = found.run, found.subject, found.judgement
    now = room.clock.now()
    touched = touches(
        subject.contract.plan,
        subject.mapping,
        found.report.diff,
        judgement.columns,
        has_baseline=subject.baseline is not None,
    )
    checked = facts.Checked(
        run.change, run.digest, run.plan, judgement.verdict.outcome.value, touched, judgement.missing, run.operator, now
    )
    append_after_last(room.store, f"change/{found.report.name}", checked, ran(found, now))


def _seconds(started: str, ended: str) -> float:
    return (micros(Instant(ended)) - micros(Instant(started))) / 1e6
