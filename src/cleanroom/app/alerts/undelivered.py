"""What did not arrive, and what can be done about it? The dead letters of the outbox: no message is given up in silence."""

from __future__ import annotations

from cleanroom.app.alerts.intake import signals_in
from cleanroom.app.notify import Delivered
from cleanroom.app.room import Room
from cleanroom.core.alert import Signal
from cleanroom.core.base import CleanroomError, Instant, NotFound, noun
from cleanroom.ports.outbox import Message


@noun
class Tried:
    """A channel that was tried with a test message. `because`: why it did not arrive; '' where it did."""

    channel: str
    because: str


def undelivered(room: Room) -> tuple[Message, ...]:
    """Messages that have not arrived yet after a try at least, those that were given up on first, then the oldest."""
    found = [m for m in room.outbox.waiting() if m.gave_up or m.tries > 0]
    return tuple(sorted(found, key=lambda m: not m.gave_up))


def again(room: Room, key: str | None = None) -> tuple[str, ...]:
    """Have one message, or all that were given up on, tried anew from now on; their keys. Raises NotFound."""
    now = room.clock.now()
    given_up = [m.key for m in room.outbox.waiting() if m.gave_up and key in (None, m.key)]
    if key is not None and not given_up:
        raise NotFound(f"no message {key!r:.100} was given up on", "cleanroom alert undelivered shows those that were.")
    return tuple(k for k in given_up if room.outbox.again(k, now))


def lost(room: Room, delivered: Delivered) -> None:
    """Have channels that messages were given up on heard of through the others."""
    now = room.clock.now()
    names = dict.fromkeys(u.channel for u in delivered.gave_up)
    signals = [_signal(name, [u.because for u in delivered.gave_up if u.channel == name], now) for name in names]
    if signals:
        signals_in(room, signals)


def send_test(room: Room, channel: str | None = None) -> tuple[Tried, ...]:
    """Send a test message through one channel or all, now and past the outbox; what came of each. Raises NotFound."""
    notifiers = [n for n in room.notifiers() if channel in (None, n.name)]
    if not notifiers:
        known = ", ".join(n.name for n in room.notifiers()) or "none yet"
        raise NotFound(f"there is no channel {channel or 'at all'!r:.100}", f"cleanroom.toml has: {known}.")
    now = room.clock.now()
    name = room.project.name()
    tried = []
    for notifier in notifiers:
        message = Message(
            f"test/{now}@{notifier.name}", notifier.name, f"[test] {name}: a test message", _TEST, now, now
        )
        try:
            notifier.send(message)
            tried.append(Tried(notifier.name, ""))
        except CleanroomError as error:
            tried.append(Tried(notifier.name, error.message))
    return tuple(tried)


_TEST = "Somebody asked whether this channel works. It does. Nothing is wrong, and nothing is to be done."


def _signal(channel: str, reasons: list[str], now: Instant) -> Signal:
    what = f"{len(reasons):,} messages for the channel {channel} were given up on: {reasons[0]}"
    return Signal(f"undelivered/{channel}", "", "warning", "", what, now, now, tuple(reasons), "undelivered")
