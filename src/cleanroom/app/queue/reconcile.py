"""What has waited too long is escalated, and what was held comes in where there is room."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from cleanroom.app.notify import tell
from cleanroom.app.queue.desk import catch_up
from cleanroom.app.room import Room
from cleanroom.core.base import digest_of, noun
from cleanroom.core.facts import Escalated
from cleanroom.core.ledger import Conflict, Write
from cleanroom.core.queue import subject_of_output
from cleanroom.ports.desk import Item


@noun
class Reconciled:
    """The outputs that waited too long and were escalated, and those that were held and have come in."""

    escalated: tuple[str, ...]
    let_in: tuple[str, ...]


def reconcile(room: Room) -> Reconciled:
    """One step: escalate what is overdue and nobody has at hand, then fill the free places with what was held."""
    catch_up(room)
    now = room.clock.now()
    late = [
        item
        for item in (*room.desk.items("waiting"), *room.desk.items("held"))
        if item.due < now and not item.escalated and not (item.until is not None and item.until > now)
    ]
    escalated = _escalate(room, late)
    if escalated:
        catch_up(room)
        title = f"{len(escalated)} outputs waited for a person longer than was promised"
        key = f"queue-overdue/{digest_of(list(escalated))}"
        tell(room, key, None, title, "They come first now: " + ", ".join(escalated[:20]))
    return Reconciled(escalated, let_in(room))


def let_in(room: Room) -> tuple[str, ...]:
    """Have held outputs wait in the queue, the most pressing first, as far as there is room."""
    free = room.project.queue_rules().capacity - room.desk.count("waiting")
    if free <= 0:
        return ()
    items = room.desk.items("held", limit=free)
    if items:
        room.desk.place([replace(item, where="waiting") for item in items])
    return tuple(item.id for item in items)


def _escalate(room: Room, items: Sequence[Item]) -> tuple[str, ...]:
    """Whoever decides meanwhile wins: then there is nothing to escalate."""
    at = room.clock.now()
    writes = [
        Write(subject_of_output(i.id), i.version, Escalated(i.id, f"it waited past {i.due}", None, at)) for i in items
    ]
    try:
        room.store.append(writes)
        return tuple(i.id for i in items)
    except Conflict:
        return tuple(i.id for i, write in zip(items, writes, strict=True) if _appended(room, write))


def _appended(room: Room, write: Write) -> bool:
    try:
        room.store.append([write])
    except Conflict:
        return False
    return True
