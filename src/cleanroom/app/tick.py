"""One step of the reconciler: what has become due since the last one is done now. Doing it twice does no harm."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TypeVar

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

T = TypeVar("T")
E = TypeVar("E")


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


def tick(room: Room, render: Render = lambda _: {}, *, jobs: bool = True, late: bool = True) -> Ticked:
    """Take in outcomes, judge rollouts, forget expired sessions and links, move the queue on, tell alerts, deliver what waits,
    run what is scheduled (unless something else does: without `jobs`), and tell on what is late all the same (`late`: unless
    what was missed while nobody was there is still being made up for).

    `render`: the files of a report, for the battery on what a candidate made. What is wrong with one part keeps no other
    from its turn: messages go out also when the queue cannot move on, since that may be what they tell. What went wrong
    is raised once all had theirs, an error for people (CleanroomError) first, the others as its notes.
    """
    now, turns = room.clock.now(), _Turns()
    drawn = turns.take(lambda: draw(room), ())
    rollouts = turns.take(lambda: watch(room), ())
    seen = [turns.take(partial(_observed, room, w, render), None) for w in rollouts]
    filed = turns.take(lambda: settle(room), 0)
    slos = turns.take(lambda: watch_due(room), ())
    forgotten = turns.take(lambda: room.accounts.forget(now), 0)
    queue = turns.take(lambda: reconcile(room), Reconciled((), ()))
    told = turns.take(lambda: alerts.settle(room), alerts.Settled())
    delivered = turns.take(lambda: deliver(room), Delivered((), (), ()))
    turns.take(lambda: alerts.lost(room, delivered), None)  # told through the other channels
    ran = turns.take(lambda: schedule.due(room), ()) if jobs else ()
    if late:  # after those: what was missed while nobody was there has just been made up for
        turns.take(lambda: schedule.late(room), ())
    turns.end()
    unobserved = tuple(u for u in seen if u is not None)
    return Ticked(now, delivered, queue, forgotten, rollouts, unobserved, filed, drawn, told, ran, slos)


class _Turns:
    """One part after the other, whatever goes wrong with any of them."""

    def __init__(self) -> None:
        self._errors: list[Exception] = []

    def take(self, part: Callable[[], T], otherwise: E) -> T | E:
        """What came of it; `otherwise` where it failed."""
        try:
            return part()
        except Exception as error:
            self._errors.append(error)
            return otherwise

    def end(self) -> None:
        """Raise what went wrong first, if anything did."""
        if not self._errors:
            return
        first, *others = sorted(self._errors, key=lambda e: not isinstance(e, CleanroomError))
        for other in others:
            first.add_note(f"and {type(other).__name__}: {other}")
        raise first


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
