"""The pages of incidents: what goes on, and one with all that a person can decide on the way to its proof."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Any

from fastapi import Form, Query, Request, Response
from starlette.responses import HTMLResponse

from cleanroom.app.alerts.read import systems_of
from cleanroom.app.incident import actions, contain, diagnose, issues, people, postmortem, proof, read, runbooks
from cleanroom.app.incident.case import name_case, read_case
from cleanroom.app.incident.loop import repeats_of, times
from cleanroom.app.incident.open import Report, open_by_hand, open_for_alert
from cleanroom.app.incident.timeline import timeline
from cleanroom.app.room import Room
from cleanroom.core.base import CleanroomError, Misuse, Outside, Refused
from cleanroom.core.incident.categories import PATHS
from cleanroom.core.incident.decide import needs_waiver
from cleanroom.core.incident.state import SEVERITIES, Closed, Incident, base_of, severity_of, subject_of
from cleanroom.core.incident.timeline import MOST, Moment
from cleanroom.core.policy import same
from cleanroom.core.postmortem.page import KINDS, work_of
from cleanroom.entry.api.doors import Visit
from cleanroom.entry.incidents import undo
from cleanroom.entry.moments import day, moment
from cleanroom.entry.web import incident_seen as view
from cleanroom.entry.web import seen
from cleanroom.entry.web.pages import done, render
from cleanroom.entry.web.routes import router

Text = Annotated[str, Form(max_length=500)]
Long = Annotated[str, Form(max_length=2_000)]
Code = Annotated[str, Form(max_length=20_000)]

_MOST_CLOSED, _MOST_MOMENTS = 50, 200


@router.get("/incidents")
def all_of_them(request: Request, page: Visit) -> HTMLResponse:
    """What goes on, and what is closed."""
    return _list(request, page)


@router.post("/incidents")
def begin(
    request: Request,
    page: Visit,
    alert: Text = "",
    title: Text = "",
    system: Text = "",
    severity: Text = "sev2",
    change: Text = "",
    flag: Text = "",
    because: Text = "",
) -> Response:
    """Open one: for an alert, or for what somebody saw."""
    try:
        if alert:
            made = open_for_alert(page.room, alert)
        else:
            report = Report(title, system, severity_of(severity), because, change, flag)
            made = open_by_hand(page.room, report)
    except CleanroomError as error:
        return _list(request, page, error)
    return done(f"/incidents/{base_of(made).id}", "incident-opened")


@router.get("/incidents/{id}")
def show(request: Request, page: Visit, id: str) -> HTMLResponse:
    """One incident."""
    return _one(request, page, id)


@router.get("/incidents/{id}/timeline")
def whole_timeline(
    request: Request, page: Visit, id: str, at: Annotated[int, Query(ge=1, le=1000)] = 1
) -> HTMLResponse:
    """All that happened around it, a page at a time."""
    room, known = page.room, base_of(read.existing(page.room, id))
    moments = _moments(request, room, known.id, None)
    return render(
        request,
        page,
        "timeline.html",
        here="/incidents",
        live=f"{subject_of(known.id)} alert/",
        i=known,
        moments=moments,
        shown=moments[(at - 1) * _MOST_MOMENTS : at * _MOST_MOMENTS],
        at=at,
        last=max(1, -(-len(moments) // _MOST_MOMENTS)),
        sign_of=view.sign_of,
    )


@router.post("/incidents/{id}/contain")
def hold(
    request: Request, page: Visit, id: str, act: Text = "", target: Text = "", because: Text = "", sure: Text = ""
) -> Response:
    """Stop the harm; `sure` is the box that says so."""
    try:
        if sure != "yes":
            raise Misuse("nothing was done: the box was not ticked", "Tick it, to change what users get at once.")
        found = base_of(contain.contain(page.room, id, contain.act_of(act), target, because))
        if not found.contained[-1].did:
            raise Refused(
                f"it could not be done: {found.contained[-1].because}", "Try another way; this one is on record."
            )
    except CleanroomError as error:
        return _one(request, page, id, error)
    return done(f"/incidents/{id}", "contained")


@router.post("/incidents/{id}/lead")
def lead(request: Request, page: Visit, id: str, person: Text = "", because: Text = "") -> Response:
    """Confirm or name who leads."""
    return _do(request, page, id, "lead-named", lambda: people.lead(page.room, id, person, because))


@router.post("/incidents/{id}/grade")
def grade(request: Request, page: Visit, id: str, severity: Text = "", because: Text = "") -> Response:
    """See its severity otherwise."""
    return _do(request, page, id, "graded", lambda: people.grade(page.room, id, severity_of(severity), because))


@router.post("/incidents/{id}/sort")
def sort(request: Request, page: Visit, id: str, category: Text = "") -> Response:
    """Say which path it takes."""
    return _do(request, page, id, "sorted", lambda: diagnose.sort(page.room, id, category), "#diagnosis")


@router.post("/incidents/{id}/note")
def note(request: Request, page: Visit, id: str, text: Long = "", when: Text = "") -> Response:
    """Put something into the timeline."""
    at = when.strip()
    return _do(
        request, page, id, "noted", lambda: people.note(page.room, id, text, moment(at) if at else None), "#timeline"
    )


@router.post("/incidents/{id}/diagnose")
def ask(request: Request, page: Visit, id: str) -> Response:
    """Run the queries that can answer its questions."""
    return _do(request, page, id, "asked", lambda: diagnose.diagnose(page.room, id), "#diagnosis")


@router.post("/incidents/{id}/answer")
def answer(request: Request, page: Visit, id: str, question: Text = "", text: Long = "") -> Response:
    """Answer a question."""
    return _do(request, page, id, "answered", lambda: diagnose.answer(page.room, id, question, text), "#diagnosis")


@router.post("/incidents/{id}/steps")
def step(request: Request, page: Visit, id: str, step: Annotated[int, Form(ge=1, le=1000)]) -> Response:
    """Check off a step of the runbook."""
    return _do(request, page, id, "checked-off", lambda: runbooks.check(page.room, id, step), "#runbook")


@router.post("/incidents/{id}/mitigate")
def fix(request: Request, page: Visit, id: str, fix: Text = "", because: Text = "") -> Response:
    """Say that a fix is in place."""
    return _do(request, page, id, "fixed", lambda: proof.mitigate(page.room, id, fix.strip(), because), "#proof")


@router.post("/incidents/{id}/case")
def case(request: Request, page: Visit, id: str, case: Code = "", bad: Text = "", then: Code = "") -> Response:
    """Name the regression case."""

    def deed() -> object:
        return name_case(
            page.room, id, read_case(case.encode(), "the case"), bad.strip(), then.strip().encode() or None
        )

    return _do(request, page, id, "case-named", deed, "#proof")


@router.post("/incidents/{id}/monitor")
def monitor(request: Request, page: Visit, id: str, sensor: Text = "") -> Response:
    """Name the new monitor."""
    return _do(request, page, id, "monitor-named", lambda: proof.monitor(page.room, id, sensor), "#proof")


@router.post("/incidents/{id}/actions")
def add(
    request: Request,
    page: Visit,
    id: str,
    what: Text = "",
    work: Text = "",
    owner: Text = "",
    due: Text = "",
    required: Text = "",
) -> Response:
    """Add an action."""

    def deed() -> object:
        return actions.add(
            page.room, id, what, work_of(work), owner, day(due, page.room.clock.now()), required=required == "yes"
        )

    return _do(request, page, id, "action-added", deed, "#actions")


@router.post("/incidents/{id}/actions/{action}/done")
def finish(request: Request, page: Visit, id: str, action: str, evidence: Text = "") -> Response:
    """Close an action."""

    def deed() -> None:
        _followed(f"action {action} is done", actions.finish(page.room, id, action, evidence)[1])

    return _do(request, page, id, "action-done", deed, "#actions")


@router.post("/incidents/{id}/actions/{action}/move")
def move(
    request: Request, page: Visit, id: str, action: str, owner: Text = "", due: Text = "", because: Text = ""
) -> Response:
    """Another owner, or another day."""

    def deed() -> None:
        until = day(due, page.room.clock.now()) if due.strip() else None
        behind = actions.move(page.room, id, action, owner.strip(), until, because)[1]
        _followed(f"action {action} is moved", behind)

    return _do(request, page, id, "action-moved", deed, "#actions")


@router.post("/incidents/{id}/actions/{action}/file")
def file(request: Request, page: Visit, id: str, action: str) -> Response:
    """Make an issue of an action."""
    return _do(request, page, id, "action-filed", lambda: issues.file(page.room, id, action), "#actions")


@router.post("/incidents/{id}/prove")
def prove(request: Request, page: Visit, id: str) -> Response:
    """Try it."""
    return _do(request, page, id, "proven", lambda: proof.prove(page.room, id), "#proof")


@router.post("/incidents/{id}/waive")
def waive(request: Request, page: Visit, id: str, because: Text = "") -> Response:
    """Ask to close it without proof."""
    return _do(request, page, id, "waiver-asked", lambda: proof.ask_waiver(page.room, id, because), "#proof")


@router.post("/incidents/{id}/agree")
def agree(request: Request, page: Visit, id: str) -> Response:
    """Agree to that."""
    return _do(request, page, id, "waiver-agreed", lambda: proof.agree(page.room, id), "#proof")


@router.post("/incidents/{id}/close")
def close(request: Request, page: Visit, id: str) -> Response:
    """Close it."""
    return _do(request, page, id, "incident-closed", lambda: proof.close(page.room, id))


@router.post("/incidents/{id}/reopen")
def reopen(request: Request, page: Visit, id: str, because: Text = "") -> Response:
    """It was not over."""
    return _do(request, page, id, "reopened", lambda: proof.reopen(page.room, id, because))


def _followed(done: str, behind: Sequence[str]) -> None:
    """Raises Outside where an issue did not follow what was done here."""
    if behind:
        raise Outside(f"{done}; {'; '.join(behind)}", "Change the issue there by hand.")


def _do(request: Request, visit: Visit, id: str, code: str, deed: Callable[[], object], place: str = "") -> Response:
    try:
        deed()
    except CleanroomError as error:
        return _one(request, visit, id, error)
    return done(f"/incidents/{id}", code, place)


def _list(request: Request, visit: Visit, alert: CleanroomError | None = None) -> HTMLResponse:
    room, now = visit.room, visit.room.clock.now()
    closed = [i for i in read.every(room) if isinstance(i, Closed)]
    return render(
        request,
        visit,
        "incidents.html",
        alert=alert,
        here="/incidents",
        live="incident/ alert/",
        going=view.going_on(room),
        closed=[view.row(i, now) for i in closed[:_MOST_CLOSED]],
        more=max(0, len(closed) - _MOST_CLOSED),
        systems=[s.name for s in systems_of(room.project)],
        severities=SEVERITIES,
    )


def _one(request: Request, visit: Visit, id: str, alert: CleanroomError | None = None) -> HTMLResponse:
    room, found = visit.room, read.existing(visit.room, id)
    known, now = base_of(found), visit.room.clock.now()
    like = repeats_of(room, known.id)
    moments, written = _moments(request, room, known.id, MOST), postmortem.standing(room, known.id)
    return render(
        request,
        visit,
        "incident.html",
        alert=alert,
        here="/incidents",
        live=f"{subject_of(known.id)} alert/",
        i=known,
        r=view.row(found, now),
        closed=found.closed if isinstance(found, Closed) else None,
        clocks=view.clock_facts(found),
        skew=view.skew(found),
        seven=view.line_of_steps(found),
        again=times(like),
        repeats=like,
        options=() if isinstance(found, Closed) else contain.options(room, known.id),
        undo=undo,
        strangers={a.id for a in known.open_actions if not postmortem.is_known(room, a.owner)},
        path=PATHS[known.category] if known.category else None,
        paths=PATHS,
        needs=view.needs(found),
        may_prove=view.may_prove(found),
        needs_waiver=needs_waiver(found),
        moments=moments,
        shown_moments=view.open_moments(moments),
        sign_of=view.sign_of,
        late={a.id for a in known.open_actions if view.is_late(a, now)},
        work=KINDS,
        leads=known.lead is not None and same(visit.person, known.lead.person),
        asked_by_me=known.waiver is not None and same(visit.person, known.waiver.asked.by.person),
        written=written,
        has_read=any(same(p, visit.person) for p in written.read),
        trackers=[t.name for t in room.trackers()],
        rates=_rates(room),
        severities=SEVERITIES,
        **_path(room, found),
    )


def _moments(request: Request, room: Room, id: str, most: int | None) -> tuple[Moment, ...]:
    """Its timeline: up to 40,000 entries of the ledger are read for it, and what calls say changes slowly."""
    key = ("timeline", id, most, room.store.size(), room.clock.now()[:16])
    return seen.state(request).kept(key, lambda: timeline(room, id, most), few=True)


def _path(room: Room, found: Incident) -> dict[str, Any]:
    """The questions and the runbook of its category; `trouble` says why there are none."""
    known = base_of(found)
    if known.category is None:
        return {"answers": (), "book": None, "trouble": ""}
    answers = diagnose.standing(room, known.id)
    try:
        return {"answers": answers, "book": runbooks.progress(room, known.id), "trouble": ""}
    except CleanroomError as error:
        return {"answers": answers, "book": None, "trouble": error.message}


def _rates(room: Room) -> list[str]:
    """Sensors that can be named as the new monitor."""
    try:
        return [s.name for s in room.project.sensors() if s.watch.kind == "rate"]
    except CleanroomError:
        return []
