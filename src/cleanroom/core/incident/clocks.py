"""How long did each step take? From the times of the ledger alone; a beginning after the detection is a clock that is wrong."""

from __future__ import annotations

from cleanroom.core.base import Instant, micros, noun
from cleanroom.core.incident.state import Closed, Incident, base_of


@noun
class Clocks:
    """Microseconds from one step to another; None where one of the two is not there yet, or not known.

    detect    from the first bad outcome on record to the detection (MTTD counts these)
    contain   from the detection until the harm had stopped
    mitigate  from the detection until a fix was in place
    restore   from the first bad outcome until a fix was in place (MTTR counts these)
    close     from the detection until it was closed
    skew      microseconds by which something that came later has the earlier time; 0 where nothing has

    One that was opened again is timed from there, but for `detect`.
    """

    detect: int | None
    contain: int | None
    mitigate: int | None
    restore: int | None
    close: int | None
    skew: int


def clocks(incident: Incident) -> Clocks:
    """Of an incident as it stands."""
    known = base_of(incident)
    again = known.reopened[-1].at if known.reopened else None
    detected = known.opened.detected
    began = known.began.at if known.began else None
    start = again or detected
    held = known.holds.at if known.holds else None
    fixed = known.fixes[0].at if known.fixes else None
    closed = incident.closed.at if isinstance(incident, Closed) else None
    spans = [
        _between(began, detected),
        _between(start, held),
        _between(start, fixed),
        _between(again or began, fixed),
        _between(start, closed),
    ]
    detect, contain, mitigate, restore, close = (None if span is None else max(0, span) for span in spans)
    skew = max((-span for span in spans if span is not None), default=0)
    return Clocks(detect, contain, mitigate, restore, close, max(0, skew))


def _between(a: Instant | None, b: Instant | None) -> int | None:
    return None if a is None or b is None else micros(b) - micros(a)
