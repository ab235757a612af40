"""The pages of rollouts: all of them, and one live, with its evidence and the switch that stops it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated

from fastapi import Form, Request, Response
from starlette.responses import HTMLResponse

from cleanroom.app import flags
from cleanroom.app.review.standing import Standing
from cleanroom.app.rollout import steer
from cleanroom.app.rollout.read import every, existing
from cleanroom.app.rollout.start import start
from cleanroom.app.sensors.read import holds_up
from cleanroom.core.base import CleanroomError, Instant, Misuse
from cleanroom.core.facts import (
    RolloutAdvanced,
    RolloutHeld,
    RolloutPromoted,
    RolloutRolledBack,
    RolloutStarted,
    RolloutWeighed,
)
from cleanroom.core.flags import STEPS
from cleanroom.core.ledger import LedgerEntry
from cleanroom.core.progress.state import RolledBack, Rollout, runs, start_of, subject_of
from cleanroom.core.review import Cleared
from cleanroom.core.rollout.plan import Plan
from cleanroom.core.rollout.weigh import harm
from cleanroom.entry.api.doors import Visit
from cleanroom.entry.rollout_plan import metrics_of, seconds_of, shares_of
from cleanroom.entry.rollouts import e_value, told
from cleanroom.entry.web import seen
from cleanroom.entry.web.pages import done, render
from cleanroom.entry.web.rollout_pictures import Point, evidence, ramp
from cleanroom.entry.web.routes import router
from cleanroom.entry.web.told import told as line_of

Text = Annotated[str, Form()]

_QUIET = (RolloutWeighed,)
"""Entries that the history leaves out: the picture shows them."""


@router.get("/rollouts")
def all_of_them(request: Request, page: Visit) -> HTMLResponse:
    """Every change's last rollout, and the changes that may begin one."""
    return _list(request, page)


@router.post("/rollouts")
def begin(
    request: Request,
    page: Visit,
    change: Text = "",
    phases: Text = "",
    bake: Text = "",
    limit: Text = "",
    metrics: Text = "",
) -> Response:
    """Begin the rollout of an approved change."""
    try:
        named = [m for m in metrics.replace(",", " ").split() if m]
        plan = Plan(shares_of(phases), metrics_of(named), bake=seconds_of(bake), limit=seconds_of(limit))
        start(page.room, change, plan)
    except CleanroomError as error:
        return _list(request, page, error)
    return done(f"/rollouts/{change}", "started")


@router.get("/rollouts/{name}")
def show(request: Request, page: Visit, name: str) -> HTMLResponse:
    """One rollout."""
    return _one(request, page, name)


@router.post("/rollouts/{name}/hold")
def hold(request: Request, page: Visit, name: str, because: Text = "") -> Response:
    """Keep it at its share."""
    return _do(request, page, name, "held", lambda: steer.hold(page.room, name, because))


@router.post("/rollouts/{name}/resume")
def resume(request: Request, page: Visit, name: str) -> Response:
    """Let it go on."""
    return _do(request, page, name, "resumed", lambda: steer.resume(page.room, name))


@router.post("/rollouts/{name}/abort")
def abort(request: Request, page: Visit, name: str, because: Text = "") -> Response:
    """Roll it back."""
    return _do(request, page, name, "aborted", lambda: steer.abort(page.room, name, because))


@router.post("/rollouts/{name}/kill")
def kill(request: Request, page: Visit, name: str, because: Text = "", sure: Text = "") -> Response:
    """Off for all, at once; `sure` is the box that says so."""

    def deed() -> object:
        if sure != "yes":
            raise Misuse(
                "nothing was done: the box was not ticked", "Tick it, to switch the candidate off for everybody."
            )
        return flags.kill(page.room, start_of(existing(page.room, name)).flag, because)

    return _do(request, page, name, "killed", deed)


@router.post("/rollouts/{name}/restore")
def restore(request: Request, page: Visit, name: str) -> Response:
    """Bring the flag back as it was before the kill."""
    return _do(
        request, page, name, "restored", lambda: flags.restore(page.room, start_of(existing(page.room, name)).flag)
    )


def _do(request: Request, visit: Visit, name: str, code: str, deed: Callable[[], object]) -> Response:
    try:
        deed()
    except CleanroomError as error:
        return _one(request, visit, name, error)
    return done(f"/rollouts/{name}", code)


def _list(request: Request, visit: Visit, alert: CleanroomError | None = None) -> HTMLResponse:
    now = seen.now_of(request, visit.room)
    found = every(visit.room)
    busy = {start_of(r).name for r in found if runs(r)}
    harmful = {r.start.change for r in found if isinstance(r, RolledBack) and r.by is None}
    ready = [
        s.name
        for s in now.changes
        if isinstance(s, Standing) and isinstance(s.review.state, Cleared) and s.mapping is not None
        if s.review.change not in harmful
    ]
    return render(
        request,
        visit,
        "rollouts.html",
        alert=alert,
        here="/rollouts",
        live="rollout/ flag/",
        rollouts=[told(r, visit.room.clock.now(), holds_up(visit.room, r)) for r in found],
        ready=[name for name in ready if name not in busy],
    )


def _one(request: Request, visit: Visit, name: str, alert: CleanroomError | None = None) -> HTMLResponse:
    room = visit.room
    found, now = existing(room, name), room.clock.now()
    one = told(found, now, holds_up(room, found))
    entries = _of_this(room.store.history(subject_of(name)))
    flag = flags.one(room, one.flag)
    end = one.over or min(one.limit or now, max(now, one.until))
    return render(
        request,
        visit,
        "rollout.html",
        alert=alert,
        here="/rollouts",
        live=f"rollout/{name} flag/{one.flag}",
        r=one,
        plan=start_of(found).plan,
        by=start_of(found).by,
        killed=flag.standing.killed,
        ramp=ramp(one),
        picture=evidence(points(entries, found), 1 / start_of(found).plan.alpha, one.started, end),
        history=[line_of(e) for e in reversed(entries) if not isinstance(e.fact, _QUIET)],
        at=now,
    )


def _of_this(entries: Sequence[LedgerEntry]) -> tuple[LedgerEntry, ...]:
    """The entries of the last rollout among those of its subject."""
    first = max((n for n, e in enumerate(entries) if isinstance(e.fact, RolloutStarted)), default=0)
    return tuple(entries[first:])


def points(entries: Sequence[LedgerEntry], found: Rollout) -> tuple[Point, ...]:
    """The evidence over time, as it was written down."""
    plan, share = start_of(found).plan, start_of(found).plan.phases[0]
    made: list[Point] = [Point(start_of(found).at, 1.0, 1.0, share / STEPS)]
    for entry in entries:
        match entry.fact:
            case RolloutAdvanced(weighed=weighed, step=step):
                share = plan.phases[step]
            case RolloutWeighed(weighed=weighed) | RolloutHeld(weighed=weighed):
                pass
            case RolloutRolledBack(weighed=weighed) | RolloutPromoted(weighed=weighed):
                pass
            case _:
                continue
        if weighed.series:
            decided = harm(weighed.series, plan)
            at: Instant = max(weighed.until, made[-1].at)
            made.append(Point(at, e_value(decided.log_harm), e_value(decided.log_safe), share / STEPS))
    return tuple(made)
