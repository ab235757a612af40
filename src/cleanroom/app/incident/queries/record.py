"""What does the ledger say came before: which changes, which calibrations?"""

from __future__ import annotations

from cleanroom.app.alerts.read import systems_of
from cleanroom.app.alerts.why import Lately
from cleanroom.app.incident.queries.look import Look, Told, cannot
from cleanroom.core.base import instant, micros
from cleanroom.core.facts import CutoffSet, CutoffWithdrawn
from cleanroom.core.facts.alerts import Cause
from cleanroom.core.queue import promised, subject_of_cutoff


def changes(look: Look) -> tuple[Cause, ...]:
    """What was changed for the system from the days before until it was detected, newest first: later acts are no causes."""
    lately = Lately(look.room, systems_of(look.room.project))
    until = min(look.until, micros(look.known.opened.detected))
    return lately.between(look.system, instant(look.before), instant(until))


def added(look: Look) -> Told:
    """Which changes came before it."""
    found = changes(look)
    lines = tuple(f"entry {c.index}, {c.at[:16].replace('T', ' ')} UTC: {c.what}" for c in found)
    if not found:
        return Told("no", "no change of it is in the ledger from the 7 days before until it was contained")
    before = [c for c in found if micros(c.at) <= look.began]
    last = (before or found)[0]
    return Told("shown", f"changes in that time: {len(found)}, the last before it: {last.what}", lines)


def calibration(look: Look) -> Told:
    """Was the cut-off set anew or withdrawn?"""
    if not look.system:
        return cannot("no system is known that it is about")
    facts = [
        e.fact for e in look.room.store.history(subject_of_cutoff(look.system)) if isinstance(e.fact, CutoffSet | CutoffWithdrawn)
    ]  # fmt: skip
    if not facts:
        return cannot(f"no cut-off was ever calibrated for {look.system}: nothing skips review")
    lately = [f for f in facts if look.before <= micros(f.at) <= look.until]
    lines = tuple(f"{f.at[:16].replace('T', ' ')} UTC: {_said(f)}" for f in (lately or facts[-1:]))
    if lately:
        return Told("yes", _said(lately[-1]), lines)
    return Told("no", f"it is the one of {facts[-1].at[:10]}", lines)


def _said(fact: CutoffSet | CutoffWithdrawn) -> str:
    match fact:
        case CutoffSet():
            return f"calibrated anew: {promised(fact)}"
        case CutoffWithdrawn(because=because):
            return f"withdrawn: {because}"
