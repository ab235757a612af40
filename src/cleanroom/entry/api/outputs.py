"""/v1/outputs and /v1/queue: single outputs of an AI come in, wait for a person, and are decided on."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response

from cleanroom.app.queue import work
from cleanroom.app.queue.add import add
from cleanroom.app.queue.export import corrections
from cleanroom.app.queue.view import Board, Detail, board, detail, load_of
from cleanroom.codec.outputs import output_of
from cleanroom.core.base import Misuse, plain
from cleanroom.entry.api.doors import Queueing, Reading, Sending
from cleanroom.entry.api.outputs_shape import (
    ID_FORM,
    SYSTEM_FORM,
    Added,
    BatchWish,
    ClaimWish,
    CorrectionShown,
    Decided,
    Decision,
    DecisionWish,
    EscalationWish,
    Load,
    OutputShown,
    OutputWish,
    QueueShown,
    Skipped,
    Status,
    SystemShown,
    Text,
)
from cleanroom.entry.api.problems import ALWAYS, problems

router = APIRouter(prefix="/v1", tags=["outputs"], responses=ALWAYS)

Id = Annotated[str, Path(max_length=120, pattern=ID_FORM, description="The id of an output.", examples=["ticket-4711"])]
OneSystem = Annotated[str | None, Query(max_length=80, pattern=SYSTEM_FORM, description="Of this AI system only.")]


@router.post(
    "/outputs",
    status_code=201,
    responses={200: {"model": Added, "description": "All of it had come before."}, **problems(409)},
)
def send(room: Sending, wish: OutputWish | BatchWish, response: Response) -> Added:
    """Take in one output or a batch: each is accepted, waits for a person, or is held while the queue is full."""
    wishes = wish.outputs if isinstance(wish, BatchWish) else [wish]
    added = add(room, [output_of(w.model_dump()) for w in wishes])
    if all(t.known for t in added.outputs):
        response.status_code = 200
    return Added(**plain(added))


@router.get("/outputs/{id}", responses=problems(404))
def one(room: Reading, id: Id) -> OutputShown:
    """One output: where it stands, its text, what was decided."""
    return _shown(detail(room, id))


@router.get("/queue")
def queue(room: Reading, system: OneSystem = None, limit: Annotated[int, Query(ge=1, le=1000)] = 100) -> QueueShown:
    """What waits for a person, and what is held."""
    found = plain(board(room, system, limit))
    return QueueShown(**{name: found[name] for name in QueueShown.model_fields})


@router.get("/queue/status")
def status(room: Reading, system: OneSystem = None, hours: Annotated[float, Query(gt=0, le=744)] = 24.0) -> Status:
    """How the queue stands: promises, load, corrections to export."""
    found, load = board(room, system, 1), load_of(room, hours)
    told = plain(found)
    shown = {name: told[name] for name in ("at", "capacity", "waiting", "held", "overdue", "escalated", "feedback")}
    warnings = [*found.warnings, *([load.warning] if load.warning else [])]
    return Status(**shown, systems=_systems(found), load=Load(**plain(load)), warnings=warnings)


@router.get("/queue/corrections")
def corrected(
    room: Reading,
    everything: Annotated[bool, Query(alias="all", description="Those that were exported before too.")] = False,
) -> list[CorrectionShown]:
    """Corrections that were not exported yet. Reading them here does not count as exporting them."""
    return [CorrectionShown(**plain(c)) for c in corrections(room, everything=everything)[0]]


@router.post("/queue/claim", responses={204: {"description": "Nothing waits for you."}}, response_model=OutputShown)
def claim(room: Queueing, wish: ClaimWish) -> Any:
    """Take the next output: it is yours until the lease ends. Whoever has one gets that again."""
    found = work.claim(room, wish.system)
    return Response(status_code=204) if found is None else _shown(found)


@router.post("/queue/{id}/decision", status_code=201, responses=problems(404, 409))
def decide(room: Queueing, id: Id, wish: DecisionWish) -> Decided:
    """Decide on an output; the first decision stands."""
    match wish.verdict:
        case "right":
            if wish.reason is not None or wish.value is not None:
                raise Misuse("what is right needs no reason and no value", "Leave them out.")
            done = work.approve(room, id)
        case "corrected":
            done = work.correct(room, id, wish.value, wish.reason or "")
        case "rejected":
            done = work.reject(room, id, wish.reason or "")
    withdrawn = "" if done.withdrawn is None else done.withdrawn.because
    return Decided(id=id, decision=_decision(plain(done.fact)), withdrawn=withdrawn)


@router.post("/queue/{id}/skip", responses=problems(404, 409))
def skip(room: Queueing, id: Id) -> Skipped:
    """Leave what you have to somebody else: it is not offered to you again."""
    return Skipped(id=id, escalated=work.skip(room, id))


@router.post("/queue/{id}/escalate", responses=problems(404, 409))
def escalate(room: Queueing, id: Id, wish: EscalationWish) -> Skipped:
    """Pass it on to somebody else, who gets it before all others."""
    work.escalate(room, id, wish.reason)
    return Skipped(id=id, escalated=True)


@router.post("/queue/{id}/release", status_code=204, responses=problems(404))
def release(room: Queueing, id: Id) -> Response:
    """Give back what you took."""
    work.release(room, id)
    return Response(status_code=204)


def _shown(found: Detail) -> OutputShown:
    came, text = found.standing.received, found.text
    return OutputShown(
        **plain(found.line),
        model=came.model,
        prompt_version=came.prompt_version,
        route=came.route,
        content=came.content,
        text=None
        if text is None
        else Text(
            input=text.input, output=text.output, prompt=text.prompt, guard=text.guard, sources=list(text.sources)
        ),
        decision=None if found.standing.reviewed is None else _decision(plain(found.standing.reviewed)),
        corrected=found.corrected,
        entries=[e.index for e in found.entries],
    )


def _decision(fact: dict[str, Any]) -> Decision:
    return Decision(**{name: fact[name] for name in Decision.model_fields})


def _systems(found: Board) -> list[SystemShown]:
    return [
        SystemShown(
            system=s.system,
            waiting=s.waiting,
            held=s.held,
            accepted=s.accepted,
            done=s.done,
            cutoff=s.promise.cutoff,
            alpha=None if s.promise.made is None else s.promise.made.alpha,
            delta=None if s.promise.made is None else s.promise.made.delta,
            audited=s.promise.audited,
            wrong=s.promise.wrong,
            withdrawn=s.promise.withdrawn is not None,
            says=s.says,
        )
        for s in found.systems
    ]
