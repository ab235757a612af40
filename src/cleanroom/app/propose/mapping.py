"""Asks a model to map legacy event names to the plan's events, and writes down who proposed what, and how."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from cleanroom import __version__
from cleanroom.app.propose.asking import ATTEMPTS, Asked, Asking, Progress, seed_of, told
from cleanroom.app.propose.legacy import legacy_names
from cleanroom.app.propose.record import free_name, record
from cleanroom.app.room import Room
from cleanroom.core.base import Digest, Instant, Misuse, digest_of
from cleanroom.core.change import (
    NONE,
    Change,
    Disagreement,
    MappedName,
    Mapping,
    MappingArtifact,
    Provenance,
)
from cleanroom.core.contract import Contract, Plan
from cleanroom.core.guards import Known, decide, mapped, objection
from cleanroom.core.prompt import Prompt
from cleanroom.ports.engine import Engine, Table
from cleanroom.ports.model import Model

MAX_RUNS = 9


@dataclass(frozen=True, slots=True)
class Proposal:
    """A change with its mapping, and the rows of each legacy name, in the mapping's order."""

    change: Change
    mapping: Mapping
    rows: tuple[int, ...]


def mapping(
    room: Room,
    source: Table,
    model: Model,
    prompt: Prompt,
    name: str = "mapping",
    *,
    runs: int = 3,
    progress: Progress = lambda _done, _all, _name: None,
) -> Proposal:
    """Propose a mapping of `source`, write changes/<name>/ and append the fact; see propose_mapping for errors.

    Also Misuse when a change of that name exists already.
    """
    contract = room.project.contract()
    after = free_name(room, name)
    shown = room.project.relative(source.path) + (f"::{source.table}" if source.table else "")
    proposal = propose_mapping(
        engine=room.engine,
        model=model,
        contract=contract,
        prompt=prompt,
        source=source,
        name=name,
        operator=room.operator,
        now=room.clock.now(),
        commit=room.project.commit(),
        inputs=((shown, room.artifacts.digest(source.path)), ("contract", digest_of(contract))),
        digest=room.project.artifact_digest,
        runs=runs,
        progress=progress,
    )
    record(room, proposal.change, proposal.mapping, after)
    return proposal


def propose_mapping(
    *,
    engine: Engine,
    model: Model,
    contract: Contract,
    prompt: Prompt,
    source: Table,
    name: str,
    operator: str,
    now: Instant,
    commit: str,
    inputs: tuple[tuple[str, Digest], ...],
    digest: Callable[[Mapping], Digest],
    runs: int = 3,
    progress: Progress = lambda _done, _all, _name: None,
) -> Proposal:
    """Ask `model` about every legacy name in `source`, under guards; nothing is written.

    A name without an answer, or on which the runs disagree, is mapped to none with that as its reason. `inputs`
    are named with their digests, the source first. The seed derives from the contract, the prompt and the names
    with their counts, so that a recording replays wherever the data says the same.
    `digest` gives the digest that a mapping's file will have. Raises Misuse for data without usable names, and
    Outside when the model cannot be reached, answers nothing, or answers nothing usable.
    """
    if not 1 <= runs <= MAX_RUNS:
        raise Misuse(f"{runs} runs were asked for", f"Between 1 and {MAX_RUNS}.")
    plan = contract.plan
    names = legacy_names(engine, source, plan, prompt.settings.samples)
    shown = [(n.name, n.rows) for n in names]  # what the data says, however its file is written
    asking = Asking(model, plan, prompt, runs, seed_of((digest_of(contract), prompt.digest, shown)))
    asked = asking.all(names, progress)
    made = Mapping(tuple(_mapped(a, plan, runs) for a in asked))
    artifact = MappingArtifact("mapping.json", digest(made), inputs[0][0])
    provenance = _provenance(asking, made, operator=operator, now=now, commit=commit, inputs=inputs)
    return Proposal(Change(name, artifact, provenance), made, tuple(n.rows for n in names))


def likely(plan: Plan, legacy: str, target: str, parameters: tuple[str, ...] = ()) -> str | None:
    """What the cross-check would rather have mapped `legacy` to; None where it does not object to `target`."""
    events = [Known(e.name, e.description, tuple(p.name for p in e.parameters)) for e in plan.events]
    other = objection(target, legacy, parameters, events)
    return other.target if other else None


def _mapped(asked: Asked, plan: Plan, runs: int) -> MappedName:
    outcome = decide(asked.answers, runs)
    target, reason = mapped(outcome)
    if asked.given_up:
        target, reason = NONE, f"refused {ATTEMPTS} times: {', '.join(dict.fromkeys(asked.refused))}"
    legacy = asked.legacy
    similar = likely(plan, legacy.name, target, legacy.parameters)
    return MappedName(legacy.name, target, reason, outcome.votes, similar)


def _provenance(
    asking: Asking, made: Mapping, *, operator: str, now: Instant, commit: str, inputs: tuple[tuple[str, Digest], ...]
) -> Provenance:
    prompt, settings = asking.prompt, asking.prompt.settings
    split = [m for m in made.events if len(m.votes) > 1 or m.similar]
    parameters = ("temperature", "again_temperature", "batch", "samples", "reply_tokens")
    return Provenance(
        operator,
        now,
        f"cleanroom {__version__}",
        model=asking.last.model if asking.last else "",
        model_version=asking.last.version if asking.last else "",
        endpoint=asking.model.endpoint,
        prompt=prompt.name,
        prompt_version=prompt.version,
        prompt_digest=prompt.digest,
        parameters=tuple((p, str(getattr(settings, p))) for p in parameters),
        seed=asking.seed,
        runs=asking.runs,
        calls=asking.calls,
        refusals=told(asking.refusals.items()),
        disagreements=tuple(Disagreement(m.legacy, m.votes, m.similar, m.target) for m in split),
        commit=commit,
        inputs=inputs,
    )
