"""The review of a mapping: the names that matter most, one at a time, with what the model said and rows of both sides."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlencode

from fastapi import Form, Request, Response
from markupsafe import Markup
from starlette.responses import HTMLResponse

from cleanroom.app.propose import correct as corrections
from cleanroom.app.review import decide
from cleanroom.app.review import top as most_important
from cleanroom.app.review.standing import Standing, of_mapping, shown_run
from cleanroom.app.review.top import Item, Rows, Top
from cleanroom.app.room import Room
from cleanroom.core.base import CleanroomError
from cleanroom.core.change import NONE, Correction
from cleanroom.core.contract import Plan
from cleanroom.core.run import EventFlow
from cleanroom.entry.api.doors import Visit
from cleanroom.entry.web import found as finding
from cleanroom.entry.web import seen
from cleanroom.entry.web.pages import done, environment, fragment, render
from cleanroom.entry.web.routes import router

Name = Annotated[str, Form()]


@router.get("/changes/{name}/review")
def show(request: Request, page: Visit, name: str, at: str = "") -> HTMLResponse:
    """The most important names; `at` is the one to look at, else the first that nobody looked at."""
    return _page(request, page, name, at)


@router.post("/changes/{name}/look")
def look(request: Request, page: Visit, name: str, legacy: Name = "") -> Response:
    """This name is right."""
    following = _after(request, page, name, legacy)
    try:
        decide.look(page.room, name, legacy)
    except CleanroomError as error:
        return _page(request, page, name, legacy, error)
    return _go(name, following, "looked")


@router.post("/changes/{name}/flag")
def flag(request: Request, page: Visit, name: str, legacy: Name = "", reason: Name = "") -> Response:
    """Doubt this name."""
    following = _after(request, page, name, legacy)
    try:
        corrections.flag(page.room, name, legacy, reason)
    except CleanroomError as error:
        return _page(request, page, name, legacy, error)
    return _go(name, following, "flagged")


@router.post("/changes/{name}/clear")
def clear(request: Request, page: Visit, name: str, legacy: Name = "", reason: Name = "") -> Response:
    """The doubt is answered: the name is right as it is."""
    try:
        corrections.clear(page.room, name, legacy, reason)
    except CleanroomError as error:
        return _page(request, page, name, legacy, error)
    return _go(name, legacy, "cleared")


@router.post("/changes/{name}/correct")
def correct(
    request: Request, page: Visit, name: str, legacy: Name = "", target: Name = "", reason: Name = ""
) -> Response:
    """Send this name elsewhere."""
    following = _after(request, page, name, legacy)
    try:
        corrections.correct(page.room, name, {legacy: target.strip()}, reason)
    except CleanroomError as error:
        return _page(request, page, name, legacy, error)
    return _go(name, following, "corrected")


def top_of(request: Request, room: Room, standing: Standing) -> Top:
    """The most important names. What a run counted and its rows are read once; who looked, after every decision."""
    memory = seen.state(request)
    now = seen.now_of(request, room)
    run = shown_run(standing).run

    def rows(names: tuple[str, ...]) -> Rows:
        return memory.kept(("rows", run, names), lambda: most_important.rows_of(room, standing, names), few=True)

    def make() -> Top:
        return most_important.top_of(standing, plan_of(request, room), _flows(request, room, standing), rows)

    of_mapping(standing)
    return memory.kept(("top", standing.name, now.size, now.files), make, few=True)


def looked_of(request: Request, room: Room, standing: Standing) -> tuple[int, int]:
    """How many of the most important names somebody found right, and how many they are; no row is looked for."""
    flows = _flows(request, room, standing)
    top = most_important.top_of(
        standing, plan_of(request, room), flows, lambda names: Rows(((),) * len(names), ((),) * len(names))
    )
    return top.done, len(top.items)


def _flows(request: Request, room: Room, standing: Standing) -> tuple[EventFlow, ...]:
    """What the run counted, read once."""
    run = shown_run(standing).run
    folder = most_important.folder_of
    return seen.state(request).kept(("flows", run), lambda: most_important.flows(folder(room, run)), few=True)


def plan_of(request: Request, room: Room) -> Plan:
    """The plan, read once for these files."""
    memory = seen.state(request)
    return memory.kept(("plan", seen.now_of(request, room).files), lambda: room.project.contract().plan)


def _page(request: Request, visit: Visit, name: str, at: str, alert: CleanroomError | None = None) -> HTMLResponse:
    standing = finding.change_of(request, visit.room, name)
    top = top_of(request, visit.room, standing)
    place = _place(top, at)
    plan = plan_of(request, visit.room)
    item = top.items[place] if top.items else None
    return render(
        request,
        visit,
        "mapping.html",
        alert=alert,
        here="/changes",
        live=f"change/{name}",
        c=finding.found(standing, visit.person),
        top=top,
        item=item,
        place=place,
        before=_legacy(top, place - 1),
        after=_legacy(top, place + 1),
        article=_article(request, visit.room, top, place, plan),
        picks=_picks(request, visit.room, top),
        targets=(*plan.event_names, NONE),
    )


def _article(request: Request, room: Room, top: Top, place: int, plan: Plan) -> Markup:
    """The name to look at, the same for all who look; whoever comes from a decision starts reading at it."""
    if not top.items:
        return Markup()
    item, arrived = top.items[place], "done" in request.query_params
    key = (top.standing.name, place, arrived, seen.now_of(request, room).key)
    return fragment(
        request,
        key,
        "mapping_item.html",
        lambda: {
            "top": top,
            "item": item,
            "place": place,
            "arrived": arrived,
            "said": _said(item),
            "voices": sum(n for _, n in item.weighed.entry.votes),
            "event": plan.roles.event,
            "none_target": NONE,
            "whole": sum(i.weighed.rows for i in top.items) or 1,
            "touched": _touched(top),
            "ran": shown_run(top.standing).at,
        },
    )


def _touched(top: Top) -> dict[str, Correction]:
    """The last thing that a person did to each name."""
    return {c.legacy: c for c in top.standing.change.provenance.corrections}


def _picks(request: Request, room: Room, top: Top) -> tuple[tuple[Markup, Markup], ...]:
    """Address and content of each line of the list, written once for all who look."""

    def make() -> tuple[tuple[Markup, Markup], ...]:
        part, ran = environment().get_template("picks.html").module, shown_run(top.standing).at
        return tuple((part.address(i), part.inside(i, _touched(top), ran)) for i in top.items)  # type: ignore[attr-defined]

    return seen.state(request).kept(("picks", top.standing.name, seen.now_of(request, room).key), make, few=True)


def _said(item: Item) -> tuple[tuple[str, int, bool], ...]:
    """What the runs of the model answered: target, how often, is it the one that was chosen? The chosen one first."""
    entry = item.weighed.entry
    votes = sorted(entry.votes, key=lambda v: (v[0] != entry.target, -v[1], v[0]))
    return tuple((target, n, target == entry.target) for target, n in votes)


def _place(top: Top, at: str) -> int:
    """Where the name stands; for an unknown one, the first that nobody looked at."""
    for place, item in enumerate(top.items):
        if item.weighed.entry.legacy == at:
            return place
    return next((n for n, i in enumerate(top.items) if not i.looked), 0)


def _legacy(top: Top, place: int) -> str | None:
    return top.items[place].weighed.entry.legacy if 0 <= place < len(top.items) else None


def _after(request: Request, visit: Visit, name: str, legacy: str) -> str:
    """The name to go on with: the next one that nobody looked at, as the list was before the decision."""
    standing = finding.change_of(request, visit.room, name)
    top = top_of(request, visit.room, standing)
    place = _place(top, legacy)
    order = (*range(place + 1, len(top.items)), *range(place))
    return next((str(_legacy(top, n)) for n in order if not top.items[n].looked), legacy)


def _go(name: str, legacy: str, code: str) -> Response:
    return done(f"/changes/{name}/review?{urlencode({'at': legacy})}", code)
