"""The pages of the ledger: its lines, newest first, and one line with its bytes and the proof that it is there."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import Request, Response
from starlette.responses import HTMLResponse

from cleanroom import wiring
from cleanroom.app import audit, checkpoint
from cleanroom.app.checkpoint import Proven
from cleanroom.core.base import CleanroomError, NotFound
from cleanroom.core.ledger import LedgerEntry, Verified
from cleanroom.entry.api.doors import Visit
from cleanroom.entry.web import pictures, seen
from cleanroom.entry.web.pages import done, fragment, render
from cleanroom.entry.web.routes import router
from cleanroom.entry.web.told import Line, fields, told

LINES = 50
"""Lines a page."""


@router.get("/ledger")
def lines(request: Request, page: Visit, subject: str = "", before: int | None = None) -> HTMLResponse:
    """The lines, newest first: of everything, or of one subject; `before` is where the page before ended."""
    return _lines(request, page, subject.strip(), before)


@router.post("/ledger/verify")
def verify(request: Request, page: Visit) -> Response:
    """Recompute every hash from the stored bytes."""
    found = audit.verify(page.room.store)
    if isinstance(found, Verified):
        seen.state(request).verified = (found, page.room.clock.now(), page.person)
        return done("/ledger", "verified")
    seen.state(request).verified = None
    return _lines(request, page, "", None, audit.refused(found))


@router.get("/ledger/{index}")
def one(request: Request, page: Visit, index: int) -> HTMLResponse:
    """One line: what it says, its bytes, and the way from it to the signed root."""
    entry, proven = _proven(request, page, index)
    inside = proven.entry
    return render(
        request,
        page,
        "entry.html",
        here="/ledger",
        line=told(entry),
        entry=entry,
        fields=fields(entry.fact),
        inside=inside,
        picture=pictures.path(index, inside.size, inside.leaf, inside.proof, inside.root),
        proven=proven,
        last=index == inside.size - 1,
        where=_where(entry.subject),
    )


@router.get("/ledger/{index}/proof")
def proof(request: Request, page: Visit, index: int) -> Response:
    """The proof as a file in the format tlog-proof, for somebody who does not have the ledger."""
    text = _proven(request, page, index)[1].text
    name = f'attachment; filename="entry-{index}.tlog-proof"'
    return Response(text, media_type="text/plain; charset=utf-8", headers={"Content-Disposition": name})


def _proven(request: Request, visit: Visit, index: int) -> tuple[LedgerEntry, Proven]:
    """An entry and its proof, made once for a ledger of this size. Raises NotFound, Refused."""
    room = visit.room

    def make() -> tuple[LedgerEntry, Proven]:
        proven = checkpoint.prove(room, wiring.verifies, index, quick=True)
        return next(iter(room.store.entries(index - 1, 1))), proven

    if index < 0:
        raise NotFound(f"there is no entry {index}", "Entries count from 0.")
    return seen.state(request).kept(("proof", index, seen.now_of(request, room).size), make)


def _lines(
    request: Request, visit: Visit, subject: str, before: int | None, alert: CleanroomError | None = None
) -> HTMLResponse:
    memory = seen.state(request)
    size = seen.now_of(request, visit.room).size
    end = size if before is None else max(0, min(before, size))
    page, more = memory.kept(("lines", subject, end, size), lambda: _told(visit, subject, end), few=True)
    return render(
        request,
        visit,
        "ledger.html",
        alert=alert,
        here="/ledger",
        live="*",
        table=fragment(request, ("lines", subject, end, size), "ledger_lines.html", lambda: {"lines": page}),
        lines=page,
        subject=subject,
        older=page[-1].index if page and more else None,
        newest=before is None,
        verified=memory.verified,
    )


def _told(visit: Visit, subject: str, end: int) -> tuple[tuple[Line, ...], bool]:
    """The lines of a page, and whether there are older ones."""
    found, more = _of_subject(visit, subject, end) if subject else _of_all(visit, end)
    return tuple(map(told, found)), more


def _of_all(visit: Visit, end: int) -> tuple[Sequence[LedgerEntry], bool]:
    start = max(0, end - LINES)
    return list(visit.room.store.entries(start - 1, end - start))[::-1], start > 0


def _of_subject(visit: Visit, subject: str, end: int) -> tuple[Sequence[LedgerEntry], bool]:
    found = visit.room.store.latest(subject, LINES + 1, end)
    return found[:LINES], len(found) > LINES


def _where(subject: str) -> str:
    """The page of what a subject is about; '' where there is none."""
    kind, _, name = subject.partition("/")
    pages = {"change": "changes", "incident": "incidents"}
    return f"/{pages[kind]}/{name}" if kind in pages else ""
