"""What is told to the outside, and does it arrive? Messages go into the outbox first; delivery tries until it gives up."""

from __future__ import annotations

from cleanroom.app.room import Room
from cleanroom.core.base import SECOND, CleanroomError, Instant, Misuse, digest, instant, micros, noun
from cleanroom.ports.notifier import Notifier
from cleanroom.ports.outbox import Message

LEASE = 120
"""Seconds that a message belongs to the process that tries it; longer than any try may take."""

FIRST_DELAY, LONGEST_DELAY = 10, 3600
"""Seconds until the second try, which double with each failure up to the longest."""

LEAST_TRIES, LEAST_AGE = 20, 24 * 3600
"""A message is given up on after that many tries, and not before it is that many seconds old."""

MOST = 500
"""Messages that one call delivers, so that a tick ends."""


@noun
class Undelivered:
    """A message that did not arrive, why, and when it is tried again; never where `again` is None."""

    key: str
    channel: str
    because: str
    tries: int
    again: Instant | None


@noun
class Delivered:
    """What one call did: keys that arrived, what was put off, and what was given up on."""

    arrived: tuple[str, ...]
    put_off: tuple[Undelivered, ...]
    gave_up: tuple[Undelivered, ...]


def tell(room: Room, key: str, channel: str | None, title: str, body: str) -> tuple[str, ...]:
    """Post a message to one channel of cleanroom.toml, or, where that is None, to all that are nobody's own; the keys of what
    is new.

    `key` says what it is about: telling it again is the same as once. Raises Misuse for a channel that is not there.
    """
    channels = room.project.channels()
    names = [c.name for c in channels]
    if channel is not None and channel not in names:
        known = ", ".join(names) or "none yet"
        raise Misuse(f"there is no channel {channel!r}", f"cleanroom.toml has: {known}. Add [notify.{channel}].")
    now = room.clock.now()
    shared = [c.name for c in channels if not c.people] or names
    made = (
        Message(f"{key}@{name}", name, title, body, made=now, due=now)
        for name in (shared if channel is None else [channel])
    )
    return tuple(m.key for m in made if room.outbox.post(m))


def deliver(room: Room) -> Delivered:
    """Send what is due, each message at most once. Delivery is at least once: one that arrives just before the
    process dies is sent again after its lease. A channel that does not answer is left alone until the next call.
    """
    channels = {n.name: n for n in room.notifiers()}
    arrived: list[str] = []
    failed: list[Undelivered] = []
    silent: set[str] = set()
    for _ in range(MOST):
        message = _next(room)
        if message is None:
            break
        if message.channel in silent:
            continue  # its lease runs out by itself; this was no try
        said = _sent(channels.get(message.channel), message)
        if said is None:
            room.outbox.delivered(message.key, room.clock.now())
            arrived.append(message.key)
            continue
        failure = _failure(message, said, room.clock.now())
        room.outbox.put_off(message.key, failure.again, failure.because)
        failed.append(failure)
        if failure.again is not None:
            silent.add(message.channel)
    gave_up = tuple(f for f in failed if f.again is None)
    return Delivered(tuple(arrived), tuple(f for f in failed if f.again is not None), gave_up)


def delay(key: str, tries: int) -> int:
    """Microseconds from a failed try to the next one, `tries` counting that one: doubling from 10 s to 1 h, less up to half.

    The part that is taken off comes from the key, so that many messages that failed together do not come back together.
    """
    whole = min(FIRST_DELAY << min(tries - 1, 20), LONGEST_DELAY) * SECOND
    chance = int(digest(f"{tries} {key}".encode())[-8:], 16) / 2**32
    return whole - int(whole / 2 * chance)


def _next(room: Room) -> Message | None:
    """One message at a time, so that no lease runs out while others are tried."""
    now = room.clock.now()
    return next(iter(room.outbox.due(now, instant(micros(now) + LEASE * SECOND), limit=1)), None)


def _sent(channel: Notifier | None, message: Message) -> CleanroomError | None:
    """None when it arrived, else why not."""
    if channel is None:
        return Misuse(f"there is no channel {message.channel!r} in cleanroom.toml any more")
    try:
        channel.send(message)
    except CleanroomError as error:
        return error
    return None


def _failure(message: Message, error: CleanroomError, now: Instant) -> Undelivered:
    tries = message.tries + 1
    old = micros(now) - micros(message.made) >= LEAST_AGE * SECOND
    never = isinstance(error, Misuse) or (tries >= LEAST_TRIES and old)
    again = None if never else instant(micros(now) + delay(message.key, tries))
    return Undelivered(message.key, message.channel, error.message, tries, again)
