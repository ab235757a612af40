"""The text of an output is forgotten for good; that it came, and what was decided, stays in the ledger."""

from __future__ import annotations

from cleanroom.app.queue.desk import catch_up, standing_of
from cleanroom.app.room import Room


def erase(room: Room, id: str) -> bool:
    """Forget the text of an output and of its correction; False when they were forgotten before. Raises NotFound.

    Other outputs with the very same text lose it as well: it is one text.
    """
    catch_up(room)
    found = standing_of(room, id)
    texts = [found.received.content]
    if found.reviewed is not None and found.reviewed.correction is not None:
        texts.append(found.reviewed.correction)
    erased = [room.desk.erase(text) for text in texts]
    return any(erased)
