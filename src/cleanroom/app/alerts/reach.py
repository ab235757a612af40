"""Through which channels does an alert reach whom?"""

from __future__ import annotations

from collections.abc import Sequence

from cleanroom.core.alert import Level
from cleanroom.core.alerts.ladder import Rung
from cleanroom.core.policy import same
from cleanroom.core.register import System
from cleanroom.ports.project import Channel


def reach(channels: Sequence[Channel], system: System | None, level: Level, rung: Rung, step: int) -> tuple[str, ...]:
    """The names of channels for a rung.

    The first telling goes to the channels that the register names for the level (else to all that are nobody's own), and
    to those of the people; a later one only to the channels of the people, where they have any. Everybody is every channel. An
    alert that would reach nobody this way goes to every channel there is.
    """
    if rung.everybody:
        return tuple(c.name for c in channels)
    named: tuple[str, ...] = getattr(system.channels, level) if system is not None else ()
    shared = [c for c in channels if not c.people and (c.name in named or not named)]
    own = [c for c in channels if any(same(p, q) for p in c.people for q in rung.people)]
    picked = (own or shared) if step > 0 else [*shared, *own]
    return tuple(c.name for c in picked) or tuple(c.name for c in channels)
