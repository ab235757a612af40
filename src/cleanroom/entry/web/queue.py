"""The pages of the queue: how it stands and what is promised, and one output with all that a decision needs."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Form, Request, Response
from starlette.responses import HTMLResponse, RedirectResponse

from cleanroom.app.queue import view, work
from cleanroom.app.queue.view import Board, Detail
from cleanroom.app.room import Room
from cleanroom.codec.outputs import value_of
from cleanroom.core.base import CleanroomError, Instant, micros
from cleanroom.core.output import MAX_CONTENT
from cleanroom.core.policy import plain, same
from cleanroom.core.queue import REASONS
from cleanroom.entry.api.doors import Visit
from cleanroom.entry.web import seen
from cleanroom.entry.web.pages import done, fragment, render
from cleanroom.entry.web.routes import router
from cleanroom.entry.web.told import told

LINES = 12
"""Waiting outputs that the page lists."""

BRIEFLY = 5_000_000
"""Microseconds that a board is shown again: leases move without a line in the ledger."""

Text = Annotated[str, Form()]

_WORDS = {
    "wrong_fact": "a fact is wrong",
    "wrong_label": "the label is wrong",
    "wrong_format": "the form is wrong",
    "unsafe": "it is unsafe",
    "off_topic": "it is off topic",
    "outdated": "it is outdated",
    "other": "something else",
}


@dataclass(frozen=True, slots=True)
class Lease:
    """What a person has on their desk, and until when."""

    id: str
    system: str
    until: Instant


@dataclass(frozen=True, slots=True)
class Shown:
    """A JSON value for a person: text as it is, everything else indented. `code`: it is not plain text."""

    text: str
    code: bool


@router.get("/queue")
def show(request: Request, page: Visit) -> HTMLResponse:
    """How the queue stands."""
    return _overview(request, page)


@router.post("/queue/claim")
def claim(request: Request, page: Visit, system: Text = "") -> Response:
    """Take the next output, or the one that is on the desk already."""
    _moved(request)
    try:
        found = work.claim(page.room, system or None)
    except CleanroomError as error:
        return _overview(request, page, error)
    return done("/queue", "nothing") if found is None else RedirectResponse(f"/queue/{found.line.id}", 303)


@router.get("/queue/next")
def following(request: Request, page: Visit) -> Response:
    """The output on the desk; the queue, where there is none. Looking takes nothing."""
    lease = holding(request, page.room)
    return RedirectResponse("/queue" if lease is None else f"/queue/{lease.id}", 303)


@router.get("/queue/{id}")
def one(request: Request, page: Visit, id: str) -> HTMLResponse:
    """One output."""
    return _one(request, page, id)


@router.post("/queue/{id}/approve")
def approve(request: Request, page: Visit, id: str) -> Response:
    """It is right."""
    return _do(request, page, id, "right", lambda: work.approve(page.room, id))


@router.post("/queue/{id}/correct")
def correct(request: Request, page: Visit, id: str, value: Text = "", reason: Text = "") -> Response:
    """It should have been this."""

    def corrected() -> None:
        text = view.detail(page.room, id).text
        # A form's line ends are CRLF, whatever was typed.
        work.correct(page.room, id, value_of(value.replace("\r\n", "\n"), text.output if text else ""), reason)

    return _do(request, page, id, "output-corrected", corrected)


@router.post("/queue/{id}/reject")
def reject(request: Request, page: Visit, id: str, reason: Text = "") -> Response:
    """It is wrong, and nothing better is at hand."""
    return _do(request, page, id, "output-rejected", lambda: work.reject(page.room, id, reason))


@router.post("/queue/{id}/skip")
def skip(request: Request, page: Visit, id: str) -> Response:
    """Leave it to somebody else."""
    return _do(request, page, id, "skipped", lambda: work.skip(page.room, id))


@router.post("/queue/{id}/escalate")
def escalate(request: Request, page: Visit, id: str, because: Text = "") -> Response:
    """Pass it on, with what the next one should know."""
    return _do(request, page, id, "escalated", lambda: work.escalate(page.room, id, because))


@router.post("/queue/{id}/release")
def release(request: Request, page: Visit, id: str) -> Response:
    """Give it back."""
    _moved(request)
    try:
        work.release(page.room, id)
    except CleanroomError as error:
        return _one(request, page, id, error)
    return RedirectResponse("/queue", 303)


def board(request: Request, room: Room) -> Board:
    """How the queue stands, at most five seconds old. `mine` is nobody's: see `holding`."""
    return seen.state(request).kept(("board", _moment(request, room)), lambda: view.board(room, limit=LINES), few=True)


def _moment(request: Request, room: Room) -> tuple[int, int, int, int]:
    """What the queue's state depends on: the ledger, the files, deeds on these pages, and the time, for the leases."""
    now = seen.now_of(request, room)
    return now.size, now.files, seen.state(request).moves, micros(room.clock.now()) // BRIEFLY


def holding(request: Request, room: Room) -> Lease | None:
    """What whoever is at work has on their desk."""
    memory = seen.state(request)
    now = room.clock.now()

    def find() -> dict[str, Lease]:
        return {
            item.person: Lease(item.id, item.system, item.until)
            for item in room.desk.items("waiting")
            if item.person is not None and item.until is not None and item.until > now
        }

    return memory.kept(("leases", _moment(request, room)), find, few=True).get(plain(room.operator))


def _moved(request: Request) -> None:
    seen.state(request).moves += 1


def _do(request: Request, visit: Visit, id: str, code: str, deed: Callable[[], object]) -> Response:
    """Do it, then take the next one of the queue, so that a reviewer can go on."""
    _moved(request)
    try:
        deed()
        found = work.claim(visit.room)
    except CleanroomError as error:
        return _one(request, visit, id, error)
    finally:
        _moved(request)
    return done("/queue" if found is None else f"/queue/{found.line.id}", code)


def _overview(request: Request, visit: Visit, alert: CleanroomError | None = None) -> HTMLResponse:
    stands = board(request, visit.room)
    return render(
        request,
        visit,
        "queue.html",
        alert=alert,
        here="/queue",
        live="output/ cutoff/ corrections",
        board=stands,
        lease=holding(request, visit.room),
        grid=fragment(
            request,
            _moment(request, visit.room),
            "queue_board.html",
            lambda: {"board": stands, "rules": visit.room.project.queue_rules()},
        ),
    )


def _one(request: Request, visit: Visit, id: str, alert: CleanroomError | None = None) -> HTMLResponse:
    detail = view.detail(visit.room, id)
    text = detail.text
    return render(
        request,
        visit,
        "output.html",
        alert=alert,
        here="/queue",
        live=f"output/{id}",
        d=detail,
        line=detail.line,
        received=detail.standing.received,
        input=shown(text.input) if text else None,
        output=shown(text.output) if text else None,
        sources=tuple(map(shown, text.sources)) if text else (),
        corrected=None if detail.corrected is None else shown(detail.corrected),
        mine=_mine(detail, visit.person),
        reasons=[(r, _WORDS[r]) for r in REASONS],
        history=[told(e) for e in reversed(detail.entries)],
        most=MAX_CONTENT,
    )


def _mine(detail: Detail, person: str) -> bool:
    """Does this person have it, so that they can decide?"""
    return detail.line.person is not None and same(detail.line.person, person)


def shown(value: Any) -> Shown:
    """A value as a person reads it."""
    if isinstance(value, str):
        return Shown(value, False)
    return Shown(json.dumps(value, indent=2, ensure_ascii=False), True)
