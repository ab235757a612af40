"""One step of the reconciler: what has become due since the last one is done now. Doing it twice does no harm."""

from __future__ import annotations

from cleanroom.app.notify import Delivered, deliver
from cleanroom.app.queue.reconcile import Reconciled, reconcile
from cleanroom.app.room import Room
from cleanroom.core.base import Instant, noun


@noun
class Ticked:
    """What a step did at `at`. `forgotten`: sessions and links that had expired."""

    at: Instant
    delivered: Delivered
    queue: Reconciled
    forgotten: int


def tick(room: Room) -> Ticked:
    """Forget expired sessions and links, move the queue on, and deliver what waits in the outbox.

    Messages go out also when the queue cannot move on: what is wrong with it may be what they tell.
    """
    now = room.clock.now()
    forgotten = room.accounts.forget(now)
    try:
        queue = reconcile(room)
    finally:
        delivered = deliver(room)
    return Ticked(now, delivered, queue, forgotten)
