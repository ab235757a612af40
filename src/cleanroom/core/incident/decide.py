"""What may be done with an incident as it stands, and what is still missing before it may be closed?

Each function returns the fact to append, or raises Refused with what to do first. The ledger's fold (state.py) takes no other.
"""

from __future__ import annotations

from typing import Literal

from cleanroom.core.base import Digest, Instant, NotFound, Refused, noun
from cleanroom.core.facts.incidents import IncidentContained, IncidentMitigated
from cleanroom.core.facts.people import By
from cleanroom.core.facts.proofs import (
    Earlier,
    IncidentClosed,
    IncidentProven,
    IncidentReopened,
    Tried,
    WaiverAgreed,
    WaiverAsked,
)
from cleanroom.core.incident.state import Action, Closed, Detected, Incident, Mitigated, base_of, proves
from cleanroom.core.mistakes import did_you_mean
from cleanroom.core.policy import same
from cleanroom.core.signing import PROVE

Part = Literal["fix", "case", "monitor", "actions", "postmortem"]
"""What a proof is made of."""


@noun
class Lack:
    """Something without which there is no proof, and how to add it."""

    part: Part
    says: str


def ongoing(incident: Incident) -> Detected:
    """What is known of it. Raises Refused for one that is closed."""
    if isinstance(incident, Closed):
        id = incident.incident.id
        raise Refused(
            f"incident {id} is closed since {incident.closed.at}", f"cleanroom incident reopen {id} --because TEXT"
        )
    return base_of(incident)


def action_of(known: Detected, action: str) -> Action:
    """The action of that id. Raises NotFound."""
    found = known.action(action)
    if found is None:
        hint = did_you_mean(action, [a.id for a in known.actions])
        raise NotFound(
            f"incident {known.id} has no action {action!r:.40}", hint or "cleanroom incident show lists them."
        )
    return found


def open_action(incident: Incident, action: str) -> Action:
    """The same, as long as it is to be done. Raises Refused."""
    found = action_of(base_of(incident), action)
    if found.done is not None:
        raise Refused(f"action {action} is done since {found.done.at}: {found.done.evidence}")
    return found


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


def lacks(incident: Incident) -> tuple[Lack, ...]:
    """What is still missing before it can be proven, and how to add it; empty where `prove` may run."""
    known = base_of(incident)
    found: list[Lack] = []
    if known.fix is None:
        found.append(Lack("fix", f"no fix is in place: cleanroom incident mitigate {known.id} --fix change/NAME"))
    elif needs_waiver(incident):
        why = f"nothing here can run the fix {known.fix.fix!r}: only a waiver closes it"
        found.append(Lack("fix", f"{why}, cleanroom incident waive {known.id}"))
    if known.case is None:
        found.append(Lack("case", f"no regression case: cleanroom incident case {known.id} ..."))
    if known.monitor is None:
        began = "" if known.began else "; what it watches says when it began, which nothing on record does yet"
        found.append(Lack("monitor", f"no new monitor: cleanroom incident monitor {known.id} SENSOR{began}"))
    elif known.began is None:
        why = f"nothing on record says when it began, and what {known.monitor.sensor} watches had not risen by its detection"
        found.append(Lack("monitor", f"{why}: name a sensor that watches what was wrong, or waive the proof"))
    for a in (a for a in known.open_actions if a.required):
        found.append(Lack("actions", f"action {a.id} is open ({a.owner}, due {a.due[:10]}): {a.added.what}"))
    if not any(a.required for a in known.actions):
        found.append(Lack("actions", f"no required action: cleanroom incident action add {known.id} ..."))
    if known.postmortem is None:
        found.append(Lack("postmortem", f"no postmortem: cleanroom postmortem draft {known.id}, then publish"))
    return tuple(found)


def missing(incident: Incident) -> tuple[str, ...]:
    """The same in words."""
    return tuple(lack.says for lack in lacks(incident))


def needs_waiver(incident: Incident) -> bool:
    """Is its fix one that nothing here can run, so that it cannot be proven?"""
    fix = base_of(incident).fix
    return fix is not None and fix.fix.startswith("other/")


def failures(red: Tried | None, green: Tried | None, earlier: Earlier | None = None) -> tuple[str, ...]:
    """What does not hold of that which was tried, in words."""
    found = []
    if red is not None and red.passed:
        found.append(f"the regression case passes on the bad version {red.version}: it would not have stopped it")
    if green is not None and not green.passed:
        found.append(f"the regression case fails on the fix {green.version}: {green.because}")
    if earlier is not None and earlier.own <= 0:
        found.append(f"the monitor {earlier.sensor} would not have fired before the detection")
    return tuple(found)


def prove(incident: Incident, red: Tried, green: Tried, earlier: Earlier, by: By, at: Instant) -> IncidentProven:
    """Raises Refused with everything that is missing or does not hold."""
    known = ongoing(incident)
    failed = [*missing(incident), *failures(red, green, earlier)]
    if failed or known.case is None:
        raise Refused(f"incident {known.id} is not proven: {'; '.join(failed)}", "Mend that, then prove it again.")
    actions = tuple(a.id for a in known.actions if a.required)
    made = IncidentProven(known.id, known.case.id, known.case.case, red, green, earlier, actions, by, at)
    if not proves(known, made):
        raise Refused(
            f"incident {known.id} is not proven: what was tried is not what the incident names", "Prove it again."
        )
    return made


def ask_waiver(incident: Incident, reason: str, by: By, at: Instant) -> WaiverAsked:
    """Raises Refused for anybody but the lead, for whoever did not prove who they are, and without a reason."""
    known = ongoing(incident)
    if known.lead is None or known.lead.by is None:
        raise Refused(f"incident {known.id} has no lead yet", f"cleanroom incident lead {known.id} PERSON")
    if not same(by.person, known.lead.person):
        raise Refused(f"only the lead, {known.lead.person}, may ask to close it without proof")
    _signed(by)
    if not reason.strip():
        raise Refused("closing without proof needs a reason", "--because TEXT; everybody will read it.")
    return WaiverAsked(known.id, reason.strip(), by, at)


def agree(incident: Incident, by: By, at: Instant) -> WaiverAgreed:
    """Raises Refused where nobody asked, for the one who did, and for whoever did not prove who they are."""
    known = ongoing(incident)
    if known.waiver is None:
        raise Refused(f"nobody asked to close incident {known.id} without proof")
    if same(by.person, known.waiver.asked.by.person):
        raise Refused("a waiver needs a second person", "Somebody else agrees, or the incident is proven.")
    _signed(by)
    return WaiverAgreed(known.id, by, at)


def _signed(by: By) -> None:
    """Two people are two only where nobody can play both."""
    if not by.proven:
        raise Refused(f"a waiver needs a sign-off, and {by.person} was only claimed", PROVE)


def close(incident: Incident, by: By, at: Instant) -> IncidentClosed:
    """Raises Refused unless it was proven as it stands now, or two people waived that."""
    known = ongoing(incident)
    if not isinstance(incident, Mitigated):
        raise Refused(f"incident {known.id} is not mitigated", "; ".join(missing(incident)) or "Mitigate it first.")
    if known.proof is not None:
        return IncidentClosed(known.id, "proven", by, at)
    if known.waiver is not None and known.waiver.agreed is not None:
        return IncidentClosed(known.id, "waived", by, at)
    left = "; ".join(missing(incident)) or f"nobody has run it: cleanroom prove {known.id}"
    raise Refused(f"incident {known.id} is not proven, and stays mitigated: {left}", f"cleanroom prove {known.id}")


def reopen(incident: Incident, because: str, by: By | None, at: Instant) -> IncidentReopened:
    """Raises Refused for one that is not closed."""
    if not isinstance(incident, Closed):
        raise Refused(f"incident {base_of(incident).id} is not closed")
    return IncidentReopened(incident.incident.id, because, by, at)
