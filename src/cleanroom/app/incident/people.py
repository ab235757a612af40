"""Who leads, what people say, and which category and severity they see: the parts of an incident that are a person's to say."""

from __future__ import annotations

from cleanroom.app.incident.read import do
from cleanroom.app.room import Room
from cleanroom.core.alert import printable
from cleanroom.core.base import Instant, Misuse, micros
from cleanroom.core.facts import IncidentGraded, IncidentNoted, LeadNamed
from cleanroom.core.facts.incidents import Severity
from cleanroom.core.incident.decide import ongoing
from cleanroom.core.incident.state import Incident, base_of
from cleanroom.core.policy import same
from cleanroom.core.reason import reason

LONGEST_NOTE = 2_000


def lead(room: Room, id: str, person: str = "", because: str = "") -> Incident:
    """Say who leads the write-up; without a name whoever was proposed. Raises Misuse where nobody was."""

    def fact(now: Incident) -> LeadNamed:
        known = ongoing(now)
        proposed = known.lead.person if known.lead is not None else ""
        who = printable(person) or proposed
        if not who:
            raise Misuse(f"nobody is proposed to lead incident {id}", f"Name them: cleanroom incident lead {id} PERSON")
        why = reason(because) or (known.lead.because if known.lead is not None and same(who, proposed) else "")
        return LeadNamed(id, who, why, room.by, room.clock.now())

    return do(room, id, fact)


def grade(room: Room, id: str, severity: Severity, because: str) -> Incident:
    """See its severity otherwise. Raises Misuse without a reason."""
    why = reason(because, "another severity needs a reason")
    return do(room, id, lambda now: IncidentGraded(ongoing(now).id, severity, why, room.by, room.clock.now()))


def note(room: Room, id: str, text: str, when: Instant | None = None) -> Incident:
    """Put what a person says between the facts, at `when` (now, where that is None). Raises Misuse for a moment to come."""
    text = " ".join(text.split())
    if not text or len(text) > LONGEST_NOTE:
        raise Misuse(f"a note has 1 to {LONGEST_NOTE:,} characters", "cleanroom incident note ID TEXT")
    now = room.clock.now()
    if when is not None and micros(when) > micros(now):
        raise Misuse(f"{when} has not come yet: it is {now}", "Say when it happened; without --at it is now.")
    return do(room, id, lambda found: IncidentNoted(base_of(found).id, printable(text), when or now, room.by, now))
