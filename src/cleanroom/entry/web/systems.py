"""The pages of AI systems: all at a glance, one over time, and the calls behind a bad minute."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import quote, urlencode

from fastapi import Query, Request
from starlette.responses import HTMLResponse

from cleanroom.app import systems
from cleanroom.app.alerts.why import changed
from cleanroom.app.incident.read import of_system
from cleanroom.app.room import Room
from cleanroom.app.systems import Glance
from cleanroom.app.telemetry.course import Course, Point, course
from cleanroom.app.telemetry.panels import Line, found_call, panel
from cleanroom.app.telemetry.watched import SENSOR, Watched, drawn_of, watched
from cleanroom.core.base import HOUR, CleanroomError, Misuse, instant, micros
from cleanroom.core.call import EVENT
from cleanroom.core.facts.alerts import Cause
from cleanroom.core.progress.state import start_of
from cleanroom.core.slo import CallShare, LabelledShare, Slo, metric_of
from cleanroom.core.telemetry.metrics import REQUESTS
from cleanroom.entry.api.doors import Visit
from cleanroom.entry.moments import moment
from cleanroom.entry.web import metric_pictures as pictures
from cleanroom.entry.web.incident_seen import row
from cleanroom.entry.web.pages import render
from cleanroom.entry.web.routes import router
from cleanroom.ports.calls import PARTS, Part

SPANS = {"6h": 6, "24h": 24, "7d": 168, "30d": 720}
"""What the page offers to look back over, in hours."""

ASKED_BY = (*PARTS, "conversation")
"""What the calls on a page may be narrowed down by."""
MOST_CALLS = 50

_Metric = Annotated[str, Query(max_length=200)]
_Part = Annotated[str, Query(max_length=200)]


@dataclass(frozen=True, slots=True)
class Tile:
    """A metric's figure of the whole time, and where it is drawn."""

    metric: str
    name: str
    value: str
    href: str
    chosen: bool


@router.get("/systems")
def all_of_them(request: Request, page: Visit) -> HTMLResponse:
    """Every system, those in trouble first."""
    found = systems.every(page.room)
    return render(
        request,
        page,
        "systems.html",
        here="/systems",
        live="slo/ alert/ sensor/ rollout/ flag/",
        systems=found,
        spark={g.name: pictures.sparkline(g.traffic.hourly) for g in found},
        start_of=start_of,
    )


@router.get("/systems/{name}")
def show(
    request: Request, page: Visit, name: str, metric: _Metric = "", span: str = "24h", by: _Part = ""
) -> HTMLResponse:
    """One system: what was promised, what watches, and a metric over time with what changed meanwhile."""
    if span not in SPANS:
        raise Misuse(f"cannot look back over {span[:20]!r}", f"One of {', '.join(SPANS)}.")
    room, found = page.room, systems.one(page.room, name)
    until = micros(room.clock.now()) + 1
    since = until - SPANS[span] * HOUR
    part: Part = next((p for p in PARTS if p == by), "model")
    spoke = name in {s.system for s in room.calls.seen()}
    figures = panel(room, name, since, until, (part,), sessions=SPANS[span] <= 24) if spoke else None
    figures = figures if figures and figures.metrics else None
    sensors = {w.metric: w for w in _watched(room, name, since, until)}
    chosen = metric if metric in sensors or (figures and metric in figures.metrics) else REQUESTS
    sensor = sensors.get(chosen)
    title = sensor.title if sensor else title_of(chosen)
    drawn = drawn_of(sensor, since, until) if sensor else course(room, name, chosen, since, until)
    causes = changed(room, name, instant(drawn.since), instant(drawn.until))
    return render(
        request,
        page,
        "system.html",
        here="/systems",
        live="slo/ alert/ sensor/ rollout/ flag/ incident/",
        g=found,
        incidents=[row(i, room.clock.now()) for i in of_system(room, name)],
        span=span,
        spans=SPANS,
        metric=chosen,
        title=title,
        tiles=(_tiles(name, figures.total, span, chosen) if figures else []) + _of_sensors(name, sensors, span, chosen),
        picture=_picture(name, title, drawn, causes, sensor.bound if sensor else _promised(room, found, chosen)),
        causes=list(enumerate(reversed(causes), 1)),
        worst=[(p, written(chosen, p.value, share=True), door(name, drawn, p)) for p in drawn.worst()]
        if drawn.share
        else [],
        any=drawn.n > 0,
        by=part,
        panel=figures,
        start_of=start_of,
    )


@router.get("/systems/{name}/calls")
def calls(
    request: Request,
    page: Visit,
    name: str,
    since: str = "",
    until: str = "",
    bad: _Metric = "",
    feature: _Part = "",
    variant: _Part = "",
    model: _Part = "",
    prompt: _Part = "",
    conversation: _Part = "",
) -> HTMLResponse:
    """The newest calls of a time, all of them or those that went wrong."""
    room = page.room
    systems.check_name(room, name)
    end = micros(room.clock.now()) + 1
    begin, end = _moment(since, end - 24 * HOUR), _moment(until, end)
    given = dict(zip(ASKED_BY, (feature, variant, model, prompt, conversation), strict=True))
    where = {part: value for part, value in given.items() if value}
    return render(
        request,
        page,
        "calls.html",
        here="/systems",
        name=name,
        begin=instant(begin),
        end=instant(end),
        bad=bad,
        title=title_of(bad) if bad else "",
        where=where,
        calls=room.calls.rows(name, begin, end, where, bad, MOST_CALLS),
        most=MOST_CALLS,
        instant=instant,
        href=lambda **more: f"/systems/{quote(name)}/calls?" + urlencode(_address(since, until, bad, where) | more),
    )


@router.get("/calls/{id}")
def call(request: Request, page: Visit, id: str) -> HTMLResponse:
    """One call, with its texts as far as they are kept, and what else belongs to its trace."""
    found, beside = found_call(page.room, id)
    return render(
        request, page, "call.html", here="/systems", call=found, beside=beside, at=instant(found.at), instant=instant
    )


def _address(since: str, until: str, bad: str, where: Mapping[str, str]) -> dict[str, str]:
    return {k: v for k, v in {"since": since, "until": until, "bad": bad, **where}.items() if v}


def _moment(text: str, otherwise: int) -> int:
    return micros(moment(text)) if text else otherwise


def title_of(metric: str) -> str:
    """As a person calls the metric."""
    known = {
        REQUESTS: "Failed requests",
        "latency_s": "Latency",
        "first_s": "Time to the first part",
        "cost": "Cost of a request",
        "pii": "Personal data or secrets in outputs",
        "hallucination": "Hallucination, as the detector says",
        "hallucination_overlap": "Hallucination, as our overlap baseline says",
    }
    if metric.startswith(EVENT):
        return f"{metric.removeprefix(EVENT).capitalize()}s"
    words = metric.replace("_", " ")
    return known.get(metric, words[:1].upper() + words[1:])


def written(metric: str, value: float | None, *, share: bool = False) -> str:
    """A value of the metric with its unit."""
    if value is None:
        return "none"
    if share:
        return f"{100 * value:.3g}%"
    if metric.endswith("_s"):
        return f"{value:.3g} s"
    return f"{value:,.4g}"


def door(name: str, drawn: Course, point: Point) -> str:
    """The address of the calls behind a step; of the sensor where one measured it."""
    if drawn.metric.startswith(SENSOR):
        return f"/sensors/{quote(drawn.metric.removeprefix(SENSOR))}"
    asked: dict[str, str] = {"since": instant(point.start), "until": instant(point.start + drawn.step)}
    if drawn.share:
        asked["bad"] = drawn.metric
    return f"/systems/{quote(name)}/calls?{urlencode(asked)}"


def _tiles(name: str, total: Line, span: str, chosen: str) -> list[Tile]:
    """Every metric of the whole time: shares first, then numbers, scores, and what users did."""
    found = [(m, written(m, r.share, share=True)) for m, r in sorted(total.rates.items()) if r.n]
    numbers = sorted(total.means.items(), key=lambda pair: (pair[0].startswith("score/"), pair[0]))
    found += [(m, written(m, mean)) for m, (mean, _) in numbers]
    found += [(EVENT + what, f"{n:,}") for what, n in sorted(total.users.items())]
    made = [Tile(m, title_of(m), value, _over_time(name, m, span), m == chosen) for m, value in found]
    return sorted(made, key=lambda tile: tile.metric != REQUESTS)


def _watched(room: Room, name: str, since: int, until: int) -> tuple[Watched, ...]:
    try:
        return watched(room, name, since, until)
    except CleanroomError:  # the page of sensors says what is wrong with their files
        return ()


def _of_sensors(name: str, sensors: Mapping[str, Watched], span: str, chosen: str) -> list[Tile]:
    """What sensors saw last."""
    return [
        Tile(m, w.title, f"{w.looks[-1].value:,.3g}", _over_time(name, m, span), m == chosen)
        for m, w in sensors.items()
    ]


def _over_time(name: str, metric: str, span: str) -> str:
    return f"/systems/{quote(name)}?{urlencode({'metric': metric, 'span': span})}#over-time"


def _picture(name: str, title: str, drawn: Course, causes: Sequence[Cause], promised: float | None) -> object:
    steps = [pictures.Step(p.start, p.value, door(name, drawn, p)) for p in drawn.points]
    marks = [pictures.Mark(micros(c.at), n, c.what, "plaintone") for n, c in enumerate(reversed(causes), 1)]
    frame = pictures.Frame(
        drawn.since, drawn.until, drawn.step, lambda value: written(drawn.metric, value, share=drawn.share)
    )
    return pictures.over_time(title, steps, marks, frame, promised)


def _promised(room: Room, found: Glance, metric: str) -> float | None:
    """The share that may be bad, where an SLO of the system promises one of this metric."""
    names = {p.name for p in found.promises}
    slos: list[Slo] = [s for s in room.project.slos() if s.name in names] if names else []
    counted = (s for s in slos if isinstance(s.indicator, CallShare | LabelledShare) and s.indicator.limit is None)
    budgets = [s.budget for s in counted if metric_of(s) == metric]
    return min(budgets) if budgets and math.isfinite(min(budgets)) else None
