"""Something went wrong: an incident is opened, or what came belongs to one that is open already.

By a policy for critical alerts (`act_on_critical = ["open-incident"]`), by a person for an alert, or from what a user reports.
Its links are found here: the alert's signals, the system's flags, the change that is rolled out behind them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from cleanroom.app import flags
from cleanroom.app.alerts import read as alerts
from cleanroom.app.alerts.read import systems_of
from cleanroom.app.incident.links import Links, closest, first_signal, links, systems_of_flag
from cleanroom.app.incident.read import do, existing, going_on, ids
from cleanroom.app.rollout.read import existing as existing_rollout
from cleanroom.app.room import Room
from cleanroom.core.alert import Level, printable
from cleanroom.core.alerts.state import Alert, Open, base_of
from cleanroom.core.base import SECOND, Instant, Misuse, NotFound, Outside, instant, micros, noun
from cleanroom.core.facts import (
    AlertActed,
    By,
    Fact,
    IncidentContained,
    IncidentJoined,
    IncidentOpened,
    IncidentSorted,
    LeadNamed,
)
from cleanroom.core.facts.incidents import Severity
from cleanroom.core.incident import state
from cleanroom.core.incident.propose import propose
from cleanroom.core.incident.state import Contained, Detected, Incident, earlier, subject_of
from cleanroom.core.ledger import Conflict, Write
from cleanroom.core.mistakes import did_you_mean
from cleanroom.core.reason import reason

CROWD = 5
"""Critical alerts that begin at once, or incidents that opened by themselves within STORM, above which it is one storm."""

STORM = 600
"""Seconds."""

LONGEST_TITLE = 160
_TRIES = 50

SEVERITY: dict[Level, Severity] = {"critical": "sev1", "business": "sev2", "warning": "sev3"}


@noun
class Report:
    """What somebody says went wrong. `system`, `change`, `flag`: what it is about, '' where that is not known."""

    title: str
    system: str = ""
    severity: Severity = "sev2"
    because: str = ""
    change: str = ""
    flag: str = ""


def open_for_alert(room: Room, id: str) -> Incident:
    """The incident of that alert: opened, unless one that is open names it. Raises NotFound."""
    alert = alerts.existing(room, id)
    return _of_alert(room, alert, f"alert {id}", room.by)


def open_by_hand(room: Room, report: Report) -> Incident:
    """What a person saw or a user reported. Raises Misuse without a title, NotFound for what is not there."""
    title = printable(report.title)
    if len(title) > LONGEST_TITLE:
        hint = "The rest goes into --because, or a note."
        raise Misuse(f"a title has at most {LONGEST_TITLE} characters, and this has {len(title):,}", hint)
    if not title:
        raise Misuse("an incident needs a title", 'For example: cleanroom incident open "orders are counted twice"')
    _check(room, report)
    now = room.clock.now()
    systems: tuple[str, ...] = (report.system,) if report.system else ()
    found = links(room, systems, now, report.change, report.flag)
    systems = systems or systems_of_flag(room, found.flag)
    return _opened(
        room, _Opening(title, systems, report.severity, found, now, (), reason(report.because), room.by), None
    )


def open_by_policy(room: Room, alert: Open, crowd: int, acted: Sequence[AlertActed]) -> tuple[str, str]:
    """For a critical alert that just began: the incident's id, and what came of it.

    `crowd`: how many begin in the same look; `acted`: what the policy did already. Twice for one alert is the same as once.
    """
    held = _naming(room, alert.id)
    if held is not None:
        return state.base_of(held).id, "it belongs to the incident already"
    lately = _belongs(room, alert.system, crowd)
    if lately is not None and (id := state.base_of(lately).id) and _joined(room, id, alert):
        return id, "it joined the incident"
    made = state.base_of(_of_alert(room, alert, f"alert {alert.id}, as the policy says", None, acted))
    return made.id, "an incident was opened"


def _joined(room: Room, id: str, alert: Open) -> bool:
    """Is the alert in it now? Not where somebody mended or closed it meanwhile: then it is another incident."""
    systems = (alert.system,) if alert.system else ()
    fact = IncidentJoined(id, (alert.id,), 1, systems, first_signal(alert.id, alert.signals), room.clock.now())

    def join(now: Incident) -> tuple[IncidentJoined, ...]:
        if alert.id in state.base_of(now).joined or not isinstance(now, Detected | Contained):
            return ()
        return (fact,)

    return isinstance(do(room, id, join), Detected | Contained)


def _check(room: Room, report: Report) -> None:
    known = {s.name for s in systems_of(room.project)}
    if report.system and known and report.system not in known:
        hint = did_you_mean(report.system, known) or f"The register has: {', '.join(sorted(known))}."
        raise NotFound(f"there is no system {report.system!r:.80}", hint)
    if report.change:
        existing_rollout(room, report.change)
    if report.flag:
        flags.one(room, report.flag)


def _belongs(room: Room, system: str, crowd: int) -> Incident | None:
    """Which open incident a further alert belongs to: its system's, as long as no fix is in place, or a storm's."""
    going = [i for i in going_on(room) if isinstance(i, Detected | Contained)]
    same = next((i for i in going if system and system in state.base_of(i).systems), None)
    if same is not None:
        return same
    since = instant(max(0, micros(room.clock.now()) - STORM * SECOND))
    known = ((i, state.base_of(i)) for i in going)
    recent = [(i, k) for i, k in known if k.opened.by is None and max(k.opened.at, k.grew) >= since]
    storm = crowd > CROWD or len(recent) >= CROWD or any(len(k.systems) > 1 for _, k in recent)
    return recent[0][0] if recent and storm else None


def _naming(room: Room, alert: str) -> Incident | None:
    """The open incident that the alert is of."""
    return next((i for i in going_on(room) if alert in state.base_of(i).joined), None)


def _of_alert(room: Room, alert: Alert, because: str, by: By | None, acted: Sequence[AlertActed] = ()) -> Incident:
    base = base_of(alert)
    systems = (base.system,) if base.system else ()
    found = links(room, systems, base.opened)
    found = replace(found, began=earlier(first_signal(base.id, base.signals), found.began))
    title = (base.signals[0].what if base.signals else f"alert {base.id}")[:LONGEST_TITLE]
    opening = _Opening(title, systems, SEVERITY[base.level], found, base.opened, (base.id,), because, by)
    return _opened(room, opening, alert, (*base.acted, *acted))


@noun
class _Opening:
    """All but its number."""

    title: str
    systems: tuple[str, ...]
    severity: Severity
    links: Links
    detected: Instant
    alerts: tuple[str, ...]
    because: str
    by: By | None


def _opened(room: Room, opening: _Opening, alert: Alert | None, acted: Sequence[AlertActed] = ()) -> Incident:
    """Under the next free number; the open one that names the alert, where there is one. Raises Outside where others took
    every number that was tried."""
    for _ in range(_TRIES):
        id = str(max((int(i) for i in ids(room) if i.isdecimal()), default=0) + 1)
        # After the number: whoever opened one for this alert before it was taken is seen here, whoever does it after takes it.
        held = _naming(room, base_of(alert).id) if alert is not None else None
        if held is not None:
            return held
        facts = _facts(room, id, opening, alert, acted)
        try:
            room.store.append([Write(subject_of(id), place, fact) for place, fact in enumerate(facts)])
        except Conflict:
            continue  # somebody else took the number
        return existing(room, id)
    raise Outside("others open incidents so fast that none was left a number", "Try again.")


def _facts(room: Room, id: str, opening: _Opening, alert: Alert | None, acted: Sequence[AlertActed]) -> list[Fact]:
    """It was opened; what the signals say of its category, who is proposed to lead, and what was done by itself."""
    now, found = room.clock.now(), opening.links
    facts: list[Fact] = [
        IncidentOpened(
            id,
            opening.title,
            opening.systems,
            opening.severity,
            found.began,
            opening.detected,
            opening.alerts,
            found.flag,
            found.change,
            found.variant,
            opening.because,
            opening.by,
            now,
        )
    ]
    if alert is not None:
        guess = propose(base_of(alert).signals, base_of(alert).causes)
        facts += [IncidentSorted(id, guess.category, guess.evidence, None, now)] if guess is not None else []
    person, why = closest(room, opening.systems, found, alert, now)
    facts += [LeadNamed(id, person, why, None, now)] if person else []
    held = (a for a in acted if a.did and a.target and a.act != "open-incident")
    return [*facts, *(IncidentContained(id, a.act, a.target, True, a.because, None, a.at) for a in held)]
