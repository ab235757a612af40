"""/v1/incidents: what went wrong, step by step until it is proven that it cannot come back silently; /v1/loop."""

from __future__ import annotations

import json
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query

from cleanroom.app.incident import (
    actions,
    case,
    contain,
    diagnose,
    issues,
    loop,
    people,
    postmortem,
    proof,
    read,
    runbooks,
)
from cleanroom.app.incident import timeline as moments
from cleanroom.app.incident.open import Report, open_by_hand, open_for_alert
from cleanroom.app.room import Room
from cleanroom.core.base import Misuse, NotFound, plain
from cleanroom.core.incident.questions import Answered
from cleanroom.core.incident.state import Incident, base_of
from cleanroom.core.incident.timeline import MOST
from cleanroom.entry.api import incidents_shape as shape
from cleanroom.entry.api import incidents_wish as asked
from cleanroom.entry.api.doors import Answering, Reading
from cleanroom.entry.api.problems import ALWAYS, problems
from cleanroom.entry.incidents import action_data, as_data, loop_data, newest, turns_of
from cleanroom.entry.moments import day, moment

router = APIRouter(prefix="/v1", tags=["incidents"], responses=ALWAYS)

Id = Annotated[str, Path(max_length=20, description="The number of an incident.", examples=["1"])]
Action = Annotated[str, Path(max_length=20, description="The id of an action of the incident.", examples=["a1"])]
Limit = Annotated[int, Query(ge=1, le=1000)]
Before = Annotated[int | None, Query(ge=1, description="Only those that are older than the incident of this number.")]
_GONE = problems(404, 409)


@router.get("/incidents")
def list_incidents(
    room: Reading,
    every: Annotated[bool, Query(alias="all", description="Also those that are closed.")] = False,
    limit: Limit = 100,
    before: Before = None,
) -> list[shape.IncidentShown]:
    """Incidents that are not closed, the newest first."""
    found = read.every(room) if every else read.going_on(room)
    return [shape.IncidentShown(**as_data(i)) for i in newest(found, lambda i: base_of(i).id, before, limit)]


@router.post("/incidents", status_code=201, responses=_GONE)
def open_incident(room: Answering, wish: asked.Opening) -> shape.IncidentShown:
    """Open one; for an alert that an open incident names already, that incident."""
    if wish.alert and wish.title:
        raise Misuse("either an alert or a title", "For an alert the title is what its first signal says.")
    if wish.alert:
        return _shown(room, open_for_alert(room, wish.alert))
    report = Report(wish.title, wish.system, wish.severity, wish.because, wish.change, wish.flag)
    return _shown(room, open_by_hand(room, report))


@router.post("/incidents/sync", responses=_GONE)
def sync_actions(room: Answering) -> list[shape.SyncedShown]:
    """Close the actions whose issues are closed in their trackers."""
    return [shape.SyncedShown(incident=i, action=a, said=said) for i, a, said in issues.sync(room)]


@router.get("/incidents/{id}", responses=problems(404))
def show_incident(room: Reading, id: Id) -> shape.IncidentShown:
    """One incident: its steps and clocks, what was done, what is missing, and which earlier ones it repeats."""
    return _shown(room, read.existing(room, id))


@router.get("/incidents/{id}/timeline", responses=problems(404))
def show_timeline(
    room: Reading,
    id: Id,
    limit: Annotated[int, Query(ge=1, le=1000)] = MOST,
    offset: Annotated[int | None, Query(ge=0, le=100_000, description="From which moment on; null: by weight.")] = None,
) -> list[shape.MomentShown]:
    """What happened around it, from six hours before it began: the most important moments, and one that counts the others.

    With `offset` all of them, a page at a time.
    """
    found = moments.timeline(room, id, limit if offset is None else None)
    return [shape.MomentShown(**plain(m)) for m in (found if offset is None else found[offset : offset + limit])]


@router.get("/incidents/{id}/options", responses=problems(404))
def list_options(room: Reading, id: Id) -> list[shape.OptionShown]:
    """How the harm can be stopped now, best first."""
    return [shape.OptionShown(**plain(o)) for o in contain.options(room, id)]


@router.post("/incidents/{id}/contain", responses=_GONE)
def contain_incident(room: Answering, id: Id, wish: asked.Containing) -> shape.IncidentShown:
    """Stop the harm; the last of `contained` says whether it could be done. It needs no diagnosis, and can be undone."""
    return _shown(room, contain.contain(room, id, wish.act, wish.target, wish.because))


@router.post("/incidents/{id}/lead", responses=_GONE)
def name_lead(room: Answering, id: Id, wish: asked.Leading) -> shape.IncidentShown:
    """Confirm who leads the write-up, or name somebody else."""
    return _shown(room, people.lead(room, id, wish.person, wish.because))


@router.post("/incidents/{id}/grade", responses=_GONE)
def grade_incident(room: Answering, id: Id, wish: asked.Grading) -> shape.IncidentShown:
    """See its severity otherwise."""
    return _shown(room, people.grade(room, id, wish.severity, wish.because))


@router.post("/incidents/{id}/sort", responses=_GONE)
def sort_incident(room: Answering, id: Id, wish: asked.Sorting) -> shape.IncidentShown:
    """Say which path it takes."""
    return _shown(room, diagnose.sort(room, id, wish.category))


@router.post("/incidents/{id}/note", responses=_GONE)
def note_on_incident(room: Answering, id: Id, wish: asked.Noting) -> shape.IncidentShown:
    """Put what you saw or did into the timeline."""
    when = moment(wish.at, "at: ") if wish.at is not None else None
    return _shown(room, people.note(room, id, wish.text, when))


@router.get("/incidents/{id}/diagnosis", responses=problems(404))
def show_diagnosis(room: Reading, id: Id) -> list[shape.AnswerShown]:
    """The questions of its path, with the answers that are on record."""
    return [_answer(a) for a in diagnose.standing(room, id)]


@router.post("/incidents/{id}/diagnosis", responses=_GONE)
def run_diagnosis(room: Answering, id: Id) -> list[shape.AnswerShown]:
    """Run the queries that can answer its questions; what is new goes into the ledger."""
    return [_answer(a) for a in diagnose.diagnose(room, id)]


@router.post("/incidents/{id}/answer", responses=_GONE)
def answer_question(room: Answering, id: Id, wish: asked.Answering) -> shape.AnswerShown:
    """Answer a question of its path."""
    return _answer(diagnose.answer(room, id, wish.question, wish.answer))


@router.get("/incidents/{id}/runbook", responses=problems(404))
def show_runbook(room: Reading, id: Id) -> shape.RunbookShown:
    """The runbook of its category, and which steps are done."""
    return _runbook(runbooks.progress(room, id))


@router.post("/incidents/{id}/runbook/{step}", responses=_GONE)
def check_step(room: Answering, id: Id, step: Annotated[int, Path(ge=1, le=100)]) -> shape.RunbookShown:
    """Check off a step of the runbook; twice is the same as once."""
    return _runbook(runbooks.check(room, id, step))


@router.post("/incidents/{id}/mitigate", responses=_GONE)
def mitigate_incident(room: Answering, id: Id, wish: asked.Mitigating) -> shape.IncidentShown:
    """Say that a fix is in place, and exactly which."""
    return _shown(room, proof.mitigate(room, id, wish.fix, wish.because))


@router.post("/incidents/{id}/case", responses=_GONE)
def name_case(room: Answering, id: Id, wish: asked.CaseWish) -> shape.IncidentShown:
    """Name the regression case: what would have stopped it."""
    read.existing(room, id)
    found = case.read_case(json.dumps(wish.case).encode(), "the case")
    return _shown(room, case.name_case(room, id, found, wish.bad, wish.then.encode() or None))


@router.post("/incidents/{id}/monitor", responses=_GONE)
def name_monitor(room: Answering, id: Id, wish: asked.MonitorWish) -> shape.IncidentShown:
    """Name the sensor that is to see it earlier the next time."""
    return _shown(room, proof.monitor(room, id, wish.sensor))


@router.post("/incidents/{id}/actions", status_code=201, responses=_GONE)
def add_action(room: Answering, id: Id, wish: asked.ActionWish) -> shape.ActionOwnedShown:
    """Add an action with an owner and a day."""
    due = day(wish.due, room.clock.now(), "due: ")
    found, named = actions.add(room, id, wish.what, wish.work, wish.owner, due, required=wish.required)
    made = _action(found, named)
    return shape.ActionOwnedShown(**made.model_dump(), owner_known=postmortem.is_known(room, made.owner))


@router.post("/incidents/{id}/actions/{action}/move", responses=_GONE)
def move_action(room: Answering, id: Id, action: Action, wish: asked.Moving) -> shape.ActionMovedShown:
    """Give it another owner, such as when somebody left, or another day."""
    due = day(wish.due, room.clock.now(), "due: ") if wish.due is not None else None
    found, behind = actions.move(room, id, action, wish.owner, due, wish.because)
    made = _action(found, action)
    there = postmortem.is_known(room, made.owner)
    return shape.ActionMovedShown(**made.model_dump(), owner_known=there, behind=list(behind))


@router.post("/incidents/{id}/actions/{action}/done", responses=_GONE)
def finish_action(room: Answering, id: Id, action: Action, wish: asked.Evidence) -> shape.ActionFollowedShown:
    """Close it, with evidence."""
    found, behind = actions.finish(room, id, action, wish.evidence)
    return shape.ActionFollowedShown(**_action(found, action).model_dump(), behind=list(behind))


@router.post("/incidents/{id}/actions/{action}/file", responses=_GONE)
def file_action(room: Answering, id: Id, action: Action, wish: asked.Filing) -> shape.ActionShown:
    """Make an issue of it in GitHub, GitLab or Jira; twice is the same as once."""
    issues.file(room, id, action, wish.tracker)
    return _action(read.existing(room, id), action)


@router.post("/incidents/{id}/waive", responses=_GONE)
def ask_waiver(room: Answering, id: Id, wish: asked.Reason) -> shape.IncidentShown:
    """The lead asks to close it without proof."""
    return _shown(room, proof.ask_waiver(room, id, wish.because))


@router.post("/incidents/{id}/agree", responses=_GONE)
def agree_to_waiver(room: Answering, id: Id) -> shape.IncidentShown:
    """A second person agrees to that. It stays visible."""
    return _shown(room, proof.agree(room, id))


@router.post("/incidents/{id}/prove", responses=_GONE)
def prove_incident(room: Answering, id: Id) -> shape.IncidentShown:
    """Try it: the case is red on the bad version and green on the fix, and the monitor would have fired earlier."""
    return _shown(room, proof.prove(room, id))


@router.post("/incidents/{id}/close", responses=_GONE)
def close_incident(room: Answering, id: Id) -> shape.IncidentShown:
    """Close it: refused unless it is proven as it stands, or two people waived the proof."""
    return _shown(room, proof.close(room, id))


@router.post("/incidents/{id}/reopen", responses=_GONE)
def reopen_incident(room: Answering, id: Id, wish: asked.Reason) -> shape.IncidentShown:
    """It was not over: what it was proven by no longer counts."""
    return _shown(room, proof.reopen(room, id, wish.because))


@router.get("/loop")
def show_loop(room: Reading, limit: Limit = 100, before: Before = None) -> shape.LoopShown:
    """What incidents left behind, and which of them came again, the newest first; the figures are of all of them."""
    found = loop.loop(room)
    return shape.LoopShown(**loop_data(found, turns_of(found, before, limit)))


def _shown(room: Room, incident: Incident) -> shape.IncidentShown:
    return shape.IncidentShown(**as_data(incident, loop.repeats_of(room, base_of(incident).id)))


def _action(incident: Incident, id: str) -> shape.ActionShown:
    found = base_of(incident).action(id)
    if found is None:
        raise NotFound(f"incident {base_of(incident).id} has no action {id!r:.40}")
    return shape.ActionShown(**action_data(found))


def _answer(found: Answered) -> shape.AnswerShown:
    data: dict[str, Any] = plain(found)
    return shape.AnswerShown(**{**data, "question": found.question.id, "text": found.question.text})


def _runbook(found: runbooks.Progress) -> shape.RunbookShown:
    steps = [
        shape.RunbookStepShown(
            number=s.step.number,
            text=s.step.text,
            commands=list(s.step.commands),
            done=s.done.at if s.done else None,
            by=s.done.by.person if s.done else "",
        )
        for s in found.steps
    ]
    book = found.runbook
    return shape.RunbookShown(name=book.name, title=book.title, intro=book.intro, steps=steps)
