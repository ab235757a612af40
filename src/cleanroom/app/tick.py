"""One step of the reconciler: what has become due since the last one is done now. Doing it twice does no harm."""

from __future__ import annotations

from cleanroom.app import alerts, schedule
from cleanroom.app.notify import Delivered, deliver
from cleanroom.app.queue.reconcile import Reconciled, reconcile
from cleanroom.app.rollout.observe import observe
from cleanroom.app.rollout.read import existing
from cleanroom.app.rollout.watch import Watched, watch
from cleanroom.app.room import Room
from cleanroom.app.signals import Drawn, draw, settle
from cleanroom.app.slo.watch import WatchedSlo, watch_due
from cleanroom.app.validate import Render
from cleanroom.core.base import CleanroomError, Instant, noun
from cleanroom.core.progress.decide import OBSERVE
from cleanroom.core.progress.state import start_of
from cleanroom.ports.engine import Table
from cleanroom.ports.jobs import JobRun


@noun
class Unobserved:
    """A rollout that waits for the battery on what its candidate made, which could not run."""

    name: str
    because: str


@noun
class Ticked:
    """What a step did at `at`. `forgotten`: sessions and links that had expired; `filed`: outcomes moved to files;
    `drawn`: what came out of the files of sources, where they changed.
    """

    at: Instant
    delivered: Delivered
    queue: Reconciled
    forgotten: int
    rollouts: tuple[Watched, ...]
    unobserved: tuple[Unobserved, ...]
    filed: int
    drawn: tuple[Drawn, ...] = ()
    alerts: alerts.Settled = alerts.Settled()
    ran: tuple[JobRun, ...] = ()
    slos: tuple[WatchedSlo, ...] = ()


def tick(room: Room, render: Render = lambda _: {}, *, jobs: bool = True) -> Ticked:
    """Take in outcomes, judge rollouts, forget expired sessions and links, move the queue on, tell alerts, deliver what waits,
    run what is scheduled (unless something else does: without `jobs`).

    `render`: the files of a report, for the battery on what a candidate made. What is wrong with one part keeps no other
    from its turn: messages go out also when the queue cannot move on, since that may be what they tell.
    """
    now = room.clock.now()
    try:
        drawn = draw(room)
        rollouts = watch(room)
        unobserved = tuple(u for w in rollouts if (u := _observed(room, w, render)) is not None)
        filed = settle(room)
        slos = watch_due(room)
    finally:
        forgotten = room.accounts.forget(now)
        try:
            queue = reconcile(room)
        finally:
            told, delivered = _told(room)
    ran = schedule.due(room) if jobs else ()
    return Ticked(now, delivered, queue, forgotten, rollouts, unobserved, filed, drawn, told, ran, slos)


def _told(room: Room) -> tuple[alerts.Settled, Delivered]:
    """Tell what goes wrong, then deliver; what could not be delivered for good is told through the other channels."""
    try:
        schedule.late(room)
        told = alerts.settle(room)
    finally:
        delivered = deliver(room)
    alerts.lost(room, delivered)
    return told, delivered


def _observed(room: Room, watched: Watched, render: Render) -> Unobserved | None:
    """Run the battery on what the candidate made, where that is all that the phase still waits for."""
    if watched.did.because != OBSERVE:
        return None
    output = start_of(existing(room, watched.name)).plan.output
    try:
        observe(room, watched.name, Table.named(output, room.project.root), None, render)
    except CleanroomError as error:
        return Unobserved(watched.name, error.message)
    return None
