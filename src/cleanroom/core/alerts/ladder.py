"""Who is told first, and who is next when nobody answers? The rungs of an alert, lowest first, from the on-call rota."""

from __future__ import annotations

from cleanroom.core.alert import Level
from cleanroom.core.base import Instant, noun
from cleanroom.core.register import System, in_line

MINUTES = 15
"""Until the next in line hears of it, where the register does not say."""


@noun
class Rung:
    """Whom to tell; nobody by name where `people` is empty. `everybody`: through every channel there is."""

    people: tuple[str, ...] = ()
    everybody: bool = False


def ladder(system: System | None, level: Level, at: Instant) -> tuple[Rung, ...]:
    """The rungs: each on call in turn, then the owners, then everybody. It ends there: nobody is called for ever.

    Business impact goes to the stakeholders (the owners, where none are named) and is not escalated: it is to be known, and
    not to be worked on at night. A system that is not in the register has everybody at once, and everybody again.
    """
    if level == "business":
        return (Rung() if system is None else Rung(system.stakeholders or system.owners),)
    people = () if system is None else in_line(system, at)
    return (*(Rung((person,)) for person in people), Rung(everybody=True)) if people else (Rung(), Rung(everybody=True))


def minutes_of(system: System | None) -> int:
    """Minutes without an answer until the next in line hears of it."""
    return max(system.oncall.escalate, 1) if system is not None else MINUTES
