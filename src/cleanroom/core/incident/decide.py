"""What may be done with an incident as it stands, and what is still missing before it may be closed?

Each function returns the fact to append, or raises Refused with what to do first. The ledger's fold (state.py) takes no other.
"""

from __future__ import annotations

from cleanroom.core.base import Digest, Instant, Refused
from cleanroom.core.facts.incidents import (
    Earlier,
    IncidentClosed,
    IncidentContained,
    IncidentMitigated,
    IncidentProven,
    IncidentReopened,
    Tried,
    WaiverAgreed,
    WaiverAsked,
)
from cleanroom.core.facts.people import By
from cleanroom.core.incident.state import Closed, Detected, Incident, Mitigated, base_of, proves
from cleanroom.core.policy import same


def ongoing(incident: Incident) -> Detected:
    """What is known of it. Raises Refused for one that is closed."""
    if isinstance(incident, Closed):
        id = incident.incident.id
        raise Refused(
            f"incident {id} is closed since {incident.closed.at}", f"cleanroom incident reopen {id} --because TEXT"
        )
    return base_of(incident)


def contain(
    incident: Incident, act: str, target: str, did: bool, because: str, by: By | None, at: Instant
) -> IncidentContained:
    """The harm was stopped, or was not. It needs no diagnosis."""
    return IncidentContained(ongoing(incident).id, act, target, did, because, by, at)


def mitigate(incident: Incident, fix: str, digest: Digest, because: str, by: By, at: Instant) -> IncidentMitigated:
    """A fix is in place. Raises Refused as long as nothing was contained: people are harmed while a fix is looked for."""
    known = ongoing(incident)
    if isinstance(incident, Detected):
        hint = f"cleanroom incident contain {known.id}; where the harm ended by itself: --act none --because TEXT."
        raise Refused(f"incident {known.id} is not contained", hint)
    return IncidentMitigated(known.id, fix, digest, because, by, at)


def missing(incident: Incident) -> tuple[str, ...]:
    """What is still missing before it can be proven, and how to add it; empty where `prove` may run."""
    known = base_of(incident)
    lacks: list[str] = []
    if known.fix is None:
        lacks.append(f"no fix is in place: cleanroom incident mitigate {known.id} --fix change/NAME")
    elif known.fix.fix.startswith("other/"):
        lacks.append(
            f"nothing here can run the fix {known.fix.fix!r}: only a waiver closes it, cleanroom incident waive {known.id}"
        )
    if known.case is None:
        lacks.append(f"no regression case: cleanroom incident case {known.id} ...")
    if known.monitor is None:
        lacks.append(f"no new monitor: cleanroom incident monitor {known.id} SENSOR")
    lacks += [
        f"action {a.id} is open ({a.owner}, due {a.due[:10]}): {a.added.what}" for a in known.open_actions if a.required
    ]
    if not any(a.required for a in known.actions):
        lacks.append(f"no required action: cleanroom incident action add {known.id} ...")
    if known.postmortem is None:
        lacks.append(f"no postmortem: cleanroom postmortem draft {known.id}, then publish")
    return tuple(lacks)


def prove(incident: Incident, red: Tried, green: Tried, earlier: Earlier, by: By, at: Instant) -> IncidentProven:
    """Raises Refused with everything that is missing or does not hold."""
    known = ongoing(incident)
    lacks = [*missing(incident)]
    if red.passed:
        lacks.append(f"the regression case passes on the bad version {red.version}: it would not have stopped it")
    if not green.passed:
        lacks.append(f"the regression case fails on the fix {green.version}: {green.because}")
    if earlier.own <= 0:
        lacks.append(f"the monitor {earlier.sensor} would not have fired before the detection")
    if lacks or known.case is None:
        raise Refused(f"incident {known.id} is not proven: {'; '.join(lacks)}", "Mend that, then prove it again.")
    actions = tuple(a.id for a in known.actions if a.required)
    made = IncidentProven(known.id, known.case.id, known.case.case, red, green, earlier, actions, by, at)
    if not proves(known, made):
        raise Refused(
            f"incident {known.id} is not proven: what was tried is not what the incident names", "Prove it again."
        )
    return made


def ask_waiver(incident: Incident, reason: str, by: By, at: Instant) -> WaiverAsked:
    """Raises Refused for anybody but the lead, and without a reason."""
    known = ongoing(incident)
    if known.lead is None or known.lead.by is None:
        raise Refused(f"incident {known.id} has no lead yet", f"cleanroom incident lead {known.id} PERSON")
    if not same(by.person, known.lead.person):
        raise Refused(f"only the lead, {known.lead.person}, may ask to close it without proof")
    if not reason.strip():
        raise Refused("closing without proof needs a reason", "--because TEXT; everybody will read it.")
    return WaiverAsked(known.id, reason.strip(), by, at)


def agree(incident: Incident, by: By, at: Instant) -> WaiverAgreed:
    """Raises Refused where nobody asked, and for the one who did."""
    known = ongoing(incident)
    if known.waiver is None:
        raise Refused(f"nobody asked to close incident {known.id} without proof")
    if same(by.person, known.waiver.asked.by.person):
        raise Refused("a waiver needs a second person", "Somebody else agrees, or the incident is proven.")
    return WaiverAgreed(known.id, by, at)


def close(incident: Incident, by: By, at: Instant) -> IncidentClosed:
    """Raises Refused unless it was proven as it stands now, or two people waived that."""
    known = ongoing(incident)
    if not isinstance(incident, Mitigated):
        raise Refused(f"incident {known.id} is not mitigated", "; ".join(missing(incident)) or "Mitigate it first.")
    if known.proof is not None:
        return IncidentClosed(known.id, "proven", by, at)
    if known.waiver is not None and known.waiver.agreed is not None:
        return IncidentClosed(known.id, "waived", by, at)
    lacks = "; ".join(missing(incident)) or f"nobody has run it: cleanroom prove {known.id}"
    raise Refused(f"incident {known.id} is not proven, and stays mitigated: {lacks}", f"cleanroom prove {known.id}")


def reopen(incident: Incident, because: str, by: By | None, at: Instant) -> IncidentReopened:
    """Raises Refused for one that is not closed."""
    if not isinstance(incident, Closed):
        raise Refused(f"incident {base_of(incident).id} is not closed")
    return IncidentReopened(incident.incident.id, because, by, at)
